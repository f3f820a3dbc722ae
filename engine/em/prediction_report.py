"""How a way of predicting fares on rows whose target is known: log-loss, and accuracy of classes or RMSE of numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, IntArray

MARGINAL, FORWARD = "marginal", "forward"
_LEAST = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, eq=False)
class PredictionReport:
    """How one way of predicting fares on labelled rows.

    Attributes:
        probabilities: (n, g).
        log_loss: the mean of −ln p(y | x) in nats, the cross-entropy.
        log_loss_error: its standard error from the draws, where p(y | x) is an estimate; 0 where it is exact.
        accuracy: the share of rows whose likeliest class is their target.
        confusion: (g, g) rows of each class (down) that are predicted as each class (across).
    """

    probabilities: Array
    log_loss: float
    accuracy: float
    confusion: IntArray
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


def number_report(predictions: Array, targets: Array, log_p: Array, log_loss_error: float = 0.0) -> NumberReport:
    """The report on rows with these targets (n,), ln p(y | x) (n,) of which the model gives."""
    error = float(np.sqrt(((targets - predictions) ** 2).mean()))
    return NumberReport(predictions, float(-log_p.mean()), error, log_loss_error)


def class_report(
    probabilities: Array, targets: IntArray, log_p: Array | None = None, errors: Array | None = None
) -> PredictionReport:
    """The report on rows with these targets 0…g−1.

    Args:
        probabilities: (n, g) p(y | x).
        targets: (n,).
        log_p: (n,) ln p(y | x) of the targets, where it is known better than from the probabilities.
        errors: (n, g) standard errors of the probabilities, where they are estimates.
    """
    n, g = probabilities.shape
    own = np.arange(n), targets
    if log_p is None:
        log_p = np.log(np.maximum(probabilities[own], _LEAST))
    error = 0.0
    if errors is not None:
        error = float(np.sqrt(((errors[own] / np.maximum(probabilities[own], _LEAST)) ** 2).sum()) / n)
    winner = probabilities.argmax(axis=1)
    confusion = np.bincount(targets * g + winner, minlength=g * g).reshape(g, g)
    return PredictionReport(probabilities, float(-log_p.mean()), float((winner == targets).mean()), confusion, error)
