"""Any model: rows by their responsibilities where they are a table, and every array of the parameters tabulated."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.histogram import histogram
from emtui.charts.scene import Bars, Layer
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import input_names
from emtui.views.changes import drawn_responsibilities
from emtui.views.entry_names import whose
from emtui.views.mixture_density import density_curves
from emtui.views.number_format import amount, from_to
from emtui.views.parameter_tables import Column, table
from emtui.views.points import PointsView
from emtui.views.projection import Direction
from emtui.views.sentences import tell
from emtui.views.supervised import REGIONS, SupervisedView
from emtui.views.view import Axes, ParameterTable, UnitsName
from engine.arrays import Array
from engine.editing.entries import Entry
from engine.em.fields import Field, count_components, fields_of, location
from engine.em.parameters import arrays_of

_COLUMNS = 64
"""Wider arrays are cut to this many columns; the note says so."""
Fields = dict[str, Field]


class GenericView(PointsView, SupervisedView):
    """The view of a model that has none of its own: what can be said from the declarations of its parameters."""

    def axes(self, snapshot: StepSnapshot) -> tuple[Axes, ...]:
        """Those of the data, and the decision regions of a model that is supervised, after the first one."""
        first, *others = super().axes(snapshot)
        return (first, REGIONS, *others) if snapshot.spec.model.supervised else (first, *others)

    def centers(self, snapshot: StepSnapshot, params: Any) -> Array:
        """(K, d) where each component lies, nan for one without a place; no points where θ does not say."""
        d, found = snapshot.spec.dataset.n_features, location(params)
        places = np.zeros((0, d)) if found is None else found.by_component(count_components(params))
        return places if places.shape[1:] == (d,) else np.zeros((0, d))

    def bars(self, values: Array) -> Bars:
        """Counts are seen one by one: what gives no number but 0 is not to be mixed with the ones."""
        return histogram(values, fine=True)

    def curves(self, snapshot: StepSnapshot, along: Direction, palette: Palette, bars: Bars) -> list[Layer]:
        """The densities of a mixture of one column; else a line where each component lies."""
        return density_curves(snapshot, along, palette, bars) or super().curves(snapshot, along, palette, bars)

    def n_components(self, snapshot: StepSnapshot) -> int:
        """As many as θ speaks of, else as there are columns of responsibilities, or as the model was asked for."""
        R = drawn_responsibilities(snapshot)
        return count_components(snapshot.step.params) or (snapshot.spec.n_components if R is None else R.shape[1])

    def component_names(self, snapshot: StepSnapshot) -> tuple[str, ...]:
        """The names that the model gives them, or numbers."""
        return super().component_names(snapshot) or tuple(str(k + 1) for k in range(self.n_components(snapshot)))

    def parameters(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> ParameterTable:
        """A row for each component where every array is declared to be of components; else one for each row of each.

        Numbers stand as the model has them, whatever the units; their digits follow from θ⁰, so that they don't jump.
        """
        model = snapshot.step.problem.model
        now, first = fields_of(snapshot.trail[-1], model), fields_of(snapshot.trail[0], model)
        before = fields_of(snapshot.trail[-2], model) if len(snapshot.trail) > 1 else None
        own: UnitsName = "data" if snapshot.spec.dataset.units is None else "standard"
        noun = snapshot.step.params.component_noun
        if all(field.array.ndim in (1, 2) and field.axes[0].noun == noun for field in now.values()):
            return self._by_component(snapshot, now, before, first, own)
        return _by_field(now, before, first, own)

    def _by_component(
        self, snapshot: StepSnapshot, now: Fields, before: Fields | None, first: Fields, units: UnitsName
    ) -> ParameterTable:
        names, model = input_names(snapshot.spec), snapshot.step.problem.model
        columns: list[Column] = []
        for field in first.values():
            spread, chance = _spread(field.array), field.domain in ("simplex", "probability")
            shape, word = field.array.shape, field.word_at((0,) * field.array.ndim)
            inner = [field.axes[1].name_of(j, names, model) for j in range(shape[1])] if len(shape) > 1 else [""]
            columns += [Column(f"{word} {name}".strip(), spread, spread, chance) for name in inner]
        rows = [(name, k) for k, name in enumerate(self.component_names(snapshot))]

        def flat(fields: Fields) -> Array:
            return np.hstack([field.by_component(len(rows)) for field in fields.values()])

        return _cut(rows, columns, flat(now), None if before is None else flat(before), units)

    def sentence(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> str:
        """Which row and which parameter moved most, and how the bound and the log-likelihood changed."""
        where = "at the values that were given" if snapshot.spec.start is not None else "where the model put them"
        start = f"The parameters start {where}"
        if math.isfinite(snapshot.record.log_likelihood):
            start += f", {snapshot.step.problem.model.objective_label} {amount(snapshot.record.log_likelihood)}"
        noun, names = snapshot.step.params.component_noun, self.component_names(snapshot)
        return tell(snapshot, start=start, component=lambda k: f"{noun} {names[k]}", moved=lambda: _moved(snapshot))


def _by_field(now: Fields, before: Fields | None, first: Fields, units: UnitsName) -> ParameterTable:
    """A row for each row of each field, as wide as the widest."""
    tables = {name: _rows(field.array) for name, field in now.items()}
    earlier = None if before is None else [_rows(field.array) for field in before.values()]
    width = max((rows.shape[1] for rows in tables.values()), default=1)
    spread = max((_spread(field.array) for field in first.values()), default=1.0)
    names = [
        (f"{name} {i + 1}" if len(rows) > 1 else name, None) for name, rows in tables.items() for i in range(len(rows))
    ]
    columns = [Column(str(j + 1) if width > 1 else "value", spread, spread) for j in range(width)]
    stacked = _stacked(list(tables.values()), width)
    return _cut(names, columns, stacked, None if earlier is None else _stacked(earlier, width), units)


def _moved(snapshot: StepSnapshot) -> str:
    """The entry that changed most, against the size of its array."""
    now, before = arrays_of(snapshot.trail[-1]), arrays_of(snapshot.trail[-2])
    best, said = 0.0, "no parameter moved"
    for path, value in now.items():
        earlier = before.get(path)
        if earlier is None or earlier.shape != value.shape or not value.size:
            continue
        with np.errstate(invalid="ignore"):
            change = np.nan_to_num(np.abs(value - earlier), nan=0.0, posinf=0.0)
        largest = float(change.max()) / (max(_spread(value), _spread(earlier)) or 1.0)
        if largest > best:
            place = tuple(int(i) for i in np.unravel_index(int(change.argmax()), value.shape))
            name = whose(snapshot, Entry(path, place, "alone"))
            best, said = largest, f"{name} moved most, from {from_to(float(earlier[place]), float(value[place]))}"
    return said


def _rows(value: Array) -> Array:
    """An array as a table: vectors are one row, deeper arrays keep their last axis."""
    return value.reshape(1, -1) if value.ndim < 2 else value.reshape(-1, value.shape[-1])


def _stacked(tables: list[Array], width: int) -> Array:
    """Tables one below another, filled with nan to one width."""
    filled = [np.pad(rows, ((0, 0), (0, width - rows.shape[1])), constant_values=np.nan) for rows in tables]
    return np.vstack(filled) if filled else np.zeros((0, width))


def _cut(
    rows: list[tuple[str, None]] | list[tuple[str, int]],
    columns: list[Column],
    now: Array,
    before: Array | None,
    units: UnitsName,
) -> ParameterTable:
    kept = min(len(columns), _COLUMNS)
    note = "" if kept == len(columns) else f"The first {kept} of {len(columns):,} columns."
    return table(rows, columns[:kept], now[:, :kept], None if before is None else before[:, :kept], units, note)


def _spread(value: Array) -> float:
    """The largest finite magnitude of an array; 1 where all is 0."""
    finite = np.abs(value[np.isfinite(value)])
    return float(finite.max(initial=0.0)) or 1.0
