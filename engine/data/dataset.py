"""Data in the form that models take, with what a reader needs: names, source, units, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, ByFields, IntArray, as_numbers, frozen, is_frozen
from engine.data.dataset_html import dataset_html
from engine.data.missing import Missing, rows_to_keep
from engine.data.principal_components import principal_components
from engine.data.units import Units, standard_units
from engine.errors import DataError
from engine.text import clean, nearest, quoted, unique_names

_NAMED = 8  # columns that a data set shows of itself
_OF_ANY_NUMBERS = ("gmm", "kmeans", "mlp", "backprop")


class Rows(Protocol):
    """What was read of a file, rows with missing values and all."""

    def dataset(self, missing: Missing) -> Dataset:
        """The data set without those rows, or with them."""


@dataclass(frozen=True, eq=False)
class Dataset(ByFields):
    """A table of numbers and everything that is known about it. Arrays are read-only copies, text is safe to print.

    name: short, as the user types it. X: (n, d) float64; finite, but for NaN where a missing value was kept.
    y: (n,) int64 classes counting into `class_names`, −1 where unknown; None if there are no known classes.
    feature_names: d distinct names (made up as "x1", "x2", … if none are given). class_names: names of the classes.
    title: in words. description: what one row is. source, licence: where from, under which terms.
    model, options: the model that suits the data best, and its options. start: a published θ⁰ for these data as they
    are, `model.Params(**start)`, or None. units: None while X is in the data's own units, else how to come back to
    them. row_names: n names, or None. line_numbers: (n,) lines of the file that the rows came from, or None;
    line_noun: "row" where they number rows, as in a workbook.
    weights: (n,) how often each row counts, at least 0; None for once. target: (n,) float64 numbers to be learned, NaN
    where unknown; None for none. sequence: (n,) which sequence each row belongs to, 0, 1, … in blocks; None for one
    sequence, or none. symbol_names: the words that the whole numbers of X stand for; empty where they are numbers.
    notes: sentences about what was left out or changed. as_read: every row of the file, where some have missing values.

    Raises DataError if the shapes do not belong together.
    """

    name: str
    X: Array
    y: IntArray | None = None
    feature_names: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    title: str = ""
    description: str = ""
    source: str = ""
    licence: str = ""
    model: str = "gmm"
    options: Mapping[str, Any] = field(default_factory=dict)
    start: Mapping[str, Any] | None = None
    units: Units | None = None
    row_names: tuple[str, ...] | None = None
    line_numbers: IntArray | None = None
    line_noun: Literal["line", "row"] = "line"
    weights: Array | None = None
    target: Array | None = None
    sequence: IntArray | None = None
    symbol_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    as_read: Rows | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        """Its name, its extent, and its columns."""
        columns = ", ".join(self.feature_names[:_NAMED]) + (", …" if self.n_features > _NAMED else "")
        classes = f", {len(self.class_names)} classes" if self.class_names else ""
        return f"Dataset({self.name!r}, {self.n_samples} × {self.n_features}: {columns}{classes})"

    def _repr_html_(self) -> str:
        """In a notebook: its title, and the first rows under the names of the columns."""
        return dataset_html(self)

    def __post_init__(self) -> None:
        X = _own(as_numbers(self.X))
        if X.ndim != 2 or X.shape[0] == 0 or X.shape[1] == 0:
            raise DataError(
                f"The data {quoted(self.name)} must be a table with at least one row and one column, "
                f"but its shape is {X.shape}: give an array of shape (rows, columns)."
            )
        n, d = X.shape
        names = self.feature_names or tuple(f"x{j + 1}" for j in range(d))
        classes = tuple(clean(str(name), 60) for name in self.class_names)
        self._check_lengths(n, d, len(names), len(classes))
        _set(self, "X", X)
        _set(self, "name", clean(self.name, 80))
        _set(self, "title", clean(self.title or self.name, 80))
        _set(self, "feature_names", unique_names((str(name) for name in names), "column"))
        _set(self, "class_names", classes)
        for text in ("description", "source", "licence"):
            _set(self, text, clean(getattr(self, text)))
        _set(self, "options", MappingProxyType(dict(self.options)))
        if self.start is not None:
            _set(self, "start", MappingProxyType(dict(self.start)))
        _set(self, "notes", tuple(clean(note) for note in self.notes))
        if self.y is not None:
            _set(self, "y", _own(np.asarray(self.y, dtype=np.int64)))
        for what, kind in (("line_numbers", np.int64), ("sequence", np.int64), ("weights", float), ("target", float)):
            if getattr(self, what) is not None:
                _set(self, what, _own(np.asarray(getattr(self, what), dtype=kind)))
        self._check_weights_and_sequence()
        _set(self, "symbol_names", tuple(clean(str(name), 60) for name in self.symbol_names))
        if self.row_names is not None:
            _set(self, "row_names", tuple(clean(str(name), 60) for name in self.row_names))
        if np.isinf(X).any():
            row, column = (int(i) for i in np.argwhere(np.isinf(X))[0])
            raise DataError(
                f"The data {quoted(self.name)} hold an infinite value in {self.row_name(row, 'row')}, "
                f"column {column + 1}: replace it or leave the row out."
            )

    def _check_lengths(self, n: int, d: int, n_names: int, n_classes: int) -> None:
        if n_names != d:
            raise DataError(
                f"The data {quoted(self.name)} have {d} columns but {n_names} feature names: give one name a column."
            )
        for what in ("y", "row_names", "line_numbers", "weights", "target", "sequence"):
            values = getattr(self, what)
            if values is not None and np.shape(values) != (n,):
                raise DataError(
                    f"The data {quoted(self.name)} have {n} rows but {what} has the shape {np.shape(values)}: "
                    "give one value a row."
                )
        if self.y is not None and (np.min(self.y) < -1 or np.max(self.y) >= n_classes):
            raise DataError(
                f"The classes y of {quoted(self.name)} must count into its {n_classes} class names: "
                f"use 0 to {n_classes - 1}, or -1 where the class is unknown."
            )

    def _check_weights_and_sequence(self) -> None:
        weights, sequence = self.weights, self.sequence
        if weights is not None and not (np.isfinite(weights).all() and weights.min() >= 0 and weights.max() > 0):
            raise DataError(
                f"The weights of {quoted(self.name)} must be numbers of at least 0, not all of them 0: "
                "give one that tells how often each row counts."
            )
        if sequence is not None and (sequence[0] != 0 or not np.isin(np.diff(sequence), (0, 1)).all()):
            raise DataError(
                f"The sequences of {quoted(self.name)} must be numbered 0, 1, … in blocks of rows: "
                "put the rows of each sequence together."
            )

    @property
    def sequences(self) -> list[Array]:
        """The rows of each sequence, as a hidden Markov model takes them; all rows as one where none is told."""
        if self.sequence is None:
            return [self.X]
        return np.split(self.X, np.flatnonzero(np.diff(self.sequence)) + 1)

    @property
    def sequence_weights(self) -> Array | None:
        """(N,) the weight of each sequence, which all of its rows have; None where each counts once.

        Raises DataError where rows of a sequence differ in weight.
        """
        if self.weights is None:
            return None
        sequence = np.zeros(self.n_samples, dtype=np.int64) if self.sequence is None else self.sequence
        of_sequence: Array = self.weights[np.flatnonzero(np.diff(sequence, prepend=-1))]
        odd = np.flatnonzero(self.weights != of_sequence[sequence])
        if len(odd):
            raise DataError(
                f"{self.row_name(int(odd[0]))} of {quoted(self.name)} differs in weight from the rows before it, and a "
                "sequence counts as a whole: give its rows one weight, or leave out weights= (in the shell, --weights)."
            )
        return of_sequence

    @property
    def n_samples(self) -> int:
        """The number of rows, n."""
        return int(self.X.shape[0])

    @property
    def n_features(self) -> int:
        """The number of columns, d."""
        return int(self.X.shape[1])

    @property
    def has_missing(self) -> bool:
        """Whether X holds a missing value (NaN)."""
        return bool(np.isnan(self.X).any())

    def row_label(self, index: int) -> str:
        """Row `index` (counted from 0) in a list: its name, the number of its line in the file, or its number from 1.

        `row_heading` says which.
        """
        if self.row_names is not None:
            return self.row_names[index]
        return str(range(self.n_samples)[index] + 1 if self.line_numbers is None else self.line_numbers[index])

    @property
    def row_heading(self) -> str:
        """The head of a column of row labels: "line" where they are lines of a file."""
        return self.line_noun if self.line_numbers is not None and self.row_names is None else "row"

    def row_name(self, index: int, noun: str = "") -> str:
        """What a sentence calls row `index` (counted from 0): its name, its line in the file, or its number from 1.

        noun: what a row is, said before a name ("paper Lincoln") and before a number ("day 11"); "" for no word before
        a name, and "row".
        """
        if self.row_heading == "line":
            return f"line {self.row_label(index)}"
        noun = noun or ("row" if self.row_names is None else "")
        return f"{noun} {self.row_label(index)}".lstrip()

    def for_model(self, model: Any) -> Dataset:
        """The data as `model`, or a model of that class, takes them; nothing is read again.

        Rows with a missing value are there for a model that takes them, and left out for any other.

        Raises DataError where no row is left.
        """
        if self.has_missing == model.takes_missing or (self.as_read is None and not self.has_missing):
            return self
        if self.as_read is not None:
            return self.as_read.dataset("keep" if model.takes_missing else "drop")
        keep, notes = rows_to_keep(self.X, "drop", name=quoted(self.name), columns=self.feature_names)
        return replace(self.take(np.flatnonzero(keep)), notes=self.notes + notes)

    def take(self, rows: IntArray) -> Dataset:
        """Only these rows, in this order; classes and units stay as they are."""

        def of_rows(values: NDArray[Any] | None) -> Any:
            return None if values is None else values[rows]

        return replace(
            self,
            X=self.X[rows],
            y=of_rows(self.y),
            row_names=None if self.row_names is None else tuple(self.row_names[i] for i in rows),
            line_numbers=of_rows(self.line_numbers),
            weights=of_rows(self.weights),
            target=of_rows(self.target),
            sequence=None if self.sequence is None else numbered(self.sequence[rows]),
            as_read=None,
        )

    def __array__(self, *_: Any, **__: Any) -> NDArray[Any]:
        """Refused: it is not clear which of its arrays is meant. Raises DataError."""
        raise DataError("a Dataset was given where an array belongs: give data.X for X, and data.y for y.")

    def columns(self, chosen: Sequence[str | int]) -> Dataset:
        """The same data with the `chosen` feature columns only, in that order, by name or by index from 0.

        Raises DataError for a column that is not there, one named twice, or none at all.
        """
        if isinstance(chosen, str):
            chosen = [chosen]
        indices = [column_index(column, self.feature_names, quoted(self.name), "there is") for column in chosen]
        if not indices:
            raise DataError(f"No column of {quoted(self.name)} was chosen: choose at least one.")
        for index in indices:
            if indices.count(index) > 1:
                raise DataError(
                    f"The column {quoted(self.feature_names[index])} of {quoted(self.name)} was chosen twice: "
                    "name each column once."
                )
        units = self.units and Units(self.units.offset[indices], self.units.scale[indices])
        names = tuple(self.feature_names[index] for index in indices)
        start = self.start if indices == list(range(self.n_features)) else None  # it was published for all of them
        return replace(self, X=frozen(self.X[:, indices]), feature_names=names, units=units, start=start, as_read=None)

    def standardized(self) -> Dataset:
        """The same data with mean 0 and variance 1 in each column; `units` remembers the way back.

        z = (x − mean) / standard deviation, with the deviation of division by n; a row counts as often as its weight
        says. A constant column is only shifted.
        """
        step, constant = standard_units(self.X, self.weights)
        units = step
        if self.units is not None:  # x = o₁ + s₁ (o₂ + s₂ z)
            units = Units(self.units.to_original(step.offset), self.units.scale * step.scale)
        notes = tuple(
            f"The column {quoted(self.feature_names[j])} is constant, so standardizing only shifted it to 0."
            for j in constant
        )
        new_notes = tuple(note for note in notes if note not in self.notes)
        standard = step.to_standard(self.X)
        return replace(self, X=frozen(standard), units=units, start=None, notes=self.notes + new_notes, as_read=None)

    def principal(self, n_components: int) -> Dataset:
        """The rows by their first `n_components` principal components, "PC 1", "PC 2", …, in place of the columns.

        They are those of all rows, each by its weight, in the units of X as it is; `notes` says what share of the
        variance they keep.
        The data have no way back to their own units then.

        Raises DataError where a value is missing, or there are fewer components than that.
        """
        d, n = self.n_features, self.n_samples if self.weights is None else int(np.count_nonzero(self.weights))
        if not 1 <= n_components <= min(n, d):
            raise DataError(
                f"{quoted(self.name)} has {min(n, d)} principal components, for its {n} rows and {d} columns: "
                f"choose 1 to {min(n, d)} of them, not {n_components}."
            )
        if self.has_missing:
            row, column = (int(i) for i in np.argwhere(np.isnan(self.X))[0])
            raise DataError(
                f"{self.row_name(row)} of {quoted(self.name)} has no {quoted(self.feature_names[column])}, and "
                "principal components need every value: leave out that row or column."
            )
        scores, shares = principal_components(self.X, n_components, self.weights)
        which = "The first principal component keeps"
        if n_components > 1:
            which = f"The first {n_components} of {min(n, d)} principal components keep"
        note = f"{which} {shares.sum():z.1%} of the variance of {d} columns, all rows together."
        suited = self.model in _OF_ANY_NUMBERS  # another model wants counts, or zeros and ones
        return replace(
            self,
            X=frozen(scores),
            feature_names=tuple(f"PC {j + 1}" for j in range(n_components)),
            model=self.model if suited else "gmm",
            options={name: v for name, v in self.options.items() if suited or name == "n_components"},
            units=None,
            start=None,
            notes=(*self.notes, note),
            as_read=None,
        )


def numbered(sequence: NDArray[Any]) -> IntArray:
    """(n,) sequences numbered 0, 1, … as they come, from values that are equal within each, in blocks."""
    return np.cumsum(np.append(0, sequence[1:] != sequence[:-1]), dtype=np.int64)


def column_index(column: str | int, names: Sequence[str], whose: str, offer: str) -> int:
    """The index of a column by its name, or by an index from 0 (−1 is the last).

    whose, offer: for the sentence where there is none: the data in quotes, and what leads to the nearest names.

    Raises:
        DataError: there is no such column.
    """
    if isinstance(column, str):
        for name in (column, clean(column)):
            if name in names:
                return names.index(name)
        choices = ", ".join(quoted(name) for name in nearest(clean(column), names) or names[:8])
        raise DataError(f"{whose} has no column called {quoted(column)}: {offer} {choices}.")
    if not -len(names) <= column < len(names):
        raise DataError(f"{whose} has no column {column}: choose an index from 0 to {len(names) - 1}.")
    return int(column) % len(names)


def _own(array: NDArray[Any]) -> NDArray[Any]:
    """An array that nobody can write to: the very one where that holds already, else a copy, whatever its size."""
    return array if is_frozen(array) else frozen(array.copy())


def _set(data: Dataset, attribute: str, value: object) -> None:
    """Put a checked value in place of what the caller gave, which a frozen dataclass allows only so."""
    object.__setattr__(data, attribute, value)
