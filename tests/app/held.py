"""A survey held at its first result: the background waits there until the test lets it go on, without computing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any


class Held:
    """Wraps a function that makes an iterator; what it makes gives one item and waits for `go`."""

    def __init__(self, make: Callable[..., Iterator[Any]]) -> None:
        self._make = make
        self.go = threading.Event()
        self._called = threading.Semaphore(0)

    def called(self) -> bool:
        """Wait until it is called once more; it is called in a thread."""
        return self._called.acquire(timeout=60)

    def __call__(self, *args: Any, **options: Any) -> Iterator[Any]:
        self._called.release()
        return self._coming(self._make(*args, **options))

    def _coming(self, coming: Iterator[Any]) -> Iterator[Any]:
        yield next(coming)
        self.go.wait(60)
        yield from coming
