"""How the components agree with known classes, beside k-means; shares, criteria and the confusion matrix."""

from __future__ import annotations

from textual.app import ComposeResult

from emtui.panes.agreement.agreement_text import AgreementSource
from emtui.panes.pane import Pane
from emtui.session.snapshot import StepSnapshot
from emtui.widgets.paged_table import LineTable


class AgreementPane(Pane):
    """Hits, accuracy and the indices of agreement; the pane scrolls if they don't fit.

    Everything is counted from the confusion matrix and the step's own numbers, so nothing waits for a thread.
    """

    short_label = "agree"
    label = "agreement"

    def compose(self) -> ComposeResult:
        """Lines that scroll."""
        yield LineTable(pointing=False)

    @property
    def table(self) -> LineTable:
        """The lines."""
        return self.query_one(LineTable)

    def draw(self, snapshot: StepSnapshot) -> None:
        """Count, and write the lines."""
        self.table.set_source(AgreementSource(snapshot))
        self._say()

    def on_line_table_page_turned(self, event: LineTable.PageTurned) -> None:
        """Say which lines are in sight."""
        event.stop()
        self._say()

    def _say(self) -> None:
        """The border: which lines are in sight, if not all fit."""
        page, n_lines = self.table.page, self.table.n_rows
        partial = 0 < len(page) < n_lines
        self.border_subtitle = (
            f"lines {page.start + 1}–{page.stop} of {n_lines}" if partial and self.size.width > 20 else ""
        )
