"""The Gibbs E-step of the network against enumeration, its two sweeps against each other, and what it owes."""

from __future__ import annotations

import mlp_by_definition as definition
import numpy as np
import pytest

import engine
from engine.em.inference import EXACT, Exact, Hard, Sampled, Tempered
from engine.errors import OptionError
from engine.models.network import cost as mlp_cost
from engine.models.network.data import network_rows
from engine.models.network.e_steps.e_step import ExactEStep
from engine.models.network.e_steps.gibbs import GibbsEStep, OneLayerSweeps, sweeps_of
from engine.models.network.expectation import expected_log_joint
from engine.models.network.layers import LayeredSweeps
from engine.models.network.model import LatentMLP
from engine.models.network.params import NetworkParams, draw_params
from engine.models.network.predict import network_report, predictive
from engine.testing import check_model


@pytest.fixture(scope="module")
def iris():
    return engine.load("iris").standardized()


def problem(seed=0, m=4, p=2, g=3, n=12, scale=1.0, weighted=True):
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((n, p))
    y = np.concatenate([np.arange(g), generator.integers(0, g, n - g)])
    weight = generator.choice([0.5, 1.0, 2.0], n) if weighted else None
    return draw_params(m, p, g, scale, generator), network_rows(X, y, weight)


def padded(params, extra):
    """The same network with units that are off but for one time in 10²¹."""
    m = params.hidden_units
    hidden = np.zeros((m + extra, params.hidden.shape[1]))
    hidden[:m], hidden[m:, 0] = params.hidden, -50.0
    output = np.hstack([params.output, np.ones((params.n_classes, extra))])
    output[-1] = 0.0
    return NetworkParams(hidden, output)


@pytest.mark.parametrize("sweeps", [OneLayerSweeps, LayeredSweeps])
@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("g", [2, 4])
def test_every_unit_is_drawn_with_its_probability_given_all_others(sweeps, temperature, g):
    params, rows = problem(3, m=4, g=g)
    chains = sweeps(params, rows, np.random.default_rng(0))
    before = chains.z[0].copy()
    uniform = np.random.default_rng(1).random(before.shape)
    (found,) = chains.sweep([uniform], temperature)
    np.testing.assert_array_equal(chains.z[0], uniform < found)
    for j in range(rows.n_rows):
        for h in range(4):
            state = np.concatenate([chains.z[0][:h, j], before[h:, j]])
            joint = []
            for value in (0.0, 1.0):
                state[h] = value
                at = (rows.design[j, 1:], rows.sorted_targets[j], [state])
                joint.append(definition.layered_log_joint([params.hidden], params.output, *at) / temperature)
            assert found[h, j] == pytest.approx(1 / (1 + np.exp(joint[0] - joint[1])), rel=1e-9)


def test_both_sweeps_draw_the_same():
    params, rows = problem(1, m=9, g=4, n=40, scale=2.0)
    one, other = (kind(params, rows, np.random.default_rng(5)) for kind in (OneLayerSweeps, LayeredSweeps))
    for seed in range(10):
        uniform = np.random.default_rng(seed).random((9, 40))
        np.testing.assert_allclose(one.sweep([uniform], 1.0)[0], other.sweep([uniform], 1.0)[0], rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(one.z[0], other.z[0])


@pytest.mark.parametrize("m", [1, 4, 6])
def test_a_long_chain_agrees_with_enumeration(m):
    params, rows = problem(m, m=m)
    q, log_evidence = definition.posterior(params.hidden, params.output, rows.X, rows.y)
    found = GibbsEStep(draws=1000, sweeps=3000).expect(params, rows, EXACT)
    exact = ExactEStep().statistics(params, rows)
    expected = (q @ definition.configurations(m))[rows.order]
    np.testing.assert_allclose(found.statistics.hidden, expected, atol=0.03)  # 3000 draws, correlated, averaged by odds
    np.testing.assert_allclose(found.statistics.class_moments, exact.class_moments, atol=0.05 * rows.total_weight / 3)
    np.testing.assert_allclose(found.statistics.counts.ravel(), rows.sample_weight @ q, atol=0.02 * rows.total_weight)
    assert found.statistics.counts.sum() == pytest.approx(rows.total_weight)
    truth = rows.sample_weight @ log_evidence
    assert abs(found.log_likelihood - truth) < 4 * found.log_likelihood_error
    assert found.log_likelihood_error < 0.3
    q_exact = definition.q_value(q, params.hidden, params.output, rows.X, rows.y, rows.sample_weight)
    assert expected_log_joint(found.statistics, params, rows) == pytest.approx(q_exact, abs=0.02 * abs(q_exact))
    assert found.entropy == pytest.approx(truth - q_exact, abs=0.02 * abs(q_exact) + 0.5)


def test_rao_blackwell_lessens_the_noise():
    params, rows = problem(2, m=5, n=40, weighted=False)
    exact = ExactEStep().statistics(params, rows).hidden
    chains = [GibbsEStep(sweeps=10).chain(params, rows, EXACT, np.random.default_rng(s)) for s in range(10)]
    smoothed = np.mean([(chain.means[0] - exact) ** 2 for chain in chains])
    counted = np.mean([(chain.z[0].mean(axis=0) - exact) ** 2 for chain in chains])
    assert smoothed < 0.6 * counted


def test_tempered_hard_and_drawn_values_are_what_they_say():
    params, rows = problem(4, m=4, scale=1.5)
    q, _ = definition.posterior(params.hidden, params.output, rows.X, rows.y)
    z = definition.configurations(4)
    tempered = q**0.5 / (q**0.5).sum(axis=1, keepdims=True)
    found = GibbsEStep(draws=2000, sweeps=3000).expect(params, rows, Tempered(2.0))
    np.testing.assert_allclose(rows.in_user_order(found.statistics.hidden), tempered @ z, atol=0.03)
    entropy = -(tempered * np.log(tempered)).sum(axis=1)
    assert found.entropy == pytest.approx(rows.sample_weight @ entropy, rel=0.05)
    hard = GibbsEStep().expect(params, rows, Hard())
    state = rows.in_user_order(hard.statistics.hidden)
    assert hard.entropy == 0.0
    for j in range(rows.n_rows):  # no flip of one unit is likelier
        here = q[j, int(state[j] @ 2 ** np.arange(4))]
        assert all(q[j, int(np.abs(state[j] - np.eye(4)[h]) @ 2 ** np.arange(4))] <= here for h in range(4))
    drawn = GibbsEStep().expect(params, rows, Sampled(3))
    assert set(np.unique(drawn.statistics.hidden)) <= {0.0, 1.0}
    np.testing.assert_allclose(drawn.statistics.counts.sum(), rows.total_weight)
    assert drawn.entropy == 0.0


@pytest.mark.parametrize("hidden_units", [3, 25])
@pytest.mark.parametrize("m_step", ["newton", "gradient"])
def test_every_invariant_that_applies_holds(iris, hidden_units, m_step):
    model = LatentMLP(hidden_units, e_step="gibbs", m_step=m_step, weight_decay=0.05, weight_scale=0.5)
    checked = check_model(model, iris.X[::5], iris.y[::5], n_iter=3)
    for name in (
        "the same seed gives the same bytes",
        "any number of threads gives the same bytes",
        "released statistics come back the same",
        "responsibilities of some rows are those rows of all",
        "neither half-step lowers the bound",
        "the pass is additive over chunks of rows",
    ):
        assert name in checked
    assert "elbo + KL = log-likelihood" not in checked


@pytest.mark.parametrize("algorithm", ["hard", "stochastic", "annealed"])
def test_every_algorithm_runs_over_it(iris, algorithm):
    model = LatentMLP(3, e_step="gibbs", m_step="newton", weight_decay=0.05)
    checked = check_model(model, iris.X[::5], iris.y[::5], n_iter=3, algorithm=algorithm)
    assert "the same seed gives the same bytes" in checked


def test_iterations_draw_anew_and_looking_back_draws_alike(iris):
    steps = list(engine.iterate(LatentMLP(3, e_step="gibbs"), iris.X, iris.y, seed=4, max_iter=2, tol=0))
    first, second = (step for step in steps if step.phase == "E")
    assert first.inference.seed == (4, 1)
    assert second.inference.seed == (4, 2)
    before = first.posterior.responsibilities.copy()
    for step in steps:
        step.release()
    np.testing.assert_array_equal(first.posterior.responsibilities, before)
    model, data = steps[0].problem.model, steps[0].problem.data
    other = model.responsibilities(first.params, data, slice(None), Exact((4, 2)))
    assert np.abs(other - before).max() > 1e-3


def test_nothing_is_called_a_likelihood_that_is_none(iris):
    model = LatentMLP(hidden_units=21)
    assert not model.exact
    assert model.objective_label == "estimated log-likelihood"
    assert LatentMLP(hidden_units=20).exact
    assert LatentMLP(hidden_units=20).objective_label == "log-likelihood"
    step = engine.e_step(engine.begin(model, iris.X, iris.y))
    assert step.log_likelihood_error > 0
    assert step.objective == step.elbo < step.log_likelihood
    assert step.kl == pytest.approx(step.log_likelihood - step.elbo)


def test_it_learns_as_the_exact_e_step_does(iris):
    accuracy, loss = [], []
    for seed in range(3):
        split = engine.train_test_split(iris.y, seed=seed)
        model = LatentMLP(e_step="gibbs", m_step="newton", weight_decay=0.01)
        run = engine.fit(model, iris.X[split.train], iris.y[split.train], seed=seed, max_iter=30, tol=0)
        report = network_report(run.params, iris.X[split.train], iris.y[split.train])["marginal"]
        assert -90 * report.log_loss == pytest.approx(run.log_likelihood, abs=4.5 * run.step.log_likelihood_error)
        loss.append(report.log_loss)
        accuracy.append(network_report(run.params, iris.X[split.test], iris.y[split.test])["marginal"].accuracy)
    assert np.mean(loss) < 0.08
    assert np.mean(accuracy) >= 0.93


@pytest.mark.parametrize("hidden_units", [5, 30, (6, 4)])
def test_weights_of_any_size_stay_finite(iris, hidden_units):
    model = LatentMLP(hidden_units, e_step="gibbs", m_step="newton", weight_decay=0.01, weight_scale=100.0)
    start = engine.begin(model, iris.X, iris.y, seed=0)
    assert isinstance(sweeps_of(start.params, start.problem.data, np.random.default_rng(0)), LayeredSweeps)
    for step in engine.iterate(model, iris.X, iris.y, seed=0, max_iter=2, tol=0):
        assert np.isfinite([step.log_likelihood, step.log_likelihood_error]).all()
        if step.phase != "init":
            assert np.isfinite([step.objective, step.entropy, step.q_value]).all()
            assert np.isfinite(step.posterior.responsibilities).all()
    assert np.isfinite(network_report(step.params, iris.X, iris.y)["marginal"].log_loss)


def test_draws_beyond_memory_are_refused_before_they_are_made(iris, monkeypatch):
    monkeypatch.setattr(mlp_cost, "free_memory", lambda: 10_000_000)
    engine.begin(LatentMLP(hidden_units=64), iris.X, iris.y)
    with pytest.raises(OptionError, match=r"2000 draws of 64 hidden units for each of 150 rows need .*smaller sweeps"):
        engine.begin(LatentMLP(hidden_units=64, sweeps=2000), iris.X, iris.y)


def test_the_likeliest_configurations_of_many_units_are_those_most_visited(iris):
    small = draw_params(3, 4, 3, 2.0, np.random.default_rng(1))
    exact = LatentMLP(hidden_units=3)
    data = exact.observe(iris.X, iris.y)
    known = exact.configurations(small, data, 120, most=8)
    found = LatentMLP(hidden_units=24).configurations(padded(small, 21), data, 120, most=8)
    assert found.sampled
    assert not known.sampled
    assert not found.z[:, 3:].any()
    by_state = {tuple(z): p for z, p in zip(found.z[:, :3], found.probabilities, strict=True)}
    for z, p in zip(known.z, known.probabilities, strict=True):
        assert by_state.get(tuple(z), 0.0) == pytest.approx(p, abs=0.08)
    unlabelled = LatentMLP(hidden_units=24).observe_new(iris.X, small)
    assert LatentMLP(hidden_units=24).configurations(padded(small, 21), unlabelled, 0).probabilities.sum() <= 1


def test_predictions_of_many_units_are_estimates_with_their_error(iris):
    small = draw_params(4, 4, 3, 1.0, np.random.default_rng(2))
    large = padded(small, 20)
    known, found = (network_report(p, iris.X, iris.y)["marginal"] for p in (small, large))
    errors = predictive(large, np.hstack([np.ones((150, 1)), iris.X])).errors
    assert errors.max() < 0.025
    apart = np.abs(found.probabilities - known.probabilities)
    assert np.mean(apart > 2 * errors) < 0.08
    assert (apart <= 5 * errors + 1e-3).all()
    assert known.log_loss_error == 0
    assert 0 < found.log_loss_error < 0.01
    assert abs(found.log_loss - known.log_loss) < 5 * found.log_loss_error
    model = LatentMLP(hidden_units=24)
    np.testing.assert_array_equal(model.predict_proba(large, model.observe_new(iris.X, large)), found.probabilities)
