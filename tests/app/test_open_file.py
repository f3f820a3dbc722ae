"""Opening a file: the tree, the first rows, the columns, and what is said of files that can not be read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from dialog_host import Host, settle, words, write
from hypothesis import given
from hypothesis import strategies as st
from screen_text import screen_text

from emtui.panes.messages import DatasetChosen
from emtui.screens.open_file.column_roles import PART_WORDS, ColumnList, ColumnRoles
from emtui.screens.open_file.file_preview import first_rows, missing_note, preview_file, size_note
from emtui.screens.open_file.file_tree import TableTree, completed
from emtui.screens.open_file.open_file import OpenFileScreen
from emtui.spec.choose import choose
from emtui.spec.sources import open_source
from engine.errors import OptionError
from engine.readers.table import preview_table, read_table

SIZES = [(40, 12), (80, 24), (120, 40)]
TABLE = "time,width,species\n" + "".join(f"{i},{i % 7 / 2},{'ab'[i % 2]}\n" for i in range(30)) + "30,,a\n"


# columns


def roles_of(tmp_path: Path, text: str = TABLE) -> tuple[Path, ColumnRoles]:
    path = tmp_path / "table.csv"
    path.write_text(text, "utf-8")
    return path, ColumnRoles.suggested(preview_table(path))


def test_roles_become_the_words_of_the_reader(tmp_path: Path) -> None:
    path, roles = roles_of(tmp_path)
    preview = preview_table(path)
    assert (roles.data, roles.label) == ({0, 1}, 2)
    assert roles.words(preview) == (None, None)
    assert roles.toggled(0).words(preview) == (None, ("width",))
    assert roles.labelled(2).words(preview) == ("", None)
    assert roles.labelled(1).words(preview) == ("width", None)
    assert roles.labelled(1).toggled(1) == ColumnRoles(roles.columns, roles.data, None)
    with pytest.raises(OptionError, match="holds text"):
        roles.toggled(2)


WORDS = "len,wid,kind,ok,who\n1.5,2,a,yes,u\n2.5,3,b,no,v\n3.5,1,a,yes,u\n4.5,1,b,no,v\n"


@given(
    st.sampled_from([TABLE, WORDS, WORDS.replace("1.5,2,", ",,").replace("len,wid", "one,two")]),
    st.lists(st.tuples(st.sampled_from(["toggle", "label", *PART_WORDS]), st.integers(0, 4)), max_size=8),
)
def test_what_is_ticked_is_what_is_read(text: str, changes: list[tuple[str, int]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path, roles = roles_of(Path(folder), text)
        for change, index in changes:
            if index >= len(roles.columns):
                continue
            try:
                if change in PART_WORDS:
                    roles = roles.with_part(change, index)
                else:
                    roles = roles.toggled(index) if change == "toggle" else roles.labelled(index)
            except OptionError:
                continue
        label, columns = roles.words(preview_table(path))
        if not roles.data:
            return
        parts: dict[str, Any] = roles.named_parts
        data = read_table(path, label=label, columns=columns, missing="keep", **parts)
        names = [column.name for column in roles.columns]
        assert data.feature_names == tuple(names[i] for i in sorted(roles.data))
        if roles.label is not None and roles.columns[roles.label].kind == "text":
            assert data.y is not None
        if roles.label is None:
            assert data.y is None
        had = {"rows": data.row_names, "sequence": data.sequence, "weights": data.weights, "target": data.target}
        assert {part for part, values in had.items() if values is not None} == set(roles.parts)


def test_columns_have_further_parts(tmp_path: Path) -> None:
    path, roles = roles_of(tmp_path, WORDS)
    assert (roles.data, roles.label) == ({0, 1}, None)
    given = roles.with_part("sequence", 4).with_part("weights", 1)
    assert given.named_parts == {"sequence": "who", "weights": "wid"}
    assert given.data == {0}
    assert given.words(preview_table(path)) == ("", None)
    assert given.line(4, 40).split() == ["◉", "who", "sequence,", "2", "values"]
    assert given.with_part("weights", 1).toggled(1).data == {0, 1}
    with pytest.raises(OptionError, match="holds text: it can't be the weights"):
        roles.with_part("weights", 2)
    answers = roles.toggled(3)
    assert answers.words(preview_table(path)) == ("", ("len", "wid", "ok"))
    alone = roles.toggled(0).toggled(1).toggled(2)
    assert alone.words(preview_table(path)) == ("", ("kind",))
    assert alone.line(2, 40).split() == ["✓", "kind", "symbols,", "2", "values"]
    with pytest.raises(OptionError, match="are symbols only if alone"):
        alone.toggled(0)


def test_first_rows_fit_any_width_and_say_what_is_left_out(tmp_path: Path) -> None:
    heads = ",".join(f"column {i}" for i in range(12))
    path = tmp_path / "wide.csv"
    path.write_text(heads + "\n" + ",".join("1" * 12) + "\n", "utf-8")
    preview = preview_table(path, header=True)
    for width in (10, 30, 60, 200):
        lines = first_rows(preview, width)
        assert all(len(line) <= width for line in lines)
    assert first_rows(preview, 30)[0].endswith("+10 more")
    assert "more" not in first_rows(preview, 200)[0]


def test_missing_values_in_the_first_rows_are_said(tmp_path: Path) -> None:
    path = tmp_path / "gaps.csv"
    path.write_text("a,b\n1,\nNA,2\n3,4\n", "utf-8")
    preview = preview_table(path)
    assert missing_note(preview, {0, 1}) == "2 of 3 rows have a missing value and are left out."
    assert missing_note(preview, {1}) == "1 of 3 rows has a missing value and is left out."
    assert (size_note(preview), missing_note(preview, set())) == ("3 rows, 2 columns", "")
    path.write_text("a,b\n1,2\n3,4\n", "utf-8")
    assert missing_note(preview_table(path), {0, 1}) == ""


@pytest.mark.parametrize("blank", ["", "\n"])
def test_the_rows_of_a_long_table_are_told_from_its_first(tmp_path: Path, blank: str) -> None:
    path = tmp_path / "long.csv"
    path.write_text("a,b\n" + "".join(f"{i},{'' if i == 7 else i % 5}\n{blank}" for i in range(4_000)), "utf-8")
    preview = preview_table(path)
    assert not preview.whole and len(preview.gaps) == 999
    assert preview.n_rows == pytest.approx(4_000, rel=2e-3)
    assert size_note(preview).startswith("about ")
    note = "1 of the first 999 rows has a missing value: such rows are left out."
    assert missing_note(preview, {1}) == note
    path.write_text("a,b\n" + "1,2\n" * 999 + blank, "utf-8")
    assert (preview_table(path).whole, preview_table(path).n_rows) == (True, 999)


# opening


@pytest.mark.parametrize("size", SIZES)
async def test_a_file_is_seen_and_opened(tmp_path: Path, size: tuple[int, int]) -> None:
    roles_of(tmp_path)
    app = Host()
    async with app.run_test(size=size) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, "table.csv")
        for part in ("31 rows, 3 columns. 1 of", "encoding UTF-8", "delimiter comma"):
            assert part in words(app)
        app.screen.query_one("#rows").scroll_visible(animate=False)  # on the least screen it is below the fields
        await pilot.pause()
        assert "width species" in words(app)
        await pilot.press("enter")
        await settle(pilot)
    (chosen,) = app.results
    assert isinstance(chosen, DatasetChosen)
    assert (chosen.data.label, chosen.data.columns, chosen.data.standardize) == (None, None, False)
    assert chosen.opened is not None and chosen.opened.X.shape == open_source(chosen.data).X.shape == (30, 2)


async def test_columns_label_and_standardizing_are_chosen(tmp_path: Path) -> None:
    roles_of(tmp_path)
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, "table.csv")
        columns = app.screen.query_one(ColumnList)
        columns.focus()
        await pilot.pause()
        assert "◉ species" in screen_text(app)
        assert "label, 2 values" in screen_text(app)
        await pilot.press("space", "down", "down", "space")
        await pilot.pause()
        assert "The column 'species' holds text: it can be the label (press l), or" in words(app)
        await pilot.press("l")
        await pilot.pause()
        assert "◉" not in screen_text(app)
        assert "holds text" not in words(app)
        assert "1 of 31 rows has a missing value" in words(app)
        await pilot.press("tab", "space")
        await pilot.pause()
        assert "standardize yes" in words(app)
        await pilot.press("enter")
        await settle(pilot)
    (chosen,) = app.results
    assert (chosen.data.label, chosen.data.columns, chosen.data.standardize) == ("", ("width",), True)
    data = choose(chosen.data).dataset
    assert data.y is None
    assert data.feature_names == ("width",)
    assert data.units is not None


async def test_no_column_at_all_is_refused(tmp_path: Path) -> None:
    roles_of(tmp_path)
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, "table.csv")
        app.screen.query_one(ColumnList).focus()
        await pilot.press("space", "down", "space", "enter")
        await settle(pilot)
        assert "No column is chosen as data" in words(app)
        assert app.results == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.csv", None),
        ("empty.csv", b""),
        ("header.csv", b"a,b\n"),
        ("ragged.csv", b"a,b\n1,2\n1,2,3\n"),
        ("words.csv", b"a,b\nx,y\nz,w\n"),
        ("binary.csv", bytes(range(256)) * 8),
        ("gaps.csv", b"a,b\n1,\n,2\n"),
        ("late.csv", b"a,b\n" + b"1,2\n" * 1500 + b"1,2,3\n"),
    ],
)
async def test_what_can_not_be_read_gets_one_sentence_in_place(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, name)
        await pilot.press("enter")
        await settle(pilot)
        assert app.results == []
        problem = app.screen.query_one("#problem")
        assert problem.has_class("-said")
        assert name in words(app).replace(" ", "")
        await write(pilot, "")
        assert not problem.has_class("-said")
        await pilot.press("escape")
        await pilot.pause()
    assert app.results == [None]


async def test_half_a_path_is_no_mistake_and_a_folder_is_entered(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "inner.csv").write_text(TABLE)
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, "su")
        assert not app.screen.query_one("#problem").has_class("-said")
        await write(pilot, "sub")
        await pilot.press("enter")
        await settle(pilot)
        tree = app.screen.query_one(TableTree)
        await tree.reload()
        await pilot.pause()
        assert "inner.csv" in screen_text(app)
        await pilot.press("down", "enter")
        await settle(pilot)
        assert "◉ species" in screen_text(app)
        assert app.screen.query_one(ColumnList).has_focus
        await pilot.press("enter")
        await settle(pilot)
    assert Path(app.results[0].data.source).resolve() == (tmp_path / "sub" / "inner.csv").resolve()


async def test_hostile_names_are_shown_as_text_and_can_be_opened(tmp_path: Path) -> None:
    evil = tmp_path / "a [bold]\x1b[31m\x07red[!].csv"
    evil.write_text("[red]x[!],\x1b[2Jb,漢字\n" + "".join(f"{i},{i % 4},{i % 3}\n" for i in range(12)), "utf-8")
    (tmp_path / "notes.pdf").write_text("")
    (tmp_path / ".hidden.csv").write_text(TABLE)
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        tree = app.screen.query_one(TableTree)
        await tree.reload()
        tree.focus()
        await pilot.press("down", "enter")
        await settle(pilot)
        text = screen_text(app)
        assert "a [bold]red[!].csv" in text
        assert "[red]x[!]" in text
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "notes.pdf" not in text
        assert ".hidden.csv" not in text
        await pilot.press("enter")
        await settle(pilot)
    (chosen,) = app.results
    assert Path(chosen.data.source).name == evil.name
    assert open_source(chosen.data).X.shape == (12, 3)


def test_a_path_is_completed_to_the_first_folder_or_table(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("beta.csv", "best.csv", "better.png", "be\x1b[0m.csv"):
        (tmp_path / name).write_text("")
    base = f"{tmp_path}{os.sep}"
    assert completed(base + "be") == base + "best.csv"
    assert completed(base + "beta") == base + "beta.csv"
    assert completed(base + "d") == base + f"data{os.sep}"
    assert completed(base + "zzz") is None
    assert completed(base) is None
    assert completed("") is None
    assert completed(f"{base}nowhere{os.sep}x") is None


def test_a_look_at_what_is_no_file_finds_nothing_wrong(tmp_path: Path) -> None:
    assert preview_file(tmp_path).problem == ""
    assert preview_file(tmp_path / ("x" * 300)).preview is None


async def test_a_file_is_opened_once_more_for_its_cells_unless_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles_of(tmp_path)
    opened: list[str] = []
    plainly = Path.open

    def counted(self: Path, *args: Any, **how: Any) -> Any:
        opened.append(self.name)
        return plainly(self, *args, **how)

    for change, times in (("", 1), ("9,9,versicolor\n", 2)):
        app = Host()
        async with app.run_test(size=(120, 40)) as pilot:
            await app.open(pilot, OpenFileScreen(tmp_path))
            await write(pilot, "table.csv")
            await settle(pilot)
            with (tmp_path / "table.csv").open("a") as file:
                file.write(change)
            monkeypatch.setattr(Path, "open", counted)
            await pilot.press("enter")
            await settle(pilot)
            (chosen,) = app.results
            spec = choose(chosen.data, opened=chosen.opened)
            monkeypatch.setattr(Path, "open", plainly)
        assert opened.count("table.csv") == times
        assert spec.dataset.n_samples == 30 + bool(change)
        assert spec.dataset.notes == choose(chosen.data).dataset.notes
        opened.clear()
