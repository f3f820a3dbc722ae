"""A view's parameter table as the source of a table on the screen; the room decides where the changes stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from rich.cells import cell_len
from rich.style import Style

from emtui.charts.cell_text import clean
from emtui.charts.colors import Palette
from emtui.views.number_format import DOWN, UP
from emtui.views.view import Cell, ParameterTable
from emtui.widgets.table_columns import (
    GAP,
    Piece,
    Sheet,
    TableCell,
    TableColumn,
    Window,
    fit_columns,
    ink,
    plain,
    short_head,
    widths,
)

Deltas = Literal["beside", "below", "arrows", "tight"]
_HEAD_LIMIT = 14
_HEAD_LEAST = 6  # narrower heads can't be told apart
_LARGE = 0.05
"""A change of so much of a column's own spread is written bold."""


@dataclass(frozen=True, eq=False)
class ParameterSource:
    """Parameters in rows; the change of each since θ last moved stands beside it, below it, or as an arrow alone.

    Changes have their room also where there are none, so that heads keep their words from step to step.

    height: the lines that there are, which settles where the changes go. first: the first column to show where not
    all of them fit.
    """

    table: ParameterTable
    height: int
    first: int = 0

    def sheet(self, width: int, palette: Palette) -> Sheet:
        """Lay it out in this width."""
        deltas, lines = self.deltas(width), self.lines(width)
        columns = tuple(self.head(self.window(width).columns, deltas, width))

        def cells(places: range) -> list[list[TableCell]]:
            return [[self._cell(*lines[place], column, deltas, palette) for column in columns] for place in places]

        return Sheet(columns, len(lines), cells)

    def deltas(self, width: int) -> Deltas:
        """Beside the numbers if all columns fit, else below them if all rows fit, else an arrow alone.

        If arrows would push a column out, they stand in the gaps between the columns.
        """
        if self._fits("beside", width):
            return "beside"
        if self._height_below <= self.height:
            return "below"
        return "tight" if self._fits("tight", width) and not self._fits("arrows", width) else "arrows"

    def _fits(self, deltas: Deltas, width: int) -> bool:
        columns = self._value_columns(deltas)
        if deltas == "beside":  # the changes may stand elsewhere if heads would be cut for them
            columns = [_with_head(column) for column in columns]
        return widths([self._name_column(width, deltas), *columns]) <= width

    def lines(self, width: int) -> tuple[tuple[int, bool], ...]:
        """What each line shows: a row of the table, and whether it is that row's changes.

        Rows that have nothing in the columns in sight are left out, such as deviations beside a chain's transitions.
        """
        below = self.deltas(width) == "below"
        seen = [int(c.key.removeprefix("column ")) for c in self.window(width).columns if c.key.startswith("column ")]
        made = []
        for index, row in enumerate(self.table.rows):
            if seen and not any(row.cells[place].text.strip() for place in seen):
                continue
            made.append((index, False))
            if below and any(row.cells[place].delta for place in seen):
                made.append((index, True))
        return tuple(made)

    def window(self, width: int) -> Window:
        """The columns that fit, whole."""
        deltas = self.deltas(width)
        name, columns = self._name_column(width, deltas), self._value_columns(deltas)
        if widths([name, *columns]) > width:  # not all are in sight in any case: show fewer, with readable heads
            columns = [_with_head(column) for column in columns]
        return fit_columns([name], columns, [], width, self.first)

    @cached_property
    def _longest_name(self) -> int:
        return max((2 * (row.component is not None) + cell_len(clean(row.name)) for row in self.table.rows), default=1)

    def _name_column(self, width: int, deltas: Deltas) -> TableColumn:
        """The rows' names; those of features are shortened if that makes all columns fit."""
        room = max(2, min(self._longest_name, width // 3, 16))
        if all(row.component is None for row in self.table.rows):
            left = width - widths(self._value_columns(deltas)) - GAP
            room = left if min(room, 7) <= left < room else room
            if left < room:  # not all columns are in sight in any case: whole names if that costs no column
                columns = [_with_head(column) for column in self._value_columns(deltas)]
                longest = min(self._longest_name, 16)
                seen = [self._in_sight(columns, width, names) for names in range(room, longest + 1)]
                room += max((extra for extra, count in enumerate(seen) if count == seen[0]), default=0)
        return TableColumn("name", "", room)

    def _in_sight(self, columns: Sequence[TableColumn], width: int, names: int) -> int:
        """How many columns fit beside names of this width."""
        return len(fit_columns([TableColumn("name", "", names)], columns, [], width, self.first).columns)

    @cached_property
    def _rooms(self) -> list[tuple[int, int]]:
        """For each column the cells that its numbers need, and those that their changes do."""
        columns = [[row.cells[index] for row in self.table.rows] for index in range(len(self.table.columns))]
        return [
            (max(3, *(len(cell.text) for cell in cells)), max(map(_room_of_change, cells))) if cells else (3, 0)
            for cells in columns
        ]

    @cached_property
    def _height_below(self) -> int:
        """The lines that it takes with the changes below the numbers."""
        return sum(1 + any(_room_of_change(cell) for cell in row.cells) for row in self.table.rows) + 1

    def _value_columns(self, deltas: Deltas) -> list[TableColumn]:
        made = []
        for index, title in enumerate(self.table.columns):
            room, change = self._rooms[index]
            if change:
                room += {"beside": 1 + change, "below": max(0, change - room), "arrows": 1, "tight": 1}[deltas]
            gap = 0 if index and change and deltas == "tight" else GAP
            made.append(TableColumn(f"column {index}", title, room, "right", gap=gap))
        return made

    def head(self, columns: Sequence[TableColumn], deltas: Deltas, width: int) -> list[TableColumn]:
        """The columns with heads that fit them, widened to their names if there is room to spare."""
        spare = width - widths(columns)
        rooms = {column.key: column.width for column in columns if column.key.startswith("column ")}
        tail = " " if deltas in ("arrows", "tight") else ""  # above the arrow
        wanted = {c.key: min(cell_len(clean(plain(c.title))), _HEAD_LIMIT) + len(tail) for c in columns}
        nearly = [key for key in rooms if 0 < wanted[key] - rooms[key] <= 2]  # heads that need little come first
        for keys in (nearly, list(rooms)):
            while spare > 0 and any(rooms[key] < wanted[key] for key in keys):
                for key in keys:
                    if spare > 0 and rooms[key] < wanted[key]:
                        rooms[key] += 1
                        spare -= 1
        made = []
        for column in columns:
            if column.key in rooms:
                room = rooms[column.key]
                title = short_head(plain(column.title), room - len(tail)) + tail
                column = replace(column, title=title, width=room)
            made.append(column)
        return made

    # cells

    def _cell(self, index: int, is_change: bool, column: TableColumn, deltas: Deltas, palette: Palette) -> TableCell:
        """A cell of a row of the table, or of the line of its changes."""
        if column.key.startswith("column "):
            place = int(column.key[7:])
            cell = self.table.rows[index].cells[place]
            if is_change:
                return ((_arrows(_short(cell), palette), _direction_ink(cell, palette)),)
            return self._value(cell, place, deltas, palette)
        return self._name(index, column.width, palette) if column.key == "name" and not is_change else ""

    def _name(self, index: int, width: int, palette: Palette) -> TableCell:
        rows = self.table.rows
        row = rows[index]
        if row.component is None:
            return short_head(row.name, width)
        if index and rows[index - 1].component == row.component:
            return (("  ", Style()), (clean(row.name), ink(palette, palette.muted)))
        marker = palette.marker(row.component)
        color = ink(palette, palette.color(row.component), bold=True)
        return ((f"{marker} ", color), (clean(row.name), color))

    def _value(self, cell: Cell, place: int, deltas: Deltas, palette: Palette) -> TableCell:
        change = max((_room_of_change(row.cells[place]) for row in self.table.rows), default=0)
        pieces: list[Piece] = [(cell.text, Style(bold=cell.change >= _LARGE or None))]
        if not change or deltas == "below":
            return tuple(pieces)
        color = _direction_ink(cell, palette)
        if deltas == "beside":
            pieces += [(" ", Style()), (_arrows(_short(cell), palette).ljust(change), color)]
        else:
            pieces.append((_arrows(cell.delta, palette)[:1] or " ", color))
        return tuple(pieces)


def _with_head(column: TableColumn) -> TableColumn:
    """The column with room for a readable head."""
    return replace(column, width=max(column.width, min(cell_len(clean(plain(column.title))), _HEAD_LEAST)))


def _short(cell: Cell) -> str:
    """The change without the 0 before its point: ▼.0298 is as wide as the number 6.7346 above it."""
    return cell.delta[0] + cell.delta[2:] if cell.delta[1:3] == "0." else cell.delta


def _room_of_change(cell: Cell) -> int:
    """The cells for a number's change: an arrow and as many decimals, or what there is; 0 for no number."""
    if not any(c.isdigit() for c in cell.text):
        return 0
    mantissa = re.split("[e×]", cell.text)[0]
    return max(len(_short(cell)), 1 + max(1, len(mantissa) - len(mantissa.partition(".")[0])))


def _direction_ink(cell: Cell, palette: Palette) -> Style:
    return ink(palette, palette.text, bold=cell.change >= _LARGE)


def _arrows(text: str, palette: Palette) -> str:
    return text.replace(UP, "+").replace(DOWN, "-") if palette.ascii else text
