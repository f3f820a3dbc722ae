r"""What a network that learns numbers has in its derivations beside what all networks have.

N(y | vᵀ[1, z], σ²)          of each configuration, in place of o_y(z)
E[y | x] = Σ_z p(z | x) vᵀ[1, z] = vᵀ[1, u]
σ² ∂Q_v/∂v_h = Σ_j weight_j (y_j E[z_hj] − E[z_hj vᵀ[1, z_j]])
σ² = (Σ_j weight_j E[(y_j − vᵀ[1, z_j])²] + ρ) / n
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.arrays import Array
from engine.em.inference import Inference, assign, uniforms
from engine.explain.derivation import Role, WorkedLine, line
from engine.models.network.configurations import all_configurations
from engine.models.network.data import NetworkRows
from engine.models.network.e_steps.exact import log_prior_table
from engine.models.network.explanations.pulls import pull_lines
from engine.models.network.gaussian_output import log_output_table, ridge_of
from engine.models.network.params import NetworkParams
from engine.models.network.row_configurations import RowConfigurations, Values
from engine.parallel import row_chunks

_ENTRIES_AT_ONCE = 2**20


def number_prediction_lines(seen: RowConfigurations) -> list[WorkedLine]:
    """E[y | x] as the sum over configurations, and the forward pass, which is the same number."""
    prior = np.exp(seen.log_prior)
    pairs: Values = []
    for n in seen.shown.tolist():
        pairs += [("p(z | x)", float(prior[n])), ("v · [1, z]", float(seen.means[n]))]
    formula = "E[y | x] = Σ p(z | x) · (v · [1, z])"
    if len(seen.others):
        pairs += [(seen.others_named, float(prior[seen.others] @ seen.means[seen.others])), ("1", 1.0)]
        formula += f", with {seen.others_named} together"
    u = prior @ (np.arange(len(prior))[:, None] >> np.arange(seen.params.hidden_units) & 1)
    return [line("prediction", formula, "pairs", pairs), *number_forward_lines(seen.params, u)]


def number_forward_lines(params: NetworkParams, u: Array) -> list[WorkedLine]:
    """vᵀ[1, u]; u: (m,) of the last hidden layer."""
    return [_mean_line("forward", "forward pass = v · [1, u]", params.output[0], u)]


def _mean_line(role: Role, formula: str, v: Array, units: Array) -> WorkedLine:
    values: Values = [("bias", v[0]), ("1", 1.0)]
    for h, unit in enumerate(units):
        values += [(f"v {h + 1}", v[h + 1]), (f"unit {h + 1}", float(unit))]
    return line(role, formula, "pairs", values)


def number_detail_lines(seen: RowConfigurations) -> list[WorkedLine]:
    """vᵀ[1, z] of the likeliest configuration, and where y is used ln N of every one that is shown."""
    variances = seen.params.variances
    assert variances is not None
    likeliest = int(seen.shown[0])
    z = np.array([float(likeliest >> h & 1) for h in range(seen.params.hidden_units)])
    lines = [_mean_line("part", f"v · [1, z], {seen.named(likeliest)}", seen.params.output[0], z)]
    if seen.target is None:
        return lines
    for n in seen.shown.tolist():
        squared = (seen.number - float(seen.means[n])) ** 2 / float(variances[0])
        values = [("(y − v · [1, z])²/σ²", squared), ("ln 2πσ²", float(np.log(2.0 * np.pi * variances[0])))]
        lines.append(line("part", f"ln N(y | Vz, σ²), {seen.named(n)}", "log_normal", values, log=True))
    return lines


def number_pulls(params: NetworkParams, rows: NetworkRows, inference: Inference, h: int) -> list[WorkedLine]:
    """At v_h, y E[z] − E[z Vz] of the rows that pull most, of all others together, and the sum."""
    assert rows.target is not None
    moments = number_moments(params, rows, inference, h)
    each = [[("y E[z]", y * e), ("E[z Vz]", said)] for y, e, said in zip(rows.target, *moments, strict=True)]
    formula = "y − E[Vz]" if h == 0 else "y E[z] − E[z Vz]"
    return pull_lines(each, rows, formula, f"σ² · slope of Q_v = Σ ({formula})")


def variance_lines(
    before: NetworkParams, after: NetworkParams, rows: NetworkRows, inference: Inference
) -> list[WorkedLine]:
    """σ² = (Σ E[(y − Vz)²] + ρ) / n, with the rows of which most is left."""
    return squares_lines(squares_left(before, after, rows, inference), rows, "E[(y − Vz)²]")


def squares_lines(left: Array, rows: NetworkRows, formula: str) -> list[WorkedLine]:
    """σ² from what is left of each row, squared (n,)."""
    *lines, total = pull_lines([[(formula, one)] for one in left], rows, formula, f"Σ {formula}", "product")
    ridge = ridge_of(rows)
    values = [("squares", total.result), ("ρ", ridge)]
    with_ridge = line("total", f"Σ {formula} + ρ, ρ = 1e-6 n times the target's variance", "sum", values)
    return [
        *lines,
        replace(total, role="total"),
        line("ridge", "ρ of the prior", "value", [("ρ", ridge)]),
        with_ridge,
        line("count", "n", "value", [("n", rows.total_weight)]),
        line("parameter", "squares / n", "quotient", [("squares", with_ridge.result), ("n", rows.total_weight)]),
    ]


def number_moments(params: NetworkParams, rows: NetworkRows, inference: Inference, unit: int) -> tuple[Array, Array]:
    """(n,) E_q[z_h] and E_q[z_h vᵀ[1, z]] of each row; unit 0 is the bias, z_0 = 1. q is that of the E-step at θ."""
    numbers = np.arange(2**params.hidden_units)
    on = np.ones(len(numbers)) if unit == 0 else (numbers >> (unit - 1) & 1).astype(np.float64)
    means = _means(params)
    both = _expected(params, rows, inference, np.stack([on, on * means]))
    return both[0], both[1]


def squares_left(params: NetworkParams, after: NetworkParams, rows: NetworkRows, inference: Inference) -> Array:
    """(n,) E_q[(y − vᵀ[1, z])²] with v of `after` and q that of the E-step at `params`."""
    about, means = rows.about_mean, _means(after) - rows.centre
    first, second = _expected(params, rows, inference, np.stack([means, means**2]))
    return np.asarray(np.maximum(about**2 - 2.0 * about * first + second, 0.0))


def _means(params: NetworkParams) -> Array:
    return np.asarray(all_configurations(params.hidden_units).logits(params.output[0])).ravel()


def _expected(params: NetworkParams, rows: NetworkRows, inference: Inference, values: Array) -> Array:
    """(k, n) Σ_z q(z) values(z) of each row for values (k, 2^m), some rows at a time."""
    draws, found = uniforms(inference, rows.n_rows), np.empty((len(values), rows.n_rows))
    for part in row_chunks(rows.n_rows, max(1, _ENTRIES_AT_ONCE >> params.hidden_units)):
        log_joint = log_prior_table(params, rows.design[part]) + log_output_table(params, rows, part)
        q, _, _ = assign(log_joint, inference, None if draws is None else draws[part])
        found[:, part] = values @ q
    return found
