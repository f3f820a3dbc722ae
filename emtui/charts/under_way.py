"""Which pictures are on their way to another one, so that a key can end them all at once. It imports nothing heavy."""

from __future__ import annotations

from typing import Protocol
from weakref import WeakSet


class UnderWay(Protocol):
    """A picture on its way."""

    def end(self) -> None:
        """Be there."""


under_way: WeakSet[UnderWay] = WeakSet()


def arrive() -> None:
    """End every motion at what it leads to: a key was pressed."""
    for motion in list(under_way):
        motion.end()
