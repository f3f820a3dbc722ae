"""How an E-step brought the bound to the log-likelihood; where it does not reach it, what is left, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emtui.views.estimate_words import quantity_name
from emtui.views.number_format import amount, number
from engine.em.inference import Hard, Sampled, Tempered

if TYPE_CHECKING:
    from emtui.session.snapshot import StepSnapshot

SAME = 1e-9
"""Relative to the log-likelihood: what double precision can't tell from no change."""


@dataclass(frozen=True)
class Settling:
    """How q was chosen where it is not the posterior, in a model's own words, as what follows "since".

    hard, drawn: clauses. shared: what is shared more evenly at a temperature, in the plural.
    """

    hard: str = "each row goes wholly to its likeliest component"
    drawn: str = "each row is drawn from its posterior"
    shared: str = "rows"


def bound(snapshot: StepSnapshot, settling: Settling) -> str:
    """How the bound met the log-likelihood; where it doesn't, what is left between them, and why."""
    record, before = snapshot.record, snapshot.previous_record
    label = snapshot.step.problem.model.objective_label
    negligible = SAME * max(1.0, abs(record.elbo))
    meets = abs(record.kl) <= negligible
    rise = math.nan if before is None else record.elbo - before.elbo
    if meets and not abs(rise) > negligible:  # nothing to compare with, or no change
        return f"the bound touches the {label}, {amount(record.elbo)} (KL 0)"
    if not math.isfinite(rise):
        went = f"the bound stands at {amount(record.elbo)}" if math.isfinite(record.elbo) else "the bound is undefined"
    elif abs(rise) <= negligible:
        went = "the bound stayed where it was"
    else:
        went = f"the bound {'rose' if rise > 0 else 'fell'} {number(abs(rise))}"
    if meets:
        return f"{went} to meet the {label} (KL 0)"
    if not math.isfinite(record.kl):
        return went
    below = number(record.kl)
    kl = quantity_name(snapshot.step.problem.model, "kl", "KL")
    return f"{went} and lies {below} below the {label} ({kl} {below}){_why_below(snapshot, settling)}"


def _why_below(snapshot: StepSnapshot, settling: Settling) -> str:
    """Why q is not the posterior."""
    inference = snapshot.step.inference
    if isinstance(inference, Hard):
        return f", since {settling.hard}"
    if isinstance(inference, Sampled):
        return f", since {settling.drawn}"
    if isinstance(inference, Tempered):
        return f", since {shared_at(inference.temperature, settling.shared)} than by the posterior"
    return ", since this E-step is not exact"


def shared_at(temperature: float, what: str) -> str:
    """ "at temperature 4 rows are shared more evenly"."""
    return f"at temperature {number(temperature)} {what} are shared {'more' if temperature > 1 else 'less'} evenly"
