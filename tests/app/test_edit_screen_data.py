"""By hand on whatever data and at whatever size; and the draft by itself, without a screen."""

from __future__ import annotations

import random
from contextlib import suppress
from functools import cache

import numpy as np
import pytest
from counts import examples
from edit_host import by_hand, hand, words
from hypothesis import given, settings
from hypothesis import strategies as st

from emtui.screens.edit.edit_screen import EditScreen
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.spec.run_spec import RunSpec
from emtui.views.parameter_edit import ParameterEdit, offered
from engine import GaussianMixture
from engine.data.catalogue import datasets
from engine.data.data_spec import DataSpec
from engine.data.dataset import Dataset
from engine.editing.edits import placed
from engine.editing.entries import admissible, entry_named
from engine.errors import OptionError

SIZES = [(120, 40), (80, 24)]


@pytest.mark.parametrize("source", [entry.key for entry in datasets()])
async def test_every_data_set_survives_keys(source):
    keys = ["right", "left", "down", "up", "tab", "x", "plus", "minus", "5", "enter", "backspace", "pagedown", "a", "t"]
    walk = random.Random(source)
    async with by_hand(source, before=("n",), size=(80, 24)) as app:
        screen = hand(app)
        assert screen.table.n_rows == len(screen.entries) > 0
        for _ in range(10):
            await app.send(walk.choice(keys))
        await app.resize(40, 12)
        if isinstance(app.app.screen, EditScreen):
            await app.send("escape", "escape")
        assert app.app._exception is None


async def test_names_from_the_data_are_shown_as_they_are():
    generator = np.random.default_rng(0)
    names = ("[b]x[/b]", "\x1b[31mred\x07", "世界" * 30)
    data = Dataset("made [i]", generator.normal(size=(30, 3)), feature_names=names)
    spec = RunSpec(data=DataSpec("made"), dataset=data, model=GaussianMixture(n_components=2))
    for size in (*SIZES, (40, 12), (60, 20)):
        async with by_hand(spec=spec, size=size, before=("n",)) as app:
            for _ in range(3):
                text = await app.press("right", "down")
                assert "\x1b" not in text and "\x07" not in text
            assert size[0] < 80 or "[b]x[/b]" in text
            text = await app.press("enter")
            assert "\x1b" not in text


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (80, 24), (60, 20), (40, 12)])
async def test_it_fits(size):
    async with by_hand(size=size) as app:
        text = await app.press("right", "tab", "backspace", "tab", "x")
        assert all(len(line) <= size[0] for line in text.splitlines())
        assert "left out" in words(text)


async def test_numbers_of_another_move_do_not_stand_for_long(monkeypatch):
    async with by_hand(size=(80, 24)) as app:
        await app.send("right")
        assert "computing" not in app.text and "log-lik." in app.text
        with monkeypatch.context() as held:
            held.setattr(hand(app), "_ask_worker", lambda query, step, asker: None)
            await app.send("right")
            screen = hand(app)
            screen._wait_for(screen.pending)
            await app.settle()
            assert "computing" in app.text and "log-lik." not in app.text
        await app.send("right")
        assert "computing" not in app.text and "log-lik." in app.text


# the draft by itself


@pytest.mark.parametrize("source", ["iris", "coins", "icecream", "linkage", "films", "deaths", "bars"])
def test_every_entry_can_be_nudged_and_put_back(source):
    session = Session(choose(source))
    session.take_iteration()
    edit = ParameterEdit.of(session.snapshot())
    for entry in offered(edit.snapshot)[:60]:
        for by in (0.1, -0.1):
            try:
                there = edit.nudge(entry, by)
            except OptionError:
                low, high = edit.limits(entry)
                assert not low <= edit.value(entry) + by * (edit.step(entry) or 0) <= high
                continue
            assert there.is_moved and there.value(entry) != edit.value(entry)
            assert not there.restored(entry).is_moved
            placed(edit.snapshot.step, there.params, there.message)


def test_moves_of_several_are_told_with_their_rules():
    edit = ParameterEdit.of(iris_snapshot())
    model, params = edit.snapshot.step.problem.model, edit.params
    mean, weight = entry_named(model, params, "means[0,0]"), entry_named(model, params, "weights[1]")
    both = edit.move((mean, 5.0), (weight, 0.5), (mean, 5.5))
    assert both.params.means[0, 0] == 5.5 and both.params.weights[1] == pytest.approx(0.5)
    assert both.message.count("set by hand") == 1
    assert "to 0.5 and" in both.message and "to 5.5; the others keep their proportions" in both.message
    back = both.restored(mean)
    np.testing.assert_array_equal(back.params.means, params.means)
    assert back.params.weights[1] == pytest.approx(0.5)


@cache
def iris_snapshot():
    session = Session(choose("iris"))
    session.take_iteration()
    return session.snapshot()


@given(st.lists(st.tuples(st.integers(0, 44), st.floats(-10, 10)), max_size=12))
@settings(max_examples=examples(60))
def test_whatever_is_nudged_theta_stays_in_its_domain(nudges):
    edit = ParameterEdit.of(iris_snapshot())
    offers, model = offered(iris_snapshot()), iris_snapshot().step.problem.model
    for place, by in nudges:
        with suppress(OptionError):
            edit = edit.nudge(offers[place], by)
    assert admissible(model, edit.params)
    assert edit.params.weights.sum() == pytest.approx(1.0, abs=1e-12)
    again = ParameterEdit.of(iris_snapshot()).move(*edit.moves)
    np.testing.assert_allclose(again.params.covariances, edit.params.covariances, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(again.params.means, edit.params.means)
