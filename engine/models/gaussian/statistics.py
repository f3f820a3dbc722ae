r"""The expected sufficient statistics of a Gaussian mixture, and what follows from them without a pass over the rows.

N_k = Σ_i w_i r_ik,    Σ_i w_i r_ik u_i,    Σ_i w_i r_ik u_i u_iᵀ        in coordinates x = origin + scale · u
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array
from engine.em.statistics import Statistics
from engine.errors import EngineError
from engine.models.gaussian.data import Coordinates, resolution_at
from engine.models.gaussian.params import GaussianParams, inverse_factors
from engine.models.probabilities import NO_SHARE, dot_log

LOG_2PI = float(np.log(2.0 * np.pi))

_ZERO = 1e-14  # a difference of sums that is this small beside them is 0


@dataclass(frozen=True, eq=False)
class GaussianStatistics(Statistics):
    """Additive over rows; those in other coordinates are expressed in one's own first.

    Attributes:
        covariance_type: full, tied, diag or spherical.
        coordinates: in which the moments are taken.
        counts: (K,) N_k.
        first: (K, d) Σ_i w_i r_ik u_i.
        second: Σ_i w_i r_ik u_i u_iᵀ: (K, d, d) full, (d, d) summed over k for tied, (K, d) its diagonal for diag,
            (K,) its trace for spherical.
    """

    covariance_type: str
    coordinates: Coordinates
    counts: Array
    first: Array
    second: Array

    def __add__(self, other: GaussianStatistics) -> GaussianStatistics:
        """The statistics of both sets of rows; those in unlike coordinates about the mean of each component's rows.

        There no digits are lost, however far apart both lie. Raises EngineError for unlike numbers or shapes.
        """
        if (self.covariance_type, self.first.shape) != (other.covariance_type, other.first.shape):
            raise EngineError("moments of Gaussians of another number or shape do not add up: gather them at one θ.")
        counts = self.counts + other.counts
        if not self.coordinates.same_as(other.coordinates):
            share = (self.counts / np.where(counts > 0, counts, 1.0))[:, None]
            means = share * self.means() + (1.0 - share) * other.means()
            about = Coordinates(means, self.coordinates.scale)
            self, other = self.within(about), other.within(about)
        first, second = self.first + other.first, self.second + other.second
        return GaussianStatistics(self.covariance_type, self.coordinates, counts, first, second)

    def as_in(self, other: GaussianStatistics) -> GaussianStatistics:
        """The same statistics in the coordinates of others."""
        return self.within(other.coordinates)

    def within(self, coordinates: Coordinates) -> GaussianStatistics:
        """The same moments in other coordinates.

        With u' = b + T u, the first are f' = T f + N b, and the second T S Tᵀ + b (T f)ᵀ + T f bᵀ + N b bᵀ.
        """
        if coordinates.same_as(self.coordinates):
            return self
        b, T = coordinates.of(self.coordinates)
        kind, counts = self.covariance_type, self.counts[:, None]
        if kind in ("full", "tied"):
            moved = (T @ self.first[:, :, None])[:, :, 0]
            cross = b[:, :, None] * (moved + 0.5 * counts * b)[:, None, :]
            added = cross + cross.swapaxes(1, 2)
            second = T @ self.second @ T.swapaxes(-1, -2)
            second = second[0] + added.sum(axis=0) if kind == "tied" else second + added
        elif kind == "diag":
            moved = T * self.first
            second = T**2 * self.second + b * (2.0 * moved + counts * b)
        else:
            moved = T[:, None] * self.first
            second = T**2 * self.second + (b * (2.0 * moved + counts * b)).sum(axis=1)
        return GaussianStatistics(kind, coordinates, self.counts, moved + counts * b, second)

    @cached_property
    def alive(self) -> NDArray[np.bool_]:
        """(K,) which components hold a share of the rows that can be told from none."""
        return np.asarray(self.counts > NO_SHARE * self.counts.sum())

    @cached_property
    def _divisors(self) -> Array:
        """(K,) N_k, but 1 for a component that has died."""
        return np.where(self.alive, self.counts, 1.0)

    @cached_property
    def centers(self) -> Array:
        """(K, d) ū_k, the weighted mean of u in each component."""
        return self.first / self._divisors[:, None]

    @cached_property
    def scatter(self) -> Array:
        """Σ_i w_i r_ik (u_i − ū_k)(u_i − ū_k)ᵀ = second − N_k ū_k ū_kᵀ, in the shape of `second`."""
        first, centers = self.first, self.centers
        if self.covariance_type == "full":
            return self.second - first[:, :, None] * centers[:, None, :]
        if self.covariance_type == "tied":
            return self.second - first.T @ centers
        squares = first * centers
        return self.second - (squares if self.covariance_type == "diag" else squares.sum(axis=1))

    def loses_digits(self, slack: Array | float, most: float) -> bool:
        """Whether `scatter` is a small difference of large numbers: second > most · (scatter + slack) somewhere."""
        second, scatter = self.along_columns
        return bool((second / most > np.maximum(scatter, 0.0) + slack).any())

    def alike(self) -> NDArray[np.bool_]:
        """(K,) which components have rows that are all alike, as far as the numbers where they lie can tell."""
        if self.covariance_type == "tied":
            return np.zeros(len(self.counts), dtype=bool)
        second, scatter = self.along_columns
        counts, scale, resolution = self._divisors, self.coordinates.scale, resolution_at(self.means())
        if self.covariance_type == "spherical":
            least = np.maximum(second * scale**2 * _ZERO, counts * (resolution**2).sum(axis=1))
            return np.asarray(scatter * scale**2 <= least)
        least = np.maximum(second * _ZERO, counts[:, None] * (resolution / self.coordinates.reach) ** 2)
        return np.asarray((scatter <= least).all(axis=1))

    @cached_property
    def along_columns(self) -> tuple[Array, Array]:
        """The diagonals of `second` and `scatter`."""
        if self.covariance_type in ("full", "tied"):
            return np.diagonal(self.second, axis1=-2, axis2=-1), np.diagonal(self.scatter, axis1=-2, axis2=-1)
        return self.second, self.scatter

    def means(self) -> Array:
        """(K, d) the weighted mean of each component, in the user's units."""
        return self.coordinates.points(self.centers)

    def covariances(self, ridge: Array) -> Array:
        """The covariances that maximise Q + log p(Σ), with λ = `ridge` (d,), in the user's units and the type's shape.

        Σ_k = (S_k + Λ) / N_k for full, diag and spherical; Σ = (Σ_k S_k + Λ) / n for tied; Λ = diag(λ).
        """
        scale, scatter, d = self.coordinates.scale, self.scatter, self.first.shape[1]
        counts = self._divisors
        if self.covariance_type == "spherical":
            return np.asarray((scatter * scale**2 / d + ridge.mean()) / counts)
        if self.covariance_type == "diag":
            return (scatter * scale**2 + ridge) / counts[:, None]
        tied = self.covariance_type == "tied"
        total: Array = counts[:, None, None] if not tied else np.array(self.counts.sum())
        spread = scale @ (scatter / total) @ scale.swapaxes(-1, -2)
        if tied:
            spread = spread[0]
        index = np.arange(d)
        spread[..., index, index] += ridge / (total if tied else counts[:, None])
        return 0.5 * (spread + spread.swapaxes(-1, -2))

    def added_about(self, means: Array) -> Array:
        """What the covariances gain when the scatter is taken about `means` (K, d) instead: x̄_k's distance squared.

        (x̄_k − μ_k)(x̄_k − μ_k)ᵀ for each component, of which the types keep what they have a place for.
        """
        apart = (self.coordinates.origin - means) + self.coordinates.stretched(self.centers)  # as `means` are rounded
        if self.covariance_type == "full":
            return apart[:, :, None] * apart[:, None, :]
        if self.covariance_type == "tied":
            return np.asarray((apart.T * (self.counts / self.counts.sum())) @ apart)
        squares = apart**2
        return squares if self.covariance_type == "diag" else np.asarray(squares.mean(axis=1))

    def q_by_component(self, params: GaussianParams) -> Array:
        """(K,) each component's part of Q(θ; q) without the mixing weights: E_q[Σ_i w_i z_ik ln N(x_i | μ_k, Σ_k)].

        −½ [N_k (d ln 2π + ln |Σ_k|) + tr Σ_k⁻¹ S_k + N_k ‖L_k⁻¹ (x̄_k − μ_k)‖²]; for tied, tr Σ⁻¹ S is shared by N_k.
        """
        d, kind = params.means.shape[1], self.covariance_type
        # Rows 1e150 deviations away have no finite density: their Q is −∞, as their likelihood is.
        with np.errstate(over="ignore", invalid="ignore"):
            inverse, scale, scatter = inverse_factors(params, kind), self.coordinates.scale, self.scatter
            shift = (self.coordinates.origin - params.means) + self.coordinates.stretched(self.centers)
            if kind in ("full", "tied"):
                inverse = inverse if kind == "full" else inverse[None]
                shift = (inverse @ shift[:, :, None])[:, :, 0]
                log_determinant = -2.0 * np.log(np.diagonal(inverse, axis1=1, axis2=2)).sum(axis=1)
                relative = inverse @ scale
                trace = ((relative @ scatter) * relative).sum(axis=(1, 2))
                if kind == "tied":
                    trace = trace * self.counts / self.counts.sum()
            elif kind == "diag":
                shift = shift * inverse
                log_determinant = -2.0 * np.log(inverse).sum(axis=1)
                trace = (scatter * (scale * inverse) ** 2).sum(axis=1)
            else:
                shift = shift * inverse[:, None]
                log_determinant = -2.0 * d * np.log(inverse)
                trace = scatter * (scale * inverse) ** 2
            return np.asarray(-0.5 * (self.counts * (d * LOG_2PI + log_determinant + (shift**2).sum(axis=1)) + trace))

    def q_of_weights(self, weights: Array) -> float:
        """Σ_k N_k ln weights_k, with 0 · ln 0 = 0."""
        used = (weights > 0) | (self.counts > NO_SHARE * self.counts.sum())  # what underflow left is no share
        return dot_log(self.counts[used], weights[used])
