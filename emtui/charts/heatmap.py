"""A small matrix as coloured cells with its numbers: confusion matrices, transitions, sweeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len
from textual.geometry import Size
from textual.message import Message

from emtui.charts.cell_picture import BOLD, PLAIN, Picture, pack
from emtui.charts.cell_text import clean, pad
from emtui.charts.colors import LINEAR_OF_BYTE, Palette, blend
from emtui.charts.picture_widget import PictureWidget
from emtui.charts.scene import RGB, FloatArray

LABEL_LIMIT = 24


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """What a heat map shows. values: (r, c). row_labels, column_labels: as many, any text.

    number_format: such as "g" or ".2f". corner: a word for the rows and columns, such as "true ╲ found".
    low, high: the values of the faintest and the strongest colour; None for the least (at most 0) and greatest.
    """

    values: FloatArray
    row_labels: Sequence[str]
    column_labels: Sequence[str]
    number_format: str = "g"
    corner: str = ""
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        values = np.asarray(self.values, dtype=np.float64)
        object.__setattr__(self, "values", values)
        if values.ndim != 2 or values.shape != (len(self.row_labels), len(self.column_labels)):
            wanted = (len(self.row_labels), len(self.column_labels))
            raise ValueError(f"values should have the shape of the labels, {wanted}, not {values.shape}")

    def number(self, row: int, column: int) -> str:
        """A value as text; a dash for what isn't finite."""
        value = float(self.values[row, column])
        return format(value, f"z{self.number_format}") if np.isfinite(value) else "–"

    def natural_size(self) -> tuple[int, int]:
        """The cells it takes when there is room for everything: (width, height)."""
        fit = layout(self, 10_000, 1)
        return fit.label_width + fit.column_width * len(self.column_labels), len(self.row_labels) + 1

    def strengths(self) -> FloatArray:
        """Values between low (0) and high (1); not finite is 0."""
        finite = self.values[np.isfinite(self.values)]
        if not len(finite):
            return np.zeros(self.values.shape)
        low = min(0.0, float(finite.min())) if self.low is None else self.low
        high = float(finite.max()) if self.high is None else self.high
        scale = max(abs(low), abs(high), np.finfo(float).tiny)
        span = high / scale - low / scale
        unit = (np.where(np.isfinite(self.values), self.values, low) / scale - low / scale) / (span or 1.0)
        return np.clip(unit, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class MatrixLayout:
    """How a matrix fits a width: cells for the row labels and for each column, and how many rows and columns
    there is room for. One line is the head."""

    label_width: int
    column_width: int
    columns: int
    rows: int


def layout(matrix: Matrix, width: int, height: int) -> MatrixLayout:
    """Labels give way before numbers do; columns that still don't fit are left out and an ellipsis says so."""
    n_rows, n_columns = matrix.values.shape
    numbers = max((len(matrix.number(i, j)) for i in range(n_rows) for j in range(n_columns)), default=1)
    names = max((min(cell_len(clean(s)), LABEL_LIMIT) for s in matrix.column_labels), default=1)
    labels = max((min(cell_len(clean(s)), LABEL_LIMIT) for s in (*matrix.row_labels, matrix.corner)), default=1)
    spare = width - n_columns * (max(numbers, names) + 2)
    label_width = min(labels + 1, max(2, width // 3, spare))
    room = max(width - label_width, 0)
    column_width = min(max(numbers, names) + 2, max(numbers + 2, room // max(n_columns, 1)))
    columns = min(n_columns, room // column_width)
    return MatrixLayout(label_width, column_width, columns, min(n_rows, max(height - 1, 0)))


def draw_matrix(matrix: Matrix, width: int, height: int, palette: Palette) -> Picture:
    """The matrix as a picture."""
    picture = Picture.blank(width, height, palette)
    fit = layout(matrix, width, height)
    ellipsis = "~" if palette.ascii else "…"

    def write(row: int, column: int, text: str) -> slice:
        return slice(column, picture.write(row, column, text, palette.muted))

    write(0, 0, pad(matrix.corner, min(fit.label_width, width), ellipsis=ellipsis))
    for j in range(fit.columns):
        name = pad(matrix.column_labels[j], fit.column_width - 1, "right", ellipsis)
        write(0, fit.label_width + j * fit.column_width, name)
    strengths = matrix.strengths()
    for i in range(fit.rows):
        write(i + 1, 0, pad(matrix.row_labels[i], min(fit.label_width - 1, width), ellipsis=ellipsis))
        for j in range(fit.columns):
            number = pad(matrix.number(i, j), fit.column_width - 1, "right", ellipsis) + " "
            where = write(i + 1, fit.label_width + j * fit.column_width, number)
            if palette.mode != "truecolor":
                continue
            fill = blend(palette.background, palette.color(0), 0.85 * round(float(strengths[i, j]), 2))
            picture.background[i + 1, where] = pack(fill)
            picture.foreground[i + 1, where] = pack(readable(fill))
            picture.attributes[i + 1, where] = BOLD if strengths[i, j] > 0.5 else PLAIN
    if fit.columns < matrix.values.shape[1]:
        write(0, fit.label_width + fit.columns * fit.column_width, ellipsis)
    return picture


def readable(fill: RGB) -> RGB:
    """Black or white, whichever has the greater contrast on a fill, at least 4.58 to 1 [WCAG 2.2, luminance]."""
    luminance = float(LINEAR_OF_BYTE[np.array(fill)] @ np.array([0.2126, 0.7152, 0.0722]))
    return (0, 0, 0) if (luminance + 0.05) ** 2 > 0.05 * 1.05 else (255, 255, 255)


class Heatmap(PictureWidget[Matrix]):
    """Shows a `Matrix` and says which cell was clicked."""

    DEFAULT_CSS = """
    Heatmap { width: 1fr; height: auto; }
    """

    @dataclass(eq=False)
    class Picked(PictureWidget.Clicked):
        """A click on a cell of the matrix, both counted from 0."""

        row: int
        column: int

    def __init__(self, matrix: Matrix | None = None, *, id: str | None = None) -> None:
        super().__init__(matrix or Matrix(np.zeros((0, 0)), (), ()), id=id)

    @property
    def matrix(self) -> Matrix:
        """The matrix that is shown."""
        return self._value

    def set_matrix(self, matrix: Matrix) -> None:
        """Show another matrix."""
        if matrix is not self.matrix:
            same_size = matrix.natural_size() == self.matrix.natural_size()
            self._value = matrix
            self.refresh(layout=not same_size)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """What labels and numbers need, as far as there is room."""
        return min(container.width, self.matrix.natural_size()[0])

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A head and a line for each row of the matrix."""
        return self.matrix.natural_size()[1]

    def draw_value(self, width: int, height: int, palette: Palette) -> Picture:
        """The picture of the matrix."""
        return draw_matrix(self.matrix, width, height, palette)

    def picked(self, column: int, row: int) -> Message | None:
        """The cell of the matrix at a cell of the picture."""
        fit = layout(self.matrix, *self.content_size)
        i, j = row - 1, (column - fit.label_width) // fit.column_width
        return self.Picked(self, i, j) if 0 <= i < fit.rows and 0 <= j < fit.columns else None
