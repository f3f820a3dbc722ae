"""Axes, ticks and grid, drawn by plotext: the one place that uses it, through its public functions alone.

plotext has one figure for the whole process: it is used under a lock, cleared before and after, and what was drawn is
kept, so that a further frame with ticks in the same cells costs nothing. Positions are cell numbers: a tick stands
exactly in the cell where a point with its value stands, and plotext never sees the data's own scale.

Labels are written here: plotext takes ticks in the order of a set, so that from one process to the next other labels
would find room, and it counts letters where wide ones take two cells. Bars, curves and points are drawn by
`emtui.charts.canvas`: at 120 × 40 plotext takes 17 ms for a histogram and 8 to 17 ms for two curves, the canvas less
than 1 ms, and plotext gives a cell that two curves share to the last of them, and bars whole cells instead of eighths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import numpy as np
import numpy.typing as npt

from emtui.charts.axes import Ticks
from emtui.charts.cell_text import cells

CharArray = npt.NDArray[np.str_]
_LEAST_PLOT = 16  # cells that long names leave to the plot
_ASCII = {"│": "|", "─": "-", "└": "+", "┬": "+", "┤": "+", "┼": "+"}
_figure = Lock()


@dataclass(frozen=True, slots=True, eq=False)
class DrawnAxes:
    """Axes as characters (height, width), read-only; the canvas is all but the first `left` columns and what is below
    its `rows`.
    """

    chars: CharArray
    left: int
    columns: int
    rows: int


def most_of_names(width: int) -> int:
    """How many cells the names beside an axis may take: a half where that leaves room to tell places apart."""
    return max(width // 3, min(width // 2, width - _LEAST_PLOT))


@lru_cache(maxsize=64)
def draw_axes(width: int, height: int, x_ticks: Ticks, y_ticks: Ticks, grid: bool, ascii: bool) -> DrawnAxes:
    """The axes of a plot of this size; without tick labels, or without axes, where there is no room for them."""
    names = [cells(label) for label in y_ticks.labels]
    label_width = max(map(len, names), default=0)
    y_axis = width >= 8
    y_labels = y_axis and 0 < label_width <= most_of_names(width) and height >= 4
    x_axis = height >= 4 and width >= 4
    x_labels = x_axis and height >= 5 and len(x_ticks.labels) > 0
    left = (label_width if y_labels else 0) + y_axis
    columns, rows = width - left, height - x_axis - x_labels
    chars = np.full((height, width), " ", dtype="<U1")
    if columns < 2 or rows < 2:
        return DrawnAxes(chars, 0, width, height)
    at_columns: list[int] = []
    at_rows: list[int] = []
    if x_labels:
        places = [min(int(f * columns), columns - 1) for f in x_ticks.fractions]
        chars[-1], at_columns = _label_row(width, left, places, x_ticks.labels)
    if y_labels:
        at_rows = [min(int((1.0 - f) * rows), rows - 1) for f in y_ticks.fractions]
        for row, name in zip(at_rows, names, strict=True):
            chars[row, :label_width] = [" "] * (label_width - len(name)) + name
    up = tuple(rows - 1 - row for row in at_rows)  # plotext's time goes with the cells: each axis by itself
    beside = _drawn((1, rows), (x_axis, y_axis), (), up, grid)
    below = _drawn((columns, 1), (x_axis, y_axis), tuple(at_columns), (), grid)
    lines = chars[: rows + x_axis, left - y_axis :]
    lines[:, :y_axis] = beside[:, :y_axis]
    lines[rows:, y_axis:] = below[1:, y_axis:]
    across, down = beside[:rows, -1:], below[:1, y_axis:]  # of the grid
    lines[:rows, y_axis:] = np.where(down == " ", across, np.where(across == " ", down, "┼"))
    if ascii:
        for fancy, plain in _ASCII.items():
            lines[lines == fancy] = plain
    chars.setflags(write=False)
    return DrawnAxes(chars, left, columns, rows)


def _label_row(width: int, left: int, places: Sequence[int], labels: Sequence[str]) -> tuple[list[str], list[int]]:
    """The line of labels below an axis that begins at `left`, and the places of those that found room.

    As plotext has it: a label is centred on its place, as far as the ends of the line and the labels before it allow.
    """
    line, kept = [" "] * width, []
    for place, label in zip(places, labels, strict=True):
        letters, at = cells(label), left + place
        size = len(letters)
        free = [i for i in range(max(at - size + 1, 0), min(at + size, width - 1)) if line[i] == " "]
        first, last = (free[0], free[-1]) if free else (at - size + 1, at + size)
        begin = (first + last + 1 - size) // 2
        inside = begin >= 0 and begin + size <= width
        if inside and all(cell == " " for cell in line[max(begin - 1, 0) : begin + size + 1]):
            line[begin : begin + size] = letters
            kept.append(place)
    return line, kept


@lru_cache(maxsize=256)
def _drawn(
    size: tuple[int, int], axes: tuple[bool, bool], x: tuple[int, ...], y: tuple[int, ...], grid: bool
) -> CharArray:
    """The axes of a canvas of (columns, rows) with ticks at these of its cells, (rows + x axis, y axis + columns)."""
    import plotext  # not before the first picture

    columns, rows = size
    x_axis, y_axis = axes
    with _figure:
        plotext.main()  # the whole figure, whichever of its subplots was in use
        plotext.clear_figure()
        try:
            plotext.theme("clear")
            plotext.limit_size(False, False)
            plotext.plot_size(y_axis + columns, rows + x_axis + bool(x))
            plotext.xaxes(x_axis, False)
            plotext.yaxes(y_axis, False)
            plotext.grid(grid, grid)
            plotext.xlim(0, max(1, columns - 1))
            plotext.ylim(0, max(1, rows - 1))
            plotext.xticks(x, [" "] * len(x))
            plotext.yticks(y, [""] * len(y))
            plotext.scatter([-1], [-1])  # there are no axes without a point; this one is out of sight
            text = plotext.uncolorize(plotext.build())
        finally:
            plotext.clear_figure()
    return np.array([list(line) for line in text.splitlines()[: rows + x_axis]], dtype="<U1")
