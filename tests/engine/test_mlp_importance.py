"""Weighted draws of the hidden configurations: weights by definition, estimates against enumeration."""

from __future__ import annotations

import mlp_by_definition as definition
import numpy as np
import pytest
from counts import examples

import engine
from engine.em.inference import EXACT, Exact
from engine.errors import OptionError
from engine.models.network import cost as mlp_cost
from engine.models.network.configurations import Listed, Product
from engine.models.network.data import network_rows
from engine.models.network.draws import estimated_evidence, gathered, weighted_draws
from engine.models.network.e_steps.e_step import ExactEStep
from engine.models.network.e_steps.exact import exact_posterior
from engine.models.network.e_steps.gibbs import GibbsEStep
from engine.models.network.e_steps.importance import ImportanceEStep
from engine.models.network.e_steps.mean_field import MeanFieldEStep
from engine.models.network.expectation import NetworkExpectation, expected_log_joint, output_gradient
from engine.models.network.model import LatentMLP
from engine.models.network.newton import output_curvature
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
    drawn = weighted_draws(params, rows, (means,), np.random.default_rng(3), 7, keep=True)
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
    whole = weighted_draws(params, rows, (means,), np.random.default_rng(0), 20, keep=True)
    monkeypatch.setattr(mlp_draws, "_ENTRIES_AT_ONCE", 100)
    parts = weighted_draws(params, rows, (means,), np.random.default_rng(0), 20, keep=True)
    np.testing.assert_array_equal(whole.z[0], parts.z[0])
    np.testing.assert_allclose(whole.log_weights, parts.log_weights, rtol=1e-12)


@pytest.mark.parametrize("sizes", [5, (3, 2)])
def test_the_estimate_is_right_on_average_and_so_is_its_error(sizes):
    params, rows = problem(4, sizes, scale=2.0)
    truth, means = truth_of(params, rows), tuple(np.full((10, m), 0.5) for m in params.sizes)
    found = []
    for seed in range(200):
        drawn = weighted_draws(params, rows, (means,), np.random.default_rng(seed), 40)
        found.append(estimated_evidence(drawn, params, rows))
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
    assert found.log_likelihood == pytest.approx(-60.0, abs=4 * found.log_likelihood_error)
    assert found.log_likelihood_error < 0.2  # broad proposals cost some of what the prior alone would know for certain
    assert np.isfinite(found.entropy)


def test_draws_beyond_memory_are_refused(iris, monkeypatch):
    monkeypatch.setattr(mlp_cost, "free_memory", lambda: 10_000_000)
    with pytest.raises(OptionError, match=r"1000 draws of 30 hidden units .*take fewer rows, or a smaller draws"):
        engine.begin(LatentMLP(30, e_step="importance", draws=1000), iris.X, iris.y)


def certain_units():
    """Two units that are hardly ever on, and a class that rests on either of them."""
    hidden = np.array([[np.log(0.001 / 0.999), 0.0]] * 2)
    y = np.repeat([0, 1], [50, 10])
    return NetworkParams(hidden, [[-7.0, 14.0, 14.0], [0.0, 0.0, 0.0]]), network_rows(np.zeros((60, 1)), y)


@pytest.mark.parametrize(
    "e_step", [ImportanceEStep(), MeanFieldEStep(), GibbsEStep()], ids=lambda one: type(one).__name__
)
def test_mass_on_units_that_are_hardly_ever_on_is_found(e_step):
    params, rows = certain_units()
    truth = rows.weighted_sum(exact_posterior(params, rows).log_evidence)
    assert truth == pytest.approx(-292.07, abs=0.005)
    found = e_step.expect(params, rows, EXACT)
    assert abs(found.log_likelihood - truth) < 4 * found.log_likelihood_error < 4.0


def extreme(seed):
    """A small network with weights of any size, and its rows."""
    generator = np.random.default_rng(seed)
    m, p, g, n = (int(generator.integers(*ends)) for ends in ((1, 9), (1, 3), (2, 4), (6, 30)))
    scale, bias = generator.choice([3.0, 8.0, 15.0]), generator.choice([0.0, 5.0, 10.0])
    hidden = generator.normal(size=(m, p + 1)) * scale / 2
    hidden[:, 0] -= bias * generator.random()
    output = np.zeros((g, m + 1))
    output[:-1] = generator.normal(size=(g - 1, m + 1)) * scale
    output[:-1, 0] -= bias * generator.integers(2)
    X = generator.normal(size=(n, p)) * generator.integers(2)
    y = np.concatenate([np.arange(g), generator.integers(0, g, n - g)])
    return NetworkParams(hidden, output), network_rows(X, y)


def test_an_estimate_covers_the_truth_or_says_that_it_is_not_to_be_trusted():
    count, missed, doubted = examples(50), [], 0
    for seed in range(count):
        params, rows = extreme(seed)
        truth = rows.weighted_sum(exact_posterior(params, rows).log_evidence)
        for e_step in (ImportanceEStep(), GibbsEStep(sweeps=4)):
            found = e_step.expect(params, rows, EXACT)
            doubtful = "not to be trusted" in found.remark
            doubted += doubtful
            if abs(found.log_likelihood - truth) > 4 * found.log_likelihood_error + 1e-9 * abs(truth) and not doubtful:
                missed.append((seed, truth, found.log_likelihood, found.log_likelihood_error))
    assert len(missed) <= count // 300, missed
    assert doubted < 0.3 * 2 * count  # the words are kept for what deserves them


def test_what_few_effective_draws_may_have_missed_is_in_the_error():
    params, rows = certain_units()
    rows = network_rows(rows.X, rows.y, np.eye(60)[0])  # one row alone counts
    truth = rows.weighted_sum(exact_posterior(params, rows).log_evidence)
    found = []
    for seed in range(200):
        drawn = weighted_draws(params, rows, ((np.full((60, 2), 0.02),),), np.random.default_rng(seed), 40)
        found.append(estimated_evidence(drawn, params, rows))
    doubtful = [one for one in found if one.remark]
    assert doubtful and all("not to be trusted" in one.remark for one in doubtful)
    assert all(abs(one.log_likelihood - truth) <= one.error for one in doubtful)


def test_mean_field_says_how_far_its_bound_lies_below():
    params, rows = certain_units()
    truth = rows.weighted_sum(exact_posterior(params, rows).log_evidence)
    step = engine.e_step(engine.begin(LatentMLP(2, e_step="mean_field"), rows.X, rows.y, start=params))
    assert f"{truth - step.elbo:.1f} below the log-likelihood, {truth:.1f} by all configurations" in step.remark
    easy = engine.e_step(engine.begin(LatentMLP(2, e_step="mean_field", weight_scale=0.1), rows.X, rows.y))
    assert easy.remark == ""


def test_an_estimate_is_never_below_a_bound_that_is_certain():
    for seed in range(20):
        params, rows = extreme(seed)
        found = MeanFieldEStep(draws=10).expect(params, rows, EXACT)
        bound = expected_log_joint(found.statistics, params, rows) + found.entropy
        assert found.log_likelihood >= bound - 1e-9 * abs(bound)
