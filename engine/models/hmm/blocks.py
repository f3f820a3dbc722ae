"""A chain cut into blocks that are walked side by side, so that T steps in time take about √T steps of numpy.

A recursion a_t = f(a_{t−1}, x_t) that is linear (in probabilities, or in logs) is run over all blocks at once, first on
operators (what a block does to each possible state before it), then, once a short pass over the blocks has told which
state comes before each, on the states themselves. Sequences lie one below another; each begins again where it begins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, IntArray


@dataclass(frozen=True, eq=False)
class Blocks:
    """How T rows are cut: B blocks of L rows, row t = j L + l being step l of block j.

    Attributes:
        n_rows: T; the rest of L · B is filled with steps without influence.
        n_steps: L.
        n_blocks: B.
        begins: for each step, the blocks in which a sequence begins at that step.
    """

    n_rows: int
    n_steps: int
    n_blocks: int
    begins: tuple[IntArray, ...]

    @classmethod
    def of(cls, n_rows: int, first: IntArray, side_by_side: bool) -> Blocks:
        """Blocks for T rows with sequences that begin at `first` (N,); one single block unless `side_by_side`."""
        n_steps = int(np.ceil(np.sqrt(n_rows))) if side_by_side else n_rows
        n_blocks = -(-n_rows // n_steps)
        if n_steps * n_blocks > n_rows:
            first = np.append(first, n_rows)  # the filling is a sequence of its own
        block, step = np.divmod(first, n_steps)
        order = np.argsort(step, kind="stable")
        borders = np.searchsorted(step[order], np.arange(1, n_steps))
        return cls(n_rows, n_steps, n_blocks, tuple(np.split(block[order], borders)))

    def split(self, rows: Array, filling: float) -> Array:
        """(L, S, B) from (S, T), each step's numbers side by side."""
        S, filled = len(rows), np.full((len(rows), self.n_steps * self.n_blocks), filling)
        filled[:, : self.n_rows] = rows
        return np.ascontiguousarray(filled.reshape(S, self.n_blocks, self.n_steps).transpose(2, 0, 1))

    def joined(self, blocks: Array) -> Array:
        """(S, T) from (L, S, B)."""
        S = blocks.shape[1]
        return np.ascontiguousarray(blocks.transpose(1, 2, 0).reshape(S, -1)[:, : self.n_rows])
