"""A row of the user's own in words: `film 1=yes, film 2=no`, each column by its name."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence

import numpy as np

from engine.arrays import Array
from engine.errors import DataError
from engine.text import did_you_mean, quoted

_YES, _NO, _UNSEEN = ("yes", "y", "1", "true"), ("no", "n", "0", "false"), ("?", "", "unseen", "nan", "na")
_NAMED = 6  # columns that a refusal names


def row_from_words(text: str, names: Sequence[str], read: Callable[[str, str], float]) -> Array:
    """(D,) the numbers of `NAME=VALUE, NAME=VALUE`, nan for a column that is not named.

    A name or a value with a comma stands in double quotes. read: the number that a value of a column means, by the
    column's name and the value.

    Raises:
        DataError: there is no such column, one is said twice, or a value can't be read; one sentence.
    """
    row, seen = np.full(len(names), np.nan), set[int]()
    for part in next(csv.reader([text], skipinitialspace=True), []):
        if not part.strip():
            continue
        name, equals, value = (piece.strip() for piece in part.rpartition("="))
        if not equals:
            raise DataError(f"{quoted(part)} of a row is no answer: write NAME=VALUE, with commas between them.")
        place = _place(name, names)
        if place in seen:
            raise DataError(f"a row says {quoted(names[place])} twice: say each column once.")
        seen.add(place)
        row[place] = read(names[place], value)
    return row


def numbers_from_words(text: str, names: Sequence[str]) -> Array:
    """(D,) the numbers of a row: `5.1, 3.5, 1.4, .2` in the order of the columns, or `NAME=5.1, …` by their names.

    Raises:
        DataError: there are too many or too few, or one is no number; one sentence.
    """
    if "=" in text:
        return row_from_words(text, names, _number)
    parts = next(csv.reader([text], skipinitialspace=True), []) if "," in text or ";" in text else text.split()
    parts = [piece for part in parts for piece in part.split(";")] if ";" in text else parts
    if len(parts) != len(names):
        more = ", …" if len(names) > _NAMED else ""
        said = f"{len(parts)} {'number' if len(parts) == 1 else 'numbers'} for {len(names)} columns"
        raise DataError(f"a row has {said}: write one for each of {', '.join(names[:_NAMED])}{more}.")
    return np.array([_number(name, part.strip()) for name, part in zip(names, parts, strict=True)])


def _number(name: str, value: str) -> float:
    try:
        return float(value.replace("−", "-"))
    except ValueError:
        raise DataError(f"{quoted(name)} can't be {quoted(value)}: it is a number.") from None


def _place(name: str, names: Sequence[str]) -> int:
    """The column of that name, whatever its capitals where only one is written so."""
    if name in names:
        return names.index(name)
    alike = [place for place, one in enumerate(names) if one.casefold() == name.casefold()]
    if len(alike) == 1:
        return alike[0]
    more = ", …" if len(names) > _NAMED else ""
    otherwise = f"the columns are {', '.join(names[:_NAMED])}{more}."
    raise DataError(f"there is no column {quoted(name)}: {did_you_mean(name, names, otherwise)}")


def answer(no_and_yes: tuple[float, float]) -> Callable[[str, str], float]:
    """A reader of answers: yes or 1, no or 0, ? for unseen; the numbers that the model reads as no and as yes."""

    def read(name: str, value: str) -> float:
        word = value.casefold()
        if word in _UNSEEN:
            return float("nan")
        if word not in (*_YES, *_NO):
            raise DataError(f"{quoted(name)} can't be {quoted(value)}: an answer is yes, no or ? (unseen).")
        return no_and_yes[word in _YES]

    return read
