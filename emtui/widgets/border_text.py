"""Words for a pane's border, which reads markup in plain text."""

from __future__ import annotations

from textual.content import Content

from engine.text import clean


def border_text(text: str, limit: int | None = None) -> Content:
    """Any text as a border takes it: one printable line, brackets shown as they are."""
    return Content(clean(text, limit))
