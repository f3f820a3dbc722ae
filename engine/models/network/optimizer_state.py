"""What an optimiser carries from one step of θ to the next, as a value beside θ."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from engine.arrays import Array, ByFields, IntArray, freeze
from engine.em.fields import relabelled
from engine.models.network.params import NetworkParams
from engine.models.optimizers import Adam, Ascent, Momentum


@dataclass(frozen=True, eq=False)
class OptimizerState(ByFields):
    """What an optimiser carries on, as a value.

    Attributes:
        seed: () of the shuffling.
        epochs: () epochs done.
        steps: () steps done, for Adam's correction of its first averages.
        first, second: Adam's running means of the gradient and of its square, in the form of θ; `first` is the velocity
            of steps with momentum.
    """

    seed: Array
    epochs: Array
    steps: Array
    first: NetworkParams
    second: NetworkParams

    def __post_init__(self) -> None:
        freeze(self)  # read-only arrays

    @classmethod
    def fresh(cls, params: NetworkParams, seed: int) -> OptimizerState:
        """Before the first epoch."""
        nothing = NetworkParams.of_layers([0.0 * layer for layer in params.layers], 0.0 * params.output)
        return cls(np.array(float(seed)), np.zeros(()), np.zeros(()), nothing, nothing)

    def relabelled(self, order: IntArray) -> OptimizerState:
        """For the units of the one hidden layer in another order."""
        first, second = (relabelled(mean, order) or mean for mean in (self.first, self.second))
        return replace(self, first=first, second=second)

    def optimizer(self, name: str, learning_rate: float) -> Ascent:
        """The optimiser of that name, which goes on from here."""
        first, second = ([*mean.layers, mean.output] for mean in (self.first, self.second))
        if name == "adam":
            return Adam(learning_rate, first, second, int(self.steps))
        return Momentum(learning_rate, first) if name == "momentum" else Ascent(learning_rate)

    def after(self, optimizer: Ascent) -> OptimizerState:
        """The state after the steps of an epoch."""
        now = replace(self, epochs=self.epochs + 1.0, steps=self.steps + float(optimizer.steps))
        if isinstance(optimizer, Momentum):
            return replace(now, first=NetworkParams.of_layers(optimizer.velocity[:-1], optimizer.velocity[-1]))
        if not isinstance(optimizer, Adam):
            return now
        first, second = (NetworkParams.of_layers(mean[:-1], mean[-1]) for mean in (optimizer.first, optimizer.second))
        return replace(now, first=first, second=second)


@dataclass(frozen=True)
class SteppedParams(NetworkParams):
    """θ as in `NetworkParams`, and what the optimiser carries on.

    state: None before the first epoch of a given start.
    """

    state: OptimizerState | None = field(default=None, compare=False)

    @classmethod
    def of(cls, params: NetworkParams, state: OptimizerState | None) -> SteppedParams:
        """θ with a state beside it."""
        return cls(params.hidden, params.output, params.deeper, params.variances, state)
