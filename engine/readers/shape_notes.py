"""What the shape of a table suggests before a run: rows that stand for several cases, angles."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from engine.arrays import Array
from engine.data.frequencies import frequencies
from engine.readers.csv_dialect import Dialect
from engine.text import quoted

_ANGLE = re.compile(
    r"(^|[^a-z])(angles?|dir|direction|bearing|heading|azimuth|aspect|hue|phase|wd|wdir|winddir\w*|deg|degrees)([^a-z]|$)",
    re.IGNORECASE,
)
_CROSSED = 4  # so many times the rows: all combinations of the other columns, or most of them
_FIRST_YEAR = 1000


def shape_notes(dialect: Dialect, X: Array, features: Sequence[int], weighed: bool) -> tuple[str, ...]:
    """A sentence each for a column that looks like frequencies, and for one that looks like angles.

    X: the columns `features` of every row. weighed: the weights are known already.
    """
    notes = []
    for column, j in enumerate(features):
        known = X[~np.isnan(X[:, column]), column]
        name = dialect.names[j]
        if not weighed and len(dialect.names) > 1 and _are_frequencies(dialect, j, known):
            notes.append(
                f"{quoted(name)} looks like how often each row occurs: if so, read it with weights= (in the shell, "
                "--weights; in the dialog o, w)."
            )
            weighed = True
        if (angle := _angle(name, known)) is not None:
            notes.append(
                f"{quoted(name)} may be an angle ({angle} count as far apart here, so take its cosine and sine where "
                "that matters."
            )
    return tuple(notes)


def _are_frequencies(dialect: Dialect, j: int, known: Array) -> bool:
    """By its name; a name that also fits plain counts needs other columns that are crossed with one another."""
    found = frequencies(dialect.names[j], known)
    return found == "likely" or (found == "maybe" and _crossed(dialect, j))


def _crossed(dialect: Dialect, j: int) -> bool:
    """The other columns of the sample never come again together, though they take few values each."""
    others = [i for i, kind in enumerate(dialect.kinds) if i != j and kind in ("number", "text")]
    cells = [dialect.cells(i) for i in others]
    if not others or len({*zip(*cells, strict=True)}) < len(cells[0]):
        return False
    if len(others) == 1:
        return dialect.kinds[others[0]] == "number" and _begins_small(cells[0])
    values = np.prod([float(len({*column})) for column in cells])
    return bool(values <= _CROSSED * len(cells[0]))


def _begins_small(cells: Sequence[str]) -> bool:
    """Values to be counted, unlike years."""
    try:
        return min(map(float, cells)) < _FIRST_YEAR
    except ValueError:
        return False


def _angle(name: str, known: Array) -> str | None:
    """The range of an angle, and two that are near each other: by the name where they go far around, by the numbers
    alone where many lie all around. None for a column that is none."""
    if len(known) < 2:
        return None
    low, high = float(known.min()), float(known.max())
    named = bool(_ANGLE.search(name))
    if named and -180 <= low < -90 and 90 < high <= 180:
        return "−180 to 180): −179 and 179"
    if low < 0 or high > 360 or high <= 180:
        return None
    quarters = np.bincount(np.minimum(known // 90, 3).astype(np.int64), minlength=4) / len(known)
    around = low <= 5 and high >= 355 and quarters.min() >= 0.1 and len({*known.tolist()}) > 10
    return "0 to 360): 359 and 1" if named or around else None
