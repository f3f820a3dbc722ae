"""The race: the ways to run EM, further starts, and k-means; objective and accuracy, by iterations or seconds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from emtui.charts.chart_widget import Chart
from emtui.exports.pictures.figure import PRINT
from emtui.exports.pictures.scene_plot import plot_of
from emtui.exports.pictures.shapes import Sheet
from emtui.exports.study_tables import RACE_EXPORTS, Study
from emtui.networks.rival import differences
from emtui.screens.studies.race_chart import Against, race_scene
from emtui.screens.studies.race_sentences import by_seconds, verdict, winner_sentence
from emtui.screens.studies.race_table import WEAK, race_table
from emtui.screens.studies.study import Exported, StudyScreen, named
from emtui.screens.studies.weak_components import weak_clause
from emtui.session.race import MOST_STARTS, N_STARTS, Race, must_rise, race
from emtui.spec.revise import started_anew
from emtui.spec.rival_model import has_rival, is_network, rival_model
from emtui.spec.run_spec import RunSpec
from emtui.widgets.key_items import KeyHints
from emtui.widgets.paged_table import LineTable

_KEYS = "enter opens · i seconds · d accuracy · + − R starts · x export · esc back"


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
        yield KeyHints(_KEYS)

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
            room = max(chart.size.width, self.size.width // (1 if self.has_class("-one") else 2)) - 4
            scene = race_scene(self.race, what == "accuracy", self._against, chart.palette, room, self._place)
            said = f"{kind}{named_so}{self._way(what)} by {self._against}"
            chart.border_title = Content(f"{said} · {scene.cut}" if scene.cut else said)
            chart.set_scene(scene)
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
            marked = f"{WEAK} marks components that the rows alone don't hold up."
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
        charts = [("objective", race_scene(now, False, self._against, PRINT, chosen=self._place))]
        if now.n_judged or now.by_rmse:
            kind = "RMSE" if now.by_rmse else "accuracy"
            kind = f"validation {kind}" if now.by_validation else kind
            charts.append((kind, race_scene(now, True, self._against, PRINT, chosen=self._place)))
        plots = [[plot_of(scene, PRINT, title=name)] for name, scene in charts]
        title = f"race on {self.spec.dataset.name} · {named(self.spec)} · seed {self.spec.seed}"
        return Sheet(title, plots, f"by {self._against}", [verdict(now)], 6.4, 0.8 + 2.9 * len(plots))

    # keys

    def on_line_table_row_picked(self, event: LineTable.RowPicked) -> None:
        """Select another racer."""
        event.stop()
        self._place = event.place
        self.draw()

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
