"""Slopes of ln p and of Q along every entry of θ, against difference quotients; pulls, which balance at the new θ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from why_cases import CASES, DEATHS, HEADS, IRIS, walked

import engine
from engine.editing.entries import Entry, entries, value_of
from engine.em.loop import begin, e_step, m_step
from engine.em.parameters import arrays_of, with_arrays
from engine.em.step import Step

MORE: dict[str, tuple[Any, Any, Any]] = {
    "line": (engine.GaussianMixture(2), IRIS.X[:, [2]], None),
    "sphere on a line": (engine.GaussianMixture(2, covariance_type="spherical"), IRIS.X[:, [2]], None),
    "experts": (engine.MixtureOfExperts(2, weight_decay=0.3), IRIS.X, IRIS.y),
    "numbers": (engine.MixtureOfExperts(2, weight_decay=0.3), IRIS.X[:, :2], IRIS.X[:, 3]),
    "loose": (engine.GaussianMixture(2, reg_covar=0.05), IRIS.X, None),
    "drawn": (engine.LatentMLP(2, e_step="gibbs"), IRIS.X, IRIS.y),
    "factorised": (engine.LatentMLP(2, e_step="mean_field", weight_decay=0.1), IRIS.X, IRIS.y),
    "number network": (engine.LatentMLP(2, weight_decay=0.1, m_step="newton"), IRIS.X[:, :2], IRIS.X[:, 3]),
    "topics": (engine.LatentDirichletAllocation(2, inner_tol=1e-12, inner_steps=5000), np.round(IRIS.X[::6] * 2), None),
}
EXACT = [*CASES, *MORE]


def steps_of(name: str) -> list[Step]:
    if name in CASES:
        return walked(name)
    model, X, y = MORE[name]
    steps = [begin(model, X, y, seed=1)]
    for _ in range(2):
        steps.append(e_step(steps[-1]))
        steps.append(m_step(steps[-1]))
    return steps


def shifted(params: Any, entry: Entry, by: float) -> Any:
    """θ with one entry moved alone, mirror image included, whatever it must sum to."""
    array = np.array(arrays_of(params)[entry.path])
    array[entry.index] += by
    if entry.rule == "covariance":
        *one, i, j = entry.index
        array[(*one, j, i)] = array[(*one, i, j)]
    return with_arrays(params, {entry.path: array})


def quotient(f: Any, params: Any, entry: Entry) -> float:
    """(f(θ + h) − f(θ − h)) / 2h, extrapolated once (Richardson)."""
    size = max(abs(value_of(params, entry)), 1e-2) * 1e-3
    halves = []
    for h in (size, size / 2):
        halves.append((f(shifted(params, entry, h)) - f(shifted(params, entry, -h))) / (2 * h))
    return float((4 * halves[1] - halves[0]) / 3)


def asked(step: Step) -> list[Entry]:
    """Some entries of each array, those of inner points alone."""
    found: dict[str, list[Entry]] = {}
    for entry in entries(step.problem.model, step.params):
        if entry.rule in ("sum", "row") and not 1e-3 < value_of(step.params, entry) < 1 - 1e-3:
            continue
        found.setdefault(entry.path, []).append(entry)
    return [entry for each in found.values() for entry in (each[0], each[len(each) // 2], each[-1])]


@pytest.mark.parametrize("name", EXACT)
def test_the_slope_of_ln_p_is_that_of_q_at_theta_q(name: str) -> None:
    """Fisher's identity, and both against difference quotients of Q and of ln p."""
    step = steps_of(name)[3]  # an E-step
    model: Any = step.problem.model
    data, at = step.problem.data, step.at_q
    assert at is not None
    n_found = 0
    for entry in asked(step):
        found = model.slopes(at, step.params, entry)
        if found is None:
            continue
        n_found += 1
        slope = found.total(data)
        scale = float(np.abs(found.each(data)).sum())
        by_q = quotient(lambda theta: model.q_value(at.expectation, theta, data), step.params, entry)
        assert slope == pytest.approx(by_q, abs=2e-6 * scale + 1e-9), entry.name
        prior = quotient(lambda theta: model.log_prior(theta, data), step.params, entry)
        assert found.prior == pytest.approx(prior, rel=1e-5, abs=1e-7), entry.name
        if model.exact:
            by_p = quotient(lambda theta: step.problem.at(theta).log_likelihood, step.params, entry)
            assert slope == pytest.approx(by_p, abs=2e-6 * scale + 1e-9), entry.name
    assert n_found >= 1


@pytest.mark.parametrize(
    "name", [name for name in EXACT if name not in ("conditional", "gradient", "drawn", "factorised")]
)
def test_pulls_balance_at_the_new_theta(name: str) -> None:
    step = steps_of(name)[4]  # an M-step
    model: Any = step.problem.model
    data, at = step.problem.data, step.at_q
    assert at is not None
    n_found = 0
    for entry in asked(step):
        before, after = model.pulls(at, at.params, entry), model.balance(at, step.params, entry)
        if before is None or after is None:
            continue
        n_found += 1
        assert model.balance(at, at.params, entry) == pytest.approx(before.total(data), rel=1e-9, abs=1e-9), entry.name
        scale = float(np.abs(before.weighed(data).each).sum()) + abs(before.prior)
        newton = (
            1e-4 if name in ("network", "experts", "numbers", "number network", "topics") else 1e-9
        )  # as near as Newton comes
        assert abs(after) <= newton * scale + 1e-11, (entry.name, after, scale)
    assert n_found >= 1


def test_weights_of_rows_count() -> None:
    weight = np.arange(1.0, 6.0)
    for X, model in ((HEADS, engine.BinomialMixture(2)), (DEATHS[::250], engine.PoissonMixture(2))):
        w = np.resize(weight, len(X))
        asked_of: Any = model
        step = e_step(begin(model, X, sample_weight=w, seed=3))
        repeated = e_step(begin(model, np.repeat(X, w.astype(int), axis=0), start=step.params))
        for entry in entries(step.problem.model, step.params):
            slopes = [asked_of.slopes(one.at_q, one.params, entry) for one in (step, repeated)]
            totals = [found.total(one.problem.data) for found, one in zip(slopes, (step, repeated), strict=True)]
            assert totals[0] == pytest.approx(totals[1], rel=1e-10)
            pulls = [asked_of.pulls(one.at_q, one.params, entry) for one in (step, repeated)]
            totals = [found.total(one.problem.data) for found, one in zip(pulls, (step, repeated), strict=True)]
            assert totals[0] == pytest.approx(totals[1], rel=1e-10, abs=1e-12)
