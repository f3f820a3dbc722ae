"""Memory grows by little while an app is used: `pytest tests/app/test_memory.py --walk 4000` for a walk that is long.

What counts is what the process has written for itself (its private dirty pages) at rest, once the C library has given
back what is free: nothing is computed in the background, and the window is as large as it was. Clean pages are those of
libraries in their files: they count as private while no other process has the same file open, and come and go with it.

On a long walk every screen is opened before, and every kind of file written, so that the libraries that come with this
once are there (pyarrow, the pandas that it imports, matplotlib with its fonts: 65 MB). Other data are not opened:
another table may well be larger.
"""

from __future__ import annotations

import ctypes
import gc
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from weakref import ref

import pytest
from driving import Driver, driving, explorer
from studying import at_rest
from test_closed_screens import every_screen, until
from test_random_keys import KEYS, SIZES

from emtui.exports.export import EXPORTS
from emtui.spec.atomic_files import ExportError
from emtui.spec.choose import choose

SOURCES = ("coins", "iris")
FIRST, MOST = 500, 15.0
SIZE = (120, 40)
PAGES = Path("/proc/self/smaps_rollup")


def own_megabytes() -> float:
    """What this process has written for itself, without what is free and can be given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    sizes = (line.split()[1] for line in PAGES.read_text().splitlines() if line.startswith("Private_Dirty"))
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


def wrote_every_kind(app: Driver, folder: Path) -> None:
    """Write each file that `x` offers, in a thread as the dialog does."""
    session = explorer(app.app).worker.session
    assert session is not None
    for export in EXPORTS:
        with suppress(ExportError):  # its library is not installed
            export.check_library()
            thread = threading.Thread(target=export, args=(session, folder / f"{export.word}.{export.ending}"))
            thread.start()
            thread.join()


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
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = request.config.getoption("--walk")
    if not PAGES.exists() or not hasattr(ctypes.CDLL(None), "malloc_trim"):
        pytest.skip("neither /proc nor the GNU C library is here")
    monkeypatch.chdir(tmp_path)  # where an export would write
    for source in SOURCES if count > FIRST else SOURCES[:1]:
        with collecting_as_the_app_does():
            grown, held = await growth(source, count, monkeypatch, tmp_path_factory.mktemp(source))
        assert grown < MOST, f"{source} grew by {grown:.1f} MB"
        assert not held, f"{source}: {held}"


async def growth(source: str, count: int, monkeypatch: pytest.MonkeyPatch, folder: Path) -> tuple[float, list[str]]:
    """The megabytes that came after the first keys, and the screens that were left and are still there."""
    first = min(FIRST, count // 2)
    walk, others = random.Random(f"memory {source} {count}"), every_screen()  # of an app before this one
    async with driving(choose(source, max_iter=30), size=SIZE, drawn=True) as app:
        monkeypatch.setattr(explorer(app.app), "open_spec", lambda *_, **__: None)
        if count > FIRST:
            await opened_every_screen(app)
            wrote_every_kind(app, folder)
        await walked(app, walk, first)
        before = own_megabytes()
        await walked(app, walk, count - first)
        grown = own_megabytes() - before
        closed = [ref(one) for one in every_screen() if one not in others and one not in app.app.screen_stack]
        await until(lambda: [one for one in closed if one() is not None])
        return grown, [type(one).__name__ for each in closed if (one := each()) is not None]
