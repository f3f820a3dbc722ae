"""Where topics may begin."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.models.topics.data import Corpus


def even_topics(data: Corpus, k: int, generator: np.random.Generator) -> Array:
    """(k, V) the corpus' shares of the words, each made up to twice as large or as small as 0 by a uniform draw.

    No two topics are alike, which EM could never tell apart, and none knows anything yet.
    """
    return _normalized(_shares(data) * generator.uniform(0.0, 2.0, (k, data.n_words)) + _floor(data))


def topics_near_documents(data: Corpus, k: int, generator: np.random.Generator) -> Array:
    """(k, V) halfway between the corpus' shares of the words and those of a random document, a long one rather."""
    weight = data.weights * data.lengths
    several = int((weight > 0).sum()) >= k
    chosen = generator.choice(data.n_rows, size=k, replace=not several, p=weight / weight.sum())
    near = data.X[chosen].toarray() / data.lengths[chosen, None]
    # with few documents one may be drawn twice: a little noise tells its topics apart
    noise = 1.0 if several else generator.uniform(0.5, 1.5, near.shape)
    return _normalized((0.5 * near + 0.5 * _shares(data)) * noise + _floor(data))


def _shares(data: Corpus) -> Array:
    """(V,) of each word among the words of the fit."""
    return np.asarray(data.word_counts / data.word_counts.sum())


def _floor(data: Corpus) -> float:
    """So little that it has no influence, but no word is impossible from the start."""
    return 1e-3 / data.n_words


def _normalized(topics: Array) -> Array:
    return np.asarray(topics / topics.sum(axis=1, keepdims=True))
