"""The first sheet of a workbook that holds something, as comma-separated text.

It is read in a process of its own: a single cell far from the others takes so much memory that the library which reads
workbooks ends its process.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import suppress
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


def read_sheet(content: bytes) -> tuple[list[str], bytes]:
    """The names of the sheets that hold something, and the text of the first of them.

    Raises:
        ImportError: python-calamine is missing. SheetError: the workbook can't be read.
    """
    import python_calamine  # noqa: F401  missing here is missing there

    paths = os.pathsep.join(path or os.curdir for path in sys.path)
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__], input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": paths}, timeout=_SECONDS, check=False, start_new_session=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise SheetError("large") from None
    if done.returncode:
        raise SheetError({_LOCKED: "locked", _DAMAGED: "damaged"}.get(done.returncode, "large"))
    names, _, text = done.stdout.partition(b"\n")
    return json.loads(names), text


def _main() -> int:
    """Read the workbook on standard input; write the names of its filled sheets, and below them the first one."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    from python_calamine import CalamineWorkbook, PasswordError

    content = io.BytesIO(sys.stdin.buffer.read())
    filled: list[str] = []
    text = b""
    try:
        book = CalamineWorkbook.from_filelike(content)
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.total_height * sheet.total_width > MOST_CELLS:
                return _TOO_LARGE
            rows = sheet.to_python(skip_empty_area=False)
            if any(cell != "" for row in rows for cell in row):
                text = text or rows_as_text(_with_short_titles(rows))
                filled.append(name)
    except PasswordError:
        return _LOCKED
    except MemoryError:
        return _TOO_LARGE
    except Exception:  # whatever the library says of a workbook that is damaged
        return _DAMAGED
    sys.stdout.buffer.write(json.dumps(filled).encode() + b"\n" + text)
    return 0


def _with_short_titles(rows: list[list[Any]]) -> list[list[Any]]:
    """The rows without the empty cells to the right of titles, which stand alone in a row above the table."""
    n_above = next((i for i, row in enumerate(rows) if sum(cell != "" for cell in row) > 1), 0)
    last = [max((j for j, cell in enumerate(row) if cell != ""), default=0) for row in rows[:n_above]]
    return [row[: j + 1] for row, j in zip(rows, last, strict=False)] + rows[n_above:]


if __name__ == "__main__":
    sys.exit(_main())
