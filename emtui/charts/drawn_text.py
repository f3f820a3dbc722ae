"""The text of widgets that draw line by line, for who marks it with the mouse."""

from __future__ import annotations

from textual.selection import Selection
from textual.widget import Widget


class DrawnText(Widget):
    """A widget whose marked text is what it has drawn; Textual alone would copy the widget's own name."""

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The marked letters of the lines as they are drawn."""
        lines = [self.render_line(y).text.rstrip() for y in range(self.content_size.height)]
        return (selection.extract("\n".join(lines)), "\n") if any(lines) else None
