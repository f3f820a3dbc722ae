"""A logarithmic axis: values are drawn at their log10, and ticks bear the values themselves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from emtui.charts.axes import nice_step
from emtui.charts.scene import FloatArray

_DIGITS = 1.3  # decades up to which 1, 2 and 5 of each are ticks
_FEWEST, _MOST = 2, 4  # ticks
_CELLS = 30  # of an axis, in which their labels don't touch
Ticks = tuple[tuple[float, str], ...]


def logged(values: Iterable[float]) -> FloatArray:
    """log10 of each value; nan, which is not drawn, of what is not positive."""
    given = np.asarray(list(values), dtype=np.float64)
    positive = given > 0
    return np.where(positive, np.log10(np.where(positive, given, 1.0)), np.nan)


def log_ticks(low: float, high: float) -> Ticks:
    """Places (log10) and labels of ticks from low to high, both positive: decades, 1-2-5, or round values between."""
    if not high > low:
        return _apart([low], low, high)
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    stride = max(1, math.ceil((math.log10(high) - math.log10(low)) / _MOST))
    decades = [10.0**e for e in exponents if e % stride == 0]
    by_digit = [digit * 10.0**e for e in exponents for digit in (1, 2, 5)]
    mantissa, exponent = nice_step(high - low, _MOST)
    step = mantissa * 10.0**exponent
    even = [i * step for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
    offered = [decades, by_digit, even] if math.log10(high) - math.log10(low) > _DIGITS else [by_digit, even]
    found = [_apart(values, low, high) for values in offered]
    return next((ticks for ticks in found if len(ticks) >= _FEWEST), found[-1])


def _apart(values: Sequence[float], low: float, high: float) -> Ticks:
    """Those of the values between low and high whose labels don't touch the label before."""
    kept: list[tuple[float, str]] = []
    cells = _CELLS / (math.log10(high / low) or 1.0)
    for value in values:
        if value <= 0 or not low * (1 - 1e-9) <= value <= high * (1 + 1e-9):
            continue
        place, label = math.log10(value), _label(value)
        if kept and (place - kept[-1][0]) * cells < (len(label) + len(kept[-1][1])) / 2 + 1:
            continue
        kept.append((place, label))
    return tuple(kept)


def _label(value: float) -> str:
    """0.01, 200, 1e6."""
    return f"{value:z.6g}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
