"""The data picture: points under the model, seen along two axes; a click chooses a row."""

from __future__ import annotations

from textual.app import ComposeResult

from emtui.charts.chart import Chart
from emtui.frame import Frame
from emtui.messages import RowChosen
from emtui.panes.pane import Pane
from emtui.panes.wording import border_text
from emtui.views import view_for
from emtui.views.view import Axes


class PicturePane(Pane):
    """Shows the scene that the model's view makes of a frame, along the axes that the user walked to."""

    label = "picture"
    short_label = "pic"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._axes: Axes | None = None
        self._offered: tuple[Axes, ...] = ()
        self._caption = ""

    def compose(self) -> ComposeResult:
        """One chart."""
        yield Chart(id="picture-chart")

    def draw(self, frame: Frame) -> None:
        """Draw the scene."""
        view = view_for(frame.choices.model)
        offered = view.axes(frame)
        if offered != self._offered:
            self._offered, self._axes = offered, offered[0] if offered else None
        chart = self.query_one(Chart)
        if self._axes is None:
            return
        chart.set_scene(view.scene(frame, self._axes, chart.palette, highlight=self.chosen_row))
        self._caption = view.caption(frame, self._axes)
        self.border_title = border_text(self._caption)
        drawn, n_rows = len(frame.rows), frame.n_rows
        self.border_subtitle = f"{drawn:,} of {n_rows:,} rows drawn" if drawn < n_rows else ""

    def turn_axes(self, by: int) -> str:
        """Look along the next axes (or those before); a sentence that says which."""
        if self.frame is None or not self._offered:
            return "There is nothing to look along yet."
        if len(self._offered) == 1:
            return "These data have only one picture."
        place = self._offered.index(self._axes) if self._axes in self._offered else 0
        self.look_along(self._offered[(place + by) % len(self._offered)])
        return f"Picture {(place + by) % len(self._offered) + 1} of {len(self._offered)}: {self._caption}."

    def look_along(self, axes: Axes) -> None:
        """Look along these axes."""
        self._axes = axes
        self.redraw()

    def on_chart_picked(self, event: Chart.Picked) -> None:
        """Choose the row whose point is nearest to the click."""
        event.stop()
        if self.frame is None or self._axes is None:
            return
        row = view_for(self.frame.choices.model).row_at(self.frame, self._axes, event.x, event.y)
        self.post_message(RowChosen(row))
