"""The components of binary pixels as pictures side by side, and the chosen row's own picture after them."""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.scene import LegendEntry, Scene
from emtui.session.snapshot import StepSnapshot
from emtui.views.bernoulli.answer_row import answers_of_row
from emtui.views.number_format import probability
from emtui.views.pixel_pictures import PixelPicture, pictures_scene

_MOST = 24


def picture_scene(
    snapshot: StepSnapshot, palette: Palette, highlight: int | None, legend: list[LegendEntry], described: str
) -> Scene:
    """The components' probabilities as pixels, row by row from the top, and the chosen row's pixels after them."""
    params = snapshot.step.params
    K = len(params.probabilities)
    pictures: list[PixelPicture] = [
        (params.probabilities[k], palette.color(k), palette.marker(k)) for k in range(min(K, _MOST))
    ]
    if highlight is not None:
        row = np.array([pixel.probability for pixel in answers_of_row(snapshot, highlight)])
        pictures.append((row, palette.text, "." if palette.ascii else "•"))
    return pictures_scene(pictures, ceil(sqrt(len(pictures))), _weights_in_words(snapshot), legend, described)


def _weights_in_words(snapshot: StepSnapshot) -> str:
    """What the picture shows, and of how many components."""
    weights = snapshot.step.params.weights
    if len(weights) > _MOST:
        return f"the first {_MOST} of {len(weights)} components"
    return f"weights from {probability(float(weights.min()))} to {probability(float(weights.max()))}"
