"""The M-steps of the network: gradients and curvature against finite differences, ascent, and a peer."""

from __future__ import annotations

import mlp_by_definition as definition
import numpy as np
import pytest
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.em.inference import EXACT
from engine.models.network.configurations import Listed, binary_design
from engine.models.network.data import network_rows
from engine.models.network.e_steps.e_step import ExactEStep
from engine.models.network.expectation import (
    NetworkExpectation,
    hidden_gradient,
    hidden_value,
    output_gradient,
    output_value,
)
from engine.models.network.m_step import ecm_step, gradient_step, lbfgs_step, newton_step, surely_rises
from engine.models.network.model import LatentMLP
from engine.models.network.newton import hidden_curvature, output_curvature
from engine.models.network.params import NetworkParams, draw_params, log_weight_prior


def problem(seed=0, m=4, p=2, g=3, n=12, weighted=True, scale=1.0):
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((n, p))
    y = np.concatenate([np.arange(g), generator.integers(0, g, n - g)])
    weight = generator.choice([0.5, 1.0, 2.0], n) if weighted else None
    rows = network_rows(X, y, weight)
    params = draw_params(m, p, g, scale, generator)
    return params, rows, ExactEStep().statistics(params, rows)


def with_output(params, free):
    return NetworkParams(params.hidden, np.vstack([free, np.zeros((1, params.hidden_units + 1))]))


@pytest.mark.parametrize("m", [1, 4, 6])
@pytest.mark.parametrize("decay", [0.0, 0.7])
def test_gradients_of_q_are_finite_differences_of_q(m, decay):
    start, rows, statistics = problem(m, m=m)
    theta = draw_params(m, 2, 3, 0.8, np.random.default_rng(99))  # not where q was settled
    q, _ = definition.posterior(start.hidden, start.output, rows.X, rows.y)

    def value(params):
        expected = definition.q_value(q, params.hidden, params.output, rows.X, rows.y, rows.sample_weight)
        return expected + log_weight_prior(params, decay)

    numeric = definition.numerical_gradient(lambda w: value(NetworkParams(w, theta.output)), theta.hidden)
    np.testing.assert_allclose(hidden_gradient(statistics, theta.hidden, rows, decay), numeric, atol=1e-6)
    numeric = definition.numerical_gradient(lambda v: value(with_output(theta, v)), theta.output[:-1])
    np.testing.assert_allclose(output_gradient(statistics, theta.output, decay), numeric, atol=1e-6)


@pytest.mark.parametrize("m", [2, 6])
def test_gradients_of_q_where_it_was_settled_are_those_of_the_log_likelihood(m):
    params, rows, statistics = problem(m, m=m)

    def log_likelihood(theta):
        _, log_evidence = definition.posterior(theta.hidden, theta.output, rows.X, rows.y)
        return rows.sample_weight @ log_evidence

    numeric = definition.numerical_gradient(lambda w: log_likelihood(NetworkParams(w, params.output)), params.hidden)
    np.testing.assert_allclose(hidden_gradient(statistics, params.hidden, rows), numeric, atol=1e-6)
    numeric = definition.numerical_gradient(lambda v: log_likelihood(with_output(params, v)), params.output[:-1])
    np.testing.assert_allclose(output_gradient(statistics, params.output), numeric, atol=1e-6)


@pytest.mark.parametrize("m", [3, 6, 11])
def test_curvature_is_minus_the_finite_difference_of_the_gradient(m):
    params, rows, statistics = problem(m, m=m, scale=0.5)
    numeric = definition.numerical_gradient(lambda w: hidden_gradient(statistics, w, rows, 0.3), params.hidden)
    found = hidden_curvature(params.hidden, rows, 0.3)
    for h in range(m):
        np.testing.assert_allclose(found[h], -numeric[h, :, h, :], atol=1e-6)
        others = np.delete(numeric[h], h, axis=1)
        assert np.abs(others).max(initial=0.0) < 1e-9

    def gradient(free):
        return output_gradient(statistics, with_output(params, free).output, 0.3)

    size = 2 * (m + 1)
    numeric = definition.numerical_gradient(gradient, params.output[:-1]).reshape(size, size)
    np.testing.assert_allclose(output_curvature(statistics, params.output, range(2), 0.3), -numeric, atol=1e-6)
    one = output_curvature(statistics, params.output, range(1, 2), 0.3)
    np.testing.assert_allclose(one, -numeric[m + 1 :, m + 1 :], atol=1e-6)


@settings(max_examples=examples(30))
@given(
    st.integers(0, 10_000),
    st.integers(1, 5),
    st.integers(2, 4),
    st.sampled_from([0.1, 1.0, 5.0, 50.0]),
    st.sampled_from([0.0, 0.01, 1.0]),
    st.sampled_from([newton_step, ecm_step, lbfgs_step]),
)
def test_no_part_of_q_falls(seed, m, g, scale, decay, m_step):
    params, rows, statistics = problem(seed, m=m, g=g, scale=scale)
    steps = () if m_step is lbfgs_step else (2,)
    moved = m_step(statistics, params, rows, decay, *steps)

    def parts(theta):
        layers = NetworkParams(theta.hidden, np.zeros_like(theta.output)), NetworkParams(0 * theta.hidden, theta.output)
        priors = [log_weight_prior(layer, decay) for layer in layers]
        hidden = float(hidden_value(statistics, theta.hidden, rows).sum())
        return np.array([hidden, output_value(statistics, theta.output)]) + priors

    before, after = parts(params), parts(moved)
    assert np.all(after >= before - 1e-12 * np.abs(before))
    assert np.isfinite(moved.hidden).all()
    assert np.isfinite(moved.output).all()


def test_newton_and_lbfgs_reach_the_same_maximum_where_the_gradient_vanishes():
    params, rows, statistics = problem(1, m=3, n=30)
    newton, lbfgs = newton_step(statistics, params, rows, 0.5, 50), lbfgs_step(statistics, params, rows, 0.5)
    for theta, slack in ((newton, 1e-4), (lbfgs, 1e-2)):
        assert np.abs(hidden_gradient(statistics, theta.hidden, rows, 0.5)).max() < slack
        assert np.abs(output_gradient(statistics, theta.output, 0.5)).max() < slack
    np.testing.assert_allclose(newton.hidden, lbfgs.hidden, atol=1e-2)
    np.testing.assert_allclose(newton.output, lbfgs.output, atol=1e-2)


def test_ecm_maximises_each_class_given_the_others():
    params, rows, statistics = problem(4, m=3, g=4, n=40)
    moved = ecm_step(statistics, params, rows, 0.2, 50)
    assert np.abs(output_gradient(statistics, moved.output, 0.2)[-1]).max() < 1e-5  # the last one that was moved
    assert np.abs(output_gradient(statistics, moved.output, 0.2)[0]).max() > 1e-4  # moved away from since
    np.testing.assert_allclose(moved.hidden, newton_step(statistics, params, rows, 0.2, 50).hidden)


def test_with_two_classes_ecm_is_newton():
    params, rows, statistics = problem(4, m=3, g=2)
    one, other = ecm_step(statistics, params, rows, 0.1, 7), newton_step(statistics, params, rows, 0.1, 7)
    np.testing.assert_array_equal(one.hidden, other.hidden)
    np.testing.assert_array_equal(one.output, other.output)


def test_the_output_layer_is_scikit_learns_logistic_regression():
    """Two classes: rows z of each class with weights S_c(z), the same prior on weights and none on the bias."""
    from sklearn.linear_model import LogisticRegression

    params, rows, _ = problem(7, m=3, g=2, n=40)
    q, _ = definition.posterior(params.hidden, params.output, rows.X, rows.y)
    weight = np.stack([rows.sample_weight @ (q * (rows.y == c)[:, None]) for c in (0, 1)])
    z = definition.configurations(3)
    peer = LogisticRegression(C=1 / 0.8, tol=1e-12, max_iter=10_000)
    peer.fit(np.vstack([z, z]), np.repeat([1, 0], len(z)), sample_weight=weight.ravel())  # class 0 against class 1
    moved = newton_step(ExactEStep().statistics(params, rows), params, rows, 0.8, 50)
    np.testing.assert_allclose(moved.output[0], [*peer.intercept_, *peer.coef_[0]], atol=2e-4)


def test_newton_uses_configurations_that_were_drawn_as_well():
    """The M-steps know an expectation by its statistics alone: here every row in its likeliest configuration."""
    params, rows, _ = problem(3, m=4)
    q, _ = definition.posterior(params.hidden, params.output, rows.X, rows.y)
    z = definition.configurations(4)[q.argmax(axis=1)][rows.order]
    moments = np.stack(
        [(rows.weights * (rows.sorted_targets == c)) @ np.hstack([np.ones((12, 1)), z]) for c in range(3)]
    )
    drawn = NetworkExpectation(z, moments, rows.weights, Listed(np.hstack([np.ones((12, 1)), z])))
    all_of_them = NetworkExpectation(
        z, moments, np.array([rows.weights @ (z == b).all(axis=1) for b in definition.configurations(4)]),
        Listed(binary_design(4)),
    )  # fmt: skip
    one, other = (newton_step(s, params, rows, 0.1, 20) for s in (drawn, all_of_them))
    np.testing.assert_allclose(one.output, other.output, rtol=1e-8, atol=1e-10)
    np.testing.assert_array_equal(one.hidden, other.hidden)


def test_a_gradient_step_is_the_learning_rate_times_the_gradient_summed_over_rows():
    params, rows, statistics = problem(2)
    moved = gradient_step(statistics, params, rows, 0.3, 0.05)
    expected = params.hidden + 0.05 * hidden_gradient(statistics, params.hidden, rows, 0.3)
    np.testing.assert_allclose(moved.hidden, expected)
    np.testing.assert_allclose(
        moved.output[:-1] - params.output[:-1], 0.05 * output_gradient(statistics, params.output, 0.3)
    )
    assert not moved.output[-1].any()


@settings(max_examples=examples(30))
@given(st.integers(0, 10_000), st.sampled_from([0.1, 1.0, 10.0]), st.floats(1e-4, 10.0), st.sampled_from([0.0, 1.0]))
def test_a_gradient_step_that_surely_rises_does(seed, scale, learning_rate, decay):
    params, rows, statistics = problem(seed, scale=scale)
    if not surely_rises(statistics, rows, decay, learning_rate):
        learning_rate = 2.0 / (max(0.25 * rows.squared_norms, 0.5 * statistics.class_moments.sum()) + decay)
        assert surely_rises(statistics, rows, decay, learning_rate * (1 - 1e-12))
    model = LatentMLP(hidden_units=4, learning_rate=learning_rate, weight_decay=decay)
    expectation = ExactEStep().expect(params, rows, EXACT)
    moved = gradient_step(statistics, params, rows, decay, learning_rate)
    before, after = (model.q_value(expectation, t, rows) + model.log_prior(t, rows) for t in (params, moved))
    assert after >= before - 1e-10 * abs(before)


def test_a_gradient_step_that_is_too_long_says_so():
    data = engine.load("iris").standardized()
    model = LatentMLP(hidden_units=3, learning_rate=0.5)
    steps = list(engine.iterate(model, data.X, data.y, seed=0, max_iter=30, tol=0))
    falls = [s for s in steps if s.phase == "M" and s.objective < s.objective_q]
    assert falls
    for step in falls:
        (event,) = step.events
        assert event.breaks_ascent
        assert "learning rate 0.5 was too long: Q + log prior fell by" in event.message


def test_weights_without_bound_end_the_run_in_words():
    data = engine.load("iris").standardized()
    model = LatentMLP(hidden_units=3, learning_rate=1e10, weight_decay=1e10)
    run = engine.fit(model, data.X, data.y, seed=0, max_iter=50, tol=0)
    assert not run.converged
    assert "the weights grow without bound: take a smaller one" in run.stop_reason
    assert np.isfinite(run.params.hidden).all()
