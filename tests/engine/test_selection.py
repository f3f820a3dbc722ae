"""Sizes compared by criteria and by rows that were held out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from gaussian_examples import blobs
from why_cases import DEATHS, HEADS, IRIS

import engine
from engine.analysis.evaluation import criteria
from engine.analysis.selection import CRITERIA, best_candidate, compare_sizes, curves
from engine.errors import OptionError


def last(*arguments, **options):
    progress = list(compare_sizes(*arguments, **options))
    done = [one.done for one in progress]
    assert done == sorted(done) and progress[-1].finished
    return progress[-1].candidates


def test_criteria_are_those_of_a_fit():
    found = last(engine.GaussianMixture(2), IRIS.X, n_components=(1, 2, 3), repeats=2, test_share=0.0)
    assert len(found) == 6
    for one in found:
        run = engine.fit(engine.GaussianMixture(one.n_components), IRIS.X, seed=one.seed)
        wanted = criteria(run.step)
        for name in ("aic", "bic", "icl", "icl_map"):
            assert one.value(name) == pytest.approx(getattr(wanted, name), rel=1e-9)
        assert math.isnan(one.held_out) and one.error is None


def test_iris_has_two_clusters_by_bic():
    """mclust's and scikit-learn's textbook answer: full covariances, K = 2, BIC 574.0."""
    found = last(
        engine.GaussianMixture(1), IRIS.X, n_components=(1, 2, 3, 4), covariance_types=("full", "tied", "diag"),
        repeats=1, test_share=0.0,
    )  # fmt: skip
    best = best_candidate(found, "bic")
    assert (best.n_components, best.covariance_type) == (2, "full")
    assert best.value("bic") == pytest.approx(574.018, abs=0.01)
    one = {curve.covariance_type: curve.best[0] for curve in curves(found)}
    assert one["full"] == pytest.approx(one["tied"])


def test_held_out_rows_are_told_by_fits_to_the_others():
    found = last(engine.GaussianMixture(2), IRIS.X, n_components=(2,), repeats=1, folds=3, seed=7)
    order, total = np.random.default_rng(7).permutation(150), 0.0
    for fold in range(3):
        test = np.sort(order[fold::3])
        train = np.setdiff1d(order, test)
        run = engine.fit(engine.GaussianMixture(2), IRIS.X[train], seed=7)
        total += run.model.expect(run.params, run.model.observe(IRIS.X[test])).log_likelihood
    assert found[0].held_out == pytest.approx(total / 150, rel=1e-9)


def test_held_out_likelihood_finds_the_clusters():
    X = blobs(300, 2, 3, seed=1, apart=9.0)
    found = last(engine.GaussianMixture(1), X, n_components=range(1, 7), repeats=3, folds=4)
    assert best_candidate(found, "held_out").n_components == 3
    curve = curves(found, "held_out")[0]
    assert curve.n_components == (1, 2, 3, 4, 5, 6)
    for low, best, high in zip(curve.low, curve.best, curve.high, strict=True):
        assert low <= best <= high


def test_other_mixtures_and_weights():
    found = last(engine.PoissonMixture(2), DEATHS, n_components=(1, 2), repeats=1)
    assert all(math.isfinite(one.value(name)) for one in found for name in CRITERIA)
    found = last(engine.BinomialMixture(2), HEADS, n_components=(1, 2), repeats=2, folds=5)
    assert all(math.isfinite(one.held_out) for one in found) and found[0].covariance_type is None
    twos = np.full(len(DEATHS), 2.0)
    twice = last(engine.PoissonMixture(2), DEATHS, n_components=(1,), repeats=1, sample_weight=twos)
    once = last(engine.PoissonMixture(2), DEATHS, n_components=(1,), repeats=1)
    assert twice[0].log_likelihood == pytest.approx(2.0 * once[0].log_likelihood)
    assert twice[0].held_out == pytest.approx(once[0].held_out)


def test_too_many_components_are_a_candidate_in_words():
    found = last(engine.GaussianMixture(1), IRIS.X[:6], n_components=(1, 7), repeats=1, test_share=0.0)
    assert found[0].error is None and "can't start 7 components" in found[1].error
    assert math.isnan(found[1].value("bic"))
    assert best_candidate(found).n_components == 1
    assert best_candidate(found[1:]) is None and curves(found[1:])[0].n_components == ()


def test_leaving_in_the_middle():
    progress: Any = compare_sizes(engine.GaussianMixture(1, init="points"), IRIS.X, repeats=2)
    one = next(progress)
    progress.close()
    assert not one.finished and one.total == 8 * 2 * 2


@pytest.mark.parametrize(
    ("model", "options", "words"),
    [
        (engine.GeneticLinkage(), {}, "mixtures with an exact likelihood"),
        (engine.KMeans(3), {}, "mixtures with an exact likelihood"),
        (engine.LatentMLP(3), {}, "mixtures with an exact likelihood"),
        (engine.GaussianMixture(2), {"repeats": 0}, "repeats"),
        (engine.GaussianMixture(2), {"folds": 1}, "folds"),
        (engine.GaussianMixture(2), {"test_share": 1.0}, "test_share"),
        (engine.GaussianMixture(2), {"n_components": ()}, "nothing to compare"),
        (engine.GaussianMixture(2), {"n_components": (0,)}, "n_components"),
        (engine.GaussianMixture(2), {"covariance_types": ("round",)}, "covariance_type"),
        (engine.PoissonMixture(2), {"covariance_types": ("full",)}, "covariance types"),
    ],
)
def test_what_can_not_be_compared_is_one_sentence(model, options, words):
    with pytest.raises(OptionError, match=words):
        compare_sizes(model, IRIS.X, **options)
