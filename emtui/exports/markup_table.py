"""Tables for eyes: their cells as text, and in Markdown, aligned in its source as well."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len

from emtui.exports.data_table import DataTable

_LONGEST = 40  # letters of a text in a table of a study
_FIGURES_OF_A_COLUMN = 6  # objectives, which lie close together
_FIGURES = 4  # significant ones of a row's largest number, and three of its smallest where four decimals have room


@dataclass(frozen=True)
class Symbol:
    """A symbol in maths, such as σ²."""

    text: str


Cell = str | float | Symbol | None
"""Words, a number, a symbol, or nothing."""


@dataclass(frozen=True)
class MarkupTable:
    """A table with a title.

    heads: of each column; n_heads: how many stand before the numbers, which stand at the right. rows: cells; the
    numbers of a row have the same decimals, or those of a column where `by_column`. notes: sentences below.
    """

    title: str
    heads: Sequence[Cell]
    n_heads: int
    rows: Sequence[Sequence[Cell]]
    by_column: bool = False
    notes: Sequence[str] = ()

    @property
    def texts(self) -> list[list[str | Symbol]]:
        """The cells with their numbers written."""
        lines = list(zip(*self.rows, strict=True)) if self.by_column else self.rows
        written = [_written(line, _FIGURES_OF_A_COLUMN if self.by_column else _FIGURES) for line in lines]
        return [list(row) for row in zip(*written, strict=True)] if self.by_column else written


def _written(cells: Sequence[Cell], figures: int) -> list[str | Symbol]:
    text = numbers_alike([cell for cell in cells if isinstance(cell, float)], figures)
    return ["" if cell is None else text(cell) if isinstance(cell, float) else cell for cell in cells]


def numbers_alike(numbers: Sequence[float], figures: int = _FIGURES) -> Callable[[float], str]:
    """How numbers that stand together are written: as many decimals each; an exponent where these show too little."""
    sizes = [abs(number) for number in numbers if math.isfinite(number) and number != 0]
    largest = max(sizes, default=1.0)
    sizes = [size for size in sizes if size > 1e-14 * largest]  # what is less is rounding
    first, last = (math.floor(math.log10(size)) for size in (largest, min(sizes, default=1.0)))
    decimals = max(0, min(8, max(figures - 1 - first, min(2 - last, 4))))

    def text(number: float) -> str:
        if not math.isfinite(number):
            return "" if math.isnan(number) else "inf" if number > 0 else "-inf"
        if abs(number) <= 1e-14 * largest:
            return f"{0.0:z.{decimals}f}"
        if not 1e-3 <= largest < 1e7 or abs(number) < 10.0 ** (1 - decimals):
            return f"{number:z.3e}"
        return f"{number:z.{decimals}f}"

    return text


def as_markup(title: str, table: DataTable) -> MarkupTable:
    """A table of a study: a column for each of its columns, but for those that hold nothing, or long texts."""
    rows = list(table.rows)
    kept = [j for j in range(len(table.columns)) if 0 < max((_length(row[j]) for row in rows), default=0) <= _LONGEST]
    names, kinds = list(table.columns), list(table.columns.values())
    n_heads = next((place for place, j in enumerate(kept) if kinds[j] in ("whole", "number")), len(kept))
    cells = [[_cell(row[j]) for j in kept] for row in rows]
    return MarkupTable(title, [names[j].replace("_", " ") for j in kept], n_heads, cells, by_column=True)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str) else 0 if value is None or value != value else 1


def _cell(value: Any) -> Cell:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int) else value if value is None or isinstance(value, str) else float(value)


# Markdown


def markdown_text(text: str) -> str:
    """Words that Markdown shows as they are, in a cell too."""
    return re.sub(r"([\\`*_\[\]<>~|$#])", r"\\\1", " ".join(text.split()))


def markdown_lines(tables: Sequence[MarkupTable]) -> Iterator[str]:
    """Each with its title in bold above it."""
    for place, table in enumerate(tables):
        yield f"{chr(10) if place else ''}**{markdown_text(table.title)}**\n\n"
        lines = [
            [_in_markdown(cell) for cell in row] for row in ([head_text(one) for one in table.heads], *table.texts)
        ]
        widths = [max(3, *(cell_len(line[j]) for line in lines)) for j in range(len(table.heads))]
        rule = [f"{'-' * (width - (j >= table.n_heads))}{':' * (j >= table.n_heads)}" for j, width in enumerate(widths)]
        for line in (lines[0], rule, *lines[1:]):
            yield f"| {' | '.join(_padded(cell, widths[j], j >= table.n_heads) for j, cell in enumerate(line))} |\n"
        for note in table.notes:
            yield f"\n{markdown_text(note)}\n"


def head_text(cell: Cell) -> str | Symbol:
    """A cell whose numbers are written, or a head."""
    return "" if cell is None else cell if isinstance(cell, str | Symbol) else str(cell)


def _in_markdown(cell: str | Symbol) -> str:
    return markdown_text(cell.text if isinstance(cell, Symbol) else cell)


def _padded(text: str, width: int, right: bool) -> str:
    room = " " * (width - cell_len(text))
    return room + text if right else text + room
