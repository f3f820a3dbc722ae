"""The handles of a picture, which the mouse can drag (means as a rule), and the entries of θ that they move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emtui.charts.chart_handles import Handle
from emtui.session.snapshot import StepSnapshot
from emtui.views import view_for
from emtui.views.points import PointsView, pairs
from emtui.views.projection import Direction, direction
from emtui.views.view import Axes, UnitsName
from engine.arrays import Array
from engine.editing.entries import Entry
from engine.em.fields import location
from engine.em.parameters import arrays_of


@dataclass(frozen=True, eq=False)
class _Means:
    """Points of the table's space, (K, d), at a dotted path of θ, and the picture's directions in that space."""

    path: str
    points: Array
    along: tuple[Direction, ...]

    def handles(self) -> tuple[Handle, ...]:
        places = [each.of(self.points) for each in self.along]
        if len(places) == 1:
            return tuple(Handle(float(x), None) for x in places[0])
        return tuple(Handle(float(x), float(y)) for x, y in zip(*places, strict=True))

    def moves(self, handle: int, shift: tuple[float, float]) -> tuple[tuple[Entry, float], ...]:
        """The shortest way Aᵀ (A Aᵀ)⁺ (dx, dy), A the directions: of two columns those two alone."""
        A, wanted = np.stack([each.vector for each in self.along]), np.array(shift[: len(self.along)])
        columns = [each.column for each in self.along if each.column is not None]
        if len(set(columns)) == len(self.along):  # exact: no other column feels it
            way = np.zeros(A.shape[1])
            way[columns] = wanted / A[np.arange(len(columns)), columns]
        else:
            way = A.T @ (np.linalg.pinv(A @ A.T) @ wanted)
        there = self.points[handle] + way
        return tuple((Entry(self.path, (handle, int(j)), "alone"), float(there[j])) for j in np.flatnonzero(way))


@dataclass(frozen=True, eq=False)
class _Numbers:
    """Numbers, one handle each, placed at `scale` times their value along one axis of the picture."""

    path: str
    values: Array  # (K,), or a single one
    scale: float = 1.0
    upright: bool = False  # along y

    def handles(self) -> tuple[Handle, ...]:
        places = [self.scale * float(value) for value in np.atleast_1d(self.values)]
        return tuple(Handle(None, place) if self.upright else Handle(place, None) for place in places)

    def moves(self, handle: int, shift: tuple[float, float]) -> tuple[tuple[Entry, float], ...]:
        way = shift[self.upright] / self.scale
        index = (handle,) if self.values.ndim else ()
        return ((Entry(self.path, index, "alone"), float(self.values[index]) + way),) if way else ()


def handles(snapshot: StepSnapshot, axes: Axes, units: UnitsName) -> tuple[Handle, ...]:
    """One handle for each component, in order; () if nothing in the picture stands for a parameter's value."""
    found = _found(snapshot, axes, units)
    return () if found is None else found.handles()


def drawn_moves(
    snapshot: StepSnapshot, axes: Axes, units: UnitsName, handle: int, shift: tuple[float, float]
) -> tuple[tuple[Entry, float], ...]:
    """The entries of θ that change, and their new values, when a handle is dragged by (dx, dy) in the picture."""
    found = _found(snapshot, axes, units)
    return () if found is None or handle >= len(found.handles()) else found.moves(handle, shift)


def _found(snapshot: StepSnapshot, axes: Axes, units: UnitsName) -> _Means | _Numbers | None:
    params, view, data = snapshot.step.params, view_for(snapshot.step.problem.model), snapshot.spec.dataset
    numbers = view.numbers_along(snapshot, axes)
    if numbers is not None:
        return _Numbers(numbers.path, arrays_of(params)[numbers.path], numbers.scale, numbers.upright)
    places = location(params)
    between_columns = isinstance(view, PointsView) or axes in pairs(data)
    if not between_columns or places is None or places.array.shape[1:] != (data.n_features,):
        return None
    return _Means(places.path, places.array, tuple(direction(data, axis, units) for axis in (axes.x, axes.y) if axis))
