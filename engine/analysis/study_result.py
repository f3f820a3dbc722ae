"""What methods × seeds have come to: a run each, means by method, and the method that validation rows choose."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from engine.arrays import Array

MISSING = "–"
Measure = Literal["accuracy", "rmse"]
"""How well rows are predicted, beside the log-loss: of classes, and of numbers."""
_LARGER_IS_BETTER: Mapping[Measure, int] = {"accuracy": 1, "rmse": -1}


@dataclass(frozen=True)
class StudyRun:
    """One run of a method from one seed.

    Attributes:
        iterations: of EM, or epochs of backpropagation.
        seconds: spent computing, without reports.
        train_log_loss: of the rows that were fitted: mean −ln p(y | x) in nats, of a density where numbers are
            learned; by the prediction that the method was trained for, as the other scores.
        train_accuracy: the share of rows that are right; nan where numbers are learned.
        train_rmse: the root of the mean squared error, in the target's unit; nan where classes are learned.
        validation_log_loss, validation_accuracy, validation_rmse: of the validation rows; nan where there are none.
        test_log_loss, test_accuracy, test_rmse: of the test rows; nan where they are not to be looked at, or there
            are none.
        error: in words, why it could not be run; None where it was.
    """

    method: str
    seed: int
    iterations: int = 0
    seconds: float = math.nan
    train_log_loss: float = math.nan
    train_accuracy: float = math.nan
    validation_log_loss: float = math.nan
    validation_accuracy: float = math.nan
    test_log_loss: float = math.nan
    test_accuracy: float = math.nan
    train_rmse: float = math.nan
    validation_rmse: float = math.nan
    test_rmse: float = math.nan
    error: str | None = None

    def record(self, measure: Measure) -> dict[str, Any]:
        """Its attributes by name, as far as a run has them whose predictions are compared by `measure`."""
        other = "_accuracy" if measure == "rmse" else "_rmse"
        return {name: value for name, value in asdict(self).items() if not name.endswith(other)}


@dataclass(frozen=True)
class StudyResult:
    """The runs so far, and what they come to, method by method."""

    runs: tuple[StudyRun, ...] = ()

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods in the order in which they were run first."""
        return tuple(dict.fromkeys(run.method for run in self.runs))

    def of(self, method: str) -> tuple[StudyRun, ...]:
        """The runs of a method."""
        return tuple(run for run in self.runs if run.method == method)

    def column(self, method: str, name: str) -> Array:
        """(runs,) one attribute of the runs of a method; nan where a run could not be made."""
        return np.array([getattr(run, name) for run in self.of(method)], dtype=float)

    def mean(self, method: str, name: str) -> float:
        """The mean of an attribute over the seeds so far; nan where there is none."""
        known = _known(self.column(method, name))
        return float(known.mean()) if len(known) else math.nan

    def spread(self, method: str, name: str) -> float:
        """The standard deviation of an attribute over the seeds so far; nan where there is none."""
        known = _known(self.column(method, name))
        return float(known.std()) if len(known) else math.nan

    @property
    def measure(self) -> Measure:
        """What the methods are compared by, beside the log-loss: "rmse" where they learn numbers, else "accuracy"."""
        return "rmse" if any(math.isfinite(run.train_rmse) for run in self.runs) else "accuracy"

    def learned(self, method: str, accuracy: float = 0.95) -> int:
        """From how many seeds the fitted rows came out right to this share at least."""
        return int((self.column(method, "train_accuracy") >= accuracy).sum())

    @property
    def errors(self) -> tuple[StudyRun, ...]:
        """The runs that could not be made."""
        return tuple(run for run in self.runs if run.error is not None)

    @property
    def best(self) -> str | None:
        """The method with the highest mean accuracy on validation rows, of numbers with the lowest RMSE there.

        Among equals it is that with the lowest log-loss. None before there is one.
        """
        what, sign = f"validation_{self.measure}", _LARGER_IS_BETTER[self.measure]
        ranked = [
            (float(f"{sign * self.mean(method, what):z.12g}"), -self.mean(method, "validation_log_loss"), method)
            for method in self.methods
            if math.isfinite(self.mean(method, what))
        ]
        first = max((rank[:2] for rank in ranked), default=None)
        return next((method for *rank, method in ranked if tuple(rank) == first), None)

    def lines(self) -> list[str]:
        """A table of means over the seeds with their standard deviations in brackets, a method a line."""
        columns = [("iterations", "iterations", ".0f"), ("seconds", "seconds", ".3f"), *_scores(self)]
        table = [("method", "seeds", *(head for head, _, _ in columns))]
        for method in self.methods:
            made = sum(run.error is None for run in self.of(method))
            table.append((method, str(made), *(self._cell(method, name, how) for _, name, how in columns)))
        widths = [max(len(row[j]) for row in table) for j in range(len(table[0]))]
        return [
            "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
            for row in table
        ]

    def _cell(self, method: str, name: str, how: str) -> str:
        if all(run.error is not None for run in self.of(method)):
            return MISSING
        mean, spread = self.mean(method, name), self.spread(method, name)
        return MISSING if math.isnan(mean) else f"{mean:z{how}} ({spread:z{how}})"


def _known(values: Array) -> Array:
    return values[np.isfinite(values)]


def _scores(found: StudyResult) -> list[tuple[str, str, str]]:
    """(head, attribute, format) of the scores that some run has, the fitted rows first: losses, then the others."""
    kinds = ["train"]
    for rows in ("validation", "test"):
        if any(math.isfinite(getattr(run, f"{rows}_log_loss")) for run in found.runs):
            kinds.append(rows)
    other, how = ("acc", ".3f")
    if found.measure == "rmse":
        other, how = "RMSE", _as_wide([found.mean(one, f"{rows}_rmse") for rows in kinds for one in found.methods])
    losses = [(f"{rows} log-loss", f"{rows}_log_loss", ".3f") for rows in kinds]
    return losses + [(f"{rows} {other}", f"{rows}_{found.measure}", how) for rows in kinds]


def _as_wide(values: Sequence[float]) -> str:
    """A format with four digits of the least of these numbers, in whatever unit they are."""
    known = [value for value in values if value > 0]
    if not known or not 1e-4 < min(known) <= max(known) < 1e7:
        return ".3e"
    return f".{max(0, 3 - math.floor(math.log10(min(known))))}f"
