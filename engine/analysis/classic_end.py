"""Classic EM from the start of another run, for as many passes over the data as that took."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.em.algorithms import Classic
from engine.em.loop import begin_problem, walk
from engine.em.step import Step
from engine.em.stopping import StoppingRule
from engine.errors import EngineError
from engine.parallel import one_blas_thread


def classic_end(step: Step, start: Any, rules: tuple[StoppingRule, ...]) -> Step | None:
    """Where classic EM ends by these rules, or stands after as many passes; None where it can't be run.

    Args:
        step: the last one of a run by another algorithm.
        start: θ⁰ of that run where it was given; None where the model chose it by the run's seed.
        rules: when to stop; a last step without a reason was cut off by the passes.
    """
    try:
        with one_blas_thread():
            before: Step | None = None
            for here in walk(begin_problem(replace(step.problem, algorithm=Classic()), start), rules):
                if before is not None:
                    before.release(keep=here)
                before = here
                if here.phase != "E" and here.evaluations >= step.evaluations:
                    break
            return before
    except EngineError:
        return None
