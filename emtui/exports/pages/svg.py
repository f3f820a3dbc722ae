"""A plot as pieces of SVG, without a library: what a page shows, whose colours follow the reader's light or dark.

A plot is given twice, on light and on dark; the two differ in their colours alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TypeAlias

import numpy as np
from rich.cells import cell_len

from emtui.charts.cell_text import clean, wrapped
from emtui.charts.scene import RGB, ColorArray, FloatArray
from emtui.exports.pages.page_colors import BOTH, PageColors
from emtui.exports.pictures.shapes import Boxes, Form, Line, Markers, Outline, Plot, Raster, Shape, Sign, Words

Pair: TypeAlias = tuple[Plot, Plot]

_BOTTOM, _RIGHT, _TOP = 44, 10, 10
_LETTER, _FONT, _LINE = 6.6, 11.0, 14  # pixels: the width of a letter, its size, and the height of a line
_OPEN = ("ring", "open square", "open up", "open diamond", "open star", "open down")
_BEYOND = 7  # pixels that a point on the axes needs
_FINE = 600  # pixels of a raster above which its colours are made fewer


@dataclass(frozen=True)
class Frame:
    """Where a plot's axes lie in its picture, in pixels."""

    width: int = 640
    height: int = 400
    left: int = 16
    bottom: int = _BOTTOM

    @property
    def inner(self) -> tuple[int, int]:
        """Width and height between the axes."""
        return self.width - self.left - _RIGHT, self.height - _TOP - self.bottom

    @staticmethod
    def of(plots: Sequence[Plot], width: int = 640, height: int = 400) -> Frame:
        """Room for the longest tick of these plots, and for names of axes in as many lines as they need."""
        if not any(plot.framed for plot in plots):
            return Frame(width, height, _RIGHT, _TOP)
        longest = max((cell_len(label) for plot in plots for label in plot.y_ticks.labels), default=0)
        upright = max((len(_lines(plot.y_label, height - _TOP - _BOTTOM)) for plot in plots), default=0)
        left = round(longest * _LETTER) + 14 + (4 + _LINE * upright if upright else 0)
        level = max((len(_lines(plot.x_label, width - left - _RIGHT)) for plot in plots), default=0)
        return Frame(width, height, left, _BOTTOM + _LINE * max(0, level - 1))


@dataclass
class Pieces:
    """What a plot consists of: axes; strings of SVG before and after a cloud of points, the cloud; a legend in HTML."""

    axes: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    cloud: tuple[Markers, Markers] | None = None
    above: list[str] = field(default_factory=list)
    legend: list[str] = field(default_factory=list)


def pieces_of(pair: Pair, frame: Frame, ink: PageColors, *, keep_cloud: bool = True) -> Pieces:
    """The pieces; the first cloud by itself, or like everything else."""
    plot, dark = pair
    made = Pieces(legend=[_legend_entry(*signs, ink) for signs in zip(plot.legend, dark.legend, strict=False)])
    made.axes = _axes(plot, frame, ink)
    others = dark.shapes if len(dark.shapes) == len(plot.shapes) else plot.shapes
    for shape, other in zip(plot.shapes, others, strict=True):
        if keep_cloud and made.cloud is None and isinstance(shape, Markers) and shape.shares is not None:
            assert isinstance(other, Markers)
            made.cloud = shape, other
            continue
        drawn = list(_shape(shape, other, frame.inner, ink))
        straight = isinstance(shape, Line) and shape.behind
        (made.behind if made.cloud is None or straight else made.above).extend(drawn)
    if plot.empty:
        width, height = frame.inner
        text = f'<text x="{_n(width / 2)}" y="{_n(height / 2)}" text-anchor="middle" class="{_muted(ink)}">'
        made.above.append(f"{text}{_text(plot.empty)}</text>")
    return made


def picture_svg(pair: Pair, frame: Frame, ink: PageColors, label: str) -> str:
    """A whole picture that does not change, its legend after it."""
    made = pieces_of(pair, frame, ink, keep_cloud=False)
    drawn = svg_around(frame, label, "".join(made.axes), "".join([*made.behind, *made.above]))
    return f"{drawn}{legend_html(made.legend)}"


def svg_around(frame: Frame, label: str, axes: str, drawn: str) -> str:
    """The picture: its axes, and what is drawn between them, cut a little beyond them."""
    width, height = frame.inner
    inside = f"{-_BEYOND} {-_BEYOND} {width + 2 * _BEYOND} {height + 2 * _BEYOND}"
    x, y, w, h = inside.split()
    return (
        f'<svg viewBox="0 0 {frame.width} {frame.height}" role="img" aria-label="{_text(label)}">'
        f'<g transform="translate({frame.left} {_TOP})"><g class="axes">{axes}</g>'
        f'<svg x="{x}" y="{y}" width="{w}" height="{h}" viewBox="{inside}">{drawn}</svg></g></svg>'
    )


def legend_html(entries: Sequence[str]) -> str:
    """The legend as a list."""
    return f'<ul class="legend">{"".join(entries)}</ul>' if entries else ""


def form_path(form: Form, size: float) -> str:
    """A form about (0, 0), as relative movements after an M."""
    s = size
    match form:
        case "circle" | "ring" | "dot":
            r = s * (0.6 if form == "dot" else 1.0)
            return f"m{_n(-r)} 0a{_n(r)} {_n(r)} 0 1 0 {_n(2 * r)} 0a{_n(r)} {_n(r)} 0 1 0 {_n(-2 * r)} 0z"
        case "square" | "open square":
            return _polygon(np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * 0.88 * s)
        case "up" | "open up":
            return _polygon(np.array([[0, -1.15], [1.05, 0.85], [-1.05, 0.85]]) * s)
        case "down" | "open down":
            return _polygon(np.array([[0, 1.15], [1.05, -0.85], [-1.05, -0.85]]) * s)
        case "diamond" | "open diamond":
            return _polygon(np.array([[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]]) * s)
        case "star" | "open star":
            turn = np.pi * np.arange(10) / 5
            radius = np.where(np.arange(10) % 2, 0.6, 1.4)[:, None]
            return _polygon(np.stack([np.sin(turn), -np.cos(turn)], axis=1) * radius * s)
        case "plus":
            a, b = 0.45, 1.35
            corners = [
                [-a, -b],
                [a, -b],
                [a, -a],
                [b, -a],
                [b, a],
                [a, a],
                [a, b],
                [-a, b],
                [-a, a],
                [-b, a],
                [-b, -a],
                [-a, -a],
            ]
            return _polygon(np.array(corners) * s)
        case "cross":
            return f"m{_n(-s)} {_n(-s)}l{_n(2 * s)} {_n(2 * s)}m0 {_n(-2 * s)}l{_n(-2 * s)} {_n(2 * s)}"


def is_open(form: Form) -> bool:
    """Whether it is drawn as a line."""
    return form in _OPEN or form == "cross"


def marker_size(n: int) -> float:
    """Half of what a point of so many measures, in pixels."""
    return 3.6 if n <= 400 else 2.8 if n <= 2_000 else 1.8


def _polygon(corners: FloatArray) -> str:
    steps = np.diff(corners, axis=0)
    begin = f"m{_n(corners[0][0])} {_n(corners[0][1])}"
    return f"{begin}l{' '.join(f'{_n(x)} {_n(y)}' for x, y in steps)}z"


def _n(value: float) -> str:
    """A number of pixels, to a twentieth."""
    text = f"{value:z.2f}".rstrip("0").rstrip(".")
    return text or "0"


def _text(text: str) -> str:
    return escape(clean(text), quote=True)


def _muted(ink: PageColors) -> str:
    return ink.fill(BOTH[0].muted, BOTH[1].muted)


def _axes(plot: Plot, frame: Frame, ink: PageColors) -> list[str]:
    """The lines at the left and below, ticks and labels."""
    if not plot.framed:
        return []
    width, height = frame.inner
    line, muted = ink.stroke(BOTH[0].frame, BOTH[1].frame), _muted(ink)
    made = [f'<path class="line {line}" d="M0 0V{height}H{width}"/>']
    for fraction, label in zip(plot.x_ticks.fractions, plot.x_ticks.labels, strict=True):
        x = _n(fraction * width)
        made.append(f'<path class="line {line}" d="M{x} {height}v4"/>')
        made.append(f'<text x="{x}" y="{height + 17}" text-anchor="middle" class="{muted}">{_text(label)}</text>')
    for fraction, label in zip(plot.y_ticks.fractions, plot.y_ticks.labels, strict=True):
        y = (1 - fraction) * height
        made.append(f'<path class="line {line}" d="M0 {_n(y)}h-4"/>')
        made.append(f'<text x="-7" y="{_n(y + 4)}" text-anchor="end" class="{muted}">{_text(label)}</text>')
    words = f'text-anchor="middle" class="{ink.fill(BOTH[0].text, BOTH[1].text)}"'
    for index, line in enumerate(_lines(plot.x_label, width)):
        made.append(f'<text x="{_n(width / 2)}" y="{height + 36 + _LINE * index}" {words}>{_text(line)}</text>')
    for index, line in enumerate(_lines(plot.y_label, height)):
        place = f"translate({13 + _LINE * index - frame.left} {_n(height / 2)})rotate(-90)"
        made.append(f'<text transform="{place}" {words}>{_text(line)}</text>')
    return made


def _lines(label: str, room: int) -> list[str]:
    """The name of an axis in lines that are shorter than the axis."""
    return wrapped(clean(label), int(0.94 * room / _LETTER))


def _shape(shape: Shape, other: Shape, size: tuple[int, int], ink: PageColors) -> Iterator[str]:
    """What one shape becomes; `other` is the same one on dark."""
    width, height = size
    match shape, other:
        case Markers(), Markers():
            yield from _markers(shape, other, size, ink)
        case Line(), Line():
            dotted = " dotted" if shape.dotted else " dashed" if shape.dashed else ""
            path = _line_path(shape.x * width, (1 - shape.y) * height)
            color = ink.stroke(shape.color, other.color)
            yield f'<path class="line{dotted} {color}" stroke-width="{_n(shape.width * 1.2)}" d="{path}"/>'
        case Outline(), Outline():
            x, y = shape.points[:, 0] * width, (1 - shape.points[:, 1]) * height
            places = [f"{_n(a)} {_n(b)}" for a, b in zip(x, y, strict=True)]
            dotted = " dotted" if shape.dotted else ""
            color = ink.stroke(shape.color, other.color)
            path = f"M{places[0]}C{' '.join(places[1:])}z"
            yield f'<path class="halo{dotted}" d="{path}"/>'
            yield f'<path class="line{dotted} {color}" stroke-width="1.6" d="{path}"/>'
        case Boxes(), Boxes():
            yield from _boxes(shape, other, size, ink)
        case Raster(), Raster():
            yield from _raster(shape, other, size, ink)
        case Words(), Words():
            even, bold = " even" * shape.even, " bold" * shape.bold
            color, text = ink.fill(shape.color, other.color), _text(shape.text)
            text = text.replace(" ", "\N{NO-BREAK SPACE}") if shape.even else text  # several of them would become one
            place = f'x="{_n(shape.x * width)}" y="{_n((1 - shape.y) * height + 4)}" text-anchor="{shape.anchor}"'
            yield f'<text {place} font-size="{_n(_FONT * shape.size)}" class="{color}{even}{bold}">{text}</text>'


def _line_path(x: FloatArray, y: FloatArray) -> str:
    """Points joined; a gap where one isn't finite."""
    made, pen = [], "M"
    for a, b in zip(x.tolist(), y.tolist(), strict=True):
        if not (np.isfinite(a) and np.isfinite(b)):
            pen = "M"
            continue
        made.append(f"{pen}{_n(a)} {_n(b)}")
        pen = "L"
    return "".join(made)


def _color_of(colors: ColorArray | RGB, index: int) -> RGB:
    if isinstance(colors, tuple):
        return colors
    r, g, b = colors[index].tolist()
    return r, g, b


def _markers(shape: Markers, other: Markers, size: tuple[int, int], ink: PageColors) -> Iterator[str]:
    """All points of one form and colour as one path."""
    width, height = size
    half = 5.0 if shape.strong else marker_size(len(shape.x))
    groups: dict[tuple[Form, RGB, RGB], list[str]] = {}
    for i, (x, y, kind) in enumerate(zip(shape.x.tolist(), shape.y.tolist(), shape.index.tolist(), strict=True)):
        form = shape.forms[kind]
        key = form, _color_of(shape.colors, i), _color_of(other.colors, i)
        groups.setdefault(key, []).append(f"M{_n(x * width)} {_n((1 - y) * height)}{form_path(form, half)}")
    for (form, light, dark), paths in groups.items():
        paint = f"line {ink.stroke(light, dark)}" if is_open(form) else ink.fill(light, dark)
        paint += " strong" if shape.strong and not is_open(form) else ""
        yield f'<path class="{paint}" d="{"".join(paths)}"/>'


def _boxes(shape: Boxes, other: Boxes, size: tuple[int, int], ink: PageColors) -> Iterator[str]:
    width, height = size
    groups: dict[tuple[RGB, RGB], list[str]] = {}
    x0, x1 = shape.x0 * width, shape.x1 * width
    y0, y1 = (1 - shape.y0) * height, (1 - shape.y1) * height
    for i in range(len(x0)):
        w, h = x1[i] - x0[i], y1[i] - y0[i]
        path = f"M{_n(x0[i])} {_n(y0[i])}h{_n(w)}v{_n(h)}h{_n(-w)}z"
        groups.setdefault((_color_of(shape.colors, i), _color_of(other.colors, i)), []).append(path)
    for (light, dark), paths in groups.items():
        yield f'<path class="box {ink.fill(light, dark)}" d="{"".join(paths)}"/>'


def _raster(shape: Raster, other: Raster, size: tuple[int, int], ink: PageColors) -> Iterator[str]:
    """Runs of one colour along the rows, all of one colour as one path."""
    rows, columns = shape.colors.shape[:2]
    both = np.concatenate([shape.colors, other.colors], axis=2).reshape(-1, 6).astype(np.int64)
    if rows * columns > _FINE:
        both = np.minimum((both + 8) // 16 * 16, 255)
    found, inverse = np.unique(both, axis=0, return_inverse=True)
    index = inverse.reshape(rows, columns)
    (x0, x1, y0, y1), (width, height) = shape.extent, size
    place = (
        f"translate({_n(x0 * width)} {_n((1 - y1) * height)})"
        f"scale({(x1 - x0) * width / columns:z.5g} {(y1 - y0) * height / rows:z.5g})"
    )
    paths: dict[int, list[str]] = {}
    for row in range(rows):
        ends = np.flatnonzero(np.diff(index[row])) + 1
        begins = [0, *ends.tolist()]
        for begin, end in zip(begins, [*ends.tolist(), columns], strict=True):
            run = f"M{begin} {row}h{end - begin}v1h{begin - end}z"
            paths.setdefault(int(index[row, begin]), []).append(run)
    drawn = []
    for number, runs in paths.items():
        color = found[number].tolist()
        light, dark = (color[0], color[1], color[2]), (color[3], color[4], color[5])
        drawn.append(f'<path class="{ink.fill(light, dark)}" d="{"".join(runs)}"/>')
    yield f'<g class="raster" transform="{place}">{"".join(drawn)}</g>'


def _legend_entry(sign: Sign, dark: Sign, ink: PageColors) -> str:
    """A small picture of the sign, and its text."""
    color, line = ink.fill(sign.color, dark.color), ink.stroke(sign.color, dark.color)
    match sign.kind:
        case "line" | "dotted" | "dashed":
            dotted = "" if sign.kind == "line" else f" {sign.kind}"
            drawn = f'<path class="line{dotted} {line}" stroke-width="2" d="M0 8H16"/>'
        case "box":
            drawn = f'<path class="{color}" d="M2 3h12v10h-12z"/>'
        case "character":
            drawn = f'<text x="8" y="12" text-anchor="middle" class="{color}">{_text(sign.character)}</text>'
        case _:
            paint = f"line {line}" if is_open(sign.kind) else color
            drawn = f'<path class="{paint}" d="M8 8{form_path(sign.kind, 4.4)}"/>'
    return (
        f'<li><svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">{drawn}</svg>{_text(sign.text)}</li>'
    )
