"""Words in the cells of a canvas: paragraphs in reading order, wrapped at its right edge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from emtui.charts.picture import PLAIN, pack
from emtui.charts.plotext_adapter import text_cells
from emtui.charts.scene import RGB, Prose
from emtui.charts.text import fit

if TYPE_CHECKING:
    from emtui.charts.canvas import Canvas

_INDENT = 2
"""Cells before the second and further lines of a paragraph, where there are several."""


def put_prose(canvas: Canvas, prose: Prose) -> None:
    """Every paragraph in its share of the lines; those that have none are left out."""
    columns, rows = canvas.size
    shown = prose.paragraphs[:rows]
    if not shown:
        return
    each = rows // len(shown)
    needed = [len(wrapped(words, columns, each + 1)) for words in shown]
    spare = rows - sum(min(lines, each) for lines in needed)
    row = 0
    for lines, words in zip(needed, shown, strict=True):
        room = min(lines, each)
        if lines > room and spare > 0:  # what others leave free goes to those that need it, the first first
            extra = len(wrapped(words, columns, room + spare)) - room
            room, spare = room + extra, spare - extra
        for line in wrapped(words, columns, room):
            for column, text, color in line:
                _write(canvas, row, column, text, color)
            row += 1


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
