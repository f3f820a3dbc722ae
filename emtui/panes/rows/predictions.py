"""The rows pane: responsibilities of a mixture, or a network's predictions for the held-back rows."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from emtui.charts.heatstrip import HeatStrip
from emtui.panes.rows.prediction_table import PredictionOrder, Predictions, PredictionSource, predictions_of
from emtui.panes.rows.responsibilities import ResponsibilitiesPane
from emtui.session.snapshot import StepSnapshot
from emtui.widgets.paged_table import LineTable
from emtui.widgets.table_columns import joined


class RowsPane(ResponsibilitiesPane):
    """Predictions if the model is a network: `s` sorts, `S` reverses, `f` shows test or training rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "other_rows", "rows", tooltip="held-back or training rows of a network", id="predictions.rows"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.prediction_order = PredictionOrder()
        self.held_back = True
        self._predictions: PredictionSource | None = None
        self._both: tuple[StepSnapshot, bool, tuple[Predictions, Predictions | None]] | None = None

    @property
    def predictions(self) -> PredictionSource | None:
        """The predictions in the table; None if the model is no network."""
        return self._predictions

    @property
    def tab_labels(self) -> tuple[str, str]:
        """Its name on a tab, which depends on what it shows."""
        shows_network = self.snapshot is not None and self.snapshot.comparison is not None
        return ("predictions", "pred") if shows_network else super().tab_labels

    def draw(self, snapshot: StepSnapshot) -> None:
        """Show a network's predictions, or responsibilities."""
        if snapshot.comparison is None:
            self._predictions = None
            super().draw(snapshot)
            return
        self._source = None
        self.query_one(HeatStrip).display = False
        held_back = self.held_back and len(snapshot.comparison.split.test) > 0
        if self._both is None or self._both[0] is not snapshot or self._both[1] != held_back:
            self._both = (snapshot, held_back, predictions_of(snapshot, held_back))
        source = PredictionSource.of(snapshot, self._both[2], self.prediction_order, self._first)
        self._predictions = source
        cursor = None if self.chosen_row is None else source.place_of(self.chosen_row)
        was_seen = self.table.cursor is not None and self.table.cursor in self.table.page
        self.table.set_source(source, cursor)
        if self.chosen_row != self._announced or was_seen:
            self.table.reveal()
        self._announced = self.chosen_row
        self._say(snapshot)

    def _say(self, snapshot: StepSnapshot) -> None:
        """The border: whose predictions of which rows, which page, in which order."""
        source, comparison = self._predictions, snapshot.comparison
        if source is None or comparison is None:
            super()._say(snapshot)
            return
        held_back = self.held_back and len(comparison.split.test) > 0
        kind = "test" if held_back else "training"
        own, rival = source.own.wrong, source.rival
        marks = [f"{kind}: {int(own.sum())} wrong"]
        if rival is not None:
            marks.append(f"{comparison.rival_name} {int(rival.wrong.sum())}")
        self.border_title = Content(joined(marks, self.title_room))
        page = self.table.page
        where = f"{page.start + 1:,}–{page.stop:,} of {source.n_rows:,}" if page else f"{source.n_rows:,} rows"
        order = self.prediction_order.words(comparison.split.class_names)
        other = "f: training" if held_back else "f: test"
        self.border_subtitle = Content(joined((where, order, other), self.size.width - 4))

    def on_line_table_row_picked(self, event: LineTable.RowPicked) -> None:
        """Tell the screen which row of the data was chosen."""
        if self._predictions is not None:
            event.prevent_default()
            event.stop()
            self._choose(self._predictions.row(event.place))

    def on_line_table_head_picked(self, event: LineTable.HeadPicked) -> None:
        """Sort by the column whose head was clicked; a second click reverses the order."""
        if self._predictions is None:
            return
        event.prevent_default()
        event.stop()
        if event.key == "more":
            self.action_columns(1)
            return
        if event.key.startswith("class "):
            wanted = PredictionOrder("class", int(event.key[6:]))
        else:
            wanted = {"own": PredictionOrder("wrong"), "rival": PredictionOrder("wrong")}.get(
                event.key, PredictionOrder("target" if event.key == "target" else "row")
            )
        again = replace(self.prediction_order, reverse=False) == wanted
        self._predict_by(replace(wanted, reverse=again and not self.prediction_order.reverse))

    def action_other_rows(self) -> None:
        """Turn from test rows to training rows, or back."""
        if self._predictions is None:
            return
        self.held_back = not self.held_back
        self.redraw()

    def action_sort(self) -> None:
        """The next order."""
        if self._predictions is None:
            super().action_sort()
        else:
            self._predict_by(self.prediction_order.following(self._predictions.own.probabilities.shape[1]))

    def action_reverse(self) -> None:
        """The same order, reversed."""
        if self._predictions is None:
            super().action_reverse()
        else:
            self._predict_by(replace(self.prediction_order, reverse=not self.prediction_order.reverse))

    def action_columns(self, by: int) -> None:
        """Show other classes, if not all fit."""
        if self._predictions is None:
            super().action_columns(by)
        else:
            last = self._predictions.own.probabilities.shape[1] - 1
            self._first = max(0, min(last, self._first + by))
            self.redraw()

    def _predict_by(self, order: PredictionOrder) -> None:
        self.prediction_order = order
        self.redraw()
        if self.chosen_row is None:
            self.table.scroll_to(y=0, animate=False, force=True)
        else:
            self.table.reveal()
