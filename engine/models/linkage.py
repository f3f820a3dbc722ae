r"""Genetic linkage: one parameter, so that the whole likelihood and the bound below it fit in one picture.

Counts x = (x₁, x₂, x₃, x₄) are multinomial with cells ½ + θ/4, (1 − θ)/4, (1 − θ)/4, θ/4. The first cell is two in
one, ½ and θ/4; which of the two each of its animals belongs to is hidden.    Dempster, Laird & Rubin 1977, section 1
E:  of the first cell, x₁ · (θ/4) / (½ + θ/4) animals are expected in its second part
M:  θ = (that + x₄) / (that + x₂ + x₃ + x₄)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine.arrays import Array, Rows
from engine.editing.entries import Entry
from engine.em.expectation import Expectation
from engine.em.inference import EXACT, Exact, GivenRows, Inference, Sampled, assign, settled_by
from engine.em.maximization import Event, Maximization
from engine.em.model import Model
from engine.em.observations import Observations
from engine.em.parameters import Parameters, probability
from engine.em.step import Step
from engine.errors import DataError, EngineError
from engine.explain.derivation import Worked, WorkedLine, line, quotient_lines
from engine.explain.pulls import Pulls, Slopes
from engine.explain.row_states import RowStates
from engine.explain.worked import Explains, responsibilities_of, result_row
from engine.models.mixture import check_counts, checked_table, checked_weights
from engine.models.probabilities import log_factorials


@dataclass(frozen=True)
class LinkageParams(Parameters):
    """θ of the linkage, a number from 0 to 1: `theta` ()."""

    theta: Array = probability("θ", "theta")


@dataclass(frozen=True, eq=False)
class CellCounts(Observations):
    """Counts (n, 4), their weighted totals (4,), and the log of the multinomial coefficients, summed."""

    totals: Array = None  # type: ignore[assignment]  # always given; fields of the base have defaults
    log_coefficient: float = 0.0


@dataclass(frozen=True)
class GeneticLinkage(Model[LinkageParams, CellCounts], Explains):
    """X (n, 4): each row one experiment, its animals counted in four classes.

    The latent variable splits the first cell. Responsibilities (n, 2) are the shares of each experiment's first cell
    that belong to the part ½ and to the part θ/4; they are alike for all experiments, unless they are drawn.
    """

    Params: ClassVar[type] = LinkageParams
    name: ClassVar[str] = "linkage"
    title: ClassVar[str] = "genetic linkage"
    no_q_by_hand: ClassVar[str] = ""

    @property
    def takes_measurements(self) -> bool:
        """They are counts of four kinds."""
        return False

    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> CellCounts:
        """Check that X has four columns of whole numbers; known labels have no place here."""
        table = checked_table(X, what="the counts")
        if np.ndim(X) == 1:  # four numbers are one experiment
            table = table.T
        if table.shape[1] != 4:
            raise DataError(f"genetic linkage takes four columns of counts, not {table.shape[1]}: choose four columns.")
        if y is not None:
            raise DataError("genetic linkage takes no known labels: leave out y.")
        check_counts(table)
        weights = checked_weights(sample_weight, len(table))
        totals = table.sum(axis=0) if weights is None else weights @ table
        if not totals.sum() > 0:
            raise DataError("the counts are all 0: genetic linkage needs at least one animal.")
        each = log_factorials(table.sum(axis=1)) - log_factorials(table.ravel()).reshape(table.shape).sum(axis=1)
        return CellCounts(table, None, weights, totals, float(each.sum() if weights is None else each @ weights))

    def start(self, data: CellCounts, generator: np.random.Generator) -> LinkageParams:
        """θ drawn between .05 and .95."""
        return LinkageParams(np.array(0.95 - 0.9 * generator.random()))

    def check_params(self, params: LinkageParams, data: CellCounts) -> LinkageParams:
        """One number from 0 to 1 that makes no class impossible in which there are animals."""
        super().check_params(params, data)
        if params.theta.shape != () or not 0 <= float(params.theta) <= 1:
            raise EngineError("theta of a start must be one number from 0 to 1.")
        if not np.isfinite(self.log_likelihood_at(params.theta, data)):
            raise EngineError(
                f"theta = {float(params.theta):zg} makes a class impossible that has animals: start between 0 and 1."
            )
        return params

    def log_likelihood_at(self, theta: Array, data: CellCounts) -> Array:
        """ln p(X | θ) = x₁ ln(½ + θ/4) + (x₂ + x₃) ln((1 − θ)/4) + x₄ ln(θ/4) + const, for θ of any shape."""
        x1, x2, x3, x4 = data.totals
        first = _count_log(x1, 0.5 + np.asarray(theta) / 4)
        return np.asarray(first + self._three(x2 + x3, x4, theta) + data.log_coefficient)

    def q_value_at(self, expectation: Expectation, theta: Array, data: CellCounts) -> Array:
        """Q(θ; q) = (split) ln ½ and ln θ/4, + (x₂ + x₃) ln((1 − θ)/4) + x₄ ln(θ/4) + const, for θ of any shape."""
        half, part = expectation.statistics
        _, x2, x3, x4 = data.totals
        return np.asarray(half * np.log(0.5) + self._three(x2 + x3, x4 + part, theta) + data.log_coefficient)

    def _three(self, crossed: float, fourth: float, theta: Array) -> Array:
        at = np.asarray(theta)
        return _count_log(crossed, (1 - at) / 4) + _count_log(fourth, at / 4)

    def _split(self, params: LinkageParams, data: CellCounts, inference: Inference) -> tuple[Array, Array]:
        """q of the first cell: shares (n, 2) of its parts, and the entropy (n,) of one of its animals."""
        if isinstance(inference, GivenRows):
            shares, each = self._split(params, data, inference.others)
            by_part = np.ascontiguousarray(shares.T)
            inference.put_in(by_part, each, slice(None), data.n_rows)
            return by_part.T, each
        n, part = data.n_rows, float(params.theta) / 4
        if isinstance(inference, Sampled):  # each animal is drawn: so many of x₁ come out in the second part
            first = data.X[:, 0]
            drawn = np.random.default_rng(inference.seed).binomial(first.astype(np.int64), part / (0.5 + part))
            share = np.where(first > 0, drawn / np.maximum(first, 1.0), part / (0.5 + part))
            return np.stack([1 - share, share], axis=1), np.zeros(n)
        with np.errstate(divide="ignore"):
            log_joint = np.log(np.array([[0.5], [part]]))
        shares, _, entropy = assign(log_joint, inference)
        return np.tile(shares[:, 0], (n, 1)), np.full(n, entropy[0])

    def expect(self, params: LinkageParams, data: CellCounts, inference: Inference = EXACT) -> Expectation:
        """The first cell's expected split (½ part, θ/4 part); each of its animals adds to the entropy."""
        shares, _ = self._split(params, data, inference)
        first = data.X[:, 0] if data.sample_weight is None else data.X[:, 0] * data.sample_weight
        likelihood, entropy = float(self.log_likelihood_at(params.theta, data)), self.entropy(params, data, inference)
        if isinstance(inference, Exact):  # the totals, and no sum of rounded shares
            return Expectation(data.totals[0] * shares[0], likelihood, entropy)
        return Expectation(first @ shares, likelihood, entropy)

    def maximize(
        self, expectation: Expectation, params: LinkageParams, data: CellCounts
    ) -> Maximization[LinkageParams]:
        """θ = (part + x₄) / (part + x₂ + x₃ + x₄)."""
        part = expectation.statistics[1]
        _, x2, x3, x4 = data.totals
        total = part + x2 + x3 + x4
        if not total > 0:
            return Maximization(params, (Event("no animal says anything of theta: it stays as it was"),))
        return Maximization(LinkageParams((part + x4) / total))

    def q_value(self, expectation: Expectation, params: LinkageParams, data: CellCounts) -> float:
        """Q(θ; q) at these parameters; see `q_value_at`."""
        return float(self.q_value_at(expectation, params.theta, data))

    def responsibilities(
        self, params: LinkageParams, data: CellCounts, rows: Rows, inference: Inference = EXACT
    ) -> Array:
        """(len(rows), 2) which shares of each experiment's first cell belong to ½ and to θ/4."""
        return self._split(params, data, inference)[0][rows]

    def entropy(self, params: LinkageParams, data: CellCounts, inference: Inference = EXACT) -> float:
        """Σ over the animals of the first cells; q is independent from animal to animal."""
        _, each = self._split(params, data, inference)
        first = data.X[:, 0] if data.sample_weight is None else data.X[:, 0] * data.sample_weight
        return float(first @ each)

    def n_parameters(self, params: LinkageParams) -> int:
        """θ alone."""
        return 1

    def worked_row(self, step: Step, row: int) -> Worked:
        """The first cell's two parts, ½ and θ/4, and their shares of it."""
        if not isinstance(step.inference, Exact):
            return result_row(step, row)
        theta = float(step.params_q.theta)
        lines = [
            line("joint", "½", "value", [("½", 0.5)], 0),
            line("joint", "θ / 4", "quotient", [("θ", theta), ("4", 4.0)], 1),
        ]
        quotient_lines(lines, [one.result for one in lines])
        animals = float(step.problem.data.X[row, 0])
        for k, share in enumerate([one.result for one in lines if one.role == "responsibility"]):
            lines.append(line("count", "animals · share", "product", [("animals", animals), ("share", share)], k))
        return Worked("row", str(row), tuple(lines), responsibilities_of(step, row), "E-step")

    def row_states(self, step: Step, row: int) -> RowStates:
        """The two parts of the first cell, for one of its animals; they are all alike unless they are drawn."""
        if step.inference is not None and isinstance(settled_by(step.inference), Sampled):
            raise EngineError("each animal was drawn by itself, so they have no picture in common.")
        with np.errstate(divide="ignore"):
            log_joint = np.log(np.array([0.5, float(step.params.theta) / 4]))
        animals = float(step.problem.data.X[row, 0])
        return RowStates(responsibilities_of(step, row), log_joint, times=animals, of="an animal of the first cell")

    def slopes(self, at: Any, params: Any, entry: Entry) -> Slopes | None:
        """x₁ r/θ of the part θ/4, x₄/θ of the fourth class, −(x₂ + x₃)/(1 − θ) of the two between; r is held."""
        theta, X = float(params.theta), at.data.X
        if not 0 < theta < 1:
            return None
        part = X[:, 0] * self.responsibilities(at.params, at.data, slice(None), at.inference)[:, 1]
        held = np.stack([part, X[:, 3], X[:, 1] + X[:, 2]], axis=1)
        return Slopes(held, np.tile([1.0 / theta, 1.0 / theta, -1.0 / (1.0 - theta)], (len(X), 1)), name="animals")

    def pulls(self, at: Any, params: Any, entry: Entry) -> Pulls:
        """What speaks for θ, part + x₄, less θ times all that speak of it."""
        X = at.data.X
        part = X[:, 0] * self.responsibilities(at.params, at.data, slice(None), at.inference)[:, 1]
        spoken, total = part + X[:, 3], part + X[:, 1:].sum(axis=1)
        values = (("part + x₄", spoken), ("θ (part + x₂ + x₃ + x₄)", float(params.theta) * total))
        return Pulls("part + x₄ − θ (part + x₂ + x₃ + x₄)", values)

    def parameter_lines(self, step: Step, entry: Entry, after: Any) -> list[WorkedLine] | None:
        """(part + x₄) / (part + x₂ + x₃ + x₄)."""
        part, data = float(step.expectation.statistics[1]), step.problem.data
        assert isinstance(data, CellCounts)
        _, x2, x3, x4 = (float(x) for x in data.totals)
        if not part + x2 + x3 + x4 > 0:
            return None
        top = line("total", "part of θ/4 + x₄", "sum", [("part", part), ("x₄", x4)])
        bottom = line("count", "part + x₂ + x₃ + x₄", "sum", [("part", part), ("x₂", x2), ("x₃", x3), ("x₄", x4)])
        return [
            line("count", "of the first cell, in the part θ/4", "value", [("part", part)]),
            top,
            bottom,
            line("parameter", "θ", "quotient", [("top", top.result), ("bottom", bottom.result)]),
        ]


def _count_log(count: float, values: Array) -> Array:
    """count · ln values, with 0·ln 0 = 0."""
    if count == 0:
        return np.zeros_like(values)
    with np.errstate(divide="ignore"):
        return np.asarray(count * np.log(values))
