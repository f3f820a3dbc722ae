"""The explorer's worker: it takes steps off the event loop and reports the results.

Jobs run one after the other. A small problem is stepped at once, by the caller, where nothing is under way: its key
is answered in the same moment. Frames are made only when the screen can use them: at the end of the queue, or every
so often during a long run.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emtui.session.closed_sessions import ClosedSessions
from emtui.session.errands import TROUBLE, Errands, error_sentence
from emtui.session.messages import (
    Crashed,
    QueryAnswered,
    SessionFound,
    SnapshotReady,
    StepRefused,
    WorkerMessage,
)
from emtui.session.queries import Asker, OtherBranch, Query, answer
from emtui.session.session import Session, one_note
from emtui.session.undo import NOTHING_TO_UNDO
from emtui.spec.run_spec import RunSpec
from emtui.spec.work import is_small
from engine.em.step import Step
from engine.errors import EngineError, OptionError

if TYPE_CHECKING:
    from emtui.session.saved.opening import Reopening

SECONDS_BETWEEN_FRAMES = 0.1
_LAST_WORDS = 5.0  # seconds that a file may take to be written when the screen has gone


@dataclass(frozen=True)
class Job:
    """Something to do with the session of one exploration; it returns a sentence to say beside the step, or "".

    shows: the step may be another one afterwards. A job that answers a question leaves it alone.
    """

    generation: int
    do: Callable[[], str]
    shows: bool = True


class SessionWorker:
    """Owns the session and the thread that works on it.

    Args:
        report: called with each message, from either thread.
    """

    def __init__(self, report: Callable[[WorkerMessage], object]) -> None:
        self._report = report
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._unfinished: dict[int, Job] = {}  # those in the queue, and the one that is being done
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._generation = 0
        self._session: Session | None = None
        self._closed = ClosedSessions()
        self._thread: threading.Thread | None = None
        self._running_on = False
        self._note = ""  # beside the step that is shown
        self._owed = False  # a step was taken that no snapshot has shown yet
        self._asked: dict[tuple[Asker, type], tuple[Query, Step]] = {}
        self._errands = Errands(report)

    @property
    def session(self) -> Session | None:
        """The exploration that is under way; None before the first one has started."""
        return self._session

    @property
    def generation(self) -> int:
        """The number of the current exploration; messages of earlier ones are stale."""
        return self._generation

    @property
    def busy(self) -> bool:
        """Something is queued or being computed."""
        return self._jobs.unfinished_tasks > 0

    @property
    def stepping(self) -> bool:
        """Something that may change the step is queued or being computed: more than questions."""
        return any(job.shows for job in tuple(self._unfinished.values()))

    @property
    def running_on(self) -> bool:
        """A run to convergence is under way."""
        return self._running_on

    def open(self, make_spec: Callable[[], RunSpec], *, small: bool = False) -> None:
        """Begin another exploration; what the old one still had to do is dropped.

        If the new one can't be begun, the old one stays open and the reason is reported.
        """

        def job() -> str:
            before, self._session = self._session, Session(make_spec())
            if before is not None:
                self._closed.keep(before)
            return ""

        self._leave_the_old()
        self._submit(Job(self._generation, job), at_once=small)

    def _leave_the_old(self) -> None:
        """Drop what the current exploration still had to do; what it reports from now on is stale."""
        self.cancel()
        self._generation += 1
        self._asked.clear()

    def apply(self, make_spec: Callable[[], RunSpec]) -> None:
        """Begin with other choices on a branch of its own; where that can't be, nothing changes."""

        def job() -> str:
            return self._session.apply(make_spec()) if self._session is not None else ""

        self.cancel()
        self._submit(Job(self._generation, job), at_once=False)

    def undo(self) -> None:
        """Undo the last choices applied, or row weighed; else the last data opened. Where nothing was, that is said."""
        session = self._session
        if session is None or session.can_undo or self._closed.refusal is not None:
            self.do(self._undo_here)
            return

        def job() -> str:
            now, self._session = self._session, self._closed.take_back()
            here, n = self._session.spec.dataset.name, self._session.timeline.n_branches
            with_branches = f" with its {n} branches" if n > 1 else ""
            left = "" if now is None else now.spec.dataset.name
            return f"Undone: {left} was opened; back on {here}{with_branches}."

        self._leave_the_old()
        self._submit(Job(self._generation, job), at_once=False)

    def _undo_here(self, session: Session) -> str:
        refusal = self._closed.refusal
        if not session.can_undo and refusal is not None and refusal != NOTHING_TO_UNDO:
            raise OptionError(refusal)
        return session.undo()

    def reopen(self, reopening: Reopening) -> None:
        """Begin the exploration of a session file: do its deeds again, showing frames on the way, until `cancel`.

        What stops it is said beside the step that was reached; if nothing could be begun, the reason is reported.
        """
        self._leave_the_old()
        self._submit(Job(self._generation, lambda: self._do_again(reopening)), at_once=False)

    def open_session(self, path: Path) -> None:
        """Begin the exploration of a session file beside which another one is under way, as `reopen` does.

        If the file or its data can't be used, the old one stays open and the reason is reported.
        """
        from emtui.session.saved.opening import reopen

        def job() -> str:
            reopening = reopen(path)
            self._report(SessionFound(reopening, self._generation))
            return self._do_again(reopening)

        self._leave_the_old()
        self._submit(Job(self._generation, job), at_once=False)

    def _do_again(self, reopening: Reopening) -> str:
        shown, before = time.monotonic(), self._session
        try:
            with closing(reopening.steps()) as steps:
                for done in steps:
                    self._session = reopening.session
                    if before is not None:
                        self._closed.keep(before)
                        before = None
                    self._errands.run()
                    if self._cancelled.is_set():
                        return f"Stopped opening the session at step {done:,} of {reopening.total:,}."
                    if time.monotonic() - shown > SECONDS_BETWEEN_FRAMES:
                        shown = time.monotonic()
                        said = f"Opening the session: step {done:,} of {reopening.total:,}; escape stops."
                        self._show(self._generation, said)
        except EngineError as error:
            if reopening.session is None:
                raise
            return f"The session could not be opened to its end: {error}"
        return reopening.words

    def save(self, session: Session, write: Callable[[Session], Path], path: Path) -> None:
        """Write a session to a file between two half-steps, and report how that went."""
        self.errand(self._errands.saving(session, write, path))

    def keep(self, write: Callable[[], None]) -> None:
        """Keep a session between two half-steps; only what goes wrong is reported."""
        self.errand(self._errands.keeping(write))

    def errand(self, errand: Callable[[], None]) -> None:
        """Do something that leaves the session alone, between two half-steps."""
        self._errands.add(errand)
        self._submit(Job(self._generation, self._errands.run, shows=False), at_once=False)

    def _follow(self) -> str:
        """Look what kind of rest a run came to, run k-means beside the model, let the rival of a network catch up.

        All that while no step is waiting.

        It goes an iteration at a time and gives way to any other job, after which it goes on (`_perform`).
        """
        session, shown = self._session, time.monotonic()
        while session is not None and _has_more_to_follow(session):
            if not self._jobs.empty() or self._cancelled.is_set():
                break
            if session.rest_is_due:
                session.advance_rest()
                self._owed |= not session.rest_is_due
                continue
            if session.baseline_is_due:
                session.advance_baseline()
                self._owed |= not session.baseline_is_due
                continue
            session.advance_rival()
            self._owed = True
            if time.monotonic() - shown > SECONDS_BETWEEN_FRAMES:
                shown = time.monotonic()
                self._show(self._generation, self._note)
        return ""

    def do(self, action: Callable[[Session], str | None]) -> None:
        """Do something with the session, in its turn, and show the step where it stands then."""

        def job() -> str:
            return (action(self._session) or "") if self._session is not None else ""

        self._submit(Job(self._generation, job), at_once=self._is_small)

    def ask(self, query: Query, step: Step, asker: Asker) -> None:
        """Answer a question about a step in its turn; of each kind, only the last that one asker asked counts."""
        key, generation = (asker, type(query)), self._generation
        self._asked[key] = (query, step)

        def job() -> str:
            if key in self._asked:
                query, step = self._asked.pop(key)
                self._report(QueryAnswered(asker, query, step, self._answered(query, step), generation))
            return ""

        self._submit(Job(generation, job, shows=False), at_once=False)

    def _answered(self, query: Query, step: Step) -> Any:
        if not isinstance(query, OtherBranch):
            return answer(query, step)
        from emtui.session.branches import two_branches

        assert self._session is not None  # there are no questions about branches before there is one
        try:
            return two_branches(self._session, query.branch)
        except EngineError as error:
            return str(error)

    def run_on(self) -> None:
        """Iterate until a stopping rule is met or `cancel` is called, showing frames on the way."""
        if self._running_on:
            return
        self._running_on = True
        self._submit(Job(self._generation, self._run_on), at_once=False)

    def _run_on(self) -> str:
        said, shown = "", time.monotonic()
        try:
            if self._session is None:
                return ""
            for note in self._session.run_on():
                said = one_note([said, note])
                self._errands.run()
                if self._cancelled.is_set():
                    return f"Stopped at iteration {self._session.timeline.current.iteration}, before it came to rest."
                if time.monotonic() - shown > SECONDS_BETWEEN_FRAMES:
                    shown = time.monotonic()
                    self._show(self._generation, "Running: escape stops.")
        finally:
            self._running_on = False
        return said

    def cancel(self) -> None:
        """Stop what is under way at the next half-step, and forget what is queued, but for questions."""
        self._cancelled.set()
        self._running_on = False  # a run that was queued, and is dropped here, would never say so itself
        queries: list[Job] = []
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is not None and not job.shows:
                queries.append(job)
            self._done(job)
        for job in queries:
            self._put(job)

    def _put(self, job: Job) -> None:
        self._unfinished[id(job)] = job
        self._jobs.put(job)

    def _done(self, job: Job | None) -> None:
        self._unfinished.pop(id(job), None)
        self._jobs.task_done()

    def close(self) -> None:
        """Stop the thread; it ends by itself after the half-step that it is in. What is being saved is saved first."""
        self.cancel()
        if self._errands and self._lock.acquire(timeout=_LAST_WORDS):
            try:
                self._errands.run()
            finally:
                self._lock.release()
        self._closed.forget()
        self._asked.clear()
        self._jobs.put(None)

    def wait(self) -> None:
        """Block until nothing is queued or under way."""
        self._jobs.join()

    @property
    def _is_small(self) -> bool:
        if self._session is None:
            return False
        return is_small(self._session.spec, self._session.timeline.current.problem.data.n_given)

    def _submit(self, job: Job, *, at_once: bool) -> None:
        if at_once and not self.busy and self._lock.acquire(blocking=False):
            try:
                self._cancelled.clear()
                self._perform(job)
            finally:
                self._lock.release()
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="emtui-worker", daemon=True)
            self._thread.start()
        self._put(job)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                with self._lock:
                    self._cancelled.clear()
                    self._perform(job)
            finally:
                self._done(job)
        self._done(None)

    def _perform(self, job: Job) -> None:
        if job.generation != self._generation:
            return
        try:
            note = job.do()
            if job.shows:
                self._note, self._owed = note, True
            if note or (self._owed and self._jobs.empty()):
                self._show(job.generation, self._note)
        except TROUBLE as error:
            self._report(StepRefused(error_sentence(error), job.generation))
        except Exception as error:
            self._report(Crashed(error))
        if job.do != self._follow and self._session is not None and _has_more_to_follow(self._session):
            self._submit(Job(job.generation, self._follow, shows=False), at_once=False)

    def _show(self, generation: int, note: str) -> None:
        if self._session is not None and generation == self._generation:
            self._owed = False
            self._report(SnapshotReady(self._session.snapshot(note), generation))


def _has_more_to_follow(session: Session) -> bool:
    return session.rest_is_due or session.baseline_is_due or session.rival_is_behind
