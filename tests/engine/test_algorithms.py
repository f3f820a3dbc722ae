"""The ways to run EM: by name, by what must rise, and by what they are limits of."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

import engine
from engine.em.algorithms import ALGORITHMS, Annealed, Stochastic, algorithm_named
from engine.em.inference import Exact, Hard, Tempered, assign
from engine.em.loop import advance, begin, iterate, switch_algorithm
from engine.em.maximization import Maximization
from engine.errors import OptionError
from engine.testing import check_model

IRIS = engine.load("iris")
FAITHFUL = engine.load("old_faithful")
THREE = engine.load("three_gaussians")  # no two distances are equal, as they are on the grid of iris


@dataclass(frozen=True)
class EqualSpheres(engine.GaussianMixture):
    """Weights and covariances stay as they start: the mixture of which k-means is the hard limit."""

    def maximize(self, expectation, params, data):
        best = super().maximize(expectation, params, data)
        return Maximization(self.Params(params.weights, best.params.means, params.covariances), best.events)


def equal_spheres(K, centers, variance=0.3):
    return EqualSpheres(K, "spherical"), EqualSpheres.Params(np.full(K, 1 / K), centers, np.full(K, variance))


def phases(steps, phase):
    return [step for step in steps if step.phase == phase]


@pytest.mark.parametrize("algorithm", ["hard", "annealed:initial=1e-06,rate=1"])
@pytest.mark.parametrize("seed", range(4))
def test_hard_em_of_equal_spheres_is_k_means_at_every_iteration(algorithm, seed):
    kmeans = engine.KMeans(3, init="points")
    first = begin(kmeans, THREE.X, seed=seed).params
    model, start = equal_spheres(3, first.centers)
    ours = list(iterate(model, THREE.X, start=start, max_iter=15, tol=0, algorithm=algorithm))
    theirs = list(iterate(kmeans, THREE.X, start=first, max_iter=15, tol=0))
    for one, other in zip(phases(ours, "E"), phases(theirs, "E"), strict=True):
        np.testing.assert_array_equal(one.posterior.labels, other.posterior.labels)
        assert set(np.unique(one.posterior.responsibilities).round(9)) <= {0.0, 1.0}
    for one, other in zip(phases(ours, "M"), phases(theirs, "M"), strict=True):
        np.testing.assert_allclose(one.params.means, other.params.centers, rtol=1e-12)
    # and its bound is −inertia in other units: −inertia / 2σ² + const, so it has risen as the inertia has fallen
    bounds = [step.elbo for step in ours[1:]]
    inertias = [step.elbo for step in theirs[1:]]
    if algorithm == "hard":
        np.testing.assert_allclose(np.diff(bounds), np.diff(inertias) / (2 * 0.3), atol=1e-9)


@pytest.mark.parametrize(("name", "model"), [("deaths", engine.PoissonMixture(2)), ("iris", engine.GaussianMixture(3))])
def test_hard_em_raises_the_bound_even_where_the_likelihood_falls(name, model):
    steps = list(iterate(model, engine.load(name).X, max_iter=20, tol=0, algorithm="hard"))
    assert all(isinstance(step.inference, Hard) and step.entropy == 0 for step in steps[1:])
    for before, after in pairwise(steps[1:]):
        assert after.elbo + after.log_prior >= before.elbo + before.log_prior - 1e-9
    if name == "deaths":
        assert min(after.log_likelihood - before.log_likelihood for before, after in pairwise(steps)) < -10


@pytest.mark.parametrize("temperature", [0.2, 1.0, 3.0])
def test_a_temperature_flattens_or_sharpens_the_posterior(temperature):
    model = engine.GaussianMixture(2, reg_covar=0.0)
    held = Annealed(initial=temperature, rate=1.0)
    step = advance(begin(model, FAITHFUL.X, algorithm=held))
    plain = model.log_joint(step.params, step.problem.data, slice(None))
    np.testing.assert_allclose(
        step.posterior.responsibilities, softmax(plain / temperature, axis=0).T, rtol=1e-9, atol=1e-15
    )


def test_near_zero_what_is_far_behind_has_no_share():
    r, evidence, entropy = assign(np.array([[0.0, -1e305], [-1e305, 0.0], [-1e-9, -1.0]]), Tempered(1e-6))
    np.testing.assert_allclose(r[:, 1], [0.0, 1.0, 0.0])
    assert r[1, 0] == 0.0
    assert np.isfinite(evidence).all()
    assert np.isfinite(entropy).all()


def test_the_temperature_comes_to_one_from_either_side_and_stays():
    for algorithm in (Annealed(), Annealed(initial=0.01, rate=0.5), Annealed(initial=9.0, rate=0.0)):
        schedule = [algorithm.temperature(t) for t in range(1, 60)]
        assert schedule[0] == pytest.approx(algorithm.initial)
        away = np.abs(np.array(schedule) - 1.0)
        assert (np.diff(away) <= 0).all()
        assert schedule[-1] == 1.0
        assert isinstance(algorithm.inference(1, 0), Tempered)
        assert isinstance(algorithm.inference(59, 0), Exact)
    assert [Annealed(4.0, 0.5).temperature(t) for t in (1, 2, 3)] == [4.0, 2.5, 1.75]
    assert {Annealed(3.0).turned(0.4).temperature(t) for t in range(1, 99)} == {0.4}


def test_once_the_temperature_is_one_annealing_is_classic_em():
    model = engine.GaussianMixture(3)
    steps = list(iterate(model, IRIS.X, max_iter=60, tol=0, algorithm="annealed:initial=0.05,rate=0.5"))
    assert [s.iteration for s in steps if isinstance(s.inference, Tempered)][-1] == 10
    reached = next(step for step in steps if step.iteration == 10 and step.phase == "M")
    classic = list(iterate(model, IRIS.X, start=reached.params, max_iter=50, tol=0))
    np.testing.assert_array_equal(steps[-1].params.means, classic[-1].params.means)
    rising = [step.objective for step in steps if step.iteration >= 10 and step.phase == "M"]
    assert (np.diff(rising) >= -1e-9 * abs(rising[-1])).all()


def test_annealing_does_not_come_to_rest_while_the_temperature_falls():
    run = engine.fit(engine.GaussianMixture(3), IRIS.X, tol=1e-3, algorithm="annealed:initial=4,rate=0.8")
    assert run.converged
    assert isinstance(run.step.inference, Exact)


def test_stochastic_em_draws_alike_when_somebody_looks_back():
    model = engine.BinomialMixture(2, 10)
    X = np.random.default_rng(0).integers(0, 11, 50)
    steps = list(iterate(model, X, seed=3, max_iter=6, tol=0, algorithm="stochastic"))
    before = [step.posterior.responsibilities.copy() for step in phases(steps, "E")]
    for step in steps:
        step.release()
    for step, drawn in zip(phases(steps, "E"), before, strict=True):
        np.testing.assert_array_equal(step.posterior.responsibilities, drawn)
        assert set(np.unique(drawn)) <= {0.0, 1.0}
    assert any((one != other).any() for one, other in pairwise(before))  # each iteration draws anew
    again = list(iterate(model, X, start=steps[0].params, seed=4, max_iter=6, tol=0, algorithm="stochastic"))
    assert (again[1].posterior.responsibilities != before[0]).any()


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize(
    ("model", "X"),
    [
        (engine.BinomialMixture(2, 10), np.array([5, 9, 8, 4, 7, 0, 10])),
        (engine.GaussianMixture(2, "tied"), FAITHFUL.X[::4]),
        (engine.GaussianMixture(3, "spherical"), IRIS.X[::3]),
        (engine.KMeans(3), IRIS.X[::3]),
    ],
    ids=["coins", "gmm tied", "gmm spherical", "kmeans"],
)
def test_what_an_algorithm_says_must_rise_does(name, model, X):
    checked = check_model(model, X, algorithm=name, n_iter=6)
    rises = ALGORITHMS[name].rises
    assert ("the objective never falls" in checked) == (rises in ("both", "objective"))
    assert ("neither half-step lowers the bound" in checked) == (rises in ("both", "elbo"))
    assert ("an E-step never lowers the bound" in checked) == (rises == "objective")


def test_an_algorithm_that_promises_too_much_is_found_out():
    @dataclass(frozen=True)
    class Boastful(Stochastic):
        rises: ClassVar = "both"

    with pytest.raises(AssertionError, match=r"never falls|lowers the bound"):
        check_model(engine.GaussianMixture(2), FAITHFUL.X, algorithm=Boastful(), n_iter=15)


def test_the_temperature_can_be_turned_while_stepping():
    model = engine.GaussianMixture(2)
    step = begin(model, FAITHFUL.X, algorithm=Annealed(4.0, 1.0))
    for _ in range(4):
        step = advance(step)
    turned = switch_algorithm(step, Annealed(4.0, 1.0).turned(0.1))
    assert turned.params is step.params
    assert turned.iteration == step.iteration
    after = advance(turned)
    assert after.inference.temperature == 0.1
    joint = model.log_joint(step.params, step.problem.data, slice(None))
    np.testing.assert_allclose(after.posterior.responsibilities, softmax(joint / 0.1, axis=0).T, rtol=1e-7, atol=1e-15)
    # after an E-step q is settled: the turn is felt from the next one on
    held = switch_algorithm(after, "classic")
    assert held.inference.temperature == 0.1
    np.testing.assert_array_equal(advance(held).params.means, advance(after).params.means)
    assert isinstance(advance(advance(held)).inference, Exact)
    assert advance(held).evaluations == after.evaluations == 3


def test_a_run_that_has_stopped_goes_on_by_another_algorithm():
    *_, last = iterate(engine.BinomialMixture(2, 10), [5, 9, 8, 4, 7], max_iter=2)
    assert last.stop_reason
    on = switch_algorithm(last, "hard")
    assert on.stop_reason is None
    assert not on.converged
    assert isinstance(advance(on).inference, Hard)


@given(st.floats(1e-6, 1e6), st.floats(0, 1))
def test_the_words_for_an_algorithm_make_it_again(initial, rate):
    made = Annealed(initial, rate)
    assert algorithm_named(made.text) == made


def test_every_name_makes_its_algorithm():
    for name, kind in ALGORITHMS.items():
        assert type(algorithm_named(name)) is kind
        assert algorithm_named(name).text == name
    assert algorithm_named(" annealed : initial = 8 , rate=.5 ") == Annealed(8.0, 0.5)
    assert Annealed(8.0).text == "annealed:initial=8"
    made = Annealed(2.0)
    assert algorithm_named(made) is made


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("clasic", "did you mean classic?"),
        ("zzz", "the algorithms are classic, hard, stochastic, annealed, squarem"),
        ("", "the algorithms are classic"),
        ("annealed:speed=3", "annealed:initial=1.3,rate=0.8"),
        ("annealed:", "has no option ''"),
        ("annealed:initial", "initial must be a number"),
        ("annealed:initial=0", "initial must be a number from 1e-06"),
        ("annealed:rate=1.5", "rate must be a number from 0 to 1"),
        ("annealed:rate=nan", "rate must be a number"),
        ("hard:rate=1", "write hard alone"),
        ("no\x1b[31m", "there is no algorithm 'no'"),
    ],
)
def test_bad_words_get_one_sentence(text, says):
    with pytest.raises(OptionError) as caught:
        algorithm_named(text)
    sentence = str(caught.value)
    assert says in sentence
    assert sentence.isprintable()
    assert sentence[-1] in ".?"
