"""Reduction: a million points become the few thousand cells, and a curve the few hundred dots, that exist.

Everything here is numpy over whole layers. Cells are numbered row by row from the top left, `row * columns + column`;
dots are the eighths of a cell that a braille character has, 2 by 4.

For large data the cells of the points are remembered with the arrays they came from, so that a new E-step on
the same data costs a few bincounts over cells. This is why arrays given to a scene must not be changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emtui.charts.array_cache import REMEMBER_FROM, array_cache
from emtui.charts.axes import Scale
from emtui.charts.colors import LINEAR_OF_BYTE, linear_to_bytes, mix
from emtui.charts.scene import Cloud, ColorArray, Dots, FloatArray

IndexArray = npt.NDArray[np.int32]

CHUNK = 65_536
_BORDER = 1e-6
"""Of a dot: what lies on the border of two but for rounding goes to the second, whatever computed it."""
POINTS_PER_CELL = 64
"""Above REMEMBER_FROM rows, a cell's colour is that of its first 64 points."""


@dataclass(frozen=True, slots=True, eq=False)
class OccupiedCells:
    """Which cells have points. cells (c,) ascending; counts (c,); rows (r,) and slots (r,): the points to look at
    for colours, and the position in `cells` of each."""

    cells: IndexArray
    counts: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    slots: IndexArray


@dataclass(frozen=True, slots=True, eq=False)
class InkedCells:
    """Cells to draw: cells (c,), colors (c, 3), markers (c,) as indices into the layer's markers, counts (c,)."""

    cells: IndexArray
    colors: ColorArray
    markers: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]


def cells_of(x: FloatArray, y: FloatArray, scales: tuple[Scale, Scale], size: tuple[int, int]) -> IndexArray:
    """The cell of each point, −1 outside and for values that aren't finite. size: (columns, rows)."""
    columns, rows = size
    cells = np.empty(len(x), dtype=np.int32)
    for start in range(0, len(x), CHUNK):
        part = slice(start, start + CHUNK)
        with np.errstate(invalid="ignore", over="ignore"):
            fx = scales[0].fraction(x[part])
            fy = scales[1].fraction(y[part])
            inside = (fx >= 0.0) & (fx <= 1.0) & (fy >= 0.0) & (fy <= 1.0)
            column = np.minimum((fx * columns).astype(np.int32), columns - 1)
            row = np.minimum(((1.0 - fy) * rows).astype(np.int32), rows - 1)
        cells[part] = np.where(inside, row * columns + column, -1)
    return cells


def occupied(x: FloatArray, y: FloatArray, scales: tuple[Scale, Scale], size: tuple[int, int]) -> OccupiedCells:
    """The cells that have points."""

    def compute() -> OccupiedCells:
        cells = cells_of(x, y, scales, size)
        rows = np.flatnonzero(cells >= 0)
        cells = cells[rows]
        counts = np.bincount(cells, minlength=size[0] * size[1])
        used = np.flatnonzero(counts).astype(np.int32)
        slot_of = np.zeros(len(counts), dtype=np.int32)
        slot_of[used] = np.arange(len(used), dtype=np.int32)
        slots = slot_of[cells]
        if len(x) >= REMEMBER_FROM and len(used):
            order = np.argsort(slots.astype(np.uint16) if len(used) < 65_536 else slots, kind="stable")
            starts = np.concatenate([[0], np.cumsum(counts[used])[:-1]])
            rank = np.arange(len(order)) - np.repeat(starts, counts[used])
            order = order[rank < POINTS_PER_CELL]
            rows, slots = rows[order], slots[order]
        return OccupiedCells(used, counts[used], rows, slots)

    return array_cache.get((x, y), ("occupied", scales, size), compute)


def reduce_dots(dots: Dots, scales: tuple[Scale, Scale], size: tuple[int, int], *, pure: bool = False) -> InkedCells:
    """Each occupied cell with the majority marker of its points, and the mean colour, in linear light, of those alone.

    pure: the colour of the first of those, where there are too few colours for means.
    """
    found = occupied(dots.x, dots.y, scales, size)
    n, rows, slots = len(found.cells), found.rows, found.slots
    markers = np.zeros(n, dtype=np.int64)
    if dots.marker_index is not None and n:
        n_kinds = max(1, len(dots.marker))
        kinds = np.clip(dots.marker_index[rows], 0, n_kinds - 1)
        table = np.bincount(slots * np.int64(n_kinds) + kinds, minlength=n * n_kinds)
        markers = table.reshape(n, n_kinds).argmax(axis=1)  # the most frequent, the smaller one on a tie
        shown = kinds == markers[slots]
        rows, slots = rows[shown], slots[shown]
    if isinstance(dots.colors, tuple):
        colors = np.tile(np.array(dots.colors, dtype=np.uint8), (n, 1))
    elif pure:
        first = np.zeros(n, dtype=np.int64)
        first[slots[::-1]] = rows[::-1]
        colors = dots.colors[first]
    else:
        share = 1.0 / np.maximum(np.bincount(slots, minlength=n), 1)
        picked = LINEAR_OF_BYTE[dots.colors[rows]]
        sums = [np.bincount(slots, picked[:, c], minlength=n) * share for c in range(3)]
        colors = linear_to_bytes(np.stack(sums, axis=1))
    return InkedCells(found.cells, colors, markers, found.counts)


def reduce_cloud(cloud: Cloud, scales: tuple[Scale, Scale], size: tuple[int, int], *, pure: bool = False) -> InkedCells:
    """Each occupied cell with the marker of one component, and the mix of the rows that are mostly that component's.

    It is the one whose rows have the most of their largest responsibilities there: rows of two components that share
    a cell have no third colour. pure: the colour of that component itself, where there are too few colours for mixes.
    """
    found = occupied(cloud.x, cloud.y, scales, size)
    n, K = len(found.cells), cloud.responsibilities.shape[1]
    if not K or not n:
        return InkedCells(found.cells, mix(np.zeros((n, K)), cloud.colors), np.zeros(n, dtype=np.int64), found.counts)
    picked = np.clip(np.nan_to_num(cloud.responsibilities[found.rows]), 0.0, 1.0)
    top = picked.argmax(axis=1)
    largest = picked[np.arange(len(picked)), top]
    mass = np.bincount(found.slots * np.int64(K) + top, largest, minlength=n * K).reshape(n, K)
    markers = mass.argmax(axis=1)
    shown = top == markers[found.slots]
    slots, picked = found.slots[shown], picked[shown]
    sums = np.stack([np.bincount(slots, picked[:, k], minlength=n) for k in range(K)], axis=1)
    return InkedCells(found.cells, mix(sums, cloud.colors, pure=pure), markers, found.counts)


# --- lines ----------------------------------------------------------------------------------------------


def thin_curve(x: FloatArray, y: FloatArray, n_columns: int) -> tuple[FloatArray, FloatArray]:
    """A long curve (fractions, x ascending) as first, least, greatest and last value for each column of dots.

    It has the same dots as the whole curve. A short curve, or one whose x doesn't ascend, comes back as it is.
    """
    finite = np.isfinite(x) & np.isfinite(y)
    if len(x) <= 8 * n_columns or not finite.all() or not (x[1:] >= x[:-1]).all():
        return x, y
    column = np.floor(np.clip(x, -1.0, 2.0) * n_columns)
    starts = np.concatenate([[0], np.flatnonzero(column[1:] != column[:-1]) + 1])
    ends = np.concatenate([starts[1:], [len(x)]]) - 1
    middle = (x[starts] + x[ends]) / 2
    xs = np.stack([x[starts], middle, middle, x[ends]], axis=1).ravel()
    low, high = np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)
    ys = np.stack([y[starts], low, high, y[ends]], axis=1).ravel()
    return xs, ys


def _clip(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """The parts of a polyline's segments inside the unit square [Liang & Barsky 1984]."""
    x0, y0, x1, y1 = x[:-1], y[:-1], x[1:], y[1:]
    good = np.isfinite(x0) & np.isfinite(y0) & np.isfinite(x1) & np.isfinite(y1)
    x0, y0, x1, y1 = x0[good], y0[good], x1[good], y1[good]
    dx, dy = x1 - x0, y1 - y0
    enter, leave = np.zeros(len(x0)), np.ones(len(x0))
    visible = np.ones(len(x0), dtype=bool)
    for step, room in ((-dx, x0), (dx, 1.0 - x0), (-dy, y0), (dy, 1.0 - y0)):
        ratio = np.divide(room, step, out=np.zeros_like(room), where=step != 0)
        enter = np.where(step < 0, np.maximum(enter, ratio), enter)
        leave = np.where(step > 0, np.minimum(leave, ratio), leave)
        visible &= ~((step == 0) & (room < 0))
    visible &= enter <= leave
    x0, y0, dx, dy = x0[visible], y0[visible], dx[visible], dy[visible]
    enter, leave = enter[visible], leave[visible]
    return x0 + enter * dx, y0 + enter * dy, x0 + leave * dx, y0 + leave * dy


def line_dots(x: FloatArray, y: FloatArray, size: tuple[int, int]) -> tuple[IndexArray, IndexArray]:
    """The dots of a polyline given in fractions, in the order of its path. size: (columns, rows) in dots.

    Returns the dot columns and the dot rows, counted from the top left. Repeated dots in a row are left out.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        x, y = np.clip(x, -1e9, 1e9), np.clip(y, -1e9, 1e9)
        if len(x) == 1:
            x, y = np.repeat(x, 2), np.repeat(y, 2)
        x0, y0, x1, y1 = _clip(x, y)
    columns, rows = size
    x0, x1 = x0 * columns + _BORDER, x1 * columns + _BORDER
    y0, y1 = (1.0 - y0) * rows + _BORDER, (1.0 - y1) * rows + _BORDER
    steps = np.ceil(np.maximum(np.abs(x1 - x0), np.abs(y1 - y0)) - _BORDER).astype(np.int64) + 1
    owner = np.repeat(np.arange(len(steps)), steps)
    first = np.cumsum(steps) - steps
    along = (np.arange(len(owner)) - first[owner]) / np.maximum(steps - 1, 1)[owner]
    column = np.clip(x0[owner] + along * (x1 - x0)[owner], 0, columns - 1).astype(np.int32)
    row = np.clip(y0[owner] + along * (y1 - y0)[owner], 0, rows - 1).astype(np.int32)
    fresh = np.ones(len(column), dtype=bool)
    fresh[1:] = (column[1:] != column[:-1]) | (row[1:] != row[:-1])
    return column[fresh], row[fresh]
