"""Changes by hand: a mean, a weight, a covariance or a row's weight, by keys or by mouse."""

from __future__ import annotations

import math
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.widgets import Input

from emtui.panes.messages import MovedByMouse, RowChosen
from emtui.panes.picture.picture import PicturePane
from emtui.screens.edit.edit_preview import EditPreview
from emtui.screens.edit.edit_text import SUBJECTS
from emtui.screens.edit.q_table import STEP
from emtui.session.queries import Weighed
from emtui.views.parameter_edit import ParameterEdit
from emtui.widgets.paged_table import LineTable
from engine.errors import EngineError, OptionError
from engine.text import clean, quoted

_ONE_AT_A_TIME = "One thing at a time: enter does what is moved, backspace puts it back."


class EditScreen(EditPreview):
    """Three lists: parameters, rows, q of the chosen row. A change is previewed; enter makes it on a new branch."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,E", "leave", "leave", id="hand.leave", tooltip="leave everything as it was"),
        Binding("enter", "apply", "do it", id="hand.apply", tooltip="open a branch with this"),
        Binding("left,h", "nudge(-1)", "less", show=False, id="hand.less"),
        Binding("right,l", "nudge(1)", "more", show=False, id="hand.more"),
        Binding("left_square_bracket", "nudge(-10)", "ten less", show=False, id="hand.less10"),
        Binding("right_square_bracket", "nudge(10)", "ten more", show=False, id="hand.more10"),
        Binding("left_curly_bracket,shift+left", "nudge(-0.1)", "a tenth less", show=False, id="hand.lesstenth"),
        Binding("right_curly_bracket,shift+right", "nudge(0.1)", "a tenth more", show=False, id="hand.moretenth"),
        Binding("backspace", "restore", "put back", show=False, id="hand.restore"),
        Binding("x,delete", "leave_out", "leave out", show=False, id="hand.leaveout", tooltip="leave the row out"),
        Binding("plus,equals_sign", "count(1)", "once more", show=False, id="hand.oncemore"),
        Binding("minus", "count(-1)", "once less", show=False, id="hand.onceless"),
        Binding("shift+tab", "turn(-1)", "turn back", show=False, id="hand.turnback"),
        Binding("tab", "turn(1)", "turn", id="hand.turn", tooltip="parameters, rows, q of the chosen row"),
        Binding("a", "axes(1)", "axes", show=False, id="hand.axes"),
        Binding("A", "axes(-1)", "axes back", show=False, id="hand.axesback"),
        Binding("full_stop", "type('.')", ".", show=False, id="hand.typepoint"),
        *(Binding(str(i), f"type('{i}')", str(i), show=False, id=f"hand.type{i}") for i in range(10)),
    ]

    # moving

    def _move(self, edit: ParameterEdit) -> None:
        self.edit, self.drag_from, self.refusal = edit, None, ""
        self.redraw()

    def _refuse(self, reason: str) -> None:
        self.refusal = reason
        self.say()

    def action_nudge(self, by: float) -> None:
        """Move the entry by its own step; a row counts once more or once less."""
        if self.subject == "rows":
            self.action_count(math.copysign(1, by))
            return
        if self.subject == "q":
            self._nudge_q(by)
            return
        if self.edit is None or (entry := self.entry) is None:
            return
        try:
            self._move(self.edit.nudge(entry, by))
        except EngineError as error:
            self._refuse(f"{error} Type a value, or try {{ and }}, a tenth of a step.")

    def action_restore(self) -> None:
        """Undo the change of the chosen entry or row."""
        if self.edit is None:
            return
        try:
            if self.subject == "rows":
                self._weigh(None)
            elif self.subject == "q":
                self._move_q(None)
            elif self.entry is not None:
                self._move(self.edit.restored(self.entry))
        except EngineError as error:
            self._refuse(str(error))

    def action_leave_out(self) -> None:
        """Leave the chosen row out."""
        if self.subject == "rows":
            self._weigh(0.0)
        elif self.subject == "q":
            self._refuse("A share can't be left out: type 0, or tab to the rows, of which one can.")
        else:
            self._refuse("A parameter can't be left out: tab goes to the rows, of which one can.")

    def action_count(self, by: float) -> None:
        """The chosen row counts once more, or once less; among the parameters a minus begins a number."""
        if self.subject == "q":
            self._nudge_q(by)
            return
        if self.subject == "parameters":
            if by < 0:
                self.action_type("-")
            return
        row = self.chosen_row
        if row is not None:
            self._weigh(max(0.0, self.weights.counts(row)[1] + by))

    def _weigh(self, weight: float | None) -> None:
        """Give the chosen row this weight; None, or its own weight, undoes the change."""
        row = self.chosen_row
        if row is None or self.snapshot is None:
            return
        same = weight is None or weight == self.weights.counts(row)[0]
        self.weighed = None if same or weight is None else Weighed(self.snapshot.spec, row, weight)
        self.refusal = ""
        self.redraw()

    # moving q

    def _nudge_q(self, by: float) -> None:
        """Move the chosen share by its step, as far as 0 or 1."""
        shares = self.shares
        if not shares.now:
            self._refuse(shares.refusal)
            return
        k = min(self.places["q"], len(shares.now) - 1)
        self._move_q(shares.moved(k, min(1.0, max(0.0, shares.now[k] + by * STEP))))

    def _move_q(self, q: tuple[float, ...] | None) -> None:
        """Give the chosen row this q; None undoes the change."""
        self.q_moved = None if q is None else self.shares.query(q)
        self.refusal = ""
        self.redraw()

    # typing

    def action_type(self, text: str) -> None:
        """Begin to write a value, or the number of a row."""
        field = self.query_one("#field", Input)
        if self.edit is None or (self.subject == "parameters" and self.entry is None):
            return
        if self.subject == "q" and not self.shares.now:
            self._refuse(self.shares.refusal)
            return
        if self.has_class("-typing"):  # the field does not have the focus yet: keys that came at once belong together
            text = field.value + text
        self.add_class("-typing")
        field.placeholder = "the number of a row" if self.subject == "rows" else "a number"
        field.value = text
        field.focus()
        field.cursor_position = len(text)
        self.refusal = ""
        self.say()

    def on_paste(self, event: events.Paste) -> None:
        """A number that is pasted is written into the field, as one that is typed."""
        event.stop()
        if text := event.text.strip():
            self.action_type(clean(text.splitlines()[0]))

    def _stop_typing(self) -> None:
        self.remove_class("-typing")
        self.query_one("#field", Input).value = ""
        self.table.focus()
        self.say()

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value
        self._stop_typing()
        if self.edit is None:
            return
        try:
            if self.subject == "rows":
                self._go_to_row(self.weights.row_called(text))
            elif self.subject == "q":
                self._move_q(self.shares.moved(self.places["q"], value_of(text)))
            elif self.entry is not None:
                self._move(self.edit.move((self.entry, value_of(text))))
        except EngineError as error:
            self._refuse(str(error))

    @on(Input.Blurred)
    def _left_field(self, event: Input.Blurred) -> None:
        event.stop()
        self.remove_class("-typing")
        self.say()

    # choosing

    @on(LineTable.RowPicked)
    def _picked(self, event: LineTable.RowPicked) -> None:
        event.stop()
        self.places[self.subject] = event.place
        self.refusal = ""
        if self.subject == "rows":
            self.draw_picture()
        self.say()

    def action_turn(self, by: int) -> None:
        """Turn from the parameters to the rows, to q of the chosen row, and back."""
        if self.has_class("-typing"):
            self._stop_typing()
        elif self.pending is not None:
            self._refuse(_ONE_AT_A_TIME)
        else:
            turned = SUBJECTS[(SUBJECTS.index(self.subject) + by) % len(SUBJECTS)]
            self.subject, self.refusal = turned, ""
            self.redraw()

    def _go_to_row(self, row: int) -> None:
        place = self.weights.place_of(row)
        if place is not None:
            self.places["rows"] = place
            self.refusal = ""
            self.redraw()

    def on_row_chosen(self, event: RowChosen) -> None:
        """Choose the row in the list that was clicked in the picture."""
        event.stop()
        if event.row is None or self.edit is None:
            return
        if self.subject != "rows" and self.pending is not None:
            self._refuse(_ONE_AT_A_TIME)
            return
        self.subject = "q" if self.subject == "q" else "rows"
        self._go_to_row(event.row)

    def action_axes(self, by: int) -> None:
        """Look along other features."""
        self.query_one(PicturePane).turn_axes(by)

    # the mouse

    def on_moved_by_mouse(self, event: MovedByMouse) -> None:
        """A mean is dragged in the picture."""
        event.stop()
        if self.edit is None:
            return
        if self.weighed is not None or self.q_moved is not None:
            self._refuse(_ONE_AT_A_TIME)
            return
        self.drag_from = self.drag_from or self.edit
        try:
            self.edit = self.drag_from.move(*event.moves)
        except EngineError as error:
            self._refuse(str(error))
            return
        self.subject, self.refusal = "parameters", ""
        first = event.moves[0][0]
        if first in self.entries:
            self.places["parameters"] = self.entries.index(first)
        if event.dropped:
            self.drag_from = None
        self.redraw(picture=event.dropped)

    # leaving

    def action_apply(self) -> None:
        """Make the change; if it can't be made, say why and do nothing."""
        if isinstance(self.answer, str):
            self.say()
            return
        self.dismiss(self.pending)

    def action_leave(self) -> None:
        """Stop typing; else go back to the explorer without a change."""
        if self.has_class("-typing"):
            self._stop_typing()
        else:
            self.dismiss(None)


def value_of(text: str) -> float:
    """The number that was typed, with a point or a comma.

    Raises:
        OptionError: it is no finite number; one sentence.
    """
    written = text.strip().replace("−", "-").replace(",", ".")
    try:
        value = float(written)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in written:
        raise OptionError(f"{quoted(text)} is no finite number: write one such as 4.2, -0.5 or 1e-3.")
    return value
