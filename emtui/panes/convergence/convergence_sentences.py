"""Sentences on convergence: values in, sentences out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emtui.session.snapshot import StepSnapshot
from emtui.settings.keys import PANE_KEYS
from emtui.spec.tolerance import stops_by_objective, tolerance_of
from emtui.views.number_format import MINUS, number, plural, probability
from emtui.views.sentences import plain
from engine.analysis.rest import can_be_tested
from engine.em.inference import Tempered
from engine.em.model import Ascent
from engine.em.rest import Rest

if TYPE_CHECKING:
    from engine.analysis.convergence import Convergence, Help, Kind
    from engine.analysis.convergence_rate import MapRate
    from engine.analysis.overlap import Overlap

_NO_RATE: dict[Kind, str] = {
    "accelerated": "none: SQUAREM takes several steps at once; d measures that of plain EM here",
    "hard": "none: whole rows change sides, so θ moves in jumps and rests once none does",
    "drawn": "none: E-steps draw at random, so moves of θ need not shrink",
    "descent": "none: backpropagation is no EM, and nothing is missing from what it sees",
    "tempered": "none while the temperature changes: it is told once that stays the same",
}
_NO_SHARE: dict[Kind, str] = {
    "variational": "unknown: the E-step only comes near the posterior, so this is the rate of the bound",
    "tempered": "unknown: this is the rate at a temperature, which is not that of EM",
}
_PARTIAL: dict[Ascent, str] = {
    "gradient": "unknown: a gradient step stops short of the maximum, so the rate is also the step's",
    "conditional": "unknown: the M-step takes one parameter after another, so the rate is also its own",
    "layerwise": "unknown: the M-step takes one layer after another, so the rate is also its own",
}
_NONE_LEFT = 1e-6  # a rate: after an iteration so little is left of the way
_MODEL = PANE_KEYS["model"]
_HELPS: dict[Help, str] = {
    "squarem": f"SQUAREM: the algorithm in pane {_MODEL}; f races it",
    "fewer_components": "fewer components: K compares them",
    "push": "push it off: E",
    "standardize": "inputs on one scale: N standardizes",
    "leave_out": "leave out the row that a component holds alone: E, tab, x",
    "other_kind_of_start": f"another kind of start in pane {_MODEL}",
    "other_start": "another start: R, or O for many",
    "newton": f"a full M-step: m step newton in pane {_MODEL}",
    "larger_tolerance": f"a larger tolerance, if so little is no matter: pane {_MODEL}",
    "weight_decay": f"weights that are held: weight decay above 0 in pane {_MODEL}",
}


@dataclass(frozen=True)
class Measured:
    """How far the measurement of the rate at this θ has come.

    found: None before the first answer. refusal: why there is none, in words. under_way: it goes on.
    """

    found: MapRate | None = None
    refusal: str = ""
    under_way: bool = False

    @property
    def rate(self) -> float | None:
        """The measured rate; None while it is not known."""
        return self.found.rate if self.found is not None and self.found.settled else None


def rate_text(rate: float) -> str:
    """With two digits that tell it from 1: .87, .9957, .99998; 1.02 where moves grow."""
    away = abs(1.0 - rate)
    decimals = 3 if away >= 0.1 or away == 0 else min(9, 1 + math.ceil(-math.log10(away)))
    return probability(rate, max(3, decimals))


def share_text(share: float, digits: int) -> str:
    """The share of missing information in percent, with enough digits to tell it from 100 %, or one fewer."""
    return f"{number(100.0 * share, len(rate_text(share)) - 1 - digits)} % of the information on θ"


def rate_words(convergence: Convergence, at_rest: bool = False) -> str:
    """The rate of the moves, that of the gains, and whether it is steady."""
    if math.isnan(convergence.rate):
        if convergence.needs and at_rest:
            return "not known: it came to rest before two M-steps were taken"
        if convergence.needs:
            return f"not known yet: it takes {plural(convergence.needs, 'M-step')} more (n)"
        return _NO_RATE.get(convergence.kind, "none: moves of θ are rounding by now")
    if convergence.rate < _NONE_LEFT:
        return "0: an iteration goes all the way, and nothing moves any more"
    said = f"{rate_text(convergence.rate)} by moves"
    if math.isfinite(convergence.from_gains):
        said += f", {rate_text(convergence.from_gains)} by gains"
    if convergence.rate >= 1.0:
        return f"{said}: moves still grow"
    return said if convergence.settled else f"{said}: not steady yet"


def measured_words(convergence: Convergence, measured: Measured) -> str:
    """The rate measured at this θ, and what it took; "" if it was not asked for."""
    if measured.refusal:
        return measured.refusal
    found = measured.found
    if found is None or (math.isnan(found.rate) and not found.over):
        return "…" if measured.under_way else ""
    if math.isnan(found.rate):
        return "not possible: θ lies on the border of what it can be"
    said = rate_text(found.rate) if found.rate >= 0 else f"{MINUS}{rate_text(-found.rate)}"
    passes = plural(found.passes, "pass", "passes")
    if measured.under_way:
        return f"{said} after {passes}; d stops"
    here = "at this θ" if convergence.kind in ("em", "partial") else "for plain EM at this θ"
    return f"{said} {here}, {passes}" if found.settled else f"about {said}, not settled after {passes}"


def missing_words(convergence: Convergence, measured: Measured = Measured(), ascent: Ascent = "maximum") -> str:
    """The share of missing information, or why it is not known; "" where the rate is not, either.

    The measured one if there is one: that is of EM's own E- and M-steps, whatever algorithm runs here.
    """
    if measured.rate is not None and convergence.kind != "partial":
        return f"{share_text(measured.rate, 0)}, as measured here" if 0.0 <= measured.rate < 1.0 else ""
    if math.isnan(convergence.rate):
        return ""
    if convergence.kind == "partial":
        return _PARTIAL.get(ascent, "unknown: the M-step stops short of the maximum")
    if convergence.kind != "em":
        return _NO_SHARE.get(convergence.kind, "")
    return (
        f"about {share_text(convergence.rate, 1)}, or more"
        if convergence.settled and 0.0 <= convergence.rate < 1.0
        else ""
    )


def change_words(convergence: Convergence) -> str:
    """How much the objective changed in the last iteration."""
    if math.isnan(convergence.change):
        return ""
    return f"{'+' if convergence.change > 0 else ''}{number(convergence.change)} per observation"


def to_go_words(snapshot: StepSnapshot, convergence: Convergence, measured: Measured = Measured()) -> str:
    """The iterations still to come, or how the run ended, or why there is no forecast."""
    step, spec = snapshot.step, snapshot.spec
    if step.stop_reason is not None:
        if step.rest is not None and step.rest.kind == "flight":
            return "without end: there is no maximum, and the weights grow for ever"
        if step.rest is not None and not step.rest.is_rest:
            return "unknown: it is no maximum, and what helps leads off it"
        ended = "stopped" if not step.converged else "none, at rest" if can_be_tested(step) else "none, converged"
        return f"{ended}: {plain(step.stop_reason)}" + ("" if step.converged else _beyond(convergence))
    if math.isnan(convergence.change):
        return ""
    tol = tolerance_of(spec)
    other = "" if stops_by_objective(spec) or spec.stop is None else f"; it stops by {spec.stop}"
    if isinstance(step.inference, Tempered):
        return "unknown: no small change counts as rest while the temperature is not 1"
    if convergence.rate_ahead >= 1.0 and 0.0 < convergence.change < tol:
        return "unknown: on a plateau, or leaving a saddle, since so small gains grow; c goes on"
    if convergence.steps_to_go == 0:
        return f"the change is below {number(tol)} already{other}"
    if convergence.steps_to_go is None:
        return _unforeseen(convergence, tol)
    about = f"about {plural(convergence.steps_to_go, 'iteration')} to below {number(tol)}"
    about += " at this rate" if convergence.settled else ", if this rate stays"
    if (
        measured.rate is not None
        and convergence.slow
        and measured.rate < 1.0
        and convergence.rate < measured.rate - 0.1 * (1.0 - convergence.rate)
    ):
        about += f", more once the slower moves of rate {rate_text(measured.rate)} are left"
    limit = spec.max_iter
    return (
        about
        + other
        + (f"; the limit of {limit} comes first" if step.iteration + convergence.steps_to_go > limit else "")
    )


def _beyond(convergence: Convergence) -> str:
    more = convergence.steps_to_go
    return f"; about {plural(more, 'iteration')} more at this rate" if more and convergence.settled else ""


def _unforeseen(convergence: Convergence, tol: float) -> str:
    if tol <= 0.0:
        return "no end: the tolerance is 0"
    if convergence.kind in ("drawn", "hard", "accelerated", "descent"):
        return "can't be foreseen: there is no rate"
    if convergence.rate_ahead >= 1.0:
        return "can't be foreseen while gains grow"
    return "can't be foreseen yet" if convergence.needs else "can't be foreseen"


def left_words(convergence: Convergence) -> str:
    """How much the objective can still gain."""
    if not convergence.settled or not convergence.still_to_gain > 0:
        return ""
    return f"about {number(convergence.still_to_gain, 2)} per observation at this rate"


def overlap_words(overlap: Overlap, names: tuple[str, ...]) -> str:
    """Which two components share rows, and how many of the smaller one's rows belong to the other."""
    first, second = names[overlap.first], names[overlap.second]
    said = f"{first} and {second}: of the smaller one's rows {probability(overlap.confusion, 2)} belong to the other"
    if overlap.confusion < 0.005:
        said = f"next to none, most between {first} and {second}"
    if overlap.bhattacharyya is not None:
        said += f"; Bhattacharyya {probability(overlap.bhattacharyya, 2)}"
    return said


def help_words(
    convergence: Convergence, measured: Measured, at_rest: bool, rest: Rest | None = None
) -> tuple[str, ...]:
    """What would help, the best first, each with its key; or that no help is needed."""
    if convergence.helps and rest is not None:
        more = {
            "push": f", {plain(rest.push)}" if rest.push else "",
            "other_kind_of_start": f" ({' or '.join(rest.starts)})",
        }
        return tuple(_HELPS[one] + more.get(one, "") for one in convergence.helps)
    if convergence.helps:
        return tuple(_HELPS[one] for one in convergence.helps)
    steady = convergence.settled or measured.rate is not None or convergence.rate < _NONE_LEFT
    if not at_rest and not steady and convergence.kind in ("em", "partial", "variational"):
        return ("too soon to say: the rate is not steady yet",)
    if at_rest and steady and convergence.slow:
        return (f"at so slow a rate a small change is no proof of rest: a smaller tolerance (pane {_MODEL}) goes on",)
    if at_rest and math.isfinite(convergence.rate) and not steady:
        return (f"it stopped before its rate was steady: d measures it, a smaller tolerance (pane {_MODEL}) goes on",)
    if convergence.slow or not steady:
        return ()
    return ("EM is not slow here" + (": nothing is needed" if measured.rate is not None else ", by these moves"),)
