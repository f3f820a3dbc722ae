"""The curves: log-likelihood, bound and KL by half-step, and accuracy against k-means; a click goes to a step.

For a network: loss and accuracy of both ways to train it, against iterations, seconds or passes over the data.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from emtui.charts.cell_text import first_fitting
from emtui.charts.chart_widget import Chart
from emtui.charts.colors import Palette
from emtui.charts.scene import Scene
from emtui.panes.messages import GoTo
from emtui.panes.pane import Pane
from emtui.panes.pane_state import one_of, unusual
from emtui.session.saved.session_file import State
from emtui.session.snapshot import StepSnapshot
from emtui.views.curve_scenes import accuracy_scene, bound_scene, kl_scene
from emtui.views.estimate_words import quantity_name

if TYPE_CHECKING:
    from emtui.views.network.learning_chart import Against, Axes, Logarithmic, Measure

What = Literal["log-likelihood", "kl", "accuracy", "loss", "RMSE"]
_WHAT: tuple[What, ...] = ("log-likelihood", "kl", "accuracy")
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

    @property
    def state(self) -> State:
        """Which curve, against what."""
        first = _WHAT[0] if self.snapshot is None else self._offered(self.snapshot)[0]
        now: State = {"curve": self._what, "against": self._against, "log": self._log}
        return unusual(now, {"curve": first, "against": "iterations", "log": ""})

    def take_state(self, state: State) -> None:
        """Draw that curve."""
        from emtui.views.network.learning_chart import AGAINST, offered_logs

        if self.snapshot is None:
            return
        offered = self._offered(self.snapshot)
        self._of_network = self.snapshot.comparison is not None
        self._what = one_of(state, "curve", offered, offered[0])
        self._against = one_of(state, "against", AGAINST, "iterations")
        self._log = one_of(state, "log", offered_logs(self._measure), "")
        self.redraw()

    def compose(self) -> ComposeResult:
        """One chart."""
        yield Chart(id="curves-chart")

    def draw(self, snapshot: StepSnapshot) -> None:
        """Draw the chosen curve."""
        chart = self.query_one(Chart)
        if self._of_network != (snapshot.comparison is not None):  # another kind of model: its own first subject
            self._of_network = snapshot.comparison is not None
            self._what = self._offered(snapshot)[0]
        scene = self._scene(snapshot, chart.palette)
        chart.set_scene(scene)
        titles = self._titles(snapshot)
        cut = [f"{title} · {scene.cut}" for title in titles] if scene.cut else []
        self.border_title = first_fitting(self.title_room, *cut, *titles)
        others = "d: " + " · ".join(what for what in self._offered(snapshot) if what != self._what)
        self.border_subtitle = first_fitting(self.size.width - 4, others, others.replace("log-likelihood", "ln p"))
        if self._shows_learning(snapshot):
            self.border_subtitle = "d subject · i against · s log"

    def _shows_learning(self, snapshot: StepSnapshot) -> bool:
        """Whether both methods are drawn, not the bound of one."""
        return snapshot.comparison is not None and self._what in ("loss", "accuracy", "RMSE")

    def _scene(self, snapshot: StepSnapshot, palette: Palette) -> Scene:
        if self._shows_learning(snapshot):
            from emtui.views.network.learning_chart import learning_scene

            return learning_scene(snapshot, palette, self._axes)
        makers = {"log-likelihood": bound_scene, "kl": kl_scene, "accuracy": accuracy_scene}
        return makers[self._what](snapshot, palette)

    @property
    def _axes(self) -> Axes:
        """What a network is drawn against."""
        from emtui.views.network.learning_chart import Axes, offered_logs

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
        if self._what == "log-likelihood" and not snapshot.spec.model.hides:
            return label, "ln p"
        if self._what == "log-likelihood":
            return f"{label} and bound", f"{label}, bound", "ln p and bound", "ln p, bound", "ln p"
        kl = ("KL(q ‖ posterior)", "KL")
        if self._what == "kl":
            return tuple(quantity_name(snapshot.step.problem.model, "kl", name) for name in kl)
        return (self._what,)

    def _offered(self, snapshot: StepSnapshot) -> tuple[What, ...]:
        if snapshot.comparison is not None:
            offered = _OF_NUMBERS if snapshot.comparison.split.numeric else _OF_CLASSES
            return offered if snapshot.spec.model.hides else tuple(what for what in offered if what != "kl")
        known = any(record.hits is not None for record in snapshot.records)
        return _WHAT if known else _WHAT[:2]

    @property
    def idle(self) -> Collection[str]:
        """The keys for curves of learning, where there are none."""
        learns = self.snapshot is not None and self.snapshot.comparison is not None
        return () if learns else ("curves.against", "curves.log")

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
        from emtui.views.network.learning_chart import AGAINST

        if not self._has_learning("is taken against seconds and passes"):
            return
        self._against = AGAINST[(AGAINST.index(self._against) + 1) % len(AGAINST)]
        self.redraw()

    def action_logarithmic(self) -> None:
        """Draw a network by logarithms: across, up, both, and again without."""
        from emtui.views.network.learning_chart import offered_logs

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
