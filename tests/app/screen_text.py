"""What stands on the screen, as text."""

from __future__ import annotations

from typing import Any

from textual.app import App


def screen_lines(app: App[Any]) -> list[str]:
    """The lines of the composed screen, trailing blanks cut off."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip if not segment.control).rstrip() for strip in strips]


def screen_text(app: App[Any]) -> str:
    """The composed screen as one text."""
    return "\n".join(screen_lines(app))
