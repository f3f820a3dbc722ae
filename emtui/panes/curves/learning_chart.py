"""How a network learns, as scenes: loss and accuracy of both methods against iterations, seconds or passes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.scene import Curve, Layer, Mark, Scene, VLine
from emtui.networks.rival import short_name
from emtui.networks.scores import NumberScore, Score
from emtui.session.snapshot import StepSnapshot
from emtui.views.number_format import fixed, number, probability

if TYPE_CHECKING:
    from emtui.networks.scores import AnyScore, Progress

Against = Literal["iterations", "seconds", "passes"]
AGAINST: tuple[Against, ...] = ("iterations", "seconds", "passes")
_LABELS = {"iterations": "iterations, epochs", "seconds": "measured seconds", "passes": "passes over the data"}


def loss_scene(snapshot: StepSnapshot, palette: Palette, against: Against) -> Scene:
    """The log-loss of both methods, on training rows (solid) and test rows (dotted)."""
    return _scene(snapshot, palette, against, "log-loss", lambda score: score.log_loss, fixed)


def accuracy_scene(snapshot: StepSnapshot, palette: Palette, against: Against) -> Scene:
    """The accuracy of both methods, on training rows (solid) and test rows (dotted)."""
    return _scene(snapshot, palette, against, "accuracy", _accuracy, probability)


def error_scene(snapshot: StepSnapshot, palette: Palette, against: Against) -> Scene:
    """The root mean squared error of both methods, of numbers that are learned."""
    return _scene(
        snapshot,
        palette,
        against,
        "RMSE",
        lambda score: score.rmse if isinstance(score, NumberScore) else math.nan,
        number,
    )


def _accuracy(score: AnyScore) -> float:
    return score.accuracy if isinstance(score, Score) else math.nan


def place_of(found: Progress, against: Against) -> float:
    """Where it stands on the axis."""
    return {"iterations": float(found.iteration), "seconds": found.seconds, "passes": float(found.passes)}[against]


def _scene(
    snapshot: StepSnapshot,
    palette: Palette,
    against: Against,
    what: str,
    value: Callable[[AnyScore], float],
    words: Callable[[float], str],
) -> Scene:
    comparison = snapshot.comparison
    assert comparison is not None
    sides = [(short_name(snapshot.spec.model), comparison.own)]
    if comparison.rival:
        sides.append((comparison.rival_name, comparison.rival))
    here = comparison.here
    layers: list[Layer] = [VLine(place_of(here, against))]
    legend = [("─", palette.color(color), name) for color, (name, _) in enumerate(sides)]
    said = []
    for color, (_, found) in reversed(list(enumerate(sides))):
        layers += _curves(found, palette, color, against, value)
    for name, found in sides:
        last = found[min(comparison.own_at, len(found) - 1)]
        test = "" if last.test is None else f", test {words(value(last.test))}"
        said.append(f"{name}: training {what} {words(value(last.train))}{test}")
    layers.append(Mark(place_of(here, against), value(here.train), "o" if palette.ascii else "●", palette.text))
    if here.test is not None:
        legend.append((":" if palette.ascii else "┄", palette.muted, "test"))
    ends = [place_of(found[-1], against) for _, found in sides]
    unit = 1.0 if against != "seconds" else 1e-6
    return Scene(
        layers=tuple(layers),
        x_label=_LABELS[against],
        y_label=what,
        x_range=(0.0, max(unit, *ends)),
        legend=tuple(legend),
        description="; ".join(said),
    )


def _curves(
    found: Sequence[Progress], palette: Palette, color: int, against: Against, value: Callable[[AnyScore], float]
) -> list[Layer]:
    x = np.array([place_of(one, against) for one in found])
    layers: list[Layer] = []
    if found[0].test is not None:
        y = np.array([value(one.test) if one.test is not None else np.nan for one in found])
        layers.append(Curve(x, y, palette.color(color), "dotted"))
    layers.append(Curve(x, np.array([value(one.train) for one in found]), palette.color(color), "solid"))
    return layers
