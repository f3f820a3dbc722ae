"""A pass over the rows of a Gaussian mixture: log-joints and statistics, chunk by chunk, two ways.

`SharedPass` takes features of rows that were whitened once: two matrix products do the work for all components.
`CentredPass` standardises the rows about each component by itself: slower, and exact to the last digits where
components are far tighter than the data. `pass_for` chooses.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Array, Rows
from engine.models.gaussian.data import Coordinates, GaussianRows
from engine.models.gaussian.features import coefficients, features_of, moments, n_features
from engine.models.gaussian.params import GaussianParams, factors, inverse_factors
from engine.models.gaussian.statistics import LOG_2PI, GaussianStatistics
from engine.models.workspace import Workspace

MOST_CANCELLED = 1e5  # terms this much larger than their sum cost five of sixteen digits
_CHUNK_BYTES = 3_000_000
_IMPOSSIBLE = -1e306  # a log-density that stays a number when a few are added
FEW_COMPONENTS = 35  # features for each component, above which it is faster to standardise the rows about each


class SharedPass:
    """All components in the shared coordinates of the data; see `gaussian_features`."""

    def __init__(self, params: GaussianParams, data: GaussianRows) -> None:
        self.data, self.kind = data, data.covariance_type
        self.k, self.d = params.means.shape
        factor, unscale = factors(params, self.kind), data.unscale
        constants = _log_constants(params, factor, self.kind)
        centred = params.means - data.mean
        # An explicit start may lie anywhere: what overflows here is far beyond MOST_CANCELLED, and is not used.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            if self.kind in ("full", "tied"):
                means = centred @ unscale.T
                lower = unscale @ (factor if factor.ndim == 3 else factor[None])
                self.inverse = np.linalg.inv(lower)
                precisions = self.inverse.swapaxes(1, 2) @ self.inverse
                extent = np.sqrt((lower**2).sum(axis=2) + means**2)
                terms = (np.abs(precisions) @ extent[:, :, None])[:, :, 0] * extent
            else:
                means = centred * unscale
                precisions = 1.0 / (factor * unscale) ** 2
                terms = means**2 * (precisions if self.kind == "diag" else precisions[:, None])
            # How large the terms of the quadratic form are for a row of the component itself: their sum is about d.
            self.cancelled = float(terms.sum(axis=1).max())
            self.table = coefficients(constants, means, precisions, self.kind)
        self.rows_per_chunk = _rows_per_chunk(self.table.shape[1] + 2 * self.k)

    def look(self, rows: Rows, work: Workspace) -> Array:
        """(F, m) features of the rows."""
        kept = self.data.features
        if kept is not None:
            return np.ascontiguousarray(kept[:, rows])
        white = self.data.white[:, rows]
        out = work.array("features", n_features(self.kind, self.d), white.shape[1])
        return features_of(white, self.kind, out)

    def log_joint(self, form: Array, work: Workspace) -> Array:
        """(K, m) coefficients @ features, and for tied the quadratic term that the components share."""
        out = work.array("log_joint", self.k, form.shape[1])
        np.matmul(self.table, form, out=out)
        if self.kind == "tied":
            standard = self.inverse[0] @ form[: self.d]
            out -= 0.5 * np.einsum("im,im->m", standard, standard)
        return out

    def statistics(self, form: Array, rows: slice, responsibilities: Array, work: Workspace) -> GaussianStatistics:
        """responsibilities @ featuresᵀ."""
        # np.dot, because matmul keeps the interpreter's lock where the product is as small as this one.
        counts, first, second = moments(np.dot(responsibilities, form.T), self.kind, self.d)
        if self.kind == "tied":  # Σ_k r_ik = 1: each row counts wholly, whatever the responsibilities are
            white = form[: self.d]
            weight = self.data.sample_weight
            second = np.dot(white if weight is None else white * weight[rows], white.T)
        return GaussianStatistics(self.kind, self.data.shared, counts, first, second)


class CentredPass:
    """Each component in coordinates of its own, u = L_k⁻¹ (x − origin_k), about its mean unless told otherwise."""

    def __init__(self, params: GaussianParams, data: GaussianRows, origins: Array | None = None) -> None:
        self.data, self.kind = data, data.covariance_type
        self.means, self.origins = params.means, origins
        self.k, self.d = params.means.shape
        factor, inverse = factors(params, self.kind), inverse_factors(params, self.kind)
        self.constants = _log_constants(params, factor, self.kind)
        own, self.inverses = (factor[None], inverse[None]) if self.kind == "tied" else (factor, inverse)
        self.coordinates = Coordinates(params.means if origins is None else origins, own)
        self.rows_per_chunk = _rows_per_chunk((self.k + 2) * self.d + 2 * self.k)

    def look(self, rows: Rows, work: Workspace) -> Array:
        """(K, d, m) the rows standardised about each component, feature by feature."""
        columns = self._columns(rows, work)
        form = work.array("standard", self.k, *columns.shape)
        for k, mean in enumerate(self.means):
            self._standardise(columns, mean, k, form[k], work)
        return form

    def _columns(self, rows: Rows, work: Workspace) -> Array:
        """(d, m) the rows in the user's units, feature by feature."""
        chosen = self.data.X[rows].T
        columns = work.array("columns", *chosen.shape)
        columns[:] = chosen
        return columns

    def _standardise(self, columns: Array, origin: Array, k: int, out: Array, work: Workspace) -> None:
        """u = L_k⁻¹ (x − origin)."""
        inverse = self.inverses[k if len(self.inverses) > 1 else 0]
        with np.errstate(over="ignore", invalid="ignore"):
            if inverse.ndim == 2:
                difference = np.subtract(columns, origin[:, None], out=work.array("difference", *columns.shape))
                np.matmul(inverse, difference, out=out)
            else:
                np.subtract(columns, origin[:, None], out=out)
                out *= inverse if inverse.ndim == 0 else inverse[:, None]

    def log_joint(self, form: Array, work: Workspace) -> Array:
        """(K, m) ln weights_k − ½ (d ln 2π + ln |Σ_k| + ‖u‖²)."""
        out = work.array("log_joint", self.k, form.shape[2])
        with np.errstate(over="ignore", invalid="ignore"):
            np.einsum("kdm,kdm->km", form, form, out=out)
        out *= -0.5
        out += self.constants[:, None]
        return np.fmax(out, _IMPOSSIBLE, out=out)

    def statistics(self, form: Array, rows: slice, responsibilities: Array, work: Workspace) -> GaussianStatistics:
        """The moments of the rows in each component's own coordinates."""
        counts, first, second = responsibilities.sum(axis=1), np.empty((self.k, self.d)), []
        columns = None if self.origins is None else self._columns(rows, work)
        for k, r in enumerate(responsibilities):
            u = form[k]
            if columns is not None and self.origins is not None:
                u = work.array("recentred", self.d, len(r))
                self._standardise(columns, self.origins[k], k, u, work)
            first[k] = np.dot(u, r)
            weighted = np.multiply(u, r, out=work.array("difference", self.d, len(r)))
            if self.kind in ("full", "tied"):
                second.append(np.dot(weighted, u.T))
            else:
                second.append(np.einsum("dm,dm->d", weighted, u))
        moment = np.array(second)
        if self.kind == "tied":
            moment = moment.sum(axis=0)
        elif self.kind == "spherical":
            moment = moment.sum(axis=1)
        return GaussianStatistics(self.kind, self.coordinates, counts, first, moment)


Pass = SharedPass | CentredPass
"""What the E-step takes of a chunk of rows: it looks at them, and gives their log-joints and statistics."""


def pass_for(params: GaussianParams, data: GaussianRows) -> Pass:
    """Choose the faster pass, unless its terms would cancel."""
    k, d = params.means.shape
    if data.covariance_type == "full" and n_features("full", d) > FEW_COMPONENTS * k:
        return CentredPass(params, data)
    shared = SharedPass(params, data)
    if not shared.cancelled <= MOST_CANCELLED:  # nor where it is not a number
        return CentredPass(params, data)
    data.whiten()
    return shared


def _log_constants(params: GaussianParams, factor: Array, kind: str) -> Array:
    """(K,) the same from the factors."""
    d = params.means.shape[1]
    if kind in ("full", "tied"):
        log_deviations = np.log(np.diagonal(factor, axis1=-2, axis2=-1)).sum(axis=-1)
    else:
        log_deviations = np.log(factor).sum(axis=1) if kind == "diag" else d * np.log(factor)
    return log_constants(params.weights, log_deviations, d)


def log_constants(weights: Array, log_deviations: Array, d: int) -> Array:
    """ln weights_k − ½ (d ln 2π + ln |Σ_k|) in the shape of the weights; one of 0 counts as impossible, not as −∞."""
    log_weights = np.full(weights.shape, _IMPOSSIBLE)
    np.log(weights, out=log_weights, where=weights > 0)
    return np.asarray(log_weights - 0.5 * d * LOG_2PI - log_deviations)


def _rows_per_chunk(numbers_per_row: int) -> int:
    """Rows of which the working arrays stay in the cache; a multiple of 8, and of the sizes alone."""
    return max(1200, _CHUNK_BYTES // (8 * numbers_per_row) // 8 * 8)
