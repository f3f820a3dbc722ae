"""A model that no view was written for, with parameters of every kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine.arrays import Array, IntArray
from engine.em.expectation import Expectation
from engine.em.inference import EXACT, Inference
from engine.em.maximization import Maximization
from engine.em.model import Model
from engine.em.observations import Observations
from engine.em.parameters import Parameters
from engine.models.mixture import checked_table


@dataclass(frozen=True)
class Emission(Parameters):
    """table (S, V)."""

    table: Array


@dataclass(frozen=True)
class NestedParams(Parameters):
    """A number, a vector, a value inside a value, and nothing."""

    theta: Array
    initial: Array
    emission: Emission
    stop: Array | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "theta", np.asarray(self.theta, dtype=np.float64))


@dataclass(frozen=True)
class Halving(Model[NestedParams, Observations]):
    """Not a model of anything: each M-step halves θ, and q is one column for all rows together."""

    Params: ClassVar[type] = NestedParams
    name: ClassVar[str] = "halving"
    title: ClassVar[str] = "halving"

    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> Observations:
        return Observations(checked_table(X))

    def start(self, data: Observations, generator: np.random.Generator) -> NestedParams:
        return NestedParams(np.array(1.0), np.array([0.5, 0.5]), Emission(np.ones((2, 3))))

    def expect(self, params: NestedParams, data: Observations, inference: Inference = EXACT) -> Expectation:
        return Expectation(None, -float(params.theta), 0.0)

    def maximize(
        self, expectation: Expectation, params: NestedParams, data: Observations
    ) -> Maximization[NestedParams]:
        return Maximization(NestedParams(params.theta / 2, params.initial, params.emission))

    def q_value(self, expectation: Expectation, params: NestedParams, data: Observations) -> float:
        return -float(params.theta)

    def responsibilities(
        self, params: NestedParams, data: Observations, rows: slice | IntArray, inference: Inference = EXACT
    ) -> Array:
        return np.ones((1, 4)) / 4

    def n_parameters(self, params: NestedParams) -> int:
        return 1
