"""A step: two parameter values, θ_q at which q was chosen, and the current θ; every number follows from them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Literal

import numpy as np

from engine.em.algorithm import Algorithm
from engine.em.evaluation import Evaluation, Posterior
from engine.em.expectation import EffectiveDraws, Expectation
from engine.em.inference import EXACT, Exact, Hard, Inference, Sampled
from engine.em.maximization import Event
from engine.em.model import Model
from engine.em.observations import Observations
from engine.em.rest import Rest
from engine.em.row_text import RowName, row_number
from engine.em.value_html import step_html
from engine.em.value_text import with_lines
from engine.parallel import one_blas_thread
from engine.text import clean

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    Theta = TypeVar("Theta", default=Any)  # the parameters' class: `Step` alone is a step of any model
else:
    from typing import TypeVar

    Theta = TypeVar("Theta")

Phase = Literal["init", "E", "M"]
_EVENTS = 4  # that a step shows of itself
_ROUNDING = 1e-12
"""Relative to the log-likelihood, Q and H: what rounding may add to their difference, over a million rows, too."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What stays the same during a run: the model, the observations, the algorithm, the seed, and names.

    row_name: what rows are called. column_names, symbol_names: of columns and symbols; () where they have numbers.
    draw: 0 for the draws of the seed; each other number gives other ones from the same seed.
    """

    model: Model[Any, Any]
    data: Observations
    algorithm: Algorithm
    seed: int
    row_name: RowName = row_number
    column_names: tuple[str, ...] = ()
    symbol_names: tuple[str, ...] = ()
    draw: int = 0

    def next_at(self, params: Any, iteration: int) -> Evaluation:
        """The pass at this θ, as the E-step of this iteration chooses q there."""
        seed = self.seed
        if self.draw:
            seed = int(np.random.SeedSequence([self.seed, self.draw]).generate_state(1)[0])
        return self.at(params, self.algorithm.inference(iteration, seed))

    def __repr__(self) -> str:
        """How many rows, the algorithm, the seed, and the model."""
        rows = f"{self.data.n_rows} row{'' if self.data.n_rows == 1 else 's'}"
        return clean(f"Problem({rows}, algorithm {self.algorithm.text}, seed {self.seed}, {self.model!r})", 240)

    def at(self, params: Any, inference: Inference = EXACT) -> Evaluation:
        """The pass at this θ."""
        return Evaluation(self.model, self.data, params, inference)


@dataclass(frozen=True, eq=False)
class Step(Generic[Theta]):
    """One half-step of EM. Every number is of the parameters in `params`.

    Attributes:
        iteration: 0 at the start, t for the E and the M of iteration t.
        phase: "init", "E" or "M".
        params: θ.
        events: anything out of the ordinary in this M-step, in words.
        converged: a stopping rule that means convergence was met.
        stop_reason: why the run stops here, in words; None while it goes on.
        rest: what kind of rest this is, where it was looked at; None elsewhere.
        earlier: the objective at the last two θ before θ_q, the latest last; fewer after a start, or where θ was set
            by a rule or by hand. What is still to gain is forecast from them (`engine.em.stopping`).
    """

    problem: Problem
    iteration: int
    phase: Phase
    params: Theta
    at: Evaluation  # the pass at θ
    at_q: Evaluation | None  # the pass at θ_q; the very same one after an E-step
    seconds_before: float = 0.0
    events: tuple[Event, ...] = field(default=())
    converged: bool = False
    stop_reason: str | None = None
    evaluations_before: int = 0
    earlier: tuple[float, ...] = ()
    rest: Rest | None = None

    def __repr__(self) -> str:
        """Which half-step of what, the objective if it is known, and what is out of the ordinary."""
        objective = self.objective if self.at.knows_its_objective else math.nan
        known = "" if math.isnan(objective) else f", objective={objective:z.9g}"
        return with_lines(
            f"Step(iteration={self.iteration}, phase={self.phase!r}{known})",
            [repr(self.problem), *(event.message for event in self.events[:_EVENTS]), self.stop_reason or ""],
        )

    def _repr_html_(self) -> str:
        """In a notebook: some of the rows as a picture, and a table."""
        return step_html(f"Step: iteration {self.iteration}, {self.phase}", self)

    @property
    def params_q(self) -> Any:
        """θ_q, at which q was chosen; None before the first E-step."""
        return None if self.at_q is None else self.at_q.params

    @property
    def inference(self) -> Inference | None:
        """How q was chosen; None before the first E-step."""
        return None if self.at_q is None else self.at_q.inference

    @property
    def expectation(self) -> Expectation:
        """What is expected under q, after the first E-step."""
        assert self.at_q is not None
        return self.at_q.expectation

    @cached_property
    def posterior(self) -> Posterior | None:
        """q(Z) at this step, chosen at θ_q; None before the first E-step."""
        return None if self.at_q is None else Posterior(self.at_q)

    @property
    def log_likelihood(self) -> float:
        """log p(X | θ), in nats."""
        return self.at.log_likelihood

    @property
    def log_likelihood_error(self) -> float:
        """Its standard error if it is an estimate; 0 if it is exact."""
        return self.at.log_likelihood_error

    @property
    def remark(self) -> str:
        """What must be said of the log-likelihood and the bound, a clause; "" for nothing."""
        return self.at.remark

    @property
    def effective_draws(self) -> EffectiveDraws | None:
        """How many draws count of those that the log-likelihood is estimated from; None where it isn't."""
        return self.at.effective_draws

    @property
    def log_prior(self) -> float:
        """log p(θ), up to a constant; 0 if there is no prior."""
        return self.at.log_prior

    @property
    def objective(self) -> float:
        """What the M-step raises: log_likelihood + log_prior; the bound + log_prior if E-steps are not exact."""
        return (self.log_likelihood if self.problem.model.exact else self.elbo) + self.log_prior

    @property
    def objective_q(self) -> float:
        """The objective at θ_q, before this step's M; nan before the first E-step."""
        return math.nan if self.at_q is None else self.at_q.objective

    @cached_property
    def q_value(self) -> float:
        """Q(θ; q) = E_q[log p(X, Z | θ)]; nan before the first E-step."""
        if self.at_q is None:
            return math.nan
        if self.q_parts:
            return sum(self.q_parts.values())
        with one_blas_thread():
            return self.problem.model.q_value(self.at_q.expectation, self.params, self.problem.data)

    @cached_property
    def q_parts(self) -> dict[str, float]:
        """What Q is the sum of, each part with its name, such as "weights" and "densities" of a mixture.

        {} where the model has no parts, and before the first E-step.
        """
        if self.at_q is None or not self.problem.model.parts_q:
            return {}
        with one_blas_thread():
            return self.problem.model.q_parts(self.at_q.expectation, self.params, self.problem.data)

    def q_parts_change(self, previous: Step | None) -> dict[str, float]:
        """What each part of Q changed by since `previous`, the half-step before; the changes sum to that of Q.

        nan where there was no such part: before the first E-step, and without a half-step before.
        """
        before = {} if previous is None else previous.q_parts
        return {name: value - before.get(name, math.nan) for name, value in self.q_parts.items()}

    @property
    def entropy(self) -> float:
        """H(q); nan before the first E-step."""
        return math.nan if self.at_q is None else self.at_q.entropy

    @property
    def elbo(self) -> float:
        """L(q, θ) = Q(θ; q) + H(q); nan before the first E-step, and where θ makes impossible what q holds (−∞)."""
        bound = self.q_value + self.entropy
        return math.nan if bound == -math.inf else bound

    @property
    def kl(self) -> float:
        """KL(q ‖ p(Z | X, θ)) = log p(X | θ) − L(q, θ).

        It is 0 if rounding alone makes it negative, or keeps it from 0 just after an exact E-step.
        """
        gap = self.log_likelihood - self.elbo
        settled_here = self.at is self.at_q and self.problem.model.exact and isinstance(self.inference, Exact)
        if gap < 0.0 or settled_here:
            size = max(abs(self.log_likelihood), abs(self.q_value), self.entropy)
            return 0.0 if abs(gap) <= _ROUNDING * size else gap
        return gap

    @property
    def next_is_drawn(self) -> bool:
        """Chance has a part in the next half-step: an E-step that draws, so that another draw gives another one."""
        if self.phase == "E" or isinstance(self.at.inference, Hard):
            return False
        return isinstance(self.at.inference, Sampled) or self.problem.model.samples

    @property
    def seconds(self) -> float:
        """Seconds of computing since the start of the run; a pass counts from the E-step that uses it."""
        return self.seconds_before + (self.at.seconds if self.phase == "E" else 0.0)

    @property
    def evaluations(self) -> int:
        """Passes over the data since the start: one for each E-step, and those made by M-steps.

        Classic EM makes one per E-step; an accelerated algorithm (`squarem`) makes several per iteration.
        """
        return self.evaluations_before + (1 if self.phase == "E" else 0)

    def release(self, keep: Step | None = None) -> None:
        """Free what can be computed again (statistics, responsibilities), except what `keep` still uses."""
        kept = () if keep is None else (keep.at, keep.at_q)
        for evaluation in (self.at, self.at_q):
            if evaluation is not None and evaluation not in kept:
                evaluation.release()
        self.__dict__.pop("posterior", None)
