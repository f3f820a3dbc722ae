"""One row worked out: its E-step, or the prediction for a row that is held back; a word of a row that has words."""

from __future__ import annotations

from functools import partial
from typing import Any

from emtui.charts.cell_text import first_fitting
from emtui.charts.colors import Palette
from emtui.panes.why.derivation_text import worked_lines
from emtui.panes.why.own_units import with_own_units
from emtui.panes.why.subjects.subject import Chosen, Subject, fitted_row
from emtui.session.queries import NewRowWorked, Query, RowWorked
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import split_of
from emtui.views import view_for
from emtui.views.sentences import row_name
from emtui.widgets.table_columns import TableCell


class RowSubject(Subject):
    """Weight × density, the sum, the quotients, in the row's own numbers."""

    name = "row"
    of = "row"

    def words(self, snapshot: StepSnapshot) -> str:
        """What `d` goes to."""
        return "a row"

    def titles(self, snapshot: StepSnapshot, chosen: Chosen, palette: Palette, room: int) -> tuple[str, ...]:
        """What is worked out of which row, or of which word of it."""
        if chosen.row is None:
            return ("why: a row", "a row")
        return (_title(snapshot, chosen, room), row_name(snapshot, chosen.row))

    def refusal(self, snapshot: StepSnapshot, chosen: Chosen) -> str:
        """Where there is no row."""
        return "there is no row to work out" if chosen.row is None else ""

    def query(self, snapshot: StepSnapshot, chosen: Chosen) -> Query | None:
        """The E-step of a row that the model is fitted to; the prediction for one that is held back."""
        if chosen.row is None:
            return None
        split, place = split_of(snapshot.spec), fitted_row(snapshot, chosen.row)
        if place is None:
            assert split is not None
            return NewRowWorked(tuple(split.inputs[chosen.row].tolist()))
        return RowWorked(place, chosen.word if split is None else None)

    def lines(
        self, snapshot: StepSnapshot, chosen: Chosen, answer: Any, width: int, palette: Palette
    ) -> tuple[TableCell, ...]:
        """Each formula, its numbers, and the result."""
        view, answer = view_for(snapshot.spec.model), with_own_units(answer, snapshot)
        said, names = partial(view.with_names, snapshot), view.component_names(snapshot)
        return worked_lines(answer, names, width, palette, said=said, row_name=snapshot.step.problem.row_name)

    def keys(self, snapshot: StepSnapshot, chosen: Chosen) -> str:
        """↑ and ↓ choose the row; with words `,` and `.` choose one."""
        return "↑↓ row" if chosen.word is None else "↑↓ row · , . word"


def _title(snapshot: StepSnapshot, chosen: Chosen, room: int) -> str:
    assert chosen.row is not None
    if chosen.word is not None:
        word, of = (
            view_for(snapshot.spec.model).with_names(snapshot, said)
            for said in (f"word {chosen.word}", f"document {chosen.row}")
        )
        return first_fitting(room, f"E-step of word '{word}' in {of}", f"'{word}' in {of}", f"word '{word}'")
    name = row_name(snapshot, chosen.row)
    if fitted_row(snapshot, chosen.row) is None:
        return first_fitting(room, f"prediction of {name}, a test row", f"{name}, a test row", name)
    return f"{'E-step' if snapshot.spec.model.hides else 'forward pass'} of {name}"
