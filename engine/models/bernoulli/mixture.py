r"""Answers of yes and no, some of them missing: a mixture whose components have a probability for each column.

p(x_i) = Σ_k weights_k Π_{d seen} p_kd^{x_id} (1 − p_kd)^{1 − x_id}
E:  r_ik ∝ weights_k Π_{d seen} …        what is not seen is left out of the product, which sums over its two values
M:  weights_k = N_k / n,   p_kd = (Σ_i r_ik [x_id = 1] + c) / (Σ_i r_ik [x_id seen] + 2c)
                                           Bishop 2006, section 9.3.3; missing at random: Little & Rubin 2002, ch. 11

c = `pseudo_count` is a stated prior: each p_kd ~ Beta(1 + c, 1 + c), as if every component had been asked c times more
with a yes and c times more with a no. log_prior = c Σ_kd ln p_kd + ln(1 − p_kd), and the M-step maximises exactly
log_likelihood + log_prior. With c = 0, the default, it is maximum likelihood, where probabilities may become 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from engine.arrays import Array, IntArray, Rows
from engine.editing.entries import Entry
from engine.em.expectation import Expectation
from engine.em.maximization import Maximization, events_where
from engine.em.observations import Observations
from engine.em.parameters import Parameters, probability, simplex
from engine.em.row_text import RowText
from engine.em.step import Step
from engine.errors import DataError, EngineError
from engine.explain.derivation import Worked, WorkedLine, counted_lines
from engine.explain.pulls import DensitySlopes
from engine.models.bernoulli.explanation import NO_ANSWERS, answer_densities, answer_slopes, share_lines
from engine.models.bernoulli.masks import Masks
from engine.models.bernoulli.start import gathered, near_random_rows
from engine.models.mixture import Mixture, checked_labels, checked_table, checked_weights
from engine.models.mixture_explanation import Densities
from engine.models.probabilities import check_weights, dot_log, success_shares, zeros_and_logs
from engine.options import option
from engine.parallel import row_chunks

_ROWS_AT_ONCE = 65_536


@dataclass(frozen=True)
class BernoulliParams(Parameters):
    """θ of the answers: `weights` (K,), and `probabilities` (K, D) of a yes in each column."""

    weights: Array = simplex("π", "weight", per="component")
    probabilities: Array = probability("p", "probability", per="component", of="column", location=True)


@dataclass(frozen=True, eq=False)
class Answers(Observations):
    """Answers (n, D), NaN where there is none; above `cut` it is a yes."""

    cut: float = 0.5


@dataclass(frozen=True)
class BernoulliMixture(Mixture[BernoulliParams, Answers]):
    """A mixture of independent Bernoulli columns; X holds 0, 1 and NaN, or any numbers where a threshold is given."""

    Params: ClassVar[type] = BernoulliParams
    name: ClassVar[str] = "bernoulli"
    takes_labels: ClassVar[bool] = True
    takes_missing: ClassVar[bool] = True
    predicts_unseen: ClassVar[bool] = True
    title: ClassVar[str] = "Bernoulli mixture"

    n_components: int = option(2, "how many components", minimum=1)
    init: str = option("points", "where the probabilities start", choices=("points", "responsibilities"))
    threshold: float | None = option(None, "numbers above it count as 1; auto: they are 0 and 1 already", kind="float")
    pseudo_count: float = option(
        0.0, "answers of each kind imagined for every component and column", minimum=0.0, maximum=1e100
    )

    def notes_on(self, n_columns: int) -> tuple[str, ...]:
        """Whether so few columns can tell the components apart: rows of D answers tell 2^D − 1 numbers at most."""
        K, D = self.n_components, n_columns
        if K == 1 or D > 30 or 2**D - 1 >= K * D + K - 1:
            return ()
        if D == 1:
            return ("With one yes or no a row only Σ w·p is determined: the components are not identified.",)
        return (
            f"{D} columns of yes and no tell {2**D - 1} numbers, and {K} components have {K * D + K - 1}: "
            "they are not identified.",
        )

    @property
    def no_and_yes(self) -> tuple[float, float]:
        """0 and 1, or the numbers at either side of the threshold."""
        cut = self.threshold
        return (0.0, 1.0) if cut is None else (cut, float(np.nextafter(cut, np.inf)))

    @property
    def takes_measurements(self) -> bool:
        """Measurements become answers where a threshold is given."""
        return self.threshold is not None

    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> Answers:
        """Check that X holds 0, 1 and NaN alone, unless a threshold makes it so."""
        table = checked_table(X, what="the answers", missing=True)
        cut = 0.5 if self.threshold is None else self.threshold
        for rows in row_chunks(len(table), _ROWS_AT_ONCE) if self.threshold is None else ():
            part = table[rows]
            wrong = ~((part == 0) | (part == 1) | np.isnan(part))
            if wrong.any():
                row, column = (int(i) for i in np.argwhere(wrong)[0])
                raise DataError(
                    RowText(
                        rows.start + row,
                        f", column {column + 1} holds {part[row, column]:zg}: answers must be 1, 0 or missing; set a "
                        "threshold to read larger numbers as 1 and others as 0.",
                    )
                )
        n = len(table)
        labels, weights = checked_labels(y, n, self.n_components), checked_weights(sample_weight, n)
        return Answers(table, labels, weights, cut)

    def observe_new(self, X: Any, params: BernoulliParams) -> Answers:
        """Rows to predict for, with as many columns as the parameters have."""
        data = self.observe(X)
        if data.X.shape[1] != params.probabilities.shape[1]:
            raise DataError(
                f"the rows have {data.X.shape[1]} columns, but the model was fitted with "
                f"{params.probabilities.shape[1]}: give the same columns, missing ones as NaN."
            )
        return data

    def start(self, data: Answers, generator: np.random.Generator) -> BernoulliParams:
        """Equal weights, and probabilities halfway between the column's share of yes and a random row's answers.

        "responsibilities" are drawn from the simplex for each row instead, and give the probabilities by an M-step.
        """
        K, D = self.n_components, data.X.shape[1]
        even = np.full(K, 1.0 / K)
        if self.init == "points":
            near = near_random_rows(data.X, data.cut, K, generator, data.sample_weight)
            return BernoulliParams(even, near)
        drawn = Expectation(gathered(data.X, data.cut, K, generator, data.sample_weight), 0.0, 0.0)
        return self.maximize(drawn, BernoulliParams(even, np.full((K, D), 0.5)), data).params

    def check_params(self, params: BernoulliParams, data: Answers) -> BernoulliParams:
        """Weights on the simplex, and a probability for each component and column."""
        super().check_params(params, data)
        check_weights(params.weights, self.n_components)
        p, shape = params.probabilities, (self.n_components, data.X.shape[1])
        if p.shape != shape:
            raise EngineError(f"the probabilities of a start must have shape {shape}, not {p.shape}.")
        if not np.all((p >= 0) & (p <= 1)):
            raise EngineError("the probabilities of a start must lie from 0 to 1.")
        if self.pseudo_count > 0 and not np.all((p > 0) & (p < 1)):
            raise EngineError("with a pseudo_count, the probabilities of a start must lie above 0 and below 1.")
        return params

    def rows_per_chunk(self, params: BernoulliParams, data: Answers) -> int:
        """How many rows make a chunk whose masks and log-joint stay in the cache."""
        return max(256, 190_000 // (self.n_components + 2 * int(data.X.shape[1])))

    def log_joint(self, params: BernoulliParams, data: Answers, rows: Rows) -> Array:
        """ln weights_k + Σ_{d seen} x_d ln p_kd + (1 − x_d) ln(1 − p_kd): (K, len(rows))."""
        joint = Masks.of(data.X[rows], data.cut).log_likelihood(params.probabilities)
        with np.errstate(divide="ignore"):
            joint += np.log(params.weights)[:, None]
        return joint

    def least_impossible(self, params: BernoulliParams, data: Answers, rows: IntArray) -> tuple[Array, Array]:
        """The number of factors that are 0 (answers that a component never gives), and the log of the others."""
        zeros, logs = Masks.of(data.X[rows], data.cut).zeros_and_logs(params.probabilities)
        weight_zeros, weight_logs = zeros_and_logs((np.ones(len(rows)), params.weights))
        return zeros + weight_zeros, logs + weight_logs

    def collect(self, data: Answers, rows: slice, responsibilities: Array) -> tuple[Array, ...]:
        """Expected rows (K,), and expected answers of yes and of no in each column (K, D)."""
        masks = Masks.of(data.X[rows], data.cut)
        return responsibilities.sum(axis=1), responsibilities @ masks.ones, responsibilities @ masks.zeros

    def maximize(
        self, expectation: Expectation, params: BernoulliParams, data: Answers
    ) -> Maximization[BernoulliParams]:
        """weights_k = N_k / n, p_kd = (yes + c) / (yes + no + 2c); where nothing is known, p stays as it was."""
        counts, yes, no = expectation.statistics
        c = self.pseudo_count
        probabilities = success_shares(yes + c, no + c, params.probabilities)
        then = "its probabilities go to the prior's" if c > 0 else "its probabilities stay as they were"
        events = events_where(counts == 0, "component {} has no rows left: " + then)
        return Maximization(BernoulliParams(counts / counts.sum(), probabilities), events)

    def q_value(self, expectation: Expectation, params: BernoulliParams, data: Answers) -> float:
        """Σ_k N_k ln weights_k + Σ_kd yes_kd ln p_kd + no_kd ln(1 − p_kd)."""
        return sum(self.q_parts(expectation, params, data).values())

    def q_parts(self, expectation: Expectation, params: BernoulliParams, data: Answers) -> dict[str, float]:
        """That of the weights, and that of the answers that were seen."""
        counts, yes, no = expectation.statistics
        p = params.probabilities
        return {"weights": dot_log(counts, params.weights), "densities": dot_log(yes, p) + dot_log(no, 1.0 - p)}

    def log_prior(self, params: BernoulliParams, data: Answers) -> float:
        """c Σ_kd ln p_kd + ln(1 − p_kd): the Beta prior of each probability, up to its constant."""
        if self.pseudo_count == 0:
            return 0.0
        p = params.probabilities
        return self.pseudo_count * float(np.sum(np.log(p) + np.log1p(-p)))

    def n_parameters(self, params: BernoulliParams) -> int:
        """K D probabilities and K − 1 weights; K without those that died."""
        k = self.n_alive(params)
        return k * int(params.probabilities.shape[1]) + k - 1

    def worked_densities(self, step: Step, row: int) -> Densities:
        """The density of a row as a product over the answers that were seen."""
        data = step.problem.data
        assert isinstance(data, Answers)
        return answer_densities(data.X[row], data.cut, step.params_q.probabilities)

    def worked_row(self, step: Step, row: int) -> Worked:
        """Line by line; of a row without answers it is said that nothing but the weights speaks."""
        made, data = super().worked_row(step, row), step.problem.data
        assert isinstance(data, Answers)
        if not np.isnan(data.X[row]).all():
            return made
        return replace(made, remark="; ".join(filter(None, (NO_ANSWERS, made.remark))))

    def density_slopes(self, params: Any, data: Any, entry: Entry) -> DensitySlopes | None:
        """How the answers of a column go with its probability."""
        return answer_slopes(data.X[:, entry.index[1]], data.cut, params.probabilities, self.pseudo_count, entry)

    def parameter_lines(self, step: Step, entry: Entry, after: Any) -> list[WorkedLine] | None:
        """The share of yes among the answers, including those that the prior adds."""
        counts, yes, no = step.expectation.statistics
        if entry.field == "weights":
            return counted_lines(counts, entry.index[0])
        return share_lines(yes, no, self.pseudo_count, entry)

    def predict_unseen(self, params: BernoulliParams, X: Any) -> Array:
        """What is seen as it is (1 or 0), and what is not by its probability of a yes; in the shape of X.

        p(x_d = 1 | what is seen of x) = Σ_k r_k p_kd. "Someone liked films 1 and 3 but not 2: what about the others?"
        is predict_unseen(params, [1, 0, 1, nan, …]).

        X: one row (D,) or several (n, D); NaN where unseen. Raises DataError for other columns, or what is no answer.
        """
        single = np.ndim(X) == 1
        data = self.observe_new([X] if single else X, params)
        masks = Masks.of(data.X, data.cut)
        expected = self.responsibilities(params, data, slice(None)) @ params.probabilities
        filled = np.where(masks.seen > 0, masks.ones, expected)
        return filled[0] if single else filled
