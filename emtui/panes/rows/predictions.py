"""The rows pane: responsibilities of a mixture, or what a supervised model predicts of the held-back rows."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

import numpy as np
from textual.binding import Binding, BindingType
from textual.content import Content

from emtui.charts.cell_text import first_fitting
from emtui.charts.picture_widget import theme_palette
from emtui.panes.pane_state import flag, unusual
from emtui.panes.rows.number_table import NumberSource, numbers_of
from emtui.panes.rows.prediction_table import Predictions, PredictionSource, predictions_of, wrong_sign
from emtui.panes.rows.responsibilities import ResponsibilitiesPane
from emtui.panes.rows.row_order import ListedRows, RowOrder
from emtui.session.saved.session_file import State
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import split_of
from emtui.views.number_format import MISSING, number
from emtui.widgets.table_columns import joined
from engine.arrays import Array


class RowsPane(ResponsibilitiesPane):
    """Predictions if a target is learned: `s` sorts, `S` reverses, `H` shows test or training rows.

    Of a mixture that learns a target `H` leads on from there to the responsibilities of the training rows.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("H", "other_rows", "rows", tooltip="held-back or training rows of a network", id="predictions.rows")
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.held_back = True
        self._of_components = False
        self._both: tuple[StepSnapshot, bool, tuple[Predictions, Predictions | None]] | None = None

    KINDS: ClassVar[dict[str, type[ListedRows]]] = {
        **ResponsibilitiesPane.KINDS, "predictions": PredictionSource, "numbers": NumberSource
    }  # fmt: skip

    @property
    def state(self) -> State:
        """Which rows, too."""
        now: State = {"held_back": self.held_back, "of_components": self._of_components}
        return super().state | unusual(now, {"held_back": True, "of_components": False})

    def take_state(self, state: State) -> None:
        """List those rows."""
        self.held_back = flag(state, "held_back", otherwise=True)
        self._of_components = flag(state, "of_components", otherwise=False)
        super().take_state(state)

    @property
    def predictions(self) -> PredictionSource | None:
        """The predictions in the table; None if the model is no network."""
        return self._source if isinstance(self._source, PredictionSource) else None

    @property
    def numbers(self) -> NumberSource | None:
        """The predicted numbers in the table; None where no numbers are learned."""
        return self._source if isinstance(self._source, NumberSource) else None

    @property
    def tab_labels(self) -> tuple[str, str]:
        """Its name on a tab, which depends on what it shows."""
        shows_network = self.snapshot is not None and self.snapshot.comparison is not None
        return ("predictions", "pred") if shows_network else super().tab_labels

    def listed(self, snapshot: StepSnapshot) -> ListedRows | None:
        """A network's predictions, or responsibilities."""
        if snapshot.comparison is None:
            return super().listed(snapshot)
        if self._of_components and has_components(snapshot):
            return super().listed(snapshot)
        held_back = self.held_back and len(snapshot.comparison.split.test) > 0
        if snapshot.comparison.split.numeric:
            order = self._orders.get(NumberSource, RowOrder())
            return NumberSource.of(snapshot, numbers_of(snapshot, held_back), order)
        if self._both is None or self._both[0] is not snapshot or self._both[1] != held_back:
            self._both = (snapshot, held_back, predictions_of(snapshot, held_back))
        order = self._orders.get(PredictionSource, RowOrder())
        return PredictionSource.of(snapshot, self._both[2], order, self._first)

    def draw_border(self, snapshot: StepSnapshot) -> None:
        """The border: whose predictions of which rows, which page, in which order."""
        comparison = snapshot.comparison
        source = self.predictions or self.numbers
        if source is None or comparison is None:
            super().draw_border(snapshot)
            return
        held_back = self.held_back and len(comparison.split.test) > 0
        kind = "test" if held_back else "training"
        from emtui.networks.rival import short_name
        from emtui.networks.scores import way_of

        own, theirs = _standing(source), _standing_of_rival(source)
        titles = [f"{kind}: {own}"]
        if theirs:  # whose numbers come first is said
            name = short_name(snapshot.spec.model)
            alone, bare = f"{kind}: {name} {own}", own.removesuffix(" wrong")
            counted = kind if bare == own else f"{kind} {wrong_sign(theme_palette(self))}"  # not how many are right
            both = f"{counted}: {name} {bare}, {comparison.rival_name} {theirs}"
            shorter = (f"{name} {bare}, rival {theirs}", f"{bare}, {comparison.rival_name} {theirs}")
            short = [f"{counted}: {said}" for said in shorter]
            whole = f"{kind}: {name} {own} · {comparison.rival_name} {theirs}"
            way = way_of(snapshot.spec.model, comparison.split.prediction)
            said = [f"{title} · {way}" for title in (whole, both) if way]
            titles = [*said, whole, both, *short, alone, *titles]
        self.border_title = Content(first_fitting(self.title_room, *titles))
        page = self.table.page
        where = f"{page.start + 1:,}–{page.stop:,} of {source.n_rows:,}" if page else f"{source.n_rows:,} rows"
        other = "H: training" if held_back else "H: responsibilities" if has_components(snapshot) else "H: test"
        if other == "H: test" and not len(comparison.split.test):
            other = ""
        self.border_subtitle = Content(joined((where, source.order_words, other), self.size.width - 4))

    @property
    def idle(self) -> Collection[str]:
        """The key for the rows held back, where none are."""
        return () if self.snapshot is not None and self.snapshot.comparison is not None else ("predictions.rows",)

    def action_other_rows(self) -> None:
        """Turn from test rows to training rows, from there to the responsibilities where there are any, and back."""
        snapshot = self.snapshot
        if snapshot is None or snapshot.comparison is None:
            self.refuse(
                "All rows are listed: rows are held back only where a model learns a target, as a network does."
            )
            return
        if self._of_components:
            self._of_components, self.held_back = False, True
        elif self.held_back and len(snapshot.comparison.split.test):
            self.held_back = False
        elif has_components(snapshot):
            self._of_components = True
        else:
            self.held_back = not self.held_back
        self.redraw()


def has_components(snapshot: StepSnapshot) -> bool:
    """Rows are shared out among components, and a target is learned of them as well."""
    model = snapshot.step.problem.model
    return model.hides and model.responsibilities_sum_to_one


def _standing(source: PredictionSource | NumberSource) -> str:
    if isinstance(source, NumberSource):
        return f"RMSE {_rmse(source, source.found.left)}"
    return f"{int(source.own.wrong.sum())} wrong"


def _standing_of_rival(source: PredictionSource | NumberSource) -> str:
    if isinstance(source, NumberSource):
        rival = source.found.rival
        return "" if rival is None else _rmse(source, source.found.targets - rival)
    return "" if source.rival is None else str(int(source.rival.wrong.sum()))


def _rmse(source: NumberSource, left: Array) -> str:
    """Of what is left, each row by its weight, as in the scores of pane 5."""
    if not len(left):
        return MISSING
    split = split_of(source.snapshot.spec)
    weights = None if split is None or split.weights is None else split.weights[source.found.rows]
    if weights is not None and not weights.any():
        return MISSING
    return number(float(np.sqrt(np.average(left**2, weights=weights))), 4)
