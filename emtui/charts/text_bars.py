"""Numbers as short bars of text, for the cells of tables."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(share: float, width: int, ascii: bool = False) -> str:
    """A bar of exactly `width` cells, filled from the left by a share in [0, 1], in eighths of a cell.

    What isn't finite gives an empty bar; anything that isn't zero shows at least an eighth, and only a full share
    fills the whole bar.
    """
    if width <= 0:
        return ""
    if not math.isfinite(share):
        return " " * width
    share = min(max(share, 0.0), 1.0)
    parts = 1 if ascii else 8
    filled = round(share * width * parts)
    if share > 0:
        filled = max(filled, 1)
    if share < 1:
        filled = min(filled, width * parts - 1)
    whole, rest = divmod(filled, parts)
    text = ("#" if ascii else "█") * whole + (_EIGHTHS[rest] if rest else "")
    return text.ljust(width)


def share_cells(shares: Sequence[float] | npt.NDArray[np.float64], width: int) -> list[int]:
    """How many of `width` cells each share gets, by largest remainders; they add up to width unless all are 0."""
    values = np.nan_to_num(np.asarray(shares, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    values = np.maximum(values, 0.0)
    total = values.sum()
    if not total > 0 or width <= 0:
        return [0] * len(values)
    exact = values / total * width
    counts = np.floor(exact).astype(int)
    order = np.argsort(-(exact - counts), kind="stable")
    counts[order[: width - int(counts.sum())]] += 1
    return [int(c) for c in counts]
