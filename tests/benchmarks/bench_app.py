"""How soon the app answers: the first frame against a bare Textual app's, and a key to a finished frame.

    python tests/benchmarks/bench_app.py

Each start is a process of its own on a terminal of its own (a pty, 120×40), in turn; medians.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Sequence

import numpy as np

BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("first frame of a bare app")
Bare().run()
"""


def seconds_to(words: bytes, program: Sequence[str]) -> float:
    """From the start of a process to these bytes on its terminal."""
    started = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", EMTUI_CONFIG=os.devnull)
        os.execv(sys.executable, [sys.executable, *program])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    seen = b""
    try:
        while words not in seen and time.perf_counter() - started < 30:
            if select.select([terminal], [], [], 1)[0]:
                seen += os.read(terminal, 65536)
        return time.perf_counter() - started
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def first_frames(runs: int = 15) -> None:
    """The first picture of iris beside the first line of a bare app, in turn."""
    bare, first, picture = [], [], []
    for _ in range(runs):
        bare.append(seconds_to(b"bare app", ["-c", BARE]))
        first.append(seconds_to("╭──".encode(), ["-m", "emtui"]))
        picture.append(seconds_to(b"petal width", ["-m", "emtui"]))
    base = statistics.median(bare)
    print(f"bare Textual app, first frame: {base * 1e3:.0f} ms")
    for name, times in (("first frame (outlines)", first), ("first picture (iris at its start)", picture)):
        ratio = statistics.median(x / y for x, y in zip(times, bare, strict=True))
        print(f"emtui, {name}: {statistics.median(times) * 1e3:.0f} ms, {ratio:.2f} of the bare app (wanted ≤ 2)")


async def key_to_frame(source: str, k: int, wanted: float, presses: int = 30, over: str = "") -> None:
    """From a key to the frame that it asked for, drawn, at 120×40. over: the key of a screen that is opened first."""
    from emtui.application import gc_pause as garbage
    from emtui.application.app import EmtuiApp
    from emtui.screens.explore.explore import ExploreScreen
    from emtui.settings.config import Config
    from emtui.spec.choose import choose

    garbage.hold()  # as the command does
    app = EmtuiApp(choose(source, model="gmm", k=k), Config())
    async with app.run_test(size=(120, 40)) as pilot:
        while not isinstance(app.screen, ExploreScreen):
            await pilot.pause()
        screen = app.screen
        while screen.snapshot is None or screen.worker.busy:
            await asyncio.sleep(0.01)
        await pilot.pause()
        if over:
            await pilot.press(over)
            await pilot.pause()
        times = []
        for number in range(presses):
            before, started = screen.snapshot, time.perf_counter()
            app.simulate_key("e" if number % 2 == 0 else "m")
            while screen.snapshot is before:
                await asyncio.sleep(0)
            app.screen._compositor.render_strips()
            times.append(time.perf_counter() - started)
            await pilot.pause()
    name = os.path.basename(source)
    middle, worst = statistics.median(times) * 1e3, max(times) * 1e3
    name += f", on the screen of {over}" * bool(over)
    print(f"key to frame, {name}, K={k}: {middle:.0f} ms (worst {worst:.0f}; wanted ≤ {wanted:.0f})")


def main() -> None:
    """Print the figures."""
    first_frames()
    asyncio.run(key_to_frame("iris", 3, 50))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows_100000.csv")
        draw = np.random.default_rng(0)
        centres = draw.normal(size=(5, 4)) * 4
        rows = centres[draw.integers(5, size=100_000)] + draw.normal(size=(100_000, 4))
        np.savetxt(path, rows, delimiter=",", header="a,b,c,d", comments="", fmt="%.5f")
        asyncio.run(key_to_frame(path, 5, 80))
        wide = os.path.join(folder, "rows_100000x6.csv")
        further = draw.normal(size=(100_000, 2)) + rows[:, :2]
        np.savetxt(wide, np.c_[rows, further], delimiter=",", header="a,b,c,d,e,f", comments="", fmt="%.5f")
        asyncio.run(key_to_frame(wide, 5, 80, over="M"))


if __name__ == "__main__":
    main()
