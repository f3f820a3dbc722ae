"""Frozen values that are pickled, and copied, by their fields: they come back checked, and their arrays read-only."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from types import MappingProxyType
from typing import Any


class ByFields:
    """Base of frozen dataclasses whose arrays can't be written to, or that hold a read-only mapping."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[type[Any], dict[str, Any]]]:
        """Make it again from what its fields hold; a read-only mapping, which can't be pickled, as a plain one."""
        value: Any = self
        fields = {part.name: _plain(getattr(self, part.name)) for part in dataclasses.fields(value) if part.init}
        return _made, (type(self), fields)


def _made(kind: type[Any], fields: dict[str, Any]) -> Any:
    return kind(**fields)


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, MappingProxyType) else value
