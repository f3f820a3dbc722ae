"""The picture of Jensen's inequality on one row: the logarithm, the points of q on it, their mean, and the gap."""

from __future__ import annotations

import math

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.scene import RGB, Curve, HLine, Layer, LegendEntry, Mark, Range, Scene
from emtui.views.number_format import fixed, number
from engine.explain.jensen import Jensen, JensenPoint

_WIDEST = 3.0  # abscissa beyond which a point stands at the edge
_LOWEST = 0.03  # and below which
_USUAL = 0.5  # to each side of 1, where all points lie at 1
_LEAST = 0.02  # nearer to 1 than this the points have fallen together
_POINTS = 200
_DEEPEST = 6.0  # times as far below ln p(x) as the curve goes down: a mean below that stands at the edge
_GAP, _ASCII_GAP = "✚", "+"


def jensen_scene(found: Jensen, names: tuple[str, ...], palette: Palette) -> Scene:
    """The abscissa is p(x, z) / (q(z) p(x)): 1 where q is the posterior, whatever the row."""
    low, high = _range(found)
    x = np.linspace(low, high, _POINTS)
    curve = np.log(x) + found.log_evidence
    y_range = _heights(found, low, high)
    center = (min(max(found.mean_abscissa, low), high), max(found.bound, y_range[0]))
    places = [_place(point, low, high, found.log_evidence) for point in found.points]
    layers: list[Layer] = [HLine(found.log_evidence), Curve(x, curve, palette.muted, "solid")]
    for x_of, y_of in places:
        layers.append(Curve([center[0], x_of], [center[1], y_of], palette.frame, "dotted"))  # type: ignore[arg-type]
    layers.append(Curve([center[0]] * 2, [center[1], found.log_evidence], palette.text))  # type: ignore[arg-type]
    legend: list[LegendEntry] = []
    for point, (x_of, y_of) in zip(found.points, places, strict=True):
        char, color = _look(point, palette)
        layers.append(Mark(x_of, max(y_of, y_range[0]), char, color))
        abscissa = point.abscissa
        if not low <= abscissa <= high:
            name, at = point_name(point, names), number(abscissa)
            legend.append((char, color, f"{name} at {at} →" if abscissa > high else f"← {name} at {at}"))
    mean = _ASCII_GAP if palette.ascii else _GAP
    if found.bound < y_range[0]:
        legend.insert(0, (mean, palette.text, f"L at {number(found.bound)} ↓"))
    layers.append(Mark(*center, mean, palette.text))
    return Scene(
        layers=tuple(layers), x_range=(low, high), y_range=y_range, legend=tuple(legend[:3]),
        x_label="p(x, z) / (q(z) p(x))", empty="nothing to draw",
        description=f"ln p(x) {fixed(found.log_evidence)}, bound {fixed(found.bound)}, KL {number(found.gap)}",
    )  # fmt: skip


def point_name(point: JensenPoint, names: tuple[str, ...]) -> str:
    """The component's name in the data's words; a configuration's own."""
    k = point.component
    return names[k] if k is not None and k < len(names) else point.name


def _look(point: JensenPoint, palette: Palette) -> tuple[str, RGB]:
    if point.component is None:
        return "@" if palette.ascii else "●", palette.muted if point.name.startswith("the other") else palette.color(0)
    return palette.marker(point.component), palette.color(point.component)


def _range(found: Jensen) -> Range:
    """From the leftmost to the rightmost point that is not far off, about 1."""
    near = [point.abscissa for point in found.points if _LOWEST <= point.abscissa <= _WIDEST]
    left = max(1.0 - min([*near, found.mean_abscissa, 1.0]), 0.0)
    right = max(max([*near, 1.0]) - 1.0, 0.0)
    far = len(near) < len(found.points)
    if max(left, right) < _LEAST or far:
        left, right = max(left, _USUAL), max(right, _USUAL)
    wider = max(left, right)
    return max(_LOWEST, 1.0 - 1.15 * max(left, wider / 3)), 1.0 + 1.15 * max(right, wider / 3)


def _place(point: JensenPoint, low: float, high: float, log_evidence: float) -> tuple[float, float]:
    """Where a point is drawn: at the edge, on the curve, where it is off scale."""
    abscissa = point.abscissa
    if low <= abscissa <= high:
        return abscissa, point.height
    edge = min(max(abscissa, low), high)
    return edge, log_evidence + math.log(edge)


def _heights(found: Jensen, low: float, high: float) -> Range:
    """Those of the curve, and of the mean, if it is not far below."""
    bottom, top = found.log_evidence + math.log(low), found.log_evidence + math.log(high)
    least = found.log_evidence - _DEEPEST * (found.log_evidence - bottom)
    bottom = min(bottom, max(found.bound, least)) if math.isfinite(found.bound) else bottom
    margin = 0.08 * (top - bottom)
    return bottom - margin, top + margin
