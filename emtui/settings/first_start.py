"""Whether the card of the first start was closed before: a mark in the platform's folder for state."""

from __future__ import annotations

import contextlib
from pathlib import Path


def _mark() -> Path:
    from platformdirs import user_state_path

    return user_state_path("emtui") / "welcomed"


def is_first_start() -> bool:
    """Nobody has closed the card on this machine yet, as far as can be told."""
    try:
        return not _mark().exists()
    except (OSError, RuntimeError):  # a folder that can't be looked into, a user without a home
        return True


def not_again() -> None:
    """The card was closed: it stays so. Where the folder can't be written, it will be shown once more."""
    with contextlib.suppress(OSError, RuntimeError):
        mark = _mark()
        mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark.touch(mode=0o600)
