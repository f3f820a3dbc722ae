"""What the worker reports: a step is ready or was refused, a question is answered, a file written; what broke."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from emtui.session.queries import Asker, Query
from emtui.session.session import Session
from emtui.session.snapshot import StepSnapshot
from engine.em.step import Step

if TYPE_CHECKING:
    from emtui.session.saved.opening import Reopening


@dataclass(frozen=True, eq=False)
class SnapshotReady:
    """A step is ready to be shown. `generation` says which exploration it belongs to; a stale one is dropped."""

    snapshot: StepSnapshot
    generation: int


@dataclass(frozen=True, eq=False)
class SessionFound:
    """A session file was read, and is being done again."""

    reopening: Reopening
    generation: int


@dataclass(frozen=True, eq=False)
class StepRefused:
    """A step could not be taken; `reason` is a sentence."""

    reason: str
    generation: int


@dataclass(frozen=True, eq=False)
class QueryAnswered:
    """The answer to a question about a step, for the one who asked, or a sentence that says why there is none."""

    asker: Asker
    query: Query
    step: Step
    answer: Any
    generation: int


@dataclass(frozen=True, eq=False)
class SessionSaved:
    """The session was written to a file, or it could not be: then `problem` is a sentence."""

    session: Session
    path: Path
    problem: str = ""


@dataclass(frozen=True, eq=False)
class NotKept:
    """The session could not be kept by itself; `reason` is a sentence."""

    reason: str


@dataclass(frozen=True, eq=False)
class Crashed:
    """The worker met an unexpected error; the screen raises it, so that it is seen."""

    error: Exception


WorkerMessage: TypeAlias = SnapshotReady | SessionFound | StepRefused | QueryAnswered | SessionSaved | NotKept | Crashed
