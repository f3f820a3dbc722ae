"""Principal components of a table: the directions in which its rows differ most (Pearson 1901; Hotelling 1933)."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array


def principal_components(X: Array, n_components: int, sample_weight: Array | None = None) -> tuple[Array, Array]:
    """Scores (n, m) of the rows on the first m components, and the share (m,) of the variance along each.

    X − mean = U S Vᵀ, the scores are U S and the shares S² / Σ S². With weights w the mean is Σ w x / Σ w, U S Vᵀ is
    of √w (X − mean), and the scores are (X − mean) V. Each component points so that its largest loading
    is positive, and a tie goes to the first, so that the same table always gives the same scores. The table is
    centred and divided by its largest magnitude on the way, so that no square of it overflows or vanishes.

    Args:
        X: (n, d) finite numbers.
        n_components: m, from 1 to min(n, d).
        sample_weight: (n,) how often each row counts; None for once.
    """
    counts = np.ones(len(X)) if sample_weight is None else sample_weight / sample_weight.max()
    counted = counts > 0
    magnitude = float(np.abs(X[counted]).max())
    if not magnitude > 0:
        return np.zeros((len(X), n_components)), np.zeros(n_components)
    unit = X / magnitude
    mean = unit.mean(axis=0) if sample_weight is None else np.average(unit[counted], axis=0, weights=counts[counted])
    centred = unit - mean
    spread = float(np.abs(centred[counted]).max())
    if not spread > 4 * np.finfo(np.float64).eps:  # equal rows, but for the rounding of their mean
        return np.zeros((len(X), n_components)), np.zeros(n_components)
    weighted = centred[counted] * np.sqrt(counts[counted])[:, np.newaxis]
    U, S, loadings = np.linalg.svd(weighted / spread, full_matrices=False)
    largest = np.abs(loadings).argmax(axis=1)
    signs = np.where(loadings[np.arange(len(loadings)), largest] < 0, -1.0, 1.0)
    along = U * (S * signs) if sample_weight is None else centred / spread @ (loadings.T * signs)
    return along[:, :n_components] * spread * magnitude, S[:n_components] ** 2 / np.sum(S**2)
