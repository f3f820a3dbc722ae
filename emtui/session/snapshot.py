"""A frame: everything that the panes show of one step, as one frozen value. Panes read it; they compute no EM."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of
from engine.analysis.evaluation import Agreement
from engine.arrays import Array, IntArray
from engine.em.run import Run
from engine.em.step import Phase, Step

if TYPE_CHECKING:
    from emtui.networks.rival import MethodComparison
    from engine.explain.ledger import Ledger


@dataclass(frozen=True)
class Record:
    """The scalars of one recorded step, for the curves and the ledger: all belong to that step's parameters."""

    index: int  # its place on the branch, 0 for the start
    iteration: int
    phase: Phase
    log_likelihood: float
    log_prior: float
    objective: float
    elbo: float
    kl: float
    q_value: float
    entropy: float
    seconds: float
    hits: int | None  # rows whose matched label is right, where classes are known
    by_hand: bool = False  # a person moved the parameters, or weighed the rows
    ends: bool = False  # a rule says why to stop here
    algorithm: str = "classic"  # as typed after --algorithm: a temperature is turned on the way
    draw: int = 0  # which draw of the seed E-steps make, where one was made anew


@dataclass(frozen=True, eq=False)
class Baseline:
    """k-means on the same data with the same K: the best run of its starts, and how it agrees.

    began_em: it is the very k-means from whose clusters the model began.
    """

    run: Run
    agreement: Agreement | None
    began_em: bool = False

    def step_at(self, iteration: int, phase: Phase = "M") -> Step:
        """k-means at the same half-step, or at rest if it got there earlier; never before its first assignment."""
        steps = self.run.timeline.steps  # init, E, M, E, M, …
        place = 2 * iteration - (phase == "E")
        return steps[max(1, min(place, len(steps) - 1))]


@dataclass(frozen=True, eq=False)
class StepSnapshot:
    """One step as the screen shows it.

    Attributes:
        spec: what the user picked.
        step, previous: the step under the cursor, and the one before it (None at the start).
        records: of every step on this branch, oldest first; `records[cursor]` is this step's.
        cursor: the place of the step on its branch.
        branch, n_branches: the current branch, counted from 0, and how many there are.
        trail: θ of the start and of each M-step up to the cursor.
        rows: (m,) the rows of the data that the picture draws: all that the model is fitted to, or an even draw
            where there are too many.
        responsibilities: (m, K) of those rows; None before the first E-step.
        responsibilities_before: (m, K) of those rows after the E-step before; None where there was none. After an
            M-step they are `responsibilities` themselves, since an M-step leaves them alone.
        labels: (n,) the likeliest component of every row; None before the first E-step.
        agreement: labels against the known classes; None without either.
        baseline: k-means on the same data; None where it makes no sense or is not there yet.
        note: a sentence that the screen should say beside the step's own ("this opens branch 2"), or "".
        recent: the last steps up to this one, oldest first: eight, or as many as there are.
        comparison: how a network fares on training and test rows, beside the other way to train it; None for others.
    """

    spec: RunSpec
    step: Step
    previous: Step | None
    records: tuple[Record, ...]
    cursor: int
    branch: int
    n_branches: int
    trail: tuple[Any, ...]
    rows: IntArray
    responsibilities: Array | None
    labels: IntArray | None
    agreement: Agreement | None
    baseline: Baseline | None
    note: str = ""
    responsibilities_before: Array | None = None
    comparison: MethodComparison | None = None
    recent: tuple[Step, ...] = ()

    @property
    def record(self) -> Record:
        """The scalars of this step."""
        return self.records[self.cursor]

    @property
    def previous_record(self) -> Record | None:
        """The scalars of the step before."""
        return self.records[self.cursor - 1] if self.cursor else None

    @property
    def is_last(self) -> bool:
        """No step was recorded after this one on its branch."""
        return self.cursor == len(self.records) - 1

    @cached_property
    def n_rows(self) -> int:
        """Rows of the data that the model is fitted to."""
        return self.step.problem.data.n_given

    @property
    def fitted_rows(self) -> range | IntArray:
        """The data's rows that the model is fitted to, in order: not those that a split holds back."""
        split = split_of(self.spec)
        return range(self.n_rows) if split is None else split.train

    @property
    def half_steps(self) -> Array:
        """(len(records),) each step's place on an axis of iterations: 0 at the start, t − ½ after E, t after M."""
        return np.array([record.iteration - 0.5 * (record.phase == "E") for record in self.records])

    @property
    def row_in_most_doubt(self) -> int | None:
        """The drawn row whose largest responsibility is the smallest; None without responsibilities of rows."""
        R = self.responsibilities
        if R is None or R.ndim != 2 or len(R) != len(self.rows) or not len(R):
            return None
        return int(self.rows[R.max(axis=1).argmin()])

    @cached_property
    def ledger(self) -> Ledger:
        """The numbers of this step, what each changed by, and why one fell; they are recorded, so this is cheap."""
        from engine.explain.ledger import ledger

        return ledger(self.step, self.previous)

    @property
    def moved_by_hand(self) -> bool:
        """Something was changed by hand on the way to this step: no choices lead to it by themselves."""
        return any(record.by_hand for record in self.records[: self.cursor + 1])

    def weights_of(self, rows: IntArray) -> Array | None:
        """(len(rows),) what these rows of the data count; None where each counts once."""
        weights, split = self.step.problem.data.given_weight, split_of(self.spec)
        if weights is None:
            return None
        return np.asarray(weights[rows if split is None else np.searchsorted(split.train, rows)])

    def responsibilities_of(self, rows: IntArray) -> Array | None:
        """(len(rows), K) for a page of the table; None before the first E-step."""
        posterior = self.step.posterior
        if posterior is None:
            return None
        split = split_of(self.spec)
        return posterior.rows(rows if split is None else np.searchsorted(split.train, rows))
