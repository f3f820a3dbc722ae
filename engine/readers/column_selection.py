"""Which columns of a table are the data and which is the label: as chosen, or as their cells suggest."""

from __future__ import annotations

from collections.abc import Sequence

from engine.data.dataset import column_index
from engine.errors import DataError
from engine.readers.csv_dialect import Dialect, is_missing
from engine.readers.text_file import TextFile
from engine.text import clean, quoted

MAX_SUGGESTED_CLASSES = 50


def find_column(file: TextFile, dialect: Dialect, column: str | int) -> int:
    """The index of a column given by name, by index from 0, or by its number from 1 written as text."""
    names = dialect.names
    numbered = isinstance(column, str) and column.strip().isdecimal() and 1 <= int(column) <= len(names)
    if numbered and not {column, clean(str(column))} & {*names}:
        return int(column) - 1
    return column_index(column, names, file.name, "choose")


def label_candidate(dialect: Dialect) -> int | None:
    """The one column of text that has a few distinct values, each of them more than once on average."""
    candidates = []
    for j, kind in enumerate(dialect.kinds):
        known = [cell.strip() for cell in dialect.cells(j) if not is_missing(cell)]
        if kind == "text" and 2 <= len(set(known)) <= min(MAX_SUGGESTED_CLASSES, len(known) / 2):
            candidates.append(j)
    return candidates[0] if len(candidates) == 1 else None


def choose_features(
    file: TextFile, dialect: Dialect, columns: Sequence[str | int] | None, label: int | None
) -> tuple[list[int], tuple[str, ...]]:
    """The indices of the columns to read as numbers, and notes on those that were left out unasked."""
    if columns is None:
        chosen = [j for j, kind in enumerate(dialect.kinds) if kind == "number" and j != label]
        if not chosen:
            raise _no_numbers(file, dialect)
        texts = [j for j, kind in enumerate(dialect.kinds) if kind == "text" and j != label]
        notes = left_out(dialect, texts, "it holds text", "they hold text")
        empty = [j for j, kind in enumerate(dialect.kinds) if kind == "empty" and j != label]
        where = "" if dialect.whole else " in the rows looked at"
        notes += left_out(dialect, empty, f"it is empty{where}", f"they are empty{where}")
        numbers = [j for j, kind in enumerate(dialect.kinds) if kind == "row number" and j != label]
        return chosen, notes + left_out(dialect, numbers, "it has no name and numbers the rows", "")
    listed = [columns] if isinstance(columns, str | int) else list(columns)
    chosen = [find_column(file, dialect, column) for column in listed]
    if not chosen:
        raise DataError(f"No column of {file.name} was chosen: choose at least one.")
    for index in chosen:
        name = quoted(dialect.names[index])
        if chosen.count(index) > 1:
            raise DataError(f"The column {name} of {file.name} was chosen twice: name each column once.")
        if index == label:
            raise DataError(f"The column {name} of {file.name} can't be both label and data: choose one of the two.")
        if dialect.kinds[index] == "text":
            cell = next(cell for cell in dialect.cells(index) if not is_missing(cell))
            raise DataError(
                f"The column {name} of {file.name} holds text such as {quoted(cell)}, not numbers: "
                "choose other columns, or use it as the label."
            )
    return chosen, ()


def _no_numbers(file: TextFile, dialect: Dialect) -> DataError:
    if len(dialect.names) == 1:
        remedy = (
            "put a comma, semicolon or tab between cells, or name the separator with delimiter= "
            "(in the shell, --delimiter)"
        )
    else:
        remedy = "choose a file with measurements, or name the decimal mark with decimal= (in the shell, --decimal)"
    return DataError(f"{file.name} has no column of numbers to work on: {remedy}.")


def left_out(dialect: Dialect, indices: list[int], one: str, several: str) -> tuple[str, ...]:
    """A note that the columns `indices` were left out, and why: in words for `one` and for `several`; none for none."""
    names = [quoted(dialect.names[j]) for j in indices]
    if not names:
        return ()
    if len(names) == 1:
        return (f"The column {names[0]} was left out: {one}.",)
    shown = f"{', '.join(names[:5])} and {len(names) - 5} more" if len(names) > 6 else ", ".join(names)
    return (f"The columns {shown} were left out: {several}.",)
