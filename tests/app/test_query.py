"""A row of the user's own on the screen: "someone liked films 1 and 3 but not 2: what about the others?"."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from driving import Driver, driving

import engine
from emtui.screens.dialogs.conditional_probabilities import ConditionalProbabilitiesScreen, row_of
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.views.bernoulli.answer_row import answers, likely_components
from engine.models.bernoulli.mixture import BernoulliParams


def query(app: Driver) -> ConditionalProbabilitiesScreen:
    screen = app.app.screen
    assert isinstance(screen, ConditionalProbabilitiesScreen)
    return screen


def by_definition(params: BernoulliParams, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """r_k ∝ weights_k Π_{d seen} p^x (1 − p)^(1−x), and Σ_k r_k p_kd, written out."""
    joint = []
    for weight, p in zip(params.weights, params.probabilities, strict=True):
        factors = [q if x == 1 else 1 - q for x, q in zip(row, p, strict=True) if not np.isnan(x)]
        joint.append(weight * np.prod(factors))
    r = np.array(joint) / np.sum(joint)
    return r, np.where(np.isnan(row), r @ params.probabilities, row)


def line_of(app: Driver, name: str) -> str:
    return next(line for line in app.text.splitlines() if name in line)


async def test_liked_one_and_three_but_not_two() -> None:
    async with driving(choose("films", model="bernoulli", k=2, seed=3), size=(100, 30)) as app:
        await app.send("n", "n", "n", "Q")
        screen, snapshot = query(app), app.snapshot
        names = snapshot.spec.dataset.feature_names
        assert set(screen.said) == {"unseen"}
        assert "Nothing was answered" in app.text
        await app.send("space", "down", "left", "down", "1")
        assert screen.said[:4] == ("yes", "no", "yes", "unseen")
        np.testing.assert_array_equal(screen.row[:4], [1, 0, 1, np.nan])
        r, expected = by_definition(snapshot.step.params, screen.row)
        for d in range(3, len(names)):
            assert f"{expected[d]:.3f}".lstrip("0") in line_of(app, names[d])
        for d, sign in enumerate("101"):
            assert line_of(app, names[d]).split()[0] == sign
        likeliest = int(r.argmax())
        words = " ".join(app.text.split())
        assert f"It would be of component {likeliest + 1} ({f'{r[likeliest]:.2f}'.lstrip('0')})" in words
        await app.send("escape")
        assert app.snapshot.step is snapshot.step


async def test_predictions_follow_the_steps() -> None:
    async with driving(choose("films", model="bernoulli", k=2, seed=3), size=(80, 24)) as app:
        await app.send("Q", "1", "down", "0")
        before = app.text
        after = await app.press("n")
        assert app.snapshot.step.iteration == 1
        assert "iteration 1 · M" in after
        assert before != after
        _, expected = by_definition(app.snapshot.step.params, query(app).row)
        last = app.snapshot.spec.dataset.feature_names[-1]
        assert f"{expected[-1]:.3f}".lstrip("0") in line_of(app, last)


async def test_keys_go_round_and_along() -> None:
    async with driving(choose("films", model="bernoulli", k=2)) as app:
        await app.send("Q")
        said = []
        for key in ("space", "space", "space", "right", "right", "left", "left", "left", "backspace", "0"):
            await app.send(key)
            said.append(query(app).said[0])
        assert said == ["yes", "no", "unseen", "yes", "yes", "unseen", "no", "no", "unseen", "no"]
        await app.send("greater_than_sign", "1")
        assert query(app).said[-1] == "yes"
        await app.send("x")
        assert set(query(app).said) == {"unseen"}
        await app.send("t")  # nothing there; and a small window is no trouble
        for size in ((40, 12), (10, 3), (120, 40)):
            await app.resize(*size)
        await app.send("Q")
        assert not isinstance(app.app.screen, ConditionalProbabilitiesScreen)


async def test_other_models_can_not_be_asked() -> None:
    async with driving(choose("icecream")) as app:
        text = await app.press("Q")
        assert "hmm does not divide a row by itself: a mixture does" in " ".join(text.split())


@pytest.mark.parametrize("threshold", [None, 7.5, -3.0, 0.0, 1e300])
def test_answers_lie_on_their_sides_of_the_threshold(threshold: float | None) -> None:
    model = engine.BernoulliMixture(n_components=2, threshold=threshold)
    params = model.Params([0.3, 0.7], [[0.9, 0.2, 0.5], [0.1, 0.6, 0.4]])
    row = row_of(model, ("yes", "no", "unseen"))
    r, expected = by_definition(params, np.array([1.0, 0.0, np.nan]))
    np.testing.assert_allclose(model.predict_unseen(params, row), expected, rtol=1e-12)
    np.testing.assert_allclose(model.responsibilities(params, model.observe([row]), slice(None))[0], r, rtol=1e-12)


def test_a_row_that_no_component_can_give_is_said_to_be_one(tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_text("a,b,c\n" + "1,0,1\n0,0,1\n1,0,0\n0,0,0\n" * 3)
    session = Session(choose(str(file), model="bernoulli", k=2))
    session.take_iteration()
    snapshot = session.snapshot()
    assert "No component can give such a row" in likely_components(snapshot, [np.nan, 1.0, np.nan])
    assert "of component" in likely_components(snapshot, [1.0, 0.0, np.nan])
    assert all(0 <= answer.probability <= 1 for answer in answers(snapshot, [np.nan, 1.0, np.nan]))


async def test_markup_and_control_characters_in_a_name_stay_text(tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_text('"[bold]a","x\x1b[31my",c\n' + "1,0,1\n0,1,1\n1,0,0\n0,1,0\n" * 3)
    spec = choose(str(file), model="bernoulli", k=2)
    async with driving(replace(spec, seed=1), size=(80, 24)) as app:
        text = await app.press("Q", "1")
        assert "[bold]a" in text
        assert "\x1b" not in text
