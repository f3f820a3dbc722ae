"""The card of the first start: what the data are, what is hidden, what `e` and `m` do, and three doors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from emtui.charts.cell_text import wrapped
from emtui.screens.dialogs.dialog import Dialog
from emtui.screens.dialogs.help import keys_of
from emtui.screens.guide.chapters import NAMES
from emtui.settings.keys import EXPLORE
from emtui.views.first_words import FirstWords

_EM = "One after the other, again and again: that is Expectation-Maximization."
_CHAPTER = "first-steps"
_FIRST_DOOR = "first steps"  # what `l` opens
_ROOMY = 20  # lines of a window from which the last sentence and blank lines have room
_FRAME = 5  # cells that borders, padding and a scrollbar take of the box
_OWN = {"l", "escape", "q"}  # keys of the explorer that are the card's while it is open


def _through(binding: Binding) -> Iterator[Binding]:
    """A key of the explorer, which closes the card and does there what it always does."""
    keys = ",".join(key for key in binding.key.split(",") if key not in _OWN)
    if keys:
        yield replace(binding, key=keys, action=f"through({binding.action!r})", show=False)


class FirstCard(Dialog[None]):
    """The card over the explorer. act: does an action of the explorer. closed: called when it is closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "cancel", "look around", show=False),
        Binding("l", "lessons", _FIRST_DOOR, show=False),
        Binding("down", "scroll(1)", show=False),
        Binding("up", "scroll(-1)", show=False),
        *(each for binding in EXPLORE for each in _through(binding)),
    ]
    DEFAULT_CSS = """
    FirstCard #box { max-width: 81; width: 100%; padding: 0 1; }
    """

    def __init__(self, words: FirstWords, act: Callable[[str], Awaitable[object]], closed: Callable[[], None]) -> None:
        super().__init__()
        self._words, self._act, self._when_closed = words, act, closed

    def compose(self) -> ComposeResult:
        """One text in a box, which scrolls where the window is low."""
        with VerticalScroll(id="box", can_focus=False) as box:
            box.border_title = Content(self._words.title)
            yield Static("", id="text", markup=False)

    def on_mount(self) -> None:
        """Lay the text out."""
        self.call_after_refresh(self._lay_out)

    def on_resize(self) -> None:
        """Lay the text out for this width."""
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        width = self.query_one("#box").outer_size.width - _FRAME
        if width > 0:
            self.query_one("#text", Static).update(Content.assemble(*self._parts(width)))

    def _parts(self, width: int) -> Iterator[tuple[str, str]]:
        words = self._words
        bound = {one.binding.id: one.binding for one in reversed(self.active_bindings.values()) if one.binding.id}
        for text in (words.story, words.hidden):
            yield "\n".join(wrapped(text, width)) + "\n", ""
        roomy = self.size.height >= _ROOMY
        yield "\n" if roomy else "", ""
        for id, text in (("step.e", words.guess), ("step.m", words.learn)):
            key = f"  {_first_key(bound[id])}   "
            yield key, "bold $accent"
            yield f"\n{' ' * len(key)}".join(wrapped(text, max(10, width - len(key)))) + "\n", ""
        if roomy:
            yield "\n" + "\n".join(wrapped(_EM, width)) + "\n\n", ""
        doors = [("enter", "look around"), ("l", _FIRST_DOOR), (_first_key(bound["choose.open"]), "my own data")]
        doors.append((_first_key(bound["app.help"]), "help"))
        line = "   ".join(f"{key} {what}" for key, what in doors)
        if len(line) <= width:
            for number, (key, what) in enumerate(doors):
                yield ("   " if number else "") + key, "bold $accent"
                yield f" {what}", ""
        else:
            yield "\n".join(wrapped(line, width)), ""

    # keys

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Leave, by whatever key."""
        self._when_closed()
        return super().dismiss(result)

    async def action_through(self, action: str) -> None:
        """Close the card, and do this in the explorer."""
        self.dismiss()
        await self._act(action)

    def action_scroll(self, by: int) -> None:
        """A line down or up, where the window is too low for all."""
        self.query_one("#box").scroll_relative(y=by, animate=False)

    def action_lessons(self) -> None:
        """The first door."""
        from emtui.screens.guide.guide import GuideScreen

        app = self.app
        self.dismiss()
        app.push_screen(GuideScreen(NAMES.index(_CHAPTER)))


def _first_key(binding: Binding) -> str:
    return keys_of(binding).split(" ")[0]
