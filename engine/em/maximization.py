"""The result of an M-step: the parameters that it chose, and what was out of the ordinary."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Generic

import numpy as np

from engine.em.observations import Observations
from engine.em.parameters import Theta
from engine.em.row_text import RowName, RowText


@dataclass(frozen=True)
class Event:
    """Something out of the ordinary in an M-step, in words: a component that died, a covariance that was repaired.

    A model gives a message that names rows as a `RowText`. In a step's events the rows are called as its problem calls
    them, and `rows` holds their numbers, from 0.
    """

    message: str
    component: int | None = None
    breaks_ascent: bool = False  # the parameters were set by a rule, not by the maximum: the objective may fall here
    stops: bool = False  # the model was told to stop when this happens
    by_hand: bool = False  # a change by hand, in place of the M-step
    rows: tuple[int, ...] = ()

    def named(self, name: RowName, data: Observations) -> Event:
        """The same event as a step has it: a plain message with these names for its rows, and the rows as given."""
        if not isinstance(self.message, RowText):
            return self
        given = RowText(*(part if isinstance(part, str) else data.row_of(part) for part in self.message.parts))
        return replace(self, message=str(given.named(name)), rows=given.rows)


def events_where(flags: Any, message: str) -> tuple[Event, ...]:
    """An event for each component whose flag (K,) is set; its number from 1 takes the place of {} in the message."""
    return tuple(Event(message.format(k + 1), int(k)) for k in np.flatnonzero(flags))


@dataclass(frozen=True, eq=False)
class Maximization(Generic[Theta]):
    """The M-step's parameters, and its events."""

    params: Theta
    events: tuple[Event, ...] = field(default=())
