r"""Experts for classes: each one a multinomial regression on the rows that the E-step gives it.

p_k(y | x) = softmax_y(v_kᵀ[1, x]),     v_k ← argmax Σ_i r_ik ln p_k(y_i | x_i) − ½ λ ‖v_k − v̄_k‖²
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, Rows
from engine.em.maximization import Event
from engine.models.experts.data import ExpertRows
from engine.models.experts.multinomial import MOST_STEPS, climb, is_flat, log_softmax
from engine.models.experts.params import ExpertsParams, SoftmaxExperts

NO_ROWS = 1e-10  # of the rows: an expert with less stays as it was
TAKES_OFF = (
    "expert {} tells classes of its rows apart without a doubt: its coefficients grow without bound, and a "
    "weight_decay above 0 would hold them"
)
NO_MAXIMUM = (
    "gate and experts tell the classes of all rows apart, so that larger weights are better without end and the "
    "likelihood has no maximum"
)
HELD_BY = "a weight_decay above 0 would hold them"


def tells_apart(params: ExpertsParams, data: ExpertRows) -> bool:
    """Whether larger weights of these signs have every row right for certain: by the expert that the gate prefers."""
    if data.y is None or not isinstance(params.experts, SoftmaxExperts):
        return False
    gate, each = data.logits(params.gate), data.logits(params.experts.coefficients)
    preferred = each[np.arange(len(gate)), gate.argmax(axis=1)]
    right = preferred.argmax(axis=1) == data.y
    return bool((right & _alone(gate) & _alone(preferred)).all())


def _alone(logits: Array) -> NDArray[np.bool_]:
    """(n,) of each row whether the largest of its logits (n, k) is above all others."""
    return np.asarray((logits == logits.max(axis=1, keepdims=True)).sum(axis=1) == 1)


@dataclass(frozen=True)
class SoftmaxFamily:
    """How experts for classes are computed."""

    weight_decay: float

    def nothing_known(self, n_experts: int, data: ExpertRows) -> SoftmaxExperts:
        """Every class as likely as each other."""
        return SoftmaxExperts(np.zeros((n_experts, data.n_classes, data.X.shape[1] + 1)))

    def log_density(self, experts: SoftmaxExperts, data: ExpertRows, rows: Rows) -> Array:
        """(m, K) ln p_k(y_i | x_i)."""
        assert data.y is not None
        log_p = log_softmax(data.logits(experts.coefficients, rows))
        y = data.y[rows]
        return np.asarray(log_p[np.arange(len(y)), :, y])

    def predicted(self, experts: SoftmaxExperts, data: ExpertRows) -> Array:
        """(n, K, g) p_k(y = i | x)."""
        return np.exp(log_softmax(data.logits(experts.coefficients)))

    def maximize(
        self, r: Array, experts: SoftmaxExperts, data: ExpertRows, steps: int = MOST_STEPS
    ) -> tuple[SoftmaxExperts, list[Event]]:
        """Each expert's regression from the weighted responsibilities r (n, K)."""
        assert data.y is not None and data.basis is not None
        basis, total = data.basis, float(r.sum())
        found, events = np.array(experts.coefficients), list[Event]()
        for k, start in enumerate(experts.coefficients):
            if not r[:, k].sum() > NO_ROWS * total:
                events.append(Event(f"expert {k + 1} is left without rows: it stays as it was", k))
                continue
            shares = r[:, k, None] * self._one_hot(experts, data)
            climbed = climb(basis.rows, shares, start @ basis.into, self.weight_decay, basis.norm, steps)
            found[k] = climbed.coefficients @ basis.out
            if climbed.takes_off:
                events.append(Event(TAKES_OFF.format(k + 1), k))
        return SoftmaxExperts(found), events

    def in_flight(self, r: Array, experts: SoftmaxExperts, data: ExpertRows) -> list[str]:
        """What is to be said of experts without a maximum, at weighted responsibilities r (n, K)."""
        if self.weight_decay > 0.0:
            return []
        assert data.basis is not None
        one_hot, basis = self._one_hot(experts, data), data.basis
        return [
            TAKES_OFF.format(k + 1)
            for k, own in enumerate(experts.coefficients)
            if r[:, k].sum() > NO_ROWS * r.sum() and is_flat(basis.rows, r[:, k, None] * one_hot, own @ basis.into)
        ]

    def _one_hot(self, experts: SoftmaxExperts, data: ExpertRows) -> Array:
        assert data.y is not None
        return np.asarray(data.y[:, None] == np.arange(experts.coefficients.shape[1]), dtype=np.float64)

    def log_prior(self, experts: SoftmaxExperts, data: ExpertRows) -> float:
        """−½ λ Σ_k Σ_i ‖v_ki − v̄_k‖², biases free."""
        weights = experts.coefficients[:, :, 1:]
        return -0.5 * self.weight_decay * float(((weights - weights.mean(axis=1, keepdims=True)) ** 2).sum())

    def n_parameters(self, experts: SoftmaxExperts) -> int:
        """K (g − 1) (p + 1)."""
        return int(experts.coefficients[:, :-1].size)
