"""Statistics add up over parts of the data, in whatever coordinates each was gathered, or refuse to."""

from __future__ import annotations

import operator
from functools import reduce
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.em.expectation import Expectation
from engine.em.statistics import Sums
from engine.errors import EngineError
from engine.models.gaussian.statistics import GaussianStatistics
from engine.parallel import map_reduce
from engine.testing import check_model

IRIS = engine.load("iris")
SHAPES = ("full", "tied", "diag", "spherical")
THREE = [IRIS.X[:50], IRIS.X[50:100], IRIS.X[100:]]
NAME = "three parts of the data add up to the whole"
GENERATOR = np.random.default_rng(4)
COUNTS = GENERATOR.poisson(np.repeat([2.0, 9.0], 30))[:, None]
ANSWERS = np.where(GENERATOR.random((60, 4)) < 0.1, np.nan, GENERATOR.integers(0, 2, (60, 4)))
WORDS = GENERATOR.poisson(1.0, (30, 12))
SEQUENCES = [GENERATOR.integers(0, 3, 12 + i) for i in range(6)]


def expected(model, params, X):
    return model.expect(params, model.observe(X))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_iris_in_three_parts_is_iris(shape, order):
    model = engine.GaussianMixture(3, shape)
    data = model.observe(IRIS.X)
    params = model.start(data, np.random.default_rng(0))
    whole = model.expect(params, data)
    total = map_reduce([THREE[i] for i in order], lambda X: expected(model, params, X))
    assert total.log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-13)
    assert total.entropy == pytest.approx(whole.entropy, rel=1e-12)
    one, other = (model.maximize(e, params, data).params for e in (total, whole))
    np.testing.assert_allclose(one.means, other.means, rtol=1e-13)
    np.testing.assert_allclose(one.covariances, other.covariances, rtol=0, atol=1e-13)


@settings(max_examples=30)
@given(shape=st.sampled_from(SHAPES), seed=st.integers(0, 999))
def test_moments_come_back_from_other_coordinates(shape, seed):
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((40, 3)) * [1.0, 10.0, 0.1] + 5.0
    model = engine.GaussianMixture(2, shape)
    data = model.observe(X)
    params = model.start(data, generator)
    there = model.observe(X[:25] * [1.0, 3.0, 1.0]).shared
    found: GaussianStatistics = model.expect(params, data).statistics
    back = found.within(there).within(found.coordinates)
    for one, other in ((back.first, found.first), (back.second, found.second)):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-9 * np.abs(found.second).max())
    np.testing.assert_allclose(found.within(there).means(), found.means(), rtol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("far", [1e2, 1e5, 1e8])
def test_parts_that_lie_far_apart_lose_no_digits(shape, far):
    """Each part has a component's rows to itself: its extent is a tiny share of the distance between the parts."""
    left, right = GENERATOR.standard_normal((2, 50, 2))
    model, X = engine.GaussianMixture(2, shape, reg_covar=1e-6), np.concatenate([left, right + far])
    apart = np.array([[0.0, 0.0], [far, far]])
    params = model.Params([0.5, 0.5], apart, engine.begin(model, X).params.covariances)
    total = reduce(operator.add, [expected(model, params, part) for part in (X[:50], X[50:])])
    found = model.maximize(total, params, model.observe(X)).params
    own = [np.cov(part.T, bias=True) for part in (X[:50], X[50:])]
    wanted = {
        "full": own,
        "tied": np.mean(own, axis=0),
        "diag": [one.diagonal() for one in own],
        "spherical": [one.trace() / 2 for one in own],
    }[shape]
    np.testing.assert_allclose(found.covariances, wanted, rtol=0, atol=3e-6)  # the ridge adds 2e-6


def test_clusters_add_up_in_whatever_frame():
    model = engine.KMeans(3)
    data = model.observe(IRIS.X)
    params = model.start(data, np.random.default_rng(0))
    whole = model.expect(params, data)
    for parts in permutations(THREE):
        total = reduce(operator.add, [expected(model, params, X) for X in parts])
        assert total.log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-13)
        assert model.q_value(total, params, data) == pytest.approx(whole.log_likelihood, rel=1e-13)
        one, other = (model.maximize(e, params, data).params for e in (total, whole))
        np.testing.assert_allclose(one.centers, other.centers, rtol=1e-14)


@pytest.mark.parametrize(
    ("model", "X"),
    [
        *((engine.GaussianMixture(3, shape), IRIS.X) for shape in SHAPES),
        (engine.KMeans(3), IRIS.X),
        (engine.BinomialMixture(2, n_trials=40), COUNTS),
        (engine.PoissonMixture(2), COUNTS),
        (engine.BernoulliMixture(2, pseudo_count=0.5), ANSWERS),
        (engine.GeneticLinkage(), [[125, 18, 20, 34], [12, 1, 2, 3], [30, 4, 5, 9]]),
        (engine.LatentDirichletAllocation(3), WORDS),
        (engine.HiddenMarkovModel(2), SEQUENCES),
        (engine.HiddenMarkovModel(2, stop_state=True), SEQUENCES),
        *((engine.HiddenMarkovModel(2, "gaussian", shape), np.split(IRIS.X, 6)) for shape in SHAPES),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_check_model_adds_the_parts_of_every_model_that_can(model, X):
    assert NAME in check_model(model, np.asarray(X) if model.name == "linkage" else X, n_iter=4)


@pytest.mark.parametrize("model", [engine.LatentMLP(2), engine.BackpropMLP(2)], ids=["mlp", "backprop"])
def test_what_does_not_add_up_refuses(model):
    found = engine.begin(model, IRIS.X, IRIS.y).at.expectation
    with pytest.raises(EngineError, match="do not add up"):
        found + found
    assert NAME not in check_model(model, IRIS.X[::5], IRIS.y[::5], n_iter=2)


def test_statistics_of_different_things_refuse():
    with pytest.raises(EngineError, match="different things"):
        Sums([np.ones(2)]) + Sums([np.ones(3)])
    with pytest.raises(EngineError, match="NoneType do not add up"):
        Expectation(None, 0.0, 0.0) + Expectation(None, 0.0, 0.0)
    two, three = (
        engine.begin(model, IRIS.X).at.expectation for model in (engine.GaussianMixture(2), engine.GaussianMixture(3))
    )
    with pytest.raises(EngineError, match="another number or shape"):
        two + three
    two, three = (engine.begin(engine.KMeans(K), IRIS.X).at.expectation for K in (2, 3))
    with pytest.raises(EngineError, match="other centres"):
        two + three


def test_errors_of_estimates_add_up_in_quadrature():
    total = Expectation((np.ones(1),), -2.0, 1.0, 3.0) + Expectation((np.ones(1),), -5.0, 2.0, 4.0)
    assert (total.log_likelihood, total.entropy, total.log_likelihood_error) == (-7.0, 3.0, 5.0)
    assert total.statistics[0].tolist() == [2.0]
