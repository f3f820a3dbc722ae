"""The exact E-step of the network against enumeration, and its two forms against each other."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import mlp_by_definition as definition
import numpy as np
import pytest
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.em.inference import EXACT, Hard, Sampled, Tempered, uniforms
from engine.errors import EngineError
from engine.models.network import cost as mlp_cost
from engine.models.network.configurations import (
    Listed,
    Product,
    all_configurations,
    binary_design,
    binary_rows,
    configuration,
    halves,
)
from engine.models.network.cost import check_memory, exact_cost
from engine.models.network.data import network_rows
from engine.models.network.e_steps.e_step import ExactEStep
from engine.models.network.e_steps.exact import _in_halves, _in_one_table, enumerated, exact_posterior
from engine.models.network.expectation import expected_log_joint
from engine.models.network.params import NetworkParams, draw_params


def case(seed, m, p=2, g=3, n=7, scale=1.0, weighted=False):
    """Parameters and rows of a network, with every class present."""
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((n, p))
    y = np.concatenate([np.arange(g), generator.integers(0, g, max(0, n - g))])[:n]
    weight = generator.choice([0.0, 0.5, 1.0, 2.5], n) + np.eye(n)[0] if weighted else None
    return draw_params(m, p, g, scale, generator), X, y, weight


networks = st.builds(
    case,
    seed=st.integers(0, 10_000),
    m=st.integers(1, 6),
    p=st.integers(1, 3),
    g=st.integers(2, 4),
    n=st.integers(4, 8),
    scale=st.sampled_from([0.0, 0.3, 1.0, 4.0]),
    weighted=st.booleans(),
)


@settings(max_examples=examples(40))
@given(networks)
def test_both_forms_agree_with_enumeration(network):
    params, X, y, weight = network
    rows = network_rows(X, y, weight)
    q, log_evidence = definition.posterior(params.hidden, params.output, X, y)
    weights = np.ones(len(X)) if weight is None else weight
    for form in (_in_one_table, _in_halves):
        hidden, evidence, counts = form(params, rows)
        np.testing.assert_allclose(
            rows.in_user_order(hidden.T), q @ definition.configurations(len(hidden)), rtol=1e-11, atol=1e-14
        )
        np.testing.assert_allclose(np.log(rows.in_user_order(evidence)), log_evidence, rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(counts.ravel(), weights @ q, rtol=1e-11, atol=1e-14)
    found = ExactEStep().expect(params, rows, EXACT)
    assert found.log_likelihood == pytest.approx(weights @ log_evidence, rel=1e-11)
    entropy = -np.where(q > 0, q * np.log(np.where(q > 0, q, 1.0)), 0.0).sum(axis=1)
    assert found.entropy == pytest.approx(weights @ entropy, rel=1e-8, abs=1e-10)
    again = ExactEStep().entropy(params, rows, EXACT)
    assert found.entropy == pytest.approx(again, rel=1e-8, abs=1e-10)


@settings(max_examples=examples(25))
@given(networks, st.integers(0, 10_000))
def test_q_agrees_with_enumeration_at_any_parameters(network, seed):
    params, X, y, weight = network
    rows = network_rows(X, y, weight)
    g, m = params.n_classes, params.hidden_units
    other = draw_params(m, X.shape[1], g, 1.5, np.random.default_rng(seed))
    q, _ = definition.posterior(params.hidden, params.output, X, y)
    statistics = ExactEStep().statistics(params, rows)
    weights = np.ones(len(X)) if weight is None else weight
    for theta in (params, other):
        expected = definition.q_value(q, theta.hidden, theta.output, X, y, weights)
        assert expected_log_joint(statistics, theta, rows) == pytest.approx(expected, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("inference", [Hard(), Sampled(3), Tempered(2.0), Tempered(0.25)])
def test_other_ways_to_settle_q_agree_with_enumeration(inference):
    params, X, y, weight = case(5, 4, n=9, scale=2.0, weighted=True)
    rows = network_rows(X, y, weight)
    q, log_evidence = definition.posterior(params.hidden, params.output, X, y)
    if isinstance(inference, Hard):
        settled = np.eye(q.shape[1])[q.argmax(axis=1)]
    elif isinstance(inference, Sampled):
        draws = uniforms(inference, len(X))
        settled = np.eye(q.shape[1])[(np.cumsum(q, axis=1) < draws[:, None]).sum(axis=1)]
    else:
        settled = q ** (1 / inference.temperature)
        settled /= settled.sum(axis=1, keepdims=True)
    found = ExactEStep().expect(params, rows, inference)
    z = definition.configurations(4)
    np.testing.assert_allclose(rows.in_user_order(found.statistics.hidden), settled @ z, atol=1e-12)
    np.testing.assert_allclose(found.statistics.counts, weight @ settled, atol=1e-12)
    assert found.log_likelihood == pytest.approx(weight @ log_evidence)
    entropy = -np.where(settled > 0, settled * np.log(np.where(settled > 0, settled, 1)), 0).sum(axis=1)
    assert found.entropy == pytest.approx(weight @ entropy, abs=1e-12)
    some = ExactEStep().units(params, rows, np.array([4, 1]), inference)
    np.testing.assert_allclose(some, (settled @ z)[[4, 1]], atol=1e-12)


@pytest.mark.parametrize("scale", [100.0, 1e4])
def test_evidence_below_the_smallest_number_is_found_in_logarithms(scale):
    params, X, y, _ = case(2, 5, n=12, scale=scale)
    rows = network_rows(X, y)
    q, log_evidence = definition.posterior(params.hidden, params.output, X, y)
    assert log_evidence.min() < -200  # e^−200 < 1e-80: some rows go through logarithms, some don't
    assert log_evidence.max() > -150
    for form in (exact_posterior, lambda p, r: enumerated(p, r, np.arange(r.n_rows))):
        found = form(params, rows)
        np.testing.assert_allclose(rows.in_user_order(found.log_evidence), log_evidence, rtol=1e-12, atol=1e-10)
        np.testing.assert_allclose(rows.in_user_order(found.hidden), q @ definition.configurations(5), atol=1e-10)
        np.testing.assert_allclose(found.counts, q.sum(axis=0), atol=1e-10)


def test_a_large_network_in_halves_agrees_with_rows_in_logarithms():
    params, X, y, _ = case(3, 13, p=3, n=60, scale=1.5)
    rows = network_rows(X, y)
    fast, slow = exact_posterior(params, rows), enumerated(params, rows, np.arange(60))
    assert fast.counts.shape == (2**6, 2**7)
    np.testing.assert_allclose(fast.hidden, slow.hidden, rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(fast.log_evidence, slow.log_evidence, rtol=1e-11)
    np.testing.assert_allclose(fast.counts, slow.counts, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("scale", [1.0, 200.0])
@pytest.mark.parametrize("m", [1, 2, 5, 6])
def test_a_grid_is_the_list_in_the_same_order(m, scale):
    generator = np.random.default_rng(m)
    a, b = halves(m)
    grid, listed = Product(binary_rows(b), binary_rows(a)), Listed(binary_design(m))
    output = draw_params(m, 1, 3, scale, generator).output
    one, other = grid.outputs(output), listed.outputs(output)
    np.testing.assert_allclose(one.log_normaliser.ravel(), other.log_normaliser, rtol=1e-12, atol=1e-12)
    log_o = definition.log_output(output, m)
    for i in range(3):
        np.testing.assert_allclose(one.probability(i).ravel(), np.exp(log_o[:, i]), rtol=1e-9, atol=1e-300)
        np.testing.assert_allclose(other.probability(i), np.exp(log_o[:, i]), rtol=1e-9, atol=1e-300)
        np.testing.assert_allclose(grid.logits(output[i]).ravel(), listed.logits(output[i]), rtol=1e-12, atol=1e-10)
    weights = generator.random(grid.shape)
    np.testing.assert_allclose(grid.first_moments(weights), listed.first_moments(weights.ravel()))
    np.testing.assert_allclose(grid.second_moments(weights), listed.second_moments(weights.ravel()))
    for number in range(2**m):
        np.testing.assert_array_equal(configuration(number, m), listed.design[number, 1:])


def test_shared_configurations_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        all_configurations(3).design[0, 0] = 2.0


def test_nothing_of_the_size_of_rows_times_configurations_is_made():
    n, m = 400, 14
    params, X, y, _ = case(1, m, n=n)
    rows = network_rows(X, y)
    exact_posterior(params, rows)
    tracemalloc.start()
    exact_posterior(params, rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * n * 2**m / 10
    assert peak <= exact_cost(n, m, 3)[0]


def test_more_configurations_than_memory_are_refused_before_they_are_made(monkeypatch):
    for m in (40, 64, 2000):
        with pytest.raises(EngineError, match=rf"2\^{m} hidden configurations .*e_step=gibbs, or at most \d+ hidden"):
            engine.fit(engine.LatentMLP(hidden_units=m, e_step="exact"), np.eye(4), [0, 1, 0, 1], max_iter=1)
    monkeypatch.setattr(mlp_cost, "free_memory", lambda: 100_000_000)
    with pytest.raises(EngineError, match=r"100 MB are free: take e_step=gibbs, or at most 2[01] hidden"):
        check_memory(100, 25)
    check_memory(100, 18)


def test_the_predicted_cost_doubles_with_each_unit():
    costs = [exact_cost(1000, m, 3) for m in (16, 18, 20)]
    for (small, quick), (large, slow) in pairwise(costs):
        assert 2 < large / small < 4.1
        assert 3 < slow / quick < 4.5


def test_units_are_those_of_the_asked_rows_in_their_order():
    params, X, y, weight = case(8, 3, n=10, weighted=True)
    rows = network_rows(X, y, weight)
    whole = ExactEStep().units(params, rows, slice(None), EXACT)
    q, _ = definition.posterior(params.hidden, params.output, X, y)
    np.testing.assert_allclose(whole, q @ definition.configurations(3), atol=1e-13)
    np.testing.assert_allclose(ExactEStep().units(params, rows, np.array([7, 2, 2]), EXACT), whole[[7, 2, 2]])


def test_one_class_of_the_middle_may_be_empty():
    params = NetworkParams(np.ones((2, 2)), np.array([[0.5, 1, 0], [0, 1, -1], [0, 0, 0]]))
    X, y = np.array([[0.0], [1.0], [2.0]]), np.array([0, 2, 2])
    _, log_evidence = definition.posterior(params.hidden, params.output, X, y)
    rows = network_rows(X, y)
    np.testing.assert_allclose(exact_posterior(params, rows).log_evidence, log_evidence)
    assert ExactEStep().statistics(params, rows).class_moments[1].tolist() == [0, 0, 0]


def test_the_output_layer_is_kept_until_another_is_asked_for():
    listed = Listed(binary_design(4))
    one, other = np.random.default_rng(0).normal(size=(2, 3, 5))
    first = listed.outputs(one)
    assert listed.outputs(one.copy()) is first
    with pytest.raises(ValueError, match="read-only"):
        first.probability(0)[0] = 1.0
    for output in (other, one):
        expected = np.exp(output @ listed.design.T)
        expected /= expected.sum(axis=0)
        assert np.allclose(listed.outputs(output).probabilities, expected, rtol=1e-13)
