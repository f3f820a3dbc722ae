"""What is drawn on a screen but is no scene, as plots: heat maps, networks, panels, and every pair of features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from rich.cells import cell_len

from emtui.charts.axes import Scale, Ticks, make_scale
from emtui.charts.cell_text import clean, fit, pad
from emtui.charts.colors import Palette, blend
from emtui.charts.heatmap import Matrix, readable
from emtui.charts.network_diagram import DiagramTable, NetworkDiagram
from emtui.charts.pair_grid import Notes, PairGrid
from emtui.charts.panels import Panels
from emtui.charts.scene import RGB, FloatArray, IntArray
from emtui.charts.unit_layers import MOST_UNITS, NEGATIVE, POSITIVE, UnitLayer, shown_units
from emtui.exports.pictures.scene_plot import axis_label, bare_plot, plot_of, ticks_of
from emtui.exports.pictures.shapes import NO_TICKS, Boxes, Line, Markers, Plot, Shape, Words

_EDGE = 0.08  # of a small picture, which has no tick
_NAME = 18  # letters of a unit's or a row's name
_FAINTEST = 0.06  # of the largest weight of its layer: weaker ones are not drawn
_TABLES = 0.36  # of a network's picture
_LETTER = 0.0125  # of the width: a digit, about
_BAR = 12  # letters


def matrix_plot(matrix: Matrix, palette: Palette, title: str) -> Plot:
    """A heat map: a box for each number, in the colour that it has on the screen."""
    rows, columns = matrix.values.shape
    strengths = matrix.strengths()
    i, j = (each.ravel() for each in np.indices((rows, columns)))
    fills = [
        blend(palette.background, palette.color(0), 0.85 * round(float(strengths[a, b]), 2))
        for a, b in zip(i, j, strict=True)
    ]
    left, top = j / max(1, columns), 1.0 - i / max(1, rows)
    shapes: list[Shape] = [
        Boxes(left, left + 1 / max(1, columns), top - 1 / max(1, rows), top, np.array(fills, dtype=np.uint8))
    ]
    for a, b, fill in zip(i.tolist(), j.tolist(), fills, strict=True):
        x, y = (b + 0.5) / columns, 1.0 - (a + 0.5) / rows
        shapes.append(Words(x, y, matrix.number(a, b), readable(fill), bold=bool(strengths[a, b] > 0.5)))
    names = [fit(name.strip(" ▸▾"), _NAME) for name in matrix.row_labels]
    heads = [fit(name.strip(" ▸▾"), _NAME) for name in matrix.column_labels]
    down, _, across = matrix.corner.partition("╲")
    return Plot(
        shapes,
        clean(across),
        clean(down),
        _named([(b + 0.5) / columns for b in range(columns)], heads),
        _named([1.0 - (a + 0.5) / rows for a in range(rows)], names),
        title=clean(title),
    )


def _named(places: Sequence[float], names: Sequence[str]) -> Ticks:
    return Ticks(tuple(places), tuple(names))


def panel_plots(shown: Panels, palette: Palette) -> list[list[Plot]]:
    """Each panel as a plot: beside each other, or in rows about as many as columns where they have no axes."""
    if shown.bare:
        made = [bare_plot(panel.scene, palette, panel.titles[0] if panel.titles else "") for panel in shown.panels]
    else:
        made = [plot_of(panel.scene, palette, title=panel.titles[0] if panel.titles else "") for panel in shown.panels]
    columns = math.ceil(math.sqrt(len(made))) if shown.bare else 2
    return [made[start : start + columns] for start in range(0, len(made), columns)] or [[Plot((), framed=False)]]


def pair_plots(grid: PairGrid, palette: Palette) -> list[list[Plot]]:
    """Every pair of features: names and numbers along the left and the lower side alone."""
    n = len(grid.names)
    made: list[list[Plot]] = []
    for i, row in enumerate(grid.cells):
        plots = []
        for j, cell in enumerate(row):
            if isinstance(cell, Notes):
                plots.append(_note_plot(cell))
                continue
            own = cell.y_range
            upright = grid.scales[i] if own is None else make_scale(*own, margin=0.0)
            plot = plot_of(cell, palette, (grid.scales[j], upright))
            plot = replace(plot, x_ticks=_few(grid.scales[j]), y_ticks=_few(grid.scales[i]))
            plots.append(
                _in_grid(plot, grid.names[j] if i == n - 1 else "", grid.names[i] if j == 0 else "", own is None)
            )
        made.append(plots)
    return made


def _few(scale: Scale) -> Ticks:
    """Ticks that don't touch those of the neighbour."""
    ticks = ticks_of(scale, None, 3, 0)
    kept = [(f, label) for f, label in zip(ticks.fractions, ticks.labels, strict=True) if _EDGE <= f <= 1 - _EDGE]
    return Ticks(tuple(f for f, _ in kept), tuple(label for _, label in kept), ticks.note)


def _in_grid(plot: Plot, below: str, beside: str, measured: bool) -> Plot:
    """A plot with the names that its place has; ticks only beside a name."""
    return replace(
        plot,
        x_label=axis_label(below, plot.x_ticks, _NAME) if below else "",
        y_label=axis_label(beside, plot.y_ticks if measured else NO_TICKS, _NAME) if beside else "",
        x_ticks=plot.x_ticks if below else NO_TICKS,
        y_ticks=plot.y_ticks if beside and measured else NO_TICKS,
        legend=(),
    )


def _note_plot(notes: Notes) -> Plot:
    """Short lines in the middle of a cell."""
    n = len(notes.lines)
    step = min(0.16, 0.9 / max(1, n))
    shapes: list[Shape] = []
    for index, line in enumerate(notes.lines):
        y = 0.5 + step * ((n - 1) / 2 - index)
        text, color = "".join(piece for piece, _ in line), line[-1][1] if line else (0, 0, 0)
        shapes.append(Words(0.5, y, text, color, size=min(1.0, 6 * step), even=True))
    return Plot(shapes, framed=False)


def diagram_plot(diagram: NetworkDiagram, palette: Palette) -> Plot:
    """Layers of units from the left, the weights between them as lines, and the tables of numbers below."""
    foot = _TABLES if diagram.tables else 0.0
    layers, weights = list(diagram.layers), [np.asarray(each) for each in diagram.weights]
    shown = [shown_units(layers, weights, index, MOST_UNITS) for index in range(len(layers))]
    x = np.linspace(0.24, 0.76, len(layers)) if len(layers) > 1 else np.array([0.5])
    heights = [_heights(len(units), foot) for units in shown]
    shapes: list[Shape] = []
    for index, values in enumerate(weights):
        between = values[np.ix_(shown[index + 1], shown[index])]
        begin = x[index] + (0.015 if index == 0 else _beside(layers[index], shown[index]))
        shapes += _weights(between, (begin, x[index + 1] - 0.015), (heights[index], heights[index + 1]), palette)
    for index, layer in enumerate(layers):
        shapes += _units(layer, shown[index], float(x[index]), heights[index], palette, first=index == 0)
    if diagram.legend:
        shapes.append(Words(0.0, foot + 0.005, clean(diagram.legend[0]), palette.muted, "start", 0.9))
    shapes += _tables(diagram.tables, foot, palette)
    return Plot(shapes, framed=False, description=clean(diagram.description))


def _beside(layer: UnitLayer, shown: IntArray) -> float:
    """How far from the dots of a hidden layer the lines leave: after the longest value that is written beside one."""
    longest = max((cell_len(_value(layer, unit)) for unit in shown.tolist()), default=0)
    return 0.03 + _LETTER * longest


def _value(layer: UnitLayer, unit: int) -> str:
    """The value of a unit, or both of them."""
    return layer.texts[unit] if layer.second is None else f"{layer.texts[unit]} → {layer.second.texts[unit]}"


def _heights(n: int, foot: float) -> FloatArray:
    """(n,) evenly from the top down to the tables."""
    low, high = foot + 0.05, 0.93
    step = min(0.12, (high - low) / max(1, n))
    return np.asarray((low + high) / 2 + step * ((n - 1) / 2 - np.arange(n)), dtype=np.float64)


def _weights(
    values: FloatArray, ends: tuple[float, float], heights: tuple[FloatArray, FloatArray], palette: Palette
) -> list[Shape]:
    """Lines from unit to unit, the strongest last: solid and of one colour above 0, dotted and of another below."""
    largest = float(np.abs(values).max(initial=0.0)) or 1.0
    made: list[Shape] = []
    for flat in np.argsort(np.abs(values), axis=None, kind="stable").tolist():
        j, i = divmod(flat, values.shape[1])
        strength = abs(float(values[j, i])) / largest
        if not strength >= _FAINTEST:
            continue
        color = palette.color(POSITIVE if values[j, i] > 0 else NEGATIVE)
        faded = blend(palette.background, color, 0.2 + 0.8 * round(strength, 2))
        y = np.array([heights[0][i], heights[1][j]])
        made.append(Line(np.array(ends), y, faded, bool(values[j, i] < 0), 0.4 + 2.2 * strength))
    return made


def _units(
    layer: UnitLayer, shown: IntArray, x: float, heights: FloatArray, palette: Palette, *, first: bool
) -> list[Shape]:
    """The dots of a layer, as full as their values, with their names and values."""
    second = layer.second
    levels = np.asarray(layer.levels if second is None else second.levels, dtype=float)[shown]
    fills = [
        palette.text
        if not np.isfinite(level)
        else blend(palette.background, palette.text, 0.15 + 0.85 * round(level, 2))
        for level in levels.tolist()
    ]
    zeros = np.zeros(len(fills), dtype=np.int64)
    colors = np.array(fills, dtype=np.uint8).reshape(-1, 3)
    made: list[Shape] = [Markers(np.full(len(fills), x), heights, ["circle"], zeros, colors, strong=True)]
    for unit, y in zip(shown.tolist(), heights.tolist(), strict=True):
        value = _value(layer, unit)
        name = fit(layer.names[unit], _NAME)
        words, anchor = (f"{name} {value}", "end") if first else (f"{value} {name}", "start")
        place = x - 0.02 if first else x + 0.02
        made.append(Words(place, y, words.strip(), palette.text, "end" if anchor == "end" else "start", 0.95))
    more = layer.total - len(shown)
    head = f"{layer.head} +{more}" if more else layer.head
    head = head if second is None else f"{head} → {second.head}"
    made.append(Words(x, 0.985, clean(head), palette.muted, "end" if first else "start"))
    return made


def _tables(tables: Sequence[DiagramTable], foot: float, palette: Palette) -> list[Shape]:
    """Tables beside each other, in letters of one width."""
    made: list[Shape] = []
    columns = [_table_lines(table) for table in tables]
    widths = [
        max(map(cell_len, lines), default=0) + 3 + _BAR * bool(table.shares)
        for table, lines in zip(tables, columns, strict=True)
    ]
    total, step = max(sum(widths), 84), foot / (max(map(len, columns), default=0) + 1.5)
    left = 0
    for table, lines, width in zip(tables, columns, widths, strict=True):
        begin = (left + width - 2 - _BAR) / total
        for index, line in enumerate(lines):
            y = foot - step * (index + 1.2)
            color: RGB = palette.text if index else palette.muted
            made.append(Words(left / total, y, line, color, "start", min(0.95, 78 / total), even=True))
            if table.shares and index:
                end = begin + _BAR / total * float(np.clip(table.shares[index - 1], 0.0, 1.0))
                low, high = np.array([y - 0.35 * step]), np.array([y + 0.35 * step])
                made.append(Boxes(np.array([begin]), np.array([end]), low, high, palette.color(POSITIVE)))
        left += width
    return made


def _table_lines(table: DiagramTable) -> list[str]:
    """A title with the heads, then the rows."""
    n = max((len(row) for row in table.rows), default=0)
    rows = [[table.title if not index else row[0], *row[1:]] for index, row in enumerate(table.rows)]
    widths = [max(cell_len(clean(row[j])) for row in rows if j < len(row)) for j in range(n)]
    lines = []
    for row in rows:
        cells = [pad(text, widths[j], "right" if j else "left") for j, text in enumerate(row)]
        lines.append(" ".join(cells).rstrip())
    return lines
