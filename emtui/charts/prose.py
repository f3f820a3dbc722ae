"""Words in the cells of a canvas: paragraphs in reading order, wrapped at its right edge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from emtui.charts.cell_picture import PLAIN, pack
from emtui.charts.cell_text import fit
from emtui.charts.plotext_axes import text_cells
from emtui.charts.scene import RGB, Prose

if TYPE_CHECKING:
    from emtui.charts.canvas import Canvas

_INDENT = 2
"""Cells before the second and further lines of a paragraph, where there are several."""


def put_prose(canvas: Canvas, prose: Prose) -> None:
    """Every paragraph in its share of the lines; those that have none are left out."""
    columns, rows = canvas.size
    shown = prose.paragraphs[:rows]
    row = 0
    for lines, words in zip(shares(prose, columns, rows), shown, strict=True):
        for line in wrapped(words, columns, lines):
            for column, text, color in line:
                _write(canvas, row, column, text, color)
            row += 1


def shares(prose: Prose, columns: int, rows: int) -> list[int]:
    """How many lines each of the paragraphs gets, as even as can be, and none more than it needs."""
    needed = [len(wrapped(words, columns, rows)) for words in prose.paragraphs[:rows]]
    given = [0 for _ in needed]
    spare = rows
    while spare > 0 and any(lines < most for lines, most in zip(given, needed, strict=True)):
        for place, most in enumerate(needed):  # line by line in turn, the first ones first
            if given[place] < most and spare > 0:
                given[place] += 1
                spare -= 1
    return given


def wrapped(words: Sequence[tuple[str, RGB]], columns: int, most: int) -> list[list[tuple[int, str, RGB]]]:
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


def _write(canvas: Canvas, row: int, column: int, text: str, color: RGB) -> None:
    columns, _ = canvas.size
    letters = text_cells(text)[: max(0, columns - column)]
    begin = row * columns + column
    cells = slice(begin, begin + len(letters))
    canvas.chars[cells] = letters
    canvas.foreground[cells] = pack(color)
    canvas.attributes[cells] = PLAIN
