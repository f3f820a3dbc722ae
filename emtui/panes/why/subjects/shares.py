"""Weights beside shares: the mean of r, and how many rows have it as their largest."""

from __future__ import annotations

from emtui.charts.colors import Palette
from emtui.panes.why.subjects.reason import ReasonSubject
from emtui.panes.why.subjects.subject import Chosen
from emtui.session.queries import Query, ReasonAsked
from emtui.session.snapshot import StepSnapshot


class SharesSubject(ReasonSubject):
    """The mean of r, and how many rows have it as their largest."""

    name = "shares"

    def words(self, snapshot: StepSnapshot) -> str:
        """What `d` goes to."""
        return "shares"

    def titles(self, snapshot: StepSnapshot, chosen: Chosen, palette: Palette, room: int) -> tuple[str, ...]:
        """What it shows."""
        return ("weights beside shares of rows", "weights, shares", "shares")

    def query(self, snapshot: StepSnapshot, chosen: Chosen) -> Query | None:
        """What it asks of the step."""
        return ReasonAsked("shares")
