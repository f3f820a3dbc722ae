"""A reader's own numbers of a step beside ours, quantity by quantity, and what explains where they disagree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, IntArray
from engine.em.matching import match
from engine.em.step import Step
from engine.errors import EngineError
from engine.explain.own_numbers.digits import agreeing, numbers_and_tolerance
from engine.explain.own_numbers.quantities import name_in, quantities_of
from engine.explain.own_numbers.slips import SLIPS, Workings
from engine.explain.quantity import Quantity

_MORE_ALIKE = 0.5  # of the distance between components in the given order: below it another order is meant


@dataclass(frozen=True, eq=False)
class ComparedNumbers:
    """One quantity, ours and yours.

    Attributes:
        name: of the quantity.
        ours, yours: the numbers; yours with the components in our order.
        agrees: every number does, to the digits that were given.
        largest: the largest disagreement beyond those digits; 0 where all agree.
        index, place: where that is, as an index and in words: "row 3, component 2"; "" for a single number.
        slips: the usual slips that explain your numbers, each in words; several explain them equally well.
        same: which of the numbers agree.
        place_of: the words for an entry, by its index.
    """

    name: str
    ours: Array
    yours: Array
    agrees: bool
    largest: float
    index: tuple[int, ...]
    place: str
    slips: tuple[str, ...]
    same: NDArray[np.bool_]
    place_of: Callable[[tuple[int, ...]], str]

    @property
    def sentence(self) -> str:
        """What is to be said of it."""
        said = self.name.replace("_", " ")
        if self.agrees:
            return f"your {said}: the same as ours, to the digits given"
        if self.slips:
            return f"your {said}: right if " + ", and just as well if ".join(self.slips)
        where = f" at {self.place}" if self.place else ""
        ours, yours = float(self.ours[self.index]), float(self.yours[self.index])
        return f"your {said}: {yours:z.6g}{where} where ours is {ours:z.6g}, and no usual slip explains it"


@dataclass(frozen=True, eq=False)
class NumbersComparison:
    """All quantities that were given, in the order in which a step computes them.

    order: your component that each of ours is, where they are in another order; None where they are in ours.
    """

    quantities: tuple[ComparedNumbers, ...]
    order: IntArray | None
    noun: str = "component"

    @property
    def agrees(self) -> bool:
        """All of them do."""
        return all(one.agrees for one in self.quantities)

    @property
    def first(self) -> ComparedNumbers | None:
        """The first that disagrees; what comes after follows from it."""
        return next((one for one in self.quantities if not one.agrees), None)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The order of the components, and each quantity."""
        pairs = () if self.order is None else enumerate(self.order.tolist())
        moved = ", ".join(f"your {theirs + 1} is our {ours + 1}" for ours, theirs in pairs if ours != theirs)
        order = (f"your {self.noun}s are in another order: {moved}",) if moved else ()
        return (*order, *(one.sentence for one in self.quantities))


def compare_numbers(
    step: Step, mine: Mapping[str, Any], *, earlier: Iterable[Step] = (), rows: Sequence[int] | None = None
) -> NumbersComparison:
    """Your own numbers of a step beside ours; where they disagree, the usual slips that explain them.

    Args:
        step: the half-step they are of. After an E-step the parameters are those it was made at.
        mine: arrays by their names: those of the parameters, responsibilities (or r, gamma), standard_deviations,
            log_likelihood (or L), bound, objective; of a hidden Markov model alpha, beta and xi as well. The digits
            given decide what agrees: 0.71 is the same as 0.7130. Strings keep their last zeros.
        earlier: half-steps before, from which responsibilities that are one step old are known.
        rows: which rows the responsibilities are of; None for all.

    Raises:
        EngineError: a name that the step doesn't have, a wrong shape, or what is no number.

    >>> step = engine.e_step(engine.begin(engine.GaussianMixture(n_components=2), [[0.0], [1.0], [5.0]], seed=0))
    >>> engine.compare_numbers(step, {"L": round(step.log_likelihood, 3)}).agrees
    True
    """
    if not mine:
        raise EngineError("there are no numbers to compare: give some under the name of a quantity.")
    made, others = quantities_of(step, rows)
    named: dict[str, Any] = {}
    for name, values in mine.items():
        found = name_in(name, made, others)
        if found in named:
            raise EngineError(f"{found} is given twice, under two names: leave one of them out.")
        named[found] = values
    given = [_read(made[name](), named[name]) for name in made if name in named]
    of = Workings(step, _older(step, earlier), None if rows is None else tuple(rows))
    plain = tuple(_compared(of, *one) for one in given)
    noun = str(step.params.component_noun)
    order = None if all(one.agrees for one in plain) else _order(given)
    if order is None:
        return NumbersComparison(plain, None, noun)
    turned = tuple(_compared(of, q, q.ordered(yours, order), q.ordered(near, order)) for q, yours, near in given)
    if _merit(turned) > _merit(plain) or not any(one.slips for one in plain):
        return NumbersComparison(turned, order, noun)
    return NumbersComparison(plain, None, noun)


def _merit(found: tuple[ComparedNumbers, ...]) -> tuple[int, int]:
    return sum(one.agrees or bool(one.slips) for one in found), sum(one.agrees for one in found)


def _older(step: Step, earlier: Iterable[Step]) -> Any:
    """θ one M-step before θ_q: that of the E-step one iteration back."""
    return next((one.params for one in earlier if one.phase == "E" and one.iteration == step.iteration - 1), None)


def _read(quantity: Quantity, values: Any) -> tuple[Quantity, Array, Array]:
    """The numbers in the shape of ours, and half of their last digits."""
    name = quantity.name
    try:
        yours, near = numbers_and_tolerance(np.asarray(values))
    except (ValueError, TypeError):
        raise EngineError(f"{name} must be finite numbers, in rows of one length: something else is there.") from None
    wanted = quantity.values.shape
    if yours.shape != wanted:
        if [n for n in yours.shape if n != 1] != [n for n in wanted if n != 1]:
            raise EngineError(f"{name} must have the shape {wanted}, not {yours.shape}.")
        yours, near = yours.reshape(wanted), near.reshape(wanted)
    return quantity, yours, near


def _compared(of: Workings, quantity: Quantity, yours: Array, near: Array) -> ComparedNumbers:
    ours = quantity.values
    same = agreeing(yours, near, ours, alone=quantity.alone)
    if same.all():
        return ComparedNumbers(quantity.name, ours, yours, True, 0.0, (), "", (), same, quantity.place)
    apart = np.where(same, 0.0, np.abs(yours - ours))
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(apart)), apart.shape))
    slips: dict[str, None] = {}
    for slip in SLIPS:
        for words, wrong in slip(of, quantity):
            if wrong.shape == yours.shape and agreeing(yours, near, wrong, alone=quantity.alone).all():
                slips[words] = None
    place, largest = quantity.place(index) if index else "", float(apart[index])
    return ComparedNumbers(quantity.name, ours, yours, False, largest, index, place, tuple(slips), same, quantity.place)


def _order(given: list[tuple[Quantity, Array, Array]]) -> IntArray | None:
    """Your component that each of ours resembles most, one to one; None where that is the order they have."""
    cost: Array | float = 0.0
    for quantity, yours, _ in given:
        if len(quantity.components) != 1:
            continue
        mine, theirs = (np.moveaxis(one, quantity.components[0], 0) for one in (quantity.values, yours))
        mine, theirs = (one.reshape(len(one), -1) for one in (mine, theirs))
        spread = float(np.ptp(mine)) or 1.0
        cost = cost + np.stack([np.abs(theirs - one).mean(axis=1) for one in mine]) / spread
    if np.ndim(cost) != 2:
        return None
    table = np.asarray(cost)
    order = match(-table.T)
    here, there = float(np.trace(table)), float(table[np.arange(len(table)), order].sum())
    return order if there < _MORE_ALIKE * here and (order >= 0).all() else None
