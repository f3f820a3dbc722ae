"""What `check_model` checks, and how numbers, arrays and values are compared."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.em.algorithms import Algorithm
from engine.em.loop import iterate
from engine.em.model import Model
from engine.em.step import Step


@dataclass(frozen=True, eq=False)
class Case:
    """A model on data, and how far apart numbers may be that should be equal."""

    model: Model[Any, Any]
    X: Any
    y: Any
    seed: int
    n_iter: int
    tolerance: float
    algorithm: Algorithm

    def walk(self, start: Any = None, X: Any = None, y: Any = None, sample_weight: Any = None) -> list[Step]:
        """The steps of a run to the limit of iterations, on these data or on others."""
        if X is None:
            X, y = self.X, self.y
        return list(
            iterate(
                self.model, X, y, sample_weight=sample_weight, start=start, seed=self.seed,
                max_iter=self.n_iter, tol=0.0, algorithm=self.algorithm,
            )
        )  # fmt: skip


def require(holds: bool, invariant: str, step: Step, numbers: str) -> str:
    """The invariant, where it holds; else an AssertionError with it, the step and the numbers."""
    if not holds:
        where = f"iteration {step.iteration}, after {step.phase}" if step.phase != "init" else "the start"
        raise AssertionError(f"{step.problem.model.name}: {invariant} does not hold at {where}: {numbers}.")
    return invariant


def scale_of(step: Step, *numbers: float) -> float:
    """The scale of a relative tolerance: the largest of the numbers, at least one unit of the objective."""
    unit = step.problem.model.objective_unit(step.problem.data)
    return max(unit, *(abs(number) for number in numbers if math.isfinite(number)), 0.0)


def leaves(value: Any, *, remembered: bool = True) -> Iterator[Array]:
    """The arrays of a value, in order; numbers count as arrays.

    remembered: with what is remembered beside the value itself, fields with `compare=False`.
    """
    if dataclasses.is_dataclass(value):
        for part in dataclasses.fields(value):
            if part.compare or remembered:
                yield from leaves(getattr(value, part.name), remembered=remembered)
    elif isinstance(value, dict):
        for part in value.values():
            yield from leaves(part, remembered=remembered)
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from leaves(part, remembered=remembered)
    elif isinstance(value, (np.ndarray, np.generic, int, float)) and not isinstance(value, bool):
        yield np.asarray(value)


def same_bytes(one: Array, other: Array) -> bool:
    """Equal to the last bit."""
    return one.shape == other.shape and one.tobytes() == other.tobytes()


def close(one: Array, other: Array, share: float) -> bool:
    """Equal up to a share of the largest entry."""
    if one.shape != other.shape:
        return False
    largest = float(max(np.max(np.abs(one), initial=0.0), np.max(np.abs(other), initial=0.0)))
    return bool((np.abs(one - other) <= share * largest).all())
