r"""θ of a mixture of experts, and a given start checked in plain words.

g_k(x) = softmax_k(γ_kᵀ[1, x]),  γ_K = 0           the gate
p_k(y = i | x) = softmax_i(v_kiᵀ[1, x]),  v_kg = 0      an expert for classes
p_k(y | x) = N(y | β_kᵀ[1, x], σ²_k)               an expert for numbers
                                    Jacobs, Jordan, Nowlan & Hinton 1991; Jordan & Jacobs 1994, Neural Computation 6:181
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Array, IntArray
from engine.em.parameters import Axis, Parameters, positive, real
from engine.errors import EngineError

LARGEST = 1e100  # beyond, products with the data and their squares would overflow


@dataclass(frozen=True)
class SoftmaxExperts(Parameters):
    """Experts for g classes: coefficients (K, g, p+1), the bias first; those of the last class are 0."""

    coefficients: Array = real("v", "coefficient", per="expert", of=("class", Axis("input", offset=-1)))


@dataclass(frozen=True)
class GaussianExperts(Parameters):
    """Experts for numbers: coefficients (K, p+1), the bias first, and the variance (K,) about each expert's line."""

    coefficients: Array = real("β", "coefficient", per="expert", of=Axis("input", offset=-1))
    variances: Array = positive("σ²", "variance", per="expert")


Experts = SoftmaxExperts | GaussianExperts


@dataclass(frozen=True)
class ExpertsParams(Parameters):
    """θ of K experts and their gate for p inputs.

    Attributes:
        gate: (K, p+1) γ_k, the bias first; the last row is zero: the last expert is the one that the others are held
            against.
        experts: `SoftmaxExperts` where classes are learned, `GaussianExperts` where numbers are.
    """

    component_noun: ClassVar[str] = "expert"

    gate: Array = real("γ", "gate weight", per="expert", of=Axis("input", offset=-1), latent=True, reference=True)
    experts: Experts = real("β", "coefficient", per="expert")

    def __post_init__(self) -> None:
        """Make the arrays read-only; a table of names, as in a file, becomes experts."""
        given = self.experts
        if isinstance(given, Mapping):
            kind = GaussianExperts if given.get("variances") is not None else SoftmaxExperts
            arrays = {name: array for name, array in given.items() if array is not None}
            try:
                object.__setattr__(self, "experts", kind(**arrays))
            except TypeError:
                raise EngineError("experts of the start must have coefficients, and variances or none.") from None
        elif not isinstance(given, SoftmaxExperts | GaussianExperts):
            raise EngineError("experts of the start must have coefficients, and variances or none.")
        super().__post_init__()

    @property
    def n_experts(self) -> int:
        """K."""
        return len(self.gate)

    @property
    def n_inputs(self) -> int:
        """p."""
        return int(self.gate.shape[1]) - 1


def reordered(params: ExpertsParams, order: IntArray) -> ExpertsParams:
    """The experts in another order; the gate is held against the one that is the last now, which changes no g_k."""
    gate = params.gate[order]
    gate = gate - gate[-1]
    experts: Experts
    if isinstance(params.experts, GaussianExperts):
        experts = GaussianExperts(params.experts.coefficients[order], params.experts.variances[order])
    else:
        experts = SoftmaxExperts(params.experts.coefficients[order])
    return type(params)(gate, experts)


def check_experts_params(params: ExpertsParams, n_experts: int, n_inputs: int, n_classes: int | None) -> None:
    """Shapes, finite numbers, references of zeros, variances above 0. Raises EngineError where it is otherwise.

    n_classes: g where the experts learn classes, None where they learn numbers.
    """
    K, width = n_experts, n_inputs + 1
    numeric = isinstance(params.experts, GaussianExperts)
    if numeric != (n_classes is None):
        wanted = "variances, since y holds numbers" if n_classes is None else "no variances, since y holds classes"
        raise EngineError(f"experts of the start must have {wanted}.")
    coefficients = params.experts.coefficients
    if coefficients.ndim == 3 and n_classes is not None:
        n_classes = max(n_classes, coefficients.shape[1])  # a class of which these rows have none may still be known
    shapes: dict[str, tuple[Array, tuple[int, ...]]] = {
        "gate": (params.gate, (K, width)),
        "coefficients": (coefficients, (K, width) if n_classes is None else (K, n_classes, width)),
    }
    if isinstance(params.experts, GaussianExperts):
        shapes["variances"] = (params.experts.variances, (K,))
    for name, (array, shape) in shapes.items():
        if array.shape != shape:
            raise EngineError(
                f"{name} of the start must have the shape {shape} ({K} experts, a bias and {n_inputs} inputs), "
                f"not {array.shape}."
            )
        if not np.all(np.abs(array) <= LARGEST):
            raise EngineError(f"{name} of the start must be finite numbers of at most {LARGEST:zg}.")
    if np.any(params.gate[-1] != 0):
        raise EngineError("the last row of gate must be zero: the last expert is the one that others are held against.")
    if isinstance(params.experts, GaussianExperts):
        if not np.all(params.experts.variances > 0):
            raise EngineError("variances of the start must be above 0.")
    elif np.any(coefficients[:, -1] != 0):
        raise EngineError(
            "coefficients of the last class must be zero in each expert: it is the one that others are held against."
        )
