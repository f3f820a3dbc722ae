r"""Single entries of θ by name, such as `means[1,2]` or `emission.covariances[0,1,1]`: read, and moved by a rule.

Indices count from 0, as in Python. An entry that is bound to others moves them with it, by what its array is declared
to be (`engine.em.parameters`):

    simplex                  the rest of the sum keeps its proportions: w_j ← w_j (1 − v) / (1 − w_i)
    with a rest elsewhere    the same along the row, its rest (a stop probability) included
    a variance               the correlations stay: row and column i are multiplied by √(v / Σ_ii)
    a covariance             its mirror image moves with it, the rest stays; it ends where Σ is singular:
                             |v − c| < √(s_i s_j), c and s the covariance and variances given all others
    anything else            alone, within its limits: probabilities 0…1, positive numbers above 0
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.em.fields import Field, fields_of
from engine.em.parameters import Parameters, Theta, arrays_of, with_arrays
from engine.errors import OptionError

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


def entries(model: Any, params: Parameters) -> tuple[Entry, ...]:
    """Every entry of θ that can be moved, array by array; of a symmetric matrix the lower triangle alone."""
    fields = fields_of(params, model)
    every = (
        (field, Entry(path, index, _rule(field, index)))
        for path, field in fields.items()
        for index in np.ndindex(field.array.shape)
    )
    return tuple(entry for field, entry in every if _movable(field, entry, field.partner in fields))


def entry_named(model: Any, params: Parameters, name: str) -> Entry:
    """The entry of that name.

    Raises:
        OptionError: θ has no such array or entry, or it can't be moved; the sentence says what there is.
    """
    fields, match = fields_of(params, model), _NAME.match(name)
    if match is None or match[1] not in fields:
        raise OptionError(f"there is no parameter {name!r}: name an entry of {', '.join(fields)}, as in means[0,1].")
    path, field, array = match[1], fields[match[1]], fields[match[1]].array
    parts = [part.strip() for part in (match[2] or "").split(",") if part.strip()]
    index = tuple(int(part) for part in parts)
    if len(index) != array.ndim or any(i >= size for i, size in zip(index, array.shape, strict=True)):
        raise OptionError(f"there is no entry {name!r}: {path} has the shape {array.shape}, counted from 0.")
    rule = _rule(field, index)
    if rule == "covariance":
        index = (*index[:-2], max(index[-2:]), min(index[-2:]))
    entry = Entry(path, index, rule)
    if not _movable(field, entry, field.partner in fields):
        raise OptionError(f"{entry.name} is fixed in this model: choose another parameter.")
    return entry


def value_of(params: Parameters, entry: Entry) -> float:
    """The number itself."""
    return float(arrays_of(params)[entry.path][entry.index])


def limits_of(params: Parameters, entry: Entry) -> tuple[float, float]:
    """Between which values the entry may be moved, all others following by its rule."""
    field = fields_of(params)[entry.path]
    if entry.rule in ("sum", "row") or field.domain == "probability":
        return 0.0, 1.0
    if entry.rule == "covariance":
        return _covariance_limits(field.array, entry.index)
    if field.domain in ("positive", "positive definite"):
        return float(np.finfo(np.float64).tiny), math.inf
    return -math.inf, math.inf


def moved(params: Theta, entry: Entry, value: float) -> Theta:
    """θ with the entry at that value, and what is bound to it moved by its rule.

    Raises:
        OptionError: the value lies beyond the limits of the entry, or is no whole number where it must be one; the
            sentence says how it must be.
    """
    low, high = limits_of(params, entry)
    if not low <= value <= high:
        raise OptionError(f"{entry.name} can't be {value:z.6g}: it must lie between {low:z.6g} and {high:z.6g}.")
    field = fields_of(params)[entry.path]
    if field.domain == "whole" and not float(value).is_integer():
        raise OptionError(f"{entry.name} can't be {value:z.6g}: it must be a whole number.")
    if entry.rule == "row":
        return _row_moved(params, entry, field, value)
    array = np.array(field.array)
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


def admissible(model: Any, params: Parameters) -> bool:
    """Whether θ lies in its domain: probabilities within 0…1, rates above 0, covariances positive definite."""
    return all(_within(field) for field in fields_of(params, model).values())


def _within(field: Field) -> bool:
    array = field.array
    if not np.all(np.isfinite(array)):
        return False
    if field.domain in ("simplex", "probability"):
        return bool(np.all((array >= 0) & (array <= 1)))
    if field.domain == "positive":
        return bool(np.all(array > 0))
    return _positive_definite(array) if field.matrices else True


def _rule(field: Field, index: tuple[int, ...]) -> str:
    if field.partner:
        return "row"
    if field.domain == "simplex" and index:
        return "sum"
    if field.matrices:
        return "variance" if index[-1] == index[-2] else "covariance"
    return "alone"


def _movable(field: Field, entry: Entry, has_partner: bool) -> bool:
    if field.holds(entry.index):
        return False
    if entry.rule == "row":
        return has_partner or bool(field.array.shape[-1] > 1)
    if entry.rule == "sum":
        return bool(field.array.shape[-1] > 1)
    if entry.rule == "covariance":
        return entry.index[-1] < entry.index[-2]
    return True


def _rescale(row: Array, i: int, value: float) -> None:
    """Entry i of a row of probabilities set to `value`, in place; the others keep their proportions."""
    others = np.arange(len(row)) != i
    rest = row[others].sum()
    # near 1 the difference from it has few digits, that from the entry itself all of them
    left = max(0.0, rest + (row[i] - value)) if 0.5 < value < 1.0 else 1.0 - value
    spread = row[others] * (left / rest) if rest > 0 else (1.0 - value) / (len(row) - 1)
    row[others] = np.minimum(spread, 1.0)  # rounding may lead past it
    row[i] = value


def _row_moved(params: Theta, entry: Entry, field: Field, value: float) -> Theta:
    """An entry moved within its row, which sums to 1 together with its rest in the partner of its array."""
    arrays, i = arrays_of(params), entry.index[0]
    of_rows, of_rests = (field.partner, field.path) if field.declared.rest_of else (field.path, field.partner)
    rows, rests = np.array(arrays[of_rows]), arrays.get(of_rests)
    row = rows[i] if rests is None else np.append(rows[i], rests[i])
    _rescale(row, len(row) - 1 if field.declared.rest_of else entry.index[1], value)
    rows[i] = row[: rows.shape[1]]
    changed = {of_rows: rows}
    if rests is not None:
        changed[of_rests] = np.array(rests)
        changed[of_rests][i] = row[-1]
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


def _positive_definite(matrices: Array) -> bool:
    try:
        np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        return False
    return True
