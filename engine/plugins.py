"""What other packages offer by entry points: found by name, loaded on demand. A broken one affects only itself.

_OUTSIDE = Plugins("emtui.models", "model", _what_is_wrong)
_OUTSIDE.load("exponential")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, OptionError
from engine.text import clean, quoted

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@dataclass(frozen=True)
class Plugins:
    """One kind of thing that other packages may offer.

    group: of the entry points, such as "emtui.models". what: the kind in a word, "model". checked: from the name and
    what its entry point loaded to the value to use; it raises EngineError with a remark where that can't be used.
    """

    group: str
    what: str
    checked: Callable[[str, Any], Any]

    def names(self) -> tuple[str, ...]:
        """Every name that is offered; no package is imported for it."""
        return tuple(_entry_points(self.group))

    def load(self, name: str) -> Any:
        """What is offered under that name. Raises OptionError where it can't be imported, or used."""
        value, fault = _loaded(self, name)
        if fault:
            raise OptionError(fault)
        return value

    def usable(self) -> dict[str, Any]:
        """Everything that could be loaded, by name."""
        return {name: value for name in self.names() for value, fault in [_loaded(self, name)] if not fault}

    def problems(self) -> tuple[str, ...]:
        """A sentence for each that could not."""
        return tuple(fault for name in self.names() if (fault := _loaded(self, name)[1]))


def forget() -> None:
    """Look for packages again, for example after one was installed."""
    _entry_points.cache_clear()
    _loaded.cache_clear()


@cache
def _entry_points(group: str) -> Mapping[str, EntryPoint]:
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=group)}


@cache
def _loaded(plugins: Plugins, name: str) -> tuple[Any, str]:
    """The value, and the sentence that says why there is none, or ""."""
    try:
        return plugins.checked(name, _entry_points(plugins.group)[name].load()), ""
    except (Exception, SystemExit) as error:  # a stranger's code may do anything
        why = clean(str(error)) if isinstance(error, EngineError) else clean(str(error) or type(error).__name__)
        return None, f"the {plugins.what} {quoted(name)} could not be loaded from its package: {why.rstrip('.')}."
