"""What experts say along an input, and whom the gate asks: over the inputs, as values that charts draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from emtui.charts.colors import Palette, blend, mix
from emtui.charts.scene import Backdrop, Cloud, Curve, Dots, Layer, LegendEntry, Scene
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import TrainTestSplit, split_of
from emtui.views.changes import drawn_responsibilities
from emtui.views.number_format import number
from emtui.views.projection import direction
from emtui.views.region_pictures import grounds
from emtui.views.view import Axes, Row, UnitsName
from engine.analysis.input_slice import InputSlice, input_slice
from engine.arrays import Array
from engine.parallel import one_blas_thread

_ROWS, _COLUMNS = 24, 48
_LINE = 120
_FAINT, _FAINTER = 0.3, 0.2  # how much of an expert's colour the ground has
_NAMED = 6  # experts in a legend
_MOST_REST = 500  # test rows beside those that are trained on


def gate_ground(snapshot: StepSnapshot, axes: Axes, palette: Palette, units: UnitsName) -> Backdrop | None:
    """g_k(x) over the plane of two inputs, the others at their training means; None along other axes."""
    split, data = split_of(snapshot.spec), snapshot.spec.dataset
    if split is None or axes.y is None or axes.x.kind != "feature" or axes.y.kind != "feature":
        return None
    features = (axes.x.index, axes.y.index)
    plane = input_slice(data.X, features, data.X[split.train].mean(axis=0), columns=_COLUMNS, rows=_ROWS)
    ends = np.tile(plane.at, (2, 1))
    ends[:, features[0]], ends[:, features[1]] = plane.extent[:2], plane.extent[2:]
    (x0, x1), (y0, y1) = (direction(data, axis, units).of(ends) for axis in (axes.x, axes.y))
    g = _shares(snapshot, split, plane).reshape(_ROWS, _COLUMNS, -1)
    return _ground(g, palette, (float(x0), float(x1), float(y0), float(y1)), _FAINT)


def gate_legend(palette: Palette, names: Sequence[str]) -> list[LegendEntry]:
    """What the signs of the ground stand for, where there are any: whom the gate asks there."""
    if not palette.needs_signs or len(names) < 2:
        return []
    signs = grounds(palette, len(names))[:_NAMED]
    return [(sign, palette.color(k), f"asks {name}") for k, (sign, name) in enumerate(zip(signs, names, strict=False))]


def _ground(g: Array, palette: Palette, extent: tuple[float, float, float, float], strength: float) -> Backdrop:
    rows, columns, K = g.shape
    fills = [blend(palette.background, color, strength) for color in palette.colors(K)]
    colors = mix(g.reshape(-1, K), fills).reshape(rows, columns, 3)
    likeliest = g.max(axis=2)
    density = (likeliest >= 0.6).astype(np.int64) + (likeliest >= 0.9)
    return Backdrop(colors, g.argmax(axis=2), grounds(palette, K), extent, density)


def _shares(snapshot: StepSnapshot, split: TrainTestSplit, plane: InputSlice) -> Array:
    """(points, K) g_k(x)."""
    model: Any = snapshot.step.problem.model
    params, inputs = snapshot.step.params, _inputs(split, plane.points)
    with one_blas_thread():
        return np.asarray(np.exp(model.log_gate(params, model.observe_new(inputs, params))))


def _inputs(split: TrainTestSplit, points: Array) -> Array:
    return points if split.units is None else split.units.to_standard(points)


def lines_scene(snapshot: StepSnapshot, feature: int, palette: Palette, names: Sequence[str], highlight: Row) -> Scene:
    """The rows by input and target, each expert's line, their mean by the gate (dotted), and the gate's shares."""
    split, data = split_of(snapshot.spec), snapshot.spec.dataset
    assert split is not None
    model: Any = snapshot.step.problem.model
    params, target = snapshot.step.params, np.asarray(split.targets)
    plane = input_slice(data.X, (feature,), data.X[split.train].mean(axis=0), columns=_LINE)
    g = _shares(snapshot, split, plane)
    with one_blas_thread():
        said = model.observe_new(_inputs(split, plane.points), params).logits(params.experts.coefficients)
    low, high = float(target.min()), float(target.max())
    margin = 0.06 * (high - low) or 0.5
    extent = (plane.extent[0], plane.extent[1], low - margin, high + margin)
    layers: list[Layer] = []
    if not palette.needs_signs:  # signs of a ground would be taken for rows
        layers.append(_ground(g[None], palette, extent, _FAINTER))
    rest = split.test[:: max(1, len(split.test) // _MOST_REST)]
    sign = "." if palette.ascii else "·"
    if len(rest):
        layers.append(Dots(data.X[rest, feature], target[rest], palette.muted, sign))
    layers.append(_rows(snapshot, feature, target, palette, highlight))
    K = len(names)
    for k in range(K):
        inside = (said[:, k] >= extent[2]) & (said[:, k] <= extent[3])
        layers.append(Curve(plane.x, np.where(inside, said[:, k], np.nan), palette.color(k)))
    mean = (g * said).sum(axis=1)
    if K > 1:
        layers.append(Curve(plane.x, mean, palette.text, "dotted"))
    legend = [*palette.legend(names, _NAMED)]
    if K > 1:
        legend.append((":" if palette.ascii else "┄", palette.text, "mean"))
    if len(rest):
        legend.append((sign, palette.muted, "test"))
    described = "; ".join(
        f"expert {name} goes from {number(float(said[0, k]))} to {number(float(said[-1, k]))}, asked for "
        f"{float(g[:, k].mean()):z.0%}"
        for k, name in enumerate(names)
    )
    return Scene(
        layers, data.feature_names[feature], split.target_name, extent[:2], extent[2:], legend=legend,
        description=f"{split.target_name} by {data.feature_names[feature]}: {described}",
    )  # fmt: skip


def _rows(snapshot: StepSnapshot, feature: int, target: Array, palette: Palette, highlight: Row) -> Layer:
    """The rows that are trained on, by their responsibilities; grey before the first E-step."""
    rows, R = snapshot.rows, drawn_responsibilities(snapshot)
    x, y = snapshot.spec.dataset.X[rows, feature], target[rows]
    place = np.flatnonzero(rows == (-1 if highlight is None else highlight))
    at = int(place[0]) if len(place) else None
    if R is None:
        return Dots(x, y, palette.muted, "o" if palette.ascii else "•", highlight=at)
    return Cloud(x, y, R, palette.colors(R.shape[1]), palette.markers(R.shape[1]), at)
