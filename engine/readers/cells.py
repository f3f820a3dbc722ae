"""From the cells of a table to arrays: with care, cell by cell, or fast where nothing needs care."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.readers.csv_dialect import Layout, Record, fitted, is_missing, parse_number, records
from engine.readers.text_file import TextFile
from engine.text import quoted

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_CHUNK = 4096
_FAST_FROM_BYTES = 1 << 20


@dataclass(frozen=True, eq=False)
class Cells:
    """The chosen columns of the whole file.

    X: (n, d) float64, NaN where a value is missing. labels: the n cells of the label column as they are written, or
    None if there is no label. lines: (n,) the line of the file that each row starts on.
    """

    X: FloatArray
    labels: list[str] | None
    lines: IntArray


def read_cells(file: TextFile, layout: Layout, features: Sequence[int], label: int | None) -> Cells:
    """The columns `features` as numbers and the column `label` as text, of every record below the header.

    Raises DataError for the first cell, in the order of the lines, that is neither a finite number nor missing, and
    for a record with too few or too many cells.
    """
    if file.n_bytes >= _FAST_FROM_BYTES:
        cells = read_plain(file, layout, features, label)
        if cells is not None:
            return cells
    return read_carefully(file, layout, features, label)


def read_carefully(file: TextFile, layout: Layout, features: Sequence[int], label: int | None) -> Cells:
    """`read_cells` record by record: knows the line of everything, forgives what can be forgiven."""
    width = len(layout.names)
    every = records(file, layout.delimiter)
    below = itertools.dropwhile(lambda record: record[0] < layout.first_line, every)
    blocks: list[FloatArray] = []
    lines: list[int] = []
    labels: list[str] | None = None if label is None else []
    while chunk := [(line, fitted(row, width, line, file)) for line, row in itertools.islice(below, _CHUNK)]:
        blocks.append(_numbers(chunk, file, layout, features))
        lines.extend(line for line, _ in chunk)
        if labels is not None and label is not None:
            labels.extend(row[label] for _, row in chunk)
    return Cells(np.concatenate(blocks), labels, np.array(lines, dtype=np.int64))


def _numbers(chunk: Sequence[Record], file: TextFile, layout: Layout, features: Sequence[int]) -> FloatArray:
    block = np.empty((len(chunk), len(features)))
    faults: list[tuple[int, int]] = []
    for column, index in enumerate(features):
        cells = [row[index] for _, row in chunk]
        fault = _fill(block[:, column], cells, layout.decimal)
        if fault is not None:
            faults.append((fault, index))
    if faults:
        row, index = min(faults)
        line, texts = chunk[row]
        raise _not_a_number(file, layout, line, index, texts[index])
    return block


def _fill(out: FloatArray, cells: list[str], decimal: str) -> int | None:
    """Write the numbers of `cells` into `out`, NaN where missing; the index of the first that is no finite number."""
    together = "".join(cells)
    if "_" not in together and not (decimal == "," and "." in together):
        texts = (cell.replace(",", ".") for cell in cells) if decimal == "," else cells
        try:
            out[:] = np.fromiter(map(float, texts), np.float64, len(cells))
        except ValueError:
            pass
        else:
            infinite = np.flatnonzero(np.isinf(out))
            return int(infinite[0]) if infinite.size else None
    for i, cell in enumerate(cells):
        if is_missing(cell):
            out[i] = np.nan
            continue
        number = parse_number(cell, decimal)
        if number is None or np.isinf(number):
            return i
        out[i] = number
    return None


def _not_a_number(file: TextFile, layout: Layout, line: int, index: int, cell: str) -> DataError:
    number = parse_number(cell, layout.decimal)
    what = "which is not a number" if number is None else "which is not a finite number"
    if number is None and layout.decimal == "." and parse_number(cell, ",") is not None:
        what = "a number with a decimal comma where the others have a point"
    return DataError(
        f"Line {line} of {file.name}, column {index + 1} ({quoted(layout.names[index])}), holds {quoted(cell)}, "
        f"{what}: correct or empty that cell, or leave the column out."
    )


def read_plain(file: TextFile, layout: Layout, features: Sequence[int], label: int | None) -> Cells | None:
    """`read_cells` with pandas, or None if the file is anything but plain: one record a line, every cell filled,
    every number finite. Then nothing needs saying about any cell, and pandas is several times faster.
    """
    if file.encoding != "utf-8-sig":
        return None
    import pandas as pd

    width, n_rows = len(layout.names), file.n_lines - layout.first_line + 1
    texts = set(range(width)) - set(features)
    options: dict[str, Any] = {"dtype": {**dict.fromkeys(texts, str), **dict.fromkeys(features, np.float64)}}
    if _version(pd.__version__) < (3, 1):  # later versions read to the last digit without being asked
        options["float_precision"] = "round_trip"
    try:
        frame = pd.read_csv(
            file.path,
            sep=layout.delimiter,
            decimal=layout.decimal,
            header=None,
            names=list(range(width)),
            skiprows=layout.first_line - 1,
            skipinitialspace=True,
            keep_default_na=False,
            na_values=[],
            encoding="utf-8-sig",
            low_memory=False,
            **options,
        )
    except ValueError:
        return None
    X = np.ascontiguousarray(frame[list(features)].to_numpy(dtype=np.float64))
    # A record that is too short has its last cell empty; one that is too long is an error, or becomes an index.
    ends = {width - 1, *(() if label is None else (label,))} & texts
    blank = any((frame[column].fillna("").str.strip() == "").any() for column in ends)
    indexed = not isinstance(frame.index, pd.RangeIndex)
    if len(frame) != n_rows or not np.isfinite(X).all() or blank or indexed:
        return None
    labels = None if label is None else [str(cell) for cell in frame[label].tolist()]
    return Cells(X, labels, np.arange(layout.first_line, layout.first_line + n_rows, dtype=np.int64))


def _version(text: str) -> tuple[int, int]:
    major, minor, *_ = text.split(".")
    return int(major), int(minor)
