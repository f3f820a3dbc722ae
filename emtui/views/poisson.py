"""Counts under a Poisson mixture: a bar for each number, in the mix of its responsibilities, under the components."""

from __future__ import annotations

from typing import Any

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.scene import Curve, Layer, Scene, VLine
from emtui.session.snapshot import StepSnapshot
from emtui.views import plain_words
from emtui.views.count_bars import CountBars
from emtui.views.dataset_cache import remembered
from emtui.views.number_format import amount, from_to, listed, number, plural, probability
from emtui.views.parameter_tables import Column, component_table, now_and_before
from emtui.views.plain_words import PlainWords
from emtui.views.projection import nearest_row
from emtui.views.sentences import component_name, how_many, tell
from emtui.views.view import Axes, ParameterTable, PictureAxis, Row, UnitsName, View
from engine.arrays import Array
from engine.em.model import Model

_LEGEND = 6


class PoissonView(View):
    """The view of `PoissonMixture`."""

    def axes(self, snapshot: StepSnapshot) -> tuple[Axes, ...]:
        """The counts along x."""
        return (Axes(PictureAxis("feature", 0, snapshot.spec.dataset.feature_names[0])),)

    def caption(self, snapshot: StepSnapshot, axes: Axes) -> str:
        """ "deaths by rate": the legend has the rates."""
        return f"{axes.title} by rate"

    def scene(
        self, snapshot: StepSnapshot, axes: Axes, palette: Palette, *, highlight: Row = None, units: UnitsName = "data"
    ) -> Scene:
        """Shares of the rows with each count, under weights_k · Poisson(x; rates_k) and their sum."""
        data, params = snapshot.step.problem.data, snapshot.step.params
        counts = data.given_table[snapshot.rows, 0]
        bars: CountBars = remembered(
            snapshot.spec.dataset, "count bars", lambda: CountBars.over(counts), of=snapshot.rows
        )
        layers: list[Layer] = [bars.of_rows(snapshot, counts, palette)]
        if highlight is not None:
            layers.append(VLine(float(data.given_table[highlight, 0]), palette.text))
        parts = [w * bars.poisson(float(rate)) for w, rate in zip(params.weights, params.rates, strict=True)]
        if len(parts) > 1:
            middles = (bars.edges[1:] + bars.edges[:-1]) / 2
            layers.append(Curve(middles, np.sum(parts, axis=0), palette.text, "dotted", "sum"))
        layers += [
            Curve(bars.edges, np.append(part, part[-1]), palette.color(k), "step") for k, part in enumerate(parts)
        ]
        what = "share" if bars.width == 1 else f"share of {bars.width:,} counts"
        legend = palette.legend([number(rate) for rate in params.rates], _LEGEND)  # the title says that they are rates
        return Scene(layers, axes.x.label, what, legend=legend, description=self._described(snapshot, axes))

    def row_at(self, snapshot: StepSnapshot, axes: Axes, x: float, y: float, units: UnitsName = "data") -> Row:
        """The first row whose count is the nearest to x."""
        return nearest_row(snapshot.rows, (snapshot.step.problem.data.given_table[snapshot.rows, 0], x))

    def _described(self, snapshot: StepSnapshot, axes: Axes) -> str:
        params = snapshot.step.params
        said = [
            f"component {k + 1} has the rate {number(r, 4)} and the weight {probability(w)}"
            for k, (r, w) in enumerate(zip(params.rates, params.weights, strict=True))
        ]
        return f"{axes.title}: {plural(snapshot.n_rows, 'count')}; {'; '.join(said)}."

    def parameters(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> ParameterTable:
        """The weight and the rate of each component."""
        counts = snapshot.spec.dataset.X
        spread = remembered(snapshot.spec.dataset, "spread of counts", lambda: float(counts.std()) / 10)
        columns = [
            Column("weight", 1.0, probability=True),
            Column("rate", spread or 0.1, float(snapshot.trail[0].rates.max())),
        ]

        def rows(params: Any) -> Array:
            return np.stack([params.weights, params.rates], axis=1)[:, np.newaxis, :]

        return component_table(self.component_names(snapshot), columns, *now_and_before(snapshot, rows))

    def plain_words(self, model: Model[Any, Any]) -> PlainWords:
        """What is hidden, and what the two steps do, to a newcomer."""
        return plain_words.POISSON

    def sentence(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> str:
        """Which row or rate moved most, and how the bound and the log-likelihood changed."""
        rates = snapshot.step.params.rates
        start = f"{how_many(len(rates), 'rate')} {'starts' if len(rates) == 1 else 'start'}"
        if len(rates) <= 4:
            start += f" at {listed([number(r) for r in rates])}"
        start += f", log-likelihood {amount(snapshot.record.log_likelihood)}"
        return tell(snapshot, start=start, component=component_name, moved=lambda: self._moved(snapshot))

    def _moved(self, snapshot: StepSnapshot) -> str:
        """The rate that moved most against its own size, and its new weight."""
        now, before = snapshot.trail[-1], snapshot.trail[-2]
        change = np.abs(now.rates - before.rates) / np.maximum(np.maximum(now.rates, before.rates), 1e-300)
        k = int(change.argmax())
        if change[k] < 1e-9:
            return "no rate moved"
        verb = "rose" if now.rates[k] > before.rates[k] else "fell"
        said = f"the rate of {component_name(k)} {verb} from {from_to(float(before.rates[k]), float(now.rates[k]))}"
        weight = f" and its weight is now {probability(float(now.weights[k]))}"
        return said + (weight if abs(now.weights[k] - before.weights[k]) >= 5e-4 else "")
