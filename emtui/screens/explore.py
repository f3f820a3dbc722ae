"""The explorer: keys become steps of the session, and every step becomes one frame on all the panes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from emtui.bindings import EXPLORE, as_bound
from emtui.choices import Choices, choose, make_model
from emtui.desk import Desk
from emtui.frame import Frame
from emtui.messages import (
    BranchChosen,
    Crashed,
    DatasetChosen,
    FrameReady,
    GoTo,
    ModelChosen,
    RowChosen,
    SettingsChanged,
    StepRefused,
)
from emtui.panes.curves import CurvesPane
from emtui.panes.lines import Headline, KeyLine, Telling
from emtui.panes.pane import Pane
from emtui.panes.picture import PicturePane
from emtui.panes.tabs import PaneTabs
from emtui.panes.timeline import TimelineBar
from emtui.runner import Runner
from emtui.session import Session
from emtui.views import view_for
from engine.errors import EngineError

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # half-steps a second
SMALLEST = (40, 10)


class ExploreScreen(Screen[None]):
    """Data, model, picture, curves, tables and timeline of one exploration."""

    BINDINGS: ClassVar[list[BindingType]] = list(EXPLORE)
    AUTO_FOCUS = ""  # no field swallows the letters until the user goes to one

    def __init__(self, choices: Choices) -> None:
        super().__init__()
        self._choices = choices
        self.runner = Runner(self.post_message)
        self._headline = Headline(id="headline")
        self._picture = PicturePane(id="picture")
        self._desk = Desk([self._picture, CurvesPane(id="curves")], id="desk")
        self._timeline = TimelineBar(id="timeline")
        self._telling = Telling(id="telling")
        self.frame: Frame | None = None
        self._row: int | None = None
        self._player: Timer | None = None
        self._speed = 2

    # --- layout

    def compose(self) -> ComposeResult:
        """The lines around the desk, and the desk with the first panes; the others follow the first picture."""
        yield self._headline
        yield self._desk
        yield self._timeline
        yield self._telling
        yield KeyLine(id="keys")
        yield Static("", id="too-small", markup=False)

    async def _lay_out_the_rest(self) -> None:
        """Bring in the panes that the first picture did not wait for."""
        from emtui.panes.agreement import AgreementPane
        from emtui.panes.datasets import DatasetsPane
        from emtui.panes.model_form import ModelForm
        from emtui.panes.parameters import ParametersPane
        from emtui.panes.responsibilities import ResponsibilitiesPane

        panes: list[Pane] = [
            ResponsibilitiesPane(id="responsibilities"),
            ParametersPane(id="parameters"),
            AgreementPane(id="agreement"),
            DatasetsPane(id="datasets"),
            ModelForm(id="model"),
        ]
        await self._desk.add(panes)
        if self.frame is not None:
            for pane in panes:
                pane.show(self.frame, self._row)

    def on_mount(self) -> None:
        """Begin on the choices that were made outside."""
        rows, columns = self._choices.dataset.X.shape
        self.open_choices(lambda: self._choices, small=rows * columns <= 5_000)
        self.watch(self.app, "theme", self._theme_changed, init=False)

    def _theme_changed(self) -> None:
        """Pictures carry their colours: draw them again in the new ones."""
        for pane in self.query(Pane):
            self.call_after_refresh(pane.redraw)

    def on_resize(self) -> None:
        """Say so where the window is too small, and recover when it grows."""
        width, height = self.size
        small = width < SMALLEST[0] or height < SMALLEST[1]
        self.set_class(small, "-too-small")
        self.set_class(height < 14, "-low")
        self.set_class(width < 120 and height >= 20, "-tall-telling")
        if small:
            words = f"emtui needs {SMALLEST[0]}×{SMALLEST[1]}; this window is {width}×{height}."
            self.query_one("#too-small", Static).update(words)

    def on_unmount(self) -> None:
        """Let the worker go."""
        self.runner.close()

    # --- the one way from choices to a frame

    def open_choices(self, make: Callable[[], Choices], *, small: bool = False) -> None:
        """Begin another exploration; what is said wrong keeps the present one."""
        self._pause()
        self._row = None
        self.runner.open(make, small=small)

    def on_frame_ready(self, event: FrameReady) -> None:
        """Show a step on all the panes, unless it belongs to an exploration that was left."""
        event.stop()
        if event.generation != self.runner.generation:
            return
        if self.frame is None:
            self.call_after_refresh(self._lay_out_the_rest)
        frame = event.frame
        self.frame, self._choices = frame, frame.choices
        with self.app.batch_update():
            self._headline.show(frame)
            self._timeline.show(frame)
            for pane in self.query(Pane):
                pane.show(frame, self._row)
            self._tell(frame)
        for screen in self.app.screen_stack:
            if screen is not self and hasattr(screen, "show"):
                screen.show(frame)
        if frame.step.stop_reason is not None and self._player is not None and frame.is_last:
            self._pause()

    def _tell(self, frame: Frame) -> None:
        sentence = view_for(frame.choices.model).sentence(frame)
        self._telling.tell(f"{sentence} {frame.note}".strip() if frame.note else sentence)

    def on_step_refused(self, event: StepRefused) -> None:
        """Say why not."""
        event.stop()
        if event.generation != self.runner.generation:
            return
        self._pause()
        self._refuse(event.reason)

    def on_crashed(self, event: Crashed) -> None:
        """A mistake of ours in the worker is not hidden."""
        raise event.error

    def _refuse(self, reason: str) -> None:
        self._telling.tell(reason, refused=True)
        if self.frame is None or self.app.screen is not self:
            self.app.notify(reason, severity="warning", markup=False)

    # --- stepping

    def _do(self, action: Callable[[Session], str | None]) -> None:
        self.runner.do(action)

    def action_e_step(self) -> None:
        """Responsibilities from these parameters."""
        self._pause()
        self._do(lambda session: session.take("E"))

    def action_m_step(self) -> None:
        """Parameters from these responsibilities."""
        self._pause()
        self._do(lambda session: session.take("M"))

    def action_iteration(self) -> None:
        """On to the end of the next M-step."""
        self._pause()
        self._do(lambda session: session.take_iteration())

    def action_run_on(self) -> None:
        """Run until a stopping rule is met."""
        self._pause()
        self.runner.run_on()

    def action_play(self) -> None:
        """Play, or pause."""
        if self._player is not None:
            self._pause()
            self._telling.tell("Paused.")
            return
        self._play()

    def _play(self) -> None:
        self._player = self.set_interval(1.0 / SPEEDS[self._speed], self._play_step)
        self._telling.tell(f"Playing {SPEEDS[self._speed]:g} half-steps a second: space pauses, + and − set the speed.")

    def _play_step(self) -> None:
        if not self.runner.busy:
            self._do(lambda session: session.take())

    def _pause(self) -> None:
        if self._player is not None:
            self._player.stop()
            self._player = None

    def action_speed(self, by: int) -> None:
        """Play faster or slower."""
        self._speed = max(0, min(len(SPEEDS) - 1, self._speed + by))
        if self._player is not None:
            self._pause()
            self._play()
        else:
            self._telling.tell(f"Play will take {SPEEDS[self._speed]:g} half-steps a second.")

    def action_cancel(self) -> None:
        """Stop what is under way; else leave the zoom; else give the focus back to the picture."""
        if self._player is not None:
            self.action_play()
        elif self.runner.busy:
            self.runner.cancel()
        elif self._desk.zoomed is not None:
            self._desk.zoomed = None
        else:
            self.set_focus(None)

    # --- history

    def action_back(self, by: int) -> None:
        """Half-steps back."""
        self._pause()
        self._do(lambda session: _moved(session, -by, "This is the start: there is nothing before it."))

    def action_forward(self, by: int) -> None:
        """Half-steps forward again, as far as they were taken."""
        self._pause()
        self._do(lambda session: _moved(session, by, "This is the last step taken: press e, m or n to go on."))

    def action_first(self) -> None:
        """To the start."""
        self.on_go_to(GoTo(0))

    def action_last(self) -> None:
        """To the last step of this branch."""
        self.on_go_to(GoTo(1_000_000_000))

    def on_go_to(self, event: GoTo) -> None:
        """To a place on this branch."""
        event.stop()
        self._pause()
        self._do(lambda session: _ignore(session.timeline.go_to(event.index)))

    def action_branch(self) -> None:
        """To the next branch."""
        if self.frame is None or self.frame.n_branches == 1:
            self._refuse("There is one branch only: go back and take a step to open another.")
            return
        self.on_branch_chosen(BranchChosen((self.frame.branch + 1) % self.frame.n_branches))

    def on_branch_chosen(self, event: BranchChosen) -> None:
        """To a branch."""
        event.stop()
        self._pause()
        self._do(lambda session: _ignore(session.timeline.switch(event.branch)))

    def action_reset(self) -> None:
        """Back to the same start; what was done stays in the history."""
        self._pause()
        self._do(lambda session: session.restart())

    def action_new_start(self) -> None:
        """Another random start, from the next seed."""
        self._pause()
        self._do(lambda session: session.restart(session.choices.seed + 1))

    # --- choosing

    def on_row_chosen(self, event: RowChosen) -> None:
        """Mark a row everywhere."""
        event.stop()
        self._row = event.row
        if self.frame is not None:
            for pane in self.query(Pane):
                pane.show(self.frame, self._row)

    def on_dataset_chosen(self, event: DatasetChosen) -> None:
        """Open other data with the model that suits them."""
        event.stop()
        how: dict[str, Any] = {"label": event.label, "columns": event.columns, "standardize": event.standardize}
        self.open_choices(partial(choose, event.source, seed=self._choices.seed, **how))

    def on_model_chosen(self, event: ModelChosen) -> None:
        """Another model on the same data."""
        event.stop()
        choices = self._choices
        self.open_choices(lambda: choices.with_model(make_model(choices.dataset, event.name)))

    def on_settings_changed(self, event: SettingsChanged) -> None:
        """Other options: begin again with them."""
        event.stop()
        choices, settings = self._choices, dict(event.settings)

        def make() -> Choices:
            return changed(choices, settings)

        self.open_choices(make)

    # --- looking

    def action_pane(self, index: int) -> None:
        """Go to a pane by its number."""
        pane = self._desk.go_to(index)
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
        self._desk.toggle_zoom((pane.id if pane is not None else None) or "picture")

    def action_axes(self, by: int) -> None:
        """Look along other features."""
        self._telling.tell(self._picture.turn_axes(by))

    def picture_commands(self) -> Iterator[tuple[str, str, Callable[[], Any]]]:
        """The pictures that there are, for the palette."""
        if self.frame is not None:
            for axes in view_for(self._choices.model).axes(self.frame)[:500]:
                yield f"picture: {axes.title}", "look along these", partial(self._picture.look_along, axes)

    def action_theme(self) -> None:
        """Dark and light."""
        self.app.theme = "emtui-light" if self.app.current_theme.dark else "emtui-dark"

    def action_compare(self) -> None:
        """EM and k-means side by side."""
        from emtui.screens.compare import CompareScreen

        compare = CompareScreen(self)
        self.app.push_screen(compare)
        if self.frame is not None:
            self.call_after_refresh(compare.show, self.frame)

    def action_help(self) -> None:
        """Keys, panes and words."""
        from emtui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(as_bound(self.active_bindings.values())))

    def action_go_to(self) -> None:
        """Ask where to."""
        from emtui.screens.go_to import GoToScreen

        if self.runner.session is not None:
            self.app.push_screen(GoToScreen(self.runner.session.timeline), self._went)

    def _went(self, index: int | None) -> None:
        if index is not None:
            self.on_go_to(GoTo(index))

    def action_open_file(self) -> None:
        """Ask for a file of the user's own."""
        from emtui.screens.open_file import OpenFileScreen

        self.app.push_screen(OpenFileScreen(), self._opened)

    def _opened(self, chosen: DatasetChosen | None) -> None:
        if chosen is not None:
            self.on_dataset_chosen(chosen)

    def action_export(self) -> None:
        """Ask what to write, and where."""
        from emtui.screens.export import ExportScreen

        if self.runner.session is not None:
            self.app.push_screen(ExportScreen(self.runner.session))

    def action_copy_command(self) -> None:
        """Copy the command that reproduces this, and say it."""
        command = self._choices.command()
        self.app.copy_to_clipboard(command)
        self._telling.tell(f"Copied: {command}")


def changed(choices: Choices, settings: dict[str, Any]) -> Choices:
    """The choices with other settings; what the data are read with reads them again."""
    if settings.get("standardize", choices.standardize) != choices.standardize:
        from emtui.choices import open_source

        settings["dataset"] = open_source(
            choices.source, label=choices.label, columns=choices.columns, standardize=settings["standardize"]
        )
    made = replace(choices, **settings, start=None, start_file=None)
    _ = made.rules
    return made


def _moved(session: Session, by: int, refusal: str) -> str:
    before = session.timeline.cursor
    session.timeline.move(by)
    if session.timeline.cursor == before:
        raise EngineError(refusal)
    return ""


def _ignore(_: object) -> str:
    return ""


def _focus_within(pane: Pane) -> None:
    """Give the focus to the first widget of the pane that takes it."""
    for widget in pane.query("*"):
        if widget.focusable and widget.display:
            widget.focus()
            return
