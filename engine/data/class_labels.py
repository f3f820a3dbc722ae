"""Known classes: from the words or numbers of a label column to integers and class names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays import IntArray
from engine.text import unique_names

UNKNOWN = -1


def encode_labels(cells: Sequence[str | None]) -> tuple[IntArray, tuple[str, ...]]:
    """The classes of `cells` as y (n,) and the class names that y counts into; None becomes `UNKNOWN` (−1).

    Names are sorted; if every cell is a number they are sorted as numbers, and "1", "1.0" and "01" are one class.
    """
    distinct = {cell for cell in cells if cell is not None}
    numbers = {cell: number for cell in distinct if (number := as_number(cell)) is not None}
    key_of: dict[str, float | str] = {cell: numbers.get(cell, cell) for cell in distinct}
    order: list[float | str] = [*sorted(set(numbers.values()))]
    if len(numbers) < len(distinct):
        key_of = {cell: cell for cell in distinct}
        order = [*sorted(distinct)]
    code_of_key = {key: code for code, key in enumerate(order)}
    code_of = {cell: code_of_key[key] for cell, key in key_of.items()}
    y = np.fromiter((UNKNOWN if cell is None else code_of[cell] for cell in cells), np.int64, len(cells))
    names = (_number_name(key) if isinstance(key, float) else key for key in order)
    return y, unique_names(names, "class")


def as_number(cell: str) -> float | None:
    """The finite number that `cell` writes with a decimal point, or None if it writes something else."""
    try:
        number = float(cell)
    except ValueError:
        return None
    if "_" in cell or not np.isfinite(number):  # Python reads 1_000 as a number; tables do not mean it so
        return None
    return number


def _number_name(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
