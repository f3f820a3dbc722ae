"""Poisson mixtures against enumeration, SciPy, the published death notices, and their own invariants."""

from __future__ import annotations

import numpy as np
import pytest
from enumeration import agrees_with_enumeration
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

import engine
from engine.errors import DataError, EngineError, OptionError
from engine.testing import check_model

Params = engine.PoissonMixture.Params
COUNTS = np.array([0.0, 3.0, 7.0, 1.0, 12.0])


def joint_at(params):
    return params.weights * poisson.pmf(COUNTS[:, None], params.rates)


@pytest.mark.parametrize("K", [1, 2, 3])
def test_every_number_is_that_of_enumeration(K):
    start = Params(np.arange(1.0, K + 1) / np.arange(1.0, K + 1).sum(), [0.7, 4.0, 9.0][:K])
    for step in engine.iterate(engine.PoissonMixture(n_components=K), COUNTS, start=start, max_iter=3, tol=0):
        if step.phase != "init":
            agrees_with_enumeration(step, joint_at)


def test_the_death_notices_take_their_published_first_step():
    data, model = engine.load("deaths"), engine.PoissonMixture(n_components=2)
    *_, last = engine.iterate(model, data.X, start=Params(**data.start), max_iter=1, tol=0)
    values = [last.params.weights[0], *last.params.rates]
    assert [f"{value:.8f}" for value in values] == ["0.46158873", "1.18891795", "2.98683046"]


def test_the_death_notices_come_to_their_published_optimum():
    data, model = engine.load("deaths"), engine.PoissonMixture(n_components=2)
    close = engine.stopping.parse_rule("parameters=1e-9")
    run = engine.fit(model, data.X, start=Params(**data.start), max_iter=6_000, stopping=close)
    assert run.converged
    assert run.n_iter > 2_000
    np.testing.assert_allclose(run.params.weights, [0.35989, 0.64011], atol=1e-5)
    np.testing.assert_allclose(run.params.rates, [1.25610, 2.66340], atol=1e-5)
    assert f"{run.log_likelihood:.6f}" == "-1989.945860"
    assert (np.diff(run.objectives) >= -1e-9).all()


def test_the_m_step_is_the_maximum_of_q():
    model = engine.PoissonMixture()
    data, at = model.observe(COUNTS), Params([0.3, 0.7], [1.0, 6.0])
    expectation = model.expect(at, data)
    best = model.maximize(expectation, at, data).params
    theta = np.array([best.weights[0], *best.rates])

    def q_at(theta):
        return model.q_value(expectation, Params([theta[0], 1 - theta[0]], theta[1:]), data)

    for move in 1e-5 * np.eye(3):
        assert abs(q_at(theta + move) - q_at(theta - move)) / 2e-5 < 1e-5
        assert q_at(theta) > max(q_at(theta + move), q_at(theta - move))


def test_log_evidence_is_that_of_scipy_for_large_counts_too():
    model, params = engine.PoissonMixture(), Params([0.2, 0.8], [3.0, 1e6])
    counts = np.array([0.0, 5.0, 1e6, 1_000_500.0])
    expected = np.logaddexp(np.log(0.2) + poisson.logpmf(counts, 3.0), np.log(0.8) + poisson.logpmf(counts, 1e6))
    np.testing.assert_allclose(model.log_evidence(params, model.observe(counts)), expected, rtol=1e-9)


def test_one_component_is_the_mean():
    run = engine.fit(engine.PoissonMixture(n_components=1), COUNTS)
    assert run.params.rates[0] == pytest.approx(COUNTS.mean(), rel=1e-15)
    assert run.log_likelihood == pytest.approx(poisson.logpmf(COUNTS, COUNTS.mean()).sum(), rel=1e-13)


def test_with_every_label_given_one_m_step_is_maximum_likelihood():
    y = np.array([0, 0, 1, 0, 1])
    steps = list(engine.iterate(engine.PoissonMixture(), COUNTS, y, max_iter=2, tol=0))
    for step in steps[2:]:
        np.testing.assert_allclose(step.params.rates, [COUNTS[y == 0].mean(), COUNTS[y == 1].mean()], rtol=1e-15)
        np.testing.assert_allclose(step.params.weights, [0.6, 0.4], rtol=1e-15)


@pytest.mark.parametrize("algorithm", ["classic", "hard", "stochastic", "annealed"])
@pytest.mark.parametrize("K", [1, 2, 4])
def test_counts_keep_every_invariant(algorithm, K):
    generator = np.random.default_rng(3)
    counts = generator.poisson(np.where(generator.random(60) < 0.4, 1.0, 6.0)).astype(float)
    model = engine.PoissonMixture(n_components=K)
    checked = check_model(model, counts, algorithm=algorithm)
    assert "the same seed gives the same bytes" in checked
    check_model(model, counts, generator.integers(-1, K, 60), algorithm=algorithm)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.integers(1, 4), st.integers(0, 5))
def test_every_table_of_counts_has_a_start_and_a_finite_run(counts, K, seed):
    model = engine.PoissonMixture(n_components=K)
    data = model.observe(counts)
    start = model.start(data, np.random.default_rng(seed))
    assert model.check_params(start, data) is start
    assert (start.rates > 0).all()
    run = engine.fit(model, counts, seed=seed, max_iter=6, tol=0)
    assert np.isfinite(run.objectives).all()
    assert (np.diff(run.objectives) >= -1e-9 * max(1, abs(run.objectives[0]))).all()
    assert np.isfinite(run.params.rates).all()


def test_a_start_of_copies_is_that_of_weights():
    model = engine.PoissonMixture(n_components=3)
    weights = np.array([2.0, 1, 0, 3, 1])
    weighted = model.start(model.observe(COUNTS, sample_weight=weights), np.random.default_rng(1))
    copied = model.start(model.observe(np.repeat(COUNTS, weights.astype(int))), np.random.default_rng(1))
    np.testing.assert_allclose(weighted.rates, copied.rates, rtol=1e-12)


def test_a_component_without_rows_is_named_and_keeps_its_rate():
    steps = list(engine.iterate(engine.PoissonMixture(), COUNTS, start=Params([1.0, 0.0], [3.0, 8.0]), max_iter=2))
    assert "component 2 has no rows left" in steps[2].events[0].message
    assert steps[-1].params.rates[1] == 8.0
    assert np.isfinite(steps[-1].log_likelihood)


def test_a_rate_of_zero_explains_zeros_alone():
    *_, last = engine.iterate(engine.PoissonMixture(), [0, 0, 4], start=Params([0.5, 0.5], [0.0, 4.0]), max_iter=1)
    assert last.params.rates[0] == 0.0
    assert last.posterior.responsibilities[2].tolist() == [0, 1]
    assert np.isfinite(last.objective)


@pytest.mark.parametrize("counts", [[0, 0, 0], [5], [2**53, 0]])
def test_counts_at_the_border_are_no_trouble(counts):
    run = engine.fit(engine.PoissonMixture(), counts, max_iter=5)
    assert np.isfinite(run.log_likelihood)
    assert np.isfinite(run.params.rates).all()


@pytest.mark.parametrize(
    "counts",
    [[], [[]], [[1, 2]], [1, 2.5], [1, -1], [1, 1e16], [1, np.nan], [1, np.inf], ["a"], [[[1]]], None, 3, [None, 1]],
)
def test_what_is_no_count_is_refused_in_one_sentence(counts):
    with pytest.raises(DataError) as caught:
        engine.PoissonMixture().observe(counts)
    assert str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_row_at_fault_is_named():
    with pytest.raises(DataError, match=r"row 3 holds 2\.5.*whole number"):
        engine.PoissonMixture().observe([1, 2, 2.5])


@pytest.mark.parametrize(
    "start",
    [
        Params([1.0], [1.0]),
        Params([0.5, 0.5], [1.0]),
        Params([0.5, 0.6], [1.0, 2.0]),
        Params([0.5, 0.5], [1.0, -2.0]),
        Params([0.5, 0.5], [1.0, np.inf]),
        Params([np.nan, 0.5], [1.0, 2.0]),
    ],
)
def test_a_start_that_does_not_fit_is_refused(start):
    with pytest.raises(EngineError):
        engine.begin(engine.PoissonMixture(), COUNTS, start=start)


def test_options_out_of_range_are_refused():
    with pytest.raises(OptionError):
        engine.PoissonMixture(n_components=0)


def test_prediction_is_the_posterior_of_new_counts():
    run = engine.fit(engine.PoissonMixture(), COUNTS, seed=2, max_iter=5)
    joint = run.params.weights * poisson.pmf(np.array([[0.0], [9.0]]), run.params.rates)
    np.testing.assert_allclose(run.predict_proba([0, 9]), joint / joint.sum(axis=1, keepdims=True), rtol=1e-12)
