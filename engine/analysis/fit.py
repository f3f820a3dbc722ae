"""`fit`: EM until it stops, from one start or from several, and what kind of rest it has come to."""

from __future__ import annotations

import math
from typing import Any

from engine.analysis.rest import judged
from engine.em.algorithms import Algorithm, algorithm_named
from engine.em.loop import begin, begin_problem, walk
from engine.em.model import Model, P
from engine.em.observed import observed
from engine.em.run import Restart, Run, report
from engine.em.step import Problem, Step
from engine.em.stopping import StoppingRule, rules_for
from engine.em.timeline import Timeline
from engine.errors import EngineError, OptionError
from engine.options import whole_number
from engine.parallel import one_blas_thread


def fit(
    model: Model[P, Any],
    X: Any,
    y: Any = None,
    *,
    sample_weight: Any = None,
    start: Any = None,
    seed: int = 0,
    max_iter: int = 200,
    tol: float = 1e-6,
    stopping: StoppingRule | None = None,
    algorithm: str | Algorithm = "classic",
    n_init: int = 1,
) -> Run[P]:
    """Run EM until it stops, and keep every step. The arguments are those of `engine.iterate`, and:

    Args:
        n_init: how many starts to try, with seeds seed, seed + 1, …; the best objective is kept, all are reported.

    Where a run has come to rest, it is tested for a saddle or a plateau (`engine.analysis.rest`), if that takes no more
    passes over the data than the run did; components that could be one are looked at for longer where rows are few.
    `run.stop_reason` says what was found; at a saddle or a plateau `run.converged` is False.

    Raises:
        EngineError: the data, the start or an option can't be used, or no start could be run; one sentence.
    """
    whole_number("n_init", n_init, 1)
    seed = whole_number("seed", seed, 0)
    if start is not None and n_init > 1:
        raise OptionError("a given start can be run only once: leave out start, or n_init.")
    rules = rules_for(max_iter, tol, stopping)
    if n_init == 1:
        first = begin(model, X, y, sample_weight=sample_weight, start=start, seed=seed, algorithm=algorithm)
        timeline = _run(first, rules)
        return Run(timeline, (report(seed, timeline),))
    data = observed(model, X, y, sample_weight, encode=True)
    chosen = algorithm_named(algorithm)
    best: Timeline | None = None
    restarts: list[Restart] = []
    for attempt in range(seed, seed + n_init):
        try:
            timeline = _run(begin_problem(Problem(model, data, chosen, attempt)), rules)
        except EngineError as error:
            restarts.append(Restart(attempt, math.nan, 0, False, "", str(error)))
            continue
        restarts.append(report(attempt, timeline))
        if best is None or timeline[-1].objective > best[-1].objective:
            best = timeline
    if best is None:
        raise EngineError(f"none of the {n_init} starts could be run; the last said: {restarts[-1].error}")
    return Run(best, tuple(restarts))


def _run(first: Step, rules: tuple[StoppingRule, ...]) -> Timeline:
    with one_blas_thread():  # once for the whole run, not for every pass
        steps = walk(first, rules)
        timeline = Timeline(next(steps))
        for step in steps:
            timeline.record(step if step.stop_reason is None else judged(step))
    return timeline
