"""Known labels: which are given, what is left of EM where all are, and starts in their order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.analysis.many_starts import all_starts
from engine.errors import DataError, OptionError
from engine.models.known_labels import some_labels
from engine.testing import check_model

IRIS = engine.load("iris")
GENERATOR = np.random.default_rng(8)
Z = np.repeat([0, 1, 2], [30, 50, 20])
COUNTS = GENERATOR.poisson(np.array([1.0, 6.0, 20.0])[Z])[:, None]
ANSWERS = (GENERATOR.random((100, 6)) < np.linspace(0.1, 0.9, 18).reshape(3, 6)[Z]).astype(float)
HEADS = GENERATOR.binomial(10, np.array([0.2, 0.5, 0.9])[Z])[:, None]
MIXTURES: dict[str, Any] = {
    "gmm": (engine.GaussianMixture(3, reg_covar=0.0), IRIS.X, IRIS.y),
    "points": (engine.GaussianMixture(3, reg_covar=0.0, init="points"), IRIS.X, IRIS.y),
    "coins": (engine.BinomialMixture(3, n_trials=10), HEADS, Z),
    "bernoulli": (engine.BernoulliMixture(3), ANSWERS, Z),
    "poisson": (engine.PoissonMixture(3), COUNTS, Z),
    "hmm": (engine.HiddenMarkovModel(3, emission="gaussian"), COUNTS + 0.1 * GENERATOR.standard_normal((100, 1)), Z),
}


@given(st.lists(st.integers(-1, 3), min_size=1, max_size=60), st.floats(0, 1), st.floats(0, 1), st.integers(0, 5))
def test_a_share_of_every_class_is_given(classes, one, other, seed):
    y, (small, large) = np.array(classes), sorted((one, other))
    few, more = some_labels(y, small, seed), some_labels(y, large, seed)
    assert ((few == y) | (few == -1)).all()
    assert (more[few >= 0] == y[few >= 0]).all()
    for c in set(classes) - {-1}:
        n = (y == c).sum()
        assert small * n - 1e-6 <= (few == c).sum() < small * n + 1
    assert (some_labels(y, 1.0, seed) == y).all()
    assert (some_labels(y, 0.0, seed) == -1).all()


def test_labels_that_are_none_are_refused():
    with pytest.raises(OptionError, match=r"from 0 to 1, not 1\.5"):
        some_labels([0, 1], 1.5)
    with pytest.raises(DataError, match="whole numbers"):
        some_labels([0.5, 1.0], 0.5)


@pytest.mark.parametrize("name", MIXTURES)
def test_with_every_label_given_one_iteration_is_the_closed_form_fit(name):
    model, X, y = MIXTURES[name]
    _, e, m, *_ = engine.iterate(model, X, y, seed=4, max_iter=5, tol=0.0)
    np.testing.assert_array_equal(e.posterior.responsibilities, np.eye(3)[y])
    assert e.entropy == 0.0
    groups = [np.asarray(X)[y == c] for c in range(3)]
    if name != "hmm":
        np.testing.assert_allclose(m.params.weights, [len(g) / len(X) for g in groups], rtol=1e-12)
    means = np.array([g.mean(axis=0) for g in groups])
    if name in ("gmm", "points"):
        np.testing.assert_allclose(m.params.means, means, rtol=1e-12)
        np.testing.assert_allclose(m.params.covariances, [np.cov(g.T, bias=True) for g in groups], rtol=1e-9)
    elif name == "coins":
        np.testing.assert_allclose(m.params.probabilities, means[:, 0] / 10, rtol=1e-12)
    elif name == "bernoulli":
        np.testing.assert_allclose(m.params.probabilities, means, rtol=1e-12)
    elif name == "poisson":
        np.testing.assert_allclose(m.params.rates, means[:, 0], rtol=1e-12)
    else:
        np.testing.assert_allclose(m.params.emission.means, means, rtol=1e-10)
        steps = np.array([[((y[:-1] == i) & (y[1:] == j)).sum() for j in range(3)] for i in range(3)])
        np.testing.assert_allclose(m.params.transition, steps / steps.sum(axis=1, keepdims=True), rtol=1e-12)


@pytest.mark.parametrize("name", [*MIXTURES, "responsibilities"])
def test_with_every_label_given_a_step_is_seen(name):
    """The start is that of the same seed without labels, in the order of the labels; the first M-step is the fit."""
    responsibilities = engine.GaussianMixture(3, init="responsibilities"), IRIS.X, IRIS.y
    model, X, y = MIXTURES.get(name, responsibilities)
    start, e, m, _, last = engine.iterate(model, X, y, seed=4, max_iter=2, tol=0.0)
    plain = engine.begin(model, X, seed=4).params
    weights = getattr(plain, "weights", None)
    if weights is not None:
        np.testing.assert_array_equal(np.sort(start.params.weights), np.sort(weights))
    assert m.objective > e.objective + 1e-3
    assert last.objective == pytest.approx(m.objective, rel=1e-12)
    if name == "gmm":
        assert engine.fit(
            model, X, y, seed=4
        ).converged  # labels tell the components apart: none could be one with another


@pytest.mark.parametrize("name", MIXTURES)
def test_a_start_takes_the_order_of_the_labels(name):
    """A few labels say which component is which, whatever the order that the start would have had."""
    model, X, y = MIXTURES[name]
    for seed in range(3):
        few = some_labels(y, 0.1)
        plain, told = engine.begin(model, X, seed=seed).params, engine.begin(model, X, few, seed=seed)
        r = model.responsibilities(told.params, model.observe(X), np.flatnonzero(few >= 0))
        taken = r[np.arange(len(r)), few[few >= 0]].sum()
        given_to = np.eye(3)[few[few >= 0]].T @ r
        orders = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
        assert taken >= max(sum(given_to[c, k] for c, k in enumerate(order)) for order in orders) - 1e-8
        if name not in ("gmm", "hmm"):  # k-means takes labels in by itself
            assert told.params in [model.relabel(plain, np.array(order)) for order in orders]


@settings(max_examples=examples(15))
@given(st.integers(0, 1000), st.integers(0, 2))
def test_rows_of_weight_zero_say_nothing_of_the_order(seed, shift):
    few, weight = some_labels(Z, 0.2), np.ones(100)
    wrong = np.flatnonzero(few >= 0)[::2]
    weight[wrong] = 0.0
    model, X, _ = MIXTURES["bernoulli"]
    lied = few.copy()
    lied[wrong] = (few[wrong] + shift) % 3
    one, other = (engine.begin(model, X, y, sample_weight=weight, seed=seed).params for y in (few, lied))
    np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_a_few_labels_help():
    """Three labels of iris (one a species) keep components by their species in every start."""
    few = some_labels(IRIS.y, 0.02)
    assert (few >= 0).sum() == 3
    run = engine.fit(engine.GaussianMixture(3), IRIS.X, few, seed=1)
    assert (run.labels == IRIS.y).sum() == 145


@pytest.mark.parametrize("name", ["poisson", "bernoulli", "coins"])
def test_the_invariants_hold_with_a_few_labels(name):
    model, X, y = MIXTURES[name]
    check_model(model, X, some_labels(y, 0.1))


def test_many_starts_begin_as_one_does():
    model, X, y = MIXTURES["points"]
    few = some_labels(y, 0.1)
    found = all_starts(model, X, few, n_starts=3, max_iter=4)
    for place, result in enumerate(found.results):
        alone = engine.fit(model, X, few, seed=place, max_iter=4)
        assert result.objective == pytest.approx(alone.objectives[-1], rel=1e-10)
