"""Responsibilities of all rows as a strip: rows from left to right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from textual.message import Message

from emtui.charts.cell_picture import BOLD, REVERSE, Picture, pack, pack_all
from emtui.charts.colors import Palette, blend, mix
from emtui.charts.picture_widget import PictureWidget
from emtui.charts.scene import FloatArray, IntArray

SHADES = np.array(list(" ░▒▓█"))
ASCII_SHADES = np.array(list(" .:+#"))


@dataclass(frozen=True, slots=True, eq=False)
class StripRows:
    """What a heat strip shows. responsibilities: (n, K). order: (n,) row numbers in the order to show them in, or
    None. cursor: the row (not the place) that is marked, or None."""

    responsibilities: FloatArray
    order: IntArray | None = None
    cursor: int | None = None

    def __post_init__(self) -> None:
        R = np.asarray(self.responsibilities, dtype=np.float64)
        if R.ndim != 2:
            raise ValueError(f"responsibilities should have shape (n, K), not {R.shape}")
        object.__setattr__(self, "responsibilities", R)
        if self.order is not None:
            order = np.asarray(self.order, dtype=np.int64)
            if order.shape != (len(R),):
                raise ValueError(f"order should be a vector of {len(R)} row numbers")
            object.__setattr__(self, "order", order)

    def row_at(self, column: int, width: int) -> int | None:
        """The first row shown in a column of a strip of this width."""
        n = len(self.responsibilities)
        if not n or not 0 <= column < width:
            return None
        place = column * n // width if n < width else -(-column * n // width)
        return place if self.order is None else int(self.order[place])

    def column_of(self, row: int, width: int) -> int | None:
        """The first column that shows a row."""
        n = len(self.responsibilities)
        if not 0 <= row < n or width < 1:
            return None
        place = row if self.order is None else int(np.flatnonzero(self.order == row)[0])
        return place if n == width else -(-place * width // n) if n < width else place * width // n


def shares_by_column(rows: StripRows, width: int) -> FloatArray:
    """(width, K): for each column the mean responsibilities of its rows; columns without any repeat a row."""
    R = rows.responsibilities if rows.order is None else rows.responsibilities[rows.order]
    R = np.nan_to_num(R, nan=0.0, posinf=0.0, neginf=0.0)
    n = len(R)
    if n <= width:
        return R[np.arange(width) * n // width]
    starts = -(-np.arange(width) * n // width)
    sums: FloatArray = np.add.reduceat(R, starts, axis=0)
    counts: npt.NDArray[np.int64] = np.diff(np.append(starts, n))
    return sums / counts[:, None]


def draw_strip(rows: StripRows, width: int, height: int, palette: Palette) -> Picture:
    """One line in the mixed colour, as full as the largest responsibility; below it the marker of that component."""
    picture = Picture.blank(width, height, palette)
    n, K = rows.responsibilities.shape
    if not (n and K and width and height):
        return picture
    shares = shares_by_column(rows, width)
    top, used = shares.argmax(axis=1), min(2, height)
    level = np.clip(np.ceil(shares.max(axis=1) * 4), 1, 4).astype(int)
    picture.chars[0] = (ASCII_SHADES if palette.ascii else SHADES)[level]
    picture.foreground[0] = pack_all(mix(shares, palette))
    if used > 1:
        picture.chars[1] = np.array(palette.markers(K))[top]
        picture.foreground[1] = np.array([pack(c) for c in palette.colors(K)])[top]
    column = None if rows.cursor is None else rows.column_of(rows.cursor, width)
    if column is not None:
        picture.background[:used, column] = pack(blend(palette.background, palette.text, 0.75))
        picture.attributes[:used, column] = BOLD if palette.mode == "truecolor" else REVERSE
    return picture


class HeatStrip(PictureWidget[StripRows]):
    """Shows `StripRows` as blocks and says which row was clicked."""

    DEFAULT_CSS = """
    HeatStrip { width: 1fr; height: 2; }
    """

    @dataclass(eq=False)
    class Picked(PictureWidget.Clicked):
        """A click on a row, counted from 0."""

        row: int

    def __init__(self, rows: StripRows | None = None, *, id: str | None = None) -> None:
        super().__init__(rows or StripRows(np.zeros((0, 0))), id=id)

    @property
    def rows(self) -> StripRows:
        """The rows that are shown."""
        return self._value

    def set_rows(self, rows: StripRows) -> None:
        """Show other rows."""
        self.show(rows)

    def draw_value(self, width: int, height: int, palette: Palette) -> Picture:
        """The picture of the rows."""
        return draw_strip(self.rows, width, height, palette)

    def picked(self, column: int, row: int) -> Message | None:
        """The row that a cell shows."""
        place = self.rows.row_at(column, self.content_size.width)
        return None if place is None else self.Picked(self, place)
