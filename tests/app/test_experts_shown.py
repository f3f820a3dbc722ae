"""Mixtures of experts in the shell and in the app: classes and numbers, both methods, pictures, tables and exports."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import driving
from shell import here

import engine
from emtui.charts.chart_widget import Chart
from emtui.charts.scene import Backdrop, Curve
from emtui.exports.export import export_script
from emtui.panes.rows.number_table import NumberSource
from emtui.panes.rows.predictions import RowsPane
from emtui.panes.rows.row_table import RowSource
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of
from engine.data.data_spec import DataSpec
from engine.errors import EngineError


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """Two crossing lines; the target has whole numbers alone, which are numbers nevertheless."""
    rng = np.random.default_rng(0)
    x, side = rng.uniform(-1, 1, 80), rng.integers(0, 2, 80)
    price = np.round(100 + np.where(side, 200 * x, -200 * x) + 10 * rng.normal(size=80))
    file = tmp_path / "lines.csv"
    file.write_text("x,price\n" + "\n".join(f"{a:.4f},{b:.0f}" for a, b in zip(x, price, strict=True)))
    return file


def numbers(file: Path, **how: Any) -> RunSpec:
    return choose(DataSpec(str(file), target="price"), model="experts", **how)


def classes(**how: Any) -> RunSpec:
    return choose("iris", model="experts", settings={"weight_decay": "0.01"}, **how)


# the shell


def test_the_shell_learns_numbers_and_says_how_far_off_they_are(lines: Path) -> None:
    status, out, err = here("run", str(lines), "--target", "price", "--model", "experts")
    assert status == 0, err
    assert "80×1 (48 train, 32 test)" in out and "train RMSE" in out and "right" not in out
    table = out[out.index("train RMSE") :].splitlines()
    assert table[1].startswith("EM ") and table[2].startswith("backprop adam 0.1 ")
    slopes = next(line for line in out.splitlines() if line.startswith("coefficients x")).split()[2:]
    assert sorted(round(float(slope) / 200) for slope in slopes) == [-1, 1]


def test_json_has_the_scores_of_numbers_and_of_the_rival(lines: Path) -> None:
    words = ("run", str(lines), "--target", "price", "--model", "experts", "--json", "--max-iter", "3")
    status, out, _ = here(*words)
    last = json.loads(out.splitlines()[-1])
    assert status == 0 and last["rival"]["model"] == "backprop-experts"
    assert {"train_loss", "test_rmse", "rival_train_rmse"} <= last.keys() and "train_accuracy" not in last
    first = json.loads(out.splitlines()[0])
    assert first["train_loss"] == pytest.approx(first["rival_train_loss"], rel=1e-12)


def test_predictions_of_numbers_are_written(lines: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    words = ("--target", "price", "--model", "experts", "--max-iter", "3", "--predictions", str(file))
    status, _, err = here("run", str(lines), *words)
    assert status == 0, err
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    assert len(rows) == 80 and {"truth", "predicted", "rival_predicted"} <= rows[0].keys()


def by_definition(params: Any, inputs: Any, targets: Any) -> tuple[Any, Any]:
    """(n, K) g_k(x) and p_k(y | x), from the definition."""
    design = np.column_stack([np.ones(len(inputs)), inputs])

    def softmax(logits: Any) -> Any:
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True)

    experts = params.experts
    said = np.einsum("nj,k...j->nk...", design, experts.coefficients)
    if said.ndim == 3:
        return softmax(design @ params.gate.T), softmax(said)[np.arange(len(targets)), :, targets]
    z = (np.asarray(targets)[:, None] - said) ** 2 / experts.variances
    return softmax(design @ params.gate.T), np.exp(-0.5 * z) / np.sqrt(2.0 * np.pi * experts.variances)


@pytest.mark.parametrize("source", ["price", "iris"])
def test_predictions_have_each_rows_experts(lines: Path, tmp_path: Path, source: str) -> None:
    file = tmp_path / "out.csv"
    words = ["iris"] if source == "iris" else [str(lines), "--target", "price"]
    assert here("run", *words, "--model", "experts", "--max-iter", "3", "--predictions", str(file))[0] == 0
    spec = numbers(lines) if source == "price" else choose("iris", model="experts")
    split = split_of(spec)
    assert split is not None
    X, y = split.inputs[split.train], split.targets[split.train]
    *_, last = engine.iterate(spec.model, X, y, max_iter=3)
    gate, densities = by_definition(last.params, split.inputs, split.targets)
    joint = gate * densities
    posterior = joint / joint.sum(axis=1, keepdims=True)
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    r = np.array([[float(row["r1"]), float(row["r2"])] for row in rows])
    np.testing.assert_allclose(r[split.train], posterior[split.train], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(r[split.test], gate[split.test], rtol=1e-9, atol=1e-12)
    assert [int(row["expert"]) - 1 for row in rows] == r.argmax(axis=1).tolist()


def test_gradients_may_be_the_model_and_em_the_rival() -> None:
    status, out, err = here("run", "iris", "--model", "backprop-experts", "--max-iter", "3")
    assert status == 0, err
    assert "\nbackprop adam 0.1" in out and "\nEM " in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("old_faithful", "--model", "experts"), "known classes, and a mixture of experts learns from them"),
        (("iris", "--model", "experts", "--set", "expert=gaussian"), "no column of numbers to be learned"),
        (("iris", "--model", "experts", "-k", "91"), "can't start 91 experts"),
    ],
)
def test_what_cannot_be_learned_is_one_sentence(words: tuple[str, ...], said: str) -> None:
    status, _, err = here("run", *words)
    assert status != 0 and said in err and err.count("\n") == 1


def test_a_row_without_a_number_is_named(tmp_path: Path) -> None:
    file = tmp_path / "gap.csv"
    file.write_text("x,price\n1,2.5\n2,\n3,4.5\n4,1.5\n")
    with pytest.raises(EngineError, match=r"1 row of .* has no target \(the first is line 3\)"):
        numbers(file)


def test_the_split_of_numbers_knows_no_classes(lines: Path) -> None:
    split = split_of(numbers(lines))
    assert split is not None and split.numeric and split.target_name == "price" and split.n_classes == 0
    assert len(split.train) == 48 and split.targets.dtype == np.float64


# the app


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_lines_and_the_gate_are_drawn(lines: Path, size: tuple[int, int]) -> None:
    async with driving(numbers(lines), size) as app:
        text = await app.press(*"nnnnnnnn", "1")
        assert "─ price by x ─" in text and "mean" in text
        scene = app.app.screen.query_one("#picture-chart", Chart).scene
        assert scene is not None and len([one for one in scene.layers if isinstance(one, Curve)]) == 3
        assert isinstance(scene.layers[0], Backdrop)
        assert "expert 1 goes from" in scene.description
        assert "RMSE" in text


async def test_residuals_then_responsibilities_stand_in_the_rows(lines: Path) -> None:
    async with driving(numbers(lines)) as app:
        text = await app.press(*"nnnnnnnn", "3")
        assert "test: EM RMSE" in text and "residual" in text and "rival's" in text
        pane = app.app.screen.query_one(RowsPane)
        text = await app.press("s")
        assert isinstance(pane.source, NumberSource) and "largest error first" in text
        left = np.abs(pane.source.found.left)
        assert int(pane.source.places[0]) == int(left.argmax())
        await app.press("H")
        assert isinstance(pane.source, NumberSource) and pane.source.n_rows == 48
        await app.press("H")
        assert isinstance(pane.source, RowSource) and pane.source.n_rows == 48
        split = split_of(app.snapshot.spec)
        assert split is not None
        shown = pane.source.responsibilities(range(48))
        assert np.array_equal(pane.source.rows(range(48)), split.train)
        assert np.array_equal(shown, app.snapshot.step.posterior.responsibilities)
        assert pane.source.place_of(int(split.train[7])) == 7
        await app.press("H")
        assert isinstance(pane.source, NumberSource) and pane.source.n_rows == 32


async def test_classes_have_regions_a_gate_and_worked_rows() -> None:
    async with driving(classes()) as app:
        text = await app.press(*"nnn", "1")
        assert "decision regions" in text and "held:" in text
        text = await app.press("a")
        assert "petal length × petal width, gate" in text
        scene = app.app.screen.query_one("#picture-chart", Chart).scene
        assert scene is not None and isinstance(scene.layers[0], Backdrop)
        text = await app.press("9", "d", "z")
        assert "g · p(y | x, k)" in text and "γ · x" in text
        assert "Q of the gate" in text and "Q of the experts" in text


async def test_the_sentence_names_the_entry_that_moved() -> None:
    async with driving(classes()) as app:
        text = " ".join((await app.press("n", "n")).split())
        assert "Training loss" in text and "right" in text and ("expert 1's" in text or "expert 2's" in text)


async def test_no_cost_of_configurations_and_no_regions_of_numbers(lines: Path) -> None:
    async with driving(numbers(lines)) as app:
        assert "Decision regions are of classes" in await app.press("n", "v")
        assert "is that of a network" in " ".join((await app.press("C")).split())


def test_the_script_learns_the_target(lines: Path, tmp_path: Path) -> None:
    session = Session(numbers(lines, max_iter=4))
    for _ in session.run_on():
        pass
    while session.rival_is_behind:
        session.advance_rival()
    script = export_script(session, folder=tmp_path)
    assert "data.target[split.train]" in script.read_text()
    with contextlib.redirect_stdout(io.StringIO()) as out:
        runpy.run_path(str(script))
    printed = {line.partition(" ")[0]: line.partition(" ")[2] for line in out.getvalue().splitlines()}
    assert float(printed["objective"]) == session.timeline.current.objective
    assert float(printed["test_rmse"]) == session.scores[-1]["test_rmse"]
    assert float(printed["rival_test_rmse"]) == session.scores[-1]["rival_test_rmse"]
