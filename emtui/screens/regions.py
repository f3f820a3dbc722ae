"""Decision regions in any two features, EM and backpropagation side by side; both step along."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from emtui.bindings import STEPPING
from emtui.frame import Frame
from emtui.networks.regions import Regions, fixed_words, regions_of, regions_scene
from emtui.networks.scores import Progress
from emtui.panes.comparison_side import ComparisonSide
from emtui.panes.tabs import PaneTabs
from emtui.shell.contest_report import method_name
from emtui.views.format import fixed, share
from emtui.views.points import pairs
from engine.text import clean

NARROW = 80
_KEYS = "e m n ← → step · a pair of features · , . across · < > up · tab other side · esc back"


class RegionsScreen(Screen[None]):
    """The explored model at the left, its rival after as many iterations at the right; tabs where it is narrow.

    It gets frames by `show`, as panes do; regions are computed in a thread.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *STEPPING,
        Binding("escape,v", "back", "back", id="regions.back", tooltip="back to the explorer"),
        Binding("tab", "other_side", "other side", show=False, id="regions.side", tooltip="the other method"),
        Binding("1", "side(1)", "left", show=False, id="regions.left"),
        Binding("2", "side(2)", "right", show=False, id="regions.right"),
        Binding("a", "pair(1)", "pair", show=False, id="regions.pair", tooltip="the next pair of features"),
        Binding("A", "pair(-1)", "pair back", show=False, id="regions.pairback", tooltip="the pair before"),
        Binding("full_stop", "feature(0, 1)", "across", show=False, id="regions.across", tooltip="another across"),
        Binding("comma", "feature(0, -1)", "across back", show=False, id="regions.acrossback"),
        Binding("greater_than_sign", "feature(1, 1)", "up", show=False, id="regions.up", tooltip="another upwards"),
        Binding("less_than_sign", "feature(1, -1)", "up back", show=False, id="regions.upback"),
    ]
    DEFAULT_CSS = """
    RegionsScreen #sides { height: 1fr; }
    RegionsScreen #fixed, RegionsScreen #hint {
        height: 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; padding: 0 1;
    }
    RegionsScreen #fixed { color: $text; }
    RegionsScreen PaneTabs { display: none; }
    RegionsScreen.-one PaneTabs { display: block; }
    RegionsScreen.-one.-left #rival, RegionsScreen.-one.-right #own { display: none; }
    """

    def __init__(self, explorer: Screen[None] | None = None) -> None:
        super().__init__(classes="-left")
        self._explorer = explorer
        self._frame: Frame | None = None
        self._features: tuple[int, int] | None = None

    async def action_explorer(self, action: str) -> None:
        """A stepping key belongs to the explorer that lies below."""
        if self._explorer is not None:
            await self._explorer.run_action(action)

    def compose(self) -> ComposeResult:
        """Both sides, the tabs that stand for them where it is narrow, what is held fixed, and the keys."""
        yield PaneTabs(id="tabs")
        with Horizontal(id="sides"):
            yield ComparisonSide("EM", id="own")
            yield ComparisonSide("backprop", id="rival")
        yield Static("", id="fixed", markup=False)
        yield Static(Content(_KEYS), id="hint")

    def on_mount(self) -> None:
        """Show what was handed over before."""
        self._fit()
        self._compute()
        self.watch(self.app, "theme", self._theme_changed, init=False)

    def _theme_changed(self) -> None:
        self.call_after_refresh(self._compute)

    def on_resize(self) -> None:
        """One side at a time where it is narrow."""
        self._fit()

    def _fit(self) -> None:
        self.set_class(self.size.width < NARROW, "-one")
        own, rival = self._names()
        tabs = [("own", 1, own, own), ("rival", 2, rival, rival)]
        self.query_one(PaneTabs).show(tabs, "own" if self.has_class("-left") else "rival")

    def _names(self) -> tuple[str, str]:
        backprop = self._frame is not None and self._frame.choices.model.name == "backprop"
        return ("backprop", "EM") if backprop else ("EM", "backprop")

    # showing

    @property
    def features(self) -> tuple[int, int]:
        """Which columns are shown, across and up."""
        assert self._frame is not None
        d = self._frame.choices.dataset.n_features
        if self._features is None or max(self._features) >= d:
            self._features = self._pairs()[0]
        return self._features

    def _pairs(self) -> list[tuple[int, int]]:
        assert self._frame is not None
        data = self._frame.choices.dataset
        found = [
            (axes.x.index, axes.y.index)
            for axes in pairs(data)
            if axes.y is not None and axes.x.kind == axes.y.kind == "feature"
        ]
        return found or [(0, min(1, data.n_features - 1))]

    def show(self, frame: Frame) -> None:
        """Show this step, and the rival beside it."""
        self._frame = frame
        if self.is_mounted:
            self._compute()

    def _compute(self) -> None:
        frame = self._frame
        if frame is None or frame.contest is None:
            for side in self.query(ComparisonSide):
                side.say("Decision regions are those of a network: choose the model mlp.")
            return
        across, up = self.features
        self.run_worker(
            lambda: (frame, regions_of(frame, across, up)), thread=True, exclusive=True, exit_on_error=False
        )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Regions are ready: draw them, unless another step or other features came meanwhile."""
        event.stop()
        if event.state == WorkerState.ERROR and event.worker.error is not None:
            raise event.worker.error
        if event.state == WorkerState.SUCCESS:
            frame, found = cast("tuple[Frame, tuple[Regions, Regions | None]]", event.worker.result)
            if frame is self._frame and (found[0].across, found[0].up) == self.features:
                self._draw(frame, *found)

    def _draw(self, frame: Frame, own: Regions, rival: Regions | None) -> None:
        contest = frame.contest
        assert contest is not None
        left, right = self.query_one("#own", ComparisonSide), self.query_one("#rival", ComparisonSide)
        left.border_title, right.border_title = self._names()
        scene = regions_scene(frame, own, left.chart.palette)
        left.show(heading_of(frame.choices.model, contest.here), scene, None)
        if rival is None or contest.rival_here is None:
            right.say(contest.rival_why or f"{self._names()[1]} is on its way: it will be here in a moment.")
        else:
            heading = heading_of(contest.rival_model, contest.rival_here)
            right.show(heading, regions_scene(frame, rival, right.chart.palette), None)
        data = frame.choices.dataset
        words = f"{data.feature_names[own.across]} across, {data.feature_names[own.up]} up; "
        said = clean(words + fixed_words(data, own.across, own.up))
        self.query_one("#fixed", Static).update(Content(said[0].upper() + said[1:] + "."))
        self._fit()

    # keys

    def action_back(self) -> None:
        """Back to the explorer."""
        if len(self.app.screen_stack) > 1:
            self.dismiss()

    def action_other_side(self) -> None:
        """The other side, where one is seen at a time."""
        self.toggle_class("-left", "-right")
        self._fit()

    def action_side(self, number: int) -> None:
        """The left side (1) or the right one (2), where one is seen at a time."""
        if (number == 1) != self.has_class("-left"):
            self.action_other_side()

    def action_pair(self, by: int) -> None:
        """The next pair of features."""
        if self._frame is not None:
            offered = self._pairs()
            place = offered.index(self.features) if self.features in offered else -by
            self._features = offered[(place + by) % len(offered)]
            self._compute()

    def action_feature(self, axis: int, by: int) -> None:
        """Another feature across (0) or up (1); it is never the same on both."""
        if self._frame is None:
            return
        d = self._frame.choices.dataset.n_features
        chosen = list(self.features)
        for _ in range(d):
            chosen[axis] = (chosen[axis] + by) % d
            if chosen[0] != chosen[1] or d == 1:
                break
        self._features = (chosen[0], chosen[1])
        self._compute()

    @on(PaneTabs.Chosen)
    def _tab_chosen(self, event: PaneTabs.Chosen) -> None:
        event.stop()
        self.action_side(event.number)


def heading_of(model: Any, found: Progress) -> tuple[str, str]:
    """`EM newton · iteration 12 · loss 0.210`, and `train 85/90 .944 · test 57/60 .950`."""
    parts = [f"train {share(found.train.hits, found.train.n_rows)}"]
    if found.test is not None:
        parts.append(f"test {share(found.test.hits, found.test.n_rows)}")
    first = f"{method_name(model)} · iteration {found.iteration} · loss {fixed(found.train.log_loss, 3)}"
    return first, " · ".join(parts)
