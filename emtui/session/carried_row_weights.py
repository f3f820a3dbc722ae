"""Rows whose weight was changed by hand stay so at another start and under other choices, while the rows are the same.

row 12 was left out  →  a start from another seed, another K, another model: row 12 stays left out
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import problem_of, sample_weight_of, split_of
from engine.arrays import Array, IntArray
from engine.data.dataset import Dataset
from engine.em.loop import begin_problem
from engine.em.maximization import Event
from engine.em.step import Step
from engine.errors import DataError

_NAMED = 3  # as many rows are named in a sentence


@dataclass(frozen=True)
class KeptRows:
    """What rows of a data set count by hand, other than the data say.

    weights: by row, from 0. lost: rows that can't be kept so under other choices, and why. held: rows that are held
    back for the test there.
    """

    weights: Mapping[int, float] = field(default_factory=dict)
    lost: tuple[int, ...] = ()
    why: str = ""
    held: tuple[int, ...] = ()


def rows_by_hand(spec: RunSpec, step: Step) -> dict[int, float]:
    """The rows of the data set that count in this step what a person said, not what the data say."""
    if not spec.model.independent_rows:
        return {}
    given, counted = sample_weight_of(spec), step.problem.data.given_weight
    if given is None and counted is None:
        return {}
    n_rows = step.problem.data.n_given
    ours, theirs = (np.ones(n_rows) if one is None else one for one in (counted, given))
    if len(ours) != len(theirs):
        return {}
    places = np.flatnonzero(ours != theirs)
    rows = _rows_at(spec, places)
    return {int(row): float(ours[place]) for row, place in zip(rows, places, strict=True)}


def _rows_at(spec: RunSpec, places: IntArray) -> IntArray:
    """The rows of the data set that the model has at these places."""
    split = split_of(spec)
    return places if split is None else split.train[places]


def rows_carried(rows: Mapping[int, float], old: RunSpec, new: RunSpec) -> KeptRows:
    """The same rows under other choices: those that are among the new ones, and what became of the others."""
    if not rows:
        return KeptRows()
    if not new.model.independent_rows:
        return KeptRows({}, tuple(rows), "what follows in a sequence hangs on what came before")
    split, kept, gone, held = split_of(new), dict[int, float](), list[int](), list[int]()
    for row, weight in rows.items():
        place = _place(old, new, row)
        if place is None:
            gone.append(row)
        elif split is not None and split.is_test(place):
            held.append(row)
        else:
            kept[place] = weight
    return KeptRows(kept, tuple(gone), "the rows are others now", tuple(held))


def same_rows(old: RunSpec, new: RunSpec) -> bool:
    """The rows of both data sets are the same ones, in the same order."""
    ours, theirs = old.dataset, new.dataset
    if ours is theirs:
        return True
    if not _of_one_source(old, new) or ours.n_samples != theirs.n_samples:
        return False
    one, other = ours.line_numbers, theirs.line_numbers
    if one is None or other is None:
        return one is other
    return bool(np.array_equal(one, other))


def _of_one_source(old: RunSpec, new: RunSpec) -> bool:
    return old.data.source == new.data.source and old.data.generated == new.data.generated


def _place(old: RunSpec, new: RunSpec, row: int) -> int | None:
    """Where a row of one data set is in another: by its line in the file, where rows were left out of one of them."""
    if same_rows(old, new):
        return row
    ours, theirs = old.dataset.line_numbers, new.dataset.line_numbers
    if ours is None or theirs is None or not _of_one_source(old, new):
        return None
    found = np.flatnonzero(theirs == ours[row])
    return int(found[0]) if len(found) else None


def begun_with(spec: RunSpec, rows: Mapping[int, float]) -> Step:
    """The step before the first of these choices, with rows of the data set weighed by hand.

    Raises:
        EngineError: the model can't start on these rows; one sentence.
    """
    if not rows:
        return begin_problem(problem_of(spec), spec.start)
    weights = weights_with(spec, rows)
    problem = problem_of(spec, weights)
    if (left := int(np.count_nonzero(weights))) < (least := spec.model.least_rows):
        words = rows_words(spec.dataset, rows)
        raise DataError(f"{words}, and only {left} rows would be left for {least} components: keep at least {least}.")
    step = begin_problem(problem, spec.start)
    event = Event(rows_words(spec.dataset, rows), breaks_ascent=True, by_hand=True)
    return replace(step, events=(*step.events, event))


def weights_with(spec: RunSpec, rows: Mapping[int, float]) -> Array:
    """(n,) the weights of the model's rows: those of the data, but for these rows of the data set."""
    given, split = sample_weight_of(spec), split_of(spec)
    n_rows = spec.dataset.n_samples if split is None else len(split.train)
    weights: Array = np.ones(n_rows) if given is None else given.copy()
    for row, weight in rows.items():
        weights[row if split is None else int(np.searchsorted(split.train, row))] = weight
    return weights


def weight_given(spec: RunSpec, row: int) -> float:
    """What a row of the data set counts as the data say."""
    return 1.0 if spec.dataset.weights is None else float(spec.dataset.weights[row])


def told_to_stay(spec: RunSpec, step: Step) -> Step:
    """The step at which a row was weighed anew after a start, told as what it is: these rows stay as they were."""
    event = replace(step.events[-1], message=rows_words(spec.dataset, rows_by_hand(spec, step)))
    return replace(step, events=(*step.events[:-1], event))


def rows_words(data: Dataset, rows: Mapping[int, float]) -> str:
    """What these rows count, in words: "row 12 stays left out", "rows 3 and 7 still count twice"."""
    said = []
    for weight in sorted(set(rows.values())):
        those = [row for row, its in rows.items() if its == weight]
        one = len(those) == 1
        if weight == 0:
            what = "stays left out" if one else "stay left out"
        else:
            times = {1.0: "once", 2.0: "twice"}.get(weight, f"{weight:zg} times")
            what = f"still {'counts' if one else 'count'} {times}"
        said.append(f"{names_of(data, those)} {what}")
    return ", ".join(said)


def lost_words(data: Dataset, kept: KeptRows) -> str:
    """A sentence on rows that could not be kept as they were; "" where all were."""
    said = []
    if kept.lost:
        verb = "counts" if len(kept.lost) == 1 else "count"
        said.append(f"{capital(names_of(data, kept.lost))} {verb} as the data say again: {kept.why}.")
    if kept.held:
        verb = "is" if len(kept.held) == 1 else "are"
        said.append(f"{capital(names_of(data, kept.held))} {verb} held back for the test.")
    return " ".join(said)


def names_of(data: Dataset, rows: Iterable[int]) -> str:
    """The names of rows in a sentence, the first ones of many."""
    names = [data.row_name(row) for row in sorted(rows)]
    if len(names) > _NAMED:
        names = [*names[:_NAMED], f"{len(names) - _NAMED} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def capital(words: str) -> str:
    """The words with a capital first."""
    return words[:1].upper() + words[1:]
