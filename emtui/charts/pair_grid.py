"""A square of small pictures that share their axes: row i and column j belong to the same n features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from rich.cells import cell_len
from textual.message import Message

from emtui.charts.axes import Scale, Ticks, make_scale, make_ticks, noted
from emtui.charts.canvas import Canvas
from emtui.charts.cell_picture import Picture, pack
from emtui.charts.cell_text import fit, short_head
from emtui.charts.colors import Palette
from emtui.charts.picture_widget import PictureWidget
from emtui.charts.scene import RGB, Scene

CELL_WIDTH, CELL_HEIGHT = 18, 6
"""The least room in which a small picture can be read."""
MOST = 8
_GUTTER = 7
_BELOW = 2  # the ticks and the names

Words: TypeAlias = Sequence[tuple[str, RGB]]


@dataclass(frozen=True, slots=True, eq=False)
class Notes:
    """Short lines in place of a picture, each in coloured pieces; as many as there is room for."""

    lines: Sequence[Words] = ()


@dataclass(frozen=True, slots=True, eq=False)
class PairGrid:
    """n × n cells.

    names: n. scales: n; scale j is that of column j along x and of row j along y, but in scenes with a y_range of
    their own. cells: n rows of n scenes or notes. chosen: (row, column) of the cell that stands out, or None.
    """

    names: Sequence[str] = ()
    scales: Sequence[Scale] = ()
    cells: Sequence[Sequence[Scene | Notes]] = ()
    chosen: tuple[int, int] | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class PairGridLayout:
    """Where the lines between the cells are: (n + 1,) columns and (n + 1,) rows; cells lie between them."""

    columns: tuple[int, ...] = ()
    rows: tuple[int, ...] = ()

    def cell_at(self, column: int, row: int) -> tuple[int, int] | None:
        """(row, column) of the cell at a place of the picture, the line above and at the left of it included."""
        i = int(np.searchsorted(self.rows, row, side="right")) - 1
        j = int(np.searchsorted(self.columns, column, side="right")) - 1
        inside = 0 <= i < len(self.rows) - 1 and 0 <= j < len(self.columns) - 1
        return (i, j) if inside else None


def capacity(width: int, height: int) -> int:
    """How many features fit into so many cells with pictures that can be read."""
    across = (width - _GUTTER - 1) // (CELL_WIDTH + 1)
    down = (height - _BELOW - 1) // (CELL_HEIGHT + 1)
    return max(0, min(across, down, MOST))


def lay_out(n: int, width: int, height: int, gutter: int) -> PairGridLayout:
    """n cells across and down, as equal as they can be."""
    return PairGridLayout(_lines(n, gutter, width - gutter), _lines(n, 0, height - _BELOW))


def _lines(n: int, first: int, room: int) -> tuple[int, ...]:
    size, further = divmod(max(0, room - n - 1), n)
    places = [first]
    for index in range(n):
        places.append(places[-1] + size + (index < further) + 1)
    return tuple(places)


def draw_pair_grid(grid: PairGrid, width: int, height: int, palette: Palette) -> tuple[Picture, PairGridLayout]:
    """The picture of a grid, and where its cells are; blank where there is no room for one."""
    picture = Picture.blank(width, height, palette)
    n = len(grid.names)
    gutter = _gutter(grid, height)
    if not n or width - gutter < 3 * n + 1 or height - _BELOW < 3 * n + 1:
        return picture, PairGridLayout()
    layout = lay_out(n, width, height, gutter)
    _draw_lines(picture, layout, palette)
    for i, row in enumerate(grid.cells):
        for j, cell in enumerate(row):
            _draw_cell(picture, layout, (i, j), cell, grid, palette)
    if grid.chosen is not None:
        _draw_frame(picture, layout, grid.chosen, palette)
    _name_rows(picture, layout, grid, palette)
    _name_columns(picture, layout, grid, palette)
    return picture, layout


def _gutter(grid: PairGrid, height: int) -> int:
    """Room for the longest label of a tick at the left."""
    rows = max(1, height // max(1, len(grid.names)))
    labels = [label for scale in list(grid.scales)[1:] for label in _row_ticks(scale, rows).labels]
    return min(_GUTTER, max(map(len, labels), default=0))


def _row_ticks(scale: Scale, rows: int) -> Ticks:
    return make_ticks(scale, max(2, round(rows / 2.7)))


def _draw_lines(picture: Picture, layout: PairGridLayout, palette: Palette) -> None:
    """Thin lines between the cells."""
    across, down, corners = ("-", "|", "+" * 9) if palette.ascii else ("─", "│", "┌┬┐├┼┤└┴┘")
    columns, rows = np.array(layout.columns), np.array(layout.rows)
    width, height = np.arange(columns[0], columns[-1] + 1), np.arange(rows[0], rows[-1] + 1)
    for where, char in ((np.ix_(rows, width), across), (np.ix_(height, columns), down)):
        picture.chars[where] = char
        picture.foreground[where] = pack(palette.frame)
    place = [0, *[1] * (len(rows) - 2), 2]  # the first, those between, the last
    picture.chars[np.ix_(rows, columns)] = np.array(list(corners)).reshape(3, 3)[np.ix_(place, place)]


def _draw_frame(picture: Picture, layout: PairGridLayout, chosen: tuple[int, int], palette: Palette) -> None:
    """A heavy line around one cell."""
    (top, bottom), (left, right) = (
        lines[i : i + 2] for lines, i in zip((layout.rows, layout.columns), chosen, strict=True)
    )
    across, down, corners = ("~", "!", "!!!!") if palette.ascii else ("━", "┃", "┏┓┗┛")
    frame = (slice(top, bottom + 1), slice(left, right + 1))
    chars, ink = picture.chars[frame], picture.foreground[frame]
    chars[[0, -1]], chars[1:-1, [0, -1]] = across, down
    chars[[0, 0, -1, -1], [0, -1, 0, -1]] = list(corners)
    ink[[0, -1]] = ink[:, [0, -1]] = pack(palette.text)


def _draw_cell(
    picture: Picture, layout: PairGridLayout, at: tuple[int, int], cell: Scene | Notes, grid: PairGrid, palette: Palette
) -> None:
    """A scene on the axes of its row and column, or notes."""
    i, j = at
    top, left = layout.rows[i] + 1, layout.columns[j] + 1
    rows, columns = layout.rows[i + 1] - top, layout.columns[j + 1] - left
    if isinstance(cell, Notes):
        _draw_notes(picture, cell, (top, left), (rows, columns), palette)
        return
    y_scale = grid.scales[i] if cell.y_range is None else make_scale(*cell.y_range, margin=0.0)
    canvas = Canvas(columns, rows, (grid.scales[j], y_scale), palette)
    canvas.draw(cell)
    canvas.finish()
    canvas.copy_to(picture, top, left)


def _draw_notes(
    picture: Picture, notes: Notes, start: tuple[int, int], size: tuple[int, int], palette: Palette
) -> None:
    """The lines in the middle of the cell, side by side where they are too many for its height."""
    rows, columns = size
    lines = list(notes.lines)
    longest = max((cell_len("".join(text for text, _ in line)) for line in lines), default=0)
    if not longest:
        return
    beside = max(1, (columns + 1) // (longest + 3))
    down = min(rows, -(-len(lines) // beside) if len(lines) > rows else len(lines))
    beside = min(beside, -(-len(lines) // down))
    if (left_out := len(lines) - down * beside) > 0:
        lines = [*lines[: down * beside - 1], ((f"+{left_out + 1}", palette.muted),)]
    width = min(columns, beside * (longest + 3) - 3)
    top, left = start[0] + (rows - down) // 2, start[1] + (columns - width) // 2
    for index, line in enumerate(lines):
        column, end = left + index // down * (longest + 3), start[1] + columns
        for text, color in line:
            column = picture.write(top + index % down, column, fit(text, max(0, end - column)), color)


def _name_rows(picture: Picture, layout: PairGridLayout, grid: PairGrid, palette: Palette) -> None:
    """Names in the lines above the rows, and ticks at the left of those with a scene on the feature's own axis."""
    left, tick = layout.columns[0], "+" if palette.ascii else "┤"
    for i, (name, scale) in enumerate(zip(grid.names, grid.scales, strict=True)):
        top, rows = layout.rows[i], layout.rows[i + 1] - layout.rows[i] - 1
        first = grid.cells[i][0]
        ticks = _row_ticks(scale, rows) if isinstance(first, Scene) and first.y_range is None else Ticks((), ())
        text = noted(name, ticks)
        room = layout.columns[1] - left - 5
        if room >= 2:
            picture.write(top, left + 2, f" {short_head(text, room)} ", palette.text)
        for f, label in zip(ticks.fractions, ticks.labels, strict=True):
            row = top + 1 + min(int((1.0 - f) * rows), rows - 1)
            picture.chars[row, left] = tick
            picture.write(row, left - min(len(label), left), fit(label, left), palette.muted)


def _name_columns(picture: Picture, layout: PairGridLayout, grid: PairGrid, palette: Palette) -> None:
    """Ticks below the last row, and names below the ticks."""
    bottom, tick = layout.rows[-1], "+" if palette.ascii else "┬"
    for j, (name, scale) in enumerate(zip(grid.names, grid.scales, strict=True)):
        left, right = layout.columns[j], layout.columns[j + 1]
        room = right - left - 1
        ticks = make_ticks(scale, max(2, room // 9))
        end = left
        for f, label in zip(ticks.fractions, ticks.labels, strict=True):
            column = left + 1 + min(int(f * room), room - 1)
            begin = column - len(label) // 2
            if begin > end and begin + len(label) <= right:
                picture.chars[bottom, column] = tick
                end = picture.write(bottom + 1, begin, label, palette.muted)
        text = short_head(noted(name, ticks), room)
        picture.write(bottom + 2, left + 1 + (room - cell_len(text)) // 2, text, palette.text)


class PairGridChart(PictureWidget[PairGrid]):
    """Shows one grid at whatever size it has, and says which cell was clicked."""

    DEFAULT_CSS = """
    PairGridChart { width: 1fr; height: 1fr; }
    """

    @dataclass(eq=False)
    class Picked(PictureWidget.Clicked):
        """A click on a cell. row, column: from 0."""

        row: int
        column: int

    def __init__(self, grid: PairGrid | None = None, *, id: str | None = None) -> None:
        self._layout_drawn = PairGridLayout()
        super().__init__(grid or PairGrid(), id=id)

    @property
    def grid(self) -> PairGrid:
        """The grid that is shown."""
        return self._value

    def set_grid(self, grid: PairGrid) -> None:
        """Show another grid."""
        self.show(grid)

    def draw_value(self, width: int, height: int, palette: Palette) -> Picture:
        """The picture of the grid."""
        picture, self._layout_drawn = draw_pair_grid(self.grid, width, height, palette)
        return picture

    def picked(self, column: int, row: int) -> Message | None:
        """The cell at a place."""
        self._update()
        found = self._layout_drawn.cell_at(column, row)
        return None if found is None else self.Picked(self, *found)
