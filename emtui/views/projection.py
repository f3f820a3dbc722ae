"""From the model's coordinates to the picture's: a column in either units, or a principal component."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emtui.session.snapshot import StepSnapshot
from emtui.views.dataset_cache import remembered
from emtui.views.principal_axes import principal_components
from emtui.views.view import PictureAxis, UnitsName
from engine.arrays import Array, IntArray
from engine.data.dataset import Dataset
from engine.data.units import Units, standard_units


@dataclass(frozen=True, eq=False)
class Direction:
    """One picture axis as a map of the model's space: p = offset + vector · (x − center).

    vector, center: (d,). offset: in the units shown. column: the one column that it reads, None for several.
    """

    vector: Array
    center: Array
    offset: float
    column: int | None = None

    def of(self, points: Array) -> Array:
        """(…,) the coordinates of points (…, d)."""
        if self.column is not None:  # exact: other columns can't leak in, not even as 0 · ∞
            j = self.column
            return np.asarray(self.offset + self.vector[j] * points[..., j])
        return np.asarray(self.offset + (points - self.center) @ self.vector)


def shown_units(data: Dataset, units: UnitsName) -> Units | None:
    """How to come from the model's units to those that are shown; None where they are the same."""
    if (units == "standard") == (data.units is not None):
        return None  # shown as the model has them: standardised as standard, the data's own as they are
    if data.units is not None:
        return data.units

    def inverse() -> Units:
        own, _ = standard_units(data.X, data.weights)  # x = offset + scale z, so z = −offset/scale + x/scale
        return Units(-own.offset / own.scale, 1.0 / own.scale)

    return remembered(data, "to standard units", inverse)


def spreads(data: Dataset, units: UnitsName) -> tuple[Array, Array]:
    """(d,) standard deviations of the columns and (d,) their largest magnitudes, in the units shown."""

    def make() -> tuple[Array, Array]:
        shown = shown_units(data, units) or Units(np.zeros(data.n_features), np.ones(data.n_features))
        own, _ = standard_units(data.X, data.weights)
        with np.errstate(over="ignore"):
            return own.scale * shown.scale, np.abs(shown.to_original(column_ends(data))).max(axis=0)

    return remembered(data, ("spreads", units), make)


def column_ends(data: Dataset) -> Array:
    """(2, d) the smallest and the largest value of each column, in the model's units; 0 where none is known."""

    def make() -> Array:
        known = [column[~np.isnan(column)] for column in data.X.T]
        return np.array([(c.min(), c.max()) if len(c) else (0.0, 0.0) for c in known]).T

    return remembered(data, "ends of the columns", make)


def direction(data: Dataset, axis: PictureAxis, units: UnitsName) -> Direction:
    """The direction of an axis; principal components are always in the model's own units."""
    d = data.n_features
    if axis.kind == "component":
        components = principal_components(data)
        return Direction(components.directions[axis.index], components.center, 0.0)
    shown = shown_units(data, units)
    vector = np.zeros(d)
    vector[axis.index] = 1.0 if shown is None else shown.scale[axis.index]
    offset = 0.0 if shown is None else float(shown.offset[axis.index])
    return Direction(vector, np.zeros(d), offset, axis.index)


def coordinates(snapshot: StepSnapshot, axis: PictureAxis, units: UnitsName) -> Array:
    """(m,) where the drawn rows lie on this axis; kept for the data set."""
    data, rows = snapshot.spec.dataset, snapshot.rows

    def make() -> Array:
        chosen = data.X if len(rows) == data.n_samples else data.X[rows]
        return direction(data, axis, units).of(chosen)

    return remembered(data, ("coordinates", axis.kind, axis.index, units), make, of=rows)


def nearest_row(rows: IntArray, *axes: tuple[NDArray[np.floating[Any]], float]) -> int | None:
    """The one of these rows (m,) that lies nearest; each axis is its values (m,), measured by their range, and a place.

    None where nothing is near: no rows, no numbers.
    """
    if not len(rows):
        return None
    distance = np.sum([((values - place) / (float(np.ptp(values)) or 1.0)) ** 2 for values, place in axes], axis=0)
    return int(rows[int(np.nanargmin(distance))]) if np.isfinite(distance).any() else None


def marginal_covariances(covariances: Array, kind: str, n_components: int, along: Sequence[Direction]) -> Array:
    """(K, m, m) A Σ_k Aᵀ, the exact covariance of each component along m directions (the rows of A).

    Shapes of covariances are scikit-learn's: "full" (K, d, d), "tied" (d, d), "diag" (K, d), "spherical" (K,).
    """
    A = np.stack([each.vector for each in along])
    if kind == "tied":
        return np.broadcast_to(A @ covariances @ A.T, (n_components, len(A), len(A)))
    if kind == "diag":
        return np.asarray((A * covariances[:, np.newaxis, :]) @ A.T)
    if kind == "spherical":
        return np.asarray(covariances[:, np.newaxis, np.newaxis] * (A @ A.T))
    return np.asarray(A @ covariances @ A.T)
