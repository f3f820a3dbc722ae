"""Stacked bars: how parts that stand on one another share the cells that their borders run through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emtui.charts.axes import Scale
from emtui.charts.cell_picture import NO_COLOR, PackedArray, pack
from emtui.charts.cell_text import single_cell
from emtui.charts.scene import StackedBars

_EIGHTHS = np.array(list(" ▁▂▃▄▅▆▇█"))


@dataclass(frozen=True, slots=True, eq=False)
class StackedCells:
    """Cells (m,) that bars take, with the character and the two packed colours of each."""

    cells: npt.NDArray[np.int64]
    chars: npt.NDArray[np.str_]
    foreground: PackedArray
    background: PackedArray


def stacked_cells(
    stack: StackedBars, scales: tuple[Scale, Scale], size: tuple[int, int], by_marker: bool
) -> StackedCells:
    """Every part in its colour, in eighths of a cell; in a cell of several parts the lowest and the largest above it.

    The topmost cell of a bar has one colour, that of its largest part, so that the height of the whole is exact.
    by_marker: for want of colours a cell that is at least half full shows the marker of its largest part.
    """
    columns, rows = size
    ink = _eighths_by_cell(stack, scales, size)
    colors = np.array([pack(color) for color in stack.colors], dtype=np.int32)
    total, largest = ink.sum(axis=0), ink.argmax(axis=0)
    if by_marker:
        bottom = np.arange(rows * columns) >= (rows - 1) * columns  # a bar that isn't zero is never invisible
        cells = np.flatnonzero((total >= 4) | (bottom & (total > 0)))
        markers = np.array([single_cell(marker) for marker in stack.markers], dtype="<U1")
        part = largest[cells]
        return StackedCells(cells, markers[part], colors[part], np.full(len(cells), NO_COLOR, dtype=np.int32))
    cells = np.flatnonzero(total > 0)
    ink, total, largest = ink[:, cells], total[cells], largest[cells]
    each = np.arange(len(cells))
    lowest = (ink > 0).argmax(axis=0)
    beside = ink.copy()
    beside[lowest, each] = 0
    shared = (total == 8) & (beside.max(axis=0) > 0)
    front = np.where(shared, lowest, largest)
    fill = np.where(shared, ink[lowest, each], total)
    behind = np.where(shared, colors[beside.argmax(axis=0)], NO_COLOR)
    return StackedCells(cells, _EIGHTHS[fill], colors[front], behind)


def _eighths_by_cell(stack: StackedBars, scales: tuple[Scale, Scale], size: tuple[int, int]) -> npt.NDArray[np.int64]:
    """(G, cells) how many eighths of each cell each part has."""
    columns, rows = size
    edges = scales[0].fraction(stack.edges)
    tops = scales[1].fraction(np.cumsum(stack.heights, axis=0))
    if not tops.size or not np.isfinite(edges).all():
        return np.zeros((1, rows * columns), dtype=np.int64)
    place = np.searchsorted(edges, (np.arange(columns) + 0.5) / columns, side="right") - 1
    inside = (place >= 0) & (place < tops.shape[1])
    tops = np.where(inside, np.nan_to_num(tops[:, np.clip(place, 0, tops.shape[1] - 1)], posinf=1.0), 0.0)
    ends = np.clip(np.round(tops * rows * 8), 0, rows * 8)
    ends[-1] = np.where((ends[-1] == 0) & (tops[-1] > 0), 1, ends[-1])
    level = np.arange(rows)[::-1, None] * 8
    filled = np.clip(ends[:, None, :] - level, 0, 8).astype(np.int64)
    return np.diff(filled, axis=0, prepend=0).reshape(len(tops), rows * columns)
