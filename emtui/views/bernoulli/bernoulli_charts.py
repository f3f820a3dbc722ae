"""The components of binary pixels as pictures side by side, and the chosen row's own picture after them."""

from __future__ import annotations

from math import ceil, isqrt, sqrt

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.scene import RGB, Layer, Mark, PixelImage, Scene
from emtui.session.snapshot import StepSnapshot
from emtui.views.bernoulli.answer_row import answers_of_row
from emtui.views.number_format import probability
from engine.arrays import Array

_MOST = 24


def picture_scene(
    snapshot: StepSnapshot, palette: Palette, highlight: int | None, legend: list[tuple[str, RGB, str]], described: str
) -> Scene:
    """The components' probabilities as pixels, row by row from the top, and the chosen row's pixels after them."""
    params = snapshot.step.params
    K, D = params.probabilities.shape
    side = isqrt(D)
    pictures: list[tuple[Array, RGB, str]] = [
        (params.probabilities[k], palette.color(k), palette.marker(k)) for k in range(min(K, _MOST))
    ]
    if highlight is not None:
        row = np.array([pixel.probability for pixel in answers_of_row(snapshot, highlight)])
        pictures.append((row, palette.text, "." if palette.ascii else "•"))
    across = ceil(sqrt(len(pictures)))
    down = ceil(len(pictures) / across)
    step = side + 1.0  # a pixel's width between two pictures, where the marker stands
    layers: list[Layer] = []
    for place, (values, color, marker) in enumerate(pictures):
        left, top = (place % across) * step, -(place // across) * step
        layers.append(PixelImage(values.reshape(side, side), (left, left + side, top - side, top), color))
        layers.append(Mark(left + side / 2, top + 0.5, marker, color))
    return Scene(
        layers,
        _weights_in_words(snapshot),
        x_range=(-0.5, across * step - 0.5),
        y_range=(-down * step + 0.5, 1.0),
        legend=legend,
        description=described,
        x_ticks=(),
        y_ticks=(),
    )


def _weights_in_words(snapshot: StepSnapshot) -> str:
    """What the picture shows, and of how many components."""
    weights = snapshot.step.params.weights
    if len(weights) > _MOST:
        return f"the first {_MOST} of {len(weights)} components"
    return f"weights from {probability(float(weights.min()))} to {probability(float(weights.max()))}"
