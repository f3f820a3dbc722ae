"""Histograms: every value counted, an area of one, and bins that suit whole numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from view_frames import session_of, walked

from emtui.charts.colors import DARK
from emtui.charts.histogram import histogram, whole_numbers
from emtui.charts.scene import Bars, Scene
from emtui.charts.scene_drawing import draw_scene
from emtui.views import view_for
from emtui.views.view import UnitsName
from engine import GaussianMixture


def test_a_histogram_counts_everything_and_sums_to_one() -> None:
    values = np.append(np.random.default_rng(0).normal(size=500), [np.nan, np.inf])
    bars = histogram(values)
    assert np.rint(bars.heights * np.diff(bars.edges) * 500).sum() == 500
    assert (bars.heights * np.diff(bars.edges)).sum() == pytest.approx(1.0)


@pytest.mark.parametrize("values", [[], [np.nan], [3.0], [2.0, 2.0], [1e8, 1e8 + 1e-6], [1e150, -1e150], [1e-320]])
def test_a_histogram_of_anything_draws(values: list[float]) -> None:
    picture = draw_scene(Scene([histogram(values)]), 40, 12, DARK)
    assert ("no data" in picture.text) == (not np.isfinite(values).any())


def test_whole_numbers_are_counted_in_bars_of_as_many_each() -> None:
    counts = np.repeat(np.arange(10.0), [162, 267, 271, 185, 111, 61, 27, 8, 3, 1])
    bars = histogram(counts)
    np.testing.assert_array_equal(bars.edges, np.arange(11) - 0.5)
    np.testing.assert_allclose(bars.heights, np.bincount(counts.astype(int)) / len(counts))
    wide = histogram(np.arange(0.0, 100_000.0, 3.0), most=20)
    assert len(np.unique(np.diff(wide.edges))) == 1 and wide.edges[0] == -0.5
    assert (wide.heights * np.diff(wide.edges)).sum() == pytest.approx(1.0)
    assert len(histogram(np.arange(0.0, 100_000.0, 3.0), most=20).heights) <= 20


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=60) | st.lists(st.integers(0, 9), min_size=1),
    st.integers(1, 60),
    st.booleans(),
)
def test_every_bar_of_whole_numbers_holds_as_many(numbers: list[int], most: int, fine: bool) -> None:
    bars = histogram(numbers, most, fine=fine)
    widths = np.diff(bars.edges)
    assert len(bars.heights) <= most
    assert (widths == widths[0]).all() and widths[0] == round(widths[0]) > 0
    assert (bars.edges % 1.0 == 0.5).all()
    assert bars.edges[0] == min(numbers) - 0.5 and bars.edges[-2] < max(numbers) < bars.edges[-1]
    counts = np.bincount(((np.array(numbers) - bars.edges[0]) // widths[0]).astype(int), minlength=len(bars.heights))
    np.testing.assert_allclose(bars.heights, counts / (len(numbers) * widths[0]))
    if fine and max(numbers) - min(numbers) < most:
        assert widths[0] == 1


@given(st.sets(st.integers(-50, 50), min_size=1))
def test_no_bar_between_whole_numbers_that_follow_each_other_is_empty(start: set[int]) -> None:
    numbers = np.arange(min(start), max(start) + 1)
    assert (histogram(np.repeat(numbers, 3)).heights[:-1] > 0).all()


def test_what_is_whole_but_for_rounding_is_whole() -> None:
    counts = np.random.default_rng(0).poisson(4.0, 300).astype(float)
    assert whole_numbers(counts) and whole_numbers(np.append(counts, np.nan))
    shift, scale = counts.mean(), counts.std()
    assert whole_numbers(shift + scale * ((counts - shift) / scale))
    assert not whole_numbers(counts + 0.5)
    assert not whole_numbers(counts * 1e16)
    assert not whole_numbers(np.array([np.nan]))


@pytest.mark.parametrize("units", ["data", "standard"])
def test_whole_numbers_in_any_units_have_the_bars_of_the_numbers(units: UnitsName) -> None:
    counts = np.random.default_rng(1).poisson(3.0, 400).astype(float)
    snapshot = walked(session_of(counts, GaussianMixture(n_components=2)), 3)
    view = view_for("gmm")
    bars = view.scene(snapshot, view.axes(snapshot)[0], DARK, units=units).layers[0]
    assert isinstance(bars, Bars)
    expected = histogram(counts)
    shift, scale = (counts.mean(), counts.std()) if units == "standard" else (0.0, 1.0)
    np.testing.assert_allclose(bars.edges, (expected.edges - shift) / scale)
    np.testing.assert_allclose(bars.heights, expected.heights * scale)
