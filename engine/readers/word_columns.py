"""Columns of words that are data: yes and no as answers, and the words of a sequence as its symbols."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays import Array
from engine.data.class_labels import UNKNOWN, encode_labels
from engine.readers.csv_dialect import Dialect
from engine.readers.notation import Notation
from engine.text import clean

_ANSWERS = {"yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0, "y": 1.0, "n": 0.0, "t": 1.0, "f": 0.0}
_PAIRS = ({"yes", "no"}, {"true", "false"}, {"y", "n"}, {"t", "f"})


def holds_answers(dialect: Dialect, index: int) -> bool:
    """Whether every known cell of the sample is yes or no, true or false, y or n, t or f: one such pair, any case."""
    if dialect.kinds[index] != "text":
        return False
    found = {cell.strip().casefold() for cell in dialect.cells(index) if not dialect.is_missing(cell)}
    return any(found <= pair for pair in _PAIRS)


def holds_symbols(dialect: Dialect, index: int) -> bool:
    """Whether the column holds words that come again, as the symbols of a sequence do: each twice on average."""
    if dialect.kinds[index] != "text":
        return False
    known = [cell.strip() for cell in dialect.cells(index) if not dialect.is_missing(cell)]
    return 2 <= len(set(known)) <= len(known) / 2


def answers(cells: Sequence[str], notation: Notation) -> tuple[Array, int | None]:
    """(n,) 1 for yes and true, 0 for no and false, NaN where missing; and the first cell that is none of these."""
    number_of = {cell: _ANSWERS.get(cell.strip().casefold()) for cell in set(cells)}
    wrong = {cell for cell, number in number_of.items() if number is None and not notation.is_missing(cell)}
    fault = next((i for i, cell in enumerate(cells) if cell in wrong), None) if wrong else None
    found = (number_of[cell] for cell in cells)
    return np.fromiter((np.nan if number is None else number for number in found), np.float64, len(cells)), fault


def symbols(cells: Sequence[str], notation: Notation) -> tuple[Array, tuple[str, ...]]:
    """(n,) numbers that count into the words, sorted, and these words; NaN where missing."""
    word_of = {cell: None if notation.is_missing(cell) else clean(cell, 60) for cell in set(cells)}
    codes, words = encode_labels([word_of[cell] for cell in cells])
    return np.where(codes == UNKNOWN, np.nan, codes.astype(np.float64)), words
