"""How a network fares on the rows that it learned from and on those held back: log-loss, accuracy, confusion."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from emtui.learning import Learning
from engine.arrays import Array, IntArray
from engine.errors import EngineError
from engine.models.mlp_predict import Prediction, PredictionReport, network_report, predict_network

N_DRAWS = 200
_MOST_SUMMED = 16  # units up to which every configuration is summed for every row of the table
_ROWS_OF_ONE_LOOK = 50


@dataclass(frozen=True, eq=False)
class Score:
    """On some rows.

    log_loss: the mean of −ln p(y | x) in nats, the cross-entropy. accuracy: the share of rows that are right.
    confusion: (g, g) rows of each class (down) that are predicted as each class (across).
    """

    n_rows: int
    log_loss: float
    accuracy: float
    confusion: IntArray

    @property
    def hits(self) -> int:
        """Rows that are right."""
        return int(np.trace(self.confusion))


@dataclass(frozen=True, eq=False)
class Progress:
    """A network after an iteration (or epoch): on the training rows, and on those held back where there are any.

    seconds: computed since the start. passes: how often E-steps and M-steps, or epochs, have looked at every row.
    """

    iteration: int
    seconds: float
    passes: int
    train: Score
    test: Score | None


def usual_prediction(model: Any) -> Prediction:
    """How the model predicts by itself: its marginal, a sample of it where it is too long a sum, or a forward pass."""
    if getattr(model, "loss", "marginal") == "forward":
        return "forward"
    layers = model.hidden_units
    return "marginal" if isinstance(layers, int) and layers <= _MOST_SUMMED else "sampled"


def predicted(params: Any, inputs: Array, prediction: Prediction) -> Array:
    """(n, g) class probabilities of rows; what is sampled is drawn with the same numbers every time."""
    return predict_network(params, inputs, prediction, generator=np.random.default_rng(0), n_draws=N_DRAWS)


def score(model: Any, params: Any, learning: Learning, rows: IntArray) -> Score | None:
    """How the parameters fare on these rows of the data; None for no rows."""
    if not len(rows):
        return None
    prediction = usual_prediction(model)
    found = _report(params, learning.inputs[rows], learning.targets[rows], prediction)
    return Score(len(rows), found.log_loss, found.accuracy, found.confusion)


def _report(params: Any, inputs: Array, targets: IntArray, prediction: Prediction) -> PredictionReport:
    generator = np.random.default_rng(0)
    reports = network_report(params, inputs, targets, predictions=(prediction,), generator=generator, n_draws=N_DRAWS)
    return reports[prediction]


def progress(model: Any, params: Any, learning: Learning, *, iteration: int, seconds: float, passes: int) -> Progress:
    """The scores of these parameters on both parts of the data."""
    train = score(model, params, learning, learning.train)
    assert train is not None  # a split leaves training rows
    return Progress(iteration, seconds, passes, train, score(model, params, learning, learning.test))


@dataclass(frozen=True, eq=False)
class Look:
    """One row, seen by a network: what it says of the class in three ways, (g,) probabilities each."""

    forward: Array
    marginal: Array | None
    sampled: Array


def look(params: Any, inputs: Array) -> Look:
    """What parameters say of one row, inputs (p,); the marginal is None where memory does not hold its sum."""
    row = inputs[None, :]
    try:
        marginal = predicted(params, row, "marginal")[0] if _summable(params) else None
    except EngineError:
        marginal = None
    return Look(predicted(params, row, "forward")[0], marginal, predicted(params, row, "sampled")[0])


def _summable(params: Any) -> bool:
    hidden = getattr(params, "hidden", None)
    return isinstance(hidden, np.ndarray) and hidden.ndim == 2 and len(hidden) <= _MOST_SUMMED


def mean_log_loss(probabilities: Array, targets: IntArray) -> float:
    """The mean of −ln p(y | x) in nats; ∞ where a target was given no chance."""
    chosen = probabilities[np.arange(len(targets)), targets]
    return float(-np.log(chosen).mean()) if np.all(chosen > 0) else math.inf
