"""A derivation as a value: lines with a formula, named numbers, what is done with them, and the result.

Models write them in a file of their own, and `engine.explain.worked` asks for them. `WorkedLine.recomputed` does again
what a line says.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from engine.arrays import Array, log_sum_exp

Operation = Literal[
    "product", "sum", "pairs", "difference", "quotient", "powers",
    "exp", "normal", "log_normal", "log_sum_exp", "sigmoid", "sigmoid_of_pairs", "softmax", "deviation",
    "squared_deviations", "listed", "value",
]  # fmt: skip
Role = Literal[
    "part",  # of a density: a distance, a power
    "answer",  # of a row of answers: p of a yes, 1 − p of a no
    "density",  # p(x | component)
    "joint",  # weight × density
    "evidence",  # the sum over the components
    "responsibility",  # the quotient
    "assignment",  # what the algorithm makes of it: all or nothing
    "input",  # of a network, as it stands in the row
    "prior",  # of a hidden unit, before the target is known
    "configuration",  # of hidden units: prior × probability of the target
    "share",  # of a configuration in the evidence
    "bound",  # what a row adds to Q, to the entropy and so to the log-likelihood
    "prediction",  # of a class, whose target is not used
    "forward",  # of a class by the forward pass
    "error",  # δ: what is to be had less what is said, carried back by the chain rule
    "pull",  # what a row adds to a slope
    "slope",  # of the objective's bound along a parameter
    "step",  # of an optimiser
    "count",  # N_k, or what is expected
    "total",  # a weighted sum
    "ridge",  # what a prior adds
    "parameter",  # the result of an M-step
]
LEAST_LOG, MOST_LOG = -690.0, 690.0
"""Between them exp is a number with all of its digits; beyond, lines are in logarithms."""
LOGS = "in logarithms, because the numbers themselves are too small or too large to write down"


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
        row: to which row it belongs, as the caller counts them from 0; None for none in particular.
        target: to which class it belongs, from 0; None for none in particular.
    """

    role: Role
    formula: str
    values: tuple[tuple[str, float], ...]
    operation: Operation
    result: float
    component: int | None = None
    log: bool = False
    row: int | None = None
    target: int | None = None

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
        subject: "row", "word" (of a row), "parameter", or "step" as a whole.
        name: the row's number from 0 as text ("" for a new row), that and the word's, the parameter's name, or "".
        lines: in the order in which they would be written by hand.
        result: the responsibilities of the row (K,), those of the word (K,), the parameter (1,), or the numbers that
            a reason ends in.
        what: "E-step", "prediction", "M-step" (`Model.update_name`), or "M-step to come" where the step is an E-step.
        remark: what the lines can't show: that they are in logarithms, that only the result is known; else empty.
    """

    subject: Literal["row", "word", "parameter", "step"]
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
    row: int | None = None,
    target: int | None = None,
) -> WorkedLine:
    """A line whose result is what its operation makes of its values, unless it is given."""
    named = tuple((name, float(number)) for name, number in values)
    found = _OPERATIONS[operation](tuple(number for _, number in named)) if result is None else float(result)
    return WorkedLine(role, formula, named, operation, found, component, log, row, target)


def tempered_lines(lines: list[WorkedLine], joints: Sequence[float], temperature: float, logs: bool) -> list[float]:
    """q ∝ joint^(1/τ)."""
    for k, joint in enumerate(joints):
        if logs:
            values = [("ln joint", joint), ("τ", temperature)]
            lines.append(line("joint", "(ln joint) / τ", "quotient", values, k, log=True))
        else:
            values = [("joint", joint), ("1/τ", 1.0 / temperature)]
            lines.append(line("joint", "joint^(1/τ)", "powers", values, k))
    return [one.result for one in lines[-len(joints) :]]


def quotient_lines(lines: list[WorkedLine], joints: Sequence[float], logs: bool = False, name: str = "") -> None:
    """The sum over the components and each component's share of it, added to the lines; name: of the share, "φ = "."""
    named = [(f"{k}", joint) for k, joint in enumerate(joints)]
    if not logs and not sum(joints) > 0:
        logs = True
        with np.errstate(divide="ignore"):
            named = [(name, float(np.log(joint))) for name, joint in named]
        joints = [value for _, value in named]
    if logs:
        total = line("evidence", "ln Σ exp", "log_sum_exp", named, log=True)
        lines.append(total)
        for k, joint in enumerate(joints):
            lost = joint == -np.inf
            values = [("joint", joint), ("−sum", -total.result if not lost else 0.0)]
            result = 1.0 / len(joints) if total.result == -np.inf else None  # nothing explains it: all alike
            lines.append(line("responsibility", f"{name}exp(joint − sum)", "exp", values, k, result=result))
        return
    total = line("evidence", "Σ", "sum", named)
    lines.append(total)
    for k, joint in enumerate(joints):
        values = [("joint", joint), ("sum", total.result)]
        lines.append(line("responsibility", f"{name}joint / sum", "quotient", values, k))


def counted_lines(counts: Any, k: int, name: str = "N") -> list[WorkedLine]:
    """N_k, and the share of it in the sum of all."""
    named = [(f"{name} {j}", value) for j, value in enumerate(counts)]
    values = [(name, counts[k]), ("total", float(np.sum(counts)))]
    return [
        line("count", f"{name} = Σ r", "value", [named[k]], k),
        line("total", f"n = Σ {name}", "sum", named),
        line("parameter", f"{name} / n", "quotient", values),
    ]


def _sigmoid(a: float) -> float:
    """σ(a), to full relative precision near 0, too."""
    return 1.0 / (1.0 + math.exp(-a)) if a > LEAST_LOG else math.exp(a)


_OPERATIONS: dict[Operation, Callable[[tuple[float, ...]], float]] = {
    "product": math.prod,
    "sum": math.fsum,
    "pairs": lambda numbers: math.fsum(map(operator.mul, numbers[::2], numbers[1::2])),
    "difference": lambda numbers: numbers[0] - numbers[1],
    "quotient": lambda numbers: numbers[0] / numbers[1] if numbers[1] != 0 else math.nan,
    "powers": lambda numbers: math.prod(map(math.pow, numbers[::2], numbers[1::2])),  # base, exponent, base, …
    "exp": lambda numbers: math.exp(math.fsum(numbers)),
    "normal": lambda numbers: math.exp(-0.5 * math.fsum(numbers)),
    "log_normal": lambda numbers: -0.5 * math.fsum(numbers),
    "log_sum_exp": lambda numbers: float(log_sum_exp(np.array(numbers))),
    "sigmoid": lambda numbers: _sigmoid(math.fsum(numbers)),
    "sigmoid_of_pairs": lambda numbers: _sigmoid(math.fsum(map(operator.mul, numbers[::2], numbers[1::2]))),
    "softmax": lambda numbers: math.exp(numbers[0] - float(log_sum_exp(np.array(numbers[1:])))),  # one's own, then all
    "deviation": lambda numbers: (numbers[0] - numbers[1]) * math.prod(numbers[2:]),
    "squared_deviations": lambda numbers: math.fsum(  # x, μ, σ², x, μ, …
        (x - m) ** 2 / v for x, m, v in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
    ),
    "listed": lambda numbers: numbers[0],  # a row of numbers that are shown, and nothing done with them
    "value": lambda numbers: numbers[0],
}
