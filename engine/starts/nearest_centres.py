r"""Which centre is nearest to each row: the one pass that k-means and the starts are made of.

    z_i = argmin_k ‖x_i − c_k‖²,   inertia = Σ_i w_i ‖x_i − c_{z_i}‖²       Lloyd 1982, IEEE Trans. Inf. Theory 28:129

Rows are taken relative to a frame (an offset and a scale of the data's own), so that an offset of 1e8 costs no digits
and a scale of 1e±150 neither overflows nor vanishes when it is squared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from engine.arrays import Array, IntArray
from engine.em.statistics import Statistics
from engine.errors import EngineError
from engine.parallel import map_chunks, row_chunks

_CHUNK_BYTES = 1_000_000
_SMALL = 200_000  # rows × features × centres up to which differences are taken one by one
_TIGHT = 1e-4  # inertia below this share of the whole scatter: |z|² − 2zᵀc + |c|² would lose digits that matter


@dataclass(frozen=True, eq=False)
class ScaledRows:
    """Rows in a frame of their own, coordinates in which they lie about 0 and within ±1: x = offset + scale · z.

    Attributes:
        X: (n, d) the rows in the user's units; kept as they are.
        offset: (d,) the mean of the rows.
        scale: a power of two just above the largest deviation from it; 1 where there is none.
        total_scatter: Σ_i w_i ‖z_i‖².
        sample_weight: (n,) or None.
    """

    X: Array
    offset: Array
    scale: float
    total_scatter: float
    sample_weight: Array | None = None

    @classmethod
    def of(cls, X: Array, sample_weight: Array | None = None) -> ScaledRows:
        """The frame of these rows."""
        size = _power_of_two(max(float(X.max()), -float(X.min())))
        passes = row_chunks(len(X), 65_536)
        offset = np.sum([(X[rows] / size).sum(axis=0) for rows in passes], axis=0) / len(X)
        spread = max(float(np.abs(X[rows] / size - offset).max()) for rows in passes)
        bare = cls(X, offset * size, _power_of_two(spread) * size, 0.0, sample_weight)
        scatter = 0.0
        for rows in bare.chunks(1):
            squares = bare.rows(rows)
            squares *= squares
            each = squares.sum(axis=0)
            scatter += float(each.sum() if sample_weight is None else each @ sample_weight[rows])
        return cls(X, bare.offset, bare.scale, scatter, sample_weight)

    def rows(self, rows: slice | IntArray) -> Array:
        """(d, len(rows)) the chosen rows in these coordinates, feature by feature."""
        points = np.subtract(self.X[rows].T, self.offset[:, None], order="C")
        points *= 1.0 / self.scale
        return points

    def into(self, points: Array) -> Array:
        """(m, d) points of the user's units in these coordinates."""
        return (points - self.offset) / self.scale

    def out_of(self, points: Array) -> Array:
        """(m, d) points of these coordinates in the user's units."""
        return points * self.scale + self.offset

    def chunks(self, n_centers: int) -> list[slice]:
        """Slices with few enough rows that a pass stays in the cache."""
        width = self.X.shape[1] + n_centers + 1
        return row_chunks(len(self.X), max(256, _CHUNK_BYTES // (8 * width)))


@dataclass(frozen=True, eq=False)
class Clusters(Statistics):
    """What a pass gathers about the clusters, relative to the centres that the rows were assigned to.

    Attributes:
        offset, scale: of the frame.
        centers: (K, d) those centres, in the frame.
        counts: (K,) Σ w.
        shifts: (K, d) Σ w (z − centre).
        inertia: Σ w ‖z − centre‖² over all clusters, in units of the frame.
    """

    offset: Array
    scale: float
    centers: Array
    counts: Array
    shifts: Array
    inertia: float

    def __add__(self, other: Clusters) -> Clusters:
        """Those of both sets of rows. Raises EngineError where they are of other clusters."""
        if self.centers.shape != other.centers.shape:
            raise EngineError("clusters about other centres do not add up: gather them about the same ones.")
        other = other.as_in(self)
        moved = other.centers - self.centers  # the same centre is rounded otherwise in another frame
        shifts, gain = other.shifts + other.counts[:, None] * moved, other.inertia_about(self.centers)
        return replace(
            self, counts=self.counts + other.counts, shifts=self.shifts + shifts, inertia=self.inertia + gain
        )

    def as_in(self, other: Clusters | ScaledRows) -> Clusters:
        """In another frame; powers of two apart, so that only the centres are rounded."""
        if self.scale == other.scale and np.array_equal(self.offset, other.offset):
            return self
        ratio = self.scale / other.scale
        centers = (self.centers * self.scale + (self.offset - other.offset)) / other.scale
        return Clusters(other.offset, other.scale, centers, self.counts, self.shifts * ratio, self.inertia * ratio**2)

    def inertia_about(self, centers: Array) -> float:
        """Σ_k Σ_{i∈k} w ‖z_i − centers_k‖² for other centres and the same assignment, in units of the frame.

        ‖z − c'‖² = ‖z − c‖² − 2 δᵀ(z − c) + ‖δ‖²,  δ = c' − c
        """
        moved = centers - self.centers
        gain = 2.0 * (moved * self.shifts).sum() - self.counts @ (moved**2).sum(axis=1)
        return max(0.0, float(self.inertia - gain))

    def means(self) -> Array:
        """(K, d) the mean of each cluster's rows, the centre itself where a cluster is empty."""
        weight = np.where(self.counts > 0, self.counts, 1.0)[:, None]
        return np.asarray(self.centers + self.shifts / weight)


def nearest(points: Array, centers: Array) -> tuple[IntArray, Array]:
    """The nearest of the centres (K, d) for the points (d, m): its index and the squared distance, (m,) each.

    Sums of squared differences, which keep their digits where clusters are far tighter than the data; the first of
    several equally near centres wins.
    """
    best = squared_distances(points, centers[0])
    labels = np.zeros(points.shape[1], dtype=np.int64)
    for k in range(1, len(centers)):
        distance = squared_distances(points, centers[k])
        labels[distance < best] = k
        np.minimum(best, distance, out=best)
    return labels, best


def squared_distances(points: Array, center: Array) -> Array:
    """(m,) ‖z − c‖² of the points (d, m)."""
    difference = points - center[:, None]
    return np.asarray(np.einsum("dm,dm->m", difference, difference))


def labels_of(frame: ScaledRows, centers: Array) -> IntArray:
    """(n,) the index of the nearest centre (K, d; in the frame) of every row."""
    return np.concatenate([nearest(frame.rows(rows), centers)[0] for rows in frame.chunks(len(centers))])


def gather(frame: ScaledRows, centers: Array) -> Clusters:
    """Assign every row to its nearest centre (K, d; in the frame) and gather the clusters, in chunks of rows.

    Many rows are compared with all centres by one matrix product; few rows, and clusters far tighter than the data,
    by differences.
    """
    if frame.X.size * len(centers) > _SMALL:
        clusters = _gather_products(frame, centers)
        if clusters.inertia > _TIGHT * frame.total_scatter:
            return clusters
    return _gather_differences(frame, centers)


def _gather_differences(frame: ScaledRows, centers: Array) -> Clusters:
    K = len(centers)

    def one(rows: slice) -> tuple[Array, Array, float]:
        points = frame.rows(rows)
        labels, distance = nearest(points, centers)
        points -= centers.T[:, labels]
        weight = None if frame.sample_weight is None else frame.sample_weight[rows]
        if weight is not None:
            points *= weight
            distance *= weight
        shifts = np.array([np.bincount(labels, feature, K) for feature in points]).T
        return np.bincount(labels, weight, K).astype(np.float64), shifts, float(distance.sum())

    parts = map_chunks(one, frame.chunks(K))
    counts: Array = reduce(np.add, [part[0] for part in parts])
    shifts: Array = reduce(np.add, [part[1] for part in parts])
    return Clusters(frame.offset, frame.scale, centers, counts, shifts, sum(part[2] for part in parts))


def _gather_products(frame: ScaledRows, centers: Array) -> Clusters:
    """The same by ‖z − c‖² = ‖z‖² + (‖c‖² − 2cᵀz): one product for the bracket, one for the sums of each cluster."""
    K, d = centers.shape
    coefficients = np.hstack([-2.0 * centers, (centers**2).sum(axis=1, keepdims=True)])

    def one(rows: slice) -> tuple[Array, float]:
        X = frame.X[rows]
        points = np.ones((d + 1, len(X)))  # a last row of ones: ‖c‖² in the first product, counts in the second
        np.subtract(X.T, frame.offset[:, None], out=points[:d])
        points[:d] *= 1.0 / frame.scale
        brackets = coefficients @ points
        least = brackets.min(axis=0)
        chosen = np.equal(brackets, least, out=brackets, casting="unsafe")
        if chosen.sum() != len(X):  # equally near to several centres: the first one takes the row
            first = chosen.argmax(axis=0)
            chosen[:] = 0.0
            chosen[first, np.arange(len(X))] = 1.0
        if frame.sample_weight is None:
            return chosen @ points.T, float(least.sum())
        weight = frame.sample_weight[rows]
        chosen *= weight
        return chosen @ points.T, float(least @ weight)

    parts = map_chunks(one, frame.chunks(K))
    sums: Array = reduce(np.add, [part[0] for part in parts])
    counts = sums[:, d]
    inertia = max(0.0, sum(part[1] for part in parts) + frame.total_scatter)
    return Clusters(frame.offset, frame.scale, centers, counts, sums[:, :d] - counts[:, None] * centers, inertia)


def updated(frame: ScaledRows, clusters: Clusters) -> tuple[Array, dict[int, int]]:
    """The means of the clusters as new centres (K, d), and {component: row} for the empty ones that were moved.

    An empty cluster goes to the row that is farthest from all centres, the next one to the farthest from those and it.
    It stays where it was if every row lies on a centre already. Other clusters keep their means: nothing gets worse.
    """
    centers = clusters.means()
    empty = np.flatnonzero(clusters.counts <= 0)
    if not len(empty):
        return centers, {}
    rows = _farthest(frame, centers, len(empty))
    moved = {int(k): int(row) for k, row in zip(empty, rows, strict=False)}
    for k, row in moved.items():
        centers[k] = frame.into(frame.X[row])
    return centers, moved


def _farthest(frame: ScaledRows, centers: Array, number: int) -> list[int]:
    """Rows, each the farthest from all centres and from those before it; fewer where none is apart."""
    chunks = frame.chunks(len(centers))
    distance = np.concatenate([nearest(frame.rows(rows), centers)[1] for rows in chunks])
    if frame.sample_weight is not None:
        distance[frame.sample_weight == 0] = 0.0
    found: list[int] = []
    while len(found) < number and distance.max() > 0:
        found.append(int(distance.argmax()))
        place = frame.into(frame.X[found[-1]])
        for rows in chunks:
            np.minimum(distance[rows], squared_distances(frame.rows(rows), place), out=distance[rows])
    return found


def _power_of_two(size: float) -> float:
    """The power of two just above `size`, 1 for 0: dividing by it loses no digits."""
    return float(np.ldexp(1.0, max(-1000, int(np.frexp(size)[1])))) if size > 0 else 1.0
