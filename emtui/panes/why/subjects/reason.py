"""What the subjects share that are reasons of the engine: one query, and the derivation that comes back as lines."""

from __future__ import annotations

from functools import partial
from typing import Any

from emtui.charts.colors import Palette
from emtui.panes.why.derivation_text import worked_lines
from emtui.panes.why.own_units import with_own_units
from emtui.panes.why.subjects.subject import Chosen, Subject
from emtui.session.snapshot import StepSnapshot
from emtui.views import view_for
from emtui.views.entry_cursor import parameter_words
from emtui.widgets.table_columns import TableCell

NOTHING_HIDDEN = "nothing is hidden in this model: it has no q, and so no Q"
NO_Q = "there is no q before the first E-step: press e"


class ReasonSubject(Subject):
    """A reason with the numbers of the step."""

    def refusal(self, snapshot: StepSnapshot, chosen: Chosen) -> str:
        """Where there is no q, and where a parameter is needed and there is none to choose."""
        if not snapshot.spec.model.hides:
            return NOTHING_HIDDEN
        if snapshot.step.at_q is None:
            return NO_Q
        return "there is no parameter to choose" if self.of == "parameter" and chosen.names is None else ""

    def lines(
        self, snapshot: StepSnapshot, chosen: Chosen, answer: Any, width: int, palette: Palette
    ) -> tuple[TableCell, ...]:
        """Each formula, its numbers, and the result."""
        return answer_lines(snapshot, chosen, answer, width, palette)


def answer_lines(
    snapshot: StepSnapshot, chosen: Chosen, answer: Any, width: int, palette: Palette
) -> tuple[TableCell, ...]:
    """A derivation of the engine as lines, in the names of the data and of the chosen parameter."""
    view, answer = view_for(snapshot.spec.model), with_own_units(answer, snapshot)
    of = "" if chosen.names is None else parameter_words(snapshot, chosen.names.entry, palette)
    said, names = partial(view.with_names, snapshot), view.component_names(snapshot)
    return worked_lines(answer, names, width, palette, of=of, said=said, row_name=snapshot.step.problem.row_name)


def entry_titles(snapshot: StepSnapshot, chosen: Chosen, palette: Palette, before: str) -> tuple[str, ...]:
    """What is told of which parameter."""
    if chosen.names is None:
        return (before,)
    return (f"{before}: {parameter_words(snapshot, chosen.names.entry, palette)}", before)
