"""Waiting until an app is at rest: by what its event loop has to do, not by the clock.

Textual's pilot sends a message to every widget and sleeps until the process has used little time. That costs more than
the key that was pressed, and a machine under load makes it wrong. Here an app is at rest when its loop has nothing to
run and its screen nothing to draw. Workers and timers are waited for by those who start them.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

import textual.app
import textual.pilot
from textual.app import App
from textual.screen import Screen
from textual.widgets import DirectoryTree

MOST_SECONDS = 1.0  # what plays or is computed in the background never rests


async def loop_at_rest() -> None:
    """Run until the loop has nothing else to run."""
    ready: Any = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    end = monotonic() + MOST_SECONDS
    while True:
        await asyncio.sleep(0)
        if not ready or monotonic() > end:
            return


def has_to_draw(screen: Screen[Any]) -> bool:
    """Whether the screen has something to lay out, to draw, or to do after that."""
    return bool(
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._dirty_widgets
        or screen._callbacks
    )


def waits_for_a_thread(app: App[Any]) -> bool:
    """Whether Textual itself waits for a thread: a Markdown is parsed, a tree of files looks into its folder.

    Other workers in threads don't count: those are waited for by who started them.
    """
    pool: Any = asyncio.get_running_loop()._default_executor  # type: ignore[attr-defined]
    workers = [worker for worker in app.workers if worker._thread_worker and not worker.is_finished]
    handlers = pool is not None and len(pool._threads) - pool._idle_semaphore._value > len(workers)
    return handlers or any(isinstance(worker.node, DirectoryTree) for worker in workers)


async def at_rest(app: App[Any]) -> None:
    """Run until there is nothing to run, and nothing to draw."""
    end = monotonic() + MOST_SECONDS
    while True:
        await loop_at_rest()
        if app._exception is not None or not app._screen_stack or monotonic() > end:
            return
        screen = app.screen
        if getattr(app, "_resize_timer", None) is not None:
            app._check_resize()  # without the time in which a window that is drawn larger may change again
        elif has_to_draw(screen) and screen.is_current:
            screen._on_timer_update()
        elif app.animator._animations:
            await asyncio.sleep(0.001)
            app.animator()  # one more picture of what is scrolled, without its timer
        elif waits_for_a_thread(app):
            await asyncio.sleep(0.001)
        else:
            return


async def _wait_for_screen(pilot: textual.pilot.Pilot[Any], timeout: float = 30.0) -> bool:
    await at_rest(pilot.app)
    return pilot.app._exception is None


async def _wait_for_idle(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    await loop_at_rest()


# once this is imported, every pilot waits like this
textual.pilot.Pilot._wait_for_screen = _wait_for_screen  # type: ignore[method-assign, assignment]
textual.pilot.wait_for_idle = textual.app.wait_for_idle = _wait_for_idle
