"""Ranges that leave out what would squeeze the rest: a beginning far below it, and the slowest of several curves."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from emtui.charts.scene import FloatArray, Range

_FAR = 2.0  # of the rest's own height, or of most curves' length: what goes on beyond is cut
_MARGIN = 0.06  # of the height of what is kept
_MOST = 0.75  # of the curves, whose ends are all in the picture


def without_far_beginning(
    values: Sequence[FloatArray], later: Sequence[FloatArray], seen: Sequence[float] = ()
) -> Range | None:
    """A range of heights that holds what comes later, where the beginning lies far below it; None: all of it fits.

    values: of the curves. later: the same without their first iterations. seen: heights that must be in the picture.
    """
    whole, kept = _finite(values), np.concatenate([_finite(later), _finite([np.asarray(seen, dtype=np.float64)])])
    if not len(kept):
        return None
    low, high = float(kept.min()), float(kept.max())
    height = high - low
    if not height > 0 or low - float(whole.min()) < (_FAR - 1) * height:
        return None
    return low - _MARGIN * height, high + _MARGIN * height


def most_reach(ends: Sequence[float]) -> float | None:
    """How far most curves go, where the rest go on far beyond; None: there is room for all."""
    known = sorted(end for end in ends if math.isfinite(end))
    if len(known) < 3:
        return None
    most = known[math.ceil(_MOST * len(known)) - 1]
    return most if 0 < _FAR * most < known[-1] else None


def _finite(values: Sequence[FloatArray]) -> FloatArray:
    joined = np.concatenate([np.asarray(one, dtype=np.float64) for one in values]) if len(values) else np.zeros(0)
    finite: FloatArray = joined[np.isfinite(joined)]
    return finite
