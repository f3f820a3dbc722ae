"""Why Q: r(θ) is on both sides of ∂ ln p = 0; held, the sum over the components comes apart."""

from __future__ import annotations

from emtui.charts.colors import Palette
from emtui.panes.why.subjects.reason import ReasonSubject, entry_titles
from emtui.panes.why.subjects.subject import Chosen
from emtui.session.queries import Query, ReasonAsked
from emtui.session.snapshot import StepSnapshot


class WhyQSubject(ReasonSubject):
    """With r held, the slope of ln p is that of Q, and can be set to 0."""

    name = "why Q"
    of = "parameter"

    def words(self, snapshot: StepSnapshot) -> str:
        """What `d` goes to."""
        return "why Q"

    def titles(self, snapshot: StepSnapshot, chosen: Chosen, palette: Palette, room: int) -> tuple[str, ...]:
        """What it shows."""
        return entry_titles(snapshot, chosen, palette, "why Q")

    def query(self, snapshot: StepSnapshot, chosen: Chosen) -> Query | None:
        """What it asks of the step."""
        return None if chosen.names is None else ReasonAsked("why_q", chosen.names.entry.name)
