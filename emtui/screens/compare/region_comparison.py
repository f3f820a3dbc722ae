"""Decision regions in any two features, EM and backpropagation side by side; both step along."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from emtui.networks.rival import method_name
from emtui.networks.scores import Progress
from emtui.screens.compare.comparison_side import ComparisonSide
from emtui.screens.compare.side_by_side import SideBySideScreen
from emtui.screens.stepping import Stepping
from emtui.session.snapshot import StepSnapshot
from emtui.views.network.decision_regions import Regions, fixed_words, regions_of, regions_scene
from emtui.views.number_format import fixed
from emtui.views.points import pairs
from emtui.views.score_words import how_right
from engine.text import clean


class RegionsScreen(SideBySideScreen):
    """The explored model at the left, its rival after as many iterations at the right; computed in a thread."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "pair(1)", "pair", show=False, id="regions.pair", tooltip="the next pair of features"),
        Binding("A", "pair(-1)", "pair back", show=False, id="regions.pairback", tooltip="the pair before"),
        Binding("full_stop", "feature(0, 1)", "across", show=False, id="regions.across", tooltip="another across"),
        Binding("comma", "feature(0, -1)", "across back", show=False, id="regions.acrossback"),
        Binding("greater_than_sign", "feature(1, 1)", "up", show=False, id="regions.up", tooltip="another upwards"),
        Binding("less_than_sign", "feature(1, -1)", "up back", show=False, id="regions.upback"),
    ]
    HINT = "e m n ← → step · a pair · , . across · < > up · tab other side · esc back"

    def __init__(self, stepping: Stepping | None = None) -> None:
        super().__init__(stepping)
        self._features: tuple[int, int] | None = None
        self._drawn = False

    def further_lines(self) -> ComposeResult:
        """The values at which the other features are held."""
        yield Static("", id="fixed", classes="line", markup=False)

    def names(self) -> tuple[str, str]:
        """The explored method first."""
        backprop = self._snapshot is not None and self._snapshot.spec.model.name == "backprop"
        return ("backprop", "EM") if backprop else ("EM", "backprop")

    @property
    def features(self) -> tuple[int, int]:
        """Which columns are shown, across and up."""
        assert self._snapshot is not None
        d = self._snapshot.spec.dataset.n_features
        if self._features is None or max(self._features) >= d:
            self._features = self._pairs()[0]
        return self._features

    def _pairs(self) -> list[tuple[int, int]]:
        assert self._snapshot is not None
        data = self._snapshot.spec.dataset
        found = [
            (axes.x.index, axes.y.index)
            for axes in pairs(data)
            if axes.y is not None and axes.x.kind == axes.y.kind == "feature"
        ]
        return found or [(0, min(1, data.n_features - 1))]

    def draw(self) -> None:
        """Compute the regions of this step and of its rival."""
        snapshot = self._snapshot
        if snapshot is not None and not snapshot.spec.model.supervised:
            for side in self.query(ComparisonSide):
                side.say("Decision regions are those of a network: choose the model mlp.")
            return
        if not self._drawn:
            for side in self.query(ComparisonSide):
                side.say("The regions are being computed: they will be here in a moment.")
        if snapshot is None or snapshot.comparison is None:
            return
        across, up = self.features
        self.run_worker(lambda: (snapshot, regions_of(snapshot, across, up)), thread=True, exclusive=True)

    def computed(self, result: object) -> None:
        """Draw the regions, unless the step or the features have changed in between."""
        snapshot, found = cast("tuple[StepSnapshot, tuple[Regions, Regions | None]]", result)
        if snapshot is self._snapshot and (found[0].across, found[0].up) == self.features:
            self._draw_regions(snapshot, *found)

    def _draw_regions(self, snapshot: StepSnapshot, own: Regions, rival: Regions | None) -> None:
        comparison = snapshot.comparison
        assert comparison is not None
        self._drawn = True
        left, right = self.left, self.right
        left.border_title, right.border_title = self.names()
        scene = regions_scene(snapshot, own, left.chart.palette)
        left.show(heading_of(snapshot.spec.model, comparison.here), scene, None)
        if rival is None or comparison.rival_here is None:
            right.say(comparison.rival_why or f"{self.names()[1]} is on its way: it will be here in a moment.")
        else:
            heading = heading_of(comparison.rival_model, comparison.rival_here)
            right.show(heading, regions_scene(snapshot, rival, right.chart.palette), None)
        data = snapshot.spec.dataset
        words = f"{data.feature_names[own.across]} across, {data.feature_names[own.up]} up; "
        said = clean(words + fixed_words(data, own.across, own.up))
        self.query_one("#fixed", Static).update(Content(said[0].upper() + said[1:] + "."))
        self.fit()

    def action_pair(self, by: int) -> None:
        """The next pair of features."""
        if self._snapshot is not None:
            offered = self._pairs()
            place = offered.index(self.features) if self.features in offered else -by
            self._features = offered[(place + by) % len(offered)]
            self.draw()

    def action_feature(self, axis: int, by: int) -> None:
        """Another feature across (0) or up (1); it is never the same on both."""
        if self._snapshot is None:
            return
        d = self._snapshot.spec.dataset.n_features
        chosen = list(self.features)
        for _ in range(d):
            chosen[axis] = (chosen[axis] + by) % d
            if chosen[0] != chosen[1] or d == 1:
                break
        self._features = (chosen[0], chosen[1])
        self.draw()


def heading_of(model: Any, found: Progress) -> tuple[str, str]:
    """`EM newton · iteration 12 · loss 0.210`, and `train 85/90 .944 · test 57/60 .950`."""
    parts = [f"train {how_right(found.train)}"]
    if found.test is not None:
        parts.append(f"test {how_right(found.test)}")
    first = f"{method_name(model)} · iteration {found.iteration} · loss {fixed(found.train.log_loss, 3)}"
    return first, " · ".join(parts)
