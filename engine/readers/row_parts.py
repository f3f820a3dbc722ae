"""What a table says of its rows beside data and label: their names, their sequences, their weights, their targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, IntArray
from engine.readers.notation import is_missing


@dataclass(frozen=True, eq=False)
class RowParts:
    """For every row of a table: its name (`rows`) and sequence as they are written, its weight and target; or None.

    weights and target are NaN where they are missing.
    """

    rows: Sequence[str] | None = None
    sequence: Sequence[str] | None = None
    weights: Array | None = None
    target: Array | None = None

    def unusable(self, n_rows: int) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
        """Which rows can't stay (n,), because it is not known which sequence they belong to or how often they count."""
        gone, notes = np.zeros(n_rows, dtype=np.bool_), []
        lacks: dict[str, NDArray[np.bool_]] = {}
        if self.sequence is not None:
            lacks["sequence"] = np.array([is_missing(cell) for cell in self.sequence], dtype=np.bool_)
        if self.weights is not None:
            lacks["weight"] = np.isnan(self.weights)
        for what, lack in lacks.items():
            if lack.any():
                count = int(lack.sum())
                had = "row had" if count == 1 else "rows had"
                notes.append(f"{count:,} {had} no {what} and {'was' if count == 1 else 'were'} left out.")
                gone |= lack
        return gone, tuple(notes)

    def in_blocks(self, rows: IntArray) -> tuple[IntArray, IntArray | None]:
        """The rows with those of each sequence together, the first sequence first; and which one each belongs to."""
        if self.sequence is None:
            return rows, None
        number: dict[str, int] = {}
        cells = self.sequence
        of_row = np.array([number.setdefault(cells[i].strip(), len(number)) for i in rows.tolist()], dtype=np.int64)
        order = np.argsort(of_row, kind="stable")
        return rows[order], of_row[order]

    def row_names(self, rows: IntArray, numbers: IntArray, noun: str) -> tuple[str, ...] | None:
        """The names of these rows; a row without one is called by its line, or its number in the table."""
        names = self.rows
        if names is None:
            return None
        return tuple(names[i] if names[i].strip() else f"{noun} {numbers[i]}" for i in rows.tolist())
