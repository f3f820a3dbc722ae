r"""M-steps of the network: Q + ln p(θ) is a sum of concave functions, one for each layer.

gradient   θ ← θ + learning_rate · ∇(Q + ln p)      summed over the rows: generalised EM, and too long a step may fall
newton     Newton's method (IRLS) on each layer; a step is halved until its layer's part of Q + ln p rises
lbfgs      each layer's part maximised by L-BFGS (Liu & Nocedal 1989)
ecm        conditional maximisation: the hidden layers, then the output weights v_i of one class after the other, the
           other classes' held fixed (Meng & Rubin 1993; Ng & McLachlan 2004, §III-B): small systems for many classes

Only `gradient` can lower the objective; it says so when it does.

Where numbers are learned, the output is a linear regression, and newton, lbfgs and ecm take its maximum: see
`gaussian_m_step`.

What a model holds (`LatentMLP.held`) stays as it is to the bit; without `held` that is the last row of V, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from engine.arrays import Array
from engine.em.parameters import Held
from engine.models.network.data import NetworkRows
from engine.models.network.e_steps.mean_field import Factorised
from engine.models.network.expectation import (
    NetworkExpectation,
    Targets,
    hidden_gradient,
    hidden_value,
    output_gradient,
    output_value,
)
from engine.models.network.gaussian_m_step import climbed, fitted
from engine.models.network.held import Mask, Moved, hold
from engine.models.network.newton import newton_on_hidden, newton_on_output
from engine.models.network.params import NetworkParams, log_layer_prior

M_STEPS = ("gradient", "newton", "lbfgs", "ecm")


@np.errstate(over="ignore", invalid="ignore")  # weights that grew without bound are told by the model
def gradient_step(
    statistics: NetworkExpectation,
    params: NetworkParams,
    rows: NetworkRows,
    weight_decay: float,
    learning_rate: float,
    held: Held | None = None,
) -> NetworkParams:
    """θ + learning_rate · ∇(Q + ln p), both layers at once; the gradient is the sum over the rows."""
    moved = Moved.of(params, held)
    gradients = [
        hidden_gradient(part, layer, inputs, weight_decay)
        for part, layer, inputs in _hidden_parts(statistics, params, rows)
    ]
    hold(gradients, moved.layers)
    layers = [layer + learning_rate * each for layer, each in zip(params.layers, gradients, strict=True)]
    if params.numeric:
        return climbed(statistics, params, rows, layers, weight_decay, learning_rate, moved)
    output = params.output.copy()
    output[: len(moved.classes)] += learning_rate * _free_gradient(statistics, output, moved, weight_decay)
    return NetworkParams.of_layers(layers, output)


def _free_gradient(statistics: NetworkExpectation, output: Array, moved: Moved, weight_decay: float) -> Array:
    """(k, m+1) that of the rows of V that move, 0 where an entry is held."""
    gradient = output_gradient(statistics, output, weight_decay, moved.classes)
    if moved.output is not None:
        hold([gradient], [moved.output[: len(gradient)]])
    return gradient


def _hidden_parts(
    statistics: NetworkExpectation, params: NetworkParams, rows: NetworkRows
) -> list[tuple[Targets, Array, NetworkRows]]:
    """What each hidden layer is to learn, its matrix, and its inputs; layers don't touch each other in Q."""
    deeper = zip(statistics.deeper, params.layers[1:], strict=True)
    return [(statistics, params.hidden, rows), *((part, layer, part.rows) for part, layer in deeper)]


def surely_rises(statistics: NetworkExpectation, rows: NetworkRows, weight_decay: float, learning_rate: float) -> bool:
    """A gradient step of this length can't lower Q + ln p: learning_rate · L ≤ 2, L the largest curvature there can be.

    L ≤ ¼ Σ_j weight_j ‖[1, x_j]‖² + weight_decay for the hidden units, since u(1 − u) ≤ ¼, and
    L ≤ ½ Σ_z N(z) ‖[1, z]‖² + weight_decay for the output (Böhning 1992, Ann. Inst. Statist. Math. 44:197); z² = z.
    """
    if isinstance(statistics.configurations, Factorised):
        return False  # its curvature is that of other distributions of z than its moments are of
    inputs = (rows, *(part.rows for part in statistics.deeper))
    hidden = max(0.25 * one.squared_norms for one in inputs)
    if rows.numeric:
        return learning_rate * (hidden + weight_decay) <= 2.0  # a step of V is short enough by itself
    curvature = max(hidden, 0.5 * float(statistics.class_moments.sum()))
    return learning_rate * (curvature + weight_decay) <= 2.0


def newton_step(
    statistics: NetworkExpectation,
    params: NetworkParams,
    rows: NetworkRows,
    weight_decay: float,
    steps: int,
    held: Held | None = None,
) -> NetworkParams:
    """At most this many Newton steps on each layer, each one an ascent; of steps that do the same, the shortest."""
    moved = Moved.of(params, held)
    return _climb(statistics, params, rows, weight_decay, steps, moved, [moved.classes])


def ecm_step(
    statistics: NetworkExpectation,
    params: NetworkParams,
    rows: NetworkRows,
    weight_decay: float,
    steps: int,
    held: Held | None = None,
) -> NetworkParams:
    """The hidden layer, then class after class of the output, the others' weights held fixed."""
    moved = Moved.of(params, held)
    return _climb(statistics, params, rows, weight_decay, steps, moved, [range(i, i + 1) for i in moved.classes])


def _climb(
    statistics: NetworkExpectation,
    params: NetworkParams,
    rows: NetworkRows,
    weight_decay: float,
    steps: int,
    moved: Moved,
    parts: Sequence[range],
) -> NetworkParams:
    """Newton steps on each hidden layer, then on the output, one part of its classes after the other."""
    hidden = zip(_hidden_parts(statistics, params, rows), moved.layers, strict=True)
    layers = [_climb_hidden(*part, weight_decay, steps, mask) for part, mask in hidden]
    if params.numeric:
        return fitted(statistics, params, rows, layers, weight_decay, moved)
    output = params.output
    for part in parts:
        output = _climb_output(statistics, output, part, weight_decay, steps, moved)
    return NetworkParams.of_layers(layers, output)


def lbfgs_step(
    statistics: NetworkExpectation,
    params: NetworkParams,
    rows: NetworkRows,
    weight_decay: float,
    held: Held | None = None,
) -> NetworkParams:
    """Each layer maximised by L-BFGS; where rounding has left it lower, the layer stays as it was."""
    moved = Moved.of(params, held)
    k = len(moved.classes)

    def of_hidden(part: Targets, inputs: NetworkRows, hidden: Array) -> tuple[float, Array]:
        value = float(hidden_value(part, hidden, inputs).sum()) + log_layer_prior(hidden, weight_decay)
        return value, hidden_gradient(part, hidden, inputs, weight_decay)

    def of_output(free: Array) -> tuple[float, Array]:
        output = np.vstack([free, params.output[k:]])
        value = output_value(statistics, output) + log_layer_prior(free, weight_decay)
        return value, output_gradient(statistics, output, weight_decay, moved.classes)

    parts = zip(_hidden_parts(statistics, params, rows), moved.layers, strict=True)
    layers = [_lbfgs(partial(of_hidden, part, inputs), layer, mask) for (part, layer, inputs), mask in parts]
    if params.numeric:
        return fitted(statistics, params, rows, layers, weight_decay, moved)
    output = params.output.copy()
    output[:k] = _lbfgs(of_output, params.output[:k], None if moved.output is None else moved.output[:k])
    return NetworkParams.of_layers(layers, output)


def _lbfgs(value_and_gradient: Callable[[Array], tuple[float, Array]], start: Array, held: Mask | None) -> Array:
    from scipy.optimize import minimize

    free = np.ones(start.shape, dtype=bool) if held is None else ~held
    if not free.any():
        return start

    def placed(flat: Array) -> Array:
        whole = start.copy()
        whole[free] = flat
        return whole

    def downhill(flat: Array) -> tuple[float, Array]:
        value, gradient = value_and_gradient(placed(flat))
        return -value, -gradient[free]

    found = minimize(downhill, start[free], jac=True, method="L-BFGS-B", options={"maxiter": 100, "ftol": 1e-10})
    better = np.isfinite(found.x).all() and found.fun <= downhill(start[free])[0]
    return placed(found.x) if better else start


def _climb_hidden(
    statistics: Targets,
    hidden: Array,
    rows: NetworkRows,
    weight_decay: float,
    steps: int,
    held: Mask | None = None,
) -> Array:
    for step in newton_on_hidden(statistics, hidden, rows, weight_decay, steps, held):
        hidden = step.after
    return hidden


def _climb_output(
    statistics: NetworkExpectation, output: Array, part: range, weight_decay: float, steps: int, moved: Moved
) -> Array:
    for step in newton_on_output(statistics, output, part, weight_decay, steps, moved):
        output = step.after
    return output
