"""Pictures: cells with a character, two colours and an attribute each, and their way into Textual's strips.

Colours are packed into one integer, red · 65536 + green · 256 + blue, −1 for none. Strips are built straight from
the arrays, one segment for each run of equal style; no ANSI text is written or parsed on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from emtui.charts.axes import Scale
from emtui.charts.cell_text import cells
from emtui.charts.colors import TERMINAL, ColorMode, Palette
from emtui.charts.scene import RGB, ColorArray

PackedArray = npt.NDArray[np.int32]
NO_COLOR = -1
PLAIN, BOLD, REVERSE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class PlotArea:
    """Where the canvas lies in a picture, in cells, and the data it shows."""

    left: int
    top: int
    columns: int
    rows: int
    x_scale: Scale
    y_scale: Scale

    def data_at(self, column: float, row: float) -> tuple[float, float] | None:
        """The data coordinates of the middle of a cell of the picture, or None outside the canvas."""
        column, row = column - self.left, row - self.top
        if not (0 <= column < self.columns and 0 <= row < self.rows):
            return None
        x = self.x_scale.value((column + 0.5) / self.columns)
        return x, self.y_scale.value(1.0 - (row + 0.5) / self.rows)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What was drawn. chars, foreground, background, attributes: (height, width). area: None without a canvas."""

    chars: npt.NDArray[np.str_]
    foreground: PackedArray
    background: PackedArray
    attributes: npt.NDArray[np.int8]
    area: PlotArea | None = None

    @classmethod
    def blank(cls, width: int, height: int, palette: Palette, area: PlotArea | None = None) -> Picture:
        """Blank cells on the palette's background, to be written into until the picture is done."""
        shape = (height, width)
        return cls(
            np.full(shape, " ", dtype="<U1"),
            np.full(shape, pack(palette.muted), dtype=np.int32),
            np.full(shape, pack(palette.background), dtype=np.int32),
            np.full(shape, PLAIN, dtype=np.int8),
            area,
        )

    def write(self, row: int, column: int, text: str, color: RGB, attribute: int = PLAIN) -> int:
        """Write text from a cell on, cut at the right edge; returns the column after it."""
        height, width = self.chars.shape
        if not (0 <= row < height and 0 <= column < width):
            return column
        letters = cells(text)[: width - column]
        where = slice(column, column + len(letters))
        self.chars[row, where] = letters
        self.foreground[row, where] = pack(color)
        self.attributes[row, where] = attribute
        return where.stop

    @property
    def text(self) -> str:
        """The characters alone, line by line."""
        return "\n".join("".join(row) for row in self.chars.tolist())


def pack(color: RGB) -> int:
    """An RGB triple as one integer."""
    return (color[0] << 16) | (color[1] << 8) | color[2]


def pack_all(colors: ColorArray) -> PackedArray:
    """(n, 3) bytes as (n,) integers."""
    wide = colors.astype(np.int32)
    packed: PackedArray = (wide[:, 0] << 16) | (wide[:, 1] << 8) | wide[:, 2]
    return packed


@lru_cache(maxsize=4096)
def _color(packed: int, mode: ColorMode) -> Color | None:
    if packed < 0 or mode == "none" or (mode == "ansi" and packed == pack(TERMINAL)):
        return None
    color = Color.from_rgb(packed >> 16, (packed >> 8) & 255, packed & 255)
    return color.downgrade(ColorSystem.STANDARD) if mode == "ansi" else color


@lru_cache(maxsize=4096)  # a kilobyte each; pictures have fewer (the pairs of digits 2,100 at 200×60)
def style_of(foreground: int, background: int, attribute: int, mode: ColorMode) -> Style:
    """The Rich style of a cell."""
    style = Style.from_color(_color(foreground, mode), _color(background, mode))
    if attribute:
        style += Style(bold=bool(attribute & BOLD) or None, reverse=bool(attribute & REVERSE) or None)
    return style


def to_strips(picture: Picture, mode: ColorMode) -> list[Strip]:
    """One strip for each row, each exactly as wide as the picture."""
    height, width = picture.chars.shape
    if not width:
        return [Strip.blank(0) for _ in range(height)]
    foreground, background, attributes = picture.foreground, picture.background, picture.attributes
    edge = np.ones((height, width), dtype=bool)
    # The foreground of a blank cell can't be seen: it never starts a new segment.
    seen = picture.chars != " "
    ink = np.where(seen, foreground, _carried(foreground, seen))
    edge[:, 1:] = (
        (ink[:, 1:] != ink[:, :-1])
        | (background[:, 1:] != background[:, :-1])
        | (attributes[:, 1:] != attributes[:, :-1])
    )
    rows, starts = np.nonzero(edge)
    keys = zip(
        ink[rows, starts].tolist(),
        background[rows, starts].tolist(),
        attributes[rows, starts].tolist(),
        strict=True,
    )
    styles = [style_of(*key, mode) for key in keys]
    lines = picture.chars.tolist()
    first = np.searchsorted(rows, np.arange(height + 1)).tolist()
    positions = starts.tolist()
    strips = []
    for row in range(height):
        line, segments = lines[row], []
        last = first[row + 1]
        for i in range(first[row], last):
            end = positions[i + 1] if i + 1 < last else width
            segments.append(Segment("".join(line[positions[i] : end]), styles[i]))
        strips.append(Strip(segments, width))
    return strips


def _carried(values: PackedArray, seen: npt.NDArray[np.bool_]) -> PackedArray:
    """For each cell the value of the nearest seen cell to its left in the row, or its own if there is none."""
    index = np.where(seen, np.arange(values.shape[1]), -1)
    np.maximum.accumulate(index, axis=1, out=index)
    carried = np.take_along_axis(values, np.maximum(index, 0), axis=1)
    return np.where(index >= 0, carried, NO_COLOR).astype(np.int32)
