"""A question that is answered with yes or no."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from emtui.screens.dialogs.dialog import Dialog
from engine.text import clean


class YesNoScreen(Dialog[bool]):
    """Asks; gives True for y, False for n. Escape and enter are no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes", show=False),
        Binding("n,enter", "answer(False)", "no", show=False),
    ]
    DEFAULT_CSS = """
    YesNoScreen #box { max-width: 60; }
    """

    def __init__(self, query: str) -> None:
        super().__init__()
        self._query = clean(query)

    def compose(self) -> ComposeResult:
        """The question and the keys that answer it."""
        with Vertical(id="box"):
            yield Static(Content(self._query))
            yield Static(Content("y yes · n no · ? more"), classes="hint")

    def action_answer(self, yes: bool) -> None:
        """Leave with the answer."""
        self.dismiss(yes)
