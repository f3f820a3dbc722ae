"""Words in cells: paragraphs in reading order, wrapped at the right edge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from emtui.charts.cell_text import fit
from emtui.charts.scene import RGB, Prose

_INDENT = 2
"""Cells before the second and further lines of a paragraph, where there are several."""


def placed_words(prose: Prose, columns: int, rows: int) -> Iterator[tuple[int, int, str, RGB]]:
    """(row, column, text, colour) of every word, each paragraph in its share of the lines."""
    row = 0
    for lines, words in zip(shares(prose, columns, rows), prose.paragraphs, strict=False):
        for line in lines_of_words(words, columns, lines):
            yield from ((row, column, text, color) for column, text, color in line)
            row += 1


def shares(prose: Prose, columns: int, rows: int) -> list[int]:
    """How many lines each of the paragraphs gets, as even as can be, and none more than it needs."""
    needed = [len(lines_of_words(words, columns, rows)) for words in prose.paragraphs[:rows]]
    given = [0 for _ in needed]
    spare = rows
    while spare > 0 and any(lines < most for lines, most in zip(given, needed, strict=True)):
        for place, most in enumerate(needed):  # line by line in turn, the first ones first
            if given[place] < most and spare > 0:
                given[place] += 1
                spare -= 1
    return given


def lines_of_words(words: Sequence[tuple[str, RGB]], columns: int, most: int) -> list[list[tuple[int, str, RGB]]]:
    """At most so many lines, each of words with the column that they begin at."""
    lines: list[list[tuple[int, str, RGB]]] = [[]]
    column = 0
    for word, color in words:
        text = fit(word, columns)
        width = cell_len(text)
        begin = column + 1 if column else 0
        if lines[-1] and begin + width > columns:
            if len(lines) == most:
                break
            lines.append([])
            begin = _INDENT if width + _INDENT <= columns else 0
        lines[-1].append((begin, text, color))
        column = begin + width
    return lines[:most]
