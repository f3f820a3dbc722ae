"""Two branches of one exploration at the same place: both frames, where each came from, and what differs most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from emtui.session.snapshot import StepSnapshot
from engine.arrays import Array
from engine.editing.entries import Entry, entry_named
from engine.em.parameters import arrays_of
from engine.em.step import Step
from engine.errors import EngineError, OptionError

if TYPE_CHECKING:
    from emtui.session.session import Session

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
            the right one is that of the current branch.
        left_origin, right_origin: where each came from, in words.
        differences: the entries of θ that differ most, the most first.
        same_rows: the rows weigh the same in both, so that their objectives can be compared with each other.
    """

    left: StepSnapshot
    right: StepSnapshot
    left_origin: str
    right_origin: str
    differences: tuple[Difference, ...]
    same_rows: bool


def two_branches(session: Session, other: int | None = None) -> TwoBranches:
    """Another branch beside the current one, at its step.

    other: counted from 0; None for the branch that the current one left, or else the one before or after it.

    Raises:
        OptionError: there is no other branch, or not that one.
    """
    timeline = session.timeline
    present, n = timeline.branch, timeline.n_branches
    if n < 2:
        raise OptionError("there is one branch only: go back and take a step, or move something by hand.")
    if other is None:
        parent = timeline.branches[present].parent
        other = parent if parent is not None else (present - 1 if present else 1)
    if not 0 <= other < n or other == present:
        raise OptionError(f"there is no other branch {other + 1}: there are {n}, and {present + 1} is this one.")
    left = session.snapshot_at(other, same_place(timeline.steps_of(other), timeline.current))
    right = session.snapshot()
    apart = differences(left.step.problem.model, left.step.params, right.step.params)
    origins = origin_of(session, other), origin_of(session, present)
    return TwoBranches(left, right, *origins, apart, _weigh_alike(left.step, right.step))


def same_place(steps: Sequence[Step], step: Step) -> int:
    """The last of these steps that is not later than `step`: of its iteration and phase, or as far as they go."""
    wanted = _time(step)
    return max(index for index, one in enumerate(steps) if index == 0 or _time(one) <= wanted)


def _time(step: Step) -> tuple[int, bool]:
    return step.iteration, step.phase == "M"


def origin_of(session: Session, branch: int) -> str:
    """Which branch it left, and where; of one that began by itself, from which start."""
    line = session.timeline.branches[branch]
    if line.parent is None:
        return "the first" if branch == 0 else f"a start of its own, seed {line.steps[0].problem.seed}"
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
