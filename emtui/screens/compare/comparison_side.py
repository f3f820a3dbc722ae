"""One side of the comparison: heading, picture, and the confusion matrix if classes are known."""

from __future__ import annotations

import numpy as np
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from emtui.charts.cell_text import first_fitting
from emtui.charts.chart_widget import Chart
from emtui.charts.colors import Palette
from emtui.charts.heatmap import Heatmap, Matrix
from emtui.charts.scene import Scene
from emtui.session.snapshot import Baseline, StepSnapshot
from emtui.views.number_format import fixed, plural, share
from emtui.views.step_text import objective_name
from engine.analysis.evaluation import Agreement
from engine.text import clean

_ROWS_FOR_MATRIX = 16


class ComparisonSide(Vertical):
    """Shows one of two steps: a heading of two lines, the scene, the confusion matrix; or why there is nothing."""

    DEFAULT_CSS = """
    ComparisonSide { width: 1fr; height: 1fr; border: round $foreground 35%;
        border-title-color: $foreground; border-subtitle-color: $foreground; }
    ComparisonSide .heading { height: auto; max-height: 2; text-wrap: nowrap; text-overflow: ellipsis; }
    ComparisonSide .instead { height: 1fr; padding: 1 2; color: $text-muted; display: none; }
    ComparisonSide Chart { height: 1fr; min-height: 3; }
    ComparisonSide Heatmap { max-height: 40%; margin-top: 1; display: none; }
    ComparisonSide.-empty Chart, ComparisonSide.-empty Heatmap, ComparisonSide.-empty .heading { display: none; }
    ComparisonSide.-empty .instead { display: block; }
    ComparisonSide.-matrix Heatmap { display: block; }
    """

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.border_title = title
        self._has_matrix = False
        self._heading = ("", "")

    def compose(self) -> ComposeResult:
        """The heading, the picture, the matrix, and the sentence that stands in their place."""
        yield Static("", classes="heading", markup=False)
        yield Chart(can_focus=False)
        yield Heatmap()
        yield Static("", classes="instead", markup=False)

    @property
    def chart(self) -> Chart:
        """The picture."""
        return self.query_one(Chart)

    def show(self, heading: tuple[str, str], scene: Scene, matrix: Matrix | None) -> None:
        """Show a picture, with two lines above and the matrix below it."""
        self.remove_class("-empty")
        self._heading = heading
        self.chart.set_scene(scene)
        self._has_matrix = matrix is not None
        if matrix is not None:
            self.query_one(Heatmap).set_matrix(matrix)
        self.on_resize()

    def say(self, sentence: str) -> None:
        """Say why there is no picture."""
        self.query_one(".instead", Static).update(Content(clean(sentence)))
        self.add_class("-empty")

    def on_resize(self) -> None:
        """Drop the matrix if there is little room, and the last part of a long heading."""
        width = self.size.width
        lines = [first_fitting(width, line, line.rpartition(" · ")[0] or line) for line in self._heading]
        self.query_one(".heading", Static).update(Content("\n".join(lines)))
        self.set_class(self._has_matrix and self.size.height >= _ROWS_FOR_MATRIX, "-matrix")


def hits_of(found: Agreement | None) -> str:
    """`145/150 .967`, or a note that no classes are known."""
    return "no known classes" if found is None else share(found.hits, found.total)


def model_heading(snapshot: StepSnapshot) -> tuple[str, str]:
    """The heading of the left side: the model and its place."""
    step, model = snapshot.step, snapshot.spec.model
    phase = "by hand" if snapshot.record.by_hand else f"{step.phase}-step"
    where = "start" if step.phase == "init" else f"iteration {step.iteration}, {phase}"
    hits = "press e for responsibilities" if snapshot.labels is None else hits_of(snapshot.agreement)
    height = f"{objective_name(snapshot)} {fixed(step.objective)}"
    sized = model.size_option in {option.name for option in model.options()}
    size = f" K={snapshot.spec.n_components}" if sized else ""
    parts = (hits, height) if snapshot.agreement is not None else (height, hits)  # the last may have to go
    return f"{model.name}{size} · {where}", " · ".join(parts)


def baseline_heading(snapshot: StepSnapshot, baseline: Baseline) -> tuple[str, str]:
    """The heading of the right side: k-means and its place. baseline: the whole, of which the snapshot shows a step."""
    step, run = snapshot.step, baseline.run
    n_starts = len(run.restarts)
    if (step.iteration, step.phase) == (run.n_iter, "M"):
        where = f"at rest after {plural(run.n_iter, 'iteration')}"
    else:
        where = f"iteration {step.iteration} of {run.n_iter}, {'assigned' if step.phase == 'E' else 'centres moved'}"
    starts = f" · best of {n_starts} starts" if n_starts > 1 else ""
    if baseline.began_em:
        starts = " · EM began there"
    # the objective of k-means is minus the inertia
    return where + starts, f"{hits_of(snapshot.agreement)} · inertia {fixed(-step.objective)}"


def confusion_matrix(snapshot: StepSnapshot, names: tuple[str, ...], palette: Palette) -> Matrix | None:
    """Rows of each class in each component; None if no classes are known, or before the first E-step."""
    found = snapshot.agreement
    if found is None:
        return None
    classes = snapshot.spec.dataset.class_names
    table = np.asarray(found.confusion, dtype=np.float64)
    rows = [classes[i] if i < len(classes) else str(i + 1) for i in range(table.shape[0])]
    columns = [f"{palette.marker(k)}{names[k] if k < len(names) else k + 1}" for k in map(int, found.components)]
    return Matrix(table, rows, columns, "g", "class", low=0.0)
