"""Many parameter values of one Gaussian mixture as arrays with a leading axis, and what standardises each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, IntArray
from engine.models.gaussian.data import SINGULAR, GaussianRows, resolution_at
from engine.models.gaussian.params import GaussianParams
from engine.models.triangular import inverse_lower

Flags = NDArray[np.bool_]


class SideBySide:
    """M values, each array with an axis of them in front, or empty."""

    def take(self, chosen: IntArray | Flags) -> Self:
        """Only the chosen values."""
        return type(self)(*(part[chosen] if part.size else part for part in self._arrays()))

    def __add__(self, other: Self) -> Self:
        """Both stacks, one after the other."""
        return type(self)(*(np.concatenate(pair) for pair in zip(self._arrays(), other._arrays(), strict=True)))

    def _arrays(self) -> list[Any]:
        owner: Any = type(self)
        return [getattr(self, part.name) for part in fields(owner)]


@dataclass(frozen=True, eq=False)
class Stack(SideBySide):
    """M parameter values side by side: weights (M, K), means (M, K, d), and covariances by their type.

    These are (M, K, d, d) full; (M, d, d) tied; (M, K, d) diag; (M, K) spherical.
    """

    weights: Array
    means: Array
    covariances: Array

    @classmethod
    def of(cls, thetas: Sequence[GaussianParams]) -> Stack:
        """A stack of these parameter values."""
        return cls(
            np.stack([theta.weights for theta in thetas]),
            np.stack([theta.means for theta in thetas]),
            np.stack([theta.covariances for theta in thetas]),
        )

    def __len__(self) -> int:
        return len(self.weights)

    def __getitem__(self, m: int) -> GaussianParams:
        return GaussianParams(self.weights[m], self.means[m], self.covariances[m])


@dataclass(frozen=True, eq=False)
class Scales(SideBySide):
    """What standardises each component of a stack, in the shared coordinates of the rows.

    Attributes:
        inverse: (M, K, d, d) full or (M, 1, d, d) tied: L⁻¹; (M, K, d) diag, (M, K) spherical: 1 over the deviations.
        lower: (M, K or 1, d, d) L itself, in the same coordinates; empty for diag and spherical.
        own: what standardises in the user's units, in the shape of `inverse`; factor: its inverse.
        log_deviations: (M, K) or (M, 1): ½ ln |Σ| in the user's units.
        regular: (M,) every covariance has a factor, and not one that rounding decided.
    """

    inverse: Array
    lower: Array
    own: Array
    factor: Array
    log_deviations: Array
    regular: Flags

    @classmethod
    def of(cls, stack: Stack, data: GaussianRows) -> Scales:
        """Of every value in the stack; of those without a factor the numbers mean nothing."""
        kind, d = data.covariance_type, stack.means.shape[2]
        covariances = stack.covariances
        if kind in ("full", "tied"):
            matrices = covariances if kind == "full" else covariances[:, None]
            factor, has_factor = _cholesky(matrices)
            conditional = np.diagonal(factor, axis1=-2, axis2=-1)
            own = np.diagonal(matrices, axis1=-2, axis2=-1)
            resolution = resolution_at(stack.means)
            if kind == "tied":
                resolution = resolution.min(axis=1, keepdims=True)
            sound = (conditional**2 > np.maximum(SINGULAR * own, resolution**2)).all(axis=(1, 2))
            own_inverse = inverse_lower(factor)
            log_deviations = np.log(conditional).sum(axis=-1)
            inverse, lower = own_inverse @ data.shared.scale[0], data.unscale @ factor
            return cls(inverse, lower, own_inverse, factor, log_deviations, np.asarray(has_factor & sound))
        least = resolution_at(stack.means) ** 2
        if kind == "spherical":
            least = least.mean(axis=2)
        sound = (covariances > least).reshape(len(stack), -1).all(axis=1)
        deviations = np.sqrt(np.where(covariances > 0, covariances, 1.0))
        log_deviations = np.log(deviations).sum(axis=2) if kind == "diag" else d * np.log(deviations)
        own, inverse = 1.0 / deviations, 1.0 / (deviations * data.unscale)
        return cls(inverse, np.empty(0), own, deviations, log_deviations, np.asarray(sound))


def _cholesky(matrices: Array) -> tuple[Array, Flags]:
    """(M, K, d, d) lower factors, I where there is none, and which values (M,) have all of theirs."""
    good = np.ones(len(matrices), dtype=bool)
    try:
        return np.asarray(np.linalg.cholesky(matrices)), good
    except np.linalg.LinAlgError:
        factor = np.broadcast_to(np.eye(matrices.shape[-1]), matrices.shape).copy()
        for m, one in enumerate(matrices):
            try:
                factor[m] = np.linalg.cholesky(one)
            except np.linalg.LinAlgError:
                good[m] = False
        return factor, good
