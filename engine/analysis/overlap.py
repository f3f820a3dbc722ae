"""Which two components are hardest to tell apart: that is where the information is missing, and why EM is slow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.em.evaluation import Posterior
from engine.em.inference import Exact
from engine.em.step import Step
from engine.models.gaussian.mixture import GaussianMixture
from engine.parallel import row_chunks

_ROWS_AT_ONCE = 65_536


@dataclass(frozen=True)
class Overlap:
    """The two components that are hardest to tell apart.

    Attributes:
        first, second: their indices, from 0.
        confusion: the mean responsibility that either has for the rows of the other,
            Σ r_i r_j / min(Σ r_i, Σ r_j), 0 where no row is shared; 1 where all are.
        bhattacharyya: ∫ √(p_i p_j), 1 for the same density, 0 for none in common; None where it has no formula.
    """

    first: int
    second: int
    confusion: float
    bhattacharyya: float | None


def overlap_of(step: Step) -> Overlap | None:
    """The two components that share most, by the responsibilities at θ; None where rows have no components."""
    model = step.problem.model
    if model.size is None or not model.responsibilities_sum_to_one:
        return None
    if not model.has_likelihood or model.row_order_matters:
        return None
    at = step.at if isinstance(step.at.inference, Exact) else step.problem.at(step.params)
    posterior, data = Posterior(at), step.problem.data
    shared: Array | None = None
    for rows in row_chunks(data.n_rows, _ROWS_AT_ONCE):
        r = posterior.rows(rows)
        weighted = r if data.sample_weight is None else r * data.sample_weight[rows, None]
        part = r.T @ weighted
        shared = part if shared is None else shared + part
    if shared is None or len(shared) < 2:
        return None
    counts = shared.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        confusion = np.nan_to_num(shared / np.minimum(counts[:, None], counts))
    np.fill_diagonal(confusion, -1.0)
    first, second = sorted(int(i) for i in np.unravel_index(int(confusion.argmax()), confusion.shape))
    between = None
    if isinstance(model, GaussianMixture):
        between = bhattacharyya(step.params, first, second, model.covariance_type)
    return Overlap(first, second, float(confusion[first, second]), between)


def bhattacharyya(params: Any, first: int, second: int, covariance_type: str) -> float:
    """∫ √(N_i N_j) = exp(−⅛ δᵀ Σ⁻¹ δ) (|Σ_i| |Σ_j|)^¼ / |Σ|^½ with Σ = (Σ_i + Σ_j)/2 (Bhattacharyya 1943)."""
    one, other = (_full(params, k, covariance_type) for k in (first, second))
    mean = 0.5 * (one + other)
    apart = params.means[first] - params.means[second]
    logs = [float(np.linalg.slogdet(matrix)[1]) for matrix in (one, other, mean)]
    distance = 0.125 * float(apart @ np.linalg.solve(mean, apart)) + 0.5 * logs[2] - 0.25 * (logs[0] + logs[1])
    return math.exp(-max(distance, 0.0))


def _full(params: Any, k: int, covariance_type: str) -> Array:
    covariances, d = params.covariances, params.means.shape[1]
    if covariance_type == "full":
        return np.asarray(covariances[k])
    if covariance_type == "tied":
        return np.asarray(covariances)
    return np.diag(np.broadcast_to(covariances[k], d))
