r"""The variational E-step of a topic model: documents of like length in batches, so that BLAS does the inner loop.

q(θ_i) = Dirichlet(γ_i),  q(z_in = k) = φ_ivk for a word v       Blei, Ng & Jordan 2003, JMLR 3:993, section 5.2
    φ_ivk ∝ topics_kv exp(E ln θ_ik),      E ln θ_ik = ψ(γ_ik) − ψ(Σ_j γ_ij)                          eq. 6
    γ_ik = alpha_k + Σ_v n_iv φ_ivk                                                                   eq. 7

At a temperature T the topics of the words are tempered, the mixtures are not: φ ∝ (topics_kv exp(E ln θ_ik))^(1/T).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Array, IntArray
from engine.models.topics.data import by_document

_NUMBERS_AT_ONCE = 150_000
_SHORTEST = 0.75  # of the longest document in a batch: one much shorter would be mostly padding
_FAR_FROM_ZERO = 1e-150
_LONGEST_LEAP = 64.0  # in steps
_TINY = float(np.finfo(np.float64).tiny)
_NEAR_REST = 0.01  # of the words of a document may still move when the first leap is tried
_WORTHWHILE = 0.25  # of a batch must be at rest before the others are copied together


@dataclass(frozen=True, eq=False)
class Settled:
    """q of some documents, once settled.

    Attributes:
        gamma: (m, K) of the Dirichlet that q(θ) is.
        log_mixtures: (m, K) E ln θ.
        placed: (m, K) Σ_v n_v φ_vk, the expected words of each topic in each document.
        words: (K, V) the same for each word, summed over the documents by their weights.
        log_norms: (m,) Σ_v n_v ln Σ_k (topics_kv exp(E ln θ_k))^(1/T); −inf where no topic can say a word.
    """

    gamma: Array
    log_mixtures: Array
    placed: Array
    words: Array
    log_norms: Array


def dirichlet_log_mean(gamma: Array) -> Array:
    """(m, K) E ln θ_k = ψ(γ_k) − ψ(Σ_j γ_j) under Dirichlet(γ)."""
    from scipy.special import psi

    return np.asarray(psi(gamma) - psi(gamma.sum(axis=1, keepdims=True)))


def settle(
    counts: Any,
    weight: Array,
    topics: Array,
    alpha: Array,
    power: float,
    tol: float,
    most_steps: int,
    begin: Array | None = None,
) -> Settled:
    """Iterate γ and φ to rest, each document by itself.

    Args:
        counts: (m, V) csr counts of the documents.
        weight: (m,) of the documents, for `words`.
        topics: (K, V).
        alpha: (K,).
        power: 1/T of the words' topics; 1 is the variational posterior.
        tol: a document rests when its γ moves by less than this, on average over the topics.
        most_steps: at most this many updates of γ.
        begin: (m, K) γ to begin from; None for even mixtures.
    """
    from scipy.sparse import csr_array

    job = _Job.of(counts, topics, alpha, power, tol, most_steps, begin)
    lengths = np.diff(counts.indptr)
    for documents in _alike(lengths):
        _Slots(job, documents).run()
    with np.errstate(divide="ignore"):
        logs = np.log(job.norms)
    log_mixtures = dirichlet_log_mean(job.gamma)
    top = power * log_mixtures.max(axis=1)
    log_norms = by_document(counts.data * (logs + np.repeat(top, lengths)), counts.indptr)
    ratios = _over(np.repeat(weight, lengths) * counts.data, job.norms)
    words = (csr_array((ratios, counts.indices, counts.indptr), counts.shape).T @ job.mixtures) * job.raised
    return Settled(job.gamma, log_mixtures, job.placed, words.T, log_norms)


@dataclass(frozen=True, eq=False)
class _Job:
    """What is asked for, and where it is written: for document i γ (m, K), which
    holds the first one until then, words placed (m, K), the raised mixture
    (m, K) with 1 for its largest, and for each stored count its norm (nnz,) under that mixture."""

    counts: Any
    raised: Array  # (V, K) topics_kv^power
    smallest: float  # of `raised`
    totals: Array  # (m,) words of each document
    alpha: Array
    power: float
    tol: float
    most_steps: int
    gamma: Array
    placed: Array
    mixtures: Array
    norms: Array

    @classmethod
    def of(
        cls, counts: Any, topics: Array, alpha: Array, power: float, tol: float, most_steps: int, begin: Array | None
    ) -> _Job:
        m, K = counts.shape[0], len(alpha)
        raised = np.ascontiguousarray((topics if power == 1.0 else topics**power).T)
        gamma = np.ones((m, K)) if begin is None else begin.copy()
        found = gamma, np.zeros((m, K)), np.ones((m, K)), np.zeros(counts.nnz)
        totals = by_document(counts.data, counts.indptr)
        return cls(counts, raised, float(raised.min()), totals, alpha, power, tol, most_steps, *found)


class _Slots:
    """Places for some documents of like length while their γ is iterated; the next one takes the place of one at rest.

    now: (a, K) γ. mixture: (a, K) exp(E ln θ / T) up to a factor for each document. resting: (a,). age: (a,) updates
    so far. B: (a, L, K) the topics of each document's words; counts, cells and used: (a, L), the rest is padding.
    """

    def __init__(self, job: _Job, documents: IntArray) -> None:
        from scipy.special import psi

        self.psi, self.job, self.waiting = psi, job, documents
        counts, K = job.counts, len(job.alpha)
        length = int(np.diff(counts.indptr)[documents].max())
        a = min(len(documents), max(1, _NUMBERS_AT_ONCE // (max(1, length) * K)))
        self.documents, self.totals = np.zeros(a, dtype=np.int64), np.zeros(a)
        self.used, self.cells = np.zeros((a, length), dtype=bool), np.zeros((a, length), dtype=np.int64)
        self.counts, self.B = np.zeros((a, length)), np.empty((a, length, K))
        self.now = job.gamma[documents[:a]]
        self.resting, self.age = np.zeros(a, dtype=bool), np.zeros(a, dtype=np.int64)
        self._fill(np.arange(a))
        # exp ψ(γ) is near γ: it can only underflow for all topics at once where there is less than a word for each
        self.careful = float(job.totals[documents].min()) < K or job.power != 1.0 or job.smallest < _FAR_FROM_ZERO
        self.mixture = self._mixtures()

    def run(self) -> None:
        """Update γ until every document rests; of three updates the second leaps, and others begin at the third."""
        job = self.job
        limit, most = job.tol * len(job.alpha), job.most_steps
        turn, updates = 1, 0
        while len(self.documents):
            norm = np.matmul(self.B, self.mixture[:, :, None])[:, :, 0]
            shares = _over(self.counts, norm) if self.careful else self.counts / norm
            fresh = np.matmul(shares[:, None, :], self.B)[:, 0, :]
            fresh *= self.mixture
            at_rest = np.count_nonzero(self.resting)
            if turn == 0 and at_rest and at_rest >= _WORTHWHILE * len(self.resting):
                fresh = self._replace(norm, fresh)
                at_rest = np.count_nonzero(self.resting)
            else:
                fresh += job.alpha
            if at_rest:
                fresh[self.resting] = self.now[self.resting]
            step = fresh - self.now
            moved = np.add.reduce(np.abs(step), axis=1)
            self.age += 1
            updates += 1
            self.resting |= moved < limit
            if updates >= most:
                self.resting |= self.age >= most
            if turn == 1:
                before = self.now, step
            elif turn == 2:
                fresh = self._leap(*before, fresh, step, moved)
            turn = (turn + 1) % 3
            self.now = fresh
            self.mixture = self._mixtures()

    def _leap(self, begin: Array, first: Array, fresh: Array, second: Array, moved: Array) -> Array:
        """γ further along the way that two updates took, for documents that are near rest but not there.

        γ' = γ + 2 s r + s² v, r the first step, v the second less the first, s = ‖r‖ / ‖v‖ at least 1: SQUAREM,
        Varadhan & Roland 2008, Scand. J. Statist. 35:335.
        """
        ready = moved < _NEAR_REST * self.totals
        ready &= ~self.resting
        if not ready.any():
            return fresh
        bend = second - first
        size = np.einsum("ak,ak->a", first, first) / np.maximum(np.einsum("ak,ak->a", bend, bend), _TINY)
        s = np.clip(np.sqrt(size), 1.0, _LONGEST_LEAP)[:, None]
        leapt = begin + s * (2.0 * first + s * bend)
        ready &= (leapt >= self.job.alpha).all(axis=1)
        return np.where(ready[:, None], leapt, fresh)

    def _replace(self, norm: Array, fresh: Array) -> Array:
        """Store the results of converged documents, and give their places to waiting ones; if none wait, close them.

        Returns the next γ of every place: the first one for a new document.
        """
        job, places = self.job, np.flatnonzero(self.resting)
        documents, used = self.documents[places], self.used[places]
        top = self.mixture[places].max(axis=1, keepdims=True)
        job.gamma[documents], job.placed[documents] = self.now[places], fresh[places]
        job.mixtures[documents] = self.mixture[places] / top
        job.norms[self.cells[places][used]] = (norm[places] / top)[used]
        fresh += job.alpha
        taken = places[: len(self.waiting)]
        self._fill(taken)
        fresh[taken] = job.gamma[self.documents[taken]]
        self.now[taken], self.resting[taken], self.age[taken] = np.inf, False, -1
        if len(taken) == len(places):
            self._trim()
            return fresh
        stay = ~self.resting
        for name in ("documents", "used", "cells", "counts", "B", "now", "age", "resting", "totals"):
            setattr(self, name, getattr(self, name)[stay])
        self._trim()
        return np.asarray(fresh[stay])

    def _trim(self) -> None:
        """Leave out the padding that no document needs: those that come are never longer than those that went."""
        length = int(self.used.sum(axis=1).max(initial=0))
        self.used, self.cells = self.used[:, :length], self.cells[:, :length]
        self.counts, self.B = self.counts[:, :length], self.B[:, :length]

    def _fill(self, places: IntArray) -> None:
        """Put the next of the waiting documents into these places."""
        chosen, self.waiting = self.waiting[: len(places)], self.waiting[len(places) :]
        counts = self.job.counts
        begin = counts.indptr[chosen]
        used = np.arange(self.cells.shape[1]) < (counts.indptr[chosen + 1] - begin)[:, None]
        cells = np.where(used, begin[:, None] + np.arange(self.cells.shape[1]), 0)
        self.documents[places], self.used[places], self.cells[places] = chosen, used, cells
        self.totals[places] = self.job.totals[chosen]
        if cells.size:
            self.counts[places] = np.where(used, counts.data[cells], 0.0)
            self.B[places] = self.job.raised[counts.indices[cells]]

    def _mixtures(self) -> Array:
        """(a, K) exp(E ln θ_k / T) up to a factor for each document: ψ(Σ γ) is the same for all topics."""
        logs: Array = self.psi(self.now)
        if self.careful and len(logs):
            logs -= logs.max(axis=1, keepdims=True)
            logs *= self.job.power
        return np.asarray(np.exp(logs, out=logs))


def _alike(lengths: IntArray) -> Iterator[IntArray]:
    """Documents of like length together, the longest first."""
    order = np.argsort(-lengths, kind="stable")
    falling = -lengths[order]
    begin = 0
    while begin < len(order):
        end = int(np.searchsorted(falling, _SHORTEST * falling[begin], side="right"))
        yield order[begin:end]
        begin = end


def _over(amounts: Array, norms: Array) -> Array:
    """amounts / norms, and 0 where no topic can say the word."""
    return np.divide(amounts, norms, out=np.zeros(norms.shape), where=norms > 0)


def harden(counts: Any, topics: Array, alpha: Array, gamma: Array, most_steps: int) -> Array:
    """(nnz,) each word's one likeliest topic, with mixtures that follow from those of the others, until none changes.

    The bound with φ of 0 and 1 alone is ln p(w, z | topics, alpha) here, and no update lowers it.
    """
    documents = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    with np.errstate(divide="ignore"):
        log_topics = np.log(topics.T)
    chosen = np.full(counts.nnz, -1)
    for _ in range(most_steps):
        log_mixtures = dirichlet_log_mean(gamma)
        best = (log_topics[counts.indices] + log_mixtures[documents]).argmax(axis=1)
        if np.array_equal(best, chosen):
            break
        chosen = best
        gamma = np.tile(alpha, (counts.shape[0], 1))
        np.add.at(gamma, (documents, chosen), counts.data)
    return chosen
