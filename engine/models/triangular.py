"""Solving with lower triangular matrices, for many small ones at a time."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array


def solve_lower(lower: Array, right: Array) -> Array:
    """L⁻¹ B by forward substitution, accurate however differently the rows of L are scaled.

    Args:
        lower: (..., d, d) lower triangular with a diagonal above 0.
        right: (..., d, m) in any batch shape that broadcasts with that of `lower`.
    """
    batch = np.broadcast_shapes(lower.shape[:-2], right.shape[:-2])
    solved = np.empty((*batch, *right.shape[-2:]))
    solved[..., 0, :] = right[..., 0, :] / lower[..., 0, 0, None]
    for i in range(1, lower.shape[-1]):
        known = (lower[..., i : i + 1, :i] @ solved[..., :i, :])[..., 0, :]
        solved[..., i, :] = (right[..., i, :] - known) / lower[..., i, i, None]
    return solved


def inverse_lower(lower: Array) -> Array:
    """L⁻¹, (..., d, d), lower triangular."""
    return solve_lower(lower, np.eye(lower.shape[-1]))
