"""What the columns of a table say before a run: constant ones, very different scales, one that numbers the rows."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from engine.arrays import Array, IntArray
from engine.data.dataset import Dataset
from engine.data.frequencies import frequencies
from engine.text import quoted

_VERY_DIFFERENT = 100.0  # the largest standard deviation over the smallest
_NUMBERED = 10  # rows from which on a run of whole numbers is no accident
_SHOWN = 3
_LOOKED_AT = 20_000  # rows, at most twice as many, that tell a scale
_LEAVE_OUT = "in the shell, --columns; in the dialog o, space"
_STANDARDIZE = "in the shell, --standardize; on the screen, N"
_TOLD: WeakKeyDictionary[Dataset, tuple[str, str, str]] = WeakKeyDictionary()


def scale_notes(data: Dataset, standardized: bool = False) -> tuple[str, ...]:
    """A sentence each, with the key that acts, for models that compare columns by their numbers.

    standardized: the model brings the columns to one scale itself, by its training rows.
    """
    if data not in _TOLD:
        _TOLD[data] = _constant(data), _different(data), _numbering(data)
    constant, different, numbering = _TOLD[data]
    return tuple(note for note in (constant, "" if standardized else different, numbering) if note)


def different_scales(data: Dataset, concerns: str = "", how: str = _STANDARDIZE) -> tuple[str, ...]:
    """That the columns are on very different scales, alone; () where they are not.

    concerns: whom, in words, where it is not the model itself. how: they are standardized.
    """
    note = _different(data, concerns, how)
    return (note,) if note else ()


def _constant(data: Dataset) -> str:
    """Columns that hold one number only; of standardised data this is said where they are standardised."""
    if data.units is not None or data.n_samples < 2:
        return ""
    low, high = _ends(data.X)
    constant = np.flatnonzero(low == high)
    if not len(constant):
        return ""
    if len(constant) == data.n_features:
        return "Every column is constant: nothing tells the rows apart."
    one = len(constant) == 1
    which = f"column {_names(data, constant)} is" if one else f"columns {_names(data, constant)} are"
    return (
        f"The {which} constant and {'tells' if one else 'tell'} no rows apart: leave {'it' if one else 'them'} out "
        f"({_LEAVE_OUT})."
    )


def _different(data: Dataset, concerns: str = "", how: str = _STANDARDIZE) -> str:
    rows = data.X[:: 1 + data.n_samples // _LOOKED_AT]
    deviations = np.array([_deviation(column) for column in rows.T])
    varied = np.flatnonzero(np.isfinite(deviations) & (deviations > 0))
    if len(varied) < 2:
        return ""
    small, large = (int(varied[end]) for end in (deviations[varied].argmin(), deviations[varied].argmax()))
    if deviations[large] < _VERY_DIFFERENT * deviations[small]:
        return ""
    ends = [f"{deviations[j]:z.3g} of {quoted(data.feature_names[j])}" for j in (small, large)]
    return (
        f"The columns are on very different scales (standard deviations from {ends[0]} to {ends[1]}): "
        f"{concerns}{', so ' if concerns else ''}standardize them ({how})."
    )


def column_scales(X: object, sample_weight: object = None) -> tuple[float, float] | None:
    """The smallest and the largest standard deviation of the columns that vary, where these are very different."""
    table = X if isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind == "f" else None
    if table is None:
        return None
    rows = table if sample_weight is None else table[np.asarray(sample_weight) > 0]
    deviations = rows.std(axis=0)
    deviations = deviations[np.isfinite(deviations) & (deviations > 0)]
    if len(deviations) < 2 or deviations.max() < _VERY_DIFFERENT * deviations.min():
        return None
    return float(deviations.min()), float(deviations.max())


def _numbering(data: Dataset) -> str:
    """The first column that holds each whole number of a range once, but for the values of a table of frequencies."""
    n = data.n_samples
    if n < _NUMBERED or data.weights is not None:
        return ""
    X = data.X if data.units is None else data.units.to_original(data.X)
    low, high = _ends(X)
    for j in np.flatnonzero(np.abs(high - low - (n - 1)) < 0.5):
        whole = np.rint(X[:, j])
        if (
            np.allclose(X[:, j], whole, rtol=0.0, atol=1e-6)
            and len(np.unique(whole)) == n
            and not _are_counted(data, X, int(j))
        ):
            name, ends = quoted(data.feature_names[j]), f"from {whole.min():z.0f} to {whole.max():z.0f}"
            if data.n_features == 1:
                return f"{name}, the only column, numbers the rows {ends}: if it is an identifier, it measures nothing."
            return f"The column {name} numbers the rows {ends}: leave it out if it is an identifier ({_LEAVE_OUT})."
    return ""


def _are_counted(data: Dataset, X: Array, j: int) -> bool:
    """Whether another column says how often each of these values occurs."""
    enough = ("likely",) if data.n_features > 2 else ("likely", "maybe")
    others = (i for i in range(data.n_features) if i != j)
    return any(frequencies(data.feature_names[i], X[np.isfinite(X[:, i]), i]) in enough for i in others)


def _ends(X: Array) -> tuple[Array, Array]:
    """The smallest and the largest number of each column; NaN where it has missing values."""
    return X.min(axis=0), X.max(axis=0)


def _deviation(column: Array) -> float:
    """The standard deviation of what is known, by numbers below 1, so that no square overflows or vanishes."""
    known = column[np.isfinite(column)]
    size = float(np.abs(known).max()) if len(known) else 0.0
    return float((known / size).std()) * size if size > 0 and known.min() < known.max() else 0.0


def _names(data: Dataset, columns: IntArray) -> str:
    names = [quoted(data.feature_names[j]) for j in columns[:_SHOWN]]
    if len(columns) > _SHOWN:
        return f"{', '.join(names)} and {len(columns) - _SHOWN} others"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
