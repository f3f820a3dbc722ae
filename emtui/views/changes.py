"""What changed between two steps, as values: which row moved most, and which component."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emtui.session.snapshot import StepSnapshot
from emtui.views.number_format import from_to
from engine.arrays import Array

_ROWS_AT_ONCE = 16_384


@dataclass(frozen=True)
class RowMove:
    """The row whose responsibilities moved most between two E-steps.

    Attributes:
        row: its place in the data, from 0.
        component: the component that gained most of it.
        before, after: that component's responsibility for it.
        changed_sides: its likeliest component is another one now, and it is this one.
        amount: the largest move of one of its responsibilities.
        n_changed: how many of the drawn rows have another likeliest component now.
    """

    row: int
    component: int
    before: float
    after: float
    changed_sides: bool
    amount: float
    n_changed: int


def drawn_responsibilities(snapshot: StepSnapshot) -> Array | None:
    """(m, K) of the drawn rows; None before the first E-step, or where they are not of the rows, one each."""
    R = snapshot.responsibilities
    of_rows = R is not None and R.ndim == 2 and len(R) == len(snapshot.rows) > 0 and R.shape[1] > 0
    return R if of_rows else None


def most_moved(snapshot: StepSnapshot) -> RowMove | None:
    """The drawn row that moved most since the E-step before; None where there are no two E-steps to compare.

    Rows that are left out are not followed: they have no influence.
    """
    now, before = drawn_responsibilities(snapshot), snapshot.responsibilities_before
    if now is None or before is None or now is before or now.shape != before.shape:
        return None
    counted, kept = rows_that_count(snapshot), snapshot.rows
    if counted is not None:
        now, before, kept = now[counted], before[counted], kept[counted]
    largest, place, n_changed = -1.0, 0, 0
    for begin in range(0, len(now), _ROWS_AT_ONCE):  # in chunks that stay in the cache
        a, b = now[begin : begin + _ROWS_AT_ONCE], before[begin : begin + _ROWS_AT_ONCE]
        moved = np.abs(a - b)
        at = int(moved.argmax()) // moved.shape[1]
        if moved[at].max() > largest:
            largest, place = float(moved[at].max()), begin + at
        n_changed += int(np.count_nonzero(a.argmax(axis=1) != b.argmax(axis=1)))
    component = int((now[place] - before[place]).argmax())
    sides = bool(now[place].argmax() == component != before[place].argmax())
    row, of = int(kept[place]), (place, component)
    return RowMove(row, component, float(before[of]), float(now[of]), sides, largest, n_changed)


def rows_that_count(snapshot: StepSnapshot) -> Array | None:
    """(m,) which of the drawn rows are not left out; None where all of them count, or none does."""
    weights = snapshot.weights_of(snapshot.rows)
    if weights is None or weights.all() or not weights.any():
        return None
    return np.asarray(weights > 0)


def expected_rows(snapshot: StepSnapshot, responsibilities: Array) -> Array:
    """(K,) Σ_i w_i r_ik over all rows; scaled up from the drawn ones where not all are drawn."""
    weight = snapshot.step.problem.data.given_weight
    if weight is None:
        return np.asarray(responsibilities.sum(axis=0) * (snapshot.n_rows / max(1, len(responsibilities))))
    drawn = weight[snapshot.rows]
    total = float(drawn.sum())
    factor = float(weight.sum()) / total if total > 0 else 0.0
    return np.asarray((drawn @ responsibilities) * factor)


@dataclass(frozen=True)
class ComponentMove:
    """The component that an M-step changed most, and how.

    Attributes:
        component: counted from 0.
        weights: its mixing weight before and now.
        shift: the change of its mean along `shift_column`, in the units shown.
        widening: ratio of its standard deviation along `widening_column` now to that before, minus 1.
        amount: how far the means and deviations moved at most, in standard deviations; 0 is rest.
    """

    component: int
    weights: tuple[float, float]
    shift: float
    shift_column: int
    widening: float
    widening_column: int
    amount: float


def probability_moved(now: Array, before: Array, least: float) -> tuple[int, int, str] | None:
    """The row and column of (K, d) probabilities that moved most, and how: "rose from .2 to .3".

    None where none of them moved by `least`.
    """
    change = np.abs(now - before)
    k, j = (int(i) for i in np.unravel_index(int(change.argmax()), change.shape))
    if change[k, j] < least:
        return None
    verb = "rose" if now[k, j] > before[k, j] else "fell"
    return k, j, f"{verb} from {from_to(float(before[k, j]), float(now[k, j]))}"


def largest_move(
    weights: tuple[Array, Array], means: tuple[Array, Array], deviations: tuple[Array, Array]
) -> ComponentMove:
    """Which component moved most: by its mean in its own standard deviations, its widths, its weight.

    Each argument is (before, now): weights (K,), means (K, d) and standard deviations (K, d).
    """
    floor = np.finfo(np.float64).tiny
    was, now = np.maximum(deviations[0], floor), np.maximum(deviations[1], floor)
    shifts = means[1] - means[0]
    with np.errstate(over="ignore"):
        relative = np.abs(shifts) / np.maximum(was, now)
    ratios = np.log(now) - np.log(was)
    score = relative.max(axis=1) + np.abs(ratios).max(axis=1) + np.abs(weights[1] - weights[0])
    k = int(score.argmax())
    along, wide = int(relative[k].argmax()), int(np.abs(ratios[k]).argmax())
    return ComponentMove(
        k,
        (float(weights[0][k]), float(weights[1][k])),
        float(shifts[k, along]),
        along,
        float(np.expm1(min(700.0, ratios[k, wide]))),
        wide,
        float(max(relative.max(), np.abs(ratios).max(), np.abs(weights[1] - weights[0]).max())),
    )
