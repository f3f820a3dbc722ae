"""The app on a real terminal, a pseudo-terminal of our own: however it ends, the terminal is given back as it was."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios

import pytest
from shell import ENVIRONMENT, ROOT

INTO_THE_ALTERNATE_SCREEN, OUT_OF_IT = b"\x1b[?1049h", b"\x1b[?1049l"


def read_until(terminal: int, wanted: bytes) -> bytes:
    """What the app writes, up to the first time that it writes this."""
    seen = b""
    while wanted not in seen:
        seen += os.read(terminal, 65_536)
    return seen


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP, b"q", b"\x03"])
def test_the_terminal_is_given_back(ending: signal.Signals | bytes) -> None:
    terminal, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    before = termios.tcgetattr(inner)
    environment = ENVIRONMENT | {"TERM": "xterm-256color", "EMTUI_CONFIG": "/nonexistent/emtui.toml"}
    with subprocess.Popen(
        [sys.executable, "-m", "emtui", "coins"], cwd=ROOT, env=environment, stdin=inner, stdout=inner, stderr=inner
    ) as app:
        try:
            assert INTO_THE_ALTERNATE_SCREEN in read_until(terminal, b"press e")
            if isinstance(ending, bytes):
                os.write(terminal, ending)
            else:
                app.send_signal(ending)
            read_until(terminal, OUT_OF_IT)
            assert app.wait(timeout=60) == 0
        finally:
            app.kill()
    assert termios.tcgetattr(inner)[3] == before[3]  # echo and line editing are on again
    os.close(inner)
    os.close(terminal)
