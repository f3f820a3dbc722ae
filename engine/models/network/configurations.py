r"""Sets of hidden configurations z, and the output layer o_i(z) = softmax_i(v_iᵀ[1, z]) over all of them at once.

`Listed` holds its configurations one by one (all 2^m for small m, or those that a sampler drew); `Product` is all 2^m
as a grid, z_b along the rows and z_a along the columns, on which v_iᵀ[1, z] is a sum of a part of the row and one of
the column, so that no list of 2^m configurations is made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np

from engine.arrays import Array

FLUSHED = 1e-100
"""Factors below count as 0, so that no product is a denormal number, a hundred times as slow."""
_MOST_LISTED = 10  # units; above, a product is faster and far smaller
_LARGEST_EXPONENT = 300.0


class Outputs(Protocol):
    """The output layer at some V."""

    @property
    def log_normaliser(self) -> Array:
        """ln Σ_i exp(v_iᵀ[1, z]), in the shape of the configurations."""

    def first_moments(self, index: int, weights: Array) -> Array:
        """(m+1,) Σ_z weights(z) o_i(z) [1, z]: the part of one class in the gradient of Σ weights · log_normaliser."""

    def second_moments(self, index: int, other: int, weights: Array) -> Array:
        """(m+1, m+1) Σ_z weights(z) o_i(z) (δ_ij − o_j(z)) [1, z] [1, z]ᵀ: a block of its Hessian."""


class Configurations(Protocol):
    """A set of configurations, whose weights are arrays of its own shape."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an array with a number for each configuration."""

    def outputs(self, output: Array) -> Outputs:
        """The output layer at V (g, m+1)."""


@dataclass(frozen=True, eq=False)
class Listed:
    """Configurations one by one; design: (C, m+1) [1, z]."""

    design: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """(C,)."""
        return (len(self.design),)

    @cached_property
    def _latest(self) -> dict[bytes, ListedOutputs]:
        """The output layer at the V that was asked for last: an E-step, Q and an M-step ask for the same."""
        return {}

    def outputs(self, output: Array) -> ListedOutputs:
        """The output layer at V, kept until another V is asked for."""
        key = output.tobytes()
        found = self._latest.get(key)
        if found is None:
            found = self._outputs(output)
            self._latest.clear()
            self._latest[key] = found
        return found

    def _outputs(self, output: Array) -> ListedOutputs:
        """Through a log-sum-exp that no weight can overflow."""
        logits = output @ self.design.T  # (g, C)
        top = logits.max(axis=0)
        logits -= top
        np.exp(logits, out=logits)
        total = logits.sum(axis=0)
        logits /= total
        return ListedOutputs(self, read_only(logits), read_only(np.log(total) + top))

    def logits(self, v: Array) -> Array:
        """(C,) vᵀ[1, z]."""
        return self.design @ v

    def first_moments(self, weights: Array) -> Array:
        """(m+1,) Σ_z weights(z) [1, z]."""
        return weights @ self.design

    def second_moments(self, weights: Array) -> Array:
        """(m+1, m+1) Σ_z weights(z) [1, z] [1, z]ᵀ."""
        return (self.design.T * weights) @ self.design


@dataclass(frozen=True, eq=False)
class ListedOutputs:
    """o (g, C) and ln Σ exp (C,)."""

    configurations: Listed
    probabilities: Array
    log_normaliser: Array

    def probability(self, index: int) -> Array:
        """(C,) o_i(z)."""
        return np.asarray(self.probabilities[index])

    def first_moments(self, index: int, weights: Array) -> Array:
        """(m+1,) Σ_z weights(z) o_i(z) [1, z]."""
        return self.configurations.first_moments(weights * self.probabilities[index])

    def second_moments(self, index: int, other: int, weights: Array) -> Array:
        """(m+1, m+1) Σ_z weights(z) o_i(z) (δ_ij − o_j(z)) [1, z] [1, z]ᵀ."""
        o, o_j = self.probabilities[index], self.probabilities[other]
        return self.configurations.second_moments(weights * o * ((index == other) - o_j))


@dataclass(frozen=True, eq=False)
class Product:
    """All 2^m configurations, as every z_b (the last b units) with every z_a (the first a): shape (2^b, 2^a).

    last: (2^b, b) the units' values for the rows of the grid; first: (2^a, a) those for its columns.
    """

    last: Array
    first: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """(2^b, 2^a)."""
        return (len(self.last), len(self.first))

    def outputs(self, output: Array) -> ProductOutputs:
        """The output layer at V; v_iᵀ[1, z] = row_i(z_b) + column_i(z_a), from which the last class's is subtracted."""
        a, last = self.first.shape[1], output[-1]
        if np.any(last):
            relative = self.outputs(output - last)
            return replace(relative, log_normaliser=relative.log_normaliser + self.logits(last))
        rows = output[:, :1] + output[:, a + 1 :] @ self.last.T  # (g, 2^b)
        columns = output[:, 1 : a + 1] @ self.first.T  # (g, 2^a)
        shape = (rows.shape[1], columns.shape[1])
        top = None
        if np.abs(rows).max() + np.abs(columns).max() > _LARGEST_EXPONENT:
            top = np.zeros(shape)
            for row, column in zip(rows[:-1], columns[:-1], strict=True):
                np.maximum(top, row[:, None] + column, out=top)
            total = np.exp(-top)
            for row, column in zip(rows[:-1], columns[:-1], strict=True):
                total += np.exp(row[:, None] + column - top)
            log_normaliser = np.log(total) + top
        else:
            rows, columns = np.exp(rows), np.exp(columns)
            total = np.ones(shape)
            for row, column in zip(rows[:-1], columns[:-1], strict=True):
                total += row[:, None] * column
            log_normaliser = np.log(total)
        return ProductOutputs(self, log_normaliser, rows, columns, top, np.divide(1.0, total, out=total))

    def logits(self, v: Array) -> Array:
        """(2^b, 2^a) vᵀ[1, z]."""
        a = self.first.shape[1]
        return np.asarray((v[0] + self.last @ v[a + 1 :])[:, None] + self.first @ v[1 : a + 1])

    def first_moments(self, weights: Array) -> Array:
        """(m+1,) Σ_z weights(z) [1, z], from the sums of rows and columns."""
        rows = weights.sum(axis=1)
        return np.concatenate([[rows.sum()], weights.sum(axis=0) @ self.first, rows @ self.last])

    def second_moments(self, weights: Array) -> Array:
        """(m+1, m+1) Σ_z weights(z) [1, z] [1, z]ᵀ, block by block."""
        rows, columns = weights.sum(axis=1), weights.sum(axis=0)
        first = np.hstack([np.ones((len(columns), 1)), self.first])
        side = (weights @ first).T @ self.last
        return np.block([[(first.T * columns) @ first, side], [side.T, (self.last.T * rows) @ self.last]])


@dataclass(frozen=True, eq=False)
class ProductOutputs:
    """The output layer on a grid: exp of rows and columns (or, where that would overflow, rows, columns and a top)."""

    configurations: Product
    log_normaliser: Array
    rows: Array
    columns: Array
    top: Array | None
    inverse: Array  # 1 / Σ_i exp(v_iᵀ[1, z] − top)

    def probability(self, index: int) -> Array:
        """(2^b, 2^a) o_i(z)."""
        row, column = self.rows[index][:, None], self.columns[index]
        if self.top is None:
            grid: Array = row * column
        else:
            grid = row + column
            grid -= self.top
            np.exp(grid, out=grid)
        grid *= self.inverse
        return grid

    def first_moments(self, index: int, weights: Array) -> Array:
        """(m+1,) Σ_z weights(z) o_i(z) [1, z]."""
        return self.configurations.first_moments(weights * self.probability(index))

    def second_moments(self, index: int, other: int, weights: Array) -> Array:
        """(m+1, m+1) Σ_z weights(z) o_i(z) (δ_ij − o_j(z)) [1, z] [1, z]ᵀ."""
        of_i, o_j = weights * self.probability(index), self.probability(other)
        return self.configurations.second_moments(of_i * (1.0 - o_j) if index == other else of_i * -o_j)


def read_only(array: Array) -> Array:
    """The same array, which can't be written to any more: configurations are shared."""
    array.flags.writeable = False
    return array


def halves(hidden_units: int) -> tuple[int, int]:
    """(a, b): how many units, the first, the columns of the grid stand for, and how many, the last, its rows."""
    return hidden_units - hidden_units // 2, hidden_units // 2


@lru_cache(maxsize=16)
def binary_rows(units: int) -> Array:
    """(2^units, units) every 0/1 row; unit h is bit h of the row's number."""
    numbers = np.arange(2**units)
    return read_only(((numbers[:, None] >> np.arange(units)) & 1).astype(np.float64))


@lru_cache(maxsize=16)
def binary_design(units: int) -> Array:
    """(2^units, units+1) every [1, z]."""
    return read_only(np.hstack([np.ones((2**units, 1)), binary_rows(units)]))


@lru_cache(maxsize=4)
def all_configurations(hidden_units: int) -> Listed | Product:
    """Every configuration of this many units, in the order of their numbers: unit h is bit h of the number."""
    a, b = halves(hidden_units)
    if hidden_units > _MOST_LISTED:
        return Product(binary_rows(b), binary_rows(a))
    return Listed(binary_design(hidden_units))


def configuration(number: int, hidden_units: int) -> Array:
    """(m,) the 0/1 values of the configuration with that number: unit h is bit h."""
    return np.array([(number >> h) & 1 for h in range(hidden_units)], dtype=np.float64)
