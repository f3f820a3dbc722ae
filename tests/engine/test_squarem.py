"""SQUAREM: its formula, its guard, its count of passes, and the published example that it is for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.em.loop import advance, begin, iterate
from engine.em.squarem import _step_length
from engine.em.stopping import ParameterChange
from engine.errors import EngineError, OptionError
from engine.testing import check_model

DEATHS = engine.load("deaths").X
PUBLISHED = engine.PoissonMixture.Params([0.5, 0.5], [1.0, 3.0])
REST = ParameterChange(1e-7)


@dataclass(frozen=True)
class CountedPoisson(engine.PoissonMixture):
    """Writes down every pass."""

    def expect(self, params, data, inference=engine.em.inference.EXACT):
        _PASSES.append(params)
        return super().expect(params, data, inference)


_PASSES: list = []


def test_the_death_notices_take_at_most_eighty_passes():
    _PASSES.clear()
    *_, last = iterate(CountedPoisson(2), DEATHS, start=PUBLISHED, stopping=REST, algorithm="squarem")
    assert last.converged
    assert last.evaluations <= 80
    assert len(_PASSES) == last.evaluations + 1  # and the one at the last parameters, for their own objective
    np.testing.assert_allclose(last.params.weights, [0.35989, 0.64011], atol=5e-6)
    np.testing.assert_allclose(last.params.rates, [1.25610, 2.66340], atol=5e-6)
    assert last.log_likelihood == pytest.approx(-1989.945860, abs=5e-7)


def test_plain_em_takes_over_two_thousand():
    *_, last = iterate(engine.PoissonMixture(2), DEATHS, start=PUBLISHED, stopping=REST, max_iter=5000)
    assert last.converged
    assert last.evaluations == last.iteration > 2000


def test_one_iteration_is_the_published_formula():
    """Genetic linkage has one parameter, so that r and v are numbers; F is written out by hand."""

    def em(theta):
        part = 125 * (theta / 4) / (0.5 + theta / 4)
        return (part + 34) / (part + 18 + 20 + 34)

    one = em(0.1)
    two, three = em(one), em(em(one))
    r, v = two - one, three - 2 * two + one
    alpha = -abs(r) / abs(v)
    expected = em(one - 2 * alpha * r + alpha**2 * v)
    model = engine.GeneticLinkage()
    first = begin(model, [125, 18, 20, 34], start=model.Params(0.1), algorithm="squarem")
    step = advance(advance(first))
    assert alpha < -1
    assert float(step.params.theta) == pytest.approx(expected, rel=1e-13)
    assert step.evaluations == 4  # at θ_0, θ_1, θ_2 and θ'
    assert advance(step).evaluations == 5


def test_the_step_length_is_s3_and_at_least_a_plain_step():
    assert _step_length([np.array([3.0, 4.0])], [np.array([0.5])]) == pytest.approx(-10.0)
    assert _step_length([np.array([3e200]), np.array(4e200)], [np.array([0.5e200])]) == pytest.approx(-10.0)
    assert _step_length([np.array([1e-300])], [np.array([5e-301])]) == pytest.approx(-2.0)
    for r, v in [(0.0, 0.0), (1.0, 0.0), (1.0, 2.0), (0.0, 1.0), (np.inf, 1.0)]:
        assert _step_length([np.array([r])], [np.array([v])]) == -1.0


@settings(max_examples=examples(25))
@given(st.integers(0, 10**6), st.integers(2, 4))
def test_whatever_the_start_the_objective_never_falls_and_parameters_stay_in_their_domain(seed, K):
    generator = np.random.default_rng(seed)
    model = engine.PoissonMixture(K)
    start = model.Params(generator.dirichlet(np.ones(K)), generator.exponential(3.0, K))
    steps = list(iterate(model, DEATHS[::4], start=start, max_iter=12, tol=0, algorithm="squarem"))
    for step in steps:
        model.check_params(step.params, step.problem.data)
        assert step.params.weights.sum() == pytest.approx(1.0, abs=1e-12)
    for before, after in pairwise(steps):
        assert after.objective >= before.objective - 1e-12 * abs(before.objective)
        assert after.seconds >= before.seconds
        assert after.evaluations >= before.evaluations


DIARY = [engine.load("icecream").X[:16], engine.load("icecream").X[16:]]
MODELS = [
    (engine.BinomialMixture(2, 10), engine.load("coins").X, None),
    (engine.BinomialMixture(2, 10, fixed_weights=True), engine.load("coins").X, None),
    (engine.BernoulliMixture(3, pseudo_count=1.0), engine.load("films").X, None),
    (engine.GeneticLinkage(), np.array([[125.0, 18, 20, 34], [3, 4, 5, 6]]), None),
    *((engine.GaussianMixture(3, kind), engine.load("iris").X, None) for kind in ("full", "tied", "diag", "spherical")),
    (engine.GaussianMixture(2, reg_covar=0.0), engine.load("old_faithful").X, None),
    (engine.KMeans(3), engine.load("iris").X, None),
    (engine.HiddenMarkovModel(2, first_symbol=1, stop_state=True), DIARY, None),
    (engine.LatentMLP(2), engine.load("iris").X[::3], engine.load("iris").y[::3]),
]


@pytest.mark.parametrize(("model", "X", "y"), MODELS, ids=lambda value: getattr(value, "name", ""))
def test_models_keep_every_invariant(model, X, y):
    checked = check_model(model, X, y, algorithm="squarem", n_iter=6)
    assert "the objective never falls" in checked
    assert "any number of threads gives the same bytes" in checked


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_gaussians_come_to_the_optimum_of_plain_em_in_fewer_passes(kind):
    X, model = engine.load("three_gaussians").X, engine.GaussianMixture(4, kind)
    how = {"stopping": ParameterChange(1e-6), "max_iter": 3000}
    plain = engine.fit(model, X, **how)
    fast = engine.fit(model, X, algorithm="squarem", **how)
    assert plain.converged
    assert fast.converged
    assert fast.step.objective >= plain.step.objective - 1e-6
    assert fast.step.evaluations < plain.step.evaluations
    if kind in ("full", "tied"):
        np.testing.assert_allclose(fast.params.covariances, np.swapaxes(fast.params.covariances, -1, -2), rtol=1e-12)


def test_an_m_step_with_something_out_of_the_ordinary_is_not_leapt_over():
    empty = engine.PoissonMixture.Params([1.0, 0.0], [2.0, 5.0])
    one = advance(advance(begin(engine.PoissonMixture(2), DEATHS, start=empty, algorithm="squarem")))
    plain = advance(advance(begin(engine.PoissonMixture(2), DEATHS, start=empty)))
    assert "no rows left" in one.events[0].message
    np.testing.assert_array_equal(one.params.rates, plain.params.rates)
    assert one.evaluations == plain.evaluations == 1


def test_at_rest_it_stays():
    model = engine.BinomialMixture(2, 10, fixed_weights=True)
    same = model.Params([0.5, 0.5], [0.66, 0.66])
    *_, last = iterate(model, [5, 9, 8, 4, 7], start=same, max_iter=3, tol=0, algorithm="squarem")
    np.testing.assert_allclose(last.params.probabilities, 0.66, rtol=1e-12)
    assert np.isfinite(last.objective)


@pytest.mark.parametrize("scale", [1e-100, 1e100])
def test_units_far_from_one_neither_overflow_nor_vanish(scale):
    X = engine.load("old_faithful").X * scale
    model = engine.GaussianMixture(2, reg_covar=0.0)
    *_, last = iterate(model, X, max_iter=10, algorithm="squarem")
    *_, plain = iterate(model, X, max_iter=200)
    assert last.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-6)


def test_where_parameters_leap_out_of_their_domain_the_step_is_shortened():
    """Asked for its passes alone: nothing outside the domain has one."""
    _PASSES.clear()
    model = CountedPoisson(3)
    start = model.Params([0.98, 0.01, 0.01], [2.0, 0.01, 30.0])
    list(iterate(model, DEATHS, start=start, max_iter=20, tol=0, algorithm="squarem"))
    assert len(_PASSES) > 40
    for params in _PASSES:
        assert (params.weights >= 0).all()
        assert (params.rates >= 0).all()


def test_models_that_it_can_not_run_say_so_at_once():
    iris = engine.load("iris")
    models: list[Any] = [engine.BackpropMLP(2), *(engine.LatentMLP(2, e_step=e) for e in ("mean_field", "gibbs"))]
    for model in models:
        with pytest.raises(OptionError, match="choose classic") as caught:
            begin(model, iris.X, iris.y, algorithm="squarem")
        assert isinstance(caught.value, EngineError)
        assert "\n" not in str(caught.value)
