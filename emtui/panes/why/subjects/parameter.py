"""One parameter worked out: the sums that its M-step is made of, and their quotient."""

from __future__ import annotations

from typing import Any

from emtui.charts.colors import Palette
from emtui.panes.why.subjects.reason import answer_lines
from emtui.panes.why.subjects.subject import Chosen, Subject
from emtui.session.queries import ParameterWorked, Query
from emtui.session.snapshot import StepSnapshot
from emtui.views.entry_cursor import parameter_words
from emtui.widgets.table_columns import TableCell


class ParameterSubject(Subject):
    """The M-step of the chosen entry of θ, in its own numbers."""

    name = "M-step"
    of = "parameter"

    def words(self, snapshot: StepSnapshot) -> str:
        """What `d` goes to, in the model's own word."""
        return snapshot.spec.model.update_name

    def titles(self, snapshot: StepSnapshot, chosen: Chosen, palette: Palette, room: int) -> tuple[str, ...]:
        """Which parameter."""
        words = self.words(snapshot)
        return (words,) if chosen.names is None else (parameter_words(snapshot, chosen.names.entry, palette), words)

    def refusal(self, snapshot: StepSnapshot, chosen: Chosen) -> str:
        """Where there is no parameter."""
        return "there is no parameter to work out" if chosen.names is None else ""

    def query(self, snapshot: StepSnapshot, chosen: Chosen) -> Query | None:
        """The M-step of the entry."""
        return None if chosen.names is None else ParameterWorked(chosen.names.entry.name)

    def lines(
        self, snapshot: StepSnapshot, chosen: Chosen, answer: Any, width: int, palette: Palette
    ) -> tuple[TableCell, ...]:
        """Each formula, its numbers, and the result."""
        return answer_lines(snapshot, chosen, answer, width, palette)
