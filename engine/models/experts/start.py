"""Where a mixture of experts begins: from a first sharing-out of the rows, from which one M-step is taken.

    responsibilities  shares drawn for each row by itself: experts that are much alike, and part as EM goes on
    kmeans            the clusters of k-means, of inputs and target, each column by its standard deviation
    kmeans++          the rows nearest to each of K rows that lie far from one another
    points            the rows nearest to each of K random rows

A cluster is an expert's own to 90%, and shared by all for the rest, so that no gate begins beyond doubt.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.errors import DataError
from engine.models.experts.data import ExpertRows
from engine.starts import initialization

STARTS = ("responsibilities", "kmeans", "kmeans++", "points")
_SHARED = 0.1


def first_shares(init: str, n_experts: int, data: ExpertRows, generator: np.random.Generator) -> Array:
    """(n, K) how the rows are shared out at the start. Raises DataError where there are fewer rows than experts."""
    weight, K = data.sample_weight, n_experts
    counted = data.n_rows if weight is None else int(np.count_nonzero(weight))
    if counted < K:
        rows = "1 row" if counted == 1 else f"{counted} rows"
        raise DataError(f"{rows} can't start {K} experts: choose n_experts of at most {counted}, or give more rows.")
    if init == "responsibilities":
        return initialization.random_responsibilities(data.n_rows, K, generator)
    places = _places(data)
    if init == "kmeans":
        labels, _ = initialization.kmeans_partition(places, K, generator, weight)
    else:
        chosen = initialization.kmeans_plus_plus if init == "kmeans++" else initialization.random_rows
        seeds = chosen(places, K, generator, weight)
        distances = np.stack([((places - seed) ** 2).sum(axis=1) for seed in seeds], axis=1)
        labels = distances.argmin(axis=1)
    return np.asarray((1.0 - _SHARED) * (labels[:, None] == np.arange(K)) + _SHARED / K)


def _places(data: ExpertRows) -> Array:
    """(n, …) what is clustered: the inputs, and the target where it is a number, in standard units."""
    columns = data.X if data.target is None else np.column_stack([data.X, data.target])
    share = np.full(len(columns), 1.0 / len(columns))
    if data.sample_weight is not None:
        share = data.sample_weight / data.sample_weight.sum()
    centred = columns - share @ columns
    scale = np.sqrt(share @ centred**2)
    return np.asarray(centred / np.where(scale > 0, scale, 1.0))
