"""What the tests of the surveys share: waiting for the background, and stopping one that is held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from driving import Driver, driving, explorer
from held import Held

from emtui.screens.studies.study import StudyScreen
from emtui.spec.choose import choose
from emtui.spec.run_spec import RunSpec


async def at_rest(app: Driver) -> str:
    """The text when the background is through as well, and what came of it is drawn."""
    for _ in range(2):
        await app.settle()
        await app.app.workers.wait_for_complete()
    await app.settle()
    return app.text


async def stopped_and_begun_again(
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    study: Callable[..., Iterator[Any]],
    key: str,
    spec: RunSpec | None = None,
) -> None:
    """Open a survey by its key, held at its first result: space stops it and begins it again, the key leaves it."""
    held = Held(study)
    monkeypatch.setattr(where, held)
    async with driving(spec or choose("coins")) as app:
        await app.send(key)
        screen = app.app.screen
        assert isinstance(screen, StudyScreen)
        assert screen.running and "space stops" in app.text and held.called()
        assert "space begins again" in await app.press("space")
        assert not screen.running
        stood = app.text
        held.go.set()
        assert await at_rest(app) == stood  # what comes of a survey that was stopped is dropped
        held.go.clear()
        assert "space stops" in await app.press("space")
        assert screen.running and held.called()
        await app.send(key)
        assert app.app.screen is explorer(app.app) and app.snapshot.step.phase == "init"
        held.go.set()
        await at_rest(app)
