r"""Newton's method (IRLS) on one layer of the network: steps of curvature⁻¹ · gradient, halved until Q + ln p rises.

Each step is a value, so that whoever asks sees what an M-step was made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, IntArray
from engine.models.network.data import NetworkRows
from engine.models.network.expectation import (
    NetworkExpectation,
    Targets,
    hidden_gradient,
    hidden_value,
    output_gradient,
    output_value,
)
from engine.models.network.held import Mask, Moved, hold
from engine.models.network.params import log_layer_prior, sigmoids

_LONGEST_HALVING = 40
_REST = 1e-10  # a further step that promises less than this share of its part's value is not taken
_LEAST = 1e-16  # nor is a first one below this: near rest each M-step moves, or every direction would seem level
_ROUNDING = 8 * float(np.finfo(np.float64).eps)  # of a part's value, which hides what the last steps gain


@dataclass(frozen=True, eq=False)
class NewtonStep:
    """One step of Newton's method on a layer.

    Attributes:
        gradient: of the layer's part of Q + ln p where the step begins, in the form of the weights that move.
        curvature: minus its second derivatives: (m, p+1, p+1) of the hidden units each by itself, (k(m+1), k(m+1)) of
            the output's weights together.
        direction: curvature⁻¹ · gradient, in the form of `gradient`.
        length: the share of it that was taken, of each hidden unit (m,) or of the output (1,): 1, ½, ¼, … or 0.
        after: the layer's weights.
    """

    gradient: Array
    curvature: Array
    direction: Array
    length: Array
    after: Array


def newton_on_hidden(
    statistics: Targets,
    hidden: Array,
    rows: NetworkRows,
    weight_decay: float,
    steps: int,
    held: Mask | None = None,
) -> Iterator[NewtonStep]:
    """Newton's method for every hidden unit by itself; their parts of Q don't touch each other."""

    def value(weights: Array) -> Array:
        penalty = 0.5 * weight_decay * (weights[:, 1:] ** 2).sum(axis=1)
        return np.asarray(hidden_value(statistics, weights, rows) - penalty)

    now = value(hidden)
    for number in range(steps):
        gradient = hidden_gradient(statistics, hidden, rows, weight_decay)
        curvature = hidden_curvature(hidden, rows, weight_decay)
        if held is not None:
            hold([gradient], [held])
            _without(curvature, held)
        direction = np.asarray(np.linalg.solve(curvature, gradient[..., None])[..., 0], dtype=np.float64)
        promised = (gradient * direction).sum(axis=1)
        moving = promised > (_REST if number else _LEAST) * (1.0 + np.abs(now))
        if not moving.any():
            break
        hidden, length, taken = hidden.copy(), 1.0, np.zeros(len(hidden))
        for _ in range(_LONGEST_HALVING):
            there = hidden + length * direction
            reached = value(there)
            risen = moving & (reached >= now + 1e-4 * length * promised - _ROUNDING * np.abs(now))
            hidden[risen], now[risen], taken[risen] = there[risen], reached[risen], length
            moving &= ~risen
            if not moving.any():
                break
            length *= 0.5
        yield NewtonStep(gradient, curvature, direction, taken, hidden)


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


def newton_on_output(
    statistics: NetworkExpectation, output: Array, part: range, weight_decay: float, steps: int, moved: Moved
) -> Iterator[NewtonStep]:
    """Newton's method on the output weights of the classes in `part`, the others' held fixed.

    Where every row moves, one c may be added to all of them, and nothing changes. There the system gets a curvature of
    its own, and the step is the one without such a part: that of the smallest norm.
    """

    def value(weights: Array) -> float:
        return output_value(statistics, weights) + log_layer_prior(weights, weight_decay)

    chosen = slice(part.start, part.stop)
    held = None if moved.output is None else moved.output[chosen]
    level = moved.level_columns(part, output, weight_decay)
    now = value(output)
    for number in range(steps):
        gradient = output_gradient(statistics, output, weight_decay, moved.classes)[chosen]
        curvature = output_curvature(statistics, output, part, weight_decay)
        if held is not None:
            hold([gradient], [held])
            _without(curvature, held.ravel())
        if len(level):
            _stiffened(curvature, level, gradient.shape, float(statistics.class_moments[:, 0].sum()))
        direction = np.asarray(np.linalg.solve(curvature, gradient.ravel()).reshape(gradient.shape), dtype=np.float64)
        if len(level):
            direction[:, level] -= direction[:, level].mean(axis=0)  # 0 but for rounding
        promised = float(np.vdot(gradient, direction))
        if not promised > (_REST if number else _LEAST) * (1.0 + abs(now)):
            break
        length = 1.0
        for _ in range(_LONGEST_HALVING):
            there = output.copy()
            there[chosen] += length * direction
            reached = value(there)
            if reached >= now + 1e-4 * length * promised - _ROUNDING * abs(now):
                output, now = there, reached
                yield NewtonStep(gradient, curvature, direction, np.array([length]), output)
                break
            length *= 0.5
        else:
            break


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
