"""Walking through the entries of θ, "means[1,2]" and its like, and what an entry is in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from emtui.charts.cell_text import clean
from emtui.charts.colors import Palette
from emtui.session.snapshot import StepSnapshot
from emtui.views import view_for
from emtui.views.entry_names import entry_parts
from engine.editing.entries import Entry, entries
from engine.em.fields import fields_of


@dataclass(frozen=True)
class ParameterNames:
    """The entries of θ to choose from, at least one, and the place of the chosen one."""

    entries: tuple[Entry, ...]
    place: int = 0

    @property
    def entry(self) -> Entry:
        """The chosen entry."""
        return self.entries[self.place]

    def at(self, place: int) -> ParameterNames:
        """With this entry chosen, counted from 0; the last one if there are fewer."""
        return replace(self, place=min(place, len(self.entries) - 1))

    def component(self, by: int) -> ParameterNames:
        """The same entry of the next component: the next first index."""
        at = self.entry
        return self._among(
            [i for i, e in enumerate(self.entries) if (e.path, e.index[1:]) == (at.path, at.index[1:])], by
        )

    def within(self, by: int) -> ParameterNames:
        """The next entry of the same component; of the next component where each has but one."""
        at, whole = self.entry, len(self.entry.index) < 2
        same = [e.path == at.path and (whole or e.index[:1] == at.index[:1]) for e in self.entries]
        return self._among([i for i, found in enumerate(same) if found], by)

    def array(self, by: int) -> ParameterNames:
        """The first entry of the next array, of the same component where it has one."""
        arrays, at = list(dict.fromkeys(entry.path for entry in self.entries)), self.entry
        wanted = arrays[(arrays.index(at.path) + by) % len(arrays)]
        places = [i for i, entry in enumerate(self.entries) if entry.path == wanted]
        same = [i for i in places if self.entries[i].index[:1] == at.index[:1]]
        return replace(self, place=(same or places)[0])

    def _among(self, places: list[int], by: int) -> ParameterNames:
        return replace(self, place=places[(places.index(self.place) + by) % len(places)])


def parameter_names(snapshot: StepSnapshot, before: ParameterNames | None = None) -> ParameterNames | None:
    """The entries of this step's θ, at the one chosen before, or past the weights; None if there are none."""
    params = snapshot.step.params
    found = _entries(snapshot.spec.model, params)
    if not found:
        return None
    if before is not None and before.entry in found:
        return ParameterNames(found, found.index(before.entry))
    weights = [path for path, field in fields_of(params).items() if field.declared.latent and field.array.ndim == 1]
    return ParameterNames(found, next((i for i, e in enumerate(found) if e.path not in weights), 0))


@lru_cache(maxsize=4)
def _entries(model: Any, params: Any) -> tuple[Entry, ...]:
    return entries(model, params)


def parameter_words(snapshot: StepSnapshot, entry: Entry, palette: Palette) -> str:
    """What an entry is: "■ 2 mean of petal length", "● H → ■ C transition", "bias of unit 1"."""
    parts = entry_parts(snapshot, entry)
    if parts is None:
        return entry.name
    names = view_for(snapshot.spec.model).component_names(snapshot)
    who = " → ".join(f"{palette.marker(k)} {clean(names[k])}" for k in parts.components)
    return f"{who} {parts.words}" if who else parts.words
