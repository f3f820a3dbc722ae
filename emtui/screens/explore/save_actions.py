"""Saving the session from the explorer: to a name that is asked for once, then to the same file."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from weakref import WeakKeyDictionary

from emtui.screens.explore.host import ActionHost
from emtui.session.messages import SessionSaved
from emtui.session.saved.session_file import View
from emtui.session.saved.standing import Standing, standing_of
from emtui.session.session import Session
from engine.text import clean, quoted


@dataclass
class _Home:
    """The file that a session is saved to.

    state: of the file when it was last ours, by which a change is known. standing: of the session in the file; None
    where the file alone doesn't open it.
    """

    path: Path
    keep_data: bool = False
    state: tuple[int, int, int] | None = None
    standing: Standing | None = None


class SaveActions:
    """The file of each session. view: how the panes stand now."""

    def __init__(self, host: ActionHost, view: Callable[[], View]) -> None:
        self._host, self._view = host, view
        self._homes: WeakKeyDictionary[Session, _Home] = WeakKeyDictionary()

    def opened(self, session: Session, path: Path, *, keep_data: bool, alone: bool) -> None:
        """The session came from this file, and is saved to it again. alone: the file opened without further words."""
        self._homes[session] = _Home(path, keep_data, _state_of(path), standing_of(session) if alone else None)

    @property
    def saved_to(self) -> str | None:
        """The file that opens the session as it stands; None where none does, or it is about to change."""
        worker = self._host.stepping.worker
        home = None if worker.session is None or worker.stepping else self._homes.get(worker.session)
        if home is None or worker.session is None or home.state is None or _state_of(home.path) != home.state:
            return None
        return str(home.path) if home.standing == standing_of(worker.session) else None

    def save(self) -> None:
        """Save to the session's file; where it has none, or another one stands there, ask first."""
        from emtui.screens.dialogs.save_dialog import SaveScreen, Wanted

        session = self._host.stepping.worker.session
        if session is None or self._host.snapshot is None:
            self._host.refuse("There is nothing to save yet: open some data first.")
            return
        home = self._homes.get(session)
        if home is not None and _state_of(home.path) in (home.state, None):
            self._write(session, home, overwrite=_state_of(home.path) is not None)
        elif home is not None:
            from emtui.screens.dialogs.yes_no import YesNoScreen

            name = quoted(str(home.path), 200)

            def answered(yes: bool) -> None:
                if yes:
                    self._write(session, home, overwrite=True)
                else:
                    self._host.say("Nothing was saved.")

            self._host.lay_over(YesNoScreen(f"{name} was changed by somebody else: replace it?"), answered)
        else:

            def chosen(wanted: Wanted) -> None:
                self._write(session, _Home(wanted.path, wanted.keep_data), overwrite=wanted.overwrite)

            self._host.lay_over(SaveScreen(session), chosen, "Nothing was saved.")

    def _write(self, session: Session, home: _Home, *, overwrite: bool) -> None:
        from emtui.session.saved.saving import save

        put = partial(save, path=home.path, view=self._view(), keep_data=home.keep_data, overwrite=overwrite)

        def write(session: Session) -> Path:
            path = put(session)
            home.standing = standing_of(session)  # nothing is done to it meanwhile
            return path

        self._pending = home
        self._host.stepping.worker.save(session, write, home.path)

    def saved(self, report: SessionSaved) -> None:
        """Say how saving went; the session's next one goes to the same file."""
        if report.problem:
            self._host.refuse(report.problem[:1].upper() + report.problem[1:])
            return
        home = self._pending
        if home.path == report.path:
            home.state = _state_of(report.path)
            self._homes[report.session] = home
        self._host.say(clean(f"Saved: {report.path.resolve()}"))


def _state_of(path: Path) -> tuple[int, int, int] | None:
    """What tells whether a file was changed; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
