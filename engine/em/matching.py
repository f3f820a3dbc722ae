"""Components matched with classes, one to one: by what known labels say, and where an evaluation counts what agrees."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import Array, IntArray

_CLEARLY = 1e-9


def match(counts: Any) -> IntArray:
    """The class that each component stands for, one to one, so that Σ counts[class, component] is largest.

    The Hungarian method (Kuhn 1955).

    Args:
        counts: (classes, components), of any two sizes.

    Returns:
        (components,) the class, −1 for a component that is left over.
    """
    from scipy.optimize import linear_sum_assignment

    table = np.asarray(counts, dtype=np.float64)
    classes, components = linear_sum_assignment(table, maximize=True)
    class_of = np.full(table.shape[1], -1, dtype=np.int64)
    class_of[components] = classes
    return class_of


def order_by_classes(shares: Array) -> IntArray | None:
    """(K,) the component that is to stand in each class's place, so that Σ_c shares[c, order[c]] is largest.

    Args:
        shares: (K, K) how much of each class, a row each, lies in each component.

    Returns:
        None where the order that there is comes as high, up to rounding.
    """
    order = np.argsort(match(shares))
    gained = shares[np.arange(len(shares)), order].sum() > np.trace(shares) + _CLEARLY * shares.sum()
    return order if gained else None
