"""k-means: points in the colour of their component, centres with trails, borders where the nearest centre changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.scene import Curve, Layer
from emtui.session.snapshot import StepSnapshot
from emtui.views import plain_words
from emtui.views.changes import most_moved
from emtui.views.number_format import amount, number
from emtui.views.parameter_tables import Column, component_table, now_and_before
from emtui.views.plain_words import PlainWords
from emtui.views.points import PointsView
from emtui.views.projection import Direction, column_ends, shown_units, spreads
from emtui.views.sentences import component_name, draws_all, ending, events, first_counts, how_many, line, row_name
from emtui.views.view import ParameterTable, UnitsName
from emtui.views.voronoi import voronoi_borders
from engine.arrays import Array
from engine.em.model import Model

_SAME = 1e-12


class KMeansView(PointsView):
    """The view of `KMeans`, whose objective is minus the inertia."""

    def centers(self, snapshot: StepSnapshot, params: Any) -> Array:
        """(K, d) the centres."""
        return np.asarray(params.centers)

    def shapes(self, snapshot: StepSnapshot, along: Sequence[Direction], palette: Palette) -> list[Layer]:
        """The borders between the components, if the data have two columns, both in the picture."""
        columns = [each.column for each in along if each.column is not None]
        data = snapshot.spec.dataset
        if data.n_features != 2 or len(set(columns)) != 2:
            return []
        scale = np.array([each.vector[j] for each, j in zip(along, columns, strict=True)])
        offset = np.array([each.offset for each in along])
        low, high = column_ends(data)[:, columns]
        segments = voronoi_borders(self.centers(snapshot, snapshot.step.params)[:, columns], low, high) * scale + offset
        return [Curve(segment[:, 0], segment[:, 1], palette.frame, "dotted") for segment in segments]

    def parameters(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> ParameterTable:
        """The centre of each component."""
        data, shown = snapshot.spec.dataset, shown_units(snapshot.spec.dataset, units)
        spread, magnitude = spreads(data, units)
        columns = [Column(name, s, m) for name, s, m in zip(data.feature_names, spread, magnitude, strict=True)]

        def centers(params: Any) -> Array:
            return np.asarray(params.centers if shown is None else shown.to_original(params.centers))

        return component_table(self.component_names(snapshot), columns, *now_and_before(snapshot, centers), units=units)

    def plain_words(self, model: Model[Any, Any]) -> PlainWords:
        """What is hidden, and what the two steps do, to a newcomer."""
        return plain_words.K_MEANS

    def sentence(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> str:
        """Which row changed component or which centre moved, and how the inertia changed."""
        if snapshot.step.phase == "init":
            n = self.n_components(snapshot)
            begins = f"{how_many(n, 'centre')} {'starts' if n == 1 else 'start'} {self._start(snapshot)}"
            parts = [f"{begins}; nothing has been assigned yet: press e"]
        elif snapshot.step.phase == "E":
            parts = [f"{self._assigned(snapshot)}; {self._inertia(snapshot)}"]
        else:
            parts = [f"{self._moved(snapshot, units)}; {self._inertia(snapshot)}", *events(snapshot)]
        return line([*parts, *ending(snapshot)])

    def _inertia(self, snapshot: StepSnapshot) -> str:
        """How the inertia of the assignment went (minus the bound); after an M-step, what assigning again gives."""
        record, before = snapshot.record, snapshot.previous_record
        label = "inertia" if snapshot.spec.dataset.units is None else "inertia (in standard units)"
        now = -record.elbo
        if before is None or not math.isfinite(before.elbo):
            return f"the {label} is {amount(now)}"
        fall = record.elbo - before.elbo
        same = abs(fall) <= _SAME * max(abs(now), abs(before.elbo))
        said = "stays at" if same else f"{'fell' if fall > 0 else 'rose'} {number(abs(fall))} to"
        anew = ""
        if snapshot.step.phase == "M" and record.kl > _SAME * abs(now):
            anew = f", and assigning anew will make it {amount(-record.log_likelihood)}"
        return f"the {label} {said} {amount(now)}{anew}"

    def _assigned(self, snapshot: StepSnapshot) -> str:
        if snapshot.responsibilities is None:
            return "each row went to the nearest centre"
        move = most_moved(snapshot)
        if move is None:
            return first_counts(snapshot, component_name, "row")
        drawn = "" if draws_all(snapshot) else f" of the {len(snapshot.rows):,} drawn"
        if move.n_changed == 0:
            return f"no row{drawn} changed component"
        name = row_name(snapshot, move.row)
        if move.n_changed == 1:
            return f"{name} alone{drawn} changed sides, to {component_name(move.component)}"
        return (
            f"{move.n_changed:,} rows{drawn} changed component, {name} to {component_name(move.component)} among them"
        )

    def _moved(self, snapshot: StepSnapshot, units: UnitsName) -> str:
        data = snapshot.spec.dataset
        shown = shown_units(data, units)
        change = snapshot.trail[-1].centers - snapshot.trail[-2].centers
        change = np.asarray(change if shown is None else change * shown.scale)
        spread, _ = spreads(data, units)
        relative = np.abs(change) / np.where(spread > 0, spread, 1.0)
        k, j = (int(i) for i in np.unravel_index(int(relative.argmax()), relative.shape))
        if change[k, j] == 0:
            return "no centre moved"
        n_moved = int((change != 0).any(axis=1).sum())
        said = (
            f"the centre of {component_name(k)} moved {number(abs(float(change[k, j])))} along {data.feature_names[j]}"
        )
        return f"{said}, the most of {n_moved}" if n_moved > 1 else f"{said}, alone"
