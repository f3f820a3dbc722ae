r"""The inputs in coordinates in which regressions are easy: [1, z], z uncorrelated, each of mean 0 and variance 1.

    (X − μ) = z S,   so that   b + wᵀx = c₀ + cᵀz   with   c₀ = b + μᵀw,  c = S w

Newton's method doesn't depend on coordinates, but its digits do; here its systems are as well conditioned as the
weights of the rows allow, whatever the units of the inputs. Directions in which the inputs do not vary are left out, so
that of all w that say the same of the rows the way back takes the shortest: the minimum-norm solution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array

_SMALLEST_SPREAD = 1e-100  # of an input: below, one over its square would overflow
_SAME = 1e-10  # inputs are one another's copies, or constant, where no more than this share of their spread is left


@dataclass(frozen=True, eq=False)
class Basis:
    """Coordinates of the rows.

    Attributes:
        rows: (n, r+1) [1, z].
        into: (p+1, r+1) from weights (…, p+1), the bias first, to coordinates (…, r+1).
        out: (r+1, p+1) the way back, to the shortest weights.
        norm: (r+1, r+1) the matrix G with ‖w‖² = cᵀ G c; 0 for the bias, which no prior holds.
    """

    rows: Array
    into: Array
    out: Array
    norm: Array

    @classmethod
    def of(cls, X: Array, sample_weight: Array | None) -> Basis:
        """Of the rows X (n, p), by their weights."""
        n, p = X.shape
        share = np.full(n, 1.0 / n) if sample_weight is None else sample_weight / sample_weight.sum()
        mean = share @ X
        centred = X - mean
        scale = np.sqrt(share @ centred**2)
        constant = scale <= np.maximum(_SAME * np.abs(X).max(axis=0), _SMALLEST_SPREAD)
        scale = np.where(constant, 1.0, scale)
        centred[:, constant] = 0.0
        z = centred / scale
        triangle = np.linalg.qr(np.sqrt(share)[:, None] * z, mode="r")
        _, singular, right = np.linalg.svd(triangle, full_matrices=False)
        kept = singular > _SAME * max(1.0, float(singular.max(initial=0.0)))
        singular, right = singular[kept], right[kept]
        r = len(singular)
        rows = np.ones((n, r + 1))
        rows[:, 1:] = z @ (right.T / singular)
        forward = singular[:, None] * right * scale  # (r, p), in the units of the inputs
        forward[:, constant] = 0.0
        back = right.T / singular / scale[:, None]
        if 0 < r < p:
            back = _pseudo_inverse(forward, otherwise=back)
        into, out = np.zeros((p + 1, r + 1)), np.zeros((r + 1, p + 1))
        into[0, 0] = out[0, 0] = 1.0
        into[1:, 0] = mean
        into[1:, 1:] = forward.T
        out[1:, 1:] = back.T
        out[1:, 0] = -(back.T @ mean)
        norm = np.zeros((r + 1, r + 1))
        norm[1:, 1:] = back.T @ back
        return cls(rows, into, out, norm)


def _pseudo_inverse(matrix: Array, otherwise: Array) -> Array:
    """(p, r) of a matrix (r, p) of full row rank; `otherwise` where inputs are too unlike in size for it."""
    orthonormal, upper = np.linalg.qr(matrix.T)
    try:
        found = np.linalg.solve(upper, orthonormal.T).T
    except np.linalg.LinAlgError:
        return otherwise
    return np.asarray(found) if np.isfinite(found).all() else otherwise
