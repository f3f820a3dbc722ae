"""The explorer: its keys become steps of the session, and what its panes ask for is done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType

from emtui.panes.messages import (
    BranchChosen,
    DatasetChosen,
    FileWanted,
    GoTo,
    ModelChosen,
    MovedByMouse,
    RowChosen,
    SettingsChanged,
    WorkedRowWanted,
)
from emtui.panes.pane import Pane
from emtui.screens.explore.dialog_actions import DialogActions
from emtui.screens.explore.drag_preview import DragPreview
from emtui.screens.explore.edit_actions import EditActions
from emtui.screens.explore.session_screen import SessionScreen
from emtui.screens.explore.study_actions import StudyActions
from emtui.screens.explore.view_actions import ViewActions
from emtui.session.copied_command import copied_command
from emtui.session.queries import Query
from emtui.session.saved.opening import Reopening
from emtui.settings.keys import EXPLORE, as_bound
from emtui.settings.themes import next_theme
from emtui.spec.choose import choose, make_model
from emtui.spec.pasted_path import looks_like_a_path, names_a_file, pasted_path
from emtui.spec.revise import changed
from emtui.spec.run_spec import RunSpec
from emtui.spec.sources import is_session
from emtui.views import view_for
from emtui.widgets.clipboard import copy
from engine.em.step import Step
from engine.text import quoted


class ExploreScreen(SessionScreen):
    """The explorer with its keys, which are actions of its parts: stepping, studies, edits, views, dialogs."""

    BINDINGS: ClassVar[list[BindingType]] = list(EXPLORE)

    def __init__(self, spec: RunSpec | Reopening, *, autosave: bool = False) -> None:
        super().__init__(spec, autosave=autosave)
        self.studies = StudyActions(self)
        self.dragging = DragPreview(self.worker.ask, self, self.say, self._headline.show_objective)
        self.edits = EditActions(self, lambda: self._row)
        self.views = ViewActions(self, self._panes.picture)
        self.dialogs = DialogActions(self, self.open_data, self._panes)

    # the parts' actions

    def action_step(self, name: str, *arguments: float) -> None:
        """Take steps, or walk through history."""
        self.stepping.act(name, *arguments)

    def action_study(self, name: str) -> None:
        """Open a study."""
        getattr(self.studies, name)()

    def action_edit(self, name: str) -> None:
        """Change something by hand."""
        getattr(self.edits, name)()

    def action_view(self, name: str) -> None:
        """Open another view of the current step."""
        getattr(self.views, name)()

    def action_save(self) -> None:
        """Save the session."""
        self.saving.save()

    def action_dialog(self, name: str) -> None:
        """Open a dialog."""
        getattr(self.dialogs, name)()

    def action_cancel(self) -> None:
        """Stop what is under way; else leave the zoom, then the lecture; else give the focus back to the picture."""
        if self.stop_work():
            return
        if self._panes.zoomed is not None:
            self._panes.zoomed = None
        elif self._panes.lecture:
            self.set_lecture(False)
        else:
            self.set_focus(None)

    # what the panes ask for

    def on_row_chosen(self, event: RowChosen) -> None:
        """Mark a row everywhere."""
        event.stop()
        self._row = event.row
        if self.snapshot is not None:
            self._panes.show(self.snapshot, self._row)

    def on_worked_row_wanted(self, event: WorkedRowWanted) -> None:
        """Work the row out in pane 9."""
        event.stop()
        self._panes.work_row_out()

    def on_dataset_chosen(self, event: DatasetChosen) -> None:
        """Open other data."""
        event.stop()
        self.open_data(event)

    def open_data(self, chosen: DatasetChosen) -> None:
        """Open these data with the model that suits them, or the session that this is the file of."""
        if is_session(chosen.data.source):
            self.open_session(Path(chosen.data.source))
            return
        self.open_spec(partial(choose, chosen.data, opened=chosen.opened, seed=self._spec.seed))

    def on_file_wanted(self, event: FileWanted) -> None:
        """Open a file from the list of data sets."""
        event.stop()
        self.dialogs.open_file()

    def on_model_chosen(self, event: ModelChosen) -> None:
        """Another model on the same data."""
        event.stop()
        spec = self._spec
        self.apply(lambda: changed(spec, model=make_model(spec.dataset, event.name)))

    def on_settings_changed(self, event: SettingsChanged) -> None:
        """Other options: begin with them beside what was done."""
        event.stop()
        spec, settings = self._spec, dict(event.settings)
        self.apply(lambda: changed(spec, **settings))

    def action_standardize(self) -> None:
        """Begin with every column at mean 0 and variance 1, or in its own units, beside what was done."""
        spec = self._spec
        data = replace(spec.data, standardize=not spec.data.standardize)
        self.apply(lambda: changed(spec, data=data))

    def on_moved_by_mouse(self, event: MovedByMouse) -> None:
        """A mean is dragged in the picture: tell what would be there; set it where it is let go."""
        event.stop()
        if self.snapshot is None:
            return
        if not event.dropped:
            self.dragging.moved(self.snapshot, event.moves)
            return
        self.dragging.over()
        if not self.edits.drop(event.moves):
            self._say_step(self.snapshot)

    def take_answer(self, query: Query, step: Step, answer: Any) -> None:
        """Take the numbers of what is dragged."""
        self.dragging.take_answer(query, step, answer)

    def on_go_to(self, event: GoTo) -> None:
        """To a place on this branch."""
        event.stop()
        self.stepping.go_to(event.index)

    def on_branch_chosen(self, event: BranchChosen) -> None:
        """To a branch."""
        event.stop()
        self.stepping.go_to_branch(event.branch)

    # looking

    def action_pane(self, name: str) -> None:
        """Go to a pane; one that a lecture has no place for ends it."""
        if not self._panes.can_be_seen(name):
            self.set_lecture(False)
        self._panes.go_to(name)

    def action_zoom(self) -> None:
        """Give the pane with the focus (or the picture) the whole screen, or put it back."""
        self._panes.toggle_zoom()

    def action_lecture(self) -> None:
        """Picture, curve and sentence alone, or all panes again."""
        self.set_lecture(not self._panes.lecture)

    def action_axes(self, by: int) -> None:
        """Look along other features."""
        self.say(self._panes.picture.turn_axes(by))

    def picture_commands(self) -> Iterator[tuple[str, str, Callable[[], Any]]]:
        """The axes of the picture, for the palette."""
        if self.snapshot is not None:
            for axes in view_for(self._spec.model).axes(self.snapshot)[:500]:
                yield f"picture: {axes.title}", "look along these", partial(self._panes.picture.show_axes, axes)
        for pane in self._panes.panes:
            yield from pane.commands()

    def action_copy_command(self) -> None:
        """Copy the command that opens the session as saved, or leads to this step; show it with what it leaves out."""
        if self.snapshot is not None:
            copied = copied_command(self.snapshot, self.saving.saved_to)
            said = self.say if self.app.screen is self else partial(self.notify, markup=False)
            copy(self.app, copied.command, lambda how: said(copied.notice(how)))

    def on_paste(self, event: events.Paste) -> None:
        """A file was dropped, or its path pasted: open it."""
        if names_a_file(event.text):
            event.stop()
            self.dialogs.open_file(pasted_path(event.text))
        elif looks_like_a_path(event.text):
            event.stop()
            self.refuse(f"There is no file or folder {quoted(pasted_path(event.text), 200)}.")

    @property
    def keys_for_help(self) -> tuple[list[Binding], Collection[Pane]]:
        """Its keys as they are bound, and the panes that have further ones."""
        return as_bound(self.active_bindings.values()), self._panes.panes

    def action_card(self) -> None:
        """The card of the first start."""
        from emtui.screens.dialogs.first_card import FirstCard
        from emtui.settings.first_start import not_again
        from emtui.views.first_words import first_words

        self.first_steps.begin()
        self.app.push_screen(FirstCard(first_words(self._spec), self.run_action, not_again))

    def action_theme(self) -> None:
        """Dark, light and high contrast in turn."""
        self.app.theme = next_theme(self.app.theme)
