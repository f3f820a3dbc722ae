"""The ledger of the half-step: what adds up to what."""

from __future__ import annotations

from typing import Any

from emtui.charts.colors import Palette
from emtui.panes.why.ledger_text import ledger_lines
from emtui.panes.why.subjects.subject import Chosen, Subject
from emtui.session.snapshot import StepSnapshot
from emtui.widgets.table_columns import TableCell


class LedgerSubject(Subject):
    """Its lines come from the snapshot alone."""

    name = "ledger"
    below_ledger = False

    def words(self, snapshot: StepSnapshot) -> str:
        """What `d` goes to."""
        return "ledger"

    def titles(self, snapshot: StepSnapshot, chosen: Chosen, palette: Palette, room: int) -> tuple[str, ...]:
        """What it shows."""
        return ("why: the ledger", "ledger")

    def lines(
        self, snapshot: StepSnapshot, chosen: Chosen, answer: Any, width: int, palette: Palette
    ) -> tuple[TableCell, ...]:
        """A line per number, and why something fell."""
        return ledger_lines(snapshot, width, palette)
