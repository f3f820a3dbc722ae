"""The base of the panes: a bordered box that shows a snapshot, and draws only while it is visible."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, ClassVar

from textual.containers import Vertical

from emtui.panes.messages import KeyRefused, QueryAsked
from emtui.panes.shows_step import ShowsStep
from emtui.session.queries import Query
from emtui.session.saved.session_file import State
from emtui.session.snapshot import StepSnapshot
from engine.em.step import Step


class Pane(Vertical, ShowsStep):
    """A box of the explorer.

    `show` hands it a snapshot; `draw` is called at once if the pane is visible, else when it becomes visible.
    A pane posts messages (`emtui.panes.messages`) and never touches the session.
    """

    label: ClassVar[str] = ""  # on its tab and its border
    short_label: ClassVar[str] = ""  # on its tab where there is little room

    DEFAULT_CSS = """
    Pane {
        border: round $foreground 35%; border-title-color: $foreground; border-subtitle-color: $foreground 70%;
        padding: 0; height: 1fr; width: 1fr;
    }
    Pane:focus-within { border: round $accent; border-title-color: $accent; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.snapshot: StepSnapshot | None = None
        self.chosen_row: int | None = None
        self._drawn: tuple[StepSnapshot, int | None] | None = None
        self.border_title = self.label
        self._border_taken = 0

    @property
    def border_taken(self) -> int:
        """Cells of the upper border that the pane grid needs; the title is chosen anew for what they leave."""
        return self._border_taken

    @border_taken.setter
    def border_taken(self, cells: int) -> None:
        if cells != self._border_taken:
            self._border_taken = cells
            self.redraw()

    @property
    def title_room(self) -> int:
        """Cells for the title in the upper border."""
        return max(0, self.size.width - 4 - self.border_taken)

    @property
    def tab_labels(self) -> tuple[str, str]:
        """Its name on a tab, and on a narrow one."""
        return self.label, self.short_label or self.label

    def show(self, snapshot: StepSnapshot, chosen_row: int | None = None) -> None:
        """Show a step, and the chosen row."""
        self.snapshot = snapshot
        self.chosen_row = chosen_row
        self.draw_if_seen()

    def draw_if_seen(self) -> None:
        """Draw the snapshot, unless it is drawn already or the pane can't be seen."""
        if self.snapshot is None or not self.is_mounted or not self.display or not self.size or self._covered:
            return
        wanted = (self.snapshot, self.chosen_row)
        if self._drawn is not None and self._drawn[0] is wanted[0] and self._drawn[1] == wanted[1]:
            return
        self._drawn = wanted
        self.draw(self.snapshot)

    @property
    def _covered(self) -> bool:
        """Another screen hides this one; a dialog does not."""
        above = self.app.screen
        return above is not self.screen and not above.is_modal

    def draw(self, snapshot: StepSnapshot) -> None:
        """Draw the snapshot."""
        raise NotImplementedError(f"{type(self).__name__} shows nothing")

    def ask(self, query: Query, step: Step) -> None:
        """Ask about a step; the answer comes to `take_answer`, unless another step is shown by then."""
        self.post_message(QueryAsked(query, step, self))

    def take_answer(self, query: Query, step: Step, answer: Any) -> None:
        """Take the answer to a question of this pane."""

    @property
    def state(self) -> State:
        """What it shows of what it could, as a session that is saved has it."""
        return {}

    def take_state(self, state: State) -> None:
        """Show what was shown then; what is not known is passed over."""

    def show_chosen_row(self) -> None:
        """Show the chosen row, where a pane has more subjects than that."""

    @property
    def idle(self) -> Collection[str]:
        """The ids of its keys that this model has no use for: the line of keys leaves them out."""
        return ()

    def commands(self) -> Iterator[tuple[str, str, Callable[[], Any]]]:
        """What it can do besides its keys, for the palette: title, tip, and call."""
        yield from ()

    def refuse(self, reason: str) -> None:
        """Have the screen say in a sentence why a key can't act here."""
        self.post_message(KeyRefused(reason))

    def redraw(self) -> None:
        """Draw the same snapshot again, after a choice made in this pane."""
        self._drawn = None
        self.draw_if_seen()

    def on_resize(self) -> None:
        """Draw for the new size; a hidden pane gets its first one when it becomes visible."""
        self.redraw()

    def on_show(self) -> None:
        """Draw a hidden pane when it becomes visible."""
        self.draw_if_seen()
