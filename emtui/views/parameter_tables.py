"""Parameter tables: numbers aligned by column, each with the change since the parameters last moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from emtui.session.snapshot import StepSnapshot
from emtui.views.number_format import MISSING, aligned, delta, format_for, probability
from emtui.views.view import Cell, ParameterRow, ParameterTable, UnitsName
from engine.arrays import Array

_ALIKE = 10.0
"""Columns whose spreads differ by no more than this have covariances with as many digits each."""


@dataclass(frozen=True)
class Column:
    """A column of numbers: its heading, and the spread and magnitude of the data that settle its digits."""

    name: str
    spread: float = 1.0
    magnitude: float = 0.0
    probability: bool = False

    def text(self, value: float) -> str:
        """The number as text; empty if there is none."""
        if np.isnan(value):
            return ""
        return probability(value) if self.probability else format_for(self.spread, self.magnitude).text(value)

    def delta(self, change: float) -> str:
        """The change, by an arrow; empty where it rounds to nothing."""
        if np.isnan(change):
            return ""
        if self.probability:
            return delta(change, 3).replace("0.", ".", 1)
        return format_for(self.spread, self.magnitude).delta(change)


def cells(column: Column, now: Sequence[float], before: Sequence[float] | None) -> tuple[Cell, ...]:
    """One column of cells, from its numbers at this step and before they last moved; nan is an empty cell."""
    texts = aligned([column.text(value) for value in now])
    if before is None:
        return tuple(Cell(text) for text in texts)
    made = []
    for text, value, earlier in zip(texts, now, before, strict=True):
        change = value - earlier
        shown = column.delta(change)
        direction = 0 if not shown else (1 if change > 0 else -1)
        size = abs(change) / column.spread if direction and column.spread > 0 else 0.0
        made.append(Cell(text, shown, direction, min(1.0, float(size))))
    return tuple(made)


def now_and_before(snapshot: StepSnapshot, numbers: Callable[[Any], Array]) -> tuple[Array, Array | None]:
    """The numbers of θ, and of θ before it last moved; None for these at the start."""
    now, *before = snapshot.trail[:-3:-1]
    return numbers(now), numbers(before[0]) if before else None


def table(
    row_names: Sequence[tuple[str, int | None]],
    columns: Sequence[Column],
    now: Array,
    before: Array | None,
    units: UnitsName = "data",
    note: str = "",
) -> ParameterTable:
    """A table from its numbers.

    Args:
        row_names: each row's name and the component that it belongs to.
        columns: C of them.
        now: (rows, C) the numbers; nan is an empty cell.
        before: (rows, C) the numbers before they last moved, or None.
        units: which units the numbers are in.
        note: to stand below.
    """
    if before is not None and before.shape != now.shape:
        before = None
    by_column = [
        cells(column, now[:, c].tolist(), None if before is None else before[:, c].tolist())
        for c, column in enumerate(columns)
    ]
    rows = tuple(
        ParameterRow(name, tuple(column[r] for column in by_column), component)
        for r, (name, component) in enumerate(row_names)
    )
    return ParameterTable(tuple(column.name or MISSING for column in columns), rows, units, note)


def component_table(
    names: Sequence[str],
    columns: Sequence[Column],
    now: Array,
    before: Array | None,
    suffixes: Sequence[str] = ("",),
    units: UnitsName = "data",
    note: str = "",
) -> ParameterTable:
    """A table with one row, or several kinds of row, for each component.

    Args:
        names: K components.
        columns: C of them.
        now, before: (K, kinds, C).
        suffixes: what each kind of row is called; "" for the one that carries the component's own name.
        units, note: as for `table`.
    """
    row_names = [(suffix or name, k) for k, name in enumerate(names) for suffix in suffixes]
    flat = (-1, len(columns))
    return table(row_names, columns, now.reshape(flat), None if before is None else before.reshape(flat), units, note)


def covariance_table(
    names: Sequence[str], now: Array, before: Array | None, spread: Array, units: UnitsName
) -> ParameterTable:
    """A covariance matrix (d, d): each number's digits follow from the spreads of the two columns that it is of.

    Where columns differ much, one number of digits would be that of the widest, beside which others were all 0.
    """
    alike = len(spread) > 0 and spread.max() <= _ALIKE * spread.min()
    by_column = []
    for j, name in enumerate(names):
        scales = spread.max() * spread.min() * np.ones_like(spread) if alike else spread * spread[j]
        each = [Column(name, float(scale)) for scale in scales]
        earlier = [None if before is None else [float(before[i, j])] for i in range(len(names))]
        made = [cells(column, [float(now[i, j])], earlier[i])[0] for i, column in enumerate(each)]
        texts = aligned([cell.text for cell in made])
        by_column.append([replace(cell, text=text) for cell, text in zip(made, texts, strict=True)])
    rows = tuple(ParameterRow(name, tuple(column[i] for column in by_column), None) for i, name in enumerate(names))
    return ParameterTable(tuple(name or MISSING for name in names), rows, units)
