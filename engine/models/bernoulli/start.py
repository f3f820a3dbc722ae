"""Where the probabilities of a Bernoulli mixture may begin."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.models.bernoulli.masks import Masks
from engine.parallel import row_chunks
from engine.starts.initialization import random_rows

_ENTRIES_AT_ONCE = 500_000
_TINY = float(np.finfo(np.float64).tiny)


def near_random_rows(
    X: Array, cut: float, k: int, generator: np.random.Generator, sample_weight: Array | None = None
) -> Array:
    """(k, D) probabilities halfway between the column's share of yes and the answers of k rows drawn at random.

    The shares count one yes and one no more than there are, so that nothing starts at 0 or 1.
    """
    _, yes, no = gathered(X, cut, 1, None, sample_weight)
    share = (yes + 1.0) / (yes + no + 2.0)
    masks = Masks.of(random_rows(X, k, generator, sample_weight), cut)
    return np.asarray((share + np.where(masks.seen > 0, masks.ones, share)) / 2.0)


def gathered(
    X: Array, cut: float, k: int, generator: np.random.Generator | None, sample_weight: Array | None = None
) -> tuple[Array, Array, Array]:
    """Rows (k,), answers of yes and of no (k, D) under responsibilities drawn from the simplex, or under equal ones."""
    n, D = X.shape
    counts, yes, no = np.zeros(k), np.zeros((k, D)), np.zeros((k, D))
    for rows in row_chunks(n, _ENTRIES_AT_ONCE // (k + 2 * D) + 1):
        size = rows.stop - rows.start
        # Exponential draws divided by their sum are uniform on the simplex, Dirichlet(1, …, 1).
        r = np.ones((size, k)) if generator is None else generator.standard_exponential((size, k)) + _TINY
        r /= r.sum(axis=1, keepdims=True)
        if sample_weight is not None:
            r *= sample_weight[rows, None]
        masks = Masks.of(X[rows], cut)
        counts += r.sum(axis=0)
        yes += r.T @ masks.ones
        no += r.T @ masks.zeros
    return counts, yes, no
