"""Array types, sums in logarithms, and the arrays of a frozen dataclass made read-only."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
Rows = slice | IntArray
"""Which rows of the data are asked for."""


def freeze(parameters: Any) -> None:
    """Turn every array field of a frozen dataclass into its own read-only float64 array (for `__post_init__`)."""
    for name, value in list(vars(parameters).items()):
        if value is None or dataclasses.is_dataclass(value):
            continue
        array = np.array(value, dtype=np.float64)
        array.flags.writeable = False
        object.__setattr__(parameters, name, array)


def log_sum_exp(values: Array, axis: int = 0) -> Array:
    """ln Σ exp along an axis, for numbers of any size; −∞ where all are."""
    top = values.max(axis=axis, keepdims=True)
    if np.isfinite(top).all():
        return np.asarray(np.log(np.exp(values - top).sum(axis=axis)) + top.squeeze(axis))
    top = np.where(np.isinf(top), 0.0, top)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.exp(values - top).sum(axis=axis)) + top.squeeze(axis))
