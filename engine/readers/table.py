"""The user's own table: a CSV or TSV file in any dialect as a Dataset, or a preview of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from engine.data.dataset import Dataset
from engine.data.missing import Missing
from engine.errors import DataError, OptionError
from engine.readers.column_selection import choose_columns, label_candidate, left_out
from engine.readers.columns import ReadColumns, read_columns, suited_model
from engine.readers.csv_dialect import DELIMITER_NAMES, Dialect, Kind, detect_dialect, is_missing
from engine.readers.rows import ReadRows
from engine.readers.text_file import TextFile, encoding_name, open_text
from engine.text import clean, quoted

_PREVIEW_ROWS = 10

Header = bool | Literal["auto"]


@dataclass(frozen=True)
class TableFile:
    """A table whose dialect is known. told: whether it has a header was detected, not given."""

    file: TextFile
    dialect: Dialect
    told: bool


@dataclass(frozen=True)
class ColumnPreview:
    """A column as its first cells show it: number (from 1), name, what it holds, and how many distinct values."""

    number: int
    name: str
    kind: Kind
    n_distinct: int


@dataclass(frozen=True)
class TablePreview:
    """What a file looks like before it is read; every text is safe to print.

    delimiter: one character, named in words by `delimiter_name`. rows: the first rows as text.
    features: names of the columns that would be read as numbers. label: the column that would be the label, or None.
    gaps: for each of the first 1,000 rows (fewer of a wide table), the columns, from 0, that hold no value there.
    n_rows: rows below the header; counted where `whole` (the first rows are all there are), else told from the lines.
    table: what `read_from` reads without another look.
    """

    path: str
    encoding: str
    delimiter: str
    decimal: str
    header: bool
    columns: tuple[ColumnPreview, ...]
    rows: tuple[tuple[str, ...], ...]
    features: tuple[str, ...]
    label: str | None
    gaps: tuple[tuple[int, ...], ...]
    n_rows: int
    whole: bool
    table: TableFile = field(repr=False, compare=False)

    @property
    def delimiter_name(self) -> str:
        """The delimiter in words: "comma", "semicolon", "tab", "bar", or the character itself."""
        return DELIMITER_NAMES.get(self.delimiter, quoted(self.delimiter))


def preview_table(
    path: str | os.PathLike[str],
    *,
    header: Header = "auto",
    delimiter: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
) -> TablePreview:
    """How `read_table` would read the file at `path`, told from its first 1,000 records.

    Raises DataError and OptionError as `read_table` does.
    """
    table = _open_table(path, header, delimiter, decimal, encoding)
    file, dialect = table.file, table.dialect
    columns = tuple(
        ColumnPreview(j + 1, name, kind, len({cell.strip() for cell in dialect.cells(j)}))
        for j, (name, kind) in enumerate(zip(dialect.names, dialect.kinds, strict=True))
    )
    rows = tuple(tuple(clean(cell, 40) for cell in row) for _, row in dialect.sample[:_PREVIEW_ROWS])
    label = label_candidate(dialect)
    return TablePreview(
        path=clean(str(file.path)),
        encoding=encoding_name(file.encoding),
        delimiter=dialect.delimiter,
        decimal=dialect.decimal,
        header=dialect.header,
        columns=columns,
        rows=rows,
        features=tuple(column.name for column in columns if column.kind == "number"),
        label=None if label is None else dialect.names[label],
        gaps=tuple(tuple(j for j, cell in enumerate(row) if is_missing(cell)) for _, row in dialect.sample),
        n_rows=_row_count(file, dialect),
        whole=dialect.whole,
        table=table,
    )


def _open_table(
    path: str | os.PathLike[str], header: Header, delimiter: str | None, decimal: str | None, encoding: str | None
) -> TableFile:
    _check_options(header, delimiter, decimal)
    file = open_text(path, encoding)
    if not file.is_text:
        delimiter, header = ",", file.named if header == "auto" and file.named is not None else header
    return TableFile(replace(file, head=""), detect_dialect(file, header, delimiter, decimal), header == "auto")


def _row_count(file: TextFile, dialect: Dialect) -> int:
    """The rows of the sample if it is whole; else an estimate from the number of lines."""
    count, last_line = len(dialect.sample), dialect.sample[-1][0]
    if dialect.whole:
        return count
    return count + round((file.n_lines - last_line) * count / (last_line - dialect.first_line + 1))


def read_table(
    path: str | os.PathLike[str],
    label: str | int | None = None,
    columns: Sequence[str | int] | None = None,
    *,
    header: Header = "auto",
    delimiter: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    missing: Missing = "drop",
    rows: str | int | None = None,
    sequence: str | int | None = None,
    weights: str | int | None = None,
    target: str | int | None = None,
) -> Dataset:
    """The table in the file at `path`.

    label: the column of known classes. If None, the one column of text with few distinct values, if there is one; ""
    for no label at all.
    columns: the columns to read as data, in this order; if None, all columns of numbers but those with another part.
    Columns of yes and no (true and false) become 1 and 0 where they are chosen, or where no column holds numbers; so
    does a single column of words become the symbols of a sequence.
    rows: the column that names the rows. sequence: that which tells which sequence a row belongs to; rows of one
    sequence are put together. weights: how often each row counts. target: numbers to be learned (`Dataset.target`).
    A column is chosen by name, by index from 0 (−1 is the last), or by its number from 1 written as text ("3").
    header: whether the first record names the columns. delimiter: the character between cells. decimal: "." or ",".
    encoding: Python's name of it. Each of these four is detected unless given.
    missing: what happens to rows with an empty cell, NA, N/A, NaN, null, ? or -: "drop" leaves them out, "keep" keeps
    NaN in X. A row whose label is missing is kept, with y = −1. `notes` of the result says what was left out.

    Raises DataError, one sentence with file, line, column and remedy, for a file that can't be read so, and OptionError
    for an option with a value that it can't have.
    """
    if missing not in ("drop", "keep"):
        raise OptionError(f"Missing values can't be treated as {quoted(missing)}: use 'drop' or 'keep'.")
    table = _open_table(path, header, delimiter, decimal, encoding)
    return read_from(table, label, columns, missing, rows=rows, sequence=sequence, weights=weights, target=target)


def read_from(
    table: TableFile,
    label: str | int | None = None,
    columns: Sequence[str | int] | None = None,
    missing: Missing = "drop",
    **parts: str | int | None,
) -> Dataset:
    """`read_table` for a table whose dialect is known, such as that of a `TablePreview`: one pass for its cells."""
    file, dialect = table.file, table.dialect
    asked = {part: column for part, column in parts.items() if column is not None}
    chosen = choose_columns(file, dialect, label, columns, asked)
    read = read_columns(file, dialect, chosen)
    features, notes = chosen.features, file.notes + chosen.notes
    if columns is None:
        read, features, empty_notes = _without_empty_columns(file, dialect, read, features)
        notes += empty_notes
    if table.told and dialect.header and dialect.names[-1].isdecimal():
        notes += (f"The first line, which ends in {dialect.names[-1]}, was taken as column names.",)
    if file.guessed:
        taken = f"The encoding was taken to be {encoding_name(file.encoding)}"
        notes += (f"{taken}; name another with encoding= (in the shell, --encoding) if letters look wrong.",)
    names = tuple(dialect.names[index] for index in features)
    label_name = None if chosen.label is None else dialect.names[chosen.label]
    model, options = suited_model(read, chosen)
    read_rows = ReadRows(
        file.path, names, read.cells, label_name, label is not None, notes + read.notes, read.parts, model, options,
        read.symbols,
    )  # fmt: skip
    return read_rows.dataset(missing)


def _check_options(header: Header, delimiter: str | None, decimal: str | None) -> None:
    if header not in (True, False, "auto"):
        raise OptionError(f"The header can't be {quoted(str(header))}: use True, False or 'auto'.")
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
        raise OptionError(f"The delimiter can't be {delimiter!r}: use one character, such as a comma or a tab.")
    if decimal not in (None, ".", ","):
        raise OptionError(f"The decimal mark can't be {quoted(str(decimal))}: use '.' or ','.")


def _without_empty_columns(
    file: TextFile, dialect: Dialect, read: ReadColumns, features: tuple[int, ...]
) -> tuple[ReadColumns, tuple[int, ...], tuple[str, ...]]:
    """What was read without columns that hold no number at all, which would cost every row."""
    cells = read.cells
    empty = np.isnan(cells.X).all(axis=0)
    if not empty.any():
        return read, features, ()
    if empty.all():
        raise DataError(f"{file.name} has no number in any column: choose a file with measurements.")
    notes = left_out(dialect, np.array(features)[empty].tolist(), "it is empty", "they are empty")
    kept = tuple(np.array(features)[~empty].tolist())
    return replace(read, cells=replace(cells, X=cells.X[:, ~empty])), kept, notes
