"""Two pictures side by side over the explorer, as tabs in a narrow window; the stepping keys still work."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.worker import Worker, WorkerState

from emtui.screens.compare.comparison_side import ComparisonSide
from emtui.screens.over_explorer import OverExplorer
from emtui.screens.stepping import Stepping
from emtui.settings.keys import STEPPING
from emtui.widgets.key_items import KeyHints
from emtui.widgets.tabs import PaneTabs, Tab

NARROW = 80


class SideBySideScreen(OverExplorer[None]):
    """A left and a right side; a subclass draws on them in `draw`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *STEPPING,
        Binding("escape,v", "back", "back", id="sides.back", tooltip="back to the explorer"),
        Binding("tab", "other_side", "other side", show=False, id="sides.other", tooltip="the other side"),
        Binding("1", "side('left')", "left", show=False, id="sides.left"),
        Binding("2", "side('right')", "right", show=False, id="sides.right"),
    ]
    DEFAULT_CSS = """
    SideBySideScreen #sides { height: 1fr; }
    SideBySideScreen .line { height: 1; text-wrap: nowrap; text-overflow: ellipsis; padding: 0 1; }
    SideBySideScreen .notes { height: auto; max-height: 4; padding: 0 1; color: $text-muted; }
    SideBySideScreen #hint { color: $text-muted; height: 1; padding: 0 1; text-wrap: nowrap; }
    SideBySideScreen PaneTabs { display: none; }
    SideBySideScreen.-one PaneTabs { display: block; }
    SideBySideScreen.-one.-left #right, SideBySideScreen.-one.-right #left { display: none; }
    """
    HINT: ClassVar[str] = ""  # the keys, in the last line

    def __init__(self, stepping: Stepping | None = None) -> None:
        super().__init__(stepping, classes="-left")

    @abstractmethod
    def names(self) -> tuple[str, str]:
        """What the two sides show, for the tabs."""

    def computed(self, result: object) -> None:
        """Take what a worker of `draw` came back with, where it uses one."""

    def compose(self) -> ComposeResult:
        """Both sides, the tabs that stand for them where it is narrow, a subclass's own lines, and the keys."""
        left, right = self.names()
        yield PaneTabs(id="tabs")
        with Horizontal(id="sides"):
            yield ComparisonSide(left, id="left")
            yield ComparisonSide(right, id="right")
        yield from self.further_lines()
        yield KeyHints(self.HINT)

    def further_lines(self) -> ComposeResult:
        """Lines between the sides and the keys; none unless a subclass has some."""
        yield from ()

    @property
    def left(self) -> ComparisonSide:
        """The left side."""
        return self.query_one("#left", ComparisonSide)

    @property
    def right(self) -> ComparisonSide:
        """The right side."""
        return self.query_one("#right", ComparisonSide)

    def on_mount(self) -> None:
        """Show what was handed over before."""
        self.fit()
        self.draw()

    def on_resize(self) -> None:
        """One side at a time in a narrow window."""
        self.fit()

    def fit(self) -> None:
        """Show tabs in a narrow window, named as the sides are."""
        self.set_class(self.size.width < NARROW, "-one")
        left, right = self.names()
        tabs = (Tab("left", "1", left, left), Tab("right", "2", right, right))
        self.query_one(PaneTabs).show(tabs, "left" if self.has_class("-left") else "right")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Take the worker's result."""
        event.stop()
        if event.state == WorkerState.SUCCESS:
            self.computed(event.worker.result)

    def action_back(self) -> None:
        """Back to the explorer."""
        if len(self.app.screen_stack) > 1:
            self.dismiss()

    def action_other_side(self) -> None:
        """The other side, if one is shown at a time."""
        self.toggle_class("-left", "-right")
        self.fit()

    def action_side(self, name: str) -> None:
        """This side, left or right, if one is shown at a time."""
        if not self.has_class(f"-{name}"):
            self.action_other_side()

    @on(PaneTabs.Chosen)
    def _tab_chosen(self, event: PaneTabs.Chosen) -> None:
        event.stop()
        self.action_side(event.name)
