"""A look at a table before it is opened: how it would be read, its first rows as text, and whether it can be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len

from emtui.charts.text import fit, pad
from emtui.messages import DatasetChosen
from emtui.sources import open_source
from engine.dialect import is_missing
from engine.errors import EngineError
from engine.tables import TablePreview, preview_table
from engine.text import clean, quoted

_WIDEST_CELL = 14


@dataclass(frozen=True)
class Looked:
    """What came of a look at a path: how the table would be read, or a sentence; neither while it is no file."""

    path: Path
    preview: TablePreview | None = None
    problem: str = ""


def look_at(path: Path) -> Looked:
    """Read the first rows of a file. Runs in a thread."""
    try:
        if not path.is_file():
            return Looked(path)
        return Looked(path, preview_table(path))
    except EngineError as error:
        return Looked(path, problem=str(error))
    except OSError as error:
        return Looked(path, problem=f"{quoted(str(path))} can't be read: {clean(error.strerror or str(error))}.")


def try_to_open(chosen: DatasetChosen) -> str:
    """The sentence that says why the table can't be read so, or "". Runs in a thread."""
    try:
        open_source(chosen.source, label=chosen.label, columns=chosen.columns, standardize=chosen.standardize)
    except EngineError as error:
        return str(error)
    except MemoryError:
        return f"{quoted(chosen.source)} does not fit into memory: choose fewer columns, or a part of the file."
    except OSError as error:
        return f"{quoted(chosen.source)} can't be read: {clean(error.strerror or str(error))}."
    return ""


def missing_note(preview: TablePreview) -> str:
    """What becomes of missing values, where the first rows have any in a column of numbers."""
    numbers = [i for i, column in enumerate(preview.columns) if column.kind == "number"]
    count = sum(any(is_missing(row[i]) for i in numbers) for row in preview.rows)
    if not count:
        return ""
    total = len(preview.rows)
    return (
        f"{count} of the first {total} rows {'has' if count == 1 else 'have'} a missing value: such rows are left out."
    )


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
