"""Numbers and arithmetic of the pair plot: densities, correlations, groups and their colours, order of pairs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from view_frames import blobs, catalogue, session_of, walked

from emtui.charts.colors import DARK
from emtui.charts.histogram import histogram
from emtui.charts.scene import Bars, Cloud, Curve, Dots, Ellipse, Mark, Scene, StackedBars
from emtui.screens.pairs.group_statistics import Columns, group_heights
from emtui.screens.pairs.groupings import UNKNOWN, Grouping, class_marks, even_draw, grouping, offered
from emtui.screens.pairs.pair_order import PairOrder, window_pairs
from emtui.screens.pairs.pair_plot import PairPlot
from emtui.session.baseline import kmeans_baseline
from emtui.session.snapshot import StepSnapshot
from engine.analysis.evaluation import agreement
from engine.models.gaussian.mixture import GaussianMixture


def one_hot(labels: Any, groups: int) -> Any:
    return np.eye(groups)[labels]


def plot_of(snapshot: StepSnapshot, name: Any = "own", most: int = 5_000) -> PairPlot:
    return PairPlot(snapshot, grouping(snapshot, name), DARK, most)


def on(source: str, steps: int, **words: Any) -> StepSnapshot:
    """A frame of a data set with k-means beside it."""
    snapshot = catalogue(source, steps, **words)
    return replace(snapshot, baseline=kmeans_baseline(snapshot.spec))


# densities


@given(st.integers(0, 10_000), st.integers(1, 200), st.integers(1, 4), st.sampled_from([1.0, 1e-150, 1e150]))
def test_the_groups_of_a_histogram_have_the_area_one(seed: int, n: int, groups: int, scale: float) -> None:
    draw = np.random.default_rng(seed)
    values, shares = draw.normal(size=n) * scale, draw.dirichlet(np.ones(groups), size=n)
    bars = histogram(values, 12)
    heights = group_heights(values, shares, bars)
    np.testing.assert_allclose((heights * np.diff(bars.edges)).sum(), 1.0, rtol=1e-9)
    np.testing.assert_allclose(heights.sum(axis=0), bars.heights, rtol=1e-9)
    np.testing.assert_allclose((heights * np.diff(bars.edges)).sum(axis=1), shares.mean(axis=0), rtol=1e-9)


def test_missing_values_and_empty_columns_have_no_density() -> None:
    values, shares = np.array([1.0, np.nan, 2.0, 4.0]), one_hot([0, 0, 1, 1], 2)
    bars = histogram(values, 3)
    area = (group_heights(values, shares, bars) * np.diff(bars.edges)).sum(axis=1)
    np.testing.assert_allclose(area, [1 / 3, 2 / 3])
    empty = np.full(4, np.nan)
    assert group_heights(empty, shares, histogram(empty)).shape == (2, 0)


@pytest.mark.parametrize("name", ["truth", "own", "k-means"])
def test_every_density_of_a_picture_has_the_area_one(name: str) -> None:
    snapshot = on("iris", 5)
    for column in range(4):
        scene = plot_of(snapshot, name).density(column, small=True)
        first = scene.layers[0]
        if isinstance(first, StackedBars):
            assert name != "own"
            total = (first.heights * np.diff(first.edges)).sum()
        else:
            assert isinstance(first, Bars)
            total = (first.heights * np.diff(first.edges)).sum()
            curves = [layer for layer in scene.layers if isinstance(layer, Curve)]
            areas = [np.trapezoid(np.nan_to_num(curve.y), curve.x) for curve in curves]
            # the tails beyond the picture are left out
            np.testing.assert_allclose(areas, snapshot.step.params.weights, atol=0.02)
        assert total == pytest.approx(1.0)


# correlations


@given(
    st.integers(0, 10_000),
    st.integers(5, 60),
    st.integers(2, 4),
    st.sampled_from([(1.0, 0.0), (1e150, 0.0), (1.0, 1e6)]),
)
def test_correlations_in_a_group_are_those_of_numpy(seed: int, n: int, d: int, units: tuple[float, float]) -> None:
    draw = np.random.default_rng(seed)
    X = (draw.normal(size=(n, d)) @ draw.normal(size=(d, d))) * units[0] + units[1]
    labels = np.arange(n) % 2
    found = Columns.of(X).correlations(one_hot(labels, 2))[1:]
    for g in range(2):
        expected = np.corrcoef(X[labels == g] / units[0], rowvar=False)
        np.testing.assert_allclose(found[g], expected, atol=1e-6)


def test_rows_count_by_their_responsibilities() -> None:
    draw = np.random.default_rng(1)
    X, shares = draw.normal(size=(50, 3)), draw.dirichlet(np.ones(2), size=50)
    found = Columns.of(X).correlations(shares)[1:]
    for g in range(2):
        C = np.cov(X, rowvar=False, aweights=shares[:, g], ddof=0)
        np.testing.assert_allclose(found[g], C / np.sqrt(np.outer(np.diag(C), np.diag(C))), rtol=1e-10)


def test_where_there_is_no_correlation_there_is_none() -> None:
    X = np.array([[1.0, 5.0, 0.0], [2.0, 5.0, 1.0], [3.0, 5.0, 0.5], [9.0, 5.0, 2.0]])
    found = Columns.of(X).correlations(one_hot([0, 0, 0, 1], 3))[1:]
    assert np.isnan(found[0, 0, 1]) and np.isfinite(found[0, 0, 2])  # a constant column
    assert np.isnan(found[1:]).all()  # one row, and none


def test_equal_rows_far_from_all_others_have_no_correlation() -> None:
    X = np.concatenate([np.random.default_rng(3).normal(size=(5_000, 2)), np.full((3, 2), 1e5) + 0.1])
    found = Columns.of(X).correlations(one_hot(np.repeat([0, 1], [5_000, 3]), 2))
    assert np.isnan(found[2]).all() and abs(found[1, 0, 1]) < 0.1


def test_a_missing_value_leaves_its_row_out_of_its_own_pairs_alone() -> None:
    draw = np.random.default_rng(2)
    X = draw.normal(size=(40, 3))
    X[::5, 0] = np.nan
    found = Columns.of(X).correlations(np.zeros((40, 0)))[0]
    kept = ~np.isnan(X[:, 0])
    np.testing.assert_allclose(found[0, 1], np.corrcoef(X[kept, 0], X[kept, 1])[0, 1])
    np.testing.assert_allclose(found[1, 2], np.corrcoef(X[:, 1], X[:, 2])[0, 1])
    np.testing.assert_allclose(found, found.T)


def test_the_notes_say_what_numpy_says_of_iris() -> None:
    snapshot = catalogue("iris", 3)
    plot = plot_of(snapshot, "truth")
    X, y = snapshot.spec.dataset.X, snapshot.spec.dataset.y
    said = ["".join(text for text, _ in line).split() for line in plot.notes(plot.correlations((0, 1))[:, 0, 1])]
    assert said[0] == ["all", "−.12"]
    order = [snapshot.spec.dataset.class_names.index(name) for name in plot.groups.names]
    for (_, text), c in zip(said[1:], order, strict=True):
        assert float(text) == pytest.approx(np.corrcoef(X[y == c, :2], rowvar=False)[0, 1], abs=0.006)


# groups


def test_groups_that_were_matched_have_one_colour_in_all_three_groupings() -> None:
    snapshot = on("iris", 7)
    assert offered(snapshot) == ("truth", "own", "k-means")
    truth, own, kmeans = (grouping(snapshot, name) for name in offered(snapshot))
    y, names = snapshot.spec.dataset.y, snapshot.spec.dataset.class_names
    for groups in (truth, own, kmeans):
        assert groups.shares is not None
        np.testing.assert_allclose(groups.shares.sum(axis=1), 1.0)
    by_mark = {mark: names.index(name) for mark, name in zip(truth.marks, truth.names, strict=True)}
    for groups, hits in ((own, snapshot.agreement.hits), (kmeans, 134)):
        assert groups.shares is not None
        as_class = np.array([by_mark[mark] for mark in groups.marks])[groups.shares.argmax(axis=1)]
        assert int((as_class == y).sum()) == hits
        assert groups.said == f"{hits} of 150 rows agree with the truth"
        for mark, name in zip(groups.marks, groups.names, strict=True):
            assert name == f"{mark + 1} = {names[by_mark[mark]]}"


def test_classes_without_a_component_come_after_all_components() -> None:
    found = agreement(np.array([0, 0, 1, 1, 1]), np.array([2, 2, 0, 0, 1]))
    assert class_marks(found, 3) == (1, 2, 0)
    assert class_marks(None, 2) == (0, 1)


def test_rows_of_no_known_class_are_a_group_of_their_own() -> None:
    y = np.array([0, 1, -1, 1, 0, -1])
    session = session_of(np.arange(12.0).reshape(6, 2), GaussianMixture(2), data={"y": y, "class_names": ("a", "b")})
    found = grouping(session.snapshot(), "truth")
    assert found.marks[-1] == UNKNOWN and found.names[-1] == "the rest"
    np.testing.assert_array_equal(found.shares.argmax(axis=1)[[2, 5]], 2)
    assert "2 rows of no known class" in found.said
    colors = PairPlot(session.snapshot(), found, DARK, 100).colors()
    assert colors[-1] == DARK.muted and len(set(colors)) == 3


def test_of_very_many_classes_those_of_most_rows_are_shown() -> None:
    y = np.repeat(np.arange(40), np.arange(40, 0, -1))
    session = session_of(
        np.arange(2.0 * len(y)).reshape(-1, 2),
        GaussianMixture(2),
        data={"y": y, "class_names": tuple(f"c{i}" for i in range(40))},
    )
    found = grouping(session.snapshot(), "truth")
    assert found.shares.shape == (len(y), 25)
    assert found.shares[:, -1].sum() == (y >= 24).sum()
    assert found.said == f"40 known classes, {(y >= 24).sum()} rows of others"


def test_without_classes_k_means_is_held_against_em() -> None:
    snapshot = on("old_faithful", 20)
    assert offered(snapshot) == ("own", "k-means")
    found = grouping(snapshot, "k-means")
    assert found.shares is not None
    same = int((found.shares.argmax(axis=1) == snapshot.labels).sum())
    assert found.said == f"{same} of 272 rows as EM has them" and same > 200


def test_what_is_not_there_yet_is_said() -> None:
    snapshot = on("iris", 0)
    assert grouping(snapshot, "own").shares is None and "press e" in grouping(snapshot, "own").said
    waiting = grouping(replace(snapshot, baseline=None), "k-means")
    assert waiting.shares is None and waiting.said == "k-means is still running"


@pytest.mark.parametrize("model", ["mlp", "backprop"])
def test_a_network_is_coloured_by_the_class_that_it_predicts(model: str) -> None:
    snapshot = catalogue("iris", 4, model=model)
    assert offered(snapshot) == ("truth", "own")
    found = grouping(snapshot, "own")
    assert found.shares is not None
    hits = int((found.shares.argmax(axis=1) == snapshot.spec.dataset.y).sum())
    assert found.said == f"{hits} of 150 rows predicted right"
    assert found.title == ("EM" if model == "mlp" else "backprop")


# pictures


def test_a_picture_has_the_rows_the_outlines_and_the_means() -> None:
    snapshot = on("iris", 4)
    small, large = (plot_of(snapshot).pair(2, 3, small=small) for small in (True, False))
    X = snapshot.spec.dataset.X
    for scene in (small, large):
        cloud = scene.layers[0]
        assert isinstance(cloud, Cloud)
        np.testing.assert_array_equal(np.stack([cloud.x, cloud.y]), X[:, 2:].T)
        np.testing.assert_array_equal(cloud.responsibilities, snapshot.responsibilities)
        marks = [(layer.x, layer.y) for layer in scene.layers if isinstance(layer, Mark)]
        np.testing.assert_allclose(marks, snapshot.step.params.means[:, 2:])
    assert _ellipses(small) == [2.0] * 3 and _ellipses(large) == [1.0, 2.0] * 3
    truth = plot_of(snapshot, "truth").pair(2, 3, small=True)
    assert len(truth.layers) == 1  # EM's outlines are none of the truth
    kmeans = plot_of(snapshot, "k-means").pair(2, 3, small=True)
    centers = np.array([(layer.x, layer.y) for layer in kmeans.layers if isinstance(layer, Mark)])
    raw = snapshot.baseline.run.params.centers[:, 2:]
    np.testing.assert_allclose(np.sort(centers, axis=0), np.sort(raw, axis=0))


def _ellipses(scene: Scene) -> list[float]:
    return [layer.n_std for layer in scene.layers if isinstance(layer, Ellipse)]


def test_before_the_first_e_step_rows_are_grey() -> None:
    layer = plot_of(catalogue("iris", 0)).pair(0, 1, small=True).layers[0]
    assert isinstance(layer, Dots) and layer.colors == DARK.muted


def test_the_axes_stay_where_they_are_while_em_moves() -> None:
    first, later = plot_of(catalogue("iris", 0)), plot_of(catalogue("iris", 9))
    for column in range(4):
        assert first.scale(column) == later.scale(column)


def test_pictures_draw_an_even_part_of_many_rows_and_numbers_are_of_all() -> None:
    snapshot = walked(session_of(blobs(3_000, 3, 2), GaussianMixture(2)), 2)
    plot = plot_of(snapshot, most=500)
    cloud = plot.pair(0, 1, small=True).layers[0]
    assert isinstance(cloud, Cloud) and len(cloud.x) == plot.n_drawn == 500
    places = even_draw(3_000, 500)
    np.testing.assert_array_equal(cloud.x, snapshot.spec.dataset.X[places, 0])
    np.testing.assert_array_equal(cloud.responsibilities, snapshot.responsibilities[places])
    expected = np.corrcoef(snapshot.spec.dataset.X, rowvar=False)
    np.testing.assert_allclose(plot.correlations((0, 1, 2))[0], expected)


def test_standardised_data_are_shown_in_their_own_units() -> None:
    own, standard = catalogue("iris", 3), catalogue("iris", 3, standardize=True)
    clouds = [plot_of(snapshot).pair(0, 2, small=True).layers[0] for snapshot in (own, standard)]
    assert isinstance(clouds[0], Cloud) and isinstance(clouds[1], Cloud)
    np.testing.assert_allclose(clouds[0].x, clouds[1].x)
    assert plot_of(standard).scale(2).high == pytest.approx(plot_of(own).scale(2).high)


def test_missing_and_constant_columns_make_pictures_all_the_same() -> None:
    session = session_of(blobs(30, 4, 2), GaussianMixture(2))
    snapshot = walked(session, 2)
    X = snapshot.spec.dataset.X.copy()
    X[:, 1], X[:, 2], X[::3, 3] = np.nan, 7.0, np.nan
    holes = replace(snapshot, spec=replace(snapshot.spec, dataset=replace(snapshot.spec.dataset, X=X)))
    groups = Grouping("truth", snapshot.rows, one_hot(np.arange(30) % 2, 2), ("a", "b"), (0, 1))
    grid = PairPlot(holes, groups, DARK, 100).grid((0, 1, 2, 3), (0, 3))
    assert len(grid.cells) == 4 and grid.chosen == (3, 0)
    for column in range(4):
        assert np.isfinite([grid.scales[column].low, grid.scales[column].high]).all()


# order


@given(st.permutations(range(9)), st.integers(0, 200))
def test_every_pair_has_one_number_and_the_best_come_first(ranked: list[int], number: int) -> None:
    order = PairOrder(tuple(ranked))
    pairs = [order.pair(p) for p in range(order.n_pairs)]
    assert len(set(pairs)) == order.n_pairs == 36
    assert [order.number(pair) for pair in pairs] == list(range(36))
    assert all(x < y for x, y in pairs)
    assert set(pairs[0]) == set(ranked[:2])
    assert order.pair(number) == pairs[number % 36]


@given(st.integers(2, 60), st.integers(2, 8), st.integers(0, 60))
def test_windows_are_full_and_show_every_feature(d: int, size: int, presses: int) -> None:
    order, size = PairOrder(tuple(range(d))), min(size, d)
    start, seen = 0, set[int]()
    for _ in range(-(-d // size)):
        assert len(order.window(start, size)) == size
        seen |= set(order.window(start, size))
        start = order.scrolled(start, size, 1)
    assert start == 0 and seen == set(range(d))
    assert order.scrolled(0, size, -1) == max(0, d - size)


@given(st.integers(2, 30), st.integers(2, 8), st.data())
def test_a_window_moves_to_a_pair_where_it_can_hold_it(d: int, size: int, data: Any) -> None:
    order, size = PairOrder(tuple(range(d))), min(size, d)
    pair = data.draw(st.integers(0, order.n_pairs - 1).map(order.pair))
    start = order.start_for(pair, data.draw(st.integers(0, d - size)), size)
    window = order.window(start, size)
    assert len(window) == size and pair[0] in window
    assert pair[1] in window or pair[1] - pair[0] >= size


def test_pairs_of_a_grid_are_read_row_by_row() -> None:
    assert window_pairs((2, 5, 7)) == [(2, 5), (2, 7), (5, 7)]
    assert window_pairs((4,)) == []
