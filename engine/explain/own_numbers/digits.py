"""How exactly a number was given: the digits that are written decide what agrees with it."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np

from engine.arrays import Array

_ROUNDING = 1e-9  # of a number: what another order of summing may change
_HALF = 0.5 * (1.0 + 1e-6)  # of the last digit


def numbers_and_tolerance(given: np.ndarray[Any, Any]) -> tuple[Array, Array]:
    """Numbers, or strings of them, as floats, and half of the last digit of each.

    An array is written to so many decimals, or to so many significant digits: the coarser of both holds for each entry,
    because a float has lost its last zeros (0.50 is 0.5). Raises ValueError where an entry is no number.
    """
    written = [_decimal(one) for one in given.ravel()]
    shapes = [_places(one) for one in written]
    decimals = max((places for places, _ in shapes), default=0)
    digits = max((digits for _, digits in shapes), default=1)
    numbers = np.array([float(one) for one in written], dtype=np.float64).reshape(given.shape)
    size = np.abs(numbers)
    leading = np.floor(np.log10(np.where(size > 0, size, 1.0)))
    significant = np.where(size > 0, 10.0 ** (leading + 1 - digits), 0.0)
    return numbers, _HALF * np.maximum(10.0**-decimals, significant)


def _decimal(one: Any) -> Decimal:
    try:
        found = Decimal(one.strip() if isinstance(one, str) else repr(float(one)).removesuffix(".0"))
    except InvalidOperation:
        raise ValueError(str(one)) from None
    if not math.isfinite(found):
        raise ValueError(str(one))
    return found


def _places(one: Decimal) -> tuple[int, int]:
    """Decimals and significant digits that are written."""
    _, digits, exponent = one.as_tuple()
    assert isinstance(exponent, int)
    return max(-exponent, 0), len(digits)


def agreeing(
    yours: Array, tolerance: Array, ours: Array, *, alone: bool = False
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which entries agree within the digits that were given.

    alone: each entry is held against its own size; else what is tiny beside the largest may be rounding.
    """
    largest = 0.0 if alone else float(np.abs(ours[np.isfinite(ours)]).max(initial=0.0))
    with np.errstate(invalid="ignore"):
        near = np.abs(yours - ours) <= tolerance + _ROUNDING * np.abs(ours) + 1e-4 * _ROUNDING * largest
    return np.asarray(near | (yours == ours))
