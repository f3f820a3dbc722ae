"""Networks that learn numbers, in the shell and in the app: scores, picture, tables, worked rows, exports, refusals."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import driving
from shell import here
from studying import at_rest

from emtui.charts.chart_widget import Chart
from emtui.charts.scene import Dots
from emtui.exports.export import export_script
from emtui.networks.cost import measured_costs, predicted_costs
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.spec.run_spec import RunSpec
from emtui.views.number_format import number
from engine.data.data_spec import DataSpec


@pytest.fixture
def wave(tmp_path: Path) -> Path:
    """A wave over x that w tilts, with noise."""
    rng = np.random.default_rng(0)
    x, w = rng.uniform(-3, 3, 90), rng.uniform(-1, 1, 90)
    price = 100 + 10 * np.sin(1.5 * x) + 5 * w * x + rng.normal(size=90)
    file = tmp_path / "wave.csv"
    rows = zip(x, w, price, strict=True)
    file.write_text("x,w,price\n" + "\n".join(f"{a:.3f},{b:.3f},{c:.2f}" for a, b, c in rows))
    return file


def numbers(file: Path, model: str = "mlp", **how: Any) -> RunSpec:
    return choose(DataSpec(str(file), target="price"), model=model, k=4, **how)


# the shell


@pytest.mark.parametrize(("model", "others"), [("mlp", ("EM newton", "backprop")), ("backprop", ("backprop", "EM"))])
def test_the_shell_learns_numbers_beside_the_other_method(wave: Path, model: str, others: tuple[str, str]) -> None:
    settings = ("--set", "m_step=newton") if model == "mlp" else ()
    status, out, err = here(
        "run", str(wave), "--target", "price", "--model", model, "-k", "4", *settings, "--max-iter", "5"
    )
    assert status == 0, err
    assert "90×2 (54 train, 36 test)" in out and "train RMSE" in out and "right" not in out
    table = out[out.index("train RMSE") :].splitlines()
    assert table[1].startswith(others[0]) and table[2].startswith(others[1])
    weights = out[out.index("target ") :].splitlines()
    assert weights[1].startswith("price ") and len(weights[1].split()) == 6
    assert weights[3].startswith("variance σ² ")


def test_json_has_the_scores_of_numbers_and_the_variance(wave: Path) -> None:
    status, out, _ = here("run", str(wave), "--target", "price", "--model", "mlp", "--json", "--max-iter", "3")
    first, last = json.loads(out.splitlines()[0]), json.loads(out.splitlines()[-1])
    assert status == 0 and last["rival"]["model"] == "backprop"
    assert {"train_loss", "test_rmse", "rival_train_rmse_forward"} <= first.keys() and "train_accuracy" not in first
    assert first["train_loss"] == pytest.approx(first["rival_train_loss"], rel=1e-12)  # the same start
    assert len(first["params"]["output"]) == 1 and len(first["params"]["variances"]) == 1
    assert first["train_rmse"] == first["train_rmse_forward"]


def test_predictions_of_both_are_written(wave: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    words = ("--target", "price", "--model", "mlp", "--max-iter", "3", "--predictions", str(file))
    status, _, err = here("run", str(wave), *words)
    assert status == 0, err
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    assert len(rows) == 90 and {"truth", "predicted", "rival_predicted"} <= rows[0].keys()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--set", "e_step=gibbs"), "learns numbers by the exact E-step alone"),
        (("--set", "hidden_units=4,3"), "or the model backprop"),
        (("-k", "21"), "at most 20 units"),
        (("--set", "likelihood=softmax"), "no column of known classes"),
    ],
)
def test_what_cannot_learn_numbers_is_one_sentence(wave: Path, words: tuple[str, ...], said: str) -> None:
    status, _, err = here("run", str(wave), "--target", "price", "--model", "mlp", *words)
    assert status != 0 and said in err and err.count("\n") == 1


def test_a_start_needs_a_variance(wave: Path, tmp_path: Path) -> None:
    start = {"hidden": [[0.1, 1.0, 0.5]], "output": [[100.0, 1.0]]}
    file = tmp_path / "start.json"
    words = ("--target", "price", "-k", "1", "--start", str(file), "--max-iter", "1")
    for model in ("mlp", "backprop"):
        file.write_text(json.dumps(start))
        status, _, err = here("run", str(wave), "--model", model, *words)
        assert status != 0 and "the start must have variances" in err
        file.write_text(json.dumps(start | {"variances": [4.0]}))
        assert here("run", str(wave), "--model", model, *words)[0] == 0


def test_the_script_makes_the_same_numbers(wave: Path, tmp_path: Path) -> None:
    session = Session(numbers(wave, max_iter=3, settings={"m_step": "newton"}))
    for _ in session.run_on():
        pass
    while session.rival_is_behind:
        session.advance_rival()
    script = export_script(session, folder=tmp_path)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        runpy.run_path(str(script))
    printed = {line.partition(" ")[0]: line.partition(" ")[2] for line in out.getvalue().splitlines()}
    assert float(printed["objective"]) == session.timeline.current.objective
    assert float(printed["test_rmse"]) == session.scores[-1]["test_rmse"]
    assert float(printed["rival_test_rmse"]) == session.scores[-1]["rival_test_rmse"]


# the app


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_picture_has_the_mean_in_place_of_classes(wave: Path, size: tuple[int, int]) -> None:
    async with driving(numbers(wave, settings={"m_step": "newton"}), size) as app:
        text = await app.press("n", "n", "1")
        assert "price " in text and "E[y|x]" in text and "p(y|x)" not in text
        assert "RMSE" in text and "right" not in text
        scene = None
        for _ in range(3):
            text = await app.press("a")
        assert "price predicted, in tenths" in text
        scene = app.app.screen.query_one("#picture-chart", Chart).scene
        assert scene is not None and isinstance(scene.layers[0], Dots)
        assert "rows by the price that the network predicts" in scene.description


async def test_rows_count_by_their_weights_in_the_rmse_of_the_table_too(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, times = rng.uniform(-3, 3, 60), rng.integers(1, 9, 60)
    y = np.sin(x) + 0.01 * times * rng.normal(size=60) + 0.001
    file = tmp_path / "weighed.csv"
    file.write_text("x,y,n\n" + "\n".join(f"{a:.3f},{b:.4f},{c}" for a, b, c in zip(x, y, times, strict=True)))
    async with driving(choose(DataSpec(str(file), target="y", weights="n"), model="mlp", k=3)) as app:
        text = await app.press("n", "n")
        scored = app.snapshot.comparison.here.test.rmse
        assert f"test: EM RMSE {number(scored, 4)}" in text


async def test_regions_and_response_maps_know_numbers(wave: Path) -> None:
    async with driving(numbers(wave, settings={"m_step": "newton"})) as app:
        text = await app.press("n", "n", "1", "z", "a")
        assert "predicted price" in text and "RMSE" in text
        text = await app.press("a", "enter")
        assert "unit 1, response map" in text and "(price " in text and "v: to price" in text


async def test_the_variance_stands_in_the_table_and_is_worked_out(wave: Path) -> None:
    async with driving(numbers(wave, settings={"m_step": "newton"})) as app:
        text = await app.press("n", "n", "4", "z")
        variance = float(app.snapshot.step.params.variances[0])
        line = next(line for line in text.splitlines() if "σ²" in line)
        assert f"{variance:.2f}"[:4] in line and "→price" in text
        text = await app.press("z", "9", "d", "z")
        assert "N(y | Vz, σ²)" in text


async def test_backpropagation_has_no_q_but_the_same_pictures(wave: Path) -> None:
    async with driving(numbers(wave, "backprop")) as app:
        text = await app.press("n", "n", "1")
        assert "E[y|x]" in text and "RMSE" in text
        text = await app.press("9", "d", "z")
        assert "s the target's standard deviation" in text


async def test_every_pair_of_features_has_the_rows_in_thirds_of_what_is_predicted(wave: Path) -> None:
    async with driving(numbers(wave, settings={"m_step": "newton"})) as app:
        text = await app.press("n", "n", "M")
        assert "price predicted, parted at" in text and "● low  ■ middle  ▲ high" in text


def test_what_an_e_step_costs_is_measured_on_numbers(wave: Path) -> None:
    spec = numbers(wave, settings={"m_step": "newton"})
    costs = predicted_costs(spec)
    measured = next(iter(measured_costs(spec, costs)))
    assert measured.hidden_units == 1 and measured.measured_seconds is not None and measured.measured_seconds > 0


@pytest.mark.parametrize("model", ["mlp", "backprop"])
async def test_the_cost_of_numbers_ends_where_they_can_be_learned(wave: Path, model: str) -> None:
    spec = numbers(wave, model)
    quick = [replace(cost, memory=1, seconds=1e-9) for cost in predicted_costs(spec)]
    assert [cost.hidden_units for cost in measured_costs(spec, tuple(quick[2:3] + quick[20:]))] == [3]
    async with driving(spec, (120, 40)) as app:
        await app.send("C")
        text = " ".join((await at_rest(app)).split())
        assert "numbers are learned by the exact E-step alone, so that no more units are taken" in text
        assert "samples" not in text


async def test_a_narrow_table_of_parameters_says_the_variance_below(wave: Path) -> None:
    async with driving(numbers(wave), (80, 24)) as app:
        text = await app.press("n", "4")
        said = number(float(app.snapshot.step.params.variances[0]), 4)
        assert f"σ² {said} (in the column bias)" in text
