"""Methods × seeds: the same rows and the same start for every method, a run at a time, and a table of the outcome.

    study = Study(data.X, data.y, {"EM": LatentMLP(m_step="newton"), "backprop": BackpropMLP()}, seeds=range(20))
    print("\\n".join(study.result().lines()))

A method is any supervised model; a grid of options is a method for each of its cells. Where one of them is to be
chosen, that is by validation rows, which are taken from the training rows: the test rows are left for the winner.
Of classes the highest accuracy on them is chosen, of numbers the lowest RMSE; among equals the lowest log-loss.

    rows  =  training rows + test rows          training rows  =  rows to fit + validation rows
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from engine.analysis.prediction_score import prediction_scores
from engine.analysis.study_result import Measure as Measure
from engine.analysis.study_result import StudyResult as StudyResult
from engine.analysis.study_result import StudyRun as StudyRun
from engine.analysis.usual_methods import usual_experts as usual_experts
from engine.analysis.usual_methods import usual_methods as usual_methods
from engine.arrays import Array, IntArray, as_numbers
from engine.data.train_test import Split, train_test_split, validation_split
from engine.data.units import standard_units
from engine.em.class_labels import target_codes
from engine.em.loop import iterate
from engine.em.model import Model
from engine.errors import DataError, EngineError, OptionError
from engine.models.number_targets import checked_numbers
from engine.options import whole_number

_NAMED = {"loss": "log_loss"}


@dataclass(frozen=True, eq=False)
class Study:
    """What is to be run: every method from every seed; from one seed all have the same rows and the same start.

    Attributes:
        X: (n, p) inputs, in the data's own units.
        y: (n,) classes, in any labels; numbers where the methods learn numbers.
        methods: supervised models by the name that the table shows.
        seeds: each draws a start, the validation rows, and a split unless `split_seed` does.
        max_iter: iterations of EM, epochs of backpropagation.
        tol: stop sooner where the objective changes by less than this per row; 0 for the whole of `max_iter`.
        train_share, stratified: of the split (see `train_test_split`); a share of 1 holds back no test rows. Rows
            whose targets are numbers are split plainly.
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
    _targets: Any = field(init=False, repr=False)
    _groups: IntArray = field(init=False, repr=False)

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
            raise DataError("a study needs y, the class or the number of each row.")
        object.__setattr__(self, "_table", as_numbers(self.X))
        numeric = self.numeric
        targets = checked_numbers(self.y, len(self._table), "a study") if numeric else target_codes(self.y)[0]
        object.__setattr__(self, "_targets", targets)
        object.__setattr__(self, "_groups", np.zeros(len(targets), dtype=np.int64) if numeric else targets)
        if self._table.ndim != 2 or len(self._table) != len(targets):
            raise DataError(
                f"X must have a row for each of the {len(targets)} classes of y, not shape {self._table.shape}."
            )
        self.rows(self.seeds[0])

    @property
    def numeric(self) -> bool:
        """Numbers are learned, and methods compared by RMSE. Raises OptionError where some learn classes of them."""
        learn = {name: model.learns_numbers(self.y) for name, model in self.methods.items()}
        if len(set(learn.values())) > 1:
            numbers, classes = (next(name for name in learn if learn[name] is which) for which in (True, False))
            raise OptionError(
                f"a study compares methods that learn the same: of these targets {numbers!r} learns numbers, and "
                f"{classes!r} classes."
            )
        return any(learn.values())

    @property
    def measure(self) -> Measure:
        """What methods are compared by, beside the log-loss: "rmse" where numbers are learned, else "accuracy"."""
        return "rmse" if self.numeric else "accuracy"

    @property
    def n_runs(self) -> int:
        """How many runs there are, without those of `tested`."""
        return len(self.methods) * len(self.seeds)

    def rows(self, seed: int) -> Split:
        """The training rows and the test rows of a seed."""
        if self.train_share == 1.0:
            return Split(np.arange(len(self._groups)), np.arange(0))
        return train_test_split(
            self._groups,
            train_share=self.train_share,
            stratified=self.stratified and not self.numeric,
            seed=seed if self.split_seed is None else self.split_seed,
            sample_weight=self.sample_weight,
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
        split, model, numeric = self.rows(seed), self.methods[method], self.numeric
        if numeric:  # also where the numbers of the rows that are fitted happen to be whole
            model = replace(model, **model.for_numbers)  # type: ignore[type-var]  # every model is a dataclass
        fitted, judged = split.train, split.test
        weights = None if self.sample_weight is None else as_numbers(self.sample_weight)
        if choosing:
            counted = fitted if weights is None else fitted[weights[fitted] > 0]
            inner = validation_split(self._groups, counted, share=self.validation_share, seed=seed)
            fitted, judged = inner.train, inner.test
        weight, other_weight = (None, None) if weights is None else (weights[fitted], weights[judged])
        missing = np.setdiff1d(self._groups, self._groups[fitted if weight is None else fitted[weight > 0]])
        if len(missing) and not numeric:
            raise DataError(f"class {missing[0]} has no training row in this split: stratify it, or take another seed.")
        X, y = self._table, self._targets
        if self.standardize:
            X = standard_units(X[fitted], weight)[0].to_standard(X)
        last = None
        for step in iterate(
            model, X[fitted], y[fitted], sample_weight=weight, seed=seed, max_iter=self.max_iter, tol=self.tol
        ):
            if last is not None:
                last.release(keep=step)
            last = step
        assert last is not None
        held_back = "validation" if choosing else "test"
        parts = {"train": (fitted, weight), held_back: (judged, other_weight)}
        scores: dict[str, Any] = {}
        for name, (rows, counts) in parts.items():
            found = prediction_scores(model, last.params, X[rows], y[rows], self.prediction, counts)
            scores |= {f"{name}_{_NAMED.get(score, score)}": value for score, value in found.items()}
        return replace(StudyRun(method, seed, last.iteration, last.seconds), **scores)
