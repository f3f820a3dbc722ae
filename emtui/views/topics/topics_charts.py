"""Topics as words or as pictures of pixels, a document in the colours of its topics, and all documents' mixtures."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import Any

import numpy as np

from emtui.charts.colors import Palette, blend, mix
from emtui.charts.scene import RGB, Dots, Layer, Mark, PixelImage, Prose, VLine
from emtui.session.snapshot import StepSnapshot
from emtui.views.changes import drawn_responsibilities
from emtui.views.number_format import probability
from emtui.views.pixel_pictures import PixelPicture
from engine.arrays import Array
from engine.em.observed import around_row

MOST_PICTURES = 24
_TOP_WORDS = 40
_BARS = 12


def is_pixels(names: Sequence[str]) -> bool:
    """Whether the words are the pixels of a square picture, by their names: "pixel 3 5"."""
    return len(names) >= 9 and isqrt(len(names)) ** 2 == len(names) and all(n.startswith("pixel ") for n in names)


def mean_mixture(snapshot: StepSnapshot) -> Array | None:
    """(K,) the topics' shares in the average document that is drawn; None before the first E-step."""
    R = drawn_responsibilities(snapshot)
    return None if R is None else np.asarray(R.mean(axis=0))


def words_of_topics(snapshot: StepSnapshot, palette: Palette) -> list[Layer]:
    """A paragraph for each topic: its marker, its share of the average document, its likeliest words."""
    topics, names = snapshot.step.params.topics, snapshot.spec.dataset.feature_names
    shares = mean_mixture(snapshot)
    paragraphs = []
    for k, topic in enumerate(topics):
        color = palette.color(k)
        head = [(f"{palette.marker(k)} {k + 1}", color)]
        if shares is not None:
            head.append((probability(float(shares[k]), 2), palette.muted))
        best = np.argsort(-topic, kind="stable")[:_TOP_WORDS]
        strength = np.sqrt(topic[best] / max(float(topic[best[0]]), np.finfo(np.float64).tiny))
        words = [(names[v], blend(palette.muted, color, float(s))) for v, s in zip(best, strength, strict=True)]
        paragraphs.append([*head, *words])
    return [Prose(paragraphs)]


def bars_of_topic(
    snapshot: StepSnapshot, k: int, palette: Palette
) -> tuple[list[Layer], list[tuple[float, str]], float]:
    """The likeliest words of one topic as bars, with the markers of the others; ticks with the words, and the range."""
    topics, names = snapshot.step.params.topics, snapshot.spec.dataset.feature_names
    best = np.argsort(-topics[k], kind="stable")[:_BARS]
    layers: list[Layer] = []
    for i, v in enumerate(best):
        layers.append(PixelImage(np.ones((1, 1)), (0.0, float(topics[k, v]), -i - 0.4, -i + 0.4), palette.color(k)))
    others = np.array([j for j in range(len(topics)) if j != k][:_BARS], dtype=np.int64)
    if len(others):
        x, y = topics[np.ix_(others, best)].ravel(), np.tile(-np.arange(len(best), dtype=np.float64), len(others))
        index = np.repeat(others, len(best))
        colors = np.array(palette.colors(len(topics)), dtype=np.uint8)[index]
        layers.append(Dots(x, y, colors, palette.markers(len(topics)), index))
    ticks = [(-float(i), names[v]) for i, v in enumerate(best)]
    return layers, ticks, float(topics[:, best].max())


def words_of_document(snapshot: StepSnapshot, row: int, palette: Palette) -> list[Layer]:
    """A paragraph for each topic that has words of the document, the largest first; a word in the mix of its topics."""
    names = snapshot.spec.dataset.feature_names
    words, placed = word_topics(snapshot, row)
    if placed is None:
        counted = [(_times(names[v], n), palette.text) for v, n in words]
        return [Prose([counted or [("(no words)", palette.muted)]])]
    total = placed.sum()
    if not total > 0:
        return [Prose([[("(no words)", palette.muted)]])]
    whole = snapshot.step.inference is not None and bool(np.all(placed == np.round(placed)))
    paragraphs = []
    for k in np.argsort(-placed.sum(axis=0), kind="stable").tolist():
        amount = placed[:, k]
        mine = np.flatnonzero(amount > 0 if whole else placed.argmax(axis=1) == k)
        if not len(mine):
            continue
        mine = mine[np.argsort(-amount[mine], kind="stable")]
        colors = mix(placed[mine] / placed[mine].sum(axis=1, keepdims=True), palette)
        share = probability(float(amount.sum() / total), 2)
        head = [(f"{palette.marker(k)} {k + 1}", palette.color(k)), (share, palette.muted)]
        said = []
        for i, color in zip(mine, colors, strict=True):
            times = float(amount[i]) if whole else words[i][1]
            shown = palette.color(k) if whole else (int(color[0]), int(color[1]), int(color[2]))
            said.append((_times(names[words[i][0]], times), shown))
        paragraphs.append([*head, *said])
    return [Prose(paragraphs)]


def word_topics(snapshot: StepSnapshot, row: int) -> tuple[list[tuple[int, float]], Array | None]:
    """A document's words with their counts, and how many of each every topic has (words, K); None before an E-step."""
    step: Any = snapshot.step
    document = step.problem.data.given_table[[row]]
    words = [(int(v), float(n)) for v, n in zip(document.indices, document.data, strict=True)]
    if step.params_q is None:
        return words, None
    model = step.problem.model
    theta, data, place = around_row(model, step.params_q, step.problem.data, row)
    return words, model.word_topics(theta, data, place, step.inference)


def pictures_of_topics(snapshot: StepSnapshot, palette: Palette) -> list[PixelPicture]:
    """The topics' pixels, each topic's likeliest word in full ink."""
    return [
        (topic / max(float(topic.max()), np.finfo(np.float64).tiny), palette.color(k), palette.marker(k))
        for k, topic in enumerate(snapshot.step.params.topics[:MOST_PICTURES])
    ]


def pixels_of_document(snapshot: StepSnapshot, row: int, palette: Palette) -> list[Layer]:
    """A document as a picture: ink by the counts, each pixel in the mix of its topics, with the largest's marker."""
    side = isqrt(len(snapshot.spec.dataset.feature_names))
    words, placed = word_topics(snapshot, row)
    most = max((n for _, n in words), default=1.0)
    layers: list[Layer] = []
    for i, (v, n) in enumerate(words):
        left, top = float(v % side), -float(v // side)
        color: RGB = palette.text
        if placed is not None and placed[i].sum() > 0:
            mixed = mix(placed[[i]] / placed[i].sum(), palette)[0]
            color = int(mixed[0]), int(mixed[1]), int(mixed[2])
            layers.append(Mark(left + 0.5, top - 0.5, palette.marker(int(placed[i].argmax())), color))
        layers.append(PixelImage(np.array([[n / most]]), (left, left + 1.0, top - 1.0, top), color))
    return layers


def mixtures_of_documents(snapshot: StepSnapshot, palette: Palette, highlight: int | None) -> list[Layer]:
    """A band for each topic: the documents from left to right, as full as the topic's share of each."""
    R = drawn_responsibilities(snapshot)
    if R is None:
        return []
    bands: list[Layer] = [
        PixelImage(R[:, k][None, :], (0.5, snapshot.n_rows + 0.5, -k - 0.5, -k + 0.5), palette.color(k))
        for k in range(R.shape[1])
    ]
    return [*bands, VLine(highlight + 1.0, palette.text)] if highlight is not None else bands


def _times(word: str, n: float) -> str:
    """A word and how often: court×3."""
    return word if n == 1.0 else f"{word}×{n:zg}"
