"""A table of numbers and words as a file that other programs read: CSV, JSON, Parquet; every digit of a number is kept.

What is missing, such as a bound before the first E-step, is an empty cell in CSV and null elsewhere.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from emtui.spec.atomic_files import Chunk, ExportError

Kind = Literal["whole", "number", "yes or no", "text"]
Columns = Mapping[str, Kind]
"""What the cells of each column are, by its name."""
_ROWS_AT_ONCE = 65_536  # in memory for one group of rows of a Parquet file


@dataclass(frozen=True, eq=False)
class DataTable:
    """Columns, and rows in parts, so that a long table is never whole in memory.

    columns: their names, each with what its cells are. parts: lists of rows; None and nan are missing.
    """

    columns: Columns
    parts: Iterable[Sequence[Sequence[Any]]]

    @classmethod
    def of(cls, records: Sequence[Mapping[str, Any]]) -> DataTable:
        """A short table from records that have the same names in the same order."""
        names = list(records[0]) if records else []
        rows = [list(record.values()) for record in records]
        return cls({name: _kind([row[j] for row in rows]) for j, name in enumerate(names)}, [rows])

    @property
    def rows(self) -> Iterator[Sequence[Any]]:
        """All rows, one by one."""
        return (row for part in self.parts for row in part)


def _kind(cells: Sequence[Any]) -> Kind:
    known = [cell for cell in cells if cell is not None]
    if known and all(isinstance(cell, bool) for cell in known):
        return "yes or no"
    if known and all(isinstance(cell, int) and not isinstance(cell, bool) for cell in known):
        return "whole"
    return "number" if all(isinstance(cell, int | float) for cell in known) else "text"


def csv_chunks(table: DataTable) -> Iterator[str]:
    """A head, then a line for each row; floats with every digit."""
    yield csv_line(list(table.columns))
    for part in table.parts:
        yield _csv_text(part)


def csv_line(cells: Sequence[Any]) -> str:
    """One line of CSV; floats with every digit, not-a-number as an empty cell."""
    return _csv_text([cells])


def _csv_text(rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):  # numpy's own are among them
        return "" if value != value else repr(float(value))
    return value


def json_text(value: Any) -> str:
    """Strict JSON on one line: every digit of a float, and null for what is not finite."""
    return msgspec.json.encode(value, enc_hook=_as_plain_text).decode()


def _as_plain_text(value: Any) -> str:
    """A sentence that knows its rows, as text."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"no JSON for a {type(value).__name__}")


def json_chunks(table: DataTable) -> Iterator[str]:
    """A list with an object for each row, a line each."""
    names, between = list(table.columns), "[\n"
    for row in table.rows:
        yield between + json_text(dict(zip(names, row, strict=True)))
        between = ",\n"
    yield "\n]\n" if between == ",\n" else "[]\n"


def parquet_chunks(table: DataTable) -> Iterator[bytes]:
    """Whole numbers, floats of 64 bits, yes or no, and text, as their column says; groups of rows as they come."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"whole": pa.int64(), "number": pa.float64(), "yes or no": pa.bool_(), "text": pa.string()}
    schema = pa.schema([(name, types[kind]) for name, kind in table.columns.items()])
    sink = _Sink()
    with pq.ParquetWriter(sink, schema) as writer:
        for rows in _in_groups(table.parts):
            cells = list(zip(*rows, strict=True))
            arrays = [pa.array(map(_known, column), field.type) for column, field in zip(cells, schema, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))
            yield sink.taken()
    yield sink.taken()


def _in_groups(parts: Iterable[Sequence[Sequence[Any]]]) -> Iterator[list[Sequence[Any]]]:
    group: list[Sequence[Any]] = []
    for part in parts:
        group += part
        if len(group) >= _ROWS_AT_ONCE:
            yield group
            group = []
    if group:
        yield group


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


class _Sink(io.RawIOBase):
    """Bytes as they are written, to be handed on."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Keep them."""
        self._parts.append(bytes(data))
        return len(self._parts[-1])

    def taken(self) -> bytes:
        """What has come since this was asked last."""
        whole, self._parts = b"".join(self._parts), []
        return whole


WRITERS: Mapping[str, Callable[[DataTable], Iterable[Chunk]]] = {
    "csv": csv_chunks,
    "json": json_chunks,
    "parquet": parquet_chunks,
}
"""What writes a table, by the ending of the file's name."""
NEEDS = {"parquet": "pyarrow"}
"""The library that is needed for an ending."""
_EXTRAS = {"pyarrow": "files", "matplotlib": "pictures"}


def need_library(module: str, ending: str) -> None:
    """Raise ExportError where a library for such files is not installed; one sentence, with the extra that has it."""
    if module and importlib.util.find_spec(module) is None:
        raise ExportError(f".{ending} files are written by {module}: pip install 'emtui[{_EXTRAS[module]}]'.")


def table_ending(path: str | os.PathLike[str]) -> str:
    """The ending by which a table is written to this file, CSV where its name says nothing; raises as above."""
    ending = Path(path).suffix.lower().removeprefix(".")
    need_library(NEEDS.get(ending, ""), ending)
    return ending if ending in WRITERS else "csv"
