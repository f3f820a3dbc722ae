"""The explorer without its keys: the worker's session, and every step of it as one snapshot on all panes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from emtui.panes.headline import Headline
from emtui.panes.key_line import KeyLine
from emtui.panes.messages import KeyRefused, QueryAsked
from emtui.panes.shows_step import ShowsStep
from emtui.panes.status_line import StatusLine
from emtui.panes.timeline import TimelineBar
from emtui.screens.explore.autosaving import LOOK_EVERY, Autosaving
from emtui.screens.explore.first_steps import FirstSteps
from emtui.screens.explore.pane_grid import PaneGrid
from emtui.screens.explore.save_actions import SaveActions
from emtui.screens.stepping import COMPUTING, Stepping
from emtui.session.carried_row_weights import same_rows
from emtui.session.messages import (
    Crashed,
    NotKept,
    QueryAnswered,
    SessionFound,
    SessionSaved,
    SnapshotReady,
    StepRefused,
    WorkerMessage,
)
from emtui.session.saved.opening import Reopening
from emtui.session.saved.session_file import View
from emtui.session.snapshot import StepSnapshot
from emtui.session.worker import SessionWorker
from emtui.settings.layout import SMALLEST, too_small
from emtui.spec.run_notes import run_notes
from emtui.spec.run_spec import RunSpec
from emtui.spec.work import is_small
from emtui.views.edit_sentences import step_sentence
from emtui.widgets.following_theme import follow_theme
from emtui.widgets.stops_work import StopsWork

T = TypeVar("T")


class SessionScreen(Screen[None], StopsWork):
    """Data, model, picture, curves, tables and timeline of one exploration; a subclass has the keys."""

    DEFAULT_CSS = """
    SessionScreen { layout: vertical; overflow: hidden; }
    SessionScreen #too-small {
        display: none; width: 1fr; height: 1fr; content-align: center middle; text-align: center; color: $text;
    }
    SessionScreen.-too-small #too-small { display: block; }
    SessionScreen.-too-small #panes, SessionScreen.-too-small #timeline, SessionScreen.-too-small #status,
    SessionScreen.-too-small #keys, SessionScreen.-too-small #headline { display: none; }
    SessionScreen.-low #timeline { display: none; }
    SessionScreen.-lecture #headline, SessionScreen.-lecture #timeline, SessionScreen.-lecture #keys { display: none; }
    SessionScreen.-lecture StatusLine { min-height: 3; max-height: 7; padding: 0 2; text-style: bold; }
    SessionScreen.-low StatusLine { max-height: 2; }
    SessionScreen.-tall-status StatusLine { min-height: 3; max-height: 7; }
    """
    AUTO_FOCUS = ""  # no field takes the letters until the user goes to one

    @dataclass(eq=False)
    class Reported(Message):
        """A message of the worker, brought to the screen's own thread."""

        report: WorkerMessage

    class Complete(Message):
        """All its panes are there."""

    def __init__(self, spec: RunSpec | Reopening, *, autosave: bool = False) -> None:
        super().__init__()
        self.worker = SessionWorker(self.report)
        self.snapshot: StepSnapshot | None = None
        self._spec = spec if isinstance(spec, RunSpec) else spec.spec
        self._reopening = None if isinstance(spec, RunSpec) else spec
        self._row: int | None = None
        self._headline = Headline(id="headline")
        self._panes = PaneGrid(id="panes")
        self._timeline = TimelineBar(id="timeline")
        self._status = StatusLine(id="status")
        self.stepping = Stepping(self.worker, self)
        self.saving = SaveActions(self, self._view)
        self.first_steps = FirstSteps()
        self.autosaving = Autosaving(self, self._view, wanted=autosave)

    @property
    def spec(self) -> RunSpec:
        """The choices that the step on the screen belongs to."""
        return self._spec

    # layout

    def compose(self) -> ComposeResult:
        """The lines around the panes, and the first panes; the others follow the first picture."""
        yield self._headline
        yield self._panes
        yield self._timeline
        yield self._status
        yield KeyLine(id="keys")
        yield Static("", id="too-small", markup=False)

    async def _lay_out_the_rest(self) -> None:
        """Add the panes that the first picture did not wait for."""
        await self._panes.complete()
        self._restore_view()
        self.post_message(self.Complete())

    def on_mount(self) -> None:
        """Begin with the given choices, or with a session that was saved."""
        if self._reopening is not None:
            self.say("Opening the session…")
            self.worker.reopen(self._reopening)
        else:
            self.open_spec(lambda: self._spec, small=is_small(self._spec, self._spec.dataset.n_samples))
        self.set_interval(LOOK_EVERY, self._look_what_to_keep)
        follow_theme(self, self._panes.redraw)  # pictures carry their colours

    def on_resize(self) -> None:
        """Say so if the window is too small, and recover when it grows."""
        width, height = self.size
        small = too_small(self.size)
        self.set_class(small, "-too-small")
        self.set_class(height < 14, "-low")
        self.set_class(width < 120 and height >= 20, "-tall-status")
        if small:
            words = f"emtui needs {SMALLEST[0]}×{SMALLEST[1]}; this window is {width}×{height}."
            self.query_one("#too-small", Static).update(words)

    def set_lecture(self, on: bool) -> None:
        """Show the picture, the curves and the sentence alone, or everything again."""
        if on:
            self._panes.zoomed = None
        self._panes.lecture = on
        self.set_class(on, "-lecture")
        if self.focused is not None and not self.focused.display:
            self.set_focus(None)

    def on_screen_resume(self) -> None:
        """Draw the step that was reached while another screen lay over this one."""
        self._panes.draw_seen()

    def on_unmount(self) -> None:
        """Stop the worker, once it has kept the session."""
        if self._reopening is None:
            self.autosaving.close()
        self.worker.close()

    def _look_what_to_keep(self) -> None:
        """Keep the session where it has changed; not one that is only on its way from its file."""
        if self._reopening is None:
            self.autosaving.look()

    # the one way from choices to a snapshot

    def open_spec(self, make: Callable[[], RunSpec], *, small: bool = False) -> None:
        """Begin another exploration; if it can't be begun, the current one stays open."""
        self.stepping.pause()
        if not small:
            self.say("Reading the data and looking for a start…")
        self.worker.open(make, small=small)

    def open_session(self, path: Path) -> None:
        """Open a session that was saved; if it can't be begun, the current one stays open."""
        self.stepping.pause()
        self.say("Opening the session…")
        self.worker.open_session(path)

    def apply(self, make: Callable[[], RunSpec]) -> None:
        """Begin with other choices on the same data, on a branch beside the old ones; where that can't be, say why."""
        self.stepping.pause()
        self.say("Looking for a start…")
        self.worker.apply(make)

    def stop_work(self) -> bool:
        """Stop playing, running on, or what else is under way."""
        if self.stepping.playing:
            self.stepping.play()
        elif self.worker.stepping:
            self.worker.cancel()
        else:
            return False
        return True

    def report(self, message: WorkerMessage) -> None:
        """Take a message of the worker, from either thread."""
        self.post_message(self.Reported(message))

    def on_session_screen_reported(self, event: Reported) -> None:
        """Act on the message, unless it belongs to an exploration that was left."""
        event.stop()
        if isinstance(event.report, Crashed):  # an error of ours is not hidden
            raise event.report.error
        if isinstance(event.report, SessionSaved):
            self.saving.saved(event.report)
            return
        if isinstance(event.report, NotKept):
            self.autosaving.failed(event.report.reason)
            return
        if event.report.generation != self.worker.generation:
            return
        match event.report:
            case SnapshotReady(snapshot):
                self._show(snapshot)
            case QueryAnswered(asker, query, step, answer):
                shown = self.snapshot is not None and step is self.snapshot.step
                if shown and isinstance(asker, Widget) and asker.screen in self.app.screen_stack:
                    asker.take_answer(query, step, answer)
            case SessionFound(reopening):
                self._reopening = reopening
            case StepRefused(reason):
                self._refuse_step(reason)

    def _show(self, snapshot: StepSnapshot) -> None:
        """Show a step on the panes, and on the screens above."""
        if self.snapshot is None:
            self.call_after_refresh(self._lay_out_the_rest)
        before = self.snapshot
        self.snapshot, self._spec = snapshot, snapshot.spec
        if before is not None and not same_rows(before.spec, snapshot.spec):
            self._row = None
        with self.app.batch_update():
            self._headline.show(snapshot)
            self._panes.picture.moves_steps = not (self.stepping.is_fast or self.worker.running_on)
            self._timeline.show(snapshot)
            self._panes.show(snapshot, self._row)
            news = before is None or snapshot.step is not before.step or snapshot.note != before.note
            if news or self._status.sentence == COMPUTING:
                self._say_step(snapshot)  # other changes, such as a rival's epoch, are no news of this step
        for screen in self.app.screen_stack:
            if isinstance(screen, ShowsStep):
                screen.show(snapshot)
        if snapshot.step.stop_reason is not None and self.stepping.playing and snapshot.is_last:
            self.stepping.pause()
        self._restore_view()

    def _refuse_step(self, reason: str) -> None:
        self.stepping.pause()
        if self._reopening is not None and self._reopening.session is None:
            self._reopening = None  # it can't begin
        if self.worker.session is None:  # the first exploration can't begin: there is nothing to go back to
            self.app.exit(return_code=2, message=f"emtui: {reason}")
        else:
            self.refuse(reason)

    def lay_over(self, screen: Screen[T], then: Callable[[T], None] | None = None, otherwise: str = "") -> None:
        """Put a screen over this one; if it shows steps, it gets the current one and all that follow."""

        def answered(answer: T | None) -> None:
            if answer is None and otherwise:
                self.say(otherwise)
            elif answer is not None and then is not None:
                then(answer)

        self.app.push_screen(screen, answered)
        if isinstance(screen, ShowsStep) and self.snapshot is not None:
            screen.call_later(screen.show, self.snapshot)  # before the next key

    def on_query_asked(self, event: QueryAsked) -> None:
        """Have a pane's question answered in its turn."""
        event.stop()
        self.worker.ask(event.query, event.step, event.asker)

    # how the panes stand, in a session that is saved

    def _view(self) -> View:
        """How the panes stand."""
        return msgspec.structs.replace(self._panes.view, row=self._row)

    def _restore_view(self) -> None:
        """Once a session that was saved is there, and all the panes: let them stand as they stood."""
        found = self._reopening
        if found is None or not found.is_over or not self._panes.is_complete or self.snapshot is None:
            return
        self._reopening = None
        if found.session is not None:
            self.autosaving.opened(found.session)
        if found.is_complete and found.difference is None and found.session is not None and not found.resumed:
            self.saving.opened(found.session, found.path, keep_data=found.keeps_data, alone=not found.data_elsewhere)
        row = found.file.view.row
        self._row = row if row is not None and row < self._spec.dataset.n_samples else None
        self._panes.restore(found.file.view)
        self._panes.show(self.snapshot, self._row)

    # the row

    def _say_step(self, snapshot: StepSnapshot) -> None:
        sentence = " ".join(filter(None, (self.first_steps.words(snapshot), step_sentence(snapshot))))
        # of the data too, when they are opened: the rows that were left out, the label that was taken
        notes = run_notes(snapshot.spec) if snapshot.step.phase == "init" else ()
        self.say(" ".join(part for part in (sentence, snapshot.note, *notes) if part))

    def say(self, sentence: str) -> None:
        """Show a sentence in the status line."""
        self._status.say(sentence)

    def refuse(self, reason: str) -> None:
        """Show why a key does nothing, in a visible place."""
        self._status.say(reason, refused=True)
        if self.snapshot is None or self.app.screen is not self:
            self.notify(reason, severity="warning", markup=False)

    def on_key_refused(self, event: KeyRefused) -> None:
        """Show why a pane's key does nothing."""
        event.stop()
        self.refuse(event.reason)
