"""θ of experts that are trained by gradients, with what their optimiser carries from one epoch to the next."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from engine.arrays import Array, ByFields, IntArray, freeze
from engine.models.experts.params import ExpertsParams
from engine.models.optimizers import Adam, Ascent


@dataclass(frozen=True, eq=False)
class OptimizerState(ByFields):
    """What an optimiser carries on, as a value.

    Attributes:
        seed: () of the shuffling. epochs, steps: () how many are done.
        first, second: (m,) Adam's running means of the gradient and of its square, all arrays one after the other; None
            before the first step.
    """

    seed: Array
    epochs: Array
    steps: Array
    first: Array | None = None
    second: Array | None = None

    def __post_init__(self) -> None:
        freeze(self)  # read-only arrays

    @classmethod
    def fresh(cls, seed: int) -> OptimizerState:
        """Before the first epoch."""
        return cls(np.array(float(seed)), np.zeros(()), np.zeros(()))

    def optimizer(self, weights: list[Array], name: str, learning_rate: float) -> Ascent:
        """What goes on from here."""
        if name != "adam":
            return Ascent(learning_rate)
        nothing = [np.zeros(one.shape) for one in weights]
        first, second = (nothing if mean is None else _apart(mean, weights) for mean in (self.first, self.second))
        return Adam(learning_rate, first, second, int(self.steps))

    def relabelled(self, order: IntArray, weights: list[Array]) -> OptimizerState:
        """For the experts in another order; every array has them along its first axis."""
        first, second = (
            None if mean is None else np.concatenate([one[order].ravel() for one in _apart(mean, weights)])
            for mean in (self.first, self.second)
        )
        return replace(self, first=first, second=second)

    def after(self, optimizer: Ascent) -> OptimizerState:
        """After an epoch of it."""
        means: tuple[Array, ...] = ()
        if isinstance(optimizer, Adam):
            means = tuple(np.concatenate([one.ravel() for one in mean]) for mean in (optimizer.first, optimizer.second))
        return OptimizerState(self.seed, self.epochs + 1.0, self.steps + float(optimizer.steps), *means)


def _apart(flat: Array, like: list[Array]) -> list[Array]:
    parts = np.split(flat, np.cumsum([one.size for one in like])[:-1])
    return [part.reshape(one.shape) for part, one in zip(parts, like, strict=True)]


@dataclass(frozen=True)
class BackpropExpertsParams(ExpertsParams):
    """θ as in `ExpertsParams`, and what the optimiser carries on; None before the first epoch of a given start."""

    state: OptimizerState | None = field(default=None, compare=False)
