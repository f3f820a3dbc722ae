r"""How a saddle or a plateau is left by hand: one entry of θ moved so far that EM does not come back.

A small push may be taken back: where the eigenvalue of a direction is 1, or a single entry lies only partly along it,
EM leads back to the same θ before it goes up, and a rule may stop it there. So a push is told only after EM was tried
from it: it must get above the objective at θ, to which it can't fall back then, before its gains look like rest. Other
starts are tried so, too: where a kind of start begins near the saddle, each of them leads there again.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.analysis.convergence_rate import scales_of
from engine.arrays import Array
from engine.editing.entries import Entry, admissible, entries, limits_of, moved, value_of
from engine.em.fields import fields_of
from engine.em.model import Model
from engine.em.parameters import DATA_NOUNS
from engine.em.step import Step
from engine.em.stopping import StillToGain
from engine.errors import EngineError
from engine.parallel import one_blas_thread
from engine.text import clean

_SIZES = (1.0, 2.0, 0.4)  # scales of an entry: so far it is pushed, in the order in which they are tried
_ENTRIES = 3  # of the largest along a direction
_ITERATIONS = 100  # of EM from a push
_MOST_PASSES = 600  # for all pushes together
_HIGHER = 1e-5  # of the objective, per observation: so much above θ is off it
_SEEDS = 4  # of starts of the same kind, none of which leads elsewhere: it is not worth another
START_OPTION = "init"
_OF_LIMIT = 0.8  # of the way to a limit


@dataclass(frozen=True)
class Push:
    """An entry of θ, and the value to which it is moved."""

    entry: Entry
    value: float

    def words(self, step: Step) -> str:
        """Where it leads, in words: "the mean of component 1 to 3.5"."""
        return f"{words_of_entry(step, self.entry.path, self.entry.index)} to {self.value:z.6g}"


def tried_pushes(step: Step, direction: Mapping[str, Array], most_passes: float) -> Generator[None, None, Push | None]:
    """The first push from which EM was seen to leave θ; None where none was found. It yields once for each pass.

    direction: along which EM leaves θ, by the arrays' dotted paths.
    """
    most_passes = min(most_passes, _MOST_PASSES)
    for push in _pushes(step, direction):
        trial = _leaves(step, push, most_passes)
        while True:
            try:
                next(trial)
            except StopIteration as end:
                if end.value:
                    return push
                break
            most_passes -= 1
            yield
        if most_passes <= 0:
            break
    return None


def _pushes(step: Step, direction: Mapping[str, Array]) -> Iterator[Push]:
    """Moves of the entries that are largest along the direction, by round numbers."""
    params, model = step.params, step.problem.model
    scale = scales_of(params, model)
    shares = {path: np.abs(v) / scale[path] for path, v in direction.items() if v.size}
    movable = [one for one in entries(model, params) if one.path in shares]
    movable.sort(key=lambda one: -float(shares[one.path][one.index]))
    for size in _SIZES:
        for entry in movable[:_ENTRIES]:
            unit = float(np.broadcast_to(scale[entry.path], shares[entry.path].shape)[entry.index])
            sign = math.copysign(1.0, float(direction[entry.path][entry.index]))
            for way in (sign, -sign):
                value = _within(params, entry, value_of(params, entry) + way * size * unit, unit)
                if value is not None:
                    yield Push(entry, value)


def _within(params: Any, entry: Entry, value: float, unit: float) -> float | None:
    """The value in few digits, and well within the limits of the entry; None where that leaves it where it is."""
    before = value_of(params, entry)
    low, high = limits_of(params, entry)
    value = min(max(value, before + _OF_LIMIT * (low - before)), before + _OF_LIMIT * (high - before))
    for digits in (2, 3):  # as few as a hand likes to type
        rounded = round(value, digits - 1 - math.floor(math.log10(unit)))
        if low < rounded < high and abs(rounded - before) > 0.1 * abs(value - before):
            return rounded
    return None


def _leaves(step: Step, push: Push, most_passes: float) -> Generator[None, None, bool]:
    """Whether EM gets above the objective at θ from there, and not by the push alone."""
    problem = step.problem
    try:
        theta = problem.model.check_params(moved(step.params, push.entry, push.value), problem.data)
    except (EngineError, np.linalg.LinAlgError, ArithmeticError):
        return False
    if not admissible(problem.model, theta):
        return False
    passes = 0
    climbing = _climbs(step, problem.model, theta, most_passes)
    while True:
        try:
            next(climbing)
        except StopIteration as end:
            return bool(end.value) and passes > 0
        passes += 1
        yield


def _climbs(step: Step, model: Model[Any, Any], theta: Any, most_passes: float) -> Generator[None, None, bool | None]:
    """Whether EM gets from there above the objective of the step, before the default rule would stop it.

    None where that was not seen to its end.
    """
    problem = replace(step.problem, model=model)
    rule, unit = StillToGain(), model.objective_unit(problem.data) * problem.data.total_weight
    heights: list[float] = []
    try:
        for _ in range(int(min(_ITERATIONS, most_passes))):
            with one_blas_thread():
                at = problem.at(theta)
                heights.append(at.objective)
                if heights[-1] > step.objective + _HIGHER * problem.data.total_weight:
                    return True
                if not math.isfinite(heights[-1]) or (len(heights) > 2 and rule.after(heights[-4:], unit) is not None):
                    return False
                theta = model.maximize(at.expectation, theta, problem.data).params
            yield
    except (EngineError, np.linalg.LinAlgError, ArithmeticError):  # EM can't go on from there
        return False
    return None


@dataclass(frozen=True)
class Starts:
    """What other starts are worth: the kinds that lead elsewhere, and whether another one of the same kind may.

    tried: EM was seen to get above θ from one of them.
    """

    kinds: tuple[str, ...]
    same_kind: bool
    tried: bool = True


def tried_starts(step: Step, most_passes: float) -> Generator[None, None, Starts]:
    """The starts from which EM was seen to get above θ, or not seen not to. It yields once for each pass."""
    model, kinds = step.problem.model, kinds_of_start(step.problem.model)
    if model.supervised:  # weights are drawn far from each other, and a trial takes long
        return Starts(kinds, True, tried=False)
    worth = list[str]()
    for kind in kinds:
        other = type(model)(**{**model.option_values, START_OPTION: kind})
        found, passes = yield from _tried_start(step, other, step.problem.seed, most_passes)
        most_passes -= passes
        worth += [kind] if found is not False else []
    if worth:
        return Starts(tuple(worth), True)
    for seed in range(step.problem.seed + 1, step.problem.seed + 1 + _SEEDS):
        found, passes = yield from _tried_start(step, model, seed, most_passes)
        most_passes -= passes
        if found is not False:
            return Starts((), True, tried=found is True)
    return Starts((), False)


def _tried_start(
    step: Step, model: Model[Any, Any], seed: int, most_passes: float
) -> Generator[None, None, tuple[bool | None, int]]:
    """Whether EM gets above θ from the start of that seed (None where that was not seen), and the passes it took."""
    try:
        theta = model.begin(step.problem.data, np.random.default_rng(seed))
    except (EngineError, np.linalg.LinAlgError, ArithmeticError):
        return False, 0
    passes, climbing = 0, _climbs(step, model, theta, most_passes)
    while True:
        try:
            next(climbing)
        except StopIteration as end:
            return end.value, passes
        passes += 1
        yield


def kinds_of_start(model: Model[Any, Any]) -> tuple[str, ...]:
    """Other kinds of start than drawn responsibilities, all of which begin near the same saddle; () where none."""
    option = next((one for one in model.options() if one.name == START_OPTION), None)
    if option is None or model.option_values[option.name] != "responsibilities":
        return ()
    return tuple(one for one in option.choices if one in ("kmeans", "points"))


def words_of_entry(step: Step, path: str, index: Sequence[int]) -> str:
    """An entry of θ by the words of its declaration, with the names of columns and symbols."""
    params, model = step.params, step.problem.model
    field = fields_of(params, model)[path]
    only = field.array.shape[-1:] == (1,)  # column: it needs no name
    owners, subjects, names = list[str](), list[str](), step.problem.column_names
    for axis, i in zip(field.axes, index, strict=True):
        number = i + axis.offset
        called = clean(axis.name_of(number, names, model, step.problem.symbol_names), 60)
        if axis not in field.declared.of:
            owners += [f"{axis.noun} {called}"] if axis.noun else []
        elif axis.noun and not only:
            known = axis.noun in DATA_NOUNS and 0 <= number < len(names)
            subjects.append(called if known else f"{axis.noun} {called}")
    of = f" of {' and '.join(dict.fromkeys(subjects))}" if subjects else ""
    if len(owners) == 1 and subjects:
        return f"{owners[0]}'s {field.word_at(tuple(index))}{of}"
    whose = f" of {' and '.join(dict.fromkeys(owners))}" if owners else ""
    return f"the {field.word_at(tuple(index))}{of}{whose}"
