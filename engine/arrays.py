"""Array types, numbers from any form that they are given in, sums in logarithms, values with read-only arrays."""

from __future__ import annotations

import dataclasses
from array import array
from collections.abc import Callable
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
Rows = slice | IntArray
"""Which rows of the data are asked for."""
_TABLE = "a table of numbers; a column of text can't be fitted"


def freeze(parameters: Any) -> None:
    """Turn every array field of a frozen dataclass into its own read-only float64 array (for `__post_init__`)."""
    kind: Any = type(parameters)  # mypy takes no class for hashable
    optional = _optional(kind)
    for name, value in list(vars(parameters).items()):
        if (value is None and name in optional) or dataclasses.is_dataclass(value):
            continue
        if value is None:
            raise DataError(f"{name} of {type(parameters).__name__} must be an array of numbers, not None.")
        array = np.array(as_numbers(value, f"{name} of {type(parameters).__name__}", "an array of numbers"))
        array.flags.writeable = False
        object.__setattr__(parameters, name, array)


@cache
def _optional(kind: type[Any]) -> frozenset[str]:
    """The fields that may be None."""
    return frozenset(field.name for field in dataclasses.fields(kind) if "None" in str(field.type))


def as_numbers(values: Any, what: str = "X", form: str = _TABLE) -> Array:
    """Numbers as float64, without copying where they are that: of lists, numpy or pandas; NaN for what is missing.

    Missing are masked entries, None and pandas' NA. form: what it must be, for the sentence where it is not.

    Raises:
        DataError: complex numbers, dates, text, rows of different lengths, a sparse matrix; one sentence that begins
            with `what`.
    """
    if type(values) is np.ndarray and values.dtype == np.float64:
        return values
    if is_sparse(values):
        raise DataError(f"{what} is a sparse matrix, and a table is needed here: give {what}.toarray().")
    if isinstance(values, str | bytes | dict | set | frozenset) or hasattr(values, "__next__"):
        kind = type(values).__name__
        raise DataError(f"{what} must be {form.partition(';')[0]}, not of the type {kind}: give a list or an array.")
    if isinstance(values, np.ma.MaskedArray):
        masked, values = np.ma.getmaskarray(values), np.ma.getdata(values)
        return np.where(masked, np.nan, as_numbers(np.where(masked, np.zeros((), values.dtype), values), what, form))
    if isinstance(values, list | tuple) and len({len(row) for row in values if _is_row(row)}) > 1:
        raise DataError(f"{what} has rows of different lengths: give as many numbers in each.")
    try:
        found = np.asarray(values)
        if found.dtype.kind == "O":
            entries = [np.nan if one is None or type(one).__name__ == "NAType" else one for one in found.ravel()]
            found = np.array(entries).reshape(found.shape)
        if found.dtype.kind == "c":
            raise DataError(f"{what} holds complex numbers: give their real parts, or another number for each.")
        if found.dtype.kind in "mM":
            raise DataError(f"{what} holds dates or times: give numbers, such as days since the first.")
        return np.asarray(found, dtype=np.float64)
    except DataError:
        raise
    except (TypeError, ValueError):
        raise DataError(f"{what} must be {form}.") from None


def _is_row(value: Any) -> bool:
    return isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim > 0)


def is_frozen(array: NDArray[Any]) -> bool:
    """Neither it nor what it is a view of can be written to."""
    one: Any = array
    while isinstance(one, np.ndarray):
        if one.flags.writeable:
            return False
        one = one.base
    return one is None


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """The array, which from now on can't be written to, or a copy where it is a view of one that can."""
    kept = array.copy() if array.base is not None and not is_frozen(array) else array
    kept.flags.writeable = False
    return kept


def is_sparse(X: Any) -> bool:
    """A sparse matrix or array of scipy."""
    return hasattr(X, "tocsr")


def is_frame(X: Any) -> bool:
    """A table or a column of pandas."""
    return hasattr(X, "iloc")


def lends_its_memory(X: Any) -> bool:
    """An array, of whatever library, or a buffer, whose memory numpy may look into."""
    return isinstance(X, (memoryview, bytearray, array)) or (hasattr(X, "__array__") and not isinstance(X, np.generic))


def length(X: Any) -> int:
    """How many rows, or sequences, there are."""
    return int(X.shape[0]) if hasattr(X, "shape") and len(X.shape) else len(X)


def take(X: Any, rows: IntArray) -> Any:
    """The chosen rows of a table, dense or sparse, or the chosen members of a list."""
    if X is None:
        return None
    if isinstance(X, (list, tuple)):
        return [X[int(row)] for row in rows]
    return X.iloc[rows] if is_frame(X) else X[rows]


def log_sum_exp(values: Array, axis: int = 0) -> Array:
    """ln Σ exp along an axis, for numbers of any size; −∞ where all are."""
    top = values.max(axis=axis, keepdims=True)
    if np.isfinite(top).all():
        return np.asarray(np.log(np.exp(values - top).sum(axis=axis)) + top.squeeze(axis))
    top = np.where(np.isinf(top), 0.0, top)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.exp(values - top).sum(axis=axis)) + top.squeeze(axis))


class ByFields:
    """Base of frozen dataclasses whose arrays can't be written to, or that hold a read-only mapping."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[type[Any], dict[str, Any]]]:
        """Make it again from what its fields hold; a read-only mapping, which can't be pickled, as a plain one."""
        value: Any = self
        fields = {part.name: _plain(getattr(self, part.name)) for part in dataclasses.fields(value) if part.init}
        return _made, (type(self), fields)


def _made(kind: type[Any], fields: dict[str, Any]) -> Any:
    return kind(**fields)


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, MappingProxyType) else value
