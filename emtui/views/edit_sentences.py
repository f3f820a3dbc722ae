"""Every step in one line; one that a person made says what was moved, what that did, and how to go on."""

from __future__ import annotations

import math

from emtui.session.snapshot import Frame
from emtui.views import view_for
from emtui.views.number_format import amount, number, signed
from emtui.views.sentences import events, line


def step_sentence(frame: Frame) -> str:
    """The line for any step: a model's view tells its own; one by hand is told alike for all models."""
    if not frame.record.by_hand:
        return view_for(frame.step.problem.model).sentence(frame)
    same_rows = frame.previous is not None and frame.previous.problem is frame.step.problem
    return line([*events(frame), *(_of_parameters(frame) if same_rows else _of_rows(frame))])


def _of_parameters(frame: Frame) -> list[str]:
    """What moving θ did, and that q is still what it was."""
    if frame.step.phase == "init":
        return [f"{_change(frame)}: press e"]
    opened = f", KL {number(frame.record.kl)}" if math.isfinite(frame.record.kl) else ""
    return [f"{_change(frame)}{opened}: q is as it was, press e"]


def _of_rows(frame: Frame) -> list[str]:
    """What other rows did: sums over other rows can be told, but not held against each other."""
    onward = "press m" if frame.step.phase == "E" else "press e"
    return [f"{_change(frame)}, now a sum over other rows: {onward}"]


def _change(frame: Frame) -> str:
    """The log-likelihood, or the bound where there is none, and what it changed by."""
    record, before = frame.record, frame.previous_record
    label, value = frame.step.problem.model.objective_label, record.log_likelihood
    was = math.nan if before is None else before.log_likelihood
    if not math.isfinite(value) and math.isfinite(record.elbo):
        label, value, was = "the bound", record.elbo, math.nan if before is None else before.elbo
    if not math.isfinite(value):
        return "there is no bound before the first E-step"
    return f"{label} {amount(value)}" + (f" ({signed(value - was)})" if math.isfinite(was) else "")
