"""The same network by backpropagation: gradients, optimisers, its ledger, and beside EM."""

from __future__ import annotations

from typing import Any

import mlp_by_definition as definition
import numpy as np
import pytest

import engine
from engine.analysis.study import Study, usual_methods
from engine.baselines.backprop import BackpropMLP, BackpropParams
from engine.baselines.backprop_epoch import layers_gradient, log_likelihood, marginal_gradient
from engine.em.stopping import ParameterChange
from engine.errors import DataError, EngineError, OptionError
from engine.models.network.data import network_rows
from engine.models.network.model import LatentMLP
from engine.models.network.params import NetworkParams, draw_params
from engine.testing import check_model


@pytest.fixture(scope="module")
def iris():
    return engine.load("iris").standardized()


def problem(seed=0, n=12):
    generator = np.random.default_rng(seed)
    X, y = generator.standard_normal((n, 2)), np.arange(n) % 3
    rows = network_rows(X, y, generator.choice([0.5, 1.0, 2.0], n))
    return draw_params(4, 2, 3, 1.0, generator), rows


@pytest.mark.parametrize("loss", ["forward", "marginal"])
def test_gradients_are_finite_differences_of_the_log_likelihood(loss):
    params, rows = problem()

    def value(hidden, free):
        output = np.vstack([free, np.zeros((1, 5))])
        return log_likelihood(NetworkParams(hidden, output), rows, loss)

    if loss == "forward":
        of_hidden, of_output = layers_gradient([params.hidden, params.output], rows)
    else:
        of_hidden, of_output = marginal_gradient(params, rows)
    free = params.output[:-1]
    np.testing.assert_allclose(
        of_hidden, definition.numerical_gradient(lambda w: value(w, free), params.hidden), atol=1e-6
    )
    np.testing.assert_allclose(
        of_output[:-1], definition.numerical_gradient(lambda v: value(params.hidden, v), free), atol=1e-6
    )
    assert not of_output[-1].any()


def test_the_log_likelihood_of_each_loss_is_that_of_its_definition():
    params, rows = problem(1)
    _, evidence = definition.posterior(params.hidden, params.output, rows.X, rows.y)
    assert log_likelihood(params, rows, "marginal") == pytest.approx(rows.sample_weight @ evidence)
    u = 1 / (1 + np.exp(-params.hidden[:, 0] - rows.X @ params.hidden[:, 1:].T))
    log_p = [
        definition.log_softmax(z)[c]
        for z, c in zip(params.output[:, 0] + u @ params.output[:, 1:].T, rows.y, strict=True)
    ]
    assert log_likelihood(params, rows, "forward") == pytest.approx(rows.sample_weight @ np.array(log_p))


@pytest.mark.parametrize("optimizer", ["sgd", "batch", "adam"])
@pytest.mark.parametrize("loss", ["forward", "marginal"])
def test_every_invariant_that_applies_holds(iris, optimizer, loss):
    model = BackpropMLP(hidden_units=3, optimizer=optimizer, loss=loss, weight_decay=0.05, weight_scale=0.5)
    checked = check_model(model, iris.X[::5], iris.y[::5], n_iter=4)
    assert "elbo + KL = log-likelihood" in checked
    assert ("the order of the rows does not matter" in checked) == (optimizer != "sgd")
    assert ("a weight of 2 is the same as the row twice" in checked) == (optimizer != "sgd")


def test_the_bound_is_the_log_likelihood_throughout(iris):
    for step in engine.iterate(BackpropMLP(), iris.X, iris.y, max_iter=3):
        if step.phase != "init":
            assert step.kl == 0.0
            assert step.entropy == 0.0


@pytest.mark.parametrize("seed", [0, 5])
def test_the_same_seed_gives_the_start_of_em(iris, seed):
    em = engine.begin(LatentMLP(weight_scale=0.3), iris.X, iris.y, seed=seed).params
    backprop = engine.begin(BackpropMLP(weight_scale=0.3), iris.X, iris.y, seed=seed).params
    np.testing.assert_array_equal(em.hidden, backprop.hidden)
    np.testing.assert_array_equal(em.output, backprop.output)


def test_each_takes_the_parameters_of_the_other(iris):
    em = engine.fit(LatentMLP(m_step="newton", weight_decay=0.1), iris.X, iris.y, max_iter=2)
    model = BackpropMLP(loss="marginal", weight_decay=0.1)
    one = engine.begin(model, iris.X, iris.y, start=em.params)
    assert one.objective == pytest.approx(em.step.objective, rel=1e-12)  # the very same objective
    back = engine.begin(LatentMLP(weight_decay=0.1), iris.X, iris.y, start=one.params)
    assert back.objective == one.objective
    assert type(back.params) is NetworkParams
    with pytest.raises(EngineError, match=r"start must be BackpropMLP.Params\(...\), not dict"):
        engine.begin(model, iris.X, iris.y, start={})


def test_a_batch_epoch_of_the_marginal_is_a_gradient_step_of_em(iris):
    both = {"learning_rate": 0.003, "weight_decay": 0.2}
    em = engine.fit(LatentMLP(m_step="gradient", **both), iris.X, iris.y, max_iter=5, tol=0)
    backprop = engine.fit(BackpropMLP(optimizer="batch", loss="marginal", **both), iris.X, iris.y, max_iter=5, tol=0)
    np.testing.assert_allclose(em.params.hidden, backprop.params.hidden, rtol=1e-10)
    np.testing.assert_allclose(em.params.output, backprop.params.output, rtol=1e-10)


def test_sgd_takes_each_row_once_in_an_order_of_its_own(iris):
    """An epoch by hand, from the state that the start carries."""
    X, y = iris.X[::10], iris.y[::10]
    model = BackpropMLP(hidden_units=2, learning_rate=0.1, weight_decay=0.3)
    step = engine.begin(model, X, y, seed=4)
    after = engine.m_step(engine.e_step(step)).params
    rows, start = step.problem.data, step.params
    hidden, output = start.hidden.copy(), start.output.copy()
    order = np.random.default_rng([int(start.state.seed), 0]).permutation(15)
    assert sorted(order) == list(range(15))
    for j in order:
        of_hidden, of_output = layers_gradient([hidden, output], rows, np.array([j]))
        of_hidden[:, 1:] -= 0.3 / 15 * hidden[:, 1:]
        of_output[:, 1:] -= 0.3 / 15 * output[:, 1:]
        hidden, output = hidden + 0.1 * of_hidden, output + 0.1 * of_output
    np.testing.assert_allclose(after.hidden, hidden, rtol=1e-12)
    np.testing.assert_allclose(after.output, output, rtol=1e-12)
    assert after.state.epochs == 1
    assert after.state.steps == 15


def test_adam_is_the_published_rule(iris):
    """Three epochs of one step each, by algorithm 1 of Kingma & Ba (2015) as it is printed."""
    model = BackpropMLP(hidden_units=2, optimizer="adam", learning_rate=0.05)
    steps = [s for s in engine.iterate(model, iris.X, iris.y, seed=1, max_iter=3, tol=0) if s.phase != "E"]
    rows = steps[0].problem.data
    theta = [steps[0].params.hidden, steps[0].params.output]
    m, v = [np.zeros(()), np.zeros(())], [np.zeros(()), np.zeros(())]
    for t in (1, 2, 3):
        gradients = layers_gradient(theta, rows)
        for k, g in enumerate(gradients):
            m[k] = 0.9 * m[k] + 0.1 * g
            v[k] = 0.999 * v[k] + 0.001 * g**2
            m_hat, v_hat = m[k] / (1 - 0.9**t), v[k] / (1 - 0.999**t)
            theta[k] = theta[k] + 0.05 * m_hat / (np.sqrt(v_hat) + 1e-8)
        np.testing.assert_allclose(steps[t].params.hidden, theta[0], rtol=1e-9)
        np.testing.assert_allclose(steps[t].params.output, theta[1], rtol=1e-9)


def test_what_an_optimiser_carries_on_is_part_of_the_value(iris):
    """Walking on from a step in the middle repeats the run: nothing is remembered elsewhere."""
    for optimizer in ("sgd", "adam"):
        model = BackpropMLP(optimizer=optimizer, batch_size=32)
        run = engine.fit(model, iris.X, iris.y, seed=3, max_iter=4, tol=0)
        middle = next(s for s in run.timeline.steps if s.iteration == 2 and s.phase == "M")
        again = engine.fit(model, iris.X, iris.y, start=middle.params, max_iter=2, tol=0)
        np.testing.assert_array_equal(again.params.hidden, run.params.hidden)


def test_what_an_optimiser_remembers_is_no_parameter(iris):
    params = engine.fit(BackpropMLP(learning_rate=1e-12), iris.X, iris.y, max_iter=5, stopping=ParameterChange(1e-6))
    assert params.converged


def test_an_epoch_that_lowers_the_objective_says_so(iris):
    for optimizer, words in (("batch", "too long"), ("adam", "Adam's steps"), ("sgd", "few rows at a time")):
        model = BackpropMLP(optimizer=optimizer, learning_rate=3.0)
        steps = engine.iterate(model, iris.X, iris.y, seed=0, max_iter=20, tol=0)
        falls = [s for s in steps if s.phase == "M" and s.objective < s.objective_q]
        assert falls
        for step in falls:
            (event,) = step.events
            assert event.breaks_ascent
            assert words in event.message


def test_the_objective_is_called_by_what_it_is():
    assert BackpropMLP().objective_label == "forward log-likelihood"
    assert BackpropMLP(loss="marginal").objective_label == "log-likelihood"


def test_predictions_are_those_of_the_loss(iris):
    for loss in ("forward", "marginal"):
        run = engine.fit(BackpropMLP(loss=loss, optimizer="adam"), iris.X, iris.y, max_iter=3)
        own = engine.network_report(run.params, iris.X, iris.y)[loss].probabilities
        np.testing.assert_allclose(run.predict_proba(iris.X), own, rtol=1e-12)


def test_what_it_refuses(iris):
    with pytest.raises(DataError, match="a network learns from targets"):
        engine.fit(BackpropMLP(), iris.X)
    with pytest.raises(EngineError, match=r"needs .* GB"):
        engine.fit(BackpropMLP(hidden_units=60, loss="marginal"), iris.X, iris.y)
    for wrong in ({"batch_size": 0}, {"optimizer": "x"}, {"loss": "y"}, {"learning_rate": 0}):
        with pytest.raises(OptionError):
            BackpropMLP(**wrong)
    assert isinstance(engine.fit(BackpropMLP(hidden_units=60), iris.X, iris.y, max_iter=1).params, BackpropParams)


def test_exclusive_or_is_learned_from_most_starts_by_either():
    data = engine.load("xor").standardized()
    methods = {name: usual_methods(4)[name] for name in ("EM, newton", "backprop, adam .3")}
    study = Study(data.X, data.y, methods, seeds=range(5), max_iter=100).result()
    for method in methods:
        assert study.learned(method) >= 3


def test_a_study_is_a_table_of_means(iris):
    methods = {"EM": LatentMLP(m_step="newton", weight_decay=0.01), "backprop": BackpropMLP()}
    study = Study(iris.X, iris.y, methods, seeds=(3, 4), max_iter=5).result()
    assert study.methods == ("EM", "backprop")
    head, em, backprop = study.lines()
    assert len(head) == len(em) == len(backprop)
    assert f"{study.column('EM', 'test_accuracy').mean():.3f} (" in em
    outcome = study.runs[0]
    split = engine.train_test_split(iris.y, seed=3)
    run = engine.fit(methods["EM"], iris.X[split.train], iris.y[split.train], seed=3, max_iter=5, tol=0)
    assert outcome.train_log_loss == pytest.approx(-run.log_likelihood / 90)
    assert outcome.iterations == 5
    assert (run.predict(iris.X[split.test]) == iris.y[split.test]).mean() == outcome.test_accuracy
    assert len(Study(iris.X, iris.y, methods, max_iter=1).result(progress=lambda run: False).runs) == 1
    with pytest.raises(OptionError, match="at least one method"):
        Study(iris.X, iris.y, {}).result()


def test_rates_that_overflow_are_told_without_warnings():
    X, y = [[0.0, 1.0], [1.0, 0.5], [2.0, -1.0], [3.0, 4.0]], [0, 1, 1, 0]
    models: list[Any] = [engine.LatentMLP(2, learning_rate=1e308), engine.BackpropMLP(2, learning_rate=1e308)]
    for model in models:
        run = engine.fit(model, X, y, seed=0, max_iter=3)
        assert "grow without bound" in run.stop_reason


def test_the_marginal_is_summed_over_as_many_units_as_everywhere(iris):
    with pytest.raises(OptionError, match=r"loss=marginal sums over .* take loss=forward, or at most 20 hidden units"):
        engine.begin(BackpropMLP(21, loss="marginal"), iris.X, iris.y)
