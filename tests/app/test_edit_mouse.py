"""By hand with the mouse: a mean that is drawn along in a picture goes where the pointer goes."""

from __future__ import annotations

import numpy as np
import pytest
from driving import Driver, driving
from edit_host import by_hand, hand, told, words

from emtui.charts.chart_handles import HandleChart
from engine.editing.edits import is_by_hand

SIZES = [(120, 40), (80, 24)]


def cell_of(chart: HandleChart, index: int) -> tuple[int, int]:
    """The cell in which a grip lies."""
    handle, view = chart.handles[index], chart.picture.area
    x = 0.5 if handle.x is None else float(view.x_scale.fraction(np.array([handle.x]))[0])
    y = 0.5 if handle.y is None else float(view.y_scale.fraction(np.array([handle.y]))[0])
    return view.left + int(x * view.columns), view.top + int((1 - y) * view.rows)


async def drag(app: Driver, index: int, across: int, down: int, *, far: bool = False) -> tuple[float, float]:
    """Draw a grip along by so many cells (and then out of the picture); gives how far that is in data units."""
    chart = app.app.screen.query_one(HandleChart)
    column, row = cell_of(chart, index)
    area = chart.picture.area
    width, height = (
        (scale.high - scale.low) / n * scale.unit
        for scale, n in ((area.x_scale, area.columns), (area.y_scale, area.rows))
    )
    across, down = (
        max(-place, min(by, room - 1 - place))
        for place, by, room in zip((column, row), (across, down), chart.size, strict=True)
    )
    await app.pilot.mouse_down(chart, offset=(column, row))
    await app.pilot.hover(chart, offset=(column + (across > 0) - (across < 0), row))
    await app.pilot.hover(chart, offset=(column + across, row + down))
    if far:
        await app.pilot.hover(app.app.screen, offset=(0, 0))
        await app.pilot.mouse_up(app.app.screen, offset=(0, 0))
    else:
        await app.pilot.mouse_up(chart, offset=(column + across, row + down))
    await app.settle()
    return across * width, -down * height


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("far", [False, True])
async def test_a_mean_is_drawn_along_in_the_preview(size, far):
    async with by_hand(size=size) as app:
        before = app.snapshot.step.params
        dx, dy = await drag(app, 2, -3, 2, far=far)
        after = hand(app).edit.params
        np.testing.assert_allclose(after.means[2], before.means[2] + [0, 0, dx, dy], rtol=1e-12)
        np.testing.assert_array_equal(np.delete(after.means, 2, 0), np.delete(before.means, 2, 0))
        assert "component 3's mean of petal length" in told(app).lower()
        again = await drag(app, 2, 1, 0)
        np.testing.assert_allclose(hand(app).edit.params.means[2], after.means[2] + [0, 0, again[0], 0], rtol=1e-12)
        await app.send("enter")
        np.testing.assert_allclose(app.snapshot.step.params.means[2], after.means[2] + [0, 0, again[0], 0], rtol=1e-12)
        assert app.snapshot.n_branches == 2


@pytest.mark.parametrize("size", SIZES)
async def test_a_mean_is_drawn_along_in_the_explorer(size):
    async with driving(size=size) as app:
        await app.send("n")
        before = app.snapshot.step
        dx, dy = await drag(app, 1, 4, -1)
        assert app.snapshot.branch == 1
        np.testing.assert_allclose(
            app.snapshot.step.params.means[1] - before.params.means[1], [0, 0, dx, dy], atol=1e-12
        )
        assert is_by_hand(app.snapshot.step)
        assert "This opened branch 2" in words(app.text)
        chart = app.app.screen.query_one(HandleChart)
        assert chart.held is None and app.app.mouse_captured is None


async def test_a_click_on_a_mean_still_chooses_a_row():
    async with driving() as app:
        await app.send("n")
        chart = app.app.screen.query_one(HandleChart)
        await app.pilot.click(chart, offset=cell_of(chart, 0))
        await app.settle()
        assert app.snapshot.n_branches == 1
        assert "row" in str(app.app.screen.query_one("#responsibilities").border_title)
        await drag(app, 0, 2, 0)
        assert app.snapshot.n_branches == 2


async def test_along_principal_components_the_mean_moves_in_their_plane():
    async with by_hand() as app:
        await app.send("a")
        assert "PC 1" in app.text
        before = app.snapshot.step.params.means[0]
        dx, dy = await drag(app, 0, 5, 1)
        way = hand(app).edit.params.means[0] - before
        X = app.snapshot.spec.dataset.X
        _, _, V = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
        np.testing.assert_allclose(np.abs(V @ way), [abs(dx), abs(dy), 0, 0], atol=1e-9)


@pytest.mark.parametrize(
    ("source", "how", "path", "scale"),
    [("deaths", {}, "rates", 1.0), ("linkage", {}, "theta", 1.0), ("coins", {}, "probabilities", 10.0)],
)
async def test_other_parameters_are_drawn_along_too(source, how, path, scale):
    async with by_hand(source, before=("n",), **how) as app:
        before = np.atleast_1d(getattr(app.snapshot.step.params, path))
        dx, dy = await drag(app, 0, 1, -1)
        after = np.atleast_1d(getattr(hand(app).edit.params, path))
        assert after[0] - before[0] == pytest.approx((dy if source == "coins" else dx) / scale)
        for _ in range(2):
            await drag(app, 0, -60, 12, far=True)
        await app.send("enter")
        assert (np.atleast_1d(getattr(app.snapshot.step.params, path)) >= 0).all()


async def test_standardised_data_are_moved_in_the_units_of_the_parameters():
    async with by_hand(standardize=True) as app:
        assert "in standard units" in app.text
        before = app.snapshot.step.params.means[0]
        dx, _ = await drag(app, 0, 3, 0)
        np.testing.assert_allclose(hand(app).edit.params.means[0], before + np.array([0, 0, dx, 0]), atol=1e-12)
        await app.send("escape")
        dx, _ = await drag(app, 0, 3, 0)  # the explorer's picture is in the data's own units
        scale = app.snapshot.spec.dataset.units.scale[2]
        np.testing.assert_allclose(
            app.snapshot.step.params.means[0], before + np.array([0, 0, dx / scale, 0]), atol=1e-12
        )
