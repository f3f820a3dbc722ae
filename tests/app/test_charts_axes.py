"""Axes and ticks: honest labels at every scale."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emtui.charts.axes import Scale, Ticks, fit_scales, make_scale, make_ticks
from emtui.charts.scene import Bars, Curve, Dots, Ellipse, HLine, Mark, Scene, Span, Trail, VLine

anything = st.floats(allow_nan=True, allow_infinity=True)


def values_of(ticks: Ticks) -> list[Fraction]:
    """The numbers that a reader reads: label · 10^power + offset, exactly."""
    power, offset = 0, Fraction(0)
    for word in ticks.note.replace("+ ", "").split():
        if word.startswith("×1e"):
            power = int(word[3:])
        elif word.endswith("·"):
            power = int(word.removeprefix("1e").removesuffix("·"))
        else:
            offset = Fraction(word)
    return [Fraction(label) * Fraction(10) ** power + offset for label in ticks.labels]


@pytest.mark.parametrize(
    ("low", "high", "labels", "note"),
    [
        (0.0, 1.0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"], ""),
        (4.3, 7.9, ["5", "6", "7", "8"], ""),
        (1e8, 1e8 + 1, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"], "+1e8"),
        (-1e150, 1e150, ["-1.0", "-0.5", "0.0", "0.5", "1.0"], "×1e150"),
        (1e-150, 3e-150, ["1.0", "1.5", "2.0", "2.5", "3.0"], "×1e-150"),
        (-192277.73123, -192277.73119, ["-23", "-22", "-21", "-20", "-19"], "-192277.731 + 1e-5·"),
        (192277.73119, 192277.73123, ["19", "20", "21", "22", "23"], "192277.731 + 1e-5·"),
        (-182.3412, -182.3406, ["-12", "-11", "-10", "-9", "-8", "-7", "-6"], "-182.34 + 1e-4·"),
        (-2051.3, -1034.2, ["-2000", "-1800", "-1600", "-1400", "-1200", "-1000"], ""),
    ],
)
def test_labels(low: float, high: float, labels: list[str], note: str) -> None:
    ticks = make_ticks(make_scale(low, high), 5)
    assert list(ticks.labels) == labels
    assert ticks.note == note


@given(anything, anything, st.integers(1, 20))
def test_labels_differ_ascend_and_stand_at_their_values(low: float, high: float, count: int) -> None:
    axis = make_scale(low, high)
    assert axis.low < axis.high
    ticks = make_ticks(axis, count)
    assert len(ticks.labels) <= 2.5 * count + 2
    assert len(set(ticks.labels)) == len(ticks.labels)
    assert list(ticks.fractions) == sorted(ticks.fractions)
    unit = Fraction(10) ** round(math.log10(axis.unit))
    span = Fraction(axis.high) - Fraction(axis.low)
    for value, fraction in zip(values_of(ticks), ticks.fractions, strict=True):
        where = (value / unit - Fraction(axis.low)) / span
        assert abs(float(where) - fraction) < 1e-3


@given(anything, anything)
def test_an_axis_holds_its_data(low: float, high: float) -> None:
    axis = make_scale(low, high)
    if math.isfinite(low) and math.isfinite(high):
        inside = axis.fraction(np.array([low, high]))
        assert ((inside > 0) & (inside < 1)).all()


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.floats(0, 1))
def test_value_undoes_fraction(low: float, width: float, f: float) -> None:
    axis = make_scale(low, low + width)
    assert float(axis.fraction(np.array([axis.value(f)]))[0]) == pytest.approx(f, abs=1e-6)


def test_the_axes_hold_points_ellipses_and_marks_but_not_trails_and_lines() -> None:
    scene = Scene(
        [
            Dots(np.array([0.0, 1.0, np.nan, np.inf]), np.array([0.0, 1.0, 5.0, 5.0])),
            Ellipse(np.array([3.0, 0.5]), np.diag([4.0, 0.01]), 2.0),
            Mark(-1.0, 0.0),
            Trail(np.array([50.0]), np.array([50.0])),
            VLine(-70.0),
            HLine(80.0),
            Span(-100.0, 100.0),
        ]
    )
    axes = fit_scales(scene)
    assert axes is not None
    x, y = axes
    assert -1.5 < x.low < -1
    assert 7 < x.high < 7.5
    # The points without an x still have a y.
    assert -0.5 < y.low < 0
    assert 5 < y.high < 5.5


def test_ranges_that_were_given_are_kept() -> None:
    axes = fit_scales(Scene([Dots(np.array([5.0]), np.array([5.0]))], x_range=(0.0, 1.0), y_range=(2.0, 3.0)))
    assert axes == (Scale(0.0, 1.0), Scale(2.0, 3.0))


def test_bars_stand_on_the_axis() -> None:
    axes = fit_scales(Scene([Bars(np.array([0.0, 1.0, 2.0]), np.array([3.0, 4.0]))]))
    assert axes is not None
    assert axes[1].low == 0.0


@pytest.mark.parametrize("layers", [[], [VLine(3.0)], [Curve(np.array([np.nan]), np.array([1.0]), (1, 2, 3))]])
def test_nothing_to_show_has_no_axes(layers: list[VLine]) -> None:
    assert fit_scales(Scene(layers)) is None
