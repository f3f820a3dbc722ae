"""What is to be said of a fitted θ beside its numbers: what they don't mean, in one sentence each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.em.algorithms import algorithm_named
from engine.em.loop import begin_problem, e_step, m_step
from engine.em.model import Model
from engine.em.row_text import RowText
from engine.em.step import Problem, Step
from engine.errors import EngineError

_POSITIVE = "a log-likelihood of densities may be positive"
_SAME = 1e-6  # nats a row: closer than that no run comes to rest, and rounding may add as much where columns are alike


def notes_among(remarks: tuple[str, ...], model: Model[Any, Any]) -> tuple[str, ...]:
    """Those of `remarks_on` that warn of nothing."""
    return tuple(said for said in remarks if not model.remarks_warn or said.startswith(_POSITIVE))


def remarks_on(step: Step) -> tuple[str, ...]:
    """Clauses about the parameters of a step: the model's own, and that a positive log-likelihood is no fault."""
    positive = positive_log_likelihood(step)
    own = step.problem.model.remarks(step)
    named = [one.named(step.problem.row_name) if isinstance(one, RowText) else one for one in own]
    return (*([positive] if positive else []), *named)


def positive_log_likelihood(step: Step) -> str:
    """One sentence where ln p(X | θ) > 0: what that means, and what is left of it against a single component."""
    model, data = step.problem.model, step.problem.data
    if not (model.has_likelihood and step.log_likelihood > 0):
        return ""
    a_row = step.log_likelihood / data.total_weight
    said = f"{_POSITIVE}, and it shifts with the units of the data: here it is {a_row:z.3g} a row"
    single = _of_one_component(step)
    if single is None:
        return said
    more = (step.log_likelihood - single) / data.total_weight
    if abs(more) <= _SAME:
        return f"{said}, the same as that of one component"
    return f"{said}, and {abs(more):.3g} a row {'above' if more >= 0 else 'below'} that of one component"


def _of_one_component(step: Step) -> float | None:
    """ln p(X | θ) of the model with K = 1, whose first M-step is its fit; None if there is no such thing to compare."""
    model, data = step.problem.model, step.problem.data
    if model.size in (None, 1) or model.supervised or not model.exact or data.y is not None:
        return None
    try:
        one: Any = replace(model, **{model.size_option: 1})  # type: ignore[type-var]  # every model is a dataclass
        problem = Problem(one, one.observe(data.X, None, data.sample_weight), algorithm_named("classic"), 0)
        return m_step(e_step(begin_problem(problem))).log_likelihood
    except EngineError:
        return None
