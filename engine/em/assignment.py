"""One column for each row of a small table, no two the same, at the least cost: without importing a library for it.

The shortest augmenting paths of Crouse (2016), step by step as SciPy's `linear_sum_assignment` takes them, so that of
several best assignments it is the same one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def assign(cost: Sequence[Sequence[float]]) -> list[int]:
    """The column of each row, so that Σ_i cost[i][column_i] is least. No more rows than columns; costs are finite."""
    n_rows, n_columns = len(cost), len(cost[0])
    u, v = [0.0] * n_rows, [0.0] * n_columns  # what each row and column costs at least: u_i + v_j <= cost_ij
    column_of, row_of = [-1] * n_rows, [-1] * n_columns
    for new in range(n_rows):
        lengths, come_from, seen, length, end = _shortest_path(cost, u, v, row_of, new)
        u[new] += length
        for column in seen:
            if row_of[column] >= 0:
                u[row_of[column]] += length - lengths[column]
            v[column] -= length - lengths[column]
        row = -1
        while row != new:  # along the path each row takes the column that led on from it
            row = come_from[end]
            row_of[end] = row
            column_of[row], end = end, column_of[row]
    return column_of


def _shortest_path(
    cost: Sequence[Sequence[float]], u: list[float], v: list[float], row_of: list[int], row: int
) -> tuple[list[float], list[int], list[int], float, int]:
    """From this row to the nearest free column, over columns that are taken and the rows that have them.

    The length to each column and the row before it, the columns that were reached, the whole length, and the end.
    """
    n_columns = len(v)
    lengths, come_from = [math.inf] * n_columns, [-1] * n_columns
    remaining, seen, length = list(range(n_columns - 1, -1, -1)), list[int](), 0.0
    while True:
        nearest, lowest = -1, math.inf
        for place, column in enumerate(remaining):
            through = length + cost[row][column] - u[row] - v[column]
            if through < lengths[column]:
                lengths[column], come_from[column] = through, row
            if lengths[column] < lowest or (lengths[column] == lowest and row_of[column] < 0):
                lowest, nearest = lengths[column], place
        length, column = lowest, remaining[nearest]
        seen.append(column)
        if row_of[column] < 0:
            return lengths, come_from, seen, length, column
        row = row_of[column]
        remaining[nearest] = remaining[-1]
        remaining.pop()
