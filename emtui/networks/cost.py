"""What the exact E-step costs by number of hidden units: predicted, and its time measured where that is quick."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import learns_numbers, split_of, table_of
from engine.em.inference import EXACT
from engine.errors import OptionError
from engine.models.network.cost import MOST_EXACT, exact_cost, free_memory
from engine.models.network.model import LatentMLP
from engine.parallel import one_blas_thread

MOST_UNITS = 30
_MEASURED_SECONDS = 0.3
_MEASURED_SHARE = 0.2


@dataclass(frozen=True)
class Cost:
    """The cost of one exact E-step over 2^m configurations.

    memory, seconds: predicted; bytes. measured_seconds: None where it was not run.
    """

    hidden_units: int
    memory: int
    seconds: float
    measured_seconds: float | None = None


def predicted_costs(spec: RunSpec) -> tuple[Cost, ...]:
    """The expected memory and time for the training rows of this spec, for 1, 2, … hidden units.

    Raises:
        OptionError: the model is no network.
    """
    split = split_of(spec)
    if split is None:
        raise OptionError("The cost of an exact E-step is that of a network: choose the model mlp.")
    n, g = len(split.train), split.n_classes
    return tuple(Cost(m, *exact_cost(n, m, g)) for m in range(1, MOST_UNITS + 1))


def expected_seconds(costs: tuple[Cost, ...]) -> tuple[float, ...]:
    """Measured seconds, or predicted ones scaled up (never down) by the ratio of the last measurement."""
    ratio, found = 1.0, []
    for cost in costs:
        if cost.measured_seconds is not None:
            ratio = max(1.0, cost.measured_seconds / cost.seconds)
        found.append(ratio * cost.seconds if cost.measured_seconds is None else cost.measured_seconds)
    return tuple(found)


def measured_costs(spec: RunSpec, costs: tuple[Cost, ...]) -> Iterator[Cost]:
    """Measure the costs that are small enough: the best time of a few E-steps."""
    X, y = table_of(spec)
    numeric = learns_numbers(spec)
    free, ratio = free_memory(), 1.0
    for cost in costs:
        if ratio * cost.seconds > _MEASURED_SECONDS or cost.memory > _MEASURED_SHARE * free:
            return
        if numeric and cost.hidden_units > MOST_EXACT:
            return  # numbers are learned by fewer units
        model = LatentMLP(cost.hidden_units, e_step="exact", likelihood="gaussian" if numeric else "softmax")
        rows = model.observe(X, y)
        params = model.start(rows, np.random.default_rng(0))
        best = math.inf
        with one_blas_thread():
            for _ in range(3 if cost.seconds < 0.05 else 1):
                started = time.perf_counter()
                model.expect(params, rows, EXACT)
                best = min(best, time.perf_counter() - started)
        ratio = max(1.0, best / cost.seconds)
        yield Cost(cost.hidden_units, cost.memory, cost.seconds, best)


def seconds_in_words(seconds: float) -> str:
    """0.12 ms, 34 ms, 2.1 s, 5 min, 3 h, 2 years."""
    if not math.isfinite(seconds):
        return "for ever"
    for limit, unit, name in ((1e-3, 1e-6, "µs"), (1.0, 1e-3, "ms"), (120.0, 1.0, "s"), (7200.0, 60.0, "min")):
        if seconds < limit:
            return f"{seconds / unit:z.3g} {name}"
    hours = seconds / 3600
    if hours < 48:
        return f"{hours:z.3g} h"
    return f"{hours / 24:z.3g} days" if hours < 17_520 else f"{hours / 8766:z.3g} years"
