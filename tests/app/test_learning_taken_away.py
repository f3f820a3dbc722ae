"""Loss curves and predictions as a user takes them away: from the shell, by exports, by the exported script."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from shell import here

import engine
from emtui.exports.export import export_script, export_steps_csv, export_steps_json
from emtui.networks.scores import predicted
from emtui.session.session import Session
from emtui.spec.rival_model import rival_model
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of

NEWTON = {"m_step": "newton", "hidden_units": "3"}
WORDS = ("--set", "m_step=newton", "--set", "hidden_units=3")
WHAT = [f"{part}_{what}" for what in ("loss", "accuracy") for part in ("train", "test")]
NAMES = [f"{name}{suffix}" for suffix in ("", "_forward") for name in WHAT]
BOTH = [*NAMES, *(f"rival_{name}" for name in NAMES)]


def curves_of(spec: RunSpec, max_iter: int) -> engine.LearningCurves:
    """By the engine's one function, from the same rows as the app has them."""
    split = split_of(spec)
    assert split is not None
    rows = [(split.inputs[some], split.targets[some]) for some in (split.train, split.test)]
    test = rows[1] if len(split.test) else None
    rival = rival_model(spec)
    return engine.learning_curves(spec.model, *rows[0], test=test, rival=rival, seed=spec.seed, max_iter=max_iter)


def stepped(spec: RunSpec, steps: int) -> Session:
    session = Session(spec)
    for _ in range(steps):
        session.take()
    while session.rival_is_behind:
        session.advance_rival()
    return session


def printed_by(script: Path) -> dict[str, str]:
    """What a script prints, by the first word of each line."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        runpy.run_path(str(script))
    return {line.partition(" ")[0]: line.partition(" ")[2] for line in out.getvalue().splitlines()}


@pytest.mark.parametrize(
    ("words", "how"),
    [
        (("--model", "mlp", "--standardize", *WORDS), {"model": "mlp", "standardize": True, "settings": NEWTON}),
        (("--model", "backprop", "-k", "2"), {"model": "backprop", "k": 2}),
        (("--model", "mlp", "-k", "2", "--test-share", "0"), {"model": "mlp", "k": 2, "test_share": 0.0}),
    ],
)
def test_json_has_the_curves_of_both_methods(words: tuple[str, ...], how: dict[str, Any]) -> None:
    status, out, err = here("run", "iris", *words, "--max-iter", "3", "--tol", "0", "--json")
    assert (status, err) == (0, "")
    records = [json.loads(line) for line in out.splitlines()]
    columns = curves_of(chosen("iris", **how), 3).columns()
    assert [record["phase"] for record in records] == ["init", "E", "M", "E", "M", "E", "M"]
    for record in records:
        place = record["iteration"] - (record["phase"] == "E")
        for name in BOTH:
            found = math.nan if record[name] is None else record[name]
            np.testing.assert_equal(found, columns[name][place], name)
    assert records[-1]["train_loss"] < records[0]["train_loss"]


def test_the_report_for_eyes_has_the_curves_and_says_how_they_were_predicted() -> None:
    status, out, _ = here("run", "iris", "--model", "mlp", *WORDS, "--max-iter", "20", "--tol", "0")
    assert status == 0
    lines = out.splitlines()
    at = lines.index(next(line for line in lines if line.startswith("loss  ")))
    expected = curves_of(chosen("iris", model="mlp", settings=NEWTON), 20).lines(16, ("EM newton", "backprop adam 0.3"))
    expected[-1] += ": --json has them all"
    assert lines[at : at + len(expected)] == expected
    assert max(map(len, expected)) <= 80
    comparison = stepped(chosen("iris", model="mlp", settings=NEWTON), 40).snapshot().comparison
    assert comparison is not None
    first = next(i for i, line in enumerate(lines) if line.startswith("test row"))
    assert lines[first].split() == ["test", "row", "truth", "EM", "p", "backprop", "p"]
    for at, line in zip([0, 7, 13, 20, 26, 33, 39, 46, 52, 59], lines[first + 1 : first + 11], strict=True):
        row, cells = int(comparison.split.test[at]), line.split()
        said = [comparison.split.class_names[comparison.split.targets[row]]]
        for point in (comparison.here, comparison.rival_here):
            p = point.test.probabilities[at]  # type: ignore[union-attr]
            said += [comparison.split.class_names[p.argmax()], f"{p.max():.3f}"]
        assert cells == ["row", str(row + 1), *said]
    said_below = ["both by the marginal prediction", "… and 50 more: --predictions FILE writes every row"]
    assert lines[first + 11 : first + 13] == said_below


def test_a_model_that_learns_no_classes_has_no_scores() -> None:
    _, out, _ = here("run", "iris", "--max-iter", "1", "--json")
    assert not any("loss" in name for line in out.splitlines() for name in json.loads(line))


def test_the_starts_of_several_are_scored_as_the_best_of_them(tmp_path: Path) -> None:
    status, out, _ = here("run", "iris", "--model", "mlp", *WORDS, "--max-iter", "3", "--n-init", "3", "--json")
    assert status == 0
    records = [json.loads(line) for line in out.splitlines()]
    assert -records[-1]["train_loss"] * 90 == pytest.approx(records[-1]["log_likelihood"], rel=1e-9)
    assert records[0]["rival_train_loss"] == records[0]["train_loss"]  # from the same start


# exports


def test_exported_steps_have_the_scores_as_columns(tmp_path: Path) -> None:
    session = stepped(chosen("iris", model="mlp", settings=NEWTON), 5)
    columns = curves_of(session.spec, 2).columns()
    with export_steps_csv(session, folder=tmp_path).open(newline="") as file:
        rows = list(csv.DictReader(file))
    steps = json.loads(export_steps_json(session, folder=tmp_path).read_text())["steps"]
    for place, row, step in zip((0, 0, 1, 1, 2, 2), rows, steps, strict=True):
        for name in BOTH:
            assert float(row[name]) == step[name] == columns[name][place]


def test_a_rival_that_is_behind_leaves_its_cells_empty(tmp_path: Path) -> None:
    session = Session(chosen("iris", model="mlp", settings=NEWTON))
    session.advance_rival()  # it begins
    session.take()
    session.take()
    with export_steps_csv(session, folder=tmp_path).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["rival_test_loss"] != "" for row in rows] == [True, True, False]
    assert all(row["test_loss"] for row in rows)


@pytest.mark.parametrize(
    "how",
    [
        {"source": "iris", "model": "mlp", "settings": NEWTON, "standardize": True, "stratify": False, "seed": 2},
        {"source": "wine", "model": "backprop", "k": 2, "test_share": 0.0, "same_start": False},
        {"source": "iris", "model": "mlp", "settings": {"hidden_units": "2,2"}},
        {"source": "iris", "model": "experts", "k": 2},
    ],
)
def test_the_script_prints_the_scores_of_both_methods(tmp_path: Path, how: dict[str, Any]) -> None:
    session = stepped(chosen(**how), 5)
    printed = printed_by(export_script(session, folder=tmp_path))
    assert float(printed["objective"]) == session.timeline.current.objective
    scores = session.scores[-1]
    assert list(scores) == BOTH
    for name, value in scores.items():
        np.testing.assert_equal(float(printed[name]), value, name)


def test_the_script_of_a_run_that_was_moved_by_hand_scores_it_too(tmp_path: Path) -> None:
    session = stepped(chosen("iris", model="mlp", settings=NEWTON), 2)
    moved = session.timeline.current.params
    session.place(moved.__class__(moved.hidden + 0.1, moved.output), "moved")
    session.take()
    session.take()
    while session.rival_is_behind:
        session.advance_rival()
    printed = printed_by(export_script(session, folder=tmp_path))
    for name, value in session.scores[-1].items():
        np.testing.assert_equal(float(printed[name]), value, name)


# predictions


def written(folder: Path, *words: str) -> list[dict[str, str]]:
    """The file of predictions that a run writes."""
    path = folder / "predictions.csv"
    status, _, err = here("run", *words, "--predictions", str(path))
    assert (status, err) == (0, "")
    assert [each.name for each in folder.iterdir() if each.name.startswith(".")] == []
    return list(csv.DictReader(io.StringIO(path.read_text())))


@pytest.mark.parametrize("name", ["mlp", "backprop"])
def test_predictions_of_both_methods_for_every_row(tmp_path: Path, name: str) -> None:
    rows = written(tmp_path, "iris", "--model", name, "-k", "3", "--max-iter", "2", "--tol", "0")
    spec = chosen("iris", model=name, k=3)
    split, comparison = split_of(spec), stepped(spec, 4).snapshot().comparison
    assert split is not None
    assert comparison is not None
    assert list(rows[0])[:4] == ["row", "split", "truth", "predicted"]
    assert [int(row["row"]) for row in rows] == list(range(1, 151))
    assert [row["split"] for row in rows] == ["test" if split.is_test(i) else "train" for i in range(150)]
    names = spec.dataset.class_names
    assert [row["truth"] for row in rows] == [names[code] for code in split.targets]
    own, rival = stepped(spec, 4).timeline.current.params, comparison.rival_params_here
    for prefix, params in (("", own), ("rival_", rival)):
        p = predicted(params, split.inputs, split.prediction)
        found = np.array([[float(row[f"{prefix}p_{each}"]) for each in names] for row in rows])
        np.testing.assert_array_equal(found, p)
        assert [row[f"{prefix}predicted"] for row in rows] == [names[code] for code in p.argmax(axis=1)]


def test_drawn_predictions_have_the_scores_of_the_report(tmp_path: Path) -> None:
    words = ("iris", "--model", "mlp", "--set", "hidden_units=3,2", "--seed", "4", "--max-iter", "5")
    rows = written(tmp_path, *words)
    last = json.loads(here("run", *words, "--json")[1].splitlines()[-1])
    for part in ("train", "test"):
        p = [float(row[f"p_{row['truth']}"]) for row in rows if row["split"] == part]
        assert last[f"{part}_loss"] == pytest.approx(-np.log(p).mean())


def a_line_with_a_corner(folder: Path) -> Path:
    path, generator = folder / "corner.csv", np.random.default_rng(0)
    x = generator.normal(size=40)
    t = np.where(x > 0, 2 * x + 1, -x) + generator.normal(0, 0.1, 40)
    path.write_text("x,t\n" + "".join(f"{a:.4f},{b:.4f}\n" for a, b in zip(x, t, strict=True)))
    return path


def test_predicted_numbers_stand_beside_the_true_ones(tmp_path: Path) -> None:
    words = [str(a_line_with_a_corner(tmp_path)), "--target", "t", "--model", "experts", "-k", "2", "--max-iter", "5"]
    rows = written(tmp_path, *words)
    assert list(rows[0]) == ["row", "split", "truth", "predicted", "rival_predicted", "r1", "r2", "expert"]
    _, out, _ = here("run", *words, "--json")
    last = json.loads(out.splitlines()[-1])
    for part in ("train", "test"):
        for prefix in ("", "rival_"):
            left = [float(row["truth"]) - float(row[f"{prefix}predicted"]) for row in rows if row["split"] == part]
            rmse = math.sqrt(np.mean(np.square(left)))
            assert rmse == pytest.approx(last[f"{prefix}{part}_rmse"], rel=1e-9)


def test_predictions_keep_the_callers_labels_and_names_of_rows(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    lines = ["id,x,y,grade"]
    for i in range(30):
        grade = (50, 0, 100)[i % 3]
        lines.append(f'"no, {i}",{generator.normal(grade / 30):.3f},{generator.normal():.3f},{grade}')
    path = tmp_path / "marks.csv"
    path.write_text("\n".join(lines) + "\n")
    words = [str(path), "--label", "grade", "--rows", "id", "--columns", "x,y"]
    rows = written(tmp_path, *words, "--model", "mlp", "-k", "2", "--max-iter", "2")
    assert [row["row"] for row in rows[:2]] == ["no, 0", "no, 1"]
    assert [row["truth"] for row in rows[:3]] == ["50", "0", "100"]
    assert {name for name in rows[0] if name.startswith("p_")} == {"p_0", "p_50", "p_100"}


def test_predictions_of_a_mixture_are_responsibilities_at_the_end(tmp_path: Path) -> None:
    rows = written(tmp_path, "iris", "--known", "10%", "--max-iter", "2")
    assert list(rows[0]) == ["row", "class", "r1", "r2", "r3", "component", "predicted"]
    spec = chosen("iris", known="10%")
    session = stepped(spec, 4)
    r = engine.em.evaluation.Posterior(session.timeline.current.at).responsibilities  # type: ignore[attr-defined]
    np.testing.assert_array_equal([[float(row[f"r{k}"]) for k in (1, 2, 3)] for row in rows], r)
    names = spec.dataset.class_names
    assert [row["predicted"] for row in rows] == [names[k] for k in r.argmax(axis=1)]
    assert [int(row["component"]) - 1 for row in rows] == r.argmax(axis=1).tolist()


def test_predictions_of_a_chain_are_states_and_its_likeliest_path(tmp_path: Path) -> None:
    rows = written(tmp_path, "icecream", "--max-iter", "3")
    assert list(rows[0]) == ["row", "r1", "r2", "state", "path"]
    model = chosen("icecream").model
    data = engine.load("icecream")
    *_, last = engine.iterate(model, data.X, max_iter=3)
    assert [int(row["path"]) - 1 for row in rows] == model.viterbi(last.params, last.problem.data).tolist()  # type: ignore[attr-defined]


def test_a_file_that_is_there_stays_and_nothing_is_run_before_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "kept.csv"
    path.write_text("mine")
    for given, words in (
        (path, "exists already: choose another name, or remove it first."),
        (tmp_path, "is a folder"),
        (tmp_path / "none" / "p.csv", "there is no folder"),
    ):
        status, out, err = here("run", "iris", "--max-iter", "1", "--predictions", str(given))
        assert (status, out) == (2, "")
        assert words in err
        assert err.count("\n") == 1
    assert path.read_text() == "mine"
    assert [each.name for each in tmp_path.iterdir()] == ["kept.csv"]


@pytest.mark.parametrize("file", ["-", "", " "])
def test_predictions_need_the_name_of_a_file(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = here("run", "iris", "--model", "mlp", "--max-iter", "1", f"--predictions={file}")
    assert status != 0 and not out and "--predictions needs the name of a file" in err
    assert not list(tmp_path.iterdir())


def test_the_rival_of_the_script_begins_from_the_start_of_weighted_rows(tmp_path: Path) -> None:
    table = tmp_path / "weighted.csv"
    lines = (f"{i % 7},{i * i % 11},{i % 3},{'ab'[i * i % 11 > i % 7]}" for i in range(60))
    table.write_text("x,y,often,side\n" + "".join(f"{line}\n" for line in lines))
    session = stepped(chosen(str(table), model="experts", label="side", weights="often"), 3)
    comparison = session.snapshot().comparison
    assert comparison is not None and comparison.rival_here is not None
    printed = printed_by(export_script(session, folder=tmp_path))
    assert float(printed["rival_train_loss"]) == comparison.rival_here.scores["train_loss"]


def test_the_report_counts_the_classes_that_its_table_leaves_out(tmp_path: Path) -> None:
    table = tmp_path / "many.csv"
    table.write_text("x,y,kind\n" + "".join(f"{i % 11},{i * i % 13},k{i % 15}\n" for i in range(90)))
    _, out, _ = here("run", str(table), "--label", "kind", "--model", "mlp", "-k", "14", "--max-iter", "1")
    assert "… and 3 more classes: --json has them all" in out
    assert "… and 2 more hidden units: --json has them all" in out
