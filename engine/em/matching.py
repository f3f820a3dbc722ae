"""Components matched with classes, one to one: by known labels at the start, and in evaluations."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import Array, IntArray
from engine.em.assignment import assign

_CLEARLY = 1e-9
_FEW = 400  # entries: matched in less time than SciPy takes to be imported


def match(counts: Any) -> IntArray:
    """(components,) the class of each, one to one, that maximises Σ counts[class, component]; −1 for none.

    counts: (classes, components), of any two sizes. The Hungarian method (Kuhn 1955).
    """
    table = np.asarray(counts, dtype=np.float64)
    if table.size <= _FEW and np.isfinite(table).all():
        tall = table.shape[0] > table.shape[1]
        columns = np.array(assign((-table.T if tall else -table).tolist()) if table.size else [], dtype=np.int64)
        classes, components = (columns, np.arange(len(columns))) if tall else (np.arange(len(columns)), columns)
    else:
        from scipy.optimize import linear_sum_assignment

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
