"""How data come into a run: copied, without the rows of weight 0, and with a sentence for what can't be data.

    a row of weight 0 is no row: it is neither drawn as a start, nor measured, nor counted

so that the same seed gives the same bytes as without it, whatever stands in it. It gets its responsibilities when
somebody looks.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from engine.arrays import Array, IntArray, Rows, as_numbers, is_sparse, length, take
from engine.em.class_labels import codes_among, observed_labelled
from engine.em.given import Given, private, watched
from engine.em.inference import EXACT, Inference, Sampled, settled_by
from engine.em.model import D, Model
from engine.em.observations import Observations
from engine.em.parameters import arrays_of, with_arrays
from engine.errors import DataError, OptionError


def observed(model: Model[Any, D], X: Any, y: Any = None, sample_weight: Any = None, *, encode: bool = False) -> D:
    """The data as the model takes them in: rows of weight 0 are kept apart (`Observations.given`), arrays are copied.

    encode: y may be any labels; see `engine.em.class_labels`.

    Raises EngineError, in one sentence, for what is no model, or data that it can't take.
    """
    need_model(model, X)
    observe = partial(observed_labelled, model) if encode else model.observe
    X, y = private(X), private(_one_a_row(y) if model.independent_rows else y)
    weight: Array | None = None
    if sample_weight is not None:
        weight = private(as_numbers(sample_weight, "sample_weight", "numbers, one a row"))
        weight = None if _each_once(model, X, weight) else weight
    kept = np.arange(0) if weight is None else _counted(model, X, weight)
    if weight is None or not len(kept):
        return _with(observe(X, y, weight), X, None)
    if not model.independent_rows:
        lengths = np.array([len(np.atleast_1d(one)) for one in X])
    else:
        X = X if is_sparse(X) else as_numbers(X)
        lengths = np.ones(len(weight), dtype=np.int64)
    unit = np.repeat(np.arange(len(lengths)), lengths)
    given = Given(X, y, unit, weight[unit])
    counted: Array | None = weight[kept]
    if (weight[kept] == 1.0).all():
        counted = None
    try:
        data = observe(take(X, kept), _labels_of(y, kept, unit), counted)
    except DataError:
        _ = observe(*_standing_in(X, y, kept, unit), weight)  # says it with the number that the row has
        raise
    return _with(data, X, given)


def _with(data: D, X: Any, given: Given | None) -> D:
    object.__setattr__(data, "given", given)  # it was made a moment ago, and is nobody else's yet
    object.__setattr__(data, "watches", watched(X, data.X))
    return data


def _one_a_row(y: Any) -> Any:
    if not isinstance(y, list | tuple):
        return y
    try:
        return np.asarray(y)
    except ValueError:
        raise DataError("y must have one label a row, but it holds lists of different lengths.") from None


def need_model(model: Any, X: Any) -> None:
    """Raises OptionError for what is no model, in the sentence that says what to give."""
    if isinstance(model, Model):
        return
    if isinstance(model, type) and issubclass(model, Model):
        raise OptionError(f"model is the class {model.__name__}: make a model of it, {model.__name__}(…).")
    if isinstance(X, Model):
        raise OptionError("model and X have changed places: the model comes first, then X.")
    raise OptionError(f"model must be a model such as GaussianMixture(n_components=3), not {type(model).__name__}.")


def _each_once(model: Model[Any, D], X: Any, weight: Array) -> bool:
    """Whether every row, or sequence, has the weight 1: no weights at all, so that the bytes are the same."""
    return weight.shape == (_n_units(model, X),) and bool((weight == 1.0).all())


def _n_units(model: Model[Any, D], X: Any) -> int | None:
    """How many rows, or sequences, there are; None where X is no table at all, which the model will say."""
    several = model.independent_rows or (isinstance(X, list) and any(np.ndim(one) for one in X))
    try:
        return length(X) if several else 1
    except TypeError:
        return None


def _counted(model: Model[Any, Any], X: Any, weight: Array) -> IntArray:
    """The rows, or sequences, of a weight above 0 where others have 0; none where all are to be shown to the model."""
    n = _n_units(model, X)
    usable = weight.shape == (n,) and bool(np.isfinite(weight).all() and (weight >= 0).all())
    return np.flatnonzero(weight > 0) if usable and (weight == 0).any() else np.arange(0)


def _labels_of(y: Any, units: IntArray, unit: IntArray) -> Any:
    """The labels of some units: one a unit, or one a row."""
    if y is None:
        return None
    n_units = int(unit[-1]) + 1
    if len(y) == n_units:
        return take(y if isinstance(y, list) else np.asarray(y), units)
    return np.asarray(y)[np.isin(unit, units)] if len(y) == len(unit) else y


def _standing_in(X: Any, y: Any, kept: IntArray, unit: IntArray) -> tuple[Any, Any]:
    """The same with a unit that counts in the place of each that doesn't, so that a refusal names the row as given."""
    units = np.full(int(unit[-1]) + 1, kept[0])
    units[kept] = kept
    if y is None or len(y) != len(units):
        return take(X, units), y
    return take(X, units), take(y if isinstance(y, list) else np.asarray(y), units)


def responsibilities(model: Any, params: Any, data: Observations, rows: Rows, inference: Inference) -> Array:
    """q's probabilities (len(rows), K) of the given rows, those of weight 0 included.

    nan where a row can't be taken by the model at all, such as one of missing numbers.
    """
    given = data.given
    if given is None:
        found: Array = model.responsibilities(params, data, rows, inference)
        return found
    wanted = np.arange(given.n_rows)[rows]
    places = given.places[wanted]
    inside = places >= 0
    found = model.responsibilities(params, data, places[inside] if inside.any() else np.array([0]), inference)
    out = np.full((len(wanted), found.shape[1]), np.nan)
    if inside.any():
        out[inside] = found
    if not inside.all():
        out[~inside] = _responsibilities_apart(model, params, data, given, wanted[~inside], inference, found.shape[1])
    return out


def around_row(model: Any, params: Any, data: Observations, row: int) -> tuple[Any, Observations, int]:
    """θ, data of rows that count, or else that of weight 0 which is asked for, and the place of a given row there."""
    if data.given is None:
        return params, data, row
    place = data.place_of(row)
    if place is not None:
        return params, replace(data, given=None), place
    unit = data.given.unit[row]
    alone = _apart(model, params, data, np.array([unit]))
    return _theta(params), alone, row - int(np.searchsorted(data.given.unit, unit))


def _apart(model: Any, params: Any, data: Observations, units: IntArray) -> Observations:
    """Units of weight 0 as data of their own. Raises EngineError where the model can't take them."""
    assert data.given is not None
    y = _labels_of(data.given.y, units, data.given.unit)
    if y is not None and not model.learns_numbers(data.given.y):
        y = codes_among(y, data.class_labels)
    found: Observations = model.observe_apart(take(data.given.X, units), y, params)
    return found


def _theta(params: Any) -> Any:
    """θ alone: what it may remember is of the rows that count."""
    return with_arrays(params, arrays_of(params))


def _responsibilities_apart(
    model: Any, params: Any, data: Observations, given: Given, wanted: IntArray, inference: Inference, n_columns: int
) -> Array:
    """q of rows of weight 0; a draw is for rows that count, so where q is drawn theirs is the posterior."""
    units = np.unique(given.unit[wanted])
    rows = np.flatnonzero(np.isin(given.unit, units))
    found, theta = np.full((len(rows), n_columns), np.nan), _theta(params)
    settled = settled_by(inference)
    calm = EXACT if isinstance(settled, Sampled) else settled

    def of(some: IntArray) -> Array:
        return np.asarray(model.responsibilities(theta, _apart(model, params, data, some), slice(None), calm))

    with np.errstate(all="ignore"):  # they may lie anywhere
        try:
            found = of(units)
        except (ValueError, OverflowError):
            for unit in units:  # one by one: those that can be taken are
                with suppress(ValueError, OverflowError):
                    found[given.unit[rows] == unit] = of(np.array([unit]))
    return np.asarray(found[np.searchsorted(rows, wanted)])
