r"""What a topic model's E-step hands on, the bound that it makes, and the M-step that maximises it.

Q(θ; q) = Σ_kv S_kv ln topics_kv + Σ_i Σ_k N_ik E ln θ_ik
          + n [ln Γ(Σ alpha) − Σ_k ln Γ(alpha_k)] + Σ_k (alpha_k − 1) T_k,          T_k = Σ_i E ln θ_ik
H(q)    = H(q(z)) + Σ_i H(Dirichlet(γ_i))
                                      Blei, Ng & Jordan 2003, JMLR 3:993, eq. 15; sums over documents by weights
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.em.statistics import Statistics
from engine.models.probabilities import dot_log

_MOST_NEWTON = 100
_SMALLEST, _LARGEST = 1e-6, 1e6  # of alpha: beyond, mixtures are corners, or all alike, to every printed digit
_TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, eq=False)
class TopicStatistics(Statistics):
    """Expected sufficient statistics; additive over documents, but for what is remembered of each.

    Attributes:
        words: (K, V) S_kv, the expected words v of topic k.
        log_mixtures: (K,) T_k = Σ_i w_i E ln θ_ik.
        placed: Σ_i w_i Σ_k N_ik E ln θ_ik, N_ik the expected words of topic k in document i.
        documents: n, the sum of the weights.
        remembered: (n, K) float16 words of each document by topic, see `TopicParams.placed`; None where it is too much.
    """

    words: Array
    log_mixtures: Array
    placed: float
    documents: float
    remembered: Any = field(default=None, compare=False)


def parts_of_q(statistics: TopicStatistics, topics: Array, alpha: Array) -> dict[str, float]:
    """Q(θ; q) term by term, see the module: E ln p(w | z, topics), E ln p(z | θ) and E ln p(θ | alpha)."""
    of_words, of_mixtures = dot_log(statistics.words, topics), _log_dirichlet_prior(statistics, alpha)
    return {"words": of_words, "topics": statistics.placed, "mixtures": of_mixtures}


def _log_dirichlet_prior(statistics: TopicStatistics, alpha: Array) -> float:
    """Σ_i w_i E ln p(θ_i | alpha)."""
    return statistics.documents * log_normalizer(alpha) + float((alpha - 1.0) @ statistics.log_mixtures)


def log_normalizer(alpha: Array) -> float:
    """ln Γ(Σ alpha) − Σ ln Γ(alpha_k) of Dirichlet(alpha)."""
    from scipy.special import gammaln

    return float(gammaln(alpha.sum()) - gammaln(alpha).sum())


def dirichlet_entropies(gamma: Array, log_mixtures: Array) -> Array:
    """(m,) differential entropies of Dirichlet(γ_i), from E ln θ: nats, negative where θ is nearly known."""
    from scipy.special import gammaln

    log_constant = gammaln(gamma).sum(axis=1) - gammaln(gamma.sum(axis=1))
    return np.asarray(log_constant - ((gamma - 1.0) * log_mixtures).sum(axis=1))


def best_topics(words: Array, pseudo_count: float, otherwise: Array) -> tuple[Array, Array]:
    """topics_kv = (S_kv + c) / Σ_v (S_kv + c), and which topics have no words (K,).

    The maximum of Σ_kv (S_kv + c) ln topics_kv. A topic without words keeps what it was where c is 0. What was
    expected at all, however little, keeps a probability above 0.
    """
    total = words.sum(axis=1, keepdims=True)
    empty = total[:, 0] <= 0
    raised = words + pseudo_count
    sums = raised.sum(axis=1, keepdims=True)
    topics = np.where(sums > 0, raised / np.where(sums > 0, sums, 1.0), otherwise)
    return np.where(raised > 0, np.maximum(topics, _TINY), topics), empty


def best_alpha(statistics: TopicStatistics, alpha: Array) -> Array:
    """The alpha that maximises n [ln Γ(Σ alpha) − Σ ln Γ(alpha_k)] + Σ_k alpha_k T_k: Newton, in K operations a step.

    g_k = n [ψ(Σ alpha) − ψ(alpha_k)] + T_k,   H = −n diag(ψ'(alpha_k)) + n ψ'(Σ alpha) 11ᵀ
                                                   Minka 2000, Estimating a Dirichlet distribution; Blei et al., A.4.2
    The function is concave; a step that would leave alpha > 0 or lower it is halved, so that it never falls.
    """
    from scipy.special import polygamma, psi

    n = statistics.documents
    best = _log_dirichlet_prior(statistics, alpha)
    for _ in range(_MOST_NEWTON):
        gradient = n * (psi(alpha.sum()) - psi(alpha)) + statistics.log_mixtures
        diagonal = -n * polygamma(1, alpha)
        z = n * float(polygamma(1, alpha.sum()))
        b = float((gradient / diagonal).sum()) / (1.0 / z + float((1.0 / diagonal).sum()))
        step = -(gradient - b) / diagonal
        size = 1.0
        while size > 1e-10:
            tried = alpha + size * step
            if tried.min() >= _SMALLEST and tried.max() <= _LARGEST:
                value = _log_dirichlet_prior(statistics, tried)
                if value > best:
                    break
            size *= 0.5
        else:
            return alpha
        gain, alpha, best = value - best, tried, value
        if gain <= 1e-14 * abs(best):
            return alpha
    return alpha
