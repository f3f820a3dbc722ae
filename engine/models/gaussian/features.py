r"""The log-density of a Gaussian as a product of coefficients with features of the row: its exponential-family form.

    ln N(u | m, C) = −½ uᵀ P u + (P m)ᵀ u − ½ (d ln 2π + ln |C| + mᵀ P m),    P = C⁻¹

so that all log-densities of a chunk are one matrix product (K, F) × (F, rows), and all statistics another one.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array


def n_features(covariance_type: str, d: int) -> int:
    """F: quadratic features by covariance type (none where they are common to all components), then u, then 1."""
    return {"full": d * (d + 1) // 2, "tied": 0, "diag": d, "spherical": 1}[covariance_type] + d + 1


def features_of(white: Array, covariance_type: str, out: Array) -> Array:
    """[u_i u_j for i ≤ j, or u_i², or ‖u‖², or nothing; u; 1], feature by feature.

    Args:
        white: (d, m) rows in the shared coordinates.
        covariance_type: full, diag, spherical or tied.
        out: (F, m), filled and returned.
    """
    d = len(white)
    quadratic = len(out) - d - 1
    linear = out[quadratic:-1]
    linear[:] = white
    out[-1] = 1.0
    if covariance_type == "full":
        at = 0
        for i in range(d):
            np.multiply(linear[i:], linear[i], out=out[at : at + d - i])
            at += d - i
    elif covariance_type == "diag":
        np.multiply(linear, linear, out=out[:d])
    elif covariance_type == "spherical":
        np.einsum("im,im->m", linear, linear, out=out[0])
    return out


def coefficients(log_constants: Array, means: Array, precisions: Array, covariance_type: str) -> Array:
    """(K, F) so that coefficients @ features is ln weights_k + ln N(x_i | k), up to what tied components share.

    Args:
        log_constants: (K,) ln weights_k − ½ (d ln 2π + ln |Σ_k|).
        means: (K, d) in the shared coordinates.
        precisions: (K, d, d) full, (1, d, d) tied, (K, d) diag, (K,) spherical, in the shared coordinates.
        covariance_type: full, tied, diag or spherical.
    """
    k, d = means.shape
    table = np.empty((k, n_features(covariance_type, d)))
    quadratic = table.shape[1] - d - 1
    if covariance_type in ("full", "tied"):
        linear = (precisions @ means[:, :, None])[:, :, 0]
        if covariance_type == "full":
            rows, columns, factor = _upper(d)
            np.multiply(precisions[:, rows, columns], factor, out=table[:, :quadratic])
    elif covariance_type == "diag":
        linear = precisions * means
        np.multiply(precisions, -0.5, out=table[:, :d])
    else:
        linear = precisions[:, None] * means
        np.multiply(precisions, -0.5, out=table[:, 0])
    table[:, quadratic:-1] = linear
    table[:, -1] = log_constants - 0.5 * (linear * means).sum(axis=1)
    return table


def moments(sums: Array, covariance_type: str, d: int) -> tuple[Array, Array, Array]:
    """counts (K,), first (K, d) and second moments from Σ_i r_ik features_i (K, F).

    The second moments are (K, d, d) for full, (K, d) for diag, (K,) for spherical, and empty for tied.
    """
    quadratic = sums.shape[1] - d - 1
    second = sums[:, :quadratic]
    if covariance_type == "full":
        second = second[:, _place(d)]
    elif covariance_type == "spherical":
        second = second[:, 0]
    return sums[:, -1], sums[:, quadratic:-1], second


@cache
def _upper(d: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Array]:
    """Rows and columns of the upper triangle, and −½ on its diagonal, −1 off it, where each entry stands for two."""
    rows, columns = np.triu_indices(d)
    return rows, columns, np.where(rows == columns, -0.5, -1.0)


@cache
def _place(d: int) -> NDArray[np.intp]:
    """(d, d) where each entry of a symmetric matrix stands among the features."""
    rows, columns = np.triu_indices(d)
    place = np.empty((d, d), dtype=np.intp)
    place[rows, columns] = place[columns, rows] = np.arange(len(rows))
    return place
