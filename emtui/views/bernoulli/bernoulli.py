"""Answers under a Bernoulli mixture: each component's probability of a 1, column by column, or as pictures of pixels.

A chosen row stands among them: 1 and 0 where it was seen, ? at the predicted probability where it was not.
"""

from __future__ import annotations

import re
from math import isqrt
from typing import Any

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.scene import Curve, Dots, HLine, Layer, LegendEntry, Mark, Scene
from emtui.session.snapshot import StepSnapshot
from emtui.views import plain_words
from emtui.views.bernoulli.answer_row import answers_of_row, answers_sentence
from emtui.views.bernoulli.bernoulli_charts import picture_scene
from emtui.views.changes import probability_moved
from emtui.views.number_format import amount, plural, probability
from emtui.views.parameter_tables import Column, now_and_before, table
from emtui.views.plain_words import PlainWords
from emtui.views.sentences import component_name, how_many, tell
from emtui.views.view import Axes, ParameterTable, PictureAxis, Row, UnitsName, View
from engine.arrays import Array
from engine.em.model import Model

_ON_A_PAGE = 12
_SMALLEST_PICTURE = 64
_PIXELS, _PROFILE, _PAGE = 0, 1, 2
"""The kinds of picture, as the index of an x axis."""


class BernoulliView(View):
    """The view of `BernoulliMixture`."""

    def axes(self, snapshot: StepSnapshot) -> tuple[Axes, ...]:
        """Pictures of pixels where the columns make a square; pages of at most 12 columns; all columns as curves."""
        D = snapshot.spec.dataset.n_features
        pages = -(-D // _ON_A_PAGE)
        size = -(-D // pages)
        x = PictureAxis("feature", _PAGE, "probability of a 1")
        columns = [
            Axes(x, PictureAxis("feature", begin, f"columns {begin + 1} to {min(D, begin + size)}"))
            for begin in range(0, D, size)
        ]
        profile = [Axes(PictureAxis("feature", _PROFILE, "column"))] if pages > 1 else []
        if D >= _SMALLEST_PICTURE and isqrt(D) ** 2 == D:
            return (Axes(PictureAxis("feature", _PIXELS, "pixels")), *profile)
        return (*columns, *profile)

    def caption(self, snapshot: StepSnapshot, axes: Axes) -> str:
        """What is shown of the components."""
        if axes.x.index == _PIXELS:
            return "each component's picture"
        if axes.y is None:
            return "probability of a 1, all columns"
        pages = snapshot.spec.dataset.n_features > _ON_A_PAGE
        return "probability of a 1" + (f", {axes.y.label}" if pages else "")

    def scene(
        self, snapshot: StepSnapshot, axes: Axes, palette: Palette, *, highlight: Row = None, units: UnitsName = "data"
    ) -> Scene:
        """The components by their columns, and a chosen row beside them."""
        legend, described = palette.legend(self.component_names(snapshot)), self._described(snapshot, axes, highlight)
        if axes.x.index == _PIXELS:
            return picture_scene(snapshot, palette, highlight, legend, described)
        if axes.y is None:
            return self._profile(snapshot, palette, legend, described)
        return self._columns(snapshot, axes, palette, highlight, described)

    def _columns(self, snapshot: StepSnapshot, axes: Axes, palette: Palette, highlight: Row, described: str) -> Scene:
        """A line for each column, from 0 to 1, with a marker for each component and what the chosen row says."""
        assert axes.y is not None
        names, p = snapshot.spec.dataset.feature_names, snapshot.step.params.probabilities
        shown = range(axes.y.index, _page_end(snapshot, axes))
        K, places = len(p), -np.arange(len(shown), dtype=np.float64)
        layers: list[Layer] = [HLine(float(y), palette.grid) for y in places]
        layers.append(
            Dots(
                p[:, shown.start : shown.stop].ravel(),
                np.tile(places, K),
                np.repeat(np.array(palette.colors(K), dtype=np.uint8), len(shown), axis=0),
                palette.markers(K),
                np.repeat(np.arange(K), len(shown)),
            )
        )
        legend = palette.legend(self.component_names(snapshot))
        if highlight is not None:
            found = answers_of_row(snapshot, highlight)
            for y, d in zip(places, shown, strict=True):
                char = "?" if not found[d].seen else "1" if found[d].probability > 0.5 else "0"
                layers.append(Mark(found[d].probability, float(y), char, palette.text))
            legend = [("?", palette.text, "unseen"), *legend]
        return Scene(
            layers,
            "probability of a 1 (yes)",
            x_range=(-0.02, 1.02),
            y_range=(-len(shown) + 0.4, 0.6),
            legend=legend,
            description=described,
            y_ticks=[(float(y), names[d]) for y, d in zip(places, shown, strict=True)],
        )

    def _profile(self, snapshot: StepSnapshot, palette: Palette, legend: list[LegendEntry], described: str) -> Scene:
        """All columns along x, a stepped line for each component."""
        p = snapshot.step.params.probabilities
        edges = np.arange(p.shape[1] + 1) + 0.5
        layers = [Curve(edges, np.append(row, row[-1]), palette.color(k), "step") for k, row in enumerate(p)]
        return Scene(layers, "column", "p(1)", y_range=(0.0, 1.0), legend=legend, description=described)

    def _described(self, snapshot: StepSnapshot, axes: Axes, highlight: Row) -> str:
        """The picture in words, for readers who can't see it."""
        weights = snapshot.step.params.weights
        said = [f"component {k + 1} has the weight {probability(float(w))}" for k, w in enumerate(weights)]
        row = "" if highlight is None else f" The chosen row: {answers_sentence(answers_of_row(snapshot, highlight))}"
        return f"{self.caption(snapshot, axes)}: {plural(snapshot.n_rows, 'row')}; {'; '.join(said)}.{row}"

    def with_names(self, snapshot: StepSnapshot, formula: str) -> str:
        """Answers by the names of their columns."""
        names = snapshot.spec.dataset.feature_names
        return re.sub(r"^x (\d+)(?=:)", lambda found: names[int(found[1])], formula)

    def parameters(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> ParameterTable:
        """A row for the weights and one for each column of the data, a column for each component."""
        rows = [("weight", None), *((name, None) for name in snapshot.spec.dataset.feature_names)]
        columns = [Column(name, 1.0, probability=True) for name in self.component_names(snapshot)]
        note = "Probabilities of a 1, a column for each component."
        return table(rows, columns, *now_and_before(snapshot, _by_column), note=note)

    def plain_words(self, model: Model[Any, Any]) -> PlainWords:
        """What is hidden, and what the two steps do, to a newcomer."""
        return plain_words.BERNOULLI

    def sentence(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> str:
        """Which row or probability moved most, and how the bound and the log-likelihood changed."""
        n = self.n_components(snapshot)
        places = {
            "points": "near the answers of random rows",
            "responsibilities": "where random responsibilities put it",
        }
        model: Any = snapshot.step.problem.model
        where = "at the values that were given" if snapshot.spec.start is not None else places[model.init]
        start = f"{how_many(n, 'component')} {'starts' if n == 1 else 'start'} {where}"
        if n != 1:
            start = start.replace("put it", "put them")
        start += f", log-likelihood {amount(snapshot.record.log_likelihood)}"
        return tell(snapshot, start=start, component=component_name, moved=lambda: self._moved(snapshot))

    def _moved(self, snapshot: StepSnapshot) -> str:
        """The component and column whose probability moved most."""
        found = probability_moved(snapshot.trail[-1].probabilities, snapshot.trail[-2].probabilities, 5e-7)
        if found is None:
            return "no probability moved"
        k, d, how = found
        name = snapshot.spec.dataset.feature_names[d]
        return f"{component_name(k)} changed most: its probability of a 1 in {name} {how}"


def _page_end(snapshot: StepSnapshot, axes: Axes) -> int:
    """The column after the last of a page."""
    assert axes.y is not None
    D = snapshot.spec.dataset.n_features
    return min(D, axes.y.index + -(-D // -(-D // _ON_A_PAGE)))


def _by_column(params: Any) -> Array:
    """(1 + D, K) the weights above the probabilities of each column."""
    return np.vstack([params.weights, params.probabilities.T])
