"""Stopping rules: each is a small value that reads one M-step and says why to stop there, or returns None.

An M-step holds both θ_q (before it) and θ (after it), and the objective at the two θ before these, so a rule needs no
memory of its own. The default is `StillToGain`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np

from engine.em.evaluation import Posterior
from engine.em.inference import Exact, GivenRows, Tempered
from engine.em.parameters import largest_difference
from engine.em.step import Step
from engine.errors import OptionError
from engine.options import whole_number
from engine.parallel import row_chunks

_ROWS_AT_ONCE = 65_536


@dataclass(frozen=True)
class Stop:
    """Why a run stops, in words, and whether it has converged."""

    reason: str
    converged: bool


def below(value: float, limit: float, digits: int = 3) -> str:
    """A number whose size is below the limit, with as many more digits as it takes to read so."""
    text, shown = f"{value:z.{digits}g}", float(f"{limit:zg}")
    while abs(float(text)) >= shown and digits < 17:
        digits += 1
        text = f"{value:z.{digits}g}"
    return text


class StoppingRule(Protocol):
    """Reads a step and says why to stop there."""

    def __call__(self, step: Step) -> Stop | None:
        """The reason to stop at this M-step (or at the start), or None."""


@dataclass(frozen=True)
class ObjectiveChange:
    """Stop when the objective changes by less than `tol`, per observation unless told otherwise."""

    tol: float = 1e-6
    per_observation: bool = True

    def __call__(self, step: Step) -> Stop | None:
        """Compare the objective at θ with that at θ_q."""
        if step.phase != "M" or _restless(step):
            return None
        change = step.objective - step.objective_q
        change /= step.problem.model.objective_unit(step.problem.data)
        each = " per observation" if self.per_observation else ""
        if self.per_observation:
            change /= step.problem.data.total_weight
        if abs(change) < self.tol:
            return Stop(f"the objective changed by {below(change, self.tol)}{each}, less than {self.tol:zg}", True)
        return None


@dataclass(frozen=True)
class StillToGain:
    r"""Stop when the objective gained less than `tol` per observation, and will gain less than that more. The default.

    Near rest EM is linear and gains shrink by a steady ratio r = g_t / g_{t−1}, so that what comes after g_t is

        g_t (r + r² + …) = g_t r / (1 − r)                    (Aitken's, as in Böhning et al. 1994)

    A small gain alone proves nothing: where r is near 1 many such gains are to come, and where gains grow EM is leaving
    a saddle, however small they are. It takes three gains; r is taken as much nearer to 1 as it changed from the last
    ratio, so that a ratio which is not steady yet forecasts more. It costs no pass: steps carry these numbers.

    That holds for the plain map, one E-step and one M-step that never falls. Elsewhere the last change alone has to be
    below `tol`: hard assignments, E- or M-steps that draw, gradient steps, k-means, and SQUAREM, whose steps shrink by
    no rate. Annealed EM is not at rest before its temperature is 1; then it is the plain map.
    """

    tol: float = 1e-6

    def __call__(self, step: Step) -> Stop | None:
        """Forecast from the last three gains."""
        if step.phase != "M" or _restless(step):
            return None
        return self.after(*_heights(step)) if _is_plain(step) else ObjectiveChange(self.tol)(step)

    def after(self, objectives: Sequence[float], unit: float) -> Stop | None:
        """The same by the last objectives, one an iteration, of which `unit` makes one of an observation."""
        change, left = (objectives[-1] - objectives[-2]) / unit, still_to_gain(objectives) / unit
        if not (abs(change) < self.tol and left < self.tol):
            return None
        more = f", and will gain {below(left, self.tol, 2)} more" if left > 0.0 else ""
        changed = f"the objective changed by {below(change, self.tol)} per observation{more}"
        return Stop(f"{changed}, less than {self.tol:zg}", True)

    def at_limit(self, max_iter: int, objectives: Sequence[float], unit: float) -> Stop:
        """The limit of iterations was reached: on its way, or on a plateau, where gains below `tol` still grow."""
        stop = Iterations(max_iter).reached
        gains = [(after - before) / unit for before, after in pairwise(objectives)]
        if len(gains) < 2 or not 0.0 < gains[-2] <= gains[-1] < self.tol or still_to_gain(objectives) == 0.0:
            return stop
        said = f"; it is on a plateau, or leaves a saddle: gains of {gains[-1]:z.3g} per observation still grow"
        return Stop(stop.reason + said, False)


_ROUNDING = 1e-15
"""Of the objective: a smaller gain is rounding."""


def still_to_gain(objectives: Sequence[float]) -> float:
    """What is to come after the last of up to four objectives, one an iteration: Aitken's forecast.

    0 where the last gain is rounding, or no gain at all; infinite where gains grow, or where too few are known.
    """
    gains = [after - before for before, after in pairwise(objectives)]
    if gains[-1] <= _ROUNDING * abs(objectives[-1]):  # the plain map falls by rounding alone
        return 0.0
    if len(gains) < 3 or not gains[0] > 0.0 or not gains[1] > 0.0:
        return math.inf
    last, before = gains[2] / gains[1], gains[1] / gains[0]
    ratio = last + abs(last - before)
    return gains[2] * ratio / (1.0 - ratio) if ratio < 1.0 else math.inf


def _heights(step: Step) -> tuple[tuple[float, ...], float]:
    """The last objectives, an iteration apart, and what makes one of an observation of them."""
    unit = step.problem.model.objective_unit(step.problem.data) * step.problem.data.total_weight
    return (*step.earlier, step.objective_q, step.objective), unit


def _is_plain(step: Step) -> bool:
    """It comes of one E-step at its own temperature and the model's own M-step, which can't fall."""
    model = step.problem.model
    ascends = model.ascent in ("maximum", "conditional", "layerwise") and model.has_likelihood and not model.samples
    return ascends and isinstance(step.inference, Exact) and not step.problem.algorithm.extrapolates


@dataclass(frozen=True)
class ResponsibilityChange:
    """Stop when no responsibility moves by as much as `tol` from one E-step to the next."""

    tol: float = 1e-4

    def __call__(self, step: Step) -> Stop | None:
        """Compare the responsibilities at θ with those at θ_q, in chunks of rows."""
        if step.phase != "M" or step.at_q is None or _restless(step):
            return None
        before, after = Posterior(step.at_q), Posterior(step.at)
        largest = 0.0
        for rows in row_chunks(step.problem.data.n_rows, _ROWS_AT_ONCE):
            largest = max(largest, float(np.max(np.abs(after.counted(rows) - before.counted(rows)))))
            if largest >= self.tol:
                return None
        return Stop(f"no responsibility moved by more than {below(largest, self.tol)}, less than {self.tol:zg}", True)


@dataclass(frozen=True)
class ParameterChange:
    """Stop when no parameter moves by as much as `tol`, in its own units."""

    tol: float = 1e-6

    def __call__(self, step: Step) -> Stop | None:
        """Compare θ with θ_q."""
        if step.phase != "M" or _restless(step):
            return None
        largest = largest_difference(step.params, step.params_q)
        if largest < self.tol:
            return Stop(f"no parameter moved by more than {below(largest, self.tol)}, less than {self.tol:zg}", True)
        return None


@dataclass(frozen=True)
class Iterations:
    """Stop after this many iterations."""

    max_iter: int = 200

    def __call__(self, step: Step) -> Stop | None:
        """Count."""
        return self.reached if step.iteration >= self.max_iter else None

    @property
    def reached(self) -> Stop:
        """It was."""
        iterations = "1 iteration" if self.max_iter == 1 else f"{self.max_iter} iterations"
        return Stop(f"the limit of {iterations} was reached before it came to rest", False)


@dataclass(frozen=True)
class Limit:
    """Stop after this many iterations, and say so where small gains still grow, as the default rule has them."""

    max_iter: int
    tol: float

    def __call__(self, step: Step) -> Stop | None:
        """Count, and look at the last gains."""
        stop = Iterations(self.max_iter)(step)
        if stop is None or step.phase != "M" or _restless(step) or not _is_plain(step):
            return stop
        return StillToGain(self.tol).at_limit(self.max_iter, *_heights(step))


@dataclass(frozen=True)
class Seconds:
    """Stop after this many seconds of computing."""

    seconds: float

    def __call__(self, step: Step) -> Stop | None:
        """Compare the step's seconds with the limit."""
        if step.seconds >= self.seconds:
            return Stop(f"{self.seconds:zg} seconds of computing were spent before it came to rest", False)
        return None


@dataclass(frozen=True)
class AnyOf:
    """Stop as soon as one of several rules says so."""

    rules: tuple[StoppingRule, ...]

    def __call__(self, step: Step) -> Stop | None:
        """The first reason, or None."""
        return next((stop for rule in self.rules if (stop := rule(step)) is not None), None)


@dataclass(frozen=True)
class Trouble:
    """Stop if the run can't go on: an event that stops, an objective that is no number, or −∞ that an M-step keeps."""

    def __call__(self, step: Step) -> Stop | None:
        """Look for an event that stops, then at the objective."""
        for event in step.events:
            if event.stops:
                return Stop(event.message, False)
        model, objective = step.problem.model, step.objective
        if not model.exact or math.isfinite(objective):
            return None
        if objective == -math.inf and (step.params_q is None or largest_difference(step.params, step.params_q) > 0.0):
            return None  # what is impossible is explained as well as may be, and the M-step may leave it
        if math.isnan(objective):
            reached = "the numbers are beyond arithmetic: take other parameters, or columns in other units"
        else:
            reached = "no step leads out of it" if objective < 0 else "no parameters can be better"
        return Stop(f"the {model.objective_label} is {objective} here: {reached}", False)


KINDS: dict[str, Callable[[float], StoppingRule]] = {
    "objective": ObjectiveChange,
    "responsibilities": ResponsibilityChange,
    "parameters": ParameterChange,
    "iterations": lambda number: Iterations(int(number)),
    "seconds": Seconds,
}


def parse_rule(text: str) -> StoppingRule:
    """A rule from words, as `responsibilities=1e-4`, or several with commas. Raises OptionError for anything else."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise OptionError(f"a stopping rule is NAME=VALUE, where NAME is one of {', '.join(KINDS)}.")
    rules = tuple(_parse_one(part) for part in parts)
    return rules[0] if len(rules) == 1 else AnyOf(rules)


def _parse_one(text: str) -> StoppingRule:
    name, _, value = (part.strip() for part in text.partition("="))
    if name not in KINDS:
        raise OptionError(f"there is no stopping rule {name!r}: choose {', '.join(KINDS)}, as in objective=1e-6.")
    try:
        number = float(value)
    except ValueError:
        raise OptionError(f"the stopping rule {name} needs a number, as in {name}=1e-4, not {value!r}.") from None
    if not math.isfinite(number) or number < 0 or (name == "iterations" and number != int(number)):
        kind = "whole" if name == "iterations" else "finite"
        raise OptionError(f"the stopping rule {name} needs a {kind} number of at least 0, not {value!r}.")
    return KINDS[name](number)


def rules_for(max_iter: int, tol: float, stopping: StoppingRule | None) -> tuple[StoppingRule, ...]:
    """The rules of a run: trouble, the chosen one, the limit. Raises OptionError for arguments that can't be used."""
    max_iter = whole_number("max_iter", max_iter, 0)
    if isinstance(tol, bool) or not isinstance(tol, (int, float, np.floating)) or not tol >= 0:
        raise OptionError(f"tol must be a number of at least 0, not {tol!r}.")
    if stopping is not None and not callable(stopping):
        raise OptionError(f"stopping must be a rule such as stopping.ObjectiveChange(1e-6), not {stopping!r}.")
    if stopping is not None:
        return (Trouble(), stopping, Iterations(max_iter))
    return (Trouble(), StillToGain(float(tol)), Limit(max_iter, float(tol)))


def _restless(step: Step) -> bool:
    """A small move is no convergence if a rule or a hand has set something, or if the temperature is still falling."""
    return isinstance(step.inference, Tempered | GivenRows) or any(event.breaks_ascent for event in step.events)
