"""The sweep and the cost of the exact E-step without a screen: every cell is a run of the engine."""

from __future__ import annotations

import csv
import json
import math
import re
from collections import deque
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from shell import here, is_one_sentence

import engine
from emtui.cli.sweep_report import grid_of
from emtui.exports.sweep_table import sweep_text
from emtui.networks.cost import (
    Cost,
    expected_seconds,
    measured_costs,
    predicted_costs,
    seconds_in_words,
)
from emtui.networks.scores import score
from emtui.networks.sweep import SIDES, SweepResult, cells, has_rate, models_of, sweep
from emtui.networks.sweep_grid import SweepGrid
from emtui.screens.studies.cost import CostScreen
from emtui.spec.choose import choose
from emtui.spec.revise import changed
from emtui.spec.rival_model import rival_model
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of, table_of
from emtui.views.network.sweep_text import cell_words, chosen_sentence
from engine.errors import EngineError, OptionError
from engine.models.network.cost import (
    MOST_EXACT,
    SHARE_OF_MEMORY,
    bytes_in_words,
    check_memory,
    exact_cost,
    exact_memory,
    most_exact,
)
from engine.models.network.predict import network_report

SMALL = SweepGrid(rates=(0.01, 0.2), units=(1, 3), n_seeds=2, max_iter=3)


def swept(spec: RunSpec, grid: SweepGrid) -> SweepResult:
    """The sweep at its end."""
    return deque(sweep(spec, grid), maxlen=1).pop()


def test_every_run_is_the_engines_and_sees_no_test_row() -> None:
    spec = chosen("iris", model="mlp", standardize=True)
    found = swept(spec, SMALL)
    assert found.n_done == found.n_runs == 16 + 2  # those of the chosen cell on the test rows
    assert {(run.method, run.seed) for run in found.found.runs} == set(product(set(found.names.values()), (0, 1)))
    split = engine.train_test_split(spec.dataset.y, train_share=0.6, seed=0)
    raw, y = spec.dataset.X, spec.dataset.y
    assert y is not None
    for (side, m, r), name in list(found.names.items())[::3]:
        run = found.found.of(name)[1]
        assert math.isnan(run.test_accuracy) and math.isnan(run.test_log_loss)
        model = models_of(spec, side, SMALL.rates[r], SMALL.units[m])
        inner = engine.validation_split(y, split.train, share=0.25, seed=1)
        assert set(inner.train) | set(inner.test) == set(split.train)
        X = (raw - raw[inner.train].mean(axis=0)) / raw[inner.train].std(axis=0)
        fitted = engine.fit(model, X[inner.train], y[inner.train], seed=1, max_iter=3, tol=0.0)
        validation = network_report(fitted.params, X[inner.test], y[inner.test], predictions=("marginal",))["marginal"]
        train = network_report(fitted.params, X[inner.train], y[inner.train], predictions=("marginal",))["marginal"]
        assert run.validation_accuracy == pytest.approx(validation.accuracy)
        assert run.train_log_loss == pytest.approx(train.log_loss, rel=1e-9)


def test_the_chosen_cell_is_what_it_opens_as() -> None:
    """It is fitted again to all training rows: the explorer comes to the same test score with these choices."""
    spec = chosen("iris", model="mlp", standardize=True)
    found = swept(spec, SMALL)
    cell = found.chosen
    assert cell is not None and found.names[cell] == found.found.best
    model = models_of(spec, cell[0], SMALL.rates[cell[2]], SMALL.units[cell[1]])
    opened = changed(spec, model=model, max_iter=3, tol=0.0)
    split = split_of(opened)
    assert split is not None
    fitted = engine.fit(model, *table_of(opened), seed=0, max_iter=3, tol=0.0)
    expected = score(model, fitted.params, split, split.test)
    assert expected is not None
    assert found.tested[0].test_accuracy == pytest.approx(expected.accuracy)
    assert found.tested[0].test_log_loss == pytest.approx(expected.log_loss)
    said = chosen_sentence(found)
    assert "choose" in said and "it alone is tested" in said


def test_tables_are_means_over_the_seeds_so_far() -> None:
    spec = choose("iris", model="mlp")
    steps = list(sweep(spec, SMALL))
    table = steps[-1].table("own", "train_log_loss")
    cell = steps[-1].cell(("own", 1, 0))
    assert table[1, 0] == pytest.approx(np.mean([run.train_log_loss for run in cell]))
    assert len(cell) == 2
    half = steps[2].table("rival", "validation_accuracy")
    assert np.isnan(half).sum() == 3
    assert steps[2].chosen is None and chosen_sentence(steps[2]) == ""


def test_a_method_without_a_rate_is_run_once_for_every_column() -> None:
    spec = choose("iris", model="mlp", settings={"m_step": "newton", "weight_decay": "0.01"})
    assert not has_rate(spec.model)
    found = swept(spec, SMALL)
    table = found.table("own", "train_log_loss")
    np.testing.assert_array_equal(table[:, 0], table[:, 1])
    assert len(found.found.runs) == 2 * (2 + 4)


def test_the_models_of_a_cell() -> None:
    spec = choose("iris", model="mlp", settings={"weight_decay": "0.5"})
    own, rival = (models_of(spec, side, 0.07, 3) for side in SIDES)
    assert (own.name, own.hidden_units, own.learning_rate, own.weight_decay) == ("mlp", 3, 0.07, 0.5)
    assert (rival.name, rival.hidden_units, rival.learning_rate, rival.weight_decay) == ("backprop", 3, 0.07, 0.5)
    assert rival.optimizer == rival_model(spec).optimizer
    with pytest.raises(EngineError, match="choose the model mlp"):
        models_of(choose("iris"), "own", 0.1, 2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"learning_rates": ""}, "need a value between commas"),
        ({"learning_rates": ".1,,.2"}, "need a value between commas"),
        ({"learning_rates": ".1,x"}, "'x' is no learning rate"),
        ({"learning_rates": "0"}, "'0' is no learning rate"),
        ({"learning_rates": "nan"}, "'nan' is no learning rate"),
        ({"learning_rates": ".1,0.10"}, "hold 0.1 twice"),
        ({"learning_rates": ",".join(map(str, range(1, 30)))}, "up to 20 learning rates"),
        ({"hidden_units": "2.5"}, "'2.5' is no number of hidden units"),
        ({"hidden_units": "4,-1"}, "'-1' is no number of hidden units"),
        ({"hidden_units": "99999999999999999999999"}, "is no number of hidden units"),
        ({"n_seeds": 10**9}, "up to 1,000 seeds"),
        ({"max_iter": 10**9}, "up to 100,000 iterations"),
    ],
)
def test_a_grid_that_can_not_be_swept_gets_one_sentence(words: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError, match=re.escape(said)) as refused:
        grid_of(words)
    assert is_one_sentence(f"emtui: {refused.value}\n")
    with pytest.raises(OptionError, match="a sweep needs"):
        SweepGrid(rates=())


def test_of_several_layers_the_first_is_swept_and_cells_are_called_layers() -> None:
    found = swept(choose("iris", model="backprop", settings={"hidden_units": "4,3"}), SweepGrid((0.1,), (2, 4), 1, 1))
    assert models_of(found.spec, "rival", 0.1, 2).hidden_units == (2, 3)
    assert "layers 2,3" in found.names["own", 0, 0] and cell_words(found, (1, 0)).startswith("layers 4,3, rate 0.1")
    assert "layer 1╲rate" in "".join(sweep_text(found)) and "units" not in "".join(sweep_text(found))


def test_what_can_not_be_run_leaves_its_cell_empty() -> None:
    spec = choose("iris", model="mlp", settings={"e_step": "exact"})
    found = swept(spec, SweepGrid(rates=(0.01,), units=(1, 45), n_seeds=1, max_iter=1))
    assert math.isnan(found.table("own", "validation_accuracy")[1, 0])
    assert "could not be run: an exact E-step over 2^45" in cell_words(found, (1, 0))
    assert found.chosen != ("own", 1, 0)


def test_where_no_rows_are_held_back_nothing_is_tested() -> None:
    found = swept(choose("iris", model="mlp", test_share=0.0), SweepGrid((0.1,), (2,), 1, 1))
    assert found.n_done == found.n_runs == 2 and not found.tested
    assert chosen_sentence(found).endswith("no test rows are held back.")


WORDS = ("iris", "--rates", ".01,.1", "--hidden", "1,3", "--seeds", "2", "--max-iter", "3", "--standardize")


def test_a_sweep_says_what_is_to_be_known_of_the_data(tmp_path: Path) -> None:
    table = tmp_path / "unlike.csv"
    table.write_text("a,b,c\n" + "\n".join(f"{i % 7},{1e4 * (i % 5)},{'xy'[i % 2]}" for i in range(20)))
    words = ("sweep", str(table), "--label", "c", "--rates", ".1", "--hidden", "1", "--seeds", "1", "--max-iter", "2")
    said = "The columns are on very different scales"
    assert here(*words)[1].startswith(said)
    assert said not in here(*words, "--standardize")[1]
    assert len([json.loads(line) for line in here(*words, "--json")[1].splitlines()]) == 2


def test_the_sweep_in_the_shell_is_that_of_the_screen(tmp_path: Path) -> None:
    expected = swept(chosen("iris", model="mlp", standardize=True), SweepGrid((0.01, 0.1), (1, 3), 2, 3))
    table, text, whole = tmp_path / "a.csv", tmp_path / "a.txt", tmp_path / "a.json"
    status, out, err = here("sweep", *WORDS, "--export", str(table))
    assert (status, err) == (0, "")
    shown = "".join(sweep_text(expected))
    assert shown in out and "it alone is tested" in out
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert len(rows) == 8 and [row["chosen"] for row in rows].count("true") == 1
    for row, cell in zip(rows, cells(expected.grid), strict=True):
        mean = expected.found.mean(expected.names[cell], "validation_accuracy")
        assert float(row["validation_accuracy"]) == pytest.approx(mean)
        assert (row["test_accuracy"] != "") == (cell == expected.chosen)
    status, out, _ = here("sweep", *WORDS, "--export", str(text), "--export", str(whole))
    assert status == 0 and f"written to {text}" in out and f"written to {whole}" in out
    assert text.read_text() == shown
    document = json.loads(whole.read_text())
    assert document["chosen"] == expected.found.best and len(document["runs"]) == 16
    status, out, _ = here("sweep", *WORDS, "--json")
    assert [json.loads(line)["method"] for line in out.splitlines()] == [row["method"] for row in rows]


def test_a_sweep_that_is_written_before_its_end_says_how_far_it_came() -> None:
    results = sweep(choose("iris", model="mlp", settings={"m_step": "newton"}), SweepGrid((0.1,), (1,), 2, 1))
    so_far, *_, over = list(results)
    assert "".join(sweep_text(so_far)).startswith(f"sweep of iris, {so_far.n_done} of {so_far.n_runs} runs\n")
    assert "".join(sweep_text(over)).startswith("sweep of iris\n")


@pytest.mark.parametrize(
    "words",
    [
        ("old_faithful",),
        ("iris", "--rates", "x"),
        ("iris", "--hidden", ""),
        ("iris", "--seeds", "0"),
        ("iris", "--model", "gmm"),
        ("iris", "--export", "a.xls"),
        ("iris", "--export", __file__),
        ("iris", "--bogus"),
        ("iris", "--set", "learning_rate=7"),
        ("iris", "--rival", "hidden_units=3"),
        ("iris", "--hidden", "50", "--set", "e_step=exact", "--rival", "loss=marginal"),
    ],
)
def test_the_sweep_refuses_in_one_sentence(words: tuple[str, ...]) -> None:
    status, out, err = here("sweep", *words)
    assert (status, out) == (2, "")
    assert is_one_sentence(err)


# cost


def test_predictions_are_the_engines_and_measurements_are_real() -> None:
    spec = choose("iris", model="mlp")
    costs = predicted_costs(spec)
    for cost in costs[::7]:
        memory, _ = exact_cost(90, cost.hidden_units, 3)
        assert cost.memory == memory
    assert all(later.seconds > earlier.seconds for earlier, later in pairwise(costs))
    measured = list(measured_costs(spec, costs[:9]))
    assert [cost.hidden_units for cost in measured] == list(range(1, 10))
    assert all(cost.measured_seconds and cost.measured_seconds > 0 for cost in measured)
    assert [cost.memory for cost in measured] == [cost.memory for cost in costs[:9]]  # one measure, which decides
    with pytest.raises(EngineError, match="choose the model mlp"):
        predicted_costs(choose("iris"))


def test_what_a_step_is_expected_to_take() -> None:
    costs = tuple(Cost(m, 10**m, 10.0 ** (m - 5)) for m in range(1, 9))
    slower = (*costs[:2], replace(costs[2], measured_seconds=10 * costs[2].seconds), *costs[3:])
    assert expected_seconds(slower)[:3] == (costs[0].seconds, costs[1].seconds, 10 * costs[2].seconds)
    assert expected_seconds(slower)[3] == pytest.approx(10 * costs[3].seconds)


def test_one_rule_says_up_to_how_many_units_the_e_step_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of e_step=auto, of the cost screen, of what is refused, and of predictions; memory alone makes it fewer."""
    assert MOST_EXACT == 20
    assert most_exact(90, 10**12) == 20 and most_exact(90, 1) == 0
    little = int(exact_memory(90, 16) / SHARE_OF_MEMORY) + 1
    assert most_exact(90, little) == 16
    inner = {m: engine.LatentMLP(m).inner.exact for m in (20, 21)}
    assert inner == {20: True, 21: False}
    for free, units, said in ((10**9, 40, 20), (little, 20, 16), (little, 17, 16)):
        monkeypatch.setattr("engine.models.network.cost.free_memory", lambda free=free: free)
        monkeypatch.setattr("emtui.screens.studies.cost.free_memory", lambda free=free: free)
        with pytest.raises(OptionError, match=f"take e_step=gibbs, or at most {said} hidden units") as refused:
            check_memory(90, units)
        assert f"needs {bytes_in_words(exact_memory(90, units))}, and {bytes_in_words(free)} are free" in str(
            refused.value
        )
        screen = CostScreen(chosen("iris", model="mlp"))
        assert screen.most == said and f"up to m = {said}" in screen.verdict
        assert bytes_in_words(exact_memory(90, said)) in screen.verdict
    with pytest.raises(OptionError, match="take loss=forward, or at most 16"):
        engine.fit(engine.BackpropMLP(20, loss="marginal"), *table_of(chosen("iris", model="mlp")))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5e-5, "50 µs"), (0.0234, "23.4 ms"), (2.5, "2.5 s"), (300.0, "5 min"), (9e3, "2.5 h"), (1e6, "11.6 days")],
)
def test_seconds_in_words(seconds: float, words: str) -> None:
    assert seconds_in_words(seconds) == words


def test_other_words() -> None:
    assert seconds_in_words(math.inf) == "for ever"
    assert seconds_in_words(1e9).endswith("years")
    assert [bytes_in_words(size) for size in (1500, 2.5e6, 3e9, 4e12)] == ["1.5 kB", "2.5 MB", "3 GB", "4 TB"]
