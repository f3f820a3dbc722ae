"""Large numbers: what is alike is judged where a component lies, not by the largest number of the table."""

from __future__ import annotations

import numpy as np
import pytest
from gaussian_examples import TYPES

import engine
from engine.models.gaussian.mixture import GaussianMixture


def deviations(covariances: np.ndarray) -> np.ndarray:
    """Standard deviations along the columns, whatever the type: (K, d), or (K, 1) of spheres."""
    if covariances.ndim == 3:
        return np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    return np.sqrt(covariances.reshape(len(covariances), -1))


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
@pytest.mark.parametrize("init", ["kmeans", "kmeans++"])
@pytest.mark.parametrize("offset", [1.7e12, -1e13, 1.7e14])
def test_groups_far_from_the_origin_keep_their_deviations(offset: float, init: str, covariance_type: str) -> None:
    """Milliseconds since 1970, and beyond: numpy's deviation of each group, and not an event."""
    generator = np.random.default_rng(5)
    groups = [offset + generator.normal(0, 1, 100), offset + generator.normal(20, 1, 100)]
    run = engine.fit(GaussianMixture(2, covariance_type, init=init), np.concatenate(groups)[:, None])
    order = run.params.means[:, 0].argsort()
    np.testing.assert_allclose(
        deviations(run.params.covariances)[order, 0], [group.std() for group in groups], rtol=1e-3
    )
    assert not [event for step in run.timeline.steps for event in step.events]
    assert run.converged
    assert np.array_equal(run.labels, np.repeat(order, 100))


@pytest.mark.parametrize("far", [1e9, 1e12, -1e15])
@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_one_row_far_away_blurs_no_other_component(covariance_type: str, far: float) -> None:
    generator = np.random.default_rng(5)
    ordinary = np.concatenate([generator.normal(0, 1, (40, 2)), generator.normal(4, 1, (40, 2))])
    X = np.append(ordinary, [[far, far]], axis=0)
    for ridge in (0.0, 1e-6, "auto"):
        run = engine.fit(GaussianMixture(2, covariance_type, reg_covar=ridge), X)
        many = int(run.params.weights.argmax())
        np.testing.assert_allclose(deviations(run.params.covariances)[many], [2.197, 2.301], atol=6e-4)
        assert run.step.events[0].message.startswith(f"component {2 - many} holds only row 81")


@pytest.mark.parametrize("far", [1e6, 1e12, -1e15])
@pytest.mark.parametrize("init", ["kmeans++", "points", "responsibilities"])
def test_one_row_far_away_blurs_no_other_component_from_any_start(init: str, far: float) -> None:
    generator = np.random.default_rng(5)
    ordinary = np.concatenate([generator.normal(0, 1, (40, 2)), generator.normal(4, 1, (40, 2))])
    X = np.append(ordinary, [[far, far]], axis=0)
    wanted = {"full": ordinary.std(axis=0), "diag": ordinary.std(axis=0)}
    wanted["spherical"] = np.sqrt(ordinary.var(axis=0).mean(keepdims=True))
    for covariance_type, deviation in wanted.items():
        for seed in range(3):
            run = engine.fit(GaussianMixture(2, covariance_type, init=init), X, seed=seed)
            many = int(run.params.weights.argmax())
            np.testing.assert_allclose(deviations(run.params.covariances)[many], deviation, rtol=1e-3)


def test_one_covariance_for_all_that_a_far_row_has_widened_is_told_as_what_it_is() -> None:
    """What is tied stays as wide as the far row lies off, from a start that doesn't set that row apart."""
    generator = np.random.default_rng(5)
    ordinary = np.concatenate([generator.normal(0, 1, (40, 2)), generator.normal(4, 1, (40, 2))])
    for far in (1e6, 1e12):
        run = engine.fit(GaussianMixture(2, "tied", init="points"), np.append(ordinary, [[far, far]], axis=0))
        assert not run.converged
        assert "components 1 and 2 coincide" in run.stop_reason
        assert run.stop_reason.startswith(("a saddle", "a plateau"))


@pytest.mark.parametrize("covariance_type", TYPES)
def test_all_rows_about_a_large_number_are_no_constant(covariance_type: str) -> None:
    X = 1.7e12 + np.random.default_rng(0).normal(size=(50, 2))
    run = engine.fit(GaussianMixture(1, covariance_type), X)
    covariances = run.params.covariances[None] if covariance_type == "tied" else run.params.covariances
    wanted = np.sqrt(X.var(axis=0).mean()) if covariance_type == "spherical" else X.std(axis=0)
    np.testing.assert_allclose(deviations(covariances).ravel(), np.ravel(wanted), rtol=1e-3)
    assert not run.step.events


def test_equal_rows_are_still_alike_wherever_they_lie() -> None:
    for place in (0.0, 0.1, 1.7e12):
        X = np.concatenate([np.random.default_rng(1).normal(size=30), np.full(12, 50.0)])[:, None] + place
        run = engine.fit(GaussianMixture(2), X)
        assert "holds 12 rows that are all alike, such as row 31" in run.step.events[0].message


def test_a_hidden_markov_model_tells_states_apart_far_from_the_origin() -> None:
    generator = np.random.default_rng(5)
    states = np.repeat([0, 1, 0, 1], 50)
    X = 1.7e12 + 20.0 * states + generator.normal(size=200)
    run = engine.fit(engine.HiddenMarkovModel(n_states=2, emission="gaussian"), X)
    order = run.params.emission.means[:, 0].argsort()
    wanted = [X[states == state].std() for state in (0, 1)]
    np.testing.assert_allclose(np.sqrt(run.params.emission.covariances[order, 0]), wanted, rtol=1e-3)
