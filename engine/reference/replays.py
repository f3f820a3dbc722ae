"""The replays by name: those of `engine.reference.published_values`, and what other packages bring (`emtui.replays`).

for check in engine.replays.replay("coins"):
    print(check.iteration, check.quantity, check.printed, check.computed, check.agrees)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.errors import OptionError
from engine.plugins import Plugins
from engine.reference import published_values
from engine.reference.many_splits import ManySplits as ManySplits
from engine.reference.many_splits import SplitRun as SplitRun
from engine.reference.replay import Check as Check
from engine.reference.replay import Published as Published
from engine.reference.replay import Replay as Replay
from engine.reference.replay import Walk as Walk
from engine.reference.replay import checks as checks
from engine.text import did_you_mean, quoted


def _checked(name: str, offered: Any) -> Replay:
    """What a package offers as a replay of this name."""
    if not isinstance(offered, Replay):
        raise OptionError("it is no engine.replays.Replay")
    if offered.name != name:
        raise OptionError(f"it calls itself {quoted(offered.name)}")
    if name in {one.name for one in published_values.REPLAYS}:
        raise OptionError("emtui has a replay of that name")
    return offered


_OUTSIDE = Plugins("emtui.replays", "replay", _checked)


def replays() -> tuple[Replay, ...]:
    """Every replay there is; those of other packages last."""
    return (*published_values.REPLAYS, *_OUTSIDE.usable().values())


def replay_problems() -> tuple[str, ...]:
    """A sentence for each replay of another package that can't be used."""
    return _OUTSIDE.problems()


def replay_named(name: str) -> Replay:
    """The replay of that name. Raises OptionError, with the names that there are."""
    known = {one.name: one for one in replays()}
    if name in known:
        return known[name]
    if name in _OUTSIDE.names():
        _OUTSIDE.load(name)  # says why it can't be used
    hint = did_you_mean(name, known, otherwise=f"choose {', '.join(known)}.")
    raise OptionError(f"there is no replay of {quoted(name)}: {hint}")


def replay(name: str) -> Iterator[Check]:
    """Step through the published runs of that name, and compare each value as it is reached.

    What was published of a single split and start has no digits to match: `replay_named(name).splits()` runs many.

    Raises:
        OptionError: there is no such replay.
    """
    found = replay_named(name)
    return (check for walk in found.walks() for check in checks(walk))
