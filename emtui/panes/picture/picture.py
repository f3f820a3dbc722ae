"""The data picture: points and the model, along one or two axes; a click chooses a row."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.worker import Worker, WorkerState

from emtui.charts.cell_text import first_fitting
from emtui.charts.chart_handles import HandleChart
from emtui.charts.chart_widget import Chart
from emtui.charts.motion import Motion
from emtui.exports.picture_look import Look
from emtui.panes.messages import MovedByMouse, RowChosen
from emtui.panes.pane import Pane
from emtui.panes.picture.handles import drawn_moves, handles
from emtui.panes.picture.slice_keys import SliceKeys, border_keys, slice_bindings
from emtui.session.saved.session_file import State
from emtui.session.snapshot import StepSnapshot
from emtui.views import view_for
from emtui.views.parameter_edit import Move, ParameterEdit, own_units
from emtui.views.view import Axes, UnitsName
from emtui.widgets.border_text import border_text
from engine.em.step import Step
from engine.errors import EngineError

if TYPE_CHECKING:
    from emtui.charts.network_diagram import NetworkDiagram
    from emtui.charts.panels import PanelChart, Panels
    from emtui.views.slice_choice import SliceChoice


class PicturePane(Pane, SliceKeys):
    """Shows the scene that the model's view makes of a snapshot, along the chosen axes; or a diagram, or slices.

    A mean can be dragged with the mouse: the picture shows θ as it would be, and a message says where it is let
    go. by_hand: that is what this picture is for; it says so, and is in the units that θ itself is in.
    """

    label = "picture"
    short_label = "pic"
    BINDINGS: ClassVar[list[BindingType]] = [
        *slice_bindings("picture"),
        Binding("d", "next_one(1)", "other", id="picture.next", tooltip="both methods or one; the next unit"),
        Binding("D", "next_one(-1)", "back", id="picture.previous", tooltip="the method or unit before"),
        Binding(
            "enter",
            "large",
            "large",
            id="picture.large",
            tooltip="one unit's map large, and back",
            key_display="enter",
        ),
    ]

    def __init__(self, *, id: str | None = None, by_hand: bool = False) -> None:
        super().__init__(id=id)
        self._by_hand = by_hand
        self._held: ParameterEdit | None = None  # θ where the drag began
        self._moves: tuple[Move, ...] = ()  # the last moves that θ allows
        self._axes: Axes | None = None
        self._offered: tuple[Axes, ...] = ()
        self._caption = ""
        self._in_background: tuple[Any, ...] = ()  # what is being made there
        self._chart = HandleChart(id="picture-chart")
        self._motion = Motion(self._chart)
        self._drawn_step: Step | None = None
        self.moves_steps = False  # a step that is taken is walked to in a few frames

    @property
    def state(self) -> State:
        """The axes, and what is chosen of slices."""
        state = self.choice_state
        if self._axes is not None and self._offered and self._axes != self._offered[0]:
            state["axes"] = self._axes.title
        return state

    def take_state(self, state: State) -> None:
        """Look along those."""
        if self.snapshot is None:
            return
        self._offered = view_for(self.snapshot.spec.model).axes(self.snapshot)
        first = self._offered[0] if self._offered else None
        self._axes = next((axes for axes in self._offered if axes.title == state.get("axes")), first)
        self.take_choice(state, self.snapshot.spec.dataset)
        self.redraw()

    def compose(self) -> ComposeResult:
        """One chart; the diagram that may stand in its place comes when there is one."""
        yield self._chart

    def draw(self, snapshot: StepSnapshot) -> None:
        """Draw the scene."""
        view = view_for(snapshot.spec.model)
        offered = view.axes(snapshot)
        if offered != self._offered:
            self._offered, self._axes = offered, offered[0] if offered else None
        chart = self.query_one(HandleChart)
        if self._held is not None and snapshot.spec is not self._held.snapshot.spec:
            chart.let_go()
            self._held = None
        if self._axes is None:
            return
        if self._axes.is_slice:
            self._draw_slices(snapshot, chart, self._axes)
            return
        self._show_panels(None)
        diagram = view.diagram(snapshot, self._axes, highlight=self.chosen_row, thorough=False)
        chart.display = diagram is None
        self._show_diagram(diagram)
        if diagram is None:
            self._draw_scene(snapshot, chart, self._axes)
        elif diagram.more:
            self._refine(snapshot, self._axes, self.chosen_row)
        self._write_title(view.caption(snapshot, self._axes) if diagram is None else diagram.title)
        drawn, n_rows = len(snapshot.rows), snapshot.n_rows
        self.border_subtitle = f"{drawn:,} of {n_rows:,} rows drawn" if drawn < n_rows else ""
        if self._by_hand and diagram is None and chart.handles:
            self.border_subtitle = "drag to move"

    def _write_title(self, caption: str) -> None:
        """The caption, with which of how many pictures it is where the model has slices and there is room."""
        self._caption, counted = caption, list[str]()
        if any(axes.is_slice for axes in self._offered) and self._axes in self._offered:
            place, n = self._offered.index(self._axes) + 1, len(self._offered)
            counted = [f"{caption} · {place} of {n}", f"{caption} · {place}/{n}"]
            if self._axes.y is not None:  # what is drawn along them is said when they are turned to
                counted.append(f"{self._axes.title} · {place}/{n}")
        self.border_title = border_text(first_fitting(self.title_room, *counted, caption))

    def _draw_scene(self, snapshot: StepSnapshot, chart: HandleChart, axes: Axes) -> None:
        """Draw the scene of a snapshot, and its handles."""
        view, units = view_for(snapshot.spec.model), self._units(snapshot)
        scene = view.scene(snapshot, axes, chart.palette, highlight=self.chosen_row, units=units)
        before, self._drawn_step = self._drawn_step, snapshot.step
        onward = before is not None and snapshot.previous is before  # a step was taken
        if before is snapshot.step:
            self._motion.lead_on(scene)
        else:
            self._motion.lead(scene, moving=onward and self.moves_steps and self.app.animation_level != "none")
        chart.handles = handles(snapshot, axes, units)

    def _units(self, snapshot: StepSnapshot) -> UnitsName:
        return own_units(snapshot) if self._by_hand else "data"

    def _refine(self, snapshot: StepSnapshot, axes: Axes, row: int | None) -> None:
        """Make the whole diagram in the background; it is shown unless something else is by then."""
        view = view_for(snapshot.spec.model)
        self._make((snapshot, axes, row), lambda: view.diagram(snapshot, axes, highlight=row))

    def _make(self, of: tuple[Any, ...], work: Callable[[], NetworkDiagram | Panels | None]) -> None:
        """Make in the background what belongs to `of`."""
        self._in_background = of
        self.run_worker(lambda: (of, work()), thread=True, exclusive=True, group="closer")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What was made in the background is there; it is shown unless something else is by then."""
        event.stop()
        if event.state != WorkerState.SUCCESS or event.worker.result is None:
            return
        of, made = event.worker.result
        if of != self._in_background or of[:3] != (self.snapshot, self._axes, self.chosen_row) or made is None:
            return
        if of[1].is_slice:
            self._show_panels(made)
            self._write_title(made.title)
        else:
            self._show_diagram(made)

    # slices through the inputs

    def _draw_slices(self, snapshot: StepSnapshot, chart: HandleChart, axes: Axes) -> None:
        """Decision regions or response maps; those that take long come from the background."""
        focused = self.has_focus_within or self.screen.focused is None
        view, choice, row, palette = (
            view_for(snapshot.spec.model),
            self.choice_for(snapshot),
            self.chosen_row,
            chart.palette,
        )
        chart.display = False
        self._show_diagram(None)
        panels = view.slices(snapshot, axes, palette, choice, highlight=row, thorough=False)
        self._show_panels(panels)
        if focused:  # so that their keys act
            self.call_after_refresh(self._focus_on_slices)
        self._write_title(view.caption(snapshot, axes) if panels is None else panels.title)
        keys = ("",) if self._by_hand else border_keys(choice, snapshot, of_units=axes.x.kind == "units")
        self.border_subtitle = first_fitting(self.size.width - 4, *keys)
        self._in_background = ()
        if panels is not None and panels.more:
            of = (snapshot, axes, row, choice, palette)
            self._make(of, lambda: view.slices(snapshot, axes, palette, choice, highlight=row))

    def _show_panels(self, panels: Panels | None) -> None:
        from emtui.charts.panels import PanelChart

        shown = next(iter(self.query(PanelChart)), None)
        if shown is None and panels is not None:
            shown = PanelChart(id="picture-panels")
            self.mount(shown)
        if shown is not None:
            shown.display = panels is not None
            if panels is not None:
                shown.show(panels)

    def _focus_on_slices(self) -> None:
        from emtui.charts.panels import PanelChart

        for shown in self.query(PanelChart):
            if shown.display and self.screen.focused in (None, self.query_one(HandleChart)):
                shown.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys of slices are free for others while something is moved by hand."""
        ours = action in ("hard", "held_back", "feature", "moving", "move", "next_one", "large")
        return not ours or not self._by_hand

    @property
    def idle(self) -> Collection[str]:
        """The keys of slices, while there are none."""
        if self.slice_snapshot() is not None:
            return () if self._axes is not None and self._axes.x.kind == "units" else ("picture.large",)
        return tuple(key.id for key in self.BINDINGS if isinstance(key, Binding) and key.id)

    def slice_snapshot(self) -> StepSnapshot | None:
        """The step, while slices are shown."""
        return self.snapshot if self._axes is not None and self._axes.is_slice else None

    def draw_choice(self) -> None:
        """Draw it again as it is chosen now."""
        self.redraw()

    def action_next_one(self, by: int) -> None:
        """Both methods or one of them; the next hidden unit."""
        snapshot = self.slice_snapshot()

        def made(choice: SliceChoice, *_: Any) -> SliceChoice | str:
            assert snapshot is not None and self._axes is not None
            if self._axes.x.kind == "units":
                n = view_for(snapshot.spec.model).n_components(snapshot)
                return replace(choice, unit=(min(choice.unit, n - 1) + by) % n)
            assert snapshot.comparison is not None
            if snapshot.comparison.rival_model is None:
                return snapshot.comparison.rival_why or "There is one method alone here."
            return choice.with_method(by)

        self.change(made)

    def action_large(self) -> None:
        """The marked unit's map with all the room, or all maps again."""

        def made(choice: SliceChoice, *_: Any) -> SliceChoice | str:
            assert self._axes is not None
            if self._axes.x.kind != "units":
                return "Only a hidden unit's map is made large: a goes on to the response maps."
            return replace(choice, large=not choice.large)

        self.change(made)

    def on_panel_chart_picked(self, event: PanelChart.Picked) -> None:
        """A unit's map large; in decision regions or a large map, the row that is nearest to the click."""
        event.stop()
        snapshot = self.slice_snapshot()
        if snapshot is None:
            return
        if event.bare:
            self.change(lambda choice, *_: replace(choice, unit=event.panel, large=True))
        elif event.at is not None:
            from emtui.views.decision_regions import row_at

            self.post_message(RowChosen(row_at(snapshot, self.choice_for(snapshot), *event.at)))

    def _show_diagram(self, diagram: NetworkDiagram | None) -> None:
        from emtui.charts.network_diagram import DiagramChart

        shown = next(iter(self.query(DiagramChart)), None)
        if shown is None and diagram is not None:
            shown = DiagramChart()
            self.mount(shown)
        if shown is not None:
            shown.display = diagram is not None
            if diagram is not None:
                shown.set_diagram(diagram)

    def turn_axes(self, by: int) -> str:
        """Look along the next axes (or the previous ones); return a sentence that says which."""
        if self.snapshot is None or not self._offered:
            return "There is nothing to look along yet."
        if len(self._offered) == 1:
            return "These data have only one picture."
        place = self._offered.index(self._axes) if self._axes in self._offered else 0
        self.show_axes(self._offered[(place + by) % len(self._offered)])
        return f"Picture {(place + by) % len(self._offered) + 1} of {len(self._offered)}: {self._caption}."

    @property
    def axes(self) -> Axes | None:
        """The axes of the picture; None before the first snapshot."""
        return self._axes

    @property
    def look(self) -> Look:
        """How the data are looked at, for a picture that is written to a file."""
        snapshot = self.slice_snapshot()
        choice = None if snapshot is None else self.choice_for(snapshot)
        units: UnitsName = "data" if self.snapshot is None else self._units(self.snapshot)
        return Look(self._axes, units, choice, self.chosen_row)

    def show_axes(self, axes: Axes) -> None:
        """Look along these axes."""
        self._axes = axes
        self.redraw()

    def on_chart_picked(self, event: Chart.Picked) -> None:
        """Choose the row whose point is nearest to the click."""
        event.stop()
        if self.snapshot is None or self._axes is None:
            return
        view, units = view_for(self.snapshot.spec.model), self._units(self.snapshot)
        self.post_message(RowChosen(view.row_at(self.snapshot, self._axes, event.x, event.y, units)))

    def on_handle_chart_dragged(self, event: HandleChart.Dragged) -> None:
        """Show θ as it would be; report where it was let go. Beyond the limits, the last allowed place counts."""
        event.stop()
        if self.snapshot is None or self._axes is None:
            return
        if self._held is None:
            self._held, self._moves = ParameterEdit.of(self.snapshot), ()
        held = self._held
        moves = drawn_moves(held.snapshot, self._axes, self._units(held.snapshot), event.handle, (event.dx, event.dy))
        try:
            there = held.move(*moves)
            self._moves = moves
            self._draw_scene(there.preview, self.query_one(HandleChart), self._axes)
        except EngineError:
            pass  # beyond its limits
        if self._moves:
            self.post_message(MovedByMouse(self._moves, dropped=event.dropped))
        if event.dropped:
            self._held = None
            self.redraw()
