"""Many seeds of a network, EM beside backpropagation: iterations, seconds, loss and accuracy, as a table.

from engine.reference.network_study import network_study
study = network_study(data.X, data.y, methods, seeds=range(20))
print("\\n".join(study.lines()))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.baselines.backprop import BackpropMLP
from engine.data.train_test import train_test_split
from engine.em.class_labels import target_codes
from engine.em.loop import iterate
from engine.em.model import Model
from engine.errors import OptionError
from engine.models.network.model import LatentMLP
from engine.models.network.predict import Prediction, network_report

NetworkModel = LatentMLP | BackpropMLP
Rows = tuple[Any, Any]  # inputs and classes


@dataclass(frozen=True)
class StudyRun:
    """One run of a method from one seed, which drew the split and the start.

    Attributes:
        iterations: of EM, or epochs of backpropagation.
        seconds: spent computing, without reports.
        train_log_loss, test_log_loss: mean −ln p(y | x) in nats, by the prediction that the method was trained for.
        train_accuracy, test_accuracy: the share of rows that are right, by the same prediction.
    """

    method: str
    seed: int
    iterations: int
    seconds: float
    train_log_loss: float
    test_log_loss: float
    train_accuracy: float
    test_accuracy: float


@dataclass(frozen=True)
class Study:
    """The outcomes of every method and seed, method by method."""

    outcomes: tuple[StudyRun, ...]

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods in the order in which they were given."""
        return tuple(dict.fromkeys(outcome.method for outcome in self.outcomes))

    def column(self, method: str, name: str) -> Array:
        """(seeds,) one attribute of the outcomes of a method."""
        return np.array([getattr(outcome, name) for outcome in self.outcomes if outcome.method == method], dtype=float)

    def learned(self, method: str, accuracy: float = 0.95) -> int:
        """From how many seeds the training rows came out right to this share at least."""
        return int((self.column(method, "train_accuracy") >= accuracy).sum())

    def lines(self) -> list[str]:
        """A table of means over the seeds with their standard deviations in brackets, a method a line."""
        heads = ("method", "seeds", "iterations", "seconds", "train log-loss", "test log-loss", "train acc", "test acc")
        names = ("iterations", "seconds", "train_log_loss", "test_log_loss", "train_accuracy", "test_accuracy")
        digits = (0, 3, 3, 3, 3, 3)
        table: list[tuple[str, ...]] = [heads]
        for method in self.methods:
            columns = [self.column(method, name) for name in names]
            cells = (f"{c.mean():z.{d}f} ({c.std():z.{d}f})" for c, d in zip(columns, digits, strict=True))
            table.append((method, str(len(columns[0])), *cells))
        widths = [max(len(row[j]) for row in table) for j in range(len(heads))]
        return [
            "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
            for row in table
        ]


def usual_methods(hidden_units: int = 7, weight_decay: float = 0.01) -> dict[str, NetworkModel]:
    """EM with each M-step, and backpropagation at the textbook's learning rate and at rates that suit it better.

    The last one climbs EM's own objective.
    """

    def em(m_step: str, learning_rate: float = 0.005) -> LatentMLP:
        return LatentMLP(hidden_units, m_step=m_step, learning_rate=learning_rate, weight_decay=weight_decay)

    def backprop(optimizer: str, learning_rate: float, loss: str = "forward") -> BackpropMLP:
        return BackpropMLP(hidden_units, optimizer, loss, learning_rate, weight_decay=weight_decay)

    return {
        "EM, newton": em("newton"),
        "EM, lbfgs": em("lbfgs"),
        "EM, ecm": em("ecm"),
        "EM, gradient .005": em("gradient"),
        "EM, gradient .05": em("gradient", 0.05),
        "backprop, sgd .005": backprop("sgd", 0.005),
        "backprop, sgd .1": backprop("sgd", 0.1),
        "backprop, adam .3": backprop("adam", 0.3),
        "backprop, adam .3, marginal": backprop("adam", 0.3, "marginal"),
    }


def network_study(
    X: Any,
    y: Any,
    methods: Mapping[str, NetworkModel],
    *,
    seeds: Iterable[int] = range(20),
    max_iter: int = 50,
    tol: float = 0.0,
    train_share: float = 0.6,
    stratified: bool = True,
    progress: Callable[[StudyRun], bool] | None = None,
) -> Study:
    """Run every method from every seed; with one seed, all have the same split and the same starting weights.

    Args:
        X: (n, p) inputs, raw or standardized.
        y: (n,) classes, in any labels.
        methods: models by the name that the table shows.
        seeds: each draws a split and a start.
        max_iter: iterations of EM, epochs of backpropagation.
        tol: stop sooner where the objective changes by less than this per row; 0 for the whole of `max_iter`.
        train_share, stratified: of the split; see `train_test_split`.
        progress: told each outcome; False ends the study there.

    Raises:
        EngineError: the data or an option can't be used; one sentence.
    """
    if not methods:
        raise OptionError("a study needs at least one method: name a model.")
    table, (targets, _) = np.asarray(X), target_codes(y)
    outcomes = []
    for (method, model), seed in product(methods.items(), seeds):
        split = train_test_split(targets, train_share=train_share, stratified=stratified, seed=seed)
        train, test = ((table[rows], targets[rows]) for rows in (split.train, split.test))
        outcomes.append(_outcome(method, model, seed, train, test, max_iter, tol))
        if progress is not None and not progress(outcomes[-1]):
            break
    return Study(tuple(outcomes))


def _outcome(
    method: str, model: NetworkModel, seed: int, train: Rows, test: Rows, max_iter: int, tol: float
) -> StudyRun:
    either: Model[Any, Any] = model
    for step in iterate(either, *train, seed=seed, max_iter=max_iter, tol=tol):
        last = step
    usual: Prediction = "forward" if model.forward_pass else "marginal"
    on_train = network_report(last.params, *train, predictions=(usual,))[usual]
    on_test = network_report(last.params, *test, predictions=(usual,))[usual]
    return StudyRun(
        method, seed, last.iteration, last.seconds,
        on_train.log_loss, on_test.log_loss, on_train.accuracy, on_test.accuracy,
    )  # fmt: skip
