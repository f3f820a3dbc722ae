r"""The output layer where numbers are learned: p(y | z) = N(y | Vᵀ[1, z], σ²).

    ln p(y | z) = −½ (y − Vᵀ[1, z])²/σ² − ½ ln 2πσ²
    Q_v = −½ Σ_j E[(y_j − Vᵀ[1, z_j])²]/σ² − ½ n ln 2πσ²,      Σ_j E[…] = Σ y² − 2 Vᵀt + VᵀM V

with t = Σ_j y_j E[1, z_j] and M = Σ_z N(z) [1, z][1, z]ᵀ, each row with its weight. The maximum is a regression's:

    V = (M + λσ² D)⁻¹ t,     σ² = (Σ_j E[(y_j − Vᵀ[1, z_j])²] + ρ) / n

D is 1 for weights and 0 for the bias, λ the weight decay, and ln p(σ²) = −½ ρ/σ² with ρ = 1e-6·n times the variance of
y, as for Gaussian mixtures: see `gaussian_m_step`. y is taken about its mean throughout, so that a large one costs no
digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Array, Rows
from engine.errors import EngineError
from engine.models.network.configurations import (
    FLUSHED,
    Configurations,
    Listed,
    Product,
    all_configurations,
    binary_rows,
    halves,
)
from engine.models.network.data import NetworkRows
from engine.models.network.params import NetworkParams
from engine.models.number_targets import SHARE, holds_numbers, least_variance

LIKELIHOODS = ("auto", "softmax", "gaussian")
LIKELIHOOD_SAID = "of y given the hidden units; auto: gaussian for numbers, softmax for classes"
FOR_NUMBERS: Mapping[str, Any] = {"likelihood": "gaussian"}
_LARGEST_EXPONENT = 240.0  # four times that of a factor of a row
_LOG_FLUSHED = float(np.log(FLUSHED))
_LN_2_PI = float(np.log(2.0 * np.pi))


def ridge_of(rows: NetworkRows) -> float:
    """ρ, what the prior of σ² adds to the squares that are left."""
    return SHARE * rows.spread * rows.total_weight


def log_variance_prior(params: NetworkParams, rows: NetworkRows) -> float:
    """−½ ρ/σ² where numbers are learned, else 0."""
    return 0.0 if params.variances is None else -0.5 * ridge_of(rows) / float(params.variances[0])


def best_variance(squares: float, rows: NetworkRows) -> Array:
    """(1,) σ² = (what is left, squared and summed, + ρ) / n."""
    assert rows.target is not None
    best = (squares + ridge_of(rows)) / rows.total_weight
    return np.array([max(best, least_variance(rows.target, rows.spread))])


def log_normal(left: Array, variance: float) -> Array:
    """ln N of what is left of y, entry by entry."""
    return np.asarray(-0.5 * (left**2 / variance + np.log(variance) + _LN_2_PI))


@dataclass(frozen=True, eq=False)
class Squares:
    """What Q_v is made of, y about its mean.

    Attributes:
        outer: (m+1, m+1) M = Σ_j weight_j E[[1, z_j][1, z_j]ᵀ].
        products: (m+1,) t = Σ_j weight_j y_j E[1, z_j].
        total: Σ_j weight_j y_j².
        centre: the mean that y is taken about.
        count: n, the sum of the weights.
    """

    outer: Array
    products: Array
    total: float
    centre: float
    count: float

    @classmethod
    def of(cls, configurations: Configurations, counts: Array, products: Array, rows: NetworkRows) -> Squares:
        """From N(z) over configurations, and t."""
        assert isinstance(configurations, Listed | Product)  # the E-step is exact
        total = rows.weighted_sum(rows.about_mean**2)
        return cls(configurations.second_moments(counts), products, total, rows.centre, rows.total_weight)

    def about(self, output: Array) -> Array:
        """(m+1,) V about the mean."""
        found = np.array(output[0])
        found[0] -= self.centre
        return found

    def left(self, about: Array) -> float:
        """Σ_j weight_j E[(y_j − Vᵀ[1, z_j])²]."""
        return max(0.0, float(self.total - 2.0 * (about @ self.products) + about @ self.outer @ about))

    def value(self, output: Array, variance: float) -> float:
        """Q_v at V and σ²."""
        return -0.5 * (self.left(self.about(output)) / variance + self.count * float(np.log(variance) + _LN_2_PI))

    def slope(self, about: Array) -> Array:
        """(m+1,) σ² ∂Q_v/∂V = t − M V."""
        return np.asarray(self.products - self.outer @ about)


def means(output: Array, units: Array) -> Array:
    """(n,) Vᵀ[1, z] of units (n, m); of their probabilities u it is E[y | x] = Vᵀ[1, u], since y is linear in z."""
    return np.asarray(units @ output[0, 1:] + output[0, 0])


def log_output_table(params: NetworkParams, rows: NetworkRows, chosen: Rows) -> Array:
    """(2^m, chosen rows) ln N(y | Vᵀ[1, z], σ²), by the number of the configuration."""
    assert params.variances is not None
    about = params.output[0].copy()
    about[0] -= rows.centre
    predicted = all_configurations(params.hidden_units).logits(about).ravel()
    return log_normal(rows.about_mean[chosen] - predicted[:, None], float(params.variances[0]))


class Factors:
    r"""p(z, y | x) as a product of one factor for each half of the units, and a grid that is the same for many rows.

    With s_a, s_b the halves' parts of Vᵀ[1, z] about their own middles, and r₀ + ε what is then left of y,

        exp(−(r₀ + ε − s_a − s_b)²/2σ²)
            = exp(−(r₀ − s_a − s_b)²/2σ²) · exp(ε s_a/σ²) · exp(ε s_b/σ²) · exp(−(ε r₀ + ε²/2)/σ²)

    where the first factor, at most 1, is the grid of all rows near r₀. Rows are near it while the others are moderate:
    one group of rows for a large σ², many for a small one. The factors of a row are found in logarithms and divided by
    their largest: `log_scale` is the logarithm of what was divided by. So nothing overflows, and rows of which all is
    too small are told by their evidence.

    Attributes:
        order: (n,) the rows of the design by what is left of y; everything here is in this order.
        groups: the rows of each grid.
    """

    def __init__(self, params: NetworkParams, rows: NetworkRows, off: Array, on: Array) -> None:
        """off, on: (m, n) ln(1 − u) and ln u."""
        assert params.variances is not None
        self.variance = float(params.variances[0])
        a, v = halves(params.hidden_units)[0], params.output[0, 1:]
        self._parts = [binary_rows(len(part)) @ part - 0.5 * part.sum() for part in (v[:a], v[a:])]
        left = rows.about_mean - (float(params.output[0, 0]) - rows.centre + 0.5 * float(v.sum()))
        self.order = np.argsort(left, kind="stable")
        self._off, self._on, left = off[:, self.order], on[:, self.order], left[self.order]
        widest = max(float(np.ptp(part)) for part in self._parts)
        self.groups, self._middles = _groups(left, _LARGEST_EXPONENT * self.variance / widest if widest > 0 else np.inf)
        middle = np.repeat(self._middles, [part.stop - part.start for part in self.groups])
        self._beside = left - middle
        self._constant = -self._beside * (middle + 0.5 * self._beside) / self.variance + log_normal(
            np.zeros(1), self.variance
        )
        self._tops = np.empty((2, len(left)))

    def grid(self, group: int) -> Array:
        """(2^b, 2^a) of the rows of a group; what is too small is 0."""
        first, last = self._parts
        left = self._middles[group] - last[:, None] - first
        left *= left
        left *= -0.5 / self.variance
        left[left < _LOG_FLUSHED] = -np.inf
        return np.asarray(np.exp(left, out=left))

    @property
    def log_scale(self) -> Array:
        """(n,) once both tables of every row were asked for."""
        return np.asarray(self._constant + self._tops.sum(axis=0))

    def table(self, units: slice, part: slice) -> Array:
        """(2^units, rows) the factor of one half of the units."""
        half = 0 if units.start is None else 1
        table = log_doubled(self._off[units, part], self._on[units, part])
        table += self._parts[half][:, None] * (self._beside[part] / self.variance)
        self._tops[half, part] = top = table.max(axis=0)
        table -= top
        table[table < _LOG_FLUSHED] = -np.inf
        np.exp(table, out=table)
        return table


def _groups(left: Array, width: float) -> tuple[list[slice], list[float]]:
    """Rows (n,), which rise, in groups no wider than this, and the middle of each."""
    groups, middles, begin = list[slice](), list[float](), 0
    while begin < len(left):
        end = int(np.searchsorted(left, left[begin] + width, side="right"))
        groups.append(slice(begin, end))
        middles.append(0.5 * float(left[begin] + left[end - 1]))
        begin = end
    return groups, middles


def log_doubled(off: Array, on: Array) -> Array:
    """(2^k, rows) Σ_h ln(1 − u_h) or ln u_h over every configuration of k units (k, rows), by doubling."""
    table = np.empty((2 ** len(off), off.shape[1]))
    table[0] = 0.0
    for h, (no, yes) in enumerate(zip(off, on, strict=True)):
        width = 1 << h
        np.add(table[:width], yes, out=table[width : 2 * width])
        table[:width] += no
    return table


def learns_numbers(likelihood: str, y: Any) -> bool:
    """By the option, or by what y holds."""
    return likelihood == "gaussian" or (likelihood == "auto" and holds_numbers(y))


def in_target_units(drawn: NetworkParams, rows: NetworkRows, *, bias: bool) -> NetworkParams:
    """A start as it was drawn; for numbers V times the target's standard deviation, about its mean, σ² its variance.

    So a target in other units begins at the same predictions.
    """
    if not rows.numeric:
        return drawn
    output = drawn.output * np.sqrt(rows.spread)
    if bias:
        output[0, 0] += rows.centre
    return NetworkParams.of_layers(drawn.layers, output, np.array([rows.spread]))


def check_variances(params: NetworkParams, numeric: bool) -> None:
    """Raises EngineError where a start has a variance for classes, or none above 0 for numbers."""
    if not numeric:
        if params.variances is not None:
            raise EngineError("the start must have no variances, since y holds classes.")
        return
    if params.variances is None:
        raise EngineError("the start must have variances, [σ²], since y holds numbers.")
    if params.variances.shape != (1,) or not np.all((params.variances > 0) & (params.variances < 1e100)):
        raise EngineError("variances of the start must hold one finite number above 0.")
