"""How many components, of which shape: BIC, AIC, ICL and held-out log-likelihood against K and covariance type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from emtui.charts.chart_widget import Chart
from emtui.exports.study_tables import Study
from emtui.screens.studies.selection_sizes import SIZES_EXPORTS, Size, size_scene, size_table, sizes_of, verdict
from emtui.screens.studies.study import Exported, StudyScreen, side_by_side
from emtui.spec.labels_given import NONE
from emtui.spec.revise import changed
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import sample_weight_of, table_of
from emtui.views.number_format import plural
from emtui.widgets.paged_table import LineTable
from engine.analysis.selection import CRITERIA, Criterion, SelectionProgress, badness, compare_sizes
from engine.em.model import Model

REPEATS = 3
MOST = 8
_MEANING: dict[Criterion, str] = {
    "bic": "BIC, the smaller the better",
    "aic": "AIC, the smaller the better",
    "icl": "ICL, entropy form, the smaller the better",
    "icl_map": "ICL, MAP form, the smaller the better",
    "held_out": "log-likelihood of a held-out row, the larger the better",
}
_KEYS = "enter opens · d other criterion · R other seeds · x export · esc back"


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

    def exported(self) -> Exported | None:
        """All sizes, and the fits that they come of."""
        candidates = self.progress.candidates if self.progress is not None else ()
        return (Study(self.spec, candidates), SIZES_EXPORTS) if candidates else None

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
