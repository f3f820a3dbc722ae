"""The map of optima: hundreds of starts, grouped by where they end; the highest is not always the best clustering."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from emtui.charts.chart_widget import Chart
from emtui.charts.scene import Scene
from emtui.charts.text_bars import bar
from emtui.networks.choosing import choosing_spec, scored_on_test, seconds_of_a_step, validated
from emtui.networks.scores import Score
from emtui.screens.studies.study import StudyScreen, named
from emtui.screens.studies.weak_components import COLUMN as WEAK
from emtui.screens.studies.weak_components import weak_cell, weak_clause
from emtui.session.baseline import classes_to_find
from emtui.session.session import Session
from emtui.session.snapshot import StepSnapshot
from emtui.spec.labels_given import n_given
from emtui.spec.revise import changed, with_seed
from emtui.spec.rival_model import is_network
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import TrainTestSplit, sample_weight_of, split_of, table_of
from emtui.views import view_for
from emtui.views.number_format import MISSING, amount, number, plural, share
from emtui.widgets.paged_table import LineTable
from emtui.widgets.plain_table import PlainTable
from emtui.widgets.table_columns import TableCell, TableColumn
from engine.analysis.many_starts import StartsProgress, many_starts
from engine.analysis.optima import Optimum, group_optima
from engine.em.model import Model
from engine.errors import EngineError

N_STARTS, N_STARTS_OF_NETWORKS = 200, 40
MAX_ITER, TOL = 1000, 1e-9  # tighter than usual: runs that stop on their way look like optima
_SECONDS_OF_NETWORKS, _LEAST_STARTS = 60.0, 4
NETWORK_ITERATIONS, NETWORK_TOL = 200, 1e-7  # of whose steps each is a hundred times as much work
SPREAD = "points"  # the start that finds most optima
_KEYS = "enter opens · a axes · s other starts · R other seeds · space again · esc back"


@dataclass(frozen=True, eq=False)
class OptimaMap:
    """The progress of all starts, and the optima that they have reached so far, highest first."""

    progress: StartsProgress
    optima: tuple[Optimum, ...]
    by_validation: bool = False  # a network's, judged by validation rows
    tested: Score | None = None  # of the one that is best by them, fitted again to all training rows

    @property
    def errors(self) -> tuple[str, ...]:
        """Why some starts could not be run."""
        return tuple(one.error for one in self.progress.results if one.error is not None)

    @property
    def best(self) -> Optimum | None:
        """The one with most rows right, the highest among equals."""
        return max(self.optima, key=lambda one: (one.hits, one.objective), default=None)


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
        self._judged: dict[int, tuple[Any, tuple[int, int]]] = {}  # by identity, with the parameters themselves
        self.model = spread(spec.model)
        self._first_seed, self._n_starts = spec.seed, n_starts
        self._seed: int | None = None  # of a start that reached the selected optimum; None for the highest
        self._snapshot: tuple[Optimum, StepSnapshot | None] | None = None
        self._picturing = False
        self._axes = 0

    def compose(self) -> ComposeResult:
        """The progress; a verdict in words; the optima and a picture of the selected one; the keys."""
        yield Static("", id="head", markup=False)
        yield Static("", id="verdict", markup=False)
        with Horizontal(id="both"):
            yield LineTable()
            yield Chart(can_focus=False)
        network = self.spec.model.supervised
        keys = _KEYS.replace("other starts", "own M-step") if network else _KEYS
        keys = keys.replace(" · s own M-step", "") if spread(self.spec.model) is self.spec.model else keys
        yield Static(Content(keys), id="hint")

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
        if split is not None:
            return OptimaMap(value, group_optima(value, judge=partial(self._validated, split)), by_validation=True)
        truth = classes_to_find(self.spec)
        fits = truth is not None and len(truth) == value.problem.data.n_given
        return OptimaMap(value, group_optima(value, truth=truth if fits else None))

    def _validated(self, split: TrainTestSplit, params: Any) -> tuple[int, int]:
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
            offered = view.axes(snapshot)
            offered = tuple(a for a in offered if not a.is_slice and a.y is not None) or offered
            axes = offered[self._axes % len(offered)]
            chart.border_title = Content(view.caption(snapshot, axes))
            chart.set_scene(view.scene(snapshot, axes, chart.palette))

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
            what = "is run in one way" if self.spec.model.supervised else "has one kind of start"
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


def starts_of_network(spec: RunSpec) -> int:
    """Forty starts, or as many, four at least, as their exact E-steps are expected to take a minute for."""
    step = seconds_of_a_step(spec, spec.model.option_values["hidden_units"])
    affordable = _SECONDS_OF_NETWORKS / (NETWORK_ITERATIONS * step) if step > 0 else math.inf
    return int(min(N_STARTS_OF_NETWORKS, max(_LEAST_STARTS, affordable)))


def spread(model: Model[Any, Any]) -> Model[Any, Any]:
    """The model with the kind of start that finds most optima; unchanged if it has no such start.

    A network's gradient step comes to rest nowhere near as soon as Newton's, which finds the optima.
    """
    for option in model.options():
        if option.name == "m_step" and "newton" in option.choices and model.ascent == "gradient":
            climbing: Any = model
            sooner: Model[Any, Any] = replace(climbing, m_step="newton")
            return sooner
        if option.name == "init" and SPREAD in option.choices and model.start_name != SPREAD:
            wider: Any = model
            made: Model[Any, Any] = replace(wider, init=SPREAD)
            return made
    return model


def optima_table(now: OptimaMap, likelihood: bool) -> PlainTable:
    """How many starts ended at each optimum, how high it is, and how many rows it gets right.

    likelihood: the objective is a log-likelihood and what a prior adds to it, so that both are shown.
    """
    columns = (
        TableColumn("place", "", 3, "right"),
        TableColumn("objective", "objective", 12, "right"),
        TableColumn("likelihood", "log-likelihood", 14, "right"),
        TableColumn("hits", "validation" if now.by_validation else "accuracy", 14, "right"),
        TableColumn("starts", "starts", 6, "right"),
        WEAK,
        TableColumn("share", "", 10),
    )
    rows: list[tuple[TableCell, ...]] = []
    done = max(1, sum(one.count for one in now.optima))
    for place, one in enumerate(now.optima):
        heights = amount(one.objective), amount(one.log_likelihood) if likelihood else MISSING
        hits = share(one.hits, one.total) if one.total else MISSING
        rows.append((str(place + 1), *heights, hits, str(one.count), weak_cell(one.weak), bar(one.count / done, 10)))
    known, weak = any(one.total for one in now.optima), any(one.weak for one in now.optima)
    shown = [place for place, column in enumerate(columns)
             if (likelihood or column.key != "likelihood") and (known or column.key != "hits")
             and (weak or column.key != WEAK.key)]  # fmt: skip
    return PlainTable(
        tuple(columns[place] for place in shown),
        tuple(tuple(row[place] for place in shown) for row in rows),
        ("share", "likelihood", "hits"),
    )


def verdict(now: OptimaMap) -> str:
    """How many optima there are, and whether the highest is the best clustering, in a sentence or two."""
    if not now.optima:
        errors = now.errors
        return f"No start could be run: {errors[-1]}" if errors and now.progress.finished else ""
    highest = now.optima[0]
    rows = "validation rows" if now.by_validation else "rows"
    most = max(now.optima, key=lambda one: one.count)
    starts = plural(now.progress.done, "start")
    if len(now.optima) == 1 and most.count == now.progress.done > 1:
        place = "height" if now.by_validation else "optimum"
        said = f"All {starts} end at the same {place}, objective {amount(most.objective)}"
        if highest.total:
            does = "and each gets" if now.by_validation else "which gets"
            said += f", {does} {highest.hits} of {highest.total} {rows} right"
        return f"{said}.{_of_network(now)}"
    said = f"{plural(len(now.optima), 'optimum', 'optima')} of {starts}"
    said += f"; most often ({most.count}) the objective ends at {amount(most.objective)}"
    if highest.total:
        best = max(now.optima, key=lambda one: one.hits)
        said += f". The highest, {amount(highest.objective)}, gets {highest.hits} of {highest.total} {rows} right"
        if best.hits > highest.hits:
            gap = highest.objective - best.objective
            kind = "best by them" if now.by_validation else "best clustering"
            said += f"; the {kind}, {best.hits} of {best.total}, lies {number(gap)} lower"
        elif len(now.optima) > 1:
            said += ", and no other more"
    elif math.isfinite(highest.objective):
        said += f", highest {amount(highest.objective)}"
    if highest.weak:
        said += f". The highest has {weak_clause(highest.weak)}"
    errors = now.errors
    failed = f" {plural(len(errors), 'start')} could not be run: {errors[-1]}" if errors else ""
    return f"{said}.{_of_network(now)}{failed}"


def _of_network(now: OptimaMap) -> str:
    """Of a network: how many starts are not at rest, and what the test rows say of the best; with a blank before it."""
    if not now.by_validation:
        return ""
    restless = sum(one.error is None and not one.converged for one in now.progress.results)
    said = f" {plural(restless, 'start is', 'starts are')} not at rest." if restless else ""
    if now.tested is not None:
        best = share(now.tested.hits, now.tested.n_rows)
        said += f" The best by validation rows, fitted again to all training rows, is tested alone: {best}."
    return said


def why_no_map(spec: RunSpec) -> str:
    """Why there is no map of optima for these choices, in a sentence; "" where there is."""
    if spec.model.supervised and not is_network(spec.model):
        return f"The map of optima is for mixtures and networks, and the {spec.model.name} model is none."
    try:
        _ = choosing_spec(spec) if spec.model.supervised else None
    except EngineError as error:
        return str(error)
    return ""
