"""Many starts end where single fits end, and the optima that they reach are grouped."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gaussian_examples import TYPES, blobs, parameters
from why_cases import DEATHS, IRIS

import engine
from engine.analysis.many_starts import all_starts, many_starts
from engine.analysis.optima import group_optima
from engine.errors import DataError, EngineError, OptionError
from engine.models.gaussian.params import GaussianParams


def assert_same_as_fits(model, X, progress, y=None, close=1e-10, may_part=0, **options):
    """may_part: so many starts may end elsewhere, where a component begins again as its last digits decide."""
    for result in progress.results:
        run = engine.fit(model, X, y, seed=result.seed, **options)
        begun_again = any(event.breaks_ascent for step in run.timeline.steps for event in step.events)
        if begun_again and may_part and result.objective != pytest.approx(run.step.objective, rel=close):
            may_part -= 1
            continue
        assert (run.n_iter, run.converged) == (result.n_iter, result.converged)
        assert result.objective == pytest.approx(run.step.objective, rel=close)
        assert result.log_likelihood == pytest.approx(run.log_likelihood, rel=close)
        for name in ("weights", "means", "covariances"):
            one, other = getattr(run.params, name), getattr(result.params, name)
            np.testing.assert_allclose(other, one, rtol=100 * close, atol=100 * close * np.abs(one).max())


@pytest.mark.parametrize("init", ["points", "kmeans++"])
@pytest.mark.parametrize("kind", TYPES)
def test_side_by_side_is_as_alone(kind, init):
    model = engine.GaussianMixture(3, covariance_type=kind, init=init)
    options = {"tol": 1e-7, "max_iter": 60}
    progress = all_starts(model, IRIS.X, n_starts=8, **options)
    assert progress.finished and progress.done == 8
    assert_same_as_fits(model, IRIS.X, progress, **options)


@pytest.mark.parametrize("kind", TYPES)
def test_weights_and_labels_count_as_alone(kind):
    X = blobs(200, 2, 3, seed=5)
    model = engine.GaussianMixture(3, covariance_type=kind, init="points", reg_covar=1e-3)
    y, weight = np.where(np.arange(200) % 20 == 0, 1, -1), np.arange(200.0) % 4
    progress = all_starts(model, X, y, sample_weight=weight, n_starts=4, tol=1e-6, max_iter=40)
    assert_same_as_fits(model, X, progress, y, sample_weight=weight, tol=1e-6, max_iter=40)


@pytest.mark.parametrize("policy", ["ridge", "reset", "stop"])
def test_components_in_trouble_are_handled_as_alone(policy):
    X = np.vstack([np.repeat([[0.0, 0.0], [4.0, 4.0]], 10, axis=0), blobs(30, 2, 2)])
    model = engine.GaussianMixture(4, init="points", reg_covar=0.0, on_collapse=policy)
    progress = all_starts(model, X, n_starts=10, tol=1e-6, max_iter=30)
    # A covariance on its way to nothing magnifies the last digit: the starts part by 1e-14 before it happens, and the
    # iteration in which it is alike to the last digit may be another, from which a reset goes elsewhere.
    may_part = 2 if policy == "reset" else 0
    assert_same_as_fits(model, X, progress, close=1e-6, may_part=may_part, tol=1e-6, max_iter=30)


def test_tight_components_lose_no_digits():
    """Far tighter than the data: the shared coordinates would cancel, so that these starts go on by themselves."""
    generator = np.random.default_rng(0)
    X = np.concatenate([c + 1e-5 * generator.normal(size=(20, 2)) for c in ([0.0, 0.0], [50.0, 0.0], [0.0, 80.0])])
    model = engine.GaussianMixture(3, init="kmeans++", reg_covar=0.0)
    assert_same_as_fits(model, X, all_starts(model, X, n_starts=5, tol=1e-6, max_iter=30), tol=1e-6, max_iter=30)


def test_chunks_of_rows_and_groups_of_starts():
    X = blobs(30_000, 2, 3, seed=2)
    model = engine.GaussianMixture(300, covariance_type="spherical", init="points")
    progress = all_starts(model, X, n_starts=4, tol=0.0, max_iter=1)
    assert_same_as_fits(model, X, progress, tol=0.0, max_iter=1)


def test_iris_reaches_its_published_optimum_and_more():
    model = engine.GaussianMixture(3, init="points", reg_covar=0.0)
    optima = group_optima(all_starts(model, IRIS.X, n_starts=60), truth=IRIS.y)
    known = next(one for one in optima if abs(one.log_likelihood + 180.1854771) < 1e-5)
    assert (known.hits, known.total) == (145, 150) and known.count > 10
    assert known.accuracy == pytest.approx(145 / 150)
    higher = [one for one in optima if one.log_likelihood > known.log_likelihood + 1.0]
    assert higher and max(one.accuracy for one in higher) < known.accuracy
    assert sum(one.count for one in optima) == 60
    assert all(len(one.seeds) == one.count and one.best.seed in one.seeds for one in optima)
    heights = [one.objective for one in optima]
    assert heights == sorted(heights, reverse=True)


def test_a_generator_that_can_be_left():
    progress: Any = many_starts(engine.GaussianMixture(3, init="points"), IRIS.X, n_starts=30)
    seen = [next(progress) for _ in range(12)]
    progress.close()
    assert [one.done for one in seen] == sorted(one.done for one in seen)
    assert seen[-1].iterations > seen[0].iterations >= 30
    assert not seen[-1].finished and seen[-1].total == 30


def test_other_models_and_algorithms_run_one_by_one():
    model: Any
    for model, X, algorithm in (
        (engine.PoissonMixture(2), DEATHS, "classic"),
        (engine.KMeans(3, init="points"), IRIS.X, "classic"),
        (engine.GaussianMixture(3, init="points"), IRIS.X, "hard"),
        (engine.GaussianMixture(3, m_step="conditional"), IRIS.X, "classic"),
    ):
        steps = list(many_starts(model, X, n_starts=4, max_iter=15, tol=1e-6, algorithm=algorithm))
        assert [one.done for one in steps] == [1, 2, 3, 4]
        for result in steps[-1].results:
            run = engine.fit(model, X, seed=result.seed, max_iter=15, tol=1e-6, algorithm=algorithm)
            assert result.objective == run.step.objective and result.stop_reason == run.stop_reason


def test_explicit_starts():
    starts = [parameters(IRIS.X, 3, "full", seed) for seed in range(3)]
    progress = all_starts(engine.GaussianMixture(3), IRIS.X, starts=starts, tol=1e-6)
    for result in progress.results:
        run = engine.fit(engine.GaussianMixture(3), IRIS.X, start=starts[result.seed], tol=1e-6, max_iter=1000)
        assert result.objective == pytest.approx(run.step.objective, rel=1e-10)
    wrong = GaussianParams(np.array([1.0]), np.zeros((1, 4)), np.eye(4)[None])
    progress = all_starts(engine.GaussianMixture(3), IRIS.X, starts=[wrong, starts[0]], max_iter=2)
    assert [one.error is None for one in sorted(progress.results, key=lambda one: one.seed)] == [False, True]
    assert sum(one.count for one in group_optima(progress)) == 1


def test_a_race_of_one_and_none():
    assert all_starts(engine.GaussianMixture(2), IRIS.X, n_starts=1).done == 1
    for count in (0, -1, 1.5, True, 10**9):
        with pytest.raises(OptionError, match="n_starts"):
            many_starts(engine.GaussianMixture(2), IRIS.X, n_starts=count)
    with pytest.raises(OptionError, match="seed"):
        many_starts(engine.GaussianMixture(2), IRIS.X, seed=-1)
    with pytest.raises(DataError):
        many_starts(engine.GaussianMixture(2), [["a"]])
    few = all_starts(engine.GaussianMixture(9), IRIS.X[:4], n_starts=3)
    assert all("4 rows can't start 9 components" in str(one.error) for one in few.results)
    assert group_optima(few) == ()
    with pytest.raises(OptionError, match="tol"):
        group_optima(few, -1.0)
    with pytest.raises(EngineError):
        group_optima(all_starts(engine.GaussianMixture(2), IRIS.X, n_starts=1), truth=[0, 1])
