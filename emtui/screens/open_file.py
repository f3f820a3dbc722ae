"""Open a table of one's own: find it, see how it would be read, choose its columns and its label."""

from __future__ import annotations

import os
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import DirectoryTree, Input, OptionList, Static
from textual.worker import Worker, WorkerState

from emtui.messages import DatasetChosen
from emtui.panes.field import Field
from emtui.panes.form_fields import standardize_field
from emtui.screens.column_roles import ColumnList, ColumnRoles
from emtui.screens.dialog import Dialog
from emtui.screens.file_tree import PathSuggester, TableTree
from emtui.screens.table_look import Looked, first_rows, look_at, missing_note, try_to_open
from engine.text import clean

NARROW = 80
_LOW = 20  # lines of the screen below which three rows of the table must do


class OpenFileScreen(Dialog[DatasetChosen]):
    """Asks for a table; gives the `DatasetChosen` that opens it, or None."""

    DEFAULT_CSS = """
    OpenFileScreen #box { width: 96%; max-width: 110; height: 96%; max-height: 40; }
    OpenFileScreen #where { height: 1fr; min-height: 5; }
    OpenFileScreen #look { width: 2fr; height: auto; padding: 0 0 0 1; }
    OpenFileScreen #rows { text-wrap: nowrap; text-overflow: ellipsis; }
    OpenFileScreen.-narrow #where { layout: vertical; height: auto; }
    OpenFileScreen.-narrow TableTree { height: 6; }
    OpenFileScreen.-narrow.-looked TableTree { display: none; }
    OpenFileScreen.-narrow #look { width: 1fr; padding: 0; }
    """

    def __init__(self, folder: str | os.PathLike[str] = ".") -> None:
        super().__init__()
        self._folder = Path(folder)
        self._looked = Looked(self._folder)
        self._named: tuple[str, Path] | None = None  # what the tree put into the line, and the path it stands for
        self._asked: DatasetChosen | None = None

    def compose(self) -> ComposeResult:
        """The path, the tree beside the first rows, the columns, standardizing."""
        with VerticalScroll(id="box", can_focus=False) as box:
            box.border_title = "open a file"
            box.border_subtitle = "enter opens · tab next · esc cancels"
            yield Input(
                placeholder="a CSV or TSV file; → completes", suggester=PathSuggester(), id="path", compact=True
            )
            yield Static("", id="problem", markup=False)
            with Horizontal(id="where"):
                yield TableTree(self._folder.resolve(), id="tree")
                with Vertical(id="look"):
                    yield Static("", id="layout", classes="hint", markup=False)
                    yield Static("", id="rows", markup=False)
                    yield Static("", id="missing", classes="hint", markup=False)
                    yield ColumnList(id="columns")
                    yield Static("", id="columns-hint", classes="hint", markup=False)
            yield Field(standardize_field(), "no", len("standardize") + 1)

    def on_mount(self) -> None:
        """Start in the line."""
        self.query_one("#path", Input).focus()
        self._show(self._looked)

    def on_resize(self) -> None:
        """Everything below each other where it is narrow."""
        self.set_class(self.size.width < NARROW, "-narrow")
        self.call_after_refresh(self._show_rows)

    # looking at a path

    @property
    def _path(self) -> Path:
        """The path that the line stands for: a name that can't be shown as it is comes from the tree."""
        text = self.query_one("#path", Input).value
        if self._named is not None and self._named[0] == text:
            return self._named[1]
        path = Path(text.strip()).expanduser() if text.strip() else self._folder
        return path if path.is_absolute() else self._folder / path

    @on(Input.Changed, "#path")
    def _typed(self, event: Input.Changed) -> None:
        """Look at the path while it is typed; nothing is wrong with half a path."""
        event.stop()
        self.say("")
        self._look()

    @on(DirectoryTree.FileSelected)
    def _picked(self, event: DirectoryTree.FileSelected) -> None:
        """Put the file into the line."""
        event.stop()
        shown = clean(str(event.path))
        self._named = (shown, event.path)
        line = self.query_one("#path", Input)
        if line.value == shown:
            self._look()
        line.value = shown
        self.query_one(ColumnList).focus()

    def _look(self) -> None:
        path = self._path
        self.run_worker(
            lambda: look_at(path), name="look", group="look", thread=True, exclusive=True, exit_on_error=False
        )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A look or a trial reading has ended."""
        event.stop()
        if event.state == WorkerState.ERROR and event.worker.error is not None:
            raise event.worker.error
        if event.state != WorkerState.SUCCESS:
            return
        result = event.worker.result
        if isinstance(result, Looked) and result.path == self._path:
            self._looked = result
            self._show(result)
        elif event.worker.name == "open" and self._asked is not None:
            self._tried(str(result))

    # showing

    def _show(self, looked: Looked) -> None:
        preview = looked.preview
        self.say(looked.problem)
        self.query_one(ColumnList).show(None if preview is None else ColumnRoles.suggested(preview))
        found, hint, missing = "", "", ""
        if preview is not None:
            header = "names in the first line" if preview.header else "no line of names"
            decimal = ", decimal comma" if preview.decimal == "," else ""
            count = len(preview.columns)
            found = (
                f"{preview.encoding}, {preview.delimiter_name}{decimal}, {header}, {count:,} column{'s' * (count != 1)}"
            )
            hint = "space: use or leave out · l: label · enter: open"
            missing = missing_note(preview)
        for name, text in (("layout", found), ("columns-hint", hint), ("missing", missing)):
            self.query_one(f"#{name}", Static).update(Content(clean(text)))
            self.query_one(f"#{name}").display = bool(text)
        self.query_one("#rows").display = preview is not None
        self.set_class(preview is not None, "-looked")
        self.call_after_refresh(self._show_rows)

    def _show_rows(self) -> None:
        if self._looked.preview is not None:
            lines = first_rows(self._looked.preview, max(10, self.query_one("#look").content_size.width))
            count = 4 if self.size.height < _LOW else len(lines)
            self.query_one("#rows", Static).update(Content("\n".join(lines[:count])))

    @on(ColumnList.Refused)
    def _refused(self, event: ColumnList.Refused) -> None:
        event.stop()
        self.say(event.reason)

    # opening

    @on(Input.Submitted, "#path")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._open()

    @on(Field.Entered)
    def _entered(self, event: Field.Entered) -> None:
        event.stop()
        self._open()

    @on(Field.Left)
    def _left(self, event: Field.Left) -> None:
        event.stop()
        self.action_cancel()

    @on(Field.Moved)
    def _moved(self, event: Field.Moved) -> None:
        event.stop()
        if event.by < 0:
            self.focus_previous()
        else:
            self.focus_next()

    @on(Field.Edited)
    def _edited(self, event: Field.Edited) -> None:
        event.stop()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._open()

    def _open(self) -> None:
        """Read the table in the background, and leave once that went well."""
        path = self._path
        if path.is_dir():
            self._enter(path)
            return
        roles = self.query_one(ColumnList).roles if self._looked.path == path else None
        preview = self._looked.preview if roles is not None else None
        label, columns = (None, None) if roles is None or preview is None else roles.words(preview)
        if roles is not None and not roles.data:
            self.say("No column is chosen as data: choose at least one with space.")
            return
        source = str(path) if os.sep in str(path) else f".{os.sep}{path}"
        standardize = self.query_one(Field).text == "yes"
        asked = DatasetChosen(source, label=label, columns=columns, standardize=standardize)
        self._asked = asked
        self.say("")
        self.query_one("#box").border_subtitle = "reading…"
        self.run_worker(
            lambda: try_to_open(asked), name="open", group="open", thread=True, exclusive=True, exit_on_error=False
        )

    def _enter(self, folder: Path) -> None:
        """Show another folder in the tree."""
        if not self.query_one("#path", Input).value.strip():
            self.say("Write the path of a file, or choose one in the tree.")
            return
        self.query_one(TableTree).path = folder
        self.query_one(TableTree).focus()

    def _tried(self, problem: str) -> None:
        self.query_one("#box").border_subtitle = "enter opens · tab next · esc cancels"
        asked, self._asked = self._asked, None
        if problem:
            self.say(problem)
        elif asked is not None:
            self.dismiss(asked)
