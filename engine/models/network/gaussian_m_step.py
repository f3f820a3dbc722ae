"""The M-step of an output layer for numbers: a regression in closed form, or a step along its slope."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array
from engine.models.network.data import NetworkRows
from engine.models.network.expectation import NetworkExpectation, squares_of
from engine.models.network.gaussian_output import Squares, best_variance
from engine.models.network.held import Moved
from engine.models.network.params import NetworkParams

_FLAT = 1e-10  # of the largest curvature: along a flatter direction V stays as it is
_MOST_TURNS = 500
_SETTLED = 1e-14


def fitted(
    statistics: NetworkExpectation,
    params: NetworkParams,
    rows: NetworkRows,
    layers: list[Array],
    weight_decay: float,
    moved: Moved,
) -> NetworkParams:
    """V and σ² at the maximum of Q_v + ln p beside new hidden layers; along what says nothing V stays as it is.

    With a weight decay the two are taken in turn until neither moves, the one given the other.
    """
    assert params.variances is not None
    squares, about, free = _squares_and_free(statistics, params, rows, moved)
    variance = float(params.variances[0])
    for _ in range(_MOST_TURNS if weight_decay > 0.0 else 1):
        decay, before = _decay(free, weight_decay * variance), variance
        for _ in range(2):  # the second time for what the first one's rounding has left
            slope = squares.slope(about)[free] - decay * about[free]
            about[free] += _shortest(squares.outer[np.ix_(free, free)] + np.diag(decay), slope)
        variance = float(best_variance(squares.left(about), rows)[0])
        if abs(variance - before) <= _SETTLED * before:
            break
    return _placed(layers, squares, about, free, variance)


def climbed(
    statistics: NetworkExpectation,
    params: NetworkParams,
    rows: NetworkRows,
    layers: list[Array],
    weight_decay: float,
    learning_rate: float,
    moved: Moved,
) -> NetworkParams:
    """A step of V along its slope beside new hidden layers, and σ² at its maximum.

    The slope is that of −½ Σ_j E[(y_j − Vᵀ[1, z_j])²], σ² times that of Q_v: a learning rate then means the same
    however small σ² becomes. No step is longer than the inverse of the largest curvature: none lowers Q_v + ln p.
    """
    assert params.variances is not None
    squares, about, free = _squares_and_free(statistics, params, rows, moved)
    decay = _decay(free, weight_decay * float(params.variances[0]))
    slope = squares.slope(about)[free] - decay * about[free]
    about[free] += step_length(statistics, params, rows, weight_decay, learning_rate, moved) * slope
    return _placed(layers, squares, about, free, float(best_variance(squares.left(about), rows)[0]))


def step_length(
    statistics: NetworkExpectation,
    params: NetworkParams,
    rows: NetworkRows,
    weight_decay: float,
    learning_rate: float,
    moved: Moved,
) -> float:
    """The learning rate, or the inverse of the largest curvature where that is less."""
    assert params.variances is not None
    squares, _, free = _squares_and_free(statistics, params, rows, moved)
    decay = _decay(free, weight_decay * float(params.variances[0]))
    most = float(np.linalg.eigvalsh(squares.outer[np.ix_(free, free)] + np.diag(decay))[-1])
    return min(learning_rate, 1.0 / most) if most > 0.0 else learning_rate


def _squares_and_free(
    statistics: NetworkExpectation, params: NetworkParams, rows: NetworkRows, moved: Moved
) -> tuple[Squares, Array, NDArray[np.bool_]]:
    squares = squares_of(statistics, rows)
    free = np.ones(params.output.shape[1], dtype=bool) if moved.output is None else ~moved.output[0]
    return squares, squares.about(params.output), free


def _decay(free: NDArray[np.bool_], precision: float) -> Array:
    """The diagonal of λσ² D, of the free entries."""
    decay = np.full(len(free), precision)
    decay[0] = 0.0
    return decay[free]


def _shortest(matrix: Array, slope: Array) -> Array:
    """The smallest step to where the slope is 0, without directions in which the matrix hardly bends."""
    values, vectors = np.linalg.eigh(matrix)
    kept = values > _FLAT * max(float(values[-1]), 0.0)
    return np.asarray(vectors[:, kept] @ ((vectors[:, kept].T @ slope) / values[kept]))


def _placed(
    layers: list[Array], squares: Squares, about: Array, free: NDArray[np.bool_], variance: float
) -> NetworkParams:
    output = about[None, :].copy()
    output[0, 0] = output[0, 0] + squares.centre if free[0] else 0.0
    return NetworkParams.of_layers(layers, output, np.array([variance]))
