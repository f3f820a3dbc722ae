"""EM and k-means side by side: the same axes, hits, and confusion matrices; both step along."""

from __future__ import annotations

from typing import ClassVar, cast

from textual.binding import Binding, BindingType

from emtui.charts.scene import Scene
from emtui.screens.compare.comparison_side import ComparisonSide, baseline_heading, confusion_matrix, model_heading
from emtui.screens.compare.side_by_side import SideBySideScreen
from emtui.screens.stepping import Stepping
from emtui.session.snapshot import StepSnapshot
from emtui.spec.work import is_small
from emtui.views import view_for
from emtui.views.baseline_snapshot import baseline_snapshot, on_the_same_axes, why_no_baseline
from emtui.views.view import Axes

_WAITING = "k-means is being run on these data: it will be here in a moment."


class CompareScreen(SideBySideScreen):
    """The current step at the left, k-means after as many iterations at the right."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "axes(1)", "axes", show=False, id="compare.axes", tooltip="the next pair of features"),
        Binding("A", "axes(-1)", "axes back", show=False, id="compare.axesback", tooltip="the pair before"),
    ]
    HINT = "e m n ← → step as before · a axes · esc back"

    def __init__(self, stepping: Stepping | None = None) -> None:
        super().__init__(stepping)
        self._drawn: StepSnapshot | None = None
        self._axes_index = 0

    def names(self) -> tuple[str, str]:
        """EM and k-means."""
        return "EM", "k-means"

    @property
    def _axes(self) -> Axes:
        assert self._snapshot is not None
        offered = view_for(self._snapshot.spec.model).axes(self._snapshot)
        return offered[self._axes_index % len(offered)]

    def draw(self) -> None:
        """Show this step, and k-means beside it."""
        snapshot = self._snapshot
        if snapshot is None:
            return
        reason = why_no_baseline(snapshot.spec, snapshot.step.params)
        if snapshot.baseline is None or reason:
            self._draw_left(snapshot)
            self.right.say(reason or _WAITING)
        elif is_small(snapshot.spec, snapshot.n_rows):
            self._draw_both(snapshot, baseline_snapshot(snapshot, snapshot.baseline))
        else:
            baseline = snapshot.baseline
            if self._drawn is None:
                self._draw_left(snapshot)
                self.right.say(_WAITING)
            self.run_worker(lambda: (snapshot, baseline_snapshot(snapshot, baseline)), thread=True, exclusive=True)

    def computed(self, result: object) -> None:
        """Show both once k-means is there, unless another step came in between."""
        ours, theirs = cast("tuple[StepSnapshot, StepSnapshot]", result)
        if ours is self._snapshot:
            self._draw_both(ours, theirs)

    def _draw_left(self, snapshot: StepSnapshot) -> None:
        scene = view_for(snapshot.spec.model).scene(snapshot, self._axes, self.left.chart.palette)
        _show(self.left, snapshot, model_heading(snapshot), scene)
        self._drawn = None

    def _draw_both(self, ours: StepSnapshot, theirs: StepSnapshot) -> None:
        left, right = self.left, self.right
        axes, their_view = self._axes, view_for(theirs.spec.model)
        offered = their_view.axes(theirs)
        scenes = on_the_same_axes(
            view_for(ours.spec.model).scene(ours, axes, left.chart.palette),
            their_view.scene(theirs, axes if axes in offered else offered[0], right.chart.palette),
        )
        assert ours.baseline is not None
        _show(left, ours, model_heading(ours), scenes[0])
        _show(right, theirs, baseline_heading(theirs, ours.baseline), scenes[1])
        self._drawn = ours

    def action_axes(self, by: int) -> None:
        """Look along other features, on both sides."""
        self._axes_index += by
        self.draw()


def _show(side: ComparisonSide, snapshot: StepSnapshot, heading: tuple[str, str], scene: Scene) -> None:
    """Heading, picture, and the confusion matrix if classes are known."""
    names = view_for(snapshot.spec.model).component_names(snapshot)
    side.show(heading, scene, confusion_matrix(snapshot, names, side.chart.palette))
