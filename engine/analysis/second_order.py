"""The second-order test of a rest: what the largest eigenvalue of an iteration says, and how the objective curves."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.analysis.convergence_rate import DIFFERENCE, MapRate, norm, scales_of
from engine.analysis.leaving_saddles import words_of_entry
from engine.editing.entries import admissible
from engine.em.parameters import arrays_of, with_arrays
from engine.em.rest import RestKind
from engine.em.step import Step
from engine.parallel import one_blas_thread

EXACT = 2e-3  # a rate of 1 means something where it is known as well as this
_DIFFERENCES = 1e-4  # of the rate: what central differences and rounding may add
_EPS = float(np.finfo(np.float64).eps)
_FEWEST = 4  # iterations of power before anything is said
_CLOSE = 0.05  # to 1: a rate so near it has to settle before anything is said


@dataclass(frozen=True)
class Eigenvalue:
    """The largest eigenvalue as far as it is known, how far off it may be, and what it says; kind: None for nothing."""

    rate: float = math.nan
    error: float = math.nan
    kind: RestKind | None = None


def judged_eigenvalue(step: Step, rates: Sequence[float], power: MapRate) -> Eigenvalue | None:
    """What the rates of a power iteration say: they approach the eigenvalue by a ratio, and so does their error.

    None where there are too few of them to say anything.
    """
    if not math.isfinite(rates[-1]):
        return None
    if power.over and len(rates) == 1:  # nothing can move
        return Eigenvalue(rates[-1], _DIFFERENCES, "maximum")
    if len(rates) < (2 if power.settled else _FEWEST):
        return None
    last, before = abs(rates[-1] - rates[-2]), abs(rates[-2] - (rates[-3] if len(rates) > 2 else 0.0))
    ratio = min(0.95, last / before) if before > 0 else 0.0
    tail = last * ratio / (1.0 - ratio)
    rate = rates[-1] + math.copysign(tail, rates[-1] - rates[-2])
    error = tail + _DIFFERENCES + _last_move(step) + rounding_of(step)
    certain = power.settled or (abs(rate - 1.0) > _CLOSE and error < _CLOSE)
    if certain and abs(rate - 1.0) > error:
        return Eigenvalue(rate, error, "saddle" if rate > 1.0 else "maximum")
    if not power.settled:
        return Eigenvalue(rate, error)
    return Eigenvalue(rate, error, "flat" if error < EXACT else "untested")  # too far from rest to tell a level one


def rounding_of(step: Step) -> float:
    """What the rounding of θ adds to a rate that is measured by moves of `DIFFERENCE` deviations."""
    scale = scales_of(step.params, step.problem.model)
    theta = arrays_of(step.params).items()
    steps = [float(np.max(_EPS * np.abs(one) / scale[path], initial=0.0)) for path, one in theta]
    return max(steps, default=0.0) / DIFFERENCE


def _last_move(step: Step) -> float:
    """‖θ − θ_q‖, in its scales: so far θ may be from rest, and the rate from that there."""
    here, there = arrays_of(step.params), arrays_of(step.params_q)
    scale = scales_of(step.params, step.problem.model)
    return norm({path: here[path] - there[path] for path in here}, scale)


def risen_along(step: Step, power: MapRate, reach: float) -> Generator[None, None, float | None]:
    """How much higher the objective is so many deviations ahead and behind, on average; None at a border.

    It yields once for each pass over the data.
    """
    theta = arrays_of(step.params)
    length = reach / norm(power.direction, scales_of(step.params, step.problem.model))
    heights = []
    for sign in (length, -length):
        moved = with_arrays(step.params, {path: theta[path] + sign * power.direction[path] for path in theta})
        if not admissible(step.problem.model, moved):
            return None  # there is nowhere to look
        with one_blas_thread():
            heights.append(step.problem.at(moved).objective)
        yield
    return sum(heights) / 2 - step.objective


def above_one(rate: float) -> str:
    """Three decimals, or as many as it takes to read as above 1."""
    decimals = max(3, math.ceil(-math.log10(rate - 1.0)))
    return f"{rate:z.{decimals}f}"


def words_of_largest(step: Step, power: MapRate) -> str:
    """The entry of θ that moves most in that direction."""
    scale = scales_of(step.params, step.problem.model)
    shares = {path: np.abs(v) / scale[path] for path, v in power.direction.items() if v.size}
    path = max(shares, key=lambda one: float(shares[one].max()))
    index = tuple(int(i) for i in np.unravel_index(int(shares[path].argmax()), shares[path].shape))
    return words_of_entry(step, path, index)
