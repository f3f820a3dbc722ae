r"""How likely each hidden unit is on, given the inputs alone.

p(z_h = 1 | x) = σ(w_hᵀ[1, x]) in the first layer; in a later one the units before are not known, either:

    p(z_l = 1 | x) = Σ_z p(z_(l−1) = z | x) σ(W_l [1, z])        p(z_l | x) = Σ_z p(z_(l−1) = z | x) p(z_l | z)

which is a sum over all configurations of each layer but the last, from layer to layer. Where these are too many, it is
the mean of σ(W_l [1, z]) over draws of the layers before. Backpropagation has no z: its units pass on their activities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.models.network.configurations import binary_design
from engine.models.network.data import new_rows
from engine.models.network.draws import FirstLayer, prior_draws
from engine.models.network.e_steps.exact import Factors
from engine.models.network.params import NetworkParams, sigmoid
from engine.models.network.predict import activities
from engine.parallel import one_blas_thread

MOST_CHAINED = 10
"""Units of a layer that another one follows, up to which its configurations are gone through one by one."""
_DRAWS = 400
_ENTRIES_AT_ONCE = 2**21


@dataclass(frozen=True, eq=False)
class UnitProbabilities:
    """p(z = 1 | x) of each hidden layer (n, m_l); exact: no later layer's is estimated from draws."""

    layers: tuple[Array, ...]
    exact: bool


def unit_probabilities(params: NetworkParams, X: Any, *, forward: bool = False) -> UnitProbabilities:
    """The probability that each unit is on, for rows X (n, p) as the network takes them in.

    forward: the activities of the usual forward pass instead, in which units pass on their means.

    Raises:
        DataError: rows that don't fit the network.
    """
    design = new_rows(X, params.hidden.shape[1] - 1).design
    with one_blas_thread():
        if forward or params.deeper is None:
            return UnitProbabilities(tuple(activities(params.layers, design)), True)
        if not exactly_chained(params):
            return UnitProbabilities(_drawn(params, design), False)
        widest = 2 ** max(params.sizes[:-1])
        at_once = max(1, _ENTRIES_AT_ONCE // widest)
        parts = [_chained(params, design[i : i + at_once]) for i in range(0, len(design), at_once)]
    return UnitProbabilities(tuple(np.concatenate(layer) for layer in zip(*parts, strict=True)), True)


def exactly_chained(params: NetworkParams) -> bool:
    """Whether the configurations of every layer but the last are few enough to be gone through."""
    return max(params.sizes[:-1], default=0) <= MOST_CHAINED


def _chained(params: NetworkParams, design: Array) -> list[Array]:
    """From layer to layer by p(z_l | x), a table (2^m_l, n) for every layer but the last."""
    logits = params.hidden @ design.T  # (m, n)
    found, table = [sigmoid(logits.T)], Factors.of(logits).table(slice(None), slice(None))
    for depth, layer in enumerate(params.layers[1:], start=2):
        given = layer @ binary_design(layer.shape[1] - 1).T  # (m_l, 2^m_(l−1)) the logits given each configuration
        found.append(table.T @ sigmoid(given.T))
        if depth < len(params.layers):
            table = Factors.of(given).table(slice(None), slice(None)) @ table
    return found


def _drawn(params: NetworkParams, design: Array) -> tuple[Array, ...]:
    """The mean over draws of the units before, which are always the same."""
    generator = np.random.default_rng(0)
    n, of_inputs = len(design), FirstLayer.of(params, design)
    total = [np.zeros((n, size)) for size in params.sizes[1:]]
    at_once = max(1, _ENTRIES_AT_ONCE // max(1, n * sum(params.sizes)))
    for first in range(0, _DRAWS, at_once):
        number = min(at_once, _DRAWS - first)
        z = prior_draws(params, of_inputs, generator, number)
        for sums, layer, before in zip(total, params.layers[1:], z, strict=False):
            logits = before.reshape(number * n, -1) @ layer[:, 1:].T + layer[:, 0]
            sums += sigmoid(logits).reshape(number, n, -1).sum(axis=0)
    return (of_inputs.probability, *(sums / _DRAWS for sums in total))
