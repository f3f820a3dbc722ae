"""The panes in three columns where there is room, in tabs where there is less (`emtui.settings.layout`)."""

from __future__ import annotations

from collections.abc import Collection

from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.reactive import reactive
from textual.widget import Widget

from emtui.panes.curves.curves import CurvesPane
from emtui.panes.pane import Pane
from emtui.panes.picture.picture import PicturePane
from emtui.panes.shows_step import ShowsStep
from emtui.session.saved.session_file import View
from emtui.session.snapshot import StepSnapshot
from emtui.settings.keys import PANE_KEYS
from emtui.settings.layout import LECTURE, ORDER, PICTURE, RIGHT, TWINS, PaneLayout, pane_layout, twin_of, width_class
from emtui.widgets.tabs import PaneTabs, Tab

_PLACES = (*TWINS, *((name,) for name in ORDER if twin_of(name) is None))  # of a wide screen: one pane each, or two


class _PaneGridLayout(Layout):
    name = "panes"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        assert isinstance(parent, PaneGrid)
        places = parent.place(size)
        return [
            WidgetPlacement(places[child.id or ""], NULL_OFFSET, NULL_SPACING, child, order=isinstance(child, PaneTabs))
            for child in children
            if child.id in places
        ]


class PaneGrid(Container, ShowsStep):
    """The panes of the explorer, laid out for the window's size."""

    DEFAULT_CSS = """
    PaneGrid { height: 1fr; width: 1fr; overflow: hidden; }
    """

    tab: reactive[str] = reactive("", layout=True)
    """The pane that was chosen last; none at first: the first that there are tabs for."""
    zoomed: reactive[str | None] = reactive[str | None](None, layout=True)
    lecture: reactive[bool] = reactive(False, layout=True)
    """The picture and the curves have all the room."""
    turned: reactive[frozenset[str]] = reactive(frozenset[str](), layout=True)
    """Panes of the right side whose twin is to be seen on a wide screen."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.picture = PicturePane(id=PICTURE)
        self._panes: dict[str, Pane] = {PICTURE: self.picture, "curves": CurvesPane(id="curves")}
        self._shown: tuple[StepSnapshot, int | None] | None = None
        self._pane_grid_layout = _PaneGridLayout()

    @property
    def panes(self) -> Collection[Pane]:
        """Those that are there."""
        return self._panes.values()

    @property
    def layout(self) -> Layout:
        """Use its own layout, whatever a style sheet says."""
        return self._pane_grid_layout

    async def complete(self) -> None:
        """Add the panes that the first picture did not wait for."""
        from emtui.panes.agreement.agreement import AgreementPane
        from emtui.panes.bound import BoundPane
        from emtui.panes.convergence.convergence import ConvergencePane
        from emtui.panes.datasets import DatasetsPane
        from emtui.panes.model_form.model_form import ModelForm
        from emtui.panes.parameters.parameters import ParametersPane
        from emtui.panes.rows.predictions import RowsPane
        from emtui.panes.why.why import WhyPane

        further: dict[str, type[Pane]] = {
            "responsibilities": RowsPane,
            "parameters": ParametersPane,
            "agreement": AgreementPane,
            "data": DatasetsPane,
            "model": ModelForm,
            "bound": BoundPane,
            "why": WhyPane,
            "convergence": ConvergencePane,
        }
        panes = {name: kind(id=name) for name, kind in further.items()}
        self._panes |= panes
        await self.mount_all(panes.values())
        self.rearrange()
        if self._shown is not None:
            self.show(*self._shown)

    @property
    def is_complete(self) -> bool:
        """All of the panes are there."""
        return len(self._panes) == len(ORDER)

    @property
    def view(self) -> View:
        """How the panes stand, as a session that is saved has it."""
        focused = next((name for name, pane in self._panes.items() if pane.has_focus_within), None)
        panes = {name: pane.state for name, pane in self._panes.items() if pane.state}
        return View(tab=self.tab, zoomed=self.zoomed, turned=tuple(sorted(self.turned)), focus=focused, panes=panes)

    def restore(self, view: View) -> None:
        """Let the panes stand as they stood; what is not known here is passed over."""
        self.tab = view.tab if view.tab in self._panes else ""
        self.zoomed = view.zoomed if view.zoomed in self._panes else None
        self.turned = frozenset(name for name in view.turned if name in RIGHT and twin_of(name) is not None)
        for name, state in view.panes.items():
            if name in self._panes:
                self._panes[name].take_state(state)
        if view.focus in self._panes:
            self.call_after_refresh(_focus_within, self._panes[view.focus])

    def compose(self) -> ComposeResult:
        """The tabs, and the panes that are there from the start."""
        yield PaneTabs(id="tabs")
        for place in _PLACES:
            yield PaneTabs(id=_tabs_of(place), twins=True)
        yield from self._panes.values()

    def place(self, size: Size) -> dict[str, Region]:
        """Regions by id for this size."""
        made = self._layout_for(size)
        regions = {**made.regions, "tabs": made.tab_region} if made.tabs else dict(made.regions)
        for place in _PLACES:
            tabs = self.query_one(f"#{_tabs_of(place)}", PaneTabs)
            box = next((made.regions[name] for name in place if name in made.regions), None)
            if tabs.display and box is not None:  # in the upper border, at its right end
                regions[_tabs_of(place)] = Region(max(box.x, box.right - 2 - tabs.needed), box.y, tabs.needed, 1)
        return regions

    def _layout_for(self, size: Size) -> PaneLayout:
        return pane_layout(size, width_class(self.screen.size.width), self.tab, self.zoomed, self.turned, self.lecture)

    def rearrange(self) -> None:
        """Hide the panes without a place, so that they get no focus and draw nothing."""
        if not self.is_mounted:
            return
        made = self._layout_for(self.size)
        for name, pane in self._panes.items():
            pane.display = name in made.regions
        tabs = self.query_one(PaneTabs)
        tabs.display = bool(made.tabs)
        chosen = next((name for name in made.tabs if name in made.regions), None)
        tabs.show(self._labels(made.tabs), chosen)
        for place in _PLACES:
            small = self.query_one(f"#{_tabs_of(place)}", PaneTabs)
            alone = self.zoomed is not None or self.lecture
            small.display = not made.tabs and not alone and all(name in self._panes for name in place)
            small.show(self._labels(place), self._in_front(place))
            for name in place:
                if name in self._panes:
                    self._panes[name].border_taken = small.needed + 1 if small.display else 0
        self.call_after_refresh(self.draw_seen)

    # at another size, and when another pane is chosen, its twin is turned to, or one gets all the room
    on_mount = on_resize = watch_tab = watch_turned = watch_zoomed = watch_lecture = rearrange

    def _labels(self, names: tuple[str, ...]) -> tuple[Tab, ...]:
        there = [name for name in names if name in self._panes]
        return tuple(Tab(name, PANE_KEYS.get(name, ""), *self._panes[name].tab_labels) for name in there)

    def _in_front(self, place: tuple[str, ...]) -> str | None:
        """The visible one of two panes; None for a single pane."""
        return place[place[0] in self.turned] if len(place) > 1 else None

    # what they show

    def show(self, snapshot: StepSnapshot, chosen_row: int | None = None) -> None:
        """Show a step on all the panes, and the row that was pointed at."""
        self._shown = snapshot, chosen_row
        for pane in self.panes:
            pane.show(snapshot, chosen_row)

    def redraw(self) -> None:
        """Draw the same step again, in other colours."""
        for pane in self.panes:
            pane.redraw()

    def draw_seen(self) -> None:
        """Draw the panes that came to light, each in its own turn."""
        # a question that a pane asks while its parent is at work goes no further
        for pane in self.panes:
            pane.call_later(pane.draw_if_seen)

    # going to one

    def go_to(self, name: str) -> None:
        """Bring the pane of this name to light, if it is there yet, and give it the focus."""
        if name not in self._panes:
            return
        if self.zoomed is not None:
            self.zoomed = name
        elif name != PICTURE or width_class(self.screen.size.width) == "narrow":
            self.tab = name
        twin = twin_of(name)
        if twin is not None:
            self.turned = self.turned - {name} if name in RIGHT else self.turned | {twin}
        if not _focus_within(self._panes[name]):  # it is drawn for the first time
            self.call_after_refresh(_focus_drawn, self._panes[name])

    def work_row_out(self) -> None:
        """Go to pane 9, and show the chosen row's E-step there."""
        self.go_to("why")
        self._panes["why"].show_chosen_row()

    def on_pane_tabs_chosen(self, event: PaneTabs.Chosen) -> None:
        """Go to the pane whose tab was clicked."""
        event.stop()
        self.go_to(event.name)

    def toggle_zoom(self) -> None:
        """Give the pane with the focus (or the picture) all the room, or put it back."""
        self.zoomed = None if self.zoomed is not None else self._chosen_name

    def can_be_seen(self, name: str) -> bool:
        """Whether there is a place for this pane: in a lecture there is one for two."""
        return not self.lecture or name in LECTURE

    @property
    def chosen(self) -> Pane:
        """The pane with the focus, else the one that has all the room, else the picture."""
        return self._panes[self.zoomed or self._chosen_name]

    @property
    def _chosen_name(self) -> str:
        return next((name for name, pane in self._panes.items() if pane.has_focus_within), PICTURE)


def _tabs_of(place: tuple[str, ...]) -> str:
    """The id of the small tabs of one pane, or of two that share a place."""
    return f"tabs-{place[0]}"


def _focus_drawn(pane: Pane) -> None:
    """Draw the pane, which may bring what takes the focus, and give it the focus."""
    pane.draw_if_seen()
    _focus_within(pane)


def _focus_within(pane: Pane) -> bool:
    """Give the focus to the first widget of the pane that takes it, if there is one."""
    found = next((widget for widget in pane.query("*") if widget.focusable and widget.display), None)
    if found is not None:
        found.focus()
    return found is not None
