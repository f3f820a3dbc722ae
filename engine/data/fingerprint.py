"""A fingerprint of data after reading: a hash of each column's numbers, so that data that changed are known by it.

Numbers count, not how they were written: a table that was saved anew with the same numbers has the same fingerprint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.data.dataset import Dataset
from engine.text import clean, quoted

_BYTES = 12  # of a hash: two columns that differ have the same one with a chance of 2^−96


@dataclass(frozen=True)
class Fingerprint:
    """What data are known by.

    n_rows: all rows that were read, those with a missing value, too. columns: the name and the hash of each.
    others: hashes of what belongs to the rows besides: classes, targets, row weights, sequences, row names, symbols.
    """

    n_rows: int
    columns: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str], ...] = ()


def every_row(data: Dataset) -> Dataset:
    """The data with the rows that were left out because a value is missing."""
    return data if data.as_read is None else data.as_read.dataset("keep")


def fingerprint(data: Dataset) -> Fingerprint:
    """The fingerprint of every row that was read."""
    whole = every_row(data)
    columns = tuple((name, _of_numbers(whole.X[:, j])) for j, name in enumerate(whole.feature_names))
    numbers = {"targets": whole.target, "row weights": whole.weights, "sequences": whole.sequence}
    others = [(what, _of_numbers(values)) for what, values in numbers.items() if values is not None]
    if whole.y is not None:
        others.append(("classes", _of_words((_of_numbers(whole.y), *whole.class_names))))
    for what, words in (("row names", whole.row_names), ("symbols", whole.symbol_names or None)):
        if words is not None:
            others.append((what, _of_words(words)))
    return Fingerprint(whole.n_samples, columns, tuple(others))


def first_difference(now: Fingerprint, known: Fingerprint) -> str | None:
    """What differs first between data as they are now and as they are known: a clause, or None for nothing."""
    if now.n_rows != known.n_rows:
        return f"they have {now.n_rows:,} rows, and had {known.n_rows:,}"
    names, before = [name for name, _ in now.columns], [name for name, _ in known.columns]
    for name in before:
        if name not in names:
            return f"the column {quoted(name)} is gone"
    for name in names:
        if name not in before:
            return f"the column {quoted(name)} is new"
    if names != before:
        return "the columns stand in another order"
    for (name, one), (_, other) in zip(now.columns, known.columns, strict=True):
        if one != other:
            return f"the column {quoted(name)} holds other numbers"
    ours, theirs = dict(now.others), dict(known.others)
    for what in (*theirs, *ours):
        if ours.get(what) != theirs.get(what):
            return f"the {clean(what, 40)} are others"
    return None


def _of_numbers(values: Any) -> str:
    """A hash of numbers as float64: there is one NaN, and one zero."""
    numbers = np.array(values, dtype="<f8")
    numbers[np.isnan(numbers)] = np.nan
    return hashlib.blake2b((numbers + 0.0).tobytes(), digest_size=_BYTES).hexdigest()


def _of_words(words: Iterable[str]) -> str:
    lengths = hashlib.blake2b(digest_size=_BYTES)
    for word in words:
        text = word.encode("utf-8", "surrogatepass")
        lengths.update(len(text).to_bytes(8, "little") + text)
    return lengths.hexdigest()
