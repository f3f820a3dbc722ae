"""Decision regions in any two features, EM and backpropagation side by side; both step along."""

from __future__ import annotations

from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from emtui.charts.panels import note_lines
from emtui.panes.picture.slice_keys import SliceKeys, slice_bindings
from emtui.screens.compare.comparison_side import ComparisonSide
from emtui.screens.compare.side_by_side import SideBySideScreen
from emtui.screens.stepping import Stepping
from emtui.session.snapshot import StepSnapshot
from emtui.views.decision_regions import Regions, regions_of
from emtui.views.points import pairs
from emtui.views.region_pictures import heading_of, regions_scene, slice_notes, wrong_sign
from emtui.views.slice_choice import SliceChoice

_NOTES = 4  # lines below the pictures at most


class RegionsScreen(SideBySideScreen, SliceKeys):
    """The explored model at the left, its rival after as many iterations at the right; computed in a thread."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "pair(1)", "pair", show=False, id="regions.pair", tooltip="the next pair of features"),
        Binding("A", "pair(-1)", "pair back", show=False, id="regions.pairback", tooltip="the pair before"),
        *slice_bindings("regions"),
    ]
    HINT = "n ← → step · a,.<> features · p↑↓ held · s hard · H rows · tab side · esc back"

    def __init__(self, stepping: Stepping | None = None) -> None:
        super().__init__(stepping)
        self._drawn = False

    def further_lines(self) -> ComposeResult:
        """The values at which the other features are held, the rows that are drawn, and the signs of the regions."""
        yield Static("", id="notes", classes="notes", markup=False)

    def names(self) -> tuple[str, str]:
        """The explored method first."""
        backprop = self._snapshot is not None and self._snapshot.spec.model.name == "backprop"
        return ("backprop", "EM") if backprop else ("EM", "backprop")

    @property
    def features(self) -> tuple[int, ...]:
        """Which columns are shown, across and up."""
        assert self._snapshot is not None
        return self.choice_for(self._snapshot).features

    def _pairs(self) -> list[tuple[int, ...]]:
        assert self._snapshot is not None
        found = [
            (axes.x.index, axes.y.index)
            for axes in pairs(self._snapshot.spec.dataset)
            if axes.y is not None and axes.x.kind == axes.y.kind == "feature"
        ]
        return [*found] or [self.features]

    def slice_snapshot(self) -> StepSnapshot | None:
        """The step, where its model has regions."""
        return self._snapshot

    def draw_choice(self) -> None:
        """Compute the regions of this choice."""
        self.draw()

    def refuse(self, reason: str) -> None:
        """Say why a key can't act."""
        self.notify(reason, severity="warning", markup=False)

    def draw(self) -> None:
        """Compute the regions of this step and of its rival."""
        snapshot = self._snapshot
        if snapshot is not None and not snapshot.spec.model.supervised:
            for side in self.query(ComparisonSide):
                side.say("There are no decision regions here: choose a model that learns classes, such as mlp.")
            return
        if not self._drawn:
            for side in self.query(ComparisonSide):
                side.say("The regions are being computed: they will be here in a moment.")
        if snapshot is None or snapshot.comparison is None:
            return
        choice = self.choice_for(snapshot)
        self.run_worker(lambda: (snapshot, choice, regions_of(snapshot, choice)), thread=True, exclusive=True)

    def computed(self, result: object) -> None:
        """Draw the regions, unless the step or the choice has changed in between."""
        snapshot, choice, found = cast("tuple[StepSnapshot, SliceChoice, tuple[Regions, Regions | None]]", result)
        if snapshot is self._snapshot and choice == self.choice_for(snapshot):
            self._draw_regions(snapshot, choice, *found)

    def _draw_regions(self, snapshot: StepSnapshot, choice: SliceChoice, own: Regions, rival: Regions | None) -> None:
        comparison = snapshot.comparison
        assert comparison is not None
        self._drawn = True
        left, right = self.left, self.right
        left.border_title, right.border_title = self.names()
        scene = regions_scene(snapshot, own, choice, left.chart.palette)
        left.show(heading_of(snapshot.spec.model, comparison.here, comparison.split.prediction), scene, None)
        if rival is None or comparison.rival_here is None:
            right.say(comparison.rival_why or f"{self.names()[1]} is on its way: it will be here in a moment.")
        else:
            heading = heading_of(comparison.rival_model, comparison.rival_here, comparison.split.prediction)
            right.show(heading, regions_scene(snapshot, rival, choice, right.chart.palette), None)
        palette = left.chart.palette
        wrong = f"{wrong_sign(palette)} a row that gets another class: {names_wrong(self.names(), own, rival)}"
        notes = [*slice_notes(snapshot, own, choice, palette), *([(wrong,)] if own.means is None else [])]
        lines = note_lines(notes, max(1, self.size.width - 2), _NOTES)
        self.query_one("#notes", Static).update(Content("\n".join(lines)))
        self.fit()

    def action_pair(self, by: int) -> None:
        """The next pair of features."""

        def made(choice: SliceChoice, *_: object) -> SliceChoice:
            offered = self._pairs()
            place = offered.index(choice.features) if choice.features in offered else -by
            return choice.with_features(offered[(place + by) % len(offered)])

        self.change(made)


def names_wrong(names: tuple[str, str], own: Regions, rival: Regions | None) -> str:
    """`EM 2 of 39, backprop 11 of 39`."""
    sides = [(names[0], own)] if rival is None else [(names[0], own), (names[1], rival)]
    return ", ".join(f"{name} {side.n_wrong} of {len(side.right)}" for name, side in sides)
