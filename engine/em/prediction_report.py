"""How a way of predicting fares on rows whose target is known: log-loss, and accuracy of classes or RMSE of numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Array, IntArray, take

MARGINAL, FORWARD = "marginal", "forward"
_LARGEST_COUNT = 2.0**53
_LEAST = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, eq=False)
class PredictionReport:
    """How one way of predicting fares on labelled rows.

    Attributes:
        probabilities: (n, g).
        log_loss: the mean of −ln p(y | x) in nats, the cross-entropy; each row by its weight, as everything else.
        log_loss_error: its standard error from the draws, where p(y | x) is an estimate; 0 where it is exact.
        accuracy: the share of rows whose likeliest class is their target.
        confusion: (g, g) rows of each class (down) that are predicted as each class (across); sums of weights, whole
            numbers where the weights are.
    """

    probabilities: Array
    log_loss: float
    accuracy: float
    confusion: Array | IntArray
    log_loss_error: float = 0.0

    @property
    def scores(self) -> dict[str, float]:
        """What a learning curve has of it, by name."""
        return {"loss": self.log_loss, "accuracy": self.accuracy}


@dataclass(frozen=True, eq=False)
class NumberReport:
    """How one way of predicting fares on rows whose targets are numbers.

    Attributes:
        predictions: (n,) E[y | x].
        log_loss: the mean of −ln p(y | x), of the density in nats; it may be below 0, and depends on the target's unit.
        rmse: the root of the mean squared error of the predictions, in the target's unit.
        log_loss_error: its standard error from the draws, where p(y | x) is an estimate; 0 where it is exact.
    """

    predictions: Array
    log_loss: float
    rmse: float
    log_loss_error: float = 0.0

    @property
    def scores(self) -> dict[str, float]:
        """What a learning curve has of it, by name."""
        return {"loss": self.log_loss, "rmse": self.rmse}


Report = PredictionReport | NumberReport


def number_report(
    predictions: Array, targets: Array, log_p: Array, log_loss_error: float = 0.0, weights: Array | None = None
) -> NumberReport:
    """The report on rows with these targets (n,), ln p(y | x) (n,) of which the model gives; weights (n,) or none."""
    error = math.sqrt(_mean((targets - predictions) ** 2, weights))
    return NumberReport(predictions, -_mean(log_p, weights), error, log_loss_error)


def class_report(
    probabilities: Array,
    targets: IntArray,
    log_p: Array | None = None,
    errors: Array | None = None,
    weights: Array | None = None,
) -> PredictionReport:
    """The report on rows with these targets 0…g−1.

    Args:
        probabilities: (n, g) p(y | x).
        targets: (n,).
        log_p: (n,) ln p(y | x) of the targets, where it is known better than from the probabilities.
        errors: (n, g) standard errors of the probabilities, where they are estimates.
        weights: (n,) how often each row counts; None for once.
    """
    n, g = probabilities.shape
    own = np.arange(n), targets
    if log_p is None:
        log_p = np.log(np.maximum(probabilities[own], _LEAST))
    error = 0.0
    if errors is not None:
        error = error_of_mean((errors[own] / np.maximum(probabilities[own], _LEAST)) ** 2, weights)
    winner = probabilities.argmax(axis=1)
    confusion: Array | IntArray = np.bincount(targets * g + winner, weights, minlength=g * g).reshape(g, g)
    if weights is not None and (weights == np.floor(weights)).all() and weights.sum() < _LARGEST_COUNT:
        confusion = confusion.astype(np.int64)
    accuracy = _mean((winner == targets).astype(np.float64), weights)
    return PredictionReport(probabilities, -_mean(log_p, weights), accuracy, confusion, error)


def error_of_mean(variances: Array, weights: Array | None = None) -> float:
    """The standard error of a mean over rows, each an estimate with this variance (n,)."""
    if weights is None:
        return float(np.sqrt(variances.sum()) / len(variances))
    return float(np.sqrt((weights**2 * variances).sum()) / weights.sum())


def counted(X: Any, targets: Any, sample_weight: Array | None) -> tuple[Any, Any, Array | None]:
    """Rows, targets and weights without the rows of weight 0, whatever stands in them; as they are without weights."""
    if sample_weight is None or (sample_weight > 0).all():
        return X, targets, sample_weight
    kept = np.flatnonzero(sample_weight > 0)
    return take(X, kept), np.asarray(targets)[kept], sample_weight[kept]


def _mean(values: Array, weights: Array | None) -> float:
    """Σ w v / Σ w."""
    return float(values.mean()) if weights is None else float(weights @ values / weights.sum())
