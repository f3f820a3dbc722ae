"""What a model that learns numbers says along one or two features: E[y | x] as a curve, or as shades of the plane."""

from __future__ import annotations

import numpy as np

from emtui.charts.colors import Palette, blend
from emtui.charts.pixel_image import ASCII_SHADES, SHADES
from emtui.charts.scene import Backdrop, Curve, Dots, Layer, PixelImage, Scene
from emtui.spec.train_test_split import TrainTestSplit
from emtui.views.number_format import number
from engine.analysis.input_slice import InputSlice
from engine.arrays import Array, IntArray
from engine.data.dataset import Dataset
from engine.text import clean

_LEVELS, _BANDS = 64, 5
_DIGITS = tuple("0123456789")


def means_scene(
    data: Dataset,
    split: TrainTestSplit,
    plane: InputSlice,
    means: Array,
    rows: IntArray,
    palette: Palette,
    *,
    hard: bool = False,
    highlight: int | None = None,
) -> Scene:
    """means: (rows, columns) E[y | x]. hard: in five bands. The rows stand at their own numbers, or in their shade."""
    place = np.flatnonzero(rows == highlight)
    marked = int(place[0]) if len(place) else None
    targets = np.asarray(split.targets, dtype=np.float64)
    x = data.X[rows][:, plane.features[0]]
    low, high = target_range(split)
    if hard:
        means = low + (high - low) * np.round(_share(means, low, high) * (_BANDS - 1)) / (_BANDS - 1)
    said = f"E[{clean(split.target_name)}] from {number(float(means.min()))} to {number(float(means.max()))}"
    if len(plane.features) == 1:
        color, marker = palette.color(0), "o" if palette.ascii else "•"
        layers: list[Layer] = [
            Dots(x, targets[rows], palette.muted, marker, highlight=marked),
            Curve(plane.x, means[0], color, "step" if hard else "solid"),
        ]
        name = data.feature_names[plane.features[0]]
        return Scene(layers, name, clean(split.target_name), plane.extent[:2], description=said)  # type: ignore[arg-type]
    y = data.X[rows][:, plane.features[1]]
    layers = [
        _ground(plane, _share(means, low, high), palette),
        number_dots(split, targets[rows], x, y, palette, marked),
    ]
    names = [data.feature_names[column] for column in plane.features]
    ends = plane.extent
    return Scene(layers, names[0], names[1], (ends[0], ends[1]), (ends[2], ends[3]), description=said)


def number_dots(
    split: TrainTestSplit, values: Array, x: Array, y: Array, palette: Palette, highlight: int | None = None
) -> Dots:
    """Rows in the shade of a number (n,) each, by its tenths between the ends of the target."""
    shares = _share(values, *target_range(split))
    ramp = np.array(_ramp(palette, 1.0), dtype=np.uint8)
    tenths = np.minimum((shares * 10).astype(np.int64), 9)
    inks = ramp[np.round(shares * _LEVELS).astype(np.int64)]
    return Dots(x, y, inks, _DIGITS, tenths, highlight=highlight)


def target_range(split: TrainTestSplit) -> tuple[float, float]:
    """The smallest and the largest number among the training rows."""
    values = np.asarray(split.targets, dtype=np.float64)[split.train]
    return float(values.min()), float(values.max())


def means_words(split: TrainTestSplit, palette: Palette, n_features: int) -> tuple[tuple[str, ...], ...]:
    """What shades and digits stand for; () where the numbers stand on an axis."""
    if n_features == 1:
        return ()
    low, high = (number(end) for end in target_range(split))
    name = clean(split.target_name)
    if palette.needs_signs:
        signs = ASCII_SHADES if palette.ascii else SHADES
        return ((f"{name}: blank {low} to {signs[4]} {high}; rows by its tenths, 0 to 9", f"{name}: {low} to {high}"),)
    return ((f"{name}: faint {low} to full {high}; rows by its tenths, 0 to 9", f"{name}: {low} to {high}"),)


def _share(values: Array, low: float, high: float) -> Array:
    """Where values lie between the ends, 0 to 1."""
    return np.asarray(np.clip((values - low) / ((high - low) or 1.0), 0.0, 1.0))


def _ramp(palette: Palette, strength: float) -> list[tuple[int, int, int]]:
    ink = palette.color(0)
    return [
        blend(palette.background, ink, round(strength * (0.25 + 0.75 * i / _LEVELS), 4)) for i in range(_LEVELS + 1)
    ]


def _ground(plane: InputSlice, shares: Array, palette: Palette) -> Layer:
    ends = (plane.extent[0], plane.extent[1], plane.extent[2], plane.extent[3])
    if palette.needs_signs:
        return PixelImage(shares, ends, palette.muted)
    colors = np.array(_ramp(palette, 0.5), dtype=np.uint8)[np.round(shares * _LEVELS).astype(np.int64)]
    return Backdrop(colors, np.zeros(shares.shape, dtype=np.int64), (" ",), ends)
