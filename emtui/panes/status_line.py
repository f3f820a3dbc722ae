"""The line below the panes: what just happened, in words."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip

from emtui.charts.cell_text import cut_lines, wrapped
from emtui.charts.drawn_text import DrawnText


class StatusLine(DrawnText):
    """What just happened, in one plain sentence.

    It grows by a line or two if a sentence needs them, so that a reason or a warning is never cut, and keeps that
    height until the window changes: a height that changed with every step would make the picture jump.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"status-line--refused"}
    DEFAULT_CSS = """
    StatusLine { height: auto; min-height: 2; max-height: 4; width: 1fr; padding: 0 1; color: $text; }
    StatusLine .status-line--refused { color: $warning; text-style: bold; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self.sentence = ""
        self._refused = False
        self._room = (0, 0)  # the width, and the most lines that a sentence has needed at this width

    def say(self, sentence: str, *, refused: bool = False) -> None:
        """Show this sentence."""
        self.sentence, self._refused = sentence, refused
        width, most = self._room
        self.refresh(layout=width > 0 and len(wrapped(sentence, width)) > most)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The most lines that a sentence has needed at this width."""
        most = self._room[1] if self._room[0] == width else 0
        self._room = width, max(most, len(wrapped(self.sentence, width)))
        return self._room[1]

    def render_line(self, y: int) -> Strip:
        """One line of the sentence; if it is too long for the height, the last line ends in …."""
        width, height = self.content_size
        style = self.get_component_rich_style("status-line--refused") if self._refused else self.rich_style
        lines = cut_lines(self.sentence, width, height)
        text = lines[y] if y < len(lines) else ""
        return Strip([Segment(text, style)]).adjust_cell_length(width, style)
