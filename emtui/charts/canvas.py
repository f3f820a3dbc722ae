"""The canvas: the cells inside the axes, and how each kind of layer is drawn into them.

How cells are shared: layers are painted in order. Lines of any layer that meet in a cell are united dot by dot.
The cell takes the colour of the line with the most dots in it, of the first one on a tie.
A line passes behind single points and in front of a dense field of them, where it would be lost otherwise; a solid
outline passes in front of all. In a dense field every other point is a small dot, so that what lies over it is read.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from emtui.charts import scene as layers
from emtui.charts.axes import Scale
from emtui.charts.cell_picture import BOLD, NO_COLOR, REVERSE, Picture, pack, pack_all
from emtui.charts.cell_text import cells as text_cells
from emtui.charts.cell_text import single_cell
from emtui.charts.colors import LINEAR_OF_BYTE, Palette, blend, linear_to_bytes
from emtui.charts.ellipse import half_axes
from emtui.charts.pixel_image import ASCII_SHADES, SHADES, shades_of
from emtui.charts.prose import placed_words
from emtui.charts.rasterize import InkedCells, cells_of, line_dots, reduce_cloud, reduce_dots, thin_curve
from emtui.charts.scene import RGB, FloatArray, LineStyle, Scene
from emtui.charts.stacked_bars import stacked_cells

BLANK, DOT, BAR = 0, 1, 2
# The bit of a braille dot by its row (0 at the top) and column in the cell [Unicode, chapter 21].
BRAILLE_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint8)
POPCOUNT = np.array([bin(byte).count("1") for byte in range(256)], dtype=np.uint8)
EIGHTHS = np.array(list(" ▁▂▃▄▅▆▇█"))
ASCII_EIGHTHS = np.array(list("  ..::##@"))
DENSE_NEIGHBOURS = 6
_KEPT: dict[LineStyle | None, tuple[int, int]] = {"dotted": (2, 4), "dashed": (7, 10), None: (1, 4)}
"""Of how many dots of a line how many are drawn."""
"""A point with at least this many occupied cells among its eight neighbours lies in a dense field."""


class Canvas:
    """The cells inside the axes while they are drawn: one layer at a time, then `finish`."""

    def __init__(self, columns: int, rows: int, scales: tuple[Scale, Scale], palette: Palette) -> None:
        self.size = (columns, rows)
        self.scales = scales
        self.palette = palette
        self.chars = np.full(rows * columns, " ", dtype="<U1")
        self.foreground = np.full(rows * columns, NO_COLOR, dtype=np.int32)
        self.background = np.full(rows * columns, NO_COLOR, dtype=np.int32)
        self.attributes = np.zeros(rows * columns, dtype=np.int8)
        self.kind = np.full(rows * columns, BLANK, dtype=np.int8)
        # Of each cell: the braille dots that lines have set, and how many the line whose colour it has.
        self.bits = np.zeros(rows * columns, dtype=np.uint8)
        self.dots = np.zeros(rows * columns, dtype=np.uint8)

    def _clear(self, cells: npt.NDArray[np.integer[Any]] | int, kind: int = DOT) -> None:
        """Forget the lines in cells that now have a character of their own."""
        self.kind[cells] = kind
        self.bits[cells] = 0
        self.dots[cells] = 0

    def put_points(self, inked: InkedCells, markers: tuple[str, ...]) -> None:
        """Draw a marker in each of these cells."""
        table = np.array([single_cell(m) for m in markers] or ["•"], dtype="<U1")
        cells = inked.cells
        self.chars[cells] = table[np.minimum(inked.markers, len(table) - 1)]
        self.foreground[cells] = pack_all(self._shade(inked))
        self._clear(cells)
        if len(table) > 1:
            columns = self.size[0]
            thinned = cells[((cells % columns + cells // columns) % 2 == 1) & self._dense()[cells]]
            self.chars[thinned] = "." if self.palette.ascii else "·"

    def _shade(self, inked: InkedCells) -> npt.NDArray[np.uint8]:
        """Colours by density: with many points to a cell, sparse cells step back towards the background."""
        counts = inked.counts
        if self.palette.mode != "truecolor" or not len(counts) or counts.sum() < 8 * len(counts):
            return inked.colors
        strength = 0.45 + 0.55 * np.log1p(counts) / math.log1p(float(np.quantile(counts, 0.95)))
        strength = np.minimum(strength, 1.0)[:, None]
        surface = LINEAR_OF_BYTE[np.array(self.palette.background, dtype=np.uint8)]
        return linear_to_bytes(strength * LINEAR_OF_BYTE[inked.colors] + (1 - strength) * surface)

    def _put_above(self, x: float, y: float, char: str, ink: RGB, attribute: int) -> int | None:
        """Draw one character that nothing may hide; its cell, or None outside."""
        cell = int(cells_of(np.array([x]), np.array([y]), self.scales, self.size)[0])
        if cell < 0:
            return None
        self.chars[cell] = char
        self.foreground[cell] = pack(ink)
        self.attributes[cell] = attribute
        self._clear(cell)
        return cell

    def put_highlight(self, x: float, y: float, marker: str) -> None:
        """Draw one point again, inverted."""
        attribute = BOLD if self.palette.mode == "truecolor" else REVERSE
        cell = self._put_above(x, y, single_cell(marker), self.palette.background, attribute)
        if cell is not None:
            self.background[cell] = pack(self.palette.text)

    def put_line(
        self, x: FloatArray, y: FloatArray, color: RGB, style: LineStyle | None = "solid", *, above: bool = False
    ) -> None:
        """A polyline given in fractions of the axes. style: None for sparse dots. above: over single points, too."""
        columns, rows = self.size
        if style == "step" and len(x) > 1:
            x, y = np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]
        x, y = thin_curve(x, y, 2 * columns)
        dot_column, dot_row = line_dots(x, y, (2 * columns, 4 * rows))
        if style in _KEPT:
            most, of = _KEPT[style]
            kept = np.arange(len(dot_column)) % of < most
            dot_column, dot_row = dot_column[kept], dot_row[kept]
        cells = (dot_row >> 2) * columns + (dot_column >> 1)
        bits = BRAILLE_BITS[dot_row & 3, dot_column & 1]
        if not above:
            free = (self.kind[cells] != DOT) | self._dense()[cells]
            cells, bits = cells[free], bits[free]
        used = np.unique(cells)
        # A line through a dense field of points takes their cells, moved towards the text colour to stand out.
        covered = self.kind[used] == DOT
        ink = np.full(len(used), pack(color), dtype=np.int32)
        if self.palette.mode == "truecolor":
            ink[covered] = pack(blend(color, self.palette.text, 0.45))
        bar = used[self.kind[used] == BAR]
        solid = bar[np.isin(self.chars[bar], EIGHTHS[5:])]
        self.background[solid] = self.foreground[solid]
        self.kind[used] = BLANK
        dots = np.zeros(len(self.bits), dtype=np.uint8)
        np.bitwise_or.at(dots, cells, bits)
        most = POPCOUNT[dots[used]] > self.dots[used]
        self.foreground[used[most]] = ink[most]
        self.dots[used] = np.maximum(POPCOUNT[dots[used]], self.dots[used])
        self.bits |= dots

    def _dense(self) -> npt.NDArray[np.bool_]:
        columns, rows = self.size
        padded = np.zeros((rows + 2, columns + 2), dtype=np.int8)
        padded[1:-1, 1:-1] = (self.kind == DOT).reshape(rows, columns)
        around = sum(
            padded[1 + i : rows + 1 + i, 1 + j : columns + 1 + j] for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j
        )
        dense: npt.NDArray[np.bool_] = np.asarray(around >= DENSE_NEIGHBOURS).ravel()
        return dense

    def put_bars(self, bars: layers.Bars) -> None:
        """Histogram bars from zero upwards, in eighths of a cell."""
        columns, rows = self.size
        edges = self.scales[0].fraction(bars.edges)
        tops = self.scales[1].fraction(bars.heights)
        zero = min(max(float(self.scales[1].fraction(np.zeros(1))[0]), 0.0), 1.0)
        if not len(tops) or not np.isfinite(edges).all():
            return
        middle = (np.arange(columns) + 0.5) / columns
        bar = np.searchsorted(edges, middle, side="right") - 1
        inside = (bar >= 0) & (bar < len(tops))
        bar = np.clip(bar, 0, len(tops) - 1)
        top = np.where(inside & np.isfinite(tops[bar]), tops[bar], zero)
        base = round(zero * rows)
        eighths = np.clip(np.round(top * rows * 8), base * 8, rows * 8).astype(np.int64)
        # A bar that isn't zero is never invisible.
        eighths = np.where((eighths == base * 8) & (top > zero), base * 8 + 1, eighths)
        level = np.arange(rows)[::-1, None]
        fill = np.clip(eighths[None, :] - level * 8, 0, 8)
        fill[level[:, 0] < base] = 0
        glyphs = ASCII_EIGHTHS if self.palette.ascii else EIGHTHS
        cells = np.flatnonzero(fill.ravel())
        # A shorter bar over a longer one: the rest of its topmost cell still shows the one behind.
        behind = cells[(fill.ravel()[cells] < 8) & (self.kind[cells] == BAR)]
        self.background[behind] = self.foreground[behind]
        self.chars[cells] = glyphs[fill.ravel()[cells]]
        if isinstance(bars.colors, tuple):
            self.foreground[cells] = pack(bars.colors)
        else:
            self.foreground[cells] = pack_all(bars.colors)[bar[cells % columns]]
        self._clear(cells, BAR)

    def put_stacked_bars(self, stack: layers.StackedBars) -> None:
        """Bars in parts, as blocks of two colours; without colours as the parts' markers."""
        found = stacked_cells(stack, self.scales, self.size, self.palette.ascii or self.palette.mode == "none")
        self.chars[found.cells] = found.chars
        self.foreground[found.cells] = found.foreground
        self.background[found.cells] = found.background
        self._clear(found.cells, BAR)

    def put_prose(self, prose: layers.Prose) -> None:
        """Words in reading order."""
        columns, rows = self.size
        for row, column, text, color in placed_words(prose, columns, rows):
            letters = text_cells(text)[: max(0, columns - column)]
            begin = row * columns + column
            cells = slice(begin, begin + len(letters))
            self.chars[cells] = letters
            self.foreground[cells] = pack(color)

    def put_pixel_image(self, image: layers.PixelImage) -> None:
        """Pixels in five shades."""
        cells, levels = shades_of(image, self.scales, self.size)
        self.chars[cells] = (ASCII_SHADES if self.palette.ascii else SHADES)[levels]
        self.foreground[cells] = pack(image.color)
        self._clear(cells)

    def put_ellipse(self, ellipse: layers.Ellipse) -> None:
        """The outline of a Gaussian."""
        reach = half_axes(ellipse)
        if reach is None:
            return
        t = np.linspace(0.0, 2 * np.pi, 181)
        circle = np.stack([np.cos(t), np.sin(t)])
        with np.errstate(over="ignore", invalid="ignore"):
            x, y = reach @ circle + ellipse.center[:, None]
        # a dotted one, the wider, lets single points stand: with both above them a small picture would show none
        u, v, solid = self.scales[0].fraction(x), self.scales[1].fraction(y), ellipse.style == "solid"
        self.put_line(u, v, ellipse.color, ellipse.style, above=solid)

    def put_straight(self, layer: layers.VLine | layers.HLine) -> None:
        """A line from edge to edge through one value."""
        columns, rows = self.size
        axis = self.scales[0] if isinstance(layer, layers.VLine) else self.scales[1]
        value = layer.x if isinstance(layer, layers.VLine) else layer.y
        f = float(axis.fraction(np.array([value]))[0])
        if not 0.0 <= f <= 1.0:
            return
        if isinstance(layer, layers.VLine):
            cells = np.arange(rows) * columns + min(int(f * columns), columns - 1)
            char = "|" if self.palette.ascii else "│"
        else:
            cells = np.arange(columns) + min(int((1.0 - f) * rows), rows - 1) * columns
            char = "-" if self.palette.ascii else "─"
        cells = cells[self.kind[cells] != DOT]
        self.chars[cells] = char
        self.foreground[cells] = pack(layer.color or self.palette.frame)
        self._clear(cells, BLANK)

    def put_span(self, span: layers.Span) -> None:
        """A tint behind whole columns."""
        columns, rows = self.size
        ends = self.scales[0].fraction(np.array([span.x0, span.x1], dtype=np.float64))
        if not np.isfinite(ends).all():
            return
        middle = (np.arange(columns) + 0.5) / columns
        inside = (middle >= ends.min()) & (middle <= ends.max())
        tint = span.color or blend(self.palette.background, self.palette.text, 0.08)
        self.background.reshape(rows, columns)[:, inside] = pack(tint)

    def put_backdrop(self, backdrop: layers.Backdrop) -> None:
        """Colours behind whole cells; faint markers where the terminal has no true colours."""
        columns, rows = self.size
        x0, x1, y0, y1 = backdrop.extent
        n_rows, n_columns = backdrop.marks.shape
        x = np.array([self.scales[0].value((i + 0.5) / columns) for i in range(columns)])
        y = np.array([self.scales[1].value(1.0 - (i + 0.5) / rows) for i in range(rows)])
        at_column = np.floor((x - x0) / ((x1 - x0) or 1.0) * n_columns).astype(np.int64)
        at_row = np.floor((y1 - y) / ((y1 - y0) or 1.0) * n_rows).astype(np.int64)
        inside = ((at_row >= 0) & (at_row < n_rows))[:, None] & ((at_column >= 0) & (at_column < n_columns))[None, :]
        places = np.ix_(np.clip(at_row, 0, n_rows - 1), np.clip(at_column, 0, n_columns - 1))
        cells = np.flatnonzero(inside)
        if not self.palette.needs_signs:
            self.background[cells] = pack_all(backdrop.colors[places].reshape(-1, 3)[cells])
            return
        # every third cell or every sixth, so that the rows that are drawn on it can be told apart
        along = cells % columns + cells // columns
        sparse = cells[along % 3 == 0]
        if backdrop.density is not None:
            thick = backdrop.density[places].ravel()[cells]
            sparse = cells[(along % 3 == 0) & ((thick > 1) | ((thick == 1) & (along % 6 == 0)))]
        table = np.array([single_cell(marker) for marker in backdrop.markers] or ["."], dtype="<U1")
        self.chars[sparse] = table[backdrop.marks[places].ravel()[sparse] % len(table)]
        self.foreground[sparse] = pack(self.palette.muted)

    def put_mark(self, mark: layers.Mark) -> None:
        """One character above everything, or several on a ground of their colour."""
        if mark.inverse:
            self._put_number(mark)
            return
        self._put_above(mark.x, mark.y, single_cell(mark.char, "+"), mark.color, BOLD)

    def _put_number(self, mark: layers.Mark) -> None:
        """Characters on a ground of the mark's colour, as far to the right as the canvas goes."""
        first = int(cells_of(np.array([mark.x]), np.array([mark.y]), self.scales, self.size)[0])
        if first < 0:
            return
        columns = self.size[0]
        letters = text_cells(mark.char)[:columns]
        first = min(first, (first // columns + 1) * columns - len(letters))
        cells = slice(first, first + len(letters))
        self.chars[cells] = letters
        self._clear(np.arange(cells.start, cells.stop))
        if self.palette.mode == "truecolor":
            self.background[cells], self.foreground[cells] = pack(mark.color), pack(self.palette.background)
            self.attributes[cells] = BOLD
        else:  # the ground is the terminal's own: it is turned round
            self.foreground[cells], self.attributes[cells] = pack(mark.color), REVERSE

    def put_trail_start(self, trail: layers.Trail) -> None:
        """Where a mean began."""
        if len(trail.x) > 1 and (trail.x[0] != trail.x[-1] or trail.y[0] != trail.y[-1]):
            self._put_above(float(trail.x[0]), float(trail.y[0]), "+", trail.color, BOLD)

    def put_tag(self, tag: layers.Tag) -> None:
        """Words that end before a point, on the line above it where there is one; cut where there is no room."""
        cell = int(cells_of(np.array([tag.x]), np.array([tag.y]), self.scales, self.size)[0])
        if cell < 0:
            return
        columns = self.size[0]
        row, column = divmod(cell, columns)
        row = row - 1 if row else min(1, self.size[1] - 1)
        letters = text_cells(tag.text)[-(column + 1) :]
        cells = slice(row * columns + column + 1 - len(letters), row * columns + column + 1)
        self.chars[cells] = letters
        self.foreground[cells] = pack(tag.color)
        self._clear(np.arange(cells.start, cells.stop))

    def draw(self, scene: Scene) -> None:
        """Every layer in order; then the highlighted points and the marks, which nothing may hide."""
        pure = self.palette.mode != "truecolor"
        for layer in scene.layers:
            match layer:
                case layers.Dots():
                    markers = layer.marker if isinstance(layer.marker, tuple) else (layer.marker,)
                    self.put_points(reduce_dots(layer, self.scales, self.size, pure=pure), markers)
                case layers.Cloud():
                    self.put_points(reduce_cloud(layer, self.scales, self.size, pure=pure), tuple(layer.markers))
                case layers.Curve() | layers.Trail():
                    style = layer.style if isinstance(layer, layers.Curve) else None
                    x, y = self.scales[0].fraction(layer.x), self.scales[1].fraction(layer.y)
                    self.put_line(x, y, layer.color, style)
                case layers.Bars():
                    self.put_bars(layer)
                case layers.StackedBars():
                    self.put_stacked_bars(layer)
                case layers.PixelImage():
                    self.put_pixel_image(layer)
                case layers.Backdrop():
                    self.put_backdrop(layer)
                case layers.Prose():
                    self.put_prose(layer)
                case layers.Ellipse():
                    self.put_ellipse(layer)
                case layers.Span():
                    self.put_span(layer)
                case layers.VLine() | layers.HLine():
                    self.put_straight(layer)
        for layer in scene.layers:
            if (
                isinstance(layer, layers.Dots | layers.Cloud)
                and (i := layer.highlight) is not None
                and 0 <= i < len(layer.x)
            ):
                self.put_highlight(layer.x[i], layer.y[i], _marker_of(layer, i))
        for layer in scene.layers:
            if isinstance(layer, layers.Trail):
                self.put_trail_start(layer)
        for layer in scene.layers:
            if isinstance(layer, layers.Mark):
                self.put_mark(layer)
            elif isinstance(layer, layers.Tag):
                self.put_tag(layer)

    def finish(self) -> None:
        """Turn the dots of lines into characters."""
        lined = np.flatnonzero(self.bits)
        if self.palette.ascii:
            upper, lower = self.bits[lined] & 0x1B, self.bits[lined] & 0xE4
            self.chars[lined] = np.where(upper == 0, ".", np.where(lower == 0, "'", ":"))
        else:
            self.chars[lined] = (self.bits[lined].astype(np.uint32) + 0x2800).view("<U1")

    def copy_to(self, picture: Picture, top: int, left: int) -> None:
        """Put the finished cells into a picture, whose own colours stay where the canvas has none."""
        columns, rows = self.size
        inside = (slice(top, top + rows), slice(left, left + columns))
        picture.chars[inside] = self.chars.reshape(rows, columns)
        picture.attributes[inside] = self.attributes.reshape(rows, columns)
        for target, colors in ((picture.foreground, self.foreground), (picture.background, self.background)):
            own = colors.reshape(rows, columns)
            np.copyto(target[inside], own, where=own != NO_COLOR)


def _marker_of(layer: layers.Dots | layers.Cloud, row: int) -> str:
    if isinstance(layer, layers.Cloud):
        shares = np.nan_to_num(layer.responsibilities[row])
        return layer.markers[int(shares.argmax())] if len(shares) else "•"
    if isinstance(layer.marker, str):
        return layer.marker
    index = 0 if layer.marker_index is None else int(layer.marker_index[row])
    return layer.marker[min(max(index, 0), len(layer.marker) - 1)]
