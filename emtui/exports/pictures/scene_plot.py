"""A scene as shapes: every layer in the unit square between the scene's own axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from rich.cells import cell_len

from emtui.charts import scene as layers
from emtui.charts.axes import Scale, Ticks, fit_scales, make_scale, make_ticks, named_ticks, noted
from emtui.charts.cell_text import clean, fit
from emtui.charts.colors import Palette, blend, mix
from emtui.charts.ellipse import half_axes
from emtui.charts.prose import placed_words
from emtui.charts.scene import RGB, ColorArray, FloatArray, IntArray, Layer, Scene
from emtui.charts.scene_drawing import legend_of
from emtui.exports.pictures.shapes import FORMS, Boxes, Line, Markers, Outline, Plot, Raster, Shape, Sign, Words

_ACROSS, _UP = 8, 6  # ticks, about
_LONGEST_LABEL, _LONGEST_TICK = 60, 14  # letters
_LETTERS = 84  # of ticks across a picture
_COLUMNS, _LINES = 96, 30  # letters and lines of words in a picture
_ASIDE = 0.02  # of the axes: between a point and words that end beside it
_LEVELS = 16  # shades of pixels
_ENDS: FloatArray = np.array([0.0, 1.0])
_FAR = 1e4  # widths of the axes beyond which a line is not followed
# Four cubic Bézier curves that differ from a circle by 0.03 % of its radius at most.
_K = 4 / 3 * (np.sqrt(2.0) - 1)
_CIRCLE: FloatArray = np.array(
    [[1, 0], [1, _K], [_K, 1], [0, 1], [-_K, 1], [-1, _K], [-1, 0], [-1, -_K], [-_K, -1], [0, -1], [_K, -1], [1, -_K],
     [1, 0]]
)  # fmt: skip


def plot_of(scene: Scene, palette: Palette, scales: tuple[Scale, Scale] | None = None, title: str = "") -> Plot:
    """The scene on its own axes, or on these. palette: the one that the scene was made with."""
    found = scales or scales_of(scene)
    x, y = found or (Scale(0.0, 1.0), Scale(0.0, 1.0))
    longest = max((cell_len(fit(name, _LONGEST_TICK)) for _, name in scene.x_ticks or ()), default=0)
    x_ticks = ticks_of(x, scene.x_ticks, _ACROSS, _LETTERS // (longest + 2))
    y_ticks = ticks_of(y, scene.y_ticks, _UP, 30)
    return Plot(
        tuple(shape for layer in scene.layers for shape in _shapes(layer, (x, y), palette)) if found else (),
        axis_label(scene.x_label, x_ticks),
        axis_label(scene.y_label, y_ticks),
        x_ticks,
        y_ticks,
        tuple(sign_of(*entry) for entry in legend_of(scene, palette)),
        clean(" · ".join(filter(None, (title or scene.title, scene.cut)))),
        scene.grid,
        empty="" if found else clean(scene.empty),
        description=clean(scene.description),
    )


def scales_of(scene: Scene) -> tuple[Scale, Scale] | None:
    """Axes that hold the levels of reference, too: a legend that names one would lie if it were beyond them."""
    scales = fit_scales(scene)
    levels = [layer.y for layer in scene.layers if isinstance(layer, layers.HLine) and np.isfinite(layer.y)]
    if scales is None or scene.y_range is not None or not levels:
        return scales
    low, high = scales[1].ends
    if low <= min(levels) and max(levels) <= high:
        return scales
    return scales[0], make_scale(min(low, *levels), max(high, *levels))


def bare_plot(scene: Scene, palette: Palette, title: str = "") -> Plot:
    """The scene without axes, in the ranges that it gives."""
    (x0, x1), (y0, y1) = scene.x_range or (0.0, 1.0), scene.y_range or (0.0, 1.0)
    scales = Scale(x0, x1), Scale(y0, y1)
    shapes = tuple(shape for layer in scene.layers for shape in _shapes(layer, scales, palette))
    return Plot(shapes, title=clean(title), framed=False, description=clean(scene.description))


def ticks_of(scale: Scale, named: Sequence[tuple[float, str]] | None, count: int, most: int) -> Ticks:
    """Ticks at round values, about so many; or those that have names, at most so many."""
    if named is not None:
        return named_ticks(scale, named, most, _LONGEST_TICK)
    ticks = make_ticks(scale, count)
    return replace(
        ticks, labels=tuple(label.replace("-", "−") for label in ticks.labels), note=ticks.note.replace("-", "−")
    )


def axis_label(text: str, ticks: Ticks, longest: int = _LONGEST_LABEL) -> str:
    """What an axis measures, cut to so many letters, and what is done with its ticks' labels."""
    return noted(fit(text, longest), ticks)


def _fraction(scale: Scale, values: FloatArray) -> FloatArray:
    """Where values lie on an axis; far beyond it a line is cut."""
    return np.clip(scale.fraction(values), -_FAR, _FAR)


def _shapes(layer: Layer, scales: tuple[Scale, Scale], palette: Palette) -> Iterator[Shape]:
    """What one layer becomes."""
    match layer:
        case layers.Dots():
            yield from _dots(layer, scales)
        case layers.Cloud():
            yield from _cloud(layer, scales)
        case layers.Mark():
            yield from _mark(layer, scales, palette)
        case layers.Tag():
            across, up = _place(layer, scales)
            if 0.0 <= across <= 1.0 and 0.0 <= up <= 1.0:
                yield Words(across - _ASIDE, min(up + _ASIDE, 1.0), clean(layer.text), layer.color, "end", bold=True)
        case layers.Curve():
            x, y = _fraction(scales[0], layer.x), _fraction(scales[1], layer.y)
            if layer.style == "step":
                x, y = np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]
            yield Line(x, y, layer.color, layer.style == "dotted", 1.6, dashed=layer.style == "dashed")
        case layers.Trail():
            yield Line(_fraction(scales[0], layer.x), _fraction(scales[1], layer.y), layer.color, True, 0.8)
            if len(layer.x) > 1 and (layer.x[0] != layer.x[-1] or layer.y[0] != layer.y[-1]):
                yield from _mark(layers.Mark(float(layer.x[0]), float(layer.y[0]), "+", layer.color), scales, palette)
        case layers.Ellipse():
            reach = half_axes(layer)
            if reach is not None:
                points = _CIRCLE @ reach.T + layer.center
                places = [_fraction(scale, points[:, axis]) for axis, scale in enumerate(scales)]
                yield Outline(np.stack(places, axis=1), layer.color, layer.style == "dotted")
        case layers.VLine():
            at = np.repeat(_fraction(scales[0], np.array([layer.x])), 2)
            yield Line(at, _ENDS, layer.color or palette.frame, width=0.8, behind=True)
        case layers.HLine():
            at = np.repeat(_fraction(scales[1], np.array([layer.y])), 2)
            yield Line(_ENDS, at, layer.color or palette.frame, width=1.2, behind=True)
        case layers.Span():
            ends = np.clip(scales[0].fraction(np.array([layer.x0, layer.x1])), 0.0, 1.0)
            if np.isfinite(ends).all():
                tint = layer.color or blend(palette.background, palette.text, 0.08)
                yield Boxes(ends.min(keepdims=True), ends.max(keepdims=True), np.zeros(1), np.ones(1), tint)
        case layers.Bars() | layers.StackedBars():
            yield from _bars(layer, scales)
        case layers.PixelImage():
            yield Raster(_shades(layer, palette), _extent(layer.extent, scales))
        case layers.Backdrop():
            yield Raster(layer.colors, _extent(layer.extent, scales))
        case layers.Prose():
            for row, column, text, color in placed_words(layer, _COLUMNS, _LINES):
                yield Words(column / _COLUMNS, 1.0 - (row + 0.5) / _LINES, text, color, "start", 0.9, even=True)


def _places(points: layers.Dots | layers.Cloud, scales: tuple[Scale, Scale]) -> tuple[FloatArray, FloatArray, IntArray]:
    """x and y of those within the axes, and which those are."""
    x, y = scales[0].fraction(points.x), scales[1].fraction(points.y)
    with np.errstate(invalid="ignore"):
        inside: IntArray = np.flatnonzero((x >= 0.0) & (x <= 1.0) & (y >= 0.0) & (y <= 1.0))
    return x[inside], y[inside], inside


def _dots(dots: layers.Dots, scales: tuple[Scale, Scale]) -> Iterator[Shape]:
    x, y, inside = _places(dots, scales)
    signs = dots.marker if isinstance(dots.marker, tuple) else (dots.marker,)
    index = np.zeros(len(dots.x), dtype=np.int64) if dots.marker_index is None else dots.marker_index
    index = np.clip(index, 0, len(signs) - 1)[inside]
    colors = dots.colors if isinstance(dots.colors, tuple) else dots.colors[inside]
    yield Markers(x, y, [FORMS.get(sign, "circle") for sign in signs], index, colors)


def _cloud(cloud: layers.Cloud, scales: tuple[Scale, Scale]) -> Iterator[Shape]:
    x, y, inside = _places(cloud, scales)
    shares = np.nan_to_num(cloud.responsibilities[inside])
    index = shares.argmax(axis=1) if shares.shape[1] else np.zeros(len(x), dtype=np.int64)
    forms = [FORMS.get(sign, "circle") for sign in cloud.markers] or ["circle"]
    yield Markers(x, y, forms, index, mix(shares, cloud.colors), shares, cloud.colors)


def _mark(mark: layers.Mark, scales: tuple[Scale, Scale], palette: Palette) -> Iterator[Shape]:
    x, y = _place(mark, scales)
    if not (0.0 <= x <= 1.0 and 0.0 <= y <= 1.0):
        return
    form = FORMS.get(mark.char)
    if mark.inverse:
        yield Markers(np.array([x]), np.array([y]), ["circle"], np.zeros(1, dtype=np.int64), mark.color, strong=True)
        yield Words(x, y, clean(mark.char), palette.background, bold=True, size=0.9)
    elif form is None:
        yield Words(x, y, clean(mark.char), mark.color, bold=True, size=1.1)
    else:
        yield Markers(np.array([x]), np.array([y]), [form], np.zeros(1, dtype=np.int64), mark.color, strong=True)


def _place(at: layers.Mark | layers.Tag, scales: tuple[Scale, Scale]) -> tuple[float, float]:
    return float(scales[0].fraction(np.array([at.x]))[0]), float(scales[1].fraction(np.array([at.y]))[0])


def _bars(bars: layers.Bars | layers.StackedBars, scales: tuple[Scale, Scale]) -> Iterator[Shape]:
    edges = _fraction(scales[0], bars.edges)
    parts: list[tuple[FloatArray, FloatArray, ColorArray | RGB]]
    if isinstance(bars, layers.StackedBars):
        tops = np.cumsum(bars.heights, axis=0)
        feet = np.vstack([np.zeros((1, bars.heights.shape[1])), tops[:-1]])
        parts = list(zip(feet, tops, bars.colors, strict=False))
    else:
        parts = [(np.zeros(len(bars.heights)), bars.heights, bars.colors)]
    for foot, top, colors in parts:
        low, high = (np.clip(scales[1].fraction(values), 0.0, 1.0) for values in (foot, top))
        seen = np.flatnonzero(np.isfinite(high) & (high != low))
        kept = colors if isinstance(colors, tuple) else np.asarray(colors)[seen]
        yield Boxes(edges[:-1][seen], edges[1:][seen], low[seen], high[seen], kept)


def _shades(image: layers.PixelImage, palette: Palette) -> ColorArray:
    """(r, c, 3) from the background to the picture's colour."""
    table = np.array([blend(palette.background, image.color, level / _LEVELS) for level in range(_LEVELS + 1)])
    levels = np.rint(np.clip(np.nan_to_num(image.values), 0.0, 1.0) * _LEVELS).astype(np.int64)
    return np.asarray(table[levels], dtype=np.uint8)


def _extent(
    extent: tuple[float, float, float, float], scales: tuple[Scale, Scale]
) -> tuple[float, float, float, float]:
    x, y = _fraction(scales[0], np.array(extent[:2])), _fraction(scales[1], np.array(extent[2:]))
    return float(x[0]), float(x[1]), float(y[0]), float(y[1])


def sign_of(char: str, color: RGB, text: str) -> Sign:
    """A legend's entry as a form."""
    text = fit(text, _LONGEST_LABEL)
    strokes = {"─": "line", "-": "line", "┄": "dotted", ":": "dotted", "╌": "dashed", "=": "dashed"}
    lines = strokes | {"▇": "box", "#": "box"}
    if char in FORMS:
        return Sign(FORMS[char], color, text)
    kind = lines.get(char)
    if kind == "line":
        return Sign("line", color, text)
    if kind == "dotted":
        return Sign("dotted", color, text)
    if kind == "dashed":
        return Sign("dashed", color, text)
    return Sign("box", color, text) if kind == "box" else Sign("character", color, text, clean(char))
