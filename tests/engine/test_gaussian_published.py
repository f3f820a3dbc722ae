"""Published fits: Old Faithful's waiting times (mixtools) and iris from a k-means start."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

import engine
from engine.em.stopping import ObjectiveChange, ResponsibilityChange
from engine.models.gaussian.mixture import GaussianMixture
from engine.models.gaussian.params import GaussianParams

# Benaglia et al. 2009; the log-likelihoods from the start, in double precision.
FAITHFUL = [-1051.0896414205, -1034.1677112632, -1034.0134164915, -1034.0027223413, -1034.0018416882]


def waiting() -> np.ndarray:
    data = engine.load("old_faithful")
    return data.X[:, [data.feature_names.index("waiting")]] if data.X.shape[1] > 1 else data.X


def test_old_faithful_walks_as_published() -> None:
    start = GaussianParams([0.5, 0.5], [[55.0], [80.0]], [[25.0]])
    model = GaussianMixture(
        2, "tied", reg_covar=0.0, m_step="conditional"
    )  # mixtools' residuals are about the old means
    steps = list(engine.iterate(model, waiting(), start=start, stopping=ObjectiveChange(1e-8, per_observation=False)))
    walked = [step.log_likelihood for step in steps if step.phase != "E"]
    np.testing.assert_allclose(walked[:5], FAITHFUL, atol=5e-11)
    last = steps[-1]
    assert last.iteration == 9
    assert last.converged
    np.testing.assert_allclose(last.params.weights, [0.36085, 0.63915], atol=5e-6)
    np.testing.assert_allclose(last.params.means[:, 0], [54.61364, 80.09031], atol=5e-6)
    assert np.sqrt(last.params.covariances[0, 0]) == pytest.approx(5.86909, abs=5e-6)
    assert last.log_likelihood == pytest.approx(-1034.002, abs=5e-4)


def test_old_faithful_comes_to_the_same_rest_by_the_joint_m_step() -> None:
    start = GaussianParams([0.5, 0.5], [[55.0], [80.0]], [[25.0]])
    model = GaussianMixture(2, "tied", reg_covar=0.0)
    *_, last = engine.iterate(model, waiting(), start=start, stopping=ObjectiveChange(1e-8, per_observation=False))
    assert last.iteration == 9
    np.testing.assert_allclose(last.params.weights, [0.36085, 0.63915], atol=5e-6)
    np.testing.assert_allclose(last.params.means[:, 0], [54.61364, 80.09031], atol=1e-5)
    assert np.sqrt(last.params.covariances[0, 0]) == pytest.approx(5.86909, abs=5e-6)


def test_iris_from_k_means_is_the_published_fit() -> None:
    data = engine.load("iris")
    *_, last = engine.iterate(GaussianMixture(3), data.X, stopping=ResponsibilityChange(1e-4))
    assert np.sort(last.params.weights).round(4).tolist() == [0.2992, 0.3333, 0.3675]
    assert last.posterior is not None
    labels = last.posterior.labels
    assert sorted(np.bincount(labels, minlength=3) / 150) == pytest.approx([0.3, 1 / 3, 0.3667], abs=5e-5)
    assert max(int(np.sum(np.array(order)[labels] == data.y)) for order in permutations(range(3))) == 145


def test_iris_reaches_the_published_optimum_without_a_ridge() -> None:
    *_, last = engine.iterate(GaussianMixture(3, reg_covar=0.0), engine.load("iris").X, tol=1e-13, max_iter=500)
    assert last.log_likelihood == pytest.approx(-180.1854771, abs=5e-8)
    assert last.converged
