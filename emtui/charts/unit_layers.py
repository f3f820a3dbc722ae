"""Layers of units from the left, each with its values, and the weights between them as lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from rich.cells import cell_len

from emtui.charts.axes import Scale
from emtui.charts.canvas import Canvas
from emtui.charts.cell_picture import BOLD, Picture
from emtui.charts.cell_text import fit, short_head
from emtui.charts.colors import Palette, blend
from emtui.charts.scene import FloatArray, IntArray, LineStyle

POSITIVE, NEGATIVE = 0, 1  # colours of the palette
_LEVELS, _ASCII_LEVELS = "○◔◑◕●", ".oO@@"
_FAINTEST = 0.06  # of the largest weight of its layer: weaker ones are not drawn
_SHORTEST, _USUAL = 4, 12  # cells of lines between two layers
_LEAST_LINE = 2  # cells of lines where names need the rest
_SHORTEST_NAME = 6
MOST_UNITS = 16  # of a layer: more lines than that tell nothing
_ROOMY = 50  # cells: in fewer a sign and its value stand side by side


@dataclass(frozen=True, slots=True, eq=False)
class SecondValue:
    """Another value of each unit of a layer, drawn at the right of the first: what became of it. As in `UnitLayer`."""

    head: str
    texts: Sequence[str]
    levels: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class UnitLayer:
    """A layer of units, from the top.

    names: as many as there are units. texts: what stands beside each, such as its value. levels: (m,) how full each
    is drawn, 0 to 1; not finite for a plain dot. head: a word above them. total: how many the layer has in truth.
    second: another value of each; lines come to the first, and leave from it.
    """

    head: str
    names: Sequence[str]
    texts: Sequence[str]
    levels: FloatArray
    total: int
    second: SecondValue | None = None


def draw_layers(
    layers: Sequence[UnitLayer], weights: Sequence[FloatArray], picture: Picture, palette: Palette, height: int
) -> None:
    """Layers from the left in the upper lines of the picture, and the weights (next, previous) between each two."""
    if not layers or height < 2:
        return
    top = 1 if height > 2 else 0
    rows = height - top
    shown = [shown_units(layers, weights, index, rows) for index in range(len(layers))]
    columns = _columns(layers, shown, picture.chars.shape[1])
    places = [_places(len(chosen), rows) for chosen in shown]
    for index in range(len(layers) - 1):
        right = columns[index].right
        between = np.asarray(weights[index])[np.ix_(shown[index + 1], shown[index])]
        region = (top, right + 1, rows, columns[index + 1].node - right - 1)
        _draw_weights(picture, palette, between, (places[index], places[index + 1]), region)
    for index, layer in enumerate(layers):
        at = columns[index]
        if top:
            hidden = layer.total - len(shown[index])
            more = f" +{hidden}" if hidden else ""
            end = at.right + 1 + _SHORTEST if index < len(layers) - 1 else picture.chars.shape[1]
            if layer.second is None:
                left = min(at.left, max(0, picture.chars.shape[1] - cell_len(layer.head + more)))
                picture.write(0, left, fit(layer.head + more, max(end - left, 1)), palette.muted)
            else:
                picture.write(0, at.left, fit(layer.head, at.second - at.left - 1), palette.muted)
                picture.write(0, at.second, fit(layer.second.head + more, max(end - at.second, 1)), palette.muted)
        for unit, row in zip(shown[index], places[index], strict=True):
            _draw_unit(picture, palette, layer, int(unit), top + int(row), at, first=index == 0)


@dataclass(frozen=True, slots=True)
class _Column:
    """Where a layer stands: its leftmost cell, that of its dots, of the dots of a second value, and its rightmost."""

    left: int
    node: int
    right: int
    second: int
    gap: int  # cells between a dot and its value


def shown_units(layers: Sequence[UnitLayer], weights: Sequence[FloatArray], index: int, rows: int) -> IntArray:
    """The units of a layer that there are lines for: those with the largest weights to or from them."""
    n = len(layers[index].names)
    rows = min(rows, MOST_UNITS)
    if n <= rows:
        return np.arange(n)
    size = np.zeros(n)
    if index:
        size += np.abs(weights[index - 1]).sum(axis=1)
    if index < len(weights):
        size += np.abs(weights[index]).sum(axis=0)
    return np.asarray(np.sort(np.argsort(-size, kind="stable")[:rows]))


def _places(n: int, rows: int) -> IntArray:
    """(n,) the rows of so many units, evenly spaced about the middle."""
    step = min(3.0, rows / max(1, n))
    return np.asarray(np.floor((rows - step * n) / 2 + step * (np.arange(n) + 0.5)), dtype=np.int64)


def _columns(layers: Sequence[UnitLayer], shown: Sequence[IntArray], width: int) -> list[_Column]:
    """The texts give way to the lines, names before numbers."""

    def widest(texts: Sequence[Sequence[str]]) -> list[int]:
        return [max((cell_len(each[i]) for i in some), default=0) for each, some in zip(texts, shown, strict=True)]

    def sizes() -> list[int]:
        each = zip(names, texts, seconds, layers, strict=True)
        return [
            name + bool(name and text) + text + _gap(layer, width) * bool(name or text) + 1 + second
            for name, text, second, layer in each
        ]

    names, texts = widest([layer.names for layer in layers]), widest([layer.texts for layer in layers])
    seconds = [0 if layer.second is None else _second_width(layer.second, width) for layer in layers]
    spans = len(layers) - 1
    least = _SHORTEST_NAME if width >= 36 + (len(layers) - 2) * 6 * any(seconds) else 0
    lines = spans * max(_SHORTEST, min(_USUAL, width // (10 if any(seconds) else 6)))
    room = max(0, width - lines - sum(sizes()) + sum(names))
    while sum(names) > room or max(names) > 14:
        first = any(seconds) and names[0] > _SHORTEST_NAME  # words of inputs are shortened each, not cut
        longest = 0 if first else names.index(max(names))
        if names[longest] <= least:
            break
        names[longest] -= 1
    _fit_names(names, [_distinct(layer.names) for layer in layers], lambda: sum(sizes()) + spans * _LEAST_LINE <= width)
    needed = sum(sizes())
    gap = min(40, max(1, (width - needed) // max(1, spans)))
    made, x = [], max(0, (width - needed - gap * spans) // 2)
    for index, size in enumerate(sizes()):
        left, right = x, x + size - 1
        second = right + 2 - seconds[index]
        made.append(_Column(left, right if index == 0 else left, right, second, _gap(layers[index], width)))
        x += size + gap
    return made


def _fit_names(names: list[int], distinct: Sequence[int], fits: Callable[[], bool]) -> None:
    """Shorten names as far as they still differ until all fits, then leave them out; put short ones where room is left.

    Those of the last layer, which the picture is about, go last and come first.
    """
    while not fits() and any(name > least for name, least in zip(names, distinct, strict=True)):
        over = [name - least for name, least in zip(names, distinct, strict=True)]
        names[over.index(max(over))] -= 1
    for index in range(len(names)):
        if not fits():
            names[index] = 0
    for index in reversed(range(len(names))):
        before = names[index]
        if before < distinct[index]:
            names[index] = distinct[index]
            names[index] = distinct[index] if fits() else before


def _short_names(names: Sequence[str], width: int) -> list[str]:
    """Names in so many cells; without an ellipsis where that would make two the same."""
    short = [short_head(name, width) for name in names]
    return short if len(set(short)) == len(set(names)) else [fit(name, width, "") for name in names]


def _distinct(names: Sequence[str]) -> int:
    """In how few cells, short of the usual least, names still differ; that least where they don't."""
    widest = min(_SHORTEST_NAME, max(map(cell_len, names), default=0))
    widths = range(min(2, widest), widest)
    return next((width for width in widths if len(set(_short_names(names, width))) == len(set(names))), widest)


def _gap(layer: UnitLayer, width: int) -> int:
    """Cells between a dot and its value."""
    return 1 if layer.second is None or width >= _ROOMY else 0


def _second_width(second: SecondValue, width: int) -> int:
    """Cells of a second value with its dot and the space before it; its head may stand above the lines, too."""
    value = max(map(cell_len, second.texts), default=0) + (1 if width >= _ROOMY else 0)
    return 1 + max(1 + value, cell_len(second.head) - (0 if width >= _ROOMY - 4 else 2))


def fitting_layers(layers: Sequence[UnitLayer], width: int) -> Sequence[UnitLayer]:
    """The layers, or those with the second values alone where both don't fit even without names."""
    if not any(layer.second for layer in layers):
        return layers
    needed = len(layers) - 1  # a cell of lines between each two
    for layer in layers:
        value = max(map(cell_len, layer.texts), default=0)
        needed += 1 + _gap(layer, width) * bool(value) + value
        needed += 0 if layer.second is None else _second_width(layer.second, width)
    if needed <= width:
        return layers
    return [
        layer if one is None else replace(layer, head=one.head, texts=one.texts, levels=one.levels, second=None)
        for layer, one in ((layer, layer.second) for layer in layers)
    ]


def _draw_unit(
    picture: Picture, palette: Palette, layer: UnitLayer, unit: int, row: int, at: _Column, *, first: bool
) -> None:
    picture.write(row, at.node, _sign(layer.levels[unit], palette), palette.text, BOLD)
    text = layer.texts[unit]
    room = at.right - at.left
    widest = max(map(cell_len, layer.texts), default=0)  # so that all names are shortened alike
    name = _short_names(layer.names, max(0, room - widest - bool(widest) - at.gap * bool(widest)))[unit]
    name = name.replace("…", ".") if palette.ascii else name
    if first:
        picture.write(row, at.left, name, palette.muted)
        picture.write(row, at.node - 1 - cell_len(text), text, palette.text)
    else:
        picture.write(row, at.node + 1 + at.gap, text, palette.text)
        picture.write(row, at.node + 1 + at.gap + cell_len(text) + bool(text), name, palette.muted)
    if layer.second is not None:
        picture.write(row, at.second, _sign(layer.second.levels[unit], palette), palette.text, BOLD)
        picture.write(row, at.second + 1 + at.gap, layer.second.texts[unit], palette.text)


def _sign(level: float, palette: Palette) -> str:
    """A dot as full as the level says."""
    signs = _ASCII_LEVELS if palette.ascii else _LEVELS
    return signs[min(4, int(level * 5))] if np.isfinite(level) else ("o" if palette.ascii else "●")


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
