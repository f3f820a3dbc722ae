"""The sweep and the cost of the exact E-step without a screen: every cell is a run of the engine."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from choosing import chosen

import engine
from emtui.networks.cost import (
    SENSIBLE_SECONDS,
    Cost,
    bytes_in_words,
    expected_seconds,
    measured_costs,
    most_sensible,
    predicted_costs,
    seconds_in_words,
)
from emtui.networks.sweep import SIDES, SweepGrid, SweepResult, has_rate, models_of, sweep
from emtui.spec.choose import choose
from emtui.spec.rival_model import rival_model
from engine.errors import EngineError, OptionError
from engine.models.network.cost import exact_cost
from engine.models.network.predict import network_report

SMALL = SweepGrid(rates=(0.01, 0.2), units=(1, 3), n_seeds=2, max_iter=3)


def test_every_run_is_the_engines() -> None:
    spec = chosen("iris", model="mlp", standardize=True)
    runs = list(sweep(spec, SMALL))
    assert len(runs) == SMALL.n_runs == 16
    assert {(run.side, run.units, run.rate, run.seed) for run in runs} == {
        (side, m, r, seed) for side in SIDES for m in range(2) for r in range(2) for seed in range(2)
    }
    for run in runs[3:11:3]:
        model = models_of(spec, run.side, SMALL.rates[run.rate], SMALL.units[run.units])
        split = engine.train_test_split(spec.dataset.y, train_share=0.6, seed=run.seed)
        raw = spec.dataset.X
        X = (raw - raw[split.train].mean(axis=0)) / raw[split.train].std(axis=0)
        y = spec.dataset.y
        assert y is not None
        fitted = engine.fit(model, X[split.train], y[split.train], seed=run.seed, max_iter=3, tol=0.0)
        way = "forward" if model.name == "backprop" else "marginal"
        test = network_report(fitted.params, X[split.test], y[split.test], predictions=(way,))[way]
        train = network_report(fitted.params, X[split.train], y[split.train], predictions=(way,))[way]
        assert run.test_accuracy == pytest.approx(test.accuracy)
        assert run.train_loss == pytest.approx(train.log_loss, rel=1e-9)


def test_tables_are_means_over_the_seeds_so_far() -> None:
    spec = choose("iris", model="mlp")
    runs = tuple(sweep(spec, SMALL))
    table = SweepResult(SMALL, runs).table("own", "train_loss")
    cell = SweepResult(SMALL, runs).cell("own", 1, 0)
    assert table[1, 0] == pytest.approx(np.mean([run.train_loss for run in cell]))
    assert len(cell) == 2
    half = SweepResult(SMALL, runs[:3]).table("rival", "test_accuracy")
    assert np.isnan(half).sum() == 3


def test_a_method_without_a_rate_has_the_same_number_in_every_column() -> None:
    spec = choose("iris", model="mlp", settings={"m_step": "newton", "weight_decay": "0.01"})
    assert not has_rate(spec.model)
    table = SweepResult(SMALL, tuple(sweep(spec, SMALL))).table("own", "train_loss")
    np.testing.assert_array_equal(table[:, 0], table[:, 1])


def test_the_models_of_a_cell() -> None:
    spec = choose("iris", model="mlp", settings={"weight_decay": "0.5"})
    own, rival = (models_of(spec, side, 0.07, 3) for side in SIDES)
    assert (own.name, own.hidden_units, own.learning_rate, own.weight_decay) == ("mlp", 3, 0.07, 0.5)
    assert (rival.name, rival.hidden_units, rival.learning_rate, rival.weight_decay) == ("backprop", 3, 0.07, 0.5)
    assert rival.optimizer == rival_model(spec).optimizer
    with pytest.raises(EngineError, match="choose the model mlp"):
        models_of(choose("iris"), "own", 0.1, 2)
    with pytest.raises(OptionError, match="a sweep needs"):
        SweepGrid(rates=())


def test_what_can_not_be_run_leaves_its_cell_empty() -> None:
    spec = choose("iris", model="mlp", settings={"e_step": "exact"})
    grid = SweepGrid(rates=(0.01,), units=(45,), n_seeds=1, max_iter=1)
    runs = [run for run in sweep(spec, grid) if run.side == "own"]
    assert math.isnan(runs[0].test_accuracy)


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
    assert all(cost.measured_memory and cost.measured_memory > 0 for cost in measured)
    with pytest.raises(EngineError, match="choose the model mlp"):
        predicted_costs(choose("iris"))


def test_where_exact_stops_being_sensible() -> None:
    costs = tuple(Cost(m, 10**m, 10.0 ** (m - 5)) for m in range(1, 9))
    assert most_sensible(costs, 10**12) == 5  # one second
    assert most_sensible(costs, 2 * 10**3) == 3  # memory
    assert most_sensible(costs, 1) == 0
    slower = (*costs[:2], replace(costs[2], measured_seconds=10 * costs[2].seconds), *costs[3:])
    assert expected_seconds(slower)[:3] == (costs[0].seconds, costs[1].seconds, 10 * costs[2].seconds)
    assert expected_seconds(slower)[3] == pytest.approx(10 * costs[3].seconds)
    assert most_sensible(slower, 10**12) == 4
    assert SENSIBLE_SECONDS == 1.0


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
