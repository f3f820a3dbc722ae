r"""The rate of EM at θ, measured: the largest eigenvalue of the Jacobian of one EM iteration, by power iteration.

With M(θ) the parameters after an E- and an M-step, v ← J v = (M(θ + εv) − M(θ − εv)) / 2ε and ‖v‖ → the largest
eigenvalue of J, two passes over the data each time. At a maximum it is the rate at which EM comes to rest there, the
share of missing information (Dempster, Laird & Rubin 1977, §3.5; Meng & Rubin 1991).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Array, IntArray
from engine.editing.entries import admissible
from engine.em.fields import Field, Options, fields_of, mixing_weights
from engine.em.parameters import Parameters, arrays_of, with_arrays
from engine.em.step import Problem, Step
from engine.errors import OptionError
from engine.parallel import one_blas_thread

ITERATIONS, TOL = 60, 1e-5
_NOTHING = 1e-9  # an image of a direction of length 1 that is as short as this is rounding
DIFFERENCE = 1e-5  # how far apart in deviations the two ends of a difference are moved


@dataclass(frozen=True, eq=False)
class MapRate:
    """How far a measurement has come; it can be gone on with.

    Attributes:
        rate: the eigenvalue as it is known so far; nan where θ has no neighbours within the domain.
        passes: over the data, that it took.
        settled: the last iteration of power hardly changed it.
        over: there is nothing to go on with.
        direction: of θ, by its arrays' dotted paths, where the next iteration of power begins.
    """

    rate: float
    passes: int
    settled: bool
    over: bool
    direction: dict[str, Array]


def map_rate(step: Step, iterations: int = ITERATIONS, tol: float = TOL, seed: int = 0) -> float:
    """The largest eigenvalue of the Jacobian of one EM iteration at θ.

    Args:
        step: whose θ; at a maximum the number means most.
        iterations: at most so many, two passes over the data each.
        tol: stop when the eigenvalue changes by less.
        seed: of the first direction.

    Raises:
        OptionError: the model's E-step is not exact, so that the map is a random one.
    """
    return measured(step, iterations=iterations, tol=tol, seed=seed).rate


def measured(
    step: Step, so_far: MapRate | None = None, *, iterations: int = ITERATIONS, tol: float = TOL, seed: int = 0
) -> MapRate:
    """The same with what it took, a few iterations at a time: `so_far` is what the last call for this step gave.

    Raises:
        OptionError: the model's E-step is not exact, so that the map is a random one.
    """
    if not step.problem.model.exact:
        raise OptionError("the rate of a map that draws random numbers has no value: take an exact E-step.")
    theta = arrays_of(step.params)
    scale = scales_of(step.params, step.problem.model)
    found = so_far or _begun(step, scale, seed)
    with one_blas_thread():
        for _ in range(iterations):
            if found.over:
                break
            found = _power(step, theta, scale, found, tol)
    return found


def _begun(step: Step, scale: Mapping[str, Array], seed: int) -> MapRate:
    generator, fields = np.random.default_rng(seed), fields_of(step.params, step.problem.model)
    direction = {path: _tangent(field, scale[path], generator) for path, field in fields.items()}
    dead = _dead(step)
    for path, field in fields.items():
        if field.held is not None:  # no M-step moves these: 1 would be their eigenvalue
            direction[path] = np.where(np.isnan(field.held), direction[path], 0.0)
        if len(dead) and field.axes and field.axes[0].noun == step.params.component_noun and not field.axes[0].offset:
            direction[path][dead] = 0.0
    return MapRate(math.nan, 0, False, False, direction)


def _dead(step: Step) -> IntArray:
    """The components that hold no row."""
    weights = mixing_weights(step.params)
    empty = np.zeros(0, dtype=np.int64)
    return empty if weights is None else np.flatnonzero(weights.array * step.problem.data.total_weight < 1e-9)


def _power(step: Step, theta: dict[str, Array], scale: Mapping[str, Array], before: MapRate, tol: float) -> MapRate:
    """One step of the power iteration."""
    size = norm(before.direction, scale)
    if not size > 0:
        return MapRate(0.0, before.passes, True, True, before.direction)
    direction = {path: v / size for path, v in before.direction.items()}
    image = _image(step.problem, step.params, theta, direction)
    if image is None:
        return MapRate(math.nan, before.passes, False, True, direction)
    if norm(image, scale) < _NOTHING:
        return MapRate(0.0, before.passes + 2, True, True, direction)
    # the sign of the eigenvalue: EM's are not negative, a gradient step's may be
    rate = math.copysign(norm(image, scale), _dot(image, direction, scale))
    settled = abs(rate - before.rate) < tol
    return MapRate(rate, before.passes + 2, settled, settled, image)


def _image(problem: Problem, params: Any, theta: dict[str, Array], direction: dict[str, Array]) -> Any:
    """The Jacobian's image of a direction, by central differences with a step that stays within the domain."""
    step = DIFFERENCE
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


def _tangent(field: Field, scale: Array, generator: np.random.Generator) -> Array:
    """A random direction for small moves: sums of 1 stay, and what is on the border stays there."""
    array = field.array
    noise = generator.standard_normal(array.shape)
    if field.declared.rest_of:
        return np.zeros(array.shape)
    if field.domain == "simplex" and array.ndim:
        mean = (array * noise).sum(axis=-1, keepdims=True) / array.sum(axis=-1, keepdims=True)
        return np.asarray(array * (noise - mean))
    if field.domain == "probability":
        return np.asarray(array * (1.0 - array) * noise)
    noise = scale * noise
    return np.asarray(0.5 * (noise + np.swapaxes(noise, -1, -2)) if field.matrices else noise)


def scales_of(params: Parameters, model: Options | None) -> dict[str, Array]:
    """A scale for the entries of each array: standard deviations for entries in the units of a column.

    Where no array says these, and of everything else, the largest entry. Arrays that broadcast with those of θ.
    """
    fields = fields_of(params, model)
    deviations = next((_deviations(field) for field in fields.values() if field.form), None)
    return {path: _scale(field, deviations) for path, field in fields.items()}


def _deviations(field: Field) -> Array:
    """(d,) the largest standard deviation along each column, or (1,) where all columns share one."""
    variances = np.diagonal(field.array, axis1=-2, axis2=-1) if field.matrices else field.array
    columns = 1 if field.form == "spherical" else variances.shape[-1]
    return np.asarray(np.sqrt(np.maximum(variances.reshape(-1, columns).max(axis=0), np.finfo(np.float64).tiny)))


def _scale(field: Field, deviations: Array | None) -> Array:
    if deviations is not None and field.form:
        square = np.outer(deviations, deviations) if field.matrices else deviations**2
        return np.asarray(square if field.form != "spherical" else square[0])
    if deviations is not None and field.declared.units == 1:
        return deviations
    return np.asarray(float(np.abs(field.array).max(initial=0.0)) or 1.0)


def norm(direction: dict[str, Array], scale: Mapping[str, Array]) -> float:
    """The length of a move of θ, each array in units of its own scale."""
    return math.sqrt(_dot(direction, direction, scale))


def _dot(one: dict[str, Array], other: dict[str, Array], scale: Mapping[str, Array]) -> float:
    return float(sum(np.vdot(one[path] / scale[path], other[path] / scale[path]) for path in one))
