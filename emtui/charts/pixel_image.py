"""Pictures of pixels, such as the mean of handwritten digits: how a image of values falls into cells."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from emtui.charts.axes import Scale
from emtui.charts.scene import FloatArray, PixelImage

SHADES = np.array(list(" ░▒▓█"))
ASCII_SHADES = np.array(list(" .:*#"))
_SAMPLES = 4
"""Each cell is the mean of so many by so many points in it, so that pixels smaller than a cell still count."""


def shades_of(
    image: PixelImage, scales: tuple[Scale, Scale], size: tuple[int, int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The cells (m,) that a image covers by at least a half, and their levels of ink (m,), 0 to 4.

    By a half of their width and of their height, so that the cells are a rectangle as the image is.
    """
    columns, rows = size
    n_rows, n_columns = image.values.shape
    x0, x1, y0, y1 = image.extent
    ends = np.array([[x0, x1], [y0, y1]], dtype=np.float64)
    low_x, high_x = scales[0].fraction(ends[0])
    low_y, high_y = scales[1].fraction(ends[1])
    if not (n_rows and n_columns and np.isfinite([low_x, high_x, low_y, high_y]).all()):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    at_column = _pixels(columns, float(low_x), float(high_x), n_columns)
    at_row = _pixels(rows, 1.0 - float(high_y), 1.0 - float(low_y), n_rows)
    inside = (at_row >= 0)[:, None] & (at_column >= 0)[None, :]
    sampled: FloatArray = np.where(
        inside, np.clip(np.nan_to_num(image.values), 0.0, 1.0)[np.ix_(at_row, at_column)], 0.0
    )
    shape = (rows, _SAMPLES, columns, _SAMPLES)
    covered = inside.reshape(shape).sum(axis=(1, 3)).ravel()
    wide, high = _covered(at_column, columns), _covered(at_row, rows)
    cells = np.flatnonzero(high[:, None] & wide[None, :])
    ink = sampled.reshape(shape).sum(axis=(1, 3)).ravel()[cells] / covered[cells]
    levels = np.clip(np.round(ink * (len(SHADES) - 1)), 0, len(SHADES) - 1).astype(np.int64)
    return cells, levels


def _covered(pixels: npt.NDArray[np.int64], cells: int) -> npt.NDArray[np.bool_]:
    """(cells,) at least a half of the points of a cell lie in a pixel."""
    return np.asarray(2 * (pixels >= 0).reshape(cells, _SAMPLES).sum(axis=1) >= _SAMPLES)


def _pixels(cells: int, low: float, high: float, pixels: int) -> npt.NDArray[np.int64]:
    """The pixel at each sampled point of an axis of so many cells, −1 outside; low and high are shares of the axis."""
    points = (np.arange(cells * _SAMPLES) + 0.5) / (cells * _SAMPLES)
    place = np.floor((points - low) / max(high - low, np.finfo(np.float64).tiny) * pixels)
    return np.where((place >= 0) & (place < pixels), place, -1).astype(np.int64)
