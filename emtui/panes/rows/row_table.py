"""Rows and their responsibilities as the source of a table: it computes those of the rows in sight, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import ClassVar

import numpy as np
from rich.cells import cell_len
from rich.style import Style

from emtui.charts.cell_text import clean
from emtui.charts.colors import Palette
from emtui.charts.text_bars import share_cells
from emtui.panes.rows.row_order import By, ListedRows, RowOrder
from emtui.session.snapshot import StepSnapshot
from emtui.views.number_format import number, probability
from emtui.widgets.row_cells import class_label, row_label, weight_pieces
from emtui.widgets.table_columns import (
    Piece,
    Sheet,
    TableCell,
    TableColumn,
    component_head,
    fit_columns,
    ink,
    short_head,
    widths,
)
from engine.arrays import Array, IntArray
from engine.data.dataset import Dataset

UNCERTAIN = 0.8
"""A row whose largest responsibility is below this is marked."""
_SHADES, _ASCII_SHADES = "█▓▒░", "#=-."
_NAMES_MEASURED, _NAME = 2_000, 16  # rows whose names are measured; the most cells of a name
_VALUES, _VALUE_HEAD = 200, 8  # rows whose values are measured for their column; cells of its head
_WINDOW_FROM = 36  # cells from which the bar and the class are worth more than one component more


@dataclass(frozen=True, eq=False)
class RowSource(ListedRows):
    """The rows of a step in some order: name, bar, one column a component, class, marks.

    places: (m,) the rows as places in `snapshot.rows`, None for all rows of the data in their order.
    """

    WORDS: ClassVar[dict[By, str]] = {
        "row": "in order",
        "uncertainty": "uncertain first",
        "component": "by component {}",
        "class": "by class",
    }
    HEADS: ClassVar[dict[str, By]] = {"class": "class", "bar": "uncertainty", "mark": "uncertainty"}

    @classmethod
    def of(cls, snapshot: StepSnapshot, order: RowOrder, names: tuple[str, ...], first: int) -> RowSource:
        """The rows in this order; in that of the data if it is not offered."""
        source = cls(snapshot, order, None, names, first)
        if order.forward not in source.offered:
            source = replace(source, order=RowOrder())
        return replace(source, places=_places(snapshot, source.order))

    @property
    def offered(self) -> tuple[RowOrder, ...]:
        """By class only where classes are known."""
        return super().offered if self.snapshot.spec.dataset.y is not None else super().offered[:-1]

    def row(self, place: int) -> int:
        """The row of the data at this place of the list."""
        return int(self.rows(range(place, place + 1))[0])

    @property
    def n_rows(self) -> int:
        """Rows listed: all, or those drawn where they are sorted."""
        return self.snapshot.n_rows if self._all_rows else len(self.snapshot.rows)

    @property
    def _all_rows(self) -> bool:
        return self.order.by == "row" or len(self.snapshot.rows) == self.snapshot.n_rows

    def rows(self, places: range) -> IntArray:
        """The rows of the data that stand at these places of the list."""
        listed = np.arange(places.start, places.stop)
        if self._all_rows and self.order.by == "row":
            of_all = self.snapshot.n_rows - 1 - listed if self.order.reverse else listed
            fitted = self.snapshot.fitted_rows
            return of_all if isinstance(fitted, range) else np.asarray(fitted[of_all])
        assert self.places is not None
        return np.asarray(self.snapshot.rows[self.places[listed]])

    def place_of(self, row: int) -> int | None:
        """Where a row of the data stands in the list; None where it is not listed."""
        fitted = self.snapshot.fitted_rows
        place = row if isinstance(fitted, range) else int(np.searchsorted(fitted, row))
        if not 0 <= place < self.snapshot.n_rows or int(fitted[place]) != row:
            return None
        if self.order.by == "row":
            return self.snapshot.n_rows - 1 - place if self.order.reverse else place
        drawn = drawn_place(self.snapshot, row)
        if drawn is None or self.places is None:
            return None
        return int(np.flatnonzero(self.places == drawn)[0])

    def responsibilities(self, places: range) -> Array | None:
        """(len(places), K); None before the first E-step."""
        R, rows = self.snapshot.responsibilities, self.rows(places)
        if R is not None and len(self.snapshot.rows) == self.snapshot.n_rows:
            return np.asarray(R[np.searchsorted(self.snapshot.rows, rows)])
        if R is not None and self.places is not None and self.order.by != "row":
            return np.asarray(R[self.places[places.start : places.stop]])
        return self.snapshot.responsibilities_of(rows)

    # columns

    def sheet(self, width: int, palette: Palette) -> Sheet:
        """Lay it out in this width."""
        columns = self.columns(width, palette)
        return Sheet(columns, self.n_rows, partial(self._cells, columns, palette))

    def columns(self, width: int, palette: Palette) -> tuple[TableColumn, ...]:
        """What fits: numbers before the class, the class before the bar; components that don't fit are counted."""
        components = self._component_columns(palette)
        weighed = self.snapshot.step.problem.data.given_weight is not None
        name, mark = self._name_column(width), TableColumn("mark", "", 4 if weighed else 2)
        classes, bar = self._class_column(width), TableColumn("bar", "", 6 if width < 60 else 10)
        layouts: list[tuple[list[TableColumn], list[TableColumn]]] = [
            ([name, *self._value_column(_NAME), bar], [*classes, mark]),
            ([name, *self._value_column(_VALUE_HEAD), bar], [*classes, mark]),
            ([name, bar], [*classes, mark]),
            ([name, TableColumn("bar", "", 6)], [*classes, mark]),
            ([name], [*classes, mark]),
            ([name], [mark]),
        ]
        fitting = [pair for pair in layouts if widths([*pair[0], *components, *pair[1]]) <= width]
        if fitting:
            left, right = fitting[0]
        else:
            left, right = layouts[3] if width >= _WINDOW_FROM else layouts[5]
        shown = fit_columns(left, components, right, width, self.first).columns
        for room in range(self._whole_name, name.width, -1):  # names as long as costs no column
            wider = fit_columns([replace(name, width=room), *left[1:]], components, right, width, self.first).columns
            if len(wider) == len(shown):
                return wider
        return shown

    @cached_property
    def _whole_name(self) -> int:
        """Cells that the rows' names take, as far as they are shown at all."""
        data = self.snapshot.spec.dataset
        names = data.row_names or ()
        return min(max((cell_len(name) for name in names[:_NAMES_MEASURED]), default=0), _NAME)

    def _component_columns(self, palette: Palette) -> list[TableColumn]:
        columns = []
        for k, name in enumerate(self.names):
            marked = self.order.by == "component" and self.order.component == k
            width = min(8, max(4, 1 + cell_len(clean(name))))
            columns.append(TableColumn(f"component {k}", component_head(palette, k, name), width, "right", marked))
        return columns

    def _name_column(self, width: int) -> TableColumn:
        data, marked = self.snapshot.spec.dataset, self.order.by == "row"
        if data.row_names is not None:
            return TableColumn("row", "row", max(3, min(self._whole_name, width // 3)), "left", marked)
        heading, last = data.row_heading, row_label(data, -1)
        return TableColumn("row", heading, max(len(heading), len(last)), "right", marked)

    def _value_column(self, head: int) -> list[TableColumn]:
        """What was seen in the row, where that is a single number, under a head of at most so many cells."""
        data = self.snapshot.spec.dataset
        if data.n_features != 1:
            return []
        texts = [number(float(value)) for value in own_values(data, self.rows(range(min(self.n_rows, _VALUES))))]
        title = short_head(data.feature_names[0], head)
        return [TableColumn("value", title, max(cell_len(title), *map(len, texts)), "right")]

    def _class_column(self, width: int) -> list[TableColumn]:
        data = self.snapshot.spec.dataset
        if data.y is None:
            return []
        longest = max((cell_len(name) for name in data.class_names), default=1)
        return [TableColumn("class", "class", max(5, min(longest, 12, width // 3)), "left", self.order.by == "class")]

    # cells

    def _cells(self, columns: Sequence[TableColumn], palette: Palette, rows: range) -> list[list[TableCell]]:
        """The cells of these places of the list."""
        R, data = self.responsibilities(rows), self.snapshot.spec.dataset
        if R is None:
            return [["" for _ in columns] for _ in rows]
        data_rows = self.rows(rows).tolist()
        ordinary, faint = Style(), ink(palette, palette.muted)
        colors = [ink(palette, palette.color(k), bold=True) for k in range(R.shape[1])]
        values, largest = R.tolist(), R.max(axis=1).tolist()
        labels = R.argmax(axis=1).tolist()
        weights = self.snapshot.weights_of(self.rows(rows))
        counts = [1.0] * len(labels) if weights is None else weights.tolist()
        made = []
        for row, shares, top, label, weight in zip(data_rows, values, largest, labels, counts, strict=True):
            cells: list[TableCell] = []
            for column in columns:
                key = column.key
                if key.startswith("component "):
                    k = int(key[10:])
                    value = shares[k]
                    style = colors[k] if value >= 0.5 else faint if value < 0.005 else ordinary
                    cells.append(((probability(value, 2), style),))
                elif key == "row":
                    cells.append(row_label(data, row))
                elif key == "class":
                    cells.append(class_label(data, row))
                elif key == "value":
                    cells.append(number(float(own_values(data, np.array([row]))[0])))
                elif key == "bar":
                    cells.append(_bar(shares, column.width, palette))
                elif key == "mark":
                    cells.append(self._marks(row, label, top, weight, palette))
                else:
                    cells.append("")
            made.append(cells)
        return made

    @cached_property
    def _matching(self) -> list[int]:
        """The class that stands for each component."""
        agreement = self.snapshot.agreement
        return [] if agreement is None else [int(k) for k in agreement.matching]

    def is_wrong(self, row: int, label: int) -> bool:
        """The class that the row's component stands for is not the row's own."""
        truth = self.snapshot.spec.dataset.y
        if truth is None or not self._matching or truth[row] < 0:
            return False
        matched = self._matching[label] if label < len(self._matching) else -1
        return matched != int(truth[row])

    def _marks(self, row: int, label: int, top: float, weight: float, palette: Palette) -> TableCell:
        if weight == 0:
            return weight_pieces(weight, palette)
        pieces: list[Piece] = []
        if self.is_wrong(row, label):
            pieces.append(("x" if palette.ascii else "✗", ink(palette, palette.text, bold=True)))
        if top < UNCERTAIN:
            pieces.append(("!", ink(palette, palette.text, bold=True)))
        return (*pieces, *weight_pieces(weight, palette))


def _places(snapshot: StepSnapshot, order: RowOrder) -> IntArray | None:
    """(m,) the drawn rows in this order, as places in `snapshot.rows`; None for the order of the data.

    Only drawn rows are sorted: the responsibilities of the others are not known here.
    """
    R, truth = snapshot.responsibilities, snapshot.spec.dataset.y
    if R is None or order.by == "row":
        return np.arange(len(snapshot.rows))[::-1] if order.reverse else None
    if order.by == "class":
        known = np.zeros(len(snapshot.rows)) if truth is None else truth[snapshot.rows]
        keys = np.where(known < 0, np.inf, known)
    else:
        keys = R.max(axis=1) if order.by == "uncertainty" else -R[:, order.component]
    places = np.argsort(keys, kind="stable")
    return places[::-1] if order.reverse else places


def own_values(data: Dataset, rows: IntArray) -> Array:
    """(len(rows),) the only column's values at these rows, in the data's own units."""
    values = data.X[rows, 0]
    return np.asarray(values if data.units is None else values * data.units.scale[0] + data.units.offset[0])


def drawn_place(snapshot: StepSnapshot, row: int) -> int | None:
    """Where a row of the data stands in `snapshot.rows`, which ascend; None where it is not drawn."""
    place = int(np.searchsorted(snapshot.rows, row))
    return place if place < len(snapshot.rows) and int(snapshot.rows[place]) == row else None


def _bar(shares: Sequence[float], width: int, palette: Palette) -> TableCell:
    """One row's responsibilities side by side, each in its component's colour and shade."""
    shades = _ASCII_SHADES if palette.ascii else _SHADES
    return tuple(
        (shades[k % len(shades)] * count, ink(palette, palette.color(k)))
        for k, count in enumerate(share_cells(shares, width))
        if count
    )
