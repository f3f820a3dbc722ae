"""Means that the numbers of the data can hardly hold: about 1e15 they move in steps of an eighth.

A rounded mean costs Q the share N ‖δ‖² / 2, δ its distance from x̄ in deviations, so that rounding alone may undo what
an M-step has gained. Covariances about the mean as it is rounded make good for most of it; the means before can always
be kept, with the covariances that are best about them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.models.gaussian.params import GaussianParams
from engine.models.gaussian.statistics import GaussianStatistics

_EPS = float(np.finfo(np.float64).eps)
_COARSE = 1e-6  # of a deviation: finer steps cost less than rounding in sums does


def rising(
    best: GaussianParams,
    statistics: GaussianStatistics,
    params: GaussianParams,
    reaches: Callable[[GaussianParams], float],
) -> GaussianParams:
    """`best`, or where its means are so coarse that Q + log p(θ) falls below that of θ_q, `params`, the next best.

    reaches: Q + log p(θ) at some parameters.
    """
    kind, covariances = statistics.covariance_type, best.covariances
    variances = np.diagonal(covariances, axis1=-2, axis2=-1) if kind in ("full", "tied") else covariances
    deviations = np.sqrt(np.maximum(variances, 0.0))
    steps = _EPS * np.abs(best.means)
    if not np.any(steps > _COARSE * (deviations[:, None] if kind == "spherical" else deviations)):
        return best
    try:
        before = reaches(params)
        if reaches(best) >= before:
            return best
        about = GaussianParams(best.weights, best.means, covariances + statistics.added_about(best.means))
        if reaches(about) >= before:
            return about
        return GaussianParams(best.weights, params.means, covariances + statistics.added_about(params.means))
    except np.linalg.LinAlgError:  # singular, which the policy sees to
        return best
