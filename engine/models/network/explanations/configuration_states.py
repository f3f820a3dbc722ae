"""q and the joint probability of every hidden configuration of one row, for an E-step that sums over all of them."""

from __future__ import annotations

import numpy as np

from engine.em.inference import assign, uniforms
from engine.em.step import Step
from engine.explain.row_states import RowStates
from engine.models.network.data import NetworkRows
from engine.models.network.row_configurations import RowConfigurations


def configuration_states(step: Step, row: int) -> RowStates:
    """q(z) by the E-step at θ_q, and ln p(z, y | x, θ) at θ, of all 2^m configurations."""
    data, inference = step.problem.data, step.inference
    assert isinstance(data, NetworkRows) and inference is not None
    one = data.take(slice(row, row + 1))
    before, now = RowConfigurations.of(step.params_q, one), RowConfigurations.of(step.params, one)
    draws = uniforms(inference, data.n_rows)
    q, _, _ = assign(before.log_joint[:, None].copy(), inference, None if draws is None else draws[[row]])
    return RowStates(q[:, 0], np.asarray(now.log_joint), now.named)
