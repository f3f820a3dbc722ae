"""Rows and the numbers that are predicted of them, as the source of a table: target, prediction, residual."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from rich.cells import cell_len

from emtui.charts.colors import Palette
from emtui.networks.scores import AnyScore, NumberScore, affordable_rows, numbers_said_by
from emtui.panes.rows.row_order import By, ListedRows, RowOrder
from emtui.session.snapshot import StepSnapshot
from emtui.views.number_format import aligned, number
from emtui.widgets.row_cells import row_label
from emtui.widgets.table_columns import Sheet, TableCell, TableColumn, ink, widths
from engine.arrays import Array, IntArray

_DIGITS = 4


@dataclass(frozen=True, eq=False)
class Residuals:
    """rows: (k,) of the data. targets: (k,). predictions: (k,) E[y | x]. rival: (k,) those of the other method."""

    rows: IntArray
    targets: Array
    predictions: Array
    rival: Array | None

    @property
    def left(self) -> Array:
        """(k,) target − prediction."""
        return np.asarray(self.targets - self.predictions)


def numbers_of(snapshot: StepSnapshot, held_back: bool) -> Residuals:
    """What both methods predict of the held-back (or the training) rows; of very many rows, of the first ones."""
    comparison = snapshot.comparison
    assert comparison is not None
    split, here, theirs = comparison.split, comparison.here, comparison.rival_here
    rows = split.rows(held_back)
    rows = rows[: affordable_rows(snapshot.step.params)]

    def said(model: Any, params: Any, known: AnyScore | None) -> Array:
        if isinstance(known, NumberScore) and known.predictions is not None:
            return known.predictions[: len(rows)]
        return numbers_said_by(model, params, split.inputs[rows]) if len(rows) else np.zeros(0)

    own = said(snapshot.step.problem.model, snapshot.step.params, here.test if held_back else here.train)
    rival = None
    if theirs is not None:
        known = theirs.test if held_back else theirs.train
        rival = said(comparison.rival_model, comparison.rival_params_here, known)
    return Residuals(rows, np.asarray(split.targets)[rows], own, rival)


@dataclass(frozen=True, eq=False, kw_only=True)
class NumberSource(ListedRows):
    """Predicted numbers in some order."""

    found: Residuals
    WORDS: ClassVar[dict[By, str]] = {"row": "in order", "wrong": "largest error first", "class": "by target"}
    HEADS: ClassVar[dict[str, By]] = {"own": "wrong", "rival": "wrong", "target": "class"}

    @classmethod
    def of(cls, snapshot: StepSnapshot, found: Residuals, order: RowOrder) -> NumberSource:
        """The rows in this order."""
        keys: Array = np.arange(len(found.rows), dtype=np.float64)
        if order.by == "wrong":
            keys = -np.abs(found.left)
        elif order.by == "class":
            keys = found.targets
        places = np.argsort(keys, kind="stable")
        return cls(snapshot, order, np.asarray(places[::-1] if order.reverse else places), (), found=found)

    @property
    def n_rows(self) -> int:
        """Rows listed."""
        return len(self.found.rows)

    def _at(self, place: int) -> int:
        return place if self.places is None else int(self.places[place])

    def row(self, place: int) -> int:
        """The row of the data at a place of the list."""
        return int(self.found.rows[self._at(place)])

    def place_of(self, row: int) -> int | None:
        """Where a row of the data stands in the list; None where it is not listed."""
        at = int(np.searchsorted(self.found.rows, row))
        if at >= self.n_rows or int(self.found.rows[at]) != row or self.places is None:
            return None
        return int(np.flatnonzero(self.places == at)[0])

    def sheet(self, width: int, palette: Palette) -> Sheet:
        """As many columns as fit, the target and the residual first."""
        data, by = self.snapshot.spec.dataset, self.order.by
        longest = max((cell_len(row_label(data, self.row(i))) for i in range(min(self.n_rows, 500))), default=3)
        head = data.row_heading
        name = TableColumn("row", head, max(len(head), min(longest, 16, max(3, width // 3))), "right", by == "row")
        if data.row_names is not None:
            name = replace(name, align="left")
        texts = self._texts()
        columns = [name]
        for key, title in (("target", "target"), ("own", "residual"), ("said", "predicted"), ("rival", "rival's")):
            if key not in texts:
                continue
            room = max(len(title), *map(len, texts[key]), 1)
            column = TableColumn(key, title, room, "right", (key, by) in (("target", "class"), ("own", "wrong")))
            if widths([*columns, column]) <= width:
                columns.append(column)
        order = {"row": 0, "target": 1, "said": 2, "own": 3, "rival": 4}
        columns.sort(key=lambda column: order[column.key])

        def cell(column: TableColumn, place: int) -> TableCell:
            if column.key == "row":
                return row_label(data, self.row(place))
            text = texts[column.key][self._at(place)]
            return ((text, ink(palette, palette.muted)),) if column.key == "rival" else text

        return Sheet(tuple(columns), self.n_rows, lambda rows: [[cell(one, at) for one in columns] for at in rows])

    def _texts(self) -> dict[str, tuple[str, ...]]:
        """The columns of numbers, aligned; `rival` has the residuals of the other method."""
        found = {"target": self.found.targets, "said": self.found.predictions, "own": self.found.left}
        if self.found.rival is not None:
            found["rival"] = self.found.targets - self.found.rival
        return {key: aligned([number(float(v), _DIGITS) for v in values]) for key, values in found.items()}
