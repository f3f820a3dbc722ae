r"""Squares and products of features as further inputs: x_i², x_i x_j beside x_i, as a network's inputs may be made.

A straight line among them is a conic among the features, so that one unit can enclose what else takes several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Array, as_numbers
from engine.data.units import Units, standard_units
from engine.errors import DataError

MOST_INPUTS = 500


def product_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names of the features, then those of their products: "x", "y", "x²", "x·y", "y²"."""
    p = len(names)
    pairs = [(i, j) for i in range(p) for j in range(i, p)]
    return (*names, *(f"{names[i]}²" if i == j else f"{names[i]}·{names[j]}" for i, j in pairs))


def with_products(X: Any) -> Array:
    """Features (…, p) and behind them their p(p+1)/2 products, each with those from itself on: (…, p + p(p+1)/2).

    Raises:
        DataError: X holds no numbers, there would be more than 500 inputs, or a product is too large for a number.
    """
    X = as_numbers(X)
    if not X.ndim:
        raise DataError("X must be rows of features, not one number.")
    p = X.shape[-1]
    total = p + p * (p + 1) // 2
    if total > MOST_INPUTS:
        raise DataError(
            f"the squares and products of {p} columns would make {total:,} inputs of them, more than {MOST_INPUTS}: "
            "choose fewer columns, or leave the products out."
        )
    with np.errstate(over="ignore"):
        found = np.concatenate([X, *(X[..., i, None] * X[..., i:] for i in range(p))], axis=-1)
    if not np.isfinite(found).all():
        raise DataError("a product of two inputs is too large for a number: leave the products out.")
    return found


@dataclass(frozen=True, eq=False)
class ProductUnits(Units):
    """Units z of features and their products: z = (with_products(x) − offset) / scale, each of an entry per input."""

    def to_standard(self, X: Array) -> Array:
        """Inputs (…, p + p(p+1)/2) of features (…, p) in the data's own units."""
        return super().to_standard(with_products(X))

    def to_original(self, Z: Array) -> Array:
        """The features (…, p) that inputs are made of, which stand before the products."""
        total = Z.shape[-1]
        p = (int(np.sqrt(8 * total + 9)) - 3) // 2  # total = p (p + 3) / 2
        return super().to_original(Z)[..., :p]


def product_units(X: Array, standardize: bool = False, sample_weight: Array | None = None) -> ProductUnits:
    """The way from features to inputs with products; standardised by these rows (n, p) where that is asked for.

    Each row counts by its weight; those of weight 0 are left out.
    """
    counted = None if sample_weight is None else sample_weight > 0
    inputs = with_products(X if counted is None else X[counted])
    if not standardize:
        return ProductUnits(np.zeros(inputs.shape[1]), np.ones(inputs.shape[1]))
    units, _ = standard_units(inputs, None if sample_weight is None else sample_weight[counted])
    return ProductUnits(units.offset, units.scale)
