"""The first frame: the outlines of the panes, drawn before anything heavy is imported."""

from __future__ import annotations

from rich.segment import Segment
from textual.app import ComposeResult
from textual.geometry import Region, Size
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from emtui.settings.layout import pane_layout, width_class

_LINES_AROUND = 5  # the lines above and below the panes


class Outlines(Widget):
    """Empty boxes where the panes will be."""

    DEFAULT_CSS = """
    Outlines { width: 1fr; height: 1fr; color: $foreground 35%; background: $background; }
    """

    def render_line(self, y: int) -> Strip:
        """One line of the outlines."""
        width, height = self.size
        made = pane_layout(Size(width, max(1, height - _LINES_AROUND)), width_class(width), "", None)
        line = [" "] * width
        for region in made.regions.values():
            _outline(line, region.translate((0, 1)), y)
        if y == 0:
            line[1:6] = "emtui"
        return Strip([Segment("".join(line[:width]), self.rich_style)], width)


def _outline(line: list[str], box: Region, y: int) -> None:
    """Put the part of a box's border that lies on line y into the line."""
    if not box.y <= y < box.bottom or box.width < 2:
        return
    if y in (box.y, box.bottom - 1):
        left, right = ("╭", "╮") if y == box.y else ("╰", "╯")
        line[box.x : box.right] = [left, *"─" * (box.width - 2), right]
    else:
        line[box.x] = line[box.right - 1] = "│"


class OpeningScreen(Screen[None]):
    """Shown until the explorer is there."""

    def compose(self) -> ComposeResult:
        """The outlines alone."""
        yield Outlines()
