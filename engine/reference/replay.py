"""A published run of EM, stepped again beside its published values: a proof that the engine is right.

Which replays there are is told by `engine.reference.replays`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.data.catalogue import load
from engine.em.loop import iterate
from engine.em.model import Model
from engine.em.step import Phase, Step
from engine.em.stopping import StoppingRule
from engine.reference.many_splits import ManySplits


@dataclass(frozen=True)
class Published:
    """One published number.

    Attributes:
        iteration: after which iteration it was reached; None: where the run stops.
        phase: "init", "E" or "M" of that iteration.
        quantity: what it is, in a few words.
        printed: the number with the digits that were printed, such as ".449149" or "9.13e-19".
        read: the same number from a step.
        recomputed: the source did not print these digits; they were computed in double precision from what it says.
    """

    iteration: int | None
    phase: Phase
    quantity: str
    printed: str
    read: Callable[[Step], float]
    recomputed: bool = False


@dataclass(frozen=True, eq=False)
class Walk:
    """One run, and the published values on its way; the arguments are those of `engine.iterate`.

    Attributes:
        title: how it was run, in words.
        dataset: its name in the catalogue.
        start: θ⁰, or None for the model's own start with `seed`.
    """

    title: str
    dataset: str
    model: Model[Any, Any]
    values: tuple[Published, ...]
    start: Any = None
    seed: int = 0
    max_iter: int = 5000
    stopping: StoppingRule | None = None
    algorithm: str = "classic"


@dataclass(frozen=True, eq=False)
class Replay:
    """Published values of one example.

    Attributes:
        name: as it is typed.
        source: where they were published.
        walks: runs whose values agree to the digits that were printed.
        splits: where only single draws were published: the same from many splits and starts.
    """

    name: str
    title: str
    source: str
    walks: Callable[[], tuple[Walk, ...]] = tuple
    splits: Callable[[], tuple[ManySplits, ...]] = tuple


@dataclass(frozen=True)
class Check:
    """A published value beside the computed one.

    Attributes:
        walk: the title of the run.
        iteration, phase: the step.
        quantity: what it is.
        printed: the published number, as it was printed.
        computed: what the engine computed; nan where the run stopped before.
        recomputed: the digits are none of the source's, but were recomputed.
    """

    walk: str
    iteration: int
    phase: Phase
    quantity: str
    printed: str
    computed: float
    recomputed: bool = False

    @property
    def agrees(self) -> bool:
        """The computed number is the published one to all of its printed digits: within half a unit of the last."""
        if not math.isfinite(self.computed):
            return False
        exact, unit = Decimal(self.printed), _last_unit(self.printed)
        return abs(Decimal(self.computed) - exact) <= unit / 2

    @property
    def shown(self) -> str:
        """The computed number with the printed digits where it agrees, with ten digits where it does not."""
        if not self.agrees:
            return f"{self.computed:z.10g}"
        if "e" in self.printed:
            decimals = len(self.printed.partition("e")[0].partition(".")[2])
            return f"{self.computed:z.{decimals}e}"
        rounded = str(Decimal(self.computed).quantize(_last_unit(self.printed)))
        if self.printed.lstrip("-").startswith("."):
            return rounded.replace("0.", ".", 1)
        return rounded


def checks(walk: Walk) -> Iterator[Check]:
    """The values of one run in the order in which they are reached; those that it never reaches come last."""
    waiting = list(walk.values)
    steps = iterate(
        walk.model, load(walk.dataset).X, start=walk.start, seed=walk.seed, max_iter=walk.max_iter, tol=0.0,
        stopping=walk.stopping, algorithm=walk.algorithm,
    )  # fmt: skip
    for step in steps:
        last = step.stop_reason is not None
        here = [one for one in waiting if _is_at(one, step, last)]
        for one in here:
            waiting.remove(one)
            yield _check(walk, one, step.iteration, float(one.read(step)))
    for one in waiting:
        at = step.iteration if one.iteration is None else one.iteration
        yield _check(walk, one, at, math.nan)


def _check(walk: Walk, one: Published, iteration: int, computed: float) -> Check:
    return Check(walk.title, iteration, one.phase, one.quantity, one.printed, computed, one.recomputed)


def _is_at(value: Published, step: Step, last: bool) -> bool:
    if value.iteration is None:
        return last and value.phase == step.phase
    return (value.iteration, value.phase) == (step.iteration, step.phase)


def _last_unit(printed: str) -> Decimal:
    """One unit of the last printed digit."""
    exponent = Decimal(printed).as_tuple().exponent
    assert isinstance(exponent, int)  # a finite number
    return Decimal(1).scaleb(exponent)
