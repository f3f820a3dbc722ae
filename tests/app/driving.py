"""Driving the real app: open it at a size, press keys, wait until it is at rest. No sleeps: the worker is joined.

No terminal is there to be drawn on, so the screen is composed when its text is read, once, and not for each change.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any
from unittest import mock

from resting import at_rest
from screen_text import screen_text
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.pilot import Pilot

from emtui.application.app import EmtuiApp
from emtui.screens.explore.explore import ExploreScreen
from emtui.session.saved.opening import Reopening
from emtui.settings.config import Config
from emtui.spec.choose import choose
from emtui.spec.run_spec import RunSpec


def explorer(app: EmtuiApp) -> ExploreScreen:
    """The explorer, wherever it lies in the stack."""
    return next(screen for screen in app.screen_stack if isinstance(screen, ExploreScreen))


class Driver:
    """An open app and the keys to press."""

    def __init__(self, app: EmtuiApp, pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot

    async def settle(self) -> None:
        """Wait until no step is under way and every message is dealt with."""
        while True:
            await at_rest(self.app)
            worker = explorer(self.app).worker
            if not worker.busy:
                return
            await asyncio.to_thread(worker.wait)

    async def send(self, *keys: str) -> None:
        """Press the keys, each at rest. Nothing is composed: that costs more than the key itself."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def press(self, *keys: str) -> str:
        """Press the keys, each at rest, and give the screen's text."""
        await self.send(*keys)
        return self.text

    async def resize(self, width: int, height: int) -> str:
        """Give the terminal another size."""
        await self.pilot.resize_terminal(width, height)
        await self.settle()
        return self.text

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return screen_text(self.app)

    @property
    def snapshot(self) -> Any:
        """The frame on the screen."""
        return explorer(self.app).snapshot


def nothing_drawn(compositor: Compositor, full: bool = False, screen_stack: Any = None, simplify: bool = False) -> None:
    """In place of what the terminal is sent: nothing, and nothing is left to be drawn."""
    visible_screen_stack.set(screen_stack or [])
    compositor._dirty_regions.clear()


@asynccontextmanager
async def driving(
    spec: RunSpec | Reopening | None = None,
    size: tuple[int, int] = (120, 40),
    config: Config | None = None,
    drawn: bool = False,
    welcoming: bool = False,
) -> AsyncIterator[Driver]:
    """Open the app on these choices (iris unless told otherwise) at this size.

    drawn: each change is drawn at once. welcoming: the card of the first start is shown, as where a person starts it.
    """
    app = EmtuiApp(spec or choose("iris"), config or Config(autosave=False), welcoming=welcoming)
    app.animation_level = "none"  # what is scrolled to is there at once
    with nullcontext() if drawn else mock.patch.object(Compositor, "render_update", nothing_drawn):
        async with app.run_test(size=size, notifications=True) as pilot:
            driver = Driver(app, pilot)
            await pilot.pause()
            await driver.settle()
            yield driver
