"""Memory grows by little while an app is used: `pytest tests/app/test_memory.py --walk 4000` for a walk that is long.

What counts is what the process holds for itself (its private pages) at rest, once the C library has given back what is
free: nothing is computed in the background, and the window is as large as it was. On a long walk every screen is opened
before, so that what is imported once is there. Other data are not opened: another table may well be larger.
"""

from __future__ import annotations

import ctypes
import gc
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from driving import Driver, driving, explorer
from studying import at_rest
from test_closed_screens import live_screens
from test_random_keys import KEYS, SIZES

from emtui.spec.choose import choose

SOURCES = ("coins", "iris")
FIRST, MOST = 500, 15.0
SIZE = (120, 40)
PAGES = Path("/proc/self/smaps_rollup")


def own_megabytes() -> float:
    """The private pages of this process, without what is free and can be given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    sizes = (line.split()[1] for line in PAGES.read_text().splitlines() if line.startswith(("Private_C", "Private_D")))
    return sum(map(int, sizes)) / 1024


@contextmanager
def collecting_as_the_app_does() -> Iterator[None]:
    """Python's own thresholds: those of the other tests leave more lying about."""
    thresholds = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*thresholds)


async def left_alone(app: Driver) -> None:
    """Every screen left, nothing in the background, the window as at first."""
    await app.settle()
    while app.app.screen is not explorer(app.app):
        await app.app.pop_screen()
    await app.resize(*SIZE)
    await at_rest(app)


async def opened_every_screen(app: Driver) -> None:
    """Press each key once, and what opens the guide, and leave what comes."""
    for keys in (*((key,) for key in dict.fromkeys(KEYS)), ("question_mark", "g", "enter")):
        for key in keys:
            await app.send(key)
        if len(keys) > 1:  # a chapter of the guide, which comes with a parser of Markdown
            await app.settle()
        while app.app.screen is not explorer(app.app):
            await app.app.pop_screen()


async def walked(app: Driver, walk: random.Random, count: int) -> None:
    """Press so many random keys, and change the window's size now and then."""
    for number in range(count):
        if walk.random() < 0.05:
            await app.pilot.resize_terminal(*walk.choice(SIZES))
        else:
            await app.pilot.press(walk.choice(KEYS))
        if number % 20 == 0:
            await app.settle()
            assert not app.app._exception
    await left_alone(app)


async def test_a_walk_leaves_little_behind(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = request.config.getoption("--walk")
    if not PAGES.exists() or not hasattr(ctypes.CDLL(None), "malloc_trim"):
        pytest.skip("neither /proc nor the GNU C library is here")
    monkeypatch.chdir(tmp_path)  # where an export would write
    for source in SOURCES if count > FIRST else SOURCES[:1]:
        with collecting_as_the_app_does():
            grown, screens = await growth(source, count, monkeypatch)
        assert grown < MOST, f"{source} grew by {grown:.1f} MB, {screens}"
        assert all(number == 1 for number in screens.values()), f"{source}: {screens}"


async def growth(source: str, count: int, monkeypatch: pytest.MonkeyPatch) -> tuple[float, Counter[str]]:
    """The megabytes that came after the first keys, and the screens that there are in the end."""
    first = min(FIRST, count // 2)
    walk, others = random.Random(f"memory {source} {count}"), live_screens()  # of an app before this one
    async with driving(choose(source, max_iter=30), size=SIZE, drawn=True) as app:
        monkeypatch.setattr(explorer(app.app), "open_spec", lambda *_, **__: None)
        if count > FIRST:
            await opened_every_screen(app)
        await walked(app, walk, first)
        before = own_megabytes()
        await walked(app, walk, count - first)
        return own_megabytes() - before, live_screens() - others
