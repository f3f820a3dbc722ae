"""A screen as a picture: the character and the style of each cell, written as plain text that a diff can show.

A file has three parts: the text, for each row the runs of styles (`a12 b3` is twelve cells of style a, then three of
style b), and what the letters mean (foreground, `on` background, attributes). What can't be seen is left out: the
foreground of a blank cell.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.cells import cell_len
from rich.color import Color
from rich.style import Style
from textual.app import App

_ATTRIBUTES = ("bold", "dim", "italic", "underline", "strike", "blink", "overline")
_SEEN_ON_BLANKS = ("underline", "strike", "overline")
_LETTERS = [*string.ascii_lowercase, *string.ascii_uppercase]
_LETTERS += [f"{first}{second}" for first in string.ascii_lowercase for second in string.ascii_lowercase]
_STYLES, _LEGEND = "-- styles", "-- legend"

Row = tuple[tuple[str, str], ...]  # character, and style in words; the right half of a wide character is ""


@dataclass(frozen=True)
class Picture:
    """What stands on a screen."""

    rows: tuple[Row, ...]

    @property
    def styles(self) -> tuple[str, ...]:
        """Every style, in the order in which it is met."""
        return tuple(dict.fromkeys(style for row in self.rows for _, style in row))


def picture_of(app: App[Any]) -> Picture:
    """The composed screen."""
    strips = app.screen._compositor.render_strips()
    return Picture(tuple(tuple(_cells((s.text, s.style) for s in strip if not s.control)) for strip in strips))


def _cells(segments: Iterable[tuple[str, Style | None]]) -> Iterator[tuple[str, str]]:
    for text, style in segments:
        for character in text:
            said = _style_in_words(style or Style(), blank=character.isspace())
            yield character, said
            yield from [("", said)] * (cell_len(character) - 1)


def _style_in_words(style: Style, *, blank: bool) -> str:
    front, back = style.color, style.bgcolor
    if style.reverse:
        front, back = back, front
    attributes = [name for name in _ATTRIBUTES if getattr(style, name)]
    if blank and not set(attributes) & set(_SEEN_ON_BLANKS):
        return f"on {_color_in_words(back)}"
    return " ".join([f"{_color_in_words(front)} on {_color_in_words(back)}", *attributes])


def _color_in_words(color: Color | None) -> str:
    if color is None or color.is_default:
        return "default"
    return color.name if color.triplet is None else color.triplet.hex


# to a file and back


def written(picture: Picture, before: str = "") -> str:
    """The picture as a file; styles that are in the file `before` keep their letters, so that little changes."""
    legend = {style: letter for letter, style in _legend_of(before).items() if style in picture.styles}
    free = iter(letter for letter in _LETTERS if letter not in legend.values())
    legend |= {style: next(free) for style in picture.styles if style not in legend}
    text = ["".join(character for character, _ in row).rstrip() for row in picture.rows]
    runs = [
        " ".join(f"{legend[style]}{len(list(run))}" for style, run in groupby(row, lambda cell: cell[1]))
        for row in picture.rows
    ]
    styles = [f"{number:>2} {line}" for number, line in enumerate(runs, start=1)]
    letters = [f"{letter} {style}" for style, letter in sorted(legend.items(), key=lambda x: _LETTERS.index(x[1]))]
    return "\n".join([*text, _STYLES, *styles, _LEGEND, *letters]) + "\n"


def read(file: str) -> Picture:
    """The picture that was written to a file."""
    text, rest = file.split(f"{_STYLES}\n")
    legend = _legend_of(file)
    rows = []
    styles = rest.split(f"{_LEGEND}\n")[0].splitlines()
    for line, runs in zip(text.split("\n"), styles, strict=False):
        said = [legend[run.rstrip(string.digits)] for run in runs.split()[1:] for _ in range(_length(run))]
        characters = [part for character in line for part in (character, *[""] * (cell_len(character) - 1))]
        characters += [" "] * (len(said) - len(characters))
        rows.append(tuple(zip(characters, said, strict=True)))
    return Picture(tuple(rows))


def _length(run: str) -> int:
    return int(run[len(run.rstrip(string.digits)) :])


def _legend_of(file: str) -> dict[str, str]:
    _, found, lines = file.partition(f"{_LEGEND}\n")
    return dict(line.split(" ", 1) for line in lines.splitlines()) if found else {}


# two pictures


def difference(expected: Picture, actual: Picture) -> str:
    """What differs, row by row, for a person; nothing where they are the same."""
    if expected == actual:
        return ""
    lines = []
    if len(expected.rows) != len(actual.rows):
        lines.append(f"{len(expected.rows)} rows were expected, {len(actual.rows)} are there.")
    for number, (was, row) in enumerate(zip(expected.rows, actual.rows, strict=False), start=1):
        if len(was) != len(row):
            lines.append(f"row {number}: {len(was)} cells were expected, {len(row)} are there.")
        if was != row:
            lines += _row_difference(number, was, row)
    return "\n".join(lines)


def _row_difference(number: int, was: Row, row: Row) -> Iterator[str]:
    pairs = list(zip(was, row, strict=False))
    texts = ["".join(character for character, _ in cells).rstrip() for cells in (was, row)]
    if texts[0] != texts[1]:
        yield f"row {number:>2} -|{texts[0]}"
        yield f"       +|{texts[1]}"
    else:
        yield f"row {number:>2}  |{texts[0]}"
    yield "        |" + "".join("^" if old != new else " " for old, new in pairs).rstrip()
    at = 0
    for (old, new), run in groupby(pairs, lambda pair: (pair[0][1], pair[1][1])):
        width = len(list(run))
        if old != new:
            yield f"        columns {at + 1} to {at + width}: {old}  ->  {new}"
        at += width
