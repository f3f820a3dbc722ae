"""Results for large arrays that are worth remembering from one frame to the next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

from emtui.charts.scene import FloatArray

T = TypeVar("T")

REMEMBER_FROM = 20_000
"""Values from which results are remembered for an array; below it they are cheap to compute again."""


class ArrayCache:
    """The last few results for large arrays, found by the arrays' memory. Holds on to the arrays it knows."""

    def __init__(self, size: int = 8) -> None:
        self._entries: OrderedDict[tuple[Any, ...], tuple[Any, Any]] = OrderedDict()
        self._size = size

    def get(self, arrays: tuple[FloatArray, ...], key: tuple[Any, ...], compute: Callable[[], T]) -> T:
        """The remembered result for these arrays and this key, or a new one."""
        if sum(map(len, arrays)) < REMEMBER_FROM:
            return compute()
        where = tuple((a.__array_interface__["data"][0], a.shape, a.strides) for a in arrays)
        full_key = (where, key)
        entry = self._entries.get(full_key)
        if entry is None:
            # The arrays are kept alive with the result: their addresses can't be used by others meanwhile.
            entry = (arrays, compute())
            self._entries[full_key] = entry
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)
        else:
            self._entries.move_to_end(full_key)
        result: T = entry[1]
        return result


array_cache = ArrayCache()
