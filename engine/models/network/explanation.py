"""A network's numbers line by line: the likeliest configurations of a row, a forward pass, and a gradient step."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array, log_sum_exp
from engine.editing.entries import Entry, value_of
from engine.em.step import Step
from engine.explain.derivation import LEAST_LOG, Worked, WorkedLine, line
from engine.explain.worked import responsibilities_of, result_row
from engine.models.network.data import NetworkRows
from engine.models.network.e_step_exact import log_output, log_prior_table
from engine.models.network.expectation import NetworkExpectation, hidden_gradient, output_gradient
from engine.models.network.params import NetworkParams

_SHOWN = 8  # configurations of a network


def posterior_row(step: Step, row: int) -> Worked:
    """q(z) = p(z | x) o_y(z) / p(y | x) of the likeliest configurations, and E[z_h], the sum of those with z_h = 1."""
    data, params = step.problem.data, step.params_q
    assert isinstance(data, NetworkRows) and data.y is not None
    one = data.take(slice(row, row + 1))
    prior = log_prior_table(params, one.design)[:, 0]
    joint: Array = prior + log_output(params, int(data.y[row]))
    evidence = float(log_sum_exp(joint, 0))
    q = np.exp(joint - evidence)
    shown = np.argsort(-q, kind="stable")[:_SHOWN]
    logs = evidence < LEAST_LOG
    lines: list[WorkedLine] = []
    for number in (int(n) for n in shown):
        z = "".join("1" if number >> h & 1 else "0" for h in range(params.hidden_units))
        if logs:
            values = [("ln p(z | x)", prior[number]), ("ln o_y(z)", joint[number] - prior[number])]
            lines.append(line("configuration", f"z = {z}", "sum", values, log=True))
        else:
            values = [("p(z | x)", np.exp(prior[number])), ("o_y(z)", np.exp(joint[number] - prior[number]))]
            lines.append(line("configuration", f"z = {z}", "product", values))
    named = [(one.formula, one.result) for one in lines]
    rest = np.setdiff1d(np.arange(len(joint)), shown)
    left = f"the other {len(rest)}"
    if logs:
        others = [(left, float(log_sum_exp(joint[rest], 0)))] if len(rest) else []
        lines.append(line("evidence", "ln p(y | x)", "log_sum_exp", [*named, *others], log=True))
    else:
        others = [(left, float(np.exp(joint[rest]).sum()))] if len(rest) else []
        lines.append(line("evidence", "p(y | x) = Σ over z", "sum", [*named, *others]))
    r = responsibilities_of(step, row)
    for h in range(params.hidden_units):
        on = [(one.formula, q[n]) for one, n in zip(lines[: len(shown)], shown, strict=True) if n >> h & 1]
        others = [(left, float(q[rest[(rest >> h & 1).astype(bool)]].sum()))] if len(rest) else []
        lines.append(line("responsibility", "E[z] = Σ q(z) with z on", "sum", [*on, *others], h))
    return Worked("row", str(row), tuple(lines), r, "E-step")


def forward_row(step: Step, row: int) -> Worked:
    """u_h = σ(bias + Σ_j w_hj x_j): nothing is hidden, so that a unit's activity is no probability under any q."""
    data, params = step.problem.data, step.params_q
    assert isinstance(data, NetworkRows)
    if params.deeper is not None:
        return result_row(step, row, "nothing is hidden here: these are the activities of the forward pass")
    lines = []
    for h, unit in enumerate(params.hidden):
        terms = [(f"w x {j}", value) for j, value in enumerate(unit[1:] * data.X[row])]
        lines.append(line("responsibility", "u = σ(bias + Σ w · x)", "sigmoid", [("bias", unit[0]), *terms], h))
    remark = "nothing is hidden here: a unit's activity is its input, brought between 0 and 1"
    return Worked("row", str(row), tuple(lines), responsibilities_of(step, row), "E-step", remark)


def gradient_lines(
    statistics: NetworkExpectation, entry: Entry, before: NetworkParams, rows: NetworkRows, decay: float, rate: float
) -> list[WorkedLine]:
    """A gradient step in one layer of units: θ + rate · ∂(Q + log p(θ))/∂θ."""
    if entry.path == "hidden":
        slope = hidden_gradient(statistics, before.hidden, rows, decay)[entry.index]
    else:
        every = range(len(before.output))
        slope = output_gradient(statistics, before.output, decay, every)[entry.index]
    move = line("total", "rate · slope", "product", [("rate", rate), ("slope of Q + log prior", slope)])
    values = [("before", value_of(before, entry)), ("move", move.result)]
    return [move, line("parameter", "before + rate · slope", "sum", values)]
