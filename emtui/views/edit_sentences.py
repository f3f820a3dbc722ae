"""Every step in one line; a change by hand says what was changed, what that did, and how to go on."""

from __future__ import annotations

import math
import re

from emtui.charts.cell_text import clean
from emtui.session.snapshot import StepSnapshot
from emtui.views.estimate_words import quantity_name
from emtui.views.number_format import amount, number, signed
from emtui.views.registry import view_for
from emtui.views.sentences import ending, events, line, plain


def step_sentence(snapshot: StepSnapshot) -> str:
    """The line for any step: a model's view writes its own; changes by hand read alike for all models."""
    if not snapshot.record.by_hand:
        return view_for(snapshot.step.problem.model).sentence(snapshot)
    same_rows = snapshot.previous is not None and snapshot.previous.problem is snapshot.step.problem
    said = _of_rows if not same_rows else _of_q if snapshot.step.phase == "E" else _of_parameters
    return line([*events(snapshot), *said(snapshot)])


def kept_sentence(snapshot: StepSnapshot) -> str:
    """The same for a file, where no key does anything: what leads on in words alone, in the engine's."""
    said = re.sub(r"[:,] press [em]\b", "", step_sentence(snapshot))
    rest = snapshot.step.rest
    for keys in map(clean, ending(snapshot)):
        if rest is not None and not rest.is_rest:
            said = said.replace(keys, clean(f"Stopped at {plain(rest.said)}: {plain(rest.remedy)}"))
        said = said.replace(keys, re.sub(r"; pane \d raises the limit$", "", keys))
    return said


def _of_parameters(snapshot: StepSnapshot) -> list[str]:
    """What moving θ did, and that q is still what it was."""
    if snapshot.step.phase == "init":
        return [f"{_change(snapshot)}: press e"]
    kl = quantity_name(snapshot.step.problem.model, "kl", "KL")
    opened = f", {kl} {number(snapshot.record.kl)}" if math.isfinite(snapshot.record.kl) else ""
    return [f"{_change(snapshot)}{opened}: q is as it was, press e"]


def _of_q(snapshot: StepSnapshot) -> list[str]:
    """What moving q did: the log-likelihood can't tell, the bound fell by the KL that opened."""
    record, before = snapshot.record, snapshot.previous_record
    label = snapshot.step.problem.model.objective_label
    fell = math.nan if before is None else before.elbo - record.elbo
    moved = f", the bound {'fell' if fell >= 0 else 'rose'} {number(abs(fell))}" if math.isfinite(fell) else ""
    return [f"{label} {amount(record.log_likelihood)} as before{moved}, KL {number(record.kl)}: press m"]


def _of_rows(snapshot: StepSnapshot) -> list[str]:
    """The effect of other row weights: sums over other rows can be shown, but not compared with each other."""
    onward = "press m" if snapshot.step.phase == "E" else "press e"
    return [f"{_change(snapshot)}, now a sum over other rows: {onward}"]


def _change(snapshot: StepSnapshot) -> str:
    """The log-likelihood, or the bound where there is none, and what it changed by."""
    record, before = snapshot.record, snapshot.previous_record
    label, value = snapshot.step.problem.model.objective_label, record.log_likelihood
    was = math.nan if before is None else before.log_likelihood
    if not math.isfinite(value) and math.isfinite(record.elbo):
        label, value, was = "the bound", record.elbo, math.nan if before is None else before.elbo
    if not math.isfinite(value):
        return "there is no bound before the first E-step"
    return f"{label} {amount(value)}" + (f" ({signed(value - was)})" if math.isfinite(was) else "")
