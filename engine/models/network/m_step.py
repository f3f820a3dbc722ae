r"""M-steps of the network: Q + ln p(θ) is a sum of concave functions, one for each layer.

gradient   θ ← θ + learning_rate · ∇(Q + ln p)      summed over the rows: generalised EM, and too long a step may fall
newton     Newton's method (IRLS) on each layer; a step is halved until its layer's part of Q + ln p rises
lbfgs      each layer's part maximised by L-BFGS (Liu & Nocedal 1989)
ecm        conditional maximisation: the hidden layers, then the output weights v_i of one class after the other, the
           other classes' held fixed (Meng & Rubin 1993; Ng & McLachlan 2004, §III-B): small systems for many classes

Only `gradient` can lower the objective; it says so when it does.

What a model holds (`LatentMLP.held`) stays as it is to the bit; without `held` that is the last row of V, and no more.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from engine.arrays import Array, IntArray
from engine.em.parameters import Held
from engine.models.network.data import NetworkRows
from engine.models.network.e_step_mean_field import Factorised
from engine.models.network.expectation import (
    NetworkExpectation,
    Targets,
    hidden_gradient,
    hidden_value,
    output_gradient,
    output_value,
)
from engine.models.network.held import Mask, Moved, hold
from engine.models.network.params import NetworkParams, sigmoids

M_STEPS = ("gradient", "newton", "lbfgs", "ecm")
_LONGEST_HALVING = 40
_REST = 1e-10  # a Newton step that promises less than this share of its part's value is not taken


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
    layers = _climb_layers(statistics, params, rows, weight_decay, steps, moved)
    output = _climb_output(statistics, params.output, moved.classes, weight_decay, steps, moved)
    return NetworkParams.of_layers(layers, output)


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
    layers = _climb_layers(statistics, params, rows, weight_decay, steps, moved)
    output = params.output
    for i in moved.classes:
        output = _climb_output(statistics, output, range(i, i + 1), weight_decay, steps, moved)
    return NetworkParams.of_layers(layers, output)


def _climb_layers(
    statistics: NetworkExpectation,
    params: NetworkParams,
    rows: NetworkRows,
    weight_decay: float,
    steps: int,
    moved: Moved,
) -> list[Array]:
    parts = zip(_hidden_parts(statistics, params, rows), moved.layers, strict=True)
    return [_climb_hidden(*part, weight_decay, steps, mask) for part, mask in parts]


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
        value = float(hidden_value(part, hidden, inputs).sum()) + _log_prior(hidden, weight_decay)
        return value, hidden_gradient(part, hidden, inputs, weight_decay)

    def of_output(free: Array) -> tuple[float, Array]:
        output = np.vstack([free, params.output[k:]])
        value = output_value(statistics, output) + _log_prior(free, weight_decay)
        return value, output_gradient(statistics, output, weight_decay, moved.classes)

    output = params.output.copy()
    output[:k] = _lbfgs(of_output, params.output[:k], None if moved.output is None else moved.output[:k])
    parts = zip(_hidden_parts(statistics, params, rows), moved.layers, strict=True)
    layers = [_lbfgs(partial(of_hidden, part, inputs), layer, mask) for (part, layer, inputs), mask in parts]
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
    """Newton's method for every hidden unit by itself; their parts of Q don't touch each other."""

    def value(weights: Array) -> Array:
        penalty = 0.5 * weight_decay * (weights[:, 1:] ** 2).sum(axis=1)
        return np.asarray(hidden_value(statistics, weights, rows) - penalty)

    hidden, now = hidden.copy(), value(hidden)
    for _ in range(steps):
        gradient = hidden_gradient(statistics, hidden, rows, weight_decay)
        curvature = hidden_curvature(hidden, rows, weight_decay)
        if held is not None:
            hold([gradient], [held])
            _without(curvature, held)
        direction = np.asarray(np.linalg.solve(curvature, gradient[..., None])[..., 0], dtype=np.float64)
        promised = (gradient * direction).sum(axis=1)
        moving = promised > _REST * (1.0 + np.abs(now))
        length = moving.astype(np.float64)
        for _ in range(_LONGEST_HALVING):
            if not moving.any():
                break
            there = hidden + length[:, None] * direction
            reached = value(there)
            risen = moving & (reached >= now + 1e-4 * length * promised)
            hidden[risen], now[risen] = there[risen], reached[risen]
            moving &= ~risen
            length *= 0.5
        if not length.any():
            break
    return hidden


def _without(curvature: Array, held: Mask) -> None:
    """Take held entries out of systems (…, k, k) in place, so that their part of each solution is 0: held is (…, k)."""
    curvature[held] = 0.0
    np.swapaxes(curvature, -1, -2)[held] = 0.0
    *systems, place = np.nonzero(held)
    curvature[(*systems, place, place)] = 1.0


def hidden_curvature(hidden: Array, rows: NetworkRows, weight_decay: float) -> Array:
    """(m, p+1, p+1) −∂²(Q_w + ln p)/∂w_h² = Σ_j weight_j u_hj (1 − u_hj) [1, x_j][1, x_j]ᵀ + weight_decay I."""
    u, not_u = sigmoids(hidden @ rows.design.T)
    u *= not_u
    if rows.weights is not None:
        u *= rows.weights
    transposed = np.ascontiguousarray(rows.design.T)
    curvature = np.stack([(transposed * one) @ rows.design for one in u])
    return _with_decay(curvature, weight_decay, 0.25 * rows.total_weight * float((rows.design**2).mean(axis=0).max()))


def _climb_output(
    statistics: NetworkExpectation, output: Array, part: range, weight_decay: float, steps: int, moved: Moved
) -> Array:
    """Newton's method on the output weights of the classes in `part`, the others' held fixed.

    Where every row moves, one c may be added to all of them, and nothing changes. There the system gets a curvature of
    its own, and the step is the one without such a part: that of the smallest norm.
    """

    def value(weights: Array) -> float:
        return output_value(statistics, weights) + _log_prior(weights, weight_decay)

    chosen = slice(part.start, part.stop)
    held = None if moved.output is None else moved.output[chosen]
    level = moved.level_columns(part, output, weight_decay)
    output, now = output.copy(), value(output)
    for _ in range(steps):
        gradient = output_gradient(statistics, output, weight_decay, moved.classes)[chosen]
        curvature = output_curvature(statistics, output, part, weight_decay)
        if held is not None:
            hold([gradient], [held])
            _without(curvature, held.ravel())
        if len(level):
            _stiffened(curvature, level, gradient.shape, float(statistics.class_moments[:, 0].sum()))
        direction = np.linalg.solve(curvature, gradient.ravel()).reshape(gradient.shape)
        if len(level):
            direction[:, level] -= direction[:, level].mean(axis=0)  # 0 but for rounding
        promised = float(np.vdot(gradient, direction))
        if not promised > _REST * (1.0 + abs(now)):
            break
        length = 1.0
        for _ in range(_LONGEST_HALVING):
            there = output.copy()
            there[chosen] += length * direction
            reached = value(there)
            if reached >= now + 1e-4 * length * promised:
                output, now = there, reached
                break
            length *= 0.5
        else:
            break
    return output


def output_curvature(statistics: NetworkExpectation, output: Array, part: range, weight_decay: float) -> Array:
    """−∂²(Q_v + ln p)/∂v² for the classes in `part`, (k(m+1), k(m+1)) with k classes.

    Block (i, j) is Σ_z N(z) o_i(z) (δ_ij − o_j(z)) [1, z][1, z]ᵀ, and weight_decay I on the diagonal.
    """
    at, k, width = statistics.configurations.outputs(output), len(part), output.shape[1]
    blocks = np.empty((k, width, k, width))
    for a, i in enumerate(part):
        for b, j in enumerate(part[: a + 1]):
            block = at.second_moments(i, j, statistics.counts)
            blocks[a, :, b, :] = block
            blocks[b, :, a, :] = block.T
    curvature = blocks.reshape(k * width, k * width)
    return _with_decay(curvature, weight_decay, 0.25 * float(statistics.class_moments[:, 0].sum()), width)


def _stiffened(curvature: Array, level: IntArray, shape: tuple[int, int], most: float) -> None:
    """Add most · 11ᵀ/g to the blocks of these columns of V, in place: it acts on equal moves of all rows alone."""
    blocks = curvature.reshape(*shape, *shape)
    for column in level:
        blocks[:, column, :, column] += most / shape[0]


def _with_decay(curvature: Array, weight_decay: float, most: float, width: int | None = None) -> Array:
    """Add the prior's share on weights (not biases), and 1e-10 of the largest curvature that there can be.

    The latter only keeps the system solvable where saturated units leave it flat; the halving guards the ascent.
    """
    size = curvature.shape[-1]
    diagonal = np.full(size, weight_decay + 1e-10 * most)
    diagonal[:: size if width is None else width] -= weight_decay
    places = np.arange(size)
    curvature[..., places, places] += diagonal
    return curvature


def _log_prior(weights: Array, weight_decay: float) -> float:
    """−(weight_decay/2) Σ w² of one layer, biases free."""
    return -0.5 * weight_decay * float((weights[:, 1:] ** 2).sum())
