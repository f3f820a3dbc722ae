"""Pictures: what is drawn, and in which cell."""

from __future__ import annotations

import numpy as np
import pytest
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from emtui.charts.axes import Scale
from emtui.charts.canvas import BRAILLE_BITS
from emtui.charts.cell_picture import NO_COLOR, Picture, pack, to_strips
from emtui.charts.colors import ANSI, DARK, LIGHT, Palette
from emtui.charts.scene import (
    RGB,
    Bars,
    Cloud,
    Curve,
    Dots,
    Ellipse,
    HLine,
    Layer,
    Mark,
    Scene,
    Span,
    Trail,
    VLine,
)
from emtui.charts.scene_drawing import draw_scene

RED: RGB = (255, 0, 0)
BLUE: RGB = (0, 0, 255)
SIZES = [(1, 1), (2, 2), (3, 9), (9, 3), (7, 4), (8, 5), (10, 6), (20, 7), (33, 12), (80, 24), (200, 60)]


def canvas(picture: Picture) -> np.ndarray:
    """The characters inside the axes, (rows, columns)."""
    view = picture.area
    assert view is not None
    return picture.chars[view.top : view.top + view.rows, view.left : view.left + view.columns]


def colors_of(picture: Picture, char: str) -> set[int]:
    return set(picture.foreground[picture.chars == char].tolist())


def line_dots_of(picture: Picture) -> np.ndarray:
    """The centres of all braille dots, as fractions of the canvas (x, y from below). (n, 2)."""
    inside = canvas(picture)
    rows, columns = inside.shape
    found = []
    for (row, column), char in np.ndenumerate(inside):
        if char and 0x2800 < ord(char) <= 0x28FF:
            bits = ord(char) - 0x2800
            for (i, j), bit in np.ndenumerate(BRAILLE_BITS):
                if bits & int(bit):
                    found.append(((column + (j + 0.5) / 2) / columns, 1 - (row + (i + 0.5) / 4) / rows))
    return np.array(found).reshape(-1, 2)


def everything(scale: float = 1.0, shift: float = 0.0) -> Scene:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=50) * scale + shift, rng.normal(size=50) * scale + shift
    R = rng.dirichlet(np.ones(3), 50)
    layers: list[Layer] = [
        Span(shift, shift + scale),
        VLine(shift),
        HLine(shift, RED),
        Bars(np.linspace(-2, 2, 9) * scale + shift, np.arange(8.0) * scale + shift, label="bars"),
        Cloud(x, y, R, DARK.colors(3), DARK.markers(3), highlight=3),
        Dots(x, y, RED, "x", label="dots"),
        Curve(np.sort(x), y, RED, "step", "step"),
        Curve(np.sort(x), y, BLUE, "dotted", "dotted"),
        Ellipse(np.array([shift, shift]), np.eye(2) * scale * scale, 2.0, RED),
        Trail(x, y),
        Mark(shift, shift, label="mean"),
    ]
    return Scene(layers, "길이 length", "폭 width", title="everything", grid=True, legend=[("●", RED, "한국어")])


# --- points -----------------------------------------------------------------------------------------------


@given(st.floats(0, 1), st.floats(0, 1), st.integers(12, 90), st.integers(8, 40))
def test_a_point_stands_in_its_cell(x: float, y: float, width: int, height: int) -> None:
    scene = Scene([Dots(np.array([x]), np.array([y]), RED, "@")], x_range=(0.0, 1.0), y_range=(0.0, 1.0))
    picture = draw_scene(scene, width, height, DARK)
    inside = canvas(picture)
    rows, columns = inside.shape
    (at,) = np.argwhere(inside == "@").tolist()
    assert at == [min(int((1 - y) * rows), rows - 1), min(int(x * columns), columns - 1)]
    assert colors_of(picture, "@") == {pack(RED)}
    # A click on that cell gives the point back, within half a cell.
    view = picture.area
    assert view is not None
    found = view.data_at(view.left + at[1], view.top + at[0])
    assert found is not None
    assert abs(found[0] - x) <= 0.51 / columns
    assert abs(found[1] - y) <= 0.51 / rows


def test_ticks_stand_where_points_with_their_values_stand() -> None:
    ticks = np.array([0.0, 2.0, 4.0, 6.0, 8.0, 10.0])
    scene = Scene([Dots(ticks, ticks, RED, "@")], x_range=(0.0, 10.0), y_range=(0.0, 10.0))
    lines = draw_scene(scene, 60, 26, DARK).text.split("\n")
    points = {(line.index("@"), row) for row, line in enumerate(lines) if "@" in line}
    ticked_columns = {column for column, char in enumerate(lines[-2]) if char == "┬"}
    ticked_rows = {row for row, line in enumerate(lines) if "┤" in line}
    assert {column for column, _ in points} == ticked_columns
    assert {row for _, row in points} == ticked_rows
    assert lines[-1].split() == ["0", "2", "4", "6", "8", "10"]


def test_points_that_are_not_finite_are_left_out() -> None:
    bad = np.array([np.nan, np.inf, -np.inf, 0.5])
    text = draw_scene(Scene([Dots(bad, bad[::-1], RED, "@"), Dots(bad, bad, RED, "#")]), 40, 12, DARK).text
    assert text.count("@") == 0
    assert text.count("#") == 1


def test_clusters_differ_by_marker_and_colour_and_uncertain_rows_are_mixed() -> None:
    x = np.array([0.1, 0.5, 0.9])
    R = np.array([[1.0, 0.0], [0.45, 0.55], [0.0, 1.0]])
    picture = draw_scene(Scene([Cloud(x, x, R, (RED, BLUE), "AB")]), 40, 12, DARK)
    assert "".join(c for c in picture.text if c in "AB") == "BBA"
    assert colors_of(picture, "A") == {pack(RED)}
    mixed = colors_of(picture, "B") - {pack(BLUE)}
    (color,) = mixed
    r, b = color >> 16, color & 255
    assert 60 < r < 200
    assert 60 < b < 220


def test_the_highlighted_point_is_on_top_and_inverted() -> None:
    x = np.zeros(5)
    markers = ("a", "b")
    scene = Scene([Dots(x, x, RED, markers, np.array([0, 0, 0, 0, 1]), highlight=4)])
    picture = draw_scene(scene, 30, 10, DARK)
    (at,) = np.argwhere(picture.chars == "b").tolist()
    assert "a" not in picture.text
    assert picture.background[tuple(at)] == pack(DARK.text)
    assert picture.foreground[tuple(at)] == pack(DARK.background)


def test_marks_are_above_points_and_lines() -> None:
    x = np.linspace(0, 1, 50)
    layers: list[Layer] = [Mark(0.5, 0.5, "M", BLUE), Dots(x, x), Curve(x, 1 - x, RED)]
    picture = draw_scene(Scene(layers), 40, 12, DARK)
    assert colors_of(picture, "M") == {pack(BLUE)}


# --- lines ------------------------------------------------------------------------------------------------


@given(
    st.floats(0.02, 0.3),
    st.floats(0.02, 0.3),
    st.floats(-0.95, 0.95),
    st.sampled_from([1.0, 2.0]),
    st.integers(20, 100),
    st.integers(10, 40),
)
def test_an_ellipse_satisfies_its_equation_within_a_cell(
    sx: float, sy: float, correlation: float, n_std: float, width: int, height: int
) -> None:
    covariance = np.array([[sx * sx, correlation * sx * sy], [correlation * sx * sy, sy * sy]])
    center = np.array([0.4, 0.6])
    scene = Scene([Ellipse(center, covariance, n_std, RED)], x_range=(-1.0, 2.0), y_range=(-1.0, 2.0))
    picture = draw_scene(scene, width, height, DARK)
    rows, columns = canvas(picture).shape
    dots = line_dots_of(picture) * 3.0 - 1.0
    t = np.linspace(0, 2 * np.pi, 2000)
    circle = np.stack([np.cos(t), np.sin(t)])
    outline = center[:, None] + n_std * np.linalg.cholesky(covariance + 1e-12 * np.eye(2)) @ circle
    # Distances from dots to the true outline, and back, in cells.
    cell = np.array([3.0 / columns, 3.0 / rows])
    distance = np.abs((dots[:, :, None] - outline[None]) / cell[None, :, None]).max(axis=1)
    assert distance.min(axis=1).max() <= 1.0
    assert distance.min(axis=0).max() <= 1.0


def test_a_singular_ellipse_is_a_line_and_an_invalid_one_nothing() -> None:
    dots = Dots(np.array([0.0, 1.0]), np.array([0.0, 1.0]), RED, "@")
    flat = draw_scene(Scene([dots, Ellipse(np.array([0.5, 0.5]), np.diag([0.04, 0.0]))]), 40, 12, DARK)
    assert len(np.unique(line_dots_of(flat)[:, 1])) == 1
    for covariance in (np.diag([1.0, -1.0]), np.full((2, 2), np.nan), np.diag([np.inf, 1.0])):
        picture = draw_scene(Scene([dots, Ellipse(np.array([0.5, 0.5]), covariance)]), 40, 12, DARK)
        assert not len(line_dots_of(picture))


def test_a_curve_goes_through_its_values() -> None:
    x = np.linspace(0, 1, 400)
    scene = Scene([Curve(x, x**2, RED)], x_range=(0.0, 1.0), y_range=(0.0, 1.0))
    picture = draw_scene(scene, 70, 20, DARK)
    dots = line_dots_of(picture)
    rows, columns = canvas(picture).shape
    # Half a dot to either side.
    low = np.maximum(dots[:, 0] - 0.26 / columns, 0) ** 2 - 0.13 / rows
    high = (dots[:, 0] + 0.26 / columns) ** 2 + 0.13 / rows
    assert ((dots[:, 1] >= low) & (dots[:, 1] <= high)).all()
    assert len(np.unique(dots[:, 0])) == 2 * columns


def test_steps_hold_their_value() -> None:
    scene = Scene(
        [Curve(np.array([0.0, 0.5, 1.0]), np.array([0.1, 0.9, 0.9]), RED, "step")],
        x_range=(0.0, 1.0),
        y_range=(0.0, 1.0),
    )
    dots = line_dots_of(draw_scene(scene, 60, 20, DARK))
    assert np.ptp(dots[dots[:, 0] < 0.48, 1]) == 0
    assert np.ptp(dots[dots[:, 0] > 0.52, 1]) == 0


def test_a_gap_in_a_curve_stays_a_gap() -> None:
    x = np.linspace(0, 1, 100)
    y = np.where((x > 0.3) & (x < 0.7), np.nan, 0.5)
    dots = line_dots_of(draw_scene(Scene([Curve(x, y, RED)]), 60, 12, DARK))
    assert not ((dots[:, 0] > 0.36) & (dots[:, 0] < 0.64)).any()


def test_two_curves_in_one_cell_keep_all_their_dots() -> None:
    x = np.linspace(0, 1, 100)
    ranges = {"x_range": (0.0, 1.0), "y_range": (0.0, 1.0)}
    curves = [Curve(x, x, RED), Curve(x, x * 0.98, BLUE, "dotted")]
    apart = [{tuple(d) for d in line_dots_of(draw_scene(Scene([c], **ranges), 60, 20, DARK)).tolist()} for c in curves]
    both = {tuple(d) for d in line_dots_of(draw_scene(Scene(curves, **ranges), 60, 20, DARK)).tolist()}
    assert both == apart[0] | apart[1]


def test_a_line_passes_behind_single_points_and_in_front_of_a_field() -> None:
    ranges = {"x_range": (0.0, 1.0), "y_range": (0.0, 1.0)}
    line = Curve(np.array([0.0, 1.0]), np.array([0.5, 0.5]), RED)
    single = draw_scene(Scene([Dots(np.array([0.5]), np.array([0.5]), BLUE, "@"), line], **ranges), 40, 12, DARK)
    assert single.text.count("@") == 1
    grid = np.stack(np.meshgrid(np.linspace(0, 1, 200), np.linspace(0, 1, 200)), axis=-1).reshape(-1, 2)
    field = draw_scene(Scene([Dots(grid[:, 0], grid[:, 1], BLUE, "@"), line], **ranges), 40, 12, DARK)
    assert len(np.unique(line_dots_of(field)[:, 0])) >= 2 * canvas(field).shape[1] - 4


# --- bars, lines from edge to edge, spans -----------------------------------------------------------------


def test_bars_have_their_heights_in_eighths() -> None:
    heights = np.array([1.0, 0.5, 0.25, 0.0])
    scene = Scene([Bars(np.arange(5.0), heights, RED)], x_range=(0.0, 4.0), y_range=(0.0, 1.0))
    picture = draw_scene(scene, 64, 20, DARK)
    inside = canvas(picture)
    rows, columns = inside.shape
    fill = np.vectorize(" ▁▂▃▄▅▆▇█".index)(inside).sum(axis=0) / 8
    bar = ((np.arange(columns) + 0.5) / columns * 4).astype(int)
    np.testing.assert_allclose(fill, heights[bar] * rows, atol=1 / 8)


def test_straight_lines_go_from_edge_to_edge_and_spans_tint() -> None:
    scene = Scene([Span(0.5, 1.0, BLUE), VLine(0.25, RED), HLine(0.5)], x_range=(0.0, 1.0), y_range=(0.0, 1.0))
    picture = draw_scene(scene, 44, 14, DARK)
    inside = canvas(picture)
    rows, columns = inside.shape
    assert (inside[:, int(0.25 * columns)] == "│").sum() >= rows - 1
    assert (inside[int(0.5 * rows)] == "─").sum() == columns
    tinted = (picture.background == pack(BLUE)).sum(axis=1).max()
    assert tinted == columns - round(columns / 2)


# --- words around it --------------------------------------------------------------------------------------


def test_labels_title_and_legend() -> None:
    x = np.linspace(0, 1, 9)
    scene = Scene(
        [Curve(x, x, RED, label="log p"), Curve(x, x, BLUE, "dotted", "bound")], "iteration", "value", title="objective"
    )
    lines = draw_scene(scene, 60, 14, DARK).text.split("\n")
    assert lines[0].split() == ["value", "objective", "─", "log", "p", "┄", "bound"]
    assert lines[-1].strip() == "iteration"


def test_the_legend_is_whole_or_absent() -> None:
    x = np.linspace(0, 1, 9)
    layers = [Curve(x, x, RED, label=f"a long component name {k}") for k in range(4)]
    for width in range(8, 140):
        head = draw_scene(Scene(layers), width, 10, DARK).text.split("\n")[0]
        assert head.count("─") in (0, 4)


def test_an_empty_scene_says_so() -> None:
    picture = draw_scene(Scene(empty="press r to begin"), 40, 10, DARK)
    assert "press r to begin" in picture.text
    assert picture.area is None


def test_control_characters_and_markup_stay_text() -> None:
    scene = Scene([Mark(0.0, 0.0, "\x1b")], "[red]x[/]\x1b]0;title\x07", "a\u202eb\tc\u200b", title="\x9b31m")
    text = draw_scene(scene, 60, 12, DARK).text
    assert "[red]x[/]" in text
    assert all(char == "\n" or char.isprintable() for char in text)


def test_ascii_palettes_draw_ascii() -> None:
    palette = Palette(**{**{name: getattr(DARK, name) for name in DARK.__slots__}, "ascii": True})
    scene = everything()
    plain = Scene([Dots(np.arange(3.0), np.arange(3.0), RED, palette.markers(3), np.arange(3)), *scene.layers[5:8]])
    x = np.linspace(0, 1, 5)
    for shown in (
        plain,
        Scene([Bars(np.arange(3.0), np.arange(2.0)), Curve(x, x, RED, label="a"), HLine(0), VLine(0)]),
    ):
        assert draw_scene(shown, 60, 20, palette).text.isascii()


# --- any size, any values ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("palette", [DARK, LIGHT, ANSI])
def test_every_size_is_filled_exactly(size: tuple[int, int], palette: Palette) -> None:
    width, height = size
    for scene in (everything(), Scene(), everything(1e150), everything(1e-150), everything(1.0, 1e8)):
        picture = draw_scene(scene, width, height, palette)
        assert picture.chars.shape == (height, width)
        strips = to_strips(picture, palette.mode)
        assert len(strips) == height
        for strip, line in zip(strips, picture.text.split("\n"), strict=True):
            assert strip.cell_length == width == cell_len(strip.text)
            assert strip.text == line
            assert all(segment.style is not None for segment in strip)
            if palette.mode == "truecolor":
                assert all(segment.style.bgcolor is not None for segment in strip if segment.style)


floats = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=examples(60))
@given(
    st.lists(st.tuples(floats, floats), max_size=6),
    floats,
    floats,
    floats,
    st.integers(1, 60),
    st.integers(1, 30),
    st.none() | st.tuples(floats, floats),
)
def test_any_values_at_any_size_draw(
    points: list[tuple[float, float]],
    a: float,
    b: float,
    c: float,
    width: int,
    height: int,
    x_range: tuple[float, float] | None,
) -> None:
    xy = np.array(points, dtype=float).reshape(-1, 2)
    R = np.column_stack([xy, xy[:, :1]])
    layers: list[Layer] = [
        Span(a, b),
        VLine(a),
        HLine(b),
        Bars(np.array([a, b, c]), np.array([b, c])),
        Cloud(xy[:, 0], xy[:, 1], R, DARK.colors(3), DARK.markers(3), highlight=0),
        Dots(xy[:, 0], xy[:, 1], RED, highlight=1),
        Curve(xy[:, 0], xy[:, 1], RED),
        Curve(xy[:, 0], xy[:, 1], RED, "step"),
        Trail(xy[:, 1], xy[:, 0]),
        Ellipse(np.array([a, b]), np.array([[a, c], [c, b]]), c),
        Mark(a, b, "M"),
    ]
    for shown in (layers, layers[:3] + layers[4:]):
        picture = draw_scene(Scene(shown, "x", "y", x_range=x_range, grid=True), width, height, DARK)
        assert all(cell_len(line) == width for line in picture.text.split("\n"))
        assert len(to_strips(picture, "truecolor")) == height


def test_axes_of_pictures_are_those_of_the_scene() -> None:
    view = draw_scene(Scene(x_range=(0.0, 8.0), y_range=(-1.0, 1.0), layers=[Mark(1.0, 0.0)]), 40, 12, DARK).area
    assert view is not None
    assert (view.x_scale, view.y_scale) == (Scale(0.0, 8.0), Scale(-1.0, 1.0))
    assert view.data_at(0, 0) is None


def test_strips_have_no_colours_when_there_are_none() -> None:
    picture = draw_scene(everything(), 40, 12, ANSI)
    for strip in to_strips(picture, "none"):
        assert all(s.style is not None and s.style.color is None and s.style.bgcolor is None for s in strip)
    colored = {s.style.color.number for strip in to_strips(picture, "ansi") for s in strip if s.style and s.style.color}
    assert colored
    assert all(number is not None and number < 16 for number in colored)
    assert NO_COLOR == -1
