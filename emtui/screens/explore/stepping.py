"""A screen with a session to walk: stepping, playing, and moving through what was done."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from emtui.panes.messages import BranchChosen, GoTo, KeyRefused
from emtui.panes.status_line import Telling
from emtui.session.messages import Crashed, QueryAnswered, SnapshotReady, StepRefused, WorkerMessage
from emtui.session.session import Session
from emtui.session.snapshot import StepSnapshot
from emtui.session.worker import SessionWorker
from engine.errors import EngineError

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # half-steps a second
_PATIENCE = 0.3  # seconds before a step that is not there yet is spoken of
_AT_START = "This is the start: there is nothing before it."
_AT_END = "This is the last step taken: press e, m or n to go on."


class SteppingScreen(Screen[None]):
    """The actions that take steps and walk through history; what can't be done is said in words."""

    class Reported(Message):
        """The worker's word, brought to the screen's own thread."""

        def __init__(self, word: WorkerMessage) -> None:
            super().__init__()
            self.word = word

    def __init__(self) -> None:
        super().__init__()
        self.worker = SessionWorker(self.report)
        self.snapshot: StepSnapshot | None = None
        self._telling = Telling(id="telling")
        self._player: Timer | None = None
        self._speed = 2
        self._asks_patience = False  # what is told is that a step takes its time

    def report(self, word: WorkerMessage) -> None:
        """Take the worker's word, from either thread."""
        self.post_message(self.Reported(word))

    def on_stepping_screen_reported(self, event: Reported) -> None:
        """Do as the worker's word has it, unless it is of an exploration that was left."""
        event.stop()
        word = event.word
        if isinstance(word, Crashed):  # a mistake of ours is not hidden
            raise word.error
        if word.generation != self.worker.generation:
            return
        match word:
            case SnapshotReady(snapshot):
                self._show(snapshot)
            case QueryAnswered(asker, query, step, answer):
                shown = self.snapshot is not None and step is self.snapshot.step
                if shown and isinstance(asker, Widget) and asker.screen in self.app.screen_stack:
                    asker.take_answer(query, step, answer)
            case StepRefused(reason):
                self._refuse_step(reason)

    @abstractmethod
    def _show(self, snapshot: StepSnapshot) -> None:
        """Show a step everywhere."""

    def _refuse_step(self, reason: str) -> None:
        self._pause()
        if self.worker.session is None:  # the first exploration can't be begun: there is nothing to go back to
            self.app.exit(return_code=2, message=f"emtui: {reason}")
        else:
            self._refuse(reason)

    def on_key_refused(self, event: KeyRefused) -> None:
        """Say why a pane's key does nothing."""
        event.stop()
        self._refuse(event.reason)

    def _refuse(self, reason: str) -> None:
        self._telling.tell(reason, refused=True)
        if self.snapshot is None or self.app.screen is not self:
            self.app.notify(reason, severity="warning", markup=False)

    # --- stepping

    def _do(self, action: Callable[[Session], str | None]) -> None:
        self.worker.do(action)
        if self._player is None:
            self.set_timer(_PATIENCE, self._ask_for_patience)

    def _ask_for_patience(self) -> None:
        """Say that a step is being computed, where it is not there yet."""
        if self.worker.stepping and self._player is None and not self.worker.running_on:
            self._asks_patience = True
            self._telling.tell("Computing this step…")

    def action_e_step(self) -> None:
        """Responsibilities from these parameters."""
        self._pause()
        self._do(lambda session: session.take("E"))

    def action_m_step(self) -> None:
        """Parameters from these responsibilities."""
        self._pause()
        self._do(lambda session: session.take("M"))

    def action_iteration(self) -> None:
        """On to the end of the next M-step."""
        self._pause()
        self._do(lambda session: session.take_iteration())

    def action_run_on(self) -> None:
        """Run until a stopping rule is met."""
        self._pause()
        self.worker.run_on()

    def action_play(self) -> None:
        """Play, or pause."""
        if self._player is not None:
            self._pause()
            self._telling.tell("Paused.")
            return
        self._play()

    def _play(self) -> None:
        self._player = self.set_interval(1.0 / SPEEDS[self._speed], self._play_step)
        self._telling.tell(f"Playing {SPEEDS[self._speed]:g} half-steps a second: space pauses, + and − set the speed.")

    def _play_step(self) -> None:
        if not self.worker.stepping:
            self._do(lambda session: session.take())

    def _pause(self) -> None:
        if self._player is not None:
            self._player.stop()
            self._player = None

    def action_speed(self, by: int) -> None:
        """Play faster or slower."""
        self._speed = max(0, min(len(SPEEDS) - 1, self._speed + by))
        if self._player is not None:
            self._pause()
            self._play()
        else:
            self._telling.tell(f"Play will take {SPEEDS[self._speed]:g} half-steps a second.")

    def action_temperature(self, factor: float) -> None:
        """Annealed EM hotter or cooler from the next E-step on."""
        self._pause()
        self._do(lambda session: session.turn_temperature(factor))

    # --- history

    def action_back(self, by: int) -> None:
        """Half-steps back."""
        self._pause()
        self._do(lambda session: _moved(session, -by, _AT_START))

    def action_forward(self, by: int) -> None:
        """Half-steps forward again, as far as they were taken."""
        self._pause()
        self._do(lambda session: _moved(session, by, _AT_END))

    def action_first(self) -> None:
        """To the start."""
        self._pause()
        self._do(lambda session: _moved(session, -1_000_000_000, _AT_START))

    def action_last(self) -> None:
        """To the last step of this branch."""
        self._pause()
        self._do(lambda session: _moved(session, 1_000_000_000, _AT_END))

    def on_go_to(self, event: GoTo) -> None:
        """To a place on this branch."""
        event.stop()
        self._pause()
        self._do(lambda session: _ignore(session.timeline.go_to(event.index)))

    def action_branch(self) -> None:
        """To the next branch."""
        if self.snapshot is None or self.snapshot.n_branches == 1:
            self._refuse("There is one branch only: go back and take a step to open another.")
            return
        self.on_branch_chosen(BranchChosen((self.snapshot.branch + 1) % self.snapshot.n_branches))

    def on_branch_chosen(self, event: BranchChosen) -> None:
        """To a branch."""
        event.stop()
        self._pause()
        self._do(lambda session: _ignore(session.timeline.switch(event.branch)))

    def action_reset(self) -> None:
        """Back to the same start; what was done stays in the history."""
        self._pause()
        self._do(_to_start)

    def action_new_start(self) -> None:
        """Another random start, from the next seed."""
        self._pause()
        self._do(lambda session: session.restart(session.spec.seed + 1))


def _moved(session: Session, by: int, refusal: str) -> str:
    before = session.timeline.cursor
    session.timeline.move(by)
    if session.timeline.cursor == before:
        raise EngineError(refusal)
    return ""


def _to_start(session: Session) -> str:
    """Back to the same start, from where a turned temperature is forgotten."""
    before = session.timeline.cursor
    session.restart()
    if session.timeline.cursor == before:
        raise EngineError(_AT_START)
    return ""


def _ignore(_: object) -> str:
    return ""
