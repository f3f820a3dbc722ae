"""What views of tables share: rows as points, in any two columns or principal components, or as a histogram."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emtui.charts.colors import Palette, mix
from emtui.charts.histogram import histogram, whole_numbers
from emtui.charts.scene import Bars, Cloud, ColorArray, Dots, Layer, Mark, Scene, Trail, VLine
from emtui.session.snapshot import StepSnapshot
from emtui.views.changes import drawn_responsibilities
from emtui.views.column_separation import best_pair, ranked_columns
from emtui.views.dataset_cache import remembered
from emtui.views.number_format import number, plural
from emtui.views.projection import Direction, coordinates, direction, nearest_row
from emtui.views.view import Axes, PictureAxis, Row, UnitsName, View
from engine.arrays import Array
from engine.data.dataset import Dataset
from engine.em.fields import count_components, mixing_weights
from engine.models.probabilities import alive

_PAIRED_COLUMNS = 12
"""Every pair of this many columns is offered; of more columns, the pairs of the best separated."""
_NAMED_COLUMNS = 32
"""Beyond this many columns the default picture is that of the principal components."""


def single_axes(data: Dataset) -> tuple[PictureAxis, ...]:
    """Every column, then the first principal components where there are at least two columns."""
    columns = tuple(PictureAxis("feature", j, name) for j, name in enumerate(data.feature_names))
    n_components = min(data.n_features, data.n_samples, 4) if data.n_features > 1 else 0
    return columns + tuple(
        PictureAxis("component", i, f"PC {i + 1}") for i in range(max(n_components, 2 * (len(columns) > 1)))
    )


def pairs(data: Dataset) -> tuple[Axes, ...]:
    """What a picture of a table can show, the default first.

    The default is the pair of columns that separates best by itself (`separation.ranked_columns`), in the table's
    order; for more than 32 columns the first two principal components. One column alone is a histogram.
    """
    return remembered(data, "pairs", lambda: _pairs(data))


def _pairs(data: Dataset) -> tuple[Axes, ...]:
    d = data.n_features
    if d == 1:
        return (Axes(single_axes(data)[0]),)
    axes = single_axes(data)
    features, components = axes[:d], Axes(*axes[d : d + 2])
    ranked = ranked_columns(data.X)
    i, j = best_pair(data.X, ranked)
    best = Axes(features[i], features[j])
    offered = sorted(ranked[:_PAIRED_COLUMNS].tolist())
    others = [Axes(features[a], features[b]) for a, b in combinations(offered, 2) if (a, b) != (i, j)]
    alone = [Axes(features[a]) for a in offered]
    first = [components, best] if d > _NAMED_COLUMNS else [best, components]
    return (*first, *others, *alone)


class PointsView(View):
    """A view whose rows are points of a table; models add what lies above the points."""

    @abstractmethod
    def centers(self, snapshot: StepSnapshot, params: Any) -> Array:
        """(K, d) one point a component at these parameters, in the model's units: its mean."""

    def shapes(self, snapshot: StepSnapshot, along: Sequence[Direction], palette: Palette) -> list[Layer]:
        """Layers between the points and the means of a picture with two axes."""
        return []

    def curves(self, snapshot: StepSnapshot, along: Direction, palette: Palette, bars: Bars) -> list[Layer]:
        """Layers above the bars of a histogram: densities, where the model has them."""
        return [
            VLine(float(x), palette.color(k))
            for k, x in enumerate(along.of(self.centers(snapshot, snapshot.step.params)))
        ]

    def bars(self, values: Array) -> Bars:
        """The histogram of these values, as a density."""
        return histogram(values)

    def _start(self, snapshot: StepSnapshot) -> str:
        """Where the means start, after the model's own option."""
        if snapshot.spec.start is not None:
            return "at the values that were given"
        places = {
            "kmeans": f"at the {'centre' if count_components(snapshot.step.params) == 1 else 'centres'} of k-means",
            "kmeans++": "at rows far from one another (k-means++)",
            "points": "at random rows",
            "responsibilities": "where random responsibilities put them",
        }
        return places.get(snapshot.step.problem.model.start_name, "where the model put them")

    def axes(self, snapshot: StepSnapshot) -> tuple[Axes, ...]:
        """Pairs of columns and principal components, or the one column's histogram."""
        return pairs(snapshot.spec.dataset)

    def single_axes(self, snapshot: StepSnapshot) -> tuple[PictureAxis, ...]:
        """Every column and the first principal components."""
        return single_axes(snapshot.spec.dataset)

    def row_at(self, snapshot: StepSnapshot, axes: Axes, x: float, y: float, units: UnitsName = "data") -> Row:
        """The drawn row nearest to (x, y), each axis measured by its range; by x alone in a histogram."""
        places = [(axis, place) for axis, place in ((axes.x, x), (axes.y, y)) if axis is not None]
        return nearest_row(snapshot.rows, *((coordinates(snapshot, axis, units), place) for axis, place in places))

    def scene(
        self, snapshot: StepSnapshot, axes: Axes, palette: Palette, *, highlight: Row = None, units: UnitsName = "data"
    ) -> Scene:
        """The rows by their responsibilities (grey before the first E-step), and the components above them."""
        if axes.y is None:
            return self._histogram(snapshot, axes, palette, highlight, units)
        data = snapshot.spec.dataset
        along = [direction(data, axis, units) for axis in (axes.x, axes.y)]
        x, y = (coordinates(snapshot, axis, units) for axis in (axes.x, axes.y))
        at = None if highlight is None else _place(snapshot, highlight)
        layers: list[Layer] = []
        R, out = drawn_responsibilities(snapshot), _left_out(snapshot)
        if R is None:
            layers.append(Dots(x, y, palette.muted, "." if palette.ascii else "•", highlight=at))
        else:
            K = R.shape[1]
            counted, marked = (~out, None if at is None or out[at] else int((~out[:at]).sum()))
            layers.append(Cloud(x[counted], y[counted], R[counted], palette.colors(K), palette.markers(K), marked))
        if R is not None and out.any():
            marked = None if at is None or not out[at] else int(out[:at].sum())
            layers.append(Dots(x[out], y[out], palette.muted, "x" if palette.ascii else "×", highlight=marked))
        if highlight is not None and at is None:  # beyond the rows that are drawn
            row = data.X[highlight]
            row_x, row_y = (each.of(row)[None] for each in along)
            layers.append(Dots(row_x, row_y, palette.text, palette.marker(0), highlight=0))
        layers += self._trails(snapshot, along, palette)
        layers += self.shapes(snapshot, along, palette)
        points = [each.of(self.centers(snapshot, snapshot.step.params)) for each in along]
        drawn = drawn_components(snapshot, len(points[0]))
        layers += [
            Mark(float(a), float(b), str(k + 1), palette.color(k), inverse=True)
            for k, (a, b) in enumerate(zip(*points, strict=True))
            if drawn[k]
        ]
        return Scene(
            layers,
            axes.x.label,
            axes.y.label,
            legend=palette.legend(self.component_names(snapshot)),
            description=self._described(snapshot, axes, points),
        )

    def _trails(self, snapshot: StepSnapshot, along: Sequence[Direction], palette: Palette) -> list[Layer]:
        """Where each mean has been: its path over the start and every M-step so far."""
        if len(snapshot.trail) < 2:
            return []
        path = np.stack([self.centers(snapshot, params) for params in snapshot.trail])  # (T, K, d)
        x, y = (each.of(path) for each in along)
        return [Trail(x[:, k], y[:, k], palette.color(k)) for k in range(path.shape[1])]

    def _histogram(
        self, snapshot: StepSnapshot, axes: Axes, palette: Palette, highlight: Row, units: UnitsName
    ) -> Scene:
        data = snapshot.spec.dataset
        along = direction(data, axes.x, units)
        values = coordinates(snapshot, axes.x, units)
        bars = remembered(
            data, ("bars", self, axes.x, units), lambda: self._bars(snapshot, axes.x, units), of=snapshot.rows
        )
        colored = Bars(bars.edges, bars.heights, _bar_colors(snapshot, values, bars, palette))
        layers: list[Layer] = [colored]
        if highlight is not None:
            layers.append(VLine(float(along.of(data.X[highlight])), palette.text))
        layers += self.curves(snapshot, along, palette, bars)
        points = [along.of(self.centers(snapshot, snapshot.step.params))]
        return Scene(
            layers,
            axes.x.label,
            "density",
            legend=palette.legend(self.component_names(snapshot)),
            description=self._described(snapshot, axes, points),
        )

    def _bars(self, snapshot: StepSnapshot, axis: PictureAxis, units: UnitsName) -> Bars:
        """The histogram along an axis: of whole numbers it is that of the numbers themselves, in any units."""
        own = coordinates(snapshot, axis, "data")
        if units == "data" or axis.kind != "feature" or not whole_numbers(own):
            return self.bars(coordinates(snapshot, axis, units))
        before, along = (direction(snapshot.spec.dataset, axis, each) for each in ("data", units))
        bars, scale = self.bars(own), float(along.vector[axis.index] / before.vector[axis.index])
        return replace(bars, edges=along.offset + scale * (bars.edges - before.offset), heights=bars.heights / scale)

    def _described(self, snapshot: StepSnapshot, axes: Axes, points: Sequence[Array]) -> str:
        """The picture in words, for readers who can't see it."""
        said = [f"{axes.title}: {plural(len(snapshot.rows), 'row')}"]
        for name, *place in zip(self.component_names(snapshot), *points, strict=False):
            said.append(f"component {name} at ({', '.join(number(float(p), 4) for p in place)})")
        return "; ".join(said) + "."


def drawn_components(snapshot: StepSnapshot, n_components: int) -> NDArray[np.bool_]:
    """(K,) those that are alive: the others hold no row, and would set the axes by where they were left."""
    weights = mixing_weights(snapshot.step.params)
    if weights is None or len(weights.array) != n_components:
        return np.ones(n_components, dtype=bool)
    return alive(weights.array)


def _left_out(snapshot: StepSnapshot) -> NDArray[np.bool_]:
    """(m,) which of the drawn rows are left out."""
    weights = snapshot.weights_of(snapshot.rows)
    return np.zeros(len(snapshot.rows), dtype=bool) if weights is None else np.asarray(weights == 0)


def _place(snapshot: StepSnapshot, row: int) -> int | None:
    """The place of a row among the drawn ones, which are in order; None where it isn't drawn."""
    place = int(np.searchsorted(snapshot.rows, row))
    return place if place < len(snapshot.rows) and int(snapshot.rows[place]) == row else None


def _bar_colors(
    snapshot: StepSnapshot, values: Array, bars: Bars, palette: Palette
) -> ColorArray | tuple[int, int, int]:
    """Each bar in the mix of its rows' responsibilities; muted before the first E-step."""
    R, edges = drawn_responsibilities(snapshot), bars.edges
    if R is None or not len(bars.heights):
        return palette.muted
    bin_of = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(bars.heights) - 1)
    totals = np.stack([np.bincount(bin_of, R[:, k], len(bars.heights)) for k in range(R.shape[1])], axis=1)
    return mix(totals, palette.fills(R.shape[1]), pure=palette.mode != "truecolor")
