"""What stands below a table and is no row of it: totals, means, notes, and lines that say where it is from."""

from __future__ import annotations

import io
import math
import re
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from engine.errors import DataError
from engine.readers.cutting import ALIGNED, Cutting, records
from engine.readers.notation import is_missing, parse_number
from engine.readers.text_file import TextFile
from engine.text import quoted

_MOST_LINES = 40
_LEAST_ROWS = 3
_TOTALS = frozenset(("total", "totals", "grand total", "sum", "sums", "summe", "gesamt", "合計", "合计", "합계", "계"))
_AVERAGES = frozenset(
    ("average", "averages", "avg", "mean", "means", "median", "mittelwert", "durchschnitt", "moyenne", "平均", "평균")
)
_SPREADS = frozenset(
    ("sd", "std", "std dev", "stdev", "standard deviation", "se", "variance", "min", "minimum", "max", "maximum", "n",
     "count", "標準偏差", "표준편차")
)  # fmt: skip
_NAMES = frozenset(("n", "max", "min", "se"))  # of rows as well, such as the north and Max
_SUMMARIES = _TOTALS | _AVERAGES | _SPREADS
_BEGINS = re.compile(
    r"[\W_]*(?:sources?|(?:foot)?notes?|n\.?b|remarks?|quellen?|anmerkung(?:en)?|출처|주|자료|出典|注|资料来源)"
    r"\s*(?:[:：]|\d+[:.)]|\.\s)",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(r"\s*(?:[*†‡§¶¹²³⁴⁵]+|\(?\w\)|\[\w\])\s*\w")
_WORDS_OF_PROSE = 4
_CHANCE = 2.0  # log10 of how many values could have stood in place of sums or means that are met exactly
_BY_NAME = 1.0  # the same of a line that is called a mean
_DOUBT = 3.0  # the same of a line with a name of its own


@dataclass(frozen=True)
class Footer:
    """start: the line on which the lines below the table begin. rows: one of them could be read as a row of it."""

    start: int
    rows: bool


def looks_like_a_source(line: str) -> bool:
    """Whether a line of text says where something is from, or is a note: "Source: …"."""
    return _BEGINS.match(line) is not None


def footer_of(file: TextFile, cutting: Cutting, width: int, first_line: int, *, rows: bool) -> Footer | None:
    """The lines below the table; None where there are none, or the file is not at hand.

    They are told from the end upwards, up to the first line that can be a row: sentences in one cell, notes and
    sources, and what can be no row below a blank line. With `rows` also lines that could be one: totals and means,
    told by their name, which comes nowhere else, or without a name by their numbers. A last row that was cut off is
    none of these.
    """
    if not file.whole or width < 2 or cutting.delimiter == ALIGNED:
        return None
    lines = list(io.StringIO(file.head, newline=""))
    below = _Below(lines, cutting, width, first_line)
    found = below.footer(rows)
    if found is not None and found.rows and below.names_summaries(found.start - 1):  # these are what its rows are
        found = below.footer(False)
    return found


def footer_note(file: TextFile, footer: Footer, skip: int) -> str:
    """What was left out there, in a sentence; with how it is kept, where it could be a row."""
    start, lines = footer.start, list(io.StringIO(file.head, newline=""))[footer.start - 1 :]
    filled = [start + i for i, line in enumerate(lines) if line.strip()]
    one = len(filled) == 1
    last = file.place(filled[-1]).rpartition(" ")[2]
    where = file.place(filled[0]).capitalize() if one else f"{file.place(filled[0]).capitalize()} to {last}"
    where = where if one else where.replace(" ", "s ", 1)
    cell = quoted(lines[filled[0] - start].strip().strip(',;\t|"').strip(), 30)
    said = f"{where} below the table {'was' if one else 'were'} left out as no row{'' if one else 's'} of it: {cell}"
    keep = f"; to keep what can be a row, say skip={skip} (in the shell, --skip {skip})" if footer.rows else ""
    return f"{said}{keep}."


@dataclass(frozen=True)
class _Below:
    """The lines of a file, the first of `first` being those above the rows of its table."""

    lines: Sequence[str]
    cutting: Cutting
    width: int
    first: int

    def footer(self, rows: bool) -> Footer | None:
        begin = kept = len(self.lines)
        could_be, seen_rows, spreads = False, False, False
        while begin > max(self.first + _LEAST_ROWS, len(self.lines) - _MOST_LINES):
            line = self.lines[begin - 1]
            what = self._what(begin - 1, any(map(str.strip, self.lines[kept:]))) if line.strip() else "blank"
            if what == "row" or (what in ("summary", "spread") and not rows):
                break
            begin -= 1
            seen_rows |= what in ("summary", "spread")
            spreads = what == "spread" or (spreads and what != "summary")  # they go with means alone
            if what != "prose" and not spreads:  # prose goes with a blank line or a note above it
                kept, could_be = begin, seen_rows
        filled = any(map(str.strip, self.lines[kept:]))
        return Footer(kept + 1, could_be) if filled else None

    def names_summaries(self, end: int) -> bool:
        """Whether rows that stay are means, totals and the like as well."""
        return any(self._name(cells) in _SUMMARIES - _NAMES for cells in self._rows[: max(0, end - self.first)])

    def _what(self, at: int, noted: bool) -> str:
        """What a line is: "note", "prose" that may be one, "summary", "spread", or "row". noted: notes stand below."""
        line = self.lines[at]
        cells = self._cells(line)
        filled = [cell.strip() for cell in cells if cell.strip()]
        if not filled:
            return "row"
        first, above = filled[0], self.lines[self.first : at]
        if _is_number(first):
            return "summary" if not cells[0].strip() and self._is_unnamed_summary(cells, at) else "row"
        if _BEGINS.match(first) or (len(cells) == 1 and len(first.split()) > 2):
            return "note"
        name = self._name(cells)
        among_numbers = name in _SUMMARIES and next(j for j, cell in enumerate(cells) if cell.strip()) in self._numeric
        if among_numbers or name in _TOTALS | _AVERAGES:
            again = any(re.search(rf"\b{re.escape(first)}\b", one, re.IGNORECASE) for one in above)
            told = among_numbers or name in _TOTALS or noted or self._sums_up(cells, at, least=_BY_NAME)
            return "summary" if told and not again else "row"
        if name in _SPREADS and len(cells) == self.width:
            return "spread"
        if self._is_total(cells, at):
            return "summary"
        if self._is_no_row(cells):
            return "note" if len(cells) > 1 and _FOOTNOTE.match(cells[0]) else "prose"
        return "row"

    def _is_no_row(self, cells: Sequence[str]) -> bool:
        """There is no number, nor a mark for a missing one, in the columns of numbers, but words."""
        told = [cells[j] for j in self._numeric if j < len(cells)]
        if any(_is_number(cell) or is_missing(cell) for cell in told):
            return False
        if len(cells) == 1:
            return True
        return (bool(told) or len(cells) != self.width) and len(" ".join(cells).split()) >= _WORDS_OF_PROSE

    def _is_unnamed_summary(self, cells: Sequence[str], at: int) -> bool:
        """The first cell is empty, as it is nowhere above, and the others are sums or means of their columns."""
        above = next((line for line in reversed(self.lines[:at]) if line.strip()), "")
        if len(cells) != self.width or self._cells(above)[:1] == [""]:
            return False
        return all(row[0].strip() for row in self._rows_above(at)) and self._sums_up(cells, at)

    def _is_total(self, cells: Sequence[str], at: int) -> bool:
        """Two numbers or more are the sums of their columns, beyond doubt: a total, whatever it is called."""
        told = [j for j, cell in enumerate(cells) if _is_number(cell)]
        if len(cells) != self.width or len(told) < 2:
            return False
        first, last = (self._cells(self.lines[i]) for i in (self.first, at - 1))
        for j in told:  # what is larger than two of them is worth a look at all of them
            for row in (first, last):
                other = _number(row[j]) if j < len(row) else None
                if other is None or not abs(_number(cells[j]) or 0.0) > abs(other):
                    return False
        return self._sums_up(cells, at, (math.fsum,), _DOUBT)

    def _sums_up(
        self,
        cells: Sequence[str],
        at: int,
        ways: Sequence[Callable[[Sequence[float]], float]] = (math.fsum, statistics.fmean, statistics.median),
        least: float = _CHANCE,
    ) -> bool:
        """Whether every number is the sum of its column, or every one the mean, or the median; more than by chance."""
        told = [j for j, cell in enumerate(cells) if _is_number(cell)]
        every, rows = self._rows_above(at, all_of_them=True), self._rows_above(at)
        return self._sum_up(cells, told, every, ways, least) or (
            len(rows) < len(every) and self._sum_up(cells, told, rows, ways, least)
        )

    def _sum_up(
        self,
        cells: Sequence[str],
        told: Sequence[int],
        rows: Sequence[Sequence[str]],
        ways: Sequence[Callable[[Sequence[float]], float]],
        least: float,
    ) -> bool:
        if not told or len(rows) < _LEAST_ROWS or any(len(row) != self.width for row in rows):
            return False
        columns = {j: [number for row in rows if (number := _number(row[j])) is not None] for j in told}
        if not all(len(column) >= _LEAST_ROWS for column in columns.values()):
            return False
        for how in ways:
            odds = [_odds(cells[j], columns[j], how(columns[j])) for j in told]
            if all(odds) and sum(map(math.log10, odds)) >= least:
                return True
        return False

    def _rows_above(self, at: int, all_of_them: bool = False) -> list[list[str]]:
        """The rows up to that line; without the last ones that are summaries by name, unless all are asked for."""
        rows = [cells for cells in self._rows[: max(0, at - self.first)] if cells]
        while rows and not all_of_them and self._name(rows[-1]) in _SUMMARIES:
            rows.pop()
        return rows

    @cached_property
    def _rows(self) -> list[list[str]]:
        """The cells of each line below the header; none of one that is blank."""
        return [self._cells(line) if line.strip() else [] for line in self.lines[self.first :]]

    @cached_property
    def _numeric(self) -> tuple[int, ...]:
        """The columns that hold more numbers than words."""
        rows = [row for row in self._rows_above(min(len(self.lines), self.first + 200)) if len(row) == self.width]
        columns = ([row[j] for row in rows if not is_missing(row[j])] for j in range(self.width))
        return tuple(j for j, column in enumerate(columns) if 2 * sum(map(_is_number, column)) > max(1, len(column)))

    def _cells(self, line: str) -> list[str]:
        try:
            found = [row for _, row in records([line], self.cutting, "", 2)]
        except DataError:
            return []
        return found[0] if len(found) == 1 else []

    @staticmethod
    def _name(cells: Sequence[str]) -> str:
        return next((cell.strip().casefold().rstrip(":.") for cell in cells if cell.strip()), "")


def _odds(cell: str, column: Sequence[float], value: float) -> float:
    """How many numbers of as many digits as the cell could have stood there; 0 where it is not that value."""
    number = _number(cell)
    _, _, digits = cell.strip().replace(",", ".").partition(".")
    unit = 10.0 ** -len(digits) if digits.isdecimal() or not digits else 0.0
    if number is None or not unit or not abs(number - value) <= 0.51 * unit:
        return 0.0
    return max(1.0, max(max(column) - min(column), abs(value) - max(map(abs, column))) / unit)


def _number(cell: str) -> float | None:
    number = next((found for mark in ".," if (found := parse_number(cell, mark)) is not None), None)
    return number if number is not None and math.isfinite(number) else None


def _is_number(cell: str) -> bool:
    return _number(cell) is not None
