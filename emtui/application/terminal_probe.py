"""What kind of letters a terminal draws: asked once at the start, so that plain ones can be offered."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

_SIGNS = "▲─"
QUESTION = f"\x1b7\x1b[1;1H{_SIGNS}\x1b[6n\x1b8"
"""Draws signs in the corner, asks where the cursor is then, and puts it back: the answer is a cursor position."""
OFFER = "ctrl+p and 'plain letters' draws without them; ascii = true in config.toml keeps it so."


def why_plain_letters() -> str:
    """Why this terminal should be drawn on in ASCII, as the environment names it; empty where nothing speaks for it."""
    if os.environ.get("TERM") == "linux":
        return "This console has no braille and few signs"
    letters = _named_letters()
    return f"This terminal's letters are {letters}, by its locale" if letters else ""


def draws_wide(column: int) -> bool:
    """Whether the cursor stands, after the signs, where only wide ones bring it; columns count from 0."""
    return column > len(_SIGNS)


def write_utf8() -> None:
    """Let standard error, by which the app draws, write UTF-8, whatever Python was told (PYTHONIOENCODING)."""
    stream = sys.__stderr__
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="replace")


def _named_letters() -> str:
    """The encoding in the locale's name, where it is named and not UTF-8."""
    name = next((value for key in ("LC_ALL", "LC_CTYPE", "LANG") if (value := os.environ.get(key))), "")
    letters = name.partition(".")[2].partition("@")[0]
    return "" if letters.lower().replace("-", "") == "utf8" else letters[:20]
