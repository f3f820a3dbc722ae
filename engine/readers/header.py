"""What stands above the rows of a table: names of columns, told from a first row; and a second header or units."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from typing import Literal

from engine.readers.notation import Notation

Kind = Literal["number", "text", "empty", "row number"]
_FEW_WORDS = 0.1  # of the known cells: so many may be words in a column of numbers


def has_header(rows: Sequence[list[str]], notation: Notation, quoted: bool) -> bool:
    """Whether the first record names columns: over columns of numbers it mostly holds something else.

    So does one whose first cell alone is empty, above row names; one that is quoted as no other is (`quoted`); and one
    of text over columns of text, where it never comes again, with numbers that rise evenly over those of numbers, such
    as years. Where no column holds numbers, the first of several records is taken for a header if nothing in it comes
    again in its column.
    """
    first, body = [cell.strip() for cell in rows[0]], rows[1:]
    if not body:
        return not any(notation.number(cell) is not None for cell in first)
    numbered = first if first[0] else first[1:]
    if numbered == [str(j) for j in range(len(numbered))] and len(numbered) > (2 if first[0] else 0):
        return True  # what pandas writes above columns without names, here with or without a column of row numbers
    columns = [[row[j] for row in body] for j in range(len(first))]
    kinds = [kind_of(column, notation) for column in columns]
    over_numbers = [cell for cell, kind in zip(first, kinds, strict=True) if kind == "number"]
    told = [notation.number(cell) is None for cell in over_numbers if not notation.is_missing(cell)]
    complete = all(first[1:]) and len(first) > 1
    over_text = [(cell, column) for cell, column, kind in zip(first, columns, kinds, strict=True) if kind == "text"]
    recurs = any(cell in map(str.strip, column) for cell, column in over_text if cell)
    if complete and not first[0] and not recurs and (rises_evenly(first[1:]) or any(told) or not told):
        return True
    if complete and first[0] and quoted and not recurs:
        return True
    if over_text and not recurs and all(cell and not any(map(str.isdigit, cell)) for cell, _ in over_text):
        below = [cell for column, kind in zip(columns, kinds, strict=True) if kind == "number" for cell in column]
        if _are_years(over_numbers) and not any(_are_years([cell]) for cell in below):
            return True
        if len(over_numbers) > 2 and rises_evenly(over_numbers):
            return True
    if not over_numbers:
        return not recurs
    return bool(told) and sum(told) * 2 >= len(told)


def could_be_header(rows: Sequence[list[str]]) -> bool:
    """Whether a first record that was taken as a row rises evenly as names such as years do, and the next doesn't."""
    first, following = ([cell.strip() for cell in row] for row in (rows[0], rows[1] if len(rows) > 1 else rows[0]))
    return rises_evenly(first) and len(first) > 2 and not rises_evenly(following)


def _are_years(cells: Sequence[str]) -> bool:
    """Whether these are years, that rise evenly if they are several."""
    texts = [cell.strip() for cell in cells]
    years = all(text.isdecimal() and 1500 <= int(text) <= 2200 for text in texts if text) and all(texts)
    return years and (len(texts) == 1 or rises_evenly(texts))


def rises_evenly(cells: Sequence[str]) -> bool:
    """Whether these are whole numbers, at least two, each larger than the one before by the same."""
    if len(cells) < 2 or not all(cell.isdecimal() for cell in cells):
        return False
    steps = {int(b) - int(a) for a, b in itertools.pairwise(cells)}
    return len(steps) == 1 and steps.pop() > 0


def is_second_header(rows: Sequence[list[str]], notation: Notation) -> bool:
    """Whether the first record below the header holds words, and no number, over columns that hold nothing but numbers:
    units, or a second line of names. At least two records must follow."""
    first, body = rows[0] if rows else [], rows[1:]
    if len(body) < 2 or any(notation.number(cell) is not None for cell in first):
        return False
    words = [j for j, cell in enumerate(first) if not notation.is_missing(cell)]
    if any(first[j].strip()[0] in "+-.0123456789" for j in words):
        return False  # 1.5 with a remark, not a unit
    columns = [[row[j] for row in body] for j in words]
    kinds = [kind_of(column, notation) for column in columns]
    return "number" in kinds and all(
        kind != "number" or all(notation.is_missing(c) or notation.number(c) is not None for c in column)
        for kind, column in zip(kinds, columns, strict=True)
    )


def kind_of(cells: Sequence[str], notation: Notation) -> Kind:
    """What the column holds: numbers if its known cells are, but for a few, or for one word that comes again."""
    known = [cell for cell in cells if not notation.is_missing(cell)]
    if not known:
        return "empty"
    words = [cell for cell in known if notation.number(cell) is None]
    if len(words) * 2 > len(known):
        return "text"
    few = len(words) <= _FEW_WORDS * len(known) or len({word.strip() for word in words}) == 1
    return "number" if few else "text"


def first_word_among_numbers(cells: Sequence[str], notation: Notation) -> int | None:
    """The place of the first word in a column that mostly holds numbers; None for a column that holds words."""
    known = [i for i, cell in enumerate(cells) if not notation.is_missing(cell)]
    words = [i for i in known if notation.number(cells[i]) is None]
    return words[0] if words and 2 * len(words) <= len(known) else None


def row_number_kinds(
    kinds: Sequence[Kind], unnamed: Collection[int], columns: Sequence[Sequence[str]], identifying: Sequence[bool]
) -> tuple[Kind, ...]:
    """The kinds with "row number" for columns that only number the rows.

    Those are columns of whole numbers that only rise, without a name (`unnamed`), and ones that rise by ones and are
    named like an identifier (`identifying`), unless no column of numbers would be left.
    """
    numbers = [j for j, kind in enumerate(kinds) if kind == "number"]
    nameless = {j for j in numbers if j in unnamed and _rises(columns[j], by_ones=False)}
    named = {j for j in numbers if identifying[j] and _rises(columns[j], by_ones=True)}
    if len(nameless | named) == len(numbers):
        named = set()
    return tuple("row number" if j in nameless | named else kind for j, kind in enumerate(kinds))


def _rises(cells: Sequence[str], *, by_ones: bool) -> bool:
    texts = [cell.strip().removesuffix(".0") for cell in cells]
    if len(texts) < 2 or not all(text.isdecimal() for text in texts):
        return False
    steps = [int(b) - int(a) for a, b in itertools.pairwise(texts)]
    return all(step == 1 for step in steps) if by_ones else all(step > 0 for step in steps)
