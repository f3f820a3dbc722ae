"""A sheet that a screen has put together, as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Literal

from emtui.exports.export import Export
from emtui.exports.pictures.shapes import Sheet


def sheet_exports(title: str, word: str, sheet: Callable[[Any], Sheet]) -> tuple[Export[Any], ...]:
    """What is drawn, as SVG and as PDF. sheet: made when it is written."""
    return tuple(Export(title, word, ending, partial(_drawn, sheet, ending), "matplotlib") for ending in ("svg", "pdf"))


def _drawn(sheet: Callable[[Any], Sheet], ending: Literal["svg", "pdf"], of: Any) -> Iterator[bytes]:
    from emtui.exports.pictures.figure import figure_bytes

    yield figure_bytes(sheet(of), ending)
