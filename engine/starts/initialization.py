"""Where EM may begin: k-means, k-means++ seeds, random rows, random responsibilities.

Everything random comes from the numpy Generator that is passed in, so that one seed gives one start.
"""

from __future__ import annotations

from functools import reduce

import numpy as np

from engine.arrays import Array, IntArray
from engine.starts.nearest_centres import Clusters, ScaledRows, gather, labels_of, squared_distances, updated

_MAX_ITER = 300
_REST = 1e-12  # k-means rests when moving the centres gains no more than this share of the inertia
_ALIKE = 1e-9  # two runs whose inertia differs by less than this share have ended alike
_RACE_ROWS = 20_000
_REST_OF_MANY = 1e-5  # a start of many rows need not be that exact: EM itself goes on from there


def kmeans_partition(
    X: Array, k: int, generator: np.random.Generator, sample_weight: Array | None = None, n_init: int = 10
) -> tuple[IntArray, Array]:
    """The best of several k-means runs, each from its own k-means++ seeds: labels (n,) and centers (k, d).

    Lloyd's iterations run until they gain nothing. Beyond 20,000 rows the runs race on a sample of as many rows, and
    the winner goes on with all of them until it gains less than 1e-5 of the inertia (Bradley & Fayyad 1998). Every
    label occurs where at least k rows have a weight above zero: of equal rows some go to a label that would have none.

    Args:
        X: (n, d) finite rows.
        k: how many clusters.
        generator: draws the seeds.
        sample_weight: (n,) weights; 2 is the same as the row twice, and a row of weight 0 only gets a label.
        n_init: how many runs; the one with the least inertia is kept.
    """
    counted = np.arange(len(X)) if sample_weight is None else np.flatnonzero(sample_weight > 0)
    if len(counted) < len(X):
        assert sample_weight is not None
        among, centers = kmeans_partition(X[counted], k, generator, sample_weight[counted], n_init)
        frame = ScaledRows.of(X[counted])
        labels = np.empty(len(X), dtype=np.int64)
        labels[counted] = among
        others = np.setdiff1d(np.arange(len(X)), counted)
        labels[others] = labels_of(ScaledRows(X[others], frame.offset, frame.scale, 0.0), frame.into(centers))
        return labels, centers
    frame = ScaledRows.of(X, sample_weight)
    starts = _kmeans_starts(frame, k, generator, n_init)
    best = _best_of(frame, starts, _REST if len(X) <= _RACE_ROWS else _REST_OF_MANY).centers
    return _none_empty(labels_of(frame, best), k), frame.out_of(best)


def kmeans_starts(
    X: Array, k: int, generator: np.random.Generator, sample_weight: Array | None = None, n_init: int = 10
) -> list[Array]:
    """Centers (k, d) from which Lloyd's iterations come to `kmeans_partition` of the same generator, by the best one.

    They are k-means++ seeds; beyond 20,000 rows the centers alone that won on a sample.
    """
    counted = slice(None) if sample_weight is None else sample_weight > 0
    frame = ScaledRows.of(X[counted], None if sample_weight is None else sample_weight[counted])
    return [frame.out_of(start) for start in _kmeans_starts(frame, k, generator, n_init)]


def kmeans_plus_plus(X: Array, k: int, generator: np.random.Generator, sample_weight: Array | None = None) -> Array:
    """Seeds (k, d): rows drawn far from one another (Arthur & Vassilvitskii 2007, greedy as in their section 5).

    Each next row is drawn with probability ∝ w_i min_j ‖x_i − c_j‖²; of 2 + ⌊ln k⌋ candidates the one that leaves the
    least inertia is taken. Where fewer than k rows differ, some seeds are equal.
    """
    return np.array(X[_seeds(ScaledRows.of(X, sample_weight), k, generator)], dtype=np.float64)


def random_rows(X: Array, k: int, generator: np.random.Generator, sample_weight: Array | None = None) -> Array:
    """Means (k, d): rows drawn with probability ∝ w_i, all different where at least k rows differ."""
    order = _drawn_order(len(X), generator, sample_weight)
    chosen: dict[bytes, int] = {}
    for row in order:
        chosen.setdefault((X[row] + 0.0).tobytes(), int(row))  # + 0.0: −0 and 0 are one place
        if len(chosen) == k:
            break
    rows = [*chosen.values()]
    rows += [int(row) for row in np.resize(order, k - len(rows))]
    return np.array(X[rows], dtype=np.float64)


def random_responsibilities(n: int, k: int, generator: np.random.Generator) -> Array:
    """(n, k) responsibilities drawn uniformly from the simplex, Dirichlet(1, …, 1), for each row by itself."""
    drawn = generator.standard_exponential((n, k)) + np.finfo(np.float64).tiny  # never a row of zeros
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))


def _kmeans_starts(frame: ScaledRows, k: int, generator: np.random.Generator, n_init: int) -> list[Array]:
    """In the frame: seeds of `n_init` runs, or where there are many rows the centers that won on a sample."""
    if len(frame.X) <= _RACE_ROWS:
        return [frame.into(frame.X[_seeds(frame, k, generator)]) for _ in range(n_init)]
    weight = np.ones(len(frame.X)) if frame.sample_weight is None else frame.sample_weight
    sample = ScaledRows.of(frame.X[np.sort(_draw(weight, generator, _RACE_ROWS))])
    best = _best_of(sample, _kmeans_starts(sample, k, generator, n_init), _REST_OF_MANY)
    return [frame.into(sample.out_of(best.centers))]


def _best_of(frame: ScaledRows, starts: list[Array], rest: float) -> Clusters:
    """The run of least inertia among those from these centers; the first of those that only rounding parts.

    Else the units of the data would choose among runs that end alike but for the numbers of their clusters.
    """
    runs = (_lloyd(frame, start, rest) for start in starts)
    return reduce(lambda best, run: run if run.inertia < (1.0 - _ALIKE) * best.inertia else best, runs)


def _lloyd(frame: ScaledRows, centers: Array, rest: float) -> Clusters:
    """Assign, update, assign, … until updating gains no more than this share; the last pass, about its own centres."""
    clusters = gather(frame, centers)
    for _ in range(_MAX_ITER):
        centers, moved = updated(frame, clusters)
        gain = clusters.inertia - clusters.inertia_about(centers)
        if gain <= rest * clusters.inertia and not moved:
            break
        clusters = gather(frame, centers)
    return clusters


def _seeds(frame: ScaledRows, k: int, generator: np.random.Generator) -> IntArray:
    """The rows (k,) of k-means++ seeds."""
    weight = np.ones(len(frame.X)) if frame.sample_weight is None else frame.sample_weight / frame.sample_weight.max()
    points = frame.rows(slice(None))
    seeds = _draw(weight, generator, 1)
    closest = squared_distances(points, points[:, seeds[0]])
    trials = 2 + int(np.log(k))
    while len(seeds) < k:
        potential = closest * weight
        if not potential.max() > 0:  # every row lies on a seed
            return np.append(seeds, _draw(weight, generator, k - len(seeds)))
        candidates = _draw(potential, generator, trials)
        nearer = [np.minimum(closest, squared_distances(points, points[:, row])) for row in candidates]
        best = int(np.argmin([distance @ weight for distance in nearer]))
        seeds, closest = np.append(seeds, candidates[best]), nearer[best]
    return seeds


def _draw(weight: Array, generator: np.random.Generator, number: int) -> IntArray:
    """Indices drawn with probability ∝ weight, which is not all zero."""
    cumulated = np.cumsum(weight)
    drawn = np.searchsorted(cumulated, generator.random(number) * cumulated[-1], side="right")
    last = int(np.flatnonzero(weight > 0)[-1])  # a product rounded up to the total would fall off the end
    return np.asarray(np.minimum(drawn, last), dtype=np.int64)


def _drawn_order(n: int, generator: np.random.Generator, sample_weight: Array | None) -> IntArray:
    """Rows of weight above zero, in the order of draws without putting back (Efraimidis & Spirakis 2006)."""
    if sample_weight is None:
        return np.asarray(generator.permutation(n), dtype=np.int64)
    counted = np.flatnonzero(sample_weight > 0)
    waits = generator.standard_exponential(len(counted)) / (sample_weight[counted] / sample_weight.max())
    return np.asarray(counted[np.argsort(waits, kind="stable")])


def _none_empty(labels: IntArray, k: int) -> IntArray:
    """Labels of which every one occurs where there are k rows: a lacking one takes a row of the fullest cluster."""
    sizes = np.bincount(labels, minlength=k)
    for lacking in np.flatnonzero(sizes == 0):
        fullest = int(sizes.argmax())
        if sizes[fullest] < 2:
            break
        labels[np.flatnonzero(labels == fullest)[-1]] = lacking
        sizes[fullest] -= 1
        sizes[lacking] += 1
    return labels
