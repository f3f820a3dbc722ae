"""The mean-field E-step: its bound against enumeration, its fixed point and its derivatives by finite differences."""

from __future__ import annotations

import mlp_by_definition as definition
import numpy as np
import pytest
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.em.inference import EXACT
from engine.errors import OptionError
from engine.models.network.data import network_rows
from engine.models.network.e_steps import mean_field as mlp_mean_field
from engine.models.network.e_steps.mean_field import MeanFieldEStep, bounds, settled
from engine.models.network.expectation import expected_log_joint, hidden_gradient, output_gradient
from engine.models.network.m_step import ecm_step, gradient_step, lbfgs_step, newton_step, surely_rises
from engine.models.network.model import LatentMLP
from engine.models.network.newton import output_curvature
from engine.models.network.params import NetworkParams, draw_params, log_weight_prior
from engine.testing import check_model


@pytest.fixture(scope="module")
def iris():
    return engine.load("iris").standardized()


def problem(seed=0, m=4, p=2, g=3, n=10, scale=1.0):
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((n, p))
    y = np.concatenate([np.arange(g), generator.integers(0, g, n - g)])
    rows = network_rows(X, y, generator.choice([0.5, 1.0, 2.0], n))
    return draw_params(m, p, g, scale, generator), rows


networks = st.builds(
    problem,
    seed=st.integers(0, 10_000),
    m=st.integers(1, 6),
    g=st.integers(2, 4),
    n=st.integers(4, 8),
    scale=st.sampled_from([0.0, 0.5, 1.5, 6.0, 100.0]),
)


def evidence(params, rows):
    """(n,) ln p(y | x) in the order of the design."""
    return definition.posterior(params.hidden, params.output, rows.X, rows.y)[1][rows.order]


@settings(max_examples=examples(40))
@given(networks, st.integers(0, 10_000))
def test_the_bound_is_one_at_any_means(network, seed):
    params, rows = network
    logit = np.random.default_rng(seed).normal(0.0, 2.0, (rows.n_rows, params.hidden_units))
    mu = 1 / (1 + np.exp(-logit))
    found, z = bounds(params, rows, logit), definition.configurations(params.hidden_units)
    log_o = definition.log_output(params.output, params.hidden_units)
    for j, own in enumerate(mu):
        q = np.prod(np.where(z > 0, own, 1 - own), axis=1)
        log_joint = definition.log_prior(params.hidden, rows.design[j, 1:]) + log_o[:, rows.sorted_targets[j]]
        elbo = q @ (log_joint - np.log(q))
        assert found[j] <= elbo + 1e-9 * (1 + abs(elbo))
        assert elbo <= evidence(params, rows)[j] + 1e-9 * (1 + abs(elbo))


@settings(max_examples=examples(40))
@given(networks)
def test_where_it_rests_the_bound_is_stationary(network):
    params, rows = network
    logit = settled(params, rows, EXACT)
    best = bounds(params, rows, logit)
    assert (best <= evidence(params, rows) + 1e-9 * (1 + np.abs(best))).all()
    for h in range(params.hidden_units):
        step = 1e-4 * np.eye(params.hidden_units)[h]
        slope = (bounds(params, rows, logit + step) - bounds(params, rows, logit - step)) / 2e-4
        inside = np.abs(logit[:, h]) < 29
        assert np.abs(slope[inside]).max(initial=0.0) < 1e-5 * (1 + np.abs(best).max())


def test_no_sweep_lowers_the_bound(monkeypatch):
    for seed in range(20):
        params, rows = problem(seed, m=6, scale=3.0)
        reached = []
        for sweeps in range(1, 8):
            monkeypatch.setattr(mlp_mean_field, "_MOST_SWEEPS", sweeps)
            reached.append(bounds(params, rows, settled(params, rows, EXACT)))
        assert (np.diff(reached, axis=0) >= -1e-9).all()


def test_without_output_weights_it_is_the_posterior():
    params, rows = problem(1)
    params = NetworkParams(params.hidden, np.zeros((3, 5)))
    found = MeanFieldEStep().expect(params, rows, EXACT)
    assert expected_log_joint(found.statistics, params, rows) + found.entropy == pytest.approx(
        rows.total_weight * np.log(1 / 3), rel=1e-9
    )
    truth = rows.total_weight * np.log(
        1 / 3
    )  # broad proposals cost some of what the prior alone would know for certain
    assert found.log_likelihood == pytest.approx(truth, abs=4 * found.log_likelihood_error)
    assert found.log_likelihood_error < 0.2


@pytest.mark.parametrize("m", [2, 5])
def test_the_ledger_is_that_of_the_bound(m):
    params, rows = problem(m, m=m, scale=1.5)
    found = MeanFieldEStep(draws=2000).expect(params, rows, EXACT)
    total = rows.weights @ bounds(params, rows, settled(params, rows, EXACT))
    assert expected_log_joint(found.statistics, params, rows) + found.entropy == pytest.approx(total, rel=1e-12)
    assert MeanFieldEStep().entropy(params, rows, EXACT) == pytest.approx(found.entropy, rel=1e-9)
    truth = rows.weights @ evidence(params, rows)
    assert abs(found.log_likelihood - truth) < 4 * found.log_likelihood_error
    assert total < truth


def with_output(free):
    return np.vstack([free, np.zeros((1, free.shape[1]))])


@pytest.mark.parametrize("g", [2, 4])
def test_derivatives_are_finite_differences_of_what_stands_for_q(g):
    start, rows = problem(g, m=3, g=g)
    statistics = MeanFieldEStep().expect(start, rows, EXACT).statistics
    theta = draw_params(3, 2, g, 0.8, np.random.default_rng(99))  # not where q was settled

    def value(hidden, free):
        return expected_log_joint(statistics, NetworkParams(hidden, with_output(free)), rows)

    free = theta.output[:-1]
    numeric = definition.numerical_gradient(lambda w: value(w, free), theta.hidden)
    np.testing.assert_allclose(hidden_gradient(statistics, theta.hidden, rows), numeric, atol=1e-6)
    numeric = definition.numerical_gradient(lambda v: value(theta.hidden, v), free)
    np.testing.assert_allclose(output_gradient(statistics, theta.output), numeric, atol=1e-6)
    size = free.size
    numeric = definition.numerical_gradient(lambda v: output_gradient(statistics, with_output(v), 0.3), free)
    curvature = output_curvature(statistics, theta.output, range(g - 1), 0.3)
    np.testing.assert_allclose(curvature, -numeric.reshape(size, size), atol=1e-6)


@settings(max_examples=examples(25))
@given(networks, st.sampled_from([0.0, 0.1]), st.sampled_from([newton_step, ecm_step, lbfgs_step]))
def test_no_m_step_lowers_the_bound(network, decay, m_step):
    params, rows = network
    statistics = MeanFieldEStep().expect(params, rows, EXACT).statistics
    moved = m_step(statistics, params, rows, decay, *(() if m_step is lbfgs_step else (2,)))
    low, high = (expected_log_joint(statistics, p, rows) + log_weight_prior(p, decay) for p in (params, moved))
    assert high >= low - 1e-9 * abs(low)


def test_a_gradient_step_of_the_factorised_output_is_never_sure_to_rise():
    params, rows = problem()
    statistics = MeanFieldEStep().expect(params, rows, EXACT).statistics
    assert not surely_rises(statistics, rows, 0.0, 1e-12)
    assert isinstance(gradient_step(statistics, params, rows, 0.0, 1e-3), NetworkParams)


@pytest.mark.parametrize("m_step", ["newton", "gradient"])
def test_every_invariant_that_applies_holds(iris, m_step):
    model = LatentMLP(3, e_step="mean_field", m_step=m_step, weight_decay=0.05, weight_scale=0.5)
    checked = check_model(model, iris.X[::5], iris.y[::5], n_iter=4)
    for name in (
        "neither half-step lowers the bound",
        "the entropy is that of the responsibilities",
        "the order of the rows does not matter",
        "a weight of 2 is the same as the row twice",
        "any number of threads gives the same bytes",
    ):
        assert name in checked


def test_it_learns_and_says_how_far_the_bound_is_off(iris):
    model = LatentMLP(e_step="mean_field", m_step="newton", weight_decay=0.01)
    run = engine.fit(model, iris.X, iris.y, seed=1, max_iter=20, tol=0)
    assert (run.predict(iris.X) == iris.y).mean() > 0.95
    report = engine.network_report(run.params, iris.X, iris.y)["marginal"]
    assert -150 * report.log_loss == pytest.approx(run.log_likelihood, abs=4 * run.step.log_likelihood_error)
    assert run.step.elbo <= -150 * report.log_loss + 1e-6


@pytest.mark.parametrize("e_step", ["mean_field", "importance"])
@pytest.mark.parametrize("algorithm", ["hard", "stochastic", "annealed"])
def test_other_algorithms_are_refused_in_words(iris, e_step, algorithm):
    with pytest.raises(OptionError, match=r"is for the algorithm classic alone: take that one, or e_step=gibbs\.$"):
        engine.fit(LatentMLP(3, e_step=e_step), iris.X, iris.y, algorithm=algorithm, max_iter=1)
