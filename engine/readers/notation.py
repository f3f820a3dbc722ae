"""How the numbers of a table are written: the decimal mark, groups of thousands, and what stands for no value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from engine.text import clean

# What pandas takes for missing, the errors of spreadsheets, and what statistical offices print.
MISSING_MARKS = frozenset(
    mark.casefold()
    for mark in (
        "", "NA", "N/A", "n/a", "NaN", "-NaN", "null", "None", "<NA>", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "1.#IND",
        "-1.#QNAN", "1.#QNAN", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "?",
        ".", "..", "...", ":", "-", "--", "---", "–", "—", "−",
    )
)  # fmt: skip
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_CURRENCY = re.compile(r"[$€£¥₩]\s*|\s*[$€£¥₩]")
_FORTRAN = re.compile(r"([+-]?[0-9]*\.?[0-9]*)[dD]([+-]?[0-9]+)")
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-"})
_GROUP_MARKS = " \xa0\u2009\u202f'’"
_GROUPED = {
    decimal: re.compile(rf"[+-]?[0-9]{{1,3}}(?:([{other}{_GROUP_MARKS}])[0-9]{{3}}(?:\1[0-9]{{3}})*)(?:{mark}[0-9]+)?")
    for decimal, mark, other in ((".", r"\.", ","), (",", ",", "."))
}
_PLAIN = {
    decimal: re.compile(rf"[+-]?(?:[0-9]+{mark}?[0-9]*|{mark}[0-9]+)(?:[eE][+-]?[0-9]+)?")
    for decimal, mark in ((".", r"\."), (",", ","))
}
_NAMES = {",": "comma", ".": "point", " ": "blank", "'": "apostrophe", "’": "apostrophe"}


@dataclass(frozen=True)
class Notation:
    """What a cell means.

    decimal: "." or ",". marks: further words for a missing value, as they are written.
    """

    decimal: str = "."
    marks: frozenset[str] = field(default_factory=frozenset)

    def is_missing(self, cell: str) -> bool:
        """Whether the cell stands for a value that is not known."""
        text = cell.strip()
        return text.casefold() in MISSING_MARKS or text in self.marks

    def number(self, cell: str) -> float | None:
        """The number that `cell` writes, infinite where it is too large for a float64; None if it writes none.

        Besides plain numbers: thousands in groups of three, (1.5) as accountants write −1.5, a percentage as its
        number of percent, U+2212 or a dash as a minus, a sign of a currency, and Fortran's 1.5D+01; characters that
        can't be seen are passed over.
        """
        number = parse_number(cell, self.decimal)
        if number is not None:
            return number
        text = _without_currency(cell)
        if text.startswith("(") and text.endswith(")"):
            number = self._unsigned(text[1:-1].strip())
            return None if number is None else -number
        return self._signed(text.removesuffix("%").rstrip() if text.endswith("%") else text)

    def _unsigned(self, text: str) -> float | None:
        return None if text.startswith(("+", "-")) else self._signed(text)

    def _signed(self, text: str) -> float | None:
        fortran = _FORTRAN.fullmatch(text) if "d" in text or "D" in text else None
        if fortran is not None:
            return parse_number(f"{fortran[1]}e{fortran[2]}", self.decimal)
        grouped = _GROUPED[self.decimal].fullmatch(text)
        return parse_number(text.replace(grouped[1], "") if grouped else text, self.decimal)

    def group_mark(self, cell: str) -> str | None:
        """The mark between the thousands of the number that `cell` writes; None if there is none."""
        grouped = _GROUPED[self.decimal].fullmatch(_bare(cell))
        return None if grouped is None else grouped[1]


def _without_currency(cell: str) -> str:
    return _CURRENCY.sub("", _INVISIBLE.sub("", cell).translate(_MINUS), count=1).strip()


def _seen(cell: str) -> str:
    return clean(_INVISIBLE.sub("", cell))


def _bare(cell: str) -> str:
    """The cell without what may stand around the digits and marks of a number: blanks, a currency, %, parentheses."""
    text = cell.strip()
    if text[-1:].isdecimal() and text[:1] in "+-.,0123456789":
        return text
    text = _without_currency(text)
    text = text[1:-1].strip() if text.startswith("(") and text.endswith(")") else text
    return text.removesuffix("%").rstrip()


def is_missing(cell: str) -> bool:
    """Whether the cell is empty, or a common mark for a value that is not known: NA, NaN, null, ?, -, . and others."""
    return cell.strip().casefold() in MISSING_MARKS


def names_among(cells: Sequence[str], notation: Notation) -> set[str]:
    """The marks for missing values that are names here: NA, or another of letters alone, in a column of words that all
    differ, as codes of regions do. Where words come again, and where the mark was named, it stands for no value."""
    known = [cell.strip() for cell in cells if not notation.is_missing(cell)]
    if len(known) < 2 or len({*known}) < len(known) or any(notation.number(cell) is not None for cell in known):
        return set()
    marks = [cell.strip() for cell in cells if notation.is_missing(cell)]
    return {mark for mark in marks if mark.isalpha() and mark not in notation.marks and marks.count(mark) == 1}


def parse_number(cell: str, decimal: str) -> float | None:
    """The number that `cell` writes without groups, infinite where it is too large; None if it writes none."""
    cell = cell.strip()
    if "_" in cell or (decimal == "," and "." in cell):
        return None
    try:
        return float(cell.replace(",", ".") if decimal == "," else cell)
    except ValueError:
        return None


def detect_notation(
    rows: Sequence[list[str]], delimiter: str, decimal: str | None, marks: Iterable[str]
) -> tuple[Notation, tuple[str, ...]]:
    """How the numbers in these rows are written, and a note where that is a guess that could be wrong.

    1,5 has a decimal comma, 1,234,567 has groups: these tell all the others. Where every comma is followed by three
    digits, they are groups if the same column holds whole numbers below a thousand without a comma, or if the file is
    not cut at semicolons, which come where the comma is a decimal mark.
    """
    notation, notes = _detect(rows, delimiter, decimal, frozenset(mark.strip() for mark in marks))
    percentage = next((cell.strip() for row in rows for cell in row if _is_percentage(cell, notation)), None)
    if percentage is not None:
        notes += (
            f"{_seen(percentage)} was read as {notation.number(percentage):z.15g}: percentages are their number of "
            "percent.",
        )
    return notation, notes


def _is_percentage(cell: str, notation: Notation) -> bool:
    return "%" in cell and notation.number(cell) is not None


def _detect(
    rows: Sequence[list[str]], delimiter: str, decimal: str | None, further: frozenset[str]
) -> tuple[Notation, tuple[str, ...]]:
    if decimal is not None:
        return Notation(decimal, further), ()
    commas, points = _evidence(rows, ","), _evidence(rows, ".")
    if commas.certain != points.certain:
        return Notation("," if commas.certain else ".", further), _grouped(rows, "," if commas.certain else ".")
    if commas.certain or not commas.either:  # both are certain somewhere, or there are points or whole numbers alone
        first = points.either if delimiter == ";" else None
        return Notation(".", further), _grouped(rows, ".") if first is None else (_as_decimal(first, "."),)
    # every comma is followed by three digits
    if delimiter == ";" and not _beside_small_whole_numbers(rows):
        return Notation(",", further), (_as_decimal(commas.either, ","),)
    return Notation(".", further), _grouped(rows, ".")


@dataclass(frozen=True)
class _Evidence:
    """certain: a number that can only be read with this decimal mark. either: one that could have groups instead."""

    certain: bool
    either: str | None


def _evidence(rows: Sequence[list[str]], mark: str) -> _Evidence:
    other = "," if mark == "." else "."
    plain, grouped, as_groups = _PLAIN[mark], _GROUPED[mark], _GROUPED[other]
    either = None
    for cell in _cells_with_marks(rows):
        if mark in cell and plain.fullmatch(cell):
            if not as_groups.fullmatch(cell) or cell.lstrip("+-").startswith("0"):
                return _Evidence(True, None)
            either = either or cell
        elif (cell.count(other) > 1 or mark in cell) and grouped.fullmatch(cell):  # 1,234.5 and 1 234,5
            return _Evidence(True, None)
    return _Evidence(False, either)


def _cells_with_marks(rows: Sequence[list[str]]) -> Iterator[str]:
    return (_bare(cell) for row in rows for cell in row if "," in cell or "." in cell)


def _beside_small_whole_numbers(rows: Sequence[list[str]]) -> bool:
    """Whether a column of numbers with commas holds whole numbers without, all of them below a thousand."""
    for column in zip(*rows, strict=False):
        cells = [_bare(cell) for cell in column]
        plain = [cell for cell in cells if cell.isdecimal()]
        if plain and all(len(cell) <= 3 for cell in plain) and any(_GROUPED["."].fullmatch(c) for c in cells):
            return True
    return False


def _grouped(rows: Sequence[list[str]], decimal: str) -> tuple[str, ...]:
    notation = Notation(decimal)
    for row in rows:
        for cell in row:
            mark = notation.group_mark(cell)
            if mark is not None:
                return (_as_groups(_seen(cell), mark, notation),)
    return ()


def _as_groups(cell: str, mark: str, notation: Notation) -> str:
    name = _NAMES.get(mark, "blank")
    note = f"The {name} in {cell} was taken to group thousands ({notation.number(cell):z.15g})"
    if mark not in ",.":
        return f"{note}."
    return f"{note}; if it is the decimal mark, say so with decimal= (in the shell, --decimal)."


def _as_decimal(cell: str, mark: str) -> str:
    number = parse_number(cell, mark)
    return (
        f"The {_NAMES[mark]} in {cell} was taken as the decimal mark ({number:z.15g}); if it groups thousands, name "
        "the other mark with decimal= (in the shell, --decimal)."
    )
