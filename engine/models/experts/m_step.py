"""The M-step of experts: each a regression weighted by its responsibilities, the gate a multinomial one on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.em.maximization import Event, Maximization
from engine.em.parameters import arrays_of
from engine.models.experts.data import ExpertRows
from engine.models.experts.multinomial import climb
from engine.models.experts.params import LARGEST, ExpertsParams
from engine.models.experts.softmax_experts import NO_ROWS

GATE_TAKES_OFF = (
    "the gate tells its rows apart without a doubt: its weights grow without bound, and a weight_decay above 0 would "
    "hold them"
)


def fitted(
    r: Array, params: ExpertsParams, data: ExpertRows, family: Any, weight_decay: float, steps: int
) -> Maximization[ExpertsParams]:
    """Regressions on responsibilities (n, K), by at most so many Newton steps each. family: that of the experts."""
    assert data.basis is not None
    r, basis = data.weighed(r), data.basis
    with np.errstate(over="ignore", invalid="ignore"):
        experts, events = family.maximize(r, params.experts, data, steps)
        climbed = climb(basis.rows, r, params.gate @ basis.into, weight_decay, basis.norm, steps)
        gate = climbed.coefficients @ basis.out
    if climbed.takes_off and not some_empty(r):
        events.append(Event(GATE_TAKES_OFF))
    return Maximization(replace(params, gate=gate, experts=experts), tuple(events))


def no_lower(
    heights: Callable[[ExpertsParams], tuple[float, float]], before: ExpertsParams, after: ExpertsParams
) -> ExpertsParams:
    """The parts of θ that reach at least as far as before: far from 0, inputs leave few digits to their weights.

    heights: how far the gate and the experts reach.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        old, new = (heights(params) if finite(params) else (-np.inf, -np.inf) for params in (before, after))
    gate = after.gate if new[0] >= old[0] else before.gate
    experts = after.experts if new[1] >= old[1] else before.experts
    return after if gate is after.gate and experts is after.experts else replace(before, gate=gate, experts=experts)


def finite(params: ExpertsParams) -> bool:
    """Every number can be computed with."""
    arrays = [params.gate, *arrays_of(params.experts).values()]
    return all(bool((np.abs(array) <= LARGEST).all()) for array in arrays)


def some_empty(r: Array) -> bool:
    """An expert has no rows, which the gate says by weights without bound, too."""
    counts = r.sum(axis=0)
    return bool((counts <= NO_ROWS * counts.sum()).any())
