r"""The ledger of a step: which numbers make up which, what each changed by, whose parameters it belongs to, and why
one fell that should not have.

    log-likelihood = bound + KL,     bound = Q + entropy,     objective = log-likelihood + log prior

Where a model's Q is a sum of parts that the M-step maximises each by itself, so is its change: see `Ledger.parts`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from engine.em.inference import GivenRows, Hard, Sampled, Tempered
from engine.em.step import Step

Quantity = Literal["log_likelihood", "elbo", "kl", "q_value", "entropy", "log_prior", "objective"]
Reason = Literal[
    "by_hand", "given", "event", "gradient", "hard", "sampled", "annealed", "leap", "estimate", "prior", "branch",
    "unexplained",
]  # fmt: skip
_OF: dict[Quantity, str] = {
    "log_likelihood": "params",
    "elbo": "both",
    "kl": "both",
    "q_value": "both",
    "entropy": "params_q",
    "log_prior": "params",
    "objective": "params",
}
QUANTITIES = tuple(_OF)
_ROUNDING = 1e-9


@dataclass(frozen=True)
class LedgerLine:
    """One number of the ledger.

    Attributes:
        quantity: its name among the attributes of `Step`.
        value: in nats (or the model's own units); nan where there is none.
        change: since the half-step before; nan where one of the two has no number.
        of: "params" for θ, "params_q" for θ_q, "both".
        iteration: that made θ; nothing but 0, the start, before the first M-step.
        iteration_q: that made θ_q; None before the first E-step, and where the number does not depend on q.
        error: its standard error, where it is an estimate.
    """

    quantity: Quantity
    value: float
    change: float
    of: str
    iteration: int
    iteration_q: int | None
    error: float = 0.0


@dataclass(frozen=True)
class PartOfQ:
    """One of the numbers that Q is the sum of.

    Attributes:
        name: as in `Step.q_parts`.
        value: in nats.
        change: since the half-step before; nan where there was no such part.
    """

    name: str
    value: float
    change: float


@dataclass(frozen=True)
class Fall:
    """A number that went down though one might expect it to rise, and why.

    Attributes:
        quantity: "objective", "log_likelihood" or "elbo".
        amount: by how much, above 0.
        reason: by_hand: parameters, row weights or q were changed by hand; given: the M-step followed such a q;
            event: the M-step set parameters by a rule; gradient: a step that was too long; hard, sampled, annealed:
            the algorithm does not promise it;
            leap: an accelerated step goes past the top of the bound; estimate: drawn E-steps, `errors` standard
            errors; prior: the prior gained more than that; branch: the step before is not the one that this step came
            from.
        details: what the events of the step say.
        errors: the fall in standard errors of the estimate; nan where it is none.
    """

    quantity: Quantity
    amount: float
    reason: Reason
    details: tuple[str, ...] = ()
    errors: float = math.nan


@dataclass(frozen=True)
class Ledger:
    """The numbers of a step, each with its change, what Q is the sum of, and the falls that need a word."""

    phase: str
    iteration: int
    lines: tuple[LedgerLine, ...]
    falls: tuple[Fall, ...]
    parts: tuple[PartOfQ, ...] = ()

    def line(self, quantity: Quantity) -> LedgerLine:
        """The line of that quantity."""
        return next(line for line in self.lines if line.quantity == quantity)

    def value(self, quantity: Quantity) -> float:
        """Its number."""
        return self.line(quantity).value

    def change(self, quantity: Quantity) -> float:
        """What it changed by."""
        return self.line(quantity).change


def ledger(step: Step, previous: Step | None = None) -> Ledger:
    """The ledger of `step`, with the changes since `previous`; before the first E-step there is no bound (nan)."""
    made = step.iteration - 1 if step.phase == "E" else step.iteration
    made_q = None if step.at_q is None else step.iteration - 1
    lines = []
    for quantity in QUANTITIES:
        of, value = _OF[quantity], float(getattr(step, quantity))
        if quantity == "objective" and not step.problem.model.exact:
            of = "both"  # the bound stands for the log-likelihood
        change = math.nan if previous is None else value - float(getattr(previous, quantity))
        error = step.log_likelihood_error if quantity == "log_likelihood" else 0.0
        lines.append(LedgerLine(quantity, value, change, of, made, None if of == "params" else made_q, error))
    falls = () if previous is None else tuple(_falls(step, previous, lines))
    return Ledger(step.phase, step.iteration, tuple(lines), falls, parts_of_q(step, previous))


def parts_of_q(step: Step, previous: Step | None = None) -> tuple[PartOfQ, ...]:
    """The parts of Q that the model has, with their changes since the half-step before."""
    changes = step.q_parts_change(previous)
    return tuple(PartOfQ(name, value, changes[name]) for name, value in step.q_parts.items())


def _falls(step: Step, previous: Step, lines: list[LedgerLine]) -> list[Fall]:
    """Falls of the objective, the log-likelihood and the bound beyond rounding, each with its reason."""
    changes = {line.quantity: line.change for line in lines}
    unit = step.problem.model.objective_unit(step.problem.data)
    found: list[Fall] = []
    for quantity in ("objective", "log_likelihood", "elbo"):
        change, value = changes[quantity], float(getattr(step, quantity))
        if not change < -_ROUNDING * max(unit, abs(value)):
            continue
        reason = _reason(step, previous, quantity, changes)
        details = tuple(event.message for event in step.events if event.breaks_ascent)
        spread = math.hypot(step.log_likelihood_error, previous.log_likelihood_error)
        errors = -change / spread if spread > 0 and quantity != "elbo" else math.nan
        found.append(Fall(quantity, -change, reason, details, errors))
    return found


def _reason(step: Step, previous: Step, quantity: Quantity, changes: dict[Quantity, float]) -> Reason:
    problem = step.problem
    if any(event.by_hand for event in step.events):
        return "by_hand"
    same_theta = step.params is previous.params and problem.data is previous.problem.data  # however q is chosen there
    follows = {"M": step.at_q is previous.at_q, "E": same_theta}.get(step.phase, False)
    if not follows:
        return "branch"
    if any(event.breaks_ascent for event in step.events):
        return "gradient" if problem.model.ascent == "gradient" else "event"
    inference = step.inference
    if isinstance(inference, GivenRows):
        return "given"
    if isinstance(inference, Hard):
        return "hard"
    if isinstance(inference, Sampled) or problem.model.ascent == "drawn":
        return "sampled"
    if isinstance(inference, Tempered) or (step.phase == "E" and isinstance(previous.inference, Tempered)):
        return "annealed"
    if problem.algorithm.rises == "objective" and quantity == "elbo" and step.phase == "M":
        return "leap"
    if problem.model.samples or step.log_likelihood_error > 0 or previous.log_likelihood_error > 0:
        return "estimate"
    if quantity != "objective" and changes["log_prior"] > 0 and not changes["objective"] < 0:
        return "prior"
    return "unexplained"
