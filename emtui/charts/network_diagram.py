"""A network as a picture: layers of units, weights as lines between them, and tables of numbers below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from rich.cells import cell_len

from emtui.charts.axes import Scale
from emtui.charts.canvas import Canvas
from emtui.charts.cell_picture import BOLD, Picture
from emtui.charts.cell_text import fit, pad, short_head
from emtui.charts.colors import Palette, blend
from emtui.charts.picture_widget import PictureWidget
from emtui.charts.scene import FloatArray, IntArray, LineStyle
from emtui.charts.text_bars import bar

POSITIVE, NEGATIVE = 0, 1  # colours of the palette
_LEVELS, _ASCII_LEVELS = "○◔◑◕●", ".oO@@"
_FAINTEST = 0.06  # of the largest weight of its layer: weaker ones are not drawn
_SHORTEST, _USUAL = 4, 12  # cells of lines between two layers
_SHORTEST_NAME = 6
_ROOM_FOR_TABLES = 11  # lines; below, the network has them all
_MOST_UNITS = 16  # of a layer: more lines than that tell nothing
_GAP = 3
_BAR = 13  # cells, with the space before it
_Line: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class UnitLayer:
    """A layer of units, from the top.

    names: as many as there are units. texts: what stands beside each, such as its value. levels: (m,) how full each
    is drawn, 0 to 1; not finite for a plain dot. head: a word above them. total: how many the layer has in truth.
    """

    head: str
    names: Sequence[str]
    texts: Sequence[str]
    levels: FloatArray
    total: int


@dataclass(frozen=True, slots=True, eq=False)
class DiagramTable:
    """A small table below the network: rows of cells, the first row being the heads; a bar after the last cell.

    shares: of each row after the heads, 0 to 1, drawn as a bar; () for no bars.
    """

    title: str
    rows: Sequence[Sequence[str]]
    shares: Sequence[float] = ()


@dataclass(frozen=True, slots=True, eq=False)
class NetworkDiagram:
    """What is drawn: layers from the left, the weights (next, previous) between each two, and the tables below.

    title: for the border. description: the picture in words. more: a thorough diagram, which takes longer, has more.
    """

    layers: Sequence[UnitLayer]
    weights: Sequence[FloatArray]
    tables: Sequence[DiagramTable] = ()
    title: str = ""
    description: str = ""
    more: bool = False


def draw_diagram(diagram: NetworkDiagram, width: int, height: int, palette: Palette) -> Picture:
    """The picture in this many cells: the network above, as many lines of the tables below as there is room for."""
    picture = Picture.blank(width, height, palette)
    tables = [_lines(table, palette) for table in diagram.tables]
    needed = min(_MOST_UNITS, max((len(layer.names) for layer in diagram.layers), default=0)) + 1
    beside = sum(map(_width, tables)) + _GAP * (len(tables) - 1) <= width
    rows = max(map(len, tables), default=0) if beside else sum(map(len, tables)) + max(0, len(tables) - 1)
    network = height
    if rows and height >= _ROOM_FOR_TABLES:
        network = min(max(height - rows - 1, min(needed, height - 5)), max(5, 3 * needed))
    _draw_network(diagram, picture, palette, network)
    if beside:
        column = 0
        for lines in tables:
            _put(picture, palette, lines, network + 1, column)
            column += _width(lines) + _GAP
    else:
        top = network + 1
        for lines in tables:
            _put(picture, palette, lines, top, 0)
            top += len(lines) + (1 if top + len(lines) + 4 < height else 0)
    return picture


def _width(lines: Sequence[_Line]) -> int:
    return max((cell_len(text) + _BAR * bool(bars) for text, bars in lines), default=0)


def _put(picture: Picture, palette: Palette, lines: Sequence[_Line], top: int, left: int) -> None:
    room = picture.chars.shape[1] - left
    for offset, (text, bars) in enumerate(lines):
        picture.write(top + offset, left, fit(text, room), palette.text if offset else palette.muted)
        picture.write(top + offset, left + cell_len(text) + 1, bars, palette.color(POSITIVE))


def _lines(table: DiagramTable, palette: Palette) -> list[_Line]:
    """A title with the heads, then the rows, numbers to the right; a bar where there are shares."""
    n = max((len(row) for row in table.rows), default=0)
    widths = [max(cell_len(row[j]) for row in table.rows if j < len(row)) for j in range(n)]
    if n:
        widths[0] = max(widths[0], cell_len(table.title))
    made: list[_Line] = []
    for index, row in enumerate(table.rows):
        named = [table.title if not index else row[0], *row[1:]]
        texts = [pad(text, widths[j], "right" if j else "left") for j, text in enumerate(named)]
        share = table.shares[index - 1] if table.shares and index else None
        bars = "" if share is None else bar(share, _BAR - 1, palette.ascii).rstrip()
        made.append((" ".join(texts).rstrip(), bars))
    return made


# the network


def _draw_network(diagram: NetworkDiagram, picture: Picture, palette: Palette, height: int) -> None:
    layers = diagram.layers
    if not layers or height < 2:
        return
    top = 1 if height > 2 else 0
    rows = height - top
    shown = [_shown(diagram, index, rows) for index in range(len(layers))]
    columns = _columns(diagram, shown, picture.chars.shape[1])
    places = [_places(len(chosen), rows) for chosen in shown]
    for index in range(len(layers) - 1):
        right = columns[index].right
        weights = np.asarray(diagram.weights[index])[np.ix_(shown[index + 1], shown[index])]
        region = (top, right + 1, rows, columns[index + 1].node - right - 1)
        _draw_weights(picture, palette, weights, (places[index], places[index + 1]), region)
    for index, layer in enumerate(layers):
        at = columns[index]
        if top:
            hidden = layer.total - len(shown[index])
            head = f"{layer.head} +{hidden}" if hidden else layer.head
            room = at.right - at.left + 1 + (_SHORTEST if index < len(layers) - 1 else 0)
            picture.write(0, at.left, fit(head, max(room, 1)), palette.muted)
        for unit, row in zip(shown[index], places[index], strict=True):
            _draw_unit(picture, palette, layer, int(unit), top + int(row), at, first=index == 0)


@dataclass(frozen=True, slots=True)
class _Column:
    """Where a layer stands: its leftmost cell, that of its dots, and its rightmost."""

    left: int
    node: int
    right: int


def _shown(diagram: NetworkDiagram, index: int, rows: int) -> IntArray:
    """The units of a layer that there are lines for: those with the largest weights to or from them."""
    n = len(diagram.layers[index].names)
    rows = min(rows, _MOST_UNITS)
    if n <= rows:
        return np.arange(n)
    size = np.zeros(n)
    if index:
        size += np.abs(diagram.weights[index - 1]).sum(axis=1)
    if index < len(diagram.weights):
        size += np.abs(diagram.weights[index]).sum(axis=0)
    return np.asarray(np.sort(np.argsort(-size, kind="stable")[:rows]))


def _places(n: int, rows: int) -> IntArray:
    """(n,) the rows of so many units, evenly spaced about the middle."""
    step = min(3.0, rows / max(1, n))
    return np.asarray(np.floor((rows - step * n) / 2 + step * (np.arange(n) + 0.5)), dtype=np.int64)


def _columns(diagram: NetworkDiagram, shown: Sequence[IntArray], width: int) -> list[_Column]:
    """The texts give way to the lines, names before numbers."""
    layers = diagram.layers

    def widest(texts: Sequence[Sequence[str]]) -> list[int]:
        return [max((cell_len(each[i]) for i in some), default=0) for each, some in zip(texts, shown, strict=True)]

    def sizes() -> list[int]:
        pairs = zip(names, texts, strict=True)
        return [name + bool(name and text) + text + bool(name or text) + 1 for name, text in pairs]

    names, texts = widest([layer.names for layer in layers]), widest([layer.texts for layer in layers])
    spans = len(layers) - 1
    room = max(0, width - spans * max(_SHORTEST, min(_USUAL, width // 6)) - sum(sizes()) + sum(names))
    while sum(names) > room or max(names) > 14:
        longest = names.index(max(names))
        if names[longest] <= (_SHORTEST_NAME if width >= 36 else 0):
            break
        names[longest] -= 1
    needed = sum(sizes())
    gap = min(40, max(1, (width - needed) // max(1, spans)))
    made, x = [], max(0, (width - needed - gap * spans) // 2)
    for index, size in enumerate(sizes()):
        left, right = x, x + size - 1
        made.append(_Column(left, right if index == 0 else left, right))
        x += size + gap
    return made


def _draw_unit(
    picture: Picture, palette: Palette, layer: UnitLayer, unit: int, row: int, at: _Column, *, first: bool
) -> None:
    level = float(layer.levels[unit])
    signs = _ASCII_LEVELS if palette.ascii else _LEVELS
    sign = signs[min(4, int(level * 5))] if np.isfinite(level) else ("o" if palette.ascii else "●")
    picture.write(row, at.node, sign, palette.text, BOLD)
    text = layer.texts[unit]
    room = at.right - at.left
    widest = max(map(cell_len, layer.texts), default=0)  # so that all names are shortened alike
    name = short_head(layer.names[unit], max(0, room - widest - bool(widest) - 1))
    if first:
        picture.write(row, at.left, name, palette.muted)
        picture.write(row, at.node - 1 - cell_len(text), text, palette.text)
    else:
        picture.write(row, at.node + 2, text, palette.text)
        picture.write(row, at.node + 2 + cell_len(text) + bool(text), name, palette.muted)


def _draw_weights(
    picture: Picture,
    palette: Palette,
    weights: FloatArray,
    places: tuple[IntArray, IntArray],
    region: tuple[int, int, int, int],
) -> None:
    """Lines from unit to unit, the strongest on top; solid and of one colour above 0, dotted and of another below."""
    top, left, rows, columns = region
    if columns < 1 or not weights.size:
        return
    largest = float(np.abs(weights).max()) or 1.0
    canvas = Canvas(columns, rows, (Scale(0.0, 1.0), Scale(0.0, 1.0)), palette)
    order = np.argsort(-np.abs(weights), axis=None, kind="stable")
    for flat in order.tolist():
        j, i = divmod(flat, weights.shape[1])
        strength = abs(float(weights[j, i])) / largest
        if strength < _FAINTEST:
            break
        ends = np.array([(places[0][i] + 0.5) / rows, (places[1][j] + 0.5) / rows])
        color = palette.color(POSITIVE if weights[j, i] > 0 else NEGATIVE)
        faded = (
            blend(palette.background, color, 0.12 + 0.88 * round(strength, 2)) if palette.mode == "truecolor" else color
        )
        style: LineStyle = "solid" if weights[j, i] > 0 else "dotted"
        canvas.put_line(np.array([0.0, 1.0 - 1e-9]), 1.0 - ends, faded, style)
        if strength > 0.6:  # a second line of dots makes it thick
            shift = 0.25 / rows
            canvas.put_line(np.array([0.0, 1.0 - 1e-9]), 1.0 - ends - shift, faded, style)
    canvas.finish()
    canvas.copy_to(picture, top, left)


class DiagramChart(PictureWidget[NetworkDiagram]):
    """Shows a diagram at whatever size it has."""

    DEFAULT_CSS = """
    DiagramChart { width: 1fr; height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(NetworkDiagram((), ()), id=id)

    @property
    def diagram(self) -> NetworkDiagram:
        """The diagram that is shown."""
        return self._value

    def set_diagram(self, diagram: NetworkDiagram) -> None:
        """Show another diagram."""
        self.show(diagram)

    @property
    def description(self) -> str:
        """The network in words, for those who can't see the picture."""
        return self.diagram.description

    def draw_value(self, width: int, height: int, palette: Palette) -> Picture:
        """The picture of the diagram."""
        return draw_diagram(self.diagram, width, height, palette)
