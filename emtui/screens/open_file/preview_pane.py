"""What a path holds, before it is opened: how its table is written, its first rows and columns; or how many texts."""

from __future__ import annotations

from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, Static

from emtui.screens.open_file.column_roles import ColumnList, ColumnRoles
from emtui.screens.open_file.file_preview import FilePreview, first_rows, in_fields, missing_note, size_note
from emtui.screens.open_file.read_option_fields import ReadOptionFields
from emtui.views.number_format import plural

_HINT = "space data · l label · n names · s sequence · w weights · t target"


class PreviewPane(Vertical):
    """Shows a `FilePreview`; the fields and the columns in it are the user's to change."""

    DEFAULT_CSS = """
    PreviewPane { width: 2fr; height: 1fr; padding: 0 0 0 1; }
    PreviewPane #rows { height: 1fr; min-height: 4; max-height: 11; text-wrap: nowrap; text-overflow: ellipsis; }
    PreviewPane #columns-hint { height: auto; max-height: 2; }
    PreviewPane #size { max-height: 5; }
    """

    def __init__(self, folder: Path, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.file = FilePreview(folder)

    def compose(self) -> ComposeResult:
        """Size of the table; the way to a folder's texts; how the file is written; its rows; its columns."""
        yield Static("", id="size", classes="hint", markup=False)
        yield Button("read as texts", id="texts", compact=True)
        yield ReadOptionFields(id="reading")
        yield Static("", id="rows", markup=False)
        yield ColumnList(id="columns")
        yield Static(Content(_HINT), id="columns-hint", classes="hint", markup=False)

    @property
    def fields(self) -> ReadOptionFields:
        """How the file is written."""
        return self.query_one(ReadOptionFields)

    @property
    def columns(self) -> ColumnList:
        """What each column is read as."""
        return self.query_one(ColumnList)

    def show(self, file: FilePreview) -> None:
        """Show another preview; if the columns are the same as before, they keep their roles."""
        before, self.file = self.file, file
        preview = file.preview
        same = preview is not None and before.preview is not None and preview.columns == before.preview.columns
        if not same or file.path != before.path:
            self.columns.show(None if preview is None else ColumnRoles.suggested(preview))
        self.query_one("#texts", Button).label = Content(f"read {plural(file.n_texts, 'text')} here (ctrl+t)")
        if file.is_file:
            self.fields.show(preview)
        self.query_one("#texts").display = file.n_texts > 0
        self.fields.display = file.is_file
        for name in ("#rows", "#columns", "#columns-hint"):
            self.query_one(name).display = preview is not None
        self._note()
        self.call_after_refresh(self._show_rows)

    @on(ColumnList.Changed)
    def _note(self) -> None:
        """The size of the table, how many rows will be left out because a value is missing, and what was guessed."""
        preview, roles = self.file.preview, self.columns.roles
        said = ""
        if preview is not None and roles is not None:
            missing = missing_note(preview, roles.data)
            said = " ".join((f"{size_note(preview)}.", *filter(None, [missing]), *map(in_fields, preview.notes)))
        self.query_one("#size", Static).update(Content(said))
        self.query_one("#size").display = bool(said)

    def on_resize(self) -> None:
        """Rows are cut to the width."""
        self.call_after_refresh(self._show_rows)

    def _show_rows(self) -> None:
        if self.file.preview is not None:
            lines = first_rows(self.file.preview, max(10, self.content_size.width))
            self.query_one("#rows", Static).update(Content("\n".join(lines)))
