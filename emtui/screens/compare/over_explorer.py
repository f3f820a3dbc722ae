"""A screen over the explorer that shows the present step in another way: the stepping keys go on to work."""

from __future__ import annotations

from textual.screen import Screen, ScreenResultType

from emtui.panes.shows_step import ShowsStep
from emtui.session.snapshot import StepSnapshot


class OverExplorer(Screen[ScreenResultType], ShowsStep):
    """It gets frames by `show`, as panes do; a subclass binds `STEPPING`, or some of it.

    explorer: the screen that takes the steps; without one the stepping keys do nothing.
    """

    def __init__(self, explorer: Screen[None] | None = None, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._explorer = explorer
        self._snapshot: StepSnapshot | None = None

    async def action_explorer(self, action: str) -> None:
        """A stepping key belongs to the explorer that lies below."""
        if self._explorer is not None:
            await self._explorer.run_action(action)
