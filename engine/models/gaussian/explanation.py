"""A Gaussian mixture's numbers line by line: the density of a row, and the M-step of a mean or a covariance."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.editing.entries import Entry
from engine.explain.derivation import LEAST_LOG, MOST_LOG, WorkedLine, line
from engine.models.gaussian.params import GaussianParams, inverse_factors
from engine.models.gaussian.statistics import LOG_2PI, GaussianStatistics
from engine.models.mixture_explanation import Densities

_COLUMNS = 6  # of which all covariances are written down


def gaussian_densities(x: Array, params: GaussianParams, kind: str) -> Densities:
    """N(x | μ, Σ) = exp(−½ (d ln 2π + ln |Σ| + D²)),  D² = (x − μ)ᵀ Σ⁻¹ (x − μ), with x, μ and Σ written in."""
    K, d = params.means.shape
    inverse = inverse_factors(params, kind)
    lines, logs = [_listed("x", x)], np.empty(K)
    if kind == "tied":
        lines += _spread_lines(params.covariances, None)
    for k in range(K):
        one = inverse if kind == "tied" else inverse[k]
        difference = x - params.means[k]
        u = one @ difference if one.ndim == 2 else one * difference
        diagonal = one.diagonal() if one.ndim == 2 else np.broadcast_to(one, d)
        distance, log_determinant = float(u @ u), -2.0 * float(np.log(diagonal).sum())
        lines.append(_listed("μ", params.means[k], k))
        if kind != "tied":
            lines += _spread_lines(params.covariances[k], k)
        lines.append(_distance_line(x, params, kind, k, u, distance))
        values = [("d ln 2π", d * LOG_2PI), ("ln |Σ|", log_determinant), ("D²", distance)]
        found = line("density", "ln N = −½ (d ln 2π + ln |Σ| + D²)", "log_normal", values, k, log=True)
        logs[k] = found.result
        if LEAST_LOG < logs[k] < MOST_LOG:
            found = line("density", "N = exp(−½ (d ln 2π + ln |Σ| + D²))", "normal", values, k)
        lines.append(found)
    return lines, logs


def gaussian_distances(x: Array, params: GaussianParams, kind: str) -> Array:
    """(K,) D = √((x − μ)ᵀ Σ⁻¹ (x − μ)) [Mahalanobis 1936]."""
    inverse = inverse_factors(params, kind)
    found = np.empty(len(params.means))
    for k, mean in enumerate(params.means):
        one = inverse if kind == "tied" else inverse[k]
        found[k] = np.linalg.norm(one @ (x - mean) if one.ndim == 2 else one * (x - mean))
    return found


def _distance_line(x: Array, params: GaussianParams, kind: str, k: int, u: Array, distance: float) -> WorkedLine:
    """D² as a sum over the columns where Σ is diagonal or a single variance, else by L⁻¹, L Lᵀ = Σ."""
    d = len(x)
    if kind in ("full", "tied") and d > 1:
        squares = [(f"u{j}", value**2) for j, value in enumerate(u)]
        return line("part", "D² = ‖L⁻¹(x − μ)‖²", "sum", squares, k, result=distance)
    own = params.covariances if kind == "tied" else params.covariances[k]
    variances = np.broadcast_to(own.reshape(-1), d)
    triples = zip(x, params.means[k], variances, strict=True)
    values = [pair for a, m, v in triples for pair in (("x", a), ("μ", m), ("σ²", v))]
    formula = "D² = (x − μ)²/σ²" if d == 1 else "D² = Σ (x − μ)²/σ²"
    return line("part", formula, "squared_deviations", values, k, result=distance)


def _spread_lines(spread: Array, k: int | None) -> list[WorkedLine]:
    """Σ row by row, its variances alone where there are many columns; or σ²."""
    if spread.size == 1:
        return [_listed("σ²", spread, k)]
    if spread.ndim < 2:
        return [_listed("σ² of the columns", spread, k)]
    if len(spread) > _COLUMNS:
        return [_listed("variances, the diagonal of Σ", spread.diagonal(), k)]
    return [_listed("Σ" if j == 0 else f"Σ {j + 1}", row, k) for j, row in enumerate(spread)]


def _listed(formula: str, numbers: Array, k: int | None = None) -> WorkedLine:
    """Numbers side by side."""
    return line("part", formula, "listed", [(f"{formula} {j}", value) for j, value in enumerate(numbers.ravel())], k)


def moment_lines(
    statistics: GaussianStatistics, entry: Entry, ridge: Array, ridge_words: str, about: Array | None = None
) -> list[WorkedLine] | None:
    """μ_kj = Σ r x_j / N_k;  Σ_kij = (Σ r (x_i − μ_i)(x_j − μ_j) + λ_j [i = j]) / N_k, λ (d,) the ridge.

    ridge_words: λ as a formula.
    about: (K, d) the means about which the scatter is taken; None for the new ones.
    """
    kind, counts, d = statistics.covariance_type, statistics.counts, statistics.first.shape[1]
    k = entry.index[0] if not (kind == "tied" and entry.field == "covariances") else None
    if k is not None and not statistics.alive[k]:
        return None
    if entry.field == "means":
        assert k is not None
        j, count = entry.index[1], float(counts[k])
        total = count * float(statistics.means()[k, j])
        return [
            line("count", "N = Σ r", "value", [("N", count)], k),
            line("total", "Σ r x", "value", [("Σ r x", total)], k),
            line("parameter", "Σ r x / N", "quotient", [("Σ r x", total), ("N", count)], k),
        ]
    # The scatter in the user's units is what the M-step without a ridge divides by its count.
    spread = statistics.covariances(np.zeros(d))
    if about is not None:
        spread = spread + statistics.added_about(about)
    count = float(counts.sum()) if k is None else float(counts[k])
    own = float(spread[entry.index])
    added = 0.0 if entry.rule == "covariance" else float(ridge.sum() if kind == "spherical" else ridge[entry.index[-1]])
    scatter = "Σ r (x − μ)²" if entry.rule != "covariance" else "Σ r (x − μ)(x′ − μ′)"
    whose = "" if about is None else ", about the mean before"
    divisor = [("N", count)]
    lines = [line("count", "n = Σ N" if k is None else "N = Σ r", "value", divisor, k)]
    if kind == "spherical":
        count *= d
        lines.append(line("count", "N d", "product", [*divisor, ("d", d)], k))
    total = own * count
    lines.append(line("total", scatter + whose, "value", [("scatter", total)], k))
    if added > 0:
        words = f"Σ λ, λ = {ridge_words}" if kind == "spherical" else f"λ = {ridge_words}"
        lines.append(line("ridge", words, "value", [("ridge", added)], k))
    top = line("total", "scatter + ridge", "sum", [("scatter", total), ("ridge", added)], k)
    lines += [top] if added > 0 else []
    lines.append(line("parameter", "scatter / N", "quotient", [("scatter", top.result), ("N", count)], k))
    return lines
