"""The table for any number of rows, and the choice of the columns that fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style
from screen_text import screen_lines, screen_text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType

from emtui.charts.colors import Palette
from emtui.widgets.paged_table import LineTable
from emtui.widgets.table_columns import Sheet, TableCell, TableColumn, fit_columns, joined, segments, short_head, widths

SIZES = st.integers(1, 12)
COLUMNS = st.lists(SIZES, max_size=8)


def columns(rooms: Sequence[int], key: str) -> list[TableColumn]:
    return [TableColumn(f"{key} {i}", "h", room) for i, room in enumerate(rooms)]


@given(st.lists(SIZES, min_size=1, max_size=3), COLUMNS, st.lists(SIZES, max_size=2), st.integers(0, 80), SIZES)
def test_columns_that_are_shown_fit_and_the_hidden_are_counted(left, middle, right, width, first):
    window = fit_columns(columns(left, "left"), columns(middle, "m"), columns(right, "right"), width, first)
    shown = [column.key for column in window.columns if column.key.startswith("m ")]
    assert shown == [f"m {i}" for i in range(window.first, window.last)]
    assert window.hidden == len(middle) - len(shown)
    assert widths(window.columns) <= width or [c.key for c in window.columns] == ["left 0"]
    notes = [column for column in window.columns if column.key == "more"]
    assert [note.title for note in notes] in ([], [f"+{window.hidden}"])
    if window.hidden == 0:
        assert notes == []


@given(st.lists(SIZES, min_size=2, max_size=8), st.integers(22, 40))
def test_every_column_can_be_scrolled_to(middle, width):
    seen = set()
    for first in range(len(middle)):
        window = fit_columns([TableColumn("name", "", 4)], columns(middle, "m"), [], width, first)
        seen |= set(range(window.first, window.last))
    assert seen == set(range(len(middle)))


@given(st.text(max_size=12), st.text(max_size=12), st.integers(0, 20), st.sampled_from(["left", "right"]))
def test_a_cell_is_exactly_as_wide_as_its_column(first, second, width, align):
    made = segments(((first, Style(bold=True)), (second, Style())), width, align)
    text = "".join(segment.text for segment in made)
    assert cell_len(text) == width
    assert all(char.isprintable() or char == " " for char in text)


def test_a_cut_cell_says_so_and_a_whole_one_does_not():
    def text(cell: TableCell, width: int) -> str:
        return "".join(s.text for s in segments(cell, width, "left"))

    assert text("versicolor", 6) == "versi…"
    assert text((("ab", Style()), ("cd", Style())), 4) == "abcd"
    assert text((("ab", Style()), ("cd", Style())), 3) == "ab…"
    assert text((("abc", Style()), ("d", Style())), 3) == "ab…"
    assert text("漢字漢字", 5) == "漢字…"


@pytest.mark.parametrize(
    ("name", "width", "short"),
    [
        ("petal length", 12, "petal length"),
        ("petal length", 7, "pet len"),
        ("petal width", 7, "pet wid"),
        ("pixel 3 11", 8, "pix 3 11"),
        ("waiting", 5, "wait…"),
        ("a b c", 3, "a c"),
        ("a b", 2, "a…"),
        ("reading_12", 7, "read 12"),
        ("reading12", 5, "rea12"),
        ("feature number 13 of it", 6, "fea it"),
        ("12345", 4, "123…"),
    ],
)
def test_heads_shorten_word_by_word(name, width, short):
    assert short_head(name, width) == short
    assert cell_len(short_head(name, width)) <= width


def test_parts_are_dropped_whole():
    assert joined(("1–9 of 150", "", "by class"), 30) == "1–9 of 150 · by class"
    assert joined(("1–9 of 150", "of the last E-step", "by class"), 22) == "1–9 of 150 · by class"
    assert joined(("1–9 of 150",), 5) == ""


@dataclass(frozen=True, eq=False)
class Numbers:
    """So many rows; remembers which of them were asked for."""

    n_rows: int = 1_000_000
    asked: list[range] = field(default_factory=list)
    name: str = "row {}"
    columns: tuple[TableColumn, ...] = (TableColumn("number", "number", 12, "right"), TableColumn("twice", "twice", 9))

    def sheet(self, width: int, palette: Palette) -> Sheet:
        return Sheet(self.columns, self.n_rows, self.cells)

    def cells(self, rows: range) -> list[list[TableCell]]:
        self.asked.append(rows)
        return [[self.name.format(row), f"{2 * row}"] for row in rows]


class Host(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"walked('{key}')") for key in ("left", "right", "h", "l", "home", "end")
    ]

    def __init__(self, source: Numbers | None, **options: bool) -> None:
        super().__init__()
        self.table = LineTable(**options)
        self.source = source
        self.picked: list[int] = []
        self.heads: list[str] = []
        self.walked: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.set_source(self.source, words="Nothing to list yet: press e.")

    def on_line_table_row_picked(self, event: LineTable.RowPicked) -> None:
        self.picked.append(event.place)

    def on_line_table_head_picked(self, event: LineTable.HeadPicked) -> None:
        self.heads.append(event.key)

    def action_walked(self, key: str) -> None:
        self.walked.append(key)


async def test_only_the_rows_in_sight_are_asked_for():
    source = Numbers()
    app = Host(source)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        assert [line.split() for line in screen_lines(app)[:3]] == [
            ["number", "twice"],
            ["row", "0", "0"],
            ["row", "1", "2"],
        ]
        await pilot.press("greater_than_sign")
        lines = screen_lines(app)
        assert lines[0].split() == ["number", "twice"]
        assert lines[9].split()[:3] == ["row", "999999", "1999998"]
        assert sum(map(len, source.asked)) < 100
        source.asked.clear()
        await pilot.press("up")
        assert sum(map(len, source.asked)) <= 2  # the row that is pointed at now, and the one that no longer is


async def test_keys_move_the_cursor_and_leave_history_alone():
    app = Host(Numbers(50))
    async with app.run_test(size=(40, 11)) as pilot:
        await pilot.press("down", "j", "down", "k", "up", "up", "up")
        assert app.picked == [0, 1, 2, 1, 0, 0, 0]
        await pilot.press("pagedown", "ctrl+end", "pageup", "less_than_sign")
        assert app.picked[7:] == [9, 49, 40, 0]
        await pilot.press("left", "right", "h", "l", "home", "end")
        assert app.walked == ["left", "right", "h", "l", "home", "end"]
        assert len(app.picked) == 11


async def test_clicks_point_at_rows_and_heads():
    app = Host(Numbers(50))
    async with app.run_test(size=(40, 11)) as pilot:
        await pilot.click(LineTable, offset=(3, 4))
        await pilot.click(LineTable, offset=(14, 0))
        await pilot.click(LineTable, offset=(12, 0))  # the gap between the heads
        assert (app.picked, app.heads, app.table.cursor) == ([3], ["twice"], 3)
        app.table.scroll_to(y=20, animate=False)
        await pilot.click(LineTable, offset=(3, 1))
        assert app.picked == [3, 20]


async def test_without_a_cursor_the_keys_scroll():
    app = Host(Numbers(50), pointing=False)
    async with app.run_test(size=(40, 11)) as pilot:
        await pilot.press("down", "down", "pagedown")
        assert (app.table.page.start, app.picked) == (11, [])
        await pilot.press("greater_than_sign")
        assert app.table.page == range(40, 50)
        await pilot.click(LineTable, offset=(3, 4))
        assert app.picked == []


async def test_the_cursor_stays_in_sight_when_the_window_shrinks():
    app = Host(Numbers(50))
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.press(*["down"] * 18)
        assert app.table.cursor == 17
        await pilot.resize_terminal(40, 6)
        await pilot.pause()
        assert 17 in app.table.page
        await pilot.resize_terminal(10, 1)
        await pilot.resize_terminal(60, 30)
        await pilot.pause()
        assert "row 17" in screen_text(app)


async def test_a_cursor_that_comes_before_the_size_is_revealed():
    app = Host(None)
    async with app.run_test(size=(40, 10)) as pilot:
        app.table.set_source(Numbers(500), cursor=300)
        app.table.reveal()
        await pilot.pause()
        assert "row 300" in screen_text(app)


async def test_words_stand_where_there_are_no_rows():
    app = Host(None)
    async with app.run_test(size=(16, 5)) as pilot:
        await pilot.press("down", "pagedown", "greater_than_sign", "less_than_sign")
        await pilot.click(LineTable, offset=(1, 1))
        assert "Nothing to list\nyet: press e." in screen_text(app)
        app.table.set_source(Numbers(0), words="None.")
        await pilot.pause()
        assert "None." in screen_text(app)


async def test_text_is_neither_markup_nor_a_command_to_the_terminal():
    app = Host(Numbers(3, name="[b]\x1b[31m\x07{}漢字漢字漢字"))
    async with app.run_test(size=(40, 6)) as pilot:
        await pilot.pause()
        text = screen_text(app)
        assert "[b][31m0漢…" in text
        assert "\x1b" not in text
        assert "\x07" not in text
        assert all(cell_len(line) <= 40 for line in screen_lines(app))


async def test_every_line_is_filled_and_the_theme_can_change():
    app = Host(Numbers(3))
    async with app.run_test(size=(40, 8)) as pilot:
        await pilot.press("down")
        for theme in ("textual-light", "textual-dark"):
            app.theme = theme
            await pilot.pause()
            strips = [app.table.render_line(y) for y in range(8)]
            assert {strip.cell_length for strip in strips} == {40}
            grounds = {segment.style.bgcolor for strip in strips for segment in strip if segment.style}
            assert None not in grounds
            assert len(grounds) == 2  # the page, and the row that is pointed at
