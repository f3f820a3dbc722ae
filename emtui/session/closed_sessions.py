"""Explorations that were closed when other data were opened, so that this can be undone: the last few that fit."""

from __future__ import annotations

from emtui.session.session import Session
from emtui.session.undo import NOTHING_TO_UNDO
from engine.errors import OptionError

MOST = 5
MOST_BYTES = 256_000_000
"""Of all their tables together: older explorations are let go of first."""


class ClosedSessions:
    """The last explorations, the latest last."""

    def __init__(self) -> None:
        self._kept: list[Session] = []
        self._too_large = ""  # the data of the last one, where it could not be kept

    def keep(self, session: Session) -> None:
        """Keep this one; let go of older ones, and of itself where its data are too large."""
        session.release()
        self._kept.append(session)
        while len(self._kept) > MOST or sum(one.table_bytes for one in self._kept) > MOST_BYTES:
            self._kept.pop(0)
        self._too_large = "" if self._kept else session.spec.dataset.name

    @property
    def refusal(self) -> str | None:
        """Why none can be taken back, a sentence; None where one can."""
        if self._kept:
            return None
        if self._too_large:
            return (
                f"{self._too_large} was too large to be kept beside other data: open it again (o). "
                "There is nothing else to undo."
            )
        return NOTHING_TO_UNDO

    def take_back(self) -> Session:
        """The one that was closed last. Raises OptionError where none is kept."""
        if self.refusal is not None:
            raise OptionError(self.refusal)
        return self._kept.pop()

    def forget(self) -> None:
        """Let go of all of them."""
        self._kept.clear()
