"""A network as a picture: layers of units, weights as lines between them, and tables of numbers below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rich.cells import cell_len

from emtui.charts.cell_picture import Picture
from emtui.charts.cell_text import first_fitting, fit, pad
from emtui.charts.colors import Palette
from emtui.charts.picture_widget import PictureWidget
from emtui.charts.scene import FloatArray
from emtui.charts.text_bars import bar
from emtui.charts.unit_layers import MOST_UNITS, POSITIVE, UnitLayer, draw_layers, fitting_layers

_ROOM_FOR_TABLES = 11  # lines; below, the network has them all
_ROOM_FOR_LEGEND = 6  # lines of the network
_LEAST_LINES = 3  # of a table: heads above fewer rows tell nothing
_GAP = 3
_BAR = 13  # cells, with the space before it
_Line: TypeAlias = tuple[str, str]


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
    legend: what the values of a unit are; of several wordings the first that fits.
    """

    layers: Sequence[UnitLayer]
    weights: Sequence[FloatArray]
    tables: Sequence[DiagramTable] = ()
    title: str = ""
    description: str = ""
    more: bool = False
    legend: Sequence[str] = ()


def draw_diagram(diagram: NetworkDiagram, width: int, height: int, palette: Palette) -> Picture:
    """The picture in this many cells: the network above, as many lines of the tables below as there is room for."""
    picture = Picture.blank(width, height, palette)
    layers = fitting_layers(diagram.layers, width)
    seconds = any(layer.second for layer in diagram.layers)
    both = any(layer.second for layer in layers)  # where there is room for them
    tables = [_lines(table, palette) for table in diagram.tables]
    needed = min(MOST_UNITS, max((len(layer.names) for layer in diagram.layers), default=0)) + 1
    explained = bool(diagram.legend) and (both or not seconds)
    needed += explained
    beside = sum(map(_width, tables)) + _GAP * (len(tables) - 1) <= width
    rows = max(map(len, tables), default=0) if beside else sum(map(len, tables)) + max(0, len(tables) - 1)
    network = height
    if rows and height >= _ROOM_FOR_TABLES:
        network = min(max(height - rows - 1, min(needed, height - 5)), max(5, 3 * needed))
    legend = explained and network >= _ROOM_FOR_LEGEND
    draw_layers(layers, diagram.weights, picture, palette, network - legend)
    if legend:
        picture.write(network - 1, 0, first_fitting(width, *diagram.legend), palette.muted)
    if beside:
        column = 0
        for lines in tables:
            if height - network - 1 < min(_LEAST_LINES, len(lines)):
                continue
            _put(picture, palette, lines, network + 1, column)
            column += _width(lines) + _GAP
    else:
        top = network + 1
        for lines in tables:
            if height - top < min(_LEAST_LINES, len(lines)):
                break
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
