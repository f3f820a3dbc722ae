"""A network that learns numbers, line by line: every line adds up, and the last ones are the step's own."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from engine import BackpropMLP, LatentMLP, load
from engine.arrays import Array
from engine.editing.entries import entries, value_of
from engine.em.loop import begin, e_step, m_step
from engine.explain.derivation import Worked
from engine.explain.worked import worked_new_row, worked_parameter, worked_row

IRIS = load("iris")
X, Y = IRIS.X[::5, :3], IRIS.X[::5, 3] * 2.5
WEIGHT = np.random.default_rng(0).uniform(0.5, 2.0, len(Y))
MODELS: list[Any] = [
    LatentMLP(3, weight_decay=0.1), LatentMLP(3, learning_rate=1.0), LatentMLP(4, m_step="newton"),
    LatentMLP(3, m_step="lbfgs", weight_decay=0.1), LatentMLP(3, m_step="ecm", bias=False),
    LatentMLP(3, optimizer="adam", learning_rate=0.05), LatentMLP(3, batch_size=7, weight_decay=0.1),
    BackpropMLP(3, optimizer="batch", weight_decay=0.1), BackpropMLP((3, 2)), BackpropMLP(3, optimizer="adam"),
    BackpropMLP(3, optimizer="batch", loss="marginal", weight_decay=0.1, learning_rate=0.001),
]  # fmt: skip


def assert_adds_up(worked: Worked) -> None:
    for line in worked.lines:
        assert line.result == pytest.approx(line.recomputed, rel=1e-9, abs=1e-12), line


@pytest.mark.parametrize("model", MODELS)
def test_parameters_come_out_as_the_m_step_has_them(model: Any) -> None:
    e = e_step(m_step(e_step(begin(model, X, Y, sample_weight=WEIGHT, seed=1))))
    m = m_step(e)
    for entry in entries(m.problem.model, m.params):
        for step in (e, m):
            worked = worked_parameter(step, entry.name)
            assert_adds_up(worked)
            assert worked.lines[-1].result == pytest.approx(value_of(m.params, entry), rel=1e-9, abs=1e-11)
        options = model.option_values
        batch = options["optimizer"] == "batch" if "loss" in options else not model.remembers
        batch = batch and options.get("m_step", "gradient") == "gradient"
        if batch and entry.field != "variances":
            assert worked.of("total")[0].formula.startswith("rate · slope")


@pytest.mark.parametrize("algorithm", ["classic", "hard", "annealed"])
def test_a_row_comes_out_as_the_step_has_it(algorithm: str) -> None:
    step = e_step(begin(LatentMLP(3), X, Y, seed=1, algorithm=algorithm))
    assert step.posterior is not None
    for row in (0, 7, 29):
        worked = worked_row(step, row)
        assert_adds_up(worked)
        units = step.posterior.responsibilities[row]
        np.testing.assert_allclose(worked.result, units, atol=1e-12)
        last = worked.of("assignment") or worked.of("responsibility")
        np.testing.assert_allclose([line.result for line in last], units, atol=1e-9)


def test_the_numbers_of_a_row_are_those_of_enumeration() -> None:
    step = e_step(begin(LatentMLP(3), X, Y, seed=1))
    params, x, y = step.params, X[4], Y[4]
    u = 1 / (1 + np.exp(-params.hidden @ [1.0, *x]))
    z: Array = np.array([bits[::-1] for bits in product((0.0, 1.0), repeat=3)])
    prior = np.prod(np.where(z > 0, u, 1 - u), axis=1)
    means, variance = params.output[0, 0] + z @ params.output[0, 1:], params.variances[0]
    density = np.exp(-0.5 * (y - means) ** 2 / variance) / np.sqrt(2 * np.pi * variance)
    worked = worked_row(step, 4)
    assert worked.of("evidence")[0].result == pytest.approx(prior @ density)
    assert worked.of("bound")[-1].result == pytest.approx(np.log(prior @ density))
    assert worked.of("prediction")[0].result == pytest.approx(prior @ means)
    assert worked.of("forward")[0].result == pytest.approx(prior @ means)
    named = {line.formula.rpartition(", ")[2]: line.result for line in worked.of("share")}
    for bits, q in zip(z, prior * density / (prior @ density), strict=True):
        assert named["z = " + "".join(str(int(bit)) for bit in bits)] == pytest.approx(q)
    assert "N(y | Vz, σ²)" in worked.of("configuration")[0].formula
    new = worked_new_row(step, x)
    assert_adds_up(new)
    assert new.of("prediction")[0].result == pytest.approx(prior @ means)


@pytest.mark.parametrize("sizes", [3, (3, 2)])
def test_delta_is_the_derivative_of_the_squares_in_units_of_the_target(sizes: Any) -> None:
    step = e_step(begin(BackpropMLP(sizes), X, Y, seed=1))
    worked = worked_row(step, 4)
    assert_adds_up(worked)
    s = float(Y.std())
    assert worked.of("error")[1].result == pytest.approx((Y[4] - worked.of("forward")[0].result) / s)
    first = [line.result for line in worked.of("error") if line.formula == "δ = u · (1 − u) · Σ v · δ"][-3:]
    for h in range(3):

        def squares(by: float, h: int = h) -> float:
            hidden = np.array(step.params.hidden)
            hidden[h, 0] += by
            moved = type(step.params)(hidden, step.params.output, step.params.deeper, step.params.variances)
            at = step.problem.model.predict_mean(moved, step.problem.model.observe_new(X[4:5], moved))[0]
            return -0.5 * float((Y[4] - at) / s) ** 2

        assert first[h] == pytest.approx((squares(1e-5) - squares(-1e-5)) / 2e-5, rel=1e-5, abs=1e-9)
    assert_adds_up(worked_new_row(step, X[4]))
