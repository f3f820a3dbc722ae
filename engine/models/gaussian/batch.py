r"""Many parameter values of one Gaussian mixture at once: M·K log-densities of all rows are one matrix product.

Starts that race each other, and the points of a slice, differ in θ alone. The rows' features are made once (see
`gaussian_features`), M tables of coefficients are stacked, and with them the log-sum-exp, the statistics and the
M-steps. Tied covariances, which differ from start to start, take part as full ones that K components share.

What would lose digits in these shared coordinates is found, and left to the ordinary pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.em.inference import EXACT
from engine.models.gaussian.batch_params import Flags, Scales, Stack
from engine.models.gaussian.data import GaussianRows
from engine.models.gaussian.features import coefficients, features_of, moments, n_features
from engine.models.gaussian.mixture import GaussianMixture
from engine.models.gaussian.params import GaussianParams
from engine.models.gaussian.passes import FEW_COMPONENTS, MOST_CANCELLED, log_constants
from engine.models.gaussian.ridge import inverse_trace
from engine.models.gaussian.statistics import GaussianStatistics
from engine.parallel import row_chunks

_CHUNK_BYTES = 500_000  # of log-joints, which stay in the cache beside what is made of them
_LEAST_LOG = -700.0  # exp of less would be a denormal number


class Batch:
    """The rows as the stacked passes take them: features made once, or chunk by chunk where they are many."""

    def __init__(self, model: GaussianMixture, data: GaussianRows) -> None:
        self.model, self.data = model, data
        self.kind = data.covariance_type
        self.shape = "full" if self.kind == "tied" else self.kind  # of the features and coefficients
        data.whiten()

    def features(self, rows: slice) -> Array:
        """(F, m) features of some rows."""
        kept = self.data.features
        if kept is not None and self.shape == self.kind:
            return kept[:, rows]
        white = self.data.white[:, rows]
        return features_of(white, self.shape, np.empty((n_features(self.shape, len(white)), white.shape[1])))

    @cached_property
    def total_moment(self) -> Array:
        """(d, d) Σ_i w_i u_i u_iᵀ, which tied covariances share."""
        white, weight = self.data.white, self.data.sample_weight
        return np.asarray((white if weight is None else white * weight) @ white.T)

    def tables(self, stack: Stack, scales: Scales) -> tuple[Array, Flags]:
        """(M·K, F) coefficients of all log-joints, and which θ (M,) would lose digits by them."""
        M, K, d = stack.means.shape
        data, constants = self.data, log_constants(stack.weights, scales.log_deviations, d)
        centred = stack.means - data.mean
        with np.errstate(over="ignore", invalid="ignore"):
            if self.shape == "full":
                means = centred @ data.unscale.T
                inverse = np.broadcast_to(scales.inverse, (M, K, d, d))
                precisions = inverse.swapaxes(-1, -2) @ inverse
                extent = np.sqrt((scales.lower**2).sum(axis=-1) + means**2)
                terms = (np.abs(precisions) @ extent[..., None])[..., 0] * extent
            else:
                means = centred * data.unscale
                precisions = scales.inverse**2
                terms = means**2 * (precisions if self.kind == "diag" else precisions[..., None])
            cancelled = terms.sum(axis=2).max(axis=1)
            flat = precisions.reshape(M * K, *precisions.shape[2:])
            table = coefficients(constants.reshape(-1), means.reshape(M * K, d), flat, self.shape)
        return table, ~(cancelled <= MOST_CANCELLED)

    def chunks(self, M: int) -> list[slice]:
        """The rows in chunks of which the log-joints of all components stay in the cache."""
        return row_chunks(self.data.n_rows, max(64, _CHUNK_BYTES // (8 * M * self.model.n_components)))

    def posterior(self, joint: Array, rows: slice) -> tuple[Array, Array]:
        """(M, K, m) responsibilities and (M, m) ln p(x) from log-joints, which are overwritten; labels are heeded."""
        if self.data.y is not None:
            labels = self.data.y[rows]
            others = (labels >= 0) & (labels != np.arange(joint.shape[1])[:, None])
            joint[:, others] = -np.inf
        top = joint.max(axis=1)
        joint -= top[:, None]
        np.maximum(joint, _LEAST_LOG, out=joint)
        np.exp(joint, out=joint)
        total = joint.sum(axis=1)
        evidence = np.log(total)
        evidence += top
        joint /= total[:, None]
        return joint, evidence

    def log_joint(self, table: Array, form: Array) -> Array:
        """(M, K, m) coefficients @ features."""
        return (table @ form).reshape(-1, self.model.n_components, form.shape[1])

    def log_likelihoods(self, stack: Stack) -> tuple[Array, Flags]:
        """(M,) ln p(X | θ), and which of them (M,) an ordinary pass must find."""
        scales = Scales.of(stack, self.data)
        table, cancelled = self.tables(stack, scales)
        found, weight = np.zeros(len(stack)), self.data.sample_weight
        with np.errstate(over="ignore", invalid="ignore"):
            for rows in self.chunks(len(stack)):
                _, evidence = self.posterior(self.log_joint(table, self.features(rows)), rows)
                found += evidence.sum(axis=1) if weight is None else evidence @ weight[rows]
        return found, cancelled | ~scales.regular | ~np.isfinite(found)

    def expect(self, stack: Stack, scales: Scales) -> tuple[Array, GaussianStatistics, Flags]:
        """(M,) ln p(X | θ), the statistics of all M·K components, and which θ (M,) lose digits this way."""
        M, (K, d) = len(stack), stack.means.shape[1:]
        table, careful = self.tables(stack, scales)
        found, weight = np.zeros(M), self.data.sample_weight
        sums = np.zeros((M * K, n_features(self.shape, d)))
        with np.errstate(over="ignore", invalid="ignore"):
            for rows in self.chunks(M):
                form = self.features(rows)
                r, evidence = self.posterior(self.log_joint(table, form), rows)
                if weight is None:
                    found += evidence.sum(axis=1)
                else:
                    found += evidence @ weight[rows]
                    r *= weight[rows]
                sums += r.reshape(M * K, -1) @ form.T
            counts, first, second = moments(sums, self.shape, d)
            if self.kind == "tied":
                second = np.broadcast_to(self.total_moment, (M, d, d))
            statistics = GaussianStatistics(self.kind, self.data.shared, counts, first, second)
            return found, statistics, careful | ~np.isfinite(found) | self._lossy(statistics, M)

    def _lossy(self, statistics: GaussianStatistics, M: int) -> Flags:
        """(M,) where the scatter is a small difference of large sums, as `GaussianStatistics.loses_digits` has it."""
        if self.kind == "tied":
            second, scatter = statistics.second, self._tied_scatter(statistics, M)
            along = np.diagonal(second, axis1=1, axis2=2), np.diagonal(scatter, axis1=1, axis2=2)
        else:
            along = statistics.along_columns
        slack = self.data.whitened(self.model.ridge(self.data))
        lossy = along[0] / MOST_CANCELLED > np.maximum(along[1], 0.0) + slack
        return np.asarray(lossy.reshape(M, -1).any(axis=1))

    def _tied_scatter(self, statistics: GaussianStatistics, M: int) -> Array:
        """(M, d, d) Σ_i w_i u uᵀ − Σ_k N_k ū_k ū_kᵀ."""
        K = self.model.n_components
        first, centers = (part.reshape(M, K, -1) for part in (statistics.first, statistics.centers))
        return np.asarray(statistics.second - first.swapaxes(1, 2) @ centers)

    def maximize(self, statistics: GaussianStatistics, M: int) -> tuple[Stack, Flags]:
        """The M-step of all, and which θ (M,) have a component in trouble, so that a policy must handle it."""
        K, ridge = self.model.n_components, self.model.ridge(self.data)
        counts = statistics.counts.reshape(M, K)
        means = statistics.means()
        dead = ~statistics.alive.reshape(M, K).all(axis=1)
        if self.kind == "tied":
            scale = self.data.shared.scale
            total = counts.sum(axis=1)[:, None, None]
            covariances = scale @ (self._tied_scatter(statistics, M) / total) @ scale.swapaxes(-1, -2)
            covariances += np.diag(ridge) / total
            covariances = 0.5 * (covariances + covariances.swapaxes(-1, -2))
            trouble = dead
        else:
            flat = statistics.covariances(ridge)
            covariances = flat.reshape(M, K, *flat.shape[1:])
            alike = statistics.alike().reshape(M, K).any(axis=1)
            trouble = dead | alike if self.data.varies or not ridge.any() else dead
        weights = counts / counts.sum(axis=1, keepdims=True)
        return Stack(weights, means.reshape(M, K, -1), covariances), np.asarray(trouble)

    def log_priors(self, scales: Scales) -> Array:
        """(M,) −½ Σ_k Σ_j λ_j (Σ_k⁻¹)_jj, as `GaussianMixture.log_prior`."""
        ridge = self.model.ridge(self.data)
        return np.asarray(-0.5 * inverse_trace(scales.own, ridge, self.kind).sum(axis=1))


def can_batch(model: Any, data: Any) -> bool:
    """A Gaussian mixture whose features are not too many for the shared product to be worth it."""
    if not isinstance(model, GaussianMixture) or model.m_step != "joint":
        return False
    full = model.covariance_type in ("full", "tied")
    return not full or n_features("full", data.X.shape[1]) <= FEW_COMPONENTS * model.n_components


def batched_log_likelihoods(model: GaussianMixture, data: GaussianRows, thetas: Sequence[GaussianParams]) -> Array:
    """(m,) ln p(X | θ) of each θ: by stacked products where no digits are lost, else by an ordinary pass."""
    if not can_batch(model, data):
        return np.array([model.expect(theta, data, EXACT).log_likelihood for theta in thetas])
    found, careful = Batch(model, data).log_likelihoods(Stack.of(thetas))
    for m in np.flatnonzero(careful):
        found[m] = model.expect(thetas[int(m)], data, EXACT).log_likelihood
    return found
