"""Tables that are no text: spreadsheets, Parquet, Feather, JSON and numpy's arrays, as the text of a table.

They become comma-separated text in memory, every digit kept, so that one reader decides what columns mean.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from engine.errors import DataError
from engine.readers.archives import Opener, listing
from engine.readers.byte_source import MAX_BYTES
from engine.readers.rows_as_text import rows_as_text
from engine.readers.sheets import MOST_CELLS, SheetError, read_sheet
from engine.readers.signatures import not_a_table
from engine.text import quoted

if TYPE_CHECKING:
    import pandas as pd

_EXTRA = "pip install 'emtui[files]'"
_SAVE = "save its table as CSV"
_LIST_OF_NUMBERS = re.compile(rb"\[\s*-?[0-9][-+.0-9eE]*\s*[],]")


@dataclass(frozen=True)
class TextOfTable:
    """A table as comma-separated text in UTF-8. named: its first line is the names; None if that is to be found out.

    notes: on what was left out. sheets: the names of a workbook's sheets that hold something; sheet: that of this one.
    """

    text: bytes
    named: bool | None
    notes: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    sheet: str = ""


def text_of_table(open_bytes: Opener, head: bytes, name: str, sheet: str | None = None) -> TextOfTable | None:
    """The table of a file that is no text, told by its first bytes; None for any other file.

    name: of the file, in quotes. sheet: which one of a workbook, by its name or its number.

    Raises:
        DataError: it can't be read so, or a library is missing; one sentence.
    """
    reader = _reader_for(open_bytes, head, name)
    if reader is None:
        return None
    what, read = reader
    if sheet is not None and read is _sheets:
        read = partial(_sheets, wanted=sheet)
    elif sheet is not None:
        raise no_workbook(name)
    try:
        with closing(open_bytes()) as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise DataError(f"{name} unpacks to over 1 GiB, the most that can be read: keep fewer rows or columns.")
        found = read(content, name)
    except DataError:
        raise
    except ImportError as error:
        library = (error.name or "a library").partition(".")[0].replace("_", "-")
        raise DataError(f"{name} is {what}, and {library} reads it: {_EXTRA}, or {_SAVE}.") from None
    except MemoryError:
        raise DataError(f"{name} is {what} that does not fit into memory: keep fewer rows or columns.") from None
    except Exception:  # whatever a library says of a file that is damaged
        raise DataError(f"{name} looks like {what}, but is damaged: write it again, or {_SAVE}.") from None
    if not found.text.strip(b',\r\n "'):
        raise DataError(f"{name} is {what} without a cell in it: choose a file with a table.")
    return found


def no_workbook(name: str) -> DataError:
    """A sheet was asked for where there are none."""
    return DataError(f"{name} is no workbook and has no sheets: leave out sheet= (in the shell, --sheet).")


def format_name(open_bytes: Opener, head: bytes, name: str) -> str | None:
    """What a table that is no text is kept as, in words; None for any other file."""
    reader = _reader_for(open_bytes, head, name)
    return None if reader is None else reader[0]


Read = Callable[[bytes, str], TextOfTable]


def _reader_for(open_bytes: Opener, head: bytes, name: str) -> tuple[str, Read] | None:
    """What the file is, in words, and what reads it."""
    for mark, what, read in (
        (b"PAR1", "a Parquet file", _parquet),
        (b"ARROW1", "a Feather file", _feather),
        (b"FEA1", "a Feather file", _feather),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook", _sheets),
        (b"\x93NUMPY", "an array of numpy", _npy),
    ):
        if head.startswith(mark):
            return what, read
    if head.startswith(b"PK\x03\x04"):
        return _in_zip(open_bytes, name)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200]
    if start[:1] == b"{" and start[1:].lstrip()[:1] in (b'"', b"}"):
        return "JSON", _json
    if start[:1] == b"[" and (start[1:].lstrip()[:1] in (b"{", b"[") or _LIST_OF_NUMBERS.match(start)):
        return "JSON", _json
    return None


def _in_zip(open_bytes: Opener, name: str) -> tuple[str, Read] | None:
    """What is kept as a zip archive, by what is in it; None for an archive of other files."""
    try:
        with closing(open_bytes()) as file, zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            kind = archive.open("mimetype").read(100) if "mimetype" in names else b""
    except Exception:  # damaged: the reader of archives says so
        return None
    if "[Content_Types].xml" in names and any(one.startswith("xl/") for one in names):
        return "an Excel workbook", _sheets
    if kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return "an OpenDocument spreadsheet", _sheets
    for begins, what in (("word/", "a Word document"), ("ppt/", "a PowerPoint document")):
        if "[Content_Types].xml" in names and any(one.startswith(begins) for one in names):
            raise not_a_table(name, what, _SAVE)
    if kind.startswith(b"application/vnd.oasis.opendocument"):
        raise not_a_table(name, "an OpenDocument text", _SAVE)
    if names and all(one.endswith(".npy") for one in names):
        return "a file of numpy arrays", _npz
    return None


# by columns


def _parquet(content: bytes, name: str) -> TextOfTable:
    import pyarrow.parquet as parquet

    file = parquet.ParquetFile(io.BytesIO(content))
    _check_size(name, file.metadata.num_rows, file.metadata.num_columns)
    return _of_arrow(file.read())


def _feather(content: bytes, name: str) -> TextOfTable:
    from pyarrow import feather

    table = feather.read_table(io.BytesIO(content), memory_map=False)
    _check_size(name, table.num_rows, table.num_columns)
    return _of_arrow(table)


def _of_arrow(table: Any) -> TextOfTable:
    """A table of pyarrow, which looks at what it was given only when it is told to."""
    table.validate(full=True)
    return _of_frame(table.to_pandas())


def _of_frame(frame: pd.DataFrame) -> TextOfTable:
    """A table of pandas: numbers as float64 has them, and its index as first column where it says something."""
    import pandas as pd

    if not isinstance(frame.index, pd.RangeIndex) or frame.index.name is not None:
        frame = frame.reset_index(names=[name or "" for name in frame.index.names])
    frame.columns = pd.Index([_header(one) for one in frame.columns])
    narrow = [j for j, kind in enumerate(frame.dtypes) if str(kind).lower() in ("float16", "float32")]
    columns = [frame.iloc[:, j].astype(np.float64) if j in narrow else frame.iloc[:, j] for j in range(frame.shape[1])]
    columns = [one.map(_in_one_line) if _is_text(one) else one for one in columns]
    wide = pd.concat(columns, axis=1) if columns else frame
    return TextOfTable(wide.to_csv(index=False, lineterminator="\n").encode("utf-8", "replace"), True)


def _in_one_line(value: Any) -> Any:
    """Text without line breaks, so that each row stays a line."""
    return " ".join(value.splitlines()) if isinstance(value, str) else value


def _is_text(column: Any) -> bool:
    return str(column.dtype) in ("object", "string", "str")


def _header(name: Any) -> str:
    return " ".join(map(str, name)) if isinstance(name, tuple) else str(name)


# by cells


def _sheets(content: bytes, name: str, wanted: str | None = None) -> TextOfTable:
    """The sheet that is wanted; else the first that holds something, with a note where there are more."""
    try:
        found = read_sheet(content, wanted)
    except SheetError as error:
        if error.reason == "damaged":
            raise
        what = "is locked by a password: save it without one"
        if error.reason == "large":
            what = "has a sheet that is too large, or a cell far from all others: keep the table alone"
        raise DataError(f"{name} {what}.") from None
    if wanted is not None and not found.name:
        what = (
            f"has no sheet {quoted(wanted, 60)}" if found.name is None else f"has nothing on sheet {quoted(wanted, 60)}"
        )
        raise DataError(f"{name} {what}: choose {listing(found.names, 'or') or 'another workbook'}.")
    notes: tuple[str, ...] = ()
    if len(found.names) > 1 and wanted is None:
        which = f"Of the sheets {listing(found.names)}, {quoted(found.name or '', 60)} was read"
        notes = (f"{which}; name another with sheet= (in the shell, --sheet).",)
    return TextOfTable(found.text, None, notes, found.names, found.name or "")


def _check_size(name: str, n_rows: int, n_columns: int) -> None:
    if n_rows * n_columns > MOST_CELLS:
        raise DataError(
            f"{name} has {n_rows:,} rows × {n_columns:,} columns, and {MOST_CELLS:,} cells at most can be read: "
            "keep fewer rows or columns."
        )


# JSON


def _json(content: bytes, name: str) -> TextOfTable:
    """Records: an object a line (JSON lines), a list of objects or of lists, or an object of columns."""
    text = content.decode("utf-8-sig")
    try:
        records = _records(json.loads(text))
    except json.JSONDecodeError:
        records = _json_lines(text, name)
    except RecursionError:
        records = None
    if records is None:
        raise not_a_table(name, "JSON", "save its table as CSV, or as JSON lines: an object a line")
    if not any(isinstance(one, Mapping) for one in records):
        return TextOfTable(rows_as_text(records), None)
    flat = [_flat(one) for one in records]
    columns = list(dict.fromkeys(key for one in flat for key in one))
    _check_size(name, len(flat), len(columns))
    return TextOfTable(rows_as_text([columns, *([one.get(key) for key in columns] for one in flat)]), True)


def _json_lines(text: str, name: str) -> Sequence[Any] | None:
    records = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            records.append(json.loads(line))
        except (json.JSONDecodeError, RecursionError):
            if number == 1:
                return None
            raise DataError(f"Line {number} of {name} is no JSON, as the lines before it are: correct it.") from None
    return records if all(isinstance(one, dict) for one in records) or _all_lists(records) else None


def _records(document: Any) -> Sequence[Any] | None:
    """The rows that a document holds; None if it is no table."""
    if isinstance(document, list):
        if document and all(isinstance(one, int | float) for one in document):
            return [[one] for one in document]
        return document if _all_lists(document) or all(isinstance(one, dict) for one in document) else None
    if not isinstance(document, dict):
        return None
    columns = list(document.values())
    if columns and _all_lists(columns) and len({len(column) for column in columns}) == 1:
        return [dict(zip(document, row, strict=True)) for row in zip(*columns, strict=True)]
    if columns and all(isinstance(one, dict) and one.keys() == columns[0].keys() for one in columns):
        rows = list(columns[0])  # pandas' own: column, row, cell
        return [{name: column[row] for name, column in document.items()} for row in rows] if len(rows) > 1 else None
    nested = [value for value in columns if isinstance(value, list)]
    if len(nested) == 1 and nested[0] and all(isinstance(one, dict) for one in nested[0]):
        return nested[0]
    return [document] if not any(isinstance(value, dict | list) for value in columns) else None


def _all_lists(values: Sequence[Any]) -> bool:
    return bool(values) and all(isinstance(one, list) for one in values)


def _flat(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """An object within it as columns of its own, "place.x"; a list as its JSON."""
    found: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = json.dumps(value) if isinstance(value, list) else value
    return found


# numpy


def _npy(content: bytes, name: str) -> TextOfTable:
    return _of_arrays({"": _loaded(io.BytesIO(content), name)}, name)


def _npz(content: bytes, name: str) -> TextOfTable:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(one.file_size for one in archive.infolist()) > MAX_BYTES:
            raise DataError(f"{name} unpacks to over 1 GiB, the most that can be read: keep fewer rows or columns.")
        arrays = {}
        for one in archive.infolist():
            with archive.open(one) as file:
                arrays[one.filename.removesuffix(".npy")] = _loaded(file, name)
    return _of_arrays(arrays, name)


def _loaded(file: IO[bytes], name: str) -> Any:
    from numpy.lib import format as npy

    version = npy.read_magic(file)
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, in_columns, kind = read_header(file)
    if kind.hasobject:
        raise DataError(f"{name} holds objects of Python, which may run code: save an array of numbers.")
    n_items = int(np.prod(shape, dtype=object))
    _check_size(name, n_items, 1)
    content = file.read(n_items * kind.itemsize)
    return np.frombuffer(content, kind, n_items).reshape(shape, order="F" if in_columns else "C")


def _of_arrays(arrays: Mapping[str, Any], name: str) -> TextOfTable:
    """Arrays of as many rows side by side; a structured array by its fields."""
    import pandas as pd

    columns: dict[str, Any] = {}
    lengths = {array.shape[0] if array.ndim else 0 for array in arrays.values()}
    if len(lengths) > 1 or any(array.ndim not in (1, 2) for array in arrays.values()):
        if len(arrays) == 1:
            shape = next(iter(arrays.values())).shape
            raise DataError(f"{name} holds an array of shape {shape}, which is no table: save one of two dimensions.")
        shapes = listing([f"{key} {array.shape}" for key, array in arrays.items()])
        raise DataError(f"{name} holds {shapes}, which are not the columns of one table: save one of two dimensions.")
    for key, array in arrays.items():
        if array.dtype.names:
            columns |= {f"{key}.{field}" if key else field: array[field] for field in array.dtype.names}
        elif array.ndim == 1:
            columns[key] = array
        else:
            columns |= {f"{key or 'x'}{j + 1}": array[:, j] for j in range(array.shape[1])}
    if any(column.dtype.kind == "c" for column in columns.values()):
        raise DataError(f"{name} holds complex numbers: save their real and imaginary parts as columns.")
    if any(column.ndim > 1 for column in columns.values()):
        raise DataError(f"{name} holds fields of several numbers each: save each as a column.")
    native = {key: np.ascontiguousarray(one, one.dtype.newbyteorder("=")) for key, one in columns.items()}
    text = _of_frame(pd.DataFrame({key or "x": _as_text(one) for key, one in native.items()}))
    unnamed = all(not key and not array.dtype.names for key, array in arrays.items())
    return TextOfTable(text.text.split(b"\n", 1)[1], False) if unnamed else text


def _as_text(column: Any) -> Any:
    """Bytes as the text that they are."""
    return np.char.decode(column, "utf-8", "replace") if column.dtype.kind == "S" else column
