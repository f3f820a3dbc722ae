"""Small multiples with shared axes, and stacked bars: what is drawn where, at any size, with and without colours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from emtui.charts.axes import Scale, make_scale
from emtui.charts.canvas import Canvas
from emtui.charts.cell_picture import NO_COLOR, pack
from emtui.charts.colors import ANSI, DARK
from emtui.charts.pair_grid import CELL_HEIGHT, CELL_WIDTH, MOST, Notes, PairGrid, capacity, draw_pair_grid, lay_out
from emtui.charts.scene import Bars, Dots, Scene, StackedBars

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)
UNIT = Scale(0.0, 1.0)


def drawn(stack: StackedBars, size: tuple[int, int] = (6, 4), palette=DARK) -> Canvas:
    canvas = Canvas(*size, (UNIT, UNIT), palette)
    canvas.draw(Scene([stack]))
    canvas.finish()
    return canvas


# stacks


@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 6))
def test_a_stack_is_as_high_as_the_bars_of_its_sum(seed: int, parts: int, bins: int) -> None:
    heights = np.random.default_rng(seed).dirichlet(np.ones(parts * bins)).reshape(parts, bins)
    edges = np.linspace(0, 1, bins + 1)
    stack = drawn(StackedBars(edges, heights, [RED, GREEN, BLUE, RED][:parts], "abcd"[:parts]), (12, 5))
    bars = Canvas(12, 5, (UNIT, UNIT), DARK)
    bars.draw(Scene([Bars(edges, heights.sum(axis=0))]))
    whole = np.where(stack.background == NO_COLOR, stack.chars, "█")  # two colours fill their cell
    np.testing.assert_array_equal(whole, bars.chars)


def test_parts_share_a_cell_in_eighths() -> None:
    # one column of two cells: 3 eighths red below, then green up to the top of the first, then blue
    canvas = drawn(StackedBars([0, 1], [[3 / 16], [6 / 16], [4 / 16]], [RED, GREEN, BLUE], "abc"), (1, 2))
    upper, lower = canvas.chars
    assert (lower, canvas.foreground[1], canvas.background[1]) == ("▃", pack(RED), pack(GREEN))
    # one eighth green and four blue: five eighths in the colour of the larger part
    assert (upper, canvas.foreground[0], canvas.background[0]) == ("▅", pack(BLUE), NO_COLOR)


def test_an_empty_part_leaves_no_trace() -> None:
    canvas = drawn(StackedBars([0, 1], [[0.3], [0.0], [0.2]], [RED, GREEN, BLUE], "abc"))
    assert pack(GREEN) not in canvas.foreground and pack(GREEN) not in canvas.background


@pytest.mark.parametrize("palette", [replace(ANSI, mode="none"), replace(DARK, ascii=True)])
def test_without_colours_a_stack_is_made_of_markers(palette) -> None:
    canvas = drawn(StackedBars([0, 1], [[0.5], [0.5]], [RED, GREEN], "ab"), (3, 4), palette)
    assert "".join(canvas.chars) == "bbbbbbaaaaaa"
    tiny = drawn(StackedBars([0, 1], [[0.01]], [RED], "a"), (3, 4), palette)
    assert "".join(tiny.chars) == " " * 9 + "aaa"  # never invisible


def test_a_stack_says_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="2 parts need as many colors"):
        StackedBars([0, 1], [[1.0], [1.0]], [RED], "ab")
    with pytest.raises(ValueError, match="edges should be a vector of 2 values"):
        StackedBars([0, 1, 2], [[1.0]], [RED], "a")
    assert not "".join(drawn(StackedBars([0], np.zeros((2, 0)), [RED, GREEN], "ab")).chars).strip()


# grids


def grid_of(n: int, chosen: tuple[int, int] | None = None, names: tuple[str, ...] = ()) -> PairGrid:
    values = np.linspace(0, 10, 11)
    cells = [
        [
            Notes([((f"r{i}{j}", RED),)])
            if i < j
            else Scene([Dots(values, values, marker="o")])
            if i > j
            else Scene([Bars(values, np.ones(10))], y_range=(0.0, 1.0))
            for j in range(n)
        ]
        for i in range(n)
    ]
    return PairGrid(names or tuple(f"name {j}" for j in range(n)), [make_scale(0, 10)] * n, cells, chosen)


def lines(grid: PairGrid, width: int, height: int) -> list[str]:
    return draw_pair_grid(grid, width, height, DARK)[0].text.splitlines()


def test_names_stand_on_the_outer_edge_and_ticks_beside_the_pictures() -> None:
    text = lines(grid_of(3), 80, 30)
    assert [line.index("name") for line in text if "─ name" in line] == [5, 5, 5]
    assert text[-1].split() == ["name", "0", "name", "1", "name", "2"]
    assert text[-2].split() == ["0", "5", "10"] * 3
    assert text[0].startswith("  ┌─ name 0 ─")
    ticks = [line[:2].strip() for line in text if line[2] == "┤"]
    assert ticks == ["10", "5", "0", "10", "5", "0"]  # none beside the first row, which has a density there
    for i in range(3):
        for j in range(i + 1, 3):
            assert sum(f"r{i}{j}" in line for line in text) == 1


def test_the_chosen_cell_has_a_heavy_line() -> None:
    grid = grid_of(3, (2, 1))
    picture, layout = draw_pair_grid(grid, 80, 30, DARK)
    assert picture.chars[layout.rows[2], layout.columns[1]] == "┏"
    assert picture.chars[layout.rows[3], layout.columns[2]] == "┛"
    assert "┃" not in "".join(lines(grid_of(3), 80, 30))


@given(st.integers(1, 8), st.integers(10, 200), st.integers(8, 60))
def test_every_place_inside_belongs_to_the_cell_that_is_drawn_there(n: int, width: int, height: int) -> None:
    layout = lay_out(n, width, height, 4)
    assert layout.columns[0] == 4 and len(layout.columns) == len(layout.rows) == n + 1
    sizes = np.diff(layout.columns)
    assert sizes.max() - sizes.min() <= 1
    for i in range(n):
        for j in range(n):
            assert layout.cell_at(layout.columns[j], layout.rows[i]) == (i, j)
            assert layout.cell_at(layout.columns[j + 1] - 1, layout.rows[i + 1] - 1) == (i, j)
    assert layout.cell_at(3, 0) is None and layout.cell_at(layout.columns[-1], 0) is None


@given(st.integers(1, 250), st.integers(1, 90))
def test_as_many_features_fit_as_can_be_read(width: int, height: int) -> None:
    n = capacity(width, height)
    assert 0 <= n <= MOST
    if n:
        layout = lay_out(n, width, height, 7)
        assert layout.columns[-1] < width and layout.rows[-1] < height - 2
        assert np.diff(layout.columns).min() > CELL_WIDTH and np.diff(layout.rows).min() > CELL_HEIGHT


@pytest.mark.parametrize("n", [0, 1, 2, 5, 8])
def test_every_size_can_be_drawn(n: int) -> None:
    grid = grid_of(n, (n - 1, 0) if n > 1 else None)
    for width, height in [(1, 1), (2, 9), (9, 2), (5, 5), (12, 11), (40, 12), (80, 24), (200, 60)]:
        for palette in (DARK, ANSI, replace(DARK, ascii=True)):
            picture, _ = draw_pair_grid(grid, width, height, palette)
            assert picture.chars.shape == (height, width)
            if palette.ascii:
                assert picture.text.isascii()


def test_wide_and_long_names_stay_in_their_places() -> None:
    names = ("꽃받침 길이가 아주 긴 이름입니다 그렇지요", "x" * 300, "[bold]petal[/] width\x1b[31m")
    text = lines(grid_of(3, names=names), 90, 30)
    assert all(cell_len(line) == 90 for line in text)
    assert "\x1b" not in "".join(text) and "[bold]" in "".join(text)


def test_notes_that_are_too_many_stand_side_by_side_and_say_how_many_are_left_out() -> None:
    def noted(count: int, width: int = 40) -> str:
        notes = Notes([((f"n{i:02}", RED),) for i in range(count)])
        grid = replace(grid_of(1), cells=[[notes]])
        return "\n".join(lines(grid, width, 10))

    few = noted(4)
    assert all(sum(f"n{i:02}" in line for line in few.splitlines()) == 1 for i in range(4))
    many = noted(12)
    assert all(f"n{i:02}" in many for i in range(12)) and "+" not in many.replace("┼", "")
    crowd = noted(50, 20)
    shown = sum(f"n{i:02}" in crowd for i in range(50))
    assert f"+{50 - shown}" in crowd
