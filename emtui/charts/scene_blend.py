"""A scene between two others: outlines and means on their way, colours between those of before and after.

Only what is drawn in between; where two layers have nothing in common, the later one is there from the beginning.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from emtui.charts import scene as layers
from emtui.charts.scene import FloatArray, Layer, Scene


def between(before: Scene, after: Scene, t: float) -> Scene:
    """The scene after a share t of the way, t in [0, 1]; everything that is no number is already that of `after`.

    The k-th layer of a kind becomes the k-th of that kind, where there are as many of both.
    """
    if t >= 1.0:
        return after
    of_kind: dict[type, list[Layer]] = {}
    for layer in before.layers:
        of_kind.setdefault(type(layer), []).append(layer)
    counts = {kind: sum(isinstance(layer, kind) for layer in after.layers) for kind in of_kind}
    made = []
    for layer in after.layers:
        known = of_kind.get(type(layer), [])
        old = known.pop(0) if known and len(known) == counts[type(layer)] else None
        counts[type(layer)] = counts.get(type(layer), 0) - 1
        if old is None and isinstance(layer, layers.Cloud):
            old = next((one for one in before.layers if isinstance(one, layers.Dots) and _same(one.x, layer.x)), None)
        made.append(layer if old is None else _blended(old, layer, t))
    return replace(after, layers=made)


def moves(before: Scene, after: Scene) -> bool:
    """Whether anything of the two would be seen on its way: it costs as little as a frame."""
    if before.x_label != after.x_label or before.y_label != after.y_label:
        return False
    halfway = between(before, after, 0.5)
    return any(mine is not theirs for mine, theirs in zip(halfway.layers, after.layers, strict=True))


def _blended(old: Layer, new: Layer, t: float) -> Layer:
    """The layer in between, or the new one itself where it is as it was, or where the two can't be compared."""
    numbers: dict[str, tuple[Any, Any]]
    match old, new:
        case layers.Dots(colors=tuple(), marker=str()), layers.Cloud() if _same(old.y, new.y):
            return _colouring(old, new, t)
        case layers.Ellipse(), layers.Ellipse():
            numbers = {"center": (old.center, new.center), "covariance": (old.covariance, new.covariance)}
        case layers.Mark(), layers.Mark() if old.char == new.char and old.color == new.color:
            numbers = {"x": (old.x, new.x), "y": (old.y, new.y)}
        case layers.Cloud(), layers.Cloud() if _same(old.x, new.x) and _same(old.y, new.y):
            numbers = {"responsibilities": (old.responsibilities, new.responsibilities)}
        case layers.Curve(), layers.Curve() if _same(old.x, new.x) and old.color == new.color:
            numbers = {"y": (old.y, new.y)}
        case layers.Bars(), layers.Bars() if _same(old.edges, new.edges):
            numbers = {"heights": (old.heights, new.heights)}
        case layers.StackedBars(), layers.StackedBars() if _same(old.edges, new.edges):
            numbers = {"heights": (old.heights, new.heights)}
        case _:
            return new
    changed: dict[str, Any] = {}
    for name, (a, b) in numbers.items():
        if np.shape(a) != np.shape(b):
            return new
        if not np.array_equal(a, b):
            changed[name] = a + t * (b - a)
    return replace(new, **changed) if changed else new


def _colouring(old: layers.Dots, new: layers.Cloud, t: float) -> layers.Cloud:
    """Points of one colour on their way to those of their components: that one fades as if it were a component."""
    assert isinstance(old.colors, tuple) and isinstance(old.marker, str)
    K = new.responsibilities.shape[1]
    R = np.column_stack([t * new.responsibilities, np.full(len(new.x), 1.0 - t)])
    colors, markers = (*new.colors[:K], old.colors), (*new.markers[:K], old.marker)
    return replace(new, responsibilities=R, colors=colors, markers=markers)


def _same(old: FloatArray, new: FloatArray) -> bool:
    return old is new or bool(np.array_equal(old, new))
