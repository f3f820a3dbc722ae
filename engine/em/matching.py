"""Components matched with classes, one to one: by known labels at the start, and in evaluations."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import Array, IntArray

_CLEARLY = 1e-9


def match(counts: Any) -> IntArray:
    """(components,) the class of each, one to one, that maximises Σ counts[class, component]; −1 for none.

    counts: (classes, components), of any two sizes. The Hungarian method (Kuhn 1955).
    """
    from scipy.optimize import linear_sum_assignment

    table = np.asarray(counts, dtype=np.float64)
    classes, components = linear_sum_assignment(table, maximize=True)
    class_of = np.full(table.shape[1], -1, dtype=np.int64)
    class_of[components] = classes
    return class_of


def order_by_classes(shares: Array) -> IntArray | None:
    """(K,) the component for each class's place, so that Σ_c shares[c, order[c]] is largest.

    shares: (K, K) how much of each class (row) lies in each component (column). None if the current order is as good,
    up to rounding.
    """
    order = np.argsort(match(shares))
    gained = shares[np.arange(len(shares)), order].sum() > np.trace(shares) + _CLEARLY * shares.sum()
    return order if gained else None
