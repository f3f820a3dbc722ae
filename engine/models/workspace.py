"""Arrays that a pass over chunks of rows uses again for each chunk, never shared by two threads at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from engine.arrays import Array


class Workspace:
    """Named arrays for one chunk; the next chunk finds the same memory again."""

    def __init__(self) -> None:
        self._kept: dict[str, Array] = {}

    def array(self, name: str, *shape: int) -> Array:
        """A C-ordered array of that shape with anything in it."""
        size = math.prod(shape)
        kept = self._kept.get(name)
        if kept is None or kept.size < size:
            kept = self._kept[name] = np.empty(size)
        return kept[:size].reshape(shape)


class Workspaces:
    """As many workspaces as there are threads at work at the same time."""

    def __init__(self) -> None:
        self._idle: list[Workspace] = []

    @contextmanager
    def borrowed(self) -> Iterator[Workspace]:
        """A workspace of one's own within the block."""
        try:
            work = self._idle.pop()  # one atomic step, so that no two threads get the same one
        except IndexError:
            work = Workspace()
        try:
            yield work
        finally:
            self._idle.append(work)
