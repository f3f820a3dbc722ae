r"""θ of a network with one hidden layer of 0/1 units, how it starts, and the functions that both layers are made of.

u_h = p(z_h = 1 | x) = σ(w_hᵀ[1, x]),    o_i(z) = p(y = i | z) = softmax_i(v_iᵀ[1, z]),  v_g = 0
                                                Ng & McLachlan 2004, IEEE Trans. Neural Networks 15:738, §III
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, freeze
from engine.errors import EngineError

LARGEST_WEIGHT = 1e100  # beyond, products with the data and their squares would overflow


@dataclass(frozen=True, eq=False)
class NetworkParams:
    """θ of a network with m hidden units for p inputs and g classes; the first column of both arrays is the bias.

    Attributes:
        hidden: (m, p+1) w_h, in units of one over the data's.
        output: (g, m+1) v_i; the last row is zero: the last class is the reference.
    """

    hidden: Array
    output: Array

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        freeze(self)

    @property
    def hidden_units(self) -> int:
        """m."""
        return len(self.hidden)

    @property
    def n_classes(self) -> int:
        """g."""
        return len(self.output)


def draw_params(
    hidden_units: int, n_inputs: int, n_classes: int, weight_scale: float, generator: np.random.Generator
) -> NetworkParams:
    """Weights and biases from a normal distribution with standard deviation `weight_scale`."""
    hidden = weight_scale * generator.standard_normal((hidden_units, n_inputs + 1))
    output = np.zeros((n_classes, hidden_units + 1))
    output[:-1] = weight_scale * generator.standard_normal((n_classes - 1, hidden_units + 1))
    return NetworkParams(hidden, output)


def check_network_params(params: NetworkParams, hidden_units: int, n_inputs: int, n_classes: int) -> None:
    """A given start: shapes, finite numbers, a last output row of zeros.

    Raises:
        EngineError: one sentence that says what is wrong and how it should be.
    """
    if params.hidden.shape != (hidden_units, n_inputs + 1):
        raise EngineError(
            f"hidden of the start must have the shape {(hidden_units, n_inputs + 1)} "
            f"({hidden_units} units, a bias and {n_inputs} inputs), not {params.hidden.shape}."
        )
    shape = params.output.shape
    if len(shape) != 2 or shape[1] != hidden_units + 1 or shape[0] < n_classes:
        raise EngineError(
            f"output of the start must have the shape {(n_classes, hidden_units + 1)} "
            f"({n_classes} classes, a bias and {hidden_units} units), not {shape}."
        )
    for name, array in (("hidden", params.hidden), ("output", params.output)):
        if not np.all(np.isfinite(array)) or np.abs(array).max() > LARGEST_WEIGHT:
            raise EngineError(f"{name} of the start must be finite numbers of at most {LARGEST_WEIGHT:g}.")
    if np.any(params.output[-1] != 0):
        raise EngineError(
            "the last row of output must be zero: the last class is the one that others are held against."
        )


def sigmoids(a: Array) -> tuple[Array, Array]:
    """σ(a) and 1 − σ(a) = σ(−a), both to full relative precision, whatever the size of a."""
    small = np.exp(-np.abs(a))
    large = 1.0 / (1.0 + small)
    small *= large
    positive = a >= 0
    return np.where(positive, large, small), np.where(positive, small, large)


def softplus(a: Array) -> Array:
    """ln(1 + exp a) = −ln σ(−a)."""
    return np.asarray(np.maximum(a, 0.0) + np.log1p(np.exp(-np.abs(a))))


def log_weight_prior(params: NetworkParams, weight_decay: float) -> float:
    """ln p(θ) = −(weight_decay/2) Σ w², over the weights of both layers; biases are free, the constant is left out."""
    if weight_decay == 0.0:
        return 0.0
    hidden, output = params.hidden[:, 1:], params.output[:, 1:]
    return -0.5 * weight_decay * float(np.vdot(hidden, hidden) + np.vdot(output, output))


def decay_of(weights: Array, weight_decay: float) -> Array:
    """weight_decay · w with 0 for the bias in the first column: minus the gradient of the log prior."""
    decayed = weight_decay * weights
    decayed[:, 0] = 0.0
    return decayed


def n_network_parameters(params: NetworkParams) -> int:
    """m(p+1) weights and biases of the hidden units, (g−1)(m+1) of the output."""
    return int(params.hidden.size + params.output[:-1].size)
