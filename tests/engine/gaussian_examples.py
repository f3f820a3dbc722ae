"""Data, parameters and slow second ways for the tests of the Gaussian mixture."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from engine.em.loop import begin, e_step, m_step
from engine.em.step import Step
from engine.models.gaussian.mixture import GaussianMixture
from engine.models.gaussian.params import COVARIANCE_TYPES, GaussianParams

Array = NDArray[np.float64]
TYPES = COVARIANCE_TYPES


def blobs(n: int, d: int, k: int, seed: int = 0, apart: float = 3.0) -> Array:
    """Rows from k Gaussians of different shapes."""
    generator = np.random.default_rng(seed)
    means = apart * generator.normal(size=(k, d))
    shapes = generator.normal(size=(k, d, d)) / np.sqrt(d) + np.eye(d)
    labels = generator.integers(k, size=n)
    return means[labels] + np.einsum("nij,nj->ni", shapes[labels], generator.normal(size=(n, d)))


def parameters(X: Array, k: int, covariance_type: str, seed: int = 0) -> GaussianParams:
    """Rough but sensible parameters: rows as means, uneven weights, wide covariances."""
    generator = np.random.default_rng(seed)
    d = X.shape[1]
    means = X[generator.choice(len(X), k, replace=False)] + 0.1 * X.std(axis=0) * generator.normal(size=(k, d))
    weights = generator.dirichlet(np.full(k, 5.0))
    noise = generator.normal(size=(k, d, d))
    full = np.einsum("i,kij,klj,l->kil", X.std(axis=0), noise, noise, X.std(axis=0)) / d
    full += np.eye(d) * X.var(axis=0)
    diagonal = np.diagonal(full, axis1=1, axis2=2)
    covariances = {"full": full, "tied": full[0], "diag": diagonal, "spherical": diagonal.mean(axis=1)}
    return GaussianParams(weights, means, covariances[covariance_type])


def as_full(params: GaussianParams, covariance_type: str) -> Array:
    """(K, d, d) covariances, whatever the type."""
    k, d = params.means.shape
    covariances = params.covariances
    if covariance_type == "tied":
        return np.broadcast_to(covariances, (k, d, d))
    if covariance_type == "diag":
        return np.stack([np.diag(one) for one in covariances])
    return covariances[:, None, None] * np.eye(d) if covariance_type == "spherical" else covariances


def slow_log_joint(X: Array, params: GaussianParams, covariance_type: str) -> Array:
    """(n, K) ln weights_k + ln N(x_i | k), by scipy."""
    columns = [
        np.log(weight) + np.atleast_1d(multivariate_normal(mean, covariance).logpdf(X))
        for weight, mean, covariance in zip(params.weights, params.means, as_full(params, covariance_type), strict=True)
    ]
    return np.column_stack(columns)


def slow_posterior(X: Array, params: GaussianParams, covariance_type: str) -> tuple[Array, Array]:
    """Responsibilities (n, K) and log-evidence (n,), by scipy."""
    joint = slow_log_joint(X, params, covariance_type)
    evidence = logsumexp(joint, axis=1)
    return np.exp(joint - evidence[:, None]), evidence


def slow_m_step(X: Array, r: Array, covariance_type: str, reg_covar: float) -> GaussianParams:
    """The M-step by its equations, component by component; r are weighted responsibilities (n, K)."""
    n, k, d = r.sum(), r.shape[1], X.shape[1]
    counts, ridge = r.sum(axis=0), reg_covar * n
    means = np.array([r[:, j] @ X / counts[j] for j in range(k)])
    scatter = np.array([(r[:, j, None] * (X - means[j])).T @ (X - means[j]) for j in range(k)])
    diagonal = np.diagonal(scatter, axis1=1, axis2=2)
    covariances = {
        "full": (scatter + ridge * np.eye(d)) / counts[:, None, None],
        "tied": scatter.sum(axis=0) / n + reg_covar * np.eye(d),
        "diag": (diagonal + ridge) / counts[:, None],
        "spherical": (diagonal.sum(axis=1) / d + ridge) / counts,
    }
    return GaussianParams(counts / n, means, covariances[covariance_type])


def one_iteration(model: GaussianMixture, X: Array, start: GaussianParams, **more: Any) -> tuple[Step, Step]:
    """The E and the M of one iteration."""
    e = e_step(begin(model, X, start=start, **more))
    return e, m_step(e)


def assert_same_params(one: GaussianParams, other: GaussianParams, rtol: float, atol: float = 0.0) -> None:
    """Weights, means and covariances are equal, the covariances relative to their own largest entry."""
    np.testing.assert_allclose(one.weights, other.weights, rtol=rtol, atol=atol)
    np.testing.assert_allclose(one.means, other.means, rtol=rtol, atol=atol + rtol * np.abs(other.means).max())
    largest = np.abs(other.covariances).max()
    np.testing.assert_allclose(one.covariances, other.covariances, rtol=rtol, atol=atol + rtol * largest)


def assert_never_falls(values: list[float], share: float = 1e-9) -> None:
    """No value lies below the one before it by more than this share."""
    for before, after in pairwise(values):
        assert after >= before - share * max(1.0, abs(before)), (before, after)
