"""A pane with a table, whose border says which part of it is in sight."""

from __future__ import annotations

from abc import abstractmethod

from textual.binding import Binding

from emtui.panes.pane import Pane
from emtui.session.snapshot import StepSnapshot
from emtui.widgets.paged_table import LineTable


def sideways(pane: str, action: str, words: tuple[str, str], tooltips: tuple[str, str]) -> tuple[Binding, Binding]:
    """`.` and `,`, or shift and an arrow, for what lies further right and what lies before."""
    return (
        Binding(
            "full_stop,shift+right", f"{action}(1)", words[0], tooltip=tooltips[0], id=f"{pane}.right", key_display="."
        ),
        Binding("comma,shift+left", f"{action}(-1)", words[1], tooltip=tooltips[1], id=f"{pane}.left", key_display=","),
    )


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
