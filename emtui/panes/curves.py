"""The curves: log-likelihood, bound and KL by half-step, and accuracy against k-means; a click goes to a step."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from emtui.charts.chart import Chart
from emtui.charts.colors import Palette
from emtui.charts.scene import Curve, HLine, Layer, Mark, Scene, VLine
from emtui.frame import Frame
from emtui.messages import GoTo
from emtui.panes.pane import Pane
from emtui.views.format import fixed, number

What = Literal["log-likelihood", "kl", "accuracy"]
_WHAT: tuple[What, ...] = ("log-likelihood", "kl", "accuracy")


class CurvesPane(Pane):
    """One chart, three subjects; `d` shows the next."""

    label = "curves"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "next_curve", "other curve", tooltip="bound, KL, accuracy", id="curves.next")
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._what: What = "log-likelihood"

    def compose(self) -> ComposeResult:
        """One chart."""
        yield Chart(id="curves-chart")

    def draw(self, frame: Frame) -> None:
        """Draw the curve that was asked for."""
        chart = self.query_one(Chart)
        makers = {"log-likelihood": bound_scene, "kl": kl_scene, "accuracy": accuracy_scene}
        chart.set_scene(makers[self._what](frame, chart.palette))
        self.border_title = self._title(frame)
        self.border_subtitle = "d: " + " · ".join(what for what in self._offered(frame) if what != self._what)

    def _title(self, frame: Frame) -> str:
        label = frame.choices.model.objective_label
        return {"log-likelihood": f"{label} and bound", "kl": "KL(q ‖ posterior)", "accuracy": "accuracy"}[self._what]

    def _offered(self, frame: Frame) -> tuple[What, ...]:
        known = any(record.hits is not None for record in frame.records)
        return _WHAT if known else _WHAT[:2]

    def action_next_curve(self) -> None:
        """Show the next subject."""
        if self.frame is None:
            return
        offered = self._offered(self.frame)
        place = offered.index(self._what) if self._what in offered else -1
        self._what = offered[(place + 1) % len(offered)]
        self.redraw()

    def on_chart_picked(self, event: Chart.Picked) -> None:
        """Go to the step that was clicked."""
        event.stop()
        self.post_message(GoTo(round(event.x * 2)))


def half_steps(frame: Frame) -> np.ndarray:
    """(len(records),) the place of each step on the axis of iterations: 0 at the start, t − ½ after E, t after M."""
    return np.array([record.index / 2 for record in frame.records])


def bound_scene(frame: Frame, palette: Palette) -> Scene:
    """log p(X|θ) and the bound L(q, θ) by half-step; the cursor stands at the step on the screen."""
    x = half_steps(frame)
    likelihood = np.array([record.log_likelihood for record in frame.records])
    bound = np.array([record.elbo for record in frame.records])
    return Scene(
        layers=(
            VLine(float(x[frame.cursor])),
            Curve(x, bound, palette.color(1), "dotted", "bound"),
            Curve(x, likelihood, palette.color(0), "solid", frame.choices.model.objective_label),
            *_here(x, likelihood, frame.cursor, palette),
        ),
        x_label="iteration",
        x_range=(0.0, max(1.0, float(x[-1]))),
        description=f"{frame.choices.model.objective_label} {fixed(frame.record.log_likelihood)}, "
        f"bound {fixed(frame.record.elbo)}",
    )


def kl_scene(frame: Frame, palette: Palette) -> Scene:
    """KL(q ‖ p(Z|X,θ)) by half-step: zero after an exact E-step, and what the M-step opened after that."""
    x = half_steps(frame)
    kl = np.array([max(record.kl, 0.0) if math.isfinite(record.kl) else math.nan for record in frame.records])
    return Scene(
        layers=(
            VLine(float(x[frame.cursor])),
            Curve(x, kl, palette.color(3), "solid", "KL"),
            *_here(x, kl, frame.cursor, palette),
        ),
        x_label="iteration",
        x_range=(0.0, max(1.0, float(x[-1]))),
        empty="no E-step yet",
        description=f"KL {number(frame.record.kl)}",
    )


def accuracy_scene(frame: Frame, palette: Palette) -> Scene:
    """Share of rows whose matched label is right, by half-step, with k-means as a line."""
    x = half_steps(frame)
    n_known = int((frame.choices.dataset.y >= 0).sum()) if frame.choices.dataset.y is not None else 1
    accuracy = np.array([math.nan if r.hits is None else r.hits / n_known for r in frame.records])
    layers: list[Layer] = [VLine(float(x[frame.cursor]))]
    legend = []
    if frame.baseline is not None and frame.baseline.agreement is not None:
        layers.append(HLine(frame.baseline.agreement.accuracy, palette.color(1)))
        legend.append(("─", palette.color(1), "k-means"))
    layers += [Curve(x, accuracy, palette.color(2), "solid", "EM"), *_here(x, accuracy, frame.cursor, palette)]
    return Scene(
        layers=tuple(layers),
        x_label="iteration",
        x_range=(0.0, max(1.0, float(x[-1]))),
        legend=tuple(legend),
        empty="no E-step yet",
    )


def _here(x: np.ndarray, y: np.ndarray, cursor: int, palette: Palette) -> tuple[Mark, ...]:
    if not math.isfinite(y[cursor]):
        return ()
    return (Mark(float(x[cursor]), float(y[cursor]), "o" if palette.ascii else "●", palette.text),)
