"""The grid of panes: three columns if there is room, else tabs (`emtui.settings.layout`)."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.reactive import reactive
from textual.widget import Widget

from emtui.panes.pane import Pane
from emtui.settings.keys import PANE_KEYS
from emtui.settings.layout import (
    ORDER,
    PICTURE,
    RIGHT,
    TWINS,
    Plan,
    plan,
    twin_of,
    width_class,
)
from emtui.widgets.tabs import PaneTabs, Tab

_PLACES = (*TWINS, *((name,) for name in ORDER if twin_of(name) is None))  # of a wide screen: one pane each, or two


class _PaneGridLayout(Layout):
    name = "desk"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        assert isinstance(parent, PaneGrid)
        places = parent.place(size)
        return [
            WidgetPlacement(places[child.id or ""], NULL_OFFSET, NULL_SPACING, child, order=isinstance(child, PaneTabs))
            for child in children
            if child.id in places
        ]


class PaneGrid(Container):
    """The panes of the explorer, laid out for the window's size."""

    DEFAULT_CSS = """
    PaneGrid { height: 1fr; width: 1fr; overflow: hidden; }
    """

    tab: reactive[str] = reactive("", layout=True)
    """The pane that was chosen last; none at first: the first that there are tabs for."""
    zoomed: reactive[str | None] = reactive[str | None](None, layout=True)
    turned: reactive[frozenset[str]] = reactive(frozenset[str](), layout=True)
    """Panes of the right side whose twin is to be seen on a wide screen."""

    def __init__(self, panes: list[Pane], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._panes = {pane.id or "": pane for pane in panes}
        self._pane_grid_layout = _PaneGridLayout()

    @property
    def layout(self) -> Layout:
        """Use its own layout, whatever a style sheet says."""
        return self._pane_grid_layout

    async def add(self, panes: list[Pane]) -> None:
        """Add the panes that were not needed for the first picture."""
        self._panes |= {pane.id or "": pane for pane in panes}
        await self.mount_all(panes)
        self.rearrange()

    def compose(self) -> ComposeResult:
        """The tabs, and the panes that are there from the start."""
        yield PaneTabs(id="tabs")
        for place in _PLACES:
            yield PaneTabs(id=_tabs_of(place), twins=True)
        yield from self._panes.values()

    def place(self, size: Size) -> dict[str, Region]:
        """Regions by id for a grid of this size."""
        made = self._plan(size)
        regions = {**made.regions, "tabs": made.tab_region} if made.tabs else dict(made.regions)
        for place in _PLACES:
            tabs = self.query_one(f"#{_tabs_of(place)}", PaneTabs)
            box = next((made.regions[name] for name in place if name in made.regions), None)
            if tabs.display and box is not None:  # in the upper border, at its right end
                regions[_tabs_of(place)] = Region(max(box.x, box.right - 2 - tabs.needed), box.y, tabs.needed, 1)
        return regions

    def _plan(self, size: Size) -> Plan:
        return plan(size, width_class(self.screen.size.width), self.tab, self.zoomed, self.turned)

    def on_mount(self) -> None:
        """Show the visible panes."""
        self.rearrange()

    def on_resize(self) -> None:
        """Show the panes that are visible at this size."""
        self.rearrange()

    def watch_tab(self) -> None:
        """Show another pane."""
        self.rearrange()

    def watch_turned(self) -> None:
        """Show a pane's twin."""
        self.rearrange()

    def watch_zoomed(self) -> None:
        """Give one pane the whole grid, or restore the layout."""
        self.rearrange()

    def rearrange(self) -> None:
        """Hide the panes without a place, so that they get no focus and draw nothing."""
        if not self.is_mounted:
            return
        made = self._plan(self.size)
        for name, pane in self._panes.items():
            pane.display = name in made.regions
        tabs = self.query_one(PaneTabs)
        tabs.display = bool(made.tabs)
        chosen = next((name for name in made.tabs if name in made.regions), None)
        tabs.show(self._labels(made.tabs), chosen)
        for place in _PLACES:
            small = self.query_one(f"#{_tabs_of(place)}", PaneTabs)
            small.display = not made.tabs and self.zoomed is None and all(name in self._panes for name in place)
            small.show(self._labels(place), self._in_front(place))
            for name in place:
                if name in self._panes:
                    self._panes[name].border_taken = small.needed + 1 if small.display else 0
        self.call_after_refresh(self._draw_seen)

    def _labels(self, names: tuple[str, ...]) -> tuple[Tab, ...]:
        there = [name for name in names if name in self._panes]
        return tuple(Tab(name, PANE_KEYS.get(name, ""), *self._panes[name].tab_labels) for name in there)

    def _in_front(self, place: tuple[str, ...]) -> str | None:
        """The visible one of two panes; None for a single pane."""
        return place[place[0] in self.turned] if len(place) > 1 else None

    def _draw_seen(self) -> None:
        # each in its own turn: a message that a pane posts while the grid, its parent, is busy goes no further
        for pane in self._panes.values():
            pane.call_later(pane.draw_if_seen)

    def go_to(self, name: str) -> Pane | None:
        """Show and return the pane of this name; None if there is none yet."""
        if name not in self._panes:
            return None
        if self.zoomed is not None:
            self.zoomed = name
        elif name != PICTURE or width_class(self.screen.size.width) == "narrow":
            self.tab = name
        twin = twin_of(name)
        if twin is not None:
            self.turned = self.turned - {name} if name in RIGHT else self.turned | {twin}
        return self._panes[name]

    def toggle_zoom(self, name: str) -> None:
        """Give this pane the whole grid, or restore the layout."""
        self.zoomed = None if self.zoomed is not None else name


def _tabs_of(place: tuple[str, ...]) -> str:
    """The id of the small tabs of one pane, or of two that share a place."""
    return f"tabs-{place[0]}"
