"""The Gibbs E-step of a topic model: draw a topic for each word, count, draw the mixtures, and again.

    z_in ~ p(z = k | θ_i, w) ∝ θ_ik topics_kw          for each word of the document
    θ_i  ~ Dirichlet(alpha + N_i),  N_ik = #{n : z_in = k}
                     blocked Gibbs sampling of p(z, θ | w, topics, alpha); Griffiths & Steyvers 2004, PNAS 101:5228,
                     draw the topics, too; here they are θ of EM, redrawn by the M-step from the counts

The words of one kind in a document are drawn together: their topics are multinomial. Documents are drawn in blocks of a
fixed size, each with random numbers of its own, so that some rows asked for alone are those of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.models.topics.data import by_document

BLOCK = 128
_TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, eq=False)
class GibbsRound:
    """One round of drawing, of m documents with nnz stored counts.

    Attributes:
        gamma: (m, K) of the Dirichlet that the mixtures were drawn from: alpha + the words of the round before.
        log_mixtures: (m, K) logarithms of the mixtures that were drawn, up to a constant for each document.
        drawn: (nnz, K) how many words of each stored count were given to each topic.
    """

    gamma: Array
    log_mixtures: Array
    drawn: Array


def last_sweep(
    counts: Any,
    topics: Array,
    alpha: Array,
    power: float,
    sweeps: int,
    generator: np.random.Generator,
    begin: Array | None = None,
) -> GibbsRound:
    """The last one of this many sweeps: what it drew is q.

    Args:
        counts: (m, V) csr whole counts of one block.
        topics: (K, V).
        alpha: (K,).
        power: 1/T: topics of words are drawn ∝ (θ_k topics_kw)^(1/T).
        sweeps: rounds of drawing, at least one.
        generator: of this block alone.
        begin: (m, K) the γ that the first mixtures are drawn with, where an earlier chain stopped; None for the prior.
    """
    m = counts.shape[0]
    lengths = np.diff(counts.indptr)
    documents = np.repeat(np.arange(m), lengths)
    with np.errstate(divide="ignore"):
        log_topics = np.log(topics.T)[counts.indices]
    impossible = np.isneginf(log_topics.max(axis=1, initial=-np.inf))
    log_topics[impossible] = 0.0  # a word that no topic can say tells nothing
    number = counts.data.astype(np.int64)
    gamma = np.tile(alpha, (m, 1)) if begin is None else begin
    for _ in range(sweeps):
        before, log_mixtures = gamma, _log_dirichlet(gamma, generator)
        log_p = log_topics + log_mixtures[documents]
        log_p -= log_p.max(axis=1, keepdims=True)
        p = np.exp(power * log_p, out=log_p)
        p /= p.sum(axis=1, keepdims=True)
        drawn = generator.multinomial(number, p).astype(np.float64)
        gamma = alpha + by_document(drawn, counts.indptr)
    return GibbsRound(before, log_mixtures, drawn)


def by_word(cells: Array, counts: Any, weight: Array) -> Array:
    """(K, V) sums over each word's cells (nnz, K), documents by their weights."""
    from scipy.sparse import csr_array

    each = np.repeat(weight, np.diff(counts.indptr))
    words = csr_array((each, counts.indices, np.arange(counts.nnz + 1)), shape=(counts.nnz, counts.shape[1]))
    return np.asarray((words.T @ cells).T)


def _log_dirichlet(gamma: Array, generator: np.random.Generator) -> Array:
    """(m, K) logarithms of draws from Dirichlet(γ), up to a constant for each row.

    A small γ gives draws below the smallest float: G(γ) = G(γ + 1) U^(1/γ) (Marsaglia & Tsang 2000) keeps their logs.
    """
    draws = generator.standard_gamma(gamma + 1.0)
    uniforms = generator.random(gamma.shape)
    return np.asarray(np.log(np.maximum(draws, _TINY)) + np.log(np.maximum(uniforms, _TINY)) / gamma)
