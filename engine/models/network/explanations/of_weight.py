r"""The M-step of one weight of a network line by line: the rows that pull most, the slope, and what became of it.

    ∂Q_w/∂w_hk = Σ_j weight_j (E[z_hj] − u_hj) x_jk                 0 where the layer is at its maximum
    ∂Q_v/∂v_ih = Σ_j weight_j (y_ij E[z_hj] − E[z_hj o_ij(z_j)])    Ng & McLachlan 2004, eqs. 17 and 20

A layer after the first has drawn units for inputs: there E[z], u and the input are those of each draw of a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import Array
from engine.editing.entries import Entry, value_of
from engine.em.parameters import Held
from engine.em.step import Step
from engine.explain.derivation import WorkedLine, line
from engine.models.network.data import NetworkRows
from engine.models.network.draws import Draws
from engine.models.network.e_steps.e_step import EStep
from engine.models.network.expectation import (
    NetworkExpectation,
    Targets,
    hidden_gradient,
    output_gradient,
    squares_of,
)
from engine.models.network.explanations.numbers import number_pulls, variance_lines
from engine.models.network.explanations.pulls import pull_lines
from engine.models.network.explanations.sums_over_z import output_sum_lines
from engine.models.network.gaussian_m_step import step_length
from engine.models.network.held import Moved
from engine.models.network.newton import NewtonStep, newton_on_hidden, newton_on_output
from engine.models.network.params import NetworkParams, sigmoid
from engine.models.network.row_moments import output_moments

_TERMS = 6  # of curvature⁻¹ · gradient
Values = list[tuple[str, float]]


@dataclass(frozen=True)
class WeightMStep:
    """How the M-step of a network was asked for."""

    inner: EStep
    m_step: str
    learning_rate: float
    weight_decay: float
    inner_steps: int
    held: Held
    in_words: str = ""  # what gradient steps did that are no single rate times slope


def weight_lines(step: Step, entry: Entry, after: NetworkParams, how: WeightMStep) -> list[WorkedLine]:
    """The rows that pull most at a weight, the slope, and the M-step from there to `after`."""
    rows, before, statistics = step.problem.data, step.params_q, step.expectation.statistics
    assert isinstance(rows, NetworkRows) and step.inference is not None
    if entry.field == "variances":
        return variance_lines(before, after, rows, step.inference)
    draws = how.inner.drawn(before, rows, step.inference)
    if entry.field == "hidden":
        lines = hidden_pulls(statistics, before, rows, entry, draws)
    elif before.numeric:
        lines = number_pulls(before, rows, step.inference, _place(entry)[1])
    else:
        moments = output_moments(how.inner, statistics, before, rows, step.inference, _place(entry))
        lines = output_pulls(moments, rows, entry, draws)
        if how.inner.exact:
            lines = [*output_sum_lines(statistics, before, entry), *lines]
    lines = with_decay(lines, before, entry, how.weight_decay, _times(before, entry))
    return [*lines, *_moved(statistics, before, after, rows, entry, how, lines[-1].result)]


def _times(params: NetworkParams, entry: Entry) -> float:
    """What the slope is taken times: σ² for the output's weights where numbers are learned, else 1."""
    return 1.0 if params.variances is None or entry.field == "hidden" else float(params.variances[0])


def with_decay(
    lines: list[WorkedLine], params: NetworkParams, entry: Entry, decay: float, times: float = 1.0
) -> list[WorkedLine]:
    """The lines that end with the slope of Q, and what the prior adds to it; biases are free.

    times: what both are taken times.
    """
    if decay == 0.0 or entry.index[-1] == 0:
        return lines
    values = [("−decay", -decay), ("weight", value_of(params, entry))]
    if times == 1.0:
        drawn = line("ridge", "−weight decay · weight", "product", values)
    else:
        drawn = line("ridge", "−weight decay · weight · σ²", "product", [*values, ("σ²", times)])
    values = [("slope of Q", lines[-1].result), ("decay", drawn.result)]
    return [*lines, drawn, line("slope", "slope of Q + log-prior", "sum", values)]


def _place(entry: Entry) -> tuple[int, int]:
    row, column = entry.index
    return row, column


def _level(entry: Entry) -> int:
    """Which hidden layer it is of, from 0."""
    return entry.path.count("deeper")


def _layer(
    statistics: NetworkExpectation, params: NetworkParams, rows: NetworkRows, level: int
) -> tuple[Targets, Array, NetworkRows]:
    """What a hidden layer is to learn, its weights, and its inputs."""
    if level == 0:
        return statistics, params.hidden, rows
    part = statistics.deeper[level - 1]
    return part, params.layers[level], part.rows


# who pulls


def hidden_pulls(
    statistics: NetworkExpectation,
    params: NetworkParams,
    rows: NetworkRows,
    entry: Entry,
    draws: Sequence[Draws] | None,
) -> list[WorkedLine]:
    """(E[z] − u) · x of the rows that pull most, of all others together, and the sum."""
    (h, k), level = _place(entry), _level(entry)
    target, layer, inputs = _layer(statistics, params, rows, level)
    expected, u, x = target.hidden[:, h], sigmoid(inputs.design @ layer[h]), inputs.design[:, k]
    what = "1" if k == 0 else f"x {k - 1}" if level == 0 else f"unit {k} of layer {level}"
    if level == 0:
        each = [[("E[z]", e), ("u", v), (what, at)] for e, v, at in zip(expected, u, x, strict=True)]
        formula, counted = f"(E[z] − u) · {what}", (0, h)
    else:
        n, shape = rows.n_rows, (-1, rows.n_rows)
        of_row = [(part * x).reshape(shape).mean(axis=0) for part in (expected, u)]
        each = [[("mean of E[z] · z before", of_row[0][j]), ("mean of u · z before", of_row[1][j])] for j in range(n)]
        formula, counted = f"mean over draws of (E[z] − u) · {what}", (level - 1, k - 1)
    total = f"slope of Q_w = Σ {formula}" if level == 0 else f"slope of Q_w = Σ of the {formula}"
    lines = pull_lines(each, rows, formula, total)
    return lines if draws is None else _with_counts(lines, rows, draws, counted)


def output_pulls(
    moments: tuple[Array, Array], rows: NetworkRows, entry: Entry, draws: Sequence[Draws] | None
) -> list[WorkedLine]:
    """y E[z] − E[z o] of the rows that pull most, of all others together, and the sum."""
    i, h = _place(entry)
    own = (rows.sorted_targets == i).astype(np.float64)
    each = [[("y E[z]", y * e), ("E[z o]", said)] for y, e, said in zip(own, *moments, strict=True)]
    formula = "y − E[o]" if h == 0 else "y E[z] − E[z o]"
    lines = pull_lines(each, rows, formula, f"slope of Q_v = Σ ({formula})")
    return lines if draws is None else _with_counts(lines, rows, draws, (len(draws) - 1, h - 1))


def _with_counts(
    lines: list[WorkedLine], rows: NetworkRows, draws: Sequence[Draws], unit: tuple[int, int]
) -> list[WorkedLine]:
    """Before them, in how many of their draws the rows that are shown have that unit of a layer on."""
    level, h = unit
    if h < 0:
        return lines
    places = {rows.row_of(int(row)): place for place, row in enumerate(rows.order)}
    counts = []
    for one in lines:
        if one.row is not None:
            on = draws[level].z[:, places[one.row], h]
            values = [("draws with it on", float(on.sum())), ("draws", float(len(on)))]
            formula = f"draws with unit {h + 1} of layer {level + 1} on / draws"
            counts.append(line("count", formula, "quotient", values, row=one.row))
    return [*counts, *lines]


# what the M-step made of it


def _moved(
    statistics: NetworkExpectation,
    before: NetworkParams,
    after: NetworkParams,
    rows: NetworkRows,
    entry: Entry,
    how: WeightMStep,
    slope: float,
) -> list[WorkedLine]:
    """Rate times slope; Newton's steps; or the slope before and after."""
    start = value_of(before, entry)
    of_number = before.numeric and entry.field != "hidden"
    if how.in_words:
        move = line("total", how.in_words, "difference", [("after", value_of(after, entry)), ("before", start)])
        return [move, line("parameter", "before + move", "sum", [("before", start), ("move", move.result)])]
    if how.m_step == "gradient":
        rate = how.learning_rate
        if of_number:
            rate = step_length(statistics, before, rows, how.weight_decay, rate, Moved.of(before, how.held))
        said = "rate · slope" if rate == how.learning_rate else "rate · slope, the rate at its most: 1 / curvature"
        move = line("total", said, "product", [("rate", rate), ("slope", slope)])
        values = [("before", start), ("move", move.result)]
        return [move, line("parameter", "before + rate · slope", "sum", values)]
    left = slope_at(statistics, after, rows, entry, how.weight_decay)
    rest = line("slope", "slope after the M-step", "value", [("slope", left)])
    if how.m_step == "newton" and not of_number:
        lines, moves = _newton_lines(statistics, before, rows, entry, how)
        values = [("before", start), *(("move", move) for move in moves)]
        return [*lines, rest, line("parameter", "before + Newton's steps", "sum", values)]
    step = line("total", "the step", "difference", [("after", value_of(after, entry)), ("before", start)])
    values = [("before", start), ("the step", step.result)]
    return [rest, step, line("parameter", "before + the step", "sum", values)]


def slope_at(
    statistics: NetworkExpectation, params: NetworkParams, rows: NetworkRows, entry: Entry, decay: float
) -> float:
    """∂(Q + ln p(θ))/∂ of a weight with q held; of the output's, where numbers are learned, times σ²."""
    if entry.field == "hidden":
        target, layer, inputs = _layer(statistics, params, rows, _level(entry))
        return float(hidden_gradient(target, layer, inputs, decay)[entry.index])
    if params.numeric:
        squares = squares_of(statistics, rows)
        slope = float(squares.slope(squares.about(params.output))[entry.index[1]])
        held = entry.index[1] == 0
        return slope if held else slope - decay * _times(params, entry) * value_of(params, entry)
    return float(output_gradient(statistics, params.output, decay, range(len(params.output)))[entry.index])


def _newton_lines(
    statistics: NetworkExpectation, before: NetworkParams, rows: NetworkRows, entry: Entry, how: WeightMStep
) -> tuple[list[WorkedLine], list[float]]:
    """The first step with its gradient and curvature, the later ones by what they moved, and all of the moves."""
    moved, (row, column) = Moved.of(before, how.held), _place(entry)
    lines: list[WorkedLine] = []
    moves: list[float] = []
    hidden = entry.field == "hidden"
    for number, one in enumerate(_newton_steps(statistics, before, rows, entry, how, moved), 1):
        length = float(one.length[row if hidden else 0])
        if length == 0.0:
            continue
        if not moves:
            lines += _first_step(one, hidden, row, column)
        halved = round(-np.log2(length))
        said = "" if not halved else ", halved once" if halved == 1 else f", halved {halved} times"
        values = [("length", length), ("curvature⁻¹ · gradient", float(one.direction[row, column]))]
        move = line("step", f"Newton's step {number}{said}: length · (curvature⁻¹ · gradient)", "product", values)
        lines.append(move)
        moves.append(move.result)
    return lines, moves


def _newton_steps(
    statistics: NetworkExpectation,
    before: NetworkParams,
    rows: NetworkRows,
    entry: Entry,
    how: WeightMStep,
    moved: Moved,
) -> list[NewtonStep]:
    if entry.field == "hidden":
        level = _level(entry)
        parts = _layer(statistics, before, rows, level)
        return list(newton_on_hidden(*parts, how.weight_decay, how.inner_steps, moved.layers[level]))
    return list(newton_on_output(statistics, before.output, moved.classes, how.weight_decay, how.inner_steps, moved))


def _first_step(one: NewtonStep, hidden: bool, row: int, column: int) -> list[WorkedLine]:
    """Gradient and curvature of the weight, and its part of curvature⁻¹ · gradient."""
    curvature = one.curvature[row] if hidden else one.curvature
    gradient = one.gradient[row] if hidden else one.gradient.ravel()
    place = column if hidden else row * one.gradient.shape[1] + column
    unit = np.zeros(len(curvature))
    unit[place] = 1.0
    inverse = np.linalg.solve(curvature, unit)  # a row of the inverse, which is symmetric
    terms = inverse * gradient
    shown = np.sort(np.argsort(-np.abs(terms), kind="stable")[:_TERMS])
    pairs: Values = []
    for k in shown.tolist():
        pairs += [("of curvature⁻¹", inverse[k]), ("of gradient", gradient[k])]
    formula, rest = "curvature⁻¹ · gradient", len(terms) - len(shown)
    if rest:
        others = float(np.delete(terms, shown).sum())
        pairs += [(f"the other {rest}", others), ("1", 1.0)]
        formula += f", with {rest:,} other {'weights' if rest > 1 else 'weight'} together"
    return [
        line("step", "gradient", "value", [("gradient", gradient[place])]),
        line("step", "curvature of the weight", "value", [("curvature", curvature[place, place])]),
        line("step", formula, "pairs", pairs),
    ]
