"""What is closed is freed, with what it drew: nothing holds a screen that was left, no task, no thread, no message."""

from __future__ import annotations

import asyncio
import gc
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from weakref import WeakSet, ref

import pytest
from driving import Driver, driving, explorer
from studying import at_rest
from textual.app import App
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from emtui.panes.pane import Pane
from emtui.spec.choose import choose
from emtui.widgets.following_theme import follow_theme


def live_screens(of_others: WeakSet[Screen[object]] | None = None) -> Counter[str]:
    """How many screens there are of each kind, in the stack or not. of_others: those that don't count."""
    known = of_others or ()
    return Counter(type(one).__name__ for one in every_screen() if one not in known)


def every_screen() -> WeakSet[Screen[object]]:
    """The screens that there are, in the stack or not."""
    gc.collect()
    return WeakSet(one for one in gc.get_objects() if isinstance(one, Screen))


async def until(held: Callable[[], object]) -> bool:
    """Nothing is held, at last: the loop drops a timer that was cancelled, a cursor's, only where it would have run."""
    loop = asyncio.get_running_loop()
    end = loop.time() + 20
    while held() and loop.time() < end:
        await asyncio.sleep(0.05)
        gc.collect()
    return not held()


async def visited(app: Driver, key: str) -> str:
    """Open a screen by its key, and leave it; the name of its kind."""
    await app.send(key)
    await at_rest(app)
    name = type(app.app.screen).__name__
    assert app.app.screen is not explorer(app.app), key
    while app.app.screen is not explorer(app.app):
        await app.app.pop_screen()
    await app.settle()
    return name


@pytest.mark.parametrize(
    ("source", "model", "keys"), [("coins", "coins", "EKfOx"), ("iris", "gmm", "vM"), ("iris", "mlp", "v")]
)
async def test_a_screen_that_was_left_is_freed(source: str, model: str, keys: str) -> None:
    of_others = every_screen()  # those of the tests before
    async with driving(choose(source, model=model, max_iter=3)) as app:
        await app.send("n")
        names = [{await visited(app, key) for _ in range(2)} for key in keys]
        assert all(len(name) == 1 for name in names)

        def held() -> list[str]:
            live = live_screens(of_others)
            return [name for (name,) in names if live[name]]

        assert await until(held), held()


async def test_a_screen_is_not_held_by_what_was_mounted_or_worked_for_it() -> None:
    """A widget that the explorer got meanwhile, threads that worked for it, a message in its name."""
    async with driving(choose("coins", max_iter=3)) as app:
        of_others = every_screen()
        await app.send("x")
        dialog = app.app.screen
        with dialog._context():  # as in what the dialog handles
            explorer(app.app).query(Pane).first().mount(Static("of the explorer"))
        for _ in range(3):  # in several threads
            dialog.run_worker(partial(time.sleep, 0.01), thread=True)
        assert await until(lambda: len(app.app.workers))
        closed = ref(dialog)
        del dialog
        await app.send("escape")
        await app.settle()
        assert await until(lambda: closed()) and not [one for one in every_screen() if one not in of_others]


async def test_the_lines_that_a_closed_widget_drew_are_freed() -> None:
    async with driving(choose("coins", max_iter=3), drawn=True) as app:
        lines = []
        for _ in range(2):
            await app.send("g")
            assert app.app.screen is not explorer(app.app)
            lines += [ref(one._styles_cache) for one in app.app.screen.walk_children(Widget, with_self=True)]
            await app.send("escape")
        gc.collect()
        first = lines[: len(lines) // 2]
        assert first and await until(lambda: [one for cache in first if (one := cache())])


class Picture(Static):
    """Counts how often it was drawn in another theme."""

    times = 0

    def on_mount(self) -> None:
        follow_theme(self, self.draw)

    def draw(self) -> None:
        self.times += 1


async def test_a_theme_is_followed_as_long_as_one_is_there() -> None:
    app = App[None]()
    async with app.run_test() as pilot:
        pictures = [Picture(), Picture()]
        await app.mount(*pictures)
        app.theme = "textual-light"
        await pilot.pause()
        assert [picture.times for picture in pictures] == [1, 1]
        await pictures[1].remove()
        app.theme = "textual-dark"
        await pilot.pause()
        assert [picture.times for picture in pictures] == [2, 1]
