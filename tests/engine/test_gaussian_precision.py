"""Ill-conditioned data: one E and M against fifty digits, and never worse than scikit-learn."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from gaussian_examples import TYPES, as_full, assert_never_falls, blobs
from sklearn.mixture import GaussianMixture as PeerMixture

from engine.em.loop import advance, begin, iterate
from engine.models.gaussian.mixture import GaussianMixture
from engine.models.gaussian.params import GaussianParams
from engine.models.gaussian.passes import CentredPass, SharedPass

_EXACT = np.frompyfunc(lambda value: Decimal(float(value)), 1, 1)


def exact_iteration(X: np.ndarray, params: GaussianParams, covariance_type: str) -> tuple[float, Any, Any]:
    """Log-likelihood at the parameters, and the M-step's means and full covariances, in two dimensions."""
    with localcontext() as context:
        context.prec = 50
        x, means, full = _EXACT(X), _EXACT(params.means), _EXACT(as_full(params, covariance_type))
        joints = []
        for weight, mean, s in zip(_EXACT(params.weights), means, full, strict=True):
            determinant = s[0, 0] * s[1, 1] - s[0, 1] * s[1, 0]
            u = x - mean
            quadratic = (
                s[1, 1] * u[:, 0] ** 2 - 2 * s[0, 1] * u[:, 0] * u[:, 1] + s[0, 0] * u[:, 1] ** 2
            ) / determinant
            scale = weight / determinant.sqrt() / (2 * Decimal("3.14159265358979323846264338327950288419716939937511"))
            joints.append(np.array([scale * (-q / 2).exp() for q in quadratic]))
        evidence = sum(joints)
        log_likelihood = float(sum(value.ln() for value in evidence))
        r = np.array(joints) / evidence
        counts = r.sum(axis=1)
        best = np.array([(r[k][:, None] * x).sum(axis=0) / counts[k] for k in range(len(counts))])
        spread = [
            np.array([[(r[k] * (x - m)[:, i] * (x - m)[:, j]).sum() / counts[k] for j in (0, 1)] for i in (0, 1)])
            for k, m in enumerate(best)
        ]
        if covariance_type == "tied":
            spread = [sum(c * s for c, s in zip(counts, spread, strict=True)) / len(X)]
        return log_likelihood, best, np.array(spread)


def of_type(full: np.ndarray, covariance_type: str) -> np.ndarray:
    """The covariances in the type's shape, from full ones of any number type."""
    if covariance_type == "tied":
        return full[0]
    if covariance_type == "full":
        return full
    diagonal = np.array([[one[0, 0], one[1, 1]] for one in full])
    return diagonal if covariance_type == "diag" else diagonal.sum(axis=1) / 2


def worst(X: np.ndarray, got: Any, exact: Any, covariance_type: str) -> tuple[float, float]:
    """The largest errors of means (in deviations of their component) and covariances (relative to their own size)."""
    _, means, full = exact
    deviations = np.sqrt(np.array([[float(one[0, 0]), float(one[1, 1])] for one in full]))
    off = np.abs((_EXACT(got[0]) - means).astype(float)) / deviations
    wanted = of_type(full, covariance_type)
    size = np.abs(wanted.astype(float))
    if covariance_type in ("full", "tied"):
        size = size.max(axis=(-2, -1), keepdims=True)
    return float(off.max()), float((np.abs((_EXACT(got[1]) - wanted).astype(float)) / size).max())


def rows(name: str) -> np.ndarray:
    X = blobs(60, 2, 2, seed=4, apart=4.0)
    generator = np.random.default_rng(0)
    tight = generator.normal(size=(30, 2))
    if name == "offset":
        return X + 1e8
    if name == "tight":
        return np.concatenate([tight * 1e-6 + [1.0, -2.0], X])
    if name == "far apart":
        return np.concatenate([tight, tight[::-1] + 1e7])
    if name == "nearly singular":
        return np.concatenate([np.c_[tight[:, 0], tight[:, 0] + 1e-4 * tight[:, 1]], X])
    return X


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("name", ["plain", "offset", "tight", "far apart", "nearly singular"])
def test_one_iteration_is_never_worse_than_scikit_learn(name: str, covariance_type: str) -> None:
    X = rows(name)
    first = np.arange(len(X)) < 30
    groups = [X[first], X[~first]]
    full = np.array([np.cov(group.T, bias=True) * 1.3 for group in groups])
    if covariance_type == "tied":
        full = full.mean(axis=0, keepdims=True)
    start = GaussianParams([0.4, 0.6], [group.mean(axis=0) for group in groups], of_type(full, covariance_type))
    step = begin(GaussianMixture(2, covariance_type, reg_covar=0.0), X, start=start)
    best = advance(advance(step)).params
    peer = PeerMixture(2, covariance_type=covariance_type, reg_covar=0.0)
    precisions = 1 / start.covariances if covariance_type in ("diag", "spherical") else np.linalg.inv(start.covariances)
    peer.weights_init, peer.means_init, peer.precisions_init = start.weights, start.means, precisions
    peer._initialize(X, np.ones((len(X), 2)) / 2)
    log_evidence, log_r = peer._e_step(X)
    exact = exact_iteration(X, start, covariance_type)
    ours = abs(step.log_likelihood - exact[0]) / abs(exact[0])
    theirs = abs(log_evidence * len(X) - exact[0]) / abs(exact[0])
    assert ours <= 2 * theirs + 1e-12, (ours, theirs)
    try:
        peer._m_step(X, log_r)
    except ValueError:  # its covariances have cancelled to something that has no Cholesky factor
        their_errors = (np.inf, np.inf)
    else:
        their_errors = worst(X, (peer.means_, peer.covariances_), exact, covariance_type)
    our_errors = worst(X, (best.means, best.covariances), exact, covariance_type)
    resolution = 4 * np.finfo(float).eps * np.abs(X).max() / np.sqrt(np.abs(full).min())
    assert our_errors[0] <= 2 * their_errors[0] + max(1e-11, resolution), (our_errors, their_errors)
    assert our_errors[1] <= 2 * their_errors[1] + 1e-12, (our_errors, their_errors)


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
def test_a_wide_start_that_falls_on_a_tight_cluster_loses_no_digits(covariance_type: str) -> None:
    """The moments of the first E-step are taken again about the new means, because the old ones would cancel."""
    X = rows("tight")
    wide = {"full": np.eye(2), "diag": np.ones(2), "spherical": np.ones(())}[covariance_type]
    y = np.where(np.arange(len(X)) < 30, 0, 1)
    start = GaussianParams([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], [wide, wide])
    model = GaussianMixture(2, covariance_type, reg_covar=0.0)
    best = advance(advance(begin(model, X, y, start=start))).params
    within = np.cov(X[:30].T, bias=True)
    expected = {"full": within, "diag": within.diagonal(), "spherical": within.diagonal().mean()}[covariance_type]
    np.testing.assert_allclose(best.covariances[0], expected, rtol=1e-9, atol=1e-9 * within.max())


@pytest.mark.parametrize("covariance_type", TYPES)
def test_both_passes_say_the_same(covariance_type: str) -> None:
    X = blobs(500, 3, 3)
    model = GaussianMixture(3, covariance_type)
    weight = np.random.default_rng(1).uniform(0.1, 3.0, 500)
    data = model.observe(X, None, weight)
    params = begin(model, X, sample_weight=weight).params
    whole = slice(0, 500)
    found = []
    for one in (SharedPass(params, data), CentredPass(params, data), CentredPass(params, data, params.means + 0.3)):
        with data.workspaces.borrowed() as work:
            form = one.look(whole, work)
            joint = one.log_joint(form, work).copy()
            statistics = one.statistics(form, whole, np.exp(joint - joint.max(axis=0)) * weight, work)
        normalised = statistics.scatter if covariance_type == "tied" else statistics.covariances(np.zeros(3))
        if covariance_type == "tied":  # these are no responsibilities that sum to 1: compare the moments alone
            normalised = statistics.counts
        found.append((joint, statistics.counts, statistics.means(), normalised))
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10)


def test_the_pass_is_chosen_by_what_would_cancel() -> None:
    from engine.models.gaussian.passes import pass_for

    model = GaussianMixture(2)
    for X, kind in ((rows("plain"), SharedPass), (rows("offset"), SharedPass), (rows("far apart"), CentredPass)):
        assert isinstance(pass_for(begin(model, X).params, model.observe(X)), kind)


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("name", ["offset", "tight", "far apart", "nearly singular"])
@pytest.mark.parametrize("reg_covar", [0.0, 1e-6])
def test_the_objective_never_falls_on_ill_conditioned_rows(name: str, covariance_type: str, reg_covar: float) -> None:
    model = GaussianMixture(2, covariance_type, init="kmeans++", reg_covar=reg_covar)
    steps = iterate(model, rows(name), max_iter=40, tol=0.0)
    kept: list[float] = []
    for step in steps:
        if any(event.breaks_ascent for event in step.events):
            kept = []
        kept.append(step.objective)
        assert step.phase == "init" or step.kl >= -1e-9 * abs(step.log_likelihood)
    assert_never_falls(kept)
