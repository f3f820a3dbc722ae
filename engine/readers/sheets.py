"""A sheet of a workbook as comma-separated text: the one that was asked for, else the first that holds something.

It is read in a process of its own: a single cell far from the others takes so much memory that the library which reads
workbooks ends its process.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from engine.readers.rows_as_text import rows_as_text

MOST_CELLS = 50_000_000
_MEMORY = 4 << 30
_SECONDS = 120
_LOCKED, _TOO_LARGE, _DAMAGED = 3, 4, 5


class SheetError(Exception):
    """A workbook can't be read: `reason` is "locked", "large" or "damaged"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Sheets:
    """names: of the sheets that hold something. name: of the one that was read, "" if it holds nothing; None if there
    is none of that name. text: its cells."""

    names: tuple[str, ...]
    name: str | None
    text: bytes


def read_sheet(content: bytes, wanted: str | None = None) -> Sheets:
    """The sheet called `wanted`, or of that number from 1; None for the first that holds something.

    Raises:
        ImportError: python-calamine is missing. SheetError: the workbook can't be read.
    """
    import python_calamine  # noqa: F401  missing here is missing there

    paths = os.pathsep.join(path or os.curdir for path in sys.path)
    asked = json.dumps(wanted).encode() + b"\n" + content
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__], input=asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": paths}, timeout=_SECONDS, check=False, start_new_session=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise SheetError("large") from None
    if done.returncode:
        raise SheetError({_LOCKED: "locked", _DAMAGED: "damaged"}.get(done.returncode, "large"))
    said, _, text = done.stdout.partition(b"\n")
    names, name = json.loads(said)
    return Sheets(tuple(names), name, text)


def _main() -> int:
    """Read a sheet's name and the workbook on standard input; write what `Sheets` holds: a line of names, the text."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    from python_calamine import CalamineWorkbook, PasswordError

    wanted = json.loads(sys.stdin.buffer.readline())
    content = io.BytesIO(sys.stdin.buffer.read())
    filled: list[str] = []
    text = b""
    try:
        book = CalamineWorkbook.from_filelike(content)
        chosen = None if wanted is None else _sheet_called(wanted, book.sheet_names)
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.total_height * sheet.total_width > MOST_CELLS:
                if name == chosen or (wanted is None and not filled):
                    return _TOO_LARGE
                filled.append(name)
                continue
            rows = sheet.to_python(skip_empty_area=False)
            if any(cell != "" for row in rows for cell in row):
                if name == chosen or (wanted is None and not filled):
                    text = rows_as_text(_with_short_titles(rows))
                filled.append(name)
    except PasswordError:
        return _LOCKED
    except MemoryError:
        return _TOO_LARGE
    except Exception:  # whatever the library says of a workbook that is damaged
        return _DAMAGED
    if wanted is None:
        chosen = filled[0] if filled else ""
    elif chosen not in (None, *filled):
        chosen = ""
    sys.stdout.buffer.write(json.dumps([filled, chosen]).encode() + b"\n" + text)
    return 0


def _sheet_called(wanted: str, names: Sequence[str]) -> str | None:
    """The sheet of this name, whatever the case if only one is; else that of this number from 1; else None."""
    if wanted in names:
        return wanted
    alike = [name for name in names if name.strip().casefold() == wanted.strip().casefold()]
    if len(alike) == 1:
        return alike[0]
    number = wanted.strip()
    return names[int(number) - 1] if number.isdecimal() and 1 <= int(number[:9]) <= len(names) else None


def _with_short_titles(rows: list[list[Any]]) -> list[list[Any]]:
    """The rows without the empty cells to the right of titles, which stand alone in a row above the table."""
    n_above = next((i for i, row in enumerate(rows) if sum(cell != "" for cell in row) > 1), 0)
    last = [max((j for j, cell in enumerate(row) if cell != ""), default=0) for row in rows[:n_above]]
    return [row[: j + 1] for row, j in zip(rows, last, strict=False)] + rows[n_above:]


if __name__ == "__main__":
    sys.exit(_main())
