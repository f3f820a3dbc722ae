"""Sessions that have gone some way."""

from __future__ import annotations

from typing import Any

from choosing import chosen

from emtui.session.session import Session


def walked(source: str = "coins", steps: int | None = None, **how: Any) -> Session:
    """A session that has taken so many half-steps, or run until it stopped."""
    session = Session(chosen(source, **how))
    if steps is None:
        for _ in session.run_on():
            pass
    else:
        for _ in range(steps):
            session.take()
    return session
