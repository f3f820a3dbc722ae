r"""Two bounds at once: that of the q before an M-step, and that of the q after it, over a view that is wide.

    L(q_old, θ) + log p(θ)   touches the objective at θ_old, and the M-step goes towards its top θ_new
    L(q_new, θ) + log p(θ)   touches it at θ_new: the next E-step has taken the first bound off and put this one on

EM sees no more of the objective than these: it climbs the hill it is on, whatever stands beside it. That is the picture
of Bishop (2006), Pattern Recognition and Machine Learning, figure 9.14.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from engine.analysis.bound_profile import (
    LINE,
    Path,
    Slice,
    affordable,
    bound_at,
    bound_slice,
    entry_path,
    line_path,
    log_likelihoods,
)
from engine.arrays import Array
from engine.em.evaluation import Evaluation
from engine.em.inference import Exact
from engine.em.step import Step
from engine.errors import OptionError
from engine.parallel import one_blas_thread

_WIDER = (2.0, 4.0, 8.0, 16.0, 32.0)  # than the picture of one bound: the first that shows a second hill is taken
_GRID = 49  # points in which hills are looked for
_LEAST_HILL = 0.01  # of the range of the objective, which a hill rises above the valleys beside it
_FARTHEST = 100.0  # steps of θ on either side of the line


@dataclass(frozen=True, eq=False)
class TwoBounds(Slice):
    """A slice with a second bound: `bound` is that of q at θ_old, `bound_after` that of q at θ_new.

    Attributes:
        bound_after: (m,) L(q_new, θ(t)) + log p(θ(t)).
        n_hills: how many hills the objective has in the picture.
        touches_after: q_new is the exact posterior at θ_new.
    """

    bound_after: Array
    n_hills: int
    touches_after: bool


def two_bounds(step: Step, along: str = LINE, points: int = 200, after: Evaluation | None = None) -> TwoBounds:
    """Objective, the bound that an M-step went up, and the bound of the E-step that follows it.

    The view is made wider than that of `bound_slice` until the objective shows a second hill, if it does. Where a pass
    takes long, nothing is looked for.

    Args:
        step: an M-step: its q is the one before, its θ the new one.
        along: "line", or an entry such as "means[1,2]", the others as in θ_old.
        points: of each curve, as for `bound_slice`.
        after: the pass with the second q; None for that of the next E-step.

    Raises:
        OptionError: it is no M-step, or there is no such parameter.
    """
    if step.phase != "M" or step.at_q is None:
        raise OptionError("there is one bound so far: after an M-step the next E-step's is drawn beside it.")
    path = line_path(step, (-_FARTHEST, 1.0 + _FARTHEST)) if along == LINE else entry_path(step, along)
    usual = path if along != LINE else line_path(step, None)
    after = step.at if after is None else after
    with one_blas_thread(), np.errstate(all="ignore"):  # far off, anything may overflow: that is left out
        limits, n_hills = _wide(path, usual.limits(), affordable(step, points) >= points)
    found = bound_slice(step, along, points, limits)
    with one_blas_thread(), np.errstate(all="ignore"):
        thetas = [path.params(float(t)) for t in found.t]
        model, data = step.problem.model, step.problem.data
        bound_after = np.array([bound_at(after, theta) + model.log_prior(theta, data) for theta in thetas])
    touches_after = model.exact and isinstance(after.inference, Exact)
    made = {field.name: getattr(found, field.name) for field in fields(found)}
    return TwoBounds(**made, bound_after=bound_after, n_hills=n_hills, touches_after=touches_after)


def _wide(path: Path, usual: tuple[float, float], quick: bool) -> tuple[tuple[float, float], int]:
    """The first view that shows a second hill, and how many hills it shows; the narrowest of them where none does."""
    first, width = _around(path, usual, _WIDER[0]), usual[1] - usual[0]
    if not quick or not width > 0:
        return first, 1
    seen = first
    for factor in _WIDER:
        limits = _around(path, usual, factor)
        if factor != _WIDER[0] and limits == seen:
            break  # the domain is over
        seen = limits
        n_hills = _hills(_objective(path, np.linspace(*limits, _GRID)))
        if n_hills > 1:
            return limits, n_hills
    return first, 1


def _around(path: Path, usual: tuple[float, float], factor: float) -> tuple[float, float]:
    """A view that is so many times as wide, within the domain."""
    more = (factor - 1.0) / 2.0 * (usual[1] - usual[0])
    return max(path.domain[0], usual[0] - more), min(path.domain[1], usual[1] + more)


def _objective(path: Path, t: Array) -> Array:
    """log p(X | θ) + log p(θ) at these places; −∞ where it is no number."""
    problem = path.step.problem
    if math.isnan(path.step.at.log_likelihood):
        return np.zeros(len(t))
    thetas = [path.params(float(one)) for one in t]
    values, _ = log_likelihoods(problem, thetas)
    values = values + np.array([problem.model.log_prior(theta, problem.data) for theta in thetas])
    return np.where(np.isfinite(values), values, -np.inf)


def _hills(values: Array) -> int:
    """How many tops inside a curve rise above the valleys beside them by a share of its range."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return 0
    least = _LEAST_HILL * float(finite.max() - finite.min())
    n_hills, low, top, climbing = 0, float(values[0]), float(values[0]), True
    for value in values[1:].tolist():
        if climbing:
            top = max(top, value)
            if value < top - least:  # over the top: a hill, unless it only comes down from the left border
                n_hills += top > low + least
                climbing, low = False, value
        else:
            low = min(low, value)
            if value > low + least:
                climbing, top = True, value
    return n_hills
