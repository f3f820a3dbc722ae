"""How the components agree with known classes, beside k-means; shares, criteria and the confusion matrix."""

from __future__ import annotations

from functools import partial

from textual.app import ComposeResult

from emtui.panes.agreement.agreement_text import agreement_lines
from emtui.panes.table_pane import TablePane
from emtui.session.snapshot import StepSnapshot
from emtui.widgets.paged_table import LineTable
from emtui.widgets.plain_table import TextLines


class AgreementPane(TablePane):
    """Hits, accuracy and the indices of agreement; the pane scrolls if they don't fit.

    Everything is counted from the confusion matrix and the step's own numbers, so nothing waits for a thread.
    """

    short_label = "agree"
    label = "agreement"

    def compose(self) -> ComposeResult:
        """Lines that scroll."""
        yield LineTable(pointing=False)

    def draw(self, snapshot: StepSnapshot) -> None:
        """Count, and write the lines."""
        self.table.set_source(TextLines(partial(agreement_lines, snapshot)))
        self.draw_border(snapshot)

    def draw_border(self, snapshot: StepSnapshot) -> None:
        """Say which lines are in sight, if not all fit."""
        self.border_subtitle = f"lines {self.in_sight}" if self.in_sight and self.size.width > 20 else ""
