"""Stacked bars on a canvas: how parts that stand on one another share the cells that their borders run through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from emtui.charts.cell_picture import NO_COLOR, pack
from emtui.charts.cell_text import single_cell
from emtui.charts.scene import StackedBars

if TYPE_CHECKING:
    from emtui.charts.canvas import Canvas

_EIGHTHS = np.array(list(" ▁▂▃▄▅▆▇█"))


def put_stack(canvas: Canvas, stack: StackedBars) -> None:
    """Every part in its colour, in eighths of a cell; in a cell of several parts the lowest and the largest above it.

    The topmost cell of a bar has one colour, that of its largest part, so that the height of the whole is exact.
    Without colours a cell that is at least half full shows the marker of its largest part.
    """
    columns, rows = canvas.size
    ink = _eighths_by_cell(canvas, stack)
    if ink is None:
        return
    total, largest = ink.sum(axis=0), ink.argmax(axis=0)
    if canvas.palette.ascii or canvas.palette.mode == "none":
        bottom = np.arange(rows * columns) >= (rows - 1) * columns  # a bar that isn't zero is never invisible
        cells = np.flatnonzero((total >= 4) | (bottom & (total > 0)))
        markers = np.array([single_cell(marker) for marker in stack.markers], dtype="<U1")
        canvas.chars[cells] = markers[largest[cells]]
        canvas.foreground[cells] = _packed(stack)[largest[cells]]
        canvas.background[cells] = NO_COLOR
        canvas.take_cells(cells)
        return
    cells = np.flatnonzero(total > 0)
    lowest = (ink > 0).argmax(axis=0)
    beside = ink.copy()
    beside[lowest, np.arange(ink.shape[1])] = 0
    second, full = beside.argmax(axis=0), total == 8
    shared = full & (beside.max(axis=0) > 0)
    front = np.where(shared, lowest, largest)
    fill = np.where(shared, ink[lowest, np.arange(ink.shape[1])], total)
    canvas.chars[cells] = _EIGHTHS[fill[cells]]
    canvas.foreground[cells] = _packed(stack)[front[cells]]
    canvas.background[cells] = np.where(shared, _packed(stack)[second], NO_COLOR)[cells]
    canvas.take_cells(cells)


def _packed(stack: StackedBars) -> npt.NDArray[np.int32]:
    return np.array([pack(color) for color in stack.colors], dtype=np.int32)


def _eighths_by_cell(canvas: Canvas, stack: StackedBars) -> npt.NDArray[np.int64] | None:
    """(G, cells) how many eighths of each cell each part has; None where there is nothing to draw."""
    columns, rows = canvas.size
    edges = canvas.scales[0].fraction(stack.edges)
    tops = canvas.scales[1].fraction(np.cumsum(stack.heights, axis=0))
    if not tops.size or not np.isfinite(edges).all():
        return None
    place = np.searchsorted(edges, (np.arange(columns) + 0.5) / columns, side="right") - 1
    inside = (place >= 0) & (place < tops.shape[1])
    tops = np.where(inside, np.nan_to_num(tops[:, np.clip(place, 0, tops.shape[1] - 1)], posinf=1.0), 0.0)
    ends = np.clip(np.round(tops * rows * 8), 0, rows * 8)
    ends[-1] = np.where((ends[-1] == 0) & (tops[-1] > 0), 1, ends[-1])
    level = np.arange(rows)[::-1, None] * 8
    filled = np.clip(ends[:, None, :] - level, 0, 8).astype(np.int64)
    return np.diff(filled, axis=0, prepend=0).reshape(len(tops), rows * columns)
