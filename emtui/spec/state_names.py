"""The names that a data set's hidden states have, where it is known which state is which."""

from __future__ import annotations

import re

import numpy as np

from emtui.spec.run_spec import RunSpec, once_a_spec
from engine.data.catalogue import entry_of
from engine.em.fields import fields_of

_NUMBERED = re.compile(r"\b([Ss]tates?) (\d+)(?:( and )(\d+))?\b(?![.,]\d)")


@once_a_spec
def state_names(spec: RunSpec) -> tuple[str, ...]:
    """The catalogue's names of the states; () where none are known to hold.

    They hold from the published start on, since states keep their places through every step. From another start, or
    with another number of states, nobody knows which state is which.
    """
    entry = entry_of(spec.dataset)
    if entry is None or not entry.states or entry.start is None or spec.start is None or spec.model.name != entry.model:
        return ()
    begun = fields_of(spec.start)
    if not all(name in begun and np.array_equal(begun[name].array, values) for name, values in entry.start.items()):
        return ()
    return entry.states


def component_names(spec: RunSpec, params: object) -> tuple[str, ...]:
    """The names of a model's components: those of its states where they are known, else the model's own."""
    return state_names(spec) or spec.model.component_names(params)


def with_state_names(spec: RunSpec, text: str) -> str:
    """A text with the states' names in the place of their numbers: "state 1" is "state cold"."""
    names = state_names(spec)
    if not names:
        return text

    def name(number: str | None) -> str:
        return "" if number is None else names[int(number) - 1] if 0 < int(number) <= len(names) else number

    return _NUMBERED.sub(lambda found: f"{found[1]} {name(found[2])}{found[3] or ''}{name(found[4])}", text)
