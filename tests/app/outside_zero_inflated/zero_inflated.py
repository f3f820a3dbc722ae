"""Counts with too many zeros, as a package of its own brings them: π_0 [x = 0] + Σ_k π_k Poisson(x | λ_k).

E:  r_i0 ∝ weights_0 [x_i = 0],   r_ik ∝ weights_k e^{−rates_k} rates_k^{x_i} / x_i!
M:  weights_k = N_k / n,   rates_k = Σ_i r_ik x_i / N_k,   N_k = Σ_i r_ik
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine import (
    Array,
    Axis,
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
    log_factorials,
    option,
    positive,
    simplex,
    times_log,
)


@dataclass(frozen=True)
class ZeroInflatedParams(Parameters):
    """θ: `weights` (K + 1,), the first of them of the zeros, and `rates` (K,) of the components after it."""

    weights: Array = simplex("π", "weight", per="component")
    rates: Array = positive("λ", "rate", per=Axis("component", offset=1), location=True)


@dataclass(frozen=True)
class ZeroInflatedPoisson(Mixture[ZeroInflatedParams, Observations]):
    """One component that always gives 0, and K Poisson distributions beside it."""

    Params: ClassVar[type] = ZeroInflatedParams
    name: ClassVar[str] = "zero-inflated"
    title: ClassVar[str] = "zero-inflated Poisson mixture"
    takes_labels: ClassVar[bool] = True

    n_components: int = option(1, "how many Poisson components beside the zeros", minimum=1)

    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> Observations:
        """Check that X is one column of counts."""
        table = checked_table(X, what="the counts")
        if table.shape[1] != 1:
            raise DataError(f"a zero-inflated mixture takes one column of counts, not {table.shape[1]}.")
        if not ((table >= 0) & (table == np.floor(table))).all():
            raise DataError("each count must be a whole number of at least 0.")
        labels = checked_labels(y, len(table), self.n_components + 1)
        return Observations(table, labels, checked_weights(sample_weight, len(table)))

    def start(self, data: Observations, generator: np.random.Generator) -> ZeroInflatedParams:
        """Equal weights, and rates drawn around the mean count, in their order."""
        K, mean = self.n_components, float(np.average(data.X[:, 0], weights=data.sample_weight))
        rates = np.sort((np.arange(K) + generator.uniform(0.5, 1.5, K)) * max(mean, 0.5) / K)
        return ZeroInflatedParams(np.full(K + 1, 1.0 / (K + 1)), rates)

    def check_params(self, params: ZeroInflatedParams, data: Observations) -> ZeroInflatedParams:
        """K + 1 weights that sum to 1, and K rates of at least 0."""
        super().check_params(params, data)
        check_weights(params.weights, self.n_components + 1)
        if params.rates.shape != (self.n_components,) or not (np.isfinite(params.rates) & (params.rates >= 0)).all():
            raise EngineError(f"the rates of a start must be {self.n_components} numbers of at least 0.")
        return params

    def log_joint(self, params: ZeroInflatedParams, data: Observations, rows: slice | IntArray) -> Array:
        """ln weights_0 where x is 0, −∞ elsewhere; below it ln weights_k + x ln rates_k − rates_k − ln x!."""
        x = data.X[rows, 0]
        with np.errstate(divide="ignore"):
            logs = np.log(params.weights)
        counts = times_log(x, params.rates) - params.rates[:, None] - log_factorials(x)
        return np.vstack([np.where(x == 0, 0.0, -np.inf), counts]) + logs[:, None]

    def collect(self, data: Observations, rows: slice, responsibilities: Array) -> tuple[Array, ...]:
        """Expected rows (K + 1,), sums Σ r x (K,) of the counting components, and the constant Σ r ln x!."""
        x = data.X[rows, 0]
        constant = responsibilities.sum(axis=0) @ log_factorials(x)
        return responsibilities.sum(axis=1), responsibilities[1:] @ x, np.array([constant])

    def maximize(
        self, expectation: Expectation, params: ZeroInflatedParams, data: Observations
    ) -> Maximization[ZeroInflatedParams]:
        """weights_k = N_k / n, rates_k = S_k / N_k; a component without rows keeps its rate."""
        counts, sums, _ = expectation.statistics
        used = counts[1:] > 0
        rates = np.where(used, sums / np.where(used, counts[1:], 1.0), params.rates)
        dead = np.flatnonzero(~used) + 1
        events = tuple(Event(f"component {k + 1} has no rows left: its rate stays as it was", int(k)) for k in dead)
        return Maximization(ZeroInflatedParams(counts / counts.sum(), rates), events)

    def q_value(self, expectation: Expectation, params: ZeroInflatedParams, data: Observations) -> float:
        """Σ_k N_k ln weights_k + S_k ln rates_k − N_k rates_k, less Σ ln x!."""
        counts, sums, constant = expectation.statistics
        logs = dot_log(counts, params.weights) + dot_log(sums, params.rates)
        return float(logs - counts[1:] @ params.rates - constant[0])

    def n_parameters(self, params: ZeroInflatedParams) -> int:
        """K rates and K free weights."""
        return 2 * self.n_components
