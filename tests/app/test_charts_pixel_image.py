"""Pixels in cells, and axes whose ticks have names."""

from __future__ import annotations

import numpy as np
import pytest
from rich.cells import cell_len

from emtui.charts.axes import Scale
from emtui.charts.colors import DARK
from emtui.charts.pixel_image import shades_of
from emtui.charts.scene import Dots, PixelImage, Scene
from emtui.charts.scene_drawing import draw_scene

CHECKERS = np.array([[1.0, 0.0], [0.0, 1.0]])


def levels(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The levels of ink of a raster that fills the canvas."""
    cells, found = shades_of(
        PixelImage(values, (0.0, 1.0, 0.0, 1.0), (1, 2, 3)), (Scale(0.0, 1.0), Scale(0.0, 1.0)), size
    )
    assert cells.tolist() == list(range(size[0] * size[1]))
    return found.reshape(size[1], size[0])


def test_the_first_row_is_at_the_top_and_pixels_fill_their_cells() -> None:
    found = levels(CHECKERS, (6, 4))
    assert found.tolist() == [[4, 4, 4, 0, 0, 0]] * 2 + [[0, 0, 0, 4, 4, 4]] * 2


def test_pixels_smaller_than_a_cell_are_averaged() -> None:
    assert levels(CHECKERS, (1, 1)).tolist() == [[2]]
    assert levels(np.array([[0.25, 0.75]]), (2, 1)).tolist() == [[1, 3]]


def test_a_raster_covers_its_extent_alone() -> None:
    axes = (Scale(0.0, 10.0), Scale(0.0, 10.0))
    cells, _ = shades_of(PixelImage(CHECKERS, (2.0, 4.0, 6.0, 9.0), (1, 2, 3)), axes, (10, 10))
    assert cells.tolist() == [row * 10 + column for row in (1, 2, 3) for column in (2, 3)]


@pytest.mark.parametrize(
    "raster",
    [
        PixelImage(np.zeros((0, 3)), (0.0, 1.0, 0.0, 1.0), (1, 2, 3)),
        PixelImage(np.array([[np.nan, np.inf]]), (0.0, 1.0, 0.0, 1.0), (1, 2, 3)),
        PixelImage(CHECKERS, (0.0, 0.0, 0.0, 0.0), (1, 2, 3)),
        PixelImage(CHECKERS, (0.0, np.nan, 0.0, 1.0), (1, 2, 3)),
    ],
)
def test_what_is_no_picture_draws_nothing_and_breaks_nothing(raster: PixelImage) -> None:
    for size in ((40, 12), (3, 2), (1, 1)):
        draw_scene(Scene([raster], x_range=(0.0, 1.0), y_range=(0.0, 1.0)), *size, DARK)


def test_a_raster_must_be_a_table() -> None:
    with pytest.raises(ValueError, match="table of pixels"):
        PixelImage(np.zeros(3), (0.0, 1.0, 0.0, 1.0), (1, 2, 3))


def named(names: list[str], width: int = 60, height: int = 12) -> list[str]:
    """The lines of a chart with a point for each name."""
    places = [float(i) for i in range(len(names))]
    ticks = list(zip(places, names, strict=True))
    scene = Scene([Dots(np.full(len(names), 0.5), np.array(places))], y_range=(-0.5, len(names) - 0.5), y_ticks=ticks)
    return draw_scene(scene, width, height, DARK).text.splitlines()


def test_each_name_stands_beside_its_point() -> None:
    lines = named(["first", "second", "映画 three", "[bold]\x1b[31mx"])
    for word in ("first", "second", "映画 three", "[bold]"):
        (line,) = [line for line in lines if word in line]
        assert "●" in line
    assert not any("\x1b" in line for line in lines)
    assert len({cell_len(line) for line in lines}) == 1


def test_names_that_are_too_long_or_too_many_give_way() -> None:
    (line,) = [line for line in named(["a" * 200]) if "●" in line]
    assert line.split("┤")[0].strip() == "a" * 29 + "…"
    crowded = named([f"name {i}" for i in range(200)])
    assert 3 < sum("name" in line for line in crowded) <= 12
