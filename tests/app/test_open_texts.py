"""Opening a folder of texts as a corpus: by key, by mouse, in the tree, and what is said where there are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dialog_host import Host, settle, words, write
from driving import driving
from screen_text import screen_text
from textual.widgets import Button, Input

from emtui.screens.open_file.file_tree import TableTree
from emtui.screens.open_file.open_file import OpenFileScreen
from emtui.spec.command_line import command_of
from emtui.spec.sources import open_source
from engine.readers.corpus import read_corpus

SIZES = [(40, 12), (80, 24), (120, 40)]


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A folder of three texts, a hidden one, and a table."""
    folder = tmp_path / "texts [b]of mine[!]"
    folder.mkdir()
    for name, text in (("a", "cat dog cat mouse"), ("b", "dog dog cat"), ("c", "money bank money bank")):
        (folder / f"{name}.txt").write_text(text * 3, "utf-8")
    (folder / ".hidden.txt").write_text("hidden words")
    (folder / "table.csv").write_text("a,b\n1,2\n3,4\n")
    return folder


def same_corpus(app: Host, folder: Path) -> bool:
    """The answer stands for the texts of this folder."""
    (chosen,) = app.results
    data, expected = open_source(chosen.data), read_corpus(folder)
    return data.model == "topics" and data.row_names == expected.row_names and (data.X == expected.X).all()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("how", ["key", "mouse", "enter"])
async def test_a_folder_of_texts_is_offered_and_read(texts: Path, size: tuple[int, int], how: str) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        await app.open(pilot, OpenFileScreen(texts.parent))
        assert "texts here" not in words(app)
        await write(pilot, texts.name)
        assert "read 3 texts here (ctrl+t)" in words(app)
        if how == "key":
            await pilot.press("ctrl+t")
        elif how == "mouse":
            await pilot.click("#texts")
        else:
            app.screen.query_one("#texts", Button).focus()
            await pilot.press("enter")
        await settle(pilot)
    assert same_corpus(app, texts)


async def test_the_present_folder_and_that_of_a_file_are_read(texts: Path) -> None:
    for line in ("", "table.csv"):
        app = Host()
        async with app.run_test(size=(80, 24)) as pilot:
            await app.open(pilot, OpenFileScreen(texts))
            await settle(pilot)
            if line:
                await write(pilot, line)
            else:
                assert "read 3 texts here" in words(app)
            await pilot.press("ctrl+t")
            await settle(pilot)
        assert same_corpus(app, texts)


async def test_in_the_tree(texts: Path) -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.open(pilot, OpenFileScreen(texts.parent))
        tree = app.screen.query_one(TableTree)
        await tree.reload()
        tree.focus()
        await pilot.press("down", "enter")
        await settle(pilot)
        assert app.screen.query_one("#path", Input).value.endswith(texts.name)
        assert "read 3 texts here" in words(app) and "texts [b]of mine[!]" in screen_text(app)
        tree.focus()
        await pilot.press("t")
        await settle(pilot)
    assert same_corpus(app, texts)


@pytest.mark.parametrize("size", SIZES)
async def test_a_folder_without_texts_says_so(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "few").mkdir()
    (tmp_path / "few" / "one.txt").write_text("only rare words stand alone here")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "b.txt").write_bytes(bytes(range(256)) * 20)
    for name, part in (("none", "There is no *.txt file"), ("few", "no word of the"), ("bad", "binary file")):
        app = Host()
        async with app.run_test(size=size) as pilot:
            await app.open(pilot, OpenFileScreen(tmp_path))
            await write(pilot, name)
            assert not app.screen.query_one("#problem").has_class("-said")
            await pilot.press("ctrl+t")
            await settle(pilot)
            assert app.results == []
            assert app.screen.query_one("#problem").has_class("-said")
            assert part in words(app)
            await write(pilot, "")
            assert not app.screen.query_one("#problem").has_class("-said")


@pytest.mark.parametrize("where", ["scandir", "listdir"])
async def test_a_folder_that_can_not_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    (tmp_path / "locked").mkdir()

    def refused(self: Path, *args: Any) -> Any:
        raise PermissionError(13, "Permission denied", str(self))

    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(pilot, OpenFileScreen(tmp_path))
        await write(pilot, "locked")
        monkeypatch.setattr(Path, "glob" if where == "scandir" else "iterdir", refused)
        await pilot.press("ctrl+t")
        await settle(pilot)
        assert app.results == [] and app.screen.query_one("#problem").has_class("-said")
        app.screen.query_one("#path", Input).focus()
        await pilot.press("enter")
        await settle(pilot)
        assert app.results == []
        monkeypatch.undo()


async def test_a_corpus_opens_in_the_explorer(texts: Path) -> None:
    async with driving(size=(120, 40)) as app:
        await app.send("o")
        app.app.screen.query_one("#path", Input).value = str(texts)
        await app.send("ctrl+t")
        await settle(app.pilot)
        await app.settle()
        assert app.snapshot.spec.model.name == "topics"
        assert app.snapshot.spec.dataset.row_names == ("a", "b", "c")
        assert str(texts) in command_of(app.snapshot.spec)
