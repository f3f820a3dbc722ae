"""Errands of the worker: what leaves the session alone, such as writing it to a file, between two half-steps."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path

from emtui.session.messages import NotKept, SessionSaved, WorkerMessage
from emtui.session.session import Session
from engine.errors import EngineError

TROUBLE = (EngineError, OSError, MemoryError)
"""What may go wrong without a fault of the program."""


class Errands:
    """Those that wait, run in turn by whoever has the session, even in the middle of a long run.

    report: is told how a file was written.
    """

    def __init__(self, report: Callable[[WorkerMessage], object]) -> None:
        self._report = report
        self._waiting: deque[Callable[[], None]] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, errand: Callable[[], None]) -> None:
        """Let it wait for its turn."""
        self._waiting.append(errand)

    def run(self) -> str:
        """Run all that wait; there is nothing to say of them beside the step."""
        while self._waiting:
            self._waiting.popleft()()
        return ""

    def saving(self, session: Session, write: Callable[[Session], Path], path: Path) -> Callable[[], None]:
        """Write a session to a file, and report how that went."""

        def errand() -> None:
            try:
                self._report(SessionSaved(session, write(session)))
            except TROUBLE as error:
                self._report(SessionSaved(session, path, error_sentence(error)))

        return errand

    def keeping(self, write: Callable[[], None]) -> Callable[[], None]:
        """Write it, and report only what goes wrong."""

        def errand() -> None:
            try:
                write()
            except TROUBLE as error:
                self._report(NotKept(error_sentence(error)))

        return errand


def error_sentence(error: Exception) -> str:
    """What went wrong, in a sentence."""
    if isinstance(error, MemoryError):
        return "There is not enough memory for this step: choose fewer rows, columns or components."
    if isinstance(error, OSError):
        return f"{error.filename or 'The file'} can't be used: {error.strerror or error}."
    return str(error)
