"""Driving the screen for moves by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from choosing import chosen
from driving import Driver, driving

from emtui.screens.edit.edit_screen import EditScreen
from emtui.spec.run_spec import RunSpec


def hand(app: Driver) -> EditScreen:
    """The screen."""
    screen = app.app.screen
    assert isinstance(screen, EditScreen)
    return screen


@asynccontextmanager
async def by_hand(
    source: str = "iris",
    size: tuple[int, int] = (120, 40),
    before: tuple[str, ...] = ("n", "n"),
    spec: RunSpec | None = None,
    **how: Any,
) -> AsyncIterator[Driver]:
    """The screen, opened after some keys."""
    async with driving(spec or chosen(source, **how), size=size) as app:
        await app.send(*before, "E")
        yield app


async def point_at(app: Driver, name: str) -> None:
    """Go to the entry of that name."""
    screen = hand(app)
    screen.table.move_to([entry.name for entry in screen.entries].index(name))
    await app.settle()
    assert screen.entry is not None and screen.entry.name == name


def words(text: str) -> str:
    """Without its line breaks."""
    return " ".join(text.split())


def told(app: Driver) -> str:
    """The sentence at the bottom."""
    return str(app.app.screen.query_one("#sentence").render())
