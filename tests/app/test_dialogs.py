"""The dialogs, driven by keys: exporting, going to a step, help."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dialog_host import Host, settle, words, write
from hypothesis import given
from hypothesis import strategies as st
from screen_text import screen_text
from textual.binding import Binding
from textual.widgets import Input

from emtui.exports.export import EXPORTS, Export
from emtui.screens.dialogs.export_dialog import ExportScreen, free_name
from emtui.screens.dialogs.go_to import GoToScreen, find_place, place_name
from emtui.screens.dialogs.help import HelpScreen, key_groups
from emtui.screens.dialogs.help_text import PANES, WORDS
from emtui.screens.dialogs.yes_no import YesNoScreen
from emtui.session.session import Session
from emtui.settings.keys import EXPLORE
from emtui.spec.choose import choose
from emtui.widgets.choice_list import ChoiceList
from engine.errors import OptionError

SIZES = [(40, 12), (80, 24), (120, 40)]


@pytest.fixture
def walked() -> Session:
    """Iris after three iterations and a half."""
    session = Session(choose("iris"))
    for _ in range(7):
        session.take()
    return session


# go to


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("3", 6),
        ("iteration 3", 6),
        ("3E", 5),
        ("3 m", 6),
        ("iteration 2 E-step", 3),
        ("4", 7),
        ("end", 7),
        ("start", 0),
        (" INIT ", 0),
        ("0", 0),
        ("#5", 5),
        ("# 0", 0),
    ],
)
def test_places_are_found(walked: Session, text: str, index: int) -> None:
    assert find_place(text, walked.timeline) == index


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no place in the history"),
        ("twelve", "is no place in the history"),
        ("-1", "is no place in the history"),
        ("1.5", "is no place in the history"),
        ("\x1b[31m[bold]", "'[bold]' is no place in the history"),
        ("99", "Iteration 99 was not reached yet: the last one on this branch is 4."),
        ("4M", "Iteration 4 has no M-step yet"),
        ("0E", "Iteration 0 is the start"),
        ("#8", "There is no half-step #8 yet: the last one is #7."),
        ("9" * 60, "is no place in the history"),
    ],
)
def test_what_is_no_place_gets_one_sentence(walked: Session, text: str, said: str) -> None:
    with pytest.raises(OptionError) as caught:
        find_place(text, walked.timeline)
    assert said in str(caught.value)
    assert str(caught.value).isprintable()


@given(st.text(max_size=20))
def test_any_text_is_a_place_or_refused_in_one_line(text: str) -> None:
    try:
        place, said = find_place(text, _TIMELINE), ""
    except OptionError as error:
        place, said = 0, str(error)
    assert 0 <= place < len(_TIMELINE)
    assert said == "" or said.isprintable()


_TIMELINE = Session(choose("coins")).timeline


@pytest.mark.parametrize("size", SIZES)
async def test_go_to_says_where_it_would_go_and_goes(walked: Session, size: tuple[int, int]) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        await app.open(pilot, GoToScreen(walked.timeline))
        assert "now at iteration 4, E-step (#7)" in words(app)
        await write(pilot, "2e")
        assert "enter: iteration 2, E-step (#3)" in words(app)
        await write(pilot, "77")
        await pilot.press("enter")
        await pilot.pause()
        assert "Iteration 77 was not reached yet" in words(app)
        assert app.results == []
        await write(pilot, "2e")
        assert "not reached" not in words(app)
        await pilot.press("enter")
        await pilot.pause()
    assert app.results == [3]
    assert place_name(0, walked.timeline) == "the start (#0)"


async def test_escape_goes_nowhere(walked: Session) -> None:
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(pilot, GoToScreen(walked.timeline))
        await pilot.press("escape")
        await pilot.pause()
    assert app.results == [None]


# help


@pytest.mark.parametrize("size", SIZES)
async def test_help_holds_every_key_pane_and_word(size: tuple[int, int]) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        await app.open(pilot, HelpScreen(EXPLORE))
        await pilot.pause()
        assert "EM in a page" in screen_text(app)
        seen = words(app)
        for _ in range(80):
            await pilot.press("space")
            await pilot.pause()
            seen += " " + words(app)
            if app.screen.query_one("#box").is_vertical_scroll_end:
                break
        for name, _ in (*PANES, *WORDS):
            assert name in seen
        for said in ("play and pause", "back to the same start", "EM and k-means side by side"):
            assert said in " ".join(seen.replace("▁", " ").split()) or size[0] < 80
        await pilot.press("escape")
        await pilot.pause()
    assert app.results == [None]


def test_help_reads_the_bindings_as_they_are() -> None:
    group = Binding.Group("step")
    groups = key_groups(
        [
            Binding("f5", "go", "go", tooltip="go on", group=group, id="a"),
            Binding("G", "go", "go", tooltip="go on", group=group, id="a"),
            Binding("question_mark", "help", "help"),
            Binding("x", "secret", "secret", system=True),
            Binding("y", "unsaid"),
        ]
    )
    assert groups == {"steps": [("f5 G", "go on")], "more": [("?", "help")]}


# export


async def choose_kind(pilot: Any, place: int, right: int = 0) -> None:
    pilot.app.screen.query_one(ChoiceList).focus()
    await pilot.press(*["down"] * place, *["right"] * right)
    await pilot.pause()


def places() -> list[tuple[int, int, str]]:
    """Every line and format of the dialog, with the name that it offers."""
    lines: dict[str, list[str]] = {}
    for one in EXPORTS:
        lines.setdefault(one.title, []).append(f"iris-gmm-{one.word}.{one.ending}")
    return [(down, right, name) for down, names in enumerate(lines.values()) for right, name in enumerate(names)]


@pytest.mark.parametrize("size", SIZES)
async def test_every_kind_is_written_where_it_is_said(walked: Session, size: tuple[int, int], tmp_path: Path) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        for down, right, _ in places():
            await app.open(pilot, ExportScreen(walked, tmp_path))
            assert "steps of this branch" in screen_text(app)
            await choose_kind(pilot, down, right)
            await pilot.press("enter")
            await settle(pilot)
        assert [path.name for path in app.results] == [name for *_, name in places()]
        assert len(set(app.results)) == len(EXPORTS)
    assert {path.parent.resolve() for path in app.results} == {tmp_path.resolve()}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in app.results)
    assert len(json.loads((tmp_path / "iris-gmm-steps.json").read_text("utf-8"))["steps"]) == 8
    assert len((tmp_path / "iris-gmm-responsibilities.csv").read_text("utf-8").splitlines()) == 151
    picture = (tmp_path / "iris-gmm-picture.txt").read_text("utf-8")
    assert "petal length" in picture
    assert "●" in picture
    assert all(line.isprintable() for line in picture.splitlines())


async def test_the_ending_of_a_name_of_ones_own_decides(walked: Session, tmp_path: Path) -> None:
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(pilot, ExportScreen(walked, tmp_path))
        await write(pilot, "mine.json")
        await pilot.press("enter")
        await settle(pilot)
        assert json.loads((tmp_path / "mine.json").read_text())["model"] == "gmm"
        await app.open(pilot, ExportScreen(walked, tmp_path))
        await write(pilot, "mine.py")
        await pilot.press("enter")
        await settle(pilot)
        assert "steps of this branch can't be written to .py: end the name in .csv, .json or .parquet." in words(app)
        await write(pilot, "mine.csv")
        await choose_kind(pilot, 0, 2)
        assert app.screen.query_one(Input).value == "mine.parquet"
        await pilot.press("left")
        assert app.screen.query_one(Input).value == "mine.json"


async def test_leaving_while_it_is_written_leaves_nothing(walked: Session, tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slowly(_: Session) -> Iterator[str]:
        yield "some"
        begun.set()
        go_on.wait(10)
        yield "more"

    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(pilot, ExportScreen(walked, tmp_path, [Export("slow thing", "slow", "txt", slowly)]))
        await pilot.press("enter")
        while not begun.is_set():
            await pilot.pause()
        assert "esc stops" in screen_text(app)
        await pilot.press("escape")
        assert app.results == [None]
        go_on.set()
        for _ in range(100):
            if not list(tmp_path.iterdir()):
                break
            await pilot.pause(0.02)
    assert list(tmp_path.iterdir()) == []


async def test_nothing_is_replaced_without_a_yes(walked: Session, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("precious")
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(pilot, ExportScreen(walked, tmp_path))
        for key in ("n", "enter", "escape"):
            await write(pilot, "mine.csv")
            await pilot.press("enter")
            await pilot.pause()
            assert isinstance(app.screen, YesNoScreen)
            assert "is there already: replace" in words(app)  # where the line ends goes by how long the path is
            await pilot.press(key)
            await settle(pilot)
            assert "Nothing was written" in words(app)
            assert (tmp_path / "mine.csv").read_text() == "precious"
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("y")
        await settle(pilot)
        assert app.results == [tmp_path / "mine.csv"]
    assert (tmp_path / "mine.csv").read_text("utf-8") != "precious"


async def test_a_dialog_that_is_through_leaves_with_what_lies_over_it(walked: Session, tmp_path: Path) -> None:
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        below = app.screen
        dialog = ExportScreen(walked, tmp_path)
        await app.open(pilot, dialog)
        await app.push_screen(YesNoScreen("Another question?"))
        dialog.dismiss(tmp_path / "a.csv")  # as where the thread that writes comes to its end
        await settle(pilot)
        assert app.screen is below and app.results == [tmp_path / "a.csv"]
        dialog.dismiss(None)  # a key that comes late
        await settle(pilot)
        assert app.screen is below and app.results == [tmp_path / "a.csv"]


@pytest.mark.parametrize(
    ("name", "said"), [("nowhere/x.csv", "there is no folder"), ("sub", "is a folder"), ("", "Write the name")]
)
async def test_a_place_that_can_not_be_written_gets_a_sentence(
    walked: Session, tmp_path: Path, name: str, said: str
) -> None:
    (tmp_path / "sub").mkdir()
    app = Host()
    async with app.run_test(size=(100, 30)) as pilot:
        await app.open(pilot, ExportScreen(walked, tmp_path))
        await write(pilot, name)
        await pilot.press("enter")
        await settle(pilot)
        assert said in words(app)
        assert app.results == []
    assert [path.name for path in tmp_path.iterdir()] == ["sub"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), MemoryError()])
async def test_a_write_that_fails_leaves_what_was_there(walked: Session, tmp_path: Path, error: BaseException) -> None:
    def failing(_: Session) -> Iterator[str]:
        yield "x" * 100_000
        raise error

    (tmp_path / "mine.txt").write_text("precious")
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(pilot, ExportScreen(walked, tmp_path, [Export("thing", "thing", "txt", failing)]))
        await write(pilot, "mine.txt")
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("y")
        await settle(pilot)
        assert ("No space left" if isinstance(error, OSError) else "not enough memory") in words(app)
        assert "enter writes" in screen_text(app) and app.results == []
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert (tmp_path / "mine.txt").read_text() == "precious"


async def test_responsibilities_before_the_first_e_step_are_refused_in_words(tmp_path: Path) -> None:
    app = Host()
    async with app.run_test(size=(100, 30)) as pilot:
        await app.open(pilot, ExportScreen(Session(choose("iris")), tmp_path))
        await choose_kind(pilot, 2)
        await pilot.press("enter")
        await settle(pilot)
        assert "there are no responsibilities yet: take an E-step first." in words(app)
    assert list(tmp_path.iterdir()) == []


async def test_the_offered_name_is_free_and_a_name_of_ones_own_stays(walked: Session, tmp_path: Path) -> None:
    (tmp_path / "iris-gmm-steps.csv").write_text("")
    assert free_name(tmp_path, "iris-gmm-steps.csv") == "iris-gmm-steps-2.csv"
    app = Host()
    async with app.run_test(size=(100, 30)) as pilot:
        await app.open(pilot, ExportScreen(walked, tmp_path))
        line = app.screen.query_one(Input)
        assert line.value == "iris-gmm-steps-2.csv"
        await choose_kind(pilot, 0, 1)
        assert line.value == "iris-gmm-steps.json"
        await write(pilot, "own.txt")
        await choose_kind(pilot, 1)
        assert line.value == "own.txt"


async def test_a_dialog_that_was_left_is_not_left_again() -> None:
    app = Host()
    async with app.run_test() as pilot:
        below, dialog = YesNoScreen("below?"), YesNoScreen("above?")
        await app.open(pilot, below)
        await app.open(pilot, dialog)
        dialog.dismiss(True)
        dialog.action_cancel()
        await pilot.pause()
        assert app.screen is below and app.results == [True]
