"""Keys and their words in one line: as many as fit, most useful first, and never without the way to the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

MORE = "? more"
_BETWEEN = " · "


class KeyItem(NamedTuple):
    """Keys as they are shown, what they do, and the key that a click presses; "" for none."""

    keys: str
    word: str
    press: str = ""

    @property
    def width(self) -> int:
        """Cells, with the space behind it."""
        return cell_len(f"{self.keys} {self.word}  ")


Item = TypeVar("Item")


def as_many_as_fit(groups: Sequence[Sequence[tuple[Item, int]]], room: int) -> list[Item]:
    """The items of the groups in order, each with its cells; a group that doesn't fit as a whole is left out."""
    chosen: list[Item] = []
    for group in groups:
        needed = sum(width for _, width in group)
        if needed <= room:
            chosen += [item for item, _ in group]
            room -= needed
    return chosen


def keys_in_line(keys: Sequence[str], width: int) -> str:
    """`enter opens · d subject · esc back · ? more`: whole parts; the way back and the way to the help are kept."""
    always = [part for part in keys if part.startswith("esc ")]
    room = width - sum(cell_len(part + _BETWEEN) for part in always) - cell_len(MORE)
    others = [part for part in keys if part not in always]
    fitting = as_many_as_fit([[(part, cell_len(part + _BETWEEN))] for part in others], room)
    kept = [part for part in keys if part in always or part in fitting]
    return _BETWEEN.join([*kept, MORE])


class KeyHints(Static):
    """The last line of a screen: its keys, divided by " · ", most useful first."""

    def __init__(self, keys: str) -> None:
        super().__init__("", id="hint", markup=False)
        self._keys = keys

    def say(self, keys: str) -> None:
        """Other keys."""
        if keys != self._keys:
            self._keys = keys
            self.on_resize()

    def on_resize(self) -> None:
        """As many as fit."""
        width = self.content_size.width
        if width > 0:
            self.update(Content(keys_in_line(self._keys.split(_BETWEEN), width)))
