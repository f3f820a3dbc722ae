"""Where a Gaussian mixture begins.

    kmeans            the clusters of k-means: their centres, covariances (with the ridge) and shares
    kmeans++          k-means++ seeds as means, the covariance of all rows for each component, equal weights
    points            random rows as means, the variances of the columns for each component (of which a few numbers far
                      out don't decide, as for the ridge), equal weights
    responsibilities  random responsibilities, then an M-step

Known labels hold in every start that has an M-step in it: component k begins with the rows known to be its own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.arrays import Array, IntArray
from engine.em.expectation import Expectation
from engine.errors import DataError
from engine.models.gaussian.data import GaussianRows, pooled_covariance
from engine.models.gaussian.params import GaussianParams, covariances_shape
from engine.models.gaussian.passes import CentredPass
from engine.models.gaussian.statistics import GaussianStatistics
from engine.parallel import map_reduce, row_chunks
from engine.starts import initialization

STARTS = ("kmeans", "kmeans++", "points", "responsibilities")
MStep = Callable[[Expectation, GaussianParams], GaussianParams]


def gaussian_start(
    init: str, k: int, ridge: Array, data: GaussianRows, generator: np.random.Generator, m_step: MStep
) -> GaussianParams:
    """θ⁰ of k components by `init`; ridge: (d,) λ; m_step: from what was expected and θ_q to θ.

    Raises DataError where there are fewer rows (of a weight above 0) than components.
    """
    X, weight = data.X, data.sample_weight
    counted = data.n_rows if weight is None else int(np.count_nonzero(weight))
    if counted < k:
        raise DataError(
            f"{counted} row{'' if counted == 1 else 's'} can't start {k} components: "
            f"choose n_components of at most {counted}, or give more rows."
        )
    if init == "points":
        means = initialization.random_rows(X, k, generator, weight)
        return _widely(_variances(data, ridge), data, means)
    pooled = pooled_covariance(data, ridge)
    if init == "kmeans++":
        return _widely(pooled, data, initialization.kmeans_plus_plus(X, k, generator, weight))
    if init == "kmeans":
        labels, centers = initialization.kmeans_partition(X, k, generator, weight)
        if data.y is not None:
            order = _matching(labels, data.y, k)
            labels, centers = order[labels], centers[np.argsort(order)]
            labels = np.where(data.y >= 0, data.y, labels)

        def one_hot(rows: slice) -> Array:
            return np.asarray(labels[rows] == np.arange(k)[:, None], dtype=np.float64)

        return _from_responsibilities(_widely(pooled, data, centers), data, one_hot, m_step)
    drawn = initialization.random_responsibilities(data.n_rows, k, generator)
    if data.y is not None:
        known = np.flatnonzero(data.y >= 0)
        drawn[known] = data.y[known, None] == np.arange(k)
    centers = np.broadcast_to(data.mean, (k, X.shape[1]))
    return _from_responsibilities(_widely(pooled, data, centers), data, lambda rows: drawn[rows].T, m_step)


def _from_responsibilities(
    about: GaussianParams, data: GaussianRows, of: Callable[[slice], Array], m_step: MStep
) -> GaussianParams:
    """An M-step from given responsibilities, whose statistics are taken about the means of `about`."""
    taken = CentredPass(about, data)

    def one(rows: slice) -> GaussianStatistics:
        r = np.ascontiguousarray(of(rows))
        if data.sample_weight is not None:
            r *= data.sample_weight[rows]
        with data.workspaces.borrowed() as work:
            return taken.statistics(taken.look(rows, work), rows, r, work)

    total = map_reduce(row_chunks(data.n_rows, taken.rows_per_chunk), one)
    return m_step(Expectation(total, float("nan"), float("nan")), about)


def _widely(covariance: Array, data: GaussianRows, means: Array) -> GaussianParams:
    """Equal weights, and the same covariance for every component."""
    k, d = means.shape
    shape = covariances_shape(data.covariance_type, k, d)
    return GaussianParams(np.full(k, 1.0 / k), means, np.broadcast_to(covariance, shape))


def _variances(data: GaussianRows, ridge: Array) -> Array:
    """The columns' variances, with the ridge, as a covariance of the type: the same start whatever the units.

    A few numbers far out don't decide them: as wide as those lie apart, components could not tell other rows from each
    other, and would come to coincide.
    """
    variances = data.ridge_unit + ridge / data.total_weight
    if data.covariance_type == "spherical":
        return np.array(variances.mean())
    return variances if data.covariance_type == "diag" else np.diag(variances)


def _matching(labels: IntArray, y: IntArray, k: int) -> IntArray:
    """(K,) the component that each cluster becomes: the known label that most of its rows have, each label once."""
    known = y >= 0
    table = np.zeros((k, k))
    np.add.at(table, (labels[known], y[known]), 1.0)
    order = np.full(k, -1, dtype=np.int64)
    for _ in range(k):
        cluster, label = np.unravel_index(int(table.argmax()), table.shape)
        order[cluster] = label
        table[cluster], table[:, label] = -1.0, -1.0
    return order
