"""What views remember of a data set: facts that never change from step to step, kept as long as the data set lives."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from engine.data.dataset import Dataset

T = TypeVar("T")
_REMEMBERED: WeakKeyDictionary[Dataset, dict[Hashable, tuple[object, Any]]] = WeakKeyDictionary()


def remembered(data: Dataset, key: Hashable, make: Callable[[], T], of: object = None) -> T:
    """What `make` gave the first time it was asked for under this key; made again when `of` is another object."""
    facts = _REMEMBERED.setdefault(data, {})
    known = facts.get(key)
    if known is None or known[0] is not of:
        known = facts[key] = (of, make())
    value: T = known[1]
    return value
