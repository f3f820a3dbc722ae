"""Ask where to save the session, and whether its data are kept inside the file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from emtui.screens.dialogs.dialog import Dialog
from emtui.screens.dialogs.export_dialog import free_name
from emtui.screens.dialogs.yes_no import YesNoScreen
from emtui.session.session import Session
from emtui.spec.atomic_files import file_name, is_device
from emtui.spec.pasted_path import pasted_path
from emtui.spec.sources import SESSION_ENDING, looks_like_file
from emtui.widgets.field_spec import FieldSpec
from emtui.widgets.form_field import FormField
from emtui.widgets.path_input import PathInput
from engine.readers.byte_source import expanded
from engine.text import clean, quoted

_OUTSIDE, _INSIDE = "stay where they are", "kept inside the file"


@dataclass(frozen=True)
class Wanted:
    """Where the session is to be saved. keep_data: its data are kept inside. overwrite: what is there is replaced."""

    path: Path
    keep_data: bool
    overwrite: bool


class SaveScreen(Dialog[Wanted]):
    """Asks for the name; gives it, or None."""

    DEFAULT_CSS = """
    SaveScreen #folder { margin-bottom: 0; }
    """

    def __init__(self, session: Session, folder: str | os.PathLike[str] = ".") -> None:
        super().__init__()
        self._session = session
        self._folder = Path(folder)

    def compose(self) -> ComposeResult:
        """The path, and what becomes of the data."""
        with VerticalScroll(id="box", can_focus=False) as box:
            box.border_title = "save the session"
            box.border_subtitle = "enter saves · tab next · esc cancels"
            yield Static("", id="folder", classes="hint", markup=False)
            yield PathInput(self._offered(), id="path")  # marked, so that what is typed takes its place
            yield FormField(FieldSpec("data", "data", "", (_OUTSIDE, _INSIDE), str), _OUTSIDE, len("data") + 1)
            yield Static("", id="problem", markup=False)

    def on_mount(self) -> None:
        """The name has the keys."""
        self.query_one("#folder", Static).update(Content(clean(f"a path, or a name in {self._folder.resolve()}")))
        self.query_one("#path", Input).focus()

    def _offered(self) -> str:
        """A name that no file has yet."""
        spec = self._session.spec
        name = Path(spec.dataset.name).stem if looks_like_file(spec.data.source) else spec.dataset.name
        return free_name(self._folder, file_name(name, spec.model.name, ending=SESSION_ENDING.removeprefix(".")))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.say("")

    @on(Input.Submitted)
    @on(FormField.Entered)
    def _settle(self) -> None:
        """Leave with what was chosen, once it is settled that nothing is overwritten unasked."""
        typed = clean(self.query_one("#path", Input).value)
        if not typed:
            self.say("Write the name of the file first.")
            return
        path = expanded(pasted_path(typed))
        names_folder = path.name in ("", "..") or typed == "~"
        path = path if path.is_absolute() else self._folder / path
        if not names_folder and path.suffix.lower() != SESSION_ENDING:
            path = path.with_name(f"{path.name}{SESSION_ENDING}")
        if names_folder or os.path.isdir(path) or is_device(path):
            self.say(f"{quoted(str(path), 200)} is no file that a session can be saved to: give another name.")
            return
        keep_data = self.query_one(FormField).text == _INSIDE
        if not os.path.lexists(path):
            self.dismiss(Wanted(path, keep_data, overwrite=False))
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.dismiss(Wanted(path, keep_data, overwrite=True))
            else:
                self.say("Nothing was saved: choose another name.")

        self.app.push_screen(YesNoScreen(f"{quoted(str(path), 200)} is there already: replace it?"), answered)

    @on(FormField.Moved)
    @on(FormField.Left)
    def _away(self, event: FormField.Moved | FormField.Left) -> None:
        event.stop()
        if isinstance(event, FormField.Moved):
            self.query_one("#path", Input).focus()
        else:
            self.dismiss(None)
