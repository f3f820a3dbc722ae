"""Steps of gradient ascent on a list of arrays: plain, with momentum, or Adam's; and which rows each step sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays import Array, IntArray
from engine.em.maximization import Event

OPTIMIZERS = ("sgd", "momentum", "adam")
MAY_GO_TOO_FAR = {
    "sgd": "steps for a few rows at a time need not raise it for all of them",
    "momentum": "steps with momentum follow past gradients, and may go too far",
    "adam": "Adam's steps follow past gradients, and may go too far",
}
"""Why the objective may be lower after steps of each kind."""
_MOMENTUM = 0.9
_FIRST_DECAY, _SECOND_DECAY, _EPSILON = 0.9, 0.999, 1e-8


class Ascent:
    """θ ← θ + learning_rate · gradient. steps: how many it has taken."""

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self.steps = 0

    def move(self, weights: Sequence[Array], gradients: Sequence[Array]) -> None:
        """One step, in place."""
        for layer, gradient in zip(weights, gradients, strict=True):
            layer += self.learning_rate * gradient
        self.steps += 1


class Momentum(Ascent):
    """Polyak 1964: θ ← θ + learning_rate · velocity, which is the gradient and 0.9 of the velocity before.

    velocity: what it goes on with, 0 at first.
    """

    def __init__(self, learning_rate: float, velocity: Sequence[Array]) -> None:
        super().__init__(learning_rate)
        self.velocity = [part.copy() for part in velocity]

    def move(self, weights: Sequence[Array], gradients: Sequence[Array]) -> None:
        """One step, in place."""
        for layer, gradient, velocity in zip(weights, gradients, self.velocity, strict=True):
            velocity *= _MOMENTUM
            velocity += gradient
            layer += self.learning_rate * velocity
        self.steps += 1


class Adam(Ascent):
    """Kingma & Ba 2015, algorithm 1: steps scaled by running means of the gradient and of its square.

    first, second: these means, which it goes on with. steps_before: how many steps are in them.
    """

    def __init__(
        self, learning_rate: float, first: Sequence[Array], second: Sequence[Array], steps_before: int
    ) -> None:
        super().__init__(learning_rate)
        self.steps_before = steps_before
        self.first = [moment.copy() for moment in first]
        self.second = [moment.copy() for moment in second]

    def move(self, weights: Sequence[Array], gradients: Sequence[Array]) -> None:
        """θ ← θ + learning_rate · m̂ / (√v̂ + ε), in place."""
        self.steps += 1
        t = self.steps_before + self.steps
        first_share, second_share = 1.0 - _FIRST_DECAY**t, 1.0 - _SECOND_DECAY**t
        for layer, gradient, first, second in zip(weights, gradients, self.first, self.second, strict=True):
            first += (1.0 - _FIRST_DECAY) * (gradient - first)
            second += (1.0 - _SECOND_DECAY) * (gradient * gradient - second)
            layer += self.learning_rate * (first / first_share) / (np.sqrt(second / second_share) + _EPSILON)


def rows_of_steps(seed: int, epochs: int, n: int, rows_a_step: int) -> list[IntArray | None]:
    """The rows of each step, shuffled again for each epoch; None for all of them as they stand."""
    if rows_a_step >= n:
        return [None]
    order = np.random.default_rng([seed, epochs]).permutation(n)
    return [order[i : i + rows_a_step] for i in range(0, n, rows_a_step)]


def without_bound(learning_rate: float) -> Event:
    """What is told where steps have left all bounds, so that θ stays as it was and the run ends."""
    message = f"with learning rate {learning_rate:zg} the weights grow without bound: take a smaller one"
    return Event(message, breaks_ascent=True, stops=True)


def moved_in_words(optimizer: str, n_rows: int, rows_a_step: int) -> str:
    """What an optimiser did to a weight over all rows: its steps are no one rate times the slope."""
    steps = -(-n_rows // rows_a_step)
    own = f"{optimizer} moved it in {steps:,} steps, each by the slope of its own rows"
    return own if steps > 1 else f"{optimizer} moved it"
