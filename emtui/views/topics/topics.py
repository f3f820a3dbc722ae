"""Topics: the likeliest words of each, a document in the colours of its topics, and every document's mixture."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.scene import Layer, Scene
from emtui.session.snapshot import StepSnapshot
from emtui.views import plain_words
from emtui.views.dataset_cache import remembered
from emtui.views.number_format import listed, number, plural
from emtui.views.parameter_tables import Column, now_and_before, table
from emtui.views.pixel_pictures import pictures_scene
from emtui.views.plain_words import PlainWords
from emtui.views.projection import nearest_row
from emtui.views.sentences import row_noun
from emtui.views.topics.topics_charts import (
    MOST_PICTURES,
    bars_of_topic,
    is_pixels,
    mean_mixture,
    mixtures_of_documents,
    pictures_of_topics,
    pixels_of_document,
    words_of_document,
    words_of_topics,
)
from emtui.views.topics.topics_sentences import named, sentence_of, words_in
from emtui.views.view import Axes, ParameterTable, PictureAxis, Row, UnitsName, View
from engine.arrays import Array, IntArray
from engine.em.model import Model

_LEGEND = 10
_TABLED_WORDS = 200
_DETAILED = 30
_TOPICS, _DOCUMENT, _MIXTURES, _BARS = 0, 1, 2, 3
"""The kinds of picture, as the index of an x axis."""


class TopicsView(View):
    """The view of `LatentDirichletAllocation`."""

    def axes(self, snapshot: StepSnapshot) -> tuple[Axes, ...]:
        """All topics, the chosen document, all documents; then the words of each topic by themselves, as bars."""
        first = (
            Axes(PictureAxis("feature", _TOPICS, "topics")),
            Axes(PictureAxis("feature", _DOCUMENT, "document")),
            Axes(PictureAxis("feature", _MIXTURES, "documents")),
        )
        if self._pixels(snapshot):
            return first
        x = PictureAxis("feature", _BARS, "probability in the topic")
        shown = range(min(MOST_PICTURES, self.n_components(snapshot)))
        return (*first, *(Axes(x, PictureAxis("feature", k, f"topic {k + 1}")) for k in shown))

    def caption(self, snapshot: StepSnapshot, axes: Axes) -> str:
        """The caption: which topics or documents are shown."""
        kind = axes.x.index
        if kind == _TOPICS:
            return "the topics as pictures" if self._pixels(snapshot) else "the likeliest words of each topic"
        if kind == _DOCUMENT:
            return "a document in its topics' colours"
        if kind == _MIXTURES:
            return "the mixture of each document"
        assert axes.y is not None
        return f"{axes.y.label}: its likeliest words"

    def _pixels(self, snapshot: StepSnapshot) -> bool:
        return is_pixels(snapshot.spec.dataset.feature_names)

    def scene(
        self, snapshot: StepSnapshot, axes: Axes, palette: Palette, *, highlight: Row = None, units: UnitsName = "data"
    ) -> Scene:
        """The topics, or the chosen document (else the first), or all documents."""
        legend = palette.legend(self.component_names(snapshot), _LEGEND)
        described = self._described(snapshot, axes, highlight)
        if axes.x.index == _DOCUMENT:
            return self._document(snapshot, 0 if highlight is None else highlight, palette, described)
        if axes.x.index == _MIXTURES:
            ticks = [(-float(k), f"topic {k + 1}") for k in range(self.n_components(snapshot))]
            return Scene(
                mixtures_of_documents(snapshot, palette, highlight),
                self._noun(snapshot),
                "share of each topic",
                x_range=(0.5, snapshot.n_rows + 0.5),
                y_range=(0.5 - len(ticks), 0.5),
                y_ticks=ticks,
                empty="press e: the mixtures are not known yet",
                description=described,
            )
        if axes.x.index == _BARS:
            assert axes.y is not None
            bars, words, most = bars_of_topic(snapshot, axes.y.index, palette)
            return Scene(
                bars,
                axes.x.label,
                x_range=(0.0, 1.05 * most),
                y_range=(0.6 - len(words), 0.6),
                y_ticks=words,
                legend=legend,
                description=described,
            )
        if self._pixels(snapshot):
            pictures = pictures_of_topics(snapshot, palette)
            across = min(len(pictures), math.ceil(math.sqrt(2 * len(pictures))))
            return pictures_scene(pictures, across, "words are pixels, ink is probability", legend, described)
        label = "marker, words" if mean_mixture(snapshot) is None else "marker, share of all documents, words"
        return _written(words_of_topics(snapshot, palette), label, described)

    def _document(self, snapshot: StepSnapshot, row: int, palette: Palette, described: str) -> Scene:
        data = snapshot.spec.dataset
        name = data.row_name(row, self._noun(snapshot) if data.row_names is None else "")
        if not self._pixels(snapshot):
            return _written(words_of_document(snapshot, row, palette), f"{name}: topic, share, words", described)
        side = math.isqrt(len(snapshot.spec.dataset.feature_names))
        return Scene(
            pixels_of_document(snapshot, row, palette),
            f"{name}: ink is count, colour is topic",
            x_range=(-0.5, side + 0.5),
            y_range=(-side - 0.5, 0.5),
            legend=palette.legend(self.component_names(snapshot), _LEGEND),
            description=described,
            x_ticks=(),
            y_ticks=(),
        )

    def row_at(self, snapshot: StepSnapshot, axes: Axes, x: float, y: float, units: UnitsName = "data") -> Row:
        """The document under the pointer, where documents are drawn."""
        return nearest_row(snapshot.rows, (snapshot.rows + 1.0, x)) if axes.x.index == _MIXTURES else None

    def _described(self, snapshot: StepSnapshot, axes: Axes, highlight: Row) -> str:
        """The picture in words: the likeliest words of each topic."""
        topics, names = snapshot.step.params.topics, snapshot.spec.dataset.feature_names
        said = []
        for k, topic in enumerate(topics[:MOST_PICTURES]):
            best = np.argsort(-topic, kind="stable")[:5]
            said.append(f"topic {k + 1}: {listed([names[v] for v in best])}")
        return f"{self.caption(snapshot, axes)}: {plural(snapshot.n_rows, self._noun(snapshot))}; {'; '.join(said)}."

    def _noun(self, snapshot: StepSnapshot) -> str:
        return row_noun(snapshot, "document")

    def parameters(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> ParameterTable:
        """A row for alpha and one for each word (the most frequent where there are many), a column for each topic."""
        words = self._tabled(snapshot)
        names = snapshot.spec.dataset.feature_names
        rows = [("alpha", None), *((names[v], None) for v in words)]
        columns = [Column(name, 1.0, probability=True) for name in self.component_names(snapshot)]
        numbers = now_and_before(snapshot, lambda params: _by_word(params, words))
        return table(rows, columns, *numbers, note=self._note(snapshot, len(words)))

    def _tabled(self, snapshot: StepSnapshot) -> IntArray:
        """The words of the table: all, or the most frequent of many, in the order of the data."""
        data: Any = snapshot.step.problem.data

        def chosen() -> IntArray:
            return np.sort(np.argsort(-data.word_counts, kind="stable")[:_TABLED_WORDS])

        return remembered(snapshot.spec.dataset, "tabled words", chosen, of=data)

    def _note(self, snapshot: StepSnapshot, shown: int) -> str:
        V = snapshot.step.params.topics.shape[1]
        first = "Probabilities of words, a column for each topic."
        if shown < V:
            first = f"Probabilities of the {shown} most frequent of {V:,} words, a column for each topic."
        return " ".join(part for part in (first, self._perplexity(snapshot)) if part)

    def _perplexity(self, snapshot: StepSnapshot) -> str:
        """The perplexity by the bound, an upper limit; also that of held-out documents if there are any."""
        step: Any = snapshot.step
        data = step.problem.data
        words = float(data.lengths @ data.weights)
        if not math.isfinite(snapshot.record.elbo) or not words > 0:
            return ""
        said = f"Perplexity at most {number(math.exp(min(700.0, -snapshot.record.elbo / words)), 4)}"
        if data.held_out is None:
            return f"{said}."
        from engine.models.topics.evidence import held_out_perplexity

        def held_out() -> float | None:
            return held_out_perplexity(step.problem.model, step.params, data)

        other = remembered(snapshot.spec.dataset, "held-out perplexity", held_out, of=step.params)
        if other is None:
            return f"{said}."
        kept = plural(int(data.held_out.sum()), self._noun(snapshot))
        return f"{said} where fitted, at most {number(other, 4)} on the {kept} kept out."

    def detail(self, snapshot: StepSnapshot, component: int, *, units: UnitsName = "data") -> ParameterTable | None:
        """The likeliest words of a topic, with their probability in it first, and then in the others."""
        topics, names = snapshot.step.params.topics, snapshot.spec.dataset.feature_names
        best = np.argsort(-topics[component], kind="stable")[:_DETAILED]
        order = [component, *(k for k in range(len(topics)) if k != component)]
        columns = [Column(self.component_names(snapshot)[k], 1.0, probability=True) for k in order]
        return table([(names[v], None) for v in best], columns, topics[order][:, best].T, None)

    def detail_title(self, snapshot: StepSnapshot, component: int) -> str:
        """The title of a topic's table."""
        return f"likeliest words of topic {component + 1}"

    def plain_words(self, model: Model[Any, Any]) -> PlainWords:
        """What is hidden, and what the two steps do, to a newcomer."""
        return plain_words.TOPICS

    def sentence(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> str:
        """Which document or topic moved most, and how the bound changed."""
        return sentence_of(snapshot, self._noun(snapshot))

    def words(self, snapshot: StepSnapshot, row: int) -> tuple[int, ...]:
        """The words of a document, the most frequent first."""
        return words_in(snapshot, row)

    def with_names(self, snapshot: StepSnapshot, formula: str) -> str:
        """Words and documents by their names."""
        return named(snapshot, formula, self._noun(snapshot))


def _written(layers: list[Layer], label: str, described: str) -> Scene:
    """A scene of words alone."""
    return Scene(layers, label, x_range=(0.0, 1.0), y_range=(0.0, 1.0), x_ticks=(), y_ticks=(), description=described)


def _by_word(params: Any, words: IntArray) -> Array:
    """(1 + words, K) alpha above the probabilities of the words."""
    return np.vstack([params.alpha, params.topics[:, words].T])
