"""A file that is dropped on a terminal, or pasted, is found in each form in which terminals write its path."""

import shlex
from pathlib import Path
from urllib.parse import quote

import pytest
from dialog_host import settle
from driving import driving
from textual import events
from textual.widgets import Input

from emtui.screens.open_file.open_file import OpenFileScreen
from emtui.spec.pasted_path import names_a_file, pasted_path

NAMES = [
    "plain.csv",
    "two words.csv",
    "it's (1).csv",
    "50% of “all”.csv",
    "données 漢字.csv",
    'a "b".csv',
    "a&b;c$d.csv",
]


def escaped(path: str) -> str:
    return "".join(f"\\{char}" if char in " '\"()&;$\\[]*?!<>|`" else char for char in path)


WRITTEN = {
    "itself": str,
    "quoted": shlex.quote,
    "in single quotes": lambda path: "'" + path.replace("'", "'\\''") + "'",
    "in double quotes": lambda path: '"' + "".join(f"\\{c}" if c in '"\\$`' else c for c in path) + '"',
    "with backslashes": escaped,
    "as an address": lambda path: f"file://{quote(path)}",
    "as an address of this machine": lambda path: f"file://localhost{quote(path)}",
    "percent-encoded": quote,
    "with a line's end": lambda path: f"{path}\r\n",
    "with a space behind": lambda path: f"{shlex.quote(path)} ",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", WRITTEN)
def test_it_is_found(name: str, how: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    assert pasted_path(WRITTEN[how](str(path))) == str(path)
    assert names_a_file(WRITTEN[how](str(path)))


def test_a_path_that_is_really_written_so_is_taken_as_it_is(tmp_path: Path) -> None:
    for name in ("'quoted'", "50%25.csv", "back\\slash.csv"):
        (tmp_path / name).touch()
        assert pasted_path(str(tmp_path / name)) == str(tmp_path / name)


@pytest.mark.parametrize("how", ["quoted", "in double quotes", "with backslashes", "as an address"])
def test_a_file_that_is_still_to_be_written_is_unwrapped_too(how: str, tmp_path: Path) -> None:
    path = str(tmp_path / "new one.csv")
    assert pasted_path(WRITTEN[how](path)) == path


@pytest.mark.parametrize(
    "text", ["", "iris", "3.14", "two\nlines", "no/such/file", "'", "file://", "file://[", "\0", "/x" * 5000]
)
def test_other_text_is_no_path(text: str) -> None:
    assert not names_a_file(text)
    assert isinstance(pasted_path(text), str)


@pytest.mark.parametrize("how", ["itself", "with backslashes", "as an address"])
async def test_dropped_on_the_explorer_it_is_opened(how: str, tmp_path: Path) -> None:
    path = tmp_path / "my numbers.csv"
    path.write_text("height,width\n" + "".join(f"{i},{i * i % 7}\n" for i in range(20)))
    async with driving(size=(120, 40)) as app:
        app.app.post_message(events.Paste(WRITTEN[how](str(path))))
        await app.settle()
        assert isinstance(app.app.screen, OpenFileScreen)
        line = app.app.screen.query_one("#path", Input)
        assert line.value == str(path)
        line.post_message(events.Paste(WRITTEN[how](str(path))))  # dropped again on the field: it replaces
        await app.settle()
        assert line.value == str(path)
        await settle(app.pilot)
        await app.send("enter")
        await settle(app.pilot)
        await app.settle()
        assert "my numbers" in app.text and app.snapshot.spec.dataset.n_samples == 20


@pytest.mark.parametrize("key", ["x", "ctrl+s"])
async def test_every_path_field_takes_it(key: str, tmp_path: Path) -> None:
    async with driving(size=(120, 40)) as app:
        await app.send(key)
        line = app.app.screen.query_one("#path", Input)
        line.focus()
        line.post_message(events.Paste(escaped(str(tmp_path / "a folder"))))
        await app.settle()
        assert str(tmp_path / "a folder") in line.value and "\\" not in line.value


@pytest.mark.parametrize("text", ["/no/such/file.csv", "~/no-such.csv", "'/no such/one.csv'", "file:///no/such.csv"])
async def test_a_path_where_nothing_is_is_said(text: str) -> None:
    async with driving(size=(120, 40)) as app:
        app.app.post_message(events.Paste(text))
        await app.settle()
        assert "There is no file or folder" in app.text


async def test_a_name_that_is_typed_takes_the_place_of_the_offered_one() -> None:
    async with driving(size=(120, 40)) as app:
        await app.send("ctrl+s")
        await app.pilot.press(*"mine")
        await app.settle()
        assert app.app.screen.query_one("#path", Input).value == "mine"
