"""Any model: rows by their responsibilities where they are a table, and every array of the parameters tabulated."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from emtui.session.snapshot import StepSnapshot
from emtui.views.changes import drawn_responsibilities
from emtui.views.number_format import amount, from_to
from emtui.views.parameter_tables import Column, table
from emtui.views.points import PointsView
from emtui.views.sentences import component_name, tell
from emtui.views.view import ParameterTable, Share, UnitsName
from engine.arrays import Array
from engine.text import clean

_COLUMNS = 64
"""Wider arrays are cut to so many columns; the note says so."""
Fields = dict[str, Array]


class GenericView(PointsView):
    """The view of a model that has none of its own: what can be said from the fields of its parameters."""

    def centers(self, snapshot: StepSnapshot, params: Any) -> Array:
        """(K, d) the field `means` or `centers`, where it has a number for each column; else no points."""
        d = snapshot.spec.dataset.n_features
        for name in ("means", "centers"):
            value = getattr(params, name, None)
            if value is not None and np.ndim(value) == 2 and np.shape(value)[1] == d:
                return np.asarray(value, dtype=np.float64)
        return np.zeros((0, d))

    def n_components(self, snapshot: StepSnapshot) -> int:
        """As many as there are columns of responsibilities; before the first E-step, what the model was asked for."""
        R = drawn_responsibilities(snapshot)
        return snapshot.spec.n_components if R is None else R.shape[1]

    def weights(self, snapshot: StepSnapshot) -> tuple[Share, ...]:
        """Mixing weights, where the model has one for each component; hard shares where it has labels of the rows."""
        names, n = self.component_names(snapshot), snapshot.n_rows
        weights = fields_of(snapshot.step.params).get("weights")
        if weights is not None and weights.shape != (len(names),):
            weights = None
        labels = snapshot.labels
        known = labels is not None and len(labels) == n and (not n or int(labels.max()) < len(names))
        counts = np.bincount(labels, minlength=len(names)) if known and labels is not None else None
        return tuple(
            Share(
                name,
                None if weights is None else float(weights[k]),
                None if counts is None else float(counts[k] / max(1, n)),
                None if counts is None else int(counts[k]),
            )
            for k, name in enumerate(names)
        )

    def parameters(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> ParameterTable:
        """A row for each component where every field has one entry for each; else a row for each row of each field.

        Numbers stand as the model has them, whatever the units; their digits follow from θ⁰, so that they don't jump.
        """
        now, first = fields_of(snapshot.trail[-1]), fields_of(snapshot.trail[0])
        before = fields_of(snapshot.trail[-2]) if len(snapshot.trail) > 1 else None
        K = self.n_components(snapshot)
        own: UnitsName = "data" if snapshot.spec.dataset.units is None else "standard"
        if all(value.ndim in (1, 2) and len(value) == K for value in now.values()):
            return self._by_component(snapshot, now, before, first, own)
        return _by_field(now, before, first, own)

    def _by_component(
        self, snapshot: StepSnapshot, now: Fields, before: Fields | None, first: Fields, units: UnitsName
    ) -> ParameterTable:
        names = snapshot.spec.dataset.feature_names
        columns: list[Column] = []
        for field, value in first.items():
            width = 1 if value.ndim == 1 else value.shape[1]
            spread = _spread(value)
            inner = [""] if value.ndim == 1 else list(names) if width == len(names) else _numbers(width)
            columns += [Column(f"{field} {name}".strip(), spread, spread) for name in inner]
        rows = [(name, k) for k, name in enumerate(self.component_names(snapshot))]
        flat = [None if f is None else np.column_stack([*f.values()]) for f in (now, before)]
        assert flat[0] is not None
        return _cut(rows, columns, flat[0], flat[1], units)

    def sentence(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> str:
        """Which row and which parameter moved most, and what became of the bound and the log-likelihood."""
        where = "at the values that were given" if snapshot.spec.start is not None else "where the model put them"
        start = f"The parameters start {where}"
        if math.isfinite(snapshot.record.log_likelihood):
            start += f", {snapshot.step.problem.model.objective_label} {amount(snapshot.record.log_likelihood)}"
        return tell(snapshot, start=start, component=component_name, moved=lambda: _moved(snapshot))


def fields_of(params: Any, prefix: str = "") -> Fields:
    """Every number that parameters hold, by name; those of values inside values as "emission.means"."""
    found: Fields = {}
    for field in dataclasses.fields(params):
        value, name = getattr(params, field.name), clean(prefix + field.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            found |= fields_of(value, f"{name}.")
        elif value is not None and not isinstance(value, str | bool):
            array = np.asarray(value)
            if array.dtype.kind in "fiu":
                found[name] = array.astype(np.float64)
    return found


def _by_field(now: Fields, before: Fields | None, first: Fields, units: UnitsName) -> ParameterTable:
    """A row for each row of each field, as wide as the widest."""
    tables = {name: _rows(value) for name, value in now.items()}
    earlier = None if before is None else {name: _rows(value) for name, value in before.items()}
    width = max((rows.shape[1] for rows in tables.values()), default=1)
    spread = max((_spread(value) for value in first.values()), default=1.0)
    names = [(f"{name} {i}" if i else name, None) for name, rows in tables.items() for i in _row_numbers(len(rows))]
    columns = [Column(name, spread, spread) for name in (_numbers(width) if width > 1 else ["value"])]
    stacked = _stacked(list(tables.values()), width)
    return _cut(names, columns, stacked, None if earlier is None else _stacked(list(earlier.values()), width), units)


def _moved(snapshot: StepSnapshot) -> str:
    """The entry that changed most, against the size of its field."""
    now, before = fields_of(snapshot.trail[-1]), fields_of(snapshot.trail[-2])
    best, said = 0.0, "no parameter moved"
    for name, value in now.items():
        earlier = before.get(name)
        if earlier is None or earlier.shape != value.shape or not value.size:
            continue
        with np.errstate(invalid="ignore"):
            change = np.nan_to_num(np.abs(value - earlier), nan=0.0, posinf=0.0)
        largest = float(change.max()) / (max(_spread(value), _spread(earlier)) or 1.0)
        if largest > best:
            place = np.unravel_index(int(change.argmax()), value.shape)
            index = f"[{', '.join(str(int(i) + 1) for i in place)}]" if place else ""
            best, said = (
                largest,
                f"{name}{index} moved most, from {from_to(float(earlier[place]), float(value[place]))}",
            )
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


def _numbers(count: int) -> list[str]:
    return [str(i + 1) for i in range(count)]


def _row_numbers(count: int) -> list[int]:
    """1, 2, … for several rows; 0, which is not written, for one alone."""
    return [0] if count == 1 else list(range(1, count + 1))
