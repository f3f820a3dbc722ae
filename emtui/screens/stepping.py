"""Stepping, playing, and moving through history, for the explorer and for every screen that lies over it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from textual.timer import Timer

from emtui.session.session import Session
from emtui.session.snapshot import StepSnapshot
from emtui.session.worker import SessionWorker
from emtui.views.number_format import plural
from engine.errors import EngineError

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # half-steps a second
_WATCHABLE = 2.0  # half-steps a second, up to which the picture moves
COMPUTING = "Computing this step…"
_PATIENCE = 0.3  # seconds before a step that is not there yet is spoken of
_AT_START = "This is the start: there is nothing before it."
_AT_END = "This is the last step taken: press e, m or n to go on."
_FAR = 1_000_000_000  # more half-steps than any branch has


class SteppedScreen(Protocol):
    """What stepping sees of the screen that shows the steps."""

    @property
    def snapshot(self) -> StepSnapshot | None:
        """The step on the screen."""

    def say(self, sentence: str) -> None:
        """Say what is going on."""

    def refuse(self, reason: str) -> None:
        """Say why a key does nothing."""

    def set_timer(self, delay: float, callback: Callable[[], None], /) -> Timer:
        """Call it once, after so many seconds."""

    def set_interval(self, interval: float, callback: Callable[[], None], /) -> Timer:
        """Call it every so many seconds."""


class Stepping:
    """The actions that take steps and walk through history; what can't be done is said in words."""

    def __init__(self, worker: SessionWorker, screen: SteppedScreen) -> None:
        self.worker = worker
        self._screen = screen
        self._player: Timer | None = None
        self._speed = 2

    def act(self, name: str, *arguments: float) -> None:
        """The method of this name: what the keys are bound to (`emtui.settings.keys`)."""
        getattr(self, name)(*arguments)

    def do(self, action: Callable[[Session], str | None]) -> None:
        """Do something with the session; where it takes long, say so."""
        self.worker.do(action)
        if self._player is None:
            self._screen.set_timer(_PATIENCE, self._ask_for_patience)

    def _ask_for_patience(self) -> None:
        if self.worker.stepping and self._player is None and not self.worker.running_on:
            self._screen.say(COMPUTING)

    # steps

    def e_step(self) -> None:
        """Responsibilities from these parameters."""
        self._do_now(lambda session: session.take("E"))

    def m_step(self) -> None:
        """Parameters from these responsibilities."""
        self._do_now(lambda session: session.take("M"))

    def iteration(self) -> None:
        """On to the end of the next M-step."""
        self._do_now(lambda session: session.take_iteration())

    def run_on(self) -> None:
        """Run until a stopping rule is met."""
        self.pause()
        self.worker.run_on()

    def temperature(self, factor: float) -> None:
        """Annealed EM hotter or cooler from the next E-step on."""
        self._do_now(lambda session: session.turn_temperature(factor))

    def _do_now(self, action: Callable[[Session], str | None]) -> None:
        """Do it in place of playing on."""
        self.pause()
        self.do(action)

    # playing

    @property
    def playing(self) -> bool:
        """Steps are taken by a timer."""
        return self._player is not None

    @property
    def is_fast(self) -> bool:
        """Steps follow each other too fast for a picture to move between them."""
        return self.playing and SPEEDS[self._speed] > _WATCHABLE

    def play(self) -> None:
        """Play, or pause."""
        if self.playing:
            self.pause()
            self._screen.say("Paused.")
        else:
            self._play()

    def _play(self) -> None:
        self._player = self._screen.set_interval(1.0 / SPEEDS[self._speed], self._play_step)
        pace = plural(SPEEDS[self._speed], "half-step")
        self._screen.say(f"Playing {pace} a second: space pauses, + and − set the speed.")

    def _play_step(self) -> None:
        if self.playing and not self.worker.stepping:  # a tick may come after the pause that it was too late for
            self.do(lambda session: session.take())

    def pause(self) -> None:
        """Play no further."""
        if self._player is not None:
            self._player.stop()
            self._player = None

    def stop(self) -> None:
        """Play no further, and cancel what is being computed."""
        self.pause()
        self.worker.cancel()

    def speed(self, by: int) -> None:
        """Play faster or slower."""
        self._speed = max(0, min(len(SPEEDS) - 1, self._speed + by))
        if self.playing:
            self.pause()
            self._play()
        else:
            pace = plural(SPEEDS[self._speed], "half-step")
            self._screen.say(f"Play will take {pace} a second.")

    # history

    def back(self, by: int) -> None:
        """Half-steps back."""
        self._do_now(lambda session: _moved(session, -by, _AT_START))

    def forward(self, by: int) -> None:
        """Half-steps forward again, as far as they were taken."""
        self._do_now(lambda session: _moved(session, by, _AT_END))

    def first(self) -> None:
        """To the start."""
        self.back(_FAR)

    def last(self) -> None:
        """To the last step of this branch."""
        self.forward(_FAR)

    def go_to(self, index: int) -> None:
        """To a place on this branch, counted from 0."""
        self._do_now(lambda session: _ignore(session.timeline.go_to(index)))

    def branch(self) -> None:
        """To the next branch."""
        snapshot = self._screen.snapshot
        if snapshot is None or snapshot.n_branches == 1:
            self._screen.refuse("There is one branch only: go back and take a step to open another.")
            return
        self.go_to_branch((snapshot.branch + 1) % snapshot.n_branches)

    def go_to_branch(self, branch: int) -> None:
        """To this branch, counted from 0."""
        self._do_now(lambda session: _ignore(session.timeline.switch(branch)))

    def reset(self) -> None:
        """Back to the same start; what was done stays in the history."""
        self._do_now(_to_start)

    def undo(self) -> None:
        """Undo the last choices applied, row weighed, or data opened."""
        self.pause()
        self.worker.undo()

    def new_start(self) -> None:
        """Another random start, from the next seed."""
        self._do_now(lambda session: session.restart(session.spec.seed + 1))


def _moved(session: Session, by: int, refusal: str) -> str:
    before = session.timeline.cursor
    session.timeline.move(by)
    if session.timeline.cursor == before:
        raise EngineError(refusal)
    return ""


def _to_start(session: Session) -> str:
    """Back to the same start; a turned temperature is forgotten."""
    before = session.timeline.current
    note = session.restart()
    if session.timeline.current is before:
        raise EngineError(_AT_START)
    return note


def _ignore(_: object) -> str:
    return ""
