"""A short table held in memory: columns in order, rows of cells, and a last column that takes the remaining room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from emtui.charts.colors import Palette
from emtui.widgets.table_columns import Sheet, TableCell, TableColumn, widths


@dataclass(frozen=True, eq=False)
class PlainTable:
    """The source of a table.

    columns: from the left; where room is short they are dropped in the order of `first_to_go`, by their keys.
    rows: for each row, one cell per column. The last remaining column takes the room that the others leave.
    """

    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    first_to_go: tuple[str, ...] = ()

    def sheet(self, width: int, palette: Palette) -> Sheet:
        """Lay it out in this width."""
        places = list(range(len(self.columns)))
        for key in self.first_to_go:
            if widths([self.columns[i] for i in places]) > width:
                places = [i for i in places if self.columns[i].key != key]
        columns = [self.columns[i] for i in places]
        if columns and columns[-1].align == "left":
            columns[-1] = replace(columns[-1], width=max(1, columns[-1].width + width - widths(columns)))
        return Sheet(
            tuple(columns),
            len(self.rows),
            lambda seen: [[row[i] for i in places] for row in self.rows[seen.start : seen.stop]],
        )


@dataclass(frozen=True, eq=False)
class TextLines:
    """Lines of text, wrapped for a width, as the source of a table of one column without a head."""

    lines: Callable[[int, Palette], Sequence[TableCell]]

    def sheet(self, width: int, palette: Palette) -> Sheet:
        """Lay them out in this width."""
        lines, column = self.lines(width, palette), TableColumn("line", "", width)
        return Sheet((column,), len(lines), lambda seen: [(line,) for line in lines[seen.start : seen.stop]])
