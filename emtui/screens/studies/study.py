"""A screen over the explorer that runs EM many times in the background, fills as it goes, and can be stopped."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import get_current_worker

from emtui.exports.export import Explored, Export
from emtui.exports.pictures.shapes import Sheet
from emtui.exports.sheet_exports import sheet_exports
from emtui.screens.dialogs.export_dialog import ask_for_export
from emtui.spec.run_spec import RunSpec
from emtui.widgets.following_theme import follow_theme
from emtui.widgets.key_items import KeyHints
from emtui.widgets.paged_table import LineTable
from emtui.widgets.stops_work import StopsWork
from engine.errors import EngineError

_SECONDS_BETWEEN_PICTURES = 0.1
Exported: TypeAlias = tuple[Explored, Sequence[Export[Any]]]
"""What was found, and the files that it can be."""


class StudyScreen(Screen[RunSpec], StopsWork):
    """Dismissed with the choices of the selected entry, or with None.

    It has a table, and a picture which stands beside it in `#both` or elsewhere; or maps in place of both.
    A subclass says what comes (`study`, in the background), takes it in (`take`), draws (`draw`), and knows what
    is chosen (`chosen`).
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", id="survey.back", tooltip="stop; back to the explorer"),
        Binding("enter", "open", "open", id="survey.open", tooltip="open what is chosen in the explorer"),
        Binding("space", "again", "again", id="survey.again", tooltip="stop, or begin again"),
        Binding("x", "export", "export", id="survey.export", tooltip="what was found to a file"),
    ]
    DEFAULT_CSS = """
    StudyScreen { layout: vertical; }
    StudyScreen Static { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    StudyScreen #head { background: $panel; }
    StudyScreen #verdict { height: auto; max-height: 3; text-wrap: wrap; }
    StudyScreen #hint { color: $text-muted; }
    StudyScreen Chart { width: 1fr; height: 1fr; border: round $foreground 35%;
        border-title-color: $foreground; border-subtitle-color: $foreground; }
    StudyScreen LineTable { height: 1fr; margin: 0 1; }
    StudyScreen #both { height: 1fr; }
    StudyScreen.-narrow #both { layout: vertical; }
    StudyScreen.-narrow #verdict { max-height: 5; }
    StudyScreen.-narrow #both LineTable { width: 1fr; max-height: 45%; }
    StudyScreen.-low #both Chart { display: none; }
    StudyScreen.-low #both LineTable { max-height: 100%; }
    """

    @dataclass(eq=False)
    class Came(Message):
        """The study has a new result; `ended` is set for the last one, with a sentence if it failed."""

        number: int
        value: Any = None
        ended: bool = False
        refusal: str = ""

    def __init__(self, spec: RunSpec) -> None:
        super().__init__()
        self.spec = spec
        self.running = False
        self.stopped = False  # before its end
        self.refusal = ""  # why there is nothing, in a sentence
        self._number = 0  # of the study that is under way; what comes of an earlier one is dropped

    @abstractmethod
    def study(self) -> Iterator[Any]:
        """Yield the results so far, again and again. Runs in the background; may raise EngineError."""

    def digested(self, value: Any) -> Any:
        """Prepare a result in the background before it is shown; skipped for results that are not shown."""
        return value

    @abstractmethod
    def take(self, value: Any) -> None:
        """Keep the latest result; None when a study begins."""

    @abstractmethod
    def draw(self) -> None:
        """Draw the current state."""

    @abstractmethod
    def chosen(self) -> RunSpec | None:
        """The selected entry as choices for the explorer; None if there is nothing to open."""

    def exported(self) -> Exported | None:
        """What was found so far, and what it can be written as; None if there is nothing yet."""
        return None

    def sheet(self) -> Sheet | None:
        """What is drawn, as a figure for a slide or a paper; None if there is nothing yet."""
        return None

    def on_mount(self) -> None:
        """Start the study; the table, if there is one, gets the arrow keys."""
        self.query(LineTable).focus()
        self.begin()
        follow_theme(self, self.draw)

    def on_resize(self) -> None:
        """On a narrow screen stack what usually stands side by side; on a low one show the table alone."""
        self.set_class(self.size.width < 100, "-narrow")
        self.set_class(self.size.width < 100 and self.size.height < 18, "-low")

    # the worker

    def begin(self) -> None:
        """Start the study, or start it again."""
        self._number += 1
        self.running, self.stopped, self.refusal = True, False, ""
        self.take(None)
        number = self._number

        def work() -> None:
            worker, due, latest, refusal = get_current_worker(), 0.0, None, ""
            try:
                for latest in self.study():
                    if worker.is_cancelled:
                        return
                    if (now := time.monotonic()) >= due:
                        self.post_message(self.Came(number, self.digested(latest)))
                        # what takes long to digest is shown less often, so that the study itself goes on
                        due = time.monotonic() + max(_SECONDS_BETWEEN_PICTURES, 4 * (time.monotonic() - now))
            except EngineError as error:
                refusal = str(error)
            except MemoryError:
                refusal = "There is not enough memory for this: choose fewer rows, columns or components."
            last = None if latest is None else self.digested(latest)
            self.post_message(self.Came(number, last, ended=True, refusal=refusal))

        self.run_worker(work, thread=True, exclusive=True, group="study")
        self.draw()

    def on_study_screen_came(self, event: Came) -> None:
        """Show the result, unless its study was stopped."""
        event.stop()
        if event.number != self._number or not self.running:
            return
        if event.value is not None:
            self.take(event.value)
        self.running, self.refusal = not event.ended, event.refusal
        self.draw()

    def stop(self) -> None:
        """Stop the background work; the results so far stay."""
        self.workers.cancel_node(self)
        self.stopped = self.stopped or self.running
        self.running = False

    def words(self, progress: str) -> str:
        """The progress, and what the space bar does."""
        again = ", stopped: space begins again" if self.stopped else ""
        return f"{progress}, space stops" if self.running else f"{progress}{again}"

    # keys

    def action_again(self) -> None:
        """Stop a running study, or start it again."""
        if self.running:
            self.stop()
            self.draw()
        else:
            self.begin()

    def action_open(self) -> None:
        """Open the selected entry in the explorer."""
        spec = self.chosen()
        if spec is None:
            self.notify("There is nothing here to open yet.", severity="warning", markup=False)
            return
        self.stop()
        self.dismiss(spec)

    def action_export(self) -> None:
        """Ask which of what was found is to be written, and where."""
        found, sheet = self.exported(), self.sheet()
        of, exports = found or (self, ())
        if sheet is not None:
            name = type(self).__name__.removesuffix("Screen").lower()
            exports = (*exports, *sheet_exports("picture", name, lambda _: sheet))
        if not exports:
            self.notify("There is nothing here to write yet.", severity="warning", markup=False)
            return

        ask_for_export(self, of, exports)

    def stop_work(self) -> bool:
        """Stop the study."""
        was_running = self.running
        if was_running:
            self.action_again()
        return was_running

    def action_leave(self) -> None:
        """Back to the explorer as it was."""
        self.stop()
        self.dismiss(None)


def named(spec: RunSpec) -> str:
    """The model and its size, as in "gmm K=3"."""
    return f"{spec.model.name} {spec.model.size_words}".rstrip()


def side_by_side(*both: Widget, keys: str) -> ComposeResult:
    """The progress; what is said of the result; picture and table beside each other; the keys."""
    yield Static("", id="head", markup=False)
    yield Static("", id="verdict", markup=False)
    yield Horizontal(*both, id="both")
    yield KeyHints(keys)
