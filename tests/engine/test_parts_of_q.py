"""Q as the sum of its parts: those that an M-step maximises each by itself, with their changes."""

from __future__ import annotations

import math
from itertools import pairwise

import mlp_by_definition as definition
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from why_cases import CASES, IRIS, walked

import engine
from engine.em.loop import begin, e_step, m_step
from engine.explain.ledger import ledger

MIXTURES = ("full", "tied", "diag", "spherical", "conditional", "labels", "coins", "poisson", "bernoulli")
PARTS = {
    **dict.fromkeys(MIXTURES, ("weights", "densities")),
    "diary": ("initial", "transition", "emission"),
    "stop": ("initial", "transition", "stop", "emission"),
    "measured": ("initial", "transition", "emission"),
    "network": ("hidden", "output"),
    "gradient": ("hidden", "output"),
    "linkage": (),
    "kmeans": (),
}


@pytest.mark.parametrize("algorithm", ["classic", "hard", "stochastic", "annealed", "squarem"])
@pytest.mark.parametrize("name", CASES)
def test_they_sum_to_q_as_the_model_has_it(name, algorithm):
    steps = walked(name, 2, algorithm)
    assert steps[0].q_parts == {} and ledger(steps[0]).parts == ()
    for before, step in pairwise(steps):
        assert tuple(step.q_parts) == PARTS[name]
        problem = step.problem
        whole = problem.model.q_value(step.expectation, step.params, problem.data)
        assert step.q_value == pytest.approx(whole, rel=1e-13)
        if step.q_parts:
            assert sum(step.q_parts.values()) == step.q_value
        parts = ledger(step, before).parts
        assert {part.name: part.value for part in parts} == step.q_parts
        for part in parts:
            change = part.value - before.q_parts.get(part.name, math.nan)
            assert part.change == pytest.approx(change, nan_ok=True)
        assert step.q_parts_change(before).keys() == step.q_parts.keys()
        if step.q_parts and before.q_parts:
            changes = step.q_parts_change(before)
            rounding = 1e-13 * max(map(abs, (*step.q_parts.values(), *before.q_parts.values())))
            assert sum(changes.values()) == pytest.approx(step.q_value - before.q_value, rel=1e-9, abs=rounding)
            assert changes == {part.name: part.change for part in parts}
    assert all(math.isnan(change) for change in steps[1].q_parts_change(steps[0]).values())
    assert all(math.isnan(change) for change in steps[1].q_parts_change(None).values())


@pytest.mark.parametrize("e_step", ["exact", "gibbs", "mean_field", "importance"])
@pytest.mark.parametrize("hidden_units", [3, (3, 2)])
def test_they_do_in_every_network(hidden_units, e_step):
    if e_step != "gibbs" and hidden_units != 3:
        return
    model = engine.LatentMLP(hidden_units, e_step=e_step, m_step="newton", weight_decay=0.1, draws=20, sweeps=4)
    step = m_step(e_step_of(begin(model, IRIS.X[::5], IRIS.y[::5])))
    assert tuple(step.q_parts) == (("hidden", "output") if hidden_units == 3 else ("hidden", "hidden_2", "output"))
    assert sum(step.q_parts.values()) == step.q_value
    assert step.q_value == pytest.approx(model.q_value(step.expectation, step.params, step.problem.data), rel=1e-13)


e_step_of = e_step


@given(st.integers(1, 4), st.integers(2, 4), st.integers(0, 2**31))
def test_those_of_a_network_are_the_sums_of_its_definition(m, g, seed):
    """Q_w = Σ_j Σ_z q_j(z) ln p(z | x_j) and Q_v = Σ_j Σ_z q_j(z) ln o_y(z), at another θ than q was chosen at."""
    generator = np.random.default_rng(seed)
    X, y = generator.normal(size=(9, 2)), np.concatenate([np.arange(g), generator.integers(0, g, 9 - g)])
    step = m_step(e_step(begin(engine.LatentMLP(m, learning_rate=0.1), X, y, seed=seed)))
    q, _ = definition.posterior(step.params_q.hidden, step.params_q.output, X, y)
    hidden = sum(q[j] @ definition.log_prior(step.params.hidden, X[j]) for j in range(9))
    output = sum(q[j] @ definition.log_output(step.params.output, m)[:, y[j]] for j in range(9))
    assert step.q_parts["hidden"] == pytest.approx(hidden, rel=1e-10)
    assert step.q_parts["output"] == pytest.approx(output, rel=1e-10)


@pytest.mark.parametrize("name", MIXTURES)
def test_that_of_the_weights_is_n_ln_weights(name):
    step = walked(name, 2)[-1]
    counts = step.posterior.responsibilities.sum(axis=0)
    assert step.q_parts["weights"] == pytest.approx(counts @ np.log(step.params.weights), rel=1e-9)


def test_those_of_topics():
    X = np.random.default_rng(3).poisson(1.0, (8, 5)) + 1.0
    for step in engine.iterate(engine.LatentDirichletAllocation(2), X, max_iter=2):
        if step.phase != "init":
            assert tuple(step.q_parts) == ("words", "topics", "mixtures")
            words = step.expectation.statistics.words
            assert step.q_parts["words"] == pytest.approx((words * np.log(step.params.topics)).sum(), rel=1e-12)


def test_a_model_that_says_q_anew_has_no_parts_but_its_own():
    class Halved(engine.BinomialMixture):
        def q_value(self, expectation, params, data):
            return 0.5 * super().q_value(expectation, params, data)

    X = np.array([[5.0], [9.0], [8.0], [4.0], [7.0]])
    ours, theirs = (e_step(begin(model(2), X)) for model in (engine.BinomialMixture, Halved))
    assert theirs.q_parts == {} and theirs.q_value == 0.5 * ours.q_value


def test_reading_them_takes_no_pass(monkeypatch):
    passes = []
    expect = engine.LatentMLP.expect
    monkeypatch.setattr(engine.LatentMLP, "expect", lambda *a: passes.append(a[1]) or expect(*a))
    steps = list(engine.iterate(engine.LatentMLP(3), IRIS.X, IRIS.y, max_iter=3))
    _ = [(step.q_parts, step.q_value) for step in steps]
    assert len(passes) == len({id(params) for params in passes}) == 4
    last = steps[-1]
    kept = dict(last.q_parts)
    last.release()
    assert last.q_parts == kept and len(passes) == 4
