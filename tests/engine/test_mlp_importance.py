"""Weighted draws of the hidden configurations: weights by definition, estimates against enumeration."""

from __future__ import annotations

import mlp_by_definition as definition
import numpy as np
import pytest

import engine
from engine.em.inference import EXACT, Exact
from engine.errors import OptionError
from engine.models.network import cost as mlp_cost
from engine.models.network.configurations import Listed, Product
from engine.models.network.data import network_rows
from engine.models.network.draws import estimated_evidence, gathered, weighted_draws
from engine.models.network.e_step import ExactEStep
from engine.models.network.e_step_importance import ImportanceEStep
from engine.models.network.expectation import NetworkExpectation, expected_log_joint, output_gradient
from engine.models.network.m_step import output_curvature
from engine.models.network.model import LatentMLP
from engine.models.network.params import NetworkParams, draw_params
from engine.testing import check_model


@pytest.fixture(scope="module")
def iris():
    return engine.load("iris").standardized()


def problem(seed=0, sizes=4, p=2, g=3, n=10, scale=1.0):
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((n, p))
    y = np.concatenate([np.arange(g), generator.integers(0, g, n - g)])
    rows = network_rows(X, y, generator.choice([0.5, 1.0, 2.0], n))
    return draw_params(sizes, p, g, scale, generator), rows


def truth_of(params, rows):
    """ln p(y | X) over all rows, by enumeration of every layer."""
    found = [
        definition.layered_posterior(params.layers, params.output, x, c)[1] for x, c in zip(rows.X, rows.y, strict=True)
    ]
    return float(rows.sample_weight @ found)


@pytest.mark.parametrize("sizes", [4, (3, 2)])
def test_a_weight_is_the_joint_over_the_mixture(sizes):
    params, rows = problem(1, sizes)
    means = tuple(np.random.default_rng(2).uniform(0.1, 0.9, (10, m)) for m in params.sizes)
    drawn = weighted_draws(params, rows, means, np.random.default_rng(3), 7, keep=True)
    for s in range(7):
        for j in range(10):
            zs = [layer[s, j].astype(float) for layer in drawn.z]
            x, c = rows.design[j, 1:], rows.sorted_targets[j]
            joint = definition.layered_log_joint(params.layers, params.output, x, c, zs)
            prior = definition.layered_log_joint(params.layers, 0 * params.output, x, c, zs) + np.log(3)
            ours = sum(np.log(np.where(z > 0, mu[j], 1 - mu[j])).sum() for z, mu in zip(zs, means, strict=True))
            mixture = np.log(3 / 7 * np.exp(prior) + 4 / 7 * np.exp(ours))
            assert drawn.log_joint[s, j] == pytest.approx(joint, rel=1e-10)
            assert drawn.log_weights[s, j] == pytest.approx(joint - mixture, rel=1e-10)
            assert drawn.log_weights[s, j] <= np.log(7 / 3) + 1e-12
    np.testing.assert_allclose(drawn.at_temperature(2.0), drawn.log_weights - 0.5 * drawn.log_joint)


def test_batches_of_any_size_draw_alike(monkeypatch):
    from engine.models.network import draws as mlp_draws

    params, rows = problem(1)
    means = (np.full((10, 4), 0.5),)
    whole = weighted_draws(params, rows, means, np.random.default_rng(0), 20, keep=True)
    monkeypatch.setattr(mlp_draws, "_ENTRIES_AT_ONCE", 100)
    parts = weighted_draws(params, rows, means, np.random.default_rng(0), 20, keep=True)
    np.testing.assert_array_equal(whole.z[0], parts.z[0])
    np.testing.assert_allclose(whole.log_weights, parts.log_weights, rtol=1e-12)


@pytest.mark.parametrize("sizes", [5, (3, 2)])
def test_the_estimate_is_right_on_average_and_so_is_its_error(sizes):
    params, rows = problem(4, sizes, scale=2.0)
    truth, means = truth_of(params, rows), tuple(np.full((10, m), 0.5) for m in params.sizes)
    found = []
    for seed in range(200):
        drawn = weighted_draws(params, rows, means, np.random.default_rng(seed), 40)
        found.append(estimated_evidence(drawn.log_weights, rows))
    estimates, errors = np.array([f.log_likelihood for f in found]), np.array([f.error for f in found])
    spread = estimates.std()
    assert abs(estimates.mean() - truth) < 4 * spread / np.sqrt(200) + 0.1 * spread  # and what the delta method leaves
    assert 0.75 < np.sqrt((errors**2).mean()) / spread < 1.33
    assert np.mean([f.bound for f in found]) < truth


@pytest.mark.parametrize("m", [1, 4, 6])
def test_many_draws_agree_with_enumeration(m):
    params, rows = problem(m, m)
    q, _ = definition.posterior(params.hidden, params.output, rows.X, rows.y)
    found = ImportanceEStep(draws=6000).expect(params, rows, EXACT)
    exact = ExactEStep().expect(params, rows, EXACT)
    expected = (q @ definition.configurations(m))[rows.order]
    np.testing.assert_allclose(found.statistics.hidden, expected, atol=0.035)
    np.testing.assert_allclose(found.statistics.counts.ravel(), rows.sample_weight @ q, atol=0.1)
    assert abs(found.log_likelihood - exact.log_likelihood) < 4 * found.log_likelihood_error
    assert found.entropy == pytest.approx(exact.entropy, rel=0.03)
    gap = found.log_likelihood - expected_log_joint(found.statistics, params, rows) - found.entropy
    assert 0 < gap < found.log_likelihood_error  # half the variance


def test_draws_are_counted_or_listed_with_the_same_sums():
    generator = np.random.default_rng(0)
    z, weights = generator.random((50, 6, 3)) < 0.4, generator.random((50, 6))
    counts, every = gathered(z, weights)
    listed = Listed(np.hstack([np.ones((300, 1)), z.reshape(300, 3)]))
    assert counts.shape == (8,)
    moments, output = generator.random((3, 4)), draw_params(3, 1, 3, 1.0, generator).output
    hidden = np.zeros((1, 3))
    one = NetworkExpectation(hidden, moments, counts, every)
    other = NetworkExpectation(hidden, moments, weights.ravel(), listed)
    np.testing.assert_allclose(output_gradient(one, output), output_gradient(other, output), rtol=1e-10)
    np.testing.assert_allclose(
        output_curvature(one, output, range(2), 0.1), output_curvature(other, output, range(2), 0.1), rtol=1e-10
    )
    counts, grid = gathered(generator.random((5000, 1, 12)) < 0.5, np.ones((5000, 1)))
    assert isinstance(grid, Product)
    assert counts.shape == grid.shape
    assert counts.sum() == 5000
    counts, few = gathered(generator.random((5, 2, 12)) < 0.5, np.ones((5, 2)))
    assert isinstance(few, Listed)
    assert len(counts) == 10


def test_seeds_are_those_of_the_inference():
    params, rows = problem(3)
    one, again, other = (ImportanceEStep().expect(params, rows, Exact(seed)) for seed in ((1, 2), (1, 2), (1, 3)))
    assert one.log_likelihood == again.log_likelihood != other.log_likelihood
    np.testing.assert_array_equal(one.statistics.counts, again.statistics.counts)


@pytest.mark.parametrize("m_step", ["newton", "lbfgs", "ecm"])
def test_every_invariant_that_applies_holds(iris, m_step):
    model = LatentMLP(3, e_step="importance", m_step=m_step, weight_decay=0.05, weight_scale=0.5)
    tolerance = 1e-7 if m_step == "lbfgs" else 1e-9
    checked = check_model(model, iris.X[::5], iris.y[::5], n_iter=3, tolerance=tolerance)
    assert "neither half-step lowers the bound" in checked
    assert "the pass is additive over chunks of rows" in checked


def test_it_learns(iris):
    model = LatentMLP(5, e_step="importance", m_step="newton", weight_decay=0.01)
    run = engine.fit(model, iris.X, iris.y, seed=0, max_iter=15, tol=0)
    assert (run.predict(iris.X) == iris.y).mean() > 0.95
    report = engine.network_report(run.params, iris.X, iris.y)["marginal"]
    assert -150 * report.log_loss == pytest.approx(run.log_likelihood, abs=4.5 * run.step.log_likelihood_error)


def test_evidence_of_a_certain_network_stays_finite():
    params = NetworkParams([[-800.0, 0.0], [800.0, 0.0]], [[30.0, 0.0, 30.0], [0.0, 0.0, 0.0]])
    rows = network_rows([[0.0], [1.0]], [0, 1])
    found = ImportanceEStep().expect(params, rows, EXACT)
    assert found.log_likelihood == pytest.approx(-60.0, abs=0.01)
    assert np.isfinite(found.entropy)


def test_draws_beyond_memory_are_refused(iris, monkeypatch):
    monkeypatch.setattr(mlp_cost, "free_memory", lambda: 10_000_000)
    with pytest.raises(OptionError, match=r"1000 draws of 30 hidden units .*take fewer rows, or a smaller draws"):
        engine.begin(LatentMLP(30, e_step="importance", draws=1000), iris.X, iris.y)
