"""Coins against enumeration of every assignment, SciPy, finite differences, and their own invariants."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

import engine
from engine.em.inference import EXACT
from engine.errors import DataError, OptionError
from engine.testing import check_model

Params = engine.BinomialMixture.Params
HEADS = np.array([2.0, 5.0, 0.0, 4.0])


def enumerate_assignments(params, heads, n_trials, q_params=None):
    """ln p(X | θ), and Q(θ; q), H(q) and the marginals of q = p(Z | X, θ_q), summed over all K^n assignments."""
    K, n = len(params.weights), len(heads)

    def joint(theta, z):
        return np.prod(
            [theta.weights[k] * binom.pmf(x, n_trials, theta.probabilities[k]) for k, x in zip(z, heads, strict=True)]
        )

    every = list(product(range(K), repeat=n))
    q = np.array([joint(params if q_params is None else q_params, z) for z in every])
    q /= q.sum()
    at = np.array([joint(params, z) for z in every])
    marginals = np.array(
        [[sum(p for p, z in zip(q, every, strict=True) if z[i] == k) for k in range(K)] for i in range(n)]
    )
    used = q > 0
    return np.log(at.sum()), q[used] @ np.log(at[used]), -(q[used] @ np.log(q[used])), marginals


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("K", [1, 2, 3])
def test_every_number_is_that_of_enumeration(K, fixed):
    start = Params(np.arange(1.0, K + 1) / np.arange(1.0, K + 1).sum(), [0.3, 0.6, 0.85][:K])
    model = engine.BinomialMixture(n_components=K, n_trials=5, fixed_weights=fixed)
    for step in engine.iterate(model, HEADS, start=start, max_iter=3, tol=0):
        if step.phase == "init":
            continue
        log_likelihood, q_value, entropy, marginals = enumerate_assignments(step.params, HEADS, 5, step.params_q)
        assert step.log_likelihood == pytest.approx(log_likelihood, rel=1e-12)
        assert step.q_value == pytest.approx(q_value, rel=1e-12)
        assert step.entropy == pytest.approx(entropy, rel=1e-11, abs=1e-13)
        assert step.elbo <= step.log_likelihood + 1e-12
        np.testing.assert_allclose(step.posterior.responsibilities, marginals, rtol=1e-11)


def test_the_m_step_is_the_maximum_of_q():
    model = engine.BinomialMixture(n_components=2, n_trials=5)
    data = model.observe(HEADS)
    at = Params([0.3, 0.7], [0.3, 0.6])
    expectation = model.expect(at, data)
    best = model.maximize(expectation, at, data).params

    def q_at(weight, *probabilities):
        return model.q_value(expectation, Params([weight, 1 - weight], probabilities), data)

    theta = [best.weights[0], *best.probabilities]
    step = 1e-5
    for i in range(3):
        up, down = list(theta), list(theta)
        up[i] += step
        down[i] -= step
        assert abs(q_at(*up) - q_at(*down)) / (2 * step) < 1e-5
        assert q_at(*theta) > max(q_at(*up), q_at(*down))


def test_log_evidence_of_single_rows_is_that_of_scipy():
    model = engine.BinomialMixture(n_components=2, n_trials=500)
    heads = np.array([0.0, 1.0, 250.0, 499.0, 500.0])
    params = Params([0.2, 0.8], [0.01, 0.5])
    expected = np.logaddexp(np.log(0.2) + binom.logpmf(heads, 500, 0.01), np.log(0.8) + binom.logpmf(heads, 500, 0.5))
    np.testing.assert_allclose(model.log_evidence(params, model.observe(heads)), expected, rtol=1e-11)


def test_probabilities_at_the_border_are_no_trouble():
    model = engine.BinomialMixture(n_components=2, n_trials=5)
    *_, last = engine.iterate(model, [0, 0, 5, 5, 5], start=Params([0.5, 0.5], [0.0, 1.0]), max_iter=3)
    assert last.params.probabilities.tolist() == [0.0, 1.0]
    assert last.params.weights.tolist() == [0.4, 0.6]
    assert last.log_likelihood == pytest.approx(2 * np.log(0.4) + 3 * np.log(0.6))
    assert last.kl == pytest.approx(0, abs=1e-12)


def test_a_row_of_weight_zero_says_nothing_even_where_it_is_impossible():
    model = engine.BinomialMixture(n_components=2, n_trials=5)
    start = Params([0.5, 0.5], [1.0, 1.0])
    first = engine.begin(model, [5, 5, 2], sample_weight=[1, 2, 0], start=start)
    assert first.log_likelihood == 0
    assert engine.advance(engine.advance(first)).params.probabilities.tolist() == [1.0, 1.0]


def test_a_coin_that_nobody_takes_is_named_and_keeps_its_probability():
    model = engine.BinomialMixture(n_components=2, n_trials=5)
    steps = list(engine.iterate(model, HEADS, start=Params([1.0, 0.0], [0.5, 0.2]), max_iter=2))
    assert [event.component for event in steps[2].events] == [1]
    assert "coin B" in steps[2].events[0].message
    assert steps[-1].params.probabilities[1] == 0.2
    assert np.isfinite(steps[-1].log_likelihood)


def test_known_coins_stay_known():
    y = [0, -1, 1, -1]
    model = engine.BinomialMixture(n_components=2, n_trials=5)
    *_, last = engine.iterate(model, HEADS, y, seed=1, max_iter=2)
    r = last.posterior.responsibilities
    assert r[[0, 2]].tolist() == [[1, 0], [0, 1]]
    assert ((r[[1, 3]] > 0) & (r[[1, 3]] < 1)).all()
    row = (
        np.array([binom.logpmf(HEADS, 5, p) for p in last.params.probabilities]) + np.log(last.params.weights)[:, None]
    )
    expected = row[0, 0] + row[1, 2] + np.logaddexp(*row[:, 1]) + np.logaddexp(*row[:, 3])
    assert last.log_likelihood == pytest.approx(expected)


def test_every_start_is_a_start():
    model = engine.BinomialMixture(n_components=4, n_trials=7)
    for heads in ([0], [7], [0, 7, 3], [7] * 20):
        data = model.observe(heads)
        for seed in range(5):
            start = model.start(data, np.random.default_rng(seed))
            assert model.check_params(start, data) is start
            assert (np.diff(start.probabilities) < 0).all()


def test_free_parameters_are_counted():
    params = Params(np.full(3, 1 / 3), [0.1, 0.2, 0.3])
    assert engine.BinomialMixture(n_components=3).n_parameters(params) == 5
    assert engine.BinomialMixture(n_components=3, fixed_weights=True).n_parameters(params) == 3


def test_a_million_rows_worth_of_weight_is_a_weight():
    model = engine.BinomialMixture(n_trials=5)
    one = engine.fit(model, HEADS, seed=0, max_iter=5, tol=0)
    many = engine.fit(model, HEADS, seed=0, max_iter=5, tol=0, sample_weight=np.full(4, 1e6))
    np.testing.assert_allclose(one.params.probabilities, many.params.probabilities, rtol=1e-12)
    assert many.log_likelihood == pytest.approx(1e6 * one.log_likelihood, rel=1e-12)


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), min_size=2, max_size=12).filter(
        lambda r: sum(w for _, w in r)
    )
)
def test_a_weight_is_so_many_copies(rows):
    heads, weights = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    model = engine.BinomialMixture(n_components=2, n_trials=6)
    start = Params([0.4, 0.6], [0.3, 0.7])
    weighted = list(engine.iterate(model, heads, sample_weight=weights, start=start, max_iter=4, tol=0))
    copied = list(engine.iterate(model, np.repeat(heads, weights.astype(int)), start=start, max_iter=4, tol=0))
    for one, two in zip(weighted[1:], copied[1:], strict=True):
        np.testing.assert_allclose(
            [one.log_likelihood, one.elbo, one.entropy, *one.params.weights, *one.params.probabilities],
            [two.log_likelihood, two.elbo, two.entropy, *two.params.weights, *two.params.probabilities],
            rtol=1e-9,
            atol=1e-12,
        )


@pytest.mark.parametrize("options", [{}, {"fixed_weights": True}, {"n_components": 1}, {"n_components": 4}])
def test_coins_keep_every_invariant(options):
    generator = np.random.default_rng(5)
    heads = generator.binomial(10, np.where(generator.random(50) < 0.4, 0.3, 0.8))
    model = engine.BinomialMixture(**options)
    checked = check_model(model, heads)
    assert "KL is that between the responsibilities" in checked
    check_model(model, heads, generator.integers(-1, model.n_components, 50))


@pytest.mark.parametrize(
    "heads",
    [[], [[]], [[1, 2]], [1, 2.5], [1, -1], [1, 11], [1, np.nan], [1, np.inf], ["a"], [[[1]]], None, 3, [None, 1]],
)
def test_what_is_no_number_of_heads_is_refused_in_one_sentence(heads):
    with pytest.raises(DataError) as caught:
        engine.BinomialMixture().observe(heads)
    assert str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_row_at_fault_is_named():
    with pytest.raises(DataError, match=r"row 3 has 11 heads.*n_trials = 10"):
        engine.BinomialMixture().observe([1, 2, 11])


def test_options_out_of_range_are_refused():
    for wrong in ({"n_components": 0}, {"n_trials": 0}, {"n_trials": 2.5}, {"fixed_weights": 1}):
        with pytest.raises(OptionError):
            engine.BinomialMixture(**wrong)


def test_prediction_is_the_posterior_of_new_rows():
    run = engine.fit(engine.BinomialMixture(n_trials=5), HEADS, seed=2)
    data = run.model.observe([0, 5])
    expected = run.model.responsibilities(run.params, data, slice(None), EXACT)
    np.testing.assert_array_equal(run.predict_proba([0, 5]), expected)
    np.testing.assert_array_equal(run.predict([0, 5]), expected.argmax(axis=1))
