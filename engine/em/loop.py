"""Expectation-Maximization, as a textbook has it: E, M, E, M, …

E-step:  q ← p(Z | X, θ)                        the bound rises to the log-likelihood
M-step:  θ ← argmax  Q(θ; q) + log p(θ)         the log-likelihood rises
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from engine.em.algorithms import Algorithm, algorithm_named
from engine.em.given_start import given_start
from engine.em.maximization import Event
from engine.em.model import Model, P, in_its_words
from engine.em.observed import observed
from engine.em.step import Problem, Step
from engine.em.stopping import AnyOf, StoppingRule, rules_for
from engine.errors import OptionError
from engine.options import whole_number
from engine.parallel import one_blas_thread


def begin(
    model: Model[P, Any],
    X: Any,
    y: Any = None,
    *,
    sample_weight: Any = None,
    start: Any = None,
    seed: int = 0,
    algorithm: str | Algorithm = "classic",
) -> Step[P]:
    """The step before the first: θ⁰, given or by the model's own choice of start (in the order of known labels).

    Raises EngineError if the data, the start or an option can't be used.
    """
    seed = whole_number("seed", seed, 0)
    problem = Problem(model, observed(model, X, y, sample_weight, encode=True), algorithm_named(algorithm), seed)
    return begin_problem(problem, start)


def begin_problem(problem: Problem, start: Any = None) -> Step:
    """The step before the first, for observations that the model has checked already."""
    started = time.perf_counter()
    notes: tuple[Event, ...] = ()
    if start is None:
        with one_blas_thread(), in_its_words(problem.model):
            params = problem.model.begin(problem.data, np.random.default_rng(problem.seed))
    else:
        params, notes = given_start(problem.model, start, problem.data)
        params = problem.model.seeded(params, problem.data, np.random.default_rng(problem.seed))
    seconds = time.perf_counter() - started
    problem.algorithm.check(problem.model, params)
    return Step(problem, 0, "init", params, problem.next_at(params, 1), None, seconds, notes)


def e_step(step: Step) -> Step:
    """q ← p(Z | X, θ): the bound rises to touch the log-likelihood; the parameters stay."""
    seconds, evaluations = step.seconds_before, step.evaluations_before
    return Step(
        step.problem, step.iteration + 1, "E", step.params, step.at, step.at, seconds, _of_the_impossible(step),
        evaluations_before=evaluations, earlier=_earlier(step),
    )  # fmt: skip


def _of_the_impossible(step: Step) -> tuple[Event, ...]:
    """An event where θ gives the data no chance; a model explains what is impossible as nearly as may be."""
    if not step.problem.model.exact or step.at.log_likelihood != -math.inf:
        return ()
    what = "the start is impossible, it gives" if step.phase == "init" else "impossible parameters: they give"
    return (Event(f"{what} these data the probability 0: the E-step takes their least impossible explanations"),)


def _earlier(step: Step) -> tuple[float, ...]:
    """The objectives that the E-step after this step hands on; they end where no M-step led from one to the next."""
    if step.phase == "init":
        return step.earlier
    going_up = step.phase == "M" and not any(event.breaks_ascent for event in step.events)
    if step.at_q is None or not going_up or not step.at_q.knows_its_objective:
        return ()
    return (*step.earlier, step.at_q.objective)[-2:]


def m_step(step: Step) -> Step:
    """θ ← argmax Q(θ; q) + log p(θ): q stays, and the log-likelihood rises at least as far as the bound does.

    An algorithm may go further than that in its M-step.
    """
    if step.at_q is None:
        raise OptionError("an M-step needs responsibilities: take an E-step first.")
    problem, before = step.problem, step.seconds
    _ = step.at_q.expectation  # computed again if it was released; that does not count as this step's time
    started = time.perf_counter()
    with one_blas_thread(), in_its_words(problem.model):
        moved = problem.algorithm.maximize(step.at_q)
    seconds = before + time.perf_counter() - started
    at = problem.next_at(moved.params, step.iteration + 1)
    evaluations = step.evaluations + moved.evaluations
    events = tuple(event.named(problem.row_name, problem.data) for event in moved.events)
    return Step(
        problem, step.iteration, "M", moved.params, at, step.at_q, seconds, events,
        evaluations_before=evaluations, earlier=step.earlier,
    )  # fmt: skip


def switch_algorithm(step: Step, algorithm: str | Algorithm) -> Step:
    """The same step, to go on from with another algorithm: another temperature, or hard assignments from here on.

    After an E-step q stays as it is. A step that was the last can be gone on from.
    Raises OptionError if there is no such algorithm, or the model can't be run by it.
    """
    problem = replace(step.problem, algorithm=algorithm_named(algorithm))
    problem.algorithm.check(problem.model, step.params)
    at = step.at if step.phase == "E" else problem.next_at(step.params, step.iteration + 1)
    return replace(step, problem=problem, at=at, converged=False, stop_reason=None, earlier=(), rest=None)


def drawn_anew(step: Step, draw: int) -> Step:
    """The same step, from which E-steps draw otherwise: by another draw of the same seed; 0 is the first one.

    A step that was the last can be gone on from. Raises OptionError after an E-step, whose draw is made.
    """
    if step.phase == "E":
        raise OptionError("this E-step has made its draw: go back to the step before it.")
    problem = replace(step.problem, draw=whole_number("draw", draw, 0))
    at = problem.next_at(step.params, step.iteration + 1)
    return replace(step, problem=problem, at=at, converged=False, stop_reason=None, rest=None)


def advance(step: Step) -> Step:
    """The next half-step: an M after an E, an E after anything else."""
    return m_step(step) if step.phase == "E" else e_step(step)


def iterate(
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
) -> Iterator[Step[P]]:
    """Run EM half a step at a time: `init`, then E, M, E, M, …; the last step says why it is the last.

    Args:
        model: the model to fit.
        X: (n, d) observations, in the form that the model takes.
        y: (n,) known labels, −1 where unknown, or the targets of a supervised model: numbers from 0, or any labels.
        sample_weight: (n,) weights; 2 is the same as the row twice.
        start: `Model.Params(...)` to begin from; None for the model's own choice.
        seed: of the start, and of E-steps that draw.
        max_iter: at most this many iterations.
        tol: stop when less than this per observation is still to gain, as it is forecast
            (`engine.stopping.StillToGain`).
        stopping: a rule from `engine.stopping` in place of `tol`.
        algorithm: "classic", or another of `engine.algorithms`, with options after a colon ("annealed:initial=8").

    Raises:
        EngineError: the data, the start or an option can't be used; one sentence.
    """
    rules = rules_for(max_iter, tol, stopping)
    step = begin(model, X, y, sample_weight=sample_weight, start=start, seed=seed, algorithm=algorithm)
    return walk(step, rules)


def walk(step: Step, rules: tuple[StoppingRule, ...]) -> Iterator[Step]:
    """Go on from a step until a rule says why to stop; the step itself comes first."""
    step = stopped(step, rules)
    yield step
    while step.stop_reason is None:
        step = stopped(advance(step), rules)
        yield step


def stopped(step: Step, rules: tuple[StoppingRule, ...]) -> Step:
    """The step, marked as the last one if a rule says so; an E-step never is."""
    if step.phase == "E":
        return step
    stop = AnyOf(rules)(step)
    return step if stop is None else replace(step, converged=stop.converged, stop_reason=stop.reason)
