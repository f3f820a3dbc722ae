"""Reduction: the cells and dots are those that drawing everything would give."""

from __future__ import annotations

import numpy as np
import pytest
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from emtui.charts import colors
from emtui.charts.array_cache import REMEMBER_FROM, ArrayCache
from emtui.charts.axes import Scale, make_scale
from emtui.charts.rasterize import (
    cells_of,
    line_dots,
    occupied,
    reduce_cloud,
    reduce_dots,
    thin_curve,
)
from emtui.charts.scene import Cloud, Dots

UNIT = (Scale(0.0, 1.0), Scale(0.0, 1.0))
weird = hnp.arrays(np.float64, 30, elements=st.floats(-0.5, 1.5) | st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1.0]))


def slow_cell(x: float, y: float, columns: int, rows: int) -> int:
    if not (0 <= x <= 1 and 0 <= y <= 1):
        return -1
    return min(int((1 - y) * rows), rows - 1) * columns + min(int(x * columns), columns - 1)


@given(weird, weird, st.integers(1, 50), st.integers(1, 50))
def test_cells_are_those_of_a_plain_loop(x: np.ndarray, y: np.ndarray, columns: int, rows: int) -> None:
    expected = [slow_cell(a, b, columns, rows) for a, b in zip(x, y, strict=True)]
    assert cells_of(x, y, UNIT, (columns, rows)).tolist() == expected


@given(weird, weird, st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**31))
def test_dots_have_the_mean_colour_and_the_majority_marker(
    x: np.ndarray, y: np.ndarray, columns: int, rows: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    given_colors = rng.integers(0, 256, (len(x), 3)).astype(np.uint8)
    kinds = rng.integers(0, 3, len(x))
    inked = reduce_dots(Dots(x, y, given_colors, ("a", "b", "c"), kinds), UNIT, (columns, rows))
    cells = cells_of(x, y, UNIT, (columns, rows))
    assert inked.cells.tolist() == sorted(set(cells.tolist()) - {-1})
    for cell, color, marker, count in zip(inked.cells, inked.colors, inked.markers, inked.counts, strict=True):
        here = cells == cell
        assert count == here.sum()
        mean = colors.LINEAR_OF_BYTE[given_colors[here & (kinds == marker)]].mean(axis=0)
        # The table's byte is the nearest one, give or take its own step.
        assert np.abs(np.interp(mean, colors.LINEAR_OF_BYTE, np.arange(256)) - color).max() <= 1.5
        assert marker == np.bincount(kinds[here]).argmax()


@given(weird, weird, st.integers(1, 6), st.integers(0, 2**31))
def test_a_cloud_mixes_mean_responsibilities(x: np.ndarray, y: np.ndarray, size: int, seed: int) -> None:
    R = np.random.default_rng(seed).dirichlet(np.ones(3), len(x))
    palette = colors.DARK.colors(3)
    inked = reduce_cloud(Cloud(x, y, R, palette, "abc"), UNIT, (size, size))
    cells = cells_of(x, y, UNIT, (size, size))
    top = R.argmax(axis=1)
    most = [[R.max(axis=1)[(cells == c) & (top == k)].sum() for k in range(3)] for c in inked.cells]
    np.testing.assert_array_equal(inked.markers, np.array(most).reshape(-1, 3).argmax(axis=1))
    shown = zip(inked.cells, inked.markers, strict=True)
    means = np.array([R[(cells == c) & (top == k)].mean(axis=0) for c, k in shown]).reshape(-1, 3)
    expected = colors.mix(means, palette).astype(int)
    assert np.abs(inked.colors.astype(int) - expected).max(initial=0) <= 1


def test_large_data_have_the_same_cells_and_nearly_the_same_colours() -> None:
    rng = np.random.default_rng(3)
    n, size = 2 * REMEMBER_FROM, (20, 10)
    x, y = rng.random(n), rng.random(n)
    red = np.zeros((n, 3), dtype=np.uint8)
    red[:, 0] = np.where(x < 0.5, 250, 20)
    kinds = (x < 0.5).astype(int)
    inked = reduce_dots(Dots(x, y, red, ("a", "b"), kinds), UNIT, size)
    assert inked.counts.sum() == n
    assert len(inked.cells) == 200
    left = inked.cells % 20 < 10
    assert (inked.colors[left, 0] == 250).all()
    assert (inked.colors[~left, 0] == 20).all()
    np.testing.assert_array_equal(inked.markers, left.astype(int))


def test_large_data_are_binned_once_for_the_same_arrays_and_again_for_others() -> None:
    rng = np.random.default_rng(4)
    X = rng.random((REMEMBER_FROM, 2))
    first = occupied(X[:, 0], X[:, 1], UNIT, (8, 8))
    assert occupied(X[:, 0], X[:, 1], UNIT, (8, 8)) is first
    assert occupied(X[:, 1], X[:, 0], UNIT, (8, 8)) is not first
    assert occupied(X[:, 0], X[:, 1], UNIT, (9, 8)) is not first
    assert occupied(X[:, 0], X[:, 1], (Scale(0.0, 2.0), UNIT[1]), (8, 8)) is not first


def test_memory_forgets_the_oldest() -> None:
    memory = ArrayCache(size=2)
    arrays = [np.full(REMEMBER_FROM, float(i)) for i in range(3)]
    calls: list[int] = []

    def ask(i: int) -> int:
        return memory.get((arrays[i],), ("key",), lambda: calls.append(i) or i)

    assert [ask(i) for i in (0, 1, 0, 2, 0, 1)] == [0, 1, 0, 2, 0, 1]
    assert calls == [0, 1, 2, 1]


@given(
    hnp.arrays(np.float64, st.integers(1, 8), elements=st.floats(-3, 4) | st.just(np.nan)),
    st.integers(0, 2**31),
    st.integers(1, 40),
    st.integers(1, 40),
)
def test_lines_pass_every_point_and_have_no_gaps(x: np.ndarray, seed: int, columns: int, rows: int) -> None:
    y = np.random.default_rng(seed).uniform(0, 1, len(x))
    column, row = line_dots(x, y, (columns, rows))
    assert ((column >= 0) & (column < columns) & (row >= 0) & (row < rows)).all()
    found = set(zip(column.tolist(), row.tolist(), strict=True))
    for i, (a, b) in enumerate(zip(x, y, strict=True)):
        joined = len(x) == 1 or any(0 <= j < len(x) and np.isfinite(x[j]) for j in (i - 1, i + 1))
        if 0 <= a <= 1 and joined:
            here = min(int(a * columns), columns - 1), min(int((1 - b) * rows), rows - 1)
            # Rounding may put a point that lies on the edge between two dots into either.
            assert any((here[0] + i, here[1] + j) in found for i in (-1, 0, 1) for j in (-1, 0, 1))
    if np.isfinite(x).all() and ((x >= 0) & (x <= 1)).all():
        assert (np.abs(np.diff(column)) <= 1).all()
        assert (np.abs(np.diff(row)) <= 1).all()


def test_a_line_is_cut_at_the_edge() -> None:
    column, row = line_dots(np.array([-1e300, 1e300]), np.array([0.5, 0.5]), (10, 4))
    assert column.tolist() == list(range(10))
    assert set(row.tolist()) == {2}
    assert not len(line_dots(np.array([2.0, 3.0]), np.array([0.5, 0.5]), (10, 4))[0])


@settings(max_examples=examples(30))
@given(st.integers(0, 2**31), st.integers(2, 30))
def test_a_thinned_curve_has_the_dots_of_the_whole_curve(seed: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.sort(rng.random(40 * columns))
    y = np.clip(0.5 + np.cumsum(rng.normal(0, 0.02, len(x))), 0.01, 0.99)
    thin_x, thin_y = thin_curve(x, y, columns)
    assert len(thin_x) < len(x)
    size = (columns, 30)
    full = set(zip(*(v.tolist() for v in line_dots(x, y, size)), strict=True))
    thin = set(zip(*(v.tolist() for v in line_dots(thin_x, thin_y, size)), strict=True))
    # Within a column both fill from the least to the greatest value; between columns a line may round otherwise.
    near = {(c + i, r + j) for c, r in full for i in (-1, 0, 1) for j in (-1, 0, 1)}
    assert thin <= near
    assert len(full - thin) <= 0.1 * len(full) + 2


def test_short_and_broken_curves_stay_as_they_are() -> None:
    x = np.linspace(0, 1, 500)
    y = np.where(x < 0.5, np.nan, x)
    assert thin_curve(x, y, 10)[0] is x
    assert thin_curve(x[:20], x[:20], 10)[0].tolist() == x[:20].tolist()


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e150])
def test_cells_do_not_depend_on_the_scale(scale: float) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=200) * scale, rng.normal(size=200) * scale
    axes = (make_scale(x.min(), x.max()), make_scale(y.min(), y.max()))
    unit = (make_scale(x.min() / scale, x.max() / scale), make_scale(y.min() / scale, y.max() / scale))
    differ = cells_of(x, y, axes, (40, 20)) != cells_of(x / scale, y / scale, unit, (40, 20))
    assert differ.sum() <= 1
