"""The rows pane: responsibilities of a mixture, or a network's predictions for the held-back rows."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from emtui.panes.rows.prediction_table import Predictions, PredictionSource, predictions_of
from emtui.panes.rows.responsibilities import ResponsibilitiesPane
from emtui.panes.rows.row_order import ListedRows, RowOrder
from emtui.session.snapshot import StepSnapshot
from emtui.widgets.table_columns import joined


class RowsPane(ResponsibilitiesPane):
    """Predictions if the model is a network: `s` sorts, `S` reverses, `f` shows test or training rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "other_rows", "rows", tooltip="held-back or training rows of a network", id="predictions.rows")
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.held_back = True
        self._both: tuple[StepSnapshot, bool, tuple[Predictions, Predictions | None]] | None = None

    @property
    def predictions(self) -> PredictionSource | None:
        """The predictions in the table; None if the model is no network."""
        return self._source if isinstance(self._source, PredictionSource) else None

    @property
    def tab_labels(self) -> tuple[str, str]:
        """Its name on a tab, which depends on what it shows."""
        shows_network = self.snapshot is not None and self.snapshot.comparison is not None
        return ("predictions", "pred") if shows_network else super().tab_labels

    def listed(self, snapshot: StepSnapshot) -> ListedRows | None:
        """A network's predictions, or responsibilities."""
        if snapshot.comparison is None:
            return super().listed(snapshot)
        held_back = self.held_back and len(snapshot.comparison.split.test) > 0
        if self._both is None or self._both[0] is not snapshot or self._both[1] != held_back:
            self._both = (snapshot, held_back, predictions_of(snapshot, held_back))
        order = self._orders.get(PredictionSource, RowOrder())
        return PredictionSource.of(snapshot, self._both[2], order, self._first)

    def draw_border(self, snapshot: StepSnapshot) -> None:
        """The border: whose predictions of which rows, which page, in which order."""
        source, comparison = self.predictions, snapshot.comparison
        if source is None or comparison is None:
            super().draw_border(snapshot)
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
        other = "f: training" if held_back else "f: test"
        self.border_subtitle = Content(joined((where, source.order_words, other), self.size.width - 4))

    def action_other_rows(self) -> None:
        """Turn from test rows to training rows, or back."""
        if self.predictions is not None:
            self.held_back = not self.held_back
            self.redraw()
