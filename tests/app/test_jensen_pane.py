"""Jensen in the why pane: the engine's numbers, a picture that holds them, or a sentence that says why not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from choosing import chosen
from driving import driving, explorer
from rich.cells import cell_len

from emtui.charts.chart_widget import Chart
from emtui.charts.colors import DARK
from emtui.charts.scene import Curve, Mark
from emtui.panes.messages import RowChosen
from emtui.panes.why.jensen_picture import jensen_scene
from emtui.panes.why.why import WhyPane
from emtui.spec.train_test_split import split_of
from emtui.views.number_format import fixed, number
from engine.em.loop import begin, e_step, m_step
from engine.explain.jensen import Jensen, JensenPoint, jensen

HERE = ("n", "9", "d", "d", "d")


def step_of(app):
    return explorer(app.app).worker.session.timeline.current


@pytest.mark.parametrize(("source", "size"), [("iris", (80, 24)), ("coins", (120, 40)), ("linkage", (200, 60))])
async def test_the_numbers_of_the_chosen_row(source, size):
    async with driving(chosen(source), size=size) as app:
        text = await app.press(*HERE, "z")
        pane = app.app.screen.query_one(WhyPane)
        found = jensen(step_of(app), pane._row)
        assert f"ln p(x) {fixed(found.log_evidence)} = L {fixed(found.bound)} + KL {number(found.gap)}" in text
        assert f"q {number(found.points[0].q)} at {number(found.points[0].abscissa)}" in text
        assert pane.query_one(Chart).display and "p(x, z) / (q(z) p(x))" in text
        await app.press("e")
        await app.press("pagedown")
        assert "KL 0" in app.text or "all points lie at 1" in app.text
        assert all(cell_len(line) <= size[0] for line in app.text.splitlines())


@pytest.mark.parametrize(
    ("source", "how", "said"),
    [
        ("icecream", {}, "hang together"),
        ("federalist", {}, "hides its mixture"),
        ("iris", {"model": "kmeans"}, "k-means has distances"),
        ("iris", {"model": "backprop"}, "nothing is hidden here"),
        ("iris", {"model": "mlp", "settings": {"e_step": "gibbs"}}, "take e_step=exact"),
    ],
)
async def test_where_there_is_none_a_sentence_stands_in_its_place(source, how, said):
    async with driving(chosen(source, **how), size=(80, 24)) as app:
        text = " ".join((await app.press(*HERE, "z")).replace("│", " ").split())
        assert said in text.replace("Nothing", "nothing").replace("K-means", "k-means")
        assert "4 of" in text and not app.app.screen.query_one(WhyPane).query_one(Chart).display


async def test_before_the_first_e_step_and_of_a_row_that_is_held_back():
    async with driving(chosen("iris", model="experts")) as app:
        assert "Take an E-step" in (text := await app.press("9", "d", "d", "d")) or "take an E-step" in text
        split = split_of(app.snapshot.spec)
        await app.press("n")
        app.app.screen.post_message(RowChosen(int(split.test[0])))
        await app.settle()
        assert "held back for testing" in app.text
        app.app.screen.post_message(RowChosen(int(split.train[3])))
        await app.settle()
        await app.app.workers.wait_for_complete()
        await app.settle()
        assert fixed(jensen(step_of(app), 3).log_evidence) in app.text


def test_the_chord_lies_below_the_curve_and_the_gap_is_the_line_between():
    *_, step = _walked()
    for row in range(0, 150, 10):
        found = jensen(step, row)
        scene = jensen_scene(found, ("1", "2", "3"), DARK)
        curve = next(layer for layer in scene.layers if isinstance(layer, Curve))
        assert np.interp(1.0, curve.x, curve.y) == pytest.approx(found.log_evidence, abs=1e-3)
        *points, mean = [layer for layer in scene.layers if isinstance(layer, Mark)]
        assert mean.y == found.bound <= found.log_evidence and mean.x == pytest.approx(1.0)
        assert len(points) == len(found.points)
        gap = [layer for layer in scene.layers if isinstance(layer, Curve)][-1]
        assert gap.y[1] - gap.y[0] == pytest.approx(found.gap, abs=1e-9)


def test_points_off_scale_stand_at_the_edge_with_their_number():
    points = (
        JensenPoint("1", 0, 0.5, 0.0, -2.0),
        JensenPoint("2", 1, 0.25, math.log(40.0), math.log(40.0) - 2.0),
        JensenPoint("3", 2, 0.25, -50.0, -52.0),
    )
    scene = jensen_scene(Jensen(points, 0, -2.0, -13.6, 11.6, 1.0, 1.0), ("a", "b", "c"), DARK)
    assert [entry[2] for entry in scene.legend] == ["L at −13.6 ↓", "b at 40 →", "← c at 1.93e−22"]
    assert scene.x_range is not None and scene.y_range is not None
    low, high = scene.x_range
    marks = [layer for layer in scene.layers if isinstance(layer, Mark)]
    assert [mark.x for mark in marks[1:3]] == [high, low]
    assert all(scene.y_range[0] <= mark.y <= scene.y_range[1] for mark in marks)


def _walked():
    spec = chosen("iris", settings={"init": "points"})
    steps = [begin(spec.model, spec.dataset.X)]
    steps.append(e_step(steps[-1]))
    steps.append(m_step(steps[-1]))
    return steps
