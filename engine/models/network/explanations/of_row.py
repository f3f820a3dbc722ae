r"""A row of a network line by line: its hidden units before and after the target is known, and what is predicted.

    u_h = σ(w_hᵀ[1, x])                        the prior of each unit
    p(z | x) = Π_h u_h^z_h (1 − u_h)^(1−z_h)   of each configuration
    o_i(z) = softmax_i(v_iᵀ[1, z])
    q(z) = p(z | x) o_y(z) / p(y | x)          p(y | x) = Σ_z p(z | x) o_y(z)
    (of numbers N(y | vᵀ[1, z], σ²) stands for o_y(z))
    E[z_h] = Σ_z q(z) z_h                                             Ng & McLachlan 2004, eqs. 5 to 14

The likeliest configurations have lines of their own, and the others one together. Inputs and classes are numbered
from 0 in formulas and values, "x 3" and "class 2", for whoever knows their names; units from 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays import Array, log_sum_exp
from engine.em.inference import Exact, Hard, Sampled, Tempered
from engine.em.step import Step
from engine.explain.derivation import LEAST_LOG, LOGS, Role, Worked, WorkedLine, line
from engine.explain.worked import responsibilities_of
from engine.models.network.configurations import all_configurations, halves
from engine.models.network.data import NetworkRows
from engine.models.network.e_steps.exact import Factors
from engine.models.network.explanations.numbers import (
    number_detail_lines,
    number_forward_lines,
    number_prediction_lines,
)
from engine.models.network.explanations.sums_over_z import row_sum_lines
from engine.models.network.params import NetworkParams, softplus
from engine.models.network.predict import activities, exactly_predictable, predictive
from engine.models.network.row_configurations import SHOWN, RowConfigurations, Values

_CLASS_LINES = 24  # of all configurations together
_INPUTS = 8  # that weigh most


def posterior_row(step: Step, row: int) -> Worked:
    """u, the joint of the likeliest configurations, the evidence, q(z), E[z], and what the row adds to the bound."""
    data, params = step.problem.data, step.params_q
    assert isinstance(data, NetworkRows)
    one = data.take(slice(row, row + 1))
    seen = RowConfigurations.of(params, one)
    evidence = float(log_sum_exp(seen.log_joint, 0))
    logs = evidence < LEAST_LOG
    q = np.exp(seen.log_joint - evidence)
    lines = [*unit_lines(params.hidden, one.design[0]), *_joint_lines(seen, evidence, logs)]
    for h in range(params.hidden_units):
        on = [(seen.named(n), float(q[n])) for n in seen.shown.tolist() if n >> h & 1]
        rest = float(q[seen.others[(seen.others >> h & 1).astype(bool)]].sum())
        others = [(f"{seen.others_named} with z on", rest)] if len(seen.others) else []
        formula = "E[z] = Σ q(z) with z on" + (f", {seen.others_named} together" if len(seen.others) else "")
        lines.append(line("responsibility", formula, "sum", [*on, *others], h))
    r = responsibilities_of(step, row)
    if isinstance(step.inference, Exact):
        lines += _bound_lines(seen, r, q, evidence)
    else:
        lines += _settled_lines(step, r)
    lines += [*prediction_lines(seen), *_detail_lines(seen)]
    lines += [] if logs else row_sum_lines(seen, float(np.exp(evidence)))
    return Worked("row", str(row), tuple(lines), r, "E-step", LOGS if logs else "")


def new_row(params: NetworkParams, x: Array) -> Worked:
    """The same for a row whose target is not used: the prior alone, and p(y | x) as a sum over configurations."""
    design = np.concatenate([[1.0], x])[None]
    u = activities(params.layers, design)
    lines = unit_lines(params.hidden, design[0])
    said = "the row's target is not used: u is all that is known of its units"
    if exactly_predictable(params):
        seen = RowConfigurations(params, design, None)
        lines += [*prediction_lines(seen), *_detail_lines(seen)]
        return Worked("row", "", tuple(lines), u[0][0], "prediction", f"{said}, and p(y | x) is a sum over all z")
    if params.numeric:
        lines += number_forward_lines(params, u[-1][0])
        return Worked("row", "", tuple(lines), np.hstack(u)[0], "prediction", said)
    predicted = predictive(params, design)
    for i, (p, error) in enumerate(zip(predicted.probabilities[0], predicted.errors[0], strict=True)):
        lines.append(line("prediction", "p(y | x), the mean of o(z) over draws", "value", [("p", p)], target=i))
        lines.append(line("prediction", "standard error", "value", [("error", error)], target=i))
    lines = sorted(lines, key=lambda one: one.formula == "standard error")  # stable: all p first
    lines += forward_lines(params, u[-1][0])
    return Worked(
        "row", "", tuple(lines), np.hstack(u)[0], "prediction", f"{said}, and p(y | x) is estimated from draws"
    )


def unit_lines(
    layer: Array, design: Array, words: str = "x", *, role: Role = "prior", first: int = 0
) -> list[WorkedLine]:
    """The inputs that weigh most, and u_h = σ(w_hᵀ[1, x]) of each unit; design: (p+1,) [1, x].

    words: what an input is called. first: the number of the layer's first unit among all units.
    """
    x = design[1:]
    chosen = np.sort(np.argsort(-np.abs(layer[:, 1:] * x).sum(axis=0), kind="stable")[:_INPUTS])
    others = np.setdiff1d(np.arange(len(x)), chosen)
    lines = [line("input", f"{words} {j}", "value", [(f"{words} {j}", x[j])]) for j in chosen.tolist()]
    formula = "u = σ(bias + Σ w · x)" if words == "x" else f"u = σ(bias + Σ w · {words})"
    if len(others):
        formula += f", with {len(others):,} other {'inputs' if len(others) > 1 else 'input'} together"
    for h, w in enumerate(layer):
        values: Values = [("bias", w[0]), ("1", 1.0)]
        for j in chosen.tolist():
            values += [(f"w {j}", w[j + 1]), (f"{words} {j}", x[j])]
        if len(others):
            values += [(f"the other {len(others)} w · {words}", float(w[others + 1] @ x[others])), ("1", 1.0)]
        lines.append(line(role, formula, "sigmoid_of_pairs", values, first + h))
    return lines


def _joint_lines(seen: RowConfigurations, evidence: float, logs: bool) -> list[WorkedLine]:
    """p(z | x) o_y(z) of the likeliest configurations, their sum with the others', and the share of each in it."""
    assert seen.target is not None
    log_o, joint = seen.log_outputs[seen.target], seen.log_joint
    lines: list[WorkedLine] = []
    for n in seen.shown.tolist():
        if logs:
            values = [("ln p(z | x)", seen.log_prior[n]), (f"ln {seen.said}", log_o[n])]
            lines.append(
                line("configuration", f"ln p(z | x) + ln {seen.said}, {seen.named(n)}", "sum", values, log=True)
            )
        else:
            values = [("p(z | x)", np.exp(seen.log_prior[n])), (seen.said, np.exp(log_o[n]))]
            lines.append(line("configuration", f"p(z | x) · {seen.said}, {seen.named(n)}", "product", values))
    if len(seen.others):
        rest = float(log_sum_exp(joint[seen.others], 0))
        value = rest if logs else float(np.exp(rest))
        lines.append(line("configuration", seen.others_named, "value", [("joint", value)], log=logs))
    parts = [(one.formula, one.result) for one in lines]
    formula = f"p(y | x) = Σ p(z | x) · {seen.said}"
    lines.append(line("evidence", formula, "log_sum_exp" if logs else "sum", parts, log=logs))
    if not logs:
        lines.append(_in_halves(seen))
    names = [*(seen.named(n) for n in seen.shown.tolist()), seen.others_named]
    for name, (_, value) in zip(names, parts, strict=False):
        if logs:
            shares = [("ln joint", value), ("−ln p(y | x)", -evidence)]
            lines.append(line("share", f"q(z), {name}", "exp", shares))
        else:
            lines.append(line("share", f"q(z), {name}", "quotient", [("joint", value), ("p(y | x)", np.exp(evidence))]))
    return lines


def _in_halves(seen: RowConfigurations) -> WorkedLine:
    """p(y | x) = Σ_b B(z_b) Σ_a A(z_a) o_y(z_a, z_b) without a list of the configurations, as the E-step has it."""
    assert seen.target is not None
    a, b = halves(seen.params.hidden_units)
    factors = Factors.of(seen.params.hidden @ seen.design.T)
    everything = slice(None)
    A, B = factors.table(slice(a), everything)[:, 0], factors.table(slice(a, None), everything)[:, 0]
    inner = np.exp(seen.log_outputs[seen.target]).reshape(2**b, 2**a) @ A
    short = "N(y)" if seen.params.numeric else "o_y"
    values: Values = []
    chosen = np.sort(np.argsort(-B * inner, kind="stable")[:SHOWN])
    for n in chosen.tolist():
        values += [("B(z_b)", B[n]), (f"Σ A(z_a) {short}", inner[n])]
    others = np.setdiff1d(np.arange(len(B)), chosen)
    formula = f"the same in halves, Σ B(z_b) · Σ A(z_a) {short if seen.params.numeric else 'o_y(z_a, z_b)'}"
    if len(others):
        values += [(f"the other {len(others)} z_b", float(B[others] @ inner[others])), ("1", 1.0)]
        formula += f", with {len(others):,} other z_b together"
    return line("evidence", formula, "pairs", values)


def _settled_lines(step: Step, r: Array) -> list[WorkedLine]:
    """What another algorithm makes of the posterior."""
    kind = step.inference
    formula = "E[z] as the algorithm takes it"
    if isinstance(kind, Hard):
        formula = "z of the likeliest configuration"
    elif isinstance(kind, Sampled):
        formula = "z of the configuration that was drawn"
    elif isinstance(kind, Tempered):
        formula = f"E[z] under q ∝ (p(z | x) · o_y(z))^(1/{kind.temperature:zg})"
    return [line("assignment", formula, "value", [("E[z]", value)], h) for h, value in enumerate(r)]


def _bound_lines(seen: RowConfigurations, expected: Array, q: Array, evidence: float) -> list[WorkedLine]:
    """What the row adds to Q_w, to Q_v and to the entropy; with q the posterior their sum is ln p(y | x)."""
    assert seen.target is not None
    a = (seen.params.hidden @ seen.design.T)[:, 0]
    of_units: Values = []
    for h, logit in enumerate(a):
        of_units += [(f"E[z {h + 1}]", float(expected[h])), (f"ln(u/(1 − u)) {h + 1}", float(logit))]
        of_units += [(f"ln(1 − u {h + 1})", -float(softplus(logit))), ("1", 1.0)]
    log_o, log_q = seen.log_outputs[seen.target], seen.log_joint - evidence
    lines = [
        line("bound", "Q_w of the row = Σ E[z] · ln(u/(1 − u)) + ln(1 − u)", "pairs", of_units),
        _expected(seen, f"Q_v of the row = Σ q(z) · ln {seen.said}", q, f"ln {seen.said}", log_o),
        _expected(seen, "H of the row = Σ q(z) · (−ln q(z))", q, "−ln q(z)", -log_q),
    ]
    parts = [(one.formula.partition(" =")[0], one.result) for one in lines]
    return [*lines, line("bound", "ln p(y | x) = Q_w + Q_v + H", "sum", parts)]


def _expected(seen: RowConfigurations, formula: str, q: Array, name: str, values: Array) -> WorkedLine:
    """Σ_z q(z) · values(z)."""
    pairs: Values = []
    for n in seen.shown.tolist():
        pairs += [("q(z)", float(q[n])), (name, float(values[n]))]
    if len(seen.others):
        with np.errstate(invalid="ignore"):
            rest = float((q[seen.others] * values[seen.others]).sum())
        pairs += [(seen.others_named, rest), ("1", 1.0)]
        formula += f", with {seen.others_named} together"
    return line("bound", formula, "pairs", pairs)


def prediction_lines(seen: RowConfigurations) -> list[WorkedLine]:
    """p(y | x) = Σ_z p(z | x) o(z) of every class, whatever the target; the forward pass, which is another number."""
    if seen.params.numeric:
        return number_prediction_lines(seen)
    prior = np.exp(seen.log_prior)
    lines = []
    for i, o in enumerate(np.exp(seen.log_outputs)):
        pairs: Values = []
        for n in seen.shown.tolist():
            pairs += [("p(z | x)", float(prior[n])), ("o(z)", float(o[n]))]
        formula = "p(y | x) = Σ p(z | x) · o(z)"
        if len(seen.others):
            pairs += [(seen.others_named, float(prior[seen.others] @ o[seen.others])), ("1", 1.0)]
            formula += f", with {seen.others_named} together"
        lines.append(line("prediction", formula, "pairs", pairs, target=i))
    u = activities(seen.params.layers, seen.design)[-1][0]
    return [*lines, *forward_lines(seen.params, u)]


def forward_lines(params: NetworkParams, u: Array) -> list[WorkedLine]:
    """softmax(V [1, u]), the usual forward pass, by its logits; u: (m,) of the last hidden layer."""
    if params.numeric:
        return number_forward_lines(params, u)
    logits = _logit_lines(params.output, u, "v · [1, u], forward pass")
    every = [(f"class {i}", one.result) for i, one in enumerate(logits)]
    found = [
        line("forward", "forward pass = softmax(V [1, u])", "softmax", [own, *every], target=i)
        for i, own in enumerate(every)
    ]
    return [*found, *logits]


def _logit_lines(output: Array, units: Array, formula: str) -> list[WorkedLine]:
    """v_iᵀ[1, z] of each class."""
    lines = []
    for i, v in enumerate(output):
        values: Values = [("bias", v[0]), ("1", 1.0)]
        for h, unit in enumerate(units):
            values += [(f"v {h + 1}", v[h + 1]), (f"unit {h + 1}", unit)]
        lines.append(line("part", formula, "pairs", values, target=i))
    return lines


def _detail_lines(seen: RowConfigurations) -> list[WorkedLine]:
    """p(z | x) of the likeliest configurations, factor by factor, and all of o(z) of as many as there is room for."""
    a = (seen.params.hidden @ seen.design.T)[:, 0]
    lines = []
    for n in seen.shown.tolist():
        on = [bool(n >> h & 1) for h in range(len(a))]
        log_factors = [-float(softplus(-logit if yes else logit)) for logit, yes in zip(a, on, strict=True)]
        names = [f"u {h + 1}" if yes else f"1 − u {h + 1}" for h, yes in enumerate(on)]
        lines.append(_product(f"p(z | x) = Π u or 1 − u, {seen.named(n)}", names, log_factors, seen.log_prior[n]))
    if seen.params.numeric:
        return [*lines, *number_detail_lines(seen)]
    bits = all_configurations(seen.params.hidden_units)
    logits = np.stack([np.asarray(bits.logits(v)).ravel()[seen.shown] for v in seen.params.output])  # (g, shown)
    likeliest = int(seen.shown[0])
    z = np.array([float(likeliest >> h & 1) for h in range(len(a))])
    lines += _logit_lines(seen.params.output, z, f"v · [1, z], {seen.named(likeliest)}")
    for place, n in enumerate(seen.shown.tolist()[: max(1, _CLASS_LINES // len(logits))]):
        every = [(f"class {i}", float(logit)) for i, logit in enumerate(logits[:, place])]
        for i, own in enumerate(every):
            lines.append(line("part", f"o(z) = softmax(V [1, z]), {seen.named(n)}", "softmax", [own, *every], target=i))
    return lines


def _product(formula: str, names: Sequence[str], log_factors: Sequence[float], log_result: float) -> WorkedLine:
    """Π of the factors, or where that is too small the sum of their logarithms."""
    if log_result < LEAST_LOG or min(log_factors) < LEAST_LOG:
        return line("part", f"ln of {formula}", "sum", zip(names, log_factors, strict=True), log=True)
    return line("part", formula, "product", zip(names, np.exp(log_factors), strict=True))
