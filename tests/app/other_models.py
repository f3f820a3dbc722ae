"""Models as another package might bring them, which no view was written for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine.arrays import Array, IntArray, freeze
from engine.inference import EXACT, Inference
from engine.model import Expectation, Maximization, Model, Observations
from engine.models.mixture import Mixture, checked_table
from engine.options import option


@dataclass(frozen=True, eq=False)
class ExponentialParams:
    """weights (K,), rates (K, d)."""

    weights: Array
    rates: Array

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True)
class ExponentialMixture(Mixture[ExponentialParams, Observations]):
    """A mixture of independent exponentials."""

    Params: ClassVar[type] = ExponentialParams
    name: ClassVar[str] = "exponential"
    title: ClassVar[str] = "exponential mixture"

    n_components: int = option(2, "how many components", minimum=1)

    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> Observations:
        return Observations(checked_table(X))

    def start(self, data: Observations, generator: np.random.Generator) -> ExponentialParams:
        rates = generator.uniform(0.5, 2.0, (self.n_components, data.X.shape[1])) / data.X.mean(axis=0)
        return ExponentialParams(np.full(self.n_components, 1 / self.n_components), rates)

    def log_joint(self, params: ExponentialParams, data: Observations, rows: slice | IntArray) -> Array:
        constant = np.log(params.weights) + np.log(params.rates).sum(axis=1)
        return np.asarray(constant[:, None] - params.rates @ data.X[rows].T)

    def collect(self, data: Observations, rows: slice, responsibilities: Array) -> tuple[Array, ...]:
        return responsibilities.sum(axis=1), responsibilities @ data.X[rows]

    def maximize(
        self, expectation: Expectation, params: ExponentialParams, data: Observations
    ) -> Maximization[ExponentialParams]:
        counts, sums = expectation.statistics
        counts = np.maximum(counts, 1e-9 * counts.sum())
        rates = np.where(sums > 0, counts[:, None] / np.where(sums > 0, sums, 1.0), params.rates)
        return Maximization(ExponentialParams(counts / counts.sum(), rates))

    def q_value(self, expectation: Expectation, params: ExponentialParams, data: Observations) -> float:
        counts, sums = expectation.statistics
        return float(counts @ (np.log(params.weights) + np.log(params.rates).sum(axis=1)) - (params.rates * sums).sum())

    def n_parameters(self, params: ExponentialParams) -> int:
        return int(params.rates.size) + self.n_components - 1


@dataclass(frozen=True, eq=False)
class Emission:
    """table (S, V)."""

    table: Array

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, eq=False)
class NestedParams:
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
