"""Drawing a scene: axes from plotext, layers in the canvas, and the title, labels and legend around it."""

from __future__ import annotations

from rich.cells import cell_len

from emtui.charts.axes import Scale, fit_scales, make_ticks, named_ticks, noted
from emtui.charts.canvas import Canvas
from emtui.charts.cell_picture import BOLD, Picture, PlotArea, pack
from emtui.charts.cell_text import fit, single_cell
from emtui.charts.colors import Palette
from emtui.charts.plotext_axes import draw_axes, most_of_names
from emtui.charts.scene import Bars, Curve, Dots, LegendEntry, Mark, Scene

_LINES = {"solid": "─", "dotted": "┄", "dashed": "╌", "step": "─"}
_ASCII_LINES = {"solid": "-", "dotted": ":", "dashed": "=", "step": "-"}
_LABEL = 6  # cells of a legend's label that are the least of it
_LONGEST = 24  # cells of a label at most
_ROOMY = 10  # lines: a legend may have one of its own
_LEAST_NAME = 8  # of the y label, where it is cut for the legend's sake


def draw_scene(scene: Scene, width: int, height: int, palette: Palette) -> Picture:
    """The picture of a scene in this many cells. Works for every size from 1 × 1."""
    scales = fit_scales(scene)
    x_scale, y_scale = scales or (Scale(0.0, 1.0), Scale(0.0, 1.0))
    x_ticks = make_ticks(x_scale, max(2, width // 11))
    y_ticks = make_ticks(y_scale, max(2, height // 4))
    if scene.x_ticks is not None:
        x_ticks = named_ticks(x_scale, scene.x_ticks, max(1, width // 8), 8)
    if scene.y_ticks is not None:
        y_ticks = named_ticks(y_scale, scene.y_ticks, max(1, height - 3), most_of_names(width))
    x_text, y_text = noted(scene.x_label, x_ticks, palette.ascii), noted(scene.y_label, y_ticks, palette.ascii)
    legend = legend_of(scene, palette)
    header = int(height >= 6 and width >= 8 and bool(y_text or legend or scene.title))
    footer = int(height >= 7 and width >= 8 and bool(x_text))
    axes = draw_axes(width, height - header - footer, x_ticks, y_ticks, scene.grid, palette.ascii)
    if header and height >= _ROOMY and not scene.title and _needs_its_line(legend, y_text, width, axes.left):
        header = 2
        axes = draw_axes(width, height - header - footer, x_ticks, y_ticks, scene.grid, palette.ascii)
    left, columns, bottom = axes.left, axes.columns, header + axes.rows
    area = None if scales is None else PlotArea(left, header, columns, axes.rows, x_scale, y_scale)
    picture = Picture.blank(width, height, palette, area)
    picture.chars[header : height - footer] = axes.chars
    if left:
        picture.foreground[header : bottom + 1, left - 1] = pack(palette.frame)
    if bottom < height:
        picture.foreground[bottom, max(left - 1, 0) :] = pack(palette.frame)
    canvas = Canvas(columns, axes.rows, (x_scale, y_scale), palette)
    canvas.chars[:] = axes.chars[: axes.rows, left:].ravel()
    canvas.foreground[:] = pack(palette.grid)
    canvas.draw(scene)
    canvas.finish()
    canvas.copy_to(picture, header, left)
    if header:
        if header == 2:
            _write_legend(picture, legend, 0, 0, palette)
            legend = []
        y_text = y_text if y_ticks.note else _beside(legend, y_text, width - max(0, left - 1))
        _write_header(picture, scene.title, y_text, legend, left, palette, header - 1)
    words = [(height - 1, x_text)] if footer else []
    if scales is None:
        words.append((header + axes.rows // 2, scene.empty))
    for row, text in words:
        text = fit(text, columns)
        picture.write(row, left + (columns - cell_len(text)) // 2, text, palette.muted)
    return picture


def legend_of(scene: Scene, palette: Palette) -> list[LegendEntry]:
    """(character, colour, text) for the scene's own entries and every labelled layer."""
    entries: list[LegendEntry] = list(scene.legend)
    lines = _ASCII_LINES if palette.ascii else _LINES
    for layer in scene.layers:
        match layer:
            case Curve(label=label) if label:
                entries.append((lines[layer.style], layer.color, label))
            case Dots(label=label) if label:
                color = layer.colors if isinstance(layer.colors, tuple) else palette.text
                entries.append((layer.marker[0], color, label))
            case Mark(label=label) if label:
                entries.append((layer.char, layer.color, label))
            case Bars(label=label) if label:
                color = layer.colors if isinstance(layer.colors, tuple) else palette.muted
                entries.append(("#" if palette.ascii else "▇", color, label))
    return entries


def _beside(legend: list[LegendEntry], y_text: str, room: int) -> str:
    """The y label, cut to what the legend leaves, or nothing where that is too little.

    Which colour is which can't be guessed, so that the legend comes first where it fits at all.
    """
    whole, least = (sum(4 + min(cell_len(text), most) for _, _, text in legend) - 2 for most in (_LONGEST, _LABEL))
    if not legend or least > room or cell_len(y_text) <= room - whole - 2:
        return y_text
    if room - whole - 2 >= _LEAST_NAME:
        return fit(y_text, room - whole - 2)
    left = room - least - 2
    if cell_len(y_text) <= left:
        return y_text
    return fit(y_text, left) if left >= _LEAST_NAME else ""


def _write_header(
    picture: Picture, title: str, y_text: str, legend: list[LegendEntry], left: int, palette: Palette, row: int
) -> None:
    """The y label over its axis, the title, and the legend at the right, as far as there is room."""
    width = picture.chars.shape[1]
    column = max(0, left - 1)
    if y_text:
        column = picture.write(row, column, fit(y_text, max(width - column, 0)), palette.muted) + 2
    if title and cell_len(title) <= width - column:
        column = picture.write(row, column, fit(title, width - column), palette.text, BOLD) + 2
    if not y_text and not title:
        column = 0
    _write_legend(picture, legend, row, column, palette)


def _write_legend(picture: Picture, legend: list[LegendEntry], row: int, column: int, palette: Palette) -> None:
    """All of the legend at the right, or none of it: a part would say that there are no others."""
    width = picture.chars.shape[1]
    for limit in range(_LONGEST, _LABEL - 1, -1):
        shown = [(char, color, fit(text, limit)) for char, color, text in legend]
        size = _size(shown)
        if legend and size <= width - column:
            break
    else:
        return
    column = width - size
    for i, (char, color, label) in enumerate(shown):
        column += 2 if i else 0
        column = picture.write(row, column, single_cell(char), color)
        column = picture.write(row, column + 1, label, palette.muted)


def _size(legend: list[LegendEntry]) -> int:
    """Cells of a legend in full."""
    return sum(4 + cell_len(text) for _, _, text in legend) - 2


def _needs_its_line(legend: list[LegendEntry], y_text: str, width: int, left: int) -> bool:
    """A legend whose words are cut beside the y label, which stands over its axis, and not on a line of its own."""
    full = [(char, color, fit(text, _LONGEST)) for char, color, text in legend]
    beside = width - (max(0, left - 1) + cell_len(y_text) + 2 if y_text else 0)
    return bool(legend) and beside < _size(full) <= width
