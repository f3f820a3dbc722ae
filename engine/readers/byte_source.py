"""Where the bytes of a table come from: a file on the disk, or standard input, which is called "-"."""

from __future__ import annotations

import functools
import io
import os
import re
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from engine.errors import DataError
from engine.text import clean, quoted

MAX_BYTES = 1 << 30
STANDARD_INPUT = "-"
TABLE_ENDINGS = (
    ".csv", ".tsv", ".txt", ".tab", ".dat", ".gz", ".bz2", ".xz", ".zip", ".parquet", ".feather", ".arrow",
    ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".json", ".jsonl", ".ndjson", ".npy", ".npz",
)  # fmt: skip
"""What names of tables end in."""
_INPUT_PATH = Path("standard input")
_ADDRESS = re.compile(r"(https?|ftps?|sftp|s3|gs|file):/+(?=[^/])", re.IGNORECASE)


@dataclass(frozen=True)
class ByteSource:
    """Bytes that can be read from the first one on as often as needed.

    path: of the file, or what standard input is called. n_bytes: how many there are. open: opens them for reading.
    """

    path: Path
    n_bytes: int
    open: Callable[[], IO[bytes]]

    @property
    def name(self) -> str:
        """The path in quotes, safe to print."""
        return quoted(str(self.path), 200)


def byte_source(path: str | os.PathLike[str]) -> ByteSource:
    """The bytes at this path, or of standard input for "-".

    Raises:
        DataError: an address, no such file, a folder, a device, nothing in it, or too much; one sentence.
    """
    refuse_address(path)
    if os.fspath(path) == STANDARD_INPUT:
        content = standard_input()
        return ByteSource(_INPUT_PATH, len(content), lambda: io.BytesIO(content))
    where = expanded(path)
    return ByteSource(where, _regular_size(where, quoted(str(where), 200)), lambda: where.open("rb"))


def expanded(path: str | os.PathLike[str]) -> Path:
    """The path with ~ as the home folder; a ~ of an unknown user stays as it is."""
    return Path(os.path.expanduser(path))


def refuse_address(path: str | os.PathLike[str]) -> None:
    """Raise DataError for an address on the net, spelt as it was meant: a path loses one of its slashes."""
    text = os.fspath(path)
    found = _ADDRESS.match(text)
    if found and found[1].lower() == "file":
        local = f"/{text[found.end() :]}"
        raise DataError(f"{quoted(f'file://{local}', 200)} is an address: give the path alone, {quoted(local, 200)}.")
    if found:
        address = f"{found[1].lower()}://{text[found.end() :]}"
        raise DataError(f"{quoted(address, 200)} is an address, not a file: download it first, then open the file.")


@functools.cache
def standard_input() -> bytes:
    """All that was piped in; it can be read only once, so it is kept."""
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None or sys.stdin.closed:
        raise DataError("There is no standard input to read from: name a file in place of -.")
    if sys.stdin.isatty():
        raise DataError("- is standard input, and nothing is piped into it: write … | emtui run -, or name a file.")
    try:
        content: bytes = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = clean(error.strerror or "it can't be read").lower()
        raise DataError(f"Standard input can't be read ({reason}): name a file in place of -.") from None
    if not content:
        raise DataError("Standard input is empty: pipe a table into it, or name a file in place of -.")
    if len(content) > MAX_BYTES:
        raise DataError("Standard input has over 1 GiB, the most that can be read: keep fewer rows or columns.")
    return content


def _regular_size(path: Path, name: str) -> int:
    """The size in bytes of a regular file that is neither empty nor too large; DataError for anything else."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise DataError(f"There is no file {name}: check the name and the folder.") from None
    except OSError as error:
        reason = clean(error.strerror or "it can't be reached").lower()
        raise DataError(f"{name} can't be opened ({reason}): check the name and its permissions.") from None
    if stat.S_ISDIR(status.st_mode):
        raise DataError(f"{name} is a folder: name a file with a table in it.")
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{name} is a device or a pipe, not a file: save the table to a file first.")
    if status.st_size == 0:
        raise DataError(f"{name} is empty: choose a file with a table in it.")
    if status.st_size > MAX_BYTES:
        size = status.st_size / (1 << 30)
        raise DataError(f"{name} has {size:z.1f} GiB and at most 1 GiB can be read: keep fewer rows or columns.")
    return status.st_size
