"""Coins: sets of tosses by their heads, as stacked bars of responsibilities, or as a histogram under binomials."""

from __future__ import annotations

from math import lgamma
from typing import Any

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.scene import Curve, Layer, LegendEntry, Scene, VLine
from emtui.session.snapshot import StepSnapshot
from emtui.views import plain_words
from emtui.views.count_bars import CountBars, spaced_bars
from emtui.views.number_format import amount, listed, number, plural, probabilities_apart, probability
from emtui.views.parameter_tables import Column, component_table, now_and_before
from emtui.views.plain_words import PlainWords
from emtui.views.sentences import how_many, tell
from emtui.views.view import Axes, NumbersAlong, ParameterTable, PictureAxis, Row, UnitsName, View
from engine.arrays import Array
from engine.em.model import Model

_EACH_ROW = 12
"""Up to this many sets are drawn one by one; more as a histogram."""


class CoinsView(View):
    """The view of `BinomialMixture`: coins are called A, B, C…"""

    def numbers_along(self, snapshot: StepSnapshot, axes: Axes) -> NumbersAlong:
        """The heads that a coin would give: a line in the picture of the sets, else along x."""
        return NumbersAlong("probabilities", float(_model(snapshot).n_trials), upright=axes.y is not None)

    def axes(self, snapshot: StepSnapshot) -> tuple[Axes, ...]:
        """Heads from 0 to the number of tosses, and for a few sets one bar each."""
        name = snapshot.spec.dataset.feature_names[0]
        by_heads = Axes(PictureAxis("feature", 0, name))
        if snapshot.n_rows > _EACH_ROW:
            return (by_heads,)
        return Axes(PictureAxis("feature", 0, "set"), PictureAxis("feature", 0, name)), by_heads

    def scene(
        self, snapshot: StepSnapshot, axes: Axes, palette: Palette, *, highlight: Row = None, units: UnitsName = "data"
    ) -> Scene:
        """One bar for each set, or a histogram of heads under weights_k · Binomial(x; n, p_k)."""
        draw = self._by_heads if axes.y is None else self._by_set
        return draw(snapshot, axes, palette, highlight)

    def row_at(self, snapshot: StepSnapshot, axes: Axes, x: float, y: float, units: UnitsName = "data") -> Row:
        """The set whose bar is at x; in the histogram the first set with this many heads."""
        if not np.isfinite(x):
            return None
        if axes.y is not None:
            row = round(x) - 1
            return row if 0 <= row < snapshot.n_rows else None
        drawn = snapshot.step.problem.data.given_table[snapshot.rows, 0]
        same = np.flatnonzero(np.abs(drawn - x) <= 0.5)
        return int(snapshot.rows[same[0]]) if len(same) else None

    def _by_set(self, snapshot: StepSnapshot, axes: Axes, palette: Palette, highlight: Row) -> Scene:
        """Each set's heads as a bar, divided by its responsibilities; the heads that each coin would give as lines.

        Bars are painted from the whole down to the first coin's part, each over the one before.
        """
        data, params, names = snapshot.step.problem.data, snapshot.step.params, self.component_names(snapshot)
        heads = data.given_table[snapshot.rows, 0]
        x = np.arange(1.0, len(heads) + 1.0)
        layers: list[Layer] = [] if highlight is None else [VLine(highlight + 1.0, palette.text)]
        if snapshot.responsibilities is None:
            layers.append(spaced_bars(x, heads, 0.4, palette.muted))
        else:
            parts = np.cumsum(snapshot.responsibilities, axis=1)
            parts[:, -1] = 1.0
            fills = palette.fills(len(names))
            layers += [spaced_bars(x, heads * parts[:, k], 0.4, fills[k]) for k in reversed(range(len(names)))]
        n_trials = float(_model(snapshot).n_trials)
        span = np.array([0.5, len(heads) + 0.5])
        layers += [
            Curve(span, np.full(2, n_trials * p), palette.color(k), "dotted")
            for k, p in enumerate(params.probabilities)
        ]
        return Scene(
            layers,
            axes.x.label,
            axes.y.label if axes.y else "",
            x_range=(0.5, len(heads) + 0.5),
            y_range=(0.0, n_trials),
            x_ticks=tuple((place, f"{place:z.0f}") for place in x),
            legend=self._legend(snapshot, palette),
            description=self._described(snapshot, axes),
        )

    def _by_heads(self, snapshot: StepSnapshot, axes: Axes, palette: Palette, highlight: Row) -> Scene:
        """Shares of the sets with this many heads, in the mix of their responsibilities, under each coin's part."""
        data, params = snapshot.step.problem.data, snapshot.step.params
        n_trials = int(_model(snapshot).n_trials)
        numbers = np.arange(n_trials + 1.0)
        bars = CountBars.over(numbers)
        layers: list[Layer] = [bars.of_rows(snapshot, data.given_table[snapshot.rows, 0], palette)]
        if highlight is not None:
            layers.append(VLine(float(data.given_table[highlight, 0]), palette.text))
        for k, (w, p) in enumerate(zip(params.weights, params.probabilities, strict=True)):
            mass = bars.totals(numbers, w * binomial_mass(n_trials, float(p)))
            layers.append(Curve(bars.edges, np.append(mass, mass[-1]), palette.color(k), "step"))
        return Scene(
            layers,
            f"{axes.x.label} of {n_trials:,}",
            "share of the sets",
            legend=self._legend(snapshot, palette),
            description=self._described(snapshot, axes),
        )

    def _legend(self, snapshot: StepSnapshot, palette: Palette) -> list[LegendEntry]:
        named = zip(self.component_names(snapshot), snapshot.step.params.probabilities, strict=True)
        return palette.legend([f"{name} {probability(p)}" for name, p in named][:8])

    def _described(self, snapshot: StepSnapshot, axes: Axes) -> str:
        named = zip(self.component_names(snapshot), snapshot.step.params.probabilities, strict=True)
        coins = "; ".join(f"coin {name} falls heads with probability {probability(p)}" for name, p in named)
        return f"{axes.title}: {plural(snapshot.n_rows, 'set')} of tosses; {coins}."

    def parameters(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> ParameterTable:
        """How often each coin is taken, and its probability of heads."""
        columns = [Column("weight", 1.0, probability=True), Column("p(heads)", 1.0, probability=True)]

        def rows(params: Any) -> Array:
            return np.stack([params.weights, params.probabilities], axis=1)[:, np.newaxis, :]

        note = "The weights are fixed." if _model(snapshot).fixed_weights else ""
        return component_table(self.component_names(snapshot), columns, *now_and_before(snapshot, rows), note=note)

    def plain_words(self, model: Model[Any, Any]) -> PlainWords:
        """What is hidden, and what the two steps do, to a newcomer."""
        return plain_words.COINS

    def sentence(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> str:
        """Which set or coin moved most, and how the bound and the log-likelihood changed."""
        n = self.n_components(snapshot)
        named = zip(self.component_names(snapshot), snapshot.step.params.probabilities, strict=True)
        start = f"{how_many(n, 'coin')} {'starts' if n == 1 else 'start'}"
        if n <= 4:
            start += f" with {listed([f'p({name}) = {probability(p)}' for name, p in named])}"
        start += f", log-likelihood {amount(snapshot.record.log_likelihood)}"
        return tell(snapshot, start=start, component=_coin, moved=lambda: self._moved(snapshot), row="set")

    def _moved(self, snapshot: StepSnapshot) -> str:
        """Each coin's new probability; beyond three coins, of the one that moved most."""
        now, before = snapshot.trail[-1].probabilities, snapshot.trail[-2].probabilities
        change = np.abs(now - before)
        if change.max() < 5e-7:
            least = f" by more than {number(float(change.max()), 2)}" if change.max() > 0 else ""
            return f"no probability moved{least}"
        order = range(len(now)) if len(now) <= 3 else [int(change.argmax())]
        said = [f"{_coin(k)} went from {' to '.join(probabilities_apart(before[k], now[k]))}" for k in order]
        if snapshot.trail[-1].weights is not None and not _model(snapshot).fixed_weights and len(now) <= 3:
            taken = np.abs(snapshot.trail[-1].weights - snapshot.trail[-2].weights)
            k = int(taken.argmax())
            if taken[k] >= 5e-4:
                weight = probability(float(snapshot.trail[-1].weights[k]))
                said.append(f"the weight of {_coin(k)} is now {weight}")
        return listed(said)


def letter(k: int) -> str:
    """A, B, …, Z, then A2, B2, …"""
    return chr(ord("A") + k % 26) + (str(k // 26 + 1) if k >= 26 else "")


def binomial_mass(n: int, p: float) -> Array:
    """(n + 1,) C(n, x) p^x (1 − p)^(n−x) for x = 0…n, by logarithms."""
    x = np.arange(n + 1, dtype=np.float64)
    if p <= 0.0 or p >= 1.0:
        return np.asarray(x == (n if p >= 1.0 else 0), dtype=np.float64)
    coefficients = np.array([lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1) for i in range(n + 1)])
    with np.errstate(under="ignore"):
        return np.asarray(np.exp(coefficients + x * np.log(p) + (n - x) * np.log1p(-p)))


def _model(snapshot: StepSnapshot) -> Any:
    return snapshot.step.problem.model


def _coin(k: int) -> str:
    return f"coin {letter(k)}"
