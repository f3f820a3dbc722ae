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

    Every row counts once, whatever its weight, but those of weight 0, which are left out. A constant column keeps scale
    1: there is nothing to divide by. Missing values (NaN) are passed over. Columns are divided by their largest
    magnitude on the way, so that squares of 1e±200 neither overflow nor vanish.
    """
    X = X if sample_weight is None else X[sample_weight > 0]
    d = X.shape[1]
    offset, scale, constant = np.zeros(d), np.ones(d), []
    for j in range(d):
        column = X[:, j]
        column = column[~np.isnan(column)]
        if column.size == 0 or column.min() == column.max():
            offset[j] = column[0] if column.size else 0.0
            constant.append(j)
            continue
        magnitude = float(np.abs(column).max())
        unit = column / magnitude
        mean = float(unit.mean())
        offset[j] = mean * magnitude
        scale[j] = float(np.sqrt(np.mean((unit - mean) ** 2))) * magnitude
    return Units(offset, scale), tuple(constant)
