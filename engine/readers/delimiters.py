"""What separates the cells of a table, what its comments begin with, and how its quotes are meant."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from engine.errors import DataError
from engine.readers.cutting import (
    ALIGNED,
    BLANKS,
    DELIMITERS,
    RULE,
    Cutting,
    aligned_edges,
    prepared_lines,
    records,
)
from engine.readers.notation import Notation

COMMENTS = ("#", "%", "//")
MAX_TITLE_LINES = 50
_SCORED_CELLS = 5_000
_CLEARLY = (
    0.2  # of the cells must be numbers beyond those that a delimiter gives, where it cuts evenly: dates have blanks
)
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_IN_APOSTROPHES = re.compile(r"(?:(?<=[,;\t| ])|^)'(?:[^']|'')*'(?=[ \t]*(?:[,;\t| \r\n]|$))")

Score = tuple[bool, float, int]


def separator_line(line: str) -> str | None:
    """The delimiter that a first line `sep=;` names, as Excel writes it; None where it is no such line."""
    found = _SEPARATOR_LINE.fullmatch(line.removeprefix("\ufeff"))
    return None if found is None else found[1]


def detect_comment(lines: Sequence[str]) -> str:
    """What comments begin with; "" where there are none: above the table, or alone among lines with delimiters."""
    filled = [line.lstrip("\ufeff").lstrip() for line in lines if line.strip()]
    for mark in COMMENTS:
        begun = [line for line in filled if line.startswith(mark)]
        if not begun or (2 * len(begun) > len(filled) and len(begun) > 3) or len(begun) == len(filled):
            continue
        if filled[0].startswith(mark) or not any(d in line for line in begun for d in DELIMITERS):
            return mark
    return ""


def detect_quote(lines: Sequence[str]) -> str:
    """An apostrophe where cells stand between apostrophes, each of which is at the edge of a cell; else '"'."""
    with_some = [line for line in lines if "'" in line]
    if not with_some or any('"' in line for line in lines):
        return '"'
    whole = all("'" not in _IN_APOSTROPHES.sub("", line) for line in with_some)
    return "'" if whole and 2 * len(with_some) > len([line for line in lines if line.strip()]) else '"'


def detect_cutting(lines: Sequence[str], decimal: str | None, comment: str, delimiter: str | None) -> Cutting:
    """Where cells end, told from the first lines: at the candidate that cuts them most evenly, then into most numbers,
    then into most cells. Blanks and aligned columns come after characters that are there to separate.

    A delimiter that is given is used.
    """
    quote = detect_quote(lines)
    if delimiter is not None:
        edges = _body_edges(lines, comment) if delimiter == ALIGNED else ()
        return Cutting(delimiter, comment, quote, edges=edges)
    candidates = [Cutting(mark, comment, quote) for mark in DELIMITERS if mark != decimal]
    best, score = max(((cutting, _score(lines, cutting, decimal)) for cutting in candidates), key=lambda pair: pair[1])
    blanks = Cutting(BLANKS, comment, quote)
    aligned = Cutting(ALIGNED, comment, edges=_body_edges(lines, comment)) if not score[0] else blanks
    for cutting in (blanks, aligned):
        if score[0] and best.delimiter == "\t" and all(_fits(row, score[2]) for row in _rows(lines, best)):
            break  # tabs are blanks, too
        if cutting.edges and score[0] and score[2] == len(cutting.edges) + 1:
            continue  # blanks cut them into the same columns
        found = _score(lines[aligned_start(lines, comment) if cutting.edges else 0 :], cutting, decimal)
        if found[0] and found[1] > score[1] + (_CLEARLY if score[0] else 0.0):
            best, score = cutting, found
    return best


def with_quotes(lines: Sequence[str], cutting: Cutting, name: str) -> Cutting:
    """The cutting with quotes as these lines have them: doubled inside, or after a backslash; blanks behind them.

    name: that of the file. Lines that can be read in no such way are left to whoever reads them.
    """
    if cutting.delimiter == ALIGNED or not any(cutting.quote in line for line in lines):
        return cutting
    for backslash in (False, True):
        for spaced in (False, True):
            tried = replace(cutting, backslash=backslash, spaced=spaced)
            try:
                for _ in records(lines, tried, name):
                    pass
            except DataError as error:
                if "never closed" in str(error) and not backslash and not spaced:
                    return cutting  # the lines at hand may end inside a quoted cell
            else:
                return tried
    return cutting


def title_rows(widths: Sequence[int], width: int, delimiter: str) -> int:
    """How many of the first records stand above a table of this width: titles and other lines of text.

    The table begins with its first record of that width, or with a header above it that has one name fewer, or more.
    Words between blanks may come to that width by chance: there the records below must have it, too.
    """
    for start, n in enumerate(widths[:MAX_TITLE_LINES]):
        below = widths[start + 1 : start + (4 if delimiter == BLANKS else 2)]
        if n == width - 1 > 1 and below[:1] == [width]:
            return start
        if n >= width and (delimiter != BLANKS or (n == width and all(m == width for m in below))):
            return start if delimiter != BLANKS or 2 * start < len(widths) else 0
    return 0


def _score(lines: Sequence[str], cutting: Cutting, decimal: str | None) -> Score:
    rows = _rows(lines, cutting)
    if not rows:
        return False, 0.0, 0
    width = Counter(map(len, rows)).most_common(1)[0][0]
    if width > 1:
        rows = rows[title_rows([len(row) for row in rows], width, cutting.delimiter) :]
    below = rows[1:] if len(rows) > 2 and len(rows[0]) == width - 1 else rows  # names above row names are one fewer
    even = sum(_fits(row, width) for row in below) >= 0.8 * len(below)
    cells = [cell for row in rows[1:101] for cell in row][:_SCORED_CELLS] or rows[0]
    notations = [Notation(mark) for mark in ((decimal,) if decimal else (".", ","))]
    if cutting.delimiter == BLANKS:
        cells = ["" if cell.endswith(DELIMITERS) else cell for cell in cells]
    numbers = sum(any(notation.number(cell) is not None for notation in notations) for cell in cells)
    return width > 1 and even, numbers / len(cells), width


def _fits(row: Sequence[str], width: int) -> bool:
    return len(row) == width or (len(row) > width and not "".join(row[width:]).strip())


def _rows(lines: Sequence[str], cutting: Cutting) -> list[list[str]]:
    """The records without regard to faults in quotes; those with one cell too many at the end, an empty one, too."""
    try:
        if cutting.delimiter == ALIGNED:
            return [row for _, row in records(lines, cutting, "")]
        reader = csv.reader(
            prepared_lines(lines, cutting, 1),
            delimiter=cutting.delimiter,
            quotechar=cutting.quote,
            skipinitialspace=True,
        )
        return [row for row in reader if any(map(str.strip, row))]
    except (csv.Error, DataError):
        return []


def aligned_start(lines: Sequence[str], comment: str) -> int:
    """How many lines stand above the header of aligned columns: it is the last line of text above the numbers."""
    first = _first_of_numbers(lines, comment)
    above = [i for i in range(first) if lines[i].strip() and not RULE.fullmatch(lines[i].rstrip())]
    return above[-1] if above else first


def _first_of_numbers(lines: Sequence[str], comment: str) -> int:
    return next((i for i, line in enumerate(lines) if _holds_digits(line, comment)), len(lines))


def _holds_digits(line: str, comment: str) -> bool:
    return any(map(str.isdigit, line)) and not (comment and line.lstrip().startswith(comment))


def _body_edges(lines: Sequence[str], comment: str) -> tuple[int, ...]:
    """The edges of aligned columns, told from the first line with a digit on."""
    body = [line for line in lines[_first_of_numbers(lines, comment) :] if not RULE.fullmatch(line.rstrip())]
    body = [line for line in body if line.strip() and not (comment and line.lstrip().startswith(comment))]
    return aligned_edges(body) if len(body) > 1 else ()
