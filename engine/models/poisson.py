r"""Counts: a mixture of Poisson distributions, such as days on which more or fewer people die.

p(x_i) = Σ_k weights_k e^{−rates_k} rates_k^{x_i} / x_i!              Hasselblad 1969, JASA 64:1459
E:  r_ik ∝ weights_k e^{−rates_k} rates_k^{x_i}
M:  weights_k = N_k / n,   rates_k = Σ_i r_ik x_i / N_k,   N_k = Σ_i r_ik
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine.arrays import Array, IntArray, Rows
from engine.editing.entries import Entry
from engine.em.expectation import Expectation
from engine.em.maximization import Maximization, events_where
from engine.em.observations import Observations
from engine.em.parameters import Parameters, positive, simplex
from engine.em.step import Step
from engine.errors import DataError, EngineError
from engine.explain.derivation import LEAST_LOG, MOST_LOG, WorkedLine, counted_lines, line
from engine.explain.pulls import DensitySlopes
from engine.explain.worked import deviations
from engine.models.mixture import Mixture, check_counts, checked_labels, checked_table, checked_weights
from engine.models.mixture_explanation import Densities, density_line, weighted_logs
from engine.models.probabilities import check_weights, dot_log, log_factorials, times_log, zeros_and_logs
from engine.options import option


@dataclass(frozen=True)
class PoissonParams(Parameters):
    """θ of the counts: `weights` (K,), and `rates` (K,), the mean count of each component."""

    weights: Array = simplex("π", "weight", per="component")
    rates: Array = positive("λ", "rate", per="component", location=True)


@dataclass(frozen=True, eq=False)
class Counts(Observations):
    """Counts (n, 1), and ln x! of each row (n,)."""

    log_factorial: Array = None  # type: ignore[assignment]  # always given; fields of the base have defaults


@dataclass(frozen=True)
class PoissonMixture(Mixture[PoissonParams, Counts]):
    """A mixture of Poisson distributions: X is one column of counts."""

    Params: ClassVar[type] = PoissonParams
    name: ClassVar[str] = "poisson"
    takes_labels: ClassVar[bool] = True
    title: ClassVar[str] = "Poisson mixture"

    n_components: int = option(2, "how many components", minimum=1)

    @property
    def takes_measurements(self) -> bool:
        """They are counts."""
        return False

    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> Counts:
        """Check that X is one column of counts: whole numbers of at least 0."""
        table = checked_table(X, what="the counts")
        if table.shape[1] != 1:
            raise DataError(f"a Poisson mixture takes one column of counts, not {table.shape[1]}: choose a column.")
        check_counts(table)
        n = len(table)
        labels, weights = checked_labels(y, n, self.n_components), checked_weights(sample_weight, n)
        return Counts(table, labels, weights, log_factorials(table[:, 0]))

    def start(self, data: Counts, generator: np.random.Generator) -> PoissonParams:
        """Equal weights; rates halfway between the mean count and quantiles drawn at random, one from each k-th."""
        counts, K = data.X[:, 0], self.n_components
        weight = np.ones(len(counts)) if data.sample_weight is None else data.sample_weight
        order = np.argsort(counts, kind="stable")
        levels = (np.arange(K) + generator.random(K)) / K
        below = np.cumsum(weight[order])
        drawn = np.searchsorted(below, levels * below[-1], side="right")
        quantiles = counts[order][np.minimum(drawn, len(counts) - 1)]
        mean = max(float(counts @ weight) / float(below[-1]), 0.5 / float(len(counts)))  # a rate of 0 would stay there
        return PoissonParams(np.full(K, 1.0 / K), (quantiles + mean) / 2.0)

    def check_params(self, params: PoissonParams, data: Counts) -> PoissonParams:
        """Weights on the simplex and rates of at least 0, one each a component."""
        super().check_params(params, data)
        check_weights(params.weights, self.n_components)
        if params.rates.shape != (self.n_components,):
            raise EngineError(f"start must have {self.n_components} rates, not shape {params.rates.shape}.")
        if not (np.all(params.rates >= 0) and np.all(np.isfinite(params.rates))):
            raise EngineError("the rates of a start must be finite and at least 0.")
        return params

    def log_joint(self, params: PoissonParams, data: Counts, rows: Rows) -> Array:
        """ln weights_k + x ln rates_k − rates_k − ln x!, with 0·ln 0 = 0."""
        joint = times_log(data.X[rows, 0], params.rates)
        with np.errstate(divide="ignore"):
            joint += (np.log(params.weights) - params.rates)[:, None]
        joint -= data.log_factorial[rows]
        return joint

    def row_distances(self, params: PoissonParams, x: Array) -> Array:
        """|x − λ|/√λ."""
        return deviations(x[0], params.rates, np.sqrt(params.rates))

    def least_impossible(self, params: PoissonParams, data: Counts, rows: IntArray) -> tuple[Array, Array]:
        """A rate of 0 has a factor of 0 for each that is counted."""
        zeros, logs = zeros_and_logs((np.ones(len(rows)), params.weights), (data.X[rows, 0], params.rates))
        return zeros, logs - params.rates[:, None]

    def collect(self, data: Counts, rows: slice, responsibilities: Array) -> tuple[Array, ...]:
        """Expected rows N_k and sums Σ r x of each component, and the constant Σ w ln x!, which belongs to Q."""
        constant = responsibilities.sum(axis=0) @ data.log_factorial[rows]
        return responsibilities.sum(axis=1), responsibilities @ data.X[rows, 0], np.array([constant])

    def maximize(self, expectation: Expectation, params: PoissonParams, data: Counts) -> Maximization[PoissonParams]:
        """weights_k = N_k / n,  rates_k = Σ r x / N_k; a component without rows keeps its rate."""
        counts, sums, _ = expectation.statistics
        used = counts > 0
        rates = np.where(used, sums / np.where(used, counts, 1.0), params.rates)
        events = events_where(~used, "component {} has no rows left: its rate stays as it was")
        return Maximization(PoissonParams(counts / counts.sum(), rates), events)

    def q_value(self, expectation: Expectation, params: PoissonParams, data: Counts) -> float:
        """Σ_k N_k ln weights_k + S_k ln rates_k − N_k rates_k, less Σ ln x!, where S_k = Σ r x."""
        return sum(self.q_parts(expectation, params, data).values())

    def q_parts(self, expectation: Expectation, params: PoissonParams, data: Counts) -> dict[str, float]:
        """That of the weights, and that of the rates less Σ ln x!."""
        counts, sums, constant = expectation.statistics
        densities = dot_log(sums, params.rates) - counts @ params.rates - constant[0]
        return {"weights": dot_log(counts, params.weights), "densities": float(densities)}

    def n_parameters(self, params: PoissonParams) -> int:
        """K rates and K − 1 weights; K without those that died."""
        return 2 * self.n_alive(params) - 1

    def worked_densities(self, step: Step, row: int) -> Densities:
        """rate^x e^−rate; 1 / x!, common to all, stands outside."""
        x, rates = float(step.problem.data.X[row, 0]), step.params_q.rates
        logs = weighted_logs([x], [rates]) - rates
        lines = []
        for k, rate in enumerate(rates):
            values = [("rate", rate), ("x", x), ("e", np.e), ("−rate", -rate)]
            beyond = max(logs[k] + rate, -rate, key=abs)  # one of the two factors, if that is out of range
            worst = beyond if not LEAST_LOG < beyond < MOST_LOG and np.isfinite(beyond) else logs[k]
            lines.append(density_line("rate^x · e^(−rate), without the common 1 / x!", "powers", values, k, worst))
            if lines[-1].log:
                lines[-1] = line(
                    "density", "x ln rate − rate, without the common −ln x!", "value", [("ln p", logs[k])], k, log=True
                )
        return lines, logs

    def density_slopes(self, params: Any, data: Any, entry: Entry) -> DensitySlopes | None:
        """∂/∂λ [x ln λ − λ] = (x − λ) / λ; None where the rate is 0."""
        rate, x = float(params.rates[entry.index]), data.X[:, [0]]
        if not rate > 0:
            return None
        return DensitySlopes((entry.index[0],), (x - rate) / rate, "x − λ", ("x", "λ"), x, np.full(x.shape, rate))

    def parameter_lines(self, step: Step, entry: Entry, after: Any) -> list[WorkedLine] | None:
        """The weighted sum of the counts over N_k."""
        counts, sums, _ = step.expectation.statistics
        k = entry.index[0]
        if entry.field == "weights":
            return counted_lines(counts, k)
        if not counts[k] > 0:
            return None
        return [
            line("count", "N = Σ r", "value", [("N", counts[k])], k),
            line("total", "Σ r x", "value", [("Σ r x", sums[k])], k),
            line("parameter", "Σ r x / N", "quotient", [("Σ r x", sums[k]), ("N", counts[k])], k),
        ]
