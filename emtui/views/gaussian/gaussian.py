"""Gaussian mixtures: points, 1σ and 2σ ellipses, means and their trails; on one axis a histogram with densities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.scene import Bars, Curve, Ellipse, Layer
from emtui.session.snapshot import StepSnapshot
from emtui.views import plain_words
from emtui.views.changes import largest_move
from emtui.views.gaussian.gaussian_sentences import moved_clause
from emtui.views.number_format import amount
from emtui.views.parameter_tables import Column, component_table, covariance_table, now_and_before
from emtui.views.plain_words import PlainWords
from emtui.views.points import PointsView, drawn_components
from emtui.views.projection import Direction, marginal_covariances, shown_units, spreads
from emtui.views.sentences import component_name, how_many, tell
from emtui.views.view import ParameterTable, UnitsName
from engine.arrays import Array
from engine.em.model import Model

_GRID = 241


class GaussianView(PointsView):
    """The view of `GaussianMixture`, for all four covariance types."""

    def centers(self, snapshot: StepSnapshot, params: Any) -> Array:
        """(K, d) the means."""
        return np.asarray(params.means)

    def shapes(self, snapshot: StepSnapshot, along: Sequence[Direction], palette: Palette) -> list[Layer]:
        """1σ (solid) and 2σ (dotted) outlines of each component's marginal in the plane of the picture."""
        params = snapshot.step.params
        covariances = self.covariances(snapshot, params, along)
        x, y = (each.of(params.means) for each in along)
        layers: list[Layer] = []
        alive = drawn_components(snapshot, len(covariances))
        for k, covariance in enumerate(covariances):
            if not alive[k]:
                continue
            center = np.array([x[k], y[k]])
            layers.append(Ellipse(center, covariance, 1.0, palette.color(k)))
            layers.append(Ellipse(center, covariance, 2.0, palette.color(k), "dotted"))
        return layers

    def curves(self, snapshot: StepSnapshot, along: Direction, palette: Palette, bars: Bars) -> list[Layer]:
        """weights_k N(x; μ_k, σ_k²) for each component, and their sum."""
        params = snapshot.step.params
        means, variances = along.of(params.means), self.covariances(snapshot, params, [along])[:, 0, 0]
        x = _grid(bars.edges, means, variances)
        each = np.array([w * normal_density(x, m, v) for w, m, v in zip(params.weights, means, variances, strict=True)])
        layers: list[Layer] = [Curve(x, each.sum(axis=0), palette.text, "dotted", "sum")] if len(each) > 1 else []
        return layers + [Curve(x, density, palette.color(k)) for k, density in enumerate(each)]

    def covariances(self, snapshot: StepSnapshot, params: Any, along: Sequence[Direction]) -> Array:
        """(K, m, m) the components' covariances along these directions."""
        return marginal_covariances(params.covariances, _kind(snapshot), len(params.means), along)

    def parameters(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> ParameterTable:
        """Weight and mean of each component, and below them its standard deviations, column by column."""
        data = snapshot.spec.dataset
        spread, magnitude = spreads(data, units)
        columns = [Column("weight", 1.0, probability=True)]
        columns += [Column(name, s, m) for name, s, m in zip(data.feature_names, spread, magnitude, strict=True)]
        numbers = now_and_before(snapshot, lambda params: self._rows(snapshot, params, units))
        return component_table(self.component_names(snapshot), columns, *numbers, ("", "±σ"), units)

    def detail(self, snapshot: StepSnapshot, component: int, *, units: UnitsName = "data") -> ParameterTable | None:
        """The covariance matrix of one component, whatever the type."""
        data = snapshot.spec.dataset
        numbers = now_and_before(snapshot, lambda params: self._full_covariances(snapshot, params, units)[component])
        return covariance_table(data.feature_names, *numbers, spreads(data, units)[0], units)

    def plain_words(self, model: Model[Any, Any]) -> PlainWords:
        """What is hidden, and what the two steps do, to a newcomer."""
        return plain_words.GAUSSIANS

    def sentence(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> str:
        """Which row or component moved most, and how the bound and the log-likelihood changed."""
        params, n = snapshot.step.params, self.n_components(snapshot)
        start = f"{how_many(n, 'mean')} {'starts' if n == 1 else 'start'} {self._start(snapshot)}"
        if params.means.size and math.isfinite(snapshot.record.log_likelihood):
            start += f", log-likelihood {amount(snapshot.record.log_likelihood)}"
        return tell(snapshot, start=start, component=component_name, moved=lambda: self._moved(snapshot, units))

    def _moved(self, snapshot: StepSnapshot, units: UnitsName) -> str:
        """How the component that changed most moved and widened, as a clause."""
        earlier, now = snapshot.trail[-2], snapshot.step.params
        move = largest_move(
            (earlier.weights, now.weights),
            (self.means(snapshot, earlier, units), self.means(snapshot, now, units)),
            (self.standard_deviations(snapshot, earlier, units), self.standard_deviations(snapshot, now, units)),
        )
        names = snapshot.spec.dataset.feature_names
        return moved_clause(move, names, _kind(snapshot))

    def standard_deviations(self, snapshot: StepSnapshot, params: Any, units: UnitsName) -> Array:
        """(K, d) square roots of the variances, in the units shown."""
        (K, d), given = params.means.shape, np.asarray(params.covariances)
        if (kind := _kind(snapshot)) in ("full", "tied"):
            given = np.diagonal(given, axis1=-2, axis2=-1)
        variances = np.broadcast_to(given[:, np.newaxis] if kind == "spherical" else given, (K, d))
        shown = shown_units(snapshot.spec.dataset, units)
        return np.asarray(np.sqrt(variances) * (1.0 if shown is None else shown.scale))

    def means(self, snapshot: StepSnapshot, params: Any, units: UnitsName) -> Array:
        """(K, d) the means in the units shown."""
        shown = shown_units(snapshot.spec.dataset, units)
        return np.asarray(params.means if shown is None else shown.to_original(params.means))

    def _rows(self, snapshot: StepSnapshot, params: Any, units: UnitsName) -> Array:
        """(K, 2, 1 + d): weight and means; nothing and standard deviations."""
        means, deviations = self.means(snapshot, params, units), self.standard_deviations(snapshot, params, units)
        rows = np.full((len(means), 2, 1 + means.shape[1]), np.nan)
        rows[:, 0, 0], rows[:, 0, 1:], rows[:, 1, 1:] = params.weights, means, deviations
        return rows

    def _full_covariances(self, snapshot: StepSnapshot, params: Any, units: UnitsName) -> Array:
        """(K, d, d) in the units shown."""
        shown = shown_units(snapshot.spec.dataset, units)
        d = params.means.shape[1]
        scale = np.ones(d) if shown is None else shown.scale
        axes = [Direction(row, np.zeros(d), 0.0) for row in np.diag(scale)]
        return self.covariances(snapshot, params, axes)


def normal_density(x: Array, mean: float, variance: float) -> Array:
    """N(x; mean, variance) = exp(−(x − mean)² / 2 variance) / √(2π variance)."""
    deviation = np.sqrt(variance)
    if not deviation > 0:
        return np.zeros_like(x)
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * np.sqrt(2 * np.pi)))


def _grid(edges: Array, means: Array, variances: Array) -> Array:
    """Where densities are drawn: over the bars and a little beyond, and densely about each mean."""
    width = (edges[-1] - edges[0]) or 1.0
    even = np.linspace(edges[0] - 0.05 * width, edges[-1] + 0.05 * width, _GRID)
    near = (means[:, None] + np.sqrt(variances)[:, None] * np.linspace(-4, 4, 33)).ravel()
    near = near[(near >= even[0]) & (near <= even[-1])]
    return np.unique(np.concatenate([even, near]))


def _kind(snapshot: StepSnapshot) -> str:
    """The covariance type: "full", "tied", "diag" or "spherical"."""
    model: Any = snapshot.step.problem.model
    return str(model.covariance_type)
