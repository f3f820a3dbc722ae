"""Annealed EM: components that merge while it is hot are pushed apart as the temperature falls."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine.em.algorithms import Annealed
from engine.em.pushed_apart import pushed_apart


def gaussians(means, scale=1.0):
    means = np.array(means, dtype=float)
    K, d = means.shape
    return engine.GaussianMixture.Params(np.full(K, 1 / K), means, np.tile(scale * np.eye(d), (K, 1, 1)))


def apart(params, model, seed=0):
    return pushed_apart(params, model, np.random.default_rng(seed))


def test_components_in_one_place_go_apart_and_their_mean_stays():
    start = gaussians([[3.0, 3.0], [3.0, 3.0], [9.0, 9.0]], 4.0)
    moved, groups = apart(start, engine.GaussianMixture(3))
    assert groups == [[0, 1]]
    np.testing.assert_allclose(moved.means[:2].mean(axis=0), [3.0, 3.0])
    np.testing.assert_array_equal(moved.means[2], [9.0, 9.0])
    assert np.linalg.norm(moved.means[0] - [3.0, 3.0]) == pytest.approx(0.3 * 2.0)  # in standard deviations
    again, _ = apart(start, engine.GaussianMixture(3))
    other, _ = apart(start, engine.GaussianMixture(3), seed=1)
    np.testing.assert_array_equal(moved.means, again.means)
    assert not np.array_equal(moved.means, other.means)


def test_the_direction_in_which_they_still_differ_is_kept():
    moved, _ = apart(gaussians([[0.0, 1e-7], [0.0, -1e-7]]), engine.GaussianMixture(2))
    assert moved.means[0] @ [0, 1] > 0.29
    assert abs(moved.means[0, 0]) < 0.02


def test_components_that_are_apart_stay_where_they_are():
    start = gaussians([[0.0, 0.0], [1.0, 0.0]])
    moved, groups = apart(start, engine.GaussianMixture(2))
    assert moved is start
    assert groups == []


def test_probabilities_keep_their_sums_and_their_borders():
    start = engine.HiddenMarkovModel.Params(
        [0.5, 0.5], [[0.5, 0.5], [0.5, 0.5]], [[0.2, 0.5, 0.3, 0.0], [0.2, 0.5, 0.3, 0.0]]
    )
    moved, groups = apart(start, engine.HiddenMarkovModel(n_states=2))
    assert groups == [[0, 1]]
    np.testing.assert_allclose(moved.emission.sum(axis=1), 1.0)
    assert (moved.emission[:, 3] == 0).all()
    assert not np.array_equal(moved.emission[0], moved.emission[1])


def test_annealed_em_reaches_what_classic_em_reaches():
    data = engine.load("two_gaussians")
    merging = {"algorithm": "annealed:initial=4"}, {"model": engine.GaussianMixture(2, init="responsibilities")}
    for how in ({}, *merging):
        run = engine.fit(**{"model": engine.GaussianMixture(2), "X": data.X, "algorithm": "annealed"} | how)
        assert run.objectives[-1] == pytest.approx(-585.547, abs=2e-3)
        assert run.converged
        said = [event.message for step in run.timeline.steps for event in step.events]
        assert any("components 1 and 2 had merged" in one and "pushed apart" in one for one in said) == (how != {})


@pytest.mark.parametrize("name", ["two_gaussians", "xor", "iris", "icecream", "old_faithful", "films"])
def test_it_ends_no_lower_than_classic_em_from_the_same_start_for_most_seeds(name):
    data = engine.load(name)
    model = engine.model_class(data.model)
    size = {model.size_option: len(data.class_names)} if data.class_names else {}
    model = model(**size | data.options)
    lower = 0
    for seed in range(3):
        classic, annealed = (
            engine.fit(model, data.X, seed=seed, algorithm=algorithm).objectives[-1]
            for algorithm in ("classic", "annealed")
        )
        lower += annealed < classic - 0.01
    assert lower <= 1


def test_a_temperature_that_stays_pushes_nothing_apart():
    data = engine.load("two_gaussians")
    run = engine.fit(engine.GaussianMixture(2), data.X, algorithm=Annealed(initial=4.0, rate=1.0), max_iter=30)
    assert not any(step.events for step in run.timeline.steps)


@pytest.mark.parametrize("algorithm", ["classic", "hard", "stochastic", "annealed", "squarem"])
def test_who_does_not_promise_ascent_says_so_first(algorithm):
    kind = engine.algorithms.ALGORITHMS[algorithm]
    promises = kind.rises in ("both", "objective")
    assert ("may fall" in kind.title.rpartition(";")[2]) == (not promises)
