"""The race: the ways to run EM, further starts, and k-means; objective and accuracy, by iterations or seconds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np
from rich.style import Style
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from emtui.charts.chart_widget import Chart
from emtui.charts.colors import Palette
from emtui.charts.scene import Curve, Mark, Range, Scene
from emtui.exports.pictures.figure import PRINT
from emtui.exports.pictures.scene_plot import plot_of
from emtui.exports.pictures.shapes import Sheet
from emtui.exports.study_tables import RACE_EXPORTS, Study
from emtui.networks.cost import seconds_in_words
from emtui.networks.rival import differences
from emtui.screens.studies.study import Exported, StudyScreen, named
from emtui.screens.studies.weak_components import weak_clause
from emtui.session.race import KMEANS, MOST_STARTS, N_STARTS, Race, Racer, must_rise, race
from emtui.session.racer import final_rmse
from emtui.spec.revise import started_anew
from emtui.spec.rival_model import has_rival, is_network, rival_model
from emtui.spec.run_spec import RunSpec
from emtui.views.number_format import MISSING, amount, number, plural, share
from emtui.widgets.paged_table import LineTable
from emtui.widgets.plain_table import PlainTable
from emtui.widgets.table_columns import TableCell, TableColumn, ink

Against = Literal["iterations", "seconds"]
_X_LABELS: dict[Against, str] = {
    "iterations": "iterations",
    "seconds": "seconds of computing, judging apart",  # `Lap.seconds`
}
_FIRST_LAPS = 2  # which the picture leaves out where they lie far below
_WEAK = "!"  # after the name of a racer with a component that is dead, on a single row or on the ridge
_SAME = 1e-2  # nats within which two objectives are the same optimum
_KEYS = "enter opens · i seconds · d accuracy · + − R starts · x export · esc back"
_COLUMNS = (
    TableColumn("name", "racer", 13),
    TableColumn("objective", "objective", 14, "right"),
    TableColumn("hits", "accuracy", 15, "right"),
    TableColumn("iterations", "iterations", 10, "right"),
    TableColumn("seconds", "time", 8, "right"),
    TableColumn("state", "", 31, gap=2),
)


class RaceScreen(StudyScreen):
    """The curves of all racers, and a table of their current results."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "leave", "back", show=False, id="race.back"),
        Binding("i", "against", "against", id="race.against", tooltip="against iterations or seconds"),
        Binding("d", "subject", "subject", id="race.subject", tooltip="objective or accuracy, where one is seen"),
        Binding(
            "plus,equals_sign", "starts(1)", "more starts", id="race.more", key_display="+", tooltip="another start"
        ),
        Binding("minus", "starts(-1)", "fewer starts", id="race.fewer", key_display="-", tooltip="a start less"),
        Binding("R", "new_start", "new start", id="race.newstart", tooltip="race from another start"),
    ]
    DEFAULT_CSS = """
    RaceScreen #charts { height: 1fr; }
    RaceScreen LineTable { height: 10; }
    RaceScreen #verdict { max-height: 5; }
    RaceScreen.-narrow #verdict { max-height: 6; }
    RaceScreen.-low LineTable { height: 1fr; }
    RaceScreen.-low #charts { display: none; }
    RaceScreen.-one.-objective #accuracy, RaceScreen.-one.-accuracy #objective { display: none; }
    """

    def __init__(self, spec: RunSpec) -> None:
        super().__init__(spec)
        self.race: Race | None = None
        self._against: Against = "iterations"
        self._n_starts = N_STARTS
        self._place = 0
        self.add_class("-objective")

    def compose(self) -> ComposeResult:
        """The progress; the curves; the table of results; a verdict in words; the keys."""
        yield Static("", id="head", markup=False)
        with Horizontal(id="charts"):
            for name in ("objective", "accuracy"):
                yield Chart(can_focus=False, id=name)
        yield LineTable()
        yield Static("", id="verdict", markup=False)
        yield Static(Content(_KEYS), id="hint")

    def on_resize(self) -> None:
        """Show one chart at a time on a narrow screen, or where no classes are known."""
        known = self.race is not None and self.race.n_judged > 0
        if not known:
            self.remove_class("-accuracy")
            self.add_class("-objective")
        self.set_class(self.size.width < 100 or not known, "-one")

    # the study

    def study(self) -> Iterator[Race]:
        """Run all racers, one iteration each in turn."""
        return race(self.spec, self._n_starts)

    def take(self, value: Any) -> None:
        """Keep the current state of the race."""
        self.race = value

    def chosen(self) -> RunSpec | None:
        """The selected racer."""
        return None if self.race is None else self.race.racers[self._place].spec

    def exported(self) -> Exported | None:
        """All racers as they stand, and all iterations."""
        return None if self.race is None else (Study(self.spec, self.race), RACE_EXPORTS)

    # drawing

    def draw(self) -> None:
        """Head, curves, table and verdict."""
        self.on_resize()
        spec = self.spec
        done = max((lap.iteration for r in self.race.racers for lap in r.laps[-1:]), default=0) if self.race else 0
        state = f"iteration {done}, space stops" if self.running else "over"
        if self.stopped:
            state = f"stopped at iteration {done}: space begins again"
        who = f"{named(spec)} · seed {spec.seed}"
        self.query_one("#head", Static).update(Content(f"race on {spec.dataset.name} · {who} · {state}"))
        for what in ("objective", "accuracy"):
            chart = self.query_one(f"#{what}", Chart)
            kind = "validation " if self.race is not None and self.race.by_validation and what == "accuracy" else ""
            numeric = self.race is not None and self.race.by_rmse
            named_so = "RMSE" if numeric and what == "accuracy" else what
            chart.border_title = Content(f"{kind}{named_so}{self._way(what)} by {self._against}")
            room = max(chart.size.width, self.size.width // (1 if self.has_class("-one") else 2)) - 4
            chart.set_scene(race_scene(self.race, what == "accuracy", self._against, chart.palette, room))
        table = self.query_one(LineTable)
        table.set_source(race_table(self.race, chart.palette), self._place, self.refusal or "They are at the start.")
        self._say()

    def _way(self, what: str) -> str:
        """The way of predicting that a network's accuracy is by, in brackets."""
        return f" ({self.spec.prediction})" if what == "accuracy" and is_network(self.spec.model) else ""

    def _say(self) -> None:
        """Which racer is highest, and whether the objective of the selected one must rise, or why it can't be run."""
        said = ""
        if self.race is not None:
            racer = self.race.racers[self._place]
            marked = f"{_WEAK} marks components that the rows alone don't hold up."
            weak = marked if any(one.weak for one in self.race.racers) else ""
            weak = f"{racer.name} has {weak_clause(racer.weak)}." if racer.weak else weak
            apart = differences(self.spec.model, rival_model(self.spec)) if has_rival(self.spec.model) else ""
            timed = by_seconds(self.race) if self._against == "seconds" else ""
            parts = (timed or verdict(self.race), winner_sentence(self.race), weak, must_rise(racer), apart)
            said = racer.error or " ".join(part for part in parts if part)
        self.query_one("#verdict", Static).update(Content(said))

    def sheet(self) -> Sheet | None:
        """Both charts below each other; the objective alone where nothing is known to judge by."""
        now = self.race
        if now is None or not any(racer.laps for racer in now.racers):
            return None
        charts = [("objective", race_scene(now, False, self._against, PRINT))]
        if now.n_judged or now.by_rmse:
            kind = "RMSE" if now.by_rmse else "accuracy"
            kind = f"validation {kind}" if now.by_validation else kind
            charts.append((kind, race_scene(now, True, self._against, PRINT)))
        plots = [[plot_of(scene, PRINT, title=name)] for name, scene in charts]
        title = f"race on {self.spec.dataset.name} · {named(self.spec)} · seed {self.spec.seed}"
        return Sheet(title, plots, f"by {self._against}", [verdict(now)], 6.4, 0.8 + 2.9 * len(plots))

    # keys

    def on_line_table_row_picked(self, event: LineTable.RowPicked) -> None:
        """Select another racer."""
        event.stop()
        self._place = event.place
        self._say()

    def action_against(self) -> None:
        """Switch between iterations and seconds."""
        self._against = "seconds" if self._against == "iterations" else "iterations"
        self.draw()

    def action_subject(self) -> None:
        """Show the other chart, where only one is visible at a time."""
        if self.race is not None and not self.race.n_judged:
            why = "Every class is given" if self.race.n_given else "No classes are known here"
            self.notify(f"{why}, so there is no accuracy.", markup=False)
            return
        self.toggle_class("-objective", "-accuracy")

    def action_starts(self, by: int) -> None:
        """Race from more starts, or from fewer."""
        if not 1 <= self._n_starts + by <= MOST_STARTS:
            least = "One start is the least" if by < 0 else f"{MOST_STARTS} starts are the most"
            self.notify(f"{least} that a race has.", markup=False)
            return
        self.stop()
        self._n_starts += by
        self._place = 0
        self.begin()

    def action_new_start(self) -> None:
        """Start again from the next seed."""
        self.stop()
        self.spec = started_anew(self.spec, self.spec.seed + 1)
        self.begin()


def race_scene(now: Race | None, accuracy: bool, against: Against, palette: Palette, room: int = 1000) -> Scene:
    """A curve for each racer, with its marker at the end; room: cells for a legend, which is whole or not there."""
    layers: list[Curve] = []
    ends: list[Mark] = []
    for place, racer in enumerate(() if now is None else now.racers):
        if not racer.laps:
            continue
        assert now is not None
        x = np.array([lap.iteration if against == "iterations" else lap.seconds for lap in racer.laps], dtype=float)
        y = np.array([_height(now, racer, i, accuracy) for i in range(len(x))])
        style: Literal["solid", "dotted"] = "dotted" if racer.name == KMEANS else "solid"
        layers.append(Curve(x, y, palette.color(place), style))
        if math.isfinite(y[-1]):
            ends.append(Mark(float(x[-1]), float(y[-1]), palette.marker(place), palette.color(place)))
    words = "" if now is None else verdict(now)
    if all(np.isfinite(curve.y).sum() < 2 for curve in layers):  # a point has no range
        layers, ends = [], []
    y_range = _heights(now) if not accuracy else None if now is not None and now.by_rmse else (0.0, 1.0)
    racers = () if now is None else now.racers
    legend = [(palette.marker(i), palette.color(i), racer.name) for i, racer in enumerate(racers) if racer.laps]
    taken = sum(len(name) + 2 for _, _, name in legend) + 2 * (len(legend) - 1)
    return Scene(
        (*layers, *ends),
        x_label=_X_LABELS[against],
        y_range=y_range,
        legend=legend if not accuracy and taken <= room else (),  # the table names them, too
        empty="at the start",
        description=words,
    )


def _heights(now: Race | None) -> Range | None:
    """The range begins at the lowest objective after a few iterations, since the first iterations start far below."""
    laps = [racer.laps for racer in (() if now is None else now.racers) if racer.laps]
    known = [lap.objective for one in laps for lap in one[min(_FIRST_LAPS, len(one) - 1) :]]
    known = [value for value in known if math.isfinite(value)]
    if not known or min(known) == max(known):
        return None
    margin = 0.06 * (max(known) - min(known))
    return (min(known) - margin, max(known) + margin)


def _height(now: Race, racer: Racer, index: int, accuracy: bool) -> float:
    lap = racer.laps[index]
    if not accuracy:
        return lap.objective
    if now.by_rmse:
        return math.nan if lap.rmse is None else lap.rmse
    return math.nan if lap.hits is None or not now.n_judged else lap.hits / now.n_judged


def race_table(now: Race | None, palette: Palette) -> PlainTable:
    """A table with the current results of each racer."""
    rows: list[tuple[TableCell, ...]] = []
    top = _top(now)
    for place, racer in enumerate(() if now is None else now.racers):
        assert now is not None
        name: TableCell = (
            (palette.marker(place), ink(palette, palette.color(place), bold=True)),
            (f" {racer.name}{_WEAK if racer.weak else ''}", Style()),
        )
        if not racer.laps:
            rows.append((name, MISSING, MISSING, MISSING, MISSING, racer.error or ""))
            continue
        lap = racer.laps[-1]
        hits = MISSING if lap.hits is None else share(lap.hits, now.n_judged)
        hits = hits if lap.rmse is None else number(lap.rmse, 4)
        stands, time = racer.error or _standing(racer, top), seconds_in_words(lap.seconds)
        rows.append((name, amount(lap.objective), hits, str(lap.iteration), time, stands))
    columns: tuple[TableColumn, ...] = _COLUMNS
    if now is not None and now.by_validation:
        title = "validation RMSE" if now.by_rmse else "validation"
        columns = tuple(replace(one, title=title) if one.key == "hits" else one for one in columns)
    return PlainTable(columns, tuple(rows), ("seconds", "iterations", "hits"))


def _top(now: Race | None) -> float:
    """The highest current objective of all racers."""
    heights = [r.laps[-1].objective for r in (() if now is None else now.racers) if r.laps]
    return max((height for height in heights if math.isfinite(height)), default=math.nan)


def _standing(racer: Racer, top: float) -> str:
    """The state of a racer: running, converged at the top, or stopped that far below it."""
    gap = top - racer.laps[-1].objective
    far = f"{number(gap)} below the top" if gap > _SAME else "at the top"
    if racer.stop_reason is None:
        return f"running, {far}"
    if not racer.converged:
        return f"not at rest, {far}"
    return f"stopped {far}" if gap > _SAME else "at rest at the top"


def verdict(now: Race) -> str:
    """Which racer is highest, which has the most correct rows, and how many are still running, in a sentence or two."""
    running = [r for r in now.racers if not r.over]
    top = _top(now)
    standing = [r for r in now.racers if r.laps and math.isfinite(r.laps[-1].objective)]
    if not standing:
        return ""
    highest = [r for r in standing if top - r.laps[-1].objective <= _SAME]
    specs = [r.spec for r in highest if r.spec is not None]
    drawn = any(spec.model.supervised and not spec.model.exact for spec in specs)
    what = "estimated objective" if drawn else "objective"
    said = f"{_names(highest)} {'stand' if len(highest) > 1 else 'stands'} highest, {what} {amount(top)}"
    judged = [(r.laps[-1].hits or 0, r) for r in now.racers if r.laps and r.laps[-1].hits is not None]
    if judged:
        most = max(hits for hits, _ in judged)
        right = [r for hits, r in judged if hits == most]
        rows = "validation rows" if now.by_validation else "rows"
        said += (
            f"; {_names(right)} {'have' if len(right) > 1 else 'has'} most {rows} right, {share(most, now.n_judged)}"
        )
        said += f" without the {now.n_given:,} given" if now.n_given else ""
    erring = [(rmse, r) for r in now.racers if (rmse := final_rmse(r)) is not None]
    if erring:
        least, best = min(erring, key=lambda one: one[0])
        said += f"; {best.name} has the lowest RMSE on validation rows, {number(least, 4)}"
    if running:
        return f"{said}; {plural(len(running), 'racer')} still running."
    return f"{said}."


def by_seconds(now: Race) -> str:
    """Who is highest after the same time of computing: as long as each has had that is not at rest.

    Where all are at rest, who came first to the top. An iteration of one may take as long as ten of another.
    """
    racers = [r for r in now.racers if len(r.laps) > 1 and r.error is None]
    going = [r.laps[-1].seconds for r in racers if not r.converged]
    if not going:
        top = _top(now)
        came = {r.name: lap.seconds for r in racers for lap in reversed(r.laps) if top - lap.objective <= _SAME}
        if not came:
            return ""
        first = min(came, key=lambda name: came[name])
        return f"{first} is the first within {_SAME:zg} of the top, after {seconds_in_words(came[first])}."
    time = min(going)
    then = {r.name: lap.objective for r in racers for lap in r.laps if lap.seconds <= time}  # the last one stays
    known = {name: value for name, value in then.items() if math.isfinite(value)}
    if not known:
        return ""
    best = max(known.values())
    names = [r for r in racers if best - known.get(r.name, -math.inf) <= _SAME]
    said = f"After {seconds_in_words(time)} of computing each (who is at rest stays there), {_names(names)}"
    return f"{said} {'stand' if len(names) > 1 else 'stands'} highest, {amount(best)}."


def winner_sentence(now: Race) -> str:
    """What the test rows say of the winner among networks, which alone they are shown to; "" before that."""
    winner = now.winner if now.by_validation else None
    if winner is None:
        return ""
    if now.by_rmse:
        said = f"{winner.name} wins by that"
        if now.tested_rmse is not None:
            return (
                f"{said}, and it alone is tested, fitted again to all training rows: RMSE {number(now.tested_rmse, 4)}."
            )
        return f"{said}." if now.n_tested else f"{said}; no test rows are held back."
    equal = sum(racer.laps[-1].hits == winner.laps[-1].hits for racer in now.racers if racer.laps)
    said = f"{winner.name} wins by them" if equal == 1 else f"{winner.name} wins as the highest of them"
    if not now.n_tested:
        return f"{said}; no test rows are held back."
    if now.tested is None:
        return f"{said}."
    tested = share(now.tested, now.n_tested)
    return f"{said}, and it alone is tested, fitted again to all training rows: {tested}."


def _names(racers: list[Racer]) -> str:
    names = [r.name for r in racers]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
