"""Square pictures of pixels side by side, such as the means of handwritten digits."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isqrt
from typing import TypeAlias

from emtui.charts.scene import RGB, Layer, LegendEntry, Mark, PixelImage, Scene
from engine.arrays import Array

PixelPicture: TypeAlias = tuple[Array, RGB, str]
"""The values (side · side,) of its pixels, row by row from the top, its colour and its marker."""


def pictures_scene(
    pictures: Sequence[PixelPicture], across: int, label: str, legend: Sequence[LegendEntry], described: str
) -> Scene:
    """The pictures in rows of `across`, each below its marker."""
    side, down = isqrt(len(pictures[0][0])), ceil(len(pictures) / across)
    step = side + 1.0  # a pixel's width between two pictures, where the marker stands
    layers: list[Layer] = []
    for place, (values, color, marker) in enumerate(pictures):
        left, top = place % across * step, -(place // across) * step
        layers.append(PixelImage(values.reshape(side, side), (left, left + side, top - side, top), color))
        layers.append(Mark(left + side / 2, top + 0.5, marker, color))
    return Scene(
        layers,
        label,
        x_range=(-0.5, across * step - 0.5),
        y_range=(-down * step + 0.5, 1.0),
        legend=legend,
        description=described,
        x_ticks=(),
        y_ticks=(),
    )
