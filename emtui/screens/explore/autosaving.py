"""Keeping the session by itself: a while after something changed, and when the app is left; never on the event loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakKeyDictionary

from emtui.screens.explore.host import ActionHost
from emtui.session.session import Session

if TYPE_CHECKING:
    from emtui.session.saved.autosaves import Autosaves
    from emtui.session.saved.session_file import View

LOOK_EVERY = 2.0  # seconds
LEAST_BETWEEN = 10.0  # seconds between two of them, at least
_SHARE = 20.0  # and so many times as long as the last one took

_State: TypeAlias = tuple[int, int, int, str | None]


class Autosaving:
    """Writes the session to a file of its own where it has changed. view: how the panes stand now.

    wanted: the user has not turned it off.
    """

    def __init__(self, host: ActionHost, view: Callable[[], View], *, wanted: bool) -> None:
        self._host, self._view, self._wanted = host, view, wanted
        self._autosaves: Autosaves | None = None
        self._files: WeakKeyDictionary[Session, Path] = WeakKeyDictionary()
        self._kept: WeakKeyDictionary[Session, _State] = WeakKeyDictionary()
        self._last: Session | None = None
        self._next = 0.0  # not before this time

    def opened(self, session: Session) -> None:
        """The session came from a file, which has it as it stands."""
        self._kept[session] = _state_of(session)

    def look(self) -> None:
        """Keep what has changed, unless that was done a moment ago; of a session that was left, at once."""
        session = self._host.stepping.worker.session
        if self._last is not None and self._last is not session:
            self._keep(self._last)
        self._last = session
        if session is not None and time.monotonic() >= self._next:
            self._keep(session)

    def close(self) -> None:
        """Keep what has changed since; the worker does it before it ends."""
        session = self._host.stepping.worker.session
        if session is not None:
            self._keep(session)
        self._host.stepping.worker.errand(self._end)
        self._last = None

    def _end(self) -> None:
        if self._autosaves is not None:
            self._autosaves.close()

    def _keep(self, session: Session) -> None:
        state = _state_of(session)
        if not self._wanted or self._kept.get(session) == state or state[0] < 2:  # nothing was done yet
            return
        self._kept[session] = state
        self._next = time.monotonic() + LEAST_BETWEEN
        self._host.stepping.worker.keep(partial(self._write, session, self._view()))

    def _write(self, session: Session, view: View) -> None:
        """In the worker's thread."""
        from emtui.session.saved.autosaves import Autosaves

        started = time.monotonic()
        if self._autosaves is None:
            self._autosaves = Autosaves()
        path = self._files.setdefault(session, self._autosaves.new_file())
        self._autosaves.keep(session, path, view)
        now = time.monotonic()
        self._next = max(self._next, now + _SHARE * (now - started))

    def failed(self, reason: str) -> None:
        """Say once why it can't be kept, and don't try again."""
        if self._wanted:
            self._wanted = False
            self._host.notify(f"This session is not kept for --resume: {reason}", markup=False)


def _state_of(session: Session) -> _State:
    """What tells whether a session has changed: how many steps there are, and where it stands."""
    timeline = session.timeline
    return sum(map(len, timeline.lines)), timeline.branch, timeline.cursor, session.turned
