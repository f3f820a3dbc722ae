"""How a network learns, as scenes: loss and accuracy of both methods against iterations, seconds or passes.

Both are drawn by the way of predicting that was chosen, the marginal or the usual forward pass, and EM by the other one
as well. Training rows are solid lines, test rows dotted ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from rich.cells import cell_len

from emtui.charts.colors import Palette
from emtui.charts.log_axis import Ticks, log_ticks, logged
from emtui.charts.scene import Curve, FloatArray, Layer, LegendEntry, LineStyle, Mark, Scene, VLine
from emtui.networks.rival import short_name
from emtui.networks.scores import way_of
from emtui.session.snapshot import StepSnapshot
from emtui.views.number_format import fixed, number, probability
from engine.analysis.learning_curves import SUFFIXES
from engine.em.prediction_report import FORWARD, MARGINAL

if TYPE_CHECKING:
    from emtui.networks.rival import MethodComparison
    from emtui.networks.scores import Progress

Against = Literal["iterations", "seconds", "passes"]
AGAINST: tuple[Against, ...] = ("iterations", "seconds", "passes")
Measure = Literal["loss", "accuracy", "RMSE"]
Logarithmic = Literal["", "x", "y", "xy"]
LOGARITHMIC: tuple[Logarithmic, ...] = ("", "x", "y", "xy")
"""Which axes are logarithmic, as they follow each other; an accuracy has no logarithm worth a look."""
_LABELS = {"iterations": "iterations, epochs", "seconds": "measured seconds"}
_STYLES: dict[str, LineStyle] = {"test": "dotted", "train": "solid"}
_SHORT = {MARGINAL: "marg", FORWARD: "fwd"}
_LEFT = 7  # cells beside the picture that ticks take at most


@dataclass(frozen=True)
class Axes:
    """What is drawn against what. room: cells of the chart from left to right."""

    measure: Measure
    against: Against = "iterations"
    log: Logarithmic = ""
    room: int = 80

    def place(self, found: Progress) -> float:
        """Where a point stands from left to right: nan where it has no place on a logarithmic axis."""
        value = _on_axis(found, self.against)
        return float(logged([value])[0]) if "x" in self.log else value

    def heights(self, values: Sequence[float]) -> FloatArray:
        """Where values stand from below."""
        return logged(values) if self.log_y else np.asarray(values, dtype=np.float64)

    @property
    def log_y(self) -> bool:
        """Whether the loss or the error is drawn by its logarithm."""
        return "y" in self.log and self.measure != "accuracy"


@dataclass(frozen=True)
class _Line:
    """One method by one way of predicting: its words, three times shorter, and the score that is drawn."""

    words: tuple[str, str, str, str]
    points: Sequence[Progress]
    suffix: str
    color: int

    def values(self, measure: Measure, part: str) -> list[float]:
        return [point.scores[_score_name(part, measure, self.suffix)] for point in self.points]


def _score_name(part: str, measure: Measure, suffix: str) -> str:
    return f"{part}_{measure.lower()}{suffix}"


def offered_logs(measure: Measure) -> tuple[Logarithmic, ...]:
    """The axes that may be logarithmic."""
    return LOGARITHMIC[:2] if measure == "accuracy" else LOGARITHMIC


def learning_scene(snapshot: StepSnapshot, palette: Palette, axes: Axes) -> Scene:
    """The loss, the accuracy or the error of both methods, on training rows (solid) and test rows (dotted)."""
    comparison = snapshot.comparison
    assert comparison is not None
    here, lines, tested = comparison.here, _lines(snapshot), comparison.here.test is not None
    values = _all_values(lines, axes.measure, tested)
    ends = np.array([_on_axis(point, axes.against) for line in lines for point in line.points])
    axes = with_logarithms(axes, comparison.own, values)
    layers: list[Layer] = [VLine(axes.place(here))]
    for line in reversed(lines):
        x = np.array([axes.place(point) for point in line.points])
        for part, style in _STYLES.items():
            if tested or part == "train":
                heights = axes.heights(line.values(axes.measure, part))
                layers.append(Curve(x, heights, palette.color(line.color), style))
    height = float(axes.heights([here.scores[_score_name("train", axes.measure, lines[0].suffix)]])[0])
    layers.append(Mark(axes.place(here), height, "o" if palette.ascii else "●", palette.text))
    legend = _legend(lines, tested, palette, axes.room)
    y_label = f"{axes.measure}, log" if axes.log_y else axes.measure
    beside = _LEFT + cell_len(y_label) + _cells(legend) <= axes.room  # else the title says what is drawn
    return Scene(
        layers=tuple(layers),
        x_label=_x_label(snapshot, axes),
        y_label=y_label if beside else "",
        x_range=_range(ends, axes),
        legend=legend,
        description="; ".join(_said(line, comparison, axes.measure) for line in lines),
        x_ticks=_ticks(ends) if "x" in axes.log else None,
        y_ticks=_ticks(values) if axes.log_y else None,
    )


def with_logarithms(axes: Axes, own: Sequence[Progress], values: FloatArray) -> Axes:
    """The axes without logarithms of what has none: the start alone, or the loss of a density, which may be below 0."""
    across = "x" in axes.log and any(_on_axis(one, axes.against) > 0 for one in own)
    upwards = axes.log_y and bool((values > 0).any()) and not (values < 0).any()
    return replace(axes, log="xy" if across and upwards else "x" if across else "y" if upwards else "")


def _said(line: _Line, comparison: MethodComparison, measure: Measure) -> str:
    """A line in words: where it stands at the step on the screen, or after as many iterations."""
    words = {"loss": fixed, "accuracy": probability, "RMSE": number}[measure]
    place = comparison.own_at if line.points is comparison.own else comparison.rival_at or 0
    scores = line.points[place].scores
    train, test = (words(scores[_score_name(part, measure, line.suffix)]) for part in ("train", "test"))
    return f"{line.words[0]}: training {measure} {train}" + (f", test {test}" if comparison.here.test else "")


def _lines(snapshot: StepSnapshot) -> list[_Line]:
    """The explored model first, then its rival, then EM by the other way of predicting, where that says another thing.

    Both are drawn by the way of predicting that was chosen.
    """
    comparison = snapshot.comparison
    assert comparison is not None
    sides: list[tuple[Any, Sequence[Progress]]] = [(snapshot.spec.model, comparison.own)]
    if comparison.rival:
        sides.append((comparison.rival_model, comparison.rival))
    chosen = comparison.split.prediction
    left = MARGINAL if chosen == FORWARD else FORWARD
    suffix, other = SUFFIXES[chosen], SUFFIXES[left]
    lines, further = [], []
    for color, (model, points) in enumerate(sides):
        name = short_name(model)
        way = way_of(model, chosen)
        lines.append(_Line((f"{name} {way}".strip(), name, name, name), points, suffix, color))
        differs = any(point.scores["train_loss"] != point.scores["train_loss_forward"] for point in points)
        if model.hides and differs:
            further.append(_Line((f"{name} {left}", f"{name} {left}", left, _SHORT[left]), points, other, 2))
    return lines + further


def _on_axis(found: Progress, against: Against) -> float:
    return {"iterations": float(found.iteration), "seconds": found.seconds, "passes": float(found.passes)}[against]


def _x_label(snapshot: StepSnapshot, axes: Axes) -> str:
    """What is drawn from left to right: of passes, what an E-step, an M-step and an epoch count, where it fits."""
    log = ", log" if "x" in axes.log else ""
    if axes.against != "passes":
        return f"{_LABELS[axes.against]}{log}"
    comparison = snapshot.comparison
    models = [snapshot.spec.model]
    if comparison is not None and comparison.rival:
        models.append(comparison.rival_model)
    each = [
        f"E {model.e_step_passes}, M {model.m_step_passes}" if model.hides else f"epoch {model.m_step_passes}"
        for model in models
    ]
    label = f"passes{log} ({', '.join(each)})"
    return label if cell_len(label) <= axes.room - _LEFT else f"passes{log}"


def _range(values: FloatArray, axes: Axes) -> tuple[float, float]:
    if "x" in axes.log:
        logs = logged(values)
        low, high = float(np.nanmin(logs)), float(np.nanmax(logs))
        return (low, high) if high > low else (low - 0.5, high + 0.5)
    return 0.0, max(1.0 if axes.against != "seconds" else 1e-6, float(values.max()))


def _ticks(values: FloatArray) -> Ticks | None:
    positive = values[np.isfinite(values) & (values > 0)]
    return log_ticks(float(positive.min()), float(positive.max())) if len(positive) else None


def _all_values(lines: Sequence[_Line], measure: Measure, tested: bool) -> FloatArray:
    parts = ("train", "test") if tested else ("train",)
    return np.array([value for line in lines for part in parts for value in line.values(measure, part)])


def _cells(legend: Sequence[LegendEntry]) -> int:
    """How many cells it takes, with what keeps it apart."""
    return sum(4 + cell_len(text) for _, _, text in legend)


def _legend(lines: Sequence[_Line], tested: bool, palette: Palette, room: int) -> tuple[LegendEntry, ...]:
    """A sign for each line and one for test rows, in words as long as fit."""
    test = [(":" if palette.ascii else "┄", palette.muted, "test")] if tested else []
    sign = "-" if palette.ascii else "─"
    for words in zip(*(line.words for line in lines), strict=True):
        found = [(sign, palette.color(line.color), word) for line, word in zip(lines, words, strict=True)] + test
        if _cells(found) - 2 <= room:
            break
    return tuple(found)
