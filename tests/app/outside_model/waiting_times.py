"""A mixture of exponentials, as a package of its own brings it: p(x) = Σ_k weights_k Π_d rates_kd exp(−rates_kd x_d).

E:  r_ik ∝ weights_k Π_d rates_kd exp(−rates_kd x_id)
M:  weights_k = N_k / n,   rates_kd = N_k / Σ_i r_ik x_id
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine import (
    Array,
    DataError,
    EngineError,
    Event,
    Expectation,
    IntArray,
    Maximization,
    Mixture,
    Observations,
    Parameters,
    check_weights,
    checked_labels,
    checked_table,
    checked_weights,
    dot_log,
    option,
    positive,
    simplex,
)


@dataclass(frozen=True)
class ExponentialParams(Parameters):
    """θ: `weights` (K,), and `rates` (K, d) of each component and column."""

    weights: Array = simplex("π", "weight", per="component")
    rates: Array = positive("λ", "rate", per="component", of="column")


@dataclass(frozen=True)
class ExponentialMixture(Mixture[ExponentialParams, Observations]):
    """A mixture of independent exponential columns: waiting times, all of them above 0."""

    Params: ClassVar[type] = ExponentialParams
    name: ClassVar[str] = "exponential"
    title: ClassVar[str] = "exponential mixture"
    takes_labels: ClassVar[bool] = True

    n_components: int = option(2, "how many components", minimum=1)

    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> Observations:
        """Check that X holds waiting times above 0."""
        table = checked_table(X, what="the waiting times")
        if not (table > 0).all():
            row, column = (int(i) for i in np.argwhere(~(table > 0))[0])
            raise DataError(f"row {row + 1}, column {column + 1} holds {table[row, column]:g}: it must be above 0.")
        n = len(table)
        return Observations(table, checked_labels(y, n, self.n_components), checked_weights(sample_weight, n))

    def start(self, data: Observations, generator: np.random.Generator) -> ExponentialParams:
        """Rates drawn around one over the mean of each column, and equal weights."""
        K, mean = self.n_components, np.average(data.X, axis=0, weights=data.sample_weight)
        return ExponentialParams(np.full(K, 1.0 / K), generator.uniform(0.3, 3.0, (K, data.X.shape[1])) / mean)

    def check_params(self, params: ExponentialParams, data: Observations) -> ExponentialParams:
        """Weights that sum to 1, and a rate above 0 for each component and column."""
        super().check_params(params, data)
        check_weights(params.weights, self.n_components)
        shape = (self.n_components, data.X.shape[1])
        if params.rates.shape != shape or not (np.isfinite(params.rates) & (params.rates > 0)).all():
            raise EngineError(f"the rates of a start must be {shape[0]} × {shape[1]} numbers above 0.")
        return params

    def log_joint(self, params: ExponentialParams, data: Observations, rows: slice | IntArray) -> Array:
        """ln weights_k + Σ_d ln rates_kd − rates_kd x_d: (K, len(rows))."""
        with np.errstate(divide="ignore"):
            constant = np.log(params.weights) + np.log(params.rates).sum(axis=1)
        return np.asarray(constant[:, None] - params.rates @ data.X[rows].T)

    def collect(self, data: Observations, rows: slice, responsibilities: Array) -> tuple[Array, ...]:
        """Expected rows (K,), and the waiting times expected in each column (K, d)."""
        return responsibilities.sum(axis=1), responsibilities @ data.X[rows]

    def maximize(
        self, expectation: Expectation, params: ExponentialParams, data: Observations
    ) -> Maximization[ExponentialParams]:
        """weights_k = N_k / n, rates_kd = N_k / S_kd; a component without rows keeps its rates."""
        counts, sums = expectation.statistics
        used = (counts[:, None] > 0) & (sums > 0)
        rates = np.where(used, counts[:, None] / np.where(used, sums, 1.0), params.rates)
        dead = np.flatnonzero(counts == 0)
        events = tuple(Event(f"component {k + 1} has no rows left: its rates stay as they were", int(k)) for k in dead)
        return Maximization(ExponentialParams(counts / counts.sum(), rates), events)

    def q_value(self, expectation: Expectation, params: ExponentialParams, data: Observations) -> float:
        """Σ_k N_k (ln weights_k + Σ_d ln rates_kd) − Σ_kd rates_kd S_kd."""
        counts, sums = expectation.statistics
        waited = float(counts @ np.log(params.rates).sum(axis=1) - (params.rates * sums).sum())
        return dot_log(counts, params.weights) + waited

    def n_parameters(self, params: ExponentialParams) -> int:
        """K d rates and K − 1 weights."""
        return int(params.rates.size) + self.n_components - 1
