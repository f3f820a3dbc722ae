"""Known labels in words, in the form, on the screen, and in the script that makes the same run."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from driving import driving
from shell import here, is_one_sentence
from test_script import run_script, says_the_same
from walking import walked

from emtui.charts.colors import DARK
from emtui.charts.scene import Curve
from emtui.cli.arguments import parse
from emtui.exports.export import export_script
from emtui.panes.model_form.model_form_fields import fields_for, settings_from, texts_of
from emtui.spec.choose import choose
from emtui.spec.command_line import command_of, words_of
from emtui.spec.labels_given import known_labels, parse_known, share_of
from emtui.spec.revise import changed
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import table_of
from emtui.views.curve_scenes import accuracy_scene
from emtui.widgets.form_field import FormField
from engine.analysis.evaluation import match
from engine.errors import EngineError, OptionError
from engine.models import model_class


@pytest.mark.parametrize(
    ("text", "kept", "share"),
    [
        ("all", "all", 1.0),
        (" None ", "none", 0.0),
        ("few", "few", 0.1),
        ("10 %", "few", 0.1),
        ("25%", "25%", 0.25),
        ("2.5%", "2.5%", 0.025),
        ("0%", "none", 0.0),
        ("100%", "all", 1.0),
    ],
)
def test_words_for_known_labels(text: str, kept: str, share: float) -> None:
    assert parse_known(text) == kept
    assert parse_known(kept) == kept
    assert share_of(kept) == pytest.approx(share)


@pytest.mark.parametrize("text", ["", "25", "%", "-1%", "101%", "nan%", "inf%", "some", "\x1b[31m%"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(OptionError) as refused:
        parse_known(text)
    assert is_one_sentence(str(refused.value))


def again(spec: RunSpec) -> RunSpec:
    name, command, *words = shlex.split(command_of(spec))
    assert (name, command) == ("emtui", "run")
    return choose(**parse(["run", *words], lambda: "").spec)


@pytest.mark.parametrize("known", ["none", "few", "25%", "all"])
def test_the_command_gives_the_same_labels(known: str) -> None:
    spec = choose("iris", known=known)
    other = again(spec)
    assert other.known == spec.known
    np.testing.assert_array_equal(table_of(spec)[1], table_of(other)[1])
    assert ("--known" in words_of(spec)) == (known != "none")


def test_the_labels_do_not_depend_on_the_start() -> None:
    one, other = choose("iris", known="few"), choose("iris", known="few", seed=5)
    labels = known_labels(one)
    np.testing.assert_array_equal(labels, known_labels(other))
    assert labels is not None
    assert np.bincount(labels[labels >= 0]).tolist() == [5, 5, 5]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("old_faithful --known all", "no known classes"),
        ("iris --model kmeans --known few", "takes no known labels"),
        ("iris --model mlp --known all", "learns the classes"),
        ("iris -k 2 --known all", "3 classes"),
        ("iris --known most", "a share such as 25%"),
    ],
)
def test_what_can_not_be_given_is_a_sentence(words: str, part: str) -> None:
    status, out, err = here("run", *words.split())
    assert (status, out) == (2, "")
    assert part in err
    assert is_one_sentence(err)


def test_all_labels_in_the_shell_are_one_iteration() -> None:
    status, out, _ = here("run", "iris", "--known", "all", "--set", "init=points", "--stop", "iterations=4", "--json")
    assert status == 0
    steps = [step for line in out.splitlines() if "phase" in (step := json.loads(line))]
    objectives = [step["objective"] for step in steps if step["phase"] == "M"]
    assert objectives == pytest.approx([objectives[0]] * 4, rel=1e-12)
    assert objectives[0] > steps[0]["objective"]
    out = here("run", "iris", "--known", "all", "--stop", "iterations=1")[1]
    assert "/150" not in out  # what was given is no achievement
    assert "with the known labels of 150 rows in it" in out
    assert steps[-1]["known_labels"] == 150


def test_a_few_labels_are_left_out_of_the_agreement() -> None:
    status, out, _ = here("run", "iris", "--known", "few")
    assert status == 0
    assert "/135" in out
    assert "/150" not in out


def test_the_form_offers_them_where_they_can_be_given() -> None:
    for name in ("gmm", "coins", "bernoulli", "poisson", "hmm"):
        assert "known" in {field.key for field in fields_for(name)}
        assert model_class(name).takes_labels
    for name in ("kmeans", "mlp", "topics", "linkage", "backprop"):
        assert "known" not in {field.key for field in fields_for(name)}
    spec = choose("iris", known="25%")
    texts = texts_of(spec)
    assert texts["known"] == "25%"
    assert settings_from(spec, texts) == {}
    assert settings_from(spec, texts | {"known": "all"}) == {"known": "all"}


def test_another_model_leaves_them_behind_where_it_takes_none() -> None:
    spec = choose("iris", known="few")
    assert changed(spec, model=model_class("kmeans")(n_components=3)).known == "none"
    assert changed(spec, model=model_class("gmm")(n_components=4)).known == "few"
    with pytest.raises(EngineError, match="3 classes"):
        changed(spec, model=model_class("gmm")(n_components=2))
    with pytest.raises(EngineError, match="no known classes"):
        changed(choose("old_faithful"), known="all")


@pytest.mark.parametrize("known", ["few", "all"])
def test_the_script_gives_the_same_labels(known: str, tmp_path: Path) -> None:
    session = walked("iris", 4, known=known)
    says_the_same(run_script(export_script(session, folder=tmp_path), tmp_path), session)


def test_components_are_the_classes_in_the_order_of_their_codes() -> None:
    session = walked("iris", known="few", seed=2, settings={"init": "points"})
    step = session.timeline.current
    truth = session.spec.dataset.y
    assert step.posterior is not None
    assert truth is not None
    table = np.zeros((3, 3))
    np.add.at(table, (truth, step.posterior.labels), 1)
    assert match(table).tolist() == [0, 1, 2]


async def test_the_screen_says_what_is_left_of_em() -> None:
    async with driving(choose("iris", known="all", settings={"reg_covar": "0"}), size=(160, 50)) as app:
        assert "The label of every row is known" in " ".join(app.text.split())
        assert "known labels all" in app.text
        assert "the responsibilities are the labels" in " ".join((await app.press("e")).split())
        text = " ".join((await app.press("m")).split())
        assert "this M-step alone is the closed-form maximum-likelihood fit" in text
        before = app.snapshot.step.params.means
        await app.send("n")
        np.testing.assert_allclose(app.snapshot.step.params.means, before, rtol=1e-12)


async def test_a_few_are_taken_in_the_form() -> None:
    async with driving(choose("iris"), size=(120, 50)) as app:
        field = next(field for field in app.app.screen.query(FormField) if field.spec.key == "known")
        field.focus()
        await app.send("space", "enter")
        assert app.snapshot.spec.known == "few"
        assert "15 of 150 rows have a known label" in " ".join(app.text.split())
        await app.send("e")
        text = " ".join((await app.press("5", "z")).split())
        assert "15 given rows don't count." in text and "/135" in text
        await app.send("z")
        assert app.snapshot.step.problem.data.y is not None
        await app.send("R")
        np.testing.assert_array_equal(app.snapshot.step.problem.data.y, known_labels(app.snapshot.spec))


@pytest.mark.parametrize("known", ["none", "few"])
def test_the_curve_of_accuracy_ends_at_the_accuracy(known: str) -> None:
    snapshot = walked("iris", 3, known=known).snapshot()
    curve = next(layer for layer in accuracy_scene(snapshot, DARK).layers if isinstance(layer, Curve))
    assert snapshot.agreement is not None
    assert curve.y[-1] == pytest.approx(snapshot.agreement.accuracy)
