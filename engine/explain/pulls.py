r"""What each row adds to the slope of Q along one entry of θ: `Slopes`; and the same cleared of its scale: `Pulls`.

Fisher's identity (Fisher 1925; Louis 1982, J. R. Statist. Soc. B 44:226): with r the posterior at θ itself,

    ∂ ln p(X | θ)/∂θ  =  Σ_i Σ_k r_ik(θ) ∂ ln p(x_i, k | θ)/∂θ  =  ∂Q(θ; q)/∂θ  where q holds these r

r(θ) stands in the sum, so that setting it to 0 can't be solved for θ; with r held as q holds it, it can. There the
pulls of the rows balance: Σ r (x − μ) = 0 at the new mean, with what a prior adds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.em.observations import Observations
from engine.explain.derivation import Operation, WorkedLine, line

_ROUNDING = 1e-12  # of the sum of the sizes
MOST_ROWS = 6  # that pull most, each with its numbers


@dataclass(frozen=True, eq=False)
class Slopes:
    """∂Q(θ; q)/∂ of one entry, row by row: what q holds, times what the log-joint does there.

    Attributes:
        shares: (n, m) what q holds of each of m hidden cases that the entry has a part in: (n, 1) r_ik for a mean of
            component k, (n, K) for a covariance that all have.
        slopes: (n, m) ∂ ln p(x, case | θ)/∂ of the entry.
        components: (m,) whose cases they are, where they are components.
        name: what `shares` is called.
        prior: ∂ ln p(θ)/∂ of the entry.
    """

    shares: Array
    slopes: Array
    components: tuple[int, ...] | None = None
    name: str = "r"
    prior: float = 0.0

    def each(self, data: Observations) -> Array:
        """(n,) what each row adds, by its weight."""
        found: Array = np.einsum("nm,nm->n", self.shares, self.slopes)
        return found if data.sample_weight is None else found * data.sample_weight

    def total(self, data: Observations) -> float:
        """Their sum: ∂Q/∂θ without the prior."""
        return float(self.each(data).sum())


@dataclass(frozen=True, eq=False)
class Pulls:
    """What pulls at one entry of θ: a difference of two numbers of each row, times factors; 0 in all at Q's maximum.

    Attributes:
        formula: of one row, in the field's letters: "r (x − μ)".
        values: (n,) each, with their names: the two of the difference, then the factors.
        prior: what a prior adds; its formula stands in `prior_formula`, "" for no prior.
    """

    formula: str
    values: tuple[tuple[str, Array], ...]
    prior: float = 0.0
    prior_formula: str = ""

    def weighed(self, data: Observations) -> Pulls:
        """With the weights of the rows as a factor, where there are any."""
        if data.sample_weight is None:
            return self
        values = (*self.values, ("weight", data.sample_weight))
        return Pulls(f"{self.formula} · weight", values, self.prior, self.prior_formula)

    @property
    def each(self) -> Array:
        """(n,) the pull of each row."""
        first, second, *factors = (np.asarray(numbers) for _, numbers in self.values)
        found = np.asarray(first - second)
        for factor in factors:
            found = found * factor
        return found

    def total(self, data: Observations) -> float:
        """The sum over the rows by their weights, with what the prior adds."""
        return float(self.weighed(data).each.sum()) + self.prior


@dataclass(frozen=True, eq=False)
class DensitySlopes:
    """How the log-joints of components go with one entry of θ, before anything is held of them.

    Attributes:
        components: (m,) those that the entry has a part in.
        slopes: (n, m) ∂ ln p(x, k | θ)/∂ of the entry.
        formula: the same without what all rows have in common, "x − μ": `first` (n, m) less `second` (n, m).
        prior: ∂ ln p(θ)/∂ of the entry, and `prior_pull` without what all rows have in common, by `prior_formula`.
    """

    components: tuple[int, ...]
    slopes: Array
    formula: str
    names: tuple[str, str]
    first: Array
    second: Array
    prior: float = 0.0
    prior_pull: float = 0.0
    prior_formula: str = ""

    def held(self, r: Array) -> Slopes:
        """With r (n, K) held of the components."""
        return Slopes(r[:, list(self.components)], self.slopes, self.components, prior=self.prior)

    def pulls(self, r: Array) -> Pulls:
        """Likewise; of several components the sum over them."""
        own, (first, second) = r[:, list(self.components)], self.names
        if len(self.components) == 1:
            values: tuple[tuple[str, Array], ...] = (
                (first, self.first[:, 0]), (second, self.second[:, 0]), ("r", own[:, 0])
            )  # fmt: skip
            return Pulls(f"r ({self.formula})", values, self.prior_pull, self.prior_formula)
        summed = ((f"Σ r {first}", (own * self.first).sum(axis=1)), (f"Σ r {second}", (own * self.second).sum(axis=1)))
        return Pulls(f"Σ r ({self.formula}) over the components", summed, self.prior_pull, self.prior_formula)


def without_rounding(left: float, each: Array, prior: float = 0.0) -> float:
    """What is left of a sum over rows and a prior, 0 where that is the rounding of its terms."""
    return 0.0 if abs(left) <= _ROUNDING * (float(np.abs(each).sum()) + abs(prior)) else left


def strongest_lines(
    each: Array, values: Any, data: Observations, formula: str, total: str, operation: Operation = "deviation"
) -> list[WorkedLine]:
    """The rows that add most, each with its numbers; the others together; the sum of all.

    each: (n,). values: of a row by its place, the named numbers whose `operation` is what it adds.
    """
    order = np.argsort(-np.abs(each), kind="stable")[:MOST_ROWS]
    shown = order[np.abs(each[order]) > 0] if len(each) > MOST_ROWS else order
    lines = [line("pull", formula, operation, values(i), row=data.row_of(i)) for i in shown.tolist()]
    named = [("pull", one.result) for one in lines]
    n_others = len(each) - len(shown)
    if n_others:
        said = f"the other {n_others:,} rows" if n_others > 1 else "the other row"
        others = float(np.delete(each, shown).sum())
        lines.append(line("pull", said, "value", [(said, others)]))
        named.append((said, others))
    whole = line("slope", total, "sum", named)
    return [*lines, replace(whole, result=without_rounding(whole.result, each))]


def pulls_lines(pulls: Pulls, data: Observations) -> list[WorkedLine]:
    """The rows that pull most, the others together, what the prior adds, and the sum."""
    pulls = pulls.weighed(data)

    def of_row(i: int) -> list[tuple[str, float]]:
        return [(name, float(numbers[i])) for name, numbers in pulls.values]

    lines = strongest_lines(pulls.each, of_row, data, pulls.formula, f"Σ {pulls.formula}")
    return with_prior(lines, pulls.prior, pulls.prior_formula)


def with_prior(lines: list[WorkedLine], prior: float, formula: str) -> list[WorkedLine]:
    """Lines that end with a sum over the rows, and what the prior adds to it where there is one."""
    if not formula:
        return lines
    values = [("rows", lines[-1].result), ("prior", prior)]
    return [
        *lines,
        line("ridge", f"the prior adds {formula}", "value", [("prior", prior)]),
        line("slope", "rows and prior", "sum", values),
    ]
