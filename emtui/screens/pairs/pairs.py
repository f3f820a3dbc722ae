"""The pair plot over the explorer: every pair of features at once, or one at a time; the stepping keys still work."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from emtui.charts.chart_widget import Chart
from emtui.charts.pair_grid import PairGridChart, capacity
from emtui.exports.sheet_exports import sheet_exports
from emtui.exports.study_tables import PAIRS_EXPORTS, Study
from emtui.panes.headline import Headline
from emtui.screens.dialogs.export_dialog import ask_for_export
from emtui.screens.over_explorer import OverExplorer
from emtui.screens.pairs.groupings import GroupingName, grouping, offered
from emtui.screens.pairs.pair_order import Pair, PairOrder, window_pairs
from emtui.screens.pairs.pair_plot import PairPlot
from emtui.screens.pairs.pair_sheet import pair_sheet, why_no_pairs
from emtui.screens.pairs.pair_table import pairs_of
from emtui.screens.pairs.pair_text import PairPlace, Pieces, by_line, key_line, number_line, painted
from emtui.screens.stepping import Stepping
from emtui.session.snapshot import StepSnapshot
from emtui.settings.keys import STEPPING
from emtui.views.view import Axes, PictureAxis

_SMALL, _LARGE = 5_000, 20_000  # rows that a picture draws
_READABLE = 3  # features, at least, for a grid


class PairsScreen(OverExplorer[Axes]):
    """A grid of as many features as fit; one pair if three don't fit. Returns the chosen pair, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *STEPPING,
        Binding("escape,M", "back", "back", id="pairs.back", tooltip="back to the explorer"),
        Binding("d", "coloring", "colouring", id="pairs.coloring", tooltip="by truth, by EM, by k-means"),
        Binding("tab,down", "walk(1)", "next pair", show=False, id="pairs.next", tooltip="the next pair"),
        Binding("shift+tab,up", "walk(-1)", "pair before", show=False, id="pairs.before", tooltip="the pair before"),
        Binding("full_stop", "turn(1)", "on", show=False, id="pairs.on", tooltip="further features, or the next pair"),
        Binding("comma", "turn(-1)", "off", show=False, id="pairs.off", tooltip="the features or the pair before"),
        Binding("z", "alone", "alone", show=False, id="pairs.alone", tooltip="the chosen pair alone, and back"),
        Binding("enter", "choose", "choose", id="pairs.choose", tooltip="this pair in the explorer's picture"),
        Binding("x", "export", "export", id="pairs.export", tooltip="the correlations of every pair to a file"),
    ]
    DEFAULT_CSS = """
    PairsScreen { layout: vertical; overflow: hidden; }
    PairsScreen .line { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    PairsScreen #hint { color: $text-muted; }
    PairsScreen #pair, PairsScreen #numbers { display: none; }
    PairsScreen.-alone #pair, PairsScreen.-alone #numbers { display: block; }
    PairsScreen.-alone PairGridChart { display: none; }
    """

    def __init__(self, stepping: Stepping | None = None, axes: Axes | None = None) -> None:
        super().__init__(stepping)
        self._colored_by: GroupingName = "own"
        self._pair: Pair | None = None
        if axes is not None and axes.y is not None and axes.x.kind == axes.y.kind == "feature":
            self._pair = axes.x.index, axes.y.index
        self._start = 0
        self._alone = False

    def compose(self) -> ComposeResult:
        """Where one is, the colouring, the grid or the one pair with its numbers, and the keys."""
        yield Headline()
        yield Static("", id="by", classes="line", markup=False)
        yield PairGridChart()
        yield Chart(can_focus=False, id="pair")
        yield Static("", id="numbers", classes="line", markup=False)
        yield Static("", id="hint", classes="line", markup=False)

    def on_resize(self) -> None:
        """Show as many features as fit now."""
        self.draw()

    def show(self, snapshot: StepSnapshot) -> None:
        """Show this step."""
        if why_no_pairs(snapshot):
            self.dismiss()
            return
        if self._snapshot is not None and self._snapshot.spec.dataset is not snapshot.spec.dataset:
            self._pair, self._start = None, 0
        super().show(snapshot)

    # what is chosen

    @property
    def _order(self) -> PairOrder:
        assert self._snapshot is not None
        return PairOrder.of(self._snapshot.spec.dataset)

    @property
    def _d(self) -> int:
        assert self._snapshot is not None
        return self._snapshot.spec.dataset.n_features

    @property
    def pair(self) -> Pair:
        """The chosen pair, x first; of one feature that feature twice."""
        if self._pair is None or max(self._pair) >= self._d:
            self._pair = self._order.pair(0) if self._d > 1 else (0, 0)
        return self._pair

    @property
    def _n_shown(self) -> int:
        """How many features the grid has; 0 for one pair."""
        room = capacity(self.size.width, self.size.height - 3)
        return 0 if self._alone or self._d == 1 or room < _READABLE else min(room, self._d)

    @property
    def columns(self) -> tuple[int, ...]:
        """The features in the grid, () for none."""
        if not self._n_shown:
            return ()
        self._start = self._order.start_for(self.pair, self._start, self._n_shown)
        return self._order.window(self._start, self._n_shown)

    def _choose(self, pair: Pair) -> None:
        self._pair = pair
        self.draw()

    # keys

    def action_coloring(self) -> None:
        """The next of truth, EM and k-means."""
        if self._snapshot is None:
            return
        names = offered(self._snapshot)
        if len(names) == 1:
            self.notify("There is no other colouring: no classes are known, and no k-means goes with it.", markup=False)
            return
        self._colored_by = names[(names.index(self._coloring) + 1) % len(names)]
        self.draw()

    @property
    def _coloring(self) -> GroupingName:
        assert self._snapshot is not None
        return self._colored_by if self._colored_by in offered(self._snapshot) else "own"

    def action_walk(self, by: int) -> None:
        """The next pair of the grid, or of all."""
        if self._snapshot is None or self._d == 1:
            return
        pairs = window_pairs(self.columns)
        if not pairs:
            self._choose(self._order.pair(self._order.number(self.pair) + by))
            return
        place = pairs.index(self.pair) if self.pair in pairs else -by
        self._choose(pairs[(place + by) % len(pairs)])

    def action_turn(self, by: int) -> None:
        """Further features if not all fit into the grid; else the next pair."""
        if self._snapshot is None or not 0 < len(self.columns) < self._d:
            self.action_walk(by)
            return
        start = self._order.scrolled(self._start, self._n_shown, by)
        self._start = start
        self._choose(window_pairs(self._order.window(start, self._n_shown))[0])

    def action_alone(self) -> None:
        """One pair with all the room, and back."""
        self._alone = not self._alone
        self.draw()

    def action_choose(self) -> None:
        """Back, with this pair in the explorer's picture."""
        if self._snapshot is None:
            return
        (x, y), names = self.pair, self._snapshot.spec.dataset.feature_names
        second = PictureAxis("feature", y, names[y]) if x != y else None
        self.dismiss(Axes(PictureAxis("feature", x, names[x]), second))

    def action_export(self) -> None:
        """Ask where the correlations, or what is drawn here, is to be written."""
        snapshot = self._snapshot
        if snapshot is not None and self._d > 1:
            spec, groups = snapshot.spec, grouping(snapshot, self._coloring)
            figure = partial(pair_sheet, snapshot, self._coloring, self.columns, self.pair)
            exports = (*PAIRS_EXPORTS, *sheet_exports("pair plot", "pairs", lambda _: figure()))
            ask_for_export(self, Study(spec, pairs_of(spec.dataset, groups)), exports)

    def action_back(self) -> None:
        """Back to the explorer as it was."""
        self.dismiss()

    @on(PairGridChart.Picked)
    def _picked(self, event: PairGridChart.Picked) -> None:
        """A click chooses the pair of the cell, on either side of the diagonal."""
        event.stop()
        low, high = sorted((event.row, event.column))
        columns = self.columns
        if low != high and high < len(columns):
            self._choose((columns[low], columns[high]))

    # drawing

    def draw(self) -> None:
        """Draw the step."""
        snapshot = self._snapshot
        if snapshot is None or not self.is_mounted or not self.size:
            return
        self.query_one(Headline).show(snapshot)
        columns, groups = self.columns, grouping(snapshot, self._coloring)
        self.set_class(not columns, "-alone")
        chart = self.query_one("#pair", Chart)
        plot = PairPlot(snapshot, groups, chart.palette, _SMALL if columns else _LARGE, self.size.width - 20)
        x, y = pair = self.pair
        width, numbers = self.size.width - 2, Pieces()
        if columns:
            self.query_one(PairGridChart).set_grid(plot.grid(columns, pair))
        elif x == y:
            chart.set_scene(plot.density(x, small=False))
        else:
            chart.set_scene(plot.pair(x, y, small=False))
            numbers = number_line(plot, pair, width)
        place = PairPlace(self._order, columns, self._start, pair, self._alone)
        self.query_one("#by", Static).update(painted(by_line(plot, place, width), chart.palette))
        self.query_one("#numbers", Static).update(painted(numbers, chart.palette))
        self.query_one("#hint", Static).update(Text(key_line(place, width)))
