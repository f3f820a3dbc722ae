"""Components of a θ made alike: what the fit would be with one of them fewer, or with one alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays import Array
from engine.em.fields import Field, Options, count_components, fields_of, mixing_weights
from engine.em.parameters import Parameters, Theta, with_arrays
from engine.em.step import Problem


def living(params: Parameters, total_weight: float) -> list[int]:
    """The components that hold a row or more."""
    weights = mixing_weights(params)
    if weights is None:
        return list(range(count_components(params)))
    return [int(k) for k in np.flatnonzero(weights.array * total_weight >= 1.0)]


def closest_two(params: Parameters, among: Sequence[int], options: Options | None = None) -> tuple[int, int]:
    """The two components whose parameters differ least, each array in units of how far apart components lie in it."""
    among = list(among)
    apart = np.zeros((len(among), len(among)))
    for field in fields_of(params, options).values():
        if field.declared.latent or not _of_components(field, params) or field.axes[0].offset:
            continue
        rows = field.array.reshape(len(field.array), -1)[among]
        rows = rows - rows.mean(axis=0)
        rows /= np.abs(rows).max(initial=0.0) or 1.0  # whatever their size, their squares can be computed
        squares = (rows**2).sum(axis=1)
        between = np.sqrt(np.maximum(squares[:, None] + squares - 2.0 * rows @ rows.T, 0.0))
        apart += between / (between.max() or 1.0)
    np.fill_diagonal(apart, np.inf)
    first, second = sorted(int(i) for i in np.unravel_index(int(apart.argmin()), apart.shape))
    return among[first], among[second]


def made_alike(params: Theta, members: Sequence[int], options: Options | None = None) -> Theta | None:
    """θ whose components `members` have the same parameters, their mean by weight, and share their weights evenly.

    None where an array has no entry for one of them.
    """
    weights = mixing_weights(params)
    shares = np.full(len(members), 1.0) if weights is None else weights.array[list(members)]
    shares = shares / shares.sum() if shares.sum() > 0 else np.full(len(members), 1.0 / len(members))
    moved: dict[str, Array] = {}
    for path, field in fields_of(params, options).items():
        for place, axis in enumerate(field.axes):
            if axis.noun != params.component_noun or field.n_held == field.array.size:
                continue
            if axis.offset:
                return None
            summing = field.domain == "simplex" and place == field.array.ndim - 1
            array = np.moveaxis(np.array(moved.get(path, field.array)), place, 0)
            array[list(members)] = np.average(array[list(members)], axis=0, weights=None if summing else shares)
            moved[path] = field.with_held(np.ascontiguousarray(np.moveaxis(array, 0, place)))
    return with_arrays(params, moved) if moved else None


def objective_alike(problem: Problem, params: Theta, members: Sequence[int]) -> float:
    """The objective after one EM iteration from these components made alike, which they stay: two passes.

    With all of them this is K = 1 in closed form, where that has one. nan where they can't be made alike.
    """
    alike = made_alike(params, members, problem.model)
    if alike is None:
        return float("nan")
    expectation = problem.model.expect(alike, problem.data)
    return problem.at(problem.model.maximize(expectation, alike, problem.data).params).objective


def _of_components(field: Field, params: Parameters) -> bool:
    return bool(field.axes) and field.axes[0].noun == params.component_noun
