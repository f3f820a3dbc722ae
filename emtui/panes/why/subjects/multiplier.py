"""Lagrange: after the M-step N / w is one λ for all entries that sum to 1."""

from __future__ import annotations

from emtui.charts.colors import Palette
from emtui.panes.why.subjects.reason import ReasonSubject, entry_titles
from emtui.panes.why.subjects.subject import Chosen
from emtui.session.queries import Query, ReasonAsked
from emtui.session.snapshot import StepSnapshot
from engine.em.fields import fields_of


class MultiplierSubject(ReasonSubject):
    """After the M-step N / w is one λ for all entries that sum to 1."""

    name = "lambda"
    of = "parameter"

    def words(self, snapshot: StepSnapshot) -> str:
        """What `d` goes to."""
        return "one λ"

    def titles(self, snapshot: StepSnapshot, chosen: Chosen, palette: Palette, room: int) -> tuple[str, ...]:
        """What it shows."""
        fields = fields_of(snapshot.step.params, snapshot.spec.model).values()
        if all(field.domain != "simplex" for field in fields):
            return ("Lagrange",)
        if chosen.names is None or chosen.names.entry.rule not in ("sum", "row"):
            return ("Lagrange: one λ for all weights", "Lagrange")
        return entry_titles(snapshot, chosen, palette, "Lagrange")

    def query(self, snapshot: StepSnapshot, chosen: Chosen) -> Query | None:
        """What it asks of the step."""
        return None if chosen.names is None else ReasonAsked("multiplier", chosen.names.entry.name)
