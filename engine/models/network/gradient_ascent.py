r"""A gradient M-step of several steps or with a memory: on parts of the rows, with momentum, by Adam.

    θ ← θ + learning_rate · (Σ_{j in part} ∇Q_j(θ; q_j) + share · ∇ln p(θ))

q stays that of the E-step, at θ_q, while θ moves from part to part (the gradient of backpropagation with the marginal
as its loss would have an E-step at θ for every part). No such step need raise Q, so nothing promises that the
objective rises: incremental gradient steps on a generalised M-step (Neal & Hinton 1998; Dempster, Laird & Rubin 1977).

Where numbers are learned, the slope of V is taken times σ² and in units of the target's standard deviation, and σ² goes
to its maximum after the last part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.em.parameters import Held
from engine.models.network.data import NetworkRows
from engine.models.network.e_steps.e_step import ExactEStep
from engine.models.network.expectation import (
    NetworkExpectation,
    Targets,
    hidden_gradient,
    output_gradient,
    squares_of,
)
from engine.models.network.gaussian_output import best_variance
from engine.models.network.held import Moved, hold
from engine.models.network.optimizer_state import OptimizerState
from engine.models.network.params import NetworkParams, decay_of
from engine.models.network.target_units import TargetUnits
from engine.models.optimizers import rows_of_steps


@dataclass(frozen=True)
class GradientAscent:
    """How the steps are made. rows_a_step: all of them where it is at least as many."""

    optimizer: str
    learning_rate: float
    weight_decay: float
    rows_a_step: int
    held: Held | None = None

    def climb(
        self, statistics: NetworkExpectation, params: NetworkParams, state: OptimizerState, rows: NetworkRows
    ) -> tuple[NetworkParams, OptimizerState]:
        """Every row once: the new θ, and what is carried on. `params` is θ_q, `statistics` are those of all rows."""
        moved = Moved.of(params, self.held)
        target = TargetUnits.of(params, rows, moved)
        weights = [*(layer.copy() for layer in params.layers), target.into(params.output)]
        optimizer = state.optimizer(self.optimizer, self.learning_rate)
        for step in rows_of_steps(int(state.seed), int(state.epochs), rows.n_rows, self.rows_a_step):
            part, some = statistics, rows
            if step is not None:
                chosen = rows.order[step]
                part, some = ExactEStep().statistics_of(params, rows, chosen, statistics.inference), rows.take(chosen)
            decay = self.weight_decay * (1.0 if step is None else some.total_weight / rows.total_weight)
            inputs: list[tuple[Targets, NetworkRows]] = [(part, some), *((one, one.rows) for one in part.deeper)]
            gradients = [
                hidden_gradient(target, layer, seen, decay)
                for layer, (target, seen) in zip(weights[:-1], inputs, strict=True)
            ]
            of_output = np.zeros(weights[-1].shape)
            if params.numeric:
                squares = squares_of(part, some)
                of_output[0] = squares.slope(squares.about(target.out(weights[-1]))) / target.scale
                of_output -= decay_of(weights[-1], target.precisions("marginal", decay)[1])
            else:
                of_output[: len(moved.classes)] = output_gradient(part, weights[-1], decay, moved.classes)
            gradients.append(of_output)
            hold(gradients, (*moved.layers, moved.output))
            optimizer.move(weights, gradients)
        output, variances = target.out(weights[-1]), None
        if params.numeric:
            squares = squares_of(statistics, rows)
            variances = best_variance(squares.left(squares.about(output)), rows)
        return NetworkParams.of_layers(weights[:-1], output, variances), state.after(optimizer)
