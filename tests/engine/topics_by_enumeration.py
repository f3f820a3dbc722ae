"""Topic models the slow way: every assignment of every word of a document to every topic, one by one."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.special import gammaln


def log_joint(words, z, topics, alpha):
    """ln p(w, z | topics, alpha), the mixture integrated out: Π topics_{z w} · B(alpha + N) / B(alpha)."""
    placed = np.bincount(z, minlength=len(alpha)) if len(z) else np.zeros(len(alpha))
    of_words = sum(np.log(topics[k, w]) for k, w in zip(z, words, strict=True))
    return of_words + log_beta(alpha + placed) - log_beta(alpha)


def log_beta(alpha):
    """ln Π Γ(alpha_k) / Γ(Σ alpha)."""
    return gammaln(alpha).sum() - gammaln(alpha.sum())


def assignments(words, K):
    return [np.array(z, dtype=int) for z in product(range(K), repeat=len(words))]


def log_evidence(words, topics, alpha):
    """ln p(w | topics, alpha), the sum over all K^N assignments."""
    return np.logaddexp.reduce([log_joint(words, z, topics, alpha) for z in assignments(words, len(alpha))])


def posterior_of_counts(words, topics, alpha):
    """{N: p(N | w)}, N how many words of the document each topic has."""
    every = assignments(words, len(alpha))
    logs = np.array([log_joint(words, z, topics, alpha) for z in every])
    p = np.exp(logs - np.logaddexp.reduce(logs))
    found = {}
    for z, share in zip(every, p, strict=True):
        key = tuple(np.bincount(z, minlength=len(alpha)).tolist())
        found[key] = found.get(key, 0.0) + share
    return found


def words_of(row):
    """A row of counts as a list of words."""
    return [v for v, n in enumerate(row) for _ in range(int(n))]
