"""`emtui run … --plot`: charts of a run in the shell's own output, as large as the terminal, plain where it is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from emtui.charts.cell_picture import Picture, to_strips
from emtui.charts.cell_text import fit
from emtui.charts.colors import ANSI, DARK, Palette
from emtui.charts.heatmap import draw_matrix, layout
from emtui.charts.scene import Bars, Curve, Layer, Mark, Scene
from emtui.charts.scene_drawing import draw_scene, legend_of
from emtui.cli.shell_output import Output
from emtui.exports.pictures.step_sheets import curve_scenes
from emtui.networks.rival import short_name
from emtui.networks.scores import Score
from emtui.session.session import Session
from emtui.session.snapshot import StepSnapshot
from emtui.views import view_for
from emtui.views.confusion import MOST_CLASSES, agreement_matrix, prediction_matrix
from emtui.views.view import Axes

_WIDEST, _FLATTEST, _HIGHEST = 240, 8, 60
_SHAPE = 5  # cells across for one up
_SIGNS_EACH = 5  # on a curve that colours would tell from another
_UNKNOWN = (80, 24)  # where the output is no terminal and says no size
_SIGNS = "●⣿█─┼░"  # what a chart draws with


def plot_lines(session: Session, output: Output) -> Iterator[str]:
    """The charts of the step under the cursor, line by line.

    Objective and bound (loss and accuracy of a network), the first column's histogram with densities, and confusion.
    """
    columns, lines = shutil.get_terminal_size(_UNKNOWN)
    width = max(1, min(columns, _WIDEST))
    height = min(max(_FLATTEST, min(lines - 4, width // _SHAPE)), _HIGHEST)  # a chart on a screen
    palette = _palette(output)
    snapshot = session.snapshot()
    for title, scene in [*_curves(snapshot, palette), *_histogram(snapshot, palette)]:
        yield from _chart(title, draw_scene(scene, width, height, palette), palette)
    for title, picture in _confusions(snapshot, width, palette):
        yield from _chart(title, picture, palette)


def _palette(output: Output) -> Palette:
    """The terminal's own sixteen colours; none where it shows none, and ASCII where it has no other characters."""
    base = ANSI if output.shows_colors else replace(DARK, mode="none")
    return replace(base, ascii=not output.can_write(_SIGNS))


def _curves(snapshot: StepSnapshot, palette: Palette) -> list[tuple[str, Scene]]:
    """Objective and bound; of a network how it learns."""
    count = 1 if snapshot.comparison is None else 2
    return [
        (f"{name} by iteration" + (f", {scene.cut}" if scene.cut else ""), _told_apart(scene, palette))
        for name, scene in curve_scenes(snapshot, palette)[:count]
    ]


def _told_apart(scene: Scene, palette: Palette) -> Scene:
    """The scene with signs on its curves, where only their colours would tell one from another."""
    legend = legend_of(scene, palette)
    lines = [color for char, color, _ in legend if char in "─-"]
    if palette.mode != "none" or len(lines) < 2:
        return scene
    signs = {color: palette.marker(number) for number, color in enumerate(lines)}
    layers = list[Layer]()
    for layer in scene.layers:
        if isinstance(layer, Curve):
            shift = (lines.index(layer.color) + 0.5) / len(lines) if layer.color in signs else 0.0
            layers.append(replace(layer, label=""))
            layers += _signs(layer, signs[layer.color], shift) if layer.color in signs else []
        else:
            layers.append(layer)
    entries = [(signs.get(color, char) if char in "─-" else char, color, label) for char, color, label in legend]
    return replace(scene, layers=layers, legend=entries)


def _signs(curve: Curve, sign: str, shift: float) -> list[Mark]:
    """The sign at some places of a curve, between those of the others."""
    known = np.isfinite(curve.x) & np.isfinite(curve.y)
    x, y = curve.x[known], curve.y[known]
    if not len(x):
        return []
    places = x[0] + (x[-1] - x[0]) * (np.arange(_SIGNS_EACH) + shift) / _SIGNS_EACH
    heights = np.interp(places, x, y)
    return [Mark(float(a), float(b), sign, curve.color) for a, b in zip(places, heights, strict=True)]


def _histogram(snapshot: StepSnapshot, palette: Palette) -> list[tuple[str, Scene]]:
    """The first column with the densities of the components over it, where the model has such a picture."""
    view, model = view_for(snapshot.spec.model), snapshot.spec.model
    if model.supervised:
        return []
    offered = next((axes for axes in view.axes(snapshot) if axes.y is None and axes.x.kind == "feature"), None)
    single = view.single_axes(snapshot)
    axes = offered if offered is not None else Axes(single[0]) if single else None
    if axes is None:
        return []
    scene = view.scene(snapshot, axes, palette)
    return [(axes.title, scene)] if any(isinstance(layer, Bars) for layer in scene.layers) else []


def _confusions(snapshot: StepSnapshot, width: int, palette: Palette) -> Iterator[tuple[str, Picture]]:
    """Known classes by components, or targets by predictions of both ways to train a network."""
    found, comparison = snapshot.agreement, snapshot.comparison
    if found is not None:
        matrix = agreement_matrix(snapshot, found, palette)
        named = [("known classes by components", matrix, len(found.confusion))]
    elif comparison is not None and not comparison.split.numeric:
        sides = [(short_name(snapshot.spec.model), comparison.here)]
        if comparison.rival_here is not None:
            sides.append((comparison.rival_name, comparison.rival_here))
        scores = [(name, *(("training", one.train) if one.test is None else ("test", one.test))) for name, one in sides]
        classes = comparison.split.class_names
        named = [
            (
                f"known classes by predictions of {name}, {kind} rows",
                prediction_matrix(score.confusion, classes[:MOST_CLASSES], palette, width),
                len(classes),
            )
            for name, kind, score in scores
            if isinstance(score, Score)
        ]
    else:
        return
    for title, matrix, n_classes in named:
        fitted = layout(matrix, width, len(matrix.row_labels) + 1)
        wide = min(width, fitted.label_width + fitted.column_width * len(matrix.column_labels))
        more = f"; {n_classes - len(matrix.row_labels)} more classes" if n_classes > len(matrix.row_labels) else ""
        yield title + more, draw_matrix(matrix, max(wide, 1), len(matrix.row_labels) + 1, palette)


def _chart(title: str, picture: Picture, palette: Palette) -> Iterator[str]:
    """A title and the lines of a picture, with the terminal's colours or without any."""
    yield ""
    yield fit(title, _UNKNOWN[0])
    if palette.mode == "none":
        yield from (line.rstrip() for line in picture.text.splitlines())
        return
    from rich.color import ColorSystem

    for strip in to_strips(picture, palette.mode):
        yield "".join(
            segment.text
            if segment.style is None
            else segment.style.render(segment.text, color_system=ColorSystem.STANDARD)
            for segment in strip
        )
