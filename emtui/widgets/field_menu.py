"""The list of a field's words, open below it: which line is which word, and what is said of the one pointed at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from emtui.charts.cell_text import wrapped
from emtui.widgets.field_spec import FieldSpec
from engine.text import clean

REFUSED, POINTED = "✗", "▸"
StyledLine = tuple[str, str]
"""A line, and the component class of its style."""


@dataclass(frozen=True)
class FieldMenu:
    """An open list. refused: the words that can't be taken, with the reasons. pointed: which word is pointed at."""

    spec: FieldSpec
    refused: Mapping[str, str]
    pointed: int

    @property
    def word(self) -> str:
        """The word pointed at."""
        return self.spec.words[self.pointed]

    def note(self, width: int) -> list[StyledLine]:
        """What is to be said of the word pointed at: why it can't be taken, or what it means."""
        return under(self.refused.get(self.word) or self.spec.about.get(self.word, ""), width, 6, "field--label")

    def lines(self, width: int) -> list[StyledLine]:
        """A line for each word, with a mark at those that can't be taken, and the note below the one pointed at."""
        lines = []
        for number, word in enumerate(self.spec.words):
            mark, refused = POINTED if number == self.pointed else " ", word in self.refused
            style = "field--refused" if refused else "field--value"
            lines.append((f"  {mark} {word}{f' {REFUSED}' if refused else ''}", style))
            if number == self.pointed:
                lines += self.note(width)
        return lines

    def word_at(self, line: int, width: int) -> str | None:
        """The word on this line of the list, from 0; None below the list, and on the note."""
        behind = line - len(self.note(width))
        place = line if line <= self.pointed else behind if behind > self.pointed else -1
        return self.spec.words[place] if 0 <= place < len(self.spec.words) else None


def under(said: str, width: int, indent: int, style: str) -> list[StyledLine]:
    """A sentence as lines below a field, each with its style; none for ""."""
    lines = wrapped(clean(said), max(8, width - indent)) if said else []
    return [(f"{' ' * indent}{line}", style) for line in lines]
