"""What an E-step expects, as values with `+`: they add up over parts of the data, or refuse to.

    engine.parallel.map_reduce(parts, expect, add)

is then a whole pass, whatever the parts are: chunks for threads, parts of a file, the workers of a cluster.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, ClassVar, NoReturn

import numpy as np

from engine.errors import EngineError


class Statistics:
    """Expected sufficient statistics: a dataclass of sums, or a class with a `+` of its own."""

    def __add__(self, other: Any) -> Any:
        """Field by field, but for those that are not compared."""
        owner: Any = type(self)
        names = [part.name for part in fields(owner) if part.compare]
        return owner(**{name: getattr(self, name) + getattr(other, name) for name in names})

    def as_in(self, other: Any) -> Any:
        """The same numbers in the coordinates of `other`, for statistics that have coordinates."""
        return self


class Sums(tuple[Any, ...], Statistics):
    """Arrays of sums over the rows, added one by one."""

    def __add__(self, other: Any) -> Sums:
        """The sums, not the concatenated tuple. Raises EngineError if they don't match."""
        if len(self) != len(other) or any(np.shape(a) != np.shape(b) for a, b in zip(self, other, strict=True)):
            raise EngineError("these statistics are of different things, and do not add up: gather them at one θ.")
        return Sums(a + b for a, b in zip(self, other, strict=True))


class NotAdditive(Statistics):
    """Statistics whose parts can't be combined; `why` is a sentence."""

    why: ClassVar[str]

    def __add__(self, other: Any) -> NoReturn:
        raise EngineError(self.why)


def added(one: Any, other: Any) -> Any:
    """one + other. Raises EngineError if they can't be added."""
    try:
        return one + other
    except TypeError:
        raise EngineError(f"statistics of the type {type(one).__name__} do not add up: give them a `+`.") from None
