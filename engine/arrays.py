"""Array types, and parameters' arrays made read-only."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


def freeze(parameters: Any) -> None:
    """Turn every array field of a frozen dataclass into its own read-only float64 array (for `__post_init__`)."""
    for field in dataclasses.fields(parameters):
        value = getattr(parameters, field.name)
        if value is None or isinstance(value, (str, bool)) or dataclasses.is_dataclass(value):
            continue
        array = np.array(value, dtype=np.float64)
        array.flags.writeable = False
        object.__setattr__(parameters, field.name, array)


def largest_difference(one: Any, other: Any) -> float:
    """The largest absolute difference between two parameter values of one class, over all of their entries.

    Fields with `compare=False` (what an optimiser remembers, say) are no part of θ and don't count.
    """
    largest = 0.0
    for field in dataclasses.fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if a is None or b is None or not field.compare:
            continue
        if dataclasses.is_dataclass(a):
            largest = max(largest, largest_difference(a, b))
        elif np.size(a):
            largest = max(largest, float(np.max(np.abs(np.asarray(a) - np.asarray(b)))))
    return largest
