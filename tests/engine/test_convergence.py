"""Rates of convergence: published, measured on runs, and by the Jacobian of the EM map."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gaussian_examples import TYPES, as_full, blobs, parameters
from why_cases import CASES, DEATHS, IRIS, LINKAGE, walked

import engine
from engine.analysis.convergence import convergence_of
from engine.analysis.convergence_rate import map_rate, measured
from engine.analysis.overlap import overlap_of
from engine.em.loop import begin, e_step, m_step
from engine.em.stopping import StillToGain
from engine.errors import OptionError
from engine.models.gaussian.params import bhattacharyya


def test_linkage_has_its_published_rate():
    run = engine.fit(engine.GeneticLinkage(), LINKAGE, start=engine.GeneticLinkage.Params(0.5), tol=0.0, max_iter=6)
    found = convergence_of(run.timeline.steps)
    assert found.rate == pytest.approx(0.1328, abs=5e-5)
    assert found.from_gains == pytest.approx(0.1328, abs=1e-3)
    assert found.missing_information == found.rate
    assert map_rate(run.step) == pytest.approx(0.1328, abs=5e-5)
    assert found.overlap is None and found.helps == ()


@pytest.mark.parametrize(
    ("model", "X"),
    [
        (engine.GaussianMixture(3), IRIS.X),
        (engine.GaussianMixture(2, covariance_type="diag", init="kmeans++"), IRIS.X),
        (engine.GaussianMixture(3, covariance_type="tied"), IRIS.X),
        (engine.BernoulliMixture(2, pseudo_count=0.5), (IRIS.X.mean(axis=0) < IRIS.X).astype(float)),
    ],
)
def test_the_jacobian_tells_what_the_run_does(model, X):
    run = engine.fit(model, X, tol=1e-11, max_iter=600)
    found = convergence_of(run.timeline.steps, 1e-11)
    by_jacobian = map_rate(run.step, 200)
    assert 0.0 < by_jacobian < 1.0
    assert found.rate == pytest.approx(by_jacobian, abs=0.02)
    assert found.steps_to_go == 0


def test_the_jacobian_of_one_parameter_is_a_derivative():
    """dM/dθ of the linkage's map (125 θ/(2 + θ) + 34) / (125 θ/(2 + θ) + 72), by hand."""
    theta = 0.3
    part, slope = 125 * theta / (2 + theta), 250 / (2 + theta) ** 2
    step = begin(engine.GeneticLinkage(), LINKAGE, start=engine.GeneticLinkage.Params(theta))
    assert map_rate(step) == pytest.approx(slope * 38 / (part + 72) ** 2, rel=1e-6)


def test_steps_to_go_are_about_as_many_as_it_takes():
    model = engine.PoissonMixture(2)
    step, steps = begin(model, DEATHS, start=engine.PoissonMixture.Params([0.5, 0.5], [1.0, 3.0])), []
    for _ in range(60):
        steps += [step, e_step(step)]
        step = m_step(steps[-1])
    tol = 1e-7
    promised = convergence_of([*steps, step], tol).steps_to_go
    assert promised is not None
    taken = 0
    while StillToGain(tol)(step) is None:
        step = m_step(e_step(step))
        taken += 1
    assert 0.5 * promised < taken < 3.0 * promised + 5


def test_slow_and_overlapping_says_what_helps():
    start = engine.PoissonMixture.Params([0.5, 0.5], [1.0, 3.0])
    run = engine.fit(engine.PoissonMixture(2), DEATHS, start=start, tol=0.0, max_iter=100)
    found = convergence_of(run.timeline.steps, 1e-9)
    assert found.rate > 0.95 and found.overlap is not None and found.overlap.confusion > 0.3
    assert found.helps[0] == "squarem" and "fewer_components" in found.helps
    run = engine.fit(engine.LatentMLP(3), IRIS.X, IRIS.y, max_iter=20, tol=0.0)
    assert convergence_of(run.timeline.steps).helps == ("newton",)


def test_squarem_is_said_to_help_where_it_can_be_chosen():
    """Slow, with an exact E-step and a likelihood: SQUAREM takes it. k-means is not told of it."""
    run = engine.fit(engine.GaussianMixture(4, init="points"), IRIS.X, tol=0.0, max_iter=60, seed=1)
    found = convergence_of(run.timeline.steps, 1e-12)
    assert found.rate > 0.9 and "squarem" in found.helps
    faster = engine.fit(engine.GaussianMixture(4), IRIS.X, start=run.params, tol=0.0, max_iter=60, algorithm="squarem")
    assert faster.objectives[-1] >= run.objectives[-1]
    assert "squarem" not in convergence_of(engine.fit(engine.KMeans(3), IRIS.X).timeline.steps, 0.0).helps


@pytest.mark.parametrize("name", CASES)
def test_every_model_is_told_of(name):
    steps = walked(name, 3)
    for some in (steps[:1], steps[:3], steps):
        found = convergence_of(some)
        assert math.isnan(found.rate) or found.rate >= 0.0
        assert found.steps_to_go is None or found.steps_to_go >= 0
    rate = map_rate(steps[-1], 30)
    assert math.isfinite(rate)
    assert math.isnan(convergence_of(steps[:3]).rate)


@pytest.mark.parametrize("kind", TYPES)
def test_bhattacharyya_by_integration(kind):
    params = parameters(blobs(60, 1, 2, seed=4), 2, kind)
    one, other = as_full(params, kind)[:, 0, 0]
    x = np.linspace(-60.0, 60.0, 200_001)

    def density(mean, variance):
        return np.exp(-0.5 * (x - mean) ** 2 / variance) / np.sqrt(2 * np.pi * variance)

    p, q = density(params.means[0, 0], one), density(params.means[1, 0], other)
    assert bhattacharyya(params, 0, 1, kind) == pytest.approx(np.trapezoid(np.sqrt(p * q), x), abs=1e-9)
    assert bhattacharyya(params, 1, 1, kind) == pytest.approx(1.0)


def test_the_overlap_is_of_the_two_that_share_most():
    step = m_step(e_step(begin(engine.GaussianMixture(3), IRIS.X)))
    found = overlap_of(step)
    r = step.problem.model.responsibilities(step.params, step.problem.data, slice(None))
    pairs = {(i, j): r[:, i] @ r[:, j] / min(r[:, i].sum(), r[:, j].sum()) for i in range(3) for j in range(i)}
    (j, i), most = max(((pair[1], pair[0]), value) for pair, value in pairs.items() if value == max(pairs.values()))
    assert found is not None and (found.first, found.second) == (j, i)
    assert found.confusion == pytest.approx(most)
    assert found.bhattacharyya == pytest.approx(bhattacharyya(step.params, j, i, "full"))
    assert overlap_of(begin(engine.GaussianMixture(1), IRIS.X)) is None


def deaths(iterations: int, **how):
    start = engine.PoissonMixture.Params([0.5, 0.5], [1.0, 3.0])
    return engine.fit(engine.PoissonMixture(2), DEATHS, start=start, tol=0.0, max_iter=iterations, **how).timeline.steps


def test_what_is_still_to_gain_is_what_is_gained_in_the_end():
    steps = deaths(300)
    found = convergence_of(steps)
    end = deaths(3000)[-1].objective
    assert found.settled
    assert found.still_to_gain == pytest.approx((end - steps[-1].objective) / len(DEATHS), rel=0.1)


def test_the_last_eight_steps_are_enough():
    steps = walked("full", 9)
    assert convergence_of(steps[-8:]) == convergence_of(steps)
    assert convergence_of([*steps, e_step(steps[-1])][-8:]) == convergence_of(steps)


def test_a_rate_is_settled_when_two_iterations_and_the_gains_agree():
    early, late = convergence_of(deaths(3)), convergence_of(deaths(60))
    assert not early.settled and late.settled
    assert not convergence_of(deaths(2)).settled


@pytest.mark.parametrize(
    ("name", "algorithm", "kind"),
    [
        ("full", "classic", "em"),
        ("conditional", "classic", "partial"),
        ("gradient", "classic", "partial"),
        ("network", "classic", "em"),
        ("kmeans", "classic", "hard"),
        ("full", "hard", "hard"),
        ("poisson", "stochastic", "drawn"),
        ("poisson", "squarem", "accelerated"),
        ("coins", "annealed", "tempered"),
    ],
)
def test_what_walks_is_told_and_only_what_has_a_rate_is_given_one(name, algorithm, kind):
    found = convergence_of(walked(name, 4, algorithm))
    assert found.kind == kind
    assert math.isfinite(found.rate) == (kind in ("em", "partial"))
    assert math.isfinite(found.missing_information) == (kind == "em")
    if kind not in ("em", "partial"):
        assert not found.settled and found.steps_to_go in (None, 0) and math.isnan(found.still_to_gain)


def test_a_held_temperature_has_a_rate_and_no_forecast():
    found = convergence_of(walked("coins", 5, "annealed:initial=2,rate=1"))
    assert found.kind == "tempered" and 0.0 < found.rate < 1.0 and found.steps_to_go is None
    assert math.isnan(found.missing_information)


def test_another_problem_or_a_component_set_anew_begins_again():
    from dataclasses import replace

    from engine.em.maximization import Event

    steps = walked("full", 4)
    assert convergence_of(steps).needs == 0
    anew = replace(steps[-1], events=(Event("component 1 was set anew", 0, breaks_ascent=True),))
    found = convergence_of([*steps[:-1], anew])
    assert found.needs == 2 and math.isnan(found.rate)
    other = begin(engine.GaussianMixture(3), IRIS.X, start=steps[-1].params)
    assert convergence_of([*steps, other]).needs == 2
    assert convergence_of([*steps, e_step(other)]).needs == 2


def test_what_was_measured_says_how_slow_it_is():
    """The deaths seem fast at first: their slow direction shows once the fast ones have come to rest."""
    steps = deaths(5)
    assert not convergence_of(steps, 1e-9).slow and convergence_of(steps, 1e-9).helps == ()
    rate = map_rate(steps[-1])
    found = convergence_of(steps, 1e-9, measured=rate)
    assert rate > 0.99 and found.slow and found.helps[0] == "squarem"
    assert "squarem" not in convergence_of(deaths(3, algorithm="squarem"), 1e-12, measured=rate).helps


def test_overlap_is_by_the_posterior_whatever_the_algorithm_settles_on():
    step = walked("full", 2, "hard")[-1]
    plain = begin(engine.GaussianMixture(3), IRIS.X, start=step.params)
    assert overlap_of(step) == overlap_of(plain)
    assert overlap_of(step).confusion > 0.01


def test_a_measurement_tells_what_it_took_and_can_be_gone_on_with():
    step = deaths(40)[-1]
    whole = measured(step)
    assert whole.settled and whole.over and whole.rate == map_rate(step)
    part = measured(step, iterations=4)
    assert not part.over and part.passes == 8
    assert measured(step, part).rate == whole.rate and measured(step, part).passes == whole.passes
    assert measured(step, whole) is whole


def test_nothing_to_tell_is_a_sentence():
    with pytest.raises(OptionError, match="no steps"):
        convergence_of([])
    with pytest.raises(OptionError, match="random"):
        map_rate(begin(engine.LatentMLP(2, e_step="gibbs"), IRIS.X, IRIS.y))


def test_a_component_on_the_ridge_asks_for_another_start():
    run = engine.fit(engine.GaussianMixture(3, init="points"), IRIS.X, seed=27)
    assert convergence_of(run.timeline.steps).helps == ("other_start",)


def test_a_network_on_columns_of_very_different_scales_asks_for_one_scale():
    wine = engine.load("wine")
    raw = engine.fit(engine.LatentMLP(m_step="newton"), wine.X, wine.y, max_iter=3)
    assert "standardize" in convergence_of(raw.timeline.steps).helps
    scaled = engine.fit(engine.LatentMLP(m_step="newton"), wine.standardized().X, wine.y, max_iter=3)
    assert "standardize" not in convergence_of(scaled.timeline.steps).helps


def test_the_only_row_is_not_to_be_left_out():
    run = engine.fit(engine.GaussianMixture(1), [[1.0, 2.0]])
    assert convergence_of(run.timeline.steps).helps == ()
    far = engine.fit(engine.GaussianMixture(2), [[0.0], [0.1], [0.3], [0.2], [90.0]])
    assert convergence_of(far.timeline.steps).helps[0] == "leave_out"
