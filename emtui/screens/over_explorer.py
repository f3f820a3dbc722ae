"""A screen over the explorer that shows the current step in another way: the stepping keys go on to work."""

from __future__ import annotations

from abc import abstractmethod

from textual.screen import Screen, ScreenResultType

from emtui.panes.shows_step import ShowsStep
from emtui.screens.stepping import Stepping
from emtui.session.snapshot import StepSnapshot
from emtui.widgets.following_theme import follow_theme


class OverExplorer(Screen[ScreenResultType], ShowsStep):
    """The base of such screens; a subclass binds `STEPPING`, or some of it.

    stepping: takes the steps; without it the stepping keys do nothing.
    """

    def __init__(self, stepping: Stepping | None = None, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._stepping = stepping
        self._snapshot: StepSnapshot | None = None

    def on_mount(self) -> None:
        """Scenes carry their colours: another theme draws them again."""
        follow_theme(self, self.draw)

    def show(self, snapshot: StepSnapshot) -> None:
        """Show this step."""
        self._snapshot = snapshot
        if self.is_mounted:
            self.draw()

    @abstractmethod
    def draw(self) -> None:
        """Draw the step, once there is one."""

    def action_step(self, name: str, *arguments: float) -> None:
        """Step, or walk through history."""
        if self._stepping is not None:
            self._stepping.act(name, *arguments)
