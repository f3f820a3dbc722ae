"""Two branches side by side at the same iteration: their pictures, their objectives, and what differs most."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from emtui.charts.cell_text import fit
from emtui.charts.chart_widget import Chart
from emtui.screens.compare.branch_text import (
    branches_sentence,
    curves_title,
    difference_lines,
    heading,
    objectives_scene,
)
from emtui.screens.compare.side_by_side import SideBySideScreen
from emtui.screens.stepping import Stepping
from emtui.session.branches import TwoBranches
from emtui.session.queries import Ask, OtherBranch, Query
from emtui.session.snapshot import StepSnapshot
from emtui.views import view_for
from emtui.views.baseline_snapshot import on_the_same_axes
from emtui.views.view import Axes
from engine.em.step import Step

_ROWS_FOR_CURVES = 30  # of the window: from here on curves and table leave enough room for the pictures
_ROWS_BELOW = 10


class BranchesScreen(SideBySideScreen):
    """Another branch at the left; at the right the current one, which the stepping keys move."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("B", "back", "back", show=False, id="branches.back"),
        Binding("full_stop", "other(1)", "other branch", show=False, id="branches.next", tooltip="another at the left"),
        Binding("comma", "other(-1)", "branch before", show=False, id="branches.before"),
        Binding("a", "axes(1)", "axes", show=False, id="branches.axes", tooltip="the next pair of features"),
        Binding("A", "axes(-1)", "axes back", show=False, id="branches.axesback", tooltip="the pair before"),
    ]
    DEFAULT_CSS = """
    BranchesScreen #below { height: 10; display: none; }
    BranchesScreen.-room #below { display: block; }
    BranchesScreen #objectives { width: 1fr; height: 1fr; border: round $foreground 35%;
        border-title-color: $foreground; border-subtitle-color: $foreground; }
    BranchesScreen #differ { width: 1fr; height: 1fr; border: round $foreground 35%;
        border-title-color: $foreground; border-subtitle-color: $foreground; text-wrap: nowrap; }
    BranchesScreen #said { height: auto; max-height: 2; padding: 0 1; }
    """
    HINT = "esc back · e m n ← → step the right · , . other left · b other right · a axes"

    def __init__(self, stepping: Stepping | None = None, ask: Ask | None = None) -> None:
        super().__init__(stepping)
        self._ask = ask
        self._other: int | None = None  # the branch at the left, if one was chosen
        self._present: int | None = None
        self._axes_index = 0
        self.two: TwoBranches | None = None

    def names(self) -> tuple[str, str]:
        """The branches by their numbers."""
        if self.two is None:
            return "another branch", "this branch"
        return f"branch {self.two.left.branch + 1}", f"branch {self.two.right.branch + 1}"

    def further_lines(self) -> ComposeResult:
        """The curves and the table of differences if there is room, and a summary in words."""
        with Horizontal(id="below"):
            yield Chart(can_focus=False, id="objectives")
            yield Static("", id="differ", markup=False)
        yield Static("", id="said", markup=False)

    def on_mount(self) -> None:
        """The table has its heading."""
        self.query_one("#differ").border_title = "what differs most"

    def on_resize(self) -> None:
        """Curves and table where there is room."""
        super().on_resize()
        self.set_class(self.size.height >= _ROWS_FOR_CURVES, "-room")
        if self.two is not None:
            self.call_after_refresh(self._draw_differences)

    # what is shown

    def show(self, snapshot: StepSnapshot) -> None:
        """Show this step; if the current branch has changed, the one at the right before stays in sight."""
        if self._present is not None and snapshot.branch != self._present and self._other == snapshot.branch:
            self._other = self._present
        self._present = snapshot.branch
        super().show(snapshot)

    def draw(self) -> None:
        """Ask for both branches at this step; they are drawn when they arrive."""
        if self._snapshot is None:
            return
        if self._snapshot.n_branches < 2:
            self.left.say("There is one branch only: the other one was left behind with its exploration.")
        elif self._ask is not None:
            self._ask(OtherBranch(self._other), self._snapshot.step, self)

    def take_answer(self, query: Query, step: Step, answer: Any) -> None:
        """Draw both branches, or the sentence that says why not."""
        if not isinstance(query, OtherBranch) or query.branch != self._other or not self.is_mounted:
            return
        if isinstance(answer, TwoBranches):
            self.two, self._other = answer, answer.left.branch
            self._draw_two()
        else:
            self.left.say(str(answer))

    @staticmethod
    def _axes(snapshot: StepSnapshot) -> tuple[Axes, ...]:
        """The axes that a picture beside another one can show; a diagram is not among them."""
        view = view_for(snapshot.spec.model)
        return tuple(
            axes
            for axes in view.axes(snapshot)
            if not axes.is_slice and view.diagram(snapshot, axes, thorough=False) is None
        )

    def _draw_two(self) -> None:
        two = self.two
        assert two is not None
        offered = self._axes(two.right)
        axes = offered[self._axes_index % len(offered)]
        others = self._axes(two.left)
        beside = next((one for one in others if one.title == axes.title), others[self._axes_index % len(others)])
        scenes = on_the_same_axes(
            *(
                view_for(snapshot.spec.model).scene(snapshot, its, side.chart.palette)
                for (snapshot, side), its in zip(self._sides(two), (beside, axes), strict=True)
            )
        )
        unlike = two.left.step.problem.model != two.right.step.problem.model
        origins = two.left_origin, two.right_origin
        for (snapshot, side), scene, name, origin in zip(self._sides(two), scenes, self.names(), origins, strict=True):
            side.border_title = Content(fit(f"{name} · {origin}", max(1, side.size.width - 6)))
            side.show(heading(snapshot, of_model=unlike), scene, None)
        chart = self.query_one("#objectives", Chart)
        chart.border_title = Content(curves_title(two))
        chart.set_scene(objectives_scene(two, chart.palette))
        self._draw_differences()
        self.query_one("#said", Static).update(Content(branches_sentence(two)))
        self.fit()

    def _sides(self, two: TwoBranches) -> list[tuple[StepSnapshot, Any]]:
        return [(two.left, self.left), (two.right, self.right)]

    def _draw_differences(self) -> None:
        if self.two is None or not self.has_class("-room"):
            return
        box = self.query_one("#differ", Static)
        width, palette = max(1, box.content_size.width), self.left.chart.palette
        lines = difference_lines(self.two, width, _ROWS_BELOW - 2, palette)
        box.update(Content("\n".join(lines)))

    # keys

    def action_other(self, by: int) -> None:
        """Another branch at the left."""
        if self._snapshot is None or self.two is None:
            return
        others = [branch for branch in range(self._snapshot.n_branches) if branch != self._snapshot.branch]
        if len(others) < 2:
            self.notify("These two are all the branches that there are.", markup=False)
            return
        place = others.index(self.two.left.branch) if self.two.left.branch in others else -by
        self._other = others[(place + by) % len(others)]
        self.draw()

    def action_axes(self, by: int) -> None:
        """Look along other features, on both sides."""
        if self.two is not None:
            self._axes_index += by
            self._draw_two()
