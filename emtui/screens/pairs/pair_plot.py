"""A pair plot of some columns: each pair as points, each column's densities, correlations within the groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from rich.cells import cell_len

from emtui.charts.axes import Scale, make_scale
from emtui.charts.colors import Palette, blend, mix
from emtui.charts.histogram import histogram
from emtui.charts.pair_grid import Notes, PairGrid, Words
from emtui.charts.scene import RGB, Bars, Cloud, Curve, Dots, Ellipse, Layer, Mark, Scene, StackedBars
from emtui.screens.pairs.group_statistics import Columns, group_heights
from emtui.screens.pairs.groupings import UNKNOWN, Grouping, even_draw
from emtui.session.snapshot import StepSnapshot
from emtui.views import view_for
from emtui.views.dataset_cache import remembered
from emtui.views.number_format import MISSING, fixed
from emtui.views.points import PointsView
from emtui.views.projection import Direction, column_ends, direction
from emtui.views.view import PictureAxis
from engine.arrays import Array
from engine.data.dataset import Dataset

_BINS = 20  # of a small picture
_OUTLINED = 5  # components whose outlines a small picture has
_FLAT = 0.015  # of a small picture's height: a lower curve would lie on the axis
_TALLEST = 1.7  # a component's density is cut at this many times the height of the bars


@dataclass(frozen=True, eq=False)
class PairPlot:
    """The pictures of one step under one grouping.

    most: rows in each picture. legend_room: cells for the legend of a large one.
    """

    snapshot: StepSnapshot
    groups: Grouping
    palette: Palette
    most: int
    legend_room: int = 80

    @property
    def data(self) -> Dataset:
        """The table."""
        return self.snapshot.spec.dataset

    @property
    def n_drawn(self) -> int:
        """How many rows each picture draws."""
        return min(self.most, len(self.groups.rows))

    def colors(self) -> tuple[RGB, ...]:
        """(G,) of the groups; rows of no known class are grey."""
        return tuple(self.palette.muted if k == UNKNOWN else self.palette.color(k) for k in self.groups.marks)

    def markers(self) -> tuple[str, ...]:
        """(G,) of the groups."""
        return tuple(self._dot if k == UNKNOWN else self.palette.marker(k) for k in self.groups.marks)

    @property
    def _dot(self) -> str:
        return "." if self.palette.ascii else "•"

    def _shares(self) -> Array | None:
        """(m, G) of the drawn rows."""
        shares, n = self.groups.shares, len(self.groups.rows)
        return shares if shares is None or n <= self.most else shares[even_draw(n, self.most)]

    def _coordinates(self, column: int) -> Array:
        """(m,) of the drawn rows."""
        rows = self.groups.rows

        def make() -> Array:
            chosen = rows[even_draw(len(rows), self.most)]
            return self._along(column).of(self.data.X[chosen])

        return remembered(self.data, ("pair plot", column, self.most), make, of=rows)

    def _along(self, column: int) -> Direction:
        return direction(self.data, PictureAxis("feature", column, ""), "data")

    def scale(self, column: int) -> Scale:
        """The axis of a column: the same at every step."""
        return column_scale(self.data, column)

    def _range(self, column: int) -> tuple[float, float]:
        scale = self.scale(column)
        return scale.low * scale.unit, scale.high * scale.unit

    # pictures

    def pair(self, across: int, up: int, *, small: bool) -> Scene:
        """The rows along two columns, coloured by their groups, under the components' outlines and means."""
        x, y, shares = self._coordinates(across), self._coordinates(up), self._shares()
        layers: list[Layer] = []
        if shares is None or not shares.shape[1]:
            layers.append(Dots(x, y, self.palette.muted, self._dot))
        else:
            layers.append(Cloud(x, y, shares, self.colors(), self.markers()))
        along, view = (self._along(across), self._along(up)), self._view
        if view is not None:
            shapes = view.shapes(self.snapshot, along, self.palette)
            layers += _outermost(shapes) if small else shapes
        if (centers := self._centers()) is not None:
            points = zip(*(each.of(centers) for each in along), strict=True)
            layers += [
                Mark(float(a), float(b), str(k + 1), self.palette.color(k), inverse=True)
                for k, (a, b) in enumerate(points)
            ]
        names = self.data.feature_names
        legend = [] if small else self._short_legend()
        described = f"{names[across]} and {names[up]} of {self.n_drawn:,} rows, coloured by {self.groups.title}."
        return Scene(
            layers,
            names[across],
            names[up],
            x_range=None if small else self._range(across),  # a grid has axes of its own
            y_range=None if small else self._range(up),
            legend=legend,
            description=described,
        )

    def density(self, column: int, *, small: bool) -> Scene:
        """A histogram with the density of each group, weighted by its size.

        Where the model has densities, weights_k N(x; μ_k, σ_k²) say, these are curves over bars in the mixed colours of
        their rows; else the bars are the groups' parts of the histogram, one on top of another.
        """
        values, shares, most = self._coordinates(column), self._shares(), _BINS if small else 60
        key = ("pair plot, bars", column, self.most, most)
        bars = remembered(self.data, key, lambda: histogram(values, most), of=self.groups.rows)
        curves = self._densities(column, bars, small)
        if shares is None:
            layers: list[Layer] = [replace(bars, colors=self.palette.muted)]
        elif curves:
            fills = [blend(self.palette.background, color, 0.55) for color in self.colors()]
            layers = [replace(bars, colors=mix(group_heights(values, shares, bars).T, fills))]
        else:
            layers = [self._stacked(bars, group_heights(values, shares, bars))]
        tallest = float(bars.heights.max(initial=0.0))
        tops = [float(one.y.max(initial=0.0)) for one in curves]
        top = 1.06 * max(tallest, min(max(tops, default=0.0), _TALLEST * tallest))
        if small:
            curves = [replace(one, y=np.where(one.y > _FLAT * top, one.y, np.nan)) for one in curves]
        name = self.data.feature_names[column]
        return Scene(
            [*layers, *curves],
            name,
            "density",
            x_range=self._range(column),
            y_range=(0.0, top if np.isfinite(top) and top > 0 else 1.0),
            legend=[] if small else self._short_legend(),
            description=f"The density of {name}, coloured by {self.groups.title}.",
        )

    def _densities(self, column: int, bars: Bars, small: bool) -> list[Curve]:
        """The model's curves over a histogram, without their sum if there is little room; () if it has none."""
        if self._view is None:
            return []
        of_model = self._view.curves(self.snapshot, self._along(column), self.palette, bars)
        return [one for one in of_model if isinstance(one, Curve) and not (small and one.label)]

    def _stacked(self, bars: Bars, heights: Array) -> StackedBars:
        """The groups' parts (G, bins), the first at the bottom."""
        colors = [blend(self.palette.background, color, 0.8) for color in self.colors()]
        return StackedBars(bars.edges, heights, colors, self.markers())

    @property
    def _view(self) -> PointsView | None:
        """The model's view, if the groups are its components and it draws them."""
        view = view_for(self.snapshot.spec.model)
        return view if self.groups.is_own and isinstance(view, PointsView) else None

    def _centers(self) -> Array | None:
        """(K, d) the means of the model, or those of k-means."""
        view = self._view
        return self.groups.centers if view is None else view.centers(self.snapshot, self.snapshot.step.params)

    # numbers

    def legend(self) -> list[tuple[str, RGB, str]]:
        """Marker, colour and name of each group."""
        return list(zip(self.markers(), self.colors(), self.groups.names, strict=True))

    def _short_legend(self) -> list[tuple[str, RGB, str]]:
        """The legend with short names if the full ones don't fit."""
        groups, legend = self.groups, self.legend()
        if not groups.short or sum(4 + cell_len(name) for name in groups.names) <= self.legend_room:
            return legend
        return [(marker, color, name) for (marker, color, _), name in zip(legend, groups.short, strict=True)]

    def correlations(self, columns: tuple[int, ...]) -> Array:
        """(1 + G, d, d) of all rows, and of each group; of every row that is looked at, not only those drawn."""
        rows = self.groups.rows
        kept: dict[tuple[int, ...], Columns] = remembered(self.data, "pair plot, columns", dict, of=rows)
        if columns not in kept:
            kept.clear()
            kept[columns] = Columns.of(self.data.X[:, list(columns)][rows])
        shares = self.groups.shares
        return kept[columns].correlations(np.zeros((len(rows), 0)) if shares is None else shares)

    def notes(self, found: Array) -> tuple[Words, ...]:
        """Correlations (1 + G,) as lines: that of all rows, then each group's in its colour behind its marker."""
        text = self.palette.text
        lines: list[Words] = [((f"all {_correlation(found[0])}", text),)]
        for marker, color, r in zip(self.markers(), self.colors(), found[1:], strict=False):
            lines.append(((f"{marker}   ", color), (_correlation(r), color)))
        return tuple(lines)

    def grid(self, columns: tuple[int, ...], chosen: tuple[int, int] | None) -> PairGrid:
        """All of these columns against each other. chosen: the two columns of the marked pair, x first."""
        r = self.correlations(columns)
        cells: list[list[Scene | Notes]] = [
            [self._cell(columns, i, j, r) for j in range(len(columns))] for i in range(len(columns))
        ]
        at = None
        if chosen is not None and set(chosen) <= set(columns):
            at = columns.index(chosen[1]), columns.index(chosen[0])
        names = [self.data.feature_names[j] for j in columns]
        described = f"{len(columns)} features against each other, coloured by {self.groups.title}."
        return PairGrid(names, [self.scale(j) for j in columns], cells, at, described)

    def _cell(self, columns: Sequence[int], i: int, j: int, r: Array) -> Scene | Notes:
        if i == j:
            return self.density(columns[i], small=True)
        return self.pair(columns[j], columns[i], small=True) if i > j else Notes(self.notes(r[:, i, j]))


def column_scale(data: Dataset, column: int) -> Scale:
    """The axis that holds all values of a column, in the shown units."""

    def make() -> Scale:
        low, high = direction(data, PictureAxis("feature", column, ""), "data").of(column_ends(data)).tolist()
        return make_scale(low, high)

    return remembered(data, ("pair plot, scale", column), make)


def _outermost(shapes: Sequence[Layer]) -> list[Layer]:
    """The largest outline of each component; () for many components, which would fill a small picture."""
    ellipses = [one for one in shapes if isinstance(one, Ellipse)]
    largest = max((one.n_std for one in ellipses), default=0.0)
    outermost = [replace(one, style="solid") for one in ellipses if one.n_std == largest]
    others = [one for one in shapes if not isinstance(one, Ellipse)]
    return others + (outermost if len(outermost) <= _OUTLINED else [])


def _correlation(r: float) -> str:
    """Two decimals without the leading 0, right-aligned: −.12, .74, 1.00."""
    return (fixed(float(r), 2).replace("0.", ".", 1) if np.isfinite(r) else MISSING).rjust(5)
