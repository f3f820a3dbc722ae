"""Methods × seeds: the same rows and the same start for every method, a run at a time, and a table of the outcome.

    study = Study(data.X, data.y, {"EM": LatentMLP(m_step="newton"), "backprop": BackpropMLP()}, seeds=range(20))
    print("\\n".join(study.result().lines()))

A method is any supervised model; a grid of options is a method for each of its cells. Where one of them is to be
chosen, that is by validation rows, which are taken from the training rows: the test rows are left for the winner.

    rows  =  training rows + test rows          training rows  =  rows to fit + validation rows
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.analysis.prediction_score import prediction_score
from engine.analysis.usual_methods import usual_methods as usual_methods
from engine.arrays import Array, IntArray, as_numbers
from engine.data.train_test import Split, train_test_split, validation_split
from engine.data.units import standard_units
from engine.em.class_labels import target_codes
from engine.em.loop import iterate
from engine.em.model import Model
from engine.errors import DataError, EngineError, OptionError
from engine.options import whole_number

MISSING = "–"
_NOWHERE = (math.nan, math.nan)


@dataclass(frozen=True)
class StudyRun:
    """One run of a method from one seed.

    Attributes:
        iterations: of EM, or epochs of backpropagation.
        seconds: spent computing, without reports.
        train_log_loss, train_accuracy: of the rows that were fitted: mean −ln p(y | x) in nats, and the share of rows
            that are right, by the prediction that the method was trained for.
        validation_log_loss, validation_accuracy: the same of the validation rows; nan where there are none.
        test_log_loss, test_accuracy: the same of the test rows; nan where they are not to be looked at, or there are
            none.
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
    error: str | None = None


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

    def learned(self, method: str, accuracy: float = 0.95) -> int:
        """From how many seeds the fitted rows came out right to this share at least."""
        return int((self.column(method, "train_accuracy") >= accuracy).sum())

    @property
    def errors(self) -> tuple[StudyRun, ...]:
        """The runs that could not be made."""
        return tuple(run for run in self.runs if run.error is not None)

    @property
    def best(self) -> str | None:
        """The method with the highest mean accuracy on validation rows, and the lowest log-loss there among equals.

        None before there is one.
        """
        ranked = [
            (round(self.mean(method, "validation_accuracy"), 12), -self.mean(method, "validation_log_loss"), method)
            for method in self.methods
            if math.isfinite(self.mean(method, "validation_accuracy"))
        ]
        first = max((rank[:2] for rank in ranked), default=None)
        return next((method for *rank, method in ranked if tuple(rank) == first), None)

    def lines(self) -> list[str]:
        """A table of means over the seeds with their standard deviations in brackets, a method a line."""
        columns = [("iterations", "iterations", 0), ("seconds", "seconds", 3), *_scores(self.runs)]
        table = [("method", "seeds", *(head for head, _, _ in columns))]
        for method in self.methods:
            made = sum(run.error is None for run in self.of(method))
            table.append((method, str(made), *(self._cell(method, name, digits) for _, name, digits in columns)))
        widths = [max(len(row[j]) for row in table) for j in range(len(table[0]))]
        return [
            "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
            for row in table
        ]

    def _cell(self, method: str, name: str, digits: int) -> str:
        if all(run.error is not None for run in self.of(method)):
            return MISSING
        mean, spread = self.mean(method, name), self.spread(method, name)
        return MISSING if math.isnan(mean) else f"{mean:z.{digits}f} ({spread:z.{digits}f})"


@dataclass(frozen=True, eq=False)
class Study:
    """What is to be run: every method from every seed; from one seed all have the same rows and the same start.

    Attributes:
        X: (n, p) inputs, in the data's own units.
        y: (n,) classes, in any labels.
        methods: supervised models by the name that the table shows.
        seeds: each draws a start, the validation rows, and a split unless `split_seed` does.
        max_iter: iterations of EM, epochs of backpropagation.
        tol: stop sooner where the objective changes by less than this per row; 0 for the whole of `max_iter`.
        train_share, stratified: of the split (see `train_test_split`); a share of 1 holds back no test rows.
        split_seed: of one split for all seeds; None where each seed draws its own.
        validation_share: of the training rows, held back to choose by; then no run looks at the test rows but those
            of `tested`. 0: nothing is chosen, and every run is scored on the test rows.
        standardize: scale inputs by mean and standard deviation of the rows that are fitted, so that nothing about
            the others leaks into the fit.
        sample_weight: (n,) how often a row counts, in the fit and in the scores; a row of weight 0 is left out.
        prediction: what scores are by, "marginal" or "forward"; None: each method by what it is trained by.

    Raises EngineError on making one, in one sentence, where the data or an option can't be used.
    """

    X: Any
    y: Any
    methods: Mapping[str, Model[Any, Any]]
    seeds: Sequence[int] = range(20)
    max_iter: int = 50
    tol: float = 0.0
    train_share: float = 0.6
    stratified: bool = True
    split_seed: int | None = None
    validation_share: float = 0.0
    standardize: bool = False
    sample_weight: Any = None
    prediction: str | None = None
    _table: Array = field(init=False, repr=False)
    _targets: IntArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check what can be checked before the first run."""
        if not self.methods:
            raise OptionError("a study needs at least one method: name a model.")
        if not len(self.seeds):
            raise OptionError("a study needs at least one seed.")
        unsuited = next((name for name, model in self.methods.items() if not model.supervised), None)
        if unsuited is not None:
            raise OptionError(f"a study compares models that learn targets, and {unsuited!r} is none: name a network.")
        whole_number("max_iter", self.max_iter, 1)
        if self.y is None:
            raise DataError("a study needs y, the class of each row.")
        object.__setattr__(self, "_table", as_numbers(self.X))
        object.__setattr__(self, "_targets", target_codes(self.y)[0])
        if self._table.ndim != 2 or len(self._table) != len(self._targets):
            raise DataError(
                f"X must have a row for each of the {len(self._targets)} classes of y, not shape {self._table.shape}."
            )
        self.rows(self.seeds[0])

    @property
    def n_runs(self) -> int:
        """How many runs there are, without those of `tested`."""
        return len(self.methods) * len(self.seeds)

    def rows(self, seed: int) -> Split:
        """The training rows and the test rows of a seed."""
        if self.train_share == 1.0:
            return Split(np.arange(len(self._targets)), np.arange(0))
        return train_test_split(
            self._targets,
            train_share=self.train_share,
            stratified=self.stratified,
            seed=seed if self.split_seed is None else self.split_seed,
        )

    def runs(self) -> Iterator[StudyRun]:
        """Run one seed after the other, so that a rough table appears early; a run that can't be made says why."""
        for seed in self.seeds:
            for method in self.methods:
                yield self._run(method, seed, choosing=self.validation_share > 0)

    def tested(self, method: str) -> Iterator[StudyRun]:
        """The chosen method, fitted again to all training rows from every seed: now the test rows are looked at."""
        for seed in self.seeds:
            yield self._run(method, seed, choosing=False)

    def result(self, progress: Callable[[StudyRun], bool] | None = None) -> StudyResult:
        """All runs. progress: told each; False ends the study there."""
        found: list[StudyRun] = []
        for run in self.runs():
            found.append(run)
            if progress is not None and not progress(run):
                break
        return StudyResult(tuple(found))

    def _run(self, method: str, seed: int, choosing: bool) -> StudyRun:
        try:
            return self._fitted(method, seed, choosing)
        except EngineError as error:
            return StudyRun(method, seed, error=str(error))

    def _fitted(self, method: str, seed: int, choosing: bool) -> StudyRun:
        split, model = self.rows(seed), self.methods[method]
        fitted, judged = split.train, split.test
        if choosing:
            inner = validation_split(self._targets, split.train, share=self.validation_share, seed=seed)
            fitted, judged = inner.train, inner.test
        weights = None if self.sample_weight is None else as_numbers(self.sample_weight)
        weight, other_weight = (None, None) if weights is None else (weights[fitted], weights[judged])
        missing = np.setdiff1d(self._targets, self._targets[fitted if weight is None else fitted[weight > 0]])
        if len(missing):
            raise DataError(f"class {missing[0]} has no training row in this split: stratify it, or take another seed.")
        X, y = self._table, self._targets
        if self.standardize:
            X = standard_units(X[fitted])[0].to_standard(X)
        last = None
        for step in iterate(
            model, X[fitted], y[fitted], sample_weight=weight, seed=seed, max_iter=self.max_iter, tol=self.tol
        ):
            if last is not None:
                last.release(keep=step)
            last = step
        assert last is not None
        way, other = self.prediction, _NOWHERE
        train = prediction_score(model, last.params, X[fitted], y[fitted], way, weight)
        if len(judged):
            other = prediction_score(model, last.params, X[judged], y[judged], way, other_weight)
        validation, test = (other, _NOWHERE) if choosing else (_NOWHERE, other)
        return StudyRun(method, seed, last.iteration, last.seconds, *train, *validation, *test)


def _known(values: Array) -> Array:
    return values[np.isfinite(values)]


def _scores(runs: Sequence[StudyRun]) -> list[tuple[str, str, int]]:
    """(head, attribute, digits) of the scores that some run has, the fitted rows first."""
    found = [("train log-loss", "train_log_loss", 3), ("train acc", "train_accuracy", 3)]
    for rows in ("validation", "test"):
        if any(math.isfinite(getattr(run, f"{rows}_log_loss")) for run in runs):
            found += [(f"{rows} log-loss", f"{rows}_log_loss", 3), (f"{rows} acc", f"{rows}_accuracy", 3)]
    return sorted(found, key=lambda one: one[1].endswith("accuracy"))  # losses, then accuracies, as they were found
