"""Labels as the caller has them (1, 2, 3; True and False; words), and the codes 0…g−1 that models count by.

The encoding is scikit-learn's: the labels that occur, sorted, are `classes_`, and a code is a place in them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arrays import IntArray
from engine.em.model import D, Model
from engine.em.row_text import RowText
from engine.errors import DataError
from engine.text import quoted

UNKNOWN = -1
_LARGEST_WHOLE = 2.0**53  # beyond, every float is whole
_FEW = 10  # classes, which rows may be hardly more than
_ONE_EACH = 0.9  # classes a row


def encoded(y: Any, *, unknown_is_minus_one: bool = True) -> tuple[IntArray, NDArray[Any]]:
    """Codes of the shape of y, −1 where a label is missing (None, NaN), and the labels that they count into.

    unknown_is_minus_one: −1 among numbers stands for a missing label, too.
    Raises DataError for what can't be labels; one sentence.
    """
    values, missing = _values(np.asarray(y))
    if values.dtype.kind == "f":
        whole = np.isfinite(values) & (values == np.floor(values))
        fractions = np.flatnonzero(~missing.ravel() & ~whole.ravel())
        if len(fractions):
            raise DataError(
                f"y holds {values.ravel()[fractions[0]]:zg}: classes are whole numbers, words or booleans, not "
                "measurements."
            )
    if unknown_is_minus_one and values.dtype.kind in "if":
        missing = missing | (values == UNKNOWN)
    labels = np.unique(values[~missing])
    codes = np.full(values.shape, UNKNOWN, dtype=np.int64)
    codes[~missing] = np.searchsorted(labels, values[~missing])
    return codes, labels


def _values(given: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The labels in an array of one kind, and where they are missing."""
    kind = given.dtype.kind
    if kind in "biu":
        return given, np.zeros(given.shape, dtype=bool)
    if kind == "f":
        return given, np.isnan(given)
    if kind == "U":
        return given, given == ""
    if kind != "O":
        raise DataError(f"y can't be of the type {given.dtype}: give whole numbers, words or booleans.")
    missing = np.array([_is_missing(value) for value in given.ravel().tolist()], dtype=bool).reshape(given.shape)
    known = list(given[~missing].tolist())
    for type_ in (str, bool, int, float):
        if all(isinstance(value, type_) and (type_ is bool or not isinstance(value, bool)) for value in known):
            width = f"U{max(map(len, known), default=1)}" if type_ is str else type_
            filled = np.full(given.shape, type_(), dtype=width)
            filled[~missing] = known
            return filled, missing
    raise DataError("y holds labels of different kinds: give whole numbers alone, words alone, or booleans alone.")


def _is_missing(value: Any) -> bool:
    if isinstance(value, str):
        return value == ""
    if isinstance(value, float):
        return value != value
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def labels_of(codes: IntArray, labels: NDArray[Any] | None) -> NDArray[Any]:
    """The labels that the codes stand for; the codes themselves where there are no other labels.

    A component beyond the labels has none: "" among words, False among booleans, −1 among numbers.
    """
    if labels is None or (labels.dtype.kind in "iu" and np.array_equal(labels, np.arange(len(labels)))):
        return codes
    unknown: Any = {"U": "", "b": False}.get(labels.dtype.kind, UNKNOWN)
    found = labels[np.minimum(codes, len(labels) - 1)]
    beyond = codes >= len(labels)
    return np.where(beyond, np.array(unknown), found) if beyond.any() else found


def codes_among(y: Any, labels: NDArray[Any] | None) -> IntArray:
    """(n,) the codes of labels by those that were counted, −1 for any other; y may be a list as X is."""
    several = isinstance(y, (list, tuple)) and any(np.ndim(one) for one in y)
    joined = np.concatenate([np.atleast_1d(np.asarray(one)) for one in y]) if several else np.asarray(y)
    try:
        codes, own = encoded(joined)
    except DataError:
        return np.full(len(joined), UNKNOWN)
    if labels is None:  # numbers from 0, which are their own codes
        code_of = {label: int(label) for label in own.tolist() if own.dtype.kind in "iuf" and 0 <= label < 2**31}
    else:
        code_of = {label: code for code, label in enumerate(labels.tolist())}
    among = np.array([code_of.get(label, UNKNOWN) for label in own.tolist()] + [UNKNOWN], dtype=np.int64)
    return among[codes]


def observed_labelled(model: Model[Any, D], X: Any, y: Any, sample_weight: Any) -> D:
    """`model.observe`; labels that the model can't count by are encoded, and kept as `Observations.class_labels`.

    The targets of a supervised model are always encoded. A model of components takes whole numbers that are components
    as they are, and −1 for an unknown label. Raises DataError where the model can't take the data; one sentence.
    """
    if y is None or not (model.takes_labels or model.supervised):
        return model.observe(X, y, sample_weight)
    if model.learns_numbers(y):
        return model.observe(X, y, sample_weight)
    if model.supervised:
        codes, labels = target_codes(y, model.learner)
        return replace(model.observe(X, codes, sample_weight), class_labels=labels)
    try:
        return model.observe(X, y, sample_weight)
    except DataError as error:
        refused = error
    several = isinstance(y, (list, tuple)) and any(np.ndim(one) for one in y)
    joined = np.concatenate([np.atleast_1d(np.asarray(one)) for one in y]) if several else np.asarray(y)
    codes, labels = encoded(joined)
    if joined.dtype.kind in "iuf" and np.array_equal(joined, codes):
        raise refused
    if not len(labels):  # none is known
        return model.observe(X, None, sample_weight)
    return replace(model.observe(X, codes, sample_weight), class_labels=labels)


def target_codes(y: Any, learner: str = "a network") -> tuple[IntArray, NDArray[Any]]:
    """The codes of targets, each of which must be known, and their labels.

    −1 is a label like another, unless 0 is one, too: then it is a row without a class, and its code is −1.
    learner: what the sentence says that learns, where the rows are of one class.
    """
    given = np.asarray(y)
    zero = given.dtype.kind in "if" and bool((given == 0).any())
    codes, labels = encoded(given, unknown_is_minus_one=zero)
    _check_classes(given, codes, labels)
    if len(labels) == 1 and labels[0] != 0 and (codes == 0).all():
        raise DataError(f"every row is of class {said(labels[0])}: {learner} needs targets of at least two classes.")
    return codes, labels


def _check_classes(given: NDArray[Any], codes: IntArray, labels: NDArray[Any]) -> None:
    """Raises DataError where nearly each row is a class of its own, and for floats that are whole as measurements may
    be: past 2^53, or hardly one of them twice."""
    known = int((codes >= 0).sum())
    if given.dtype.kind != "f" and one_each(len(labels), known):
        raise DataError(
            f"y holds {len(labels)} different labels in {known} rows, nearly one for each, and classes come again: to "
            "learn numbers, take likelihood='gaussian' (expert='gaussian' of experts)."
        )
    if given.dtype.kind != "f" or not len(labels):
        return
    largest = float(np.abs(labels).max())
    if largest > _LARGEST_WHOLE:
        why = f"y holds a number of size {largest:z.3g}, which is no class"
    elif len(labels) > max(_FEW, known / 2):
        why = f"y holds {len(labels)} different numbers in {known} rows, which would be as many classes"
    else:
        return
    raise DataError(
        f"{why}: to learn numbers, take likelihood='gaussian' (expert='gaussian' of experts); write classes as words "
        "or integers."
    )


def one_each(n_classes: int, n_rows: int) -> bool:
    """Whether so many rows of so many classes are nearly all of different ones, of which nothing can be learned."""
    return n_classes > max(_FEW, _ONE_EACH * n_rows)


def targets_among(y: Any, labels: NDArray[Any]) -> IntArray:
    """(n,) the codes of targets by the labels of a fit, −1 where one is missing.

    Raises DataError for a label that is not among them; one sentence.
    """
    codes, own = encoded(y, unknown_is_minus_one=False)
    known = labels.tolist()
    unknown = next((label for label in own.tolist() if label not in known), None)
    if unknown is not None:
        row = int(np.flatnonzero(codes == own.tolist().index(unknown))[0])
        raise DataError(RowText(row, f" is of class {said(unknown)}, which is not among the network's: leave it out."))
    places = np.array([known.index(label) for label in own.tolist()], dtype=np.int64)
    return np.asarray(np.where(codes >= 0, places[codes], UNKNOWN))


def said(label: Any) -> str:
    """A label in a sentence."""
    return quoted(str(label)) if isinstance(label, str) else str(label)
