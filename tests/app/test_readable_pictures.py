"""Pictures that can be read from afar: what lies above what, and colours of sixteen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from driving import driving
from rich.color import Color as Ink
from rich.color import ColorSystem

from emtui.charts.cell_picture import REVERSE, Picture, pack
from emtui.charts.colors import ANSI, DARK, LIGHT, Palette, mix
from emtui.charts.rasterize import reduce_cloud
from emtui.charts.scene import Cloud, Ellipse, Mark, Scene, Trail
from emtui.charts.scene_drawing import draw_scene
from emtui.session.snapshot import StepSnapshot
from emtui.spec.choose import choose
from emtui.views.baseline_snapshot import baseline_snapshot
from engine.em.fields import relabelled

PALETTES = {"dark": DARK, "light": LIGHT, "sixteen": ANSI, "none": replace(ANSI, mode="none")}


def dense(palette: Palette, n: int, *layers: object) -> Picture:
    """n rows of two components in one heap, under these layers."""
    rng = np.random.default_rng(0)
    X, R = rng.standard_normal((n, 2)), np.eye(2)[rng.integers(0, 2, n)]
    cloud = Cloud(X[:, 0], X[:, 1], R, palette.colors(2), palette.markers(2))
    return draw_scene(Scene((cloud, *layers), x_range=(-5, 5), y_range=(-5, 5)), 80, 24, palette)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("n", [40, 272, 20_000])
def test_outlines_and_means_lie_above_any_points(name: str, n: int) -> None:
    palette = PALETTES[name]
    outline = Ellipse(np.zeros(2), np.eye(2), 1.0, palette.color(1))
    mean = Mark(0.0, 0.0, "12", palette.color(1), inverse=True)
    alone = draw_scene(Scene((outline, mean), x_range=(-5, 5), y_range=(-5, 5)), 80, 24, palette)
    picture = dense(palette, n, outline, mean)
    lines = (alone.chars > "\u2800") & (alone.chars <= "\u28ff")
    assert lines.sum() > 30
    assert (picture.chars[lines] == alone.chars[lines]).all()
    assert "12" in picture.text
    row, column = _place(picture, "12")
    if palette.mode == "truecolor":
        assert picture.background[row, column] == pack(palette.color(1))
    else:
        assert picture.attributes[row, column] == REVERSE


def _place(picture: Picture, text: str) -> tuple[int, int]:
    """The row and the column where a text begins that isn't a tick's."""
    area = picture.area
    assert area is not None
    lines = picture.text.split("\n")[area.top : area.top + area.rows]
    return next(
        (area.top + i, line.index(text, area.left)) for i, line in enumerate(lines) if text in line[area.left :]
    )


def test_points_thin_out_only_where_they_are_dense() -> None:
    few, many = dense(DARK, 12), dense(DARK, 20_000)
    assert "·" not in few.text
    markers = sum(many.text.count(marker) for marker in DARK.markers(2))
    assert 0.5 < many.text.count("·") / markers < 1.5


def test_a_trail_is_sparser_than_an_outline_and_shows_its_start() -> None:
    t = np.linspace(0.0, 10.0, 3)
    frame = {"x_range": (-1.0, 11.0), "y_range": (-1.0, 11.0)}
    trail = draw_scene(Scene((Trail(t, t, DARK.color(0)),), **frame), 60, 20, DARK)
    outline = draw_scene(
        Scene((Ellipse(np.full(2, 5.0), np.eye(2) * 9, 1.0, DARK.color(0), "dotted"),), **frame), 60, 20, DARK
    )
    share = [
        np.mean([bin(ord(c) - 0x2800).count("1") for c in p.text if "\u2800" < c <= "\u28ff"]) for p in (trail, outline)
    ]
    assert share[0] < 0.8 * share[1]
    assert trail.text.count("+") == 1
    rest = draw_scene(Scene((Trail(np.ones(2), np.ones(2), DARK.color(0)),), **frame), 60, 20, DARK)
    assert "+" not in rest.text


@pytest.mark.parametrize("palette", [DARK, LIGHT, ANSI])
def test_components_that_share_a_cell_show_one_of_them(palette: Palette) -> None:
    scale = draw_scene(Scene((Cloud([0, 1], [0, 1], np.eye(2), palette.colors(2), "ab"),)), 20, 10, palette).area
    assert scale is not None
    for rows in ([0, 0, 1], [1, 2, 2], [0, 1, 2]):
        R, at = np.eye(3)[rows], np.full(3, 0.5)
        inked = reduce_cloud(Cloud(at, at, R, palette.colors(3), "abc"), (scale.x_scale, scale.y_scale), (1, 1))
        assert tuple(inked.colors[0].tolist()) == palette.color(int(inked.markers[0]))


def test_sixteen_colours_are_what_they_say_and_leave_red_and_yellow_free() -> None:
    numbers = [Ink.from_rgb(*color).downgrade(ColorSystem.STANDARD).number for color in ANSI.components]
    assert len(set(numbers)) == len(numbers)
    assert not {1, 3, 9, 11, 0, 7, 8, 15} & set(numbers)
    assert len({(ANSI.color(k), ANSI.marker(k)) for k in range(60)}) == 60
    half = mix(np.array([[0.5, 0.3, 0.2]]), ANSI.colors(3), pure=True)
    assert tuple(half[0].tolist()) == ANSI.color(0)
    assert ANSI.fills(3) == ANSI.colors(3)


async def test_k_means_has_the_colours_of_the_components_from_the_start() -> None:
    spec = choose("old_faithful", settings={"init": "points"}, seed=2)
    async with driving(spec) as driver:
        frame = driver.snapshot
        assert frame.labels is None
        assert frame.baseline is not None
        for turned in (frame, _turned(frame)):
            beside = baseline_snapshot(turned, turned.baseline)
            apart = np.linalg.norm(turned.step.params.means[:, None] - beside.step.params.centers[None], axis=2)
            assert np.trace(apart) < np.trace(apart[::-1])


def _turned(frame: StepSnapshot) -> StepSnapshot:
    """The same start with its components in the other order."""
    return replace(frame, step=replace(frame.step, params=relabelled(frame.step.params, np.array([1, 0]))))
