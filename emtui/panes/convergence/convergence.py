"""How fast EM comes to rest: rate, iterations to go, why it is slow, what would help; a chart if there is room."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from emtui.charts.chart_widget import Chart
from emtui.panes.convergence.convergence_chart import convergence_scene
from emtui.panes.convergence.convergence_sentences import Measured
from emtui.panes.convergence.convergence_text import convergence_lines
from emtui.panes.messages import GoTo
from emtui.panes.table_pane import TablePane
from emtui.session.queries import OverlapAt, Query, RateAt, answer
from emtui.session.snapshot import StepSnapshot
from emtui.spec.tolerance import tolerance_of
from emtui.spec.work import is_small, work_of_a_pass
from emtui.widgets.paged_table import LineTable
from emtui.widgets.plain_table import TextLines
from emtui.widgets.table_columns import joined
from engine.analysis.convergence_rate import ITERATIONS, MapRate
from engine.em.evaluation import Evaluation
from engine.em.step import Step

if TYPE_CHECKING:
    from engine.analysis.convergence import Convergence
    from engine.analysis.overlap import Overlap

_CHART = 9  # lines from which a chart is worth its room
_WORK_OF_A_QUERY, _WORK_OF_ALL = 1e6, 3e8  # of the passes of a measurement


class ConvergencePane(TablePane):
    """Words, and the chart below them if there is room for both; `d` measures the rate at this θ.

    For many rows the overlap of components is computed in the background. A measurement takes a few passes at a time,
    so that steps come in between; it ends when another step is shown, or on `d`.
    """

    label = "convergence"
    short_label = "conv"
    DEFAULT_CSS = """
    ConvergencePane LineTable { height: 1fr; }
    ConvergencePane Chart { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d,enter", "measure", "measure", tooltip="the rate at this very θ", id="convergence.measure")
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.convergence: Convergence | None = None
        self.measured = Measured()
        self._measured_at: Step | None = None
        self._overlap: tuple[Evaluation, Overlap | None] | None = None  # of θ, which an E-step does not change
        self._asked_at: Step | None = None  # for the overlap

    def compose(self) -> ComposeResult:
        """Lines that scroll, and a chart below."""
        yield LineTable(pointing=False)
        yield Chart(id="convergence-chart")

    # drawing

    def draw(self, snapshot: StepSnapshot) -> None:
        """Show what the last steps tell; ask for what takes longer, and show it when it arrives."""
        from engine.analysis.convergence import convergence_of  # imports all the models that it distinguishes

        if self._measured_at is not snapshot.step:
            self.measured, self._measured_at = Measured(), snapshot.step
        known = self._find_overlap(snapshot)
        self.convergence = convergence = convergence_of(
            snapshot.recent,
            tolerance_of(snapshot.spec),
            overlap=None if known is None else known[1],
            measured=self.measured.rate,
        )
        lines = partial(convergence_lines, snapshot, convergence, self.measured, known is None)
        self.table.set_source(TextLines(lines))
        self._divide(snapshot, convergence)
        self.draw_border(snapshot)

    def _find_overlap(self, snapshot: StepSnapshot) -> tuple[Evaluation, Overlap | None] | None:
        """The overlap if it is known or quick to compute; else None for now, and it is asked for, once per step."""
        step = snapshot.step
        if self._overlap is None or self._overlap[0] is not step.at:
            self._overlap = None
            if is_small(snapshot.spec, snapshot.n_rows):
                self._overlap = _found(step, answer(OverlapAt(), step))
            elif self._asked_at is not step:
                self._asked_at = step
                self.ask(OverlapAt(), step)
        return self._overlap

    def _divide(self, snapshot: StepSnapshot, convergence: Convergence) -> None:
        """Give the chart the room that the words leave, if it is enough."""
        table, chart, height = self.table, self.query_one(Chart), self.content_size.height
        chart.display = height - table.n_rows >= _CHART
        table.styles.height = table.n_rows + 1 if chart.display else "1fr"
        if chart.display:
            chart.set_scene(convergence_scene(snapshot, convergence, chart.palette))

    def draw_border(self, snapshot: StepSnapshot) -> None:
        """Say which lines are in sight, and what the key does."""
        lines = f"lines {self.in_sight}" if self.in_sight else ""
        over = self.measured.refusal or (self.measured.found is not None and self.measured.found.over)
        hint = "d stops" if self.measured.under_way else "" if over else "d: measure the rate"
        self.border_subtitle = Content(joined((hint, lines), self.size.width - 4))

    # measuring

    def action_measure(self) -> None:
        """Measure the rate at this θ, or stop measuring."""
        snapshot = self.snapshot
        if snapshot is None or self.convergence is None:
            return
        if self.measured.under_way:
            self.measured = Measured(self.measured.found)
        elif self.measured.found is None or not self.measured.found.over:
            self._measured_at = snapshot.step
            self.measured = self._measure_on(snapshot, self.measured.found)
        else:
            self.refuse("The rate at this step is measured: there is no more to measure here.")
            return
        self.redraw()

    def _measure_on(self, snapshot: StepSnapshot, so_far: MapRate | None) -> Measured:
        """The measurement so far: going on with another question, finished, or refused."""
        assert self.convergence is not None
        refusal = why_unmeasured(snapshot, self.convergence)
        if refusal:
            return Measured(refusal=refusal)
        work, done = work_of_a_pass(snapshot.spec, snapshot.n_rows), 0 if so_far is None else so_far.passes // 2
        most = min(ITERATIONS, int(_WORK_OF_ALL / (2 * work)))
        if done >= most or (so_far is not None and so_far.over):
            return Measured(so_far)
        several = max(1, int(_WORK_OF_A_QUERY / (2 * work)))
        self.ask(RateAt(so_far, min(several, most - done)), snapshot.step)
        return Measured(so_far, under_way=True)

    def take_answer(self, query: Query, step: Step, answer: Any) -> None:
        """Show what was found; an unfinished measurement goes on."""
        if self.snapshot is None or step is not self.snapshot.step:
            return
        if isinstance(query, OverlapAt):
            self._overlap = _found(step, answer)
            self.redraw()
        elif isinstance(query, RateAt) and self.measured.under_way and query.so_far is self.measured.found:
            going_on = isinstance(answer, MapRate)
            self.measured = self._measure_on(self.snapshot, answer) if going_on else Measured(refusal=str(answer))
            self.redraw()

    # events

    def on_chart_picked(self, event: Chart.Picked) -> None:
        """Go to the iteration that was clicked."""
        event.stop()
        if self.snapshot is not None:
            moved = [record for record in self.snapshot.records if record.phase != "E"]
            self.post_message(GoTo(min(moved, key=lambda record: abs(record.iteration - event.x)).index))


def _found(step: Step, overlap: Overlap | str | None) -> tuple[Evaluation, Overlap | None]:
    """An answer and its θ; None for the answer if a sentence came instead."""
    return step.at, None if isinstance(overlap, str) else overlap


def why_unmeasured(snapshot: StepSnapshot, convergence: Convergence) -> str:
    """Why the rate can't be measured here, in words; "" if it can."""
    model = snapshot.step.problem.model
    if model.samples or not model.exact:
        return "not possible: the E-step " + ("draws at random" if model.samples else "only comes near the posterior")
    if not model.has_likelihood or convergence.kind == "descent":
        return "not possible: one iteration is no smooth map of θ here"
    if work_of_a_pass(snapshot.spec, snapshot.n_rows) * 6 > _WORK_OF_ALL:
        return "not here: it takes tens of passes, and one is long already"
    return ""
