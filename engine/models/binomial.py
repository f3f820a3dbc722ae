r"""Coins: a mixture of binomials. Each row is one set of tosses of one coin; which coin is hidden.

p(x_i) = Σ_k weights_k C(n, x_i) p_k^{x_i} (1−p_k)^{n−x_i}          Do & Batzoglou 2008, Nat. Biotechnol. 26:897
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma
from typing import Any, ClassVar

import numpy as np

from engine.arrays import Array, IntArray, Rows
from engine.editing.entries import Entry
from engine.em.expectation import Expectation
from engine.em.maximization import Event, Maximization
from engine.em.observations import Observations
from engine.em.parameters import Parameters, probability, simplex
from engine.em.row_text import RowText
from engine.em.step import Step
from engine.errors import DataError, EngineError
from engine.explain.derivation import WorkedLine, counted_lines, line
from engine.explain.pulls import DensitySlopes
from engine.explain.worked import deviations
from engine.models.mixture import Mixture, checked_labels, checked_table, checked_weights
from engine.models.mixture_explanation import Densities, density_line, weighted_logs
from engine.models.probabilities import (
    check_weights,
    dot_log,
    log_factorials,
    success_shares,
    times_log,
    zeros_and_logs,
)
from engine.options import option

_SETS = 10  # of tosses, that have lines of their own


@dataclass(frozen=True)
class BinomialParams(Parameters):
    """θ of the coins: `weights` (K,) how often each coin is taken, `probabilities` (K,) of heads."""

    component_noun: ClassVar[str] = "coin"

    weights: Array = simplex("π", "weight", per="coin", fixed_by="fixed_weights")
    probabilities: Array = probability("p", "probability", per="coin")


@dataclass(frozen=True, eq=False)
class TossCounts(Observations):
    """Heads (n, 1), with the tosses of each row and the log of its binomial coefficient, (n,) each."""

    tosses: Array = None  # type: ignore[assignment]  # always given; fields of the base have defaults
    log_coefficient: Array = None  # type: ignore[assignment]


@dataclass(frozen=True)
class BinomialMixture(Mixture[BinomialParams, TossCounts]):
    """A mixture of binomials: X holds the heads of each set of tosses."""

    Params: ClassVar[type] = BinomialParams
    name: ClassVar[str] = "coins"
    takes_labels: ClassVar[bool] = True
    title: ClassVar[str] = "coins (binomial mixture)"

    n_components: int = option(2, "how many coins", minimum=1)
    n_trials: int = option(10, "tosses in each set", minimum=1)
    fixed_weights: bool = option(False, "keep every coin equally likely to be taken")

    def notes_on(self, n_columns: int) -> tuple[str, ...]:
        """Whether so few tosses tell the coins apart: K of them are identified from 2K − 1 tosses a set on.

        Blischke 1964, JASA 59:510. Where they are equally likely, there are K unknown numbers and n_trials moments.
        """
        K, n = self.n_components, self.n_trials
        if K == 1 or n >= (K if self.fixed_weights else 2 * K - 1):
            return ()
        if n == 1:
            return ("With one toss a set only Σ w·p is determined: the coins are not identified.",)
        return (f"With {n} tosses a set {K} coins are not identified: other coins explain the sets as well.",)

    @property
    def takes_measurements(self) -> bool:
        """They are heads among tosses."""
        return False

    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> TossCounts:
        """Check that X holds whole numbers of heads, 0…n_trials."""
        table = checked_table(X, what="the heads")
        if table.shape[1] != 1:
            raise DataError(f"coins take one column, the heads of each set, not {table.shape[1]}: choose a column.")
        heads = table[:, 0]
        wrong = (heads < 0) | (heads > self.n_trials) | (heads != np.floor(heads))
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise DataError(
                RowText(
                    row,
                    f" has {heads[row]:zg} heads: each must be a whole number from 0 to n_trials = {self.n_trials}.",
                )
            )
        n = len(table)
        return TossCounts(
            table,
            checked_labels(y, n, self.n_components),
            checked_weights(sample_weight, n),
            np.full(n, float(self.n_trials)),
            _log_coefficients(heads, self.n_trials),
        )

    def start(self, data: TossCounts, generator: np.random.Generator) -> BinomialParams:
        """Equal weights, and probabilities spread at random about the share of heads, largest first."""
        share = (data.X[:, 0].sum() + 1.0) / (data.tosses.sum() + 2.0)
        spread = min(share, 1.0 - share) * 0.8
        probabilities = np.sort(share + spread * generator.uniform(-1.0, 1.0, self.n_components))[::-1]
        return BinomialParams(np.full(self.n_components, 1.0 / self.n_components), probabilities)

    def check_params(self, params: BinomialParams, data: TossCounts) -> BinomialParams:
        """Weights on the simplex and probabilities in [0, 1], one each a coin."""
        super().check_params(params, data)
        check_weights(params.weights, self.n_components)
        probabilities = params.probabilities
        if probabilities.shape != (self.n_components,):
            raise EngineError(f"start must have {self.n_components} probabilities, not shape {probabilities.shape}.")
        if not np.all((probabilities >= 0) & (probabilities <= 1)):
            raise EngineError("the probabilities of a start must lie from 0 to 1.")
        return params

    def log_joint(self, params: BinomialParams, data: TossCounts, rows: Rows) -> Array:
        """ln weights_k + ln C(n, x) + x ln p_k + (n − x) ln(1 − p_k), with 0·ln 0 = 0."""
        heads = data.X[rows, 0]
        tails = data.tosses[rows] - heads
        joint = times_log(heads, params.probabilities) + times_log(tails, 1.0 - params.probabilities)
        with np.errstate(divide="ignore"):
            joint += np.log(params.weights)[:, None]
        joint += data.log_coefficient[rows]
        return joint

    def row_distances(self, params: BinomialParams, x: Array) -> Array:
        """|x − nπ|/√(nπ(1 − π))."""
        expected = self.n_trials * params.probabilities
        return deviations(x[0], expected, np.sqrt(expected * (1.0 - params.probabilities)))

    def least_impossible(self, params: BinomialParams, data: TossCounts, rows: IntArray) -> tuple[Array, Array]:
        """A coin that never falls so has a factor of 0 for each such toss."""
        heads, p = data.X[rows, 0], params.probabilities
        return zeros_and_logs((np.ones(len(rows)), params.weights), (heads, p), (data.tosses[rows] - heads, 1.0 - p))

    def collect(self, data: TossCounts, rows: slice, responsibilities: Array) -> tuple[Array, ...]:
        """Expected sets, heads and tails of each coin, and the constant Σ w ln C(n, x), which belongs to Q."""
        heads = data.X[rows, 0]
        weight = responsibilities.sum(axis=0)
        return (
            responsibilities.sum(axis=1),
            responsibilities @ heads,
            responsibilities @ (data.tosses[rows] - heads),
            np.array([weight @ data.log_coefficient[rows]]),
        )

    def maximize(
        self, expectation: Expectation, params: BinomialParams, data: TossCounts
    ) -> Maximization[BinomialParams]:
        """weights_k = N_k / n,  p_k = expected heads / expected tosses; a coin without tosses stays as it is."""
        counts, heads, tails, _ = expectation.statistics
        probabilities = success_shares(heads, tails, params.probabilities)
        weights = params.weights if self.fixed_weights else counts / counts.sum()
        events = tuple(
            Event(f"coin {letter(int(k))} is not taken any more: its probability stays as it was", int(k))
            for k in np.flatnonzero(heads + tails == 0)
        )
        return Maximization(BinomialParams(weights, probabilities), events)

    def q_value(self, expectation: Expectation, params: BinomialParams, data: TossCounts) -> float:
        """Σ_k N_k ln weights_k + heads_k ln p_k + tails_k ln(1 − p_k) + Σ ln C(n, x)."""
        return sum(self.q_parts(expectation, params, data).values())

    def q_parts(self, expectation: Expectation, params: BinomialParams, data: TossCounts) -> dict[str, float]:
        """That of the weights, and that of the coins with Σ ln C(n, x)."""
        counts, heads, tails, constant = expectation.statistics
        tosses = dot_log(heads, params.probabilities) + dot_log(tails, 1.0 - params.probabilities)
        return {"weights": dot_log(counts, params.weights), "densities": tosses + float(constant[0])}

    def component_names(self, params: BinomialParams) -> tuple[str, ...]:
        """A, B, C, …"""
        return tuple(letter(k) for k in range(len(params.weights)))

    def n_parameters(self, params: BinomialParams) -> int:
        """K probabilities, and K − 1 weights where they are free; K without those that died."""
        k = self.n_alive(params)
        return k + (0 if self.fixed_weights else k - 1)

    def worked_densities(self, step: Step, row: int) -> Densities:
        """p^heads (1 − p)^tails of each coin; the binomial coefficient is the same for all and left out."""
        data, p = step.problem.data, step.params_q.probabilities
        assert isinstance(data, TossCounts)
        heads, tails = float(data.X[row, 0]), float(data.tosses[row] - data.X[row, 0])
        logs = weighted_logs([heads, tails], [p, 1.0 - p])
        lines = []
        for k, a in enumerate(p):
            values = [("p", a), ("heads", heads), ("1 − p", 1.0 - a), ("tails", tails)]
            lines.append(
                density_line("p^heads · (1 − p)^tails, without the common coefficient", "powers", values, k, logs[k])
            )
        return lines, logs

    def density_slopes(self, params: Any, data: Any, entry: Entry) -> DensitySlopes | None:
        """∂/∂p [heads ln p + tails ln(1 − p)] = (heads − tosses · p) / (p (1 − p)); None where p is 0 or 1."""
        p, heads, tosses = float(params.probabilities[entry.index]), data.X[:, [0]], data.tosses[:, None]
        if not 0 < p < 1:
            return None
        slopes, names = (heads - tosses * p) / (p * (1.0 - p)), ("heads", "tosses · p")
        return DensitySlopes((entry.index[0],), slopes, "heads − tosses · p", names, heads, tosses * p)

    def parameter_lines(self, step: Step, entry: Entry, after: Any) -> list[WorkedLine] | None:
        """Expected heads / expected tosses."""
        counts, heads, tails, _ = step.expectation.statistics
        k = entry.index[0]
        if entry.field == "weights":
            return counted_lines(counts, k)
        if not heads[k] + tails[k] > 0:
            return None
        assert step.at_q is not None
        data: Any = step.problem.data
        r = self.responsibilities(step.at_q.params, data, slice(None), step.at_q.inference)[:, k]
        return [
            *set_lines(r, data.X[:, 0], data, "heads"),
            line("total", "expected heads = Σ r · heads", "value", [("heads", heads[k])], k),
            *set_lines(r, data.tosses - data.X[:, 0], data, "tails"),
            line("total", "expected tails = Σ r · tails", "value", [("tails", tails[k])], k),
            line("count", "expected tosses", "sum", [("heads", heads[k]), ("tails", tails[k])], k),
            line("parameter", "heads / tosses", "quotient", [("heads", heads[k]), ("tosses", heads[k] + tails[k])], k),
        ]


def set_lines(r: Array, counts: Array, data: TossCounts, what: str) -> list[WorkedLine]:
    """What is expected of each set of tosses, r · heads; of very many sets those with the most."""
    weight = np.ones(len(r)) if data.sample_weight is None else data.sample_weight
    weighed = data.sample_weight is not None
    expected = r * counts * weight
    shown = np.arange(len(r)) if len(r) <= _SETS else np.sort(np.argsort(-expected, kind="stable")[:_SETS])
    lines = []
    for i in shown.tolist():
        values = [("r", r[i]), (what, counts[i]), *([("weight", weight[i])] if weighed else [])]
        formula = f"r · {what}" + (" · weight" if weighed else "")
        lines.append(line("part", formula, "product", values, row=data.row_of(i)))
    if len(r) > len(shown):
        said = f"the other {len(r) - len(shown):,} sets"
        lines.append(line("part", said, "value", [(said, expected.sum() - expected[shown].sum())]))
    return lines


def letter(coin: int) -> str:
    """A, B, C, … as the example has them; numbers after Z."""
    return chr(ord("A") + coin) if coin < 26 else str(coin + 1)


def _log_coefficients(heads: Array, n_trials: int) -> Array:
    """(n,) ln C(n, x) = ln n! − ln x! − ln (n − x)! of each row."""
    return lgamma(n_trials + 1.0) - log_factorials(heads) - log_factorials(n_trials - heads)
