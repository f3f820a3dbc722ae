"""Lines for the shell: safe to show, whatever the encoding of the terminal, and flushed one by one."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from io import UnsupportedOperation
from types import FrameType
from typing import TextIO

# plain forms of the signs that the app's own words use, for a terminal that has no UTF-8
_PLAIN = str.maketrans(
    {"×": "x", "·": "-", "−": "-", "–": "-", "…": "...", "‖": "||", "∞": "inf", "²": "^2", "’": "'"}
    | {"✓": "ok", "✗": "NO"}
    | {"░": ".", "▒": "+", "▓": "*", "█": "#", "╲": "\\"}
)

TICK, CROSS = "✓", "✗"

Aside = Callable[[bool], AbstractContextManager[None]]


class Output:
    """Where lines go.

    Raises (on writing):
        OSError: the stream can't be written; BrokenPipeError where the reader has gone.
    """

    def __init__(self, stream: TextIO | None, aside: Aside | None = None) -> None:
        """`aside` makes room on the terminal while a line is written; it is told whether that appears on one."""
        if stream is None:
            raise OSError("the output is closed")
        self._stream, self._aside = stream, aside
        self._encoding = getattr(stream, "encoding", None) or "utf-8"
        try:
            stream.flush()
            self._descriptor: int | None = stream.fileno()
        except (AttributeError, ValueError, UnsupportedOperation):  # a stream in memory
            self._descriptor = None

    @property
    def shows_colors(self) -> bool:
        """It is a terminal, and nobody has asked for no colours (https://no-color.org)."""
        return self._stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def can_write(self, text: str) -> bool:
        """The encoding has these characters."""
        try:
            text.encode(self._encoding)
        except UnicodeEncodeError:
            return False
        return True

    def line(self, text: str = "") -> None:
        """Write one whole line: an interrupt waits until it is written."""
        line = encodable(text, self._encoding) + "\n"
        room = contextlib.nullcontext() if self._aside is None else self._aside(self._stream.isatty())
        with _interrupted_only_after(), room:
            if self._descriptor is None:
                self._stream.write(line)
                return
            rest = line.encode(self._encoding)
            while rest:  # a pipe may take a part of it
                rest = rest[os.write(self._descriptor, rest) :]

    def lines(self, texts: Sequence[str]) -> None:
        """Write several lines."""
        for text in texts:
            self.line(text)


@contextlib.contextmanager
def _interrupted_only_after() -> Iterator[None]:
    """A block that Ctrl-C interrupts only at its end; a second Ctrl-C interrupts it at once."""
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    waiting = False

    def later(_number: int, _snapshot: FrameType | None) -> None:
        nonlocal waiting
        if waiting:
            raise KeyboardInterrupt
        waiting = True

    signal.signal(signal.SIGINT, later)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if waiting:
        raise KeyboardInterrupt


def encodable(text: str, encoding: str) -> str:
    """`text` as it can be written in this encoding: plain signs for those that it lacks, "?" for other characters."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        from emtui.charts.plain_letters import plain

        return plain(text.translate(_PLAIN)).encode(encoding, "replace").decode(encoding)
    return text


def printable(text: str) -> str:
    """`text` as one line without anything that a terminal would obey."""
    if text.isascii() and text.isprintable():
        return text
    from engine.text import clean

    return clean(text)


def complain(sentence: str) -> None:
    """One sentence on stderr; nothing if stderr is closed."""
    text = printable(sentence)
    if text[-1:] not in ".?!":
        text += "."
    if not text.startswith("emtui "):  # a sentence about emtui itself needs no name before it
        text = f"emtui: {text}"
    with contextlib.suppress(OSError, ValueError):
        Output(sys.stderr).line(text)


def abandon_stdout() -> None:
    """Discard what is still to be written, so that leaving doesn't fail on it again."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """Rows of cells as aligned lines, the first row being the heads; columns in `right` are set to the right.

    Widths are counted in the cells of a terminal, in which some characters take two.
    """
    from rich.cells import cell_len

    n_columns = max(map(len, rows), default=0)
    widths = [max(cell_len(row[j]) for row in rows if j < len(row)) for j in range(n_columns)]

    def aligned(j: int, cell: str) -> str:
        space = " " * (widths[j] - cell_len(cell))
        return space + cell if j in right else cell + space

    return ["  ".join(aligned(j, cell) for j, cell in enumerate(row)).rstrip() for row in rows]


def left_out(*counted: tuple[int, str]) -> list[str]:
    """A line for each kind of thing that a table has no room for: how many, and of what."""
    return [f"… and {n} more {what}: --json has them all" for n, what in counted if n > 0]
