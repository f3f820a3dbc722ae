"""Two branches of one exploration at the same place: both frames, where each came from, and what differs most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from emtui.session.carried_row_weights import same_rows
from emtui.session.matched_labels import with_matched_labels
from emtui.session.snapshot import StepSnapshot
from emtui.spec.choices_words import what_differs
from engine.arrays import Array
from engine.editing.entries import Entry, entry_named
from engine.em.parameters import arrays_of
from engine.em.step import Step
from engine.errors import EngineError, OptionError

if TYPE_CHECKING:
    from emtui.session.session import Session

Quantity: TypeAlias = Literal["objective", "log_likelihood", "elbo"]
_MOST = 8
_ROUNDING = 1e-12  # of the largest entry of an array: two entries closer than that are the same


@dataclass(frozen=True)
class Difference:
    """An entry of θ at the left and at the right.

    share is the difference in units of the largest entry of its array, by which entries of several arrays compare.
    """

    entry: Entry
    left: float
    right: float
    share: float


@dataclass(frozen=True, eq=False)
class TwoBranches:
    """Two branches laid side by side.

    Attributes:
        left, right: the frames, at the same iteration and phase, or at the end of a branch that has not come so far;
            the right one is that of the current branch. Components of starts that differ are put in one order.
        left_origin, right_origin: where each came from, in words.
        differences: the entries of θ that differ most, the most first.
        quantity: what of both can be compared: the objective; the log-likelihood or the bound where models differ.
        objectives_apart: why that can't be compared, a clause; "" where it can.
        parameters_apart: why θ can't be compared entry by entry, a clause; "" where it can.
    """

    left: StepSnapshot
    right: StepSnapshot
    left_origin: str
    right_origin: str
    differences: tuple[Difference, ...]
    quantity: Quantity = "objective"
    objectives_apart: str = ""
    parameters_apart: str = ""


def two_branches(session: Session, other: int | None = None) -> TwoBranches:
    """Another branch beside the current one, at its step.

    other: counted from 0; None for the branch that the current one left, or else the one before or after it.

    Raises:
        OptionError: there is no other branch, or not that one.
    """
    timeline = session.timeline
    present, n = timeline.branch, timeline.n_branches
    if n < 2:
        raise OptionError("there is one branch only: apply other choices (7), or move something by hand (E).")
    if other is None:
        parent = timeline.branches[present].parent
        other = parent if parent is not None else (present - 1 if present else 1)
    if not 0 <= other < n or other == present:
        raise OptionError(f"there is no other branch {other + 1}: there are {n}, and {present + 1} is this one.")
    right = session.snapshot()
    lines = timeline.lines
    left = session.snapshot_at(other, same_place(lines[other], timeline.current))
    if lines[other][0] is not lines[present][0] and not rows_apart(left, right):
        left = with_matched_labels(left, right)
    parameters = parameters_apart(left, right)
    apart = () if parameters else differences(left.step.problem.model, left.step.params, right.step.params)
    origins = origin_of(session, other), origin_of(session, present)
    alike = left.step.problem.model == right.step.problem.model
    quantity: Quantity = "objective" if alike else "log_likelihood" if right.step.problem.model.exact else "elbo"
    return TwoBranches(left, right, *origins, apart, quantity, objectives_apart(left, right), parameters)


def rows_apart(left: StepSnapshot, right: StepSnapshot) -> str:
    """Why sums over the rows of both are sums over other rows, a clause; "" where they are the same."""
    if not same_rows(left.spec, right.spec):
        return "the two are fitted to other rows"
    ours, theirs = left.fitted_rows, right.fitted_rows
    if len(ours) != len(theirs) or not np.array_equal(ours, theirs):
        return "the two are trained on other rows"
    return "" if _weigh_alike(left.step, right.step) else "rows weigh otherwise in one of the two"


def objectives_apart(left: StepSnapshot, right: StepSnapshot) -> str:
    """Why what both raise can't be compared, a clause; "" where it can."""
    if rows := rows_apart(left, right):
        return f"{rows}, so that their objectives are sums over other rows"
    models = left.step.problem.model, right.step.problem.model
    raised = [(one.objective_label, one.exact, one.supervised, one.has_likelihood) for one in models]
    if raised[0] != raised[1]:
        words = [f"the {one.objective_label if one.exact else 'bound'} of {one.name}" for one in models]
        return f"{words[0]} and {words[1]} are no two values of one thing"
    if left.spec.known != right.spec.known:
        return "the classes that are given differ, so that their likelihoods are of other data"
    if not models[0].supervised and _columns(left) != _columns(right):
        return "columns or units differ, so that their densities are in other units"
    return ""


def parameters_apart(left: StepSnapshot, right: StepSnapshot) -> str:
    """Why θ can't be compared entry by entry, a clause; "" where it can."""
    models = left.step.problem.model, right.step.problem.model
    if type(models[0]) is not type(models[1]):
        return f"parameters of {models[0].name} and of {models[1].name} are not compared"
    ours, theirs = arrays_of(left.step.params), arrays_of(right.step.params)
    if {path: array.shape for path, array in ours.items()} != {path: array.shape for path, array in theirs.items()}:
        sizes = [one.size_words for one in models]
        which = f" ({sizes[0]} and {sizes[1]})" if sizes[0] != sizes[1] else ""
        return f"parameters of other shapes{which} are not compared entry by entry"
    if _columns(left) != _columns(right):
        return "parameters of other columns or units are not compared"
    return ""


def _columns(snapshot: StepSnapshot) -> tuple[object, ...]:
    data = snapshot.spec.data
    return snapshot.spec.dataset.feature_names, data.standardize, data.principal, data.products


def same_place(steps: Sequence[Step], step: Step) -> int:
    """The last of these steps that is not later than `step`: of its iteration and phase, or as far as they go."""
    wanted = _time(step)
    return max(index for index, one in enumerate(steps) if index == 0 or _time(one) <= wanted)


def _time(step: Step) -> tuple[int, bool]:
    return step.iteration, step.phase == "M"


def origin_of(session: Session, branch: int) -> str:
    """Which branch it left, and where; of one that began by itself, by which choices."""
    line = session.timeline.branches[branch]
    if line.parent is None:
        if branch == 0:
            return "the first"
        first = session.spec_of(session.timeline.lines[0][0])
        spec, seed = session.spec_of(line.steps[0]), line.steps[0].problem.seed
        others = what_differs(replace(first, seed=seed, start=spec.start, split_seed=spec.split_seed), spec)
        return f"{', '.join(others)}, seed {seed}" if others else f"a start of its own, seed {seed}"
    left = line.steps[line.shared - 1]
    where = "at the start" if left.phase == "init" else f"at iteration {left.iteration} · {left.phase}"
    return f"from branch {line.parent + 1} {where}"


def differences(model: Any, left: Any, right: Any, most: int = _MOST) -> tuple[Difference, ...]:
    """The entries of two values of θ that differ most, each in units of the largest entry of its array."""
    ours, theirs = arrays_of(left), arrays_of(right)
    candidates: list[tuple[float, str, tuple[int, ...]]] = []
    for path, array in ours.items():
        other = theirs.get(path)
        if other is None or other.shape != array.shape or not array.size:
            continue
        share = _shares(array, other).ravel()
        for place in np.argsort(-share, kind="stable")[: 3 * most].tolist():
            index = tuple(int(i) for i in np.unravel_index(place, array.shape))
            candidates.append((float(share[place]), path, index))
    found: dict[str, Difference] = {}
    for apart, path, index in sorted(candidates, key=lambda each: -each[0]):
        if len(found) >= most or not apart > _ROUNDING:
            break
        try:  # an entry that can't be moved, or the mirror image of another, is no news
            entry = entry_named(model, left, f"{path}[{','.join(map(str, index))}]" if index else path)
        except EngineError:
            continue
        if entry.name not in found:
            found[entry.name] = Difference(entry, float(ours[path][index]), float(theirs[path][index]), apart)
    return tuple(found.values())


def _shares(one: Array, other: Array) -> Array:
    """|one − other| in units of the largest entry of both."""
    size = max(float(np.abs(one).max()), float(np.abs(other).max()))
    return np.asarray(np.abs(one / size - other / size) if size > 0 else np.zeros(one.shape))


def _weigh_alike(one: Step, other: Step) -> bool:
    if one.problem.data is other.problem.data:
        return True
    ours, theirs = (step.problem.data.given_weight for step in (one, other))
    if ours is None or theirs is None:
        return ours is theirs
    return bool(np.array_equal(ours, theirs))
