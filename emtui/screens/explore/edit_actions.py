"""The explorer's way to moves by hand: from the screen for them, or with the mouse in the picture itself."""

from __future__ import annotations

from collections.abc import Callable

from emtui.panes.messages import MovedByMouse
from emtui.screens.explore.study_actions import StudyActionsScreen
from emtui.session.queries import Placed, Query, Weighed
from emtui.session.session import Session
from emtui.views.parameter_edit import ParameterEdit
from engine.em.step import Step
from engine.errors import EngineError

_NOTHING = "Nothing was moved by hand."


class EditActionsScreen(StudyActionsScreen):
    """The actions by which a person takes the place of the M-step; each opens a branch."""

    _row: int | None

    def action_hand(self) -> None:
        """Move a parameter, leave a row out or count it twice."""
        from emtui.screens.edit.edit_screen import EditScreen

        if self.snapshot is None:
            self._refuse("There is nothing to move yet: open some data first.")
            return
        self._let_go()
        hand = EditScreen(self, self._row)
        self.app.push_screen(hand, self._moved_by_hand)
        self.call_after_refresh(hand.show, self.snapshot)

    def _moved_by_hand(self, made: Query | None) -> None:
        if made is None:
            self._telling.tell(_NOTHING)
        elif self.snapshot is not None:
            self._make(made, self.snapshot.step)

    def on_moved_by_mouse(self, event: MovedByMouse) -> None:
        """A mean was drawn along in the picture: where it is let go, it is."""
        event.stop()
        if self.snapshot is None or not event.dropped:
            return
        try:
            edit = ParameterEdit.of(self.snapshot).move(*event.moves)
        except EngineError as error:
            self._refuse(str(error))
            return
        if edit.is_moved:
            self._make(Placed(edit.params, edit.message), self.snapshot.step)

    def _make(self, move: Query, step: Step) -> None:
        self._pause()
        match move:
            case Placed(params, message):
                self._do(_at(step, lambda session: session.place(params, message)))
            case Weighed(_, row, weight):
                self._do(_at(step, lambda session: session.weigh_row(row, weight)))


def _at(step: Step, action: Callable[[Session], str]) -> Callable[[Session], str]:
    """The action, unless another step has come in the meantime: it was thought of at this one."""

    def act(session: Session) -> str:
        if session.timeline.current is not step:
            raise EngineError("The steps went on in the meantime: move it again from here.")
        return action(session)

    return act
