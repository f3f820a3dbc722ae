"""θ of a Gaussian mixture, its four covariance types, and a given start checked in plain words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.arrays import Array
from engine.em.parameters import Parameters, positive_definite, real, simplex
from engine.errors import EngineError
from engine.models.triangular import inverse_lower

COVARIANCE_TYPES = ("full", "tied", "diag", "spherical")


@dataclass(frozen=True)
class GaussianParams(Parameters):
    """θ of a Gaussian mixture, in the units of the data.

    Attributes:
        weights: (K,) mixing weights, at least 0, sum 1.
        means: (K, d).
        covariances: (K, d, d) full; (d, d) tied; (K, d) diag: variances; (K,) spherical: one variance a component.
    """

    weights: Array = simplex("π", "weight", per="component")
    means: Array = real("μ", "mean", per="component", of="column", units=1, location=True)
    covariances: Array = positive_definite(
        "Σ", "covariance", form="covariance_type", per="component", of="column", units=2
    )


def covariances_shape(covariance_type: str, k: int, d: int) -> tuple[int, ...]:
    """The shape of `covariances` for K components in d dimensions."""
    return {"full": (k, d, d), "tied": (d, d), "diag": (k, d), "spherical": (k,)}[covariance_type]


def n_covariance_parameters(covariance_type: str, k: int, d: int) -> int:
    """Free parameters of the covariances: d(d+1)/2 for each full one, d for each diagonal one, 1 for each sphere."""
    one_full = d * (d + 1) // 2
    return {"full": k * one_full, "tied": one_full, "diag": k * d, "spherical": k}[covariance_type]


@lru_cache(maxsize=8)
def factors(params: GaussianParams, covariance_type: str) -> Array:
    """What scales a standard normal variable to each component, in the shape of `covariances`.

    The lower Cholesky factors L with L Lᵀ = Σ (full, tied), or the standard deviations (diag, spherical). Kept for the
    last few parameters, because an M-step, the next E-step and the prior all ask for them.
    Raises numpy.linalg.LinAlgError where a covariance is not positive definite.
    """
    covariances = params.covariances
    if covariance_type in ("full", "tied"):
        return np.asarray(np.linalg.cholesky(covariances), dtype=np.float64)
    if not np.all(covariances > 0):
        raise np.linalg.LinAlgError("a variance is not above 0")
    return np.sqrt(covariances)


@lru_cache(maxsize=8)
def inverse_factors(params: GaussianParams, covariance_type: str) -> Array:
    """What standardises each component, in the shape of `covariances`: L⁻¹, or 1 over the standard deviations."""
    factor = factors(params, covariance_type)
    return inverse_lower(factor) if covariance_type in ("full", "tied") else 1.0 / factor


def check_gaussian_params(params: GaussianParams, covariance_type: str, k: int, d: int) -> None:
    """Shapes, weights on the simplex, covariances positive definite. Raises EngineError where it is otherwise."""
    shapes = {"weights": (k,), "means": (k, d), "covariances": covariances_shape(covariance_type, k, d)}
    for name, shape in shapes.items():
        array = getattr(params, name)
        if array.shape != shape:
            raise EngineError(
                f"{name} of the start must have the shape {shape} "
                f"({k} components, {d} columns, {covariance_type} covariances), not {array.shape}."
            )
        if not np.all(np.isfinite(array)):
            raise EngineError(f"{name} of the start must be finite numbers: one of them is not.")
    if np.any(params.weights < 0) or abs(float(params.weights.sum()) - 1.0) > 1e-6:
        raise EngineError(
            f"weights of the start must be at least 0 and sum to 1: they sum to {params.weights.sum():z.6g}."
        )
    tied = covariance_type == "tied"
    for i, one in enumerate(params.covariances[None] if tied else params.covariances):
        problem = _not_positive_definite(one)
        if problem:
            raise EngineError(f"the covariance {'' if tied else f'of component {i + 1} '}of the start {problem}.")


def _not_positive_definite(one: Array) -> str:
    if one.ndim < 2:
        return "" if np.all(one > 0) else "must have variances above 0"
    if not np.allclose(one, one.T, rtol=1e-9, atol=1e-12 * float(np.abs(one).max(initial=0.0))):
        return "must be symmetric"
    try:
        np.linalg.cholesky(one)
    except np.linalg.LinAlgError:
        return "must be positive definite: no direction may have a variance of 0 or less"
    return ""


def bhattacharyya(params: GaussianParams, first: int, second: int, covariance_type: str) -> float:
    """∫ √(N_i N_j) = exp(−⅛ δᵀ Σ⁻¹ δ) (|Σ_i| |Σ_j|)^¼ / |Σ|^½ with Σ = (Σ_i + Σ_j)/2 (Bhattacharyya 1943)."""
    one, other = (_full(params, k, covariance_type) for k in (first, second))
    mean = 0.5 * (one + other)
    apart = params.means[first] - params.means[second]
    logs = [float(np.linalg.slogdet(matrix)[1]) for matrix in (one, other, mean)]
    distance = 0.125 * float(apart @ np.linalg.solve(mean, apart)) + 0.5 * logs[2] - 0.25 * (logs[0] + logs[1])
    return math.exp(-max(distance, 0.0))


def _full(params: GaussianParams, k: int, covariance_type: str) -> Array:
    covariances, d = params.covariances, params.means.shape[1]
    if covariance_type in ("full", "tied"):
        return np.asarray(covariances[k] if covariance_type == "full" else covariances)
    return np.diag(np.broadcast_to(covariances[k], d))
