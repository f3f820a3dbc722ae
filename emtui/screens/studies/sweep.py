"""A sweep over learning rate × hidden units (or experts): heat maps of both methods, filled as the runs come in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from emtui.charts.heatmap import Heatmap
from emtui.exports.sweep_table import SWEEP_EXPORTS
from emtui.networks.sweep import SIDES, Side, SweepResult, What, models_of, sweep
from emtui.networks.sweep_grid import SweepGrid, sizes_of_model, usual_grid
from emtui.screens.studies.study import Exported, StudyScreen
from emtui.screens.studies.sweep_form import SweepForm
from emtui.spec.revise import changed
from emtui.spec.rival_model import is_network
from emtui.spec.run_spec import RunSpec
from emtui.views.network.sweep_text import (
    cell_words,
    chosen_sentence,
    differences_of,
    side_name,
    subject_name,
    subjects_of,
    sweep_matrix,
)
from emtui.widgets.key_items import KeyHints
from engine.text import clean

_KEYS = "↑↓←→ cell · enter opens · tab side · d subject · g grid · x export · esc back"
_FORM_KEYS = "enter sweeps this grid · tab next · esc leaves it as it was"


class SweepScreen(StudyScreen):
    """Both methods in every cell, from several seeds. Dismissed with the choices of a cell, or with None."""

    AUTO_FOCUS: ClassVar[str | None] = ""  # the arrows choose a cell until the form is asked for
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "leave", "back", show=False, id="sweep.back"),
        Binding("up,k", "move(-1, 0)", "up", show=False, id="sweep.up"),
        Binding("down,j", "move(1, 0)", "down", show=False, id="sweep.down"),
        Binding("left,h", "move(0, -1)", "left", show=False, id="sweep.left"),
        Binding("right,l", "move(0, 1)", "right", show=False, id="sweep.right"),
        Binding("tab", "other_side", "other method", id="sweep.side", tooltip="the other method"),
        Binding("d", "other_subject", "subject", id="sweep.subject", tooltip="validation accuracy or RMSE, final loss"),
        Binding("g", "form", "grid", id="sweep.form", tooltip="rates, sizes, seeds, iterations"),
    ]
    DEFAULT_CSS = """
    SweepScreen #cell { height: auto; max-height: 4; text-wrap: wrap; }
    SweepScreen #verdict { height: auto; max-height: 4; text-wrap: wrap; display: none; }
    SweepScreen #verdict.-said { display: block; }
    SweepScreen #maps { height: 1fr; }
    SweepScreen .map { border: round $foreground 35%;
        border-title-color: $foreground; border-subtitle-color: $foreground;
        height: 1fr; width: 1fr; padding: 0 1; overflow-y: auto;
        scrollbar-size-vertical: 1; }
    SweepScreen .map.-chosen { border: round $accent; border-title-color: $accent; }
    SweepScreen.-stacked #maps { layout: vertical; }
    """

    def __init__(self, spec: RunSpec, grid: SweepGrid | None = None) -> None:
        super().__init__(spec)
        self.sweep = SweepResult(spec, grid or usual_grid(sizes_of_model(spec.model.name)))
        self._side: Side = "own"
        self._what: What = self.sweep.compared
        self._cell = _middle(self.sweep.grid)

    def compose(self) -> ComposeResult:
        """The progress, the grid, a heat map for each method, the selected cell and the chosen one, and the keys."""
        yield Static("", id="head", markup=False)
        yield SweepForm(self.sweep.grid)
        with Horizontal(id="maps"):
            for side in SIDES:
                with Vertical(id=side, classes="map"):
                    yield Heatmap(id=f"{side}-map")
        yield Static("", id="cell", markup=False)
        yield Static("", id="verdict", markup=False)
        yield KeyHints(_KEYS)

    def on_resize(self) -> None:
        """Stack the maps on a narrow screen."""
        self.set_class(self.size.width < 90, "-stacked")

    # the study

    def study(self) -> Iterator[SweepResult]:
        """The runs so far, after each further run."""
        return sweep(self.spec, self.sweep.grid)

    def take(self, value: Any) -> None:
        """How far it is."""
        self.sweep = SweepResult(self.spec, self.sweep.grid) if value is None else value

    def chosen(self) -> RunSpec | None:
        """The choices for the selected cell."""
        grid, (m, r) = self.sweep.grid, self._cell
        model = models_of(self.spec, self._side, grid.rates[r], grid.units[m])
        return changed(self.spec, model=model, algorithm="classic")

    # drawing

    def draw(self) -> None:
        """Draw the head, both maps, the selected cell in words, and what is chosen."""
        state = self.words(f"{self.sweep.n_done} of {self.sweep.n_runs} runs")
        data = clean(self.spec.dataset.name)
        grid = self.sweep.grid
        seeds = f"mean of {grid.n_seeds} seeds" if grid.n_seeds > 1 else "1 seed"
        way = f" · {self.spec.prediction} scores" if is_network(self.spec.model) else ""
        head = f"sweep of {data} · {state} · {seeds}{way}"
        self.query_one("#head", Static).update(Content(head))
        for side in SIDES:
            box = self.query_one(f"#{side}", Vertical)
            box.border_title = Content(f"{side_name(self.sweep, side)} · {subject_name(self.sweep, self._what)}")
            box.set_class(side == self._side, "-chosen")
            at = self._cell if side == self._side else (-1, -1)
            self.query_one(f"#{side}-map", Heatmap).set_matrix(sweep_matrix(self.sweep, side, self._what, at))
            if at[0] + 1 >= box.scroll_y + box.content_size.height or at[0] < box.scroll_y:
                box.scroll_to(y=at[0], animate=False)
        self.query_one("#cell", Static).update(Content(self.refusal or cell_words(self.sweep, self._cell)))
        apart = differences_of(self.sweep)
        if self.has_class("-stacked") and ";" in apart:  # what each learns, which comes first, has to have room
            apart = f"{apart.partition(';')[0]}."
        said = f"{chosen_sentence(self.sweep)} {apart}".strip()
        verdict = self.query_one("#verdict", Static)
        verdict.update(Content(said))
        verdict.set_class(bool(said), "-said")

    # the form

    def action_form(self) -> None:
        """Give the keys to the form."""
        self.query_one(SweepForm).enter()

    def on_descendant_focus(self) -> None:
        """The keys of the form are told while it has them."""
        self._tell_keys()

    def on_descendant_blur(self) -> None:
        """And those of the maps afterwards."""
        self._tell_keys()

    def _tell_keys(self) -> None:
        in_form = any(field.active for field in self.query_one(SweepForm).fields)
        self.query_one(KeyHints).say(_FORM_KEYS if in_form else _KEYS)

    def on_sweep_form_left(self, event: SweepForm.Left) -> None:
        """The arrows choose a cell again."""
        event.stop()
        self.set_focus(None)

    def on_sweep_form_applied(self, event: SweepForm.Applied) -> None:
        """Sweep another grid."""
        event.stop()
        self.set_focus(None)
        self.stop()
        self.sweep = SweepResult(self.spec, event.grid)
        self._cell = _middle(event.grid)
        self.begin()

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
        """Switch to the other method; in the form, to the next line."""
        form = self.query_one(SweepForm)
        if any(field.active for field in form.fields):
            form.move(1)
            return
        self._side = "rival" if self._side == "own" else "own"
        self.draw()

    def action_other_subject(self) -> None:
        """Switch between what cells are compared by and the final loss."""
        first, second = subjects_of(self.sweep)
        self._what = second if self._what == first else first
        self.draw()

    def exported(self) -> Exported | None:
        """Its table and its heat maps."""
        return (self.sweep, SWEEP_EXPORTS) if self.sweep.found.runs else None


def _middle(grid: SweepGrid) -> tuple[int, int]:
    return len(grid.units) // 2, len(grid.rates) // 2
