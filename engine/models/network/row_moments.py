"""E_q[z_h] and E_q[z_h o_i(z)] of each row by itself, of which the M-step for the output needs the sums alone.

They are what a row pulls with at v_ih: Σ_j weight_j (y_ij E[z_hj] − E[z_hj o_ij]) is the slope of Q_v.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Array, IntArray
from engine.em.inference import Exact, Inference, assign, uniforms
from engine.models.network.configurations import Listed, all_configurations, binary_rows, halves
from engine.models.network.data import NetworkRows
from engine.models.network.e_steps.e_step import EStep
from engine.models.network.e_steps.exact import Factors, log_output, log_prior_table
from engine.models.network.e_steps.mean_field import Factorised
from engine.models.network.expectation import NetworkExpectation
from engine.models.network.params import NetworkParams, sigmoid
from engine.parallel import row_chunks

_ENTRIES_AT_ONCE = 2**20
_LEAST_EVIDENCE = 1e-290
Moments = tuple[Array, Array]
"""(n,) E_q[z_h] and (n,) E_q[z_h o_i(z)], in the order of the design."""


def output_moments(
    inner: EStep,
    statistics: NetworkExpectation,
    params: NetworkParams,
    rows: NetworkRows,
    inference: Inference,
    entry: tuple[int, int],
) -> Moments:
    """Those of class i and unit h, entry (i, h) of V; h = 0 is the bias, z_0 = 1. q is that of the E-step at θ."""
    i, h = entry
    if isinstance(statistics.configurations, Factorised):
        return _factorised(statistics, params, i, h)
    draws = inner.drawn(params, rows, inference)
    if draws is not None:
        last = draws[-1]
        z = last.z.reshape(-1, last.z.shape[-1]).astype(np.float64)
        o = (
            Listed(np.hstack([np.ones((len(z), 1)), z]))
            .outputs(params.output)
            .probability(i)
            .reshape(last.weights.shape)
        )
        on = np.ones(last.weights.shape) if h == 0 else last.z[:, :, h - 1]
        return (last.weights * on).sum(axis=0), (last.weights * on * o).sum(axis=0)
    every = np.arange(rows.n_rows)
    if not isinstance(inference, Exact):
        return _tabled(params, rows, inference, i, h, every)
    evidence, on, said = _in_halves(params, rows, i, h)
    lost = np.flatnonzero(evidence < _LEAST_EVIDENCE)
    evidence[lost] = 1.0
    on, said = on / evidence, said / evidence
    on[lost], said[lost] = _tabled(params, rows, inference, i, h, every[lost])
    return on, said


def _factorised(statistics: NetworkExpectation, params: NetworkParams, i: int, h: int) -> Moments:
    """μ_h and π_i ρ_ih, which stand for them in the mean-field bound."""
    q = statistics.configurations
    assert isinstance(q, Factorised)
    at = q.outputs(params.output)
    if h == 0:
        return np.ones(len(q.logit)), at.probabilities[i]
    return sigmoid(q.logit[:, h - 1]), at.probabilities[i] * sigmoid(at.shifted[i][:, h - 1])


def _in_halves(params: NetworkParams, rows: NetworkRows, i: int, h: int) -> tuple[Array, Array, Array]:
    """(n,) p(y | x), and that times E[z_h] and times E[z_h o_i]: column sums of (Gᵀ B) ∘ A, as in the E-step."""
    a, b = halves(params.hidden_units)
    outputs = all_configurations(params.hidden_units).outputs(params.output)
    on = np.ones((2**b, 2**a))
    if h > 0:
        on = np.ones((2**b, 1)) * binary_rows(a)[:, h - 1] if h <= a else binary_rows(b)[:, [h - a - 1]] * on
    factors, found = Factors.of(params.hidden @ rows.design.T), np.empty((3, rows.n_rows))
    o_i = outputs.probability(i).reshape(on.shape)
    for c, of_class in rows.class_slices():
        o_c = outputs.probability(c).reshape(on.shape)
        for chunk in row_chunks(of_class.stop - of_class.start, max(512, _ENTRIES_AT_ONCE >> a)):
            part = slice(of_class.start + chunk.start, of_class.start + chunk.stop)
            A, B = factors.table(slice(a), part), factors.table(slice(a, None), part)
            for place, grid in enumerate((o_c, o_c * on, o_c * on * o_i)):
                found[place, part] = (grid.T @ B * A).sum(axis=0)
    return found[0], found[1], found[2]


def _tabled(
    params: NetworkParams, rows: NetworkRows, inference: Inference, i: int, h: int, chosen: IntArray
) -> Moments:
    """Of the chosen rows of the design, configuration by configuration in logarithms, whatever q is."""
    m, draws = params.hidden_units, uniforms(inference, rows.n_rows)
    on = np.ones(2**m) if h == 0 else (np.arange(2**m) >> (h - 1) & 1).astype(np.float64)
    said = on * np.exp(log_output(params, i))
    first, second = np.empty(len(chosen)), np.empty(len(chosen))
    for part in row_chunks(len(chosen), max(1, _ENTRIES_AT_ONCE >> m)):
        some = chosen[part]
        log_joint = log_prior_table(params, rows.design[some])
        for column, target in enumerate(rows.sorted_targets[some].tolist()):
            log_joint[:, column] += log_output(params, target)
        q, _, _ = assign(log_joint, inference, None if draws is None else draws[rows.order[some]])
        first[part], second[part] = on @ q, said @ q
    return first, second
