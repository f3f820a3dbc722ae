"""A pane with a table, whose border says which part of it is in sight."""

from __future__ import annotations

from abc import abstractmethod

from emtui.panes.pane import Pane
from emtui.session.snapshot import StepSnapshot
from emtui.widgets.paged_table import LineTable


class TablePane(Pane):
    """The base of such panes."""

    @property
    def table(self) -> LineTable:
        """The table."""
        return self.query_one(LineTable)

    @property
    def in_sight(self) -> str:
        """`1–8 of 14`; "" if all lines fit."""
        page, n_lines = self.table.page, self.table.n_rows
        return f"{page.start + 1}–{page.stop} of {n_lines}" if 0 < len(page) < n_lines else ""

    @abstractmethod
    def draw_border(self, snapshot: StepSnapshot) -> None:
        """Write title and subtitle."""

    def on_line_table_page_turned(self, event: LineTable.PageTurned) -> None:
        """Say what is in sight now."""
        event.stop()
        if self.snapshot is not None and self._drawn is not None:
            self.draw_border(self.snapshot)
