"""The numbers of a pair plot: each group's part of a histogram, and correlations within the groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emtui.charts.scene import Bars
from engine.arrays import Array

_NOTHING = 1e-12
"""A share of a column's whole variance below which it doesn't vary within a group: a correlation would be rounding."""


def group_heights(values: Array, shares: Array, bars: Bars) -> Array:
    """(G, bins) each group's share of a histogram's heights: the groups' densities, weighted by their sizes.

    height_gb = Σ_{n in bin b} s_ng / (N · width_b), N the rows whose value is known, so that all areas sum to 1
    where every row belongs to some group.

    Args:
        values: (n,) of one column; those that aren't finite are left out.
        shares: (n, G) of each group in each row.
        bars: the histogram of the values.
    """
    bins, G = len(bars.heights), shares.shape[1]
    known = np.isfinite(values)
    if not bins or not known.any():
        return np.zeros((G, bins))
    place = np.clip(np.searchsorted(bars.edges, values[known], side="right") - 1, 0, bins - 1)
    counts = np.stack([np.bincount(place, shares[known, g], bins) for g in range(G)])
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(counts / np.count_nonzero(known) / np.diff(bars.edges))


def standard_columns(X: Array) -> Array:
    """The columns of X (n, d), centred and divided by their spread, so that products stay finite at any scale.

    A constant column becomes 0; missing values stay NaN.
    """
    Z = np.array(X, dtype=np.float64)
    for column in Z.T:
        known = column[~np.isnan(column)]
        largest = float(np.abs(known).max(initial=0.0))
        if not largest > 0 or known.min() == known.max():
            column[~np.isnan(column)] = 0.0
            continue
        column /= largest
        known = column[~np.isnan(column)]
        column -= known.mean()
        column /= known.std() or 1.0
    return Z


@dataclass(frozen=True, eq=False)
class Columns:
    """Some columns in standard units, and the products that correlations are summed from.

    Z: (n, d). products: (n, d + d (d + 1) / 2), the columns and their products, pair by pair; None where values are
    missing. They never change from step to step, so that a step costs one product of matrices.
    """

    Z: Array
    products: Array | None

    @classmethod
    def of(cls, X: Array) -> Columns:
        """Columns of X (n, d) as they are in the data; NaN where a value is missing."""
        Z = standard_columns(X)
        if np.isnan(Z).any():
            return cls(Z, None)
        j, k = np.triu_indices(Z.shape[1])
        return cls(Z, np.concatenate([Z, Z[:, j] * Z[:, k]], axis=1))

    def correlations(self, shares: Array) -> Array:
        """(1 + G, d, d) Pearson's r of each pair of columns, of all rows and in each group, rows counted by shares.

        r = c_jk / √(c_jj c_kk),  c_jk = Σ_n s_n z_nj z_nk / S − m_j m_k,  m_j = Σ_n s_n z_nj / S,  S = Σ_n s_n
        NaN if a column doesn't vary in the group, or fewer than two rows are in it. Rows of which one of the two
        is missing are left out of their pair.

        Args:
            shares: (n, G) of each group in each row.
        """
        counts = np.append(len(self.Z), np.count_nonzero(shares > _NOTHING, axis=0))
        if self.products is not None:
            totals = np.append(len(self.Z), shares.sum(axis=0))
            sums = np.concatenate([self.products.sum(axis=0)[np.newaxis], shares.T @ self.products])
            return _correlations(sums, np.where(counts > 1, totals, np.nan), self.Z.shape[1])
        d = self.Z.shape[1]
        found = np.full((1 + shares.shape[1], d, d), np.nan)
        for j, k in zip(*np.triu_indices(d), strict=True):
            kept = ~np.isnan(self.Z[:, [j, k]]).any(axis=1)
            pair = Columns.of(self.Z[kept][:, [j, k]]).correlations(shares[kept])
            found[:, j, k] = found[:, k, j] = pair[:, 0, 1 if j != k else 0]
        return found


def _correlations(sums: Array, totals: Array, d: int) -> Array:
    """(G, d, d) from the sums (G, …) of columns and products, and the sizes of the groups (G,), NaN for none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        means = sums / totals[:, np.newaxis]
    moments = np.zeros((len(sums), d, d))
    j, k = np.triu_indices(d)
    moments[:, j, k] = moments[:, k, j] = means[:, d:]
    covariances = moments - means[:, :d, np.newaxis] * means[:, np.newaxis, :d]
    variances = np.diagonal(covariances, axis1=1, axis2=2)
    least = _NOTHING * np.maximum(1.0, means[:, :d] ** 2)
    deviations = np.sqrt(np.where(variances > least, variances, np.nan))
    return np.asarray(np.clip(covariances / (deviations[:, :, np.newaxis] * deviations[:, np.newaxis]), -1.0, 1.0))
