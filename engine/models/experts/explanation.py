r"""A mixture of experts line by line: of a row the gate's share × the expert's density; of θ what a regression solves.

Where a line is fitted by least squares, one coefficient is, given the others,

    β_kj = Σ_i r_ik (x_ij − x̄_j) (y_i − Σ_{l≠j} β_kl x_il) / (Σ_i r_ik (x_ij − x̄_j)² + λ σ²_k),    x̄_j by weights r_ik
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import Array, log_sum_exp
from engine.editing.entries import Entry, value_of
from engine.em.step import Step
from engine.explain.derivation import LEAST_LOG, LOGS, MOST_LOG, Worked, WorkedLine, line, quotient_lines
from engine.explain.worked import responsibilities_of
from engine.models.experts.data import ExpertRows
from engine.models.experts.gaussian_experts import residuals
from engine.models.experts.multinomial import log_softmax
from engine.models.experts.params import ExpertsParams, GaussianExperts
from engine.models.mixture_explanation import settled_lines

_INPUTS = 24  # that have lines of their own
_ROWS = 6  # that pull most


def expert_row(step: Step, row: int) -> Worked:
    """r_k = g_k(x) p_k(y | x) / Σ_j g_j(x) p_j(y | x), every factor from the inputs on."""
    data, params = step.problem.data, step.params_q
    assert isinstance(data, ExpertRows) and isinstance(params, ExpertsParams)
    lines = _input_lines(data.X[row])
    log_g = _gate_lines(lines, params, data.X[row])
    log_p = _density_lines(lines, params, data, row)
    joint = log_g + log_p
    logs = not bool(np.all((joint > LEAST_LOG) & (joint < MOST_LOG) & (log_p > LEAST_LOG) & (log_p < MOST_LOG)))
    for k in range(len(joint)):
        if logs:
            values = [("ln g", log_g[k]), ("ln p", log_p[k])]
            lines.append(line("joint", "ln g + ln p(y | x, k)", "sum", values, k, log=True))
        else:
            values = [("g", np.exp(log_g[k])), ("p", np.exp(log_p[k]))]
            lines.append(line("joint", "g · p(y | x, k)", "product", values, k))
    quotient_lines(lines, [one.result for one in lines if one.role == "joint"], logs)
    r = responsibilities_of(step, row)
    settled_lines(lines, step, row, r, False)
    return Worked("row", str(row), tuple(lines), r, "E-step", LOGS if logs else "")


def _input_lines(x: Array) -> list[WorkedLine]:
    """The inputs, of very many the first ones."""
    return [line("input", f"x {j}", "value", [(f"x {j}", value)]) for j, value in enumerate(x[:_INPUTS])]


def _gate_lines(lines: list[WorkedLine], params: ExpertsParams, x: Array) -> Array:
    """(K,) ln g_k(x), with the lines that lead to it."""
    logits = [_linear(lines, "γ · x", weights, x, k) for k, weights in enumerate(params.gate)]
    total = float(log_sum_exp(np.array(logits), 0))
    lines.append(line("part", "ln Σ exp(γ · x)", "log_sum_exp", [(f"γ · x {k}", v) for k, v in enumerate(logits)]))
    for k, logit in enumerate(logits):
        lines.append(line("prior", "g = exp(γ · x − ln Σ)", "exp", [("γ · x", logit), ("−ln Σ", -total)], k))
    return np.array(logits) - total


def expert_new_row(params: ExpertsParams, x: Array) -> Worked:
    """What is said of a row whose target is not used: p(y = i | x) = Σ_k g_k(x) p_k(y = i | x), or E[y | x]."""
    lines = _input_lines(x)
    g = np.exp(_gate_lines(lines, params, x))
    if isinstance(params.experts, GaussianExperts):
        means = [_linear(lines, "m = β · x", weights, x, k) for k, weights in enumerate(params.experts.coefficients)]
        lines.append(line("prediction", "E[y | x] = Σ g · m", "pairs", _paired("g", g, "m", np.array(means))))
        return Worked("row", "", tuple(lines), g, "prediction", "the row's target is not used")
    n_experts, n_classes, _ = params.experts.coefficients.shape
    p = np.empty((n_experts, n_classes))
    for k, coefficients in enumerate(params.experts.coefficients):
        for i, weights in enumerate(coefficients):
            p[k, i] = _linear(lines, "v · x", weights, x, k, target=i)
        total = float(log_sum_exp(p[k], 0))
        values = [(f"class {i}", value) for i, value in enumerate(p[k])]
        lines.append(line("part", "ln Σ exp(v · x)", "log_sum_exp", values, k))
        p[k] = np.exp(p[k] - total)
    for i in range(n_classes):
        values = _paired("g", g, "p", p[:, i])
        lines.append(line("prediction", "p(y | x) = Σ g · p(y | x, k)", "pairs", values, target=i))
    return Worked("row", "", tuple(lines), g, "prediction", "the row's target is not used")


def _paired(name: str, values: Array, other: str, others: Array) -> list[tuple[str, float]]:
    """The factors one after the other."""
    return [pair for one, two in zip(values, others, strict=True) for pair in ((name, float(one)), (other, float(two)))]


def _linear(
    lines: list[WorkedLine], formula: str, weights: Array, x: Array, k: int, target: int | None = None
) -> float:
    values = [("bias", weights[0]), ("1", 1.0), *_paired("w", weights[1:], "x", x)]
    lines.append(line("part", formula, "pairs", values, k, target=target))
    return lines[-1].result


def _density_lines(lines: list[WorkedLine], params: ExpertsParams, data: ExpertRows, row: int) -> Array:
    """(K,) ln p_k(y | x), with the lines that lead to it."""
    x, found = data.X[row], []
    if isinstance(params.experts, GaussianExperts):
        assert data.target is not None
        y = float(data.target[row])
        for k, (weights, variance) in enumerate(
            zip(params.experts.coefficients, params.experts.variances, strict=True)
        ):
            mean = _linear(lines, "m = β · x", weights, x, k)
            squared, height = (y - mean) ** 2 / variance, float(np.log(2.0 * np.pi * variance))
            values = [("(y − m)²/σ²", squared), ("ln 2πσ²", height)]
            lines.append(line("density", "ln N(y | m, σ²)", "log_normal", values, k, log=True))
            found.append(lines[-1].result)
        return np.array(found)
    assert data.y is not None
    own = int(data.y[row])
    for k, coefficients in enumerate(params.experts.coefficients):
        logits = [float(weights[0] + weights[1:] @ x) for weights in coefficients]
        total = float(log_sum_exp(np.array(logits), 0))
        logit = _linear(lines, "v · x of its class", coefficients[own], x, k)
        values = [(f"v · x {i}", value) for i, value in enumerate(logits)]
        lines.append(line("part", "ln Σ exp(v · x)", "log_sum_exp", values, k))
        values = [("v · x", logit), ("−ln Σ", -total)]
        lines.append(line("density", "ln p(y | x, k)", "sum", values, k, log=True))
        found.append(lines[-1].result)
    return np.array(found)


def parameter_lines_of(model: Any, step: Step, entry: Entry, after: ExpertsParams) -> list[WorkedLine] | None:
    """The M-step of one entry of θ."""
    data, before = step.problem.data, step.params_q
    assert isinstance(data, ExpertRows)
    r = data.weighed(step.expectation.statistics.responsibilities)
    if isinstance(after.experts, GaussianExperts) and entry.path != "gate":
        k, family = entry.index[0], model.family(data)
        if entry.path.endswith("variances"):
            return _variance(r[:, k], k, family.ridge, after.experts, data)
        return _coefficient(r[:, k], entry.index, family.weight_decay, after.experts, data)
    lines, slope = _pulls(model, r, entry, before, data)
    _, left = _pulls(model, r, entry, after, data)
    old, new = value_of(before, entry), value_of(after, entry)
    return [
        *lines,
        line("total", "slope of Q + log prior before", "value", [("slope", slope)]),
        line("total", "slope after Newton's steps", "value", [("slope", left)]),
        line("total", "the steps", "difference", [("after", new), ("before", old)]),
        line("parameter", "before + the steps", "sum", [("before", old), ("the steps", new - old)]),
    ]


def _variance(r: Array, k: int, ridge: float, experts: GaussianExperts, data: ExpertRows) -> list[WorkedLine]:
    squares = float(r @ residuals(experts.coefficients[k : k + 1], data)[:, 0] ** 2)
    count = line("count", "N = Σ r", "value", [("N", r.sum())], k)
    added = [("squares", squares), *([("ridge", ridge)] if ridge > 0 else [])]
    total = line("total", "Σ r (y − β · x)²" + (" + ridge" if ridge > 0 else ""), "sum", added, k)
    values = [("squares", total.result), ("N", count.result)]
    return [count, total, line("parameter", "squares / N", "quotient", values)]


def _coefficient(
    r: Array, index: tuple[int, ...], decay: float, experts: GaussianExperts, data: ExpertRows
) -> list[WorkedLine]:
    """Least squares for one coefficient, the others being what they are."""
    k, j = index
    assert data.target is not None
    own, count = experts.coefficients[k], float(r.sum())
    left = residuals(experts.coefficients[k : k + 1], data)[:, 0]
    if j == 0:
        total = float(r @ (left + own[0]))
        values = [("Σ r (y − other terms)", total), ("N", count)]
        return [
            line("count", "N = Σ r", "value", [("N", count)], k),
            line("parameter", "Σ r (y − other terms) / N", "quotient", values),
        ]
    x = data.X[:, j - 1] - float(r @ data.X[:, j - 1]) / count
    products, squares = float(r @ (x * (left + own[j] * x))), float(r @ x**2)
    held = decay * float(experts.variances[k])
    bottom = line(
        "total", "Σ r (x − x̄)²" + (" + λσ²" if held > 0 else ""), "sum",
        [("squares", squares), *([("λσ²", held)] if held > 0 else [])], k,
    )  # fmt: skip
    if not bottom.result > 0:  # a constant input
        return [bottom, line("parameter", "no input to learn from", "value", [("0", 0.0)])]
    values = [("products", products), ("squares", bottom.result)]
    return [
        line("total", "Σ r (x − x̄)(y − other terms)", "value", [("products", products)], k),
        bottom,
        line("parameter", "products / squares", "quotient", values),
    ]


def _pulls(
    model: Any, r: Array, entry: Entry, params: ExpertsParams, data: ExpertRows
) -> tuple[list[WorkedLine], float]:
    """The rows that pull most at one entry of a softmax, and its slope ∂(Q + log p(θ)), their sum less λ (w − w̄).

    (r_ik − g_k(x_i)) x_ij of the gate, r_ik (y_ic − p_c(x_i)) x_ij of an expert; times a row's weight.
    """
    weight = np.ones(len(r)) if data.sample_weight is None else data.sample_weight
    shares, j = r / weight[:, None], entry.index[-1]
    x = np.ones(len(r)) if j == 0 else data.X[:, j - 1]
    what = "1" if j == 0 else f"x {j - 1}"
    if entry.path == "gate":
        k, weights = entry.index[0], params.gate
        p = np.exp(log_softmax(data.logits(weights)))[:, k]
        formula, first = f"(r − g) · {what}", shares[:, k]
        factors = [(what, x)]
    else:
        expert, k, _ = entry.index
        weights = params.experts.coefficients[expert]
        p = np.exp(log_softmax(data.logits(weights)))[:, k]
        assert data.y is not None
        formula, first = f"(y − p) · {what} · r", (data.y == k).astype(np.float64)
        factors = [(what, x), ("r", shares[:, expert])]
    if data.sample_weight is not None:
        formula, factors = f"{formula} · weight", [*factors, ("weight", weight)]
    pulls = (first - p) * np.prod([values for _, values in factors], axis=0)
    shown = np.argsort(-np.abs(pulls), kind="stable")[:_ROWS]
    lines = []
    for i in shown.tolist():
        values = [("has", first[i]), ("is said", p[i]), *((name, each[i]) for name, each in factors)]
        lines.append(line("pull", formula, "deviation", values, row=data.row_of(i)))
    named = [("pull", one.result) for one in lines]
    if n_others := len(pulls) - len(shown):
        said = f"the other {n_others:,} rows" if n_others > 1 else "the other row"
        lines.append(line("pull", said, "value", [(said, np.delete(pulls, shown).sum())]))
        named.append((said, lines[-1].result))
    lines.append(line("slope", f"slope of Q = Σ {formula}", "sum", named))
    decayed = 0.0 if j == 0 else model.weight_decay * float(weights[k, j] - weights[:, j].mean())
    return lines, lines[-1].result - decayed
