"""The curves: log-likelihood, bound and KL by half-step, and accuracy against k-means; a click goes to a step.

For a network: loss and accuracy of both ways to train it, against iterations, seconds or passes over the data.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from emtui.charts.cell_text import first_fitting
from emtui.charts.chart_widget import Chart
from emtui.charts.colors import Palette
from emtui.charts.scene import Curve, HLine, Layer, Mark, Scene, VLine
from emtui.panes.messages import GoTo
from emtui.panes.pane import Pane
from emtui.session.snapshot import StepSnapshot
from emtui.views.estimate_words import quantity_name
from emtui.views.number_format import fixed, number
from emtui.views.step_text import pencil

if TYPE_CHECKING:
    from emtui.panes.curves.learning_chart import Against, Axes, Logarithmic, Measure

What = Literal["log-likelihood", "kl", "accuracy", "loss", "RMSE"]
_WHAT: tuple[What, ...] = ("log-likelihood", "kl", "accuracy")
_ROUNDING = 1e-10  # relative to a curve's values; smaller differences are no change
_FLAT = 0.05  # of such values: the range shown above and below them
_OF_CLASSES: tuple[What, ...] = ("loss", "accuracy", "log-likelihood", "kl")
_OF_NUMBERS: tuple[What, ...] = ("loss", "RMSE", "log-likelihood", "kl")


class CurvesPane(Pane):
    """One chart, several subjects; `d` shows the next, `i` changes a network's horizontal axis."""

    label = "curves"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "next_curve", "other curve", tooltip="loss, bound, KL, accuracy", id="curves.next"),
        Binding(
            "i", "against", "against", tooltip="a network against iterations, seconds, passes", id="curves.against"
        ),
        Binding("s", "logarithmic", "log axis", tooltip="a network by logarithms: across, up, both", id="curves.log"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._what: What = "log-likelihood"
        self._against: Against = "iterations"
        self._log: Logarithmic = ""
        self._of_network = False

    def compose(self) -> ComposeResult:
        """One chart."""
        yield Chart(id="curves-chart")

    def draw(self, snapshot: StepSnapshot) -> None:
        """Draw the chosen curve."""
        chart = self.query_one(Chart)
        if self._of_network != (snapshot.comparison is not None):  # another kind of model: its own first subject
            self._of_network = snapshot.comparison is not None
            self._what = self._offered(snapshot)[0]
        chart.set_scene(self._scene(snapshot, chart.palette))
        self.border_title = first_fitting(self.title_room, *self._titles(snapshot))
        self.border_subtitle = "d: " + " · ".join(what for what in self._offered(snapshot) if what != self._what)
        if self._shows_learning(snapshot):
            self.border_subtitle = "d subject · i against · s log"

    def _shows_learning(self, snapshot: StepSnapshot) -> bool:
        """Whether both methods are drawn, not the bound of one."""
        return snapshot.comparison is not None and self._what in ("loss", "accuracy", "RMSE")

    def _scene(self, snapshot: StepSnapshot, palette: Palette) -> Scene:
        if self._shows_learning(snapshot):
            from emtui.panes.curves.learning_chart import learning_scene

            return learning_scene(snapshot, palette, self._axes)
        makers = {"log-likelihood": bound_scene, "kl": kl_scene, "accuracy": accuracy_scene}
        return makers[self._what](snapshot, palette)

    @property
    def _axes(self) -> Axes:
        """What a network is drawn against."""
        from emtui.panes.curves.learning_chart import Axes, offered_logs

        measure = self._measure
        log = self._log if self._log in offered_logs(measure) else ""
        return Axes(measure, self._against, log, self.query_one(Chart).size.width)

    @property
    def _measure(self) -> Measure:
        """What is drawn of how a network learns; the loss where something else is drawn."""
        return self._what if self._what in ("loss", "accuracy", "RMSE") else "loss"

    def _titles(self, snapshot: StepSnapshot) -> tuple[str, ...]:
        """What is drawn, in words, the longest first: the border takes the first that fits.

        Of a network which of how many subjects it is.
        """
        if snapshot.comparison is None:
            return self._subjects(snapshot)
        offered = self._offered(snapshot)
        which = f" · {offered.index(self._what) + 1} of {len(offered)}"
        said = self._subjects(snapshot)
        return (*(f"{title}{which}" for title in said), f"{said[-1]}{which.replace(' of ', '/')}", said[-1])

    def _subjects(self, snapshot: StepSnapshot) -> tuple[str, ...]:
        label = snapshot.spec.model.objective_label
        if self._shows_learning(snapshot) and snapshot.comparison is not None:
            from emtui.networks.scores import way_of

            way = "" if self._what == "RMSE" else way_of(snapshot.spec.model, snapshot.comparison.split.prediction)
            what = f"{way} {self._what}".strip()
            return f"{what} by {self._against}", what, self._what
        if self._what == "log-likelihood" and not any(math.isfinite(r.log_likelihood) for r in snapshot.records):
            return (label,) if snapshot.record.log_likelihood == -math.inf else ("bound",)
        if self._what == "log-likelihood":
            return f"{label} and bound", f"{label}, bound", "ln p and bound", "ln p, bound", "ln p"
        kl = ("KL(q ‖ posterior)", "KL")
        if self._what == "kl":
            return tuple(quantity_name(snapshot.step.problem.model, "kl", name) for name in kl)
        return (self._what,)

    def _offered(self, snapshot: StepSnapshot) -> tuple[What, ...]:
        if snapshot.comparison is not None:
            return _OF_NUMBERS if snapshot.comparison.split.numeric else _OF_CLASSES
        known = any(record.hits is not None for record in snapshot.records)
        return _WHAT if known else _WHAT[:2]

    def action_next_curve(self) -> None:
        """Show the next subject."""
        if self.snapshot is None:
            return
        offered = self._offered(self.snapshot)
        place = offered.index(self._what) if self._what in offered else -1
        self._what = offered[(place + 1) % len(offered)]
        self.redraw()

    def action_against(self) -> None:
        """Draw a network against the next of iterations, seconds and passes."""
        from emtui.panes.curves.learning_chart import AGAINST

        if not self._has_learning("is taken against seconds and passes"):
            return
        self._against = AGAINST[(AGAINST.index(self._against) + 1) % len(AGAINST)]
        self.redraw()

    def action_logarithmic(self) -> None:
        """Draw a network by logarithms: across, up, both, and again without."""
        from emtui.panes.curves.learning_chart import offered_logs

        if not self._has_learning("is drawn by logarithms"):
            return
        offered = offered_logs(self._measure)
        place = offered.index(self._log) if self._log in offered else 0
        self._log = offered[(place + 1) % len(offered)]
        self.redraw()

    def _has_learning(self, what: str) -> bool:
        """Whether there are curves of learning, which are drawn from now on; a sentence says if not."""
        if self.snapshot is None or self.snapshot.comparison is None:
            self.refuse(f"Only a network {what}: choose the model mlp.")
            return False
        self._what = self._what if self._shows_learning(self.snapshot) else "loss"
        return True

    def on_chart_picked(self, event: Chart.Picked) -> None:
        """Go to the step that was clicked."""
        event.stop()
        snapshot = self.snapshot
        if snapshot is None:
            return
        if snapshot.comparison is not None and self._shows_learning(snapshot):
            own, axes = snapshot.comparison.own, self._axes
            away = [abs(axes.place(one) - event.x) for one in own]
            nearest = min(range(len(own)), key=lambda place: math.inf if math.isnan(away[place]) else away[place])
            moved = [record.index for record in snapshot.records if record.phase != "E"]
            self.post_message(GoTo(moved[nearest]))
            return
        self.post_message(GoTo(int(np.abs(snapshot.half_steps - event.x).argmin())))


def bound_scene(snapshot: StepSnapshot, palette: Palette) -> Scene:
    """log p(X|θ) and the bound L(q, θ) by half-step; the cursor stands at the step on the screen."""
    x = snapshot.half_steps
    likelihood = np.array([record.log_likelihood for record in snapshot.records])
    bound = np.array([record.elbo for record in snapshot.records])
    if not np.isfinite([*likelihood, *bound]).any():
        impossible = snapshot.record.log_likelihood == -math.inf
        return Scene(empty="ln p is −∞ so far" if impossible else "no E-step yet", x_ticks=(), y_ticks=())
    alone = not np.isfinite(likelihood).any()  # the bound alone
    upper, label = (bound, "bound") if alone else (likelihood, snapshot.spec.model.objective_label)
    below = [] if alone else [Curve(x, bound, palette.color(1), "dotted", "bound")]
    scene = _by_half_step(snapshot, palette, [*below, Curve(x, upper, palette.color(0), "solid", label)], upper)
    return replace(
        scene,
        y_range=_above_rounding(likelihood, bound),
        description=f"{snapshot.spec.model.objective_label} {fixed(snapshot.record.log_likelihood)}, "
        f"bound {fixed(snapshot.record.elbo)}",
    )


def kl_scene(snapshot: StepSnapshot, palette: Palette) -> Scene:
    """KL(q ‖ p(Z|X,θ)) by half-step: zero after an exact E-step, and what the M-step opened after that."""
    kl = np.array([max(record.kl, 0.0) if math.isfinite(record.kl) else math.nan for record in snapshot.records])
    curve = Curve(snapshot.half_steps, kl, palette.color(3), "solid", "KL")
    return replace(_by_half_step(snapshot, palette, [curve], kl), description=f"KL {number(snapshot.record.kl)}")


def accuracy_scene(snapshot: StepSnapshot, palette: Palette) -> Scene:
    """Share of rows whose matched label is right, by half-step, with k-means as a line."""
    from emtui.session.baseline import classes_to_find

    truth = classes_to_find(snapshot.spec)
    n_judged = 1 if truth is None else int((truth >= 0).sum())
    accuracy = np.array([math.nan if r.hits is None else r.hits / n_judged for r in snapshot.records])
    layers: list[Layer] = []
    legend = []
    if snapshot.baseline is not None and snapshot.baseline.agreement is not None:
        layers.append(HLine(snapshot.baseline.agreement.accuracy, palette.color(1)))
        legend.append(("─", palette.color(1), "k-means"))
    layers.append(Curve(snapshot.half_steps, accuracy, palette.color(2), "solid", "EM"))
    return replace(_by_half_step(snapshot, palette, layers, accuracy, by_hand=False), legend=tuple(legend))


def _by_half_step(
    snapshot: StepSnapshot, palette: Palette, curves: list[Layer], y: np.ndarray, by_hand: bool = True
) -> Scene:
    """Curves by half-step, a line at the step on the screen, and marks on the curve y there and at changes by hand."""
    x, cursor = snapshot.half_steps, snapshot.cursor
    here = [Mark(float(x[cursor]), float(y[cursor]), "o" if palette.ascii else "●", palette.text)]
    moved = [record.index for record in snapshot.records if record.by_hand] if by_hand else []
    sign = pencil(ascii=palette.ascii)
    marks = [Mark(float(x[i]), float(y[i]), sign, palette.text) for i in moved if math.isfinite(y[i])]
    return Scene(
        layers=(VLine(float(x[cursor])), *curves, *marks, *(here if math.isfinite(y[cursor]) else ())),
        x_label="iteration",
        x_range=(0.0, max(1.0, float(x[-1]))),
        legend=((sign, palette.text, "by hand"),) if moved else (),
        empty="no E-step yet",
    )


def _above_rounding(*curves: np.ndarray) -> tuple[float, float] | None:
    """A range about curves that differ by rounding alone, so that rounding is not drawn as a change.

    It is wide enough for ticks with few digits. None if they differ by more: the chart then fits them.
    """
    values = np.concatenate(curves)
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    low, high = float(values.min()), float(values.max())
    size = max(abs(low), abs(high))
    if high - low > _ROUNDING * size:
        return None
    middle, room = low + (high - low) / 2, _FLAT * size or 1.0
    return middle - room, middle + room
