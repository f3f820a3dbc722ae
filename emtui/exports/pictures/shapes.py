"""A picture as shapes in a unit square, from (0, 0) at the lower left to (1, 1): what every way of drawing begins with.

A `Plot` is one picture with its axes and legend, a `Sheet` some of them under one title. They know no library.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from emtui.charts.axes import Ticks
from emtui.charts.scene import RGB, ColorArray, FloatArray, IntArray

Form: TypeAlias = Literal[
    "circle", "square", "up", "diamond", "star", "down",
    "ring", "open square", "open up", "open diamond", "open star", "open down",
    "plus", "cross", "dot",
]  # fmt: skip
Anchor: TypeAlias = Literal["start", "middle", "end"]

FORMS: dict[str, Form] = {
    "●": "circle", "■": "square", "▲": "up", "◆": "diamond", "★": "star", "▼": "down",
    "○": "ring", "□": "open square", "△": "open up", "◇": "open diamond", "☆": "open star", "▽": "open down",
    "✚": "plus", "×": "cross", "✗": "cross", "•": "dot", "·": "dot",
}  # fmt: skip
"""The form of each marker that charts draw with."""


@dataclass(frozen=True, slots=True, eq=False)
class Markers:
    """Points. x, y: (n,). forms: the form of each is `forms[index]`. colors: one for all, or (n, 3).

    shares: (n, K) the responsibilities that the colours are mixes of, where they are; pure: the K colours of the
    mix. strong: means and the like, drawn larger and with an outline.
    """

    x: FloatArray
    y: FloatArray
    forms: Sequence[Form]
    index: IntArray
    colors: ColorArray | RGB
    shares: FloatArray | None = None
    pure: Sequence[RGB] = ()
    strong: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line through points; a value that isn't finite breaks it. width: 1 for a usual one."""

    x: FloatArray
    y: FloatArray
    color: RGB
    dotted: bool = False
    width: float = 1.0
    behind: bool = False
    dashed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """A closed outline of four cubic Bézier curves: (13, 2), a point, then two controls and a point for each curve."""

    points: FloatArray
    color: RGB
    dotted: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Filled rectangles. x0, x1, y0, y1: (n,). colors: one for all, or (n, 3)."""

    x0: FloatArray
    x1: FloatArray
    y0: FloatArray
    y1: FloatArray
    colors: ColorArray | RGB


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """The plane in colours. colors: (r, c, 3), the first row at the top. extent: x0, x1, y0, y1."""

    colors: ColorArray
    extent: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """A piece of text at a point. size: 1 for that of labels. even: in letters of one width."""

    x: float
    y: float
    text: str
    color: RGB
    anchor: Anchor = "middle"
    size: float = 1.0
    even: bool = False
    bold: bool = False


Shape: TypeAlias = Markers | Line | Outline | Boxes | Raster | Words


@dataclass(frozen=True, slots=True)
class Sign:
    """An entry of a legend: a form, a line or a box in this colour, or a character that is none of them."""

    kind: Form | Literal["line", "dotted", "dashed", "box", "character"]
    color: RGB
    text: str
    character: str = ""


NO_TICKS = Ticks((), ())


@dataclass(frozen=True, slots=True, eq=False)
class Plot:
    """One picture with its axes.

    title: above it. grid: faint lines at the ticks. framed: it has axes. empty: what to say where there are no shapes.
    """

    shapes: Sequence[Shape]
    x_label: str = ""
    y_label: str = ""
    x_ticks: Ticks = NO_TICKS
    y_ticks: Ticks = NO_TICKS
    legend: Sequence[Sign] = ()
    title: str = ""
    grid: bool = False
    framed: bool = True
    empty: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Plots in rows under one title: what becomes a file.

    title: data, model and step. caption: what is drawn. notes: sentences below. width, height: inches. joined: the
    plots share their axes, so that they stand close together.
    """

    title: str
    plots: Sequence[Sequence[Plot]]
    caption: str = ""
    notes: Sequence[str] = ()
    width: float = 6.4
    height: float = 4.4
    joined: bool = False
