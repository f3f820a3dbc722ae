"""Changes of θ that are previewed but not made yet: a value that knows no screen."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from emtui.session.snapshot import StepSnapshot
from emtui.views.entry_names import entry_words, field_of
from emtui.views.number_format import listed, number
from emtui.views.projection import spreads
from engine.arrays import Array
from engine.editing.entries import RULES, Entry, entries, limits_of, moved, value_of
from engine.em.fields import Field, fields_of
from engine.em.parameters import DATA_NOUNS, arrays_of
from engine.em.step import Phase
from engine.errors import OptionError

Move = tuple[Entry, float]

_NUDGES = 20  # from one limit to the other, or over a standard deviation of a column
_RATIO = 1.1  # what has to stay above 0 is multiplied
_ELSEWHERE = 0.1  # where nothing says what much is
_TOLD = 3  # changes that are named one by one


@dataclass(frozen=True, eq=False)
class ParameterEdit:
    """A step's θ with some entries changed, each with the entries that depend on it.

    snapshot: the step that it begins with. params: θ as it would be. moves: what was moved to where, in order.
    """

    snapshot: StepSnapshot
    params: Any
    moves: tuple[Move, ...] = ()

    @classmethod
    def of(cls, snapshot: StepSnapshot) -> ParameterEdit:
        """An edit in which nothing has moved yet."""
        return cls(snapshot, snapshot.step.params)

    def value(self, entry: Entry) -> float:
        """The value that the entry would have."""
        return value_of(self.params, entry)

    def before(self, entry: Entry) -> float:
        """The value that the entry has now."""
        return value_of(self.snapshot.step.params, entry)

    def limits(self, entry: Entry) -> tuple[float, float]:
        """The limits within which it may be moved, given the new values of the others."""
        return limits_of(self.params, entry)

    @property
    def is_moved(self) -> bool:
        """Whether any entry would change."""
        here, there = arrays_of(self.snapshot.step.params), arrays_of(self.params)
        return any(not np.array_equal(array, there[path]) for path, array in here.items())

    # moving

    def move(self, *moves: Move) -> ParameterEdit:
        """With these entries at these values, and what is bound to them moved by its rule.

        Raises:
            OptionError: a value is no number, or lies beyond its limits; one sentence that says which and why.
        """
        params, made = self.params, self.moves
        for entry, value in moves:
            params = self._moved(params, entry, value)
            made = (*(known for known in made if known[0] != entry or entry.rule != "alone"), (entry, value))
        return replace(self, params=params, moves=made)

    def _moved(self, params: Any, entry: Entry, value: float) -> Any:
        if not math.isfinite(value):
            raise OptionError(f"{self.named(entry)} can't be {number(value)}: give it a finite number.")
        low, high = limits_of(params, entry)
        if not low <= value <= high:
            said = f"{self.named(entry)} can't be {number(value, 6)}: it must be {limits_words(low, high)}"
            raise OptionError(f"{said}{_because(entry, field_of(self.snapshot, entry))}.")
        return moved(params, entry, value)

    def nudge(self, entry: Entry, by: float) -> ParameterEdit:
        """With the entry this many of its own steps further on.

        Raises:
            OptionError: that would be beyond its limits; one sentence.
        """
        value, step = self.value(entry), self.step(entry)
        if step is None:
            return self.move((entry, value * _RATIO**by))
        place = value + by * step
        return self.move((entry, 0.0 if abs(place) < 1e-12 * step else place))

    def step(self, entry: Entry) -> float | None:
        """The step of a nudge, a round number; None for entries that are multiplied instead."""
        before, data = self.snapshot.step.params, self.snapshot.spec.dataset
        low, high = limits_of(before, entry)
        field = field_of(self.snapshot, entry)
        array, columns = field.array, [j for axis, j in field.subjects(entry.index) if axis.noun in DATA_NOUNS]
        size = _ELSEWHERE
        if low > 0 and math.isinf(high):
            return None
        if field.declared.units == 1 and columns:
            size = float(spreads(data, own_units(self.snapshot))[0][columns[0]]) / _NUDGES
        elif math.isfinite(high - low):
            size = (high - low) / _NUDGES
            if entry.rule in ("sum", "row"):
                size = min(size, 0.5 / array.shape[-1])
        elif array.size > 1:
            size = _ELSEWHERE * float(np.std(array))
        return _round(size)

    def restored(self, entry: Entry) -> ParameterEdit:
        """With the entry's own moves taken back, and those of the others made again.

        Raises:
            OptionError: the others can't be where they are without them; one sentence.
        """
        return ParameterEdit.of(self.snapshot).move(*(move for move in self.moves if move[0] != entry))

    # in words

    def named(self, entry: Entry) -> str:
        """The name of an entry in a sentence: "component 2's mean of petal length"."""
        return entry_words(self.snapshot, entry)

    @property
    def message(self) -> str:
        """What was moved, in words, with the rules by which others follow."""
        last = {entry: self.value(entry) for entry, _ in self.moves}
        said = [
            f"{self.named(entry)} set by hand from {number(self.before(entry), 5)} to {number(value, 5)}"
            for entry, value in list(last.items())[:_TOLD]
        ]
        said = [said[0], *(words.replace(" set by hand", "") for words in said[1:])] if said else []
        if len(last) > _TOLD:
            said.append(f"{len(last) - _TOLD} more")
        told = listed(said) + (", in standard units" if in_standard_units(self.snapshot, *last) else "")
        rules = list(dict.fromkeys(RULES[e.rule] for e in last if e.rule != "alone")) or [RULES["alone"]]
        return f"{told}; {'; '.join(rules)}"

    @property
    def preview(self) -> StepSnapshot:
        """The snapshot as it would be, for a picture; its numbers are still those of the step before the change."""
        step = self.snapshot.step
        phase: Phase = "init" if step.at_q is None else "M"
        there = replace(step, params=self.params, at=step.at.moved(self.params), phase=phase)
        return replace(self.snapshot, step=there, trail=(*self.snapshot.trail, self.params))


def offered(snapshot: StepSnapshot) -> tuple[Entry, ...]:
    """What can be changed: locations first, then the distribution of the hidden part, covariances last."""
    model, params = snapshot.step.problem.model, snapshot.step.params
    rank = {path: 2 if each.form else int(each.declared.latent) for path, each in fields_of(params, model).items()}
    return tuple(sorted(entries(model, params), key=lambda entry: rank[entry.path]))


def own_units(snapshot: StepSnapshot) -> Any:
    """The units that θ itself is in, as pictures name them."""
    return "standard" if snapshot.spec.dataset.units is not None else "data"


def in_standard_units(snapshot: StepSnapshot, *moved: Entry) -> bool:
    """One of these is a number in the units of the data, which θ has in standard units."""
    measured = any(field_of(snapshot, entry).declared.units for entry in moved)
    return own_units(snapshot) == "standard" and measured


def limits_words(low: float, high: float) -> str:
    """The limits in words: "above 0", "between 0 and 1", "any number"."""
    if math.isfinite(high):
        return f"between {number(low, 6)} and {number(high, 6)}"
    return "above 0" if low > 0 else "any number" if math.isinf(low) else f"at least {number(low, 6)}"


def _because(entry: Entry, field: Field) -> str:
    if entry.rule == "covariance":
        return ", so that Σ stays positive definite"
    if entry.rule in ("sum", "row"):
        return ", since they are probabilities that sum to 1"
    if field.domain == "probability":
        return ", since it is a probability"
    return ", since it is a variance" if field.form else ""


def _round(size: float) -> float:
    """The nearest of 1, 2 and 5 times a power of ten; a tenth where there is no size."""
    if not (math.isfinite(size) and size > 0):
        return _ELSEWHERE
    power = math.floor(math.log10(size))
    spec: Array = np.array([1.0, 2.0, 5.0, 10.0])
    return float(f"{spec[np.abs(np.log(spec * 10.0**power / size)).argmin()]:zg}e{power}")
