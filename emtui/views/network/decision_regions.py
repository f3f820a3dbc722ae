"""Decision regions: what both methods say of the plane of two features, the other features at their mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from emtui.charts.colors import Palette, blend, mix
from emtui.charts.scene import Backdrop, Dots, Layer, Scene
from emtui.networks.scores import predicted, usual_prediction
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import TrainTestSplit
from engine.arrays import Array, IntArray
from engine.data.dataset import Dataset
from engine.text import clean

COLUMNS, ROWS = 72, 48
_MARGIN = 0.06
_POINTS_SHOWN = 1_000


@dataclass(frozen=True, eq=False)
class Regions:
    """One method's class probabilities over a grid of two features.

    probabilities: (ROWS, COLUMNS, g), the first row at the top. extent: x0, x1, y0, y1 in the data's units.
    """

    across: int
    up: int
    probabilities: Array
    extent: tuple[float, float, float, float]

    @property
    def winners(self) -> IntArray:
        """(ROWS, COLUMNS) the likeliest class of each point."""
        return np.asarray(self.probabilities.argmax(axis=2))


def regions_of(snapshot: StepSnapshot, across: int, up: int) -> tuple[Regions, Regions | None]:
    """The regions of the model on the screen and of its rival after as many iterations; this may take a moment."""
    comparison, data = snapshot.comparison, snapshot.spec.dataset
    assert comparison is not None
    model, params = snapshot.step.problem.model, snapshot.step.params
    own = _regions(data, comparison.split, model, params, across, up)
    if comparison.rival_params_here is None:
        return own, None
    return own, _regions(data, comparison.split, comparison.rival_model, comparison.rival_params_here, across, up)


def _regions(data: Dataset, split: TrainTestSplit, model: Any, params: Any, across: int, up: int) -> Regions:
    (x0, x1), (y0, y1) = _range(data.X[:, across]), _range(data.X[:, up])
    x = x0 + (np.arange(COLUMNS) + 0.5) / COLUMNS * (x1 - x0)
    y = y1 - (np.arange(ROWS) + 0.5) / ROWS * (y1 - y0)
    points = np.tile(data.X[split.train].mean(axis=0), (ROWS * COLUMNS, 1))
    points[:, across] = np.tile(x, ROWS)
    points[:, up] = np.repeat(y, COLUMNS)
    inputs = points if split.units is None else split.units.to_standard(points)
    said = predicted(params, inputs, usual_prediction(model))
    return Regions(across, up, said.reshape(ROWS, COLUMNS, -1), (x0, x1, y0, y1))


def _range(values: Array) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = _MARGIN * (high - low) or 0.5
    return low - margin, high + margin


def regions_scene(snapshot: StepSnapshot, found: Regions, palette: Palette) -> Scene:
    """The plane in the mixed colours of the classes, and the rows: only the test rows if there are any."""
    comparison, data = snapshot.comparison, snapshot.spec.dataset
    assert comparison is not None
    split, g = comparison.split, found.probabilities.shape[2]
    fills = [blend(palette.background, color, 0.32) for color in palette.colors(g)]
    colors = mix(found.probabilities.reshape(-1, g), fills).reshape(ROWS, COLUMNS, 3)
    rows = split.rows(len(split.test) > 0)
    if len(rows) > _POINTS_SHOWN:
        rows = rows[np.linspace(0, len(rows) - 1, _POINTS_SHOWN).astype(np.int64)]
    targets = split.targets[rows]
    inks = np.array(palette.colors(split.n_classes), dtype=np.uint8)[targets]
    names = [clean(name) for name in split.class_names[:g]]
    layers: list[Layer] = [
        Backdrop(colors, found.winners, palette.markers(g), found.extent),
        Dots(
            data.X[rows, found.across],
            data.X[rows, found.up],
            inks,
            palette.markers(split.n_classes),
            np.asarray(targets),
        ),
    ]
    shares = np.bincount(found.winners.ravel(), minlength=g) / (ROWS * COLUMNS)
    return Scene(
        layers,
        data.feature_names[found.across],
        data.feature_names[found.up],
        found.extent[:2],
        found.extent[2:],
        legend=palette.legend(names, 6),
        description=", ".join(f"{name} {share:z.0%} of the plane" for name, share in zip(names, shares, strict=True)),
    )


def fixed_words(data: Dataset, across: int, up: int) -> str:
    """A sentence about the features that are not shown."""
    others = data.n_features - len({across, up})
    if not others:
        return "both features are shown"
    return (
        "the other one held at its training mean" if others == 1 else f"the other {others} held at their training means"
    )
