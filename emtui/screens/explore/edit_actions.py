"""Changes by hand from the explorer: on a screen of their own, or with the mouse in the picture."""

from __future__ import annotations

from collections.abc import Callable

from emtui.screens.explore.host import ActionHost
from emtui.session.queries import Placed, QMoved, Query, Weighed
from emtui.session.session import Session
from emtui.views.parameter_edit import Move, ParameterEdit
from engine.em.step import Step
from engine.errors import EngineError


class EditActions:
    """Changes in place of the M-step; each opens a branch."""

    def __init__(self, host: ActionHost, chosen_row: Callable[[], int | None]) -> None:
        self._host = host
        self._chosen_row = chosen_row

    def by_hand(self) -> None:
        """Move a parameter, leave a row out or count it twice, move the responsibilities of a row."""
        from emtui.screens.edit.edit_screen import EditScreen

        if self._host.snapshot is None:
            self._host.refuse("There is nothing to move yet: open some data first.")
            return
        self._host.stepping.stop()
        screen = EditScreen(self._host.stepping.worker.ask, self._chosen_row())
        self._host.lay_over(screen, self._apply, "Nothing was moved by hand.")

    def _apply(self, move: Query) -> None:
        if (snapshot := self._host.snapshot) is not None:
            self._make(move, snapshot.step)

    def drop(self, moves: tuple[Move, ...]) -> bool:
        """Set parameters that were dragged in the picture and let go; whether there is anything new to be said."""
        snapshot = self._host.snapshot
        if snapshot is None:
            return False
        try:
            edit = ParameterEdit.of(snapshot).move(*moves)
        except EngineError as error:
            self._host.refuse(str(error))
            return True
        if edit.is_moved:
            self._make(Placed(edit.params, edit.message), snapshot.step)
        return edit.is_moved

    def _make(self, move: Query, step: Step) -> None:
        self._host.stepping.pause()
        match move:
            case Placed(params, message):
                self._host.stepping.do(_at(step, lambda session: session.place(params, message)))
            case Weighed(_, row, weight):
                self._host.stepping.do(_at(step, lambda session: session.weigh_row(row, weight)))
            case QMoved(_, row, q):
                self._host.stepping.do(_at(step, lambda session: session.move_q(row, q)))


def _at(step: Step, action: Callable[[Session], str]) -> Callable[[Session], str]:
    """The action, unless the step has changed in the meantime."""

    def act(session: Session) -> str:
        if session.timeline.current is not step:
            raise EngineError("The steps went on in the meantime: move it again from here.")
        return action(session)

    return act
