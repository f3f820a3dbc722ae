"""Open data of one's own: find a table, see how it would be read, choose columns and label; or a folder of texts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, VerticalScroll
from textual.widgets import Button, DirectoryTree, Input, OptionList, Static
from textual.worker import Worker, WorkerState

from emtui.panes.messages import DatasetChosen
from emtui.panes.model_form.model_form_fields import principal_field, problem_with, standardize_field
from emtui.screens.dialogs.dialog import Dialog
from emtui.screens.open_file.column_roles import ColumnList
from emtui.screens.open_file.file_preview import FilePreview, preview_file, try_to_open
from emtui.screens.open_file.file_tree import PathSuggester, TableTree
from emtui.screens.open_file.preview_pane import PreviewPane
from emtui.screens.open_file.read_option_fields import ReadOptionFields
from emtui.spec.pasted_path import pasted_path
from emtui.spec.sources import is_session
from emtui.widgets.form_field import FormField
from emtui.widgets.path_input import PathInput
from engine.data.data_spec import DataSpec
from engine.data.dataset import Dataset
from engine.readers.byte_source import expanded
from engine.readers.table import TablePreview
from engine.text import clean

NARROW, SLIM, SLIMMER = 80, 64, 52
_LOW = 30  # lines of the screen below which fewer columns are listed at a time
_SESSION = "A session that was saved: enter opens it, with its branches."
_KEYS = "enter opens · tab next · esc cancels"


class OpenFileScreen(Dialog[DatasetChosen]):
    """Asks for a table or a folder of texts; gives the `DatasetChosen` that opens it, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "texts", "read a folder as texts", show=False, priority=True)
    ]
    DEFAULT_CSS = """
    OpenFileScreen #box { width: 96%; max-width: 110; height: 96%; max-height: 40; }
    OpenFileScreen #where { height: 1fr; min-height: 5; }
    OpenFileScreen.-low ColumnList { max-height: 7; }
    OpenFileScreen #how { layout: grid; grid-size: 3; grid-columns: 24 1fr 10; grid-gutter: 0 1; height: auto;
                          grid-rows: auto; }
    OpenFileScreen Button { min-width: 8; width: auto; }
    OpenFileScreen.-narrow #where { layout: vertical; height: auto; }
    OpenFileScreen.-narrow TableTree { height: 6; }
    OpenFileScreen.-narrow.-previewed TableTree { display: none; }
    OpenFileScreen.-narrow PreviewPane { width: 1fr; height: auto; padding: 0; }
    OpenFileScreen.-narrow #rows { height: auto; }
    OpenFileScreen.-narrow.-low #rows { max-height: 4; }
    OpenFileScreen.-slim #how { grid-size: 1; grid-columns: 1fr; }
    """

    def __init__(self, folder: str | os.PathLike[str] = ".", *, path: str = "") -> None:
        """path: what the line begins with."""
        super().__init__()
        self._begins_with = path
        self._folder = Path(folder)
        self._named: tuple[str, Path] | None = None  # what the tree put into the line, and the path it stands for
        self._asked: DataSpec | None = None
        self._hurried = False  # enter came before the look that it is about

    def compose(self) -> ComposeResult:
        """The path; the tree beside how the file is written, its first rows and columns; what becomes of those."""
        with VerticalScroll(id="box", can_focus=False) as box:
            box.border_title = "open a file"
            box.border_subtitle = _KEYS
            yield PathInput(
                self._begins_with,
                placeholder="a file with a table, or a folder of texts; → completes",
                suggester=PathSuggester(),
                id="path",
            )
            yield Static("", id="problem", markup=False)
            with Horizontal(id="where"):
                yield TableTree(self._folder.resolve(), id="tree")
                yield PreviewPane(self._folder, id="preview")
            with Container(id="how"):
                yield FormField(standardize_field(), "no", len("standardize") + 1)
                yield FormField(principal_field(), "", len("PCA components") + 1)
                yield Button("open", id="open", compact=True)

    def on_mount(self) -> None:
        """Start in the line."""
        self.query_one("#path", Input).focus()
        self._show(self._pane.file)
        self._preview()

    def on_resize(self) -> None:
        """In a narrow window everything is stacked."""
        self.set_class(self.size.width < NARROW, "-narrow")
        self.set_class(self.size.width < SLIM, "-slim")
        self._pane.fields.set_class(self.size.width < SLIMMER, "-slim")
        self.set_class(self.size.height < _LOW, "-low")

    # looking at a path

    @property
    def _pane(self) -> PreviewPane:
        return self.query_one(PreviewPane)

    @property
    def _path(self) -> Path:
        """The path in the line. A name that can't be shown as it is was chosen in the tree and is kept."""
        text = self.query_one("#path", Input).value
        if self._named is not None and self._named[0] == text:
            return self._named[1]
        path = expanded(pasted_path(text)) if text.strip() else self._folder
        return path if path.is_absolute() else self._folder / path

    @on(Input.Changed, "#path")
    def _typed(self, event: Input.Changed) -> None:
        """Look at the path while it is typed; nothing is wrong with half a path."""
        event.stop()
        self.say("")
        self._hurried = False
        self._preview()

    @on(DirectoryTree.FileSelected)
    @on(DirectoryTree.DirectorySelected)
    def _picked(self, event: DirectoryTree.FileSelected | DirectoryTree.DirectorySelected) -> None:
        """Put the file into the line, or the folder, so that what it holds is said."""
        event.stop()
        self._put(event.path)
        if isinstance(event, DirectoryTree.FileSelected):
            self._pane.columns.focus()

    def _put(self, path: Path) -> None:
        shown = clean(str(path))
        self._named = (shown, path)
        line = self.query_one("#path", Input)
        if line.value == shown:
            self._preview()
        line.value = shown

    @on(ReadOptionFields.Changed)
    def _preview(self) -> None:
        """The head of the file, as it is said to be written."""
        path, fields = self._path, self._pane.fields
        if path != self._pane.file.path:
            fields.forget()
        read_options = fields.read_options
        self.run_worker(lambda: preview_file(path, read_options), group="preview", thread=True, exclusive=True)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A preview or a reading has ended."""
        event.stop()
        if event.state != WorkerState.SUCCESS:
            return
        result: FilePreview | Dataset | str | None = event.worker.result
        if isinstance(result, FilePreview):
            if (result.path, result.read_options) == (self._path, self._pane.fields.read_options):
                self._show(result)
                if self._hurried:
                    self._open()
        elif result is not None and self._asked is not None:
            self._tried(result)

    # showing

    def _show(self, file: FilePreview) -> None:
        pane = self._pane
        pane.show(file)
        self.say(pane.fields.complaint or file.problem or (_SESSION if file.is_session else ""))
        self.query_one("#how").display = file.is_file
        self.set_class(file.is_file, "-previewed")

    @on(ColumnList.Changed)
    def _other_roles(self, event: ColumnList.Changed) -> None:
        event.stop()
        self.say(event.reason)

    # opening

    @on(FormField.Left)
    def _left(self, event: FormField.Left) -> None:
        event.stop()
        self.action_cancel()

    @on(FormField.Moved)
    def _moved(self, event: FormField.Moved) -> None:
        event.stop()
        if event.by < 0:
            self.focus_previous()
        else:
            self.focus_next()

    @on(TableTree.TextsWanted)
    def _texts_wanted(self, event: TableTree.TextsWanted) -> None:
        event.stop()
        self._put(event.folder)
        self._try(DataSpec(_as_source(event.folder)))

    @on(Button.Pressed, "#texts")
    def action_texts(self) -> None:
        """Read the folder of the line, or that of the file in it, as a corpus."""
        path = self._path
        folder = path.parent if os.path.isfile(path) else path
        self._try(DataSpec(_as_source(folder)))

    @on(Input.Submitted, "#path")
    @on(FormField.Entered)
    @on(OptionList.OptionSelected)
    @on(Button.Pressed, "#open")
    def _open(self) -> None:
        """Read the table in the background, and leave once that went well."""
        path, fields, file = self._path, self._pane.fields, self._pane.file
        if os.path.isdir(path):
            self._enter(path)
            return
        if is_session(str(path)) and os.path.isfile(path):
            self.dismiss(DatasetChosen(DataSpec(_as_source(path))))
            return
        if fields.problem:
            self.say(fields.problem)
            fields.focus_wrong()
            return
        self._hurried = (file.path, file.read_options) != (path, fields.read_options)
        if self._hurried:
            return
        roles = self._pane.columns.roles
        label, columns = (None, None) if roles is None or file.preview is None else roles.words(file.preview)
        if roles is not None and not roles.data:
            self.say("No column is chosen as data: choose at least one with space.")
            return
        standardize, principal = self.query("#how FormField").results(FormField)
        problem = problem_with(principal.spec, principal.text)
        if problem:
            self.say(problem)
            principal.focus()
            return
        how = {one.spec.key: one.spec.parse(one.text) for one in (standardize, principal)}
        how |= {} if roles is None else roles.named_parts
        self._try(DataSpec(_as_source(path), label, columns, fields.read_options, **how), file.preview)

    def _try(self, asked: DataSpec, preview: TablePreview | None = None) -> None:
        self._asked = asked
        self.say("")
        self.query_one("#box").border_subtitle = "reading…"
        self.run_worker(lambda: try_to_open(asked, preview), group="open", thread=True, exclusive=True)

    def _enter(self, folder: Path) -> None:
        """Show another folder in the tree."""
        if not self.query_one("#path", Input).value.strip():
            self.say("Write the path of a file, or choose one in the tree.")
            return
        self.query_one(TableTree).path = folder
        self.query_one(TableTree).focus()

    def _tried(self, found: Dataset | str) -> None:
        self.query_one("#box").border_subtitle = _KEYS
        asked, self._asked = self._asked, None
        if isinstance(found, str):
            self.say(found)
        elif asked is not None:
            self.dismiss(DatasetChosen(asked, found))


def _as_source(path: Path) -> str:
    """The path as a word that is never taken for the name of a data set."""
    return str(path) if os.sep in str(path) else f".{os.sep}{path}"
