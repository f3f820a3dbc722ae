"""Targets that are numbers to be learned: told from classes, checked, and in which units they are thought of."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import Array, as_numbers
from engine.em.row_text import RowText
from engine.errors import DataError

SHARE = 1e-6
"""Of the target's variance: by so much, times n, the prior of a variance adds to the squares that are left."""
_LARGEST_TARGET = 1e50  # beyond, squares would overflow
_SMALLEST_SPREAD = 1e-140  # below, variances would underflow
_LEAST_SHARE = 1e-16  # of the target's variance: a variance stays above it


def holds_numbers(y: Any) -> bool:
    """The targets are measurements: at least one of them has a fraction, as scikit-learn's `type_of_target` has it."""
    values = np.asarray(y)
    if values.dtype.kind != "f":
        return False
    finite = values[np.isfinite(values)]
    return bool((finite != np.floor(finite)).any())


def checked_numbers(y: Any, n_rows: int, learner: str) -> Array:
    """(n,) finite numbers to be learned; a single column will do. Raises DataError at the first row that has none.

    learner: who learns from them, in a sentence, such as "a network".
    """
    if y is None:
        raise DataError(f"{learner} learns from targets: give y, a class or a number for each row.")
    target = as_numbers(y, "y", "numbers, one a row")
    if target.shape == (n_rows, 1):
        target = target[:, 0]
    if target.shape != (n_rows,):
        raise DataError(f"y must have one number a row ({n_rows}), not shape {target.shape}.")
    wrong = np.flatnonzero(~np.isfinite(target))
    if len(wrong):
        row = int(wrong[0])
        raise DataError(RowText("the target of ", row, f" is {target[row]}: leave that row out or give it a number."))
    if np.abs(target).max() > _LARGEST_TARGET:
        raise DataError(f"y holds a number of size {np.abs(target).max():z.3g}: give the target in other units.")
    return np.ascontiguousarray(target)


def mean_and_variance(target: Array, weights: Array | None) -> tuple[float, float]:
    """Of the numbers, each with its weight. Raises DataError where they do not vary, so that nothing can be learned."""
    share = np.full(len(target), 1.0 / len(target)) if weights is None else weights / weights.sum()
    centre = float(share @ target)
    spread = float(share @ (target - centre) ** 2)
    extent = float(target.max() - target.min())  # 0 of equal numbers, whose mean may be rounded
    if not (spread > max(_SMALLEST_SPREAD**2, _rounding(target)) and extent**2 > _rounding(target)):
        raise DataError(f"the target is {target[0]:z.6g} in every row, or as good as: there is nothing to be learned.")
    return centre, spread


def least_variance(target: Array, spread: float) -> float:
    """No variance about predictions goes below this: rounding errors of the target, or a trace of its variance."""
    return max(_LEAST_SHARE * spread, _rounding(target))


def _rounding(target: Array) -> float:
    return (4e-16 * float(np.abs(target).max())) ** 2
