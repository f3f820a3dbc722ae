"""What a pane says of how it stands, read again: a value that is none of those there are is passed over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from emtui.session.saved.session_file import State
from emtui.views.entry_cursor import ParameterNames

Word = TypeVar("Word", bound=str)


def one_of(state: State, key: str, words: Iterable[Word], otherwise: Word) -> Word:
    """The one of these words that stands there."""
    found = state.get(key)
    return next((word for word in words if word == found), otherwise)


def flag(state: State, key: str, otherwise: bool) -> bool:
    """Yes or no."""
    found = state.get(key)
    return found if isinstance(found, bool) else otherwise


def whole(state: State, key: str) -> int | None:
    """A number from 0."""
    found = state.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


def numbers(state: State, key: str) -> list[float]:
    """Numbers in a list; [] where there are none."""
    found = state.get(key)
    values = found if isinstance(found, list) else []
    return [float(one) for one in values if isinstance(one, int | float) and not isinstance(one, bool)]


def entry_at(state: State, key: str, names: ParameterNames | None) -> ParameterNames | None:
    """The entries of θ, at the one whose name stands there."""
    if names is None:
        return None
    place = next((place for place, entry in enumerate(names.entries) if entry.name == state.get(key)), None)
    return names if place is None else replace(names, place=place)


def unusual(now: State, usual: State) -> State:
    """What is not as usual."""
    return {key: value for key, value in now.items() if value != usual.get(key)}
