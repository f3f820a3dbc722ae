"""A number, or an array of numbers, of a step that a reader may have worked out as well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, IntArray


@dataclass(frozen=True, eq=False)
class Quantity:
    """What a step holds under one name.

    Attributes:
        name: how it is called.
        values: ours.
        components: the axes along which components lie.
        by_row: the first axis has the rows.
        place: the words for an entry, by its index.
        path: of the array of θ that it is, or follows from; "" where it is none.
        reading: of that array; None for itself.
        usual: wrong numbers that are had by slips of this quantity alone, each with its words.
        alone: its entries are of very different sizes, so that each is compared by itself.
    """

    name: str
    values: Array
    components: tuple[int, ...] = ()
    by_row: bool = False
    place: Callable[[tuple[int, ...]], str] = str
    path: str = ""
    reading: Callable[[Array], Array] | None = None
    usual: tuple[tuple[str, Array], ...] = ()
    alone: bool = False

    def read(self, array: Array) -> Array:
        """The quantity, where its array of θ is this one."""
        return array if self.reading is None else self.reading(array)

    def ordered(self, values: Array, order: IntArray) -> Array:
        """The values with component j being what was order[j]."""
        for axis in self.components:
            values = np.take(values, order, axis=axis)
        return values
