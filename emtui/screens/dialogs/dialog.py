"""The base of the dialogs: a box over the screen, a sentence when something is wrong, escape to leave."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.text import clean

T = TypeVar("T")


class Dialog(ModalScreen[T]):
    """A box over the screen. Subclasses compose `#box` and in it a `Static` with the id `problem`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "cancel", "cancel", show=False),
        Binding("question_mark", "app.help", "help", show=False, id="app.help"),
    ]
    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog #box {
        width: 90%; max-width: 76; height: auto; max-height: 100%; border: round $accent; padding: 0 1;
        background: $surface; scrollbar-size-vertical: 1;
    }
    Dialog Static { height: auto; }
    Dialog .hint { color: $text-muted; }
    Dialog #problem { color: $error; display: none; }
    Dialog #problem.-said { display: block; }
    """

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Leave once, with all that lies over it: a thread may be through while the palette is open."""
        if self not in self.app.screen_stack:
            return AwaitComplete()
        while self.app.screen is not self:
            self.app.pop_screen()
        return super().dismiss(result)

    def action_cancel(self) -> None:
        """Leave without a choice."""
        self.dismiss(None)

    def say(self, problem: str) -> None:
        """Show a sentence about what is wrong; "" removes it."""
        line = self.query_one("#problem", Static)
        line.update(Content(clean(problem)))
        line.set_class(bool(problem), "-said")
        if problem:
            self.call_after_refresh(line.scroll_visible, animate=False)
