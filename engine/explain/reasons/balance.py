"""∂Q = 0: the rows that pull at an entry of θ, and that their pulls balance at its new value."""

from __future__ import annotations

import numpy as np

from engine.editing.entries import value_of
from engine.em.step import Step
from engine.errors import EngineError
from engine.explain.derivation import Worked, line
from engine.explain.pulls import pulls_lines, without_rounding
from engine.explain.reasons.needs import asked
from engine.explain.worked import after_m_step, explainer
from engine.parallel import one_blas_thread

_LEFT = 1e-4  # of the pulls' sizes: less is what iterations inside an M-step leave


def balanced(step: Step, name: str) -> Worked:
    """The pulls of the rows at an entry of θ_q, and what is left of their sum at θ of the M-step.

    Raises:
        EngineError: nothing is hidden, no E-step was taken, or there is no formula for this entry.
    """
    at, entry = asked(step, name)
    model, data = explainer(step), step.problem.data
    with one_blas_thread():
        before = model.pulls(at, at.params, entry)
        if before is None:
            raise EngineError("there is no formula for what pulls at this parameter: choose another one.")
        lines = pulls_lines(before, data)
        after, events, what = after_m_step(step)
        old, new, left = value_of(at.params, entry), value_of(after, entry), model.balance(at, after, entry)
        left = None if left is None else without_rounding(left, before.weighed(data).each, before.prior)
    lines.append(line("total", "θ before", "value", [("before", old)]))
    lines.append(line("parameter", f"θ of the {what}", "value", [("after", new)]))
    if left is not None:
        lines.append(line("slope", "the same sum at it", "value", [("left", left)]))
    remark = "∂Q/∂θ = 0 where the pulls balance, given the new values of the others"
    if step.problem.model.ascent != "maximum":
        remark = f"this {what.removesuffix(' to come')} goes up without going to the top, so that a pull may be left"
    elif left and not events and abs(left) > _LEFT * (float(np.abs(before.each).sum()) + abs(before.prior)):
        remark = f"{remark}; what is left of them here is held by a prior or a rule of the model's own"
    if events:
        remark = "; ".join((remark, *(event.message for event in events)))
    return Worked("parameter", entry.name, tuple(lines), np.array([np.nan if left is None else left]), what, remark)
