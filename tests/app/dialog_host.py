"""A small app that opens a dialog, and what a test does with one."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from screen_text import screen_text
from textual.app import App
from textual.screen import Screen
from textual.widgets import Input
from textual.worker import WorkerCancelled


class Host(App[None]):
    """Opens a dialog and keeps what it was left with."""

    def __init__(self) -> None:
        super().__init__()
        self.results: list[Any] = []

    async def open(self, pilot: Any, screen: Screen[Any]) -> None:
        self.push_screen(screen, self.results.append)
        await pilot.pause()


def words(app: App[Any]) -> str:
    """What stands on the screen, without borders, as one line."""
    return " ".join(screen_text(app).replace("│", " ").split())


async def settle(pilot: Any) -> None:
    """Let the threads that a dialog has started end, and show what came of them; the tree's loader never ends."""
    for _ in range(3):
        for worker in [worker for worker in pilot.app.workers if worker.group != "_loader" and not worker.is_finished]:
            with suppress(WorkerCancelled):
                await worker.wait()
        await pilot.pause()


async def write(pilot: Any, text: str) -> None:
    """Put this text into the line of the dialog, as if it had been typed."""
    line = pilot.app.screen.query_one(Input)
    line.value = ""
    line.focus()
    await pilot.press(*text)
    await settle(pilot)
