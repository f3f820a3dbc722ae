"""The curves of a race: one for each racer, of which the chosen one bears its marker along its line."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.far_ends import most_reach, without_far_beginning
from emtui.charts.scene import Curve, FloatArray, Layer, Mark, Scene, Tag
from emtui.networks.cost import seconds_in_words
from emtui.screens.studies.race_sentences import verdict
from emtui.session.race import KMEANS, Race, Racer

Against = Literal["iterations", "seconds"]
_X_LABELS: dict[Against, str] = {
    "iterations": "iterations",
    "seconds": "seconds of computing, judging apart",  # `Lap.seconds`
}
_FIRST_LAPS = 2  # which the picture leaves out where they lie far below
_ALONG = 8  # markers on the line of the chosen racer, about


def race_scene(
    now: Race | None,
    accuracy: bool,
    against: Against,
    palette: Palette,
    room: int = 1000,
    chosen: int | None = None,
) -> Scene:
    """A curve for each racer, with its marker at the end; room: cells for a legend, which is whole or not there.

    chosen: the place of the racer that stands out: it is drawn above the others, its marker along its line.
    """
    racers = () if now is None else now.racers
    drawn = [(place, racer, *_curve(now, racer, accuracy, against)) for place, racer in enumerate(racers) if racer.laps]
    if all(np.isfinite(y).sum() < 2 for _, _, _, y in drawn):  # a point has no range
        return Scene(x_label=_X_LABELS[against], empty="at the start", description="" if now is None else verdict(now))
    reach = most_reach([float(x[-1]) for _, _, x, _ in drawn])
    drawn.sort(key=lambda one: one[0] == chosen)  # the others in their order, then this one
    layers: list[Layer] = []
    ends: list[Layer] = []
    for place, racer, x, y in drawn:
        style: Literal["solid", "dotted"] = "dotted" if racer.name == KMEANS else "solid"
        layers.append(Curve(x, y, palette.color(place), style))
        sign = palette.marker(place), palette.color(place)
        if reach is not None and x[-1] > reach:
            height = float(np.interp(reach, x, y))
            end = str(int(x[-1])) if against == "iterations" else seconds_in_words(float(x[-1]))
            ends.append(Mark(reach, height, *sign))
            ends.append(Tag(reach, height, f"{end} {'>' if palette.ascii else '→'}", palette.color(place)))
        elif math.isfinite(y[-1]):
            ends.append(Mark(float(x[-1]), float(y[-1]), *sign))
        if place == chosen:
            far = float(x[-1]) if reach is None else min(reach, float(x[-1]))
            ends.extend(Mark(a, b, *sign) for a, b in _along(x, y, far))
    y_range = None if accuracy else _heights(drawn)
    if accuracy and now is not None and not now.by_rmse:
        y_range = (0.0, 1.0)
    legend = [(palette.marker(i), palette.color(i), racer.name) for i, racer in enumerate(racers) if racer.laps]
    taken = sum(len(name) + 2 for _, _, name in legend) + 2 * (len(legend) - 1)
    return Scene(
        (*layers, *ends),
        x_label=_X_LABELS[against],
        x_range=None if reach is None else (0.0, reach),
        y_range=y_range,
        legend=legend if not accuracy and taken <= room else (),  # the table names them, too
        empty="at the start",
        description="" if now is None else verdict(now),
        cut="" if accuracy or y_range is None else "begins below",
    )


def _curve(now: Race | None, racer: Racer, accuracy: bool, against: Against) -> tuple[FloatArray, FloatArray]:
    """Where a racer stood after each lap."""
    assert now is not None
    x = np.array([lap.iteration if against == "iterations" else lap.seconds for lap in racer.laps], dtype=float)
    return x, np.array([_height(now, racer, i, accuracy) for i in range(len(x))], dtype=float)


def _along(x: FloatArray, y: FloatArray, far: float) -> Iterator[tuple[float, float]]:
    """Places of markers on a line, evenly from its beginning to where it leaves the picture, the end left out."""
    known = np.isfinite(y)
    if known.sum() < 2:
        return
    places = np.linspace(float(x[known][0]), far, _ALONG + 1)[:-1]
    yield from zip(places.tolist(), np.interp(places, x[known], y[known]).tolist(), strict=True)


def _heights(drawn: list[tuple[int, Racer, FloatArray, FloatArray]]) -> tuple[float, float] | None:
    """The first iterations may start far below, and are left out then."""
    curves = [y for _, _, _, y in drawn]
    return without_far_beginning(curves, [y[min(_FIRST_LAPS, len(y) - 1) :] for y in curves])


def _height(now: Race, racer: Racer, index: int, accuracy: bool) -> float:
    lap = racer.laps[index]
    if not accuracy:
        return lap.objective
    if now.by_rmse:
        return math.nan if lap.rmse is None else lap.rmse
    return math.nan if lap.hits is None or not now.n_judged else lap.hits / now.n_judged
