"""Starts: against scikit-learn, on hard data, and what each draw promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.starts.initialization import kmeans_partition, kmeans_plus_plus, random_responsibilities, random_rows


def rng(seed=0):
    return np.random.default_rng(seed)


def blobs(n, d, K, seed, spread=1.0):
    generator = rng(seed)
    centers = generator.normal(size=(K, d)) * 3
    return centers[generator.integers(K, size=n)] + spread * generator.normal(size=(n, d))


def inertia(X, labels, weights=None):
    weights = np.ones(len(X)) if weights is None else weights
    total = 0.0
    for k in np.unique(labels):
        rows, w = X[labels == k], weights[labels == k]
        total += (w @ (rows - np.average(rows, axis=0, weights=w if w.any() else None)) ** 2).sum()
    return total


def test_the_partition_is_as_good_as_that_of_scikit_learn():
    from sklearn.cluster import KMeans

    for X, K in ((engine.load("iris").X, 3), (engine.load("wine").X, 3), (blobs(500, 3, 5, 1, 0.2), 5)):
        labels, centers = kmeans_partition(X, K, rng())
        peer = KMeans(K, n_init=10, random_state=0, tol=0).fit(X)
        assert inertia(X, labels) == pytest.approx(peer.inertia_, rel=1e-9)
        for k in range(K):
            np.testing.assert_allclose(centers[k], X[labels == k].mean(axis=0), rtol=1e-9)


def test_on_many_random_sets_it_is_never_much_worse():
    from sklearn.cluster import KMeans

    for seed in range(8):
        K = 2 + seed % 6
        X = blobs(120, 1 + seed % 4, K, seed)
        ours = inertia(X, kmeans_partition(X, K, rng(seed))[0])
        assert ours <= 1.01 * KMeans(K, n_init=10, random_state=seed).fit(X).inertia_


def test_many_rows_race_on_a_sample_and_end_as_well():
    X = blobs(21_000, 2, 4, 0)
    labels, centers = kmeans_partition(X, 4, rng(), n_init=3)
    assert labels.shape == (21_000,)
    from sklearn.cluster import KMeans

    assert inertia(X, labels) <= (1 + 1e-3) * KMeans(4, n_init=3, random_state=0, tol=0).fit(X).inertia_
    assert ((X - centers[labels]) ** 2).sum() <= (1 + 1e-3) * inertia(X, labels)


def test_the_sample_stands_for_all_rows_by_their_weight():
    generator = rng()
    truth = np.repeat([0, 1, 2, 3], [12_000, 6_000, 3_000, 1_000])  # in order, so that a sample of one end shows
    X = np.array([[0.0, 0.0], [20.0, 0.0], [0.0, 20.0], [20.0, 20.0]])[truth] + generator.normal(size=(22_000, 2))
    for weights in (None, np.where(truth == 3, 5.0, 0.5)):
        found = engine.agreement(kmeans_partition(X, 4, rng(), weights, n_init=1)[0], truth)
        assert found.hits == 22_000


def test_seeds_leave_as_little_as_those_of_scikit_learn():
    from sklearn.cluster import kmeans_plusplus

    X = blobs(300, 2, 8, 4, 0.3)
    ours, theirs = (
        np.mean([((X[:, None] - draw(seed)) ** 2).sum(axis=2).min(axis=1).sum() for seed in range(40)])
        for draw in (lambda s: kmeans_plus_plus(X, 8, rng(s)), lambda s: kmeans_plusplus(X, 8, random_state=s)[0])
    )
    assert ours == pytest.approx(theirs, rel=0.15)


def test_a_seed_is_a_partition():
    X = blobs(200, 2, 4, 0, 3.0)
    for start in (kmeans_partition, lambda *a: (kmeans_plus_plus(*a), random_rows(*a))):
        one, again = start(X, 4, rng(7)), start(X, 4, rng(7))
        assert all(a.tobytes() == b.tobytes() for a, b in zip(one, again, strict=True))
    assert kmeans_plus_plus(X, 4, rng(7)).tobytes() != kmeans_plus_plus(X, 4, rng(8)).tobytes()


@pytest.mark.parametrize("size", [1e-150, 1e150])
def test_scale_does_not_matter(size):
    X = blobs(100, 3, 3, 0)
    labels, centers = kmeans_partition(X, 3, rng())
    scaled_labels, scaled_centers = kmeans_partition(X * size, 3, rng())
    np.testing.assert_array_equal(scaled_labels, labels)
    np.testing.assert_allclose(scaled_centers / size, centers, rtol=1e-12, atol=1e-12)
    for start in (kmeans_plus_plus, random_rows):
        np.testing.assert_allclose(start(X * size, 3, rng()) / size, start(X, 3, rng()), rtol=1e-12)


def test_an_offset_does_not_matter():
    X = np.round(blobs(100, 3, 3, 0) * 2**10) / 2**10
    labels, centers = kmeans_partition(X, 3, rng())
    other_labels, other_centers = kmeans_partition(X + 2.0**27, 3, rng())
    np.testing.assert_array_equal(other_labels, labels)
    np.testing.assert_allclose(other_centers - 2.0**27, centers, atol=1e-7)


@pytest.mark.parametrize(
    "X",
    [
        np.ones((5, 2)),
        np.repeat([[0.0], [1.0]], 4, axis=0),
        np.zeros((3, 1)),
        [[1e8, 0.0]] * 9,
        [[0.0], [1e-12], [1.0]],
    ],
)
def test_fewer_distinct_rows_than_clusters_leave_no_label_out(X):
    X = np.asarray(X)
    for seed in range(5):
        labels, centers = kmeans_partition(X, 3, rng(seed))
        assert set(labels) == {0, 1, 2}
        assert np.isfinite(centers).all()
        assert {tuple(row) for row in np.round(centers, 9)} <= {tuple(row) for row in np.round(X, 9)}
        for start in (kmeans_plus_plus, random_rows):
            assert {tuple(row) for row in start(X, 3, rng(seed))} <= {tuple(row) for row in X}


def test_fewer_rows_than_clusters_are_finite():
    labels, centers = kmeans_partition(np.array([[1.0, 2.0], [3.0, 4.0]]), 5, rng())
    assert len(set(labels)) == 2
    assert centers.shape == (5, 2)
    assert np.isfinite(centers).all()


def test_rows_of_weight_zero_only_get_a_label():
    X = np.vstack([blobs(60, 2, 2, 1), [[1e3, 1e3]] * 3])
    weights = np.r_[np.ones(60), np.zeros(3)]
    labels, centers = kmeans_partition(X, 2, rng(), weights)
    alone, centers_alone = kmeans_partition(X[:60], 2, rng())
    np.testing.assert_array_equal(labels[:60], alone)
    np.testing.assert_array_equal(centers, centers_alone)
    nearest = ((X[60:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(labels[60:], nearest)
    for start in (kmeans_plus_plus, random_rows):
        for seed in range(20):
            assert start(X, 2, rng(seed), weights).max() < 1e3


def test_weights_are_copies_to_the_partition():
    X = blobs(80, 2, 3, 2, 0.5)
    weights = rng(1).integers(1, 4, 80)
    labels, _ = kmeans_partition(X, 3, rng(), weights.astype(float))
    copied, _ = kmeans_partition(np.repeat(X, weights, axis=0), 3, rng())
    assert inertia(X, labels, weights) == pytest.approx(inertia(np.repeat(X, weights, axis=0), copied), rel=1e-9)


def test_seeds_are_rows_far_from_one_another():
    X = np.vstack([rng(k).normal(size=(30, 2)) * 0.01 + [[10 * k, 0]] for k in range(4)])
    for seed in range(20):
        seeds = kmeans_plus_plus(X, 4, rng(seed))
        assert sorted(np.round(seeds[:, 0] / 10)) == [0, 1, 2, 3]
        assert all((seed == X).all(axis=1).any() for seed in seeds)


def test_random_rows_are_distinct_and_drawn_by_weight():
    X = np.array([[0.0], [-0.0], [1.0], [2.0]])
    for seed in range(30):
        assert len(set(random_rows(X, 3, rng(seed)).ravel())) == 3
    weights = np.array([1.0, 0.0, 1.0, 6.0])
    first = [random_rows(X, 1, rng(seed), weights)[0, 0] for seed in range(2000)]
    np.testing.assert_allclose([first.count(0.0), first.count(1.0), first.count(2.0)], [250, 250, 1500], atol=75)


@given(st.integers(1, 30), st.integers(1, 6), st.integers(0, 9))
def test_random_responsibilities_lie_on_the_simplex(n, k, seed):
    r = random_responsibilities(n, k, rng(seed))
    assert r.shape == (n, k)
    assert (r >= 0).all()
    np.testing.assert_allclose(r.sum(axis=1), 1.0, rtol=1e-12)


def test_random_responsibilities_are_uniform_on_the_simplex():
    r = random_responsibilities(20_000, 3, rng())
    np.testing.assert_allclose(r.mean(axis=0), 1 / 3, atol=0.01)
    np.testing.assert_allclose(r.var(axis=0), 2 / 36, atol=0.003)  # that of a Dirichlet(1, 1, 1)
    assert np.mean(r[:, 0] > 0.5) == pytest.approx(0.25, abs=0.015)
