"""The stacked pass for components far tighter than the data: each in coordinates about its own mean, no digits lost.

As `CentredPass` is to `SharedPass`, so is this to `Batch`: several times the work, for the few starts that need it.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.models.gaussian.batch import Batch
from engine.models.gaussian.batch_params import Flags, Scales, Stack
from engine.models.gaussian.data import Coordinates
from engine.models.gaussian.passes import log_constants
from engine.models.gaussian.statistics import GaussianStatistics
from engine.parallel import row_chunks

_CHUNK_BYTES = 3_000_000


class CentredBatch(Batch):
    """Full, diag and spherical covariances; tied ones, which all components share, go on by themselves."""

    def expect(self, stack: Stack, scales: Scales) -> tuple[Array, GaussianStatistics, Flags]:
        """(M,) ln p(X | θ), the moments of each component about its new mean, and which θ (M,) have no number."""
        M, K, d = stack.means.shape
        n, weight = self.data.n_rows, self.data.sample_weight
        own = scales.own.reshape(M * K, *scales.own.shape[2:])
        factor = scales.factor.reshape(M * K, *scales.factor.shape[2:])
        means = stack.means.reshape(M * K, d)
        constants = log_constants(stack.weights, scales.log_deviations, d)[:, :, None]
        chunks = row_chunks(n, max(64, _CHUNK_BYTES // (8 * M * K * d)))
        responsibilities, found = np.empty((M, K, n)), np.zeros(M)
        counts, first = np.zeros(M * K), np.zeros((M * K, d))
        with np.errstate(over="ignore", invalid="ignore"):
            for rows in chunks:
                u = self._standard(own, means, rows)
                joint = constants - 0.5 * np.einsum("kdm,kdm->km", u, u).reshape(M, K, -1)
                r, evidence = self.posterior(joint, rows)
                if weight is None:
                    found += evidence.sum(axis=1)
                else:
                    found += evidence @ weight[rows]
                    r *= weight[rows]
                responsibilities[:, :, rows] = r
                flat = r.reshape(M * K, -1)
                counts += flat.sum(axis=1)
                first += (u @ flat[:, :, None])[:, :, 0]
            before = GaussianStatistics(self.kind, Coordinates(means, factor), counts, first, np.zeros(own.shape))
            about = Coordinates(before.means(), factor)
            first, second = np.zeros((M * K, d)), np.zeros((M * K, d, d) if self.kind == "full" else (M * K, d))
            for rows in chunks:
                u = self._standard(own, about.origin, rows)
                weighted = u * responsibilities[:, :, rows].reshape(M * K, 1, -1)
                first += weighted.sum(axis=2)
                if self.kind == "full":
                    second += weighted @ u.swapaxes(1, 2)
                else:
                    second += np.einsum("kdm,kdm->kd", weighted, u)
        if self.kind == "spherical":
            second = second.sum(axis=1)
        return found, GaussianStatistics(self.kind, about, counts, first, second), ~np.isfinite(found)

    def _standard(self, own: Array, origins: Array, rows: slice) -> Array:
        """(M·K, d, m) L⁻¹ (x − origin)."""
        difference = self.data.X[rows].T - origins[:, :, None]
        if own.ndim == 3:
            return np.asarray(own @ difference)
        return np.asarray(difference * (own[:, None, None] if own.ndim == 1 else own[:, :, None]))
