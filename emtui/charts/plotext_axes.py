"""The one place that uses plotext (5.3): it draws the axes, their ticks and labels and the grid.

plotext's module interface works on a global figure, so this goes one level down: every frame has its own
monitor (plotext's word for a plot), and the result is read from the monitor's matrix of characters instead of
from its ANSI text, which Rich would have to parse back. Positions are handed over as cell numbers, so plotext
never sees the data's own scale, and a tick stands exactly in the cell where a point with its value stands.

What plotext draws slowly or not at all (a hundred thousand points, colours per point, curves that share a cell,
ellipses) is drawn into the canvas by `emtui.charts.canvas`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from plotext._date import date_class
from plotext._monitor import monitor_class

from emtui.charts.axes import Ticks
from emtui.charts.cell_text import cells

CharArray = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class DrawnAxes:
    """Axes as characters (height, width), read-only, and where the canvas lies in them, in cells."""

    chars: CharArray
    left: int
    top: int
    columns: int
    rows: int


@lru_cache(maxsize=64)
def draw_axes(width: int, height: int, x_ticks: Ticks, y_ticks: Ticks, grid: bool, ascii: bool) -> DrawnAxes:
    """The axes of a plot of this size; without tick labels, or without axes, where there is no room for them."""
    label_width = max((len(label) for label in y_ticks.labels), default=0)
    y_axis = width >= 8
    y_labels = y_axis and 0 < label_width <= width // 3 and height >= 4
    x_axis = height >= 4 and width >= 4
    x_labels = x_axis and height >= 5 and len(x_ticks.labels) > 0
    left = (label_width if y_labels else 0) + y_axis
    below = x_axis + x_labels
    columns, rows = width - left, height - below
    if columns < 2 or rows < 2:
        return DrawnAxes(np.full((height, width), " ", dtype="<U1"), 0, 0, width, height)
    monitor = monitor_class()
    monitor.set_date(date_class())
    monitor.set_size([width, height])
    monitor.set_xaxes(x_axis, False)
    monitor.set_yaxes(y_axis, False)
    monitor.set_grid(grid, grid)
    monitor.set_xlim(0, columns - 1)
    monitor.set_ylim(0, rows - 1)
    at_columns = [min(int(f * columns), columns - 1) for f in x_ticks.fractions]
    at_rows = [rows - 1 - min(int((1.0 - f) * rows), rows - 1) for f in y_ticks.fractions]
    monitor.set_xticks(at_columns if x_labels else [], list(x_ticks.labels) if x_labels else [])
    monitor.set_yticks(at_rows if y_labels else [], list(y_ticks.labels) if y_labels else [])
    # plotext draws no axes for a plot without a signal: give it one blank.
    monitor.draw([0], [0], marker=" ", lines=False)
    monitor.build_plot()
    chars = np.array(monitor.matrix.marker[::-1], dtype="<U1").reshape(height, width)
    if ascii:
        for fancy, plain in zip("│─└┬┤┼├┴", "|-+++++ ".replace(" ", "+"), strict=True):
            chars[chars == fancy] = plain
    chars.setflags(write=False)
    return DrawnAxes(chars, left, 0, columns, rows)


def text_cells(text: str) -> CharArray:
    """Text as a vector of cells; a wide character is followed by an empty one."""
    return np.array(cells(text), dtype="<U1")
