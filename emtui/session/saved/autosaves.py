"""Sessions that the app keeps by itself, to be resumed after a crash, a kill, a closed terminal or a hasty q.

They lie in the platform's folder for state, each written whole or not at all. Each app has names of its own and holds a
lock as long as it lives, so that two of them neither write to one file nor resume each other's session.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from pathlib import Path

from emtui.session.saved.file_text import text_of
from emtui.session.saved.opening import Reopening, reopen
from emtui.session.saved.saving import session_as_file
from emtui.session.saved.session_file import SessionFileError, View
from emtui.session.session import Session
from emtui.spec.atomic_files import write_file
from emtui.spec.file_locks import locked
from engine.text import quoted

KEPT = 5
"""As many sessions are kept."""
MOST_BYTES = 8_000_000
"""A larger one is not."""


def autosave_folder() -> Path:
    """Where they lie: in the platform's own folder for state."""
    from platformdirs import user_state_path

    return user_state_path("emtui") / "sessions"


class Autosaves:
    """The files of one app, which is alive as long as this is not closed.

    Raises (on making one):
        OSError: the folder can't be made or written to.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or autosave_folder()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._name = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
        self._count = 0
        self._lock = os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        locked(self._lock)

    @property
    def _lock_file(self) -> Path:
        return self.folder / f"{self._name}.lock"

    def new_file(self) -> Path:
        """The file of another session of this app."""
        self._count += 1
        return self.folder / f"{self._name}-{self._count}.emtui"

    def keep(self, session: Session, path: Path, view: View) -> None:
        """Write a session to its file, and let go of the oldest ones.

        Raises:
            EngineError: it is too large, or can't be written; one sentence.
        """
        text = text_of(session_as_file(session, view, self.folder))
        if len(text) > MOST_BYTES:
            raise SessionFileError(f"it would take over {MOST_BYTES // 1_000_000} MB: save it with ctrl+s.")
        write_file(path, [text], overwrite=True)
        self._let_go_of_old_ones()

    def _let_go_of_old_ones(self) -> None:
        """Keep the latest few; those of other apps that are alive are theirs."""
        found = kept_sessions(self.folder)
        for path in found[KEPT:]:
            if _app_of(path) == self._name or not _is_alive(self.folder, _app_of(path)):
                path.unlink(missing_ok=True)
        apps = {_app_of(path) for path in kept_sessions(self.folder)}
        for lock in self.folder.glob("*.lock"):
            if lock.stem not in apps and lock.stem != self._name and not _is_alive(self.folder, lock.stem):
                lock.unlink(missing_ok=True)

    def close(self) -> None:
        """The app ends: others may resume its sessions."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
            self._lock_file.unlink(missing_ok=True)


def kept_sessions(folder: Path) -> list[Path]:
    """The sessions that are kept, the latest first."""
    timed = []
    for path in folder.glob("*.emtui"):
        with contextlib.suppress(OSError):  # another app may have let go of it
            timed.append((path.stat().st_mtime_ns, path))
    return [path for _, path in sorted(timed, reverse=True)]


def last_session(folder: Path | None = None) -> Path:
    """The one that was kept last and is not open in another app.

    Raises:
        SessionFileError: there is none; one sentence.
    """
    folder = folder or autosave_folder()
    found = kept_sessions(folder)
    for path in found:
        if not _is_alive(folder, _app_of(path)):
            return path
    if found:
        raise SessionFileError("there is nothing to resume: what was kept is open in another emtui.")
    raise SessionFileError(
        f"there is nothing to resume: a session is kept in {quoted(str(folder), 200)} once a step is taken."
    )


def resumed(folder: Path | None = None) -> Reopening:
    """The last session, to be done again; it says which it is, and when it was kept.

    Raises:
        EngineError: there is none, or it can't be opened; one sentence.
    """
    path = last_session(folder)
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(path.stat().st_mtime))
    reopening = reopen(path)
    model = reopening.spec.model
    which = " · ".join((reopening.spec.dataset.name, " ".join(filter(None, (model.name, model.size_words)))))
    reopening.resumed = f"Resumed: {which}, as it stood on {when.replace(' ', ' at ')}."
    return reopening


def _app_of(path: Path) -> str:
    return path.stem.rpartition("-")[0]


def _is_alive(folder: Path, app: str) -> bool:
    """Somebody has the lock of this app; without locks nobody is known to be alive."""
    try:
        descriptor = os.open(folder / f"{app}.lock", os.O_RDWR)
    except OSError:
        return False
    try:
        return not locked(descriptor)
    finally:
        os.close(descriptor)
