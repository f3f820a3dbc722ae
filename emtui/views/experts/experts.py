"""Mixtures of experts: lines through the numbers, or decision regions; the gate's shares behind the rows."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.scene import Scene
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import split_of
from emtui.views import plain_words
from emtui.views.experts.experts_charts import gate_ground, gate_legend, lines_scene
from emtui.views.experts.experts_sentences import experts_sentence
from emtui.views.generic import GenericView
from emtui.views.parameter_tables import Column, now_and_before, table
from emtui.views.plain_words import PlainWords
from emtui.views.points import pairs
from emtui.views.supervised import REGIONS
from emtui.views.view import Axes, ParameterTable, PictureAxis, Row, UnitsName
from engine.arrays import Array
from engine.em.model import Model

_COLUMNS = 64


class ExpertsView(GenericView):
    """The view of `MixtureOfExperts` and `BackpropExperts`: components are experts, rows those that are trained on."""

    def axes(self, snapshot: StepSnapshot) -> tuple[Axes, ...]:
        """Numbers over each input, or decision regions; then the rows along two inputs, the gate's regions behind."""
        data, split = snapshot.spec.dataset, split_of(snapshot.spec)
        further = tuple(axes for axes in pairs(data) if axes.y is not None)
        if split is None or not split.numeric:
            return (REGIONS, *further, *(axes for axes in pairs(data) if axes.y is None))
        names = data.feature_names[:_COLUMNS]
        return (*(Axes(PictureAxis("lines", j, name)) for j, name in enumerate(names)), *further)

    def caption(self, snapshot: StepSnapshot, axes: Axes) -> str:
        """What the picture shows."""
        split = split_of(snapshot.spec)
        if axes.x.kind == "lines" and split is not None:
            return f"{split.target_name} by {axes.title}"
        return axes.title if axes.is_slice or axes.y is None else f"{axes.title}, gate"

    def scene(
        self, snapshot: StepSnapshot, axes: Axes, palette: Palette, *, highlight: Row = None, units: UnitsName = "data"
    ) -> Scene:
        """Each expert's line over an input; of two inputs the rows by their responsibilities, the gate behind them."""
        if axes.is_slice:
            return Scene()
        if axes.x.kind == "lines":
            return lines_scene(snapshot, axes.x.index, palette, self.component_names(snapshot), highlight)
        made = super().scene(snapshot, axes, palette, highlight=highlight, units=units)
        ground = gate_ground(snapshot, axes, palette, units)
        if ground is None:
            return made
        x0, x1, y0, y1 = ground.extent
        return replace(
            made,
            layers=(ground, *made.layers),
            x_range=(x0, x1),
            y_range=(y0, y1),
            description=f"{made.description} Behind them: whom the gate asks.",
            legend=(*made.legend, *gate_legend(palette, self.component_names(snapshot))),
        )

    def row_at(self, snapshot: StepSnapshot, axes: Axes, x: float, y: float, units: UnitsName = "data") -> Row:
        """The row nearest to a place; over one input by input and target."""
        split = split_of(snapshot.spec)
        if axes.x.kind != "lines" or split is None:
            return super().row_at(snapshot, axes, x, y, units)
        rows, data = snapshot.rows, snapshot.spec.dataset
        across, up = data.X[rows, axes.x.index], np.asarray(split.targets)[rows]
        far = ((across - x) / (np.ptp(across) or 1.0)) ** 2 + ((up - y) / (np.ptp(up) or 1.0)) ** 2
        return int(rows[far.argmin()])

    def parameters(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> ParameterTable:
        """A line for each expert's gate weights, then for what it says of each class, or of the number."""
        split, params = split_of(snapshot.spec), snapshot.step.params
        assert split is not None
        names = ["bias", *split.input_names[: _COLUMNS - 1]]
        width, numeric = len(names), split.numeric
        rows: list[tuple[str, int | None]] = [(f"gate {k + 1}", k) for k in range(params.n_experts - 1)]
        for k in range(params.n_experts):
            said = [str(k + 1)] if numeric else [f"{k + 1} {name}" for name in self._class_names(snapshot)]
            rows += [(name, k) for name in said]

        def stacked(theta: Any) -> Array:
            of_experts = theta.experts.coefficients
            flat = of_experts if numeric else of_experts[:, :-1].reshape(-1, of_experts.shape[-1])
            block = np.vstack([theta.gate[:-1], flat])[:, :width]
            if not numeric:
                return np.asarray(block)
            deviations = np.full(len(block), np.nan)
            deviations[len(theta.gate) - 1 :] = np.sqrt(theta.experts.variances)
            return np.column_stack([block, deviations])

        now, before = now_and_before(snapshot, stacked)
        heads = [*names, "sd"] if numeric else names
        spreads = [float(np.nanmax(np.abs(now[:, c]), initial=0.0)) or 1.0 for c in range(len(heads))]
        columns = [Column(name, spread, spread) for name, spread in zip(heads, spreads, strict=True)]
        notes = ["the last gate and the last class are 0" if not numeric else "the gate of the last expert is 0"]
        notes += ["weights of standardised inputs"] if split.units is not None else []
        notes += [f"the first {width - 1} of {params.n_inputs} inputs"] if width <= params.n_inputs else []
        return table(rows, columns, now, before, note="; ".join(notes))

    def _class_names(self, snapshot: StepSnapshot) -> tuple[str, ...]:
        """Those that have coefficients: the last class has none."""
        split = split_of(snapshot.spec)
        assert split is not None
        g = snapshot.step.params.experts.coefficients.shape[1]
        names = split.class_names[:g]
        return (*names, *(str(c + 1) for c in range(len(names), g)))[:-1]

    def with_names(self, snapshot: StepSnapshot, formula: str) -> str:
        """Inputs and classes by their names."""
        split = split_of(snapshot.spec)
        if split is None:
            return formula
        names = split.class_names

        def name(found: re.Match[str]) -> str:
            return names[int(found[1])] if int(found[1]) < len(names) else found[0]

        formula = re.sub(r"\bclass (\d+)\b", name, formula)
        inputs = split.input_names
        return re.sub(
            r"\bx (\d+)", lambda found: inputs[int(found[1])] if int(found[1]) < len(inputs) else found[0], formula
        )

    def plain_words(self, model: Model[Any, Any]) -> PlainWords:
        """What is hidden, and what the two steps do, to a newcomer."""
        from engine.baselines.backprop_experts import BackpropExperts

        return plain_words.GRADIENT if isinstance(model, BackpropExperts) else plain_words.EXPERTS

    def sentence(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> str:
        """Which rows moved between experts, what the loss became, and which number of θ moved most."""
        finite = math.isfinite(snapshot.record.log_likelihood)
        return experts_sentence(snapshot, self.component_names(snapshot), finite)
