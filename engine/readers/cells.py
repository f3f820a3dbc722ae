"""The cells of a table as arrays: by pandas where the text is plain, else cell by cell with exact error messages."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import IO, Any

import numpy as np

from engine.arrays import Array, IntArray
from engine.errors import DataError
from engine.readers.csv_dialect import Dialect
from engine.readers.cutting import ALIGNED, BLANKS, Record, fitted, records
from engine.readers.notation import Notation, parse_number
from engine.readers.text_file import TextFile
from engine.text import quoted

_CHUNK = 4096
_BLOCK = 1 << 22  # characters
_FAST_FROM_BYTES = 1 << 20


@dataclass(frozen=True, eq=False)
class Cells:
    """The chosen columns of the whole file.

    X: (n, d) float64, NaN where a value is missing. labels: the n cells of the label column as they are written, or
    None if there is no label. lines: (n,) the line of the file that each row starts on. texts: the n cells of each
    further column that was asked for as text. odd: what counts as missing though no mark says so, each column's words
    and infinite numbers.
    """

    X: Array
    labels: list[str] | None
    lines: IntArray
    texts: tuple[list[str], ...] = ()
    odd: tuple[OddCells, ...] = ()


@dataclass(frozen=True)
class OddCells:
    """Cells of a column of numbers that are words, or infinite: the index of the column in the file, how many there
    are, the line of the first one, and what it holds."""

    column: int
    infinite: bool
    count: int
    line: int
    cell: str


@dataclass(frozen=True)
class WantedColumns:
    """Which columns of which file are read: `features` as numbers, `label` and `texts` as text."""

    file: TextFile
    dialect: Dialect
    features: tuple[int, ...]
    label: int | None
    texts: tuple[int, ...] = ()


def read_cells(
    file: TextFile, dialect: Dialect, features: Sequence[int], label: int | None, texts: Sequence[int] = ()
) -> Cells:
    """The columns `features` as numbers, and `label` and `texts` as text, of every record below the header.

    Words and infinite numbers among the numbers count as missing. Raises DataError for a record with too few or too
    many cells, a number with the other decimal mark, and a file that can't be read to its end.
    """
    wanted = WantedColumns(file, dialect, tuple(features), label, tuple(texts))
    with file.reading() as text:
        for _ in range(dialect.first_line - 1):
            text.readline()
        if dialect.end is not None:
            rows = itertools.islice(text, dialect.end - dialect.first_line)
            return read_carefully(rows, dialect.first_line, wanted)
        return _joined(list(_parts(text, wanted)))


def _parts(text: IO[str], wanted: WantedColumns) -> Iterator[Cells]:
    """The cells of the rest of the file, a block of lines at a time where it is large; all of it in one pass."""
    line = wanted.dialect.first_line
    if wanted.file.n_bytes < _FAST_FROM_BYTES:
        yield read_carefully(text, line, wanted)
        return
    while block := text.read(_BLOCK) + text.readline():
        cells = read_plain(block, line, wanted)
        if cells is None and wanted.dialect.cutting.quote in block:  # a quoted cell may go on beyond the block
            yield read_carefully(itertools.chain(io.StringIO(block, newline=""), text), line, wanted)
            return
        yield read_carefully(io.StringIO(block, newline=""), line, wanted) if cells is None else cells
        line += _n_lines(block)


def _joined(parts: Sequence[Cells]) -> Cells:
    if len(parts) == 1:
        return parts[0]
    labels = [part.labels for part in parts if part.labels is not None]
    return Cells(
        np.concatenate([part.X for part in parts]),
        list(itertools.chain.from_iterable(labels)) if labels else None,
        np.concatenate([part.lines for part in parts]),
        tuple(
            list(itertools.chain.from_iterable(column)) for column in zip(*(part.texts for part in parts), strict=True)
        ),
        _odd_together([part.odd for part in parts]),
    )


def _odd_together(parts: Iterable[tuple[OddCells, ...]]) -> tuple[OddCells, ...]:
    """The odd cells of each column, counted over the parts of the file, which come in the order of the lines."""
    found: dict[tuple[int, bool], OddCells] = {}
    for odd in itertools.chain.from_iterable(parts):
        before = found.get((odd.column, odd.infinite))
        found[odd.column, odd.infinite] = odd if before is None else replace(before, count=before.count + odd.count)
    return tuple(found[key] for key in sorted(found))


def read_carefully(lines: Iterable[str], first_line: int, wanted: WantedColumns) -> Cells:
    """The cells in these lines, record by record: keeps line numbers, accepts small irregularities."""
    file, dialect, label = wanted.file, wanted.dialect, wanted.label
    width = len(dialect.names)
    every = records(lines, dialect.cutting, file.name, first_line)
    blocks = [np.empty((0, len(wanted.features)))]
    starts: list[int] = []
    odd: list[tuple[OddCells, ...]] = []
    labels: list[str] | None = None if label is None else []
    texts: tuple[list[str], ...] = tuple([] for _ in wanted.texts)
    while chunk := [(line, fitted(row, width, line, file)) for line, row in itertools.islice(every, _CHUNK)]:
        block, strange = _numbers(chunk, file, dialect, wanted.features)
        blocks.append(block)
        odd.append(strange)
        starts.extend(line for line, _ in chunk)
        if labels is not None and label is not None:
            labels.extend(row[label] for _, row in chunk)
        for column, index in zip(texts, wanted.texts, strict=True):
            column.extend(row[index] for _, row in chunk)
    return Cells(np.concatenate(blocks), labels, np.array(starts, dtype=np.int64), texts, _odd_together(odd))


def _numbers(
    chunk: Sequence[Record], file: TextFile, dialect: Dialect, features: Sequence[int]
) -> tuple[Array, tuple[OddCells, ...]]:
    block = np.empty((len(chunk), len(features)))
    odd: list[OddCells] = []
    faults: list[tuple[int, int]] = []
    other_mark = "," if dialect.decimal == "." else "."
    for column, index in enumerate(features):
        cells = [row[index] for _, row in chunk]
        places = _fill(block[:, column], cells, dialect.notation)
        infinite = [i for i in places if dialect.notation.number(cells[i]) is not None]
        words = sorted({*places} - {*infinite})
        faults += [(i, index) for i in words if parse_number(cells[i], other_mark) is not None]
        for which in (words, infinite):
            if which:
                odd.append(OddCells(index, which is infinite, len(which), chunk[which[0]][0], cells[which[0]]))
    if faults:
        row, index = min(faults)
        raise _other_mark(file, dialect, chunk[row][0], index, chunk[row][1][index])
    return block, tuple(odd)


def _fill(out: Array, cells: list[str], notation: Notation) -> list[int]:
    """Write the numbers of `cells` into `out`, NaN where missing; the places of those that are no finite number."""
    together, comma = "".join(cells), notation.decimal == ","
    if not (notation.marks or "_" in together or (comma and "." in together)):
        texts = (cell.replace(",", ".") for cell in cells) if comma else cells
        try:
            out[:] = np.fromiter(map(float, texts), np.float64, len(cells))
        except ValueError:
            pass
        else:
            infinite = np.flatnonzero(np.isinf(out))
            out[infinite] = np.nan
            return infinite.tolist()
    odd = []
    for i, cell in enumerate(cells):
        number = parse_number(cell, notation.decimal)
        if number is None and not notation.is_missing(cell):
            number = notation.number(cell)
            if number is None:
                odd.append(i)
        elif number is not None and cell.strip() in notation.marks:
            number = None
        if number is not None and np.isinf(number):
            odd.append(i)
            number = None
        out[i] = np.nan if number is None else number
    return odd


def _other_mark(file: TextFile, dialect: Dialect, line: int, index: int, cell: str) -> DataError:
    mark, others = ("comma", "point") if dialect.decimal == "." else ("point", "comma")
    return DataError(
        f"{file.place(line).capitalize()} of {file.name}, column {index + 1} ({quoted(dialect.names[index])}), "
        f"holds {quoted(cell)}, a "
        f"number with a decimal {mark} where the others have a {others}: correct or empty that cell, or leave the "
        "column out."
    )


def read_plain(block: str, first_line: int, wanted: WantedColumns) -> Cells | None:
    """The cells in these lines by pandas, or None if they are anything but plain: one record a line, every cell
    filled, every number finite. No cell then needs a message, and pandas is several times faster.
    """
    import pandas as pd

    dialect, features, label = wanted.dialect, wanted.features, wanted.label
    cutting = dialect.cutting
    if dialect.notation.marks or cutting.delimiter == ALIGNED or cutting.backslash or cutting.spaced:
        return None
    if cutting.quote != '"':
        return None
    if dialect.cutting.comment and dialect.cutting.comment in block:
        return None
    width, n_rows = len(dialect.names), _n_lines(block)
    texts = set(range(width)) - set(features)
    options: dict[str, Any] = {"dtype": {**dict.fromkeys(texts, str), **dict.fromkeys(features, np.float64)}}
    if tuple(map(int, pd.__version__.split(".")[:2])) < (
        3,
        1,
    ):  # later versions read to the last digit without being asked
        options["float_precision"] = "round_trip"
    try:
        frame = pd.read_csv(
            io.BytesIO((block.removeprefix("\ufeff") if first_line == 1 else block).encode()),
            sep=r"\s+" if dialect.delimiter == BLANKS else dialect.delimiter,
            decimal=dialect.decimal,
            header=None,
            names=list(range(width)),
            skipinitialspace=True,
            keep_default_na=False,
            na_values=[],
            low_memory=False,
            **options,
        )
    except ValueError:
        return None
    X = np.ascontiguousarray(frame[list(features)].to_numpy(dtype=np.float64))
    # A record that is too short has its last cell empty; one that is too long is an error, or becomes an index.
    ends = {width - 1, *(() if label is None else (label,)), *wanted.texts} & texts
    blank = any((frame[column].fillna("").str.strip() == "").any() for column in ends)
    indexed = not isinstance(frame.index, pd.RangeIndex)
    if len(frame) != n_rows or not np.isfinite(X).all() or blank or indexed:
        return None

    def as_written(column: int) -> list[str]:
        return [str(cell) for cell in frame[column].tolist()]

    labels = None if label is None else as_written(label)
    lines = np.arange(first_line, first_line + n_rows, dtype=np.int64)
    return Cells(X, labels, lines, tuple(map(as_written, wanted.texts)))


def _n_lines(block: str) -> int:
    """The lines of a block, however they end."""
    n_ends = block.count("\n")
    if "\r" in block:
        n_ends += block.count("\r") - block.count("\r\n")
    return n_ends + (not block.endswith(("\n", "\r")))
