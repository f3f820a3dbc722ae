"""Entries that options hold: networks without bias, and with weights for every class."""

from __future__ import annotations

from typing import Any

import mlp_by_definition as definition
import numpy as np
import pytest
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.baselines.backprop import BackpropMLP
from engine.baselines.backprop_epoch import layers_gradient, log_likelihood
from engine.editing.edits import set_entry
from engine.editing.entries import entries
from engine.em.fields import count_held, fields_of
from engine.errors import EngineError
from engine.models.binomial import BinomialMixture
from engine.models.network.e_steps.e_step import ExactEStep
from engine.models.network.expectation import expected_log_joint, output_gradient
from engine.models.network.m_step import M_STEPS
from engine.models.network.model import LatentMLP
from engine.models.network.newton import output_curvature
from engine.models.network.params import NetworkParams, draw_params
from engine.testing import check_model

KINDS: tuple[Any, ...] = (LatentMLP, BackpropMLP)
OPTIONS: list[dict[str, Any]] = [
    {"bias": False},
    {"free_output": True},
    {"bias": False, "free_output": True},
    {"bias": False, "free_output": True, "weight_decay": 0.3},
]


@pytest.fixture(scope="module")
def data():
    generator = np.random.default_rng(5)
    X = generator.standard_normal((30, 2))
    return X, np.concatenate([np.arange(3), generator.integers(0, 3, 27)])


def held_parts(params, bias=True, free_output=False, **_):
    layers = (*params.layers, params.output)
    zeros = [] if bias else [layer[:, 0] for layer in layers]
    return zeros if free_output else [*zeros, params.output[-1]]


def stays_at_zero(params, options):
    return all(part.tobytes() == np.zeros(part.shape).tobytes() for part in held_parts(params, **options))


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("m_step", M_STEPS)
def test_every_m_step_leaves_held_entries_at_0_to_the_bit_and_never_falls(options, m_step, data):
    for sizes, e_step in ((3, "exact"), ((3, 2), "gibbs"), (3, "mean_field")):
        model = LatentMLP(sizes, e_step, m_step, 0.01, sweeps=4, draws=20, inner_steps=3, **options)
        run = engine.fit(model, *data, seed=1, max_iter=3, tol=0)
        assert all(stays_at_zero(step.params, options) for step in run.timeline.steps)
        free = [run.params.hidden[:, 1:], run.params.output[:-1, 1:]]
        first = run.timeline.steps[0].params
        assert all((a != b).all() for a, b in zip(free, [first.hidden[:, 1:], first.output[:-1, 1:]], strict=True))
        if e_step == "exact":
            objectives = [s.objective for s in run.timeline.steps if s.phase == "E"]
            assert np.all(np.diff(objectives) > 0)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("optimizer", ["sgd", "batch", "adam"])
@pytest.mark.parametrize("loss", ["forward", "marginal"])
def test_every_optimiser_leaves_held_entries_at_0_to_the_bit(options, optimizer, loss, data):
    for sizes in (3, (3, 2)) if loss == "forward" else (3,):
        model = BackpropMLP(sizes, optimizer, loss, 0.02, batch_size=7, **options)
        run = engine.fit(model, *data, seed=1, max_iter=3, tol=0)
        assert all(stays_at_zero(step.params, options) for step in run.timeline.steps)
        first = run.timeline.steps[0].params
        assert (run.params.output[:-1, 1:] != first.output[:-1, 1:]).all()
        if options.get("free_output"):
            assert (run.params.output[-1, 1:] != first.output[-1, 1:]).all()


@settings(max_examples=examples(15))
@given(st.integers(0, 10_000), st.integers(1, 4), st.sampled_from(OPTIONS))
def test_an_e_step_with_free_rows_is_that_by_enumeration(seed, m, options):
    generator = np.random.default_rng(seed)
    X, y = generator.standard_normal((8, 2)), np.concatenate([np.arange(3), generator.integers(0, 3, 5)])
    model = LatentMLP(m, **options)
    step = engine.e_step(engine.begin(model, X, y, seed=seed))
    q, log_evidence = definition.posterior(step.params.hidden, step.params.output, X, y)
    assert step.log_likelihood == pytest.approx(log_evidence.sum(), rel=1e-12)
    np.testing.assert_allclose(step.posterior.responsibilities, q @ definition.configurations(m), atol=1e-12)
    expected = definition.q_value(q, step.params.hidden, step.params.output, X, y, np.ones(8))
    assert step.q_value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("scale", [1.0, 200.0])
def test_a_grid_of_configurations_takes_a_last_row_that_is_not_0(scale):
    """Eleven units are summed as a grid, in which the last class is the one that others are held against."""
    generator = np.random.default_rng(2)
    params = draw_params(11, 2, 3, scale, generator, free_output=True)
    X, y = generator.standard_normal((4, 2)), np.array([0, 1, 2, 2])
    step = engine.e_step(engine.begin(LatentMLP(11, free_output=True), X, y, start=params))
    q, log_evidence = definition.posterior(params.hidden, params.output, X, y)
    assert step.log_likelihood == pytest.approx(log_evidence.sum(), rel=1e-10)
    expected = definition.q_value(q, params.hidden, params.output, X, y, np.ones(4))
    assert step.q_value == pytest.approx(expected, rel=1e-10)


def test_gibbs_sampling_with_a_free_last_row_draws_from_the_posterior(data):
    X, y = data[0][:5], data[1][:5]
    params = draw_params(3, 2, 3, 1.5, np.random.default_rng(3), free_output=True)
    model = LatentMLP(3, "gibbs", free_output=True, sweeps=4000)
    step = engine.e_step(engine.begin(model, X, y, start=params))
    q, _ = definition.posterior(params.hidden, params.output, X, y)
    np.testing.assert_allclose(step.posterior.responsibilities, q @ definition.configurations(3), atol=0.04)


@pytest.mark.parametrize("decay", [0.0, 0.4])
def test_gradient_of_every_row_is_a_finite_difference(decay, data):
    model = LatentMLP(3, free_output=True, weight_decay=decay)
    step = engine.e_step(engine.begin(model, *data, seed=2))
    statistics, rows, params = step.expectation.statistics, step.problem.data, step.params

    def value(output):
        theta = NetworkParams(params.hidden, output)
        return expected_log_joint(statistics, theta, rows) + model.log_prior(theta, rows)

    numeric = definition.numerical_gradient(value, params.output)
    np.testing.assert_allclose(output_gradient(statistics, params.output, decay, range(3)), numeric, atol=1e-6)
    of_forward = layers_gradient([params.hidden, params.output], rows, None, range(3))[1]
    numeric = definition.numerical_gradient(
        lambda v: log_likelihood(NetworkParams(params.hidden, v), rows, "forward"), params.output
    )
    np.testing.assert_allclose(of_forward, numeric, atol=1e-6)


def test_a_newton_step_with_free_rows_is_the_one_of_the_smallest_norm(data):
    """By the pseudo-inverse of the curvature; and it predicts as the step with a reference class does."""
    free = LatentMLP(2, m_step="newton", inner_steps=1, free_output=True)
    start = draw_params(2, 2, 3, 0.1, np.random.default_rng(4), free_output=True)  # near 0 a whole step rises
    step = engine.e_step(engine.begin(free, *data, start=start))
    moved = engine.m_step(step).params.output - start.output
    statistics = step.expectation.statistics
    curvature = output_curvature(statistics, start.output, range(3), 0.0)
    slope = output_gradient(statistics, start.output, 0.0, range(3))
    shortest = np.linalg.pinv(curvature, rcond=1e-8) @ slope.ravel()
    np.testing.assert_allclose(moved.ravel(), shortest, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(moved.sum(axis=0), 0.0, atol=1e-12)
    held = NetworkParams(start.hidden, start.output - start.output[-1])
    other = engine.fit(LatentMLP(2, m_step="newton", inner_steps=1), *data, start=held, max_iter=1, tol=0)
    after = engine.m_step(step).params.output
    np.testing.assert_allclose(after - after[-1], other.params.output, rtol=1e-6, atol=1e-8)


def test_without_bias_the_maximum_is_that_of_the_free_weights(data):
    """Newton and L-BFGS reach it: the slope of Q + log prior vanishes for what is free."""
    found = {}
    for m_step in ("newton", "lbfgs"):
        model = LatentMLP(2, m_step=m_step, bias=False, weight_decay=0.5, inner_steps=50)
        step = engine.e_step(engine.begin(model, *data, seed=3))
        found[m_step] = engine.m_step(step).params
        slope = output_gradient(step.expectation.statistics, found[m_step].output, 0.5)
        assert np.abs(slope[:, 1:]).max() < 1e-2
        assert np.abs(slope[:, 0]).max() > 0.1  # a bias would move
    np.testing.assert_allclose(found["newton"].hidden, found["lbfgs"].hidden, atol=1e-2)


def test_the_level_direction_is_named_where_a_run_rests(data):
    """Whatever else has a rate near 1; with a prior on the weights it is that of the biases, if there are any."""
    for options, along in (
        ({"bias": False}, "weights"),
        ({"weight_decay": 0.05}, "biases"),
        ({"weight_decay": 0.05, "bias": False}, ""),
    ):
        model = LatentMLP(1, m_step="newton", free_output=True, **options)
        run = engine.fit(model, *data, seed=1, max_iter=1000, tol=1e-9)
        rest = run.timeline.steps[-1].rest
        assert run.converged
        assert rest.kind == ("flat" if along else "maximum")
        told = f"the objective is level along the {along} of all classes together, which is not identified"
        assert rest.said == (told if along else "a maximum")


def test_an_m_step_with_a_tolerance_of_its_own_makes_no_direction_level(data):
    """So near to rest a Newton step moves nothing, and 1 seems to be an eigenvalue; the objective itself says more."""
    model = LatentMLP(1, m_step="newton", weight_decay=0.5)
    run = engine.fit(model, *data, seed=0, max_iter=3000, tol=1e-12)
    assert run.converged
    rest = run.timeline.steps[-1].rest
    assert rest.kind == "maximum"
    assert rest.rate == pytest.approx(engine.map_rate(run.timeline.steps[-1]), abs=1e-4)  # both are settled to 1e-5
    assert rest.rate + rest.error < 1.0


@pytest.mark.parametrize("options", OPTIONS)
def test_what_is_held_is_no_parameter_and_can_not_be_moved(options, data):
    for kind in KINDS:
        model = kind((4, 2), **options)
        step = engine.begin(model, *data, seed=0)
        free = (4 * 3 + 2 * 5 + 3 * 3) - (0 if options.get("bias", True) else 4 + 2 + 3)
        if not options.get("free_output"):
            free -= 3 if options.get("bias", True) else 2
        assert model.n_parameters(step.params) == free
        assert count_held(step.params, model) == 4 * 3 + 2 * 5 + 3 * 3 - free
        assert len(entries(model, step.params)) == free
        if not options.get("bias", True):
            with pytest.raises(EngineError, match=r"deeper.hidden\[1,0\] is fixed in this model"):
                set_entry(step, "deeper.hidden[1,0]", 1.0)
        if options.get("free_output"):
            assert set_entry(step, "output[2,1]", 1.0).params.output[2, 1] == 1.0


def test_a_start_that_is_elsewhere_is_refused_in_a_sentence(data):
    usual = draw_params(3, 2, 3, 1.0, np.random.default_rng(0))
    free = draw_params(3, 2, 3, 1.0, np.random.default_rng(0), free_output=True)
    np.testing.assert_array_equal(free.output[:-1], usual.output[:-1])  # the same numbers from the same seed
    for kind in KINDS:
        with pytest.raises(EngineError, match=r"the first column of every layer must be zero: bias=no"):
            engine.begin(kind(3, bias=False), *data, start=kind.Params(usual.hidden, usual.output))
        with pytest.raises(EngineError, match=r"the last row of output must be zero.*free_output"):
            engine.begin(kind(3), *data, start=kind.Params(free.hidden, free.output))
        engine.begin(kind(3, free_output=True), *data, start=kind.Params(usual.hidden, usual.output))


def test_a_network_with_held_entries_is_all_that_a_model_owes(data):
    check_model(LatentMLP(2, bias=False, free_output=True, m_step="newton", weight_decay=0.1), *data)
    check_model(BackpropMLP(2, bias=False, free_output=True, learning_rate=1e-4, optimizer="batch"), *data)


def test_an_array_that_an_option_fixes_is_held():
    coins = engine.load("coins")
    for fixed in (True, False):
        model = BinomialMixture(2, fixed_weights=fixed)
        step = engine.begin(model, coins.X)
        assert fields_of(step.params, model)["weights"].n_held == (2 if fixed else 0)


def test_exact_statistics_are_the_same_whatever_is_added_to_every_row(data):
    """The level direction: o(z) and the log-likelihood stay."""
    params = draw_params(3, 2, 3, 1.0, np.random.default_rng(0), free_output=True)
    shifted = NetworkParams(params.hidden, params.output + np.array([1.0, -2.0, 0.5, 3.0]))
    model = LatentMLP(3, free_output=True)
    rows = model.observe(*data)
    one, other = ExactEStep().statistics(params, rows), ExactEStep().statistics(shifted, rows)
    np.testing.assert_allclose(one.class_moments, other.class_moments, rtol=1e-10)
