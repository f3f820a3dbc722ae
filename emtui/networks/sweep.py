"""Learning rate × hidden units: both ways to train a network from several seeds, a run at a time. No screen here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from emtui.networks.scores import score
from emtui.spec.rival_model import rival_model
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import sample_weight_of, split_of, table_of
from engine.arrays import Array
from engine.em.loop import iterate
from engine.errors import EngineError, OptionError
from engine.models import model_class
from engine.parallel import one_blas_thread

Side = Literal["own", "rival"]
SIDES: tuple[Side, ...] = ("own", "rival")
RATES = (0.001, 0.005, 0.02, 0.1, 0.5)
UNITS = (1, 2, 4, 7, 12)


@dataclass(frozen=True)
class SweepGrid:
    """The grid of a sweep.

    rates: learning rates. units: hidden units. n_seeds: each draws a split and a start. max_iter: iterations, epochs.
    """

    rates: tuple[float, ...] = RATES
    units: tuple[int, ...] = UNITS
    n_seeds: int = 3
    max_iter: int = 50

    def __post_init__(self) -> None:
        if not self.rates or not self.units or self.n_seeds < 1 or self.max_iter < 1:
            raise OptionError("a sweep needs a learning rate, a number of hidden units, a seed and an iteration.")

    @property
    def n_runs(self) -> int:
        """The number of runs: both methods, all cells, all seeds."""
        return 2 * len(self.rates) * len(self.units) * self.n_seeds


@dataclass(frozen=True)
class SweepRun:
    """One run: of which method, in which cell, from which seed, and how it ended; nan where it could not be run."""

    side: Side
    rate: int
    units: int
    seed: int
    test_accuracy: float
    train_loss: float


@dataclass(frozen=True, eq=False)
class SweepResult:
    """The results so far.

    grid: what is swept. runs: in the order in which they were done.
    """

    grid: SweepGrid
    runs: tuple[SweepRun, ...] = ()

    def table(self, side: Side, what: Literal["test_accuracy", "train_loss"]) -> Array:
        """(units, rates) means over the seeds so far; nan where none was run, or none could be."""
        shape = (len(self.grid.units), len(self.grid.rates))
        total, count = np.zeros(shape), np.zeros(shape)
        for run in self.runs:
            value = getattr(run, what)
            if run.side == side and np.isfinite(value):
                total[run.units, run.rate] += value
                count[run.units, run.rate] += 1
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def cell(self, side: Side, units: int, rate: int) -> tuple[SweepRun, ...]:
        """The runs of one method in one cell."""
        return tuple(run for run in self.runs if (run.side, run.units, run.rate) == (side, units, rate))


def models_of(spec: RunSpec, side: Side, rate: float, units: int) -> Any:
    """The model of a cell: the spec's own or its rival, with this learning rate and number of hidden units.

    Raises:
        EngineError: there is no such model; one sentence.
    """
    own = spec.model
    if not own.supervised:
        raise OptionError("A sweep is for networks: choose the model mlp or backprop.")
    own = _with(own, learning_rate=rate, hidden_units=units)
    return own if side == "own" else _with(rival_model(replace(spec, model=own)), learning_rate=rate)


def _with(model: Any, **changes: Any) -> Any:
    return model_class(model.name)(**model.option_values | changes)


def has_rate(model: Any) -> bool:
    """Whether the model uses a learning rate; Newton's method and L-BFGS don't."""
    return bool(model.ascent == "gradient")


def sweep(spec: RunSpec, grid: SweepGrid) -> Iterator[SweepRun]:
    """Run the whole grid, one seed after the other, so that a rough picture appears early.

    A method without a learning rate is run once for each number of units; that run counts for every rate.
    """
    for number in range(grid.n_seeds):
        seeded = replace(spec, seed=spec.seed + number, split_seed=None, start=None, start_file=None)
        for m, units in enumerate(grid.units):
            for side in SIDES:
                known: tuple[float, float] | None = None
                for r, rate in enumerate(grid.rates):
                    model = models_of(spec, side, rate, units)
                    if known is None or has_rate(model):
                        known = _ended(replace(seeded, model=model), grid.max_iter)
                    yield SweepRun(side, r, m, seeded.seed, *known)


def _ended(spec: RunSpec, max_iter: int) -> tuple[float, float]:
    """Accuracy on the held-back rows (on all where none are) and log-loss on the training rows at the end."""
    split = split_of(spec)
    assert split is not None
    (X, y), weights = table_of(spec), sample_weight_of(spec)
    try:
        with one_blas_thread():
            for step in iterate(spec.model, X, y, sample_weight=weights, seed=spec.seed, max_iter=max_iter, tol=0.0):
                last = step
        train = score(spec.model, last.params, split, split.train)
        test = score(spec.model, last.params, split, split.test)
    except EngineError:
        return float("nan"), float("nan")
    assert train is not None
    return (train if test is None else test).accuracy, train.log_loss
