"""Labelled rows as a network takes them in: checked once, sorted by class, with the bias in a column of ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from engine.arrays import Array, IntArray, Rows
from engine.em.class_labels import said
from engine.em.observations import Observations
from engine.em.row_text import RowText
from engine.errors import DataError, EngineError
from engine.models.mixture import checked_table, checked_weights
from engine.models.number_targets import checked_numbers, mean_and_variance

_LARGEST_INPUT = 1e50  # beyond, squares of inputs times weights would overflow
_MOST_CLASSES = 10_000
LEARNER = "a network"  # in sentences about data


@dataclass(frozen=True, eq=False)
class NetworkRows(Observations):
    """Inputs X (n, p) and targets y (n,) in the user's order, and the same rows class by class.

    Where numbers are learned, they are in `target`, y is None, and all rows are one group in the user's order.

    Attributes:
        design: (n, p+1) [1, x], sorted by class; in the user's order where there are no targets.
        order: (n,) the user's row behind each row of the design.
        weights: (n,) sample weights in the order of the design; None where each row counts once.
        classes: (n_classes + 1,) where each class begins in the design: class c is classes[c]:classes[c+1].
        target: (n,) the numbers to be learned; None where classes are.
        centre, spread: mean and variance of the target.
    """

    design: Array = None  # type: ignore[assignment]  # always given; fields of the base have defaults
    order: IntArray = None  # type: ignore[assignment]
    weights: Array | None = None
    classes: tuple[int, ...] = ()
    target: Array | None = None
    centre: float = 0.0
    spread: float = 0.0

    @property
    def numeric(self) -> bool:
        """Numbers are learned, not classes."""
        return self.target is not None

    @property
    def number_targets(self) -> Array | None:
        """The target, where it is numbers."""
        return self.target

    @property
    def n_classes(self) -> int:
        """How many classes the targets count up to."""
        return len(self.classes) - 1

    def check_classes(self, n_outputs: int) -> None:
        """Raises EngineError where it is unclear which of a start's outputs the labels of the rows belong to."""
        labels = self.class_labels
        if labels is None or n_outputs == len(labels) or np.array_equal(labels, np.arange(len(labels))):
            return
        raise EngineError(
            f"the start has {n_outputs} classes, but y has {len(labels)} ({', '.join(map(said, labels[:4]))}"
            f"{', …' if len(labels) > 4 else ''}): number y from 0 as the start does, or give rows of every class."
        )

    @cached_property
    def sorted_targets(self) -> IntArray:
        """(n,) the class of each row of the design."""
        assert self.y is not None
        return self.y[self.order]

    @cached_property
    def about_mean(self) -> Array:
        """(n,) the numbers to be learned, less the mean of those that are trained on."""
        assert self.target is not None
        return np.asarray(self.target - self.centre)

    @cached_property
    def squared_norms(self) -> float:
        """Σ_j weight_j ‖[1, x_j]‖²."""
        return self.weighted_sum((self.design**2).sum(axis=1))

    def class_slices(self) -> list[tuple[int, slice]]:
        """The classes that have rows, each with its rows of the design."""
        ends = self.classes
        return [(c, slice(ends[c], ends[c + 1])) for c in range(self.n_classes) if ends[c + 1] > ends[c]]

    def take(self, rows: Rows) -> NetworkRows:
        """The chosen rows by themselves."""
        weight = None if self.sample_weight is None else self.sample_weight[rows]
        if self.target is not None:
            return arranged_numbers(self.X[rows], self.target[rows], weight, self.centre, self.spread)
        return arranged(self.X[rows], None if self.y is None else self.y[rows], weight, self.n_classes)

    def weighted_sum(self, values: Array) -> float:
        """Σ_j weight_j values_j, the values (n,) in the order of the design."""
        return float(values.sum() if self.weights is None else values @ self.weights)

    def in_user_order(self, values: Array) -> Array:
        """(n, …) values of the design's rows, put back into the order of X."""
        back = np.empty(values.shape)
        back[self.order] = values
        return back


def arranged(X: Array, y: IntArray | None, sample_weight: Array | None, n_classes: int) -> NetworkRows:
    """Rows sorted by class (stable), from arrays that are already checked."""
    n = len(X)
    order = np.arange(n) if y is None else np.argsort(y, kind="stable")
    design = np.empty((n, X.shape[1] + 1))
    design[:, 0] = 1.0
    design[:, 1:] = X if y is None else X[order]
    ends = (0,) if y is None else tuple(int(e) for e in np.searchsorted(y[order], np.arange(n_classes + 1)))
    weights = None if sample_weight is None else sample_weight[order]
    return NetworkRows(X, y, sample_weight, design, order, weights, ends)


def arranged_numbers(X: Array, target: Array, sample_weight: Array | None, centre: float, spread: float) -> NetworkRows:
    """Rows whose targets are numbers, in the user's order, from arrays that are already checked."""
    rows = arranged(X, None, sample_weight, 1)
    return replace(rows, classes=(0, len(X)), target=target, centre=centre, spread=spread)


def network_rows(X: Any, y: Any, sample_weight: Any = None) -> NetworkRows:
    """Check inputs and targets and arrange them for training.

    Raises DataError for inputs that can't be computed with, and targets missing or of one class only.
    """
    table = checked_inputs(X)
    targets = checked_targets(y, len(table))
    if targets.min() == targets.max():
        raise DataError(f"every row is of class {targets[0]}: a network needs targets of at least two classes.")
    return arranged(table, targets, checked_weights(sample_weight, len(table)), int(targets.max()) + 1)


def number_rows(X: Any, y: Any, sample_weight: Any = None) -> NetworkRows:
    """The same for targets that are numbers."""
    table = checked_inputs(X)
    target, weights = checked_numbers(y, len(table), LEARNER), checked_weights(sample_weight, len(table))
    return arranged_numbers(table, target, weights, *mean_and_variance(target, weights))


def new_rows(X: Any, n_inputs: int) -> NetworkRows:
    """Rows to predict for, in the user's order. Raises DataError where they have other columns than were trained on."""
    table = checked_inputs(X)
    if table.shape[1] != n_inputs:
        raise DataError(f"the rows have {table.shape[1]} columns: give the {n_inputs} that the network was trained on.")
    return arranged(table, None, None, 0)


def rows_apart(X: Any, y: Any, n_inputs: int, n_classes: int) -> NetworkRows:
    """Rows of weight 0 with their targets. Raises DataError for a class that was not trained on."""
    table = new_rows(X, n_inputs).X
    targets = checked_targets(y, len(table))
    if targets.max() >= n_classes:
        raise DataError(f"class {targets.max()} is none of the {n_classes} that the network was trained on.")
    return arranged(table, targets, None, n_classes)


def numbers_apart(X: Any, y: Any, n_inputs: int) -> NetworkRows:
    """Rows with their numbers that are no part of a fit."""
    table = new_rows(X, n_inputs).X
    return arranged_numbers(table, checked_numbers(y, len(table), LEARNER), None, 0.0, 0.0)


def checked_inputs(X: Any, learner: str = LEARNER) -> Array:
    """X as (n, p) finite numbers that can be multiplied with weights. Raises DataError where they can't."""
    table = checked_table(X)
    largest = max(float(table.max()), -float(table.min()))
    if largest > _LARGEST_INPUT:
        raise DataError(f"X holds a number of size {largest:z.3g}, too large for {learner}: standardize the inputs.")
    return table


def checked_targets(y: Any, n_rows: int, learner: str = LEARNER) -> IntArray:
    """The class 0…g−1 of every row as (n,) int64. Raises DataError where there are none, or not one for each row.

    learner: what the sentence says that learns.
    """
    if y is None:
        raise DataError(f"{learner} learns from targets: give y, the class of each row (a label column).")
    targets = np.asarray(y)
    if targets.shape != (n_rows,):
        raise DataError(f"y must have one class a row ({n_rows}), not shape {targets.shape}.")
    numeric = np.issubdtype(targets.dtype, np.number) and not np.iscomplexobj(targets)
    if not numeric or np.any(targets != np.floor(targets)):
        raise DataError("y must hold whole numbers: the class 0, 1, 2, … of each row.")
    if targets.max() >= _MOST_CLASSES:
        raise DataError(f"y has class {targets.max():z.15g}: {learner} takes {_MOST_CLASSES:,} classes at most.")
    targets = targets.astype(np.int64)
    missing = np.flatnonzero(targets < 0)
    if len(missing):
        rows = "1 row has" if len(missing) == 1 else f"{len(missing)} rows have"
        raise DataError(
            RowText(
                f"{rows} no target (the first is ",
                int(missing[0]),
                f"): {learner} learns from targets alone, so leave those rows out or give them a class; −1 beside 0 is "
                "no class, so write classes of that name as words.",
            )
        )
    return targets
