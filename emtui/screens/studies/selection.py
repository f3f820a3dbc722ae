"""How many components, of which shape: BIC, AIC, ICL and held-out log-likelihood against K and covariance type."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from rich.style import Style
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from emtui.charts.chart_widget import Chart
from emtui.charts.colors import Palette
from emtui.charts.scene import Curve, Layer, Mark, Scene
from emtui.screens.studies.study import StudyScreen, side_by_side
from emtui.screens.studies.weak_components import COLUMN as WEAK
from emtui.screens.studies.weak_components import weak_cell
from emtui.spec.labels_given import NONE
from emtui.spec.revise import changed
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import sample_weight_of, table_of
from emtui.views.number_format import decimals_apart, fixed, listed, number, plural
from emtui.widgets.paged_table import LineTable
from emtui.widgets.plain_table import PlainTable
from emtui.widgets.table_columns import TableCell, TableColumn, ink
from engine.analysis.selection import (
    CRITERIA,
    Candidate,
    Criterion,
    SelectionProgress,
    badness,
    best_candidate,
    compare_sizes,
    curves,
    plateau,
)
from engine.em.model import Model

REPEATS = 3
MOST = 8
_NAMES: dict[Criterion, str] = {
    "bic": "BIC",
    "aic": "AIC",
    "icl": "ICL ent.",
    "icl_map": "ICL MAP",
    "held_out": "held-out",
}
_IN_WORDS: dict[Criterion, str] = {"icl": "ICL (entropy)", "icl_map": "ICL (MAP)", "held_out": "held-out rows"}
_MEANING: dict[Criterion, str] = {
    "bic": "BIC, the smaller the better",
    "aic": "AIC, the smaller the better",
    "icl": "ICL, entropy form, the smaller the better",
    "icl_map": "ICL, MAP form, the smaller the better",
    "held_out": "log-likelihood of a held-out row, the larger the better",
}
_KEYS = "enter opens · d other criterion · R other seeds · space again · esc back"


@dataclass(frozen=True)
class Size:
    """One K and covariance type, with the numbers that it has come to.

    values: by criterion; nan where there is none. seed: of the start that ended highest; None where none could be run.
    weak: its components that the rows alone don't hold up.
    """

    n_components: int
    covariance_type: str | None
    values: dict[Criterion, float]
    seed: int | None
    weak: Mapping[int, str] = field(default_factory=dict)


class SelectionScreen(StudyScreen):
    """The curves of one criterion, and a table of all candidates, sorted by it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("K", "leave", "back", show=False, id="selection.back"),
        Binding("d", "criterion", "criterion", id="selection.criterion", tooltip="BIC, AIC, both ICL, held-out rows"),
        Binding("R", "new_seeds", "other seeds", id="selection.newseeds", tooltip="other starts and splits"),
    ]
    DEFAULT_CSS = """
    SelectionScreen LineTable { width: 71; }
    """

    def __init__(self, spec: RunSpec, largest: int | None = None, repeats: int = REPEATS) -> None:
        super().__init__(spec)
        largest = max(MOST, spec.n_components + 3) if largest is None else largest
        self._sizes = tuple(range(1, min(largest, spec.dataset.n_samples) + 1))
        self._repeats = repeats
        self._seed = spec.seed
        self.criterion: Criterion = "bic"
        self.progress: SelectionProgress | None = None
        self.sizes: tuple[Size, ...] = ()
        self._pointed: tuple[int, str | None] | None = None  # K and covariance type; None for the best

    def compose(self) -> ComposeResult:
        """The progress; what each criterion prefers; the curves and the candidates; the keys."""
        return side_by_side(Chart(can_focus=False), LineTable(), keys=_KEYS)

    # the study

    def study(self) -> Iterator[SelectionProgress]:
        """Fit every candidate, with repeats."""
        spec = self.spec
        return compare_sizes(
            spec.model, table_of(spec)[0], n_components=self._sizes, covariance_types=self._covariance_types,
            sample_weight=sample_weight_of(spec),
            repeats=self._repeats, seed=self._seed, max_iter=spec.max_iter, tol=spec.tol,
        )  # fmt: skip

    def take(self, value: Any) -> None:
        """How far it is."""
        self.progress = value
        self._sort()

    def _sort(self) -> None:
        found = sizes_of(self.progress.candidates) if self.progress is not None else ()
        self.sizes = tuple(sorted(found, key=lambda one: badness(one.values[self.criterion], self.criterion)))

    @property
    def place(self) -> int:
        """The index of the selected candidate; the best one if none was selected."""
        keys = [(one.n_components, one.covariance_type) for one in self.sizes]
        return keys.index(self._pointed) if self._pointed in keys else 0

    def chosen(self) -> RunSpec | None:
        """The choices for the selected candidate, from the start with the highest objective."""
        size = self.sizes[self.place] if self.sizes else None
        if size is None or size.seed is None:
            return None
        changes: dict[str, Any] = {"n_components": size.n_components}
        if size.covariance_type is not None:
            changes["covariance_type"] = size.covariance_type
        model: Any = self.spec.model
        made = changed(
            self.spec, model=replace(model, **changes), seed=size.seed, known=NONE, algorithm="classic", stop=None
        )
        return replace(made, start=None)  # drawn by its seed, also where another start was published

    # drawing

    def draw(self) -> None:
        """Head, verdict, curves and table."""
        done, total = (0, 0) if self.progress is None else (self.progress.done, self.progress.total)
        state = self.words(f"{done} of {total} fits" if total else "beginning")
        data, model = self.spec.dataset.name, self.spec.model.name
        model += (" K=1" if self._sizes[-1] == 1 else f" K=1–{self._sizes[-1]}") + (
            " without known labels" if self.spec.known != NONE else ""
        )
        head = f"sizes of {data} · {model} · {plural(self._repeats, 'repeat')} · {state}"
        self.query_one("#head", Static).update(Content(head))
        said = verdict(self.progress.candidates) if self.progress is not None else ""
        self.query_one("#verdict", Static).update(Content(self.refusal or said))
        chart = self.query_one(Chart)
        chart.border_title = Content(_MEANING[self.criterion])
        candidates = () if self.progress is None else self.progress.candidates
        chart.set_scene(size_scene(candidates, self.criterion, self._kinds, chart.palette))
        source = size_table(self.sizes, self.criterion, self._kinds, chart.palette) if self.sizes else None
        self.query_one(LineTable).set_source(source, self.place, "No candidate is fitted yet.")

    @property
    def _kinds(self) -> tuple[str | None, ...]:
        return self._covariance_types or (None,)

    @property
    def _covariance_types(self) -> tuple[str, ...] | None:
        return kinds(self.spec.model, self.spec.dataset.n_features)

    # keys

    def on_line_table_row_picked(self, event: LineTable.RowPicked) -> None:
        """Select another candidate."""
        event.stop()
        if event.place < len(self.sizes):
            size = self.sizes[event.place]
            self._pointed = size.n_components, size.covariance_type

    def action_criterion(self) -> None:
        """Go to the next criterion; its best candidate comes first and is selected."""
        self.criterion = CRITERIA[(CRITERIA.index(self.criterion) + 1) % len(CRITERIA)]
        self._pointed = None
        self._sort()
        self.draw()
        self.query_one(LineTable).reveal()

    def action_new_seeds(self) -> None:
        """Run again with other starts and splits."""
        self.stop()
        self._seed += self._repeats
        self._pointed = None
        self.begin()


def kinds(model: Model[Any, Any], n_features: int = 2) -> tuple[str, ...] | None:
    """The covariance types that the model offers, or None; on a single column, only those that differ there."""
    offered = next((tuple(one.choices) for one in model.options() if one.name == "covariance_type"), None)
    if offered is None or n_features > 1:
        return offered
    return tuple(kind for kind in offered if kind not in ("diag", "spherical"))


def sizes_of(candidates: tuple[Candidate, ...]) -> tuple[Size, ...]:
    """The candidates by K and covariance type: criteria of the best fit, held-out rows averaged over repeats."""
    values: dict[tuple[int, str | None], dict[Criterion, float]] = {}
    groups: dict[tuple[int, str | None], list[Candidate]] = {}
    for one in candidates:
        key = one.n_components, one.covariance_type
        values.setdefault(key, dict.fromkeys(CRITERIA, math.nan))
        groups.setdefault(key, []).append(one)
    for criterion in CRITERIA:
        for curve in curves(candidates, criterion):
            for k, value in zip(curve.n_components, curve.best, strict=True):
                values[k, curve.covariance_type][criterion] = value
    found = []
    for (k, kind), numbers in values.items():
        fits = [one for one in groups[k, kind] if one.error is None]
        best = max(fits, key=lambda one: one.objective, default=None)
        found.append(Size(k, kind, numbers, None if best is None else best.seed, {} if best is None else best.weak))
    return tuple(found)


def size_scene(
    candidates: tuple[Candidate, ...], criterion: Criterion, order: tuple[str | None, ...], palette: Palette
) -> Scene:
    """The criterion against K, a curve for each covariance type; a cross on the best."""
    layers: list[Layer] = []
    legend = []
    for curve in curves(candidates, criterion):
        if not curve.n_components:
            continue
        color = palette.color(order.index(curve.covariance_type))
        x, y = np.array(curve.n_components, dtype=float), np.array(curve.best)
        layers.append(Curve(x, y, color))
        marker = palette.marker(order.index(curve.covariance_type))
        layers += [Mark(float(a), float(b), marker, color) for a, b in zip(x, y, strict=True)]
        if curve.covariance_type is not None:
            legend.append((marker, color, curve.covariance_type))
    best = best_candidate(candidates, criterion)
    if best is not None:
        size = (best.n_components, best.covariance_type)
        values = {(one.n_components, one.covariance_type): one.values[criterion] for one in sizes_of(candidates)}
        layers.append(Mark(float(best.n_components), values[size], palette.mean_marker, palette.text))
        legend.append((palette.mean_marker, palette.text, "best"))
    return Scene(
        layers, x_label="components K", legend=tuple(legend), empty="no candidate yet", description=verdict(candidates)
    )


def size_table(
    sizes: tuple[Size, ...], criterion: Criterion, order: tuple[str | None, ...], palette: Palette
) -> PlainTable:
    """A table of all candidates with all criteria; the one that it is sorted by is highlighted."""
    weak = any(size.weak for size in sizes)
    columns = (
        TableColumn("k", "K", 3, "right"),
        *((TableColumn("kind", "covariance", 11, gap=2),) if order != (None,) else ()),
        *(TableColumn(one, _NAMES[one], 10, "right", marked=one == criterion) for one in CRITERIA),
        *((WEAK,) if weak else ()),
    )
    rows: list[tuple[TableCell, ...]] = []
    apart = decimals_apart([size.values["held_out"] for size in sizes])
    for size in sizes:
        place = order.index(size.covariance_type)
        named: TableCell = ((palette.marker(place), ink(palette, palette.color(place), bold=True)),
                       (f" {size.covariance_type}", Style()))  # fmt: skip
        numbers = [fixed(size.values[one], apart if one == "held_out" else 1) for one in CRITERIA]
        marks = (weak_cell(size.weak),) if weak else ()
        rows.append((str(size.n_components), *((named,) if order != (None,) else ()), *numbers, *marks))
    return PlainTable(columns, tuple(rows), ("aic", "icl", "icl_map"))


def verdict(candidates: tuple[Candidate, ...]) -> str:
    """What each criterion prefers, and whether that is the largest K; criteria that agree are named together."""
    preferred: dict[str, list[str]] = {}
    for criterion in CRITERIA:
        best = best_candidate(candidates, criterion)
        if best is not None:
            words = f"K={best.n_alive}" + (f" {best.covariance_type}" if best.covariance_type else "")
            if best.n_alive < best.n_components:
                words += f" (of {best.n_components} the others died)"
            words += _at_the_end(candidates, criterion)
            preferred.setdefault(words, []).append(_IN_WORDS.get(criterion, _NAMES[criterion]))
    parts = [f"{listed(names)} {'prefer' if _many(names) else 'prefers'} {words}" for words, names in preferred.items()]
    said = f"{'; '.join(parts)}." if parts else ""
    errors = [one for one in candidates if one.error is not None]
    if errors:
        said += f" {plural(len(errors), 'fit')} could not be run: {errors[-1].error}"
    return said.strip()


def _at_the_end(candidates: tuple[Candidate, ...], criterion: Criterion) -> str:
    """Where the best K is the last one: that it is, and how close the next ones are."""
    found = plateau(candidates, criterion)
    if found is None:
        return ""
    others = f"K={found.smallest} to {found.largest} lie"
    if found.smallest == found.largest - 1:
        others = f"K={found.smallest} lies"
    return f", the largest that was tried ({others} within {number(found.gap)} of the best)"


def _many(names: list[str]) -> bool:
    return len(names) > 1 or names[0] == "held-out rows"
