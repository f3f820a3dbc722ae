"""Sessions that have gone some way."""

from __future__ import annotations

from typing import Any

from choosing import chosen

from emtui.session.session import Session


def walked(source: str = "coins", steps: int | None = None, **how: Any) -> Session:
    """A session that has taken so many half-steps, or run until it stopped, and looked what kind of rest that is."""
    session = Session(chosen(source, **how))
    if steps is None:
        for _ in session.run_on():
            pass
    else:
        for _ in range(steps):
            session.take()
    while session.rest_is_due:
        session.advance_rest()
    return session
