"""Rows with missing values: which of them stay, and what is said about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.text import quoted

Missing = Literal["drop", "keep"]
_SHOWN = 6


def rows_to_keep(
    X: NDArray[np.float64], missing: Missing, *, name: str, columns: Sequence[str]
) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Which rows stay (n,), and a note where some have a missing value (NaN).

    name: of the data, in quotes. columns: their names.

    Raises:
        DataError: no row would be left.
    """
    absent = np.isnan(X)
    rows: NDArray[np.bool_] = np.asarray(absent.any(axis=1))
    n, count = rows.size, int(rows.sum())
    if count == 0:
        return ~rows, ()
    having = f"{count:,} of {n:,} rows {'has a missing value' if count == 1 else 'have missing values'}"
    if missing == "keep":
        return np.ones(n, dtype=np.bool_), (f"{having}, kept as not seen.",)
    if count == n:
        remedy = "leave out the worst with columns= (in the shell, --columns)"
        raise DataError(f"Every row of {name} has a missing value: {remedy}. {_costs(absent, columns)}.")
    had = having.replace("has", "had").replace("have", "had")
    return ~rows, (f"{had} and {'was' if count == 1 else 'were'} left out.",)


def _costs(absent: NDArray[np.bool_], columns: Sequence[str]) -> str:
    """How many rows each column costs, worst first."""
    costs = absent.sum(axis=0)
    worst = [int(j) for j in np.argsort(-costs, kind="stable") if costs[j]]
    shown = worst if len(worst) <= _SHOWN + 1 else worst[:_SHOWN]
    parts = [f"{quoted(columns[j], 30)} {costs[j]:,}" for j in shown]
    if len(shown) < len(worst):
        parts.append(f"{len(worst) - len(shown)} more at most {costs[worst[len(shown)]]:,} each")
    return f"Of {absent.shape[0]:,} rows, the columns cost: {', '.join(parts)}"
