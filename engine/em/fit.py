"""`fit`: EM until it stops, from one start or from several; `Run`: the result."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, IntArray
from engine.em.algorithms import Algorithm, algorithm_named
from engine.em.class_labels import labels_of
from engine.em.evaluation import Posterior
from engine.em.loop import begin, begin_problem, walk
from engine.em.model import Model, P
from engine.em.observed import observed
from engine.em.step import Problem, Step, Theta
from engine.em.stopping import StoppingRule, rules_for
from engine.em.timeline import Timeline
from engine.errors import EngineError, OptionError
from engine.options import whole_number
from engine.parallel import one_blas_thread


@dataclass(frozen=True, eq=False)
class Restart:
    """One of several starts: its seed and how it ended; `error` says in words why it could not be run."""

    seed: int
    objective: float
    n_iter: int
    converged: bool
    stop_reason: str
    error: str | None = None


@dataclass(frozen=True, eq=False)
class Run(Generic[Theta]):
    """A finished run of EM.

    Attributes:
        timeline: every step, for walking back; the cursor stands on the last.
        restarts: every start that was tried, in order; the best is the one kept.
    """

    timeline: Timeline
    restarts: tuple[Restart, ...]

    @property
    def step(self) -> Step[Theta]:
        """The last step."""
        return self.timeline[-1]

    @property
    def model(self) -> Model[Any, Any]:
        """The model that was fitted."""
        return self.step.problem.model

    @property
    def params(self) -> Theta:
        """θ at the end."""
        return self.step.params

    @property
    def converged(self) -> bool:
        """Whether it stopped by a rule that means convergence, and at no saddle or plateau, as far as it is known."""
        return self.step.converged

    @property
    def stop_reason(self) -> str:
        """Why the run stopped, in words."""
        return self.step.stop_reason or ""

    @property
    def n_iter(self) -> int:
        """How many iterations were done, an E and an M each."""
        return self.step.iteration

    @property
    def log_likelihood(self) -> float:
        """log p(X | θ) at the end."""
        return self.step.log_likelihood

    @cached_property
    def objectives(self) -> Array:
        """(n_iter + 1,) the objective at the start and after each M-step."""
        return np.array([step.objective for step in self.timeline.steps if step.phase != "E"])

    @cached_property
    def posterior(self) -> Posterior:
        """q(Z) at the final parameters."""
        return Posterior(self.step.at)

    @cached_property
    def labels(self) -> IntArray:
        """(n,) the likeliest component of each row at the final parameters."""
        return self.posterior.labels

    def predict_proba(self, X: Any) -> Array:
        """(n, K) probabilities of new rows at the final parameters. Raises DataError if they don't fit the model."""
        data = self.model.observe_new(X, self.params)
        with one_blas_thread():
            return self.model.predict_proba(self.params, data)

    def predict(self, X: Any) -> NDArray[Any]:
        """(n,) the likeliest label of new rows at the final parameters, as y had it; else the component, from 0.

        A component that stands for none of y's labels gives "" among words, −1 among numbers.
        """
        return labels_of(self.predict_proba(X).argmax(axis=1), self.step.problem.data.class_labels)

    @cached_property
    def classes_(self) -> NDArray[Any]:
        """The labels behind the columns of `predict_proba`: those of y, sorted; components from 0 without them."""
        labels = self.step.problem.data.class_labels
        return np.arange(len(self.model.component_names(self.params))) if labels is None else labels


def fit(
    model: Model[P, Any],
    X: Any,
    y: Any = None,
    *,
    sample_weight: Any = None,
    start: Any = None,
    seed: int = 0,
    max_iter: int = 200,
    tol: float = 1e-6,
    stopping: StoppingRule | None = None,
    algorithm: str | Algorithm = "classic",
    n_init: int = 1,
    at_rest: Callable[[Step], Step] | None = None,
) -> Run[P]:
    """Run EM until it stops, and keep every step. The arguments are those of `engine.iterate`, and:

    Args:
        n_init: how many starts to try, with seeds seed, seed + 1, …; the best objective is kept, all are reported.
        at_rest: what makes of each run's last step one that says more (`engine.analysis.rest.judged`).

    Raises:
        EngineError: the data, the start or an option can't be used, or no start could be run; one sentence.
    """
    whole_number("n_init", n_init, 1)
    seed = whole_number("seed", seed, 0)
    if start is not None and n_init > 1:
        raise OptionError("a given start can be run only once: leave out start, or n_init.")
    rules = rules_for(max_iter, tol, stopping)
    if n_init == 1:
        first = begin(model, X, y, sample_weight=sample_weight, start=start, seed=seed, algorithm=algorithm)
        timeline = _run(first, rules, at_rest)
        return Run(timeline, (report(seed, timeline),))
    data = observed(model, X, y, sample_weight, encode=True)
    chosen = algorithm_named(algorithm)
    best: Timeline | None = None
    restarts: list[Restart] = []
    for attempt in range(seed, seed + n_init):
        try:
            timeline = _run(begin_problem(Problem(model, data, chosen, attempt)), rules, at_rest)
        except EngineError as error:
            restarts.append(Restart(attempt, math.nan, 0, False, "", str(error)))
            continue
        restarts.append(report(attempt, timeline))
        if best is None or timeline[-1].objective > best[-1].objective:
            best = timeline
    if best is None:
        raise EngineError(f"none of the {n_init} starts could be run; the last said: {restarts[-1].error}")
    return Run(best, tuple(restarts))


def _run(first: Step, rules: tuple[StoppingRule, ...], at_rest: Callable[[Step], Step] | None = None) -> Timeline:
    with one_blas_thread():  # once for the whole run, not for every pass
        steps = walk(first, rules)
        timeline = Timeline(next(steps))
        for step in steps:
            timeline.record(step if at_rest is None or step.stop_reason is None else at_rest(step))
    return timeline


def report(seed: int, timeline: Timeline) -> Restart:
    """How the start of this seed ended."""
    last = timeline[-1]
    return Restart(seed, last.objective, last.iteration, last.converged, last.stop_reason or "")
