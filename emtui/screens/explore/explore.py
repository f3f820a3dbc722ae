"""The explorer: keys become steps of the session, and every step becomes one frame on all the panes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from emtui.application import gc_pause as garbage
from emtui.panes.curves.curves import CurvesPane
from emtui.panes.messages import (
    DatasetChosen,
    ModelChosen,
    QueryAsked,
    RowChosen,
    SettingsChanged,
)
from emtui.panes.pane import Pane
from emtui.panes.picture.picture import PicturePane
from emtui.panes.shows_step import ShowsStep
from emtui.panes.status_line import Headline, KeyLine
from emtui.panes.timeline import TimelineBar
from emtui.screens.explore.pane_grid import PaneGrid
from emtui.screens.explore.view_actions import ViewActionsScreen
from emtui.session.snapshot import StepSnapshot
from emtui.settings.keys import EXPLORE
from emtui.settings.layout import SMALLEST, too_small
from emtui.spec.run_spec import RunSpec, choose, make_model
from emtui.spec.work import is_small
from emtui.views import view_for
from emtui.views.edit_sentences import step_sentence
from emtui.widgets.tabs import PaneTabs


class ExploreScreen(ViewActionsScreen):
    """Data, model, picture, curves, tables and timeline of one exploration."""

    BINDINGS: ClassVar[list[BindingType]] = list(EXPLORE)
    AUTO_FOCUS = ""  # no field swallows the letters until the user goes to one

    def __init__(self, spec: RunSpec) -> None:
        super().__init__()
        self._spec = spec
        self._headline = Headline(id="headline")
        self._picture = PicturePane(id="picture")
        self._pane_grid = PaneGrid([self._picture, CurvesPane(id="curves")], id="panes")
        self._timeline = TimelineBar(id="timeline")
        self._row: int | None = None

    # --- layout

    def compose(self) -> ComposeResult:
        """The lines around the desk, and the desk with the first panes; the others follow the first picture."""
        yield self._headline
        yield self._pane_grid
        yield self._timeline
        yield self._telling
        yield KeyLine(id="keys")
        yield Static("", id="too-small", markup=False)

    async def _lay_out_the_rest(self) -> None:
        """Bring in the panes that the first picture did not wait for."""
        from emtui.panes.agreement.agreement import AgreementPane
        from emtui.panes.bound import BoundPane
        from emtui.panes.convergence.convergence import ConvergencePane
        from emtui.panes.datasets import DatasetsPane
        from emtui.panes.model_form.model_form import ModelForm
        from emtui.panes.parameters.parameters import ParametersPane
        from emtui.panes.rows.predictions import RowsPane
        from emtui.panes.why.why import WhyPane

        panes: list[Pane] = [
            RowsPane(id="responsibilities"),
            ParametersPane(id="parameters"),
            AgreementPane(id="agreement"),
            DatasetsPane(id="datasets"),
            ModelForm(id="model"),
            BoundPane(id="bound"),
            WhyPane(id="why"),
            ConvergencePane(id="convergence"),
        ]
        await self._pane_grid.add(panes)
        if self.snapshot is not None:
            for pane in panes:
                pane.show(self.snapshot, self._row)
        garbage.let_go()

    def on_mount(self) -> None:
        """Begin on the choices that were made outside."""
        self.open_spec(lambda: self._spec, small=is_small(self._spec, self._spec.dataset.n_samples))
        self.watch(self.app, "theme", self._theme_changed, init=False)

    def _theme_changed(self) -> None:
        """Pictures carry their colours: draw them again in the new ones."""
        for pane in self.query(Pane):
            self.call_after_refresh(pane.redraw)

    def on_resize(self) -> None:
        """Say so where the window is too small, and recover when it grows."""
        width, height = self.size
        small = too_small(self.size)
        self.set_class(small, "-too-small")
        self.set_class(height < 14, "-low")
        self.set_class(width < 120 and height >= 20, "-tall-telling")
        if small:
            words = f"emtui needs {SMALLEST[0]}×{SMALLEST[1]}; this window is {width}×{height}."
            self.query_one("#too-small", Static).update(words)

    def on_screen_resume(self) -> None:
        """Draw what was stepped to while another screen lay over this one."""
        for pane in self.query(Pane):
            pane.draw_if_seen()

    def on_unmount(self) -> None:
        """Let the worker go."""
        self.worker.close()

    # --- the one way from choices to a frame

    def open_spec(self, make: Callable[[], RunSpec], *, small: bool = False) -> None:
        """Begin another exploration; if it can't be begun, the current one stays open."""
        self._pause()
        self._row = None
        if not small:
            self._telling.tell("Reading the data and looking for a start…")
        self.worker.open(make, small=small)

    def _show(self, snapshot: StepSnapshot) -> None:
        if self.snapshot is None:
            self.call_after_refresh(self._lay_out_the_rest)
        before = self.snapshot
        self.snapshot, self._spec = snapshot, snapshot.spec
        with self.app.batch_update():
            self._headline.show(snapshot)
            self._timeline.show(snapshot)
            for pane in self.query(Pane):
                pane.show(snapshot, self._row)
            news = before is None or snapshot.step is not before.step or snapshot.note != before.note
            if news or self._asks_patience:
                self._tell(snapshot)  # what else came along, such as a rival's epoch, is no news of this step
        for screen in self.app.screen_stack:
            if isinstance(screen, ShowsStep):
                screen.show(snapshot)
        if snapshot.step.stop_reason is not None and self._player is not None and snapshot.is_last:
            self._pause()

    def _tell(self, snapshot: StepSnapshot) -> None:
        self._asks_patience = False
        sentence = step_sentence(snapshot)
        # of the data too, when they are opened: the rows that were left out, the label that was taken
        notes = snapshot.spec.dataset.notes if snapshot.step.phase == "init" else ()
        self._telling.tell(" ".join(part for part in (sentence, snapshot.note, *notes) if part))

    def on_query_asked(self, event: QueryAsked) -> None:
        """Have a pane's question answered in its turn."""
        event.stop()
        self.worker.ask(event.query, event.step, event.asker)

    def action_cancel(self) -> None:
        """Stop what is under way; else leave the zoom; else give the focus back to the picture."""
        if self._player is not None:
            self.action_play()
        elif self.worker.stepping:
            self.worker.cancel()
        elif self._pane_grid.zoomed is not None:
            self._pane_grid.zoomed = None
        else:
            self.set_focus(None)

    # --- choosing

    def on_row_chosen(self, event: RowChosen) -> None:
        """Mark a row everywhere."""
        event.stop()
        self._row = event.row
        if self.snapshot is not None:
            for pane in self.query(Pane):
                pane.show(self.snapshot, self._row)

    def on_dataset_chosen(self, event: DatasetChosen) -> None:
        """Open other data with the model that suits them."""
        event.stop()
        how: dict[str, Any] = {"label": event.label, "columns": event.columns, "standardize": event.standardize}
        how |= {"read_options": event.read_options, "principal": event.principal}
        self.open_spec(partial(choose, event.source, seed=self._spec.seed, **how))

    def on_model_chosen(self, event: ModelChosen) -> None:
        """Another model on the same data."""
        event.stop()
        spec = self._spec
        self.open_spec(lambda: spec.with_model(make_model(spec.dataset, event.name)))

    def on_settings_changed(self, event: SettingsChanged) -> None:
        """Other options: begin again with them."""
        event.stop()
        spec, settings = self._spec, dict(event.settings)

        self.open_spec(lambda: spec.changed(**settings))

    # --- looking

    def action_pane(self, index: int) -> None:
        """Go to a pane by its number."""
        pane = self._pane_grid.go_to(index)
        if pane is not None:
            self.call_after_refresh(_focus_within, pane)

    def on_pane_tabs_chosen(self, event: PaneTabs.Chosen) -> None:
        """Go to the pane whose tab was clicked."""
        event.stop()
        self.action_pane(event.number)

    def action_zoom(self) -> None:
        """Give the pane with the focus (or the picture) the whole screen, or put it back."""
        inside = self.focused
        pane = next((node for node in inside.ancestors_with_self if isinstance(node, Pane)), None) if inside else None
        self._pane_grid.toggle_zoom((pane.id if pane is not None else None) or "picture")

    def action_axes(self, by: int) -> None:
        """Look along other features."""
        self._telling.tell(self._picture.turn_axes(by))

    def picture_commands(self) -> Iterator[tuple[str, str, Callable[[], Any]]]:
        """The pictures that there are, for the palette."""
        if self.snapshot is not None:
            for axes in view_for(self._spec.model).axes(self.snapshot)[:500]:
                yield f"picture: {axes.title}", "look along these", partial(self._picture.look_along, axes)
        for pane in self.query(Pane):
            yield from pane.commands()

    def action_theme(self) -> None:
        """Dark and light."""
        self.app.theme = "emtui-light" if self.app.current_theme.dark else "emtui-dark"


def _focus_within(pane: Pane) -> None:
    """Give the focus to the first widget of the pane that takes it."""
    for widget in pane.query("*"):
        if widget.focusable and widget.display:
            widget.focus()
            return
