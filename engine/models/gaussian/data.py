r"""The rows of a Gaussian mixture, with coordinates in which passes over them lose no digits.

    x = origin + scale · u

For all components alike ("shared"), the origin is the data's mean and u is white: overall covariance I. For components
far tighter than the data, each has coordinates of its own, about its own mean (see `gaussian_passes`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.arrays import Array
from engine.em.observations import Observations
from engine.errors import DataError
from engine.models.gaussian.features import features_of, n_features
from engine.models.mixture import checked_labels, checked_table, checked_weights
from engine.models.triangular import inverse_lower, solve_lower
from engine.models.workspace import Workspaces
from engine.parallel import row_chunks

FLOOR = 1e-6  # a collapsed covariance is widened by this share of the data's variance
SINGULAR = 1e-11  # a column's variance given the columns before it, as a share of its own: below, rounding decides it
_EPS = float(np.finfo(np.float64).eps)
_COARSE = 2.0 * _EPS  # of a number's size: rows that differ by less have hardly a digit of their own
_LARGEST, _SMALLEST = 1e152, 1e-151  # of which the squares, and millionths of them, are still normal numbers
_LEAST_DEVIATION = 1e-153  # of which the square has all of its digits
_QUARTILES = 1.3489795003921634  # their distance in a normal distribution of deviation 1
_TAMED = 100.0  # a variance that is more than so many times what the quartiles say comes of a few numbers far out
_ROWS_AT_ONCE = 16_384
_KEPT_BYTES = 500_000
_WHITENABLE = 1e-4  # a smaller conditional deviation of a column would blow rounding errors up: scale the columns only


@dataclass(frozen=True, eq=False)
class Coordinates:
    """x = origin + scale · u, the same for all components (leading axis 1) or one for each (leading axis K).

    Attributes:
        origin: (1 or K, d) in the user's units.
        scale: (1 or K, d, d) lower triangular for full and tied; (1 or K, d) for diag; (1 or K,) for spherical.
    """

    origin: Array
    scale: Array

    @cached_property
    def reach(self) -> Array:
        """(1 or K, d) how far each column reaches in the user's units where u is within the unit sphere."""
        if self.scale.ndim == 3:
            return np.asarray(np.sqrt((self.scale**2).sum(axis=2)))
        return self.scale if self.scale.ndim == 2 else self.scale[:, None] * np.ones(self.origin.shape[1])

    def stretched(self, u: Array) -> Array:
        """(K, d) scale · u for one u (K, d) of each component: a difference of points, in the user's units."""
        if self.scale.ndim == 3:
            return (self.scale @ u[:, :, None])[:, :, 0]
        return self.scale * u if self.scale.ndim == 2 else self.scale[:, None] * u

    def points(self, u: Array) -> Array:
        """(K, d) the points in the user's units."""
        return self.origin + self.stretched(u)

    def same_as(self, other: Coordinates) -> bool:
        """Whether both are the same to the last bit."""
        return self is other or (np.array_equal(self.origin, other.origin) and np.array_equal(self.scale, other.scale))

    def of(self, other: Coordinates) -> tuple[Array, Array]:
        """b (1 or K, d) and T, in the form of `scale`, of the map u = b + T u' from the coordinates of the other."""
        apart = other.origin - self.origin
        if self.scale is other.scale and self.scale.ndim == 3:
            return solve_lower(self.scale, apart[:, :, None])[:, :, 0], np.eye(apart.shape[1])[None]
        if self.scale.ndim == 3:
            return solve_lower(self.scale, apart[:, :, None])[:, :, 0], solve_lower(self.scale, other.scale)
        scale = self.scale if self.scale.ndim == 2 else self.scale[:, None]
        return apart / scale, other.scale / self.scale


@dataclass(frozen=True, eq=False)
class GaussianRows(Observations):
    """Rows (n, d) in the user's units, and what is known of their extent.

    Attributes:
        covariance_type: of the model that took them in.
        mean: (d,) weighted mean.
        covariance: (d, d) weighted covariance about it, in the user's units.
        floor: (d,) the variance that is added to a covariance that has collapsed.
    """

    covariance_type: str = "full"
    mean: Array = None  # type: ignore[assignment]  # always given; fields of the base have defaults
    covariance: Array = None  # type: ignore[assignment]
    floor: Array = None  # type: ignore[assignment]

    @cached_property
    def workspaces(self) -> Workspaces:
        """Working memory that the passes over these rows reuse."""
        return Workspaces()

    @cached_property
    def varies(self) -> bool:
        """Whether at least one column is not constant."""
        return bool(np.any(np.sqrt(self.covariance.diagonal()) > noise_at(self.mean)))

    @cached_property
    def _deviations(self) -> Array:
        """(d,) standard deviation of each column; 1 where it is constant."""
        deviations = np.sqrt(self.covariance.diagonal())
        return np.where(deviations > noise_at(self.mean), deviations, 1.0)

    @cached_property
    def shared(self) -> Coordinates:
        """For all components: white (full, tied), with columns of variance 1 (diag), of mean variance 1 (spherical)."""
        deviations = self._deviations
        if self.covariance_type == "spherical":
            size = float(deviations.max())
            scale = np.array([size * np.sqrt(np.mean((deviations / size) ** 2))])
        elif self.covariance_type == "diag":
            scale = deviations[None]
        else:
            scale = (deviations[:, None] * self._correlation_factor)[None]
        return Coordinates(self.mean[None], scale)

    @cached_property
    def _correlation_factor(self) -> Array:
        """(d, d) the Cholesky factor of the columns' correlations; I where they are (nearly) dependent."""
        identity = np.eye(len(self.mean))
        correlation = self.covariance / self._deviations[:, None] / self._deviations
        np.fill_diagonal(correlation, 1.0)
        try:
            factor = np.linalg.cholesky(correlation)
        except np.linalg.LinAlgError:
            return identity
        return np.asarray(factor) if factor.diagonal().min() > _WHITENABLE else identity

    @cached_property
    def inverse_deviations(self) -> Array:
        """(d,) 1 over the standard deviation of each column; 1 where it is constant."""
        return 1.0 / self._deviations

    @cached_property
    def variances(self) -> Array:
        """(d,) the variance of each column; of a constant one, which has none, what stands for it.

        That is the square of its number, so that no other column's unit moves it. Of a column of zeros, which has no
        unit of its own, and where one variance serves all columns (spherical), it is the mean of the others.
        """
        variance, noise = self.covariance.diagonal(), noise_at(self.mean)
        constant, zero = ~(np.sqrt(variance) > noise), ~(np.abs(self.mean) > noise)
        if constant.all():
            return np.where(zero, 1.0, self.mean) ** 2
        others = (variance[~constant] / np.count_nonzero(~constant)).sum()
        if self.covariance_type == "spherical":
            return np.where(constant, others, variance)
        return np.where(constant, np.where(zero, others, self.mean**2), variance)

    @cached_property
    def ridge_unit(self) -> Array:
        """(d,) what a relative ridge is a share of: the variance of each column.

        A few numbers far out don't decide it: it is at most `_TAMED` times what the quartiles say of a normal column.
        """
        quartiles = _quartile_range(self.X, self.sample_weight) / _QUARTILES
        tame = np.minimum(self.variances, _TAMED * quartiles**2)
        return np.where(quartiles > noise_at(self.mean), tame, self.variances)

    def whitened(self, ridge: Array) -> Array | float:
        """What the ridge (d,), in the user's squared units, adds to the diagonal of moments in shared coordinates."""
        if not ridge.any():
            return 0.0
        with np.errstate(over="ignore"):  # ∞ beside data of an extent of 1e-150
            squares = self.unscale**2
            if self.covariance_type in ("full", "tied"):
                return np.asarray(squares @ ridge)
            return np.asarray(squares * (ridge.sum() if self.covariance_type == "spherical" else ridge))

    @cached_property
    def unscale(self) -> Array:
        """The inverse of `shared.scale`: (d, d), (d,) or () for full and tied, diag, spherical."""
        if self.covariance_type in ("full", "tied"):
            return inverse_lower(self._correlation_factor) / self._deviations
        return np.asarray(1.0 / self.shared.scale[0])

    @cached_property
    def white(self) -> Array:
        """(d, n) the rows in the shared coordinates, feature by feature."""
        n, d = self.X.shape
        white = np.empty((d, n))
        for rows in row_chunks(n, _ROWS_AT_ONCE):
            centred = self.X[rows] - self.mean
            if self.unscale.ndim == 2:
                np.matmul(self.unscale, centred.T, out=white[:, rows])
            else:
                np.multiply(centred, self.unscale, out=centred)
                white[:, rows] = centred.T
        return white

    def whiten(self) -> None:
        """Make `white` and `features` now, before several threads ask for them at the same time."""
        _ = self.white, self.features

    @cached_property
    def features(self) -> Array | None:
        """(F, n) `features_of` all rows, kept where they are few; None where they are made chunk by chunk."""
        n, d = self.X.shape
        if 8 * n * n_features(self.covariance_type, d) > _KEPT_BYTES:
            return None
        return features_of(self.white, self.covariance_type, np.empty((n_features(self.covariance_type, d), n)))


def gaussian_rows(X: object, y: object, sample_weight: object, covariance_type: str, n_components: int) -> GaussianRows:
    """Check the rows and measure their extent.

    Raises DataError for no table of finite numbers, a size that can't be squared, labels or weights that don't fit.
    """
    table = checked_table(X)
    n = len(table)
    labels, weights = checked_labels(y, n, n_components), checked_weights(sample_weight, n)
    largest = np.maximum(table.max(axis=0), -table.min(axis=0))
    if largest.max() > _LARGEST:
        column = int(largest.argmax())
        raise DataError(
            f"column {column + 1} has numbers as large as {largest[column]:z.3g}, whose squares can't be computed "
            f"with: divide that column by a suitable number so that it stays below {_LARGEST:zg}."
        )
    mean, deviations, covariance = _moments(table, weights, largest)
    constant = deviations <= noise_at(mean)
    extent = np.where(constant, largest, deviations)
    tiny = (largest > 0) & (extent < _SMALLEST)
    if tiny.any():
        column = int(np.flatnonzero(tiny)[0])
        raise DataError(
            f"column {column + 1} has an extent of only {extent[column]:z.3g}, whose square can't be computed with: "
            f"multiply that column by a suitable number so that it is more than {_SMALLEST:zg}."
        )
    extent[largest == 0] = 1.0
    floor = np.maximum(FLOOR * extent**2, 4.0 * resolution_at(largest) ** 2)
    return GaussianRows(table, labels, weights, covariance_type, mean, covariance, floor)


def new_gaussian_rows(X: object, covariance_type: str, n_columns: int) -> GaussianRows:
    """Rows to predict for: whatever their extent, since nothing is measured by it. Raises DataError for other columns.

    Numbers beyond those whose squares can be computed with count as the largest of these.
    """
    table = checked_table(X)
    if table.shape[1] != n_columns:
        raise DataError(f"the new rows have {table.shape[1]} columns: give the {n_columns} that the means have.")
    largest = np.maximum(table.max(axis=0), -table.min(axis=0))
    if largest.max() > _LARGEST:
        table, largest = np.clip(table, -_LARGEST, _LARGEST), np.minimum(largest, _LARGEST)
    mean, _, covariance = _moments(table, None, largest)
    return GaussianRows(table, None, None, covariance_type, mean, covariance, np.ones(n_columns))


def resolution_at(places: Array) -> Array:
    """The deviation below which numbers about these places (…, d) can't tell the extent of a component any more.

    It is judged where the component lies: beside a row at 1e12 those about 0 keep all of their digits, and milliseconds
    since 1970 (1.7e12) have steps of .0002.
    """
    return np.maximum(_COARSE * np.abs(places), _LEAST_DEVIATION)


def noise_at(places: Array) -> Array:
    """The deviation that rounding alone gives to equal numbers about these places."""
    return np.maximum(_EPS * np.abs(places), _LEAST_DEVIATION / 1e3)


def pooled_covariance(data: GaussianRows, ridge: Array) -> Array:
    """The covariance of all rows, by the type: (d, d) full and tied, (d,) diag, () spherical; positive definite.

    It is that of a single component, with the ridge (d,), and the floor of a collapsed covariance where that doesn't
    suffice.
    """
    added, resolution = ridge / data.total_weight, resolution_at(data.mean)
    variance = data.covariance.diagonal()
    if data.covariance_type == "spherical":
        return np.array(variance.mean() + added.mean() or data.floor.mean())
    if data.covariance_type == "diag":
        diagonal = variance + added
        return np.where(diagonal > resolution**2, diagonal, diagonal + data.floor)
    pooled = data.covariance + np.diag(added)
    try:
        conditional = np.linalg.cholesky(pooled).diagonal() ** 2
    except np.linalg.LinAlgError:
        return pooled + np.diag(data.floor)
    usable = np.all(conditional > np.maximum(SINGULAR * pooled.diagonal(), resolution**2))
    return pooled if usable else pooled + np.diag(data.floor)


def _quartile_range(table: Array, weights: Array | None) -> Array:
    """(d,) the distance of the quartiles of each column: where a quarter and three quarters of the weight are reached.

    Weights count as so many equal rows.
    """
    if weights is None:
        low, high = (-(-n * len(table) // 4) - 1 for n in (1, 3))
        ranges = []
        for column in table.T:
            ordered = np.partition(column, (low, high))
            ranges.append(ordered[high] - ordered[low])
        return np.array(ranges)
    ranges = []
    for column in table.T:
        order = np.argsort(column, kind="stable")
        reached = np.cumsum(weights[order])
        low, high = np.searchsorted(reached, np.array([0.25, 0.75]) * reached[-1])
        ranges.append(column[order[high]] - column[order[low]])
    return np.array(ranges)


def _moments(table: Array, weights: Array | None, largest: Array) -> tuple[Array, Array, Array]:
    """The weighted mean, standard deviations and covariance, in passes over columns brought below 1."""
    n, d = table.shape
    size = np.where(largest > 0, 2.0 ** np.ceil(np.log2(np.where(largest > 0, largest, 1.0))), 1.0)
    chunks = row_chunks(n, _ROWS_AT_ONCE)
    total = n if weights is None else float(weights.sum())

    def average(center: Array) -> Array:
        parts = []
        for rows in chunks:
            apart = table[rows] / size - center
            parts.append(apart.sum(axis=0) if weights is None else weights[rows] @ apart)
        return np.asarray(np.sum(parts, axis=0) / total)

    mean = average(np.zeros(d))
    mean += average(mean)  # the rounding of the first sum
    mean *= size
    scatter = np.zeros((d, d))
    for rows in chunks:
        centred = (table[rows] - mean) / size
        scatter += (centred.T if weights is None else centred.T * weights[rows]) @ centred
    scatter /= total
    return mean, np.sqrt(scatter.diagonal()) * size, scatter * size[:, None] * size
