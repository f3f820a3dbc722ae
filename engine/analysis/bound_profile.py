r"""The classic picture of EM on the user's own data: the objective and the bound below it, along one line through θ_q.

    objective(θ) = log p(X | θ) + log p(θ)  ≥  bound(θ) = L(q, θ) + log p(θ),      equal at θ_q where q is exact there

The line is that of one entry of θ, moved by its rule (`engine.editing.entries`), or θ_q + t (θ_new − θ_q). The bound
needs no pass over the rows, since Q follows from the statistics; each point of the objective is a pass of its own.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.analysis.line_search import fall, finite, highest, last_inside
from engine.arrays import Array
from engine.editing.entries import RULES, Entry, admissible, entries, entry_named, limits_of, moved, value_of
from engine.em.evaluation import Evaluation
from engine.em.inference import EXACT, Exact
from engine.em.model import Model
from engine.em.parameters import arrays_of, with_arrays
from engine.em.step import Problem, Step
from engine.errors import OptionError
from engine.models.mixture import Mixture
from engine.options import whole_number
from engine.parallel import one_blas_thread

LINE = "line"
_SECONDS = 0.15  # that the passes of a picture may take, all together
_FEW, _FEWEST = 25, 13  # points that still look like a curve, whatever they take; and where that were seconds
_TOO_LONG = 2.5  # seconds
_LITTLE = 3e5  # rows × components × points of a mixture: so little that nothing need be measured
_DROP = 8.0  # nats below its top, where the picture of a bound ends: four standard deviations
_BORDER = 1e-9  # of probabilities
_LINE_FROM, _LINE_TO = -0.5, 2.5  # about t = 1, the top of the bound


@dataclass(frozen=True, eq=False)
class Slice:
    """Two curves over t, and the places that matter on them.

    Attributes:
        label: "means[0,1]", or "line".
        rule: how other entries follow, in words (`engine.editing.entries.RULES`).
        t: (m,) rising: the value of the entry, or the place on the line with θ_q at 0 and θ_new at 1.
        objective: (m,) log p(X | θ(t)) + log p(θ(t)); nan where the model has no number for it.
        bound: (m,) L(q, θ(t)) + log p(θ(t)); nan before the first E-step.
        error: (m,) the standard error of the objective; 0 where it is exact.
        t_old: of θ_q, where the curves touch; of θ itself before the first E-step.
        t_new: of θ after an M-step, of the M-step to come after an E-step; nan before the first E-step. It lies outside
            the picture where the entry can't go there by itself.
        top: where the bound is highest within the picture; nan before the first E-step.
        exact: the objective is no estimate, and not the bound itself in its place.
        touches: q is the exact posterior at θ_q, so that the curves touch at t_old.
        asked: how many points were asked for: there are fewer where the data are many.
    """

    label: str
    rule: str
    t: Array
    objective: Array
    bound: Array
    error: Array
    t_old: float
    t_new: float
    top: float
    exact: bool
    touches: bool
    asked: int

    @property
    def reduced(self) -> bool:
        """There are fewer points than were asked for, because each takes a pass over many rows."""
        return len(self.t) < self.asked

    def at(self, t: float) -> tuple[float, float]:
        """Objective and bound at t: exactly at t_old, t_new and top, which are among the points; else between two."""
        return float(np.interp(t, self.t, self.objective)), float(np.interp(t, self.t, self.bound))


def slice_names(model: Model[Any, Any], params: Any) -> tuple[str, ...]:
    """The directions of a slice: "line" first, then every entry of θ that can be moved."""
    return (LINE, *(entry.name for entry in entries(model, params)))


def bound_slice(step: Step, along: str = LINE, points: int = 200, limits: tuple[float, float] | None = None) -> Slice:
    """Objective and bound along the line θ_q → θ_new, or along one entry of θ with the others held at θ_q.

    After an E-step θ_new is what the M-step would make of it: it is computed for the picture. Where a pass takes long
    fewer points are taken (about 0.15 seconds' worth, 25 at the least, 13 where those would take seconds), and
    `Slice.reduced` says so. A model without a number for its likelihood has no objective: no pass is made.

    Args:
        step: whose q and θ are shown.
        along: "line", or an entry such as "means[1,2]".
        points: of each curve; θ_old, θ_new and the top are added to them.
        limits: the first and the last t; None to find them, from how far the bound falls on either side.

    Raises:
        OptionError: there is no such parameter, or the limits are empty or can't be reached.
    """
    whole_number("points", points, 3)
    with one_blas_thread():
        path = line_path(step, limits) if along == LINE else entry_path(step, along)
        low, high = path.limits() if limits is None else _checked(limits, path)
        t = np.linspace(low, high, affordable(step, int(points)))
        marks = [mark for mark in (path.t_old, path.t_new) if low <= mark <= high]
        top = path.top(low, high)
        t = np.unique(np.concatenate([t, marks, [top] if math.isfinite(top) else []]))
        thetas = [path.params(float(one)) for one in t]
        log_likelihood, error = np.full(len(t), math.nan), np.zeros(len(t))
        if not math.isnan(step.at.log_likelihood):  # else the model has no number even at θ itself: no pass
            log_likelihood, error = log_likelihoods(step.problem, thetas)
        model, data = step.problem.model, step.problem.data
        prior = np.array([model.log_prior(theta, data) for theta in thetas])
        bound = np.array([path.lower(theta) for theta in thetas]) + prior
    touches = step.at_q is not None and model.exact and isinstance(step.at_q.inference, Exact)
    exact = model.exact and not error.any() and bool(np.isfinite(log_likelihood).any())
    return Slice(
        path.label, path.rule, t, log_likelihood + prior, bound, error,
        path.t_old, path.t_new, top, exact, touches, int(points),
    )  # fmt: skip


def log_likelihoods(problem: Problem, thetas: list[Any]) -> tuple[Array, Array]:
    """(m,) log p(X | θ) of each θ, and its standard error (0 where it is exact): together where the model can."""
    from engine.models.gaussian.mixture import GaussianMixture

    if isinstance(problem.model, GaussianMixture) and len(thetas) > 1:
        from engine.models.gaussian.batch import batched_log_likelihoods
        from engine.models.gaussian.data import GaussianRows

        assert isinstance(problem.data, GaussianRows)
        found = batched_log_likelihoods(problem.model, problem.data, thetas)
        return found, np.zeros(len(thetas))
    numbers = np.empty((len(thetas), 2))
    for i, theta in enumerate(thetas):
        expectation = problem.model.expect(theta, problem.data, EXACT)
        numbers[i] = expectation.log_likelihood, expectation.log_likelihood_error
    return numbers[:, 0], numbers[:, 1]


def bound_at(at: Evaluation, theta: Any) -> float:
    """L(q, θ) = Q(θ; q) + H(q) for the q chosen there."""
    return at.model.q_value(at.expectation, theta, at.data) + at.entropy


@dataclass(frozen=True, eq=False)
class Path:
    """A line through θ_q: which θ belongs to t, and what the bound is there."""

    step: Step
    label: str
    rule: str
    t_old: float
    t_new: float
    params: Callable[[float], Any]
    domain: tuple[float, float]  # beyond which there is no θ
    first_move: float  # a small change of t, from which the search for the limits begins

    def lower(self, theta: Any) -> float:
        """L(q, θ) = Q(θ; q) + H(q); nan before the first E-step."""
        return math.nan if self.step.at_q is None else bound_at(self.step.at_q, theta)

    def _curve(self, t: float) -> float:
        """What the limits are found by, without a pass: the bound, that of the E-step to come where there is none yet.

        −∞ where it is no number.
        """
        # The search walks out to where there is hardly a θ any more: a covariance that all but vanishes overflows.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            theta, problem = self.params(t), self.step.problem
            value = bound_at(self.step.at_q or self.step.at, theta)
            return finite(value + problem.model.log_prior(theta, problem.data))

    def limits(self) -> tuple[float, float]:
        """So far that the curve has fallen well below its top on either side, within the domain."""
        first = top = self._curve(self.t_old)
        drop, inner = _DROP * self.step.problem.model.objective_unit(self.step.problem.data), self.t_old
        if self.label == LINE:
            last, inner = self._curve(1.0), 1.0
            top = max(top, *(self._curve(t) for t in (0.25, 0.5, 0.75)), last)  # a step that is too long passes it
            drop = max(1e-9 * abs(first), abs(last - first) if math.isfinite(last) else 0.0)
        low = fall(self._curve, (first, top), self.t_old, -self.first_move, self.domain[0], drop)
        high = fall(self._curve, (first, top), inner, self.first_move, self.domain[1], drop)
        marks = [t for t in (self.t_new,) if self.domain[0] <= t <= self.domain[1]]
        return min(low, *marks, high), max(high, *marks, low)

    def top(self, low: float, high: float) -> float:
        """Where the bound is highest between the limits: the best of a grid, then golden sections about it."""
        if self.step.at_q is None:
            return math.nan
        grid = np.linspace(low, high, 17)
        values = [self._curve(float(t)) for t in grid]
        best = int(np.argmax(values))
        left, right = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)])
        found = highest(self._curve, left, right)
        known = [t for t in (self.t_new, self.t_old) if low <= t <= high]
        best_known = max(known, key=self._curve, default=found)
        at_found, at_known = self._curve(found), self._curve(best_known)
        # Golden sections come within a millionth of a smooth top: a known place as high is the top itself.
        return best_known if at_known >= at_found - 1e-12 * abs(at_found) else found


def line_path(step: Step, limits: tuple[float, float] | None) -> Path:
    """θ_q + t (θ_new − θ_q), array by array: sums of 1 stay, and positive definite matrices between the two do, too."""
    old, new = _ends(step)
    from_old = arrays_of(old)
    apart = {path: array - from_old[path] for path, array in arrays_of(new).items()}

    def params(t: float) -> Any:
        if t in (0.0, 1.0):
            return old if t == 0.0 else new
        return with_arrays(old, {path: from_old[path] + t * move for path, move in apart.items()})

    model = step.problem.model
    low, high = (_LINE_FROM, _LINE_TO) if limits is None else limits
    low = last_inside(lambda t: admissible(model, params(t)), 0.0, min(float(low), 0.0))
    high = last_inside(lambda t: admissible(model, params(t)), 1.0, max(float(high), 1.0))
    t_new = math.nan if step.at_q is None else 1.0
    return Path(step, LINE, "all parameters move together", 0.0, t_new, params, (low, high), 0.1)


def _ends(step: Step) -> tuple[Any, Any]:
    """θ_q and θ_new; before the first E-step, θ and what a whole iteration would make of it."""
    model, data = step.problem.model, step.problem.data
    if step.phase == "M":
        return step.params_q, step.params
    at = step.at_q if step.at_q is not None else step.at
    return step.params, model.maximize(at.expectation, step.params, data).params


def entry_path(step: Step, name: str) -> Path:
    """One entry of θ by its rule, the others as in θ_q."""
    model = step.problem.model
    old = step.params if step.at_q is None else step.params_q
    entry: Entry = entry_named(model, old, name)
    t_old, t_new = value_of(old, entry), math.nan
    if step.at_q is not None:
        t_new = value_of(_ends(step)[1], entry)
    array = np.abs(arrays_of(old)[entry.path])
    size = float(array.max(initial=0.0)) or 1.0
    t_min, t_max = limits_of(old, entry)
    first = 1e-3 * max(size, abs(t_new - t_old) if math.isfinite(t_new) else 0.0)
    t_min, t_max = min(t_min, t_old), max(t_max, t_old)  # rounding may put θ_q on the border
    if (t_min, t_max) == (0.0, 1.0):  # just inside, where logarithms are finite; on the border where θ_q is there
        t_min, t_max = min(_BORDER, t_old), max(1.0 - _BORDER, t_old)

    def params(t: float) -> Any:
        return old if t == t_old else moved(old, entry, t)

    return Path(step, entry.name, RULES[entry.rule], t_old, t_new, params, (t_min, t_max), first)


def affordable(step: Step, points: int) -> int:
    """The number of points: fewer than were asked for if their passes would take long."""
    problem = step.problem
    if isinstance(problem.model, Mixture):
        components = problem.model.n_columns(step.params)
        if problem.data.n_rows * components * points <= _LITTLE:
            return points
    elif math.isnan(step.at.log_likelihood):
        return points
    seconds = _seconds_of_pass(step)
    few = _FEW if _FEW * seconds <= _TOO_LONG else _FEWEST
    return max(min(points, few), min(points, int(_SECONDS / seconds)))


def _seconds_of_pass(step: Step) -> float:
    """What a pass has taken or takes now, whichever is less: the first one may have had something to import."""
    started = time.perf_counter()
    log_likelihoods(step.problem, [step.params])
    measured = [time.perf_counter() - started, *(at.seconds for at in (step.at, step.at_q) if at is not None)]
    return min(seconds for seconds in measured if seconds > 0)


def _checked(limits: tuple[float, float], path: Path) -> tuple[float, float]:
    low, high = float(limits[0]), float(limits[1])
    first, last = path.domain
    if not low < high or not (math.isfinite(low) and math.isfinite(high)):
        raise OptionError(f"the limits of a slice must be two rising numbers, not {limits[0]!r} and {limits[1]!r}.")
    if low < first or high > last:
        raise OptionError(
            f"{path.label} can't go from {low:z.6g} to {high:z.6g}: it ends at {first:z.6g} and {last:z.6g}."
        )
    return low, high
