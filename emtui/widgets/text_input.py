"""The widget in which text is typed: Textual's own, one line high, that no control character gets into."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input

from engine.text import clean


class TextInput(Input):
    """One line without a border."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+h", "delete_left", "delete to the left", show=False)  # what some terminals send for backspace
    ]
    DEFAULT_CSS = """
    TextInput { background: $boost; }
    TextInput:focus { background: $panel; }
    """

    is_prose: ClassVar[bool] = True
    """A question mark may stand in it; else it is the key of the help there, too."""

    def __init__(self, value: str | None = None, placeholder: str = "", **options: Any) -> None:
        super().__init__(value, placeholder, compact=True, **options)

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace the text; characters that can't be seen are left out."""
        super().replace(text if text.isprintable() else clean(text), start, end)

    async def _on_key(self, event: events.Key) -> None:
        """Leave the key of the help to the screen, where it can't be part of the text."""
        if event.key == "question_mark" and not self.is_prose:
            event.prevent_default()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether it may be text here."""
        return (self.is_prose or key != "question_mark") and super().check_consume_key(key, character)

    def _on_paste(self, event: events.Paste) -> None:
        """Take the first line that is not empty."""
        event.prevent_default()
        event.stop()
        if event.text.strip():
            self.replace(event.text.strip().splitlines()[0], *self.selection)


class NumberInput(TextInput):
    """For a number, or a place."""

    is_prose: ClassVar[bool] = False
