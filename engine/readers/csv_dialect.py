"""How a table of text is written: what separates its cells, how its numbers look, whether it has a header."""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.data.class_labels import as_number
from engine.errors import DataError
from engine.readers.text_file import TextFile
from engine.text import unique_names

DELIMITERS = ("\t", ";", "|", ",")
DELIMITER_NAMES = {"\t": "tab", ";": "semicolon", "|": "bar", ",": "comma"}
MAX_COLUMNS = 10_000
SAMPLE_RECORDS = 1_000
_SAMPLE_CHARACTERS = 1 << 18
_SAMPLE_CELLS = 100_000
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "?", "-"})

Kind = Literal["number", "text", "empty", "row number"]
Record = tuple[int, list[str]]


@dataclass(frozen=True)
class Dialect:
    """How the file is written, as far as its first records tell.

    delimiter: one character. decimal: "." or ",". header: whether the first record names the columns.
    names: the columns' names, cleaned and distinct. kinds: what each column holds. sample: the first records below the
    header, each with the line it starts on. first_line: the line of the first record below the header. whole: the
    sample holds every record of the file.
    """

    delimiter: str
    decimal: str
    header: bool
    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    sample: tuple[Record, ...]
    first_line: int
    whole: bool

    def cells(self, index: int) -> list[str]:
        """The sample's cells of one column."""
        return [row[index] for _, row in self.sample]


def is_missing(cell: str) -> bool:
    """Whether the cell stands for a value that is not known: empty, NA, N/A, NaN, null, ? or -."""
    return cell.strip().casefold() in _MISSING


def parse_number(cell: str, decimal: str) -> float | None:
    """The number that `cell` writes, infinite where it is too large for a float64; None if it writes something else."""
    cell = cell.strip()
    if "_" in cell or (decimal == "," and "." in cell):
        return None
    try:
        return float(cell.replace(",", ".") if decimal == "," else cell)
    except ValueError:
        return None


def records(lines: Iterable[str], delimiter: str, name: str, first_line: int = 1) -> Iterator[Record]:
    """Each record in these lines that is not blank, with the line that it starts on; the first one is `first_line`.

    name: that of the file, for the sentence where its quotes are wrong.
    """
    reader = csv.reader(
        _without_mark(lines) if first_line == 1 else lines, delimiter=delimiter, skipinitialspace=True, strict=True
    )
    while True:
        line = reader.line_num + first_line
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(f"Line {line} of {name} {_quoting_fault(error)}.") from None
        if any(map(str.strip, row)):
            yield line, row


def detect_dialect(
    file: TextFile, header: bool | Literal["auto"], delimiter: str | None, decimal: str | None
) -> Dialect:
    """How the file is written. What is given is used; the rest is detected from the first records.

    Raises DataError if there is nothing but blank lines, nothing below the header, or too many columns.
    """
    delimiter = delimiter or _detect_delimiter(file, decimal)
    sample, whole = _sample(file, delimiter)
    width = Counter(len(row) for _, row in sample).most_common(1)[0][0]  # of equally common ones the first
    if width > MAX_COLUMNS:
        raise DataError(f"{file.name} has {width:,} columns and at most {MAX_COLUMNS:,} can be read: keep fewer.")
    sample = [(line, fitted(row, width, line, file)) for line, row in sample]
    decimal = decimal or _detect_decimal([row for _, row in sample], delimiter)
    named = _has_header([row for _, row in sample], decimal) if header == "auto" else header
    names = unique_names(sample[0][1] if named else [""] * width, "column")
    body = tuple(sample[1:] if named else sample)
    if not body:
        remedy = "add the rows, or read it with header=False (in the shell, --no-header)"
        raise DataError(f"{file.name} has a header but no rows below it: {remedy}.")
    unnamed = [named and not name.strip() for name in sample[0][1]]
    kinds = tuple(_kind([row[j] for _, row in body], decimal, j == 0 and unnamed[j]) for j in range(width))
    return Dialect(delimiter, decimal, named, names, kinds, body, body[0][0], whole)


def fitted(row: list[str], width: int, line: int, file: TextFile) -> list[str]:
    """The record with exactly `width` cells: empty ones too many at its end are dropped, else DataError."""
    if len(row) == width:
        return row
    if len(row) > width and not any(map(str.strip, row[width:])):
        return row[:width]
    cells = f"{len(row)} cell{'s' if len(row) != 1 else ''}"
    raise DataError(
        f"Line {line} of {file.name} has {cells} where the table has {width}: add or remove cells in that line, or "
        "quote a cell that has the separator in it."
    )


def _without_mark(lines: Iterable[str]) -> Iterator[str]:
    """The lines without a byte order mark, which stays when UTF-16 or UTF-32 was named with its byte order."""
    for number, line in enumerate(lines):
        yield line if number else line.removeprefix("\ufeff")


def _quoting_fault(error: csv.Error) -> str:
    if "field larger" in str(error):
        return "begins a cell longer than 131,072 characters: check that its quotes are closed"
    if "end of data" in str(error):
        return "opens a quote that is never closed: close it or remove it"
    return "has a quote inside a quoted cell: double it or remove it"


def _sample(file: TextFile, delimiter: str) -> tuple[list[Record], bool]:
    """The first records, and whether they are all. A wide table gives fewer, so that a preview stays quick."""
    sample: list[Record] = []
    n_cells = 0
    for record in records(file.first_lines(), delimiter, file.name):
        if len(sample) == SAMPLE_RECORDS or (n_cells > _SAMPLE_CELLS and len(sample) > 20):
            return sample, False
        sample.append(record)
        n_cells += len(record[1])
    if not sample:
        raise DataError(f"{file.name} has nothing but blank lines: choose a file with a table in it.")
    return sample, True


def _detect_delimiter(file: TextFile, decimal: str | None) -> str:
    """The candidate that cuts the first records most evenly, then into most numbers, then into most cells."""
    lines = list(_without_mark(file.head[:_SAMPLE_CHARACTERS].splitlines(keepends=True)[:SAMPLE_RECORDS]))
    candidates = [delimiter for delimiter in DELIMITERS if delimiter != decimal]
    return max(candidates, key=lambda delimiter: _evenness(lines, delimiter, decimal))


def _evenness(lines: list[str], delimiter: str, decimal: str | None) -> tuple[bool, float, int]:
    try:
        rows = [
            row for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True) if any(map(str.strip, row))
        ]
    except csv.Error:
        rows = []
    if not rows:
        return False, 0.0, 0
    width = Counter(map(len, rows)).most_common(1)[0][0]
    even = sum(len(row) == width for row in rows) >= 0.8 * len(rows)
    cells = [cell for row in rows[1:101] for cell in row] or rows[0]
    decimals = (decimal,) if decimal else (".", ",")
    numbers = sum(any(parse_number(cell, mark) is not None for mark in decimals) for cell in cells)
    return width > 1 and even, numbers / len(cells), width


def _detect_decimal(rows: Sequence[list[str]], delimiter: str) -> str:
    """ "," if numbers with a comma occur and none with a point, else "." .

    Between commas, "1,234" in quotes is more likely a thousand than a decimal: there one such number must have other
    than three digits after its comma.
    """
    commas = [cell for row in rows for cell in row if "," in cell and parse_number(cell, ",") is not None]
    points = any("." in cell and as_number(cell) is not None for row in rows for cell in row)
    if points or not commas:
        return "."
    if delimiter == "," and all(len(cell.strip().partition(",")[2]) == 3 for cell in commas):
        return "."
    return ","


def _has_header(rows: Sequence[list[str]], decimal: str) -> bool:
    """Whether the first record names columns: over columns of numbers it mostly holds something else.

    Where no column holds numbers, the first of several records is taken for a header unless a cell of it comes again.
    """
    first, body = rows[0], rows[1:]
    if not body:
        return not any(parse_number(cell, decimal) is not None for cell in first)
    numbered = [cell.strip() for cell in (first if first[0].strip() else first[1:])]
    if numbered == [str(j) for j in range(len(numbered))] and len(numbered) > (2 if first[0].strip() else 0):
        return True  # what pandas writes above columns without names, here with or without a column of row numbers
    over_numbers = [cell for j, cell in enumerate(first) if _kind([row[j] for row in body], decimal, False) == "number"]
    told = [parse_number(cell, decimal) is None for cell in over_numbers if not is_missing(cell)]
    if over_numbers and not told:
        return False
    if not over_numbers and any(cell.strip() and any(row[j] == cell for row in body) for j, cell in enumerate(first)):
        return False  # words that come again below are data
    return sum(told) * 2 >= len(told)


def _kind(cells: Sequence[str], decimal: str, unnamed_first: bool) -> Kind:
    """What the column holds: numbers if at least half of its known cells are; row numbers if it is the first,
    has no name and counts up by one."""
    known = [cell for cell in cells if not is_missing(cell)]
    if not known:
        return "empty"
    numbers = [number for cell in known if (number := parse_number(cell, decimal)) is not None]
    if len(numbers) * 2 < len(known):
        return "text"
    counts_up = len(numbers) == len(cells) > 1 and all(b - a == 1 for a, b in itertools.pairwise(numbers))
    return "row number" if unnamed_first and counts_up and numbers[0] in (0, 1) else "number"
