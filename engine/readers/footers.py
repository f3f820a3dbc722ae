"""What stands below a table and is no row of it: totals, and lines that say where the numbers are from."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

from engine.errors import DataError
from engine.readers.cutting import ALIGNED, Cutting, records
from engine.readers.notation import parse_number
from engine.readers.text_file import TextFile
from engine.text import quoted

_MOST_LINES = 40
_LEAST_ROWS = 3
_TOTALS = frozenset(("total", "totals", "grand total", "sum", "sums", "summe", "gesamt", "合計", "合计", "합계", "계"))
_BEGINS = re.compile(
    r"[\W_]*(?:sources?|(?:foot)?notes?|n\.?b|remarks?|quellen?|anmerkung(?:en)?|출처|주|자료|出典|注|资料来源)"
    r"\s*(?:[:：]|\d+[:.)]|\.\s)",
    re.IGNORECASE,
)


def looks_like_a_source(line: str) -> bool:
    """Whether a line of text says where something is from, or is a note: "Source: …"."""
    return _BEGINS.match(line) is not None


def footer_start(file: TextFile, cutting: Cutting, width: int, first_line: int) -> int | None:
    """The line on which the lines below the table begin; None where there are none, or the file is not at hand.

    They are told from the end upwards, up to the first line that can be a row: lines of one cell that is a sentence,
    notes and sources, and totals, which come nowhere else in their column. A last row that was cut off is none.
    """
    if not file.whole or width < 2 or cutting.delimiter == ALIGNED:
        return None
    lines = list(io.StringIO(file.head, newline=""))
    begin = len(lines)
    while begin > max(first_line + _LEAST_ROWS, len(lines) - _MOST_LINES):
        line = lines[begin - 1]
        if line.strip() and not _is_footer(_cells(line, cutting), width, lines[first_line : begin - 1]):
            break
        begin -= 1
    return begin + 1 if any(map(str.strip, lines[begin:])) else None


def footer_note(file: TextFile, start: int) -> str:
    """What was left out there, in a sentence."""
    lines = list(io.StringIO(file.head, newline=""))[start - 1 :]
    filled = [start + i for i, line in enumerate(lines) if line.strip()]
    one = len(filled) == 1
    last = file.place(filled[-1]).rpartition(" ")[2]
    where = file.place(filled[0]).capitalize() if one else f"{file.place(filled[0]).capitalize()} to {last}"
    where = where if one else where.replace(" ", "s ", 1)
    cell = quoted(lines[filled[0] - start].strip().strip(',;\t|"').strip(), 30)
    return f"{where} below the table {'was' if one else 'were'} left out as no row{'' if one else 's'} of it: {cell}."


def _cells(line: str, cutting: Cutting) -> list[str]:
    try:
        found = [row for _, row in records([line], cutting, "", 2)]
    except DataError:
        return []
    return found[0] if len(found) == 1 else []


def _is_footer(cells: Sequence[str], width: int, above: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled or any(parse_number(filled[0], mark) is not None for mark in ".,"):
        return False
    first = filled[0]
    if _BEGINS.match(first):
        return True
    if first.casefold().rstrip(":.") in _TOTALS:
        return not any(re.search(rf"\b{re.escape(first)}\b", line, re.IGNORECASE) for line in above)
    return len(cells) == 1 and len(first.split()) > 2 and cells != [""]
