"""Sequences as a hidden Markov model takes them in: one below another, with the rows at which each begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from engine.arrays import Array, IntArray
from engine.em.observations import Observations
from engine.em.row_text import RowText, row_number
from engine.errors import DataError
from engine.models.gaussian.data import GaussianRows, gaussian_rows, new_gaussian_rows
from engine.models.mixture import checked_labels, checked_table, checked_weights

_MOST_SYMBOLS = 100_000
_KEPT = 2


@dataclass(frozen=True, eq=False)
class SequenceRows(Observations):
    """All sequences, one below another: T rows in all.

    Attributes:
        X: (T, d) what was seen, in the user's units.
        y: (T,) known states, −1 where unknown, or None.
        sample_weight: (T,) the weight of each row's sequence; None where each counts once.
        first: (N,) the row at which each sequence begins, ascending from 0.
        symbols: (T,) symbols 0…V−1; None where measurements are seen.
        rows: the measurements as a Gaussian mixture takes them in; None where symbols are seen.
    """

    first: IntArray = None  # type: ignore[assignment]  # always given; fields of the base have defaults
    symbols: IntArray | None = None
    rows: GaussianRows | None = None

    @cached_property
    def last(self) -> IntArray:
        """(N,) the row at which each sequence ends."""
        return np.append(self.first[1:], self.n_rows) - 1

    @cached_property
    def sequence_weight(self) -> Array:
        """(N,) the weight of each sequence; 1 where none was given."""
        return np.ones(len(self.first)) if self.sample_weight is None else self.sample_weight[self.first]

    @cached_property
    def n_symbols(self) -> int:
        """V as far as these rows show it: one more than the largest symbol."""
        return 0 if self.symbols is None else int(self.symbols.max()) + 1

    @cached_property
    def _recent(self) -> list[tuple[Any, Array]]:
        return []

    def remembered(self, key: tuple[Any, ...], make: Callable[[], Array]) -> Array:
        """What `make` gives; the last two results are kept, because a posterior is asked for page by page.

        key: objects, compared by identity or as equal values.
        """
        for known, value in list(self._recent):
            if known == key:
                return value
        value = make()
        self._recent[:] = [*self._recent[1 - _KEPT :], (key, value)]
        return value


def sequence_rows(
    X: Any,
    y: Any,
    sample_weight: Any,
    n_states: int,
    first_symbol: int | None,
    covariance_type: str,
    fitted_columns: int | None = None,
) -> SequenceRows:
    """Check the sequences and put them one below another.

    Args:
        X: one sequence, (T,) or (T, d), or a list of them.
        y: known states, (T,) over all sequences or a list as X is; −1 where unknown.
        sample_weight: (N,) one weight a sequence; 2 is the same as the sequence twice.
        n_states: S.
        first_symbol: the number of the first symbol where symbols are seen, None for measurements.
        covariance_type: of the Gaussians, for measurements.
        fitted_columns: of measurements to predict for, how many the model was fitted to; None for those to fit.

    Raises:
        DataError: something about the data can't be used; one sentence.
    """
    parts, several = _parts(X)
    tables = [checked_table(part, what=f"sequence {i + 1}" if several else "X") for i, part in enumerate(parts)]
    widths = [table.shape[1] for table in tables]
    if len(set(widths)) > 1:
        odd = next(i for i, width in enumerate(widths) if width != widths[0])
        raise DataError(
            f"sequence {odd + 1} has {widths[odd]} columns, but sequence 1 has {widths[0]}: "
            "every sequence must have the same ones."
        )
    table = tables[0] if len(tables) == 1 else np.concatenate(tables)
    lengths = np.array([len(one) for one in tables], dtype=np.int64)
    first = np.cumsum(lengths) - lengths
    weights = _weights(sample_weight, lengths)
    labels = checked_labels(_joined(y), len(table), n_states)
    if first_symbol is not None:
        symbols = _symbols(table, first_symbol, first if several else None)
        return SequenceRows(table, labels, weights, first, symbols)
    if fitted_columns is not None:
        if fitted_columns != table.shape[1]:
            raise DataError(
                f"the sequences have {table.shape[1]} columns, but the model was fitted to {fitted_columns}."
            )
        measured = new_gaussian_rows(table, covariance_type, fitted_columns)
    else:
        measured = gaussian_rows(table, labels, weights, covariance_type, n_states)
    return SequenceRows(measured.X, labels, weights, first, None, measured)


def is_several(X: Any) -> bool:
    """X is a list of sequences."""
    return _parts(X)[1]


def _parts(X: Any) -> tuple[list[Any], bool]:
    """The sequences, and whether they were given as a list of several."""
    if not isinstance(X, (list, tuple)):
        if np.ndim(X) > 2:
            raise DataError(f"X must be one sequence or a list of them, not an array of {np.ndim(X)} dimensions.")
        return [X], False
    if not X:
        raise DataError("X holds no sequence: give at least one.")
    if all(np.ndim(one) == 0 for one in X):
        return [X], False
    scalar = next((i for i, one in enumerate(X) if np.ndim(one) == 0), None)
    if scalar is not None:
        raise DataError(f"sequence {scalar + 1} is a single number: make it an array, as the other sequences are.")
    return list(X), True


def _joined(y: Any) -> Any:
    """Known states of all sequences, one below another."""
    if not isinstance(y, (list, tuple)) or not y or all(np.ndim(one) == 0 for one in y):
        return y
    return np.concatenate([np.atleast_1d(np.asarray(one)) for one in y])


def _weights(sample_weight: Any, lengths: IntArray) -> Array | None:
    """(T,) the weight of each row's sequence, from one weight a sequence; or None."""
    if sample_weight is None:
        return None
    shape, wanted = np.shape(sample_weight), (len(lengths),)
    if shape != wanted:
        raise DataError(f"sample_weight must have one number a sequence, so the shape {wanted}, not {shape}.")
    try:
        weights = checked_weights(sample_weight, len(lengths))
    except DataError as error:
        raise DataError(str(error).replace("row", "sequence")) from None
    return None if weights is None else np.repeat(weights, lengths)


def _symbols(table: Array, first_symbol: int, first: IntArray | None) -> IntArray:
    """(T,) symbols counted from 0. first: where the sequences begin, if there are several: an error says so."""
    if table.shape[1] != 1:
        raise DataError(
            f"categorical emissions take one column of symbols, not {table.shape[1]}: "
            "choose a column, or emission=gaussian for measurements."
        )
    column = table[:, 0]
    wrong = (column < first_symbol) | (column != np.floor(column)) | (column > first_symbol + _MOST_SYMBOLS)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        value, name = column[row], row_number if first is None else partial(row_in_sequence, first)
        if value > first_symbol + _MOST_SYMBOLS:
            few = f" holds symbol {value:zg}, of {_MOST_SYMBOLS:,} at most: number them without gaps."
            raise DataError(RowText(row, few, name=name))
        raise DataError(
            RowText(
                row,
                f" holds {value:zg}, but symbols must be whole numbers from {first_symbol} (first_symbol) on: "
                "change first_symbol, or choose emission=gaussian for measurements.",
                name=name,
            )
        )
    return (column - first_symbol).astype(np.int64)


def row_in_sequence(first: IntArray, row: int) -> str:
    """The name of a row of several sequences that are joined; first: the rows at which they begin."""
    sequence = int(np.searchsorted(first, row, side="right")) - 1
    return f"{row_number(row - int(first[sequence]))} of sequence {sequence + 1}"
