r"""Multinomial regression on weighted shares by iteratively reweighted least squares, to its maximum.

    F(c) = Σ_i Σ_k R_ik ln softmax_k(c_kᵀ b_i)  −  ½ λ Σ_k (c_k − c̄)ᵀ G (c_k − c̄),      c_K = 0

F is concave. Newton's step is halved until F rises. The penalty is that of all K rows, none of them the reference, at
its least (Σ_k c_k = 0), so that it is the same whichever row is the reference.
                                                             Jordan & Jacobs 1994, Neural Computation 6:181, appendix A
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.arrays import Array

MOST_STEPS = 100
_HALVINGS = 50
_REST = 1e-13  # of the rows' weight: a step that promises less is the last
_FLAT = 1e-8  # of the rows' weight: with less curvature than this in some direction, F has no maximum worth the name


@dataclass(frozen=True, eq=False)
class Climbed:
    """coefficients: (K, q). takes_off: F is flat in some direction here, where it goes on rising for ever, and was not
    so at the start."""

    coefficients: Array
    takes_off: bool


def log_softmax(logits: Array) -> Array:
    """(n, K) ln softmax along the last axis, in place."""
    logits -= logits.max(axis=-1, keepdims=True)
    logits -= np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return logits


def squared_apart(coefficients: Array, norm: Array) -> float:
    """Σ_k (c_k − c̄)ᵀ G (c_k − c̄) over the first axis."""
    apart = coefficients - coefficients.mean(axis=0)
    return float(np.sum((apart @ norm) * apart))


def climb(rows: Array, shares: Array, start: Array, decay: float, norm: Array, steps: int = MOST_STEPS) -> Climbed:
    """The maximum of F, or as near to it as so many steps lead.

    rows: (n, q) b. shares: (n, K) R, weighted. start: (K, q), its last row 0. decay, norm: λ and G (q, q).
    """
    K, counts = shares.shape[1], shares.sum(axis=1)
    total = float(counts.sum())
    if K == 1 or not total > 0:
        return Climbed(np.zeros(start.shape), False)
    used = counts > 0
    if not used.all():
        rows, shares, counts = rows[used], shares[used], counts[used]

    def value(at: Array) -> float:
        return float(np.vdot(shares, log_softmax(rows @ at.T))) - 0.5 * decay * squared_apart(at, norm)

    here, now = start, value(start)
    with np.errstate(under="ignore"):
        for _ in range(steps):
            p = np.exp(log_softmax(rows @ here.T))
            slope = ((shares - counts[:, None] * p).T @ rows - decay * (here - here.mean(axis=0)) @ norm)[:-1]
            direction = _solved(curvature(rows, counts, p, decay, norm), slope, total)
            promised = float(np.vdot(slope, direction))
            if not promised > _REST * total:  # what F gains is below its digits, and the step itself is not
                there = here.copy()
                there[:-1] += direction
                here = there if value(there) >= now - _REST * (total + abs(now)) else here
                break
            reached = _risen(value, here, now, direction)
            if reached is None:
                break
            here, now = reached
    return Climbed(here, decay == 0.0 and is_flat(rows, shares, here) and not is_flat(rows, shares, start))


def is_flat(rows: Array, shares: Array, at: Array) -> bool:
    """Without a penalty F hardly bends in some direction: its maximum lies at infinity."""
    counts = shares.sum(axis=1)
    with np.errstate(under="ignore"):
        bends = curvature(rows, counts, np.exp(log_softmax(rows @ at.T)), 0.0, np.zeros((rows.shape[1],) * 2))
    return bool(np.linalg.eigvalsh(bends).min(initial=np.inf) < _FLAT * counts.sum())


def _risen(value: Callable[[Array], float], here: Array, now: float, direction: Array) -> tuple[Array, float] | None:
    """The first of ever shorter steps that raises F; None where none does."""
    length = 1.0
    for _ in range(_HALVINGS):
        there = here.copy()
        there[:-1] += length * direction
        reached = value(there)
        if reached > now:
            return there, reached
        length *= 0.5
    return None


def curvature(rows: Array, counts: Array, p: Array, decay: float, norm: Array) -> Array:
    """−∂²F/∂c² for the rows but the last: block (k, l) is Σ_i N_i p_ik (δ_kl − p_il) b_i b_iᵀ + λ (δ_kl − 1/K) G."""
    K, q = p.shape[1], rows.shape[1]
    found = np.empty((K - 1, q, K - 1, q))
    for k in range(K - 1):
        for other in range(k + 1):
            weight = counts * p[:, k] * ((k == other) - p[:, other])
            block = (rows.T * weight) @ rows + decay * ((k == other) - 1.0 / K) * norm
            found[k, :, other], found[other, :, k] = block, block.T
    return found.reshape((K - 1) * q, (K - 1) * q)


def _solved(matrix: Array, slope: Array, total: float) -> Array:
    """Newton's direction; a trace of the largest curvature that there can be keeps a flat system solvable."""
    matrix[np.diag_indices(len(matrix))] += 1e-15 * total
    if not np.isfinite(matrix).all():
        raise np.linalg.LinAlgError
    try:
        found = np.linalg.solve(matrix, slope.ravel())
    except np.linalg.LinAlgError:
        found = np.linalg.lstsq(matrix, slope.ravel(), rcond=None)[0]
    return np.asarray(found.reshape(slope.shape))
