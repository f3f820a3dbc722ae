"""Write steps, parameters, responsibilities, a script or the picture to a file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import Worker, WorkerState

from emtui.exports.export import EXPORTS, Export
from emtui.screens.dialogs.dialog import Dialog
from emtui.screens.dialogs.yes_no import YesNoScreen
from emtui.session.session import Session
from emtui.spec.atomic_files import file_name, is_device, is_terminal
from emtui.widgets.choice_list import ChoiceList
from emtui.widgets.text_input import TextInput
from engine.errors import EngineError
from engine.readers.byte_source import expanded
from engine.text import clean, quoted


@dataclass(frozen=True)
class Written:
    """What came of writing: the path, or a sentence."""

    path: Path
    problem: str = ""


def write(kind: Export, session: Session, path: Path, overwrite: bool) -> Written:
    """Write one thing. Runs in a thread."""
    try:
        return Written(kind(session, path, overwrite=overwrite))
    except EngineError as error:
        return Written(path, str(error))
    except OSError as error:
        return Written(path, f"{quoted(str(path))} can't be written: {clean(error.strerror or str(error))}.")


def free_name(folder: Path, name: str) -> str:
    """The name, or the first of name-2, name-3, … that nothing in the folder has yet."""
    stem, ending = os.path.splitext(name)
    numbered = (name if number == 1 else f"{stem}-{number}{ending}" for number in range(1, 1_000))
    return next((free for free in numbered if not os.path.lexists(folder / free)), name)


class ExportScreen(Dialog[Path]):
    """Asks what to write and where; gives the path that was written, or None."""

    DEFAULT_CSS = """
    ExportScreen ChoiceList { height: auto; max-height: 6; }
    ExportScreen #folder { margin-top: 1; }
    """

    def __init__(self, session: Session, folder: str | os.PathLike[str] = ".") -> None:
        super().__init__()
        self._session = session
        self._folder = Path(folder)
        self._offered = ""  # the name that stands in the line unless the user wrote another
        self._writing = False

    def compose(self) -> ComposeResult:
        """What there is to write, and the path."""
        with VerticalScroll(id="box", can_focus=False) as box:
            box.border_title = "export"
            box.border_subtitle = "enter writes · tab next · esc cancels"
            yield ChoiceList(*[Option(Content(kind.title)) for kind in EXPORTS], markup=False)
            yield Static("", id="folder", classes="hint", markup=False)
            yield TextInput(id="path")
            yield Static("", id="problem", markup=False)

    def on_mount(self) -> None:
        """Start with the first kind and a name for it."""
        self.query_one("#folder", Static).update(Content(clean(f"a path, or a name in {self._folder.resolve()}")))
        spec = self.query_one(ChoiceList)
        spec.highlighted = 0
        spec.focus()
        self._offer()

    @property
    def _kind(self) -> Export:
        return EXPORTS[self.query_one(ChoiceList).highlighted or 0]

    def _offer(self) -> None:
        """Put a free name for the kind into the line, unless the user wrote one."""
        line = self.query_one("#path", Input)
        if line.value.strip() not in ("", self._offered):
            return
        kind, spec = self._kind, self._session.spec
        name = file_name(spec.dataset.name, spec.model.name, kind.word, ending=kind.ending)
        self._offered = free_name(self._folder, name)
        line.value = self._offered

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
        path = expanded(typed)
        path = path if path.is_absolute() else self._folder / path
        device = is_device(path)
        if device and is_terminal(path):
            self.say(f"{quoted(str(path), 200)} is a terminal, and the app draws there: give the name of a file.")
            return
        if device or not os.path.exists(path) or path.is_dir():
            self._write(path, overwrite=False)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._write(path, overwrite=True)
            else:
                self.say("Nothing was written: choose another name.")

        self.app.push_screen(YesNoScreen(f"{quoted(str(path), 200)} is there already: replace it?"), answered)

    def _write(self, path: Path, overwrite: bool) -> None:
        kind, session = self._kind, self._session
        self._writing = True
        self.query_one("#box").border_subtitle = "writing…"
        self.run_worker(lambda: write(kind, session, path, overwrite), thread=True)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """It was written, or it could not be."""
        event.stop()
        if event.state != WorkerState.SUCCESS or not isinstance(event.worker.result, Written):
            return
        self._writing = False
        written = event.worker.result
        if written.problem:
            self.query_one("#box").border_subtitle = "enter writes · tab next · esc cancels"
            self.say(written.problem)
            return
        self.dismiss(written.path)
