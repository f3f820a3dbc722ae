"""Numbers as short bars of text, for the cells of tables."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from rich.style import Style
from rich.text import Text

from emtui.charts.colors import Palette

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_SHADES = "█▓▒░"
_ASCII_SHADES = "#=-."


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


def share_bar(shares: Sequence[float] | npt.NDArray[np.float64], width: int, palette: Palette) -> Text:
    """One row's responsibilities as a bar of exactly `width` cells, a stretch in each component's colour.

    Neighbouring components also differ by shade, for those who don't see the colours.
    """
    text = Text(no_wrap=True, end="")
    shades = _ASCII_SHADES if palette.ascii else _SHADES
    for component, count in enumerate(share_cells(shares, width)):
        style = Style() if palette.mode == "none" else Style(color="rgb({},{},{})".format(*palette.color(component)))
        text.append(shades[component % len(shades)] * count, style)
    text.append(" " * max(0, width - len(text.plain)))
    return text
