"""The numbers behind one responsibility or one parameter, line by line: the formula of a textbook with values in it.

    worked_row(step, 70)                   the E-step of a row: weight × density for each component, sum, quotient
    worked_word(step, 11, 420)             of a topic model: how one word of a document came to its topics
    worked_parameter(step, "means[1,2]")   the M-step of a parameter: N_k, the weighted sum, the quotient

Lines are data: a formula, named numbers, what is done with them, and the result; `WorkedLine.recomputed` does it. A
model of another package may bring a method `worked_row(step, row)` or `worked_parameter(step, entry)` of its own that
returns a `Worked`; else the result alone is shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from engine.arrays import Array
from engine.editing.entries import Entry, entry_named
from engine.em.step import Step
from engine.errors import EngineError
from engine.parallel import one_blas_thread

Operation = Literal[
    "product", "sum", "pairs", "difference", "quotient", "powers",
    "exp", "normal", "log_normal", "log_sum_exp", "sigmoid", "value",
]  # fmt: skip
Role = Literal[
    "part",  # of a density: a distance, a power
    "density",  # p(x | component)
    "joint",  # weight × density
    "evidence",  # the sum over the components
    "responsibility",  # the quotient
    "assignment",  # what the algorithm makes of it: all or nothing
    "configuration",  # of hidden units
    "count",  # N_k, or what is expected
    "total",  # a weighted sum
    "ridge",  # what a prior adds
    "parameter",  # the result of an M-step
]
LEAST_LOG, MOST_LOG = -690.0, 690.0
"""Between them exp is a number with all of its digits; beyond, lines are in logarithms."""


@dataclass(frozen=True)
class WorkedLine:
    """One line of a computation.

    Attributes:
        role: what the line is in the whole.
        formula: in the field's letters, "w · N(x | μ, Σ)".
        values: the numbers that go in, each with its name, in the order of the formula.
        operation: what is done with them; "value" where the line states its first number.
        result: the number that comes out.
        component: to which component (column, state, unit) it belongs, from 0; None for all together.
        log: the result is the logarithm of what the role says.
    """

    role: Role
    formula: str
    values: tuple[tuple[str, float], ...]
    operation: Operation
    result: float
    component: int | None = None
    log: bool = False

    @property
    def numbers(self) -> tuple[float, ...]:
        """The values without their names."""
        return tuple(number for _, number in self.values)

    @property
    def recomputed(self) -> float:
        """The operation done with the values: the result, but for rounding."""
        return _OPERATIONS[self.operation](self.numbers)


@dataclass(frozen=True, eq=False)
class Worked:
    """A computation line by line.

    Attributes:
        subject: "row", "word" (of a row) or "parameter".
        name: the row's number from 0 as text, that and the word's, or the parameter's name.
        lines: in the order in which a person would write them.
        result: the responsibilities of the row (K,), those of the word (K,), or the parameter (1,).
        what: "E-step", "M-step", or "M-step to come" where the step is an E-step.
        remark: what the lines can't show: that they are in logarithms, that only the result is known; else empty.
    """

    subject: Literal["row", "word", "parameter"]
    name: str
    lines: tuple[WorkedLine, ...]
    result: Array
    what: str
    remark: str = ""

    def of(self, role: Role) -> tuple[WorkedLine, ...]:
        """The lines of one role."""
        return tuple(line for line in self.lines if line.role == role)


def line(
    role: Role,
    formula: str,
    operation: Operation,
    values: Iterable[tuple[str, Any]],
    component: int | None = None,
    *,
    log: bool = False,
    result: float | None = None,
) -> WorkedLine:
    """A line whose result is what its operation makes of its values, unless it is given."""
    named = tuple((name, float(number)) for name, number in values)
    found = _OPERATIONS[operation](tuple(number for _, number in named)) if result is None else float(result)
    return WorkedLine(role, formula, named, operation, found, component, log)


def worked_row(step: Step, row: int) -> Worked:
    """The E-step of one row (a step of a sequence, for chains) at θ_q: how its responsibilities came about.

    Raises:
        EngineError: there is no such row, or no E-step has been taken yet.
    """
    _need_row(step, row)
    own: Callable[[Step, int], Worked] | None = getattr(step.problem.model, "worked_row", None)
    with one_blas_thread():
        if own is not None:
            return own(step, int(row))
        from engine.explain.e_step_mixtures import worked_row_of

        return worked_row_of(step, int(row))


def worked_word(step: Step, row: int, word: int) -> Worked:
    """The E-step of one word of a document at θ_q, for topic models: its probability in each, and each one's share φ.

    Args:
        step: after an E-step.
        row: the document, from 0.
        word: its column in the counts, from 0.

    Raises:
        EngineError: there is no such row, the word is not in it, it is no model of words, or there was no E-step yet.
    """
    _need_row(step, row)
    if step.problem.model.name != "topics":
        raise EngineError("only a topic model has words: ask for the row itself.")
    with one_blas_thread():
        from engine.explain.topics import word_row

        return word_row(step, int(row), word)


def worked_parameter(step: Step, name: str) -> Worked:
    """The M-step of one entry of θ, from the expected statistics; after an E-step, that of the M-step to come.

    Raises:
        EngineError: there is no such parameter, it is fixed, or no E-step has been taken yet.
    """
    if step.at_q is None:
        raise EngineError("an M-step needs responsibilities: take an E-step first.")
    entry = entry_named(step.problem.model, step.params, name)
    own: Callable[[Step, Entry], Worked] | None = getattr(step.problem.model, "worked_parameter", None)
    with one_blas_thread():
        if own is not None:
            return own(step, entry)
        from engine.explain.m_step import worked_parameter_of

        return worked_parameter_of(step, entry)


def _need_row(step: Step, row: int) -> None:
    if step.at_q is None:
        raise EngineError("there are no responsibilities before the first E-step: take an E-step.")
    n = step.problem.data.n_rows
    if isinstance(row, bool) or not isinstance(row, int | np.integer) or not 0 <= row < n:
        raise EngineError(f"there is no row {row!r}: rows are numbered from 0 to {n - 1}.")


def _log_sum_exp(numbers: tuple[float, ...]) -> float:
    top = max(numbers)
    return top if math.isinf(top) else top + math.log(sum(math.exp(number - top) for number in numbers))


def _quotient(numbers: tuple[float, ...]) -> float:
    return numbers[0] / numbers[1] if numbers[1] != 0 else math.nan


def _powers(numbers: tuple[float, ...]) -> float:
    return math.prod(math.pow(base, exponent) for base, exponent in zip(numbers[::2], numbers[1::2], strict=True))


_OPERATIONS: dict[Operation, Callable[[tuple[float, ...]], float]] = {
    "product": math.prod,
    "sum": math.fsum,
    "pairs": lambda numbers: math.fsum(a * b for a, b in zip(numbers[::2], numbers[1::2], strict=True)),
    "difference": lambda numbers: numbers[0] - numbers[1],
    "quotient": _quotient,
    "powers": _powers,  # base, exponent, base, exponent, …
    "exp": lambda numbers: math.exp(math.fsum(numbers)),
    "normal": lambda numbers: math.exp(-0.5 * math.fsum(numbers)),
    "log_normal": lambda numbers: -0.5 * math.fsum(numbers),
    "log_sum_exp": _log_sum_exp,
    "sigmoid": lambda numbers: 0.5 + 0.5 * math.tanh(0.5 * math.fsum(numbers)),
    "value": lambda numbers: numbers[0],
}
