r"""One epoch of gradient ascent: its steps, its optimiser, and the gradients of both losses.

Where numbers are learned, V is moved in units of the target's standard deviation s, y about its mean:

    forward    σ²/s² · ∂/∂θ Σ ln N(y | Vᵀ[1, u], σ²): the gradient of −½ Σ ((y − Vᵀ[1, u])/s)², plain least squares
    marginal   that of Q, for V times σ²/s², as `LatentMLP` moves it

with the prior's gradient times the same, and after the epoch σ² goes to its maximum given V (for the marginal that of
Q after one more E-step).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.arrays import Array, IntArray
from engine.em.parameters import Held
from engine.models.network.data import NetworkRows, arranged
from engine.models.network.e_steps.e_step import ExactEStep
from engine.models.network.e_steps.exact import exact_posterior
from engine.models.network.expectation import hidden_gradient, output_gradient, squares_of
from engine.models.network.gaussian_output import best_variance, log_normal, means
from engine.models.network.held import Moved, hold
from engine.models.network.optimizer_state import OptimizerState
from engine.models.network.params import NetworkParams, decay_of, sigmoids
from engine.models.network.predict import activities, forward_log_probabilities
from engine.models.network.target_units import TargetUnits
from engine.models.optimizers import rows_of_steps


@dataclass(frozen=True)
class Recipe:
    """How an epoch is made: the optimiser, the loss, its numbers, and what is held of θ."""

    optimizer: str
    loss: str
    learning_rate: float
    weight_decay: float
    rows_a_step: int
    held: Held | None = None


@np.errstate(over="ignore", invalid="ignore")  # weights that grew without bound are told by the model
def epoch(
    params: NetworkParams, state: OptimizerState, rows: NetworkRows, recipe: Recipe
) -> tuple[NetworkParams, OptimizerState]:
    """Every row once, `rows_a_step` at a time: the new θ, and what is carried on.

    The prior is shared out over the steps by the weight of their rows.
    """
    moved = Moved.of(params, recipe.held)
    target = TargetUnits.of(params, rows, moved)
    n, weights = rows.n_rows, [*(layer.copy() for layer in params.layers), target.into(params.output)]
    optimizer = state.optimizer(recipe.optimizer, recipe.learning_rate)
    for step in rows_of_steps(int(state.seed), int(state.epochs), n, recipe.rows_a_step):
        share = 1.0
        if step is not None:
            share = (len(step) if rows.weights is None else float(rows.weights[step].sum())) / rows.total_weight
        if recipe.loss == "forward":
            gradients = layers_gradient(weights, rows, step, moved.classes, target)
        else:
            some = rows if step is None else _some(rows, step)
            here = NetworkParams(weights[0], target.out(weights[1]), variances=params.variances)
            gradients = list(marginal_gradient(here, some, moved.classes))
        if recipe.weight_decay > 0.0:
            of_hidden, of_output = target.precisions(recipe.loss, share * recipe.weight_decay)
            for gradient, layer in zip(gradients[:-1], weights[:-1], strict=True):
                gradient -= decay_of(layer, of_hidden)
            gradients[-1] -= decay_of(weights[-1], of_output)  # the reference's row is 0 and stays so
        hold(gradients, (*moved.layers, moved.output))
        optimizer.move(weights, gradients)
    after = NetworkParams.of_layers(weights[:-1], target.out(weights[-1]), params.variances)
    return _with_variance(after, rows, recipe.loss), state.after(optimizer)


def _with_variance(params: NetworkParams, rows: NetworkRows, loss: str) -> NetworkParams:
    """σ² at its maximum, where numbers are learned."""
    if params.variances is None:
        return params
    with np.errstate(all="ignore"):  # weights that grew without bound are told by the model
        if loss == "forward":
            squares = rows.weighted_sum((rows.about_mean - _forward_about(params, rows)) ** 2)
        else:
            found = squares_of(ExactEStep().statistics(params, rows), rows)
            squares = found.left(found.about(params.output))
    return replace(params, variances=best_variance(squares, rows))


def _forward_about(params: NetworkParams, rows: NetworkRows) -> Array:
    """(n,) Vᵀ[1, u] about the target's mean."""
    about = params.output.copy()
    about[0, 0] -= rows.centre
    return means(about, activities(params.layers, rows.design)[-1])


def layers_gradient(
    weights: list[Array],
    rows: NetworkRows,
    chosen: IntArray | None = None,
    classes: range | None = None,
    target: TargetUnits | None = None,
) -> list[Array]:
    """∂/∂W of each layer of Σ_j weight_j ln softmax_{y_j}(V [1, u_j]), by the chain rule, over the chosen design rows.

    δ_i = [y = i] − softmax_i,   ∂v_i = Σ_j δ_ij [1, u_j],   ∂w_h = Σ_j (Σ_i δ_ij v_ih) u_hj (1 − u_hj) [1, x_j];
    one hidden layer further down, the products in brackets are the δ, and so on. `weights` are W of each hidden layer
    and V; `classes` the rows of V that move, without it all but the last. Of numbers δ = (y − c)/s − Vᵀ[1, u], V in the
    units of `target`.
    """
    *layers, output = weights
    design = rows.design if chosen is None else rows.design[chosen]
    pairs = [sigmoids(design @ layers[0].T)]
    for layer in layers[1:]:
        pairs.append(sigmoids(pairs[-1][0] @ layer[:, 1:].T + layer[:, 0]))
    if rows.target is not None:
        assert target is not None
        y = rows.target if chosen is None else rows.target[chosen]
        delta = ((y - target.centre) / target.scale - means(output, pairs[-1][0]))[:, None]
    else:
        targets = rows.sorted_targets if chosen is None else rows.sorted_targets[chosen]
        delta = -np.exp(forward_log_probabilities(output, pairs[-1][0]))
        delta[np.arange(len(delta)), targets] += 1.0
    if rows.weights is not None:
        delta *= (rows.weights if chosen is None else rows.weights[chosen])[:, None]
    gradients = []
    for above, (u, not_u) in zip(reversed(weights[1:]), reversed(pairs), strict=True):
        gradient = np.empty(above.shape)
        gradient[:, 0] = delta.sum(axis=0)
        np.matmul(delta.T, u, out=gradient[:, 1:])
        gradients.append(gradient)
        delta = delta @ above[:, 1:]
        delta *= u
        delta *= not_u
    gradients[0][-1 if classes is None else len(classes) :] = 0.0
    return [delta.T @ design, *reversed(gradients)]


def marginal_gradient(params: NetworkParams, rows: NetworkRows, classes: range | None = None) -> tuple[Array, Array]:
    """∂/∂W and ∂/∂V of Σ_j weight_j ln Σ_z p(z | x_j) o_{y_j}(z): that of Q at θ_q = θ (Fisher's identity).

    Of numbers that of V is times σ²/s, with s the target's standard deviation.
    """
    statistics = ExactEStep().statistics(params, rows)
    if params.numeric:
        squares = squares_of(statistics, rows)
        slope = squares.slope(squares.about(params.output)) / np.sqrt(rows.spread)
        return hidden_gradient(statistics, params.hidden, rows), slope[None, :]
    of_output = np.zeros(params.output.shape)
    classes = range(len(of_output) - 1) if classes is None else classes
    of_output[: len(classes)] = output_gradient(statistics, params.output, classes=classes)
    return hidden_gradient(statistics, params.hidden, rows), of_output


def log_likelihood(params: NetworkParams, rows: NetworkRows, loss: str) -> float:
    """Σ_j weight_j ln p(y_j | x_j) as the loss has it, in nats."""
    if loss == "marginal":
        return rows.weighted_sum(exact_posterior(params, rows).log_evidence)
    if params.variances is not None:
        left = rows.about_mean - _forward_about(params, rows)
        return rows.weighted_sum(log_normal(left, float(params.variances[0])))
    log_p = forward_log_probabilities(params.output, activities(params.layers, rows.design)[-1])
    return rows.weighted_sum(log_p[np.arange(len(log_p)), rows.sorted_targets])


def _some(rows: NetworkRows, step: IntArray) -> NetworkRows:
    """Rows of the design by themselves."""
    if rows.numeric:
        return rows.take(step)
    weight = None if rows.weights is None else rows.weights[step]
    return arranged(rows.design[step, 1:], rows.sorted_targets[step], weight, rows.n_classes)
