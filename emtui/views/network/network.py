"""A network with one or more hidden layers: drawn with its weights as lines, or its rows by the class it predicts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np

from emtui.charts.cell_text import clean
from emtui.charts.colors import Palette
from emtui.charts.network_diagram import NetworkDiagram
from emtui.charts.panels import Panels
from emtui.charts.scene import Cloud, Scene
from emtui.networks.scores import affordable_rows, numbers_said_by, predicted
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import split_of
from emtui.views import plain_words
from emtui.views.decision_regions import COARSE, regions_of
from emtui.views.entry_parts import EntryParts
from emtui.views.mean_maps import number_dots
from emtui.views.network.network_diagram import network_diagram
from emtui.views.network.network_entries import network_entry
from emtui.views.network.network_row import network_row, takes_long, usual_row
from emtui.views.network.network_sentences import network_sentence
from emtui.views.number_format import number
from emtui.views.parameter_tables import Column, now_and_before, table
from emtui.views.plain_words import PlainWords
from emtui.views.points import pairs, single_axes
from emtui.views.projection import direction, nearest_row
from emtui.views.region_pictures import regions_scene
from emtui.views.slice_choice import SliceChoice
from emtui.views.supervised import REGIONS, SupervisedView, later
from emtui.views.view import Axes, ParameterTable, PictureAxis, Row, Share, UnitsName
from engine.arrays import Array
from engine.editing.entries import Entry
from engine.em.model import Model
from engine.models.network.params import NetworkParams
from engine.models.network.predict import exactly_predictable
from engine.models.network.units import exactly_chained

_PICTURE = Axes(PictureAxis("network", 0, "network"))
_UNITS = Axes(PictureAxis("units", 0, "response maps"))
_COLUMNS = 64


class NetworkView(SupervisedView):
    """The view of `LatentMLP` and `BackpropMLP`: components are hidden units, rows are those of the whole table."""

    def n_components(self, snapshot: StepSnapshot) -> int:
        """How many units the hidden layers have."""
        return int(sum(snapshot.step.params.sizes))

    def component_names(self, snapshot: StepSnapshot) -> tuple[str, ...]:
        """1, 2, …; 1.1, 1.2, … 2.1 where there are several layers."""
        sizes = snapshot.step.params.sizes
        if len(sizes) == 1:
            return tuple(str(k + 1) for k in range(sizes[0]))
        return tuple(f"{depth}.{k + 1}" for depth, size in enumerate(sizes, start=1) for k in range(size))

    def entry_parts(self, snapshot: StepSnapshot, entry: Entry) -> EntryParts | None:
        """From where a weight comes and where it goes: layers have no one component that it belongs to."""
        return network_entry(snapshot, entry, self.component_names(snapshot))

    def axes(self, snapshot: StepSnapshot) -> tuple[Axes, ...]:
        """The network, decision regions, response maps, then rows along two features by the class that is predicted."""
        data = snapshot.spec.dataset
        alone = data.n_features == 1
        return (_PICTURE, REGIONS, _UNITS, *(axes for axes in pairs(data) if alone or axes.y is not None))

    def single_axes(self, snapshot: StepSnapshot) -> tuple[PictureAxis, ...]:
        """Every column and the first principal components."""
        return single_axes(snapshot.spec.dataset)

    def caption(self, snapshot: StepSnapshot, axes: Axes) -> str:
        """What the picture shows."""
        if axes == _PICTURE or axes.is_slice:
            return axes.title
        split = split_of(snapshot.spec)
        if split is None or not split.numeric or axes.y is None:
            return f"{axes.title}, predicted"
        return f"{axes.title}, {clean(split.target_name)} predicted, in tenths"

    # pictures

    def diagram(
        self, snapshot: StepSnapshot, axes: Axes, *, highlight: Row = None, thorough: bool = True
    ) -> NetworkDiagram | None:
        """The network with one row in it, if that picture was asked for."""
        if axes != _PICTURE or snapshot.comparison is None:
            return None
        made = network_diagram(snapshot, network_row(snapshot, highlight, thorough=thorough))
        latent = snapshot.spec.model.hides
        return replace(made, more=latent and not thorough and takes_long(snapshot.step.params))

    def usual_row(self, snapshot: StepSnapshot) -> Row:
        """The first one that is trained on, in the diagram as in the worked row."""
        split = split_of(snapshot.spec)
        return None if split is None else usual_row(split)

    def rows_at_once(self, snapshot: StepSnapshot) -> int:
        """Few of a network whose predictions are sums over very many configurations, none where they are drawn."""
        params = snapshot.step.params
        return affordable_rows(params) if exactly_predictable(params) else 0

    def slices(
        self, snapshot: StepSnapshot, axes: Axes, palette: Palette, choice: SliceChoice, *, highlight: Row = None,
        thorough: bool = True,
    ) -> Panels | None:  # fmt: skip
        """Decision regions, or what each hidden unit responds to."""
        if axes != _UNITS or snapshot.comparison is None:
            return super().slices(snapshot, axes, palette, choice, highlight=highlight, thorough=thorough)
        from emtui.views.network.response_maps import maps_panels, unit_maps

        params = snapshot.step.params
        long = choice.large and (takes_long(params) or self.rows_at_once(snapshot) < snapshot.n_rows)
        if not thorough and not exactly_chained(params):
            return later(axes.title)
        first = long and not thorough  # the map at once, the rows that use the unit most after it
        found = unit_maps(snapshot, choice, thorough=not first)
        return replace(maps_panels(snapshot, found, choice, palette, self.component_names(snapshot)), more=first)

    def scene(
        self, snapshot: StepSnapshot, axes: Axes, palette: Palette, *, highlight: Row = None, units: UnitsName = "data"
    ) -> Scene:
        """Every row, training and test, in the mixed colours of the classes that are predicted."""
        comparison, data = snapshot.comparison, snapshot.spec.dataset
        if comparison is None or axes.is_slice or axes == _PICTURE:
            return Scene()
        if axes.y is None:  # one input: the probabilities themselves have room beside the rows
            choice = SliceChoice((axes.x.index,))
            return regions_scene(snapshot, regions_of(snapshot, choice, COARSE)[0], choice, palette, highlight)
        n, most = len(data.X), affordable_rows(snapshot.step.params)
        rows = np.arange(n) if n <= most else np.linspace(0, n - 1, most).astype(np.int64)
        x, y = (direction(data, axis, units).of(data.X[rows]) for axis in (axes.x, axes.y))
        at = None if highlight is None or highlight not in rows else int(np.searchsorted(rows, highlight))
        split = comparison.split
        if split.numeric:
            means = numbers_said_by(snapshot.spec.model, snapshot.step.params, split.inputs[rows])
            dots = number_dots(split, means, x, y, palette, at)
            what = f"{axes.title}: rows by the {clean(split.target_name)} that the network predicts"
            return Scene([dots], axes.x.label, axes.y.label, description=what)
        said = predicted(snapshot.step.params, split.inputs[rows], split.prediction)
        g = said.shape[1]
        return Scene(
            [Cloud(x, y, said, palette.colors(g), palette.markers(g), at)],
            axes.x.label,
            axes.y.label,
            legend=palette.legend(comparison.split.class_names[:g]),
            description=f"{axes.title}: rows by the class that the network predicts",
        )

    def row_at(self, snapshot: StepSnapshot, axes: Axes, x: float, y: float, units: UnitsName = "data") -> Row:
        """The row nearest to (x, y), each axis measured by its range."""
        data = snapshot.spec.dataset
        if axes.y is None:
            return None
        places = ((axes.x, x), (axes.y, y))
        values = [(direction(data, axis, units).of(data.X), place) for axis, place in places]
        return nearest_row(np.arange(len(data.X)), *values)

    # numbers

    def parameters(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> ParameterTable:
        """A column for each unit: its bias, its incoming weights, and its weights to the classes."""
        n = _stacked(snapshot.step.params).shape[1] - 1
        shown = min(n, _COLUMNS - 1)
        chosen = [*range(shown), n]
        columns = [Column(str(h + 1) if h < n else "bias", 1.0, 1.0) for h in chosen]
        cut = f"the first {shown} of {n} units; the export has all" if shown < n else ""
        variances = snapshot.step.params.variances
        left = "" if variances is None else f"σ² {number(float(variances[0]), 4)} (in the column bias)"
        standard = "weights of standardised inputs" if snapshot.spec.data.standardize else ""
        rows = [(name, None) for name in _row_names(snapshot)]
        numbers = now_and_before(snapshot, lambda params: _stacked(params)[:, chosen])
        return table(rows, columns, *numbers, note="; ".join(filter(None, (left, cut, standard))))

    def with_names(self, snapshot: StepSnapshot, formula: str) -> str:
        """A formula of the engine with names in place of "x 3" and "class 2"."""
        split = split_of(snapshot.spec)
        if split is None:
            return formula
        names = {"x": split.input_names, "class": split.class_names}

        def name(found: re.Match[str]) -> str:
            named, index = names[found[1]], int(found[2])
            return clean(named[index]) if index < len(named) else found[0]

        return re.sub(r"\b(x|class) (\d+)\b", name, formula)

    def q_part(self, name: str) -> str:
        """Q_w of a hidden layer, Q_v of the output."""
        layer, _, number = name.partition("_")
        if layer == "output":
            return "Q_v, output"
        return f"Q_w{number}, hidden layer {number}" if number else "Q_w, hidden units"

    def plain_words(self, model: Model[Any, Any]) -> PlainWords:
        """What is hidden, and what the two steps do, to a newcomer."""
        from engine.baselines.backprop import BackpropMLP

        return plain_words.GRADIENT if isinstance(model, BackpropMLP) else plain_words.NETWORK

    def sentence(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> str:
        """Which unit's E[z] moved, or what the loss became."""
        return network_sentence(snapshot, self.component_names(snapshot))

    def weights(self, snapshot: StepSnapshot) -> tuple[Share, ...]:
        """None: units have no shares of the rows."""
        return ()


def _stacked(params: NetworkParams) -> Array:
    """The weights of all layers below each other, a column for each unit; the bias of later layers in the last one.

    First the hidden layer's bias and inputs, turned over; then a row for each unit of a later layer and each class.
    """
    layers = (*params.layers, params.output)
    width = max(layer.shape[0] if index == 0 else layer.shape[1] - 1 for index, layer in enumerate(layers)) + 1
    blocks = []
    for index, layer in enumerate(layers):
        block = np.full((layer.shape[1] if index == 0 else layer.shape[0], width), np.nan)
        if index == 0:
            block[:, : layer.shape[0]] = layer.T
        else:
            block[:, : layer.shape[1] - 1] = layer[:, 1:]
            block[:, -1] = layer[:, 0]
        blocks.append(block)
    if params.variances is not None:
        blocks.append(np.append(np.full(width - 1, np.nan), params.variances)[None])
    return np.vstack(blocks)


def _row_names(snapshot: StepSnapshot) -> list[str]:
    comparison, layers = snapshot.comparison, snapshot.step.params.layers
    assert comparison is not None
    names = ["bias", *comparison.split.input_names]
    for depth, layer in enumerate(layers[1:], start=2):
        names += [f"→{depth}.{h + 1}" for h in range(len(layer))]
    params = snapshot.step.params
    names += [f"→{name}" for name in comparison.split.output_names[: len(params.output)]]
    return [*names, "σ²"] if params.numeric else names
