"""k-means, stepped: against scikit-learn, against every partition, and its own invariants."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import engine
from engine.errors import DataError, EngineError, OptionError
from engine.starts import nearest_centres as nearest
from engine.testing import check_model

Params = engine.KMeans.Params
tables = arrays(
    np.float64,
    st.tuples(st.integers(3, 12), st.integers(1, 3)),
    elements=st.floats(-100, 100).map(lambda x: round(x, 2)),
)


@pytest.fixture(scope="module")
def iris():
    return engine.load("iris")


def blobs(n=300, d=3, K=4, seed=0):
    generator = np.random.default_rng(seed)
    centers = generator.normal(size=(K, d)) * 6
    return centers[generator.integers(K, size=n)] + generator.normal(size=(n, d))


def inertia(X, centers):
    return ((X[:, None] - centers) ** 2).sum(axis=2).min(axis=1).sum()


def test_iris_has_134_of_150_and_the_published_inertia(iris):
    run = engine.fit(engine.KMeans(), iris.X, n_init=10)
    assert run.log_likelihood == pytest.approx(-78.8514, abs=5e-5)
    found = engine.agreement(run.labels, iris.y)
    assert (found.hits, found.total) == (134, 150)
    assert run.converged


def test_every_update_is_that_of_scikit_learn(iris):
    from sklearn.cluster import KMeans

    start = iris.X[[0, 60, 61]]
    for step in engine.iterate(engine.KMeans(), iris.X, start=Params(start), tol=0, max_iter=12):
        if step.phase == "M":
            peer = KMeans(3, init=step.params_q.centers, n_init=1, max_iter=1, tol=0).fit(iris.X)
            np.testing.assert_allclose(step.params.centers, peer.cluster_centers_, rtol=1e-12)


def test_the_end_is_that_of_scikit_learn(iris):
    from sklearn.cluster import KMeans

    for X, K in ((iris.X, 3), (engine.load("wine").X, 3), (blobs(), 4)):
        start = X[:: len(X) // K][:K]
        run = engine.fit(engine.KMeans(n_components=K), X, start=Params(start), tol=1e-15)
        peer = KMeans(K, init=start, n_init=1, tol=0).fit(X)
        assert -run.log_likelihood == pytest.approx(peer.inertia_, rel=1e-9)
        np.testing.assert_array_equal(run.labels, peer.labels_)


def test_weights_are_those_of_scikit_learn():
    from sklearn.cluster import KMeans

    X = blobs()
    weights = np.random.default_rng(1).uniform(0.1, 5, len(X))
    run = engine.fit(engine.KMeans(n_components=4), X, start=Params(X[:4]), sample_weight=weights, tol=1e-15)
    peer = KMeans(4, init=X[:4], n_init=1, tol=0).fit(X, sample_weight=weights)
    assert -run.log_likelihood == pytest.approx(peer.inertia_, rel=1e-9)
    np.testing.assert_allclose(run.params.centers, peer.cluster_centers_, rtol=1e-9)


def test_the_best_of_many_starts_is_the_best_of_all_partitions():
    X = np.random.default_rng(3).normal(size=(7, 2))
    best = np.inf
    for labels in product(range(3), repeat=7):
        if len(set(labels)) == 3:
            members = [X[np.array(labels) == k] for k in range(3)]
            best = min(best, sum(((rows - rows.mean(axis=0)) ** 2).sum() for rows in members))
    run = engine.fit(engine.KMeans(), X, n_init=20)
    assert -run.log_likelihood == pytest.approx(best, rel=1e-12)


def test_the_ledger_is_that_of_the_definitions():
    X = blobs(60)
    for step in engine.iterate(engine.KMeans(n_components=4), X, seed=5, max_iter=5, tol=0):
        assert step.log_likelihood == pytest.approx(-inertia(X, step.params.centers), rel=1e-12)
        if step.phase != "init":
            labels = step.posterior.labels
            np.testing.assert_array_equal(
                labels, ((X[:, None] - step.params_q.centers) ** 2).sum(axis=2).argmin(axis=1)
            )
            assert step.elbo == pytest.approx(-((X - step.params.centers[labels]) ** 2).sum(), rel=1e-12)
            assert step.entropy == 0
            assert step.kl >= -1e-9
        if step.phase == "E":
            assert step.kl == 0
        if step.phase == "M":
            means = [X[labels == k].mean(axis=0) for k in range(4)]
            np.testing.assert_allclose(step.params.centers, means, rtol=1e-12)


@pytest.mark.parametrize("algorithm", ["hard", "stochastic", "annealed"])
def test_k_means_is_hard_whatever_the_algorithm(algorithm):
    X = blobs(60)
    plain = engine.fit(engine.KMeans(), X, max_iter=4, tol=0)
    other = engine.fit(engine.KMeans(), X, max_iter=4, tol=0, algorithm=algorithm)
    np.testing.assert_array_equal(plain.params.centers, other.params.centers)


def test_an_empty_component_moves_to_the_farthest_row_and_is_named():
    X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [5.0, 5.1], [9.1, 0.0]]) + 1 / 3
    far = Params([[0.3, 0.3], [100.0, 100.0], [200.0, 0.0]])
    steps = list(engine.iterate(engine.KMeans(), X, start=far, max_iter=3))
    assert [event.component for event in steps[2].events] == [1, 2]
    assert "row 5" in steps[2].events[0].message
    assert "row 4" in steps[2].events[1].message
    np.testing.assert_array_equal(steps[2].params.centers[1:], X[[4, 3]])
    objectives = [step.objective for step in steps]
    assert all(b >= a for a, b in pairwise(objectives))
    assert np.bincount(steps[-1].posterior.labels, minlength=3).min() > 0


def test_components_without_a_row_to_go_to_stay_and_say_so():
    start = Params([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    steps = list(engine.iterate(engine.KMeans(), np.ones((4, 2)), start=start, max_iter=3))
    assert [event.component for event in steps[2].events] == [1, 2]
    assert "stays where it was" in steps[2].events[0].message
    np.testing.assert_array_equal(steps[-1].params.centers, start.centers)
    assert steps[-1].log_likelihood == 0


def test_a_row_of_weight_zero_does_not_hold_a_component():
    X = np.array([[0.0], [1.0], [50.0]])
    steps = list(engine.iterate(
        engine.KMeans(n_components=2), X, sample_weight=[1, 1, 0], start=Params([[0.5], [50.0]]), max_iter=4
    ))  # fmt: skip
    assert "component 2" in steps[2].events[0].message
    assert steps[-1].log_likelihood == 0
    assert sorted(steps[-1].params.centers.ravel()) == [0, 1]


@pytest.mark.parametrize("size", [1e-150, 1e-20, 1.0, 1e20, 1e150])
def test_any_scale_gives_the_same_walk(iris, size):
    plain = engine.fit(engine.KMeans(), iris.X, seed=2)
    scaled = engine.fit(engine.KMeans(), iris.X * size, seed=2)
    np.testing.assert_array_equal(plain.labels, scaled.labels)
    assert scaled.n_iter == plain.n_iter
    np.testing.assert_allclose(scaled.params.centers / size, plain.params.centers, rtol=1e-12)
    np.testing.assert_allclose(scaled.log_likelihood / size / size, plain.log_likelihood, rtol=1e-9)


def test_a_large_offset_costs_no_digits_beyond_those_of_the_data(iris):
    X = np.round(iris.X * 2**10) / 2**10  # numbers that stay exact when 2^27 is added
    plain = engine.fit(engine.KMeans(), X, seed=2)
    offset = engine.fit(engine.KMeans(), X + 2.0**27, seed=2)
    np.testing.assert_array_equal(plain.labels, offset.labels)
    assert offset.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-9)
    assert inertia(X + 2.0**27, offset.params.centers) == pytest.approx(-offset.log_likelihood, rel=1e-9)


def test_clusters_far_tighter_than_the_data_keep_their_digits(monkeypatch):
    monkeypatch.setattr(nearest, "_SMALL", 0)
    generator = np.random.default_rng(0)
    X = np.repeat([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], 50, axis=0) + 1e-9 * generator.normal(size=(150, 2))
    run = engine.fit(engine.KMeans(), X, start=Params(X[::50]), max_iter=3, tol=0)
    members = [X[50 * k : 50 * k + 50] for k in range(3)]
    expected = sum(((rows - rows.mean(axis=0)) ** 2).sum() for rows in members)
    assert -run.log_likelihood == pytest.approx(expected, rel=1e-7, abs=0)


@pytest.mark.parametrize("weighted", [False, True])
def test_both_ways_to_compare_gather_the_same(monkeypatch, weighted):
    X = blobs(5000, d=5, K=7)
    weights = np.random.default_rng(0).uniform(0, 3, 5000) if weighted else None
    frame = nearest.ScaledRows.of(X, weights)
    centers = frame.into(X[:9])
    one = nearest._gather_differences(frame, centers)
    other = nearest._gather_products(frame, centers)
    np.testing.assert_allclose(other.counts, one.counts, rtol=1e-12)
    np.testing.assert_allclose(other.shifts, one.shifts, atol=1e-9)
    assert other.inertia == pytest.approx(one.inertia, rel=1e-12)
    monkeypatch.setattr(nearest, "_SMALL", 0)
    assert nearest.gather(frame, centers).inertia == other.inertia


def test_a_row_between_equal_centres_is_counted_once():
    X = np.array([[-1.0], [0.0], [1.0], [0.0]])
    frame = nearest.ScaledRows.of(X)
    centers = frame.into(np.array([[-1.0], [1.0], [1.0]]))
    for gathered in (nearest._gather_products(frame, centers), nearest._gather_differences(frame, centers)):
        assert gathered.counts.tolist() == [3, 1, 0]


@given(tables, st.integers(1, 4), st.integers(0, 5))
def test_the_objective_never_falls_and_the_end_is_at_rest(X, K, seed):
    steps = list(engine.iterate(engine.KMeans(n_components=K), X, seed=seed, tol=1e-12))
    objectives = [step.objective for step in steps]
    unit = steps[0].problem.model.objective_unit(steps[0].problem.data)
    assert all(b >= a - 1e-9 * unit for a, b in pairwise(objectives))
    assert steps[-1].converged
    assert steps[-1].log_likelihood == pytest.approx(-inertia(X, steps[-1].params.centers), rel=1e-9, abs=1e-12)


@given(tables, st.data())
def test_a_weight_is_so_many_copies(X, data):
    weights = data.draw(st.lists(st.integers(0, 3), min_size=len(X), max_size=len(X)).filter(any))
    start = Params(X[:2] + np.array([[0.001], [0.002]]))
    model = engine.KMeans(n_components=2)
    weighted = engine.begin(model, X, sample_weight=weights, start=start)
    copied = engine.begin(model, np.repeat(X, weights, axis=0), start=start)
    for _ in range(3):
        assert weighted.log_likelihood == pytest.approx(copied.log_likelihood, rel=1e-9, abs=1e-9)
        weighted, copied = engine.advance(weighted), engine.advance(copied)


@pytest.mark.parametrize("init", ["kmeans++", "points"])
def test_k_means_keeps_every_invariant(init, iris):
    check_model(engine.KMeans(init=init), iris.X, seed=1)
    check_model(engine.KMeans(n_components=5, init=init), blobs(80), seed=2)
    check_model(engine.KMeans(n_components=1, init=init), iris.X[:, :1])


def test_k_means_keeps_every_invariant_with_many_rows(monkeypatch):
    monkeypatch.setattr(nearest, "_SMALL", 0)
    check_model(engine.KMeans(n_components=4), blobs(400), seed=2, n_iter=5)


@pytest.mark.parametrize("init", ["kmeans++", "points"])
@pytest.mark.parametrize("X", [[[3.0]], np.zeros((4, 2)), [[1.0, 2.0], [1.0, 3.0]], np.eye(3)], ids=str)
def test_few_or_equal_rows_end_somewhere_finite(X, init):
    run = engine.fit(engine.KMeans(init=init), X)
    assert np.isfinite(run.params.centers).all()
    assert run.log_likelihood == 0
    assert run.converged


@pytest.mark.parametrize(
    "X",
    [
        [],
        [[]],
        [[np.nan]],
        [[np.inf, 1]],
        [["a"]],
        np.eye(3) * 1e200,
        np.eye(3) * 1e-200,
        [[1, 2], [3]],
        np.ones((2, 2, 2)),
    ],
)
def test_what_cannot_be_clustered_is_refused_in_one_sentence(X):
    with pytest.raises(DataError) as caught:
        engine.KMeans().observe(X)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_labels_are_refused():
    with pytest.raises(DataError, match="leave y out"):
        engine.KMeans().observe(np.eye(3), [0, 1, 2])


@pytest.mark.parametrize("centers", [np.zeros((2, 4)), np.zeros((3, 3)), np.zeros(3), np.full((3, 4), np.nan)])
def test_centers_that_do_not_fit_are_refused(centers, iris):
    with pytest.raises(EngineError, match="centers of a start"):
        engine.begin(engine.KMeans(), iris.X, start=Params(centers))


def test_options_are_checked():
    for wrong in ({"n_components": 0}, {"init": "random"}):
        with pytest.raises(OptionError):
            engine.KMeans(**wrong)


def test_new_rows_go_to_the_nearest_centre(iris):
    run = engine.fit(engine.KMeans(), iris.X)
    np.testing.assert_array_equal(run.predict(iris.X), run.labels)
    np.testing.assert_array_equal(run.predict(run.params.centers[[2]]), [2])
    assert run.predict_proba(iris.X[:2]).sum(axis=1).tolist() == [1, 1]
    with pytest.raises(DataError, match="4"):
        run.predict(iris.X[:, :2])


def test_parameters_are_counted(iris):
    run = engine.fit(engine.KMeans(), iris.X)
    assert run.model.n_parameters(run.params) == 12
