"""The columns of a text table: which of them fit a width, and a row of cells as segments. No widget here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeAlias

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from emtui.charts.cell_picture import BOLD, NO_COLOR, PLAIN, REVERSE, pack, style_of
from emtui.charts.cell_text import fit
from emtui.charts.cell_text import short_head as short_head
from emtui.charts.colors import Palette
from emtui.charts.scene import RGB

GAP = 1
"""Cells between two columns."""

Piece: TypeAlias = tuple[str, Style]
TableCell: TypeAlias = str | tuple[Piece, ...]
"""The text of a cell: plain, or in pieces with a style each. It is never read as markup."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: the meaning of a click on its head, its head, its width in cells and its alignment.

    marked: the table is sorted by it, so its head stands out. gap: blank cells before it, unless it is the first.
    """

    key: str
    title: TableCell
    width: int
    align: Literal["left", "right"] = "left"
    marked: bool = False
    gap: int = GAP


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table laid out for one width and one palette.

    columns: those that fit, from the left; there is no head if every title is empty. cells: for each of these rows,
    one cell per column; only the rows in sight are ever asked for.
    """

    columns: tuple[TableColumn, ...]
    n_rows: int
    cells: Callable[[range], Sequence[Sequence[TableCell]]]


class TableSource(Protocol):
    """What a table shows: a frozen value that is laid out again for each width."""

    def sheet(self, width: int, palette: Palette) -> Sheet:
        """Lay it out in this width."""


@dataclass(frozen=True, slots=True)
class Window:
    """The columns that fit: all of left and right, and of middle those from `first` up to `last`."""

    columns: tuple[TableColumn, ...]
    first: int
    last: int
    n_middle: int

    @property
    def hidden(self) -> int:
        """How many middle columns are out of sight."""
        return self.n_middle - (self.last - self.first)


def widths(columns: Sequence[TableColumn]) -> int:
    """Cells that the columns need side by side, without the gap before the first."""
    return _cost(columns) - columns[0].gap if columns else 0


def _cost(columns: Sequence[TableColumn]) -> int:
    return sum(column.width + column.gap for column in columns)


def fit_columns(
    left: Sequence[TableColumn], middle: Sequence[TableColumn], right: Sequence[TableColumn], width: int, first: int = 0
) -> Window:
    """The middle columns that fit whole, from `first` on; "+3" says how many do not.

    No number is ever cut: a column is shown whole or not at all. If not even one middle column fits beside left and
    right, those give way from their inner ends, the leftmost column last.
    """
    left, right, n = list(left), list(right), len(middle)
    if widths([*left, *middle, *right]) <= width:
        return Window((*left, *middle, *right), 0, n, n)
    while (left[1:] or right) and widths([*left, *middle[:1], *right]) > width:
        if right:
            right.pop(0)
        else:
            left.pop()
    more = TableColumn("more", f"+{n}", len(f"+{n}"))
    room = width + GAP - _cost([*left, *right])
    first = max(0, min(first, _last_start(middle, room - _cost([more]))))
    last = first + _how_many(middle[first:], room - _cost([more]))
    if last == first < n:  # the number itself is worth more than saying how many there are
        last += _how_many(middle[first : first + 1], room)
    shown = middle[first:last]
    hidden = n - len(shown)
    noted = [replace(more, title=f"+{hidden}")] if hidden and _cost([*shown, more]) <= room else []
    return Window((*left, *shown, *noted, *right), first, last, n)


def _how_many(columns: Sequence[TableColumn], room: int) -> int:
    """How many columns fit whole, one after another."""
    used = 0
    for count, column in enumerate(columns):
        used += column.width + column.gap
        if used > room:
            return count
    return len(columns)


def _last_start(columns: Sequence[TableColumn], room: int) -> int:
    """The first column of the last window, from which everything fits."""
    return min(len(columns) - _how_many(columns[::-1], room), max(0, len(columns) - 1))


def ink(palette: Palette, color: RGB, *, bold: bool = False, reverse: bool = False) -> Style:
    """A style in a colour, in as many colours as the palette may use; the background stays."""
    attribute = (BOLD if bold else PLAIN) | (REVERSE if reverse else PLAIN)
    return style_of(pack(color), NO_COLOR, attribute, palette.mode)


def component_head(palette: Palette, component: int, name: str) -> tuple[Piece, ...]:
    """A component's marker in its colour, and its name."""
    return ((palette.marker(component), ink(palette, palette.color(component), bold=True)), (name, Style()))


def plain(cell: TableCell) -> str:
    """The text of a cell without its styles."""
    return cell if isinstance(cell, str) else "".join(text for text, _ in cell)


def cell_width(cell: TableCell) -> int:
    """Cells that a text takes on the screen."""
    return cell_len(plain(cell))


def segments(cell: TableCell, width: int, align: Literal["left", "right"], ellipsis: str = "…") -> list[Segment]:
    """A cell's text, cleaned, cut with an ellipsis if needed, and filled to exactly this width."""
    pieces = ((cell, Style()),) if isinstance(cell, str) else cell
    made: list[Segment] = []
    room = width
    total = cell_width(cell)
    for text, style in pieces:
        # A piece that isn't the last may fill the room only if nothing more comes.
        total -= cell_len(text)
        shown = fit(text, room, ellipsis)
        if total > 0 and cell_len(shown) >= room:
            shown = fit(text + ellipsis * 2, room, ellipsis)
            total = 0
            made.append(Segment(shown, style))
            room -= cell_len(shown)
            break
        if shown:
            made.append(Segment(shown, style))
        room -= cell_len(shown)
        if room <= 0:
            break
    if room > 0:
        filler = Segment(" " * room)
        made = [filler, *made] if align == "right" else [*made, filler]
    return made


def line(cells: Sequence[TableCell], columns: Sequence[TableColumn], ellipsis: str = "…") -> list[Segment]:
    """A row of cells side by side."""
    made: list[Segment] = []
    for index, (cell, column) in enumerate(zip(cells, columns, strict=True)):
        if index:
            made.append(Segment(" " * column.gap))
        made += segments(cell, column.width, column.align, ellipsis)
    return made


def joined(parts: Sequence[str], width: int) -> str:
    """The first parts that fit side by side; none is cut."""
    text = ""
    for part in parts:
        longer = f"{text} · {part}" if text and part else text or part
        if cell_len(longer) <= width:
            text = longer
    return text
