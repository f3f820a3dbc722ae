"""The timeline: every half-step of the current branch on one line, with the cursor; the branch is named at the end."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip

from emtui.charts.drawn_text import DrawnText
from emtui.panes.messages import BranchChosen, GoTo
from emtui.panes.shows_step import ShowsStep
from emtui.session.snapshot import Record, StepSnapshot
from emtui.views.step_text import pencil


class TimelineBar(DrawnText, ShowsStep):
    """`◀ init·E·M·E·■·M ▶  branch 2 of 3`, with `M✎` for a change by hand.

    Long histories scroll with the cursor in sight; a click goes there.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "timeline--cursor",
        "timeline--step",
        "timeline--shared",
        "timeline--branch",
    }
    DEFAULT_CSS = """
    TimelineBar { height: 1; width: 1fr; padding: 0 1; }
    TimelineBar .timeline--cursor { color: $background; background: $accent; text-style: bold; }
    TimelineBar .timeline--step { color: $text; }
    TimelineBar .timeline--shared { color: $text-muted; }
    TimelineBar .timeline--branch { color: $warning; text-style: bold; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._snapshot: StepSnapshot | None = None
        self._first = 0

    def show(self, snapshot: StepSnapshot) -> None:
        """Show the history of this snapshot."""
        self._snapshot = snapshot
        self.refresh()

    def _branches(self) -> str:
        snapshot = self._snapshot
        if snapshot is None or snapshot.n_branches == 1:
            return ""
        return f" branch {snapshot.branch + 1} of {snapshot.n_branches} (b) "

    def _capacity(self) -> int:
        """How many steps fit: each takes two cells, the first five, a change by hand one more."""
        records = () if self._snapshot is None else self._snapshot.records
        by_hand = sum(record.by_hand for record in records)
        return max(1, (self.size.width - len(self._branches()) - 10 - by_hand) // 2)

    def _word(self, record: Record) -> str:
        """The sign of a step."""
        mark = pencil(ascii=self.app.has_class("-ascii")) if record.by_hand else ""
        return f"{record.phase}{mark}"

    def render_line(self, y: int) -> Strip:
        """The one line."""
        snapshot, width = self._snapshot, self.size.width
        plain = self.get_component_rich_style("timeline--step")
        muted = self.get_component_rich_style("timeline--shared")
        if snapshot is None or width < 1:
            return Strip.blank(width, plain)
        cursor_style = self.get_component_rich_style("timeline--cursor")
        capacity = self._capacity()
        self._first = max(0, min(snapshot.cursor - capacity // 2, len(snapshot.records) - capacity))
        last = min(len(snapshot.records), self._first + capacity)
        segments = [Segment("◀ " if self._first else "  ", muted)]
        for index in range(self._first, last):
            record = snapshot.records[index]
            if index > self._first:
                segments.append(Segment("·", muted))
            style = cursor_style if index == snapshot.cursor else plain if index < snapshot.cursor else muted
            segments.append(Segment(self._word(record), style))
        stopped = last == len(snapshot.records) and snapshot.step.stop_reason is not None and snapshot.is_last
        segments.append(Segment(" ▶" if last < len(snapshot.records) else " ■" if stopped else " …", muted))
        return self._with_branches(segments, width, plain)

    def _with_branches(self, segments: list[Segment], width: int, plain: Style) -> Strip:
        text = self._branches()
        if not text or len(text) >= width:
            return Strip(segments).adjust_cell_length(width, plain)
        left = Strip(segments).adjust_cell_length(width - len(text), plain)
        style = self.get_component_rich_style("timeline--branch")
        return Strip.join([left, Strip([Segment(text, style)], len(text))])

    def on_click(self, event: events.Click) -> None:
        """Go to the step under the pointer, or to the next branch."""
        snapshot, offset = self._snapshot, event.get_content_offset(self)
        if snapshot is None or offset is None:
            return
        event.stop()
        if snapshot.n_branches > 1 and offset.x >= self.size.width - len(self._branches()):
            self.post_message(BranchChosen((snapshot.branch + 1) % snapshot.n_branches))
            return
        x = 2
        for index in range(self._first, min(len(snapshot.records), self._first + self._capacity())):
            x += len(self._word(snapshot.records[index])) + 1
            if offset.x < x:
                self.post_message(GoTo(index))
                return
