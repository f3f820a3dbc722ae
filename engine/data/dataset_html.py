"""What a notebook shows of a data set: its title, and the first rows under the names of their columns."""

from __future__ import annotations

import math
from typing import Protocol

from engine.arrays import Array, IntArray
from engine.em.html_table import rows_html

_ROWS, _COLUMNS = 8, 12


class ShownData(Protocol):
    """What is shown of a data set: see `Dataset`."""

    @property
    def X(self) -> Array:  # noqa: N802
        """The numbers."""

    @property
    def y(self) -> IntArray | None:
        """Known classes, −1 where unknown."""

    @property
    def target(self) -> Array | None:
        """Numbers to be learned."""

    @property
    def weights(self) -> Array | None:
        """How often each row counts."""

    @property
    def name(self) -> str:
        """Short, as the user types it."""

    @property
    def title(self) -> str:
        """In words."""

    @property
    def description(self) -> str:
        """What one row is."""

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Of the columns."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """What y counts into."""

    @property
    def row_heading(self) -> str:
        """The head of a column of row labels."""

    def row_label(self, index: int) -> str:
        """A row in a list."""


def dataset_html(data: ShownData) -> str:
    """The first rows, with their known classes, targets and weights, and how many rows and columns there are."""
    n, d = data.X.shape
    names = data.feature_names[:_COLUMNS]
    heads = [data.row_heading, *names, *(["…"] if d > len(names) else [])]
    rows = [
        [data.row_label(i), *map(_cell, data.X[i, : len(names)].tolist()), *(["…"] if d > len(names) else [])]
        for i in range(min(n, _ROWS))
    ]
    beside: dict[str, list[str]] = {}
    if data.y is not None:
        classes = (*data.class_names, "")  # −1 is unknown, and takes the last
        beside["class"] = [classes[code] for code in data.y[:_ROWS].tolist()]
    for what, values in (("target", data.target), ("weight", data.weights)):
        if values is not None:
            beside[what] = list(map(_cell, values[:_ROWS].tolist()))
    for head, cells in beside.items():
        heads.append(head)
        rows = [[*row, cell] for row, cell in zip(rows, cells, strict=True)]
    size = f"{n:,} row{'' if n == 1 else 's'}, {d:,} column{'' if d == 1 else 's'}"
    shown = f"; the first {len(rows)} rows are shown" if n > len(rows) else ""
    more = f", with the first {len(names)} columns" if d > len(names) and shown else ""
    title = data.title if data.title == data.name else f"{data.name}: {data.title}"
    return rows_html(title, [f"{size}{shown}{more}.", *([data.description] if data.description else [])], heads, rows)


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:z.6g}"
