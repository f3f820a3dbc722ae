r"""What topics make of documents: perplexity by the bound, and the evidence by importance sampling.

    p(w_i | topics, alpha) = E_{θ ~ Dirichlet(γ_i)} [ p(w_i | θ) Dirichlet(θ; alpha) / Dirichlet(θ; γ_i) ]
with the variational posterior as the proposal      Buntine 2009, Estimating likelihoods for topic models, section 3.1
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import Array
from engine.em.inference import EXACT
from engine.errors import DataError
from engine.models.topics.bound import dirichlet_entropies, log_normalizer
from engine.models.topics.data import Corpus
from engine.models.topics.model import LatentDirichletAllocation
from engine.models.topics.params import TopicParams
from engine.models.topics.variational import settle
from engine.parallel import one_blas_thread

_TINY = float(np.finfo(np.float64).tiny)


def document_bounds(model: LatentDirichletAllocation, params: TopicParams, data: Corpus) -> Array:
    """(n,) the variational bound below ln p(w_i | θ) of each document; −inf where no topic can say a word of it.

    L_i = Σ_v n_v ln Σ_k topics_kv exp(E ln θ_k) + E ln p(θ | alpha) + H(q(θ))
    """
    found = []
    for rows in model.inner.chunks(data, EXACT):
        with one_blas_thread():
            q = settle(
                data.X[rows], data.weights[rows], params.topics, params.alpha, 1.0, model.inner_tol, model.inner_steps
            )
        prior = log_normalizer(params.alpha) + q.log_mixtures @ (params.alpha - 1.0)
        found.append(q.log_norms + prior + dirichlet_entropies(q.gamma, q.log_mixtures))
    return np.concatenate(found)


def perplexity(model: LatentDirichletAllocation, params: TopicParams, X: Any) -> float:
    """exp(−Σ_i L_i / words) of documents, held out or not: at least their perplexity, since L_i is a bound.

    Of V words equally likely it would be V; ∞ where a word is impossible under every topic.

    X: (n, V) counts, or a `Corpus`, whose weights count. Raises DataError for another vocabulary, or no word at all.
    """
    data = X if isinstance(X, Corpus) else model.observe_new(X, params)
    counted = data.weights > 0
    words = float(data.lengths[counted] @ data.weights[counted])
    if not words > 0:
        raise DataError("the documents have no words: perplexity is that of a word.")
    bounds = document_bounds(model, params, data)
    total = float(bounds[counted] @ data.weights[counted])
    with np.errstate(over="ignore"):
        return float(np.exp(-total / words))


def held_out_perplexity(model: LatentDirichletAllocation, params: TopicParams, data: Corpus) -> float | None:
    """The perplexity of the documents that are kept out of the fit; None where there are none with words."""
    if data.held_out is None:
        return None
    out = Corpus(data.X[np.flatnonzero(data.held_out)])
    return perplexity(model, params, out) if out.lengths.any() else None


def top_words(params: TopicParams, most: int = 10) -> tuple[tuple[int, ...], ...]:
    """The likeliest words of each topic, as places in the vocabulary, the likeliest first."""
    order = np.argsort(-params.topics, axis=1, kind="stable")[:, :most]
    return tuple(tuple(int(v) for v in row) for row in order)
