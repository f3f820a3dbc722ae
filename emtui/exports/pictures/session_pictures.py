"""The pictures of an exploration as files: the data picture and the curves, SVG or PDF."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from emtui.exports.picture_look import Look
from emtui.exports.pictures.figure import PRINT, figure_bytes
from emtui.exports.pictures.step_sheets import curves_sheet, picture_sheet
from emtui.session.session import Session

Ending = Literal["svg", "pdf"]


def picture_file(session: Session, ending: Ending, look: Look | None = None) -> Iterator[bytes]:
    """The data picture of the step under the cursor.

    Raises:
        EngineError: the library that draws is not there, or the model has no picture.
    """
    yield figure_bytes(picture_sheet(session.snapshot(), PRINT, look), ending)


def curves_file(session: Session, ending: Ending) -> Iterator[bytes]:
    """The curves of the branch, with a mark at the step under the cursor; raises as `picture_file` does."""
    yield figure_bytes(curves_sheet(session.snapshot(), PRINT), ending)
