"""What is going on, on a terminal that has been silent for a second: a line on stderr that goes away again."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Self, TextIO

from emtui.cli.shell_output import encodable, printable

_SILENCE = 1.0  # seconds without anything to see, after which it is said
_BETWEEN = 0.5  # seconds until it is said anew
_WIDTH = 78


class Progress:
    """Says what is going on while nothing else appears; nothing where `stream` is no terminal.

    with Progress(sys.stderr) as progress:
        progress.now("looking for a start")
        with progress.aside(): …  # what is written meanwhile has the line for itself
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream if stream is not None and stream.isatty() else None
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._what, self._begun = "", time.monotonic()
        self._seen = self._begun  # when there was something to see
        self._shown = False

    def __enter__(self) -> Self:
        if self._stream is not None:
            threading.Thread(target=self._watch, daemon=True, name="progress").start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with self._lock:
            self._erase()

    def now(self, what: str) -> None:
        """What is going on from now on; behind a comma stands how far it is, which begins nothing new."""
        if what.partition(", ")[0] != self._what.partition(", ")[0]:
            self._begun = time.monotonic()
        self._what = what

    @contextlib.contextmanager
    def aside(self, seen: bool = True) -> Iterator[None]:
        """While something is written. seen: it appears on a terminal, so that nobody wonders what is going on."""
        with self._lock:
            self._erase()
            yield
            self._seen = time.monotonic() if seen else self._seen

    def _watch(self) -> None:
        while not self._over.wait(_BETWEEN):
            with self._lock:
                if not self._over.is_set() and self._what and time.monotonic() - self._seen > _SILENCE:
                    seconds = time.monotonic() - self._begun
                    self._write(f"{printable(self._what)}, {seconds:z.0f} s …"[:_WIDTH].ljust(_WIDTH))
                    self._shown = True

    def _erase(self) -> None:
        if self._shown:
            self._write(" " * _WIDTH + "\r")
            self._shown = False

    def _write(self, text: str) -> None:
        assert self._stream is not None
        with contextlib.suppress(OSError, ValueError):  # a terminal that has gone needs no progress
            self._stream.write("\r" + encodable(text, self._stream.encoding or "utf-8"))
            self._stream.flush()
