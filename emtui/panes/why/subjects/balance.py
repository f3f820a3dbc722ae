"""∂Q = 0: the rows that pull at a parameter, and that their pulls balance at its new value."""

from __future__ import annotations

from emtui.charts.colors import Palette
from emtui.panes.why.subjects.reason import ReasonSubject, entry_titles
from emtui.panes.why.subjects.subject import Chosen
from emtui.session.queries import Query, ReasonAsked
from emtui.session.snapshot import StepSnapshot


class BalanceSubject(ReasonSubject):
    """The rows that pull at a parameter, and that their pulls balance at its new value."""

    name = "balance"
    of = "parameter"

    def words(self, snapshot: StepSnapshot) -> str:
        """What `d` goes to."""
        return "∂Q = 0"

    def titles(self, snapshot: StepSnapshot, chosen: Chosen, palette: Palette, room: int) -> tuple[str, ...]:
        """What it shows."""
        return entry_titles(snapshot, chosen, palette, "∂Q = 0")

    def query(self, snapshot: StepSnapshot, chosen: Chosen) -> Query | None:
        """What it asks of the step."""
        return None if chosen.names is None else ReasonAsked("balanced", chosen.names.entry.name)
