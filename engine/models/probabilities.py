"""Arithmetic of counts and probabilities that may lie on the border: 0·ln 0 = 0, and shares."""

from __future__ import annotations

from math import lgamma

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array
from engine.errors import EngineError

NO_SHARE = 1e-12  # of the rows: a component with less has died
_TINY = float(np.finfo(np.float64).tiny)
_BELOW_ONE = float(np.nextafter(1.0, 0.0))


def alive(weights: Array) -> NDArray[np.bool_]:
    """(K,) which components of a mixture have a weight that can be told from none."""
    return np.asarray(weights > NO_SHARE)


def times_log(counts: Array, values: Array) -> Array:
    """(K, n) counts_i ln values_k, with 0·ln 0 = 0. counts: (n,), values: (K,), none negative."""
    with np.errstate(divide="ignore", invalid="ignore"):
        product: Array = np.log(values)[:, None] * counts
    product[:, counts == 0] = 0.0
    return product


def zeros_and_logs(*factors: tuple[Array, Array]) -> tuple[Array, Array]:
    """Of Π values_k^counts_i: how many factors are 0, and the log of the product of the others, (K, n) each.

    factors: pairs of counts (n,) and values (K,), none negative.
    """
    zeros = sum((values == 0)[:, None] * counts for counts, values in factors)
    logs = sum(times_log(counts, np.where(values > 0, values, 1.0)) for counts, values in factors)
    return np.asarray(zeros, dtype=np.float64), np.asarray(logs)


def dot_log(amounts: Array, values: Array) -> float:
    """Σ amounts ln values over arrays of one shape, with 0·ln 0 = 0."""
    used = amounts > 0
    with np.errstate(divide="ignore"):
        return float(amounts[used] @ np.log(values[used]))


def log_factorials(counts: Array) -> Array:
    """(n,) ln x! of whole numbers, by ln Γ(x + 1) once for each number that occurs."""
    distinct, place = np.unique(counts, return_inverse=True)
    return np.asarray(np.array([lgamma(x + 1.0) for x in distinct.tolist()])[place])


def success_shares(successes: Array, failures: Array, otherwise: Array) -> Array:
    """successes / (successes + failures), the maximum of successes ln p + failures ln(1 − p); any one shape.

    Where there is neither, p stays what it was: `otherwise`. What was expected at all, however little, keeps a
    probability above 0, which a quotient rounded to 1 would take from it.
    """
    total = successes + failures
    used = total > 0
    shares = np.where(used, successes / np.where(used, total, 1.0), otherwise)
    shares = np.where(failures > 0, np.minimum(shares, _BELOW_ONE), shares)
    return np.asarray(np.where(successes > 0, np.maximum(shares, _TINY), shares))


def check_weights(weights: Array, n_components: int) -> None:
    """Raises EngineError where the weights of a start are not K numbers of at least 0 that sum to 1."""
    if weights.shape != (n_components,):
        raise EngineError(f"start must have {n_components} weights, one a component, not shape {weights.shape}.")
    if not (np.all(weights >= 0) and abs(weights.sum() - 1.0) < 1e-6):
        raise EngineError(f"the weights of a start must be at least 0 and sum to 1: they sum to {weights.sum():z.6g}.")
