"""How a topic model's E-step chooses q(z, θ) of some documents: one form for every kind of inference.

q(θ_i) is Dirichlet(alpha + words placed) in every case; the topics of the words are shared (variational), or each word
has one: drawn by Gibbs sampling, or its likeliest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.arrays import Array, IntArray, Rows
from engine.em.inference import Hard, Inference, Sampled, generator_of, temperature_of
from engine.models.probabilities import dot_log
from engine.models.topics.bound import TopicStatistics, dirichlet_entropies
from engine.models.topics.data import Corpus, by_document
from engine.models.topics.gibbs import BLOCK, GibbsRound, by_word, last_sweep
from engine.models.topics.params import TopicParams
from engine.models.topics.variational import dirichlet_log_mean, harden, settle
from engine.parallel import map_chunks, row_chunks

_CELLS_AT_ONCE = 200_000
_REMEMBERED = 500_000  # numbers; one megabyte for each step of a run
_LARGEST = float(np.finfo(np.float16).max)


@dataclass(frozen=True, eq=False)
class Documents:
    """q of some documents.

    Attributes:
        gamma: (m, K) of the Dirichlet that q(θ) is.
        placed: (m, K) expected words of each topic.
        statistics: their expected sufficient statistics.
        entropy: H(q) in nats.
    """

    gamma: Array
    placed: Array
    statistics: TopicStatistics
    entropy: float


@dataclass(frozen=True)
class TopicEStep:
    """An E-step with its settings: whether it draws, and how long it goes on; see the options of the model."""

    draws: bool
    inner_tol: float
    inner_steps: int
    sweeps: int

    def sampling(self, inference: Inference) -> bool:
        """Whether the topics of the words are drawn under this inference."""
        return isinstance(inference, Sampled) or (self.draws and not isinstance(inference, Hard))

    def chunks(self, data: Corpus, inference: Inference) -> list[slice]:
        """The parts of a pass; where topics are drawn, blocks of a fixed size, each with random numbers of its own."""
        n = data.n_rows
        if self.sampling(inference):
            return [slice(i, min(i + BLOCK, n)) for i in range(0, n, BLOCK)]
        return row_chunks(n, self.rows_per_chunk(data))

    def rows_per_chunk(self, data: Corpus) -> int:
        """So many documents that their words are worth a (K, V) sum of their own."""
        each = max(1.0, data.X.nnz / data.n_rows)
        return int(max(256.0, max(_CELLS_AT_ONCE, 4.0 * data.n_words) / each))

    def expect(self, params: TopicParams, data: Corpus, inference: Inference) -> tuple[TopicStatistics, float]:
        """Statistics and entropy of the whole corpus, summed in the order of the documents."""

        keeps = data.n_rows * len(params.alpha) <= _REMEMBERED

        def one(rows: slice) -> tuple[TopicStatistics, float, Any]:
            found = self.documents(params, data, rows, inference)
            return found.statistics, found.entropy, np.minimum(found.placed, _LARGEST).astype(np.float16)

        parts = map_chunks(one, self.chunks(data, inference))
        statistics, entropy, _ = parts[0]
        for further, more, _ in parts[1:]:
            statistics, entropy = statistics + further, entropy + more
        if keeps:
            statistics = replace(statistics, remembered=np.concatenate([placed for _, _, placed in parts]))
        return statistics, entropy

    def gamma(self, params: TopicParams, data: Corpus, rows: Rows, inference: Inference) -> Array:
        """(len(rows), K) γ of the chosen documents."""
        chosen = np.arange(data.n_rows)[rows]
        found = np.zeros((len(chosen), len(params.alpha)))
        if not self.sampling(inference):
            for each in row_chunks(len(chosen), self.rows_per_chunk(data)):
                found[each] = self.documents(params, data, chosen[each], inference).gamma
            return found
        for block in np.unique(chosen // BLOCK).tolist():
            here = np.flatnonzero(chosen // BLOCK == block)
            whole = slice(block * BLOCK, min((block + 1) * BLOCK, data.n_rows))
            found[here] = self.documents(params, data, whole, inference).gamma[chosen[here] - whole.start]
        return found

    def documents(self, params: TopicParams, data: Corpus, rows: Rows, inference: Inference) -> Documents:
        """q of some documents; where topics are drawn, those of one whole block."""
        counts, weight, power = data.X[rows], data.weights[rows], 1.0 / temperature_of(inference)
        begin = None if params.placed is None else params.placed[rows].astype(np.float64) + params.alpha
        if isinstance(inference, Hard) or self.sampling(inference):
            block = rows.start // BLOCK if isinstance(rows, slice) else 0
            cells = self._placed(params, counts, inference, begin, block)
            placed = by_document(cells, counts.indptr)
            gamma, words = params.alpha + placed, by_word(cells, counts, weight)
            return _documents(params, gamma, dirichlet_log_mean(gamma), placed, words, weight, None, power)
        q = settle(counts, weight, params.topics, params.alpha, power, self.inner_tol, self.inner_steps, begin)
        return _documents(params, q.gamma, q.log_mixtures, q.placed, q.words, weight, q.log_norms, power)

    def cells(self, params: TopicParams, data: Corpus, rows: IntArray, inference: Inference) -> Array:
        """(stored counts, K) how many words of each cell of `data.X[rows]` each topic has under q; rows must rise."""
        if self.sampling(inference):
            parts = []
            for block in np.unique(rows // BLOCK).tolist():
                first, drawn = block * BLOCK, self._block(params, data, block, inference).drawn
                own = data.X.indptr[first : first + BLOCK + 1] - data.X.indptr[first]
                parts += [drawn[own[row - first] : own[row - first + 1]] for row in rows[rows // BLOCK == block]]
            return np.concatenate(parts)
        counts = data.X[rows]
        if isinstance(inference, Hard):
            begin = None if params.placed is None else params.placed[rows].astype(np.float64) + params.alpha
            return self._placed(params, counts, inference, begin, 0)
        gamma = self.gamma(params, data, rows, inference)
        return shared_words(counts, params.topics, gamma, 1.0 / temperature_of(inference))

    def last_sweep_of(self, params: TopicParams, data: Corpus, row: int, inference: Inference) -> GibbsRound:
        """One document's part of the last round of drawing; the whole block has to be drawn for it."""
        found = self._block(params, data, row // BLOCK, inference)
        at = row % BLOCK
        begin, end = data.X.indptr[row : row + 2] - data.X.indptr[row - at]
        return GibbsRound(found.gamma[at : at + 1], found.log_mixtures[at : at + 1], found.drawn[begin:end])

    def _block(self, params: TopicParams, data: Corpus, block: int, inference: Inference) -> GibbsRound:
        rows = slice(block * BLOCK, min((block + 1) * BLOCK, data.n_rows))
        begin = None if params.placed is None else params.placed[rows].astype(np.float64) + params.alpha
        return self._sweep(params, data.X[rows], inference, begin, block)

    def entropy(self, params: TopicParams, data: Corpus, inference: Inference) -> float:
        """H(q) a second way, document by document from φ itself."""
        total = 0.0
        for rows in self.chunks(data, inference):
            counts, weight = data.X[rows], data.weights[rows]
            gamma = self.gamma(params, data, rows, inference)
            each = dirichlet_entropies(gamma, dirichlet_log_mean(gamma))
            if not (isinstance(inference, Hard) or self.sampling(inference)):
                placed = shared_words(counts, params.topics, gamma, 1.0 / temperature_of(inference))
                used = placed > 0
                share = np.where(used, placed / counts.data[:, None], 1.0)
                each = each + by_document(-placed * np.log(share), counts.indptr).sum(axis=1)
            total += float(each @ weight)
        return total

    def _placed(self, params: TopicParams, counts: Any, inference: Inference, begin: Array | None, block: int) -> Array:
        """(nnz, K) how many words of each stored count are each topic's, where every word has one topic."""
        topics, alpha = params.topics, params.alpha
        if isinstance(inference, Hard):
            if begin is None:
                even = np.ones(counts.shape[0])
                begin = settle(counts, even, topics, alpha, 1.0, self.inner_tol, self.inner_steps).gamma
            chosen = harden(counts, topics, alpha, begin, self.inner_steps)
            cells = np.zeros((counts.nnz, len(alpha)))
            cells[np.arange(counts.nnz), chosen] = counts.data
            return cells
        return self._sweep(params, counts, inference, begin, block).drawn

    def _sweep(
        self, params: TopicParams, counts: Any, inference: Inference, begin: Array | None, block: int
    ) -> GibbsRound:
        """The last round of drawing of one block."""
        seed = int(generator_of(inference).integers(2**63))
        own, power = np.random.default_rng((seed, block)), 1.0 / temperature_of(inference)
        return last_sweep(counts, params.topics, params.alpha, power, self.sweeps, own, begin)


def shared_words(counts: Any, topics: Array, gamma: Array, power: float) -> Array:
    """(nnz, K) n_v φ_vk of every stored count, φ ∝ (topics_kv exp(E ln θ_k))^power; 0 where no topic has the word."""
    documents = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    with np.errstate(divide="ignore"):
        logs = power * (np.log(topics.T)[counts.indices] + dirichlet_log_mean(gamma)[documents])
    top = logs.max(axis=1, keepdims=True, initial=-np.inf)
    logs -= np.where(np.isneginf(top), 0.0, top)
    share = np.exp(logs, out=logs)
    total = share.sum(axis=1, keepdims=True)
    return np.asarray(counts.data[:, None] * np.divide(share, total, out=np.zeros_like(share), where=total > 0))


def _documents(
    params: TopicParams, gamma: Array, log_mixtures: Array, placed: Array, words: Array,
    weight: Array, log_norms: Array | None, power: float,
) -> Documents:  # fmt: skip
    """Statistics and entropy. Where words are shared, ln φ_vk = power (ln topics_kv + E ln θ_k) − ln norm_v, so that
    H(q(z)) = Σ n_v ln norm_v − power Σ n_v φ_vk (ln topics_kv + E ln θ_k); else each word has one topic, and it is 0.
    """
    of_words = float((placed * log_mixtures).sum(axis=1) @ weight)
    statistics = TopicStatistics(words, weight @ log_mixtures, of_words, float(weight.sum()))
    entropy = float(dirichlet_entropies(gamma, log_mixtures) @ weight)
    if log_norms is not None:
        counted = weight > 0
        entropy += float(log_norms[counted] @ weight[counted]) - power * (dot_log(words, params.topics) + of_words)
    return Documents(gamma, placed, statistics, entropy)
