r"""The network of `LatentMLP` trained by backpropagation, stepped like EM: E looks, M is one epoch.

    forward    ln p(y | x) = ln softmax_y(V [1, u])            the usual network (Rumelhart, Hinton & Williams 1986)
    marginal   ln p(y | x) = ln Σ_z p(z | x) o_y(z)            the objective of EM; its gradient is that of Q at θ_q = θ

Numbers are learned by −½ Σ (y − Vᵀ[1, u])², and σ² is fitted to what is left after each epoch: see `backprop_epoch`.

There is no latent variable to be unsure of: H = 0, the bound is the log-likelihood itself, and KL = 0 throughout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from engine.arrays import Array, IntArray, Rows
from engine.baselines.backprop_epoch import Recipe, epoch, log_likelihood
from engine.baselines.backprop_explanation import epoch_lines, forward_row, new_forward_row
from engine.editing.entries import Entry
from engine.em.expectation import Expectation
from engine.em.inference import EXACT, Inference
from engine.em.maximization import Event, Maximization
from engine.em.model import Ascent, Model
from engine.em.parameters import Held
from engine.em.prediction_report import Report
from engine.em.statistics import NotAdditive
from engine.em.step import Step
from engine.errors import EngineError, OptionError
from engine.explain.derivation import Worked, WorkedLine
from engine.explain.worked import Explains
from engine.models.network.cost import check_memory
from engine.models.network.data import (
    NetworkRows,
    network_rows,
    new_rows,
    number_rows,
    numbers_apart,
    rows_apart,
)
from engine.models.network.gaussian_output import (
    FOR_NUMBERS,
    LIKELIHOOD_SAID,
    LIKELIHOODS,
    check_variances,
    in_target_units,
    learns_numbers,
    log_variance_prior,
)
from engine.models.network.held import held_weights
from engine.models.network.optimizer_state import OptimizerState, SteppedParams
from engine.models.network.params import (
    LARGEST_WEIGHT,
    NetworkParams,
    check_network_params,
    draw_params,
    log_weight_prior,
    n_network_parameters,
    sizes_of,
)
from engine.models.network.predict import (
    activities,
    forward_probabilities,
    network_report,
    predicted_numbers,
    predictive,
)
from engine.options import option


@dataclass(frozen=True)
class BackpropParams(SteppedParams):
    """θ as in `NetworkParams`, in one hidden layer or several, and what the optimiser carries on."""


class NothingExpected(NotAdditive):
    """What an epoch begins with, beside θ."""

    why: ClassVar[str] = "an epoch visits its rows one after the other, so that parts of them do not add up."


@dataclass(frozen=True)
class BackpropMLP(Model[BackpropParams, NetworkRows], Explains):
    r"""A network with hidden layers of sigmoid units, trained by following the gradient of its log-likelihood.

    The objective is that of `LatentMLP` with the same prior, log_likelihood − (weight_decay/2) Σ w², biases free; with
    loss="marginal" it is the very same function of the same θ. Gradients are summed over the rows of a step, so that a
    learning rate means the same for single rows, for all at once and for EM's gradient M-step. The same seed gives the
    same starting weights as `LatentMLP`.

    Where numbers are learned, gradients are taken in units of the target's standard deviation and times σ², so that a
    learning rate means the same for any target and however small σ² becomes.

    An epoch of several steps visits the rows in a shuffled order of its own, so the order of the rows matters.
    """

    Params: ClassVar[type] = BackpropParams
    name: ClassVar[str] = "backprop"
    title: ClassVar[str] = "network trained by backpropagation"
    supervised: ClassVar[bool] = True
    takes_target: ClassVar[bool] = True
    for_numbers: ClassVar[Mapping[str, Any]] = FOR_NUMBERS
    hides: ClassVar[bool] = False
    size_option: ClassVar[str] = "hidden_units"
    responsibilities_sum_to_one: ClassVar[bool] = False  # a column is a unit: its activity u_h

    hidden_units: int | tuple[int, ...] = option(
        7, "how many hidden units; with commas, of each hidden layer", kind="sizes", minimum=1, maximum=10_000
    )
    optimizer: str = option(
        "sgd", "one row a step, all rows, with momentum, or Adam", choices=("sgd", "batch", "momentum", "adam")
    )
    loss: str = option("forward", "the usual forward pass, or EM's own marginal", choices=("forward", "marginal"))
    learning_rate: float = option(0.005, "of a step, summed over its rows", minimum=0.0, exclusive_minimum=True)
    batch_size: int | None = option(None, "rows a step; auto: 1 for sgd, else all", kind="int", minimum=1)
    weight_decay: float = option(0.0, "precision of the Gaussian prior on the weights", minimum=0.0, maximum=1e100)
    weight_scale: float = option(1.0, "standard deviation of the weights at the start", minimum=0.0, maximum=1e50)
    bias: bool = option(True, "each layer has biases; no: they are held at 0")
    free_output: bool = option(False, "output weights for every class; no: those of the last are held at 0")
    likelihood: str = option("auto", LIKELIHOOD_SAID, choices=LIKELIHOODS)

    def __post_init__(self) -> None:
        """Check the options, and say what the objective is for this loss."""
        super().__post_init__()
        if self.loss == "marginal" and isinstance(self.hidden_units, tuple):
            raise OptionError("loss=marginal is for one hidden layer: take loss=forward for several.")
        label = "log-likelihood" if self.loss == "marginal" else "forward log-likelihood"
        object.__setattr__(self, "objective_label", label)
        several = self.optimizer != "batch" and (self.optimizer == "sgd" or self.batch_size is not None)
        object.__setattr__(self, "row_order_matters", several)

    @property
    def compares_columns(self) -> bool:
        """Weights of one size begin on all of them."""
        return True

    @property
    def ascent(self) -> Ascent:
        """An epoch follows the gradient."""
        return "gradient"

    @property
    def forward_pass(self) -> bool:
        """By what it was trained for."""
        return self.loss == "forward"

    @property
    def m_step_passes(self) -> int:
        """One for an epoch, forward and back; for the marginal one for each of the 2^m configurations."""
        return 1 if self.loss == "forward" else 2 ** sizes_of(self.hidden_units)[0]

    def learns_numbers(self, y: Any) -> bool:
        """By `likelihood`, or by what y holds."""
        return learns_numbers(self.likelihood, y)

    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> NetworkRows:
        """Check inputs and targets; for the marginal, that its 2^m configurations fit into memory."""
        rows = (number_rows if self.learns_numbers(y) else network_rows)(X, y, sample_weight)
        if self.loss == "marginal":
            check_memory(rows.n_rows, sizes_of(self.hidden_units)[0], "loss=forward")
        return rows

    def observe_new(self, X: Any, params: BackpropParams) -> NetworkRows:
        """Rows to predict for, without targets. Raises DataError where they have other columns."""
        return new_rows(X, params.hidden.shape[1] - 1)

    def observe_apart(self, X: Any, y: Any, params: BackpropParams) -> NetworkRows:
        """Rows of weight 0 with their targets."""
        n_inputs = params.hidden.shape[1] - 1
        return numbers_apart(X, y, n_inputs) if params.numeric else rows_apart(X, y, n_inputs, len(params.output))

    def start(self, data: NetworkRows, generator: np.random.Generator) -> BackpropParams:
        """The start of `LatentMLP` with the same seed, and the seed of the epochs' shuffling."""
        drawn = draw_params(
            self.hidden_units, data.X.shape[1], data.n_classes, self.weight_scale, generator,
            bias=self.bias, free_output=self.free_output or data.numeric,
        )  # fmt: skip
        begun = in_target_units(drawn, data, bias=self.bias)
        return _carrying(begun, OptimizerState.fresh(begun, int(generator.integers(2**31))))

    def seeded(self, params: BackpropParams, data: NetworkRows, generator: np.random.Generator) -> BackpropParams:
        """A given start visits the rows in the order that a drawn one of the same seed does."""
        if params.state is not None:
            return params
        drawn = self.start(data, generator).state
        assert drawn is not None
        return replace(params, state=OptimizerState.fresh(params, int(drawn.seed)))

    def held(self, params: BackpropParams) -> Held:
        """Biases without `bias`, and the last row of the output but for `free_output`: at 0."""
        return held_weights(params, self.bias, self.free_output or params.numeric)

    def check_params(self, params: Any, data: NetworkRows) -> BackpropParams:
        """Shapes, finite numbers and the reference class; parameters of `LatentMLP` will do as well."""
        if not isinstance(params, NetworkParams):
            raise EngineError(f"start must be BackpropMLP.Params(...), not {type(params).__name__}.")
        check_network_params(
            params, self.hidden_units, data.X.shape[1], data.n_classes,
            bias=self.bias, free_output=self.free_output or data.numeric,
        )  # fmt: skip
        check_variances(params, data.numeric)
        data.check_classes(len(params.output))
        return _carrying(params, params.state if isinstance(params, BackpropParams) else None)

    def expect(self, params: BackpropParams, data: NetworkRows, inference: Inference = EXACT) -> Expectation:
        """Look: the log-likelihood of the loss. There is nothing to expect."""
        return Expectation(NothingExpected(), log_likelihood(params, data, self.loss), 0.0)

    def maximize(
        self, expectation: Expectation, params: BackpropParams, data: NetworkRows
    ) -> Maximization[BackpropParams]:
        """One epoch. Nothing makes it rise: where the objective falls, an event says by how much."""
        state = params.state if params.state is not None else OptimizerState.fresh(params, 0)
        rows_a_step, held = self._rows_a_step(data), self.held(params)
        recipe = Recipe(self.optimizer, self.loss, self.learning_rate, self.weight_decay, rows_a_step, held)
        after, state = epoch(params, state, data, recipe)
        largest = max(float(np.abs(layer).max()) for layer in (*after.layers, after.output))
        if not largest <= LARGEST_WEIGHT:
            message = f"with learning rate {self.learning_rate:zg} the weights grow without bound: take a smaller one"
            return Maximization(params, (Event(message, breaks_ascent=True, stops=True),))
        moved = _carrying(after, state)
        before = expectation.log_likelihood + self.log_prior(params, data)
        fell = before - log_likelihood(moved, data, self.loss) - self.log_prior(moved, data)
        if fell <= 0.0:
            return Maximization(moved)
        why = {
            "batch": f"the step with learning rate {self.learning_rate:zg} was too long",
            "momentum": "steps with momentum follow past gradients, and may go too far",
            "adam": "Adam's steps follow past gradients, and may go too far",
            "sgd": "steps for a few rows at a time need not raise it for all of them",
        }
        message = f"the objective fell by {fell:z.3g} in this epoch: {why[self.optimizer]}"
        return Maximization(moved, (Event(message, breaks_ascent=True),))

    def _rows_a_step(self, data: NetworkRows) -> int:
        if self.optimizer == "batch":
            return data.n_rows
        usual = 1 if self.optimizer == "sgd" else data.n_rows
        return min(data.n_rows, usual if self.batch_size is None else self.batch_size)

    def q_value(self, expectation: Expectation, params: BackpropParams, data: NetworkRows) -> float:
        """The log-likelihood: with no latent variable it is its own bound."""
        return log_likelihood(params, data, self.loss)

    def log_prior(self, params: BackpropParams, data: NetworkRows) -> float:
        """−(weight_decay/2) Σ w² over the weights of all layers, biases free, and −½ ρ/σ²; without constants."""
        return log_weight_prior(params, self.weight_decay) + log_variance_prior(params, data)

    def responsibilities(
        self, params: BackpropParams, data: NetworkRows, rows: Rows, inference: Inference = EXACT
    ) -> Array:
        """(len(rows), Σ m_l) the activity u_h of each unit, layer after layer, which knows nothing of the target."""
        some = data.take(rows)
        return some.in_user_order(np.hstack(activities(params.layers, some.design)))

    def entropy(self, params: BackpropParams, data: NetworkRows, inference: Inference = EXACT) -> float:
        """0: nothing is latent."""
        return 0.0

    def predict_proba(self, params: BackpropParams, data: NetworkRows) -> Array:
        """(n, g) by the forward pass, or by the marginal where that was trained; of numbers (n, m_L) the activities."""
        if params.numeric:
            return data.in_user_order(activities(params.layers, data.design)[-1])
        if self.loss == "forward":
            return data.in_user_order(forward_probabilities(params, data.design))
        return data.in_user_order(predictive(params, data.design).probabilities)

    def predict_mean(self, params: BackpropParams, data: NetworkRows) -> Array:
        """(n,) Vᵀ[1, u], where numbers are learned."""
        return predicted_numbers(params, data.design) if params.numeric else super().predict_mean(params, data)

    def reports(self, params: BackpropParams, X: Any, targets: Any) -> dict[str, Report]:
        """By the marginal, and by the usual forward pass."""
        return dict(network_report(params, X, targets).items())

    def relabel(self, params: BackpropParams, order: IntArray) -> BackpropParams | None:
        """The hidden units of one layer in another order; those of several layers don't change places."""
        other = super().relabel(params, order) if params.deeper is None else None
        if other is None or params.state is None:
            return other
        return replace(other, state=params.state.relabelled(order))

    def n_parameters(self, params: BackpropParams) -> int:
        """m(p+1) + (g−1)(m+1), and m_l(m_(l−1)+1) for each further layer: every weight that isn't held."""
        return n_network_parameters(params, self.held(params))

    def worked_row(self, step: Step, row: int) -> Worked:
        """The forward pass, and δ carried back."""
        return forward_row(step, row, self.loss)

    def worked_new_row(self, step: Step, x: Array) -> Worked:
        """The forward pass of a row whose target is not used. Raises DataError for another number of inputs."""
        return new_forward_row(step.params, new_rows(x[None], step.params.hidden.shape[1] - 1).X[0])

    def parameter_lines(self, step: Step, entry: Entry, after: Any) -> list[WorkedLine]:
        """δ · input of the rows that pull most, the slope, and what the epoch made of it."""
        rows = step.problem.data
        assert isinstance(rows, NetworkRows)
        steps = -(-rows.n_rows // self._rows_a_step(rows))
        own = f"{self.optimizer} moved it in {steps:,} steps, each by the slope of its own rows"
        how = own if steps > 1 else f"{self.optimizer} moved it"
        return epoch_lines(step, entry, after, self.loss, self.weight_decay, self.learning_rate, how)


def _carrying(params: NetworkParams, state: OptimizerState | None) -> BackpropParams:
    """The same θ, and what the optimiser carries on."""
    return BackpropParams(params.hidden, params.output, params.deeper, params.variances, state)
