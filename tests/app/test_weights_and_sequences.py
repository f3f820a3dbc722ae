"""Weights, sequences, names of rows and symbols, from the shell's words to every run that they take part in."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shell import here
from test_script import run_script

import engine
from emtui.charts.colors import DARK
from emtui.cli.arguments import parse
from emtui.exports.export import export_script
from emtui.panes.agreement.agreement_text import agreement_lines
from emtui.session.race import race
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.spec.command_line import command_of
from emtui.spec.parameters_file import params_as_lists
from emtui.spec.revise import changed
from emtui.spec.run_notes import run_notes
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import problem_of, sample_weight_of, split_of, table_of
from emtui.views.number_format import share
from engine.analysis.study import Study
from engine.data.data_spec import DataSpec
from engine.errors import EngineError
from engine.models import model_class

FILES = Path(__file__).resolve().parents[1] / "files"
SEQUENCES = str(FILES / "several_sequences.csv")


def frequencies(folder: Path, *, repeated: bool = False) -> str:
    """Two groups of counts and how often each occurs; or the rows as often as they say."""
    generator = np.random.default_rng(5)
    lines = ["id,x,z,n,k"]
    for i in range(40):
        x, z = generator.normal(6.0 * (i % 2), 1.0, 2)
        n = i % 4
        row = f"r{i},{x:.4f},{z:.4f},{n},{'ab'[i % 2]}"
        lines += [row] * n if repeated else [row]
    path = folder / ("again.csv" if repeated else "table.csv")
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def says_the_same(printed: dict[str, str], session: Session) -> None:
    step = session.timeline.current
    assert float(printed["log_likelihood"]) == step.log_likelihood
    for name, values in params_as_lists(step.params).items():
        if values is not None and name in printed:
            assert json.loads(printed[name]) == values


def spec_of(*words: str) -> RunSpec:
    return choose(**parse(words, str).spec)


def weighed(folder: Path, *words: str) -> RunSpec:
    return spec_of(frequencies(folder), "--weights", "n", "--rows", "id", "--columns", "x,z", *words)


@pytest.mark.parametrize("model", ["gmm", "kmeans"])
def test_weights_are_rows_that_come_again(tmp_path: Path, model: str) -> None:
    spec = weighed(tmp_path, "--model", model, "-k", "2", "--label", "")
    again = spec_of(
        frequencies(tmp_path, repeated=True), "--columns", "x,z", "--model", model, "-k", "2", "--label", ""
    )
    chosen: Any = model_class(model)(n_components=2)
    start = chosen.start(problem_of(again).data, np.random.default_rng(0))
    ends = [
        engine.fit(spec.model, *table_of(one), sample_weight=sample_weight_of(one), start=start).step.objective
        for one in (spec, again)
    ]
    assert ends[0] == pytest.approx(ends[1], rel=1e-9)


def test_the_command_makes_the_same_choices(tmp_path: Path) -> None:
    spec = weighed(tmp_path, "--label", "k")
    words = shlex.split(command_of(spec))[2:]
    same = choose(**parse(["run", *words], str).spec)
    assert same.data == spec.data
    assert same.dataset.row_names == spec.dataset.row_names
    piped = command_of(choose(DataSpec(str(FILES / "bool_two.csv"), columns=("a", "c"))))
    assert "bool_two.csv --model bernoulli" in piped


@pytest.mark.parametrize("words", [(), ("--model", "mlp", "-k", "2"), ("--known", "all")])
def test_the_script_weighs_the_rows_as_the_run_does(tmp_path: Path, words: tuple[str, ...]) -> None:
    session = Session(weighed(tmp_path, "--label", "k", "--max-iter", "4", *words))
    session.take()
    session.take()
    if not words:
        session.weigh_row(3, 5.0)
        assert session.weight_of(3) == 5.0 and session.weight_of(2) == 2.0
        session.take()
        session.take()
    says_the_same(run_script(export_script(session, tmp_path / "run.py"), tmp_path), session)


def test_the_script_takes_several_sequences(tmp_path: Path) -> None:
    session = Session(spec_of(SEQUENCES, "--sequence", "who", "--columns", "cones"))
    session.take()
    session.take()
    says_the_same(run_script(export_script(session, tmp_path / "run.py"), tmp_path), session)


def test_a_run_of_several_sequences_is_that_of_a_list() -> None:
    spec = spec_of(SEQUENCES, "--sequence", "who", "--columns", "cones")
    assert spec.model.name == "hmm"
    parts = [np.array([2.0, 3, 1]), np.array([3.0, 3]), np.array([1.0, 2, 2, 1])]
    listed = engine.fit(spec.model, parts, max_iter=5)
    told = engine.fit(spec.model, table_of(spec)[0], max_iter=5)
    assert listed.log_likelihood == told.log_likelihood
    other = changed(spec, model=engine.GaussianMixture(n_components=2))
    assert isinstance(table_of(other)[0], np.ndarray)  # a model of rows takes the rows
    assert "The gmm model takes each row by itself, whatever its sequence." in run_notes(other)


@pytest.mark.parametrize("model", ["experts", "mlp", "backprop"])
def test_scores_of_weighed_rows_are_those_of_the_rows_written_so_often(model: str, tmp_path: Path) -> None:
    words = ("--label", "k", "--columns", "x", "--rows", "id", "--model", model, "--max-iter", "1", "--seed", "3")
    spec = spec_of(frequencies(tmp_path), *words, "--weights", "n")
    split, session = split_of(spec), Session(spec)
    assert split is not None and split.weights is not None
    session.take()
    session.take()
    step, weights = session.timeline.current, split.weights.astype(int)
    for rows, found in zip((split.train, split.test), _scores_of(session), strict=True):
        often = np.repeat(rows, weights[rows])
        known = spec.model.reports(step.params, split.inputs[often], split.targets[often])[split.prediction]
        assert found.n_rows == len(often) < 2 * len(rows)
        assert found.log_loss == pytest.approx(known.log_loss, rel=1e-12)
        assert found.accuracy == pytest.approx(known.accuracy, rel=1e-12)
        assert np.array_equal(found.confusion, known.confusion) and found.hits == np.trace(known.confusion)
    here_ = _scores_of(session)[1]
    out = here("run", frequencies(tmp_path), *words, "--weights", "n")[1]
    assert "take each row once" not in out and f" {here_.hits}/{here_.n_rows} " in out
    printed = run_script(export_script(session, tmp_path / "run.py"), tmp_path)
    assert float(printed["test_loss"]) == here_.log_loss
    said = " ".join(" ".join(map(str, agreement_lines(session.snapshot(), 60, DARK))).split())
    assert "Rows are weighed by 'n'; hits and losses count each row so often." in said


def _scores_of(session: Session) -> tuple[Any, Any]:
    comparison = session.snapshot().comparison
    assert comparison is not None
    return comparison.here.train, comparison.here.test


def test_sums_of_weights_that_are_not_whole_are_shown_with_a_decimal(tmp_path: Path) -> None:
    path = tmp_path / "halves.csv"
    path.write_text("x,n,k\n" + "".join(f"{i * i % 7},{0.3 + i % 3:.1f},{'ab'[i % 2]}\n" for i in range(40)))
    session = Session(spec_of(str(path), "--label", "k", "--columns", "x", "--model", "mlp", "--weights", "n"))
    test = _scores_of(session)[1]
    said = " ".join(" ".join(map(str, agreement_lines(session.snapshot(), 60, DARK))).split())
    assert test.confusion.sum() == pytest.approx(test.n_rows) and share(test.hits, test.n_rows) in said
    assert all(f"{value:.1f}" in said for value in test.confusion.ravel() if value)


def test_a_study_counts_rows_by_their_weights(tmp_path: Path) -> None:
    table = engine.read_table(frequencies(tmp_path), label="k", weights="n", columns=["x", "z"])
    assert table.weights is not None and table.y is not None
    often = table.weights.astype(int)
    models: tuple[Any, ...] = engine.LatentMLP(2), engine.BackpropMLP(2, "batch"), engine.MixtureOfExperts(2)
    for model in models:
        run = engine.fit(model, table.X, table.y, sample_weight=table.weights, max_iter=2)
        found = engine.learning_scores(run.step, table.X, table.y, sample_weight=table.weights)
        other = engine.learning_scores(run.step, np.repeat(table.X, often, axis=0), np.repeat(table.y, often))
        assert {name: found[name] for name in found if "train" in name} == pytest.approx(
            {name: other[name] for name in other if "train" in name}, rel=1e-12
        )
    study = Study(table.X, table.y, {"em": engine.LatentMLP(2)}, range(1), 2, sample_weight=table.weights)
    (made,), rows = study.runs(), study.rows(0)
    X, y, w = table.X[rows.train], table.y[rows.train], table.weights[rows.train]
    curves = engine.learning_curves(engine.LatentMLP(2), X, y, sample_weight=w, max_iter=2)
    assert made.train_log_loss == curves.points[-1].scores["train_loss"]
    status, out, _ = here("study", frequencies(tmp_path), "--label", "k", "--weights", "n", "--seeds", "1", "-k", "2")
    assert status == 0 and "could not be run" not in out


def test_a_row_of_weight_0_is_none_whatever_stands_in_it() -> None:
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(40, 2)), generator.normal(size=40)
    weights = np.where(np.arange(40) % 4, 1.5, 0.0)
    other, kept = np.where(weights[:, None] > 0, X, np.nan), weights > 0
    models: tuple[Any, ...] = engine.LatentMLP(2), engine.MixtureOfExperts(2), engine.BackpropMLP(2)
    for model in models:
        found = engine.learning_curves(
            model, other, y, sample_weight=weights, test=(other, y, weights), max_iter=1
        ).columns()
        plain = engine.learning_curves(model, X[kept], y[kept], sample_weight=weights[kept], max_iter=1).columns()
        assert found["test_rmse"] == pytest.approx(plain["train_rmse"]) == found["train_rmse"]
        assert found["train_loss"] == pytest.approx(plain["train_loss"])


def test_rivals_see_the_same_weights(tmp_path: Path) -> None:
    spec = weighed(tmp_path, "-k", "2", "--label", "k", "--max-iter", "3")
    for now in race(spec, n_starts=2):
        last = now
    assert all(not racer.error for racer in last.racers)
    sizes = list(
        engine.compare_sizes(
            spec.model, table_of(spec)[0], sample_weight=sample_weight_of(spec), n_components=[1, 2], repeats=1
        )
    )
    assert sizes[-1].candidates


def test_what_can_not_be_weighed_says_so() -> None:
    status, _, said = here("run", SEQUENCES, "--weights", "cones", "--columns", "day", "--sequence", "who")
    assert status == 2 and "differs in weight from the rows before it" in said
    status, _, said = here("run", "iris", "--weights", "petal length")
    assert status == 2 and "'iris' is no file: --weights is for one" in said


def test_a_target_that_nothing_looks_at_is_told() -> None:
    status, out, _ = here("run", SEQUENCES, "--target", "cones", "--max-iter", "1", "-k", "1")
    assert status == 0 and "The target is for models of numbers: the gmm model does not look at it." in out


def test_symbols_are_words_in_the_report_and_no_numbers_elsewhere() -> None:
    words = str(FILES / "symbols_as_words.csv")
    status, out, _ = here("run", words, "--max-iter", "2")
    assert status == 0
    assert re.search(r"^emission clean +0\.", out, re.MULTILINE) and "emission walk" in out
    status, _, said = here("run", words, "--model", "gmm")
    assert status == 2 and "are symbols, and the gmm model takes numbers" in said
    with pytest.raises(EngineError, match="takes numbers"):
        changed(choose(words), model=engine.GaussianMixture(n_components=2))


def test_answers_run_and_say_that_they_are_too_few() -> None:
    status, out, _ = here("run", str(FILES / "bool_two.csv"), "--columns", "a,c", "--max-iter", "2")
    assert status == 0
    assert "2 columns of yes and no tell 3 numbers, and 2 components have 5: they are not identified." in out


def test_rows_are_called_by_their_names(tmp_path: Path) -> None:
    session = Session(weighed(tmp_path, "-k", "2"))
    session.take()
    session.take()
    assert session.spec.dataset.row_name(7) == "r7"
    session.weigh_row(7, 0.0)
    assert "r7 left out by hand" in session.timeline.current.events[0].message


def test_what_counts_every_row_once_is_told(tmp_path: Path) -> None:
    path = frequencies(tmp_path)
    words = [path, "--weights", "n", "--columns", "x,z", "--label", "k", "-k", "2"]
    _, out, _ = here("run", *words, "--max-iter", "2")
    assert "every row counts once here, whatever its weight" in out
    session = Session(spec_of(*words))
    session.take()
    lines = agreement_lines(session.snapshot(), 60, DARK)
    said = " ".join(line if isinstance(line, str) else "".join(piece[0] for piece in line) for line in lines)
    assert "Rows are weighed by 'n'; hits, hard shares and rows count every row once." in " ".join(said.split())
