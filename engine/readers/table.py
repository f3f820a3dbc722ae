"""The user's own table, in any dialect or form, as a Dataset; or a preview of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from engine.data.dataset import Dataset
from engine.data.missing import Missing
from engine.errors import DataError, OptionError
from engine.readers.column_notes import name_notes, odd_notes, word_notes
from engine.readers.column_selection import choose_columns, left_out, suggested_columns
from engine.readers.columns import ReadColumns, read_columns, suited_model
from engine.readers.csv_dialect import Dialect, Header, Written, detect_dialect
from engine.readers.cutting import ALIGNED, DELIMITER_NAMES
from engine.readers.header import Kind
from engine.readers.rows import ReadRows
from engine.readers.shape_notes import shape_notes
from engine.readers.text_file import TextFile, encoding_name, open_text
from engine.readers.word_columns import holds_answers, holds_symbols
from engine.text import clean, quoted

_PREVIEW_ROWS = 10


@dataclass(frozen=True)
class TableFile:
    """A table whose dialect is known."""

    file: TextFile
    dialect: Dialect


@dataclass(frozen=True)
class ColumnPreview:
    """A column as its first cells show it: number (from 1), name, what it holds, and how many distinct values.

    words: what the words of a column of text can be as data: "answers" (yes and no), "symbols", or "".
    """

    number: int
    name: str
    kind: Kind
    n_distinct: int
    words: Literal["answers", "symbols", ""] = ""


@dataclass(frozen=True)
class TablePreview:
    """What a file looks like before it is read; every text is safe to print.

    delimiter: one character or "aligned", named in words by `delimiter_name`. skip: lines above the table that were
    left out. comment: what comments begin with, "" for none. rows: the first rows as text. notes: what was guessed.
    features: names of the columns that would be read as numbers. label: the column that would be the label, or None.
    gaps: for each of the first 1,000 rows (fewer of a wide table), the columns, from 0, that hold no value there.
    n_rows: rows below the header; counted where `whole` (the first rows are all there are), else told from the lines.
    sheets: those of a workbook that hold something, and sheet: the one that this is; () and "" for other files.
    table: what `read_from` reads without another look.
    """

    path: str
    encoding: str
    delimiter: str
    decimal: str
    header: bool
    skip: int
    comment: str
    columns: tuple[ColumnPreview, ...]
    rows: tuple[tuple[str, ...], ...]
    features: tuple[str, ...]
    label: str | None
    gaps: tuple[tuple[int, ...], ...]
    n_rows: int
    whole: bool
    notes: tuple[str, ...]
    sheets: tuple[str, ...]
    sheet: str
    table: TableFile = field(repr=False, compare=False)

    @property
    def delimiter_name(self) -> str:
        """The delimiter in words: "comma", "blanks", "aligned columns", …, or the character itself."""
        return DELIMITER_NAMES.get(self.delimiter, quoted(self.delimiter))


def preview_table(
    path: str | os.PathLike[str],
    *,
    header: Header = "auto",
    delimiter: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    skip: int | None = None,
    comment: str | None = None,
    missing_marks: Sequence[str] = (),
    sheet: str | None = None,
) -> TablePreview:
    """How `read_table` would read the file at `path`, told from its first 1,000 records.

    Raises DataError and OptionError as `read_table` does.
    """
    table = _open_table(path, encoding, sheet, _written(header, delimiter, decimal, missing_marks, skip, comment))
    file, dialect = table.file, table.dialect
    columns = tuple(
        ColumnPreview(j + 1, name, kind, len({cell.strip() for cell in dialect.cells(j)}), _words(dialect, j))
        for j, (name, kind) in enumerate(zip(dialect.names, dialect.kinds, strict=True))
    )
    rows = tuple(tuple(clean(cell, 40) for cell in row) for _, row in dialect.sample[:_PREVIEW_ROWS])
    features, label = suggested_columns(file, dialect)
    return TablePreview(
        path=clean(str(file.path)),
        encoding=encoding_name(file.encoding),
        delimiter=dialect.delimiter,
        decimal=dialect.decimal,
        header=dialect.header,
        skip=dialect.skip,
        comment=dialect.cutting.comment,
        columns=columns,
        rows=rows,
        features=tuple(dialect.names[j] for j in features),
        label=None if label is None else dialect.names[label],
        gaps=tuple(tuple(j for j, cell in enumerate(row) if dialect.is_missing(cell)) for _, row in dialect.sample),
        n_rows=_row_count(file, dialect),
        whole=dialect.whole,
        notes=dialect.notes + name_notes(file, dialect, [j for j, one in enumerate(columns) if one.words == "answers"]),
        sheets=tuple(map(clean, file.sheets)),
        sheet=clean(file.sheet),
        table=table,
    )


def _words(dialect: Dialect, index: int) -> Literal["answers", "symbols", ""]:
    if holds_answers(dialect, index):
        return "answers"
    return "symbols" if holds_symbols(dialect, index) else ""


def _open_table(path: str | os.PathLike[str], encoding: str | None, sheet: str | None, written: Written) -> TableFile:
    if sheet is not None and not isinstance(sheet, str):
        raise OptionError(f"The sheet can't be {quoted(str(sheet))}: give its name, or its number from 1 as text.")
    file = open_text(path, encoding, sheet=sheet)
    if not file.is_text:
        known = file.named if written.header == "auto" and file.named is not None else written.header
        written = replace(written, delimiter=",", header=known)
    return TableFile(replace(file, head=""), detect_dialect(file, written))


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
    skip: int | None = None,
    comment: str | None = None,
    missing_marks: Sequence[str] = (),
    sheet: str | None = None,
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
    A blank as delimiter is any number of blanks and tabs; "aligned" cuts where the columns begin.
    encoding: Python's name of it. skip: so many lines at the top are left out. comment: lines that begin so are left
    out, "" for none. Each of these six is detected unless given. sheet: which sheet of a workbook, by its name or by
    its number from 1 written as text; the first that holds something unless given.
    missing: what happens to rows with an empty cell, or with NA, NaN, null, None, ?, -, . and the like: "drop" leaves
    them out, "keep" keeps NaN in X. missing_marks: further words for a missing value. A row whose label is missing is
    kept, with y = −1. `notes` of the result says what was guessed and what was left out.

    Raises DataError, one sentence with file, line, column and remedy, for a file that can't be read so, and OptionError
    for an option with a value that it can't have.
    """
    if missing not in ("drop", "keep"):
        raise OptionError(f"Missing values can't be treated as {quoted(missing)}: use 'drop' or 'keep'.")
    table = _open_table(path, encoding, sheet, _written(header, delimiter, decimal, missing_marks, skip, comment))
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
    notes += dialect.notes + odd_notes(file, dialect, read.cells) + name_notes(file, dialect, chosen.answers)
    if columns is None:
        notes += word_notes(file, dialect, chosen)
    notes += shape_notes(dialect, read.cells.X, features, "weights" in chosen.parts)
    if file.guessed:
        taken = f"The encoding was taken to be {encoding_name(file.encoding)}"
        notes += (f"{taken}; name another with encoding= (in the shell, --encoding) if letters look wrong.",)
    names = tuple(dialect.names[index] for index in features)
    label_name = None if chosen.label is None else dialect.names[chosen.label]
    model, options = suited_model(read, chosen)
    read_rows = ReadRows(
        file.path, names, read.cells, label_name, label is not None, notes + read.notes, dialect.notation, read.parts,
        None if file.is_text else file.n_above, model, options, read.symbols,
    )  # fmt: skip
    return read_rows.dataset(missing)


def _written(
    header: Header,
    delimiter: str | None,
    decimal: str | None,
    missing_marks: Sequence[str],
    skip: int | None,
    comment: str | None,
) -> Written:
    """What is said of how a table is written; OptionError where that can't be."""
    if header not in (True, False, "auto"):
        raise OptionError(f"The header can't be {quoted(str(header))}: use True, False or 'auto'.")
    if delimiter not in (None, ALIGNED) and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
        raise OptionError(f"The delimiter can't be {delimiter!r}: use one character, such as a comma or a tab.")
    if decimal not in (None, ".", ","):
        raise OptionError(f"The decimal mark can't be {quoted(str(decimal))}: use '.' or ','.")
    if skip is not None and not (isinstance(skip, int) and skip >= 0):
        raise OptionError(f"The lines to skip can't be {quoted(str(skip))}: use a whole number of at least 0.")
    if comment is not None and (comment != comment.strip() or '"' in comment):
        raise OptionError(f"Comments can't begin with {quoted(comment)}: use a mark such as #, or '' for no comments.")
    marks = (missing_marks,) if isinstance(missing_marks, str) else tuple(missing_marks)
    return Written(header, delimiter, decimal, marks, skip, comment)


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
