"""Histograms: how many bins, and where they begin."""

from __future__ import annotations

from typing import Any

import numpy as np

from emtui.charts.scene import Bars, FloatArray

_FEWEST, _USUAL = 8, 24
_WHOLE_UP_TO = 2.0**51
"""Halves between larger whole numbers can't be told from them."""


def whole_numbers(values: FloatArray) -> bool:
    """Whether all finite values are whole numbers, but for the rounding of a change of units."""
    known = values[np.isfinite(values)]
    largest = float(np.abs(known).max(initial=0.0))
    slack = 1e-9 + 4 * np.finfo(np.float64).eps * largest
    return len(known) > 0 and largest < _WHOLE_UP_TO and bool((np.abs(known - np.rint(known)) <= slack).all())


def histogram(values: Any, most: int = 60, *, fine: bool = False) -> Bars:
    """The density of values (n,) in at most so many bins, of area 1; those that aren't finite are left out.

    There are 8 bins or more of one width after Freedman & Diaconis (1981). Bins of whole numbers begin halfway between
    two and hold as many each: others would be empty, or twice as high, for their place alone.

    fine: whole numbers have a bin each, where there is room for so many.
    """
    values = np.asarray(values, dtype=np.float64).ravel()
    values = values[np.isfinite(values)]
    n = len(values)
    if not n:
        return Bars(np.zeros(1), np.zeros(0))
    scale = max(float(np.abs(values).max()), np.finfo(np.float64).tiny)  # squares and spans of any values are finite
    unit = values / scale
    low, first, third, high = np.quantile(unit, [0.0, 0.25, 0.75, 1.0]).tolist()
    width, bins = 2 * (third - first) / n ** (1 / 3), min(_USUAL, most)
    if width > 0:
        bins = int(np.clip(np.ceil((high - low) / width), _FEWEST, most))
    if whole_numbers(values):
        return _whole_bins(values, 1 if fine else round(scale * (high - low) / bins), most)
    edges = np.linspace(low, high, bins + 1) if high - low > 1e-12 else np.array([low - 0.5, low + 0.5])
    counts, _ = np.histogram(unit, edges)
    with np.errstate(all="ignore"):
        return Bars(edges * scale, counts / (n * np.diff(edges) * scale))


def _whole_bins(values: FloatArray, width: int, most: int) -> Bars:
    low, high = round(float(values.min())), round(float(values.max()))
    width = max(width, 1, -(-(high - low + 1) // most))
    edges = low - 0.5 + width * np.arange(-(-(high - low + 1) // width) + 1, dtype=np.float64)
    counts, _ = np.histogram(values, edges)
    return Bars(edges, counts / (len(values) * width))
