"""Curves whose beginning lies far below, racers that go on far beyond the others, and axes near rest."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from driving import driving
from hypothesis import given
from hypothesis import strategies as st
from studying import at_rest
from view_frames import snapshots

from emtui.charts.axes import Ticks, fit_scales, noted
from emtui.charts.colors import DARK, LIGHT, Palette
from emtui.charts.far_ends import most_reach, without_far_beginning
from emtui.charts.rasterize import cells_of, line_dots
from emtui.charts.scene import Curve, Mark, Scene, Tag
from emtui.charts.scene_drawing import draw_scene
from emtui.exports.pages.page_colors import PageColors
from emtui.exports.pages.page_curves import drawn_curves
from emtui.exports.pictures.scene_plot import plot_of
from emtui.exports.pictures.shapes import Words
from emtui.screens.studies.race_chart import race_scene
from emtui.session.race import Race, Racer
from emtui.session.racer import Lap
from emtui.session.session import Session
from emtui.session.snapshot import StepSnapshot
from emtui.spec.choose import choose
from emtui.views.curve_scenes import accuracy_scene, bound_scene, kl_scene

RISE = np.array([-900.0, -400.0, -300.0, -299.0, -298.5, -298.4])
NEAR_REST = np.linspace(-192277.73123, -192277.73119, 6)


def racer(name: str, heights: list[float], step: float = 1.0) -> Racer:
    laps = tuple(Lap(i, i * step, height, None) for i, height in enumerate(heights))
    return Racer(name, None, laps, True, "at rest")


def walk(name: str, iterations: int) -> list[StepSnapshot]:
    """All steps of a run from a random start, each with all of the records."""
    session = Session(choose(name, settings={"init": "points"}, start_file="model", seed=3))
    snapshots(session, 2 * iterations)
    return [session.snapshot_at(0, place) for place in range(len(session.timeline.lines[0]))]


def text_of(scene: Scene, width: int = 42, height: int = 12, palette: Palette = DARK) -> str:
    return "\n".join("".join(row) for row in draw_scene(scene, width, height, palette).chars)


def test_a_beginning_far_below_is_left_out_and_a_near_one_is_not() -> None:
    cut = without_far_beginning([RISE], [RISE[2:]])
    assert cut is not None and -400 < cut[0] < -300 and cut[1] > -298.4
    near = np.array([-301.5, -301.0, -300.0, -299.0, -298.0])
    assert without_far_beginning([near], [near[2:]]) is None
    assert without_far_beginning([RISE], [RISE[2:]], [-900.0]) is None, "what must be seen is seen"
    assert without_far_beginning([RISE], [RISE[-1:]]) is None, "one height has no range"
    assert without_far_beginning([np.full(4, np.nan)], [np.full(2, np.nan)]) is None


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=12), st.integers(0, 4))
def test_what_comes_later_is_always_in_the_range(values: list[float], first: int) -> None:
    heights = np.array(values)
    cut = without_far_beginning([heights], [heights[first:]])
    assert cut is None or ((heights[first:] >= cut[0]) & (heights[first:] <= cut[1])).all()


def test_an_axis_reaches_as_far_as_most() -> None:
    assert most_reach([10, 12, 14, 900]) == 14
    assert most_reach([10, 12, 14, 27]) is None
    assert most_reach([10, 900]) is None


def test_the_slowest_racer_runs_out_at_the_edge_with_its_number() -> None:
    rise = [-50.0, -20.0, -10.0, -9.0, -8.5, -8.4]
    slow = racer("slow", [*np.linspace(-50.0, -8.0, 801)])
    now = Race((racer("a", rise), racer("b", rise[:5]), racer("c", rise), slow), 0)
    scene = race_scene(now, False, "iterations", DARK)
    assert scene.x_range == (0.0, 5.0)
    (tag,) = (layer for layer in scene.layers if isinstance(layer, Tag))
    assert tag.text == "800 →" and tag.x == 5.0
    (row,) = (line for line in text_of(scene, 80, 16).splitlines() if "800 →" in line)
    assert row.rstrip().endswith("800 →")
    assert any(isinstance(shape, Words) and shape.text == "800 →" for shape in plot_of(scene, LIGHT).shapes)
    assert race_scene(now, False, "iterations", replace(DARK, ascii=True)).layers[-1].text == "800 >"  # type: ignore[union-attr]


@pytest.mark.parametrize("chosen", [0, 1, 2])
def test_the_chosen_racer_bears_its_marker_along_its_line_above_the_others(chosen: int) -> None:
    now = Race(tuple(racer(name, [-50.0, -20.0, -10.0 - i, -9.0]) for i, name in enumerate("abc")), 0)
    for palette in (DARK, replace(DARK, mode="none")):
        scene = race_scene(now, False, "iterations", palette, chosen=chosen)
        signs = [layer.char for layer in scene.layers if isinstance(layer, Mark)]
        counts = [signs.count(palette.marker(place)) for place in range(3)]
        assert [count > 5 for count in counts] == [place == chosen for place in range(3)]
        assert signs[-1] == palette.marker(chosen)


@pytest.mark.parametrize("name", ["iris", "old_faithful"])
def test_the_pane_cuts_a_far_beginning_says_so_and_shows_where_we_are(name: str) -> None:
    frames = walk(name, 14)
    scene = bound_scene(frames[-1], DARK)
    heights = [record.log_likelihood for record in frames[-1].records]
    assert heights[1] < min(heights[8:]) - 2 * (max(heights[8:]) - min(heights[8:]))
    assert scene.cut == "begins below" and scene.y_range is not None and scene.y_range[0] > heights[1]
    assert plot_of(scene, LIGHT, title="ln p").title == "ln p · begins below"
    first = bound_scene(frames[0], DARK)
    assert not first.cut, "where the step is, is never cut"


@pytest.mark.parametrize("size", [(20, 6), (38, 10), (61, 17)])
def test_the_point_now_lies_on_its_line(size: tuple[int, int]) -> None:
    for place, snapshot in enumerate(walk("iris", 9)):
        for make in (bound_scene, kl_scene, accuracy_scene):
            scene = make(snapshot, DARK)
            marks = [layer for layer in scene.layers if isinstance(layer, Mark)]
            scales, lines = fit_scales(scene), [layer for layer in scene.layers if isinstance(layer, Curve)]
            for mark in marks:
                assert scales is not None
                cell = int(cells_of(np.array([mark.x]), np.array([mark.y]), scales, size)[0])
                dots = [
                    line_dots(scales[0].fraction(line.x), scales[1].fraction(line.y), (2 * size[0], 4 * size[1]))
                    for line in lines
                ]
                assert any((((row >> 2) * size[0] + (column >> 1)) == cell).any() for column, row in dots), place


def test_ticks_near_rest_tell_values_apart_in_every_picture() -> None:
    scene = Scene((Curve(np.arange(6.0), NEAR_REST, DARK.color(0)),), x_label="iteration")
    assert "-192277.731 + 1e-5·…" in text_of(scene)
    assert re.search(r"^-2\d┤", text_of(scene), re.M)
    plot = plot_of(scene, LIGHT)
    assert plot.y_label == "−192277.731 + 1e−5·…"
    assert list(plot.y_ticks.labels) == ["−23", "−22", "−21", "−20", "−19"]
    values = [float(label.replace("−", "-")) * 1e-5 - 192277.731 for label in plot.y_ticks.labels]
    np.testing.assert_allclose(values, NEAR_REST[[0, 1, 2, 3, 5]], atol=1.1e-5)
    laps = racer("a", NEAR_REST.tolist()), racer("b", (NEAR_REST - 1e-6).tolist())
    raced = race_scene(Race(laps, 0), False, "iterations", DARK)
    assert "-192277.731 + 1e-5·…" in text_of(raced, 60, 14)
    assert text_of(scene, palette=replace(DARK, ascii=True)).count("1e-5*...") == 1
    offset, plain = Ticks((), (), "-3.1 + 1e-5·"), Ticks((), (), "-182.3")
    assert noted("x", offset) == "x: -3.1 + 1e-5·…" and noted("", offset) == "-3.1 + 1e-5·…"
    assert noted("x", plain) == "x: -182.3 + …" and noted("x", plain, ascii=True) == "x: -182.3 + ..."
    assert noted("x", Ticks((), (), "+1e8")) == "x: 1e8 + …" and noted("x", Ticks((), (), "×1e9")) == "x ×1e9"


def test_the_page_says_what_is_cut_and_sets_no_mark_outside() -> None:
    curve = drawn_curves(walk("iris", 14), PageColors())[0]
    assert curve.name.endswith("begins below")
    assert curve.marks[0] is None or curve.marks[0][1] is None
    assert curve.marks[-1] is not None and curve.marks[-1][1] is not None


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_borders_say_that_a_beginning_is_cut(size: tuple[int, int]) -> None:
    spec = choose("iris", settings={"init": "points"}, start_file="model", seed=3, max_iter=7)
    async with driving(spec, size=size) as app:
        await app.send(*"nnnnnnn")
        assert "begins below" in await app.press("2")
        if size == (80, 24):
            await app.send("f")
            assert "begins below" in await at_rest(app)
