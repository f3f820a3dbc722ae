"""Networks of several hidden layers: the chain against enumeration, each layer's regression, and backpropagation."""

from __future__ import annotations

import mlp_by_definition as definition
import numpy as np
import pytest

import engine
from engine.analysis.study import Study
from engine.baselines.backprop import BackpropMLP
from engine.baselines.backprop_epoch import layers_gradient, log_likelihood
from engine.em.inference import EXACT
from engine.errors import EngineError, OptionError
from engine.models.network.data import network_rows
from engine.models.network.e_steps.gibbs import GibbsEStep
from engine.models.network.expectation import expected_log_joint, hidden_gradient
from engine.models.network.layers import LayeredSweeps
from engine.models.network.m_step import ecm_step, gradient_step, lbfgs_step, newton_step, surely_rises
from engine.models.network.model import LatentMLP
from engine.models.network.params import DeeperLayer, NetworkParams, draw_params, log_weight_prior
from engine.models.network.predict import forward_probabilities, network_report, predictive
from engine.testing import check_model


@pytest.fixture(scope="module")
def iris():
    return engine.load("iris").standardized()


def problem(seed=0, sizes=(3, 2), p=2, g=3, n=9, scale=1.0):
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((n, p))
    y = np.concatenate([np.arange(g), generator.integers(0, g, n - g)])
    rows = network_rows(X, y, generator.choice([0.5, 1.0, 2.0], n))
    return draw_params(sizes, p, g, scale, generator), rows


def test_layers_are_a_chain_of_values():
    params, _ = problem(sizes=(4, 3, 2))
    assert [layer.shape for layer in params.layers] == [(4, 3), (3, 5), (2, 4)]
    assert params.output.shape == (3, 3)
    assert params.sizes == (4, 3, 2)
    again = NetworkParams.of_layers(params.layers, params.output)
    assert all(np.array_equal(a, b) for a, b in zip(again.layers, params.layers, strict=True))
    assert not again.deeper.deeper.hidden.flags.writeable
    assert NetworkParams(np.ones((2, 3)), np.zeros((2, 3))).layers[0].shape == (2, 3)
    decayed = sum((layer[:, 1:] ** 2).sum() for layer in (*params.layers, params.output))
    assert log_weight_prior(params, 0.4) == pytest.approx(-0.2 * decayed)
    assert LatentMLP((4, 3, 2)).n_parameters(params) == 4 * 3 + 3 * 5 + 2 * 4 + 2 * 3
    assert LatentMLP((4, 3, 2)).relabel(params, np.arange(9)) is None


@pytest.mark.parametrize("sizes", [(2, 3), (2, 2, 2)])
def test_every_unit_is_drawn_with_its_probability_given_all_others(sizes):
    params, rows = problem(3, sizes)
    chains = LayeredSweeps(params, rows, np.random.default_rng(0))
    before = [z.copy() for z in chains.z]
    generator = np.random.default_rng(1)
    uniforms = [generator.random(z.shape) for z in before]
    found = chains.sweep(uniforms, 1.0)
    for level, size in enumerate(sizes):
        np.testing.assert_array_equal(chains.z[level], uniforms[level] < found[level])
        for j in range(rows.n_rows):
            for h in range(size):
                state = [*(z[:, j].copy() for z in chains.z[:level]), *(z[:, j].copy() for z in before[level:])]
                state[level][:h] = chains.z[level][:h, j]
                joint = []
                for value in (0.0, 1.0):
                    state[level][h] = value
                    at = (rows.design[j, 1:], rows.sorted_targets[j], state)
                    joint.append(definition.layered_log_joint(params.layers, params.output, *at))
                assert found[level][h, j] == pytest.approx(1 / (1 + np.exp(joint[0] - joint[1])), rel=1e-9)


@pytest.mark.parametrize("sizes", [(3, 2), (2, 2, 2)])
def test_a_long_chain_agrees_with_enumeration(sizes):
    params, rows = problem(5, sizes)
    known = [
        definition.layered_posterior(params.layers, params.output, x, c) for x, c in zip(rows.X, rows.y, strict=True)
    ]
    e_step = GibbsEStep(draws=2000, sweeps=4000)
    units = e_step.units(params, rows, slice(None), EXACT)
    np.testing.assert_allclose(units, [means for means, _ in known], atol=0.04)
    found = e_step.expect(params, rows, EXACT)
    truth = rows.sample_weight @ np.array([evidence for _, evidence in known])
    assert abs(found.log_likelihood - truth) < 4 * found.log_likelihood_error
    np.testing.assert_allclose(found.statistics.hidden, units[rows.order, : sizes[0]], atol=1e-12)


def test_gradients_of_every_layer_are_those_of_the_log_likelihood():
    """Fisher's identity: where q is the posterior, ∇Q is ∇ ln p(y | X); here up to the noise of a long chain."""
    params, rows = problem(6, (2, 2), n=6)

    def truth(layers):
        found = [
            definition.layered_posterior(layers, params.output, x, c)[1] for x, c in zip(rows.X, rows.y, strict=True)
        ]
        return rows.sample_weight @ np.array(found)

    statistics = GibbsEStep(sweeps=6000).expect(params, rows, EXACT).statistics
    first, second = params.layers
    numeric = definition.numerical_gradient(lambda w: truth((w, second)), first)
    np.testing.assert_allclose(hidden_gradient(statistics, first, rows), numeric, atol=0.1)
    numeric = definition.numerical_gradient(lambda w: truth((first, w)), second)
    (part,) = statistics.deeper
    np.testing.assert_allclose(hidden_gradient(part, second, part.rows), numeric, atol=0.1)


@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("m_step", [newton_step, ecm_step, lbfgs_step])
def test_no_m_step_lowers_any_layers_part(m_step, decay):
    params, rows = problem(7, (4, 3), n=20, scale=1.5)
    statistics = GibbsEStep().expect(params, rows, EXACT).statistics
    moved = m_step(statistics, params, rows, decay, *(() if m_step is lbfgs_step else (3,)))

    def value(layers, output):
        at = NetworkParams.of_layers(layers, output)
        return expected_log_joint(statistics, at, rows) + log_weight_prior(at, decay)

    before = value(params.layers, params.output)
    for level in range(2):
        layers = list(params.layers)
        layers[level] = moved.layers[level]
        assert value(layers, params.output) > before
    assert value(params.layers, moved.output) > before
    assert value(moved.layers, moved.output) > before


def test_a_gradient_step_that_must_rise_does():
    params, rows = problem(8, (4, 3), n=20)
    statistics = GibbsEStep().expect(params, rows, EXACT).statistics
    rate = 1.0
    while not surely_rises(statistics, rows, 0.2, rate):
        rate /= 2
    moved = gradient_step(statistics, params, rows, 0.2, rate)
    low, high = (expected_log_joint(statistics, p, rows) + log_weight_prior(p, 0.2) for p in (params, moved))
    assert high > low


@pytest.mark.parametrize("hidden_units", [(3, 2), (2, 2, 2)])
@pytest.mark.parametrize("m_step", ["newton", "lbfgs", "ecm", "gradient"])
def test_every_invariant_that_applies_holds(iris, hidden_units, m_step):
    model = LatentMLP(hidden_units, m_step=m_step, weight_decay=0.05, weight_scale=0.5)
    tolerance = 1e-7 if m_step == "lbfgs" else 1e-9
    checked = check_model(model, iris.X[::5], iris.y[::5], n_iter=3, tolerance=tolerance)
    assert "neither half-step lowers the bound" in checked
    assert "any number of threads gives the same bytes" in checked
    assert "the order of the components does not matter" not in checked


@pytest.mark.parametrize("algorithm", ["hard", "stochastic", "annealed"])
def test_every_algorithm_runs_over_it(iris, algorithm):
    model = LatentMLP((3, 2), m_step="newton", weight_decay=0.05)
    assert "Q + entropy = elbo" in check_model(model, iris.X[::5], iris.y[::5], n_iter=3, algorithm=algorithm)


def test_sizes_are_words_with_commas():
    for model in (LatentMLP, BackpropMLP):
        (sizes,) = (declared for declared in model.options() if declared.name == "hidden_units")
        assert sizes.parse("7,5") == (7, 5)
        assert sizes.format((7, 5)) == "7,5"
        assert model(hidden_units=(7,)).hidden_units == 7
        with pytest.raises(OptionError):
            model(hidden_units=(7, 0))


def test_what_is_for_one_layer_alone_is_refused():
    for e_step in ("exact", "mean_field", "importance"):
        with pytest.raises(OptionError, match=f"E-step {e_step} is for one hidden layer: take e_step=gibbs"):
            LatentMLP((3, 2), e_step=e_step)
    with pytest.raises(OptionError, match="loss=marginal is for one hidden layer: take loss=forward"):
        BackpropMLP((3, 2), loss="marginal")
    assert not LatentMLP((3, 2)).exact


def test_starts_that_do_not_fit(iris):
    model = LatentMLP((3, 2))
    good = engine.begin(model, iris.X, iris.y).params
    for start, sentence in (
        (NetworkParams(good.hidden, np.zeros((3, 4))), "the start has 1 hidden layer: give it 2, as the model has"),
        (NetworkParams(good.hidden, good.output, DeeperLayer(np.zeros((2, 9)))),
         r"hidden layer 2 of the start must have the shape \(2, 4\) \(2 units, a bias and 3 inputs\)"),
        (NetworkParams(good.hidden, good.output, DeeperLayer(np.full((2, 4), np.nan))), "hidden layer 2 .* finite"),
        (NetworkParams(good.hidden, np.ones((3, 4)), good.deeper), r"output .* must have the shape \(3, 3\)"),
    ):  # fmt: skip
        with pytest.raises(EngineError, match=sentence):
            engine.begin(model, iris.X, iris.y, start=start)


@pytest.mark.parametrize("optimizer", ["sgd", "batch", "adam"])
def test_backpropagation_takes_the_same_layers(iris, optimizer):
    model = BackpropMLP((3, 2), optimizer, weight_decay=0.05, weight_scale=0.5)
    assert "elbo + KL = log-likelihood" in check_model(model, iris.X[::5], iris.y[::5], n_iter=3)
    em = engine.begin(LatentMLP((5, 4)), iris.X, iris.y, seed=3).params
    backprop = engine.begin(BackpropMLP((5, 4)), iris.X, iris.y, seed=3).params
    for one, other in zip((*em.layers, em.output), (*backprop.layers, backprop.output), strict=True):
        np.testing.assert_array_equal(one, other)
    trained = engine.fit(BackpropMLP((5, 4), optimizer), iris.X, iris.y, start=em, max_iter=1).params
    back = engine.begin(LatentMLP((5, 4)), iris.X, iris.y, start=trained).params
    assert type(back) is NetworkParams
    np.testing.assert_array_equal(back.layers[1], trained.layers[1])
    assert np.abs(trained.layers[1] - em.layers[1]).max() > 0


def test_the_chain_rule_through_layers_is_a_finite_difference():
    params, rows = problem(1, (4, 3, 2))
    weights = [*params.layers, params.output]
    gradients = layers_gradient(weights, rows)
    assert not gradients[-1][-1].any()
    for place, weight in enumerate(weights):

        def value(w, place=place):
            changed = [*weights[:place], w, *weights[place + 1 :]]
            changed[-1] = np.vstack([changed[-1][:-1], np.zeros((1, 3))])
            return log_likelihood(NetworkParams.of_layers(changed[:-1], changed[-1]), rows, "forward")

        numeric = definition.numerical_gradient(value, weight)
        np.testing.assert_allclose(gradients[place], numeric, atol=1e-6)


def test_predictions_through_layers_agree_with_their_definitions():
    params, rows = problem(2, (3, 2), n=30)
    u = 1 / (1 + np.exp(-rows.design @ params.hidden.T))
    u = 1 / (1 + np.exp(-params.layers[1][:, 0] - u @ params.layers[1][:, 1:].T))
    logits = params.output[:, 0] + u @ params.output[:, 1:].T
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(forward_probabilities(params, rows.design), expected, rtol=1e-10)
    found = predictive(params, rows.design)
    truth = np.array([
        [np.exp(definition.layered_posterior(params.layers, params.output, x[1:], c)[1]) for c in range(3)]
        for x in rows.design
    ])  # fmt: skip
    assert (np.abs(found.probabilities - truth) < 4.5 * found.errors).all()
    assert np.mean(np.abs(found.probabilities - truth) > 2 * found.errors) < 0.15
    report = network_report(params, rows.X, rows.y)["marginal"]
    exact_loss = -np.log(truth[np.arange(30), rows.sorted_targets]).mean()
    assert abs(report.log_loss - exact_loss) < 4 * report.log_loss_error
    model = LatentMLP((3, 2))
    drawn = model.configurations(params, model.observe(rows.X, rows.y), 0)
    assert drawn.sampled
    assert drawn.z.shape[1] == 5


def test_two_layers_learn_iris_by_either_method(iris):
    methods = {
        "EM": LatentMLP((7, 5), m_step="newton", weight_decay=0.01),
        "backprop": BackpropMLP((7, 5), "adam", learning_rate=0.1, weight_decay=0.01),
    }
    study = Study(iris.X, iris.y, methods, seeds=(0, 1), max_iter=30).result()
    for method in methods:
        assert study.column(method, "test_accuracy").mean() > 0.85
        assert study.column(method, "train_log_loss").mean() < 0.4
