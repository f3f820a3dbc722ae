"""Pictures by their values: what is drawn where, and that it is the truth about the parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm
from view_frames import blobs, catalogue, session_of, snapshots, walked

from emtui.charts.colors import DARK, mix
from emtui.charts.scene import Bars, Cloud, Curve, Dots, Ellipse, Mark, Scene, Trail, VLine
from emtui.charts.scene_drawing import draw_scene
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.views import view_for
from emtui.views.coins import CoinsView, binomial_mass, letter
from emtui.views.gaussian.gaussian import GaussianView
from emtui.views.generic import GenericView
from emtui.views.kmeans import KMeansView
from emtui.views.view import Axes, PictureAxis
from emtui.views.voronoi import voronoi_borders
from engine import BinomialMixture, EngineError, GaussianMixture, KMeans


def layers(scene: Scene, kind: type) -> list[Any]:
    return [layer for layer in scene.layers if isinstance(layer, kind)]


def test_every_model_has_its_view() -> None:
    assert isinstance(view_for("gmm"), GaussianView)
    assert isinstance(view_for(KMeans(n_components=2)), KMeansView)
    assert isinstance(view_for(BinomialMixture()), CoinsView)
    assert isinstance(view_for("some model of another package"), GenericView)
    assert view_for("gmm") is view_for(GaussianMixture())


def test_rows_are_grey_before_the_first_e_step_and_mixed_after_it() -> None:
    view, session = view_for("gmm"), Session(choose("iris"))
    start, assigned = snapshots(session, 1)
    (dots,) = layers(view.scene(start, view.axes(start)[0], DARK), Dots)
    assert dots.colors == DARK.muted
    (cloud,) = layers(view.scene(assigned, view.axes(assigned)[0], DARK), Cloud)
    X = start.spec.dataset.X
    np.testing.assert_array_equal(cloud.x, X[:, 2])
    np.testing.assert_array_equal(cloud.y, X[:, 3])
    posterior = assigned.step.posterior
    assert posterior is not None
    np.testing.assert_array_equal(cloud.responsibilities, posterior.responsibilities)


def test_ellipses_are_the_marginals_and_means_carry_trails() -> None:
    snapshot, view = catalogue("iris", 6), view_for("gmm")
    axes = Axes(PictureAxis("feature", 3, "petal width"), PictureAxis("feature", 0, "sepal length"))
    scene = view.scene(snapshot, axes, DARK)
    params = snapshot.step.params
    ellipses = layers(scene, Ellipse)
    assert [(e.n_std, e.style) for e in ellipses] == [(1.0, "solid"), (2.0, "dotted")] * 3
    for k, ellipse in enumerate(ellipses[::2]):
        np.testing.assert_allclose(ellipse.center, params.means[k][[3, 0]])
        np.testing.assert_allclose(ellipse.covariance, params.covariances[k][np.ix_([3, 0], [3, 0])], rtol=1e-12)
        assert ellipse.color == DARK.color(k)
    assert [(m.x, m.y) for m in layers(scene, Mark)] == [(m[3], m[0]) for m in params.means]
    for k, trail in enumerate(layers(scene, Trail)):
        np.testing.assert_array_equal(trail.x, [earlier.means[k][3] for earlier in snapshot.trail])
        assert trail.x[-1] == params.means[k][3]
    assert (scene.x_label, scene.y_label) == ("petal width", "sepal length")
    assert view.caption(snapshot, axes) == "petal width × sepal length"


def test_principal_components_carry_means_and_ellipses_along() -> None:
    snapshot, view = catalogue("wine", 4, standardize=True), view_for("gmm")
    axes = view.axes(snapshot)[1]
    scene, X, params = view.scene(snapshot, axes, DARK), snapshot.spec.dataset.X, snapshot.step.params
    _, _, directions = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    P = directions[:2] * np.sign([[row[np.abs(row).argmax()]] for row in directions[:2]])
    cloud = layers(scene, Cloud)[0]
    np.testing.assert_allclose(np.stack([cloud.x, cloud.y]), P @ (X - X.mean(axis=0)).T, atol=1e-9)
    for k, ellipse in enumerate(layers(scene, Ellipse)[::2]):
        np.testing.assert_allclose(ellipse.center, P @ (params.means[k] - X.mean(axis=0)), atol=1e-9)
        np.testing.assert_allclose(ellipse.covariance, P @ params.covariances[k] @ P.T, atol=1e-9)


def test_the_picture_of_standardised_data_is_in_the_units_of_the_data() -> None:
    raw, snapshot, view = catalogue("iris", 1), catalogue("iris", 1, standardize=True), view_for("gmm")
    axes = view.axes(snapshot)[0]
    own, standard = (layers(view.scene(snapshot, axes, DARK, units=units), Cloud)[0] for units in ("data", "standard"))
    np.testing.assert_allclose(own.x, raw.spec.dataset.X[:, 2], rtol=1e-12)
    np.testing.assert_allclose(standard.x, snapshot.spec.dataset.X[:, 2])


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_a_histogram_integrates_to_one_under_the_densities_of_scipy(kind: str) -> None:
    snapshot, view = catalogue("waiting", 4, settings={"covariance_type": kind}), view_for("gmm")
    scene, params = view.scene(snapshot, view.axes(snapshot)[0], DARK), snapshot.step.params
    bars = layers(scene, Bars)[0]
    assert np.sum(bars.heights * np.diff(bars.edges)) == pytest.approx(1.0, abs=1e-12)
    total, *each = layers(scene, Curve)
    variances = np.broadcast_to(np.asarray(params.covariances).ravel(), 2)
    for k, curve in enumerate(each):
        peer = params.weights[k] * norm.pdf(curve.x, params.means[k, 0], np.sqrt(variances[k]))
        np.testing.assert_allclose(curve.y, peer, rtol=1e-10, atol=1e-300)
    np.testing.assert_allclose(total.y, each[0].y + each[1].y)
    X, R = snapshot.spec.dataset.X[:, 0], snapshot.responsibilities
    assert R is not None
    for bar in range(len(bars.heights)):
        last = bar == len(bars.heights) - 1
        inside = (bars.edges[bar] <= X) & ((bars.edges[bar + 1] >= X) if last else (bars.edges[bar + 1] > X))
        if inside.any():
            np.testing.assert_array_equal(
                bars.colors[bar], mix(R[inside].sum(axis=0, keepdims=True), DARK.fills(R.shape[1]))[0]
            )


def test_one_column_of_many_has_its_exact_marginal() -> None:
    snapshot, view = catalogue("iris", 4), view_for("gmm")
    scene = view.scene(snapshot, Axes(PictureAxis("feature", 1, "sepal width")), DARK)
    params = snapshot.step.params
    for k, curve in enumerate(layers(scene, Curve)[1:]):
        peer = params.weights[k] * norm.pdf(curve.x, params.means[k, 1], np.sqrt(params.covariances[k, 1, 1]))
        np.testing.assert_allclose(curve.y, peer, rtol=1e-10, atol=1e-300)


def test_a_chosen_row_is_marked_and_found_again() -> None:
    snapshot, view = catalogue("iris", 3), view_for("gmm")
    axes, X = view.axes(snapshot)[0], snapshot.spec.dataset.X
    assert layers(view.scene(snapshot, axes, DARK, highlight=71), Cloud)[0].highlight == 71
    row = view.row_at(snapshot, axes, X[71, 2] + 0.01, X[71, 3])
    assert row is not None
    np.testing.assert_array_equal(X[row, 2:], X[71, 2:])
    assert view.row_at(snapshot, axes, float("nan"), 1.0) is None
    one_axis = Axes(PictureAxis("feature", 2, "petal length"))
    assert VLine in map(type, view.scene(snapshot, one_axis, DARK, highlight=71).layers)
    found = view.row_at(snapshot, one_axis, 6.9, 0.0)
    assert found is not None
    assert X[found, 2] == 6.9


def test_a_row_that_is_not_drawn_is_marked_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emtui.session.posterior_cache.ROWS_DRAWN", 40)
    session = session_of(blobs(200, 2, 2), GaussianMixture(n_components=2))
    snapshot, view = walked(session, 1), view_for("gmm")
    assert len(snapshot.rows) == 40
    left_out = int(np.setdiff1d(np.arange(200), snapshot.rows)[0])
    axes, X = view.axes(snapshot)[0], snapshot.spec.dataset.X
    scene = view.scene(snapshot, axes, DARK, highlight=left_out)
    (dot,) = layers(scene, Dots)
    assert (dot.x[0], dot.y[0], dot.highlight) == (X[left_out, 0], X[left_out, 1], 0)
    np.testing.assert_array_equal(layers(scene, Cloud)[0].x, X[snapshot.rows, 0])
    drawn = int(snapshot.rows[7])
    assert layers(view.scene(snapshot, axes, DARK, highlight=drawn), Cloud)[0].highlight == 7
    assert view.row_at(snapshot, axes, X[drawn, 0], X[drawn, 1]) == drawn


# k-means


@settings(max_examples=examples(40))
@given(st.integers(0, 10_000), st.integers(2, 7))
def test_borders_are_where_two_centres_are_equally_near(seed: int, K: int) -> None:
    centers = np.random.default_rng(seed).normal(size=(K, 2)) * 1e3
    low, high = np.array([-1500.0, -900.0]), np.array([1200.0, 1800.0])
    segments = voronoi_borders(centers, low, high)
    share = np.linspace(0.0, 1.0, 5)[None, :, None]
    points = (segments[:, :1] * (1 - share) + segments[:, 1:] * share).reshape(-1, 2)
    distances = np.sort(np.linalg.norm(points[:, None] - centers, axis=2), axis=1)
    np.testing.assert_allclose(distances[:, 0], distances[:, 1], rtol=1e-9)
    assert (points >= low - 1e-6).all()
    assert (points <= high + 1e-6).all()
    # Along a line through the box the nearest centre changes exactly where the line meets a border.
    across = np.stack([np.linspace(low[0], high[0], 4001), np.full(4001, 12.34)], axis=1)
    nearest = np.linalg.norm(across[:, None] - centers, axis=2).argmin(axis=1)
    y = segments[:, :, 1] - 12.34
    assert int(np.count_nonzero(np.diff(nearest))) <= int((y[:, 0] * y[:, 1] <= 0).sum())
    if len(set(nearest.tolist())) > 1:
        assert len(segments)


def test_borders_of_one_or_equal_centres() -> None:
    box = np.zeros(2), np.ones(2)
    assert len(voronoi_borders(np.array([[0.5, 0.5]]), *box)) == 0
    assert len(voronoi_borders(np.full((3, 2), 0.5), *box)) == 0
    assert len(voronoi_borders(np.eye(2), np.zeros(2), np.zeros(2))) == 0
    (middle,) = voronoi_borders(np.array([[0.0, 0.5], [1.0, 0.5]]), *box)
    np.testing.assert_allclose(sorted(middle[:, 1]), [0.0, 1.0])
    np.testing.assert_allclose(middle[:, 0], 0.5)


def test_k_means_draws_borders_where_all_columns_are_seen() -> None:
    view = view_for("kmeans")
    snapshot = walked(session_of(blobs(80, 2, 3), KMeans(n_components=3)), 2)
    first, swapped = view.axes(snapshot)[0], Axes(PictureAxis("feature", 1, "x2"), PictureAxis("feature", 0, "x1"))
    curves, turned = (layers(view.scene(snapshot, axes, DARK), Curve) for axes in (first, swapped))
    assert len(curves) >= 2
    for curve, other in zip(curves, turned, strict=True):
        np.testing.assert_allclose(sorted(curve.x), sorted(other.y))
        np.testing.assert_allclose(sorted(curve.y), sorted(other.x))
    centers = snapshot.step.params.centers
    for curve in curves:
        ends = np.stack([curve.x, curve.y], axis=1)
        distances = np.sort(np.linalg.norm(ends[:, None] - centers, axis=2), axis=1)
        np.testing.assert_allclose(distances[:, 0], distances[:, 1], rtol=1e-9)
    assert not layers(view.scene(snapshot, view.axes(snapshot)[1], DARK), Curve)  # principal components
    iris = catalogue("iris", 2, model="kmeans")
    assert not layers(view.scene(iris, view.axes(iris)[0], DARK), Curve)
    assert len(layers(view.scene(iris, Axes(PictureAxis("feature", 2, "petal length")), DARK), VLine)) == 3


# coins


def test_coins_are_bars_divided_by_their_responsibilities() -> None:
    snapshot, view = catalogue("coins", 3), view_for("coins")
    by_set, by_heads = view.axes(snapshot)
    scene = view.scene(snapshot, by_set, DARK, highlight=2)
    whole, first = layers(scene, Bars)
    R = snapshot.responsibilities
    assert R is not None
    np.testing.assert_array_equal(whole.heights[::2], [5, 9, 8, 4, 7])
    np.testing.assert_allclose(first.heights[::2], np.array([5, 9, 8, 4, 7]) * R[:, 0])
    assert not whole.heights[1::2].any()
    assert (whole.colors, first.colors) == DARK.fills(2)[::-1]
    np.testing.assert_allclose([c.y[0] for c in layers(scene, Curve)], 10 * snapshot.step.params.probabilities)
    assert layers(scene, VLine)[0].x == 3.0
    assert view.row_at(snapshot, by_set, 3.2, 1.0) == 2
    assert view.row_at(snapshot, by_set, 9.0, 1.0) is None
    assert view.row_at(snapshot, by_heads, 8.2, 0.0) == 2
    assert view.component_names(snapshot) == ("A", "B")
    assert letter(27) == "B2"


def test_heads_stand_under_each_coins_binomial() -> None:
    snapshot, view = catalogue("coins", 2), view_for("coins")
    scene = view.scene(snapshot, view.axes(snapshot)[1], DARK)
    bars, params = layers(scene, Bars)[0], snapshot.step.params
    assert bars.heights.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(bars.heights[[4, 5, 7, 8, 9]], 0.2)
    for k, curve in enumerate(layers(scene, Curve)):
        peer = params.weights[k] * binom.pmf(np.arange(11), 10, params.probabilities[k])
        np.testing.assert_allclose(curve.y[:-1], peer, rtol=1e-9)
        assert curve.style == "step"


def test_many_tosses_are_put_together() -> None:
    heads = np.random.default_rng(0).binomial(5_000, 0.4, size=300)
    model = BinomialMixture(n_components=2, n_trials=5_000)
    snapshot, view = walked(session_of(heads, model), 3), view_for("coins")
    (axes,) = view.axes(snapshot)
    scene = view.scene(snapshot, axes, DARK)
    bars = layers(scene, Bars)[0]
    assert len(bars.heights) <= 61
    assert bars.heights.sum() == pytest.approx(1.0)
    assert sum(curve.y[:-1].sum() for curve in layers(scene, Curve)) == pytest.approx(1.0)
    np.testing.assert_allclose(
        binomial_mass(5_000, 0.4), binom.pmf(np.arange(5_001), 5_000, 0.4), rtol=1e-6, atol=1e-300
    )
    assert binomial_mass(3, 0.0).tolist() == [1, 0, 0, 0]
    assert binomial_mass(3, 1.0).tolist() == [0, 0, 0, 1]


@settings(max_examples=examples(30))
@given(
    st.integers(0, 1_000),
    st.integers(1, 30),
    st.integers(1, 3),
    st.sampled_from([1e-150, 1e-3, 1.0, 1e8, 1e100]),
    st.booleans(),
)
def test_any_picture_of_any_table_can_be_drawn(seed: int, n: int, d: int, scale: float, offset: bool) -> None:
    X = np.random.default_rng(seed).integers(-3, 4, size=(n, d)) * scale + (1e8 * scale if offset else 0.0)
    K = min(2, n)
    for model in (GaussianMixture(n_components=K, init="points"), KMeans(n_components=K)):
        try:
            session = session_of(X, model)
        except EngineError:
            continue  # the engine refuses these rows in a sentence of its own
        view = view_for(model)
        for snapshot in snapshots(session, 3):
            for axes in view.axes(snapshot)[:3]:
                for units in ("data", "standard"):
                    scene = view.scene(snapshot, axes, DARK, highlight=0, units=units)
                    draw_scene(scene, 40, 12, DARK)
                    assert view.row_at(snapshot, axes, float(X[0, axes.x.index]), 0.0) is not None
