"""Lines cut into records of cells: at a character, at blanks, or where aligned columns begin."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.errors import DataError
from engine.readers.text_file import TextFile

ALIGNED = "aligned"
BLANKS = " "
DELIMITERS = ("\t", ";", "|", ",")
DELIMITER_NAMES = {
    "\t": "tab",
    ";": "semicolon",
    "|": "bar",
    ",": "comma",
    BLANKS: "blanks",
    ALIGNED: "aligned columns",
}

RULE = re.compile(r"[\s|+:]*(?:[-=]{3,}[\s|+:]*)+")  # drawn between a header and its rows

Record = tuple[int, list[str]]
_END_OF_DOS = "\x1a"  # alone on the last line, as old programs end a text


@dataclass(frozen=True)
class Cutting:
    """Where the cells of a record begin and end.

    delimiter: one character, a blank for any number of blanks and tabs, or `ALIGNED`. comment: what lines begin with
    that are left out, or "". quote: what stands about cells. backslash: a backslash takes the next character as it is.
    spaced: blanks may stand between a closing quote and the delimiter. edges: where the columns after the first begin,
    if they are aligned.
    """

    delimiter: str
    comment: str = ""
    quote: str = '"'
    backslash: bool = False
    spaced: bool = False
    edges: tuple[int, ...] = ()


def records(lines: Iterable[str], cutting: Cutting, name: str, first_line: int = 1) -> Iterator[Record]:
    """Each record in these lines that is not blank, with the line that it starts on; the first one is `first_line`.

    name: that of the file, for the sentence where its quotes are wrong.
    """
    prepared = prepared_lines(lines, cutting, first_line)
    if cutting.delimiter == ALIGNED:
        for number, line in enumerate(prepared, start=first_line):
            if line.strip():
                yield number, _at_edges(line, cutting.edges, number, name)
        return
    reader = csv.reader(
        prepared,
        delimiter=cutting.delimiter,
        quotechar=cutting.quote,
        escapechar="\\" if cutting.backslash else None,
        skipinitialspace=True,
        strict=True,
    )
    while True:
        number = reader.line_num + first_line
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(f"Line {number} of {name} {_quoting_fault(error)}.") from None
        if any(map(str.strip, row)):
            yield number, row


def prepared_lines(lines: Iterable[str], cutting: Cutting, first_line: int) -> Iterator[str]:
    """The lines as the reader takes them: a comment is a blank line, so that lines keep their numbers."""
    if first_line == 1:
        lines = without_mark(lines)
    lines = ("\n" if line[:1] == _END_OF_DOS and not line[1:].strip() else line for line in lines)
    comment = cutting.comment
    if comment:
        lines = ("\n" if line.lstrip().startswith(comment) else line for line in lines)
    if cutting.delimiter in (BLANKS, ALIGNED, "|"):
        lines = ("\n" if RULE.fullmatch(line.rstrip()) else line for line in lines)
    if cutting.delimiter == BLANKS:
        lines = (line.replace("\t", " ").replace("\xa0", " ").rstrip() + "\n" for line in lines)
    if cutting.spaced:
        after = re.compile(rf"{cutting.quote}[ \t]+(?={re.escape(cutting.delimiter)}|[\r\n]*$)")
        lines = (after.sub(cutting.quote, line) for line in lines)
    return iter(lines)


def without_mark(lines: Iterable[str]) -> Iterator[str]:
    """The lines without a byte order mark, which stays when UTF-16 or UTF-32 was named with its byte order."""
    for number, line in enumerate(lines):
        yield line if number else line.removeprefix("\ufeff")


def fitted(row: list[str], width: int, line: int, file: TextFile) -> list[str]:
    """The record with exactly `width` cells, else DataError: empty ones too many at its end are dropped, and where its
    last cell is empty those that are missing are empty, too."""
    if len(row) == width:
        return row
    if len(row) > width and not any(map(str.strip, row[width:])):
        return row[:width]
    if 1 < len(row) < width and not row[-1].strip():
        return [*row, *[""] * (width - len(row))]
    cells = f"{len(row)} cell{'s' if len(row) != 1 else ''}"
    raise DataError(
        f"Line {line} of {file.name} has {cells} where the table has {width}: add or remove cells in that line, or "
        "quote a cell that has the separator in it."
    )


def aligned_edges(lines: list[str]) -> tuple[int, ...]:
    """Where the columns after the first begin: behind each place that is blank in all of these lines."""
    texts = [line.rstrip().expandtabs() for line in lines if line.strip()]
    longest = max(map(len, texts), default=0)
    taken = [False] * longest
    for text in texts:
        for at, character in enumerate(text):
            taken[at] |= character != " "
    return tuple(at for at in range(1, longest) if taken[at] and not taken[at - 1] and any(taken[:at]))


def _at_edges(line: str, edges: tuple[int, ...], number: int, name: str) -> list[str]:
    text = line.rstrip().expandtabs()
    if any(at < len(text) and text[at - 1] != " " for at in edges):
        words = text.split()
        if len(words) != len(edges) + 1:  # else a header that does not stand above its columns
            raise DataError(
                f"Line {number} of {name} is not aligned with the others: put a separator between its cells."
            )
        return words
    text = text.ljust(edges[-1] if edges else 0)
    return [text[a:b].strip() for a, b in itertools.pairwise([0, *edges, len(text)])]


def _quoting_fault(error: csv.Error) -> str:
    if "field larger" in str(error):
        return "begins a cell longer than 131,072 characters: check that its quotes are closed"
    if "end of data" in str(error):
        return "opens a quote that is never closed: close it or remove it"
    return "has a quote inside a quoted cell: double it or remove it"
