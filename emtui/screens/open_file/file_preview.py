"""A preview of a path: how a table would be read, its first rows as text, and whether it can be read."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len

from emtui.charts.cell_text import fit, pad
from emtui.spec.sources import is_session, open_source, prepared
from emtui.views.number_format import plural
from engine.data.data_spec import AS_DETECTED, DataSpec, ReadOptions
from engine.data.dataset import Dataset
from engine.errors import DataError, EngineError
from engine.models import model_class
from engine.readers.corpus import text_files
from engine.readers.table import TablePreview, preview_table
from engine.text import clean, quoted

_WIDEST_CELL = 14
_NAMED = re.compile(r" with \w+=\w* \(in the shell, --(?:no-)?(\w+)\)")
_FIELDS = (
    "decimal",
    "header",
    "skip",
    "comment",
    "missing",
    "sheet",
)  # that a sentence names; others it leaves to be seen


@dataclass(frozen=True)
class FilePreview:
    """What a path holds, before it is opened.

    Attributes:
        path: what was looked at.
        read_options: how it was said to be written.
        preview: how the table would be read; None where it can't be, or is none.
        is_file: it is a file at all.
        n_texts: documents that the folder holds; 0 for no folder, or one without any.
        is_session: it is a session that was saved.
        problem: why the file can't be read, in a sentence.
    """

    path: Path
    read_options: ReadOptions = AS_DETECTED
    preview: TablePreview | None = None
    is_file: bool = False
    n_texts: int = 0
    problem: str = ""
    is_session: bool = False


def preview_file(path: Path, read_options: ReadOptions = AS_DETECTED) -> FilePreview:
    """Read the first rows of a file, or count the texts in a folder. Runs in a thread."""
    if os.path.isdir(path):
        try:
            return FilePreview(path, read_options, n_texts=len(text_files(path)))
        except DataError:  # nothing is wrong with a folder without texts, or one on the way to another
            return FilePreview(path, read_options)
    if not os.path.isfile(path):
        return FilePreview(path, read_options)
    if is_session(str(path)):
        return FilePreview(path, read_options, is_session=True)
    try:
        return FilePreview(path, read_options, preview_table(path, **read_options.given()), is_file=True)
    except EngineError as error:
        return FilePreview(path, read_options, is_file=True, problem=in_fields(str(error)))
    except OSError as error:
        return FilePreview(path, read_options, is_file=True, problem=_unreadable(str(path), error))


def try_to_open(data: DataSpec, preview: TablePreview | None = None) -> Dataset | str:
    """The data as they are read, or the sentence that says why they can't be. Runs in a thread.

    preview: how the table would be read, from a look at it.
    """
    try:
        opened = open_source(data, None if preview is None else preview.table)
        prepared(opened, data, model_class(opened.model))
    except EngineError as error:
        return in_fields(str(error))
    except MemoryError:
        return f"{quoted(data.source)} does not fit into memory: choose fewer columns, or a part of the file."
    except OSError as error:
        return _unreadable(data.source, error)
    return opened


def _unreadable(name: str, error: OSError) -> str:
    return f"{quoted(name)} can't be read: {clean(error.strerror or str(error))}."


def in_fields(sentence: str) -> str:
    """A sentence of the engine, with the dialog's fields instead of the options of Python and the shell."""
    sentence = sentence.replace("read it with header=False (in the shell, --no-header)", "set header to no")
    return _NAMED.sub(lambda found: f" in the field {found[1]}" if found[1] in _FIELDS else "", sentence)


def size_note(preview: TablePreview) -> str:
    """How many rows and columns the table has, as far as the preview tells."""
    about = "" if preview.whole else "about "
    return f"{about}{plural(preview.n_rows, 'row')}, {plural(len(preview.columns), 'column')}"


def missing_note(preview: TablePreview, data: Collection[int]) -> str:
    """What happens to rows without a value in these columns (counted from 0); "" if there are none."""
    wanted = frozenset(data)
    count, total = sum(not wanted.isdisjoint(gaps) for gaps in preview.gaps), len(preview.gaps)
    if not count:
        return ""
    if not preview.whole:
        has = "has" if count == 1 else "have"
        return f"{count:,} of the first {total:,} rows {has} a missing value: such rows are left out."
    have, are = ("has", "is") if count == 1 else ("have", "are")
    return f"{count:,} of {plural(total, 'row')} {have} a missing value and {are} left out."


def first_rows(preview: TablePreview, width: int) -> list[str]:
    """Names and first rows as aligned lines; columns that don't fit give way to "+3 more"."""
    numeric = [column.kind == "number" for column in preview.columns]
    table = [[column.name for column in preview.columns], *[list(row) for row in preview.rows]]
    widths = [min(_WIDEST_CELL, max(1, *(cell_len(row[i]) for row in table))) for i in range(len(numeric))]
    shown, used = 0, 0
    while shown < len(widths) and used + widths[shown] <= width:
        used += widths[shown] + 2
        shown += 1
    if shown < len(widths):  # room for the note
        while shown > 1 and sum(widths[:shown]) + 2 * shown + len(f"+{len(widths) - shown} more") > width:
            shown -= 1
        shown = max(1, shown)
    lines = []
    for number, row in enumerate(table):
        cells = [pad(row[i], widths[i], "right" if numeric[i] else "left") for i in range(shown)]
        if number == 0 and shown < len(widths):
            cells.append(f"+{len(widths) - shown} more")
        lines.append(fit("  ".join(cells), width))
    return lines
