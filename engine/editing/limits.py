r"""How far from the data θ may be moved by hand: as far as sixteen digits can follow.

    means         |μ_j − m_j| ≤ 1e100 s_j, beyond which squares of distances overflow
    covariances   1e−14 ≤ λ ≤ 1e8 for every eigenvalue λ of S⁻¹ Σ S⁻¹ with S = diag(s): a matrix that is wider or
                  narrower beside the data leaves rounding in place of its moments

m_j and s_j are the mean and standard deviation of column j. EM itself does not lead there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import Array
from engine.em.fields import fields_of
from engine.em.parameters import Parameters

FARTHEST = 1e100
NARROWEST, WIDEST = 1e-14, 1e8


def why_out_of_reach(model: Any, params: Parameters, data: Any) -> str:
    """Why numbers of this θ could not be trusted, in a sentence; "" where they can, or where no limit is known.

    Args:
        model, data: as in a `Problem`; rows of measured columns are `data.X` (n, d), other data have no limits.
        params: θ, finite and with positive definite covariances.
    """
    X = data.X
    if not isinstance(X, np.ndarray) or X.ndim != 2 or not len(X) or X.dtype != np.float64:
        return ""
    fields = fields_of(params, model).values()
    places = [field.array for field in fields if field.declared.units == 1 and field.array.shape[1:] == X.shape[1:]]
    matrices = [field.array for field in fields if field.matrices]
    if not places and not matrices:
        return ""
    middle, spread = _spread(X)
    with np.errstate(over="ignore", invalid="ignore"):
        if any(not np.all(np.abs(array / spread - middle / spread) <= FARTHEST) for array in places):
            return "a mean can't be so far from the data: keep it within 1e+100 standard deviations."
        if not all(_within(each / spread / spread[:, None]) for each in matrices):
            return (
                "a covariance can't be so wide or so narrow: keep its variances, in every direction, between 1e-14 and "
                "1e+08 times those of the data."
            )
    return ""


def _within(covariances: Array) -> bool:
    eigenvalues = np.linalg.eigvalsh(covariances)
    return bool(np.all((eigenvalues >= NARROWEST) & (eigenvalues <= WIDEST)))


def _spread(X: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of each column; where all values are the same, their size, or 1 for zeros."""
    size = np.abs(X).max(axis=0)
    unit = np.where(size > 0, size, 1.0)
    scaled = X / unit
    middle, spread = scaled.mean(axis=0) * unit, scaled.std(axis=0) * unit
    return middle, np.where(spread > 1e-12 * unit, spread, unit)
