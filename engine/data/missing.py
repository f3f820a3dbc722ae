"""Rows with missing values: which of them stay, and what is said about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.text import quoted

Missing = Literal["drop", "keep"]


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
        worst = quoted(columns[int(absent.sum(axis=0).argmax())])
        raise DataError(
            f"Every row of {name} has a missing value, most of them in the column {worst}: leave that column out."
        )
    had = having.replace("has", "had").replace("have", "had")
    return ~rows, (f"{had} and {'was' if count == 1 else 'were'} left out.",)
