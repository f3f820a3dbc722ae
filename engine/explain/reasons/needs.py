"""What a reason needs of a step, and what is only rounding in it."""

from __future__ import annotations

from typing import Any

from engine.editing.entries import Entry, entry_named
from engine.em.evaluation import Evaluation
from engine.em.step import Step
from engine.errors import EngineError

NO_E_STEP = "there is no q before the first E-step: take an E-step."
NOT_HIDDEN = "nothing is hidden in this model, so there is no q to hold: its steps follow the objective itself."


def need_q(step: Step) -> Evaluation:
    """Where q was chosen. Raises EngineError where nothing is hidden, and before the first E-step."""
    if not step.problem.model.hides:
        raise EngineError(NOT_HIDDEN)
    if step.at_q is None:
        raise EngineError(NO_E_STEP)
    return step.at_q


def asked(step: Step, name: str) -> tuple[Evaluation, Entry]:
    """That, and the entry of that name."""
    at = need_q(step)
    return at, entry_named(step.problem.model, step.params, name)


def height(model: Any) -> str:
    """What the objective is of: "ln p(X | θ)", that as an estimate, or what stands in its place, such as −inertia."""
    name = "ln p(X | θ)" if model.has_likelihood else str(model.objective_label)
    return f"estimated {name}" if "log_likelihood" in model.estimates else name
