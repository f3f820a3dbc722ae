"""Two bounds under the objective: each touches where its q was settled; a second hill is found where one is."""

from __future__ import annotations

import numpy as np
import pytest
from why_cases import IRIS, walked

import engine
from engine.analysis.two_bounds import two_bounds
from engine.em.loop import begin, e_step, m_step
from engine.errors import OptionError

CASES = ("full", "spherical", "labels", "coins", "poisson", "bernoulli", "linkage", "diary", "network")


def at(found, curve, t):
    return float(curve[np.flatnonzero(found.t == t)[0]])


@pytest.mark.parametrize("name", CASES)
def test_each_touches_at_its_own_theta_and_lies_below_elsewhere(name):
    *_, m = walked(name, 2)
    found = two_bounds(m, points=40)
    scale = 1e-9 * max(1.0, abs(m.objective))
    assert found.touches and found.touches_after
    for bound in (found.bound, found.bound_after):
        below = np.isfinite(bound) & np.isfinite(found.objective)
        assert np.all(bound[below] <= found.objective[below] + scale)
    assert at(found, found.objective, 0.0) == pytest.approx(m.objective_q, abs=scale)
    assert at(found, found.bound, 0.0) == pytest.approx(m.objective_q, abs=scale)
    assert at(found, found.objective, 1.0) == pytest.approx(m.objective, abs=scale)
    assert at(found, found.bound, 1.0) == pytest.approx(m.elbo + m.log_prior, abs=scale)
    assert at(found, found.bound_after, 1.0) == pytest.approx(m.objective, abs=scale)
    following = e_step(m)
    assert at(found, found.bound_after, 1.0) == pytest.approx(following.elbo + following.log_prior, abs=scale)


def test_a_second_hill_is_looked_for():
    data = engine.load("deaths")
    steps = list(engine.iterate(engine.PoissonMixture(2), data.X, seed=0, max_iter=2))
    found = two_bounds(steps[-1])
    assert found.n_hills == 2
    inside = found.objective[1:-1]
    tops = np.flatnonzero((inside > found.objective[:-2]) & (inside > found.objective[2:]))
    assert len(tops) == 2
    alone = two_bounds(m_step(e_step(begin(engine.GeneticLinkage(), [[125, 18, 20, 34]]))), "theta")
    assert alone.n_hills == 1
    assert alone.t[0] < 0.02 and alone.t[-1] > 0.98


def test_the_bound_after_may_be_of_an_e_step_that_was_taken():
    *_, m = walked("full", 1)
    e = e_step(m)
    np.testing.assert_array_equal(
        two_bounds(m, points=20).bound_after, two_bounds(m, points=20, after=e.at_q).bound_after
    )
    assert not two_bounds(walked("full", 1, "hard")[-1], points=20).touches_after


def test_there_are_two_after_an_m_step_alone():
    for step in walked("full", 1)[:2]:
        with pytest.raises(OptionError, match="one bound so far"):
            two_bounds(step)
    with pytest.raises(OptionError, match="means"):
        two_bounds(m_step(e_step(begin(engine.GaussianMixture(2), IRIS.X))), "means[9,9]")
