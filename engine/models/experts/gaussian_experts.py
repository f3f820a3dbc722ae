r"""Experts for numbers: each one a weighted linear regression with a variance of its own.

    p_k(y | x) = N(y | β_kᵀ[1, x], σ²_k)
    β_k ← argmin Σ_i r_ik (y_i − β_kᵀ[1, x_i])² + λ σ²_k ‖β_k‖²,    σ²_k = (Σ_i r_ik (y_i − β_kᵀ[1, x_i])² + ρ) / N_k

The prior of a variance is ln p(σ²) = −½ ρ / σ², as in Gaussian mixtures. With a weight decay λ the two are taken in
turn until neither moves, the one given the other.                 Jordan & Jacobs 1994, Neural Computation 6:181
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Rows
from engine.em.maximization import Event
from engine.models.experts.data import ExpertRows
from engine.models.experts.params import GaussianExperts
from engine.models.experts.softmax_experts import NO_ROWS
from engine.models.number_targets import least_variance

_LN_2_PI = float(np.log(2.0 * np.pi))
VANISHES = (
    "expert {} passes through all of its rows, and its variance goes to 0: the likelihood has no maximum, and a "
    "reg_covar above 0 would hold it"
)
_MOST_TURNS = 500
_SETTLED = 1e-14
_WELL_CONDITIONED = 1e-7


@dataclass(frozen=True)
class GaussianFamily:
    """How experts for numbers are computed. ridge: ρ; floor: no variance is smaller."""

    weight_decay: float
    ridge: float
    floor: float

    @classmethod
    def of(cls, weight_decay: float, ridge: float, data: ExpertRows) -> GaussianFamily:
        """For these rows."""
        assert data.target is not None
        return cls(weight_decay, ridge, least_variance(data.target, data.spread))

    def nothing_known(self, n_experts: int, data: ExpertRows) -> GaussianExperts:
        """The mean and the variance of the target for every expert."""
        coefficients = np.zeros((n_experts, data.X.shape[1] + 1))
        coefficients[:, 0] = data.centre
        return GaussianExperts(coefficients, np.full(n_experts, data.spread))

    def log_density(self, experts: GaussianExperts, data: ExpertRows, rows: Rows) -> Array:
        """(m, K) ln N(y_i | β_kᵀ[1, x_i], σ²_k)."""
        assert data.target is not None
        apart = residuals(experts.coefficients, data, rows)
        apart /= np.sqrt(experts.variances)
        return np.asarray(-0.5 * (apart**2 + np.log(experts.variances) + _LN_2_PI))

    def predicted(self, experts: GaussianExperts, data: ExpertRows) -> Array:
        """(n, K) β_kᵀ[1, x]."""
        return data.logits(experts.coefficients)

    def maximize(
        self, r: Array, experts: GaussianExperts, data: ExpertRows, steps: int = 0
    ) -> tuple[GaussianExperts, list[Event]]:
        """Each expert's regression from the weighted responsibilities r (n, K)."""
        assert data.target is not None and data.basis is not None
        coefficients, variances = np.array(experts.coefficients), np.array(experts.variances)
        total, events = float(r.sum()), list[Event]()
        for k in range(len(variances)):
            if not r[:, k].sum() > NO_ROWS * total:
                events.append(Event(f"expert {k + 1} is left without rows: it stays as it was", k))
                continue
            c, variance = self._regression(r[:, k], float(variances[k]), data)
            coefficients[k] = c @ data.basis.out
            coefficients[k, 0] += data.centre
            if variance <= self.floor < variances[k]:
                events.append(Event(VANISHES.format(k + 1), k))
            variances[k] = max(variance, self.floor)
        return GaussianExperts(coefficients, variances), events

    def in_flight(self, r: Array, experts: GaussianExperts, data: ExpertRows) -> list[str]:
        """What is to be said of experts whose variance is as small as it may be."""
        return [VANISHES.format(k + 1) for k in np.flatnonzero(experts.variances <= self.floor)]

    def _regression(self, r: Array, variance: float, data: ExpertRows) -> tuple[Array, float]:
        """Coordinates (q,) of one expert's line about the target's mean, and its variance."""
        assert data.target is not None and data.basis is not None
        basis, y = data.basis, data.target - data.centre
        normal, moments, count = (basis.rows.T * r) @ basis.rows, (r * y) @ basis.rows, float(r.sum())

        def left(c: Array) -> float:
            return (float(r @ (y - basis.rows @ c) ** 2) + self.ridge) / count

        if self.weight_decay == 0.0:
            best = _least_squares(normal, moments, basis.rows, r, y)
            return best, left(best)
        c: Array = np.zeros(len(moments))
        for _ in range(_MOST_TURNS):
            held = max(variance, self.floor)
            c = np.asarray(np.linalg.lstsq(normal + self.weight_decay * held * basis.norm, moments, rcond=None)[0])
            variance = left(c)
            if abs(variance - held) <= _SETTLED * held or not variance > self.floor:
                break
        return c, variance

    def log_prior(self, experts: GaussianExperts, data: ExpertRows) -> float:
        """−½ λ Σ_k ‖β_k‖², biases free, and −½ ρ Σ_k 1/σ²_k."""
        held = -0.5 * self.weight_decay * float((experts.coefficients[:, 1:] ** 2).sum())
        return held - 0.5 * self.ridge * float((1.0 / experts.variances).sum()) if self.ridge > 0 else held

    def n_parameters(self, experts: GaussianExperts) -> int:
        """K (p + 1) coefficients and K variances."""
        return int(experts.coefficients.size + experts.variances.size)


def residuals(coefficients: Array, data: ExpertRows, rows: Rows = slice(None)) -> Array:
    """(m, K) y_i − β_kᵀ[1, x_i]; about the target's mean, so that a large one costs no digits."""
    assert data.target is not None
    about = np.array(coefficients)
    about[:, 0] -= data.centre
    return np.asarray((data.target[rows] - data.centre)[:, None] - data.logits(about, rows))


def _least_squares(normal: Array, moments: Array, rows: Array, r: Array, y: Array) -> Array:
    """The coordinates with the least weighted squares; the shortest of them where the rows leave a choice."""
    values = np.linalg.eigvalsh(normal)
    if values[0] > _WELL_CONDITIONED * values[-1]:
        return np.asarray(np.linalg.solve(normal, moments))
    root = np.sqrt(r)
    return np.asarray(np.linalg.lstsq(root[:, None] * rows, root * y, rcond=1e-9)[0])
