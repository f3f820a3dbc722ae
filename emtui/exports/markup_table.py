"""Tables for eyes: Markdown, aligned in its source as well, and LaTeX with the rules of booktabs."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.cells import cell_len

from emtui.exports.data_table import DataTable
from emtui.exports.latex_text import OTHER_SCRIPT, maths, words

_ROWS_OF_A_PAGE, _LINE_OF_A_PAGE = 40, 69  # an article's, in digits; between two columns there are two and a half
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
        lines = [[_in_markdown(cell) for cell in row] for row in ([_head(one) for one in table.heads], *table.texts)]
        widths = [max(3, *(cell_len(line[j]) for line in lines)) for j in range(len(table.heads))]
        rule = [f"{'-' * (width - (j >= table.n_heads))}{':' * (j >= table.n_heads)}" for j, width in enumerate(widths)]
        for line in (lines[0], rule, *lines[1:]):
            yield f"| {' | '.join(_padded(cell, widths[j], j >= table.n_heads) for j, cell in enumerate(line))} |\n"
        for note in table.notes:
            yield f"\n{markdown_text(note)}\n"


def _head(cell: Cell) -> str | Symbol:
    return "" if cell is None else cell if isinstance(cell, str | Symbol) else str(cell)


def _in_markdown(cell: str | Symbol) -> str:
    return markdown_text(cell.text if isinstance(cell, Symbol) else cell)


def _padded(text: str, width: int, right: bool) -> str:
    room = " " * (width - cell_len(text))
    return room + text if right else text + room


# LaTeX


def latex_lines(tables: Sequence[MarkupTable]) -> Iterator[str]:
    """Floats with captions; one that is too long or too wide for a page is cut."""
    bodies = [_latex_table(part) for table in tables for part in _pages(table)]
    yield "% needs \\usepackage{booktabs}\n"
    if any("\\otherscript{" in line for body in bodies for line in body):
        yield f"{OTHER_SCRIPT}\n"
    for body in bodies:
        yield "\n"
        yield from (f"{line}\n" for line in body)


def _pages(table: MarkupTable) -> Iterator[MarkupTable]:
    """Parts that fit on a page each; the notes stand below the last one."""
    texts = table.texts  # the same decimals in all parts
    lines = [[_head(cell) for cell in table.heads], *texts]
    widths = [
        2.5 + max(_digits_wide(cell) if isinstance(cell, str) else 2 for cell in column)
        for column in zip(*lines, strict=True)
    ]
    parts: list[MarkupTable] = []
    for columns in _that_fit(widths, table.n_heads):
        for top in range(0, max(len(texts), 1), _ROWS_OF_A_PAGE):
            rows = [[row[j] for j in columns] for row in texts[top : top + _ROWS_OF_A_PAGE]]
            title = table.title + (" (continued)" if parts else "")
            parts.append(replace(table, title=title, heads=[table.heads[j] for j in columns], rows=rows, notes=()))
    yield from parts[:-1]
    yield replace(parts[-1], notes=table.notes)


def _digits_wide(text: str) -> float:
    """How wide a text is in LaTeX's own letters, in digits, at least."""
    if re.fullmatch(r"-?\d\.\d+e.\d+", text):  # × 10 and a power
        return len(text) + 2.0
    if re.fullmatch(r"-\d.*", text):
        return len(text) + 0.2  # a long minus, and a point
    return sum(
        0.67 if letter in "fijl,.:;'!| " else 0.9 if letter in "cerstI()[]-" else 1.7 if letter in "mw"
        else 1.5 if letter.isupper() or not letter.isascii() else 1.12 if letter.isalpha() else 1.0
        for letter in text
    )  # fmt: skip


def _that_fit(widths: Sequence[float], n_heads: int) -> list[list[int]]:
    """Which columns stand on each page: the heads, and as many of the others as have room, at least one."""
    heads = list(range(n_heads))
    pages = [heads]
    for j in range(n_heads, len(widths)):
        room = sum(widths[i] for i in pages[-1]) + widths[j] <= _LINE_OF_A_PAGE
        if room or len(pages[-1]) == n_heads:
            pages[-1] = [*pages[-1], j]
        else:
            pages.append([*heads, j])
    return pages


def _latex_table(table: MarkupTable) -> list[str]:
    form = "l" * table.n_heads + "r" * (len(table.heads) - table.n_heads)
    numbers = range(table.n_heads, len(table.heads))
    return [
        r"\begin{table}[htbp]",
        r"\centering",
        rf"\caption{{{words(table.title)}}}",
        rf"\begin{{tabular}}{{{form}}}",
        r"\toprule",
        _latex_row([_in_latex(_head(cell)) for cell in table.heads]),
        r"\midrule",
        *(_latex_row([_in_latex(_head(cell), j in numbers) for j, cell in enumerate(row)]) for row in table.rows),
        r"\bottomrule",
        r"\end{tabular}",
        *(rf"\par\smallskip {words(note)}" for note in table.notes),
        r"\end{table}",
    ]


def _latex_row(cells: Sequence[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _in_latex(cell: str | Symbol, number: bool = False) -> str:
    if isinstance(cell, Symbol):
        return f"${maths(cell.text)}$" if cell.text else ""
    if number and re.fullmatch(r"-?(\d+(\.\d+)?|inf)", cell):
        return f"${cell.replace('inf', chr(92) + 'infty')}$"
    if number and (found := re.fullmatch(r"(-?\d\.\d+)e([+-])0*(\d+)", cell)):
        return rf"${found[1]} \times 10^{{{found[2].replace('+', '')}{found[3]}}}$"
    return words(cell)
