"""The units that data are in: a shift and a scale for each column, so that parameters can be shown in either."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array


@dataclass(frozen=True, eq=False)
class Units:
    """Standard units z of data x: x = offset + scale · z, column by column.

    offset: (d,) in the data's own units; the column means.
    scale: (d,) in the data's own units, positive; the columns' standard deviations (division by n).
    """

    offset: Array
    scale: Array

    def to_standard(self, X: Array) -> Array:
        """Points (…, d) in the data's own units, in standard units: z = (x − offset) / scale."""
        return (X - self.offset) / self.scale

    def to_original(self, Z: Array) -> Array:
        """Points or means (…, d) in standard units, in the data's own units: x = offset + scale · z."""
        return self.offset + self.scale * Z


def standard_units(X: Array, sample_weight: Array | None = None) -> tuple[Units, tuple[int, ...]]:
    """The `Units` that give each column of `X` (n, d) mean 0 and variance 1, and the indices of constant columns.

    A row of weight w counts as w rows do: μ_j = Σ w x_j / Σ w, σ_j² = Σ w (x_j − μ_j)² / Σ w. A constant column keeps
    scale 1: there is nothing to divide by. Missing values (NaN) are passed over. Columns are divided by their largest
    magnitude on the way, so that squares of 1e±200 neither overflow nor vanish.
    """
    weight = None
    if sample_weight is not None:
        X, weight = X[sample_weight > 0], sample_weight[sample_weight > 0]
    d = X.shape[1]
    offset, scale, constant = np.zeros(d), np.ones(d), []
    for j in range(d):
        column = X[:, j]
        known = ~np.isnan(column)
        column, counts = column[known], None if weight is None else weight[known]
        if column.size == 0 or column.min() == column.max():
            offset[j] = column[0] if column.size else 0.0
            constant.append(j)
            continue
        magnitude = float(np.abs(column).max())
        unit = column / magnitude
        mean = _mean(unit, counts)
        offset[j] = mean * magnitude
        scale[j] = float(np.sqrt(_mean((unit - mean) ** 2, counts))) * magnitude
        if not scale[j] > 0:  # what varies has next to no weight
            scale[j] = 1.0
            constant.append(j)
    return Units(offset, scale), tuple(constant)


def _mean(values: Array, counts: Array | None) -> float:
    """Each value by its count, these relative to the largest, so that none overflows; equal counts change no bit."""
    if counts is None:
        return float(values.mean())
    relative = counts / counts.max()
    return float((relative * values).sum() / relative.sum())
