r"""How fast EM comes to rest, why it is slow, and what would help.

Near a maximum EM is linear: θ_{t+1} − θ* ≈ J (θ_t − θ*), and the largest eigenvalue of J is its rate: the share of the
information on θ that is missing with Z (Dempster, Laird & Rubin 1977, §3.5; McLachlan & Krishnan 2008, §3.9). Moves of
θ shrink by the rate from iteration to iteration, gains of the objective by its square.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from engine.analysis.convergence_rate import norm
from engine.analysis.overlap import Overlap, overlap_of
from engine.analysis.scales import column_scales
from engine.baselines.backprop import BackpropMLP
from engine.baselines.kmeans import KMeans
from engine.em.fields import mixing_weights
from engine.em.inference import Hard, Sampled, Tempered
from engine.em.parameters import arrays_of
from engine.em.squarem import Squarem
from engine.em.step import Step
from engine.errors import EngineError, OptionError

Help = Literal[
    "squarem",
    "fewer_components",
    "other_start",
    "other_kind_of_start",
    "newton",
    "larger_tolerance",
    "push",
    "standardize",
    "leave_out",
    "weight_decay",
]
Kind = Literal["em", "partial", "variational", "tempered", "accelerated", "hard", "drawn", "descent"]
"""What walks: EM itself; with an M-step that stops short of the maximum; with an E-step that comes only near; at a
temperature; several steps foreseen at once; hard assignments; E-steps that draw; or no EM at all."""

_OF_RATES: tuple[Kind, ...] = ("em", "partial", "variational", "tempered")
_FORECAST: tuple[Kind, ...] = ("em", "partial", "variational")
SLOW = 0.9
_MANY = 100  # iterations to go
_SETTLED = 0.15  # of ln rate, and so of the iterations to go: two estimates that differ by less agree
_OVERLAPPING = 0.25  # of a component's rows that are another's: the two can hardly be told apart
_SMALLEST_MOVE = 1e-12  # of θ: below, moves are rounding


@dataclass(frozen=True)
class Convergence:
    """What the last steps tell of the way to rest.

    Attributes:
        kind: what walks; not all of them have a rate.
        needs: how many more M-steps a rate needs; 0 also if there will be none.
        rate: by which moves of θ shrink from iteration to iteration; nan where fewer than three θ of consecutive
            M-steps are known (the start is one), where moves are rounding already, or nothing has to shrink.
        from_gains: the same from gains of the objective, √(gain_t / gain_{t−1}); nan likewise. Where θ goes to the
            border of its domain, gains shrink by the rate itself and not by its square: then this is its root.
        settled: both were nearly the same an iteration before.
        change: by how much the objective changed in the last iteration, per observation; nan before the first.
        steps_to_go: iterations until that, and all that is to come after it, is below the tolerance, at this rate, as
            `engine.stopping.StillToGain` has it; 0 where it is, None where unknown.
        still_to_gain: what the objective would rise until it rests, per observation, at this rate; nan where unknown.
        overlap: of components that share rows; None for other models, or if it was not asked for.
        slow: nine tenths of the way to rest, or more, are left after an iteration; by what was measured, if it was.
        helps: what would help, the best first; empty where EM is not slow and has come to a sound rest.

    The rate is that of the moves that are being made. A direction in which EM is slower shows late, when the faster
    ones have come to rest: so it is at least about this, and `engine.analysis.convergence_rate` measures
    what it comes to.
    """

    kind: Kind
    needs: int
    rate: float
    from_gains: float
    settled: bool
    change: float
    steps_to_go: int | None
    still_to_gain: float
    overlap: Overlap | None
    slow: bool
    helps: tuple[Help, ...]

    @property
    def rate_ahead(self) -> float:
        """The rate that the forecast goes by: gains shrink by its square."""
        return self.from_gains if math.isfinite(self.from_gains) else self.rate

    @property
    def missing_information(self) -> float:
        """The share of the information on θ that is missing with Z: EM's own rate; nan where something else walks."""
        return self.rate if self.kind == "em" else math.nan


def convergence_of(
    steps: Iterable[Step], tol: float = 1e-6, *, overlap: Overlap | bool | None = True, measured: float | None = None
) -> Convergence:
    """How far the run is from rest, by its last steps (such as `timeline.steps`); the last eight are enough.

    Args:
        steps: in order. What is told is of the last θ.
        tol: the change of the objective per observation at which the run is to stop.
        overlap: of its components, where it is known; True has it found, which is a pass over the data.
        measured: the rate at this θ (`engine.analysis.convergence_rate`), where it is known: then it says
            how slow EM is.

    Raises:
        OptionError: there are no steps.
    """
    given = list(steps)
    if not given:
        raise OptionError("there are no steps to tell anything of: begin with one.")
    kept = _of_one_walk(given)
    last, kind = kept[-1], _kind(kept)
    rates = kind in _OF_RATES and (kind != "tempered" or _holds_its_temperature(kept))
    rate, from_gains = (_rate(kept), _rate_of_gains(kept)) if rates else (math.nan, math.nan)
    settled = _agree(rate, _rate(kept[:-1]))
    settled &= math.isnan(from_gains) or _agree(from_gains, _rate_of_gains(kept[:-1]))
    change = _change(given, last)
    ahead = from_gains if math.isfinite(from_gains) else rate
    steps_to_go = _steps_to_go(change, ahead, tol) if kind in _FORECAST else 0 if abs(change) < tol else None
    left = _still_to_gain(change, ahead) if kind in _FORECAST else math.nan
    found = overlap_of(last) if overlap is True else overlap or None
    slowness = rate if measured is None else measured
    helps = _helps(last, kind, slowness, found, steps_to_go)
    needs = max(0, 3 - len(kept)) if rates else 0
    return Convergence(kind, needs, rate, from_gains, settled, change, steps_to_go, left, found, slowness > SLOW, helps)


def _of_one_walk(steps: Sequence[Step]) -> Sequence[Step]:
    """The start and M-steps of the last one's data, model and way to run, from the last θ on that was reset.

    Where an E-step alone is of these, that one.
    """
    kept = [step for step in steps if step.problem is steps[-1].problem and step.phase != "E"] or [steps[-1]]
    place = next((place for place in range(len(kept) - 1, 0, -1) if _set_anew(kept[place])), 0)
    return kept[place:]


def _set_anew(step: Step) -> bool:
    """θ is not where the M-step would put it: it was set by hand, or a component was set by a rule."""
    return any(e.by_hand or (e.breaks_ascent and e.component is not None) for e in step.events)


def _kind(kept: Sequence[Step]) -> Kind:
    """By the model, the algorithm, and how q was chosen for the moves that rates are taken from."""
    last = kept[-1]
    model, settled_by = last.problem.model, [step.inference for step in kept[-2:] if step.phase == "M"]
    if isinstance(model, BackpropMLP):
        return "descent"
    if isinstance(model, KMeans) or any(isinstance(how, Hard) for how in settled_by):
        return "hard"
    if model.samples or any(isinstance(how, Sampled) for how in settled_by):
        return "drawn"
    if any(isinstance(how, Tempered) for how in settled_by):
        return "tempered"
    if isinstance(last.problem.algorithm, Squarem):
        return "accelerated"
    if model.ascent != "maximum":
        return "partial"
    return "em" if model.exact else "variational"


def _holds_its_temperature(kept: Sequence[Step]) -> bool:
    """Whether the two moves that a rate is computed from were made at the same temperature."""
    how = [step.inference for step in kept[-2:] if step.phase == "M"]
    return len({one.temperature if isinstance(one, Tempered) else None for one in how}) <= 1


def _change(steps: Sequence[Step], last: Step) -> float:
    """(objective at θ − objective at θ_q) / n in the model's units, as the stopping rule has it."""
    if last.phase != "M" or any(event.by_hand for event in last.events):
        return math.nan
    # the E-step's own number is at hand; `objective_q` may take a pass where E-steps are not exact
    before = next((s.objective for s in reversed(steps) if s.phase == "E" and s.at is last.at_q), None)
    unit = last.problem.model.objective_unit(last.problem.data) * last.problem.data.total_weight
    return (last.objective - (last.objective_q if before is None else before)) / unit


def _agree(one: float, other: float) -> bool:
    """Whether both rates forecast nearly the same number of iterations to go."""
    if not (0.0 < one < 1.0 and 0.0 < other < 1.0):
        return one == other
    return abs(math.log(one / other)) <= _SETTLED * abs(math.log(one))


def _still_to_gain(change: float, rate: float) -> float:
    """Σ_{s>0} change · rate^(2s), as Aitken's acceleration has it (Böhning et al. 1994)."""
    return change * rate**2 / (1.0 - rate**2) if change > 0.0 and 0.0 <= rate < 1.0 else math.nan


def _rate(steps: Sequence[Step]) -> float:
    """‖θ_t − θ_{t−1}‖ / ‖θ_{t−1} − θ_{t−2}‖, entries in units of the largest of their array."""
    if len(steps) < 3:
        return math.nan
    one, two, three = (arrays_of(step.params) for step in steps[-3:])
    if not all(one[path].shape == three[path].shape for path in three):
        return math.nan
    scale = {path: np.asarray(float(np.abs(array).max(initial=0.0)) or 1.0) for path, array in three.items()}
    early = norm({path: two[path] - one[path] for path in one}, scale)
    late = norm({path: three[path] - two[path] for path in two}, scale)
    return late / early if early > _SMALLEST_MOVE else math.nan


def _rate_of_gains(steps: Sequence[Step]) -> float:
    """√ of the ratio of the last two gains of the objective."""
    if len(steps) < 3:
        return math.nan
    values = [step.objective for step in steps[-3:]]
    early, late = (b - a for a, b in pairwise(values))
    rounding = 1e-13 * max(abs(value) for value in values)
    return math.sqrt(late / early) if early > rounding and late > rounding else math.nan


def _steps_to_go(change: float, rate: float, tol: float) -> int | None:
    """change · rate^(2s) < tol, and what comes after it, that times rate² / (1 − rate²); by the rate from gains."""
    if not math.isfinite(change):
        return None
    if not 0.0 < rate < 1.0 or not tol > 0:
        return 0 if abs(change) < tol and not rate >= 1.0 else None
    least = tol * min(1.0, (1.0 - rate**2) / rate**2)
    return max(0, math.ceil(math.log(least / abs(change)) / (2.0 * math.log(rate)))) if change else 0


def _helps(step: Step, kind: Kind, rate: float, overlap: Overlap | None, steps_to_go: int | None) -> tuple[Help, ...]:
    model = step.problem.model
    weights = mixing_weights(step.params)
    counts = np.zeros(0) if weights is None else weights.array * step.problem.data.total_weight
    dead = bool(np.any(counts < 1.0))
    helps: list[Help] = []
    if step.rest is not None and step.rest.kind == "flight":
        return ("weight_decay",)
    if step.rest is not None and not step.rest.is_rest:
        helps = ["standardize"] if step.rest.scales else ["push"] if step.rest.push else []
        fewer: list[Help] = ["fewer_components"] if step.rest.kind == "plateau" and not model.supervised else []
        start: list[Help] = ["other_start"] if step.rest.another else []
        start = ["other_kind_of_start"] if step.rest.starts else start
        return (*helps, *start, *fewer) or ("push",)
    if len(counts) > 1 and bool(np.any((counts >= 1.0) & (counts < 1.5))):
        helps.append("leave_out")
    ended, data = step.stop_reason is not None, step.problem.data
    if ended and model.supervised and column_scales(data.X, data.sample_weight) is not None:
        helps.append("standardize")
    if dead or (ended and "on the ridge" in model.weak_components(step.params, data).values()):
        helps.append("other_start")
    slow = rate > SLOW and steps_to_go != 0 and kind in _FORECAST
    if slow and model.ascent == "gradient":
        helps.append("newton")
    elif slow and model.has_likelihood and _squarem_can(step):
        helps.append("squarem")
    together = overlap is not None and overlap.confusion > _OVERLAPPING
    if (slow or dead) and together:
        helps.append("fewer_components")
    if slow and rate <= 0.99 and "other_start" not in helps and "newton" not in helps:
        helps.append("other_start")
    elif slow and 0.99 < rate < 1.0 and "newton" not in helps and (steps_to_go is None or steps_to_go > _MANY):
        helps.append("larger_tolerance")
    return tuple(helps)


def _squarem_can(step: Step) -> bool:
    """Whether SQUAREM can go on with this model from here."""
    try:
        Squarem().check(step.problem.model, step.params)
    except EngineError:
        return False
    return True
