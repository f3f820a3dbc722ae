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
from typing import Any, Literal

import numpy as np

from engine.arrays import Array
from engine.entries import PROBABILITIES, SUMS_TO_ONE, admissible, arrays_of, with_arrays
from engine.errors import OptionError
from engine.models.gaussian import GaussianMixture
from engine.models.mixture import Mixture
from engine.parallel import one_blas_thread, row_chunks
from engine.step import Posterior, Problem, Step

Help = Literal["squarem", "fewer_components", "other_start", "newton", "larger_tolerance"]
_ROWS_AT_ONCE = 65_536
_SLOW = 0.9
_OVERLAPPING = 0.25  # of a component's rows that are another's: the two can hardly be told apart
_SMALLEST_MOVE = 1e-12  # of θ: below, moves are rounding


@dataclass(frozen=True)
class Overlap:
    """The two components that are hardest to tell apart.

    Attributes:
        first, second: their indices, from 0.
        confusion: the mean responsibility that either has for the rows of the other,
            Σ r_i r_j / min(Σ r_i, Σ r_j), 0 where no row is shared; 1 where all are.
        bhattacharyya: ∫ √(p_i p_j), 1 for the same density, 0 for none in common; None where it has no formula.
    """

    first: int
    second: int
    confusion: float
    bhattacharyya: float | None


@dataclass(frozen=True)
class Convergence:
    """What the last steps tell of the way to rest.

    Attributes:
        rate: by which moves of θ shrink from iteration to iteration, which is the share of missing information; nan
            where fewer than three M-steps are known, or moves are rounding already.
        from_gains: the same from gains of the objective, √(gain_t / gain_{t−1}); nan likewise.
        change: by how much the objective changed in the last iteration, per observation.
        steps_to_go: iterations until that is below the tolerance, at this rate; 0 where it is, None where unknown.
        overlap: of components that share rows; None for other models.
        helps: what would help, the best first; empty where EM is not slow.
    """

    rate: float
    from_gains: float
    change: float
    steps_to_go: int | None
    overlap: Overlap | None
    helps: tuple[Help, ...]

    @property
    def missing_information(self) -> float:
        """The share of the information on θ that is missing with Z: the rate of convergence."""
        return self.rate


def convergence_of(steps: Iterable[Step], tol: float = 1e-6) -> Convergence:
    """How far the run is from rest, by its last steps (such as `timeline.steps`).

    Args:
        steps: in order; those after an E-step are passed over. The last one is what is told of.
        tol: the change of the objective per observation at which the run is to stop.

    Raises:
        OptionError: there are no steps.
    """
    kept = [step for step in steps if step.phase != "E"]
    if not kept:
        raise OptionError("there are no steps to tell anything of: begin with one.")
    last, problem = kept[-1], kept[-1].problem
    rate, from_gains = _rate(kept), _rate_of_gains(kept)
    change = math.nan
    if last.phase == "M":
        unit = problem.model.objective_unit(problem.data) * problem.data.total_weight
        change = (last.objective - last.objective_q) / unit
    steps_to_go = _steps_to_go(change, rate if math.isfinite(rate) else from_gains, tol)
    overlap = overlap_of(last)
    return Convergence(rate, from_gains, change, steps_to_go, overlap, _helps(last, rate, overlap, steps_to_go))


def map_rate(step: Step, iterations: int = 60, tol: float = 1e-5, seed: int = 0) -> float:
    """The largest eigenvalue of the Jacobian of one EM iteration at θ: power iteration, by central differences.

    v ← (M(θ + εv) − M(θ − εv)) / 2ε, two E- and M-steps each. Its rate at the maximum is that of convergence.

    Args:
        step: whose θ; at a maximum the number means most.
        iterations: at most so many.
        tol: stop when the eigenvalue changes by less.
        seed: of the first direction.

    Raises:
        OptionError: the model's E-step is not exact, so that the map is a random one.
    """
    if not step.problem.model.exact:
        raise OptionError("the rate of a map that draws random numbers has no value: take an exact E-step.")
    theta = arrays_of(step.params)
    scale = {path: float(np.abs(array).max(initial=0.0)) or 1.0 for path, array in theta.items()}
    generator = np.random.default_rng(seed)
    direction = {path: _tangent(path, array, scale[path], generator) for path, array in theta.items()}
    found = before = math.nan
    with one_blas_thread():
        for _ in range(iterations):
            size = _norm(direction, scale)
            if not size > 0:
                return 0.0
            direction = {path: v / size for path, v in direction.items()}
            image = _image(step.problem, step.params, theta, direction)
            if image is None:
                return math.nan
            grown = _norm(image, scale)
            # the sign of the eigenvalue: EM's are not negative, a gradient step's may be
            found = math.copysign(grown, _dot(image, direction, scale))
            if abs(found - before) < tol:
                return found
            direction, before = image, found
    return found


def overlap_of(step: Step) -> Overlap | None:
    """The two components that share most, by the responsibilities at θ; None where rows have no components."""
    model = step.problem.model
    if not (hasattr(model, "n_components") or hasattr(model, "n_states")):
        return None
    if not model.responsibilities_sum_to_one or not model.has_likelihood or model.row_order_matters:
        return None
    posterior, data = Posterior(step.at), step.problem.data
    shared: Array | None = None
    for rows in row_chunks(data.n_rows, _ROWS_AT_ONCE):
        r = posterior.rows(rows)
        weighted = r if data.sample_weight is None else r * data.sample_weight[rows, None]
        part = r.T @ weighted
        shared = part if shared is None else shared + part
    if shared is None or len(shared) < 2:
        return None
    counts = shared.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        confusion = np.nan_to_num(shared / np.minimum(counts[:, None], counts))
    np.fill_diagonal(confusion, -1.0)
    first, second = sorted(int(i) for i in np.unravel_index(int(confusion.argmax()), confusion.shape))
    between = None
    if isinstance(model, GaussianMixture):
        between = bhattacharyya(step.params, first, second, model.covariance_type)
    return Overlap(first, second, float(confusion[first, second]), between)


def bhattacharyya(params: Any, first: int, second: int, covariance_type: str) -> float:
    """∫ √(N_i N_j) = exp(−⅛ δᵀ Σ⁻¹ δ) (|Σ_i| |Σ_j|)^¼ / |Σ|^½ with Σ = (Σ_i + Σ_j)/2 (Bhattacharyya 1943)."""
    one, other = (_full(params, k, covariance_type) for k in (first, second))
    mean = 0.5 * (one + other)
    apart = params.means[first] - params.means[second]
    logs = [float(np.linalg.slogdet(matrix)[1]) for matrix in (one, other, mean)]
    distance = 0.125 * float(apart @ np.linalg.solve(mean, apart)) + 0.5 * logs[2] - 0.25 * (logs[0] + logs[1])
    return math.exp(-max(distance, 0.0))


def _full(params: Any, k: int, covariance_type: str) -> Array:
    covariances, d = params.covariances, params.means.shape[1]
    if covariance_type == "full":
        return np.asarray(covariances[k])
    if covariance_type == "tied":
        return np.asarray(covariances)
    return np.diag(np.broadcast_to(covariances[k], d))


def _rate(steps: Sequence[Step]) -> float:
    """‖θ_t − θ_{t−1}‖ / ‖θ_{t−1} − θ_{t−2}‖, entries in units of the largest of their array."""
    if len(steps) < 3:
        return math.nan
    one, two, three = (arrays_of(step.params) for step in steps[-3:])
    if not all(one[path].shape == three[path].shape for path in three):
        return math.nan
    scale = {path: float(np.abs(array).max(initial=0.0)) or 1.0 for path, array in three.items()}
    early = _norm({path: two[path] - one[path] for path in one}, scale)
    late = _norm({path: three[path] - two[path] for path in two}, scale)
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
    """change · rate^(2s) < tol, since gains shrink by the square of the rate."""
    if not math.isfinite(change):
        return None
    if abs(change) < tol:
        return 0
    if not 0.0 < rate < 1.0 or not tol > 0:
        return None
    return math.ceil(math.log(tol / abs(change)) / (2.0 * math.log(rate)))


def _helps(step: Step, rate: float, overlap: Overlap | None, steps_to_go: int | None) -> tuple[Help, ...]:
    model = step.problem.model
    dead = isinstance(model, Mixture) and bool(np.any(step.params.weights * step.problem.data.total_weight < 1.0))
    helps: list[Help] = []
    if dead:
        helps.append("other_start")
    slow = math.isfinite(rate) and rate > _SLOW and steps_to_go != 0
    if slow and getattr(model, "m_step", None) == "gradient":
        helps.append("newton")
    elif slow and model.exact and not model.samples and model.has_likelihood:
        helps.append("squarem")
    together = overlap is not None and overlap.confusion > _OVERLAPPING
    if (slow or dead) and together:
        helps.append("fewer_components")
    if slow and not dead and "newton" not in helps:
        helps.append("larger_tolerance" if rate > 0.99 else "other_start")
    return tuple(helps)


def _image(problem: Problem, params: Any, theta: dict[str, Array], direction: dict[str, Array]) -> Any:
    """The Jacobian's image of a direction, by central differences with a step that stays within the domain."""
    step = 1e-5
    for _ in range(6):
        ends = [with_arrays(params, {path: theta[path] + sign * step * direction[path] for path in theta})
                for sign in (1.0, -1.0)]  # fmt: skip
        if all(admissible(problem.model, end) for end in ends):
            ahead, behind = (arrays_of(_mapped(problem, end)) for end in ends)
            return {path: (ahead[path] - behind[path]) / (2.0 * step) for path in theta}
        step *= 0.1
    return None


def _mapped(problem: Problem, params: Any) -> Any:
    """M(θ): one E- and M-step."""
    expectation = problem.model.expect(params, problem.data)
    return problem.model.maximize(expectation, params, problem.data).params


def _tangent(path: str, array: Array, scale: float, generator: np.random.Generator) -> Array:
    """A random direction for small moves: sums of 1 stay, and what is on the border stays there."""
    noise, field = generator.standard_normal(array.shape), path.rsplit(".", 1)[-1]
    if field == "stop":
        return np.zeros(array.shape)
    if field in SUMS_TO_ONE and array.ndim:
        mean = (array * noise).sum(axis=-1, keepdims=True) / array.sum(axis=-1, keepdims=True)
        return np.asarray(array * (noise - mean))
    if field in PROBABILITIES:
        return np.asarray(array * (1.0 - array) * noise)
    noise = scale * noise
    return np.asarray(0.5 * (noise + np.swapaxes(noise, -1, -2)) if _symmetric(array) else noise)


def _symmetric(array: Array) -> bool:
    square = array.ndim >= 2 and array.shape[-1] == array.shape[-2]
    return square and np.array_equal(array, np.swapaxes(array, -1, -2))


def _norm(direction: dict[str, Array], scale: dict[str, float]) -> float:
    return math.sqrt(_dot(direction, direction, scale))


def _dot(one: dict[str, Array], other: dict[str, Array], scale: dict[str, float]) -> float:
    return float(sum(np.vdot(one[path] / scale[path], other[path] / scale[path]) for path in one))
