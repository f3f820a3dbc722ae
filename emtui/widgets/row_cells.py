"""The cells that every list of rows has: a row's name, its class, and its weight."""

from __future__ import annotations

from emtui.charts.cell_text import clean
from emtui.charts.colors import Palette
from emtui.widgets.table_columns import Piece, ink
from engine.data.dataset import Dataset


def row_label(data: Dataset, row: int) -> str:
    """A row's name, or its line in the file, or its number from 1; `Dataset.row_heading` says which."""
    return clean(data.row_label(row))


def class_label(data: Dataset, row: int) -> str:
    """The known class of a row; ? if it has none."""
    return "?" if data.y is None or data.y[row] < 0 else clean(data.class_names[int(data.y[row])])


def weight_pieces(weight: float, palette: Palette) -> tuple[Piece, ...]:
    """A row's weight, unless it is 1: "out", "2×"."""
    if weight == 1:
        return ()
    said = "out" if weight == 0 else f"{weight:zg}{'x' if palette.ascii else '×'}"
    return ((said, ink(palette, palette.muted)),)
