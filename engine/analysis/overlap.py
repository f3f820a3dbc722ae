"""Which two components are hardest to tell apart: that is where the information is missing, and why EM is slow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array
from engine.em.evaluation import Posterior
from engine.em.inference import Exact
from engine.em.step import Step
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
    in_shares = model.size is not None and model.responsibilities_sum_to_one
    if not in_shares or not model.has_likelihood or model.row_order_matters:
        return None
    at = step.at if isinstance(step.at.inference, Exact) else step.problem.at(step.params)
    posterior, data = Posterior(at), step.problem.data
    shared: Array = np.zeros((1, 1))
    for rows in row_chunks(data.n_rows, _ROWS_AT_ONCE):
        r = posterior.counted(rows)
        weighted = r if data.sample_weight is None else r * data.sample_weight[rows, None]
        shared = shared + r.T @ weighted
    if len(shared) < 2:
        return None
    counts = shared.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        confusion = np.nan_to_num(shared / np.minimum(counts[:, None], counts))
    np.fill_diagonal(confusion, -1.0)
    first, second = sorted(int(i) for i in np.unravel_index(int(confusion.argmax()), confusion.shape))
    between = model.bhattacharyya(step.params, first, second)
    return Overlap(first, second, float(confusion[first, second]), between)
