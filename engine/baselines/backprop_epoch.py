"""One epoch of gradient ascent: its steps, its optimiser, and the gradients of both losses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, IntArray, freeze
from engine.models.mlp_estep import ExactEStep
from engine.models.mlp_exact import exact_posterior
from engine.models.mlp_expectation import hidden_gradient, output_gradient
from engine.models.mlp_params import NetworkParams, decay_of, sigmoids
from engine.models.mlp_predict import forward_log_probabilities
from engine.models.mlp_rows import NetworkRows, arranged

_FIRST_DECAY, _SECOND_DECAY, _EPSILON = 0.9, 0.999, 1e-8


@dataclass(frozen=True, eq=False)
class OptimizerState:
    """What an optimiser carries on, as a value.

    Attributes:
        seed: () of the shuffling.
        epochs: () epochs done.
        steps: () steps done, for Adam's correction of its first averages.
        first_hidden, second_hidden: (m, p+1) Adam's running means of the gradient and of its square.
        first_output, second_output: (g, m+1) the same.
    """

    seed: Array
    epochs: Array
    steps: Array
    first_hidden: Array
    second_hidden: Array
    first_output: Array
    second_output: Array

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        freeze(self)

    @classmethod
    def fresh(cls, params: NetworkParams, seed: int) -> OptimizerState:
        """Before the first epoch."""
        hidden, output, zero = np.zeros(params.hidden.shape), np.zeros(params.output.shape), np.zeros(())
        return cls(np.array(float(seed)), zero, zero, hidden, hidden, output, output)

    def relabelled(self, order: IntArray) -> OptimizerState:
        """For hidden units in another order."""
        columns = np.concatenate([[0], 1 + np.asarray(order)])
        return OptimizerState(
            self.seed, self.epochs, self.steps,
            self.first_hidden[order], self.second_hidden[order],
            self.first_output[:, columns], self.second_output[:, columns],
        )  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """How an epoch is made: the optimiser, the loss, and its numbers."""

    optimizer: str
    loss: str
    learning_rate: float
    weight_decay: float
    rows_a_step: int


def epoch(
    hidden: Array, output: Array, state: OptimizerState, rows: NetworkRows, recipe: Recipe
) -> tuple[Array, Array, OptimizerState]:
    """Every row once, `rows_a_step` at a time: the new hidden (m, p+1) and output (g, m+1), and what is carried on.

    The prior is shared out over the steps by the weight of their rows.
    """
    n, hidden, output = rows.n_rows, hidden.copy(), output.copy()
    optimizer = _Adam(state, recipe.learning_rate) if recipe.optimizer == "adam" else _Ascent(recipe.learning_rate)
    for step in _steps(state, n, recipe.rows_a_step):
        share = 1.0 if step is None else _weight(rows, step) / rows.total_weight
        if recipe.loss == "forward":
            of_hidden, of_output = forward_gradient(hidden, output, rows, step)
        else:
            some = rows if step is None else _some(rows, step)
            of_hidden, of_output = marginal_gradient(NetworkParams(hidden, output), some)
        if recipe.weight_decay > 0.0:
            of_hidden -= decay_of(hidden, share * recipe.weight_decay)
            of_output[:-1] -= decay_of(output[:-1], share * recipe.weight_decay)
        optimizer.move(hidden, output, of_hidden, of_output)
    return hidden, output, optimizer.carried_on(state)


def forward_gradient(
    hidden: Array, output: Array, rows: NetworkRows, chosen: IntArray | None = None
) -> tuple[Array, Array]:
    """∂/∂W and ∂/∂V of Σ_j weight_j ln softmax_{y_j}(V [1, u_j]), by the chain rule, over the chosen design rows.

    δ_i = [y = i] − softmax_i,   ∂v_i = Σ_j δ_ij [1, u_j],   ∂w_h = Σ_j (Σ_i δ_ij v_ih) u_hj (1 − u_hj) [1, x_j]
    """
    design = rows.design if chosen is None else rows.design[chosen]
    targets = rows.sorted_targets if chosen is None else rows.sorted_targets[chosen]
    u, not_u = sigmoids(design @ hidden.T)
    delta = -np.exp(forward_log_probabilities(output, u))
    delta[np.arange(len(delta)), targets] += 1.0
    if rows.weights is not None:
        delta *= (rows.weights if chosen is None else rows.weights[chosen])[:, None]
    of_output = np.empty(output.shape)
    of_output[:, 0] = delta.sum(axis=0)
    np.matmul(delta.T, u, out=of_output[:, 1:])
    of_output[-1] = 0.0
    back = delta @ output[:, 1:]
    back *= u
    back *= not_u
    return back.T @ design, of_output


def marginal_gradient(params: NetworkParams, rows: NetworkRows) -> tuple[Array, Array]:
    """∂/∂W and ∂/∂V of Σ_j weight_j ln Σ_z p(z | x_j) o_{y_j}(z): that of Q at θ_q = θ (Fisher's identity)."""
    statistics = ExactEStep().statistics(params, rows)
    of_output = np.zeros(params.output.shape)
    of_output[:-1] = output_gradient(statistics, params.output)
    return hidden_gradient(statistics, params.hidden, rows), of_output


def log_likelihood(params: NetworkParams, rows: NetworkRows, loss: str) -> float:
    """Σ_j weight_j ln p(y_j | x_j) as the loss has it, in nats."""
    if loss == "marginal":
        return rows.weighted_sum(exact_posterior(params, rows).log_evidence)
    u, _ = sigmoids(rows.design @ params.hidden.T)
    log_p = forward_log_probabilities(params.output, u)
    return rows.weighted_sum(log_p[np.arange(len(log_p)), rows.sorted_targets])


class _Ascent:
    """θ ← θ + learning_rate · gradient."""

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self.steps = 0

    def move(self, hidden: Array, output: Array, of_hidden: Array, of_output: Array) -> None:
        """One step, in place."""
        hidden += self.learning_rate * of_hidden
        output += self.learning_rate * of_output
        self.steps += 1

    def carried_on(self, state: OptimizerState) -> OptimizerState:
        """The state after this epoch."""
        return OptimizerState(
            state.seed, state.epochs + 1.0, state.steps + float(self.steps),
            state.first_hidden, state.second_hidden, state.first_output, state.second_output,
        )  # fmt: skip


class _Adam(_Ascent):
    """Kingma & Ba 2015, algorithm 1: steps scaled by running means of the gradient and of its square."""

    def __init__(self, state: OptimizerState, learning_rate: float) -> None:
        super().__init__(learning_rate)
        self.steps_before = int(state.steps)
        self.moments = [
            (state.first_hidden.copy(), state.second_hidden.copy()),
            (state.first_output.copy(), state.second_output.copy()),
        ]

    def move(self, hidden: Array, output: Array, of_hidden: Array, of_output: Array) -> None:
        """θ ← θ + learning_rate · m̂ / (√v̂ + ε), in place."""
        self.steps += 1
        t = self.steps_before + self.steps
        first_share, second_share = 1.0 - _FIRST_DECAY**t, 1.0 - _SECOND_DECAY**t
        for weights, gradient, (first, second) in zip(
            (hidden, output), (of_hidden, of_output), self.moments, strict=True
        ):
            first += (1.0 - _FIRST_DECAY) * (gradient - first)
            second += (1.0 - _SECOND_DECAY) * (gradient * gradient - second)
            weights += self.learning_rate * (first / first_share) / (np.sqrt(second / second_share) + _EPSILON)

    def carried_on(self, state: OptimizerState) -> OptimizerState:
        """The state after this epoch."""
        (first_hidden, second_hidden), (first_output, second_output) = self.moments
        return OptimizerState(
            state.seed, state.epochs + 1.0, state.steps + float(self.steps),
            first_hidden, second_hidden, first_output, second_output,
        )  # fmt: skip


def _steps(state: OptimizerState, n: int, rows_a_step: int) -> list[IntArray | None]:
    """The rows of each step, shuffled anew for each epoch; None for all of them as they stand."""
    if rows_a_step >= n:
        return [None]
    order = np.random.default_rng([int(state.seed), int(state.epochs)]).permutation(n)
    return [order[i : i + rows_a_step] for i in range(0, n, rows_a_step)]


def _weight(rows: NetworkRows, step: IntArray) -> float:
    return float(len(step) if rows.weights is None else rows.weights[step].sum())


def _some(rows: NetworkRows, step: IntArray) -> NetworkRows:
    """Rows of the design by themselves."""
    weight = None if rows.weights is None else rows.weights[step]
    return arranged(rows.design[step, 1:], rows.sorted_targets[step], weight, rows.n_classes)
