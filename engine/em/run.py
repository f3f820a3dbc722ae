"""`Run`: what a fit gives, and `Restart`: how one of several starts ended."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, IntArray
from engine.em.class_labels import labels_of
from engine.em.evaluation import Posterior
from engine.em.model import Model
from engine.em.step import Step, Theta
from engine.em.timeline import Timeline
from engine.em.value_html import run_html
from engine.em.value_text import with_lines
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

    def __repr__(self) -> str:
        """How it ended, and θ there."""
        tried = "" if len(self.restarts) == 1 else f"the best of {len(self.restarts)} starts"
        title = f"Run(n_iter={self.n_iter}, converged={self.converged})"
        return with_lines(title, [repr(self.step.problem), self.stop_reason, tried]) + f"\n{self.params!r}"

    def _repr_html_(self) -> str:
        """In a notebook: the objective by iteration, some of the rows at the end, and a table."""
        ended = "converged" if self.converged else "stopped"
        tried = {} if len(self.restarts) == 1 else {"starts": f"the best of {len(self.restarts)}"}
        plural = "" if self.n_iter == 1 else "s"
        return run_html(f"Run: {ended} after {self.n_iter} iteration{plural}", self.timeline.steps, tried)

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

        A component that stands for none of y's labels gives "" among words, −1 among numbers. Where numbers are
        learned it is E[y | x].
        """
        if self.model.supervised and self.step.problem.data.class_labels is None:
            data = self.model.observe_new(X, self.params)
            with one_blas_thread():
                return self.model.predict_mean(self.params, data)
        return labels_of(self.predict_proba(X).argmax(axis=1), self.step.problem.data.class_labels)

    @cached_property
    def classes_(self) -> NDArray[Any]:
        """The labels behind the columns of `predict_proba`: those of y, sorted; components from 0 without them."""
        labels = self.step.problem.data.class_labels
        return np.arange(len(self.model.component_names(self.params))) if labels is None else labels


def report(seed: int, timeline: Timeline) -> Restart:
    """How the start of this seed ended."""
    last = timeline[-1]
    return Restart(seed, last.objective, last.iteration, last.converged, last.stop_reason or "")
