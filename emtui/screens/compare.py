"""EM and k-means side by side: the same axes, hits, and confusion matrices; both step along."""

from __future__ import annotations

from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from emtui.bindings import STEPPING
from emtui.comparison import baseline_frame, on_the_same_axes, why_no_baseline
from emtui.frame import Frame
from emtui.panes.comparison_side import (
    ComparisonSide,
    baseline_heading,
    confusion_matrix,
    model_heading,
)
from emtui.panes.tabs import PaneTabs
from emtui.views import view_for
from emtui.views.view import Axes

NARROW = 80
_AT_ONCE = 20_000  # rows up to which k-means is assigned in the same moment
_WAITING = "k-means is being run on these data: it will be here in a moment."
_TABS = [("em", 1, "EM", "EM"), ("kmeans", 2, "k-means", "k-means")]


class CompareScreen(Screen[None]):
    """The present frame at the left, k-means after as many iterations at the right; tabs where it is narrow.

    It gets frames by `show`, as panes do.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *STEPPING,
        Binding("escape,v", "back", "back", id="compare.back", tooltip="back to the explorer"),
        Binding("tab", "other_side", "other side", show=False, id="compare.side", tooltip="EM or k-means"),
        Binding("1", "side(1)", "EM", show=False, id="compare.em"),
        Binding("2", "side(2)", "k-means", show=False, id="compare.kmeans"),
        Binding("a", "axes(1)", "axes", show=False, id="compare.axes", tooltip="the next pair of features"),
        Binding("A", "axes(-1)", "axes back", show=False, id="compare.axesback", tooltip="the pair before"),
    ]
    DEFAULT_CSS = """
    CompareScreen #sides { height: 1fr; }
    CompareScreen #hint { height: 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    CompareScreen PaneTabs { display: none; }
    CompareScreen.-one PaneTabs { display: block; }
    CompareScreen.-one.-left #kmeans, CompareScreen.-one.-right #em { display: none; }
    """

    def __init__(self, explorer: Screen[None] | None = None) -> None:
        super().__init__(classes="-left")
        self._explorer = explorer
        self._frame: Frame | None = None
        self._drawn: Frame | None = None
        self._axes_index = 0

    async def action_explorer(self, action: str) -> None:
        """A stepping key belongs to the explorer that lies below."""
        if self._explorer is not None:
            await self._explorer.run_action(action)

    def compose(self) -> ComposeResult:
        """Both sides, the tabs that stand for them where it is narrow, and the keys."""
        yield PaneTabs(id="tabs")
        with Horizontal(id="sides"):
            yield ComparisonSide("EM", id="em")
            yield ComparisonSide("k-means", id="kmeans")
        yield Static(Content("e m n ← → step as before · a axes · esc back"), id="hint")

    def on_mount(self) -> None:
        """Show what was handed over before."""
        self._fit()
        self._draw()
        self.watch(self.app, "theme", self._theme_changed, init=False)

    def _theme_changed(self) -> None:
        """Scenes carry their colours: make them again."""
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        """One side at a time where it is narrow."""
        self._fit()

    def _fit(self) -> None:
        self.set_class(self.size.width < NARROW, "-one")
        self.query_one(PaneTabs).show(_TABS, "em" if self.has_class("-left") else "kmeans")

    # showing

    def show(self, frame: Frame) -> None:
        """Show this step, and k-means beside it."""
        self._frame = frame
        if self.is_mounted:
            self._draw()

    @property
    def _axes(self) -> Axes:
        assert self._frame is not None
        offered = view_for(self._frame.choices.model).axes(self._frame)
        return offered[self._axes_index % len(offered)]

    def _draw(self) -> None:
        frame = self._frame
        if frame is None:
            return
        reason = why_no_baseline(frame.choices)
        if frame.baseline is None or reason:
            self._draw_left(frame)
            self._side("kmeans").say(reason or _WAITING)
        elif frame.n_rows <= _AT_ONCE:
            self._draw_both(frame, baseline_frame(frame, frame.baseline))
        else:
            baseline = frame.baseline
            if self._drawn is None:
                self._draw_left(frame)
                self._side("kmeans").say(_WAITING)
            self.run_worker(
                lambda: (frame, baseline_frame(frame, baseline)), thread=True, exclusive=True, exit_on_error=False
            )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """k-means was assigned in the background: show both, unless another step came meanwhile."""
        event.stop()
        if event.state == WorkerState.ERROR and event.worker.error is not None:
            raise event.worker.error
        if event.state == WorkerState.SUCCESS:
            ours, theirs = cast("tuple[Frame, Frame]", event.worker.result)
            if ours is self._frame:
                self._draw_both(ours, theirs)

    def _side(self, name: str) -> ComparisonSide:
        return self.query_one(f"#{name}", ComparisonSide)

    def _draw_left(self, frame: Frame) -> None:
        side, view = self._side("em"), view_for(frame.choices.model)
        side.show(
            model_heading(frame),
            view.scene(frame, self._axes, side.chart.palette),
            confusion_matrix(frame, view.component_names(frame), side.chart.palette),
        )
        self._drawn = None

    def _draw_both(self, ours: Frame, theirs: Frame) -> None:
        left, right = self._side("em"), self._side("kmeans")
        our_view, their_view = view_for(ours.choices.model), view_for(theirs.choices.model)
        axes = self._axes
        offered = their_view.axes(theirs)
        scenes = on_the_same_axes(
            our_view.scene(ours, axes, left.chart.palette),
            their_view.scene(theirs, axes if axes in offered else offered[0], right.chart.palette),
        )
        left.show(
            model_heading(ours),
            scenes[0],
            confusion_matrix(ours, our_view.component_names(ours), left.chart.palette),
        )
        assert ours.baseline is not None
        right.show(
            baseline_heading(theirs, ours.baseline.run),
            scenes[1],
            confusion_matrix(theirs, their_view.component_names(theirs), right.chart.palette),
        )
        self._drawn = ours

    # keys

    def action_back(self) -> None:
        """Back to the explorer."""
        if len(self.app.screen_stack) > 1:
            self.dismiss()

    def action_other_side(self) -> None:
        """The other side, where one is seen at a time."""
        self.toggle_class("-left", "-right")
        self._fit()

    def action_side(self, number: int) -> None:
        """EM (1) or k-means (2), where one is seen at a time."""
        if (number == 1) != self.has_class("-left"):
            self.action_other_side()

    def action_axes(self, by: int) -> None:
        """Look along other features, on both sides."""
        self._axes_index += by
        self._draw()

    @on(PaneTabs.Chosen)
    def _tab_chosen(self, event: PaneTabs.Chosen) -> None:
        event.stop()
        self.action_side(event.number)
