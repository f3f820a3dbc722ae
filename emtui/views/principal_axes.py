"""Principal components of a table, for looking at many columns at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emtui.views.dataset_cache import remembered
from engine.arrays import Array
from engine.data.dataset import Dataset

_NUMBERS = 1_000_000
"""At most this many numbers take part in the decomposition: an even sample of the rows is taken beyond."""


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """The directions of largest variance.

    center: (d,) the mean of the sample. directions: (m, d) orthonormal rows, the largest variance first.
    shares: (m,) of the total variance, which sum to 1 (0 where nothing varies).
    """

    center: Array
    directions: Array
    shares: Array


def principal_components(data: Dataset) -> PrincipalComponents:
    """The components of the rows as the model sees them, by a singular value decomposition; kept for the data set."""
    return remembered(data, "principal components", lambda: decompose(data.X))


def decompose(X: Array) -> PrincipalComponents:
    """X − mean = U S Vᵀ: directions are the rows of Vᵀ, their variances ∝ S² (Jolliffe 2002, section 3.5).

    The sign makes each direction's entry of largest magnitude positive. Rows with missing values are
    left out; beyond a million numbers an even sample of the rows stands for all.
    """
    n, d = X.shape
    room = max(min(n, 2), _NUMBERS // d)
    rows = X if n <= room else X[np.linspace(0, n - 1, room).astype(np.int64)]
    rows = rows[~np.isnan(rows).any(axis=1)]
    if not len(rows):
        rows = np.zeros((1, d))
    size = max(float(np.abs(rows).max()), np.finfo(np.float64).tiny)  # so that squares of 1e±200 are numbers
    unit = rows / size
    center = unit.mean(axis=0)
    _, singular, directions = np.linalg.svd(unit - center, full_matrices=False)
    if len(directions) < min(2, d):  # one row: any second direction at right angles will do
        directions, singular = np.linalg.svd(np.ones((2, 1)) * directions, full_matrices=True)[2][:2], np.zeros(2)
    largest = np.abs(directions).argmax(axis=1)
    signs = np.where(directions[np.arange(len(directions)), largest] < 0, -1.0, 1.0)
    variances = singular**2
    total = float(variances.sum())
    shares = variances / total if total > 0 else np.zeros_like(variances)
    return PrincipalComponents(center * size, directions * signs[:, np.newaxis], shares)
