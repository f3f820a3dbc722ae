"""Principal components of a table: the directions in which its rows differ most (Pearson 1901; Hotelling 1933)."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array


def principal_components(X: Array, n_components: int) -> tuple[Array, Array]:
    """Scores (n, m) of the rows on the first m components, and the share (m,) of the variance along each.

    X − mean = U S Vᵀ, the scores are U S and the shares S² / Σ S². Each component points so that its largest loading
    is positive, and a tie goes to the first, so that the same table always gives the same scores. The table is
    centred and divided by its largest magnitude on the way, so that no square of it overflows or vanishes.

    Args:
        X: (n, d) finite numbers.
        n_components: m, from 1 to min(n, d).
    """
    magnitude = float(np.abs(X).max())
    if not magnitude > 0:
        return np.zeros((len(X), n_components)), np.zeros(n_components)
    unit = X / magnitude
    centred = unit - unit.mean(axis=0)
    spread = float(np.abs(centred).max())
    if not spread > 4 * np.finfo(np.float64).eps:  # equal rows, but for the rounding of their mean
        return np.zeros((len(X), n_components)), np.zeros(n_components)
    U, S, loadings = np.linalg.svd(centred / spread, full_matrices=False)
    largest = np.abs(loadings).argmax(axis=1)
    signs = np.where(loadings[np.arange(len(loadings)), largest] < 0, -1.0, 1.0)
    scores = (U * (S * signs))[:, :n_components] * spread * magnitude
    return scores, S[:n_components] ** 2 / np.sum(S**2)
