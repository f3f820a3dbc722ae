r"""How the expected log-joint of a mixture of experts goes with one entry of θ, row by row.

∂/∂γ_kj    Σ_i (r_ik − g_k(x_i)) x_ij                        less λ (γ_kj − γ̄_j) of the prior
∂/∂v_kcj   Σ_i r_ik (y_ic − p_kc(x_i)) x_ij                  less λ (v_kcj − v̄_kj)
∂/∂β_kj    Σ_i r_ik (y_i − β_kᵀ[1, x_i]) x_ij / σ²_k         less λ β_kj
∂/∂σ²_k    Σ_i r_ik ½ [(y_i − β_kᵀ[1, x_i])² / σ²_k − 1] / σ²_k    plus ½ ρ / σ⁴_k
                                                                                   Jordan & Jacobs 1994, section 3
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import Array
from engine.editing.entries import Entry
from engine.explain.pulls import Pulls, Slopes
from engine.models.experts.data import ExpertRows
from engine.models.experts.gaussian_experts import residuals
from engine.models.experts.multinomial import log_softmax
from engine.models.experts.params import ExpertsParams, GaussianExperts


def expert_slopes(r: Array, params: ExpertsParams, data: ExpertRows, entry: Entry, model: Any) -> Slopes:
    """With r (n, K) held."""
    if entry.path == "gate":
        k, x = entry.index[0], _input(data, entry)[0]
        g = np.exp(log_softmax(data.logits(params.gate)))
        each = (np.eye(len(params.gate))[k] - g[:, [k]]) * x[:, None]  # ∂ ln g_j/∂γ_k = ([j = k] − g_k) x
        return Slopes(r, each, tuple(range(r.shape[1])), prior=_decayed(params.gate, entry.index, model.weight_decay))
    k = entry.index[0]
    found = expert_pulls(r, params, data, entry, model)
    (_, first), (_, second), *factors = found.values
    each = first - second
    for name, factor in factors:
        each = each * factor if name != "r" else each
    scale, prior = 1.0, found.prior
    if isinstance(params.experts, GaussianExperts):
        variance = float(params.experts.variances[k])
        scale = 1.0 / variance if entry.path.endswith("coefficients") else 0.5 / variance**2
    return Slopes(r[:, [k]], each[:, None] * scale, (k,), prior=prior * scale)


def expert_pulls(r: Array, params: ExpertsParams, data: ExpertRows, entry: Entry, model: Any) -> Pulls:
    """Likewise, without what all rows have in common: 1/σ²."""
    decay, k = model.weight_decay, entry.index[0]
    if entry.path == "gate":
        x, what = _input(data, entry)
        g = np.exp(log_softmax(data.logits(params.gate)))[:, k]
        prior = _decayed(params.gate, entry.index, decay)
        return Pulls(f"(r − g) · {what}", (("r", r[:, k]), ("g", g), (what, x)), prior, _said(prior, "−λ (γ − γ̄)"))
    if not isinstance(params.experts, GaussianExperts):
        assert data.y is not None
        (x, what), weights = _input(data, entry), params.experts.coefficients[k]
        p, c = np.exp(log_softmax(data.logits(weights)))[:, entry.index[1]], entry.index[1]
        prior = _decayed(weights, entry.index[1:], decay)
        values = (("y", (data.y == c).astype(np.float64)), ("p", p), (what, x), ("r", r[:, k]))
        return Pulls(f"r (y − p) · {what}", values, prior, _said(prior, "−λ (v − v̄)"))
    assert data.target is not None
    left, variance = residuals(params.experts.coefficients, data)[:, k], float(params.experts.variances[k])
    if entry.path.endswith("variances"):
        ridge = float(model.family(data).ridge)
        squares = (("(y − β · x)²", left**2), ("σ²", np.full(len(left), variance)), ("r", r[:, k]))
        return Pulls("r ((y − β · x)² − σ²)", squares, ridge, _said(ridge, "ρ"))
    x, what = _input(data, entry)
    free = entry.index[1] == 0
    prior = 0.0 if free else -decay * variance * float(params.experts.coefficients[entry.index])
    numbers = (("y", data.target), ("β · x", data.target - left), (what, x), ("r", r[:, k]))
    return Pulls(f"r (y − β · x) · {what}", numbers, prior, _said(prior, "−λ σ² β"))


def _input(data: ExpertRows, entry: Entry) -> tuple[Array, str]:
    """(n,) the input of a weight, 1 of a bias, and its name."""
    j = entry.index[-1]
    return (np.ones(data.n_rows), "1") if j == 0 else (data.X[:, j - 1], f"x {j - 1}")


def _decayed(weights: Array, index: tuple[int, ...], decay: float) -> float:
    """−λ (w − w̄) over the classes of a softmax; biases are free."""
    k, j = index
    return 0.0 if j == 0 else -decay * float(weights[k, j] - weights[:, j].mean())


def _said(prior: float, formula: str) -> str:
    return formula if prior else ""
