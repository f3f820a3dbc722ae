"""A sweep over learning rate × hidden units: heat maps of both methods, filled as the runs come in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from emtui.charts.heatmap import Heatmap, Matrix
from emtui.networks.rival import method_name
from emtui.networks.sweep import SIDES, Side, SweepGrid, SweepResult, has_rate, models_of, sweep
from emtui.screens.studies.study import StudyScreen
from emtui.spec.revise import changed
from emtui.spec.run_spec import RunSpec
from emtui.views.number_format import fixed, probability

What = Literal["test_accuracy", "train_loss"]
_TITLES: dict[What, str] = {"test_accuracy": "test accuracy", "train_loss": "final training loss"}
_KEYS = "↑ ↓ ← → cell · enter opens · tab method · d subject · space again · esc back"


class SweepScreen(StudyScreen):
    """Both methods in every cell, from several seeds. Dismissed with the choices of a cell, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "leave", "back", show=False, id="sweep.back"),
        Binding("up,k", "move(-1, 0)", "up", show=False, id="sweep.up"),
        Binding("down,j", "move(1, 0)", "down", show=False, id="sweep.down"),
        Binding("left,h", "move(0, -1)", "left", show=False, id="sweep.left"),
        Binding("right,l", "move(0, 1)", "right", show=False, id="sweep.right"),
        Binding("tab", "other_side", "other method", id="sweep.side", tooltip="the other method"),
        Binding("d", "other_subject", "subject", id="sweep.subject", tooltip="test accuracy, final loss"),
    ]
    DEFAULT_CSS = """
    SweepScreen #cell { height: auto; max-height: 4; text-wrap: wrap; }
    SweepScreen #maps { height: 1fr; }
    SweepScreen .map { border: round $foreground 35%; height: 1fr; width: 1fr; padding: 0 1; }
    SweepScreen .map.-chosen { border: round $accent; border-title-color: $accent; }
    SweepScreen.-stacked #maps { layout: vertical; }
    """

    def __init__(self, spec: RunSpec, grid: SweepGrid | None = None) -> None:
        super().__init__(spec)
        self.sweep = SweepResult(grid or SweepGrid())
        self._side: Side = "own"
        self._what: What = "test_accuracy"
        self._cell = (len(self.sweep.grid.units) // 2, len(self.sweep.grid.rates) // 2)

    def compose(self) -> ComposeResult:
        """The progress, a heat map for each method, the selected cell in words, and the keys."""
        yield Static("", id="head", markup=False)
        with Horizontal(id="maps"):
            for side in SIDES:
                with Vertical(id=side, classes="map"):
                    yield Heatmap(id=f"{side}-map")
        yield Static("", id="cell", markup=False)
        yield Static(Content(_KEYS), id="hint")

    def on_resize(self) -> None:
        """Stack the maps on a narrow screen."""
        self.set_class(self.size.width < 90, "-stacked")

    # the study

    def study(self) -> Iterator[SweepResult]:
        """The runs so far, after each further run."""
        so_far = SweepResult(self.sweep.grid)
        for run in sweep(self.spec, so_far.grid):
            so_far = SweepResult(so_far.grid, (*so_far.runs, run))
            yield so_far

    def take(self, value: Any) -> None:
        """How far it is."""
        self.sweep = SweepResult(self.sweep.grid) if value is None else value

    def chosen(self) -> RunSpec | None:
        """The choices for the selected cell."""
        grid, (m, r) = self.sweep.grid, self._cell
        return changed(self.spec, model=models_of(self.spec, self._side, grid.rates[r], grid.units[m]))

    # drawing

    def draw(self) -> None:
        """Draw the head, both maps, and the selected cell in words."""
        grid, done = self.sweep.grid, len(self.sweep.runs)
        state = self.words(f"{done} of {grid.n_runs} runs")
        words = f"{_TITLES[self._what]}, mean of {grid.n_seeds} seeds, {grid.max_iter} iterations"
        data = self.spec.dataset.name
        self.query_one("#head", Static).update(Content(f"sweep of {data} · {words} · {state}"))
        for side in SIDES:
            box = self.query_one(f"#{side}", Vertical)
            box.border_title = Content(self._method(side))
            box.set_class(side == self._side, "-chosen")
            self.query_one(f"#{side}-map", Heatmap).set_matrix(self._matrix(side))
        self.query_one("#cell", Static).update(Content(self.refusal or self._cell_words()))

    def _method(self, side: Side) -> str:
        grid = self.sweep.grid
        model = models_of(self.spec, side, grid.rates[0], grid.units[0])
        if model.name == "backprop":
            return f"backprop {model.optimizer}"
        return "EM gradient" if has_rate(model) else f"{method_name(model)} (no learning rate)"

    def _matrix(self, side: Side) -> Matrix:
        grid, table = self.sweep.grid, self.sweep.table(side, self._what)
        m, r = self._cell if side == self._side else (-1, -1)
        rows = [f"{'▸' if i == m else ' '}{units}" for i, units in enumerate(grid.units)]
        columns = [f"{'▾' if j == r else ''}{rate:zg}" for j, rate in enumerate(grid.rates)]
        both = [self.sweep.table(each, self._what) for each in SIDES]
        known = np.concatenate([each[np.isfinite(each)] for each in both])
        # a run that went astray takes no colour from the others; the strongest colour is the best, in both maps
        shares = (0.1, 1.0) if self._what == "test_accuracy" else (0.85, 0.0)
        low, high = (float(np.quantile(known, share)) for share in shares) if len(known) else (0.0, 1.0)
        return Matrix(table, rows, columns, ".3f", "units╲rate", low, high)

    def _cell_words(self) -> str:
        grid, (m, r) = self.sweep.grid, self._cell
        said = []
        for side in SIDES:
            runs = self.sweep.cell(side, m, r)
            accuracies = [run.test_accuracy for run in runs if np.isfinite(run.test_accuracy)]
            losses = [run.train_loss for run in runs if np.isfinite(run.train_loss)]
            if not runs:
                said.append(f"{self._method(side)}: not run yet")
            elif not losses:
                said.append(f"{self._method(side)}: could not be run")
            else:
                spread = f"{probability(min(accuracies), 3)} to {probability(max(accuracies), 3)}"
                mean = probability(float(np.mean(accuracies)), 3)
                said.append(f"{self._method(side)}: test {mean} ({spread}), loss {fixed(float(np.mean(losses)), 3)}")
        where = f"{grid.units[m]} hidden units, learning rate {grid.rates[r]:zg}"
        return f"{where} · {' · '.join(said)}."

    # keys

    def action_move(self, down: int, right: int) -> None:
        """Select another cell."""
        grid, (m, r) = self.sweep.grid, self._cell
        self._cell = max(0, min(len(grid.units) - 1, m + down)), max(0, min(len(grid.rates) - 1, r + right))
        self.draw()

    def on_heatmap_picked(self, event: Heatmap.Picked) -> None:
        """Select the cell that was clicked."""
        event.stop()
        self._side = "own" if event.control.id == "own-map" else "rival"
        self._cell = event.row, event.column
        self.draw()

    def action_other_side(self) -> None:
        """Switch to the other method."""
        self._side = "rival" if self._side == "own" else "own"
        self.draw()

    def action_other_subject(self) -> None:
        """Switch between test accuracy and final loss."""
        self._what = "train_loss" if self._what == "test_accuracy" else "test_accuracy"
        self.draw()
