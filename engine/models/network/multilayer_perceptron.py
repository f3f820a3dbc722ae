"""What a network is however it is trained: its rows, its start, what it holds, its prior, and how it predicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

import numpy as np

from engine.arrays import Array, IntArray
from engine.em.model import Model
from engine.em.parameters import Held
from engine.em.prediction_report import Report
from engine.em.step import Step
from engine.explain.worked import Explains
from engine.models.network.data import NetworkRows, network_rows, new_rows, number_rows, numbers_apart, rows_apart
from engine.models.network.gaussian_output import (
    FOR_NUMBERS,
    check_variances,
    in_target_units,
    learns_numbers,
    log_variance_prior,
)
from engine.models.network.held import held_weights
from engine.models.network.optimizer_state import SteppedParams
from engine.models.network.params import (
    LARGEST_WEIGHT,
    NetworkParams,
    check_network_params,
    draw_params,
    log_weight_prior,
    n_network_parameters,
    sizes_of,
)
from engine.models.network.predict import network_report, predicted_numbers
from engine.models.network.separation import HELD_BY, NO_MAXIMUM, tells_apart

W = TypeVar("W", bound=NetworkParams)


class MultilayerPerceptron(Model[W, NetworkRows], Explains):
    """Layers of hidden units under an output. A subclass declares its options (`network.options`) and trains it."""

    supervised: ClassVar[bool] = True
    remarks_warn = True
    takes_target: ClassVar[bool] = True
    for_numbers: ClassVar[Mapping[str, Any]] = FOR_NUMBERS
    size_option: ClassVar[str] = "hidden_units"
    responsibilities_sum_to_one: ClassVar[bool] = False  # a column is a unit

    hidden_units: int | tuple[int, ...]
    weight_decay: float
    weight_scale: float
    bias: bool
    free_output: bool
    likelihood: str

    @property
    def compares_columns(self) -> bool:
        """Weights of one size begin on all of them."""
        return True

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many units each hidden layer has."""
        return sizes_of(self.hidden_units)

    def learns_numbers(self, y: Any) -> bool:
        """By `likelihood`, or by what y holds."""
        return learns_numbers(self.likelihood, y)

    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> NetworkRows:
        """Check inputs and targets, and sort the rows by class."""
        return (number_rows if self.learns_numbers(y) else network_rows)(X, y, sample_weight)

    def observe_new(self, X: Any, params: W) -> NetworkRows:
        """Rows to predict for, without targets. Raises DataError where they have other columns."""
        return new_rows(X, params.hidden.shape[1] - 1)

    def observe_apart(self, X: Any, y: Any, params: W) -> NetworkRows:
        """Rows of weight 0 with their targets."""
        n_inputs = params.hidden.shape[1] - 1
        return numbers_apart(X, y, n_inputs) if params.numeric else rows_apart(X, y, n_inputs, len(params.output))

    def drawn(self, data: NetworkRows, generator: np.random.Generator) -> NetworkParams:
        """Weights and biases from a normal distribution of standard deviation `weight_scale`, 0 where held.

        Where numbers are learned, those of the output are in units of the target's standard deviation, about its mean.
        """
        params = draw_params(
            self.hidden_units, data.X.shape[1], data.n_classes, self.weight_scale, generator,
            bias=self.bias, free_output=self.free_output or data.numeric,
        )  # fmt: skip
        return in_target_units(params, data, bias=self.bias)

    def check_weights(self, params: NetworkParams, data: NetworkRows) -> None:
        """Shapes, finite numbers, what is held at 0, and the classes. Raises EngineError."""
        check_network_params(
            params, self.hidden_units, data.X.shape[1], data.n_classes,
            bias=self.bias, free_output=self.free_output or data.numeric,
        )  # fmt: skip
        check_variances(params, data.numeric)
        data.check_classes(len(params.output))

    def held(self, params: W) -> Held:
        """Biases without `bias`, and the last row of the output but for `free_output`: at 0."""
        return held_weights(params, self.bias, self.free_output or params.numeric)

    def log_prior(self, params: W, data: NetworkRows) -> float:
        """−(weight_decay/2) Σ w² over the weights of all layers, biases free, and −½ ρ/σ²; without constants."""
        return log_weight_prior(params, self.weight_decay) + log_variance_prior(params, data)

    def predict_mean(self, params: W, data: NetworkRows) -> Array:
        """(n,) E[y | x] = vᵀ[1, u], where numbers are learned."""
        return predicted_numbers(params, data.design) if params.numeric else super().predict_mean(params, data)

    def predicts_numbers(self, params: W) -> bool:
        """Whether it has a variance, and so one linear output."""
        return params.numeric

    def reports(self, params: W, X: Any, targets: Any, weights: Array | None = None) -> dict[str, Report]:
        """By the marginal, and by the usual forward pass."""
        return dict(network_report(params, X, targets, sample_weight=weights).items())

    def relabel(self, params: W, order: IntArray) -> W | None:
        """The hidden units of one layer in another order; those of several layers don't change places."""
        other = super().relabel(params, order) if params.deeper is None else None
        if isinstance(other, SteppedParams) and other.state is not None:
            return replace(other, state=other.state.relabelled(order))
        return other

    def without_maximum(self, params: W, data: NetworkRows) -> tuple[str, str]:
        """Where the classes are told apart, and no weight decay holds the weights."""
        flies = self.weight_decay == 0.0 and tells_apart(params, data, forward=self.forward_pass and not self.hides)
        return (NO_MAXIMUM, HELD_BY) if flies else ("", "")

    def remarks(self, step: Step) -> tuple[str, ...]:
        """That there is no maximum to come to, unless the reason to stop says so."""
        data = step.problem.data
        if not isinstance(data, NetworkRows) or (step.rest is not None and step.rest.said.endswith(NO_MAXIMUM)):
            return ()
        said, remedy = self.without_maximum(step.params, data)
        return (f"{said}: {remedy}",) if said else ()

    def n_parameters(self, params: W) -> int:
        """m(p+1) + (g−1)(m+1), and m_l(m_(l−1)+1) for each further layer: every weight that isn't held."""
        return n_network_parameters(params, self.held(params))


def within_bounds(params: NetworkParams) -> bool:
    """Every weight can be computed with."""
    return max(float(np.abs(layer).max()) for layer in (*params.layers, params.output)) <= LARGEST_WEIGHT
