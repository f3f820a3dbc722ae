r"""θ of a network with hidden layers of 0/1 units, how it starts, and the functions that its layers are made of.

u_h = p(z_h = 1 | x) = σ(w_hᵀ[1, x]),    o_i(z) = p(y = i | z) = softmax_i(v_iᵀ[1, z]),  v_g = 0
or of numbers  p(y | z) = N(y | vᵀ[1, z], σ²)
                                                Ng & McLachlan 2004, IEEE Trans. Neural Networks 15:738, §III

v_g, and with bias=False every bias, is held at 0; with free_output=True v_g is free, and adding one and the same c to
every v_i changes no o_i: a direction along which the likelihood is level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Array
from engine.em.parameters import Axis, Held, Parameters, positive, real
from engine.errors import EngineError

LARGEST_WEIGHT = 1e100  # beyond, products with the data and their squares would overflow


class _WithDeeper(Parameters):
    """Parameters that hold the layer after this one."""

    deeper: DeeperLayer | None

    def __post_init__(self) -> None:
        """Make arrays read-only, and a table of names, as in a file, a layer. Raises EngineError for what can't be."""
        deeper = self.deeper
        if isinstance(deeper, Mapping) and deeper.get("hidden") is not None and set(deeper) <= {"hidden", "deeper"}:
            object.__setattr__(self, "deeper", DeeperLayer(**deeper))
        elif deeper is not None and not isinstance(deeper, DeeperLayer):
            raise EngineError("deeper of the start must hold the next layer: the weights hidden, and deeper or none.")
        super().__post_init__()


@dataclass(frozen=True)
class DeeperLayer(_WithDeeper):
    """A hidden layer on the units of the one before it: weights (m_l, m_(l−1)+1), the bias first.

    deeper: the layer after this one; None where the output comes next.
    """

    hidden: Array = real("W", "weight", per="further unit", of=Axis("unit before", offset=-1))
    deeper: DeeperLayer | None = None


@dataclass(frozen=True)
class NetworkParams(_WithDeeper):
    """θ of a network with m hidden units for p inputs and g classes; the first column of every array is the bias.

    Attributes:
        hidden: (m, p+1) w_h of the first hidden layer, in units of one over the data's.
        output: (g, m+1) v_i of the units of the last hidden layer; its last row is zero, the last class being the
            reference, unless `free_output` sets it free. Where numbers are learned, (1, m+1), and free.
        deeper: the second hidden layer and those after it; None where there is one.
        variances: (1,) σ² of a number about Vᵀ[1, z]; None where classes are learned.
    """

    component_noun: ClassVar[str] = "unit"

    hidden: Array = real("W", "weight", per="unit", of=Axis("input", offset=-1))
    output: Array = real("V", "weight", per="class", of=Axis("unit", offset=-1))
    deeper: DeeperLayer | None = None
    variances: Array | None = positive("σ²", "variance", per="target", optional=True)

    @classmethod
    def of_layers(cls, layers: Sequence[Array], output: Array, variances: Array | None = None) -> NetworkParams:
        """From the matrices of the hidden layers (m_l, m_(l−1)+1), the first on the inputs, and the output's."""
        return NetworkParams(layers[0], output, linked(layers[1:]), variances)

    @property
    def numeric(self) -> bool:
        """Numbers are learned, not classes."""
        return self.variances is not None

    @property
    def layers(self) -> tuple[Array, ...]:
        """The matrix (m_l, m_(l−1)+1) of each hidden layer, the first on the inputs."""
        found, deeper = [self.hidden], self.deeper
        while deeper is not None:
            found.append(deeper.hidden)
            deeper = deeper.deeper
        return tuple(found)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many units each hidden layer has."""
        return tuple(len(layer) for layer in self.layers)

    @property
    def hidden_units(self) -> int:
        """m, the units of the first hidden layer."""
        return len(self.hidden)

    @property
    def n_classes(self) -> int:
        """g."""
        return len(self.output)


def linked(layers: Sequence[Array]) -> DeeperLayer | None:
    """The layers after the first, each holding the next; None for none."""
    deeper = None
    for layer in reversed(layers):
        deeper = DeeperLayer(layer, deeper)
    return deeper


def sizes_of(hidden_units: int | tuple[int, ...]) -> tuple[int, ...]:
    """The units of each hidden layer, from the option: one number for one layer, a tuple for several."""
    return hidden_units if isinstance(hidden_units, tuple) else (hidden_units,)


def draw_params(
    hidden_units: int | tuple[int, ...],
    n_inputs: int,
    n_classes: int,
    weight_scale: float,
    generator: np.random.Generator,
    *,
    bias: bool = True,
    free_output: bool = False,
) -> NetworkParams:
    """Weights and biases from a normal distribution with standard deviation `weight_scale`, 0 where they are held.

    With the same generator what is free is the same number, whatever else is held.
    """
    layers, width = [], n_inputs
    for size in sizes_of(hidden_units):
        layers.append(weight_scale * generator.standard_normal((size, width + 1)))
        width = size
    output = np.zeros((n_classes, width + 1))
    free = n_classes if free_output else n_classes - 1
    output[:free] = weight_scale * generator.standard_normal((free, width + 1))
    if not bias:
        for layer in (*layers, output):
            layer[:, 0] = 0.0
    return NetworkParams.of_layers(layers, output)


def check_network_params(
    params: NetworkParams,
    hidden_units: int | tuple[int, ...],
    n_inputs: int,
    n_classes: int,
    *,
    bias: bool = True,
    free_output: bool = False,
) -> None:
    """Layers, shapes, finite numbers, what is held at 0. Raises EngineError where a start has other ones."""
    sizes = sizes_of(hidden_units)
    if len(params.layers) != len(sizes):
        has = "1 hidden layer" if len(params.layers) == 1 else f"{len(params.layers)} hidden layers"
        raise EngineError(f"the start has {has}: give it {len(sizes)}, as the model has.")
    # a class of which these rows have none may still have output weights: predictions then keep it
    n_classes = max(n_classes, len(params.output)) if params.output.ndim == 2 else n_classes
    names = ("hidden", *(f"hidden layer {number}" for number in range(2, len(sizes) + 1)))
    shapes = [(size, width + 1) for size, width in zip(sizes, (n_inputs, *sizes), strict=False)]
    wanted = (*zip(names, params.layers, shapes, strict=True), ("output", params.output, (n_classes, sizes[-1] + 1)))
    for name, array, shape in wanted:
        if array.shape != shape:
            what = "classes" if name == "output" else "units"
            raise EngineError(
                f"{name} of the start must have the shape {shape} "
                f"({shape[0]} {what}, a bias and {shape[1] - 1} inputs), not {array.shape}."
            )
        if not np.all(np.abs(array) <= LARGEST_WEIGHT):
            raise EngineError(f"{name} of the start must be finite numbers of at most {LARGEST_WEIGHT:zg}.")
    if not free_output and np.any(params.output[-1] != 0):
        raise EngineError(
            "the last row of output must be zero: the last class is the one that others are held against (free_output "
            "sets it free)."
        )
    if not bias and any(np.any(layer[:, 0] != 0) for layer in (*params.layers, params.output)):
        raise EngineError(
            "the first column of every layer must be zero: bias=no holds the biases there; take bias=yes for this "
            "start."
        )


def sigmoids(a: Array) -> tuple[Array, Array]:
    """σ(a) and 1 − σ(a) = σ(−a), both to full relative precision, whatever the size of a."""
    small = np.exp(-np.abs(a))
    large = 1.0 / (1.0 + small)
    small *= large
    positive = a >= 0
    return np.where(positive, large, small), np.where(positive, small, large)


def sigmoid(a: Array) -> Array:
    """σ(a) alone."""
    small = np.exp(-np.abs(a))
    large = 1.0 / (1.0 + small)
    small *= large
    return np.where(a >= 0, large, small)


def softplus(a: Array) -> Array:
    """ln(1 + exp a) = −ln σ(−a)."""
    return np.asarray(np.maximum(a, 0.0) + np.log1p(np.exp(-np.abs(a))))


def log_weight_prior(params: NetworkParams, weight_decay: float) -> float:
    """ln p(θ) = −(weight_decay/2) Σ w², over the weights of every layer; biases are free, the constant is left out."""
    if weight_decay == 0.0:
        return 0.0
    weights = (layer[:, 1:] for layer in (*params.layers, params.output))
    return -0.5 * weight_decay * float(sum(np.vdot(w, w) for w in weights))


def log_layer_prior(weights: Array, weight_decay: float) -> float:
    """−(weight_decay/2) Σ w² of one layer, biases free."""
    return -0.5 * weight_decay * float((weights[:, 1:] ** 2).sum())


def decay_of(weights: Array, weight_decay: float) -> Array:
    """weight_decay · w with 0 for the bias in the first column: minus the gradient of the log prior."""
    decayed = weight_decay * weights
    decayed[:, 0] = 0.0
    return decayed


def n_network_parameters(params: NetworkParams, held: Held) -> int:
    """m(p+1) weights and biases of the hidden units (of each layer), g(m+1) of the output, less those that are held."""
    fixed = sum(int(np.count_nonzero(~np.isnan(values))) for values in held.values())
    return sum(layer.size for layer in (*params.layers, params.output)) - fixed
