"""Rows and what a network says of their class, as the source of a table: probabilities, target, right or wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from rich.cells import cell_len
from rich.style import Style

from emtui.charts.cell_text import clean
from emtui.charts.colors import Palette
from emtui.panes.rows.row_order import By, ListedRows, RowOrder
from emtui.session.row_weights import weight_of
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import split_of
from emtui.views.number_format import probability
from emtui.widgets.row_cells import row_label, weight_pieces
from emtui.widgets.table_columns import Sheet, TableCell, TableColumn, component_head, fit_columns, ink, widths
from engine.arrays import Array, IntArray

if TYPE_CHECKING:
    from emtui.networks.scores import AnyScore


@dataclass(frozen=True, eq=False)
class Predictions:
    """What one method says of some rows. rows: (k,) of the data. probabilities: (k, g). wrong: (k,) bool."""

    rows: IntArray
    probabilities: Array
    wrong: np.ndarray


def predictions_of(snapshot: StepSnapshot, held_back: bool) -> tuple[Predictions, Predictions | None]:
    """What the model on the screen says of the held-back (or the training) rows, and its rival after as many steps.

    Of very many rows, and of networks whose predictions take long, the first ones.
    """
    comparison = snapshot.comparison
    assert comparison is not None
    rows = comparison.split.rows(held_back)
    here, rival = comparison.here, comparison.rival_here
    own = _said(
        snapshot, rows, snapshot.step.problem.model, snapshot.step.params, here.test if held_back else here.train
    )
    if rival is None:
        return own, None
    known = rival.test if held_back else rival.train
    theirs = _said(snapshot, own.rows, comparison.rival_model, comparison.rival_params_here, known)
    fewest = min(len(own.rows), len(theirs.rows))
    return _first(own, fewest), _first(theirs, fewest)


def _said(snapshot: StepSnapshot, rows: IntArray, model: Any, params: Any, known: AnyScore | None) -> Predictions:
    from emtui.networks.scores import Score, affordable_rows, said_by

    split = split_of(snapshot.spec)
    assert split is not None
    if not len(rows):
        return Predictions(rows, np.zeros((0, split.n_classes)), np.zeros(0, dtype=bool))
    if isinstance(known, Score) and known.probabilities is not None and known.n_rows >= len(rows):
        probabilities = known.probabilities[: len(rows)]
    else:
        rows = rows[: affordable_rows(params)]
        probabilities = said_by(model, params, split.inputs[rows])
    return Predictions(rows, probabilities, probabilities.argmax(axis=1) != split.targets[rows])


def _first(found: Predictions, n: int) -> Predictions:
    return Predictions(found.rows[:n], found.probabilities[:n], found.wrong[:n])


@dataclass(frozen=True, eq=False, kw_only=True)
class PredictionSource(ListedRows):
    """Predictions in some order, a column a class. own, rival: of the two methods, of the same rows."""

    own: Predictions
    rival: Predictions | None
    WORDS: ClassVar[dict[By, str]] = {
        "row": "in order",
        "wrong": "wrong first",
        "uncertainty": "unsure first",
        "class": "by target",
        "component": "by {}",
    }
    HEADS: ClassVar[dict[str, By]] = {"own": "wrong", "rival": "wrong", "target": "class"}

    @classmethod
    def of(
        cls, snapshot: StepSnapshot, both: tuple[Predictions, Predictions | None], order: RowOrder, first: int
    ) -> PredictionSource:
        """The rows in this order; in that of the data if there is no such class."""
        own, rival = both
        split = split_of(snapshot.spec)
        assert split is not None
        names = tuple(clean(name) for name in split.class_names[: own.probabilities.shape[1]])
        order = order if order.component < len(names) else RowOrder()
        return cls(snapshot, order, _sorted(split.targets, own, order), names, first, own=own, rival=rival)

    @property
    def n_rows(self) -> int:
        """Rows listed."""
        return len(self.own.rows)

    def row(self, place: int) -> int:
        """The row of the data at a place of the list."""
        return int(self.own.rows[place if self.places is None else self.places[place]])

    def place_of(self, row: int) -> int | None:
        """Where a row of the data stands in the list; None where it is not listed."""
        at = int(np.searchsorted(self.own.rows, row))
        if at >= self.n_rows or int(self.own.rows[at]) != row:
            return None
        return int(np.flatnonzero(self.places == at)[0])

    def sheet(self, width: int, palette: Palette) -> Sheet:
        """Laid out in so many cells: the marks and the target before further classes."""
        split = split_of(self.snapshot.spec)
        assert split is not None
        data, marked = self.snapshot.spec.dataset, self.order
        longest = max((cell_len(row_label(data, self.row(i))) for i in range(min(self.n_rows, 500))), default=3)
        head, longest = data.row_heading, max(len(data.row_heading), longest)
        name = TableColumn("row", head, max(3, min(longest, 16, width // 3)), "right", marked.by == "row")
        if data.row_names is not None:
            name = replace(name, align="left")
        names = max((cell_len(clean(label)) for label in split.class_names), default=6)
        target = TableColumn("target", "target", max(6, min(names, 12, width // 4)), "left", marked.by == "class")
        weighed = self.snapshot.step.problem.data.given_weight is not None
        right = [
            target,
            *([TableColumn("weight", "", 3)] if weighed else []),
            TableColumn("own", "", 1),
            *([TableColumn("rival", "", 1, gap=0)] if self.rival is not None else []),
        ]
        g = self.own.probabilities.shape[1]
        share = (width - widths([name, *right])) // max(1, g) - 1
        classes = []
        for c, label in enumerate(split.class_names[:g]):
            room = min(9, max(5, share), max(5, 1 + cell_len(clean(label))))
            title = component_head(palette, c, label)
            classes.append(
                TableColumn(f"component {c}", title, room, "right", marked.by == "component" and marked.component == c)
            )
        columns = fit_columns([name], classes, right, width, self.first).columns
        return Sheet(
            columns,
            self.n_rows,
            lambda rows: [[self._cell(one.key, place, palette) for one in columns] for place in rows],
        )

    def _cell(self, key: str, place: int, palette: Palette) -> TableCell:
        at, row = place if self.places is None else int(self.places[place]), self.row(place)
        if key == "row":
            return row_label(self.snapshot.spec.dataset, row)
        if key == "target":
            split = split_of(self.snapshot.spec)
            assert split is not None
            target = int(split.targets[row])
            return ((clean(split.class_names[target]), ink(palette, palette.color(target))),)
        if key == "weight":
            return weight_pieces(weight_of(self.snapshot.spec, self.snapshot.step, row), palette)
        if key == "own":
            return _mark(bool(self.own.wrong[at]), palette)
        if key == "rival" and self.rival is not None:
            return _mark(bool(self.rival.wrong[at]), palette)
        if not key.startswith("component "):
            return ""
        c = int(key[10:])
        value = float(self.own.probabilities[at, c])
        likeliest = int(self.own.probabilities[at].argmax()) == c
        faint = ink(palette, palette.muted) if value < 0.005 else Style()
        return ((probability(value, 2), ink(palette, palette.color(c), bold=True) if likeliest else faint),)


def _mark(wrong: bool, palette: Palette) -> TableCell:
    if wrong:
        return (("x" if palette.ascii else "✗", ink(palette, palette.color(5), bold=True)),)
    return (("." if palette.ascii else "✓", ink(palette, palette.color(2))),)


def _sorted(targets: IntArray, own: Predictions, order: RowOrder) -> IntArray:
    keys: Array = np.arange(len(own.rows), dtype=np.float64)
    if order.by == "wrong":
        keys = np.where(own.wrong, 0.0, 1.0)
    elif order.by == "uncertainty":
        keys = own.probabilities.max(axis=1, initial=0.0)
    elif order.by == "class":
        keys = targets[own.rows].astype(np.float64)
    elif order.by == "component":
        keys = -own.probabilities[:, order.component]
    places = np.argsort(keys, kind="stable")
    return np.asarray(places[::-1] if order.reverse else places)
