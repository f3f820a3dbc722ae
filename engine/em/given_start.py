r"""A start that a person gives: probabilities that were rounded are brought to sum 1 again, and said to be.

A printed number of d decimals is off by at most ½·10^−d, so a row of them may miss 1 by the sum of that over its
entries: (.175 .003 .821) sums to .999 and is meant. Numbers printed with as many significant digits as each other have
decimals of their own. What misses 1 by more is no distribution, and is refused.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.em.fields import Field, fields_of
from engine.em.maximization import Event
from engine.em.model import Model
from engine.em.observations import Observations
from engine.em.parameters import Parameters, with_arrays
from engine.errors import EngineError

_SUMS_TO_ONE = 1e-6  # so much may be missing without a word: what models take as sums of 1
_FEWEST_DIGITS = 3  # of fewer, a number of significant digits is a guess
_LARGEST = 1e150  # of an entry, beside data of size 1: its square can be summed
_SMALLEST = 1e-300  # of an entry that is divided by
_MOST_MISSED = 0.02  # beyond it a row is wrong, however coarsely it was rounded


def given_start(model: Model[Any, Any], start: Any, data: Observations) -> tuple[Any, tuple[Event, ...]]:
    """The start as the model takes it, and a note for each array that was rescaled.

    Raises EngineError in one sentence: what is wrong with it for these data, or the row that is no distribution.
    """
    if not isinstance(start, model.Params) or not isinstance(start, Parameters):
        return model.check_params(start, data), ()
    params, events = rescaled(start)
    params = model.check_params(params, data)
    _check_sizes(model, params, data)
    for field in _simplexes(params).values():
        totals = _totals(params, field)
        wrong = np.argwhere(~(np.abs(totals - 1.0) <= _SUMS_TO_ONE))
        if len(wrong):
            index = tuple(int(i) for i in wrong[0])
            raise EngineError(f"{_row_name(field, index)} of the start must sum to 1, not {totals[index]:z.6g}.")
    return params, events


def _check_sizes(model: Model[Any, Any], params: Parameters, data: Observations) -> None:
    """Raise EngineError for an entry beyond arithmetic: its square, its distance to the data, or 1 over it."""
    limit = _LARGEST * max(1.0, _largest(data.X))
    for field in fields_of(params, model).values():
        sizes = np.abs(field.array)
        small = (sizes > 0.0) & (sizes < _SMALLEST) if field.domain == "positive" else np.zeros(sizes.shape, bool)
        wrong = np.argwhere((sizes > limit) | small)
        if len(wrong):
            index = tuple(int(i) for i in wrong[0])
            where = f"{field.path}[{', '.join(str(i + 1) for i in index)}]" if index else field.path
            far, bound = ("small", f"above {_SMALLEST:zg}") if small[index] else ("large", f"within ±{_LARGEST:zg}")
            raise EngineError(
                f"{where} of the start is {field.array[index]:z.6g}, too {far} to compute with beside these data: "
                f"give a number {bound}."
            )


def _largest(X: Any) -> float:
    """The largest size among the numbers of a table; 0 where they are no plain table, or none is known."""
    if not isinstance(X, np.ndarray) or X.dtype.kind != "f" or not X.size:
        return 0.0
    ends = np.fmin.reduce(X, axis=None), np.fmax.reduce(X, axis=None)
    return float(np.nan_to_num(max(-ends[0], ends[1]), nan=0.0))


def rescaled(params: Parameters) -> tuple[Any, tuple[Event, ...]]:
    """θ with each row of probabilities that sums to 1 but for its rounding brought to 1, and a note for each array."""
    events = list[Event]()
    for path, field in _simplexes(params).items():
        totals = _totals(params, field)
        rest = _rest(params, field, totals)
        array, other = np.array(field.array), None if rest is None else np.array(rest)
        changed = list[tuple[int, ...]]()
        for index in np.ndindex(totals.shape):
            missed = abs(float(totals[index]) - 1.0)
            row = array[index] if other is None else np.append(array[index], other[index])
            if not _SUMS_TO_ONE < missed <= _MOST_MISSED or np.any(row < 0) or missed > _rounding(row):
                continue
            array[index] /= totals[index]
            if other is not None:
                other[index] /= totals[index]
            changed.append(index)
        if changed:
            params = with_arrays(params, {path: array} if other is None else {path: array, field.partner: other})
            events.append(Event(_note(field, changed, totals)))
    return params, tuple(events)


def _note(field: Field, changed: list[tuple[int, ...]], totals: Array) -> str:
    first = changed[0]
    more = f" (and {len(changed) - 1} more)" if len(changed) > 1 else ""
    said = f"{_row_name(field, first)}{more} of the start summed to {totals[first]:z.6g}, as rounded numbers do"
    return f"{said}: brought to 1"


def _simplexes(params: Parameters) -> dict[str, Field]:
    """The arrays whose rows are distributions, by path."""
    found = fields_of(params).items()
    return {path: field for path, field in found if field.domain == "simplex" and field.array.ndim and field.array.size}


def _totals(params: Parameters, field: Field) -> Array:
    """The sum of each row, with what its partner holds of it."""
    sums = field.array.sum(axis=-1)
    rest = _rest(params, field, sums)
    return np.asarray(sums if rest is None else sums + rest)


def _rest(params: Parameters, field: Field, totals: Array) -> Array | None:
    """What each row needs beside itself to sum to 1; None if nothing, or of another shape, which the model refuses."""
    partner = fields_of(params).get(field.partner)
    return None if partner is None or partner.array.shape != totals.shape else partner.array


def _row_name(field: Field, index: tuple[int, ...]) -> str:
    """ "weights", "row 2 of transition"."""
    return f"row {', '.join(str(i + 1) for i in index)} of {field.name}" if index else field.path


def _rounding(row: Array) -> float:
    """By how much a row of printed probabilities may miss 1: Σ ½·10^−d, with a last digit for the sum's own rounding.

    d is the number of decimals of the longest entry, or of each entry with as many significant digits as the longest.
    """
    parts = [Decimal(repr(float(value))).normalize().as_tuple() for value in row]
    decimals = max(0, *(-int(part.exponent) for part in parts))
    digits = max(len(part.digits) for part in parts)
    # a number that was rounded up to 1 had the decimals of those below it
    spare = [max(digits - len(part.digits), int(value >= 1)) for part, value in zip(parts, row, strict=True)]
    own = [more - int(part.exponent) for more, part in zip(spare, parts, strict=True)]
    by_decimals = len(parts) * 0.5 * 10.0**-decimals
    by_digits = sum(0.5 * 10.0**-each for each in own) if digits >= _FEWEST_DIGITS else 0.0
    return max(by_decimals, by_digits) + 1e-12
