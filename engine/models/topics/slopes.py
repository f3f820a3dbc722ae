r"""How the expected log-joint of topics goes with the probability of one word, document by document.

∂Q/∂topics_kv = Σ_i n_iv φ_ivk / topics_kv, as if a topic need not sum to 1; the pull is along the line on which
it does: n_iv φ_ivk − topics_kv N_ik, N_ik the expected words of topic k in document i.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.editing.entries import Entry
from engine.em.inference import Inference
from engine.explain.pulls import Pulls, Slopes
from engine.models.topics.data import Corpus
from engine.models.topics.e_step import TopicEStep
from engine.models.topics.params import TopicParams

_MOST_CELLS = 20_000_000  # numbers φ that are looked at for one slope


def word_counts(
    inner: TopicEStep, params: TopicParams, data: Corpus, inference: Inference, entry: Entry
) -> tuple[Array, Array] | None:
    """(n,) words v of topic k that q expects of each document, and (n,) all words of it; None where it is too much."""
    k, v = entry.index
    if data.X.nnz * len(params.topics) > _MOST_CELLS:
        return None
    cells = inner.cells(params, data, np.arange(data.n_rows), inference)[:, k]
    documents = np.repeat(np.arange(data.n_rows), np.diff(data.X.indptr))
    of_word = np.where(data.X.indices == v, cells, 0.0)
    own, every = (np.asarray(np.bincount(documents, each, data.n_rows), dtype=np.float64) for each in (of_word, cells))
    return own, every


def word_slopes(counts: tuple[Array, Array], params: TopicParams, c: float, entry: Entry) -> Slopes:
    """By the words; the prior adds c / topics_kv."""
    p = float(params.topics[entry.index])
    return Slopes(counts[0][:, None], np.full((len(counts[0]), 1), 1.0 / p), (entry.index[0],), "n φ", c / p)


def word_pulls(counts: tuple[Array, Array], params: TopicParams, c: float, entry: Entry) -> Pulls:
    """What a document has of the word, less its share of all words; the prior adds c (1 − V p)."""
    p, V = float(params.topics[entry.index]), params.topics.shape[1]
    values = (("n φ", counts[0]), ("p · N", p * counts[1]))
    return Pulls("n φ − p · N", values, c * (1.0 - V * p), "c (1 − V p)" if c > 0 else "")
