"""Which columns show groups best: a cheap score of one column at a time, from the data alone."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array, IntArray

_ROWS = 2_000
_COLUMNS = 512
_ALIKE = 0.99  # columns that correlate more closely than this would show one thing twice


def separation(values: Array) -> float:
    """The share of a column's variance that the best cut into two groups explains, 0 to 1 (Otsu 1979).

    max_c  w₀ w₁ (m₁ − m₀)² / variance  over cuts that leave at least a tenth of the values on either side, so that a
    few outliers are no group. A normal column scores .64, two far groups near 1, a constant column 0.
    """
    values = np.sort(values[np.isfinite(values)])
    n = len(values)
    if n < 4 or values[0] == values[-1]:
        return 0.0
    unit = values / 4 - values[0] / 4  # in quarters, so that the range of ±1.7e308 is a number
    unit = unit / unit[-1]
    cuts = np.arange(max(1, n // 10), n - max(1, n // 10) + 1)
    sums = np.cumsum(unit)
    low, high = sums[cuts - 1] / cuts, (sums[-1] - sums[cuts - 1]) / (n - cuts)
    between = cuts / n * (1 - cuts / n) * (high - low) ** 2
    variance = float(unit.var())
    return float(between.max() / variance) if variance > 0 else 0.0


def ranked_columns(X: Array) -> IntArray:
    """Columns of X (n, d), the best separated first; equal ones in their order. An even sample of rows is scored."""
    n, d = X.shape
    rows = X if n <= _ROWS else X[np.linspace(0, n - 1, _ROWS).astype(np.int64)]
    scores = np.array([separation(rows[:, j]) if j < _COLUMNS else 0.0 for j in range(d)])
    return np.argsort(-scores, kind="stable")


def best_pair(X: Array, ranked: IntArray) -> tuple[int, int]:
    """The best separated column and the best one beside it that doesn't repeat it, in the table's order."""
    first = int(ranked[0])
    for second in ranked[1:].tolist():
        if not _alike(X[:_ROWS, first], X[:_ROWS, second]):
            return min(first, second), max(first, second)
    return min(first, int(ranked[1])), max(first, int(ranked[1]))


def _alike(one: Array, other: Array) -> bool:
    """Whether two columns correlate by more than .99 either way."""
    kept = np.isfinite(one) & np.isfinite(other)
    if kept.sum() < 3:
        return False
    a, b = _standard(one[kept]), _standard(other[kept])
    return bool(abs(float(a @ b)) > _ALIKE)


def _standard(values: Array) -> Array:
    """Centred, with length 1; zeros where the values are constant."""
    unit = values / max(float(np.abs(values).max()), np.finfo(np.float64).tiny)
    unit = unit - unit.mean()
    length = float(np.linalg.norm(unit))
    return np.asarray(unit / length if length > 0 else np.zeros_like(unit))
