"""How many hidden units, or experts: accuracy or RMSE and losses against the size, and what validation rows choose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from emtui.charts.chart_widget import Chart
from emtui.charts.colors import Palette
from emtui.charts.scene import Curve, Layer, Mark, Scene
from emtui.exports.study_tables import NETWORK_SIZES_EXPORTS, Study
from emtui.networks.rival import method_name
from emtui.networks.sizes import (
    REPEATS,
    Size,
    SizesResult,
    first_layer,
    network_sizes,
    sizes_for,
    with_size,
)
from emtui.screens.studies.study import Exported, StudyScreen, side_by_side
from emtui.spec.revise import changed, with_seed
from emtui.spec.rival_model import has_rival, is_network
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import learns_numbers
from emtui.views.network.sweep_text import choice_sentence, measure_of, measured
from emtui.views.number_format import fixed, plural
from emtui.widgets.paged_table import LineTable
from emtui.widgets.plain_table import PlainTable
from emtui.widgets.table_columns import TableColumn
from engine.text import clean

What = Literal["validation_accuracy", "validation_rmse", "validation_log_loss", "train_log_loss"]
SUBJECTS: dict[What, str] = {
    "validation_accuracy": "validation accuracy, the larger the better",
    "validation_rmse": "validation RMSE, the smaller the better",
    "validation_log_loss": "loss on validation rows, the smaller the better",
    "train_log_loss": "loss on the rows that are fitted",
}
_KEYS = "enter opens · d other subject · R other seeds · x export · esc back"


class NetworkSizesScreen(StudyScreen):
    """The curve of one subject, and a table of all sizes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("K", "leave", "back", show=False, id="sizes.back"),
        Binding("d", "subject", "subject", id="sizes.subject", tooltip="validation accuracy or RMSE, losses"),
        Binding("R", "new_seeds", "other seeds", id="sizes.newseeds", tooltip="other starts and validation rows"),
    ]
    DEFAULT_CSS = """
    NetworkSizesScreen LineTable { width: 54; }
    """

    def __init__(self, spec: RunSpec, sizes: tuple[Size, ...] | None = None, repeats: int = REPEATS) -> None:
        super().__init__(spec)
        self._sizes = sizes_for(spec) if sizes is None else sizes
        self._repeats, self._seed = repeats, spec.seed
        self.sizes = SizesResult(spec, self._sizes, repeats)
        self._what: What = _measured(spec)
        self._place: int | None = None  # None for the chosen one

    def compose(self) -> ComposeResult:
        """The progress; what is chosen; the curve and the sizes; the keys."""
        return side_by_side(Chart(can_focus=False), LineTable(), keys=_KEYS)

    # the study

    def study(self) -> Iterator[SizesResult]:
        """Every size, from several seeds."""
        return network_sizes(self.spec, self._sizes, self._repeats, self._seed)

    def take(self, value: Any) -> None:
        """How far it is."""
        self.sizes = SizesResult(self.spec, self._sizes, self._repeats) if value is None else value

    @property
    def place(self) -> int:
        """The selected size: the chosen one if none was selected, else that of the explorer."""
        if self._place is not None:
            return self._place
        present = self.spec.model.option_values[self.spec.model.size_option]
        wanted = self.sizes.chosen if self.sizes.chosen is not None else present
        return self._sizes.index(wanted) if wanted in self._sizes else 0

    def chosen(self) -> RunSpec | None:
        """The choices for the selected size."""
        pinned = with_seed(self.spec, self._seed)
        model = with_size(self.spec.model, self._sizes[self.place])
        return changed(self.spec, model=model, seed=self._seed, split_seed=pinned.split_seed, algorithm="classic")

    def exported(self) -> Exported | None:
        """What each size has come to."""
        return (Study(self.spec, self.sizes), NETWORK_SIZES_EXPORTS) if self.sizes.found.runs else None

    # drawing

    def draw(self) -> None:
        """Head, what is chosen, curve and table."""
        now = self.sizes
        state = self.words(f"{now.n_done} of {now.n_runs} runs")
        first, last = (now.name(size) for size in (self._sizes[0], self._sizes[-1]))
        several, hidden = isinstance(self._sizes[0], tuple), "hidden " if is_network(self.spec.model) else ""
        tried = f"{first} to {last.removeprefix('layers ')}"
        if not several:
            tried = f"{first_layer(self._sizes[0])} to {first_layer(self._sizes[-1])} {hidden}{now.noun}s"
        way = f"{self.spec.prediction} " if is_network(self.spec.model) else ""
        head = f"sizes of {clean(self.spec.dataset.name)} · {state} · {method_name(self.spec.model)}, {tried}"
        self.query_one("#head", Static).update(Content(head))
        self.query_one("#verdict", Static).update(Content(self.refusal or verdict(now)))
        chart = self.query_one(Chart)
        of_loss = self._what in ("validation_log_loss", "train_log_loss")
        what, comma, rest = SUBJECTS[self._what].partition(",")
        named_so = f"{way}{what}" if of_loss or not way else f"{what} ({way.strip()})"
        chart.border_title = Content(f"{named_so}{comma}{rest}")
        chart.set_scene(sizes_scene(now, self._what, chart.palette))
        self.query_one(LineTable).set_source(sizes_table(now, self._what), self.place, "No size is fitted yet.")

    # keys

    def on_line_table_row_picked(self, event: LineTable.RowPicked) -> None:
        """Select another size."""
        event.stop()
        self._place = event.place

    def action_subject(self) -> None:
        """Go to the next subject."""
        other = {"validation_accuracy", "validation_rmse"} - {_measured(self.spec)}
        subjects = [what for what in SUBJECTS if what not in other]
        self._what = subjects[(subjects.index(self._what) + 1) % len(subjects)]
        self.draw()

    def action_new_seeds(self) -> None:
        """Run again with other starts and validation rows, on the same training rows."""
        self.stop()
        self.spec = with_seed(self.spec, self._seed)
        self._seed += self._repeats
        self._place = None
        self.begin()


def _measured(spec: RunSpec) -> What:
    """What sizes are compared by."""
    return "validation_rmse" if learns_numbers(spec) else "validation_accuracy"


def sizes_scene(now: SizesResult, what: What, palette: Palette) -> Scene:
    """The mean over the seeds against the units that vary; a cross on the chosen size."""
    known = [(size, now.found.mean(now.name(size), what)) for size in now.sizes]
    points = [(float(first_layer(size)), value) for size, value in known if np.isfinite(value)]
    layers: list[Layer] = []
    if len(points) > 1:  # a point has no range
        x, y = (np.array(values) for values in zip(*points, strict=True))
        color = palette.color(0)
        layers = [Curve(x, y, color), *(Mark(a, b, palette.marker(0), color) for a, b in points)]
    legend = []
    if layers and now.chosen is not None:
        at = float(first_layer(now.chosen)), now.found.mean(now.name(now.chosen), what)
        layers.append(Mark(*at, palette.mean_marker, palette.text))
        legend = [(palette.mean_marker, palette.text, "chosen")]
    label = f"{'hidden ' if is_network(now.spec.model) else ''}{now.noun}s"
    label = "units of the first hidden layer" if isinstance(now.sizes[0], tuple) else label
    return Scene(
        layers,
        x_label=label,
        legend=tuple(legend),
        empty="one size so far" if points else "no size yet",
        description=verdict(now),
    )


def sizes_table(now: SizesResult, what: What) -> PlainTable:
    """A line for each size: means over the seeds; what the curve shows is marked."""
    head, measured_by = "layers" if isinstance(now.sizes[0], tuple) else f"{now.noun}s", _measured(now.spec)
    numeric = measured_by == "validation_rmse"
    columns = (
        TableColumn("size", head, 8, "right"),
        TableColumn(measured_by, "RMSE" if numeric else "validation", 10, "right", marked=what == measured_by),
        TableColumn("validation_log_loss", "its loss", 9, "right", marked=what == "validation_log_loss"),
        TableColumn("train_log_loss", "fitted", 9, "right", marked=what == "train_log_loss"),
        TableColumn("runs", "runs", 5, "right"),
    )
    rows = []
    for size in now.sizes:
        name = now.name(size)
        judged = measured(now.found.mean(name, measured_by), measure_of(now.spec))
        losses = [fixed(now.found.mean(name, kind), 3) for kind in ("validation_log_loss", "train_log_loss")]
        made = sum(run.error is None for run in now.found.of(name))
        said = name.removeprefix("layers ").split(" ")[0]
        rows.append((said, judged, *losses, str(made)))
    return PlainTable(columns, tuple(rows), ("runs",))


def verdict(now: SizesResult) -> str:
    """What validation rows choose, what the test rows say of it, and what could not be run."""
    said = ""
    if now.chosen is not None:
        said = choice_sentence(now.spec, now.name(now.chosen), now.found, now.tested, now.repeats)
        if now.chosen == now.sizes[-1]:
            said += " It is the largest that was tried."
    errors = now.found.errors
    if errors:
        said += f" {plural(len(errors), 'run')} could not be made: {errors[-1].error}"
    return said.strip()


def why_no_sizes(spec: RunSpec) -> str:
    """Why there is nothing to compare for these choices, in a sentence; "" where there is."""
    if not has_rival(spec.model):
        return f"Sizes are compared for networks and mixtures, and {spec.model.name} is neither."
    return ""
