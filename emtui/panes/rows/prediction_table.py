"""Rows and what a network says of their class, as the source of a table: probabilities, target, right or wrong."""

from __future__ import annotations

from collections.abc import Sequence
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
from emtui.widgets.table_columns import Piece, Sheet, TableCell, TableColumn, component_head, fit_columns, ink, widths
from engine.arrays import Array, IntArray

if TYPE_CHECKING:
    from emtui.networks.scores import AnyScore

_APART, _CLOSE = 9, 7  # cells of two probabilities


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
    if isinstance(known, Score) and known.probabilities is not None and len(known.probabilities) >= len(rows):
        probabilities = known.probabilities[: len(rows)]
    else:
        rows = rows[: affordable_rows(params)]
        probabilities = said_by(model, params, split.inputs[rows], split.prediction)
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
        marks = [
            *([TableColumn("weight", "", 3)] if self.snapshot.step.problem.data.given_weight is not None else []),
            TableColumn("own", "", 1),
            *([TableColumn("rival", "", 1, gap=0)] if self.rival is not None else []),
        ]
        names = max((cell_len(clean(label)) for label in split.class_names), default=6)
        layouts = self._layouts(split.class_names, max(6, min(names, 12, width // 4)), palette)
        fitting = (
            (classes, target) for classes, target in layouts if widths([name, *classes, target, *marks]) <= width
        )
        classes, target = next(fitting, layouts[-1])
        spare = (width - widths([name, *classes, target, *marks])) // max(1, len(classes))
        classes = [  # a name is cut as little as may be
            replace(
                one, width=max(one.width, min(one.width + spare, 9 if self.rival is None else 12, 1 + cell_len(label)))
            )
            for one, label in zip(classes, self.names, strict=True)
        ]
        right = [target, *marks]
        columns = fit_columns([name], classes, right, width, self.first).columns
        return Sheet(
            columns,
            self.n_rows,
            lambda rows: [[self._cell(one, place, palette) for one in columns] for place in rows],
        )

    def _layouts(
        self, labels: Sequence[str], longest: int, palette: Palette
    ) -> list[tuple[list[TableColumn], TableColumn]]:
        """The columns of the classes and the target, the widest first; the last where not every class fits.

        A class has a number of each method. The target is a name, cut or whole, or the marker of its class.
        """
        rooms = (5,) if self.rival is None else (_APART, _CLOSE)
        targets = [*((room, target) for target in (longest, 6, 1) for room in rooms), (rooms[-1], 6)]
        return [
            (
                [self._class_column(c, label, room, palette) for c, label in enumerate(labels)],
                TableColumn("target", "target" if target > 1 else "y", target, "left", self.order.by == "class"),
            )
            for room, target in targets
        ]

    def _class_column(self, c: int, label: str, room: int, palette: Palette) -> TableColumn:
        marked = self.order.by == "component" and self.order.component == c
        return TableColumn(f"component {c}", component_head(palette, c, label), room, "right", marked)

    def _cell(self, column: TableColumn, place: int, palette: Palette) -> TableCell:
        key = column.key
        at, row = place if self.places is None else int(self.places[place]), self.row(place)
        if key == "row":
            return row_label(self.snapshot.spec.dataset, row)
        if key == "target":
            split = split_of(self.snapshot.spec)
            assert split is not None
            target = int(split.targets[row])
            word = palette.marker(target) if column.width == 1 else clean(split.class_names[target])
            return ((word, ink(palette, palette.color(target))),)
        if key == "weight":
            return weight_pieces(weight_of(self.snapshot.spec, self.snapshot.step, row), palette)
        if key == "own":
            return mark_of(bool(self.own.wrong[at]), palette)
        if key == "rival" and self.rival is not None:
            return mark_of(bool(self.rival.wrong[at]), palette)
        if not key.startswith("component "):
            return ""
        c = int(key[10:])
        close = self.rival is not None and column.width < _APART
        own = _number(self.own, at, c, palette, close)
        return (own,) if self.rival is None else (own, (" ", Style()), _number(self.rival, at, c, palette, close))


def _number(said: Predictions, at: int, c: int, palette: Palette, close: bool) -> Piece:
    """p(y = c | x) of one method, in its class's colour where it is the likeliest; with less room 1.0 for 1.00."""
    value = float(said.probabilities[at, c])
    likeliest = int(said.probabilities[at].argmax()) == c
    faint = ink(palette, palette.muted) if value < 0.005 else Style()
    text = probability(value, 2)
    return text[:3] if close else text.rjust(4), ink(palette, palette.color(c), bold=True) if likeliest else faint


def wrong_sign(palette: Palette) -> str:
    """What stands beside a wrong prediction."""
    return "x" if palette.ascii else "✗"


def mark_of(wrong: bool, palette: Palette) -> TableCell:
    """Whether a prediction is wrong or right, as a cell, in colours that no class has."""
    if wrong:
        return ((wrong_sign(palette), ink(palette, palette.text, bold=True)),)
    return (("." if palette.ascii else "✓", ink(palette, palette.muted)),)


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
