"""Rows of values as comma-separated text, every digit kept."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable
from typing import Any


def rows_as_text(rows: Iterable[Iterable[Any]]) -> bytes:
    """A line a row, in UTF-8."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([cell_text(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8", "replace")


def cell_text(value: Any) -> str:
    """A cell as text: whole numbers without a point, dates as ISO 8601 has them, text without line breaks."""
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat().removesuffix("T00:00:00")
    return " ".join(str(value).splitlines())
