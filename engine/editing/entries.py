r"""Single entries of θ by name, such as `means[1,2]` or `emission.covariances[0,1,1]`: read, and moved by a rule.

Indices count from 0, as in Python. An entry that is bound to others moves them with it, by what its array is:

    weights, initial, emission, topics   the rest of the sum keeps its proportions: w_j ← w_j (1 − v) / (1 − w_i)
    transition, stop                     the same along the row, its stop probability included
    covariances, a variance              the correlations stay: row and column i are multiplied by √(v / Σ_ii)
    covariances, off the diagonal        its mirror image moves with it, the rest stays; it ends where Σ is singular:
                                         |v − c| < √(s_i s_j), c and s the covariance and variances given all others
    anything else                        alone, within its limits: probabilities and theta 0…1, rates and alpha above 0
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.errors import OptionError

SUMS_TO_ONE = ("weights", "initial", "emission", "topics", "transition", "stop")
_UNIT = ("probabilities", "theta")
_POSITIVE = ("rates", "alpha")
PROBABILITIES = (*SUMS_TO_ONE, *_UNIT)
_NAME = re.compile(r"^\s*([A-Za-z_][\w.]*)\s*(?:\[([\d\s,]*)\])?\s*$")
_INSIDE = 1e-9  # of the width of an open interval: so far inside its ends is still positive definite

RULES = {
    "sum": "the others keep their proportions, so that the sum stays 1",
    "row": "the rest of the row keeps its proportions, so that the sum stays 1",
    "variance": "the correlations stay as they are",
    "covariance": "its mirror image moves with it; it stays where the covariance is positive definite",
    "alone": "nothing else moves",
}


@dataclass(frozen=True)
class Entry:
    """One number of θ: the dotted `path` of its array, its `index` (empty for a single number), and its `rule`."""

    path: str
    index: tuple[int, ...]
    rule: str

    @property
    def name(self) -> str:
        """As it is written: `means[1,2]`."""
        return self.path + (f"[{','.join(map(str, self.index))}]" if self.index else "")

    @property
    def field(self) -> str:
        """The name of the array by itself, without what it is a part of."""
        return self.path.rsplit(".", 1)[-1]


def arrays_of(params: Any) -> dict[str, Array]:
    """Every array of θ by its dotted path, in order; what is None, or no part of θ (`compare=False`), is left out."""
    return dict(_walk(params, ""))


def _walk(params: Any, prefix: str) -> Iterator[tuple[str, Array]]:
    for part in dataclasses.fields(params):
        value = getattr(params, part.name)
        if value is None or not part.compare or isinstance(value, str | bool):
            continue
        if dataclasses.is_dataclass(value):
            yield from _walk(value, f"{prefix}{part.name}.")
        else:
            yield prefix + part.name, np.asarray(value, dtype=np.float64)


def with_arrays(params: Any, arrays: Mapping[str, Array]) -> Any:
    """The same θ with other arrays in the places of those named by their dotted paths."""
    own: dict[str, Any] = {path: array for path, array in arrays.items() if "." not in path}
    inner: dict[str, dict[str, Array]] = {}
    for path, array in arrays.items():
        if "." in path:
            head, rest = path.split(".", 1)
            inner.setdefault(head, {})[rest] = array
    for head, parts in inner.items():
        own[head] = with_arrays(getattr(params, head), parts)
    return dataclasses.replace(params, **own)


def entries(model: Any, params: Any) -> tuple[Entry, ...]:
    """Every entry of θ that can be moved, array by array; of a symmetric matrix the lower triangle alone."""
    found: list[Entry] = []
    for path, array in arrays_of(params).items():
        for index in np.ndindex(array.shape):
            entry = Entry(path, tuple(int(i) for i in index), _rule(model, path, array, index))
            if _movable(model, params, entry, array):
                found.append(entry)
    return tuple(found)


def entry_named(model: Any, params: Any, name: str) -> Entry:
    """The entry of that name.

    Raises:
        OptionError: θ has no such array or entry, or it can't be moved; the sentence says what there is.
    """
    arrays, match = arrays_of(params), _NAME.match(name)
    if match is None or match[1] not in arrays:
        raise OptionError(f"there is no parameter {name!r}: name an entry of {', '.join(arrays)}, as in means[0,1].")
    path, array = match[1], arrays[match[1]]
    parts = [part.strip() for part in (match[2] or "").split(",") if part.strip()]
    index = tuple(int(part) for part in parts)
    if len(index) != array.ndim or any(i >= size for i, size in zip(index, array.shape, strict=True)):
        raise OptionError(f"there is no entry {name!r}: {path} has the shape {array.shape}, counted from 0.")
    rule = _rule(model, path, array, index)
    if rule == "covariance":
        index = (*index[:-2], max(index[-2:]), min(index[-2:]))
    entry = Entry(path, index, rule)
    if not _movable(model, params, entry, array):
        raise OptionError(f"{entry.name} is fixed in this model: choose another parameter.")
    return entry


def value_of(params: Any, entry: Entry) -> float:
    """The number itself."""
    return float(arrays_of(params)[entry.path][entry.index])


def limits_of(params: Any, entry: Entry) -> tuple[float, float]:
    """Between which values the entry may be moved, all others following by its rule."""
    if entry.rule in ("sum", "row") or entry.field in _UNIT:
        return 0.0, 1.0
    if entry.rule == "covariance":
        return _covariance_limits(arrays_of(params)[entry.path], entry.index)
    if entry.rule == "variance" or entry.field in (*_POSITIVE, "covariances"):
        return float(np.finfo(np.float64).tiny), math.inf
    return -math.inf, math.inf


def moved(params: Any, entry: Entry, value: float) -> Any:
    """θ with the entry at that value, and what is bound to it moved by its rule.

    Raises:
        OptionError: the value lies beyond the limits of the entry; the sentence says which they are.
    """
    low, high = limits_of(params, entry)
    if not low <= value <= high:
        raise OptionError(f"{entry.name} can't be {value:.6g}: it must lie between {low:.6g} and {high:.6g}.")
    array = np.array(arrays_of(params)[entry.path])
    if entry.rule == "row":
        return _row_moved(params, entry, value)
    if entry.rule == "sum":
        _rescale(array[entry.index[:-1]], entry.index[-1], value)
    elif entry.rule == "variance":
        i, matrix = entry.index[-1], array[entry.index[:-2]]
        factor = math.sqrt(value) / math.sqrt(matrix[i, i])
        matrix[i, i] = 0.0  # what follows is of the covariances: the square might overflow on its way
        matrix[i, :] *= factor
        matrix[:, i] *= factor
        matrix[i, i] = value
    elif entry.rule == "covariance":
        *one, i, j = entry.index
        matrix = array[tuple(one)]
        matrix[i, j] = matrix[j, i] = value
    else:
        array[entry.index] = value
    return with_arrays(params, {entry.path: array})


def admissible(model: Any, params: Any) -> bool:
    """Whether θ lies in its domain: probabilities within 0…1, rates above 0, covariances positive definite."""
    for path, array in arrays_of(params).items():
        field = path.rsplit(".", 1)[-1]
        if not np.all(np.isfinite(array)):
            return False
        if field in PROBABILITIES and (np.any(array < 0) or np.any(array > 1)):
            return False
        if field in _POSITIVE and np.any(array <= 0):
            return False
        if field == "covariances" and not _positive_definite(array, _are_matrices(model, array)):
            return False
    return True


def _rule(model: Any, path: str, array: Array, index: tuple[int, ...]) -> str:
    field = path.rsplit(".", 1)[-1]
    if field in ("transition", "stop"):
        return "row"
    if field in SUMS_TO_ONE and array.ndim > 0:
        return "sum"
    if field == "covariances" and _are_matrices(model, array):
        return "variance" if index[-1] == index[-2] else "covariance"
    return "alone"


def _are_matrices(model: Any, array: Array) -> bool:
    """Full or tied covariances; a (K, d) table of variances with K = d looks the same but for the model's word."""
    kind = getattr(model, "covariance_type", None)
    square = array.ndim >= 2 and array.shape[-1] == array.shape[-2]
    return square and (kind in ("full", "tied") if kind is not None else array.ndim == 3)


def _movable(model: Any, params: Any, entry: Entry, array: Array) -> bool:
    if entry.rule == "sum" and (array.shape[-1] < 2 or (entry.path == "weights" and _weights_fixed(model))):
        return False
    if entry.rule == "row":
        return array.shape[-1] > 1 or getattr(params, "stop", None) is not None
    if entry.rule == "covariance":
        return entry.index[-1] < entry.index[-2]
    reference = entry.path == "output" and hasattr(params, "hidden")  # the last class, against which others are held
    return not (reference and entry.index[0] == len(array) - 1)


def _weights_fixed(model: Any) -> bool:
    return bool(getattr(model, "fixed_weights", False))


def _rescale(row: Array, i: int, value: float) -> None:
    """Entry i of a row of probabilities set to `value`, in place; the others keep their proportions."""
    rest = 1.0 - row[i]
    others = np.arange(len(row)) != i
    spread = row[others] * ((1.0 - value) / rest) if rest > 0 else (1.0 - value) / (len(row) - 1)
    row[others] = np.minimum(spread, 1.0)  # rounding may lead past it
    row[i] = value


def _row_moved(params: Any, entry: Entry, value: float) -> Any:
    """A transition or a stop probability moved within its row, which sums to 1 together with the stop probability."""
    transition, stop, i = np.array(params.transition), params.stop, entry.index[0]
    row = transition[i] if stop is None else np.append(transition[i], stop[i])
    _rescale(row, len(row) - 1 if entry.field == "stop" else entry.index[1], value)
    transition[i] = row[: transition.shape[1]]
    changed = {"transition": transition}
    if stop is not None:
        changed["stop"] = np.array(stop)
        changed["stop"][i] = row[-1]
    return with_arrays(params, changed)


def _covariance_limits(array: Array, index: tuple[int, ...]) -> tuple[float, float]:
    """c ± √(s_i s_j), from the covariance of i and j given all other columns (the Schur complement)."""
    *one, i, j = index
    matrix = array[tuple(one)]
    rest = np.setdiff1d(np.arange(len(matrix)), (i, j))
    across = matrix[[i, j]][:, rest]
    explained = across @ np.linalg.solve(matrix[rest][:, rest], across.T) if len(rest) else np.zeros((2, 2))
    s_i, s_j = matrix[i, i] - explained[0, 0], matrix[j, j] - explained[1, 1]
    reach = (1.0 - _INSIDE) * math.sqrt(max(s_i * s_j, 0.0))
    return float(explained[0, 1] - reach), float(explained[0, 1] + reach)


def _positive_definite(array: Array, matrices: bool) -> bool:
    if not matrices:
        return bool(np.all(array > 0))
    try:
        np.linalg.cholesky(array)
    except np.linalg.LinAlgError:
        return False
    return True
