"""The data picture: points and the model, along one or two axes; a click chooses a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.worker import Worker, WorkerState

from emtui.charts.cell_text import fit
from emtui.charts.chart_handles import HandleChart
from emtui.charts.chart_widget import Chart
from emtui.panes.messages import MovedByMouse, RowChosen
from emtui.panes.pane import Pane
from emtui.panes.picture.handles import drawn_moves, handles
from emtui.session.snapshot import StepSnapshot
from emtui.views import view_for
from emtui.views.parameter_edit import Move, ParameterEdit, own_units
from emtui.views.view import Axes, UnitsName
from emtui.widgets.border_text import border_text
from engine.errors import EngineError

if TYPE_CHECKING:
    from emtui.charts.network_diagram import NetworkDiagram


class PicturePane(Pane):
    """Shows the scene that the model's view makes of a snapshot, along the chosen axes.

    A mean can be dragged with the mouse: the picture shows θ as it would be, and a message says where it is let
    go. by_hand: that is what this picture is for; it says so, and is in the units that θ itself is in.
    """

    label = "picture"
    short_label = "pic"

    def __init__(self, *, id: str | None = None, by_hand: bool = False) -> None:
        super().__init__(id=id)
        self._by_hand = by_hand
        self._held: ParameterEdit | None = None  # θ where the drag began
        self._moves: tuple[Move, ...] = ()  # the last moves that θ allows
        self._axes: Axes | None = None
        self._offered: tuple[Axes, ...] = ()
        self._caption = ""

    def compose(self) -> ComposeResult:
        """One chart; the diagram that may stand in its place comes when there is one."""
        yield HandleChart(id="picture-chart")

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
        diagram = view.diagram(snapshot, self._axes, highlight=self.chosen_row, thorough=False)
        chart.display = diagram is None
        self._show_diagram(diagram)
        if diagram is None:
            self._draw_scene(snapshot, chart, self._axes)
        elif diagram.more:
            self._refine(snapshot, self._axes, self.chosen_row)
        self._caption = view.caption(snapshot, self._axes) if diagram is None else diagram.title
        self.border_title = border_text(fit(self._caption, self.title_room))
        drawn, n_rows = len(snapshot.rows), snapshot.n_rows
        self.border_subtitle = f"{drawn:,} of {n_rows:,} rows drawn" if drawn < n_rows else ""
        if self._by_hand and diagram is None and chart.handles:
            self.border_subtitle = "drag to move"

    def _draw_scene(self, snapshot: StepSnapshot, chart: HandleChart, axes: Axes) -> None:
        """Draw the scene of a snapshot, and its handles."""
        view, units = view_for(snapshot.spec.model), self._units(snapshot)
        chart.set_scene(view.scene(snapshot, axes, chart.palette, highlight=self.chosen_row, units=units))
        chart.handles = handles(snapshot, axes, units)

    def _units(self, snapshot: StepSnapshot) -> UnitsName:
        return own_units(snapshot) if self._by_hand else "data"

    def _refine(self, snapshot: StepSnapshot, axes: Axes, row: int | None) -> None:
        """Make the whole diagram in the background; it is shown unless something else is by then."""
        view = view_for(snapshot.spec.model)

        def work() -> tuple[StepSnapshot, Axes, int | None, NetworkDiagram | None]:
            return snapshot, axes, row, view.diagram(snapshot, axes, highlight=row)

        self.run_worker(work, thread=True, exclusive=True, group="closer")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """The whole diagram is there."""
        event.stop()
        if event.state == WorkerState.SUCCESS and event.worker.result is not None:
            snapshot, axes, row, diagram = event.worker.result
            if (snapshot, axes, row) == (self.snapshot, self._axes, self.chosen_row):
                self._show_diagram(diagram)

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
