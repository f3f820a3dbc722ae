r"""Backpropagation line by line: the forward pass of a row, δ carried back, and a weight's slope as a sum of products.

    δ_i = [y = i] − softmax_i(V [1, u]),    δ_h = u_h (1 − u_h) Σ_i v_ih δ_i,    ∂w_hk = Σ_j δ_hj x_jk
                                                                  Rumelhart, Hinton & Williams 1986, Nature 323:533

Where numbers are learned, δ = (y − V [1, u])/s in units of the target's standard deviation s, and V is taken in them.

With loss="marginal" there are no such δ: the slopes are those of EM, with E[z] − u in their place.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import Array, log_sum_exp
from engine.editing.entries import Entry, value_of
from engine.em.inference import EXACT
from engine.em.step import Step
from engine.explain.derivation import Worked, WorkedLine, line
from engine.explain.worked import responsibilities_of
from engine.models.network.data import NetworkRows
from engine.models.network.e_steps.e_step import ExactEStep
from engine.models.network.explanations.numbers import number_pulls, squares_lines, variance_lines
from engine.models.network.explanations.of_row import forward_lines, prediction_lines, unit_lines
from engine.models.network.explanations.of_weight import hidden_pulls, output_pulls, with_decay
from engine.models.network.explanations.pulls import pull_lines
from engine.models.network.gaussian_output import means
from engine.models.network.params import NetworkParams
from engine.models.network.predict import activities, forward_log_probabilities
from engine.models.network.row_configurations import RowConfigurations
from engine.models.network.row_moments import output_moments

_ALIKE = 1e-9  # of a move: nearer, it is rate times slope


def forward_row(step: Step, row: int, loss: str) -> Worked:
    """u of every unit, the class probabilities, and δ back to the first layer; nothing is hidden."""
    data, params = step.problem.data, step.params_q
    assert isinstance(data, NetworkRows)
    one = data.take(slice(row, row + 1))
    reached = activities(params.layers, one.design)
    lines, first = _activity_lines(params, one.design[0], reached), 0
    if loss == "marginal":
        lines += _marginal_lines(params, one)
    else:
        lines += forward_lines(params, reached[-1][0])
        errors = layer_errors(params, one)
        lines += _output_errors(params, reached[-1][0], one)
        first = sum(params.sizes)
        layers = (*params.layers, params.output / np.sqrt(one.spread) if params.numeric else params.output)
        for level in reversed(range(len(params.layers))):
            first -= params.sizes[level]
            lines += _hidden_errors(layers[level + 1], reached[level][0], errors[level + 1][0], first)
    remark = "nothing is hidden here: a unit's activity is its input, brought between 0 and 1"
    return Worked("row", str(row), tuple(lines), responsibilities_of(step, row), "E-step", remark)


def new_forward_row(params: NetworkParams, x: Array) -> Worked:
    """The forward pass alone, and where all configurations can be summed over what they make of it."""
    design = np.concatenate([[1.0], x])[None]
    reached = activities(params.layers, design)
    lines = [*_activity_lines(params, design[0], reached), *forward_lines(params, reached[-1][0])]
    said = "the row's target is not used, so that nothing is carried back"
    return Worked("row", "", tuple(lines), np.hstack(reached)[0], "prediction", said)


def _activity_lines(params: NetworkParams, design: Array, reached: list[Array]) -> list[WorkedLine]:
    """u of every layer, each from the one before."""
    lines, inputs, first = [], design, 0
    for level, layer in enumerate(params.layers):
        found = unit_lines(layer, inputs, "x" if level == 0 else "u", role="responsibility", first=first)
        lines += [one for one in found if level == 0 or one.role != "input"]
        inputs, first = np.concatenate([[1.0], reached[level][0]]), first + len(layer)
    return lines


def _marginal_lines(params: NetworkParams, one: NetworkRows) -> list[WorkedLine]:
    """p(y | x) as a sum over configurations, and E[z] − u, which is carried back in place of δ."""
    seen = RowConfigurations.of(params, one)
    q = np.exp(seen.log_joint - float(log_sum_exp(seen.log_joint, 0)))
    u = activities(params.layers, one.design)[0][0]
    lines = prediction_lines(seen)
    for h in range(params.hidden_units):
        expected = float(q[(np.arange(len(q)) >> h & 1).astype(bool)].sum())
        lines.append(line("error", "δ = E[z] − u", "difference", [("E[z]", expected), ("u", u[h])], h))
    return lines


def _output_errors(params: NetworkParams, u: Array, one: NetworkRows) -> list[WorkedLine]:
    if one.target is not None:
        values = [("y", float(one.target[0])), ("v · [1, u]", float(means(params.output, u[None])[0]))]
        left = line("error", "y − v · [1, u]", "difference", values)
        values = [("y − v · [1, u]", left.result), ("s", float(np.sqrt(one.spread)))]
        return [left, line("error", "δ = (y − v · [1, u])/s, s the target's standard deviation", "quotient", values)]
    target = int(one.sorted_targets[0])
    said = np.exp(forward_log_probabilities(params.output, u[None]))[0]
    return [
        line("error", "δ = y − p", "difference", [("y", float(i == target)), ("p", p)], target=i)
        for i, p in enumerate(said)
    ]


def _hidden_errors(above: Array, u: Array, delta: Array, first: int) -> list[WorkedLine]:
    """u (1 − u) Σ v δ of a layer, from the δ of the layer above it."""
    sums, products = [], []
    for h, activity in enumerate(u):
        pairs: list[tuple[str, float]] = []
        for i, error in enumerate(delta):
            pairs += [(f"v {i}", above[i, h + 1]), (f"δ {i}", error)]
        carried = line("error", "Σ v · δ of what it leads to", "pairs", pairs, first + h)
        values = [("u", activity), ("1 − u", 1.0 - activity), ("Σ v · δ", carried.result)]
        sums.append(carried)
        products.append(line("error", "δ = u · (1 − u) · Σ v · δ", "product", values, first + h))
    return [*sums, *products]


def layer_errors(params: NetworkParams, rows: NetworkRows) -> list[Array]:
    """δ (n, m_l) of each hidden layer and of the output (n, g), not weighted, by rows of the design."""
    reached = activities(params.layers, rows.design)
    output = params.output
    if rows.target is not None:
        scale = float(np.sqrt(rows.spread))
        delta = ((rows.target - means(output, reached[-1])) / scale)[:, None]
        output = output / scale
    else:
        delta = -np.exp(forward_log_probabilities(output, reached[-1]))
        delta[np.arange(len(delta)), rows.sorted_targets] += 1.0
    found = [delta]
    for above, u in zip(reversed((*params.layers, output)[1:]), reversed(reached), strict=True):
        delta = (delta @ above[:, 1:]) * u * (1.0 - u)
        found.append(delta)
    return found[::-1]


def epoch_lines(
    step: Step, entry: Entry, after: Any, loss: str, decay: float, rate: float, how: str
) -> list[WorkedLine]:
    """δ · input of the rows that pull most, the slope where the epoch begins, and how far the weight was moved.

    how: what the epoch did where it was not one step of rate times slope.
    """
    rows, before = step.problem.data, step.params_q
    assert isinstance(rows, NetworkRows)
    if entry.field == "variances":
        return _variance_lines(before, after, rows, loss)
    times = 1.0
    if before.variances is not None:
        variance = float(before.variances[0])
        times = variance if entry.field != "hidden" else variance / rows.spread if loss == "forward" else 1.0
    lines = with_decay(_pulls(before, rows, entry, loss), before, entry, decay, times)
    slope, start, end = lines[-1].result, value_of(before, entry), value_of(after, entry)
    move = line("total", "rate · slope", "product", [("rate", rate), ("slope", slope)])
    if abs(start + move.result - end) > _ALIKE * max(abs(end), 1e-300):
        move = line("total", how, "difference", [("after", end), ("before", start)])
    values = [("before", start), ("move", move.result)]
    return [*lines, move, line("parameter", "before + move", "sum", values)]


def _variance_lines(before: NetworkParams, after: NetworkParams, rows: NetworkRows, loss: str) -> list[WorkedLine]:
    """σ² at its maximum given the weights after the epoch."""
    if loss == "marginal":
        at = NetworkParams(after.hidden, after.output, after.deeper, before.variances)
        return variance_lines(at, after, rows, EXACT)
    assert rows.target is not None
    left = (rows.target - means(after.output, activities(after.layers, rows.design)[-1])) ** 2
    return squares_lines(left, rows, "(y − v · [1, u])²")


def _pulls(params: NetworkParams, rows: NetworkRows, entry: Entry, loss: str) -> list[WorkedLine]:
    row, column = entry.index
    if loss == "marginal":
        e_step = ExactEStep()
        statistics = e_step.statistics(params, rows)
        if entry.field == "hidden":
            return hidden_pulls(statistics, params, rows, entry, None)
        if params.numeric:
            return number_pulls(params, rows, EXACT, column)
        moments = output_moments(e_step, statistics, params, rows, EXACT, (row, column))
        return output_pulls(moments, rows, entry, None)
    level = entry.path.count("deeper") if entry.field == "hidden" else len(params.layers)
    delta = layer_errors(params, rows)[level][:, row]
    if params.numeric and entry.field != "hidden":
        delta *= np.sqrt(rows.spread)  # V as it is, not in units of the target's standard deviation
    inputs = rows.design if level == 0 else activities(params.layers, rows.design)[level - 1]
    column -= level > 0  # a layer after the first has no column of ones among its inputs
    at = np.ones(len(delta)) if column < 0 else inputs[:, column]
    error = "(y − v · [1, u])" if params.numeric and entry.field != "hidden" else "δ"
    what = "1" if entry.index[1] == 0 else f"x {entry.index[1] - 1}" if level == 0 else "u"
    each = [[(error, d), (what, x)] for d, x in zip(delta, at, strict=True)]
    return pull_lines(each, rows, f"{error} · {what}", f"slope = Σ {error} · {what}", "product")
