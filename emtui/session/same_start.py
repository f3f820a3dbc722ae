"""Whether another seed found the start that there was already."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import IntArray
from engine.em.fields import location, relabelled
from engine.em.parameters import arrays_of
from engine.em.step import Step

_ROUNDING = 1e-9  # of the largest number of an array: sums in another order differ by less


def same_start(before: Step, now: Step) -> str:
    """A sentence where both begin at the same θ, be it with the components in another order; "" where they don't."""
    model, old, new = now.problem.model, before.params, now.params
    if type(model) is not type(before.problem.model):
        return ""
    order = _order(old, new)
    moved = None if order is None else relabelled(old, order, model)
    if _equal(old, new):
        how = "the very same start"
    elif moved is not None and _equal(moved, new):
        how = "the same start, its components in another order,"
    else:
        return ""
    said = f"Seed {now.problem.seed} finds {how} as seed {before.problem.seed}"
    return f"{said}: pane 7 has other ways to start." if "init" in model.option_values else f"{said}."


def _order(old: Any, new: Any) -> IntArray | None:
    """Which component of `old` lies where each one of `new` lies; None where they lie elsewhere, or nowhere."""
    here, there = location(old), location(new)
    if here is None or there is None or here.array.shape != there.array.shape or not np.isfinite(here.array).all():
        return None
    rows, others = (field.array.reshape(len(field.array), -1) for field in (here, there))
    size = float(np.abs(rows).max(initial=0.0))
    free, order = list(range(len(rows))), []
    for row in others:
        found = next((k for k in free if np.abs(rows[k] - row).max(initial=0.0) <= _ROUNDING * size), None)
        if found is None:
            return None
        free.remove(found)
        order.append(found)
    return np.array(order, dtype=np.int64)


def _equal(one: Any, other: Any) -> bool:
    ours, theirs = arrays_of(one), arrays_of(other)
    return ours.keys() == theirs.keys() and all(
        array.shape == theirs[path].shape
        and bool(np.abs(array - theirs[path]).max(initial=0.0) <= _ROUNDING * np.abs(array).max(initial=0.0))
        for path, array in ours.items()
    )
