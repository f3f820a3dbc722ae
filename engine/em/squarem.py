r"""SQUAREM: EM that goes several steps at once (Varadhan & Roland 2008, Scand. J. Stat. 35:335, scheme S3).

One EM iteration is a map F, θ ← F(θ). Where it is slow, successive steps have nearly the same direction and shrink by
nearly the same factor, so their limit can be extrapolated. One iteration of SQUAREM, from θ_0:

    θ_1 = F(θ_0), θ_2 = F(θ_1), θ_3 = F(θ_2);    r = θ_2 − θ_1,    v = (θ_3 − θ_2) − r
    α = −‖r‖ / ‖v‖,   at most −1                                the step length S3; α = −1 gives θ_3
    θ' = θ_1 − 2α r + α² v,   and the new θ = F(θ')

θ_1 is the paper's starting point: that one more map comes before r and v are measured lets the fast directions
settle. θ' is taken where it lies in the domain and objective(θ') ≥ objective(θ_0); else α comes halfway back to −1,
and so on. So the objective never falls: F(θ') lies no lower than θ'.

The coordinates are the parameters themselves, with no logarithms taken. The coefficients of θ' sum to 1, so that every
linear constraint that θ_1, θ_2, θ_3 meet (weights that sum to 1, symmetric covariances, the zero row of a reference
class) is met by θ', too; inequalities are what `Model.check_params` is asked about. In logits and logarithms the death
notices of Hasselblad (1969) take a third more passes, and a model would have to supply the coordinates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine.arrays import Array
from engine.em.algorithm import Algorithm, Moved, Rising
from engine.em.evaluation import Evaluation
from engine.em.inference import Exact, Inference
from engine.em.maximization import Event
from engine.em.model import Model
from engine.em.parameters import arrays_of, remembers_more, with_arrays
from engine.errors import EngineError, OptionError

_NEARLY_PLAIN = -1.01  # a step length not worth trying


@dataclass(frozen=True)
class Squarem(Algorithm):
    """Accelerated EM; the objective never falls, but the bound at the q of the E-step may: θ has moved far from it."""

    name: ClassVar[str] = "squarem"
    title: ClassVar[str] = "several EM steps foreseen at once, where the objective does not fall"
    rises: ClassVar[Rising] = "objective"
    extrapolates: ClassVar[bool] = True

    def inference(self, iteration: int, seed: int) -> Inference:
        """The posterior, as in classic EM."""
        return Exact((seed, iteration))

    def check(self, model: Model[Any, Any], params: Any) -> None:
        """The objective must be known exactly, and the parameters be arrays of numbers and nothing else."""
        if model.samples or not model.exact:
            raise OptionError(f"squarem needs an exact E-step, and that of {model.name} is not: choose classic.")
        if remembers_more(params):
            raise OptionError(
                f"squarem foresees parameters that are numbers alone, and {model.name} remembers more: choose classic."
            )

    def maximize(self, at: Evaluation) -> Moved:
        """F three times, the extrapolated step, and F again; it ends early at a map with an event."""
        path: list[Any] = []
        for passes in range(3):
            params, events = _map(at.moved(path[-1]) if path else at)
            if events:
                return Moved(params, events, passes)
            path.append(params)
        ahead, tried = _foreseen(at, path)
        if ahead is None:
            ahead, tried = at.moved(path[-1]), tried + 1
        return Moved(*_map(ahead), passes + tried)


def _map(at: Evaluation) -> tuple[Any, tuple[Event, ...]]:
    """F(θ), and its events."""
    best = at.model.maximize(at.expectation, at.params, at.data)
    return best.params, best.events


def _foreseen(at: Evaluation, path: list[Any]) -> tuple[Evaluation | None, int]:
    """The pass at θ', and how many passes it took to find; None if no step beyond θ_3 was worth taking.

    path: θ_1, θ_2, θ_3.
    """
    one, two, three = (list(arrays_of(params).values()) for params in path)
    r = [b - a for a, b in zip(one, two, strict=True)]
    v = [c - b - step for b, c, step in zip(two, three, r, strict=True)]
    names = arrays_of(path[-1]).keys()
    alpha, tried = _step_length(r, v), 0
    while alpha < _NEARLY_PLAIN:
        with np.errstate(all="ignore"):  # far outside the domain anything may overflow: such a step is not taken
            values = [a - 2 * alpha * step + alpha**2 * bend for a, step, bend in zip(one, r, v, strict=True)]
            ahead = _inside(at, with_arrays(path[-1], dict(zip(names, values, strict=True))))
            if ahead is not None:
                tried += 1
                if ahead.objective >= at.objective:
                    return ahead, tried
        alpha = (alpha - 1.0) / 2.0
    return None, tried


def _step_length(r: list[Array], v: list[Array]) -> float:
    """α = −‖r‖ / ‖v‖, at most −1."""
    largest = max((float(np.abs(a).max(initial=0.0)) for a in (*r, *v)), default=0.0)
    if not 0.0 < largest < math.inf:
        return -1.0
    length, bend = (math.sqrt(sum(float(np.sum((a / largest) ** 2)) for a in some)) for some in (r, v))
    return -length / bend if length > bend > 0.0 else -1.0


def _inside(at: Evaluation, params: Any) -> Evaluation | None:
    """The pass at these parameters, or None if the model can't have them."""
    if not all(np.isfinite(array).all() for array in arrays_of(params).values()):
        return None
    try:
        return at.moved(at.model.check_params(params, at.data))
    except EngineError:
        return None
