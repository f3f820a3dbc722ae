"""Rows as a mixture of experts takes them in: inputs, and a target for each row that is a class or a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Array, Rows
from engine.em.observations import Observations
from engine.errors import DataError
from engine.models.experts.basis import Basis
from engine.models.mixture import checked_weights
from engine.models.network.data import checked_inputs, checked_targets
from engine.models.number_targets import checked_numbers, mean_and_variance

LEARNER = "a mixture of experts"  # in sentences about data


@dataclass(frozen=True, eq=False)
class ExpertRows(Observations):
    """Inputs X (n, p), and targets in y (classes) or in `target` (numbers).

    Attributes:
        target: (n,) the numbers to be learned; None where classes are.
        n_classes: g; 0 where numbers are learned.
        basis: the inputs in other coordinates; None of rows that are no part of a fit.
        centre, spread: mean and variance of the target.
    """

    target: Array | None = None
    n_classes: int = 0
    basis: Basis | None = None
    centre: float = 0.0
    spread: float = 0.0

    @property
    def number_targets(self) -> Array | None:
        """The target, where it is numbers."""
        return self.target

    def logits(self, weights: Array, rows: Rows = slice(None)) -> Array:
        """(m, …) w₀ + w₁ᵀx of some rows for weights (…, p+1), the bias first."""
        flat = weights.reshape(-1, weights.shape[-1])
        if self.basis is None:
            found = self.X[rows] @ flat[:, 1:].T + flat[:, 0]
        else:
            found = self.basis.rows[rows] @ (flat @ self.basis.into).T
        return np.asarray(found.reshape(len(found), *weights.shape[:-1]))

    def weighed(self, values: Array) -> Array:
        """(n, …) each row's values times its weight."""
        return values if self.sample_weight is None else values * self.sample_weight[:, None]


def class_rows(X: Any, y: Any, sample_weight: Any) -> ExpertRows:
    """Rows whose targets are classes 0…g−1. Raises DataError for what can't be learned from."""
    table = checked_inputs(X, LEARNER)
    targets = checked_targets(y, len(table), LEARNER)
    weights = checked_weights(sample_weight, len(table))
    if targets.min() == targets.max():
        raise DataError(f"every row is of class {targets[0]}: {LEARNER} needs targets of at least two classes.")
    return ExpertRows(table, targets, weights, n_classes=int(targets.max()) + 1, basis=Basis.of(table, weights))


def number_rows(X: Any, y: Any, sample_weight: Any) -> ExpertRows:
    """Rows whose targets are numbers. Raises DataError for what can't be learned from."""
    table = checked_inputs(X, LEARNER)
    target = checked_numbers(y, len(table), LEARNER)
    weights = checked_weights(sample_weight, len(table))
    centre, spread = mean_and_variance(target, weights)
    return ExpertRows(table, None, weights, target=target, basis=Basis.of(table, weights), centre=centre, spread=spread)


def new_rows(X: Any, n_inputs: int) -> ExpertRows:
    """Rows to predict for. Raises DataError where they have other columns than were trained on."""
    table = checked_inputs(X, LEARNER)
    if table.shape[1] != n_inputs:
        raise DataError(
            f"the rows have {table.shape[1]} columns: give the {n_inputs} that the experts were trained on."
        )
    return ExpertRows(table)
