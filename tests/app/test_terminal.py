"""The app on a real terminal, a pseudo-terminal of our own: however it ends, the terminal is given back as it was."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from shell import ENVIRONMENT, ROOT

_PATIENCE = 60.0  # seconds
INTO_THE_ALTERNATE_SCREEN, OUT_OF_IT = b"\x1b[?1049h", b"\x1b[?1049l"


def read_until(terminal: int, wanted: bytes) -> bytes:
    """What the app writes, up to the first time that it writes this."""
    seen = b""
    while wanted not in seen:
        assert select.select([terminal], [], [], _PATIENCE)[0], (wanted, seen)
        seen += os.read(terminal, 65_536)
    return seen


@contextmanager
def terminal_of(*words: str, stderr: int | None = None, **environment: str) -> Iterator[tuple[int, subprocess.Popen]]:
    """The app on a pseudo-terminal, whose other end comes with it; at the end the terminal is as it was."""
    terminal, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    before = termios.tcgetattr(inner)
    given = ENVIRONMENT | {"TERM": "xterm-256color", "EMTUI_CONFIG": "/nonexistent/emtui.toml"} | environment
    command = [sys.executable, "-m", "emtui", *words]
    with subprocess.Popen(command, cwd=ROOT, env=given, stdin=inner, stdout=inner, stderr=stderr or inner) as app:
        try:
            yield terminal, app
        finally:
            app.kill()
    assert termios.tcgetattr(inner)[3] == before[3]  # echo and line editing are on again
    os.close(inner)
    os.close(terminal)


@pytest.mark.parametrize(("ending", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (b"q", 0)], ids=str)
def test_the_terminal_is_given_back(ending: signal.Signals | bytes, status: int) -> None:
    with terminal_of("coins") as (terminal, app):
        assert INTO_THE_ALTERNATE_SCREEN in read_until(terminal, b"press e")
        if isinstance(ending, bytes):
            os.write(terminal, ending)
        else:
            app.send_signal(ending)
        read_until(terminal, OUT_OF_IT)
        assert app.wait(timeout=60) == status


def test_it_is_suspended_comes_back_and_ends() -> None:
    with terminal_of("coins") as (terminal, app):
        read_until(terminal, b"press e")
        os.write(terminal, b"\x1a")  # ctrl+z
        read_until(terminal, OUT_OF_IT)
        os.waitid(os.P_PID, app.pid, os.WSTOPPED)
        app.send_signal(signal.SIGCONT)
        assert INTO_THE_ALTERNATE_SCREEN in read_until(terminal, b"press e")
        app.send_signal(signal.SIGSTOP)  # which can't be answered by giving the terminal back
        os.waitid(os.P_PID, app.pid, os.WSTOPPED)
        app.send_signal(signal.SIGCONT)
        read_until(terminal, b"press e")
        os.write(terminal, b"e")
        read_until(terminal, b"iteration 1")
        os.write(terminal, b"q")
        read_until(terminal, OUT_OF_IT)
        assert app.wait(timeout=60) == 0


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell that stops jobs")
@pytest.mark.parametrize("command", ["{}", "bash -c '{}; true'"])
def test_with_what_waits_for_it_it_is_suspended_comes_back_and_ends(command: str) -> None:
    given = ENVIRONMENT | {
        "TERM": "xterm-256color",
        "EMTUI_CONFIG": "/nonexistent/emtui.toml",
        "PS1": "$ ",
        "LC_ALL": "C",
    }
    shell, terminal = pty.fork()
    if not shell:
        os.chdir(ROOT)
        os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], given)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    try:
        read_until(terminal, b"$ ")
        os.write(terminal, command.format(f"{sys.executable} -m emtui coins").encode() + b"\n")
        read_until(terminal, b"press e")
        for _ in range(2):
            os.write(terminal, b"\x1a")  # ctrl+z
            assert OUT_OF_IT in read_until(terminal, b"Stopped")
            os.write(terminal, b"fg\n")
            assert INTO_THE_ALTERNATE_SCREEN in read_until(terminal, b"press e")
        os.write(terminal, b"q")
        read_until(terminal, OUT_OF_IT)
        read_until(terminal, b"$ ")  # what is written before the app is gone, is lost with it
        os.write(terminal, b"echo left with $?\n")
        read_until(terminal, b"left with 0")
    finally:
        os.kill(shell, signal.SIGHUP)
        os.kill(shell, signal.SIGKILL)
        os.waitpid(shell, 0)
        os.close(terminal)


def test_where_it_can_not_draw_it_says_why() -> None:
    with terminal_of(TERM="dumb") as (terminal, app):
        assert b"TERM=dumb" in read_until(terminal, b"\n")
        assert app.wait(timeout=60) == 2
    with terminal_of(stderr=subprocess.PIPE) as (terminal, app):
        said = read_until(terminal, b"\n").decode().strip()
        assert "standard error" in said and app.wait(timeout=60) == 2
        assert app.stderr is not None and app.stderr.read().decode().strip() == said


COLORS = re.compile(rb"\x1b\[(?:[\d;:]*;)?(?:3\d|4\d|9\d|10\d)(?:[;:][\d;:]*)?m")
CURSOR_IS_WHERE = b"\x1b[6n"


def left(terminal: int, app: subprocess.Popen) -> bytes:
    """What is written until q has ended it."""
    os.write(terminal, b"q")
    seen = read_until(terminal, OUT_OF_IT)
    assert app.wait(timeout=60) == 0
    return seen


@pytest.mark.parametrize(("no_color", "colors"), [("1", False), ("", True)])
def test_without_colours_none_is_sent(no_color: str, colors: bool) -> None:
    with terminal_of("iris", NO_COLOR=no_color) as (terminal, app):
        seen = read_until(terminal, b"press e")
        os.write(terminal, b"n3")
        seen += read_until(terminal, b"iteration 1") + left(terminal, app)
        assert bool(COLORS.search(seen)) is colors


@pytest.mark.parametrize(("answer", "offered"), [(b"\x1b[1;5R", True), (b"\x1b[1;3R", False)])
def test_where_signs_are_wide_plain_letters_are_offered(answer: bytes, offered: bool) -> None:
    with terminal_of("coins") as (terminal, app):
        seen = read_until(terminal, CURSOR_IS_WHERE)
        os.write(terminal, answer)
        seen += read_until(terminal, b"press e")
        os.write(terminal, b"e")
        seen += read_until(terminal, b"iteration 1") + left(terminal, app)
        assert (b"frames" in seen) is offered


@pytest.mark.parametrize("environment", [{"TERM": "linux"}, {"LC_ALL": "de_DE.ISO-8859-1"}], ids=str)
def test_a_console_without_our_signs_is_offered_plain_letters(environment: dict[str, str]) -> None:
    with terminal_of("coins", **environment) as (terminal, app):
        assert CURSOR_IS_WHERE not in read_until(terminal, b"config.toml")
        left(terminal, app)


def test_what_python_was_told_to_write_in_changes_nothing() -> None:
    with terminal_of("iris", PYTHONIOENCODING="latin-1") as (terminal, app):
        assert "×".encode() in read_until(terminal, b"press e")
        left(terminal, app)


def test_caps_lock_changes_no_key() -> None:
    with terminal_of("coins") as (terminal, app):
        read_until(terminal, b"press e")
        os.write(terminal, b"\x1b[101;65;69u")  # e, with caps lock, which makes it an E
        read_until(terminal, b"iteration 1")
        os.write(terminal, b"\x1b[113;65;81u")  # q
        read_until(terminal, OUT_OF_IT)
        assert app.wait(timeout=60) == 0


def test_without_the_mouse_the_terminal_keeps_it() -> None:
    for words, asked in ((["coins"], True), (["coins", "--no-mouse"], False)):
        with terminal_of(*words) as (terminal, app):
            seen = read_until(terminal, b"press e") + left(terminal, app)
            assert (b"\x1b[?1003h" in seen or b"\x1b[?1000h" in seen) is asked
