"""θ of a hidden Markov model, and a given start checked in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Array
from engine.em.parameters import Axis, Parameters, positive_definite, probability, real, simplex
from engine.errors import EngineError

_SUMS_TO_ONE = 1e-6


@dataclass(frozen=True)
class GaussianEmission(Parameters):
    """What the states emit where measurements are seen, in the units of the data: means (S, d), and covariances.

    covariances: (S, d, d) full; (d, d) tied; (S, d) diag: variances; (S,) spherical: one variance a state.
    """

    means: Array = real("μ", "mean", per="state", of="column", units=1, location=True)
    covariances: Array = positive_definite("Σ", "covariance", form="covariance_type", per="state", of="column", units=2)


@dataclass(frozen=True)
class HiddenMarkovParams(Parameters):
    """θ of a hidden Markov model with S states.

    Attributes:
        initial: (S,) p(z_1 = i).
        transition: (S, S) p(z_t = j | z_{t−1} = i) in row i, column j.
        emission: (S, V) p(x_t = v | z_t = i), symbols counted from 0; or a `GaussianEmission`.
        stop: (S,) the probability that the sequence ends after a step in state i, where the model has a stop state;
            row i of `transition` then sums to 1 − stop[i]. None where sequences are as long as they are.
    """

    component_noun: ClassVar[str] = "state"

    initial: Array = simplex("π", "first probability", per="state")
    transition: Array = simplex("A", "transition", per="state", to="state")
    emission: Array | GaussianEmission = simplex(
        "B", "emission", per="state", of=Axis("symbol", numbered_by="first_symbol")
    )
    stop: Array | None = probability(
        "s", "end probability", per="state", rest_of="transition", latent=True, optional=True
    )

    def __post_init__(self) -> None:
        """Make the arrays read-only; a table of names, as in a file, becomes a `GaussianEmission`."""
        if isinstance(self.emission, Mapping):
            try:
                object.__setattr__(self, "emission", GaussianEmission(**self.emission))
            except TypeError:
                raise EngineError("emission of HiddenMarkovParams must have means and covariances alone.") from None
        super().__post_init__()


def check_chain_params(params: HiddenMarkovParams, n_states: int, stop_state: bool) -> None:
    """Shapes, and probabilities that sum to 1, but for the emissions. Raises EngineError where it is otherwise."""
    S = n_states
    if stop_state and params.stop is None:
        raise EngineError("the start has no stop probabilities, but stop_state is on: give stop, or turn it off.")
    if not stop_state and params.stop is not None:
        raise EngineError("the start has stop probabilities, but stop_state is off: turn it on, or leave stop out.")
    shapes = {"initial": (S,), "transition": (S, S)} | ({"stop": (S,)} if stop_state else {})
    for name, shape in shapes.items():
        array = getattr(params, name)
        if array.shape != shape:
            raise EngineError(f"{name} of the start must have the shape {shape} ({S} states), not {array.shape}.")
        if not np.all(np.isfinite(array) & (array >= 0)):
            raise EngineError(f"{name} of the start must be probabilities: each a number of at least 0.")
    if abs(float(params.initial.sum()) - 1.0) > _SUMS_TO_ONE:
        raise EngineError(f"initial of the start must sum to 1, not {params.initial.sum():z.6g}.")
    rows = params.transition.sum(axis=1) + (0.0 if params.stop is None else params.stop)
    wrong = np.flatnonzero(np.abs(rows - 1.0) > _SUMS_TO_ONE)
    if len(wrong):
        row = int(wrong[0])
        with_stop = " with its stop probability" if stop_state else ""
        raise EngineError(f"row {row + 1} of transition{with_stop} must sum to 1, not {rows[row]:z.6g}.")
