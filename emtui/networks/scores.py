"""How good a model is on its training rows and on held-back rows: log-loss, accuracy and confusion, or RMSE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from emtui.spec.train_test_split import TrainTestSplit, whole
from engine.analysis.learning_curves import LearningPoint, learning_point
from engine.arrays import Array, IntArray
from engine.em.prediction_report import NumberReport, Report, counted
from engine.em.step import Step
from engine.models.network.params import NetworkParams
from engine.models.network.predict import Prediction, exactly_predictable, predict_network, predicted_numbers
from engine.parallel import one_blas_thread

N_DRAWS = 200
_MOST_KEPT = 10_000  # probabilities of one score, since every iteration has one
_MOST_TERMS = 2**27  # of sums over configurations, while the user waits for a picture


@dataclass(frozen=True, eq=False)
class Score:
    """Scores on some of the rows.

    Each row counts by its weight, and those of weight 0 are left out. n_rows: the sum of weights.
    log_loss: the mean of −ln p(y | x) in nats, the cross-entropy. accuracy: the share of rows that are right.
    confusion: (g, g) rows of each class (down) that are predicted as each class (across). log_loss_error: the standard
    error of the log-loss where p(y | x) is estimated from draws, else 0. probabilities: (n, g), None of many rows, or
    where some are left out.
    """

    n_rows: float
    log_loss: float
    accuracy: float
    confusion: Array | IntArray
    log_loss_error: float = 0.0
    probabilities: Array | None = None

    @property
    def hits(self) -> float:
        """How many rows are classified correctly, by their weights."""
        return whole(float(np.trace(self.confusion)))


@dataclass(frozen=True, eq=False)
class NumberScore:
    """Scores on some of the rows whose targets are numbers.

    log_loss: the mean of −ln p(y | x), of the density in nats. rmse: the root of the mean squared error, in the
    target's unit. predictions: (n,) E[y | x], None of many rows, or where some are left out.
    """

    n_rows: float
    log_loss: float
    rmse: float
    predictions: Array | None = None
    log_loss_error: float = 0.0


AnyScore = Score | NumberScore


@dataclass(frozen=True, eq=False)
class Progress(LearningPoint):
    """A point of the learning curves of a network, and its scores by the way of predicting that was chosen.

    train, test: on the training rows and on the held-back rows, if any.
    """

    train: AnyScore
    test: AnyScore | None


def way_of(model: Any, prediction: Prediction) -> str:
    """The way of predicting that its scores are by, in a word; "" where there is one alone."""
    return prediction if "hidden_units" in model.option_values else ""


def loss_name(model: Any, prediction: Prediction) -> str:
    """What its losses are called: by which of the two ways of predicting, where there are two."""
    return f"{way_of(model, prediction)} loss".strip()


def predicted(params: Any, inputs: Array, prediction: Prediction) -> Array:
    """(n, g) class probabilities of rows; what is sampled is drawn with the same numbers every time."""
    return predict_network(params, inputs, prediction, generator=np.random.default_rng(0), n_draws=N_DRAWS)


def said_by(model: Any, params: Any, inputs: Array, prediction: Prediction) -> Array:
    """(n, g) class probabilities of rows; prediction: of a network, which has two ways."""
    if isinstance(params, NetworkParams):
        return predicted(params, inputs, prediction)
    with one_blas_thread():
        found: Array = model.predict_proba(params, model.observe_new(inputs, params))
    return found


def said_exactly(params: Any, prediction: Prediction) -> bool:
    """Whether what is said by these parameters is computed, not estimated from draws."""
    if not isinstance(params, NetworkParams) or params.numeric or prediction == "forward":
        return True
    return prediction == "marginal" and exactly_predictable(params)


def numbers_said_by(model: Any, params: Any, inputs: Array) -> Array:
    """(n,) E[y | x] of rows, of a model that learns numbers."""
    with one_blas_thread():
        found: Array = model.predict_mean(params, model.observe_new(inputs, params))
    return found


def affordable_rows(params: Any, most: int = 20_000) -> int:
    """How many rows can be predicted fast enough to answer a key press."""
    if not isinstance(params, NetworkParams):
        return most
    units = sum(params.sizes)
    rows = _MOST_TERMS >> units if exactly_predictable(params) else _MOST_TERMS // (4_000 * units)
    return int(min(most, max(100, rows)))


def score(model: Any, params: Any, split: TrainTestSplit, rows: IntArray) -> AnyScore | None:
    """The score of the parameters on these rows of the data, by the split's way of predicting; None for no rows."""
    found = _reports(model, params, split, rows)
    return None if found is None else _score(found[split.prediction], split, rows)


def _reports(model: Any, params: Any, split: TrainTestSplit, rows: IntArray) -> dict[str, Report] | None:
    """By the weights of the data; None where no row counts."""
    weights = None if split.weights is None else split.weights[rows]
    X, targets, weights = counted(split.inputs[rows], split.targets[rows], weights)
    found: dict[str, Report] | None = model.reports(params, X, targets, weights) if len(X) else None
    return found


def _score(found: Report, split: TrainTestSplit, rows: IntArray) -> AnyScore:
    n_rows = split.n_counted(rows)
    said = found.predictions if isinstance(found, NumberReport) else found.probabilities
    kept = said if said.size <= _MOST_KEPT and len(said) == len(rows) else None
    if isinstance(found, NumberReport):
        return NumberScore(n_rows, found.log_loss, found.rmse, kept, found.log_loss_error)
    return Score(n_rows, found.log_loss, found.accuracy, found.confusion, found.log_loss_error, kept)


def progress(model: Any, step: Step, split: TrainTestSplit) -> Progress:
    """The scores of a step's parameters on both parts of the data; an E-step has those of the step before."""
    train, test = (_reports(model, step.params, split, rows) for rows in (split.train, split.test))
    assert train is not None  # a split leaves training rows
    point, usual = learning_point(step, train, test), split.prediction
    held_back = None if test is None else _score(test[usual], split, split.test)
    trained = _score(train[usual], split, split.train)
    return Progress(point.iteration, point.seconds, point.passes, point.scores, trained, held_back)


@dataclass(frozen=True, eq=False)
class RowPrediction:
    """A network's predictions for one row, made in three ways: (g,) class probabilities each.

    exact: the marginal is a sum over all hidden configurations, not an estimate from draws.
    """

    forward: Array
    marginal: Array
    sampled: Array
    exact: bool


def predict_row(params: Any, inputs: Array) -> RowPrediction:
    """The predictions of these parameters for one row with inputs (p,); where numbers are learned (1,) E[y | x]."""
    row = inputs[None, :]
    if params.numeric:
        mean = predicted_numbers(params, np.hstack([np.ones((1, 1)), row]))
        return RowPrediction(mean, mean, mean, exactly_predictable(params))
    forward, marginal, sampled = (predicted(params, row, way)[0] for way in ("forward", "marginal", "sampled"))
    return RowPrediction(forward, marginal, sampled, exactly_predictable(params))
