"""The textbook picture of EM on the user's own data: the objective, and the bound that touches it from below."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar

import numpy as np
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from emtui.charts.cell_text import first_fitting
from emtui.charts.chart_widget import Chart
from emtui.charts.colors import Palette
from emtui.charts.scene import Curve, Layer, Mark, Range, Scene, VLine
from emtui.panes.pane import Pane
from emtui.panes.pane_state import entry_at, flag
from emtui.session.queries import BothBounds, BoundAlong, Query
from emtui.session.saved.session_file import State
from emtui.session.snapshot import StepSnapshot
from emtui.views.entry_cursor import ParameterNames, parameter_names, parameter_words
from emtui.views.entry_names import entry_words
from emtui.views.number_format import fixed, number
from emtui.widgets.table_columns import joined
from engine.analysis.bound_profile import LINE, Slice
from engine.analysis.two_bounds import TwoBounds
from engine.em.step import Step

_MOST_COMMANDS = 200
_POINTS = (100, 200)  # of a curve in a small pane, and in one as wide as the screen
_SAME = 1e-9
_TICKS_APART = 7.0  # as many times the step, in a small pane, are as wide as the words below its ends
_MARKS = {"top": "▲", "old": "○", "now": "●"}
_ASCII_MARKS = {"top": "^", "old": "o", "now": "@"}


class BoundPane(Pane):
    """One chart, along the line from θ_old to θ_new or along one parameter; `p` and `P` walk through them.

    `d` turns from the bound of this step to two at once: that which the last M-step went up, and the one after it.

    The curves are asked for when the pane is visible, and computed in the background. Until they arrive, those of the
    step before stay, and the border says so.
    """

    label = "bound"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "along(1)", "parameter", tooltip="along the next parameter", id="bound.next"),
        Binding("d", "both", "both bounds", tooltip="the bound before and the one now, or one alone", id="bound.both"),
        Binding("P", "along(-1)", "back", tooltip="along the parameter before", id="bound.previous"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._names: ParameterNames | None = None
        self._along_line = True
        self._both = False
        self._asked: tuple[Query, Step] | None = None
        self.slice: Slice | str | None = None

    @property
    def state(self) -> State:
        """Along what, and whether both bounds are drawn."""
        return ({} if self.along is None else {"along": self.along}) | ({"both": True} if self._both else {})

    def take_state(self, state: State) -> None:
        """Draw that."""
        if self.snapshot is None or not {"along", "both"} & state.keys():
            return
        self._both = flag(state, "both", False)
        if "along" in state:
            self._names = entry_at(state, "along", parameter_names(self.snapshot))
            self._along_line = self._names is None or self._names.entry.name != state["along"]
        self.redraw()

    def compose(self) -> ComposeResult:
        """One chart."""
        yield Chart(id="bound-chart")

    @property
    def along(self) -> str | None:
        """The entry of θ along which the curves are drawn; None for the line."""
        return None if self._along_line or self._names is None else self._names.entry.name

    def draw(self, snapshot: StepSnapshot) -> None:
        """Ask for the curves of this step, unless that was done, and draw what is known."""
        self._names = parameter_names(snapshot, self._names)
        query = self._query(snapshot)
        if isinstance(query, str):
            self._asked, self.slice = None, query
            self._draw_curves(snapshot)
            return
        wanted = (query, snapshot.step)
        if self._asked != wanted:
            self._asked = wanted
            if isinstance(self.slice, str) or isinstance(self.slice, TwoBounds) != self._both:
                self.slice = None
            self.border_subtitle = "computing …"
            if self.slice is None:
                self.query_one(Chart).set_scene(Scene(empty="computing …"))
            self.ask(*wanted)
            return
        self._draw_curves(snapshot)

    def _query(self, snapshot: StepSnapshot) -> Query | str:
        """What is asked for; a sentence where there is but one bound."""
        points = _POINTS[self.size.width > 80]
        if not self._both:
            return BoundAlong(self.along, points)
        step, before = snapshot.step, snapshot.previous
        if not snapshot.spec.model.hides:
            return "nothing is hidden: no bound"
        if step.phase == "M":
            return BothBounds(step, None, self.along, points)
        if step.phase == "E" and before is not None and before.phase == "M" and before.params is step.params:
            return BothBounds(before, step.at_q, self.along, points)
        return "one bound so far: the next comes after an M-step"

    def take_answer(self, query: Query, step: Step, answer: Any) -> None:
        """Draw the curves that have arrived."""
        if (query, step) == self._asked and self.snapshot is not None:
            self.slice = answer
            self._draw_curves(self.snapshot)

    def _draw_curves(self, snapshot: StepSnapshot) -> None:
        chart = self.query_one(Chart)
        if isinstance(self.slice, Slice):
            chart.set_scene(
                bound_scene(snapshot, self.slice, chart.palette, self._along_words(snapshot, chart.palette))
            )
            notes = bound_notes(snapshot, self.slice, ascii=chart.palette.ascii)
        else:
            chart.set_scene(Scene(empty=self.slice or "not there yet"))
            notes = []
        label, which = ("two bounds", 2) if self._both else (self.label, 1)
        along = "" if self.along is None else f" · {self._along_words(snapshot, chart.palette)}"
        titles = (f"{label}{along} · {which} of 2", f"{label}{along} · {which}/2", f"{label} · {which}/2", label)
        self.border_title = Content(first_fitting(self.title_room, *titles))
        other = "d: one bound" if self._both else "d: two bounds"
        self.border_subtitle = Content(joined((*notes, other, "p: along a parameter"), self.size.width - 4))

    def _along_words(self, snapshot: StepSnapshot, palette: Palette) -> str:
        if self._along_line or self._names is None:
            return "all parameters together"
        return parameter_words(snapshot, self._names.entry, palette)

    # choosing

    def action_both(self) -> None:
        """Both bounds, or the one of this step alone."""
        self._both = not self._both
        self.redraw()

    def action_along(self, by: int) -> None:
        """Along the next parameter; the line stands before the first one."""
        if self._names is None:
            return
        last = len(self._names.entries) - 1
        place = -1 if self._along_line else self._names.place
        place = (place + 1 + by) % (last + 2) - 1
        self.show_along(place)

    def show_along(self, place: int) -> None:
        """Along this entry of θ, counted from 0; −1 is the line."""
        if self._names is not None:
            self._along_line = place < 0
            self._names = self._names.at(max(0, place))
            self.redraw()

    def commands(self) -> Iterator[tuple[str, str, Callable[[], Any]]]:
        """The line and the parameters to draw along, for the palette."""
        yield "bound: from θ old to θ new", "all parameters together", partial(self.show_along, -1)
        for place, entry in enumerate(() if self._names is None else self._names.entries[:_MOST_COMMANDS]):
            what = "one parameter" if self.snapshot is None else entry_words(self.snapshot, entry)
            yield f"bound: along {entry.name}", f"{what}, others held", partial(self.show_along, place)
        yield "bound: two bounds", "that before the M-step and that after it, or one alone", self.action_both


def bound_scene(snapshot: StepSnapshot, found: Slice, palette: Palette, x_label: str) -> Scene:
    """Objective and bound over t, with marks at θ_q, at θ, and at the top of the bound."""
    label, bound_label = _labels(snapshot)
    layers: list[Layer] = [VLine(t) for t in (found.t_old, found.t_new) if math.isfinite(t)]
    if np.isfinite(found.objective).any():
        layers.append(Curve(found.t, found.objective, palette.color(0), "solid", label))
    if np.isfinite(found.bound).any() and snapshot.spec.model.hides:
        both = isinstance(found, TwoBounds)
        layers.append(Curve(found.t, found.bound, palette.color(1), "dotted", "before" if both else bound_label))
    if isinstance(found, TwoBounds):
        layers.append(Curve(found.t, found.bound_after, palette.color(2), "dashed", "after"))
    for where, t in _marks(snapshot, found).items():
        objective, bound = found.at(t)
        y = bound if where == "top" or not math.isfinite(objective) else objective
        if math.isfinite(y):
            layers.append(Mark(t, y, (_ASCII_MARKS if palette.ascii else _MARKS)[where], palette.text))
    return Scene(
        layers=tuple(layers),
        x_label=x_label,
        x_range=(float(found.t[0]), float(found.t[-1])),
        y_range=_all_heights(found) if isinstance(found, TwoBounds) else _heights(found),
        x_ticks=_ticks(found),
        empty="this model has no number for it here",
        description=_described(snapshot, found, label),
    )


def _marks(snapshot: StepSnapshot, found: Slice) -> dict[str, float]:
    """The places that are marked, where two bounds are drawn those where they touch."""
    if not isinstance(found, TwoBounds):
        return marked(snapshot, found)
    marks = {"old": found.t_old}
    if found.t[0] <= found.t_new <= found.t[-1] and found.label == LINE:
        marks["now"] = found.t_new
    return marks


def _ticks(found: Slice) -> tuple[tuple[float, str], ...] | None:
    """θ old and θ new on the line; in a view so wide that the words would touch, θ alone."""
    if found.label != LINE:
        return None
    if abs(1.0 - found.t_old) * _TICKS_APART < float(found.t[-1] - found.t[0]):
        return ((found.t_old, "θ"),)
    return ((found.t_old, "θ old"), (1.0, "θ new"))


def _all_heights(found: TwoBounds) -> Range | None:
    """All of the objective, where it has two hills; else so far that the touching points are seen well."""
    if found.n_hills < 2:
        return _heights(found)
    values = found.objective[np.isfinite(found.objective)]
    high, low = float(values.max()), float(values.min())
    margin = 0.06 * (high - low)
    return low - margin, high + margin


def _labels(snapshot: StepSnapshot) -> tuple[str, str]:
    """What the two curves are called; where E-steps are not exact the bound is the run's objective, and not the other.

    With a prior both are sums: "objective" is the log-likelihood + the log prior.
    """
    model, prior = snapshot.spec.model, bool(snapshot.record.log_prior)
    if model.exact:
        return "objective" if prior else model.objective_label, "bound"
    with_prior = " + prior" if prior else ""
    return f"{model.objective_label}{with_prior}", f"bound{with_prior}"


def marked(snapshot: StepSnapshot, found: Slice) -> dict[str, float]:
    """The marked places, later ones drawn above: "top" of the bound, "old", "now".

    After an M-step θ lies on the picture's line only where no other parameter moved with it: else nothing is "now".
    """
    marks = {"top": found.top} if math.isfinite(found.top) and snapshot.spec.model.hides else {}
    if snapshot.step.phase != "M":
        return marks | {"now": found.t_old}
    marks["old"] = found.t_old
    objective, _ = found.at(found.t_new)
    if found.label == LINE or abs(objective - snapshot.record.objective) <= _SAME * max(1.0, abs(objective)):
        marks["now"] = found.t_new
    return marks


def _heights(found: Slice) -> Range | None:
    """A range in which the touching point and the top of the bound are seen well; None for the whole range."""
    values = np.concatenate([found.objective, found.bound])
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    high, low = float(values.max()), float(values.min())
    places = [v for t in (found.t_old, found.t_new, found.top) if math.isfinite(t) for v in found.at(t)]
    depth = max((high - v for v in places if math.isfinite(v)), default=0.0)
    least = 1e-12 * max(1.0, abs(high)) if found.label == LINE else (high - low) / 4
    low = max(low, high - 3.0 * max(depth, least))
    margin = 0.06 * (high - low)
    return (low - margin, high + margin) if high > low else None


def bound_notes(snapshot: StepSnapshot, found: Slice, *, ascii: bool = False) -> list[str]:
    """Remarks on the curves, the most important first."""
    notes = []
    if not snapshot.spec.model.hides:
        notes.append("nothing is hidden: no bound")
    elif snapshot.step.at_q is None:
        notes.append("no bound before the first E-step")
    if not found.exact:
        known = np.isfinite(found.objective)
        error = float(found.error[known].max(initial=0.0))
        notes.append(f"estimate ±{number(error, 2)}" if known.any() else "the likelihood can't be evaluated")
    elif snapshot.step.at_q is not None and not found.touches:
        notes.append("q is not the posterior: no touch")
    if isinstance(found, TwoBounds) and found.n_hills > 1:
        notes.append(f"{found.n_hills} hills")
    if found.reduced:
        notes.append(f"{len(found.t)} points: each is a pass")
    marks = _marks(snapshot, found)
    said = [
        f"{(_ASCII_MARKS if ascii else _MARKS)[where]} {where}" for where in ("now", "old", "top") if where in marks
    ]
    if found.label != LINE and not isinstance(found, TwoBounds) and snapshot.step.phase == "M" and "now" not in marks:
        said.append("others at θ old")
    return [*notes, " ".join(said)]


def _described(snapshot: StepSnapshot, found: Slice, label: str) -> str:
    t = marked(snapshot, found).get("now", found.t_old)
    objective, bound = found.at(t)
    said = f"{label} {fixed(objective)}"
    if math.isfinite(bound):
        said += f", bound {fixed(bound)}, {number(objective - bound)} between them"
    return said
