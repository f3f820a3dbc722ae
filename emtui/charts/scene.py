"""Scenes: what a chart shows, as plain frozen values made of numpy arrays.

A scene is a title, two axis labels and a tuple of layers, painted in their order. It knows nothing of
terminals, sizes or themes. Arrays given to a layer belong to the scene from then on: a chart compares scenes
by identity and caches what it drew, so a changed picture is a new scene, never a changed array.

Layers take anything array-like, drop nothing themselves, and check only shapes: values that are not finite are
left out when the scene is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

RGB: TypeAlias = tuple[int, int, int]
FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
ColorArray: TypeAlias = npt.NDArray[np.uint8]
LineStyle: TypeAlias = Literal["solid", "dotted", "dashed", "step"]
Range: TypeAlias = tuple[float, float]
LegendEntry: TypeAlias = tuple[str, RGB, str]
"""Character, colour, text."""


def _vector(values: object, name: str, length: int | None = None) -> FloatArray:
    """Values as a (n,) float array; ValueError when the shape is another."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or (length is not None and len(array) != length):
        wanted = "a vector" if length is None else f"a vector of {length} values"
        raise ValueError(f"{name} should be {wanted}, not an array of shape {array.shape}")
    return array


def _colors(colors: ColorArray | RGB, n: int) -> ColorArray | RGB:
    """One colour as it is, n of them as (n, 3) bytes; ValueError when the shape is another."""
    if isinstance(colors, tuple):
        return colors
    array = np.asarray(colors, dtype=np.uint8)
    if array.shape != (n, 3):
        raise ValueError(f"colors should be one RGB triple or an array of shape ({n}, 3)")
    return array


def _keep(layer: object, **arrays: object) -> None:
    """Set fields of a frozen layer while it is made."""
    for name, array in arrays.items():
        object.__setattr__(layer, name, array)


@dataclass(frozen=True, slots=True, eq=False)
class _Points:
    """Points in the plane. x, y: (n,)."""

    x: FloatArray
    y: FloatArray

    def __post_init__(self) -> None:
        x = _vector(self.x, "x")
        _keep(self, x=x, y=_vector(self.y, "y", len(x)))


@dataclass(frozen=True, slots=True, eq=False)
class Dots(_Points):
    """Points that carry their own colours.

    x, y: (n,). colors: one RGB triple, or (n, 3) uint8. marker: one single-cell character, or a tuple of them
    with marker_index (n,) saying which one each point has. highlight: the point drawn last and inverted.
    Points that share a cell show the most frequent marker, and the mean colour (in linear light) of those that have it.
    """

    colors: ColorArray | RGB = (200, 200, 200)
    marker: str | tuple[str, ...] = "●"
    marker_index: IntArray | None = None
    highlight: int | None = None
    label: str = ""

    def __post_init__(self) -> None:
        _Points.__post_init__(self)
        _keep(self, colors=_colors(self.colors, len(self.x)))
        if self.marker_index is not None:
            index = np.asarray(self.marker_index, dtype=np.int64)
            if index.shape != self.x.shape:
                raise ValueError(f"marker_index should be a vector of {len(self.x)} values")
            _keep(self, marker_index=index)


@dataclass(frozen=True, slots=True, eq=False)
class Cloud(_Points):
    """Points coloured by their responsibilities: the layer for data under a mixture, whatever n is.

    x, y: (n,). responsibilities: (n, K). colors: K RGB triples. markers: K characters.
    A cell shows one component: its marker, and the mix (in Oklab) of the mean responsibilities of the rows that are
    mostly its own. Colours are mixed per cell, not per row: a million rows need no million colours.
    """

    responsibilities: FloatArray
    colors: Sequence[RGB]
    markers: Sequence[str]
    highlight: int | None = None

    def __post_init__(self) -> None:
        _Points.__post_init__(self)
        R = np.asarray(self.responsibilities, dtype=np.float64)
        if R.ndim != 2 or len(R) != len(self.x):
            raise ValueError(f"responsibilities should have shape ({len(self.x)}, K), not {R.shape}")
        if len(self.colors) < R.shape[1] or len(self.markers) < R.shape[1]:
            raise ValueError(f"{R.shape[1]} components need as many colors and markers")
        _keep(self, responsibilities=R)


@dataclass(frozen=True, slots=True, eq=False)
class Curve(_Points):
    """A line through points in their order, drawn in braille dots (2 by 4 to a cell).

    x, y: (m,). A value that isn't finite breaks the line. "step" holds each value until the next x.
    A label puts the curve in the legend. "dotted" and "dashed" are told apart where there are no colours.
    """

    color: RGB
    style: LineStyle = "solid"
    label: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """One character at a point, above everything else: a mean, a centre, the current value of a curve.

    inverse: characters on a ground of the colour; more than one are allowed: a component's number at its mean.
    """

    x: float
    y: float
    char: str = "✚"
    color: RGB = (255, 255, 255)
    label: str = ""
    inverse: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Tag:
    """Words that end beside a point, above everything else: the number of what goes on beyond the picture."""

    x: float
    y: float
    text: str
    color: RGB = (255, 255, 255)


@dataclass(frozen=True, slots=True, eq=False)
class Ellipse:
    """The outline {z : (z − c)ᵀ Σ⁻¹ (z − c) = n_std²} of a Gaussian in the plane, in braille dots.

    center: (2,). covariance: (2, 2), symmetric; a singular one draws a line, an invalid one nothing.
    """

    center: FloatArray
    covariance: FloatArray
    n_std: float = 1.0
    color: RGB = (200, 200, 200)
    style: LineStyle = "solid"

    def __post_init__(self) -> None:
        covariance = np.asarray(self.covariance, dtype=np.float64)
        if covariance.shape != (2, 2):
            raise ValueError(f"covariance should have shape (2, 2), not {covariance.shape}")
        _keep(self, center=_vector(self.center, "center", 2), covariance=covariance)


@dataclass(frozen=True, slots=True, eq=False)
class Trail(_Points):
    """The path that a mean has taken: sparse dots, "+" at its start. It never widens the axes. x, y: (m,)."""

    color: RGB = (200, 200, 200)


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """A histogram: heights (m,) over edges (m + 1,) that ascend, in eighths of a cell, standing on zero.

    colors: one RGB triple, or one for each bar, (m, 3) uint8.
    """

    edges: FloatArray
    heights: FloatArray
    colors: ColorArray | RGB = (120, 130, 145)
    label: str = ""

    def __post_init__(self) -> None:
        heights = _vector(self.heights, "heights")
        edges, colors = _vector(self.edges, "edges", len(heights) + 1), _colors(self.colors, len(heights))
        _keep(self, heights=heights, edges=edges, colors=colors)


@dataclass(frozen=True, slots=True, eq=False)
class StackedBars:
    """A histogram in parts that stand on one another, the first at the bottom: heights (G, m) over edges (m + 1,).

    colors: G RGB triples. markers: G characters, drawn in place of blocks where there are no colours.
    """

    edges: FloatArray
    heights: FloatArray
    colors: Sequence[RGB]
    markers: Sequence[str]

    def __post_init__(self) -> None:
        heights = np.asarray(self.heights, dtype=np.float64)
        if heights.ndim != 2:
            raise ValueError(f"heights should have a row for each part, not the shape {heights.shape}")
        if min(len(self.colors), len(self.markers)) < len(heights):
            raise ValueError(f"{len(heights)} parts need as many colors and markers")
        _keep(self, heights=heights, edges=_vector(self.edges, "edges", heights.shape[1] + 1))


@dataclass(frozen=True, slots=True, eq=False)
class VLine:
    """A vertical line at x: the cursor in a curve. Drawn under curves and points."""

    x: float
    color: RGB | None = None


@dataclass(frozen=True, slots=True, eq=False)
class HLine:
    """A horizontal line at y: a reference value. Drawn under curves and points."""

    y: float
    color: RGB | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """The columns from x0 to x1 on a tinted background: what lies ahead, a selected stretch."""

    x0: float
    x1: float
    color: RGB | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PixelImage:
    """A picture of pixels: values (r, c) in [0, 1], the first row at the top, as shades of one colour.

    extent: (x0, x1, y0, y1), where it lies.
    """

    values: FloatArray
    extent: tuple[float, float, float, float]
    color: RGB

    def __post_init__(self) -> None:
        values = np.asarray(self.values, dtype=np.float64)
        if values.ndim != 2:
            raise ValueError(f"values should be a table of pixels, not an array of shape {values.shape}")
        _keep(self, values=values)


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """The plane in colours, behind everything: colors (r, c, 3) uint8, the first row at the top.

    marks: (r, c) which of the markers stands for each place, drawn instead where there are no true colours.
    extent: (x0, x1, y0, y1), where it lies. density: (r, c) how thickly markers stand: 2, 1, or 0 for not at all; None
    for 2 everywhere.
    """

    colors: ColorArray
    marks: IntArray
    markers: Sequence[str]
    extent: tuple[float, float, float, float]
    density: IntArray | None = None

    def __post_init__(self) -> None:
        colors = np.asarray(self.colors, dtype=np.uint8)
        marks = np.asarray(self.marks, dtype=np.int64)
        if colors.ndim != 3 or colors.shape[2] != 3 or marks.shape != colors.shape[:2]:
            raise ValueError(f"colors should have shape (r, c, 3) and marks (r, c), not {colors.shape}, {marks.shape}")
        density = None if self.density is None else np.asarray(self.density, dtype=np.int64)
        if density is not None and density.shape != marks.shape:
            raise ValueError(f"density should have the shape of marks, {marks.shape}, not {density.shape}")
        _keep(self, colors=colors, marks=marks, density=density)


@dataclass(frozen=True, slots=True, eq=False)
class Prose:
    """Words in the cells themselves, in reading order: each paragraph is a sequence of words with their colours.

    Paragraphs share the lines evenly, and a word that finds no room is left out with those after it. Text from data
    is cleaned when it is drawn.
    """

    paragraphs: Sequence[Sequence[tuple[str, RGB]]]


Layer: TypeAlias = (
    Prose
    | Backdrop
    | Dots
    | Cloud
    | Curve
    | Mark
    | Tag
    | Ellipse
    | Trail
    | Bars
    | StackedBars
    | VLine
    | HLine
    | Span
    | PixelImage
)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything a chart shows.

    layers: painted in order. x_ticks, y_ticks: places and names for an axis of things that have names; None for
    numbers. x_range, y_range: (low, high), or None to fit the layers (trails, spans and
    lines don't widen the axes). grid: faint lines at the ticks. empty: the word shown when there is nothing
    to draw. description: the same in words, for readers who can't see the picture. cut: what the ranges leave out, in
    words for the title ("begins below").
    """

    layers: Sequence[Layer] = ()
    x_label: str = ""
    y_label: str = ""
    x_range: Range | None = None
    y_range: Range | None = None
    title: str = ""
    grid: bool = False
    empty: str = "no data"
    description: str = ""
    legend: Sequence[LegendEntry] = ()
    """Further legend entries, before those of labelled layers."""
    x_ticks: Sequence[tuple[float, str]] | None = None
    y_ticks: Sequence[tuple[float, str]] | None = None
    cut: str = ""

    def __post_init__(self) -> None:
        x, y = (None if ticks is None else tuple(ticks) for ticks in (self.x_ticks, self.y_ticks))
        _keep(self, layers=tuple(self.layers), legend=tuple(self.legend), x_ticks=x, y_ticks=y)
