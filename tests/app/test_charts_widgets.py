"""The widgets in a running app: filled, cached, clickable, and following theme and size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.widget import Widget

import emtui.charts.chart_widget as chart_module
from emtui.charts.cell_picture import pack, to_strips
from emtui.charts.chart_widget import Chart
from emtui.charts.colors import ANSI, DARK, LIGHT
from emtui.charts.heatmap import Heatmap, Matrix, draw_matrix, layout
from emtui.charts.heatstrip import HeatStrip, StripRows, draw_strip, shares_by_column
from emtui.charts.scene import Cloud, Curve, Dots, Scene
from emtui.views.projection import nearest_row

POINTS = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.5]])
SCENE = Scene([Dots(POINTS[:, 0], POINTS[:, 1], (255, 0, 0), "@")], "x", "y", description="three points")
CONFUSION = Matrix(np.array([[50.0, 0.0], [3.0, 47.0]]), ["setosa", "한국어"], ["1", "2"], corner="true")


class Bench(App[None]):
    """One widget, and the messages it sent."""

    CSS = "Screen { background: $surface; }"

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.picks: list[Chart.Picked | HeatStrip.Picked | Heatmap.Picked] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_chart_picked(self, message: Chart.Picked) -> None:
        self.picks.append(message)

    def on_heat_strip_picked(self, message: HeatStrip.Picked) -> None:
        self.picks.append(message)

    def on_heatmap_picked(self, message: Heatmap.Picked) -> None:
        self.picks.append(message)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12), (10, 3), (1, 1)])
async def test_lines_are_exactly_as_wide_as_the_widget_and_filled(size: tuple[int, int]) -> None:
    chart = Chart(SCENE)
    async with Bench(chart).run_test(size=size):
        assert tuple(chart.size) == size
        strips = [chart.render_line(y) for y in range(size[1])]
        assert [strip.cell_length for strip in strips] == [size[0]] * size[1]
        assert [cell_len(strip.text) for strip in strips] == [size[0]] * size[1]
        assert all(s.style is not None and s.style.bgcolor is not None for strip in strips for s in strip)


async def test_a_chart_follows_resizes() -> None:
    chart = Chart(SCENE)
    async with Bench(chart).run_test(size=(100, 30)) as pilot:
        for size in [(60, 20), (10, 3), (3, 1), (90, 33)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert chart.picture.chars.shape == (size[1], size[0])
        assert chart.picture.text.count("@") == 3


async def test_a_picture_is_drawn_once_for_each_scene_size_and_palette(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Scene] = []
    real = chart_module.draw_scene  # type: ignore[attr-defined]  # as the module has it

    def counting(scene: Scene, *args: object) -> object:
        drawn.append(scene)
        return real(scene, *args)  # type: ignore[arg-type]  # what draw takes

    monkeypatch.setattr(chart_module, "draw_scene", counting)
    chart = Chart(SCENE)
    async with Bench(chart).run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert drawn == [SCENE]
        chart.refresh()
        chart.set_scene(SCENE)
        await pilot.pause()
        assert drawn == [SCENE]
        other = Scene([Dots(POINTS[:, 1], POINTS[:, 0])])
        chart.set_scene(other)
        await pilot.pause()
        assert drawn == [SCENE, other]
        pilot.app.theme = "textual-light"
        await pilot.pause()
        assert drawn == [SCENE, other, other]
        pilot.app.theme = "textual-dark"
        await pilot.pause()
        assert drawn[3:] == [other]


async def test_a_click_gives_data_coordinates() -> None:
    chart = Chart(SCENE)
    app = Bench(chart)
    async with app.run_test(size=(60, 20)) as pilot:
        rows, columns = np.nonzero(chart.picture.chars == "@")
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            await pilot.click(chart, offset=(column, row))
        await pilot.click(chart, offset=(0, 5))  # on the tick labels: nothing to pick
        assert [type(pick) for pick in app.picks] == [Chart.Picked] * 3
        found = [nearest_row(np.arange(3), (POINTS[:, 0], p.x), (POINTS[:, 1], p.y)) for p in app.picks]
        assert found == [1, 2, 0]  # from the top
        assert app.picks[0].control is chart


async def test_an_empty_chart_takes_clicks_and_says_nothing() -> None:
    app = Bench(Chart())
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.click(Chart, offset=(20, 6))
        assert app.picks == []
        assert "no data" in app.widget.picture.text  # type: ignore[attr-defined]  # a Chart


async def test_a_border_moves_the_clicks_with_the_content() -> None:
    chart = Chart(Scene([Dots(POINTS[:, 0], POINTS[:, 1], (255, 0, 0), "@")]))
    chart.styles.border = ("round", "red")
    app = Bench(chart)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert chart.picture.chars.shape == (18, 58)
        row, column = np.argwhere(chart.picture.chars == "@")[0].tolist()
        await pilot.click(chart, offset=(column + 1, row + 1))
        (pick,) = app.picks
        assert isinstance(pick, Chart.Picked)
        area = chart.picture.area
        assert area is not None
        assert abs(pick.x - 1.0) <= (area.x_scale.high - area.x_scale.low) / area.columns
        assert abs(pick.y - 1.0) <= (area.y_scale.high - area.y_scale.low) / area.rows


@pytest.mark.parametrize(("theme", "dark"), [("textual-dark", True), ("textual-light", False), ("nord", True)])
async def test_the_palette_is_the_theme_s(theme: str, dark: bool) -> None:
    chart = Chart(SCENE)
    app = Bench(chart)
    async with app.run_test(size=(40, 12)) as pilot:
        app.theme = theme
        await pilot.pause()
        palette = chart.palette
        assert palette.dark == dark
        assert palette.components == (DARK if dark else LIGHT).components
        background = app.screen.background_colors[1]
        assert palette.background == (background.r, background.g, background.b)
        assert (chart.picture.background == pack(palette.background)).all()


async def test_an_ansi_theme_keeps_to_sixteen_colours() -> None:
    chart = Chart(SCENE)
    app = Bench(chart)
    async with app.run_test(size=(40, 12)) as pilot:
        app.theme = "textual-ansi" if "textual-ansi" in app.available_themes else "ansi-dark"
        await pilot.pause()
        assert chart.palette.mode == "ansi"
        assert chart.palette.components == ANSI.components
        styles = [s.style for y in range(12) for s in chart.render_line(y) if s.style]
        assert all(style.color is None or style.color.number is not None for style in styles)
        assert all(style.bgcolor is None for style in styles)


async def test_no_color_leaves_markers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    R = np.eye(3)
    chart = Chart(Scene([Cloud(POINTS[:, 0], POINTS[:, 1], R, DARK.colors(3), DARK.markers(3))]))
    async with Bench(chart).run_test(size=(40, 12)):
        assert {"●", "■", "▲"} <= set(chart.picture.text)


async def test_ascii_is_a_class_of_the_app() -> None:
    x = np.linspace(0, 1, 20)
    chart = Chart(Scene([Curve(x, x, (255, 0, 0), label="a")], "x", "y", grid=True))
    app = Bench(chart)
    async with app.run_test(size=(40, 12)) as pilot:
        assert not chart.picture.text.isascii()
        app.add_class("-ascii")
        chart.refresh()
        await pilot.pause()
        assert chart.picture.text.isascii()


async def test_a_chart_describes_itself() -> None:
    chart = Chart(SCENE)
    assert chart.description == "three points"
    chart.set_scene(Scene(title="a title"))
    assert chart.description == "a title"


# --- heat strips ------------------------------------------------------------------------------------------


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**31), st.booleans())
def test_a_strip_s_columns_partition_the_rows(n: int, width: int, seed: int, ordered: bool) -> None:
    rng = np.random.default_rng(seed)
    order = rng.permutation(n) if ordered else None
    rows = StripRows(rng.dirichlet(np.ones(3), n), order)
    shares = shares_by_column(rows, width)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    groups: dict[int, list[int]] = {}
    for row in range(n):
        column = rows.column_of(row, width)
        assert column is not None
        groups.setdefault(column, []).append(row)
        if n <= width:
            assert rows.row_at(column, width) == row
    for column, members in groups.items():
        assert rows.row_at(column, width) in members
        np.testing.assert_allclose(shares[column], rows.responsibilities[members].mean(axis=0))


def test_a_strip_shows_responsibilities_as_blocks() -> None:
    R = np.array([[1.0, 0.0], [0.5, 0.5], [0.25, 0.75], [0.01, 0.99]])
    picture = draw_strip(StripRows(R, cursor=1), 4, 3, DARK)
    assert picture.text.split("\n") == ["█▒▓█", "●●■■", "    "]
    assert (picture.background[:2, 1] != pack(DARK.background)).all()
    assert (picture.background[:, [0, 2, 3]] == pack(DARK.background)).all()
    assert draw_strip(StripRows(np.eye(3)), 3, 2, DARK).text.split("\n")[1] == "●■▲"


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (80, 5)])
@pytest.mark.parametrize("n", [0, 1, 7, 1000])
def test_a_strip_fills_every_size(size: tuple[int, int], n: int) -> None:
    R = np.full((n, 2), np.nan)
    R[n // 2 :] = 0.5
    picture = draw_strip(StripRows(R, cursor=n // 3), *size, DARK)
    assert [strip.cell_length for strip in to_strips(picture, "truecolor")] == [size[0]] * size[1]


async def test_a_click_on_a_strip_gives_the_row_in_its_order() -> None:
    rng = np.random.default_rng(0)
    order = np.arange(200)[::-1]
    strip = HeatStrip(StripRows(rng.dirichlet(np.ones(3), 200), order))
    app = Bench(strip)
    async with app.run_test(size=(50, 10)) as pilot:
        assert strip.size.height == 2
        for column in (0, 10, 49):
            await pilot.click(strip, offset=(column, 1))
        assert [pick.row for pick in app.picks] == [199, 159, 3]


# --- heat maps --------------------------------------------------------------------------------------------


def test_a_heat_map_shows_labels_numbers_and_strength() -> None:
    picture = draw_matrix(CONFUSION, 40, 3, DARK)
    head, first, second = picture.text.split("\n")
    assert head.split() == ["true", "1", "2"]
    assert first.split() == ["setosa", "50", "0"]
    assert second.split() == ["한국어", "3", "47"]
    at = first.index("50"), len(first.rstrip()) - 1
    backgrounds = [picture.background[1, column] for column in at]
    assert backgrounds[0] != backgrounds[1]


def test_a_heat_map_that_is_too_narrow_cuts_labels_then_columns() -> None:
    matrix = Matrix(np.arange(40.0).reshape(4, 10), ["a very long label"] * 4, [f"column {j}" for j in range(10)])
    assert "column 9" in draw_matrix(matrix, 120, 5, DARK).text
    assert "…" in draw_matrix(matrix, 60, 5, DARK).text
    narrow = draw_matrix(matrix, 20, 5, DARK)
    assert narrow.text.split("\n")[0].rstrip().endswith("…")
    fit = layout(matrix, 20, 5)
    assert 0 < fit.columns < 10
    for line in narrow.text.split("\n")[1:]:
        assert len(line.split()) >= fit.columns


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (5, 2), (9, 3), (200, 60)])
@pytest.mark.parametrize("values", [[[np.nan, np.inf], [1e300, -1e300]], [[0.0, 0.0], [0.0, 0.0]]])
def test_a_heat_map_fills_every_size(size: tuple[int, int], values: list[list[float]]) -> None:
    matrix = Matrix(np.array(values), ["\x1b[31m", "한국어 한국어"], ["👍🏽", "[b]x"], corner="c\td")
    for palette in (DARK, ANSI):
        picture = draw_matrix(matrix, *size, palette)
        for strip in to_strips(picture, palette.mode):
            assert strip.cell_length == size[0] == cell_len(strip.text)
            assert strip.text.isprintable()


async def test_a_click_on_a_heat_map_gives_the_cell() -> None:
    heatmap = Heatmap(CONFUSION)
    app = Bench(heatmap)
    async with app.run_test(size=(40, 10)) as pilot:
        assert heatmap.size.height == 3
        text = heatmap.picture.text.split("\n")
        await pilot.click(heatmap, offset=(text[1].index("0 ", 12), 1))
        await pilot.click(heatmap, offset=(0, 1))
        assert [(pick.row, pick.column) for pick in app.picks] == [(0, 1)]
        heatmap.set_matrix(Matrix(np.eye(4), list("abcd"), list("wxyz")))
        await pilot.pause()
        assert heatmap.size.height == 5


# --- values -----------------------------------------------------------------------------------------------


def test_shapes_are_checked_in_words() -> None:
    with pytest.raises(ValueError, match="y should be a vector of 3 values"):
        Dots(np.zeros(3), np.zeros(2))
    with pytest.raises(ValueError, match=r"shape \(3, 3\)"):
        Dots(np.zeros(3), np.zeros(3), np.zeros((2, 3), dtype=np.uint8))
    with pytest.raises(ValueError, match=r"shape \(3, K\)"):
        Cloud(np.zeros(3), np.zeros(3), np.zeros(3), [], [])
    with pytest.raises(ValueError, match="2 components need as many"):
        Cloud(np.zeros(3), np.zeros(3), np.zeros((3, 2)), [(0, 0, 0)], "a")
    with pytest.raises(ValueError, match="order should be a vector of 3"):
        StripRows(np.zeros((3, 2)), np.arange(2))
    with pytest.raises(ValueError, match="shape of the labels"):
        Matrix(np.zeros((2, 2)), ["a"], ["b", "c"])
