"""The map of optima: hundreds of starts, grouped by where they end; the highest is not always the best clustering."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from emtui.charts.chart_widget import Chart
from emtui.charts.scene import Scene
from emtui.exports.picture_look import Look
from emtui.exports.pictures.figure import PRINT
from emtui.exports.pictures.scene_plot import plot_of
from emtui.exports.pictures.shapes import Sheet
from emtui.exports.pictures.step_sheets import pictured
from emtui.exports.study_tables import OPTIMA_EXPORTS, Study
from emtui.networks.choosing import choosing_spec, scored_on_test, validated, validation_rmse
from emtui.screens.studies.optima_map import OptimaMap, optima_scene, optima_table, verdict
from emtui.screens.studies.optima_starts import (
    MAX_ITER,
    N_STARTS,
    NETWORK_ITERATIONS,
    NETWORK_TOL,
    TOL,
    spread,
    starts_of_network,
)
from emtui.screens.studies.study import Exported, StudyScreen, named, side_by_side
from emtui.session.baseline import classes_to_find
from emtui.session.session import Session
from emtui.session.snapshot import StepSnapshot
from emtui.spec.labels_given import n_given
from emtui.spec.revise import changed, with_seed
from emtui.spec.rival_model import is_network
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import TrainTestSplit, sample_weight_of, split_of, table_of
from emtui.views import view_for
from emtui.views.number_format import plural
from emtui.views.view import Axes
from emtui.widgets.paged_table import LineTable
from engine.analysis.many_starts import StartsProgress, many_starts
from engine.analysis.optima import Optimum, group_optima
from engine.errors import EngineError

_KEYS = "enter opens · a axes · s other starts · R seeds · x export · esc back"


class OptimaScreen(StudyScreen):
    """A row for each optimum, and a picture of the selected one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("O", "leave", "back", show=False, id="optima.back"),
        Binding("a", "axes(1)", "axes", id="optima.axes", tooltip="the next pair of features in the picture"),
        Binding("A", "axes(-1)", "axes back", show=False, id="optima.axesback"),
        Binding("s", "other_starts", "starts", id="optima.starts", tooltip="random rows, or the model's own starts"),
        Binding("R", "new_seeds", "other seeds", id="optima.newseeds", tooltip="the next seeds instead"),
    ]
    DEFAULT_CSS = """
    OptimaScreen LineTable { width: 65; }
    """

    @dataclass(eq=False)
    class Pictured(Message):
        """The snapshot of an optimum is ready."""

        optimum: Optimum
        snapshot: StepSnapshot | None

    def __init__(self, spec: RunSpec, n_starts: int | None = None) -> None:
        super().__init__(spec)
        network = spec.model.supervised
        if n_starts is None:
            n_starts = starts_of_network(spec) if network else N_STARTS
        self._max_iter, self._tol = (NETWORK_ITERATIONS, NETWORK_TOL) if network else (MAX_ITER, TOL)
        self._choosing = choosing_spec(spec) if network else spec
        self.map: OptimaMap | None = None
        self._judged: dict[int, tuple[Any, tuple[float, float]]] = {}  # by identity, with the parameters themselves
        self.model = spread(spec.model)
        self._first_seed, self._n_starts = spec.seed, n_starts
        self._seed: int | None = None  # of a start that reached the selected optimum; None for the highest
        self._snapshot: tuple[Optimum, StepSnapshot | None] | None = None
        self._picturing = False
        self._axes = 0

    def compose(self) -> ComposeResult:
        """The progress; a verdict in words; the optima and a picture of the selected one; the keys."""
        keys = _KEYS.replace("other starts", "own M-step") if is_network(self.spec.model) else _KEYS
        keys = keys.replace(" · s own M-step", "") if spread(self.spec.model) is self.spec.model else keys
        return side_by_side(LineTable(), Chart(can_focus=False), keys=keys)

    # the study

    def study(self) -> Iterator[StartsProgress | OptimaMap]:
        """All the starts; of a network on the training rows but the validation rows, and then the test."""
        spec, last = self._choosing, None
        for last in many_starts(
            self.model, *table_of(spec), sample_weight=sample_weight_of(spec), n_starts=self._n_starts,
            seed=self._first_seed, max_iter=self._max_iter, tol=self._tol, algorithm=spec.algorithm,
        ):  # fmt: skip
            yield last
        if last is None or not self.spec.model.supervised:
            return
        found = self.digested(last)
        if found.best is not None:
            yield replace(found, tested=scored_on_test(self._of_start(found.best.best.seed)))

    def digested(self, value: StartsProgress | OptimaMap) -> OptimaMap:
        """The optima that were reached, each compared with the known classes that the model was not given.

        Those of a network are compared by its validation rows.
        """
        if isinstance(value, OptimaMap):
            return value
        split = split_of(self._choosing)
        if split is not None and split.numeric:
            erring = partial(validation_rmse, self.model, split)
            return OptimaMap(value, group_optima(value, rmse=erring), by_validation=True)
        if split is not None:
            return OptimaMap(value, group_optima(value, judge=partial(self._validated, split)), by_validation=True)
        truth = classes_to_find(self.spec)
        fits = truth is not None and len(truth) == value.problem.data.n_given
        return OptimaMap(value, group_optima(value, truth=truth if fits else None))

    def _validated(self, split: TrainTestSplit, params: Any) -> tuple[float, float]:
        """What the validation rows say of these parameters: asked once, though the map is drawn after every start."""
        known = self._judged.get(id(params))
        if known is None or known[0] is not params:
            known = self._judged[id(params)] = params, validated(self.model, split, params)
        return known[1]

    def take(self, value: Any) -> None:
        """How far it is."""
        self.map = value

    @property
    def place(self) -> int:
        """The index of the selected optimum: the one that the chosen start reached, else the highest."""
        optima = self.map.optima if self.map is not None else ()
        return next((i for i, one in enumerate(optima) if self._seed in one.seeds), 0)

    @property
    def pointed(self) -> Optimum | None:
        """The selected optimum; None while there is none."""
        return self.map.optima[self.place] if self.map is not None and self.map.optima else None

    def chosen(self) -> RunSpec | None:
        """The best start of the selected optimum, to be run as far as it was run here."""
        optimum = self.pointed
        return None if optimum is None else self._of_start(optimum.best.seed)

    def exported(self) -> Exported | None:
        """The optima, and the starts that reached them."""
        found = self.map
        return None if found is None or not found.progress.results else (Study(self.spec, found), OPTIMA_EXPORTS)

    def _of_start(self, seed: int) -> RunSpec:
        pinned = with_seed(self.spec, seed).split_seed
        made = changed(
            self.spec, model=self.model, seed=seed, split_seed=pinned, max_iter=self._max_iter, tol=self._tol, stop=None
        )
        return replace(made, start=None)  # drawn by its seed, also where another start was published

    # drawing

    def draw(self) -> None:
        """Head, verdict, table and picture."""
        done = 0 if self.map is None else self.map.progress.done
        state = self.words(f"{done} of {self._n_starts} starts")
        init = self.model.start_name
        who = named(replace(self.spec, model=self.model)) + (f" from {init}" if init else "")
        who += f" {self.model.option_values['m_step']}" if self.model.name == "mlp" else ""
        last = self._first_seed + self._n_starts - 1
        head = f"optima of {self.spec.dataset.name} · {who} · seeds {self._first_seed}–{last} · {state}"
        self.query_one("#head", Static).update(Content(head))
        given = n_given(self.spec)
        said = verdict(self.map) if self.map else ""
        said += f" {plural(given, 'given row')} {'does' if given == 1 else 'do'} not count." if said and given else ""
        self.query_one("#verdict", Static).update(Content(self.refusal or said))
        source = None if self.map is None else optima_table(self.map, self.model.has_likelihood and self.model.exact)
        self.query_one(LineTable).set_source(source, self.place, "No start has ended yet.")
        self._picture()

    def _picture(self) -> None:
        """Draw the selected optimum; compute its picture first if necessary."""
        optimum, chart = self.pointed, self.query_one(Chart)
        if optimum is None:
            chart.border_title = ""
            chart.set_scene(Scene(empty=""))
        elif self._snapshot is None or self._snapshot[0].best is not optimum.best:
            self._compute(optimum)
        elif self._snapshot[1] is not None:
            snapshot = self._snapshot[1]
            view = view_for(snapshot.spec.model)
            axes = self._shown_axes(snapshot)
            chart.border_title = Content(view.caption(snapshot, axes))
            chart.set_scene(view.scene(snapshot, axes, chart.palette))

    def _shown_axes(self, snapshot: StepSnapshot) -> Axes:
        offered = view_for(snapshot.spec.model).axes(snapshot)
        offered = tuple(a for a in offered if not a.is_slice and a.y is not None) or offered
        return offered[self._axes % len(offered)]

    def sheet(self) -> Sheet | None:
        """Where the starts ended, and the selected optimum below."""
        now, optimum = self.map, self.pointed
        if now is None or optimum is None:
            return None
        plots = [[plot_of(optima_scene(now, self.place, PRINT), PRINT, title="starts that ended there")]]
        if self._snapshot is not None and self._snapshot[0].best is optimum.best and self._snapshot[1] is not None:
            snapshot = self._snapshot[1]
            shown = pictured(snapshot, PRINT, Look(self._shown_axes(snapshot)))
            plots.append(
                [replace(plot, title=f"optimum {self.place + 1}: {shown.caption}") for plot in shown.plots(PRINT)[0]]
            )
        title = f"optima of {self.spec.dataset.name} · {named(replace(self.spec, model=self.model))}"
        seeds = f"seeds {self._first_seed}–{self._first_seed + self._n_starts - 1}"
        return Sheet(title, plots, seeds, [verdict(now)], 6.4, 3.4 + 3.6 * (len(plots) - 1))

    def _compute(self, optimum: Optimum) -> None:
        if self._picturing:  # one at a time: the one that is wanted then is asked for when this one is there
            return
        self._picturing = True
        made = self._of_start(optimum.best.seed)
        made = choosing_spec(made) if made.model.supervised else made  # no test row is looked at for a picture
        spec = replace(made, start=optimum.params)

        def work() -> None:
            try:
                session = Session(spec)
                session.take("E")
                self.post_message(self.Pictured(optimum, session.snapshot()))
            except EngineError:
                self.post_message(self.Pictured(optimum, None))

        self.run_worker(work, thread=True, group="picture")

    def on_optima_screen_pictured(self, event: Pictured) -> None:
        """Show it if it is still the selected optimum; otherwise compute the selected one."""
        event.stop()
        self._picturing = False
        self._snapshot = event.optimum, event.snapshot
        self._picture()

    # keys

    def on_line_table_row_picked(self, event: LineTable.RowPicked) -> None:
        """Select another optimum."""
        event.stop()
        if self.map is not None:
            self._seed = self.map.optima[event.place].best.seed
            self._picture()

    def action_axes(self, by: int) -> None:
        """Look along other features."""
        self._axes += by
        self._picture()

    def action_other_starts(self) -> None:
        """Switch between starts at random rows and the model's own starts."""
        if spread(self.spec.model) is self.spec.model:
            what = "is run in one way" if is_network(self.spec.model) else "has one kind of start"
            self.notify(f"This model {what}: press R for other seeds.", markup=False)
            return
        self.stop()
        own = self.model is not self.spec.model
        self.model = self.spec.model if own else spread(self.spec.model)
        self._seed = None
        self.begin()

    def action_new_seeds(self) -> None:
        """Start again with the next seeds."""
        self.stop()
        self._first_seed += self._n_starts
        self._seed = None
        self.begin()
