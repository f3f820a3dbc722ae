"""The curves of a network in the app: what they are drawn against, logarithmic axes, legends that are whole."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from choosing import chosen
from driving import driving

from emtui.charts.axes import Scale
from emtui.charts.chart_widget import Chart
from emtui.charts.log_axis import log_ticks, logged
from emtui.charts.scene import Curve
from emtui.panes.curves.curves import CurvesPane
from emtui.panes.rows.predictions import RowsPane
from emtui.spec.run_spec import RunSpec
from emtui.views.network.learning_chart import Axes, with_logarithms
from emtui.views.number_format import probability
from engine.analysis.learning_curves import LearningPoint


def network(model: str = "mlp") -> RunSpec:
    return chosen("iris", model=model, settings={"m_step": "newton"} if model == "mlp" else {})


async def test_a_logarithmic_axis_across_and_up() -> None:
    async with driving(network()) as app:
        assert "passes (E 128, M 1, epoch 1)" in await app.press("n", "n", "2", "i", "i")
        await app.send("s")
        chart, own = app.app.screen.query_one(CurvesPane).query_one(Chart), app.snapshot.comparison.own

        def drawn() -> Curve:
            return [layer for layer in chart.scene.layers if isinstance(layer, Curve)][-1]

        np.testing.assert_allclose(drawn().x, [np.nan, math.log10(129), math.log10(258)])
        assert "passes, log" in app.text
        assert [name for _, name in chart.scene.x_ticks] == ["1", "10", "100"]  # the rival's first epoch is at 1
        await app.send("s")
        np.testing.assert_allclose(drawn().x, [0, 129, 258])
        np.testing.assert_allclose(drawn().y, np.log10([one.train.log_loss for one in own]))
        await app.send("s")
        np.testing.assert_allclose(drawn().x[1:], np.log10([129, 258]))
        np.testing.assert_allclose(drawn().y, np.log10([one.train.log_loss for one in own]))
        app.app.screen.query_one(CurvesPane).on_chart_picked(Chart.Picked(chart, math.log10(140), 0.0))
        await app.settle()
        assert app.snapshot.step.iteration == 1
        assert "accuracy · 2 of 4" in await app.press("d")
        np.testing.assert_allclose(drawn().y, [one.train.accuracy for one in own])  # no logarithm of an accuracy


@pytest.mark.parametrize(("name", "size"), [("mlp", (120, 40)), ("backprop", (80, 24))])
async def test_the_legend_of_the_curves_is_never_cut(name: str, size: tuple[int, int]) -> None:
    async with driving(network(model=name), size) as app:
        await app.send("n", "n", "2")
        for subject in ("loss", "accuracy"):
            for _ in range(4):
                header = next(line for line in app.text.splitlines() if "┄ test" in line)
                assert all(word in header for word in ("─ EM ", "─ backprop "))
                assert any(f" {word} " in header for word in ("forward", "fwd"))
                assert f"{subject} · " in app.text or f"{subject} by iterations · " in app.text
                await app.send("s")
            await app.send("d")


@pytest.mark.parametrize("low", [1e-9, 0.03, 0.61, 1.0, 7.0, 129.0, 99_999.0])
@pytest.mark.parametrize("ratio", [1.0, 1.02, 1.4, 3.0, 12.0, 40.0, 1e4, 1e12])
def test_ticks_of_a_logarithmic_axis_bear_their_values_and_never_touch(low: float, ratio: float) -> None:
    high = low * ratio
    ticks = log_ticks(low, high)
    assert len(ticks) >= 2 or ratio < 1.1
    for place, name in ticks:
        assert float(name) == pytest.approx(10**place, rel=1e-5)
        assert low * (1 - 1e-6) <= 10**place <= high * (1 + 1e-6)
    if len(ticks) > 1:  # 30 cells from the first end to the last one
        scale = Scale(math.log10(low), math.log10(high))
        middles = 30 * scale.fraction(np.array([place for place, _ in ticks]))
        lengths = [len(name) for _, name in ticks]
        room = np.diff(middles) - [(a + b) / 2 for a, b in pairwise(lengths)]
        assert room.min() >= 1 - 1e-9


def test_what_has_no_logarithm_is_left_out() -> None:
    np.testing.assert_array_equal(logged([0.0, -1.0, math.nan, 100.0]), [math.nan, math.nan, math.nan, 2.0])


# predictions


@pytest.mark.parametrize(("size", "head"), [((120, 40), "target"), ((80, 24), " y ")])
async def test_both_methods_say_p_of_each_class_side_by_side(size: tuple[int, int], head: str) -> None:
    async with driving(network(), size) as app:
        await app.send("n", "n", "n", "3")
        source = app.app.screen.query_one(RowsPane).predictions
        assert source is not None
        assert source.rival is not None
        lines = app.text.splitlines()
        first = next(i for i, line in enumerate(lines) if "●setosa" in line)
        assert head in lines[first]
        for place in range(10):
            cells = lines[first + 1 + place].rpartition("││")[2].split()
            wanted = [str(source.row(place) + 1)]
            for c in range(3):
                wanted += [
                    probability(p[place, c], 2)[:3] for p in (source.own.probabilities, source.rival.probabilities)
                ]
            assert cells[: len(wanted)] == wanted


async def test_there_is_room_for_every_digit_where_the_pane_is_wide() -> None:
    async with driving(network()) as app:
        text = await app.press("n", "3", "z")
        source = app.app.screen.query_one(RowsPane).predictions
        assert source is not None
        assert source.rival is not None
        cells = next(line for line in text.splitlines() if line.split()[:2] == ["│", "6"]).split()[2:]
        both = [p[0, c] for c in range(3) for p in (source.own.probabilities, source.rival.probabilities)]
        assert cells[:6] == [probability(value, 2) for value in both]


def test_what_has_no_logarithm_is_drawn_without_one() -> None:
    both, begun = Axes("loss", log="xy"), [LearningPoint(0, 0.0, 0, {}), LearningPoint(1, 0.1, 3, {})]
    assert with_logarithms(both, begun, np.array([0.5, 2.0])).log == "xy"
    assert with_logarithms(both, begun, np.array([-0.5, 2.0])).log == "x"  # the loss of a density
    assert with_logarithms(both, begun[:1], np.array([0.5, 2.0])).log == "y"  # the start alone
    assert with_logarithms(both, begun[:1], np.array([0.0])).log == ""
