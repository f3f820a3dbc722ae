"""What is to be written to which file: a line for each thing, with the formats that it can have."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import Worker, WorkerState

from emtui.exports.export import EXPORTS, Explored, Export, listed_endings
from emtui.screens.dialogs.dialog import Dialog
from emtui.screens.dialogs.yes_no import YesNoScreen
from emtui.spec.atomic_files import is_device, is_terminal
from emtui.spec.pasted_path import pasted_path
from emtui.widgets.choice_list import ChoiceList
from emtui.widgets.path_input import PathInput
from emtui.widgets.stops_work import StopsWork
from engine.errors import EngineError
from engine.readers.byte_source import expanded
from engine.text import clean, quoted

_KEYS = "enter writes · ←→ format · tab next · esc cancels · ? more"
_SECONDS_BETWEEN_NEWS = 0.2


class _DialogLeftError(EngineError):
    """The dialog was left while it wrote."""


@dataclass(frozen=True)
class Written:
    """What came of writing: the path, or a sentence."""

    path: Path
    problem: str = ""


def free_name(folder: Path, name: str) -> str:
    """The name, or the first of name-2, name-3, … that nothing in the folder has yet."""
    stem, ending = os.path.splitext(name)
    numbered = (name if number == 1 else f"{stem}-{number}{ending}" for number in range(1, 1_000))
    return next((free for free in numbered if not os.path.lexists(folder / free)), name)


class ExportScreen(Dialog[Path], StopsWork):
    """Asks what to write and where; gives the path that was written, or None.

    of: what is exported, a session or what a study has found. exports: what it can be written as; those of one title
    stand on one line, and the arrows choose among their endings.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "format(1)", "next format", show=False),
        Binding("left,h", "format(-1)", "format before", show=False),
    ]
    DEFAULT_CSS = """
    ExportScreen ChoiceList { height: auto; max-height: 12; }
    ExportScreen #folder { margin-top: 1; }
    """

    def __init__(
        self, of: Explored, folder: str | os.PathLike[str] = ".", exports: Sequence[Export[Any]] = EXPORTS
    ) -> None:
        super().__init__()
        self._of = of
        self._folder = Path(folder)
        self._exports = exports
        self._lines: dict[str, list[Export[Any]]] = {}
        for one in exports:
            self._lines.setdefault(one.title, []).append(one)
        self._formats = [0] * len(self._lines)  # which one of each line
        self._offered = ""  # the name that stands in the line unless the user wrote another
        self._writing = False
        self._n_bytes = 0  # bytes so far
        self._left = threading.Event()

    def compose(self) -> ComposeResult:
        """What there is to write, and the path."""
        with VerticalScroll(id="box", can_focus=False) as box:
            box.border_title = "export"
            box.border_subtitle = _KEYS
            yield ChoiceList(*[Option(Content(self._line(place))) for place in range(len(self._lines))], markup=False)
            yield Static("", id="folder", classes="hint", markup=False)
            yield PathInput(id="path")
            yield Static("", id="problem", markup=False)

    def on_mount(self) -> None:
        """Start with the first line and a name for it."""
        self.query_one("#folder", Static).update(Content(clean(f"a path, or a name in {self._folder.resolve()}")))
        lines = self.query_one(ChoiceList)
        lines.highlighted = 0
        lines.focus()
        self._offer()
        self.set_interval(_SECONDS_BETWEEN_NEWS, self._tell)

    def on_unmount(self) -> None:
        """What is still being written is given up."""
        self._left.set()

    def _line(self, place: int) -> str:
        """A thing and its formats; the chosen one stands in brackets where there are several."""
        title, kinds = list(self._lines.items())[place]
        width = max(map(len, self._lines))
        several = len(kinds) > 1
        chosen = kinds[self._formats[place]]
        words = [f"[{one.ending}]" if several and one is chosen else f" {one.ending} " for one in kinds]
        return f"{title:{width}}  {' '.join(words)}".rstrip()

    @property
    def _place(self) -> int:
        return self.query_one(ChoiceList).highlighted or 0

    @property
    def _kinds(self) -> list[Export[Any]]:
        return list(self._lines.values())[self._place]

    @property
    def _kind(self) -> Export[Any]:
        return self._kinds[self._formats[self._place]]

    def _offer(self) -> None:
        """Put a free name for the kind into the line, unless the user wrote one."""
        line = self.query_one("#path", Input)
        if line.value.strip() not in ("", self._offered):
            return
        self._offered = free_name(self._folder, self._kind.name_for(self._of.spec))
        line.value = self._offered

    def action_format(self, by: int) -> None:
        """The next format of what is highlighted; a name of the user's own gets its ending."""
        place, kinds = self._place, self._kinds
        if len(kinds) == 1 or self._writing:
            return
        self._formats[place] = (self._formats[place] + by) % len(kinds)
        self.query_one(ChoiceList).replace_option_prompt_at_index(place, Content(self._line(place)))
        line = self.query_one("#path", Input)
        stem, ending = os.path.splitext(line.value.strip())
        if line.value.strip() != self._offered and ending[1:].lower() in [one.ending for one in kinds]:
            line.value = f"{stem}.{self._kind.ending}"
        self._offer()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self.say("")
        self._offer()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.say("")

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    def _begin(self) -> None:
        """Write, once it is settled that nothing is overwritten unasked."""
        typed = clean(self.query_one("#path", Input).value)
        if self._writing:
            return
        if not typed:
            self.say("Write the name of the file first.")
            return
        path = expanded(pasted_path(typed))
        path = path if path.is_absolute() else self._folder / path
        kind = self._kind_for(path)
        if kind is None:
            endings = listed_endings(self._kinds)
            self.say(f"{self._kind.title} can't be written to {path.suffix}: end the name in {endings}.")
            return
        device = is_device(path)
        if device and is_terminal(path):
            self.say(f"{quoted(str(path), 200)} is a terminal, and the app draws there: give the name of a file.")
            return
        if device or not os.path.exists(path) or path.is_dir():
            self._write(kind, path, overwrite=False)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._write(kind, path, overwrite=True)
            else:
                self.say("Nothing was written: choose another name.")

        self.app.push_screen(YesNoScreen(f"{quoted(str(path), 200)} is there already: replace it?"), answered)

    def _kind_for(self, path: Path) -> Export[Any] | None:
        """What the ending of the name says, else the chosen format; None where the ending is that of something else."""
        ending = path.suffix.lower().removeprefix(".")
        if ending == self._kind.ending or all(one.ending != ending for one in self._exports):
            return self._kind
        return next((one for one in self._kinds if one.ending == ending), None)

    def stop_work(self) -> bool:
        """Give up what is being written, as escape does."""
        writing = self._writing
        if writing:
            self.action_cancel()
        return writing

    # writing, in a thread

    def _write(self, kind: Export[Any], path: Path, overwrite: bool) -> None:
        self._writing, self._n_bytes = True, 0
        self._tell()

        def write() -> Written:
            try:
                return Written(kind(self._of, path, overwrite=overwrite, say=self._so_far))
            except EngineError as error:
                return Written(path, str(error))
            except OSError as error:
                return Written(path, f"{quoted(str(path))} can't be written: {clean(error.strerror or str(error))}.")
            except MemoryError:
                return Written(path, "There is not enough memory for this: choose another format.")

        self.run_worker(write, thread=True)

    def _so_far(self, size: int) -> None:
        """Told in the thread; the file is given up where the dialog has been left."""
        self._n_bytes = size
        if self._left.is_set():
            raise _DialogLeftError("Nothing was written: the dialog was left.")

    def _tell(self) -> None:
        """How much there is, while it is written."""
        size = f" {self._n_bytes / 1e6:z.0f} MB" if self._n_bytes >= 1e6 else ""
        self.query_one("#box").border_subtitle = f"writing…{size} · esc stops" if self._writing else _KEYS

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """It was written, or it could not be."""
        event.stop()
        if event.state != WorkerState.SUCCESS or not isinstance(event.worker.result, Written):
            return
        self._writing = False
        written = event.worker.result
        if written.problem:
            self._tell()
            self.say(written.problem)
            return
        self.dismiss(written.path)


def ask_for_export(screen: Screen[Any], of: Explored, exports: Sequence[Export[Any]]) -> None:
    """Ask over a screen which of its findings is to be written, and where; the screen then says where it went."""

    def say_written(path: Path | None) -> None:
        if path is not None:
            here = path.resolve().parent == Path.cwd()
            screen.notify(clean(f"Written: {path.name if here else path.resolve()}"), markup=False)

    screen.app.push_screen(ExportScreen(of, exports=exports), say_written)
