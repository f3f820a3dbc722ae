"""The widget in which all text is typed: the keys of a line, no control characters, the cursor always in sight."""

import random

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.events import Key

from emtui.widgets.text_input import TextInput
from engine.text import clean

KEYS = ["left", "right", "home", "end", "backspace", "delete", "ctrl+h", "ctrl+k", "ctrl+u", "a", "é", "漢", "space"]
ODD = [
    "\x1b[31mred\x07",
    "two\nlines",
    "\t",
    "tab\there",
    "\u202eabc",
    "a\u200bb",
    "\r\n",
    "漢字",
    " ",
    "\x00",
    "x" * 90,
]


class Host(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.left: list[str] = []

    def compose(self) -> ComposeResult:
        yield TextInput("12", select_on_focus=False)

    def on_key(self, event: Key) -> None:
        self.left.append(event.key)

    @property
    def line(self) -> TextInput:
        return self.query_one(TextInput)


def after(key: str, before: str, behind: str) -> tuple[str, str]:
    """The text on either side of the cursor after a key."""
    match key:
        case "left":
            return before[:-1], before[-1:] + behind
        case "right":
            return before + behind[:1], behind[1:]
        case "home":
            return "", before + behind
        case "end":
            return before + behind, ""
        case "backspace" | "ctrl+h":
            return before[:-1], behind
        case "delete":
            return before, behind[1:]
        case "ctrl+k":
            return before, ""
        case "ctrl+u":
            return "", behind
        case "space":
            return before + " ", behind
        case _:
            return before + key, behind


@pytest.mark.parametrize("seed", range(4))
async def test_it_behaves_like_a_line(seed: int) -> None:
    chance, app = random.Random(seed), Host()
    before, behind = "12", ""
    async with app.run_test(size=(12, 3)) as pilot:
        app.line.focus()
        await pilot.pause()
        for _ in range(100):
            key = chance.choice(KEYS)
            await pilot.press(key)
            before, behind = after(key, before, behind)
            assert (app.line.value, app.line.cursor_position) == (before + behind, len(before)), key
            cursor = app.line.cursor_screen_offset.x - app.line.content_region.x
            assert 0 <= cursor <= app.line.content_size.width


@pytest.mark.parametrize("text", ODD)
async def test_no_control_character_gets_in(text: str) -> None:
    app = Host()
    async with app.run_test(size=(20, 3)) as pilot:
        app.line.focus()
        await pilot.pause()
        app.line.post_message(events.Paste(text))
        await pilot.pause()
        assert app.line.value.isprintable()
        first = next(iter(text.strip().splitlines()), "")
        assert app.line.value == "12" + (first if first.isprintable() else clean(first))
        app.copy_to_clipboard(text)
        await pilot.press("ctrl+v")
        assert app.line.value.isprintable()


async def test_letters_belong_to_it_and_other_keys_go_on() -> None:
    app = Host()
    async with app.run_test(size=(20, 3)) as pilot:
        app.line.focus()
        await pilot.pause()
        await pilot.press("q", "f5", "escape", "up")
        assert app.line.value == "12q"
        assert app.left == ["f5", "escape", "up"]
