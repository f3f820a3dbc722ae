r"""How a Gaussian's log-density goes with an entry of its mean or covariance.

∂ ln N(x | μ, Σ)/∂μ   = Σ⁻¹ (x − μ)
∂ ln N(x | μ, Σ)/∂Σ   = ½ Σ⁻¹ [(x − μ)(x − μ)ᵀ − Σ] Σ⁻¹        twice that off the diagonal, where two entries move
∂ ln p(Σ)/∂Σ          = ½ Σ⁻¹ Λ Σ⁻¹                             Petersen & Pedersen 2012, eqs. 57, 61 and 86
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.editing.entries import Entry
from engine.explain.pulls import DensitySlopes
from engine.models.gaussian.params import GaussianParams, inverse_factors


def gaussian_slopes(X: Array, params: GaussianParams, kind: str, entry: Entry, ridge: Array) -> DensitySlopes:
    """For every row (n, d) and each component that the entry has a part in; ridge: (d,) λ of the prior."""
    K = len(params.means)
    alone = entry.field == "means" or kind != "tied"
    ks = (entry.index[0],) if alone else tuple(range(K))
    inverse = [_inverse(params, kind, k) for k in ks]
    apart = [X - params.means[k] for k in ks]
    v = np.stack([each @ one for each, one in zip(apart, inverse, strict=True)], axis=1)  # (n, m, d) Σ⁻¹ (x − μ)
    if entry.field == "means":
        j = entry.index[1]
        mean = np.full((len(X), 1), params.means[entry.index])
        return DensitySlopes(ks, v[:, :, j], "x − μ", ("x", "μ"), X[:, [j]], mean)
    precision = np.stack(inverse)  # (m, d, d)
    squares, own = np.stack(apart, axis=1), params.covariances[entry.index]
    pressed = precision[0] * ridge @ precision[0]  # Σ⁻¹ Λ Σ⁻¹
    if kind == "spherical":
        d = X.shape[1]
        slopes = 0.5 * ((v**2).sum(axis=2) - np.trace(precision, axis1=1, axis2=2))
        first, second, formula = (squares**2).sum(axis=2), d * own, "‖x − μ‖² − d σ²"
        prior, pull, said = 0.5 * float(pressed.trace()), float(ridge.sum()), "Σ λ"
    else:
        a, b = entry.index[-2:] if kind in ("full", "tied") else (entry.index[-1],) * 2
        twice = 1.0 if a == b else 2.0
        slopes = 0.5 * twice * (v[:, :, a] * v[:, :, b] - precision[:, a, b])
        first, second = squares[:, :, a] * squares[:, :, b], own
        formula = "(x − μ)² − σ²" if a == b else "(x − μ)(x′ − μ′) − Σ"
        prior, pull, said = 0.5 * twice * float(pressed[a, b]), float(ridge[a]) if a == b else 0.0, "λ"
    names = tuple(formula.split(" − ")[-1:])
    names = (formula.removesuffix(f" − {names[0]}"), names[0])
    said = said if pull > 0 else ""
    return DensitySlopes(ks, slopes, formula, names, first, np.full(first.shape, second), prior, pull, said)


def _inverse(params: GaussianParams, kind: str, k: int) -> Array:
    """(d, d) Σ_k⁻¹, from L⁻¹ or from 1/σ."""
    inverse = inverse_factors(params, kind)
    one, d = inverse if kind == "tied" else inverse[k], params.means.shape[1]
    return np.asarray(one.T @ one if one.ndim == 2 else np.diag(np.broadcast_to(one**2, d)))
