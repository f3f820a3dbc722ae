r"""The network of `LatentMLP` trained by backpropagation, stepped like EM: E looks, M is one epoch.

    forward    ln p(y | x) = ln softmax_y(V [1, u])            the usual network (Rumelhart, Hinton & Williams 1986)
    marginal   ln p(y | x) = ln Σ_z p(z | x) o_y(z)            the objective of EM; its gradient is that of Q at θ_q = θ

Numbers are learned by −½ Σ (y − Vᵀ[1, u])², and σ² is fitted to what is left after each epoch: see `backprop_epoch`.

There is no latent variable to be unsure of: H = 0, the bound is the log-likelihood itself, and KL = 0 throughout.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from engine.arrays import Array, Rows
from engine.baselines.backprop_epoch import Recipe, epoch, log_likelihood
from engine.baselines.backprop_explanation import epoch_lines, forward_row, new_forward_row
from engine.baselines.epochs import InEpochs, NothingExpected
from engine.editing.entries import Entry
from engine.em.expectation import Expectation
from engine.em.inference import EXACT, Inference
from engine.em.maximization import Maximization
from engine.em.step import Step
from engine.errors import EngineError, OptionError
from engine.explain.derivation import Worked, WorkedLine
from engine.models.network import options
from engine.models.network.cost import MOST_EXACT, check_memory
from engine.models.network.data import NetworkRows, new_rows
from engine.models.network.multilayer_perceptron import MultilayerPerceptron, within_bounds
from engine.models.network.optimizer_state import OptimizerState, SteppedParams
from engine.models.network.params import NetworkParams
from engine.models.network.predict import activities, forward_probabilities, predictive
from engine.models.optimizers import moved_in_words, without_bound
from engine.options import option


@dataclass(frozen=True)
class BackpropParams(SteppedParams):
    """θ as in `NetworkParams`, in one hidden layer or several, and what the optimiser carries on."""


@dataclass(frozen=True)
class BackpropMLP(InEpochs, MultilayerPerceptron[BackpropParams]):
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
    hides: ClassVar[bool] = False

    hidden_units: int | tuple[int, ...] = options.hidden_units()
    optimizer: str = option(
        "sgd", "one row a step, all rows, with momentum, or Adam", choices=("sgd", "batch", "momentum", "adam")
    )
    loss: str = option("forward", "the usual forward pass, or EM's own marginal", choices=("forward", "marginal"))
    learning_rate: float = option(0.005, "of a step, summed over its rows", minimum=0.0, exclusive_minimum=True)
    batch_size: int | None = option(None, "rows a step; auto: 1 for sgd, else all", kind="int", minimum=1)
    weight_decay: float = options.weight_decay()
    weight_scale: float = options.weight_scale()
    bias: bool = options.bias()
    free_output: bool = options.free_output()
    likelihood: str = options.likelihood()

    def __post_init__(self) -> None:
        """Check the options, and say what the objective is for this loss."""
        super().__post_init__()
        if self.loss == "marginal" and isinstance(self.hidden_units, tuple):
            raise OptionError("loss=marginal is for one hidden layer: take loss=forward for several.")
        label = "log-likelihood" if self.loss == "marginal" else "forward log-likelihood"
        object.__setattr__(self, "objective_label", label)
        object.__setattr__(self, "row_order_matters", self.steps_on_parts)

    @property
    def forward_pass(self) -> bool:
        """By what it was trained for."""
        return self.loss == "forward"

    @property
    def m_step_passes(self) -> int:
        """One for an epoch, forward and back; for the marginal one for each of the 2^m configurations."""
        return 1 if self.loss == "forward" else 2 ** self.sizes[0]

    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> NetworkRows:
        """Check inputs and targets; for the marginal, that its 2^m configurations are few enough."""
        rows = super().observe(X, y, sample_weight)
        if self.loss == "marginal":
            check_memory(rows.n_rows, self.sizes[0], "loss=forward")
            if self.sizes[0] > MOST_EXACT:
                raise OptionError(
                    f"loss=marginal sums over 2^{self.sizes[0]} hidden configurations of every row in every step: take "
                    f"loss=forward, or at most {MOST_EXACT} hidden units."
                )
        return rows

    def start(self, data: NetworkRows, generator: np.random.Generator) -> BackpropParams:
        """The start of `LatentMLP` with the same seed, and the seed of the epochs' shuffling."""
        begun = self.drawn(data, generator)
        return _carrying(begun, OptimizerState.fresh(begun, int(generator.integers(2**31))))

    def seeded(self, params: BackpropParams, data: NetworkRows, generator: np.random.Generator) -> BackpropParams:
        """A given start visits the rows in the order that a drawn one of the same seed does."""
        if params.state is not None:
            return params
        drawn = self.start(data, generator).state
        assert drawn is not None
        return replace(params, state=OptimizerState.fresh(params, int(drawn.seed)))

    def check_params(self, params: Any, data: NetworkRows) -> BackpropParams:
        """Shapes, finite numbers and the reference class; parameters of `LatentMLP` will do as well."""
        if not isinstance(params, NetworkParams):
            raise EngineError(f"start must be BackpropMLP.Params(...), not {type(params).__name__}.")
        self.check_weights(params, data)
        return _carrying(params, params.state if isinstance(params, BackpropParams) else None)

    def expect(self, params: BackpropParams, data: NetworkRows, inference: Inference = EXACT) -> Expectation:
        """Look: the log-likelihood of the loss. There is nothing to expect."""
        return Expectation(NothingExpected(), log_likelihood(params, data, self.loss), 0.0)

    def maximize(
        self, expectation: Expectation, params: BackpropParams, data: NetworkRows
    ) -> Maximization[BackpropParams]:
        """One epoch. Nothing makes it rise: where the objective falls, an event says by how much."""
        state = params.state if params.state is not None else OptimizerState.fresh(params, 0)
        rows_a_step, held = self.rows_a_step(data.n_rows), self.held(params)
        recipe = Recipe(self.optimizer, self.loss, self.learning_rate, self.weight_decay, rows_a_step, held)
        after, state = epoch(params, state, data, recipe)
        if not within_bounds(after):
            return Maximization(params, (without_bound(self.learning_rate),))
        moved = _carrying(after, state)
        before = expectation.log_likelihood + self.log_prior(params, data)
        fell = before - log_likelihood(moved, data, self.loss) - self.log_prior(moved, data)
        return Maximization(moved, () if fell <= 0.0 else (self.lower_by(fell),))

    def q_value(self, expectation: Expectation, params: BackpropParams, data: NetworkRows) -> float:
        """The log-likelihood: with no latent variable it is its own bound."""
        return log_likelihood(params, data, self.loss)

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
        how = moved_in_words(self.optimizer, rows.n_rows, self.rows_a_step(rows.n_rows))
        return epoch_lines(step, entry, after, self.loss, self.weight_decay, self.learning_rate, how)


def _carrying(params: NetworkParams, state: OptimizerState | None) -> BackpropParams:
    """The same θ, and what the optimiser carries on."""
    return BackpropParams(params.hidden, params.output, params.deeper, params.variances, state)
