"""Opening a file: what is said of how it is written, by keys and by the mouse, and files that nobody here wrote."""

from __future__ import annotations

import os
import random
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dialog_host import Host, settle, words, write
from rich.cells import cell_len
from screen_text import screen_text
from textual.widgets import Button, Input
from workbooks import workbook

from emtui.cli.arguments import parse
from emtui.panes.messages import DatasetChosen
from emtui.screens.open_file.column_roles import ColumnList
from emtui.screens.open_file.file_preview import in_fields, preview_file
from emtui.screens.open_file.open_file import OpenFileScreen
from emtui.screens.open_file.preview_pane import PreviewPane
from emtui.screens.open_file.read_option_fields import ReadOptionFields
from emtui.spec.choose import choose
from emtui.spec.command_line import command_of
from emtui.spec.read_options import delimiter_from, delimiter_word
from emtui.widgets.form_field import FormField
from engine.data.data_spec import ReadOptions
from engine.data.dataset import Dataset
from engine.errors import DataError
from engine.readers.table import preview_table, read_table

SIZES = [(40, 12), (80, 24), (120, 40)]
KOREAN = "이름,키,몸무게,반\n" + "".join(f"김{i},{150 + i}.5,{50 + i % 7},{'가나다'[i % 3]}\n" for i in range(30))
GERMAN = "Länge;Breite;Art\n" + "".join(f"{i % 7},{i % 10};{i % 5},5;{'ab'[i % 2]}\n" for i in range(30))


def field(app: Host, key: str) -> FormField:
    """The field of this key."""
    return next(field for field in app.screen.query(FormField) if field.spec.key == key)


async def typed(app: Host, pilot: Any, key: str, text: str) -> None:
    """Write this into a field in the place of what is there."""
    field(app, key).focus()
    await pilot.press("ctrl+u", *text)
    await settle(pilot)


async def taken(app: Host, pilot: Any, key: str, word: str) -> None:
    """Choose this word in a field of words, by the arrow key."""
    one = field(app, key)
    one.focus()
    for _ in one.spec.words:
        if one.text == word:
            break
        await pilot.press("right")
    await settle(pilot)
    assert one.text == word


def opened(app: Host) -> Dataset:
    """The data that the answer stands for."""
    (chosen,) = app.results
    assert isinstance(chosen, DatasetChosen)
    made = choose(chosen.data)
    assert chosen.opened is not None and made.opened is not None
    assert np.array_equal(chosen.opened.X, made.opened.X, equal_nan=True)
    assert chosen.opened.notes == made.opened.notes
    return made.dataset


# what is found


@pytest.mark.parametrize(
    ("content", "said", "shape"),
    [
        (KOREAN.encode("cp949"), ("CP949", "comma", "point", "yes"), (30, 2)),
        (KOREAN.encode("utf-16"), ("UTF-16", "comma", "point", "yes"), (30, 2)),
        (KOREAN.encode("utf-16-be"), ("UTF-16-BE", "comma", "point", "yes"), (30, 2)),
        (GERMAN.encode("cp1252"), ("CP1252", "semicolon", "comma", "yes"), (30, 2)),
        (b"".join(b"%d.5\t%d\ta\n" % (i % 7, i) for i in range(20)), ("UTF-8", "tab", "point", "no"), (20, 2)),
    ],
)
async def test_what_is_found_stands_in_the_fields_and_nothing_is_said(
    tmp_path: Path, content: bytes, said: tuple[str, ...], shape: tuple[int, int]
) -> None:
    (tmp_path / "theirs.dat").write_bytes(content)
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, "theirs.dat")
        assert tuple(field(app, key).text for key in ("encoding", "delimiter", "decimal", "header")) == said
        assert "*" not in screen_text(app)
        await pilot.press("enter")
        await settle(pilot)
    data = opened(app)
    assert data.X.shape == shape
    assert app.results[0].data.read_options == ReadOptions()


# what is said


@pytest.mark.parametrize("size", SIZES)
async def test_the_sheet_of_a_workbook_with_several_is_chosen_in_a_field(tmp_path: Path, size: tuple[int, int]) -> None:
    pytest.importorskip("python_calamine")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n2,3\n")
    one, two = [["x"], *[[i] for i in range(5)]], [["y"], *[[i * i] for i in range(9)]]
    (tmp_path / "b.xlsx").write_bytes(workbook(**{"first": one, "the [b]second": two}))
    app = Host()
    async with app.run_test(size=size) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, "b.xlsx")
        assert field(app, "sheet").display and field(app, "sheet").text == "first"
        await taken(app, pilot, "sheet", "the [b]second")
        assert size[1] == 12 or "9 rows" in words(app)
        await write(pilot, "t.csv")
        assert not field(app, "sheet").display
        await write(pilot, "b.xlsx")
        await taken(app, pilot, "sheet", "the [b]second")
        await pilot.press("enter")
        await settle(pilot)
    assert opened(app).X.ravel().tolist() == [i * i for i in range(9)]
    assert app.results[0].data.read_options == ReadOptions(sheet="the [b]second")
    words_again = shlex.split(command_of(choose(app.results[0].data)))[1:]
    assert parse(words_again, lambda: "").spec["data"] == app.results[0].data


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_said_reads_the_table_anew(tmp_path: Path, size: tuple[int, int]) -> None:
    text = "név:érték:a\n" + "".join(f"ő{i}:{i}:{i % 3}\n" for i in range(20))
    (tmp_path / "theirs.csv").write_bytes(text.encode("cp1250"))
    app = Host()
    async with app.run_test(size=size) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, "theirs.csv")
        assert "has no column of numbers" not in words(app)  # half a look is no mistake
        field(app, "delimiter").focus()
        await pilot.press(":")
        await settle(pilot)
        assert "20 rows, 3 columns" in words(app) or size == (40, 12)
        assert field(app, "delimiter").text == ":" and "*delimiter" in screen_text(app)
        assert app.screen.query_one(ColumnList).roles.columns[0].name == "név"
        await typed(app, pilot, "encoding", "cp1250")
        roles = app.screen.query_one(ColumnList).roles
        assert roles is not None and [column.name for column in roles.columns] == ["név", "érték", "a"]
        assert app.screen.query_one(PreviewPane).file.preview.rows[0][0] == "ő0"
        await typed(app, pilot, "principal", "1")
        await pilot.press("enter")
        await settle(pilot)
    data = opened(app)
    assert app.results[0].data.read_options == ReadOptions(encoding="cp1250", delimiter=":")
    assert (data.X.shape, data.feature_names) == ((20, 1), ("PC 1",))


async def test_header_and_decimal_are_chosen_and_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "years.csv"
    path.write_text("1990;1,25\n1991;2,5\n1992;7,75\n", "utf-8")
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, "years.csv")
        assert (field(app, "decimal").text, field(app, "header").text) == ("comma", "no")
        assert "column 1" in words(app) and "3 rows, 2 columns" in words(app)
        await taken(app, pilot, "header", "yes")
        assert "2 rows, 2 columns" in words(app) and "1,25" in screen_text(app)
        await taken(app, pilot, "header", "no")
        assert app.screen.query_one(ReadOptionFields).read_options == ReadOptions()
        await taken(app, pilot, "decimal", "point")
        roles = app.screen.query_one(ColumnList).roles
        assert roles is not None and roles.columns[1].kind == "text"
        assert app.screen.query_one(ReadOptionFields).read_options == ReadOptions(decimal=".")
        await write(pilot, "years.cs")
        await write(pilot, "years.csv")  # another look at a file begins with nothing said
        assert app.screen.query_one(ReadOptionFields).read_options == ReadOptions()
        await pilot.press("enter")
        await settle(pilot)
    np.testing.assert_array_equal(opened(app).X, read_table(path).X)


async def test_half_an_encoding_is_no_mistake_until_it_is_left(tmp_path: Path) -> None:
    (tmp_path / "korean.csv").write_bytes(KOREAN.encode("cp949"))
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, "korean.csv")
        await typed(app, pilot, "encoding", "cp94")
        problem = app.screen.query_one("#problem")
        assert not problem.has_class("-said") and "김0" in screen_text(app)
        await pilot.press("enter")
        await settle(pilot)
        assert "There is no text encoding called 'cp94'" in words(app)
        assert app.results == [] and field(app, "encoding").active
        await pilot.press("tab")
        await settle(pilot)
        assert problem.has_class("-said")
        await typed(app, pilot, "encoding", "utf-8")
        assert "can't be read as UTF-8: save the file as UTF-8, or name its encoding." in words(app)
        assert "김0" not in screen_text(app)
        await typed(app, pilot, "encoding", "")
        assert field(app, "encoding").text == ""
        await pilot.press("tab")
        await settle(pilot)
        assert field(app, "encoding").text == "CP949" and "김0" in screen_text(app)
        assert not problem.has_class("-said")


async def test_what_could_not_be_told_can_be_said(tmp_path: Path) -> None:
    """Cells that are not even for the delimiter that looks best are a sentence; the fields are there all the same."""
    path = tmp_path / "ragged.csv"
    path.write_text("1,5~2\n1,2,3~4\n1~2\n5~7\n", "utf-8")
    with pytest.raises(DataError):
        preview_table(path)
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, "ragged.csv")
        assert app.screen.query_one("#problem").has_class("-said")
        assert field(app, "delimiter").text == field(app, "header").text == "?"
        assert app.screen.query_one(ReadOptionFields).read_options == ReadOptions()
        field(app, "delimiter").focus()
        await pilot.press("~")
        await settle(pilot)
        assert "4 rows, 2 columns" in words(app)
        assert "?" not in field(app, "header").spec.words and field(app, "header").text == "no"


async def test_lines_to_skip_comments_and_missing_words_are_seen_and_said(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("! made by hand\nMy flowers\nx;y\n1;2\n3;unknown\n5;-9\n4;4\n", "utf-8")
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, "table.csv")
        assert (field(app, "skip").text, field(app, "comment").text) == ("2", "none")
        said = " ".join(line[26:].strip("│ ") for line in screen_text(app).splitlines())
        note = "Lines 1 to 2 were left out (line 1 has 1 cell where the table has 2); say how many in the field skip."
        assert note in " ".join(said.split())
        await typed(app, pilot, "comment", "!")
        assert (field(app, "skip").text, field(app, "comment").changed) == ("2", True)
        await typed(app, pilot, "skip", "one")
        await pilot.press("enter")
        await settle(pilot)
        assert "can't be 'one': write a whole number of at least 0" in words(app) and app.results == []
        await typed(app, pilot, "skip", "2")
        await typed(app, pilot, "missing", "unknown, -9")
        assert "2 of 4 rows have a missing value" in words(app)
        await pilot.press("enter")
        await settle(pilot)
    data = opened(app)
    assert app.results[0].data.read_options == ReadOptions(comment="!", missing_marks=("unknown", "-9"))
    assert (data.feature_names, data.X.tolist()) == (("x", "y"), [[1, 2], [4, 4]])


@pytest.mark.parametrize(
    ("text", "part"), [("x", "whole number"), ("0", "at least 1"), ("9", "2 principal components")]
)
async def test_components_that_can_not_be_had_keep_the_dialog_open(tmp_path: Path, text: str, part: str) -> None:
    (tmp_path / "table.csv").write_text(GERMAN, "utf-8")
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, "table.csv")
        await typed(app, pilot, "principal", text)
        await pilot.press("enter")
        await settle(pilot)
        assert part in words(app) and app.screen.query_one("#problem").has_class("-said")
        assert app.results == []
        await typed(app, pilot, "principal", " ")
        await pilot.press("enter")
        await settle(pilot)
    assert opened(app).X.shape == (30, 2)


# the mouse


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_all_of_it_by_the_mouse(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "table.csv").write_text(
        "a,b,kind\n" + "".join(f"{i},{i % 4},{'xy'[i % 2]}\n" for i in range(20)), "utf-8"
    )
    app = Host()
    async with app.run_test(size=size) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, "table.csv")
        columns = app.screen.query_one(ColumnList)
        seen = [columns.roles.line(0, 40)]
        for _ in range(3):
            await pilot.click(columns, offset=(4, 0))
            seen.append(columns.roles.line(0, 40))
        assert [line[0] for line in seen] == ["✓", "◉", " ", "✓"]
        await pilot.click(columns, offset=(4, 2))
        assert columns.roles.label == 2
        await pilot.click(columns, offset=(4, 2))
        assert columns.roles.label is None and app.results == []
        await pilot.click(field(app, "header"), offset=(12, 0))
        await settle(pilot)
        assert field(app, "header").text == "no" and "21 rows" in words(app)
        await pilot.click(field(app, "header"), offset=(12, 0))
        await settle(pilot)
        await pilot.click(next(button for button in app.screen.query(Button) if button.id == "open"))
        await settle(pilot)
    assert opened(app).class_names == ("x", "y")


async def test_enter_waits_for_the_look_at_what_was_changed(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("1990;1991\n" + "1,5;2\n" * 5, "utf-8")
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, "table.csv")
        await pilot.press("tab", "tab", "tab", "tab", "tab")
        assert field(app, "header").active
        app.screen.query_one(PreviewPane).columns.focus()
        await pilot.press("space")  # leave out a column by the name that it has by now
        await settle(pilot)
        field(app, "header").focus()
        await pilot.press("right", "enter")
        await settle(pilot)
    data = opened(app)
    assert (data.feature_names, len(data.X)) == (("1990", "1991"), 5)


# files that nobody here wrote


async def test_a_file_that_vanishes_between_looking_and_opening(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(GERMAN, "utf-8")
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, "table.csv")
        path.unlink()
        await pilot.press("enter")
        await settle(pilot)
        assert app.results == []
        assert "There is no file" in words(app)
        await taken(app, pilot, "header", "no")
        assert app.screen.query_one(PreviewPane).file.preview is None


@pytest.mark.parametrize("size", SIZES)
async def test_a_wide_header_and_long_names_keep_the_lines_apart(tmp_path: Path, size: tuple[int, int]) -> None:
    names = ["非常に長い名前の列名" * 9, "a" * 300, "[b]漢字[/b]\x1b[31m", "🇩🇪 flag"]
    rows = "".join(f"{i},{i % 3},{i % 5},{'xy'[i % 2]}\n" for i in range(20))
    (tmp_path / "wide.csv").write_text(",".join(names) + "\n" + rows, "utf-8")
    app = Host()
    async with app.run_test(size=size) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, "wide.csv")
        app.screen.query_one(ColumnList).focus()
        await pilot.press("down", "down")
        text = screen_text(app)
        assert "\x1b" not in text and "[b]漢字[/b]" in text
        ends = {cell_len(line) for line in text.splitlines() if line.endswith("│")}
        assert len(ends) == 1


@pytest.mark.parametrize("typed_path", ["~nobody-at-all/x", "~nobody-at-all", "\x00", "a" * 5000, "//", "../" * 40])
async def test_odd_paths_are_no_crash(tmp_path: Path, typed_path: str) -> None:
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        app.screen.query_one("#path", Input).value = typed_path
        await settle(pilot)
        app.screen.query_one("#path").focus()
        await pilot.press("enter", "ctrl+t")
        await settle(pilot)
        assert app.results == []
        await pilot.press("escape")
        await pilot.pause()
    assert app.results == [None]


async def test_any_key_in_any_field(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(GERMAN, "utf-8")
    keys = ["tab", "shift+tab", "left", "right", "up", "down", "space", "backspace", "ctrl+u", "delete", "home", "end"]
    keys += ["l", "x", "9", ";", "|", "~", '"', "\\", "?", "é", "ctrl+k"]
    chance = random.Random(1)
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, "table.csv")
        field(app, "encoding").focus()
        for _ in range(150):
            if app.focused is app.screen.query_one("#path"):
                field(app, "delimiter").focus()
            await pilot.press(chance.choice(keys))
        await settle(pilot)
        read_options = app.screen.query_one(ReadOptionFields).read_options
        file = preview_file(tmp_path / "table.csv", read_options)
        assert app.screen.query_one(PreviewPane).file == file


def test_words_of_a_delimiter() -> None:
    for character in (",", ";", "\t", "|", " ", ":", "~"):
        assert delimiter_from(delimiter_word(character)) == character
    for text in ("", "xx", '"', "\n", "\0"):
        assert delimiter_from(text) is None


def test_sentences_speak_of_the_fields(tmp_path: Path) -> None:
    path = tmp_path / "header.csv"
    path.write_text("a,b\n", "utf-8")
    assert preview_file(path).problem.endswith("add the rows, or set header to no.")
    assert (
        in_fields("x, or name the separator with delimiter= (in the shell, --delimiter).")
        == "x, or name the separator."
    )
    assert os.path.basename(str(path)) in preview_file(path).problem
