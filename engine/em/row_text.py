"""Sentences that name rows: the rows are values in them, and whoever knows the data says what they are called.

An error or an event of the engine holds rows as the model counts them, from 0. As plain text they are numbered from 1;
`RowText.named` tells the same by other names, such as the lines of a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from engine.errors import EngineError
from engine.text import quoted

RowName = Callable[[int], str]
"""What a row, counted from 0, is called in a sentence: "row 83", "line 88", "Alabama"."""


def row_number(row: int) -> str:
    """The name of a row of which nothing else is known: its number from 1."""
    return f"row {row + 1}"


class RowText(str):
    """Words and rows in one sentence: `RowText("component 2 holds only ", 82)` is "component 2 holds only row 83".

    parts: strings as they are, and rows as integers from 0. name: what the rows are called.
    """

    parts: tuple[str | int, ...]

    def __new__(cls, *parts: str | int, name: RowName = row_number) -> RowText:
        """The text by these names; the parts are kept."""
        kept = tuple(part if isinstance(part, str) else int(part) for part in parts)
        text = super().__new__(cls, "".join(part if isinstance(part, str) else name(part) for part in kept))
        text.parts = kept
        return text

    @property
    def rows(self) -> tuple[int, ...]:
        """The rows that are named, in order, counted from 0."""
        return tuple(part for part in self.parts if not isinstance(part, str))

    def named(self, name: RowName) -> RowText:
        """The same sentence with other names for its rows."""
        return RowText(*self.parts, name=name)

    def reworded(self, words: Callable[[str], str]) -> RowText:
        """The same rows in other words."""
        return RowText(*(words(part) if isinstance(part, str) else part for part in self.parts))


@contextmanager
def rows_called(name: RowName, columns: Sequence[str] = ()) -> Iterator[None]:
    """Within, the sentence of an EngineError calls the rows of the data so, and its columns by these names."""
    try:
        yield
    except EngineError as error:
        told = (str(part.named(name)) if isinstance(part, RowText) else part for part in error.args)
        error.args = tuple(_columns_called(part, columns) if isinstance(part, str) else part for part in told)
        raise


def _columns_called(text: str, columns: Sequence[str]) -> str:
    """The sentence with "column 2" by its name; a column without one is called by its number in the file."""

    def name(found: re.Match[str]) -> str:
        column = columns[int(found[1]) - 1] if 0 < int(found[1]) <= len(columns) else found[0]
        return column if re.fullmatch(r"column \d+", column) else f"column {quoted(column)}"

    return re.sub(r"\bcolumn (\d+)\b", name, text)
