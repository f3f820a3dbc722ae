"""A sweep over learning rate × hidden units: heat maps of both methods, filled as the runs come in."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import Worker, WorkerState, get_current_worker

from emtui.charts.heatmap import Heatmap, Matrix
from emtui.choices import Choices
from emtui.networks.sweep import SIDES, Grid, Side, Sweep, SweepRun, has_rate, in_words, models_of, sweep
from emtui.shell.contest_report import method_name
from emtui.views.format import fixed, probability

What = Literal["test_accuracy", "train_loss"]
_TITLES: dict[What, str] = {"test_accuracy": "test accuracy", "train_loss": "final training loss"}
_KEYS = "↑ ↓ ← → cell · enter opens · tab method · d subject · space again · esc back"


class SweepScreen(Screen[Choices]):
    """Both methods in every cell, from several seeds, in the background; left with the choices of a cell, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", id="sweep.back", tooltip="stop the sweep; back to the explorer"),
        Binding("up,k", "move(-1, 0)", "up", show=False, id="sweep.up"),
        Binding("down,j", "move(1, 0)", "down", show=False, id="sweep.down"),
        Binding("left,h", "move(0, -1)", "left", show=False, id="sweep.left"),
        Binding("right,l", "move(0, 1)", "right", show=False, id="sweep.right"),
        Binding("enter", "open", "open", id="sweep.open", tooltip="open this cell in the explorer"),
        Binding("tab", "other_side", "other method", id="sweep.side", tooltip="the other method"),
        Binding("d", "other_subject", "subject", id="sweep.subject", tooltip="test accuracy, final loss"),
        Binding("space", "again", "again", id="sweep.again", tooltip="stop, or sweep again from other seeds"),
    ]
    DEFAULT_CSS = """
    SweepScreen { layout: vertical; }
    SweepScreen Static { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    SweepScreen #head { background: $panel; }
    SweepScreen #hint { color: $text-muted; }
    SweepScreen #cell { height: auto; max-height: 4; text-wrap: wrap; }
    SweepScreen #maps { height: 1fr; }
    SweepScreen .map { border: round $foreground 35%; height: 1fr; width: 1fr; padding: 0 1; }
    SweepScreen .map.-chosen { border: round $accent; border-title-color: $accent; }
    SweepScreen.-narrow #maps { layout: vertical; }
    """

    class Ran(Message):
        """A run of the sweep has ended."""

        def __init__(self, run: SweepRun, number: int) -> None:
            super().__init__()
            self.run = run
            self.number = number

    def __init__(self, choices: Choices, grid: Grid | None = None) -> None:
        super().__init__()
        self._choices = choices
        self._number = 0  # of the sweep that is under way; runs of an earlier one are dropped
        self.sweep = Sweep(grid or Grid())
        self.running = False
        self._side: Side = "own"
        self._what: What = "test_accuracy"
        self._cell = (len(self.sweep.grid.units) // 2, len(self.sweep.grid.rates) // 2)

    def compose(self) -> ComposeResult:
        """How far it is, a heat map a method, the chosen cell in words, and the keys."""
        yield Static("", id="head", markup=False)
        with Horizontal(id="maps"):
            for side in SIDES:
                with Vertical(id=side, classes="map"):
                    yield Heatmap(id=f"{side}-map")
        yield Static("", id="cell", markup=False)
        yield Static(Content(_KEYS), id="hint")

    def on_mount(self) -> None:
        """Begin."""
        self._draw()
        self._begin()

    def on_resize(self) -> None:
        """The maps stand below each other where it is narrow."""
        self.set_class(self.size.width < 90, "-narrow")

    # the worker

    def _begin(self) -> None:
        self.running = True
        self._number += 1
        number, choices, grid = self._number, self._choices, self.sweep.grid
        self.sweep = Sweep(grid)

        def work() -> None:
            worker = get_current_worker()
            for run in sweep(choices, grid):
                if worker.is_cancelled:
                    return
                self.post_message(self.Ran(run, number))

        self.run_worker(work, thread=True, exclusive=True, exit_on_error=False)
        self._draw()

    def on_sweep_screen_ran(self, event: Ran) -> None:
        """Take a run in."""
        event.stop()
        if event.number == self._number and self.running:
            self.sweep = Sweep(self.sweep.grid, (*self.sweep.runs, event.run))
            self._draw()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """It is through, or a mistake of ours came up."""
        event.stop()
        if event.state == WorkerState.ERROR and event.worker.error is not None:
            raise event.worker.error
        if event.state == WorkerState.SUCCESS and len(self.sweep.runs) >= self.sweep.grid.n_runs:
            self.running = False
            self._draw()

    def _stop(self) -> None:
        self.workers.cancel_node(self)
        self.running = False

    # drawing

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        grid, done = self.sweep.grid, len(self.sweep.runs)
        if done >= grid.n_runs:
            self.running = False
        state = f"{done} of {grid.n_runs} runs" + (", space stops" if self.running else "")
        if not self.running and done < grid.n_runs:
            state += ", stopped: space begins again"
        words = f"{_TITLES[self._what]}, mean of {grid.n_seeds} seeds, {grid.max_iter} iterations"
        data = self._choices.dataset.name
        self.query_one("#head", Static).update(Content(f"sweep of {data} · {words} · {state}"))
        for side in SIDES:
            box = self.query_one(f"#{side}", Vertical)
            box.border_title = Content(self._method(side))
            box.set_class(side == self._side, "-chosen")
            self.query_one(f"#{side}-map", Heatmap).set_matrix(self._matrix(side))
        self.query_one("#cell", Static).update(Content(self._cell_words()))

    def _method(self, side: Side) -> str:
        grid = self.sweep.grid
        model = models_of(self._choices, side, grid.rates[0], grid.units[0])
        if model.name == "backprop":
            return f"backprop {model.optimizer}"
        return "EM gradient" if has_rate(model) else f"{method_name(model)} (no learning rate)"

    def _matrix(self, side: Side) -> Matrix:
        grid, table = self.sweep.grid, self.sweep.table(side, self._what)
        m, r = self._cell if side == self._side else (-1, -1)
        rows = [f"{'▸' if i == m else ' '}{units}" for i, units in enumerate(grid.units)]
        columns = [f"{'▾' if j == r else ''}{rate}" for j, rate in enumerate(in_words(grid.rates))]
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
        where = f"{grid.units[m]} hidden units, learning rate {grid.rates[r]:g}"
        return f"{where} · {' · '.join(said)}."

    # keys

    def action_move(self, down: int, right: int) -> None:
        """Another cell."""
        grid, (m, r) = self.sweep.grid, self._cell
        self._cell = max(0, min(len(grid.units) - 1, m + down)), max(0, min(len(grid.rates) - 1, r + right))
        self._draw()

    def on_heatmap_picked(self, event: Heatmap.Picked) -> None:
        """A click chooses a cell."""
        event.stop()
        self._side = "own" if event.heatmap.id == "own-map" else "rival"
        self._cell = event.row, event.column
        self._draw()

    def action_other_side(self) -> None:
        """The other method."""
        self._side = "rival" if self._side == "own" else "own"
        self._draw()

    def action_other_subject(self) -> None:
        """Test accuracy, or the final loss."""
        self._what = "train_loss" if self._what == "test_accuracy" else "test_accuracy"
        self._draw()

    def action_again(self) -> None:
        """Stop; begin again where it has stopped."""
        if self.running:
            self._stop()
            self._draw()
        else:
            self._begin()

    def action_open(self) -> None:
        """Leave with the model of the chosen cell."""
        grid, (m, r) = self.sweep.grid, self._cell
        model = models_of(self._choices, self._side, grid.rates[r], grid.units[m])
        self._stop()
        self.dismiss(self._choices.changed(model=model))

    def action_leave(self) -> None:
        """Back to the explorer as it was."""
        self._stop()
        self.dismiss(None)
