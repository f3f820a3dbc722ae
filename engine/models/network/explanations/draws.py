"""A row of a network whose posterior is not summed over all configurations: its units before y is known, the draws in
which each is on, and E[z] as the E-step has it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays import Array
from engine.em.step import Step
from engine.explain.derivation import Worked, WorkedLine, line
from engine.explain.worked import responsibilities_of
from engine.models.network.data import NetworkRows
from engine.models.network.draws import Draws
from engine.models.network.e_steps.e_step import EStep
from engine.models.network.explanations.of_row import unit_lines

_REMARKS = {
    "gibbs": "E[z] is the mean of the probabilities with which each sweep draws the unit, given the others and y",
    "mean_field": "q is a product over units: E[z] is where the bound of this row is highest, unit by unit",
    "importance": "E[z] is the weighted share of the draws in which the unit is on",
}


def drawn_row(step: Step, row: int, inner: EStep) -> Worked:
    """u of the first hidden layer, how many draws have each unit on, and E[z]."""
    data, params = step.problem.data, step.params_q
    assert isinstance(data, NetworkRows) and step.inference is not None
    place = int(np.flatnonzero(data.order == row)[0])
    lines = unit_lines(params.hidden, data.design[place])
    draws = inner.drawn(params, data, step.inference)
    r = responsibilities_of(step, row)
    if draws is not None:
        lines += _counts(draws, place)
    lines += [line("responsibility", "E[z]", "value", [("E[z]", value)], h) for h, value in enumerate(r)]
    return Worked("row", str(row), tuple(lines), r, "E-step", _REMARKS.get(inner.name, ""))


def _counts(draws: Sequence[Draws], place: int) -> list[WorkedLine]:
    """The share of draws with the unit on; by weight, where draws weigh."""
    lines, h = [], 0
    for layer in draws:
        on, weights = layer.z[:, place], layer.weights[:, place]
        alike = bool(np.ptp(weights) == 0)
        for unit in on.T:
            if alike:
                values: list[tuple[str, float]] = [("draws with z on", float(unit.sum())), ("draws", float(len(unit)))]
                lines.append(line("count", "draws with z on / draws", "quotient", values, h))
            else:
                weighed: Array = weights[unit > 0]
                values = [("weight with z on", float(weighed.sum())), ("weight", float(weights.sum()))]
                lines.append(line("count", "weight of the draws with z on / weight of all", "quotient", values, h))
            h += 1
    return lines
