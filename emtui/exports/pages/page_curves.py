"""The curves of a branch on a page, on each of which the page marks the step that is shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from emtui.charts.axes import Scale
from emtui.charts.scene import Curve, Mark, Scene, VLine
from emtui.exports.pages.page_colors import BOTH, PageColors
from emtui.exports.pages.svg import Frame, legend_html, pieces_of, svg_around
from emtui.exports.pictures.scene_plot import plot_of, scales_of
from emtui.exports.pictures.step_sheets import curve_scenes
from emtui.session.snapshot import StepSnapshot

_CURVE = (420, 210)  # pixels


@dataclass(frozen=True)
class DrawnCurve:
    """A curve of the whole branch, and where each step stands on it: x and y in pixels, or None."""

    name: str
    svg: str
    marks: Sequence[tuple[float, float | None] | None]


def drawn_curves(frames: Sequence[StepSnapshot], ink: PageColors) -> list[DrawnCurve]:
    """Every curve, without the marks of a step, which the page sets itself."""
    of_steps = [curve_scenes(one, BOTH[0]) for one in frames]
    light, dark = of_steps[-1], curve_scenes(frames[-1], BOTH[1])
    made = []
    for index, ((name, scene), (_, other)) in enumerate(zip(light, dark, strict=True)):
        scales = scales_of(_unmarked(scene))
        if scales is None or not any(isinstance(layer, Curve) for layer in scene.layers):
            continue
        pair = plot_of(_unmarked(scene), BOTH[0]), plot_of(_unmarked(other), BOTH[1])
        frame = Frame.of([pair[0]], *_CURVE)
        marks = [_place(scenes[index][1], scales, frame) if index < len(scenes) else None for scenes in of_steps]
        pieces = pieces_of(pair, frame, ink, keep_cloud=False)
        height = frame.inner[1]
        marker = f'<line class="here" x1="0" x2="0" y1="0" y2="{height}"/><circle class="dot" cx="0" cy="0" r="4"/>'
        drawn = svg_around(
            frame, scene.description or name, "".join(pieces.axes), "".join([*pieces.behind, *pieces.above, marker])
        )
        made.append(DrawnCurve(" · ".join(filter(None, (name, scene.cut))), drawn + legend_html(pieces.legend), marks))
    return made


def _unmarked(scene: Scene) -> Scene:
    return replace(scene, layers=[layer for layer in scene.layers if not _is_cursor(layer)])


def _is_cursor(layer: object) -> bool:
    """The line or the dot at the step on the screen."""
    return isinstance(layer, VLine) or (isinstance(layer, Mark) and layer.char == "●")


def _place(scene: Scene, scales: tuple[Scale, Scale], frame: Frame) -> tuple[float, float | None] | None:
    """Where the step of this scene stands, in pixels."""
    x = [layer.x for layer in scene.layers if isinstance(layer, VLine)]
    if not x:
        return None
    heights = [layer.y for layer in scene.layers if isinstance(layer, Mark) and layer.char == "●"]
    width, height = frame.inner
    across = float(scales[0].fraction(np.array(x[:1]))[0])
    up = float(scales[1].fraction(np.array(heights[:1]))[0]) if heights else math.nan
    if not math.isfinite(across):
        return None
    return round(across * width, 1), round((1 - up) * height, 1) if 0.0 <= up <= 1.0 else None  # nan is neither
