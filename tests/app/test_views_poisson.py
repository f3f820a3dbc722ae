"""The picture, table and sentences of a Poisson mixture are those of its parameters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson
from view_frames import catalogue, session_of, snapshots, walked

import engine
from emtui.charts.colors import DARK
from emtui.charts.scene import Bars, Curve, VLine
from emtui.charts.scene_drawing import draw_scene
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.views import view_for
from emtui.views.count_bars import CountBars


def test_the_bars_are_shares_of_the_days_and_the_lines_the_components() -> None:
    snapshot = catalogue("deaths", 3)
    view = view_for(snapshot.spec.model)
    scene = view.scene(snapshot, view.axes(snapshot)[0], DARK, highlight=1095)
    bars = next(layer for layer in scene.layers if isinstance(layer, Bars))
    np.testing.assert_allclose(bars.heights * 1096, [162, 267, 271, 185, 111, 61, 27, 8, 3, 1])
    np.testing.assert_array_equal(bars.edges, np.arange(11) - 0.5)
    total, *parts = [layer for layer in scene.layers if isinstance(layer, Curve)]
    params, x = snapshot.step.params, np.arange(10)
    for k, part in enumerate(parts):
        np.testing.assert_allclose(part.y[:-1], params.weights[k] * poisson.pmf(x, params.rates[k]), rtol=1e-10)
    np.testing.assert_allclose(total.y, sum(part.y[:-1] for part in parts), rtol=1e-12)
    np.testing.assert_array_equal(total.x, x)
    assert [layer.x for layer in scene.layers if isinstance(layer, VLine)] == [9.0]
    assert "1,096 counts" in scene.description


def test_bars_before_the_first_e_step_belong_to_nobody() -> None:
    session = Session(choose("deaths", start_file="model"))
    view = view_for("poisson")
    before, after = session.snapshot(), walked(session, 1)
    colors = [
        next(
            layer for layer in view.scene(snapshot, view.axes(snapshot)[0], DARK).layers if isinstance(layer, Bars)
        ).colors
        for snapshot in (before, after)
    ]
    assert colors[0] == DARK.muted
    assert len({tuple(color) for color in np.asarray(colors[1]).tolist()}) > 3


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30), st.floats(0.0, 1e6))
def test_every_count_has_a_bar_and_every_bar_its_probability(counts: list[int], rate: float) -> None:
    values = np.array(counts, dtype=float)
    bars = CountBars.over(values)
    assert bars.n_bars <= 61
    assert bars.totals(values, np.ones(len(values))).sum() == len(values)
    place = bars.of(values)
    assert ((bars.edges[place] < values) & (values < bars.edges[place + 1])).all()
    expected = poisson.cdf(bars.edges[1:], rate) - poisson.cdf(bars.edges[:-1], rate)
    np.testing.assert_allclose(bars.poisson(rate), expected, rtol=1e-6, atol=1e-9)


def test_the_table_has_weights_and_rates_with_their_changes() -> None:
    snapshot = catalogue("deaths", 2)
    table = view_for("poisson").parameters(snapshot)
    assert table.columns == ("weight", "rate")
    for k, row in enumerate(table.rows):
        assert float(row.cells[1].text) == pytest.approx(snapshot.step.params.rates[k], abs=5e-4)
        assert row.cells[1].direction == np.sign(snapshot.step.params.rates[k] - snapshot.trail[0].rates[k])


def test_the_sentences_say_the_rates() -> None:
    start, after_e, after_m = snapshots(Session(choose("deaths", start_file="model")), 2)
    view = view_for("poisson")
    assert view.sentence(start).startswith("Two rates start at 1.58 and 2.08, log-likelihood −2026.908")
    assert "Component 1 has 525 rows" in view.sentence(after_e)
    rates = after_m.step.params.rates
    moved = view.sentence(after_m)
    assert moved.startswith("The rate of component ")
    assert any(f"{rate:.4g}" in moved for rate in rates)


def test_a_click_finds_a_row_with_that_count() -> None:
    snapshot = catalogue("deaths", 1)
    view = view_for("poisson")
    row = view.row_at(snapshot, view.axes(snapshot)[0], 7.8, 0.1)
    assert snapshot.spec.dataset.X[row, 0] == 8
    assert view.row_at(snapshot, view.axes(snapshot)[0], np.nan, 0.1) is None


@pytest.mark.parametrize("counts", [[0.0], [0.0, 0.0], [1e15, 0.0], [10**6, 10**6 + 3], [5.0] * 4])
def test_odd_counts_are_drawn_at_every_size(counts: list[float]) -> None:
    view = view_for("poisson")
    for snapshot in snapshots(session_of(counts, engine.PoissonMixture(n_components=3)), 4):
        for width, height in ((60, 20), (12, 5), (1, 1)):
            draw_scene(view.scene(snapshot, view.axes(snapshot)[0], DARK, highlight=0), width, height, DARK)
        assert view.sentence(snapshot).endswith(".")
