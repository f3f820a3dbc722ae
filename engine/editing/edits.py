r"""Changes by hand: a person in place of the M-step, and rows that are given other weights.

A state of EM is two parameter values, θ_q and θ. A move by hand puts another θ beside the same θ_q, so that every
number stays true by construction: log p(X | θ), Q(θ; q) and the bound are those of the new θ, and KL is what the move
opened. The next E-step goes on from there. Other weights of the rows are the same θ_q and θ on other observations.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np

from engine.editing.entries import RULES, Entry, admissible, entry_named, moved, value_of
from engine.editing.limits import why_out_of_reach
from engine.em.evaluation import Evaluation
from engine.em.maximization import Event
from engine.em.model import Model
from engine.em.observed import observed
from engine.em.step import Phase, Step
from engine.errors import DataError, EngineError, OptionError

_ROUNDING = 1e-6  # of the log-likelihood
_OF_THETA = {"start must": "θ must", "a start's": "the", " of a start": "", " of the start": ""}
_OF_A_START = re.compile("^start must|a start's| of (?:a|the) start(?!')")


def is_by_hand(step: Step) -> bool:
    """Whether the parameters or the weights of the rows were changed by hand to get to this step."""
    return any(event.by_hand for event in step.events)


def placed(step: Step, params: Any, message: str) -> Step:
    """A change by hand in place of the M-step: θ moves to `params`, q stays.

    It belongs to the iteration of `step`, and is an M-step where there is a q, another start where there is none.
    `message` says what was moved, and becomes the event of the step.

    Raises:
        EngineError: θ can't be there: outside its domain, or where the data become impossible; one sentence.
    """
    problem = step.problem
    params = _checked(problem.model, params, step)
    problem.algorithm.check(problem.model, params)
    at = problem.next_at(params, step.iteration + 1)
    phase: Phase = "init" if step.at_q is None else "M"
    made = Step(
        problem, step.iteration, phase, params, at, step.at_q, step.seconds, (_event(message),),
        evaluations_before=step.evaluations,
    )  # fmt: skip
    _refuse_the_impossible(made)
    return made


def set_entry(step: Step, entry: str | Entry, value: float) -> Step:
    """A single entry of θ put at that value by hand; what is bound to it follows by its rule (`entries.RULES`).

    entry: such as `means[1,2]`, counted from 0, or what `entries.entries` has.

    Raises:
        EngineError: there is no such entry, or it can't have that value, or it has it already; one sentence.
    """
    found = entry_named(step.problem.model, step.params, entry) if isinstance(entry, str) else entry
    before = value_of(step.params, found)
    if value == before:
        raise OptionError(f"{found.name} is {value:z.6g} already: give another value.")
    return placed(step, moved(step.params, found, value), words_of_move(found, before, value))


def words_of_move(entry: Entry, before: float, after: float) -> str:
    """What was moved, and what moves with it: "means[1,2] set by hand from 4.2 to 5; nothing else moves"."""
    return f"{entry.name} set by hand from {before:z.6g} to {after:z.6g}; {RULES[entry.rule]}"


def reweighted(step: Step, X: Any, y: Any, sample_weight: Any, message: str) -> Step:
    """The same θ_q and θ on the same rows with other weights: 0 leaves a row out, 2 counts it twice.

    Args:
        step: from where; its iteration and phase stay.
        X, y: the rows and known labels of `step`, as the model takes them.
        sample_weight: (n,) of every row, or of every sequence; None where each counts once.
        message: what was changed, in words; it becomes the event of the step.

    Raises:
        EngineError: the model can't be fitted to these rows; one sentence.
    """
    model = step.problem.model
    data = observed(model, X, y, sample_weight)
    left = data.n_rows if data.sample_weight is None else int(np.count_nonzero(data.sample_weight))
    if left < (components := model.least_rows):  # each has rows to itself
        raise DataError(
            f"only {left} row{'s' * (left != 1)} would be left for {components} components: keep at least {components}."
        )
    data = replace(data, class_labels=step.problem.data.class_labels)
    problem = replace(step.problem, data=data)

    def evaluated(at: Evaluation) -> Evaluation:
        return problem.at(model.check_params(at.params, data), at.inference)

    at_q = None if step.at_q is None else evaluated(step.at_q)
    at = at_q if at_q is not None and step.at is step.at_q else evaluated(step.at)
    made = Step(
        problem, step.iteration, step.phase, at.params, at, at_q, step.seconds_before, (_event(message),),
        evaluations_before=step.evaluations_before,
    )  # fmt: skip
    _refuse_the_impossible(made)
    return made


def _event(message: str) -> Event:
    return Event(message, breaks_ascent=True, by_hand=True)


def _checked(model: Model[Any, Any], params: Any, step: Step) -> Any:
    """θ as the model takes it, where it lies in its domain; one that has left it already may go on."""
    try:
        params = model.check_params(params, step.problem.data)
    except EngineError as error:
        raise type(error)(_OF_A_START.sub(lambda found: _OF_THETA[found[0]], str(error))) from None
    if not admissible(model, params) and admissible(model, step.params):
        raise OptionError(
            "the parameters can't be there: keep probabilities between 0 and 1, rates and alpha above 0, covariances "
            "positive definite, and every number finite."
        )
    out_of_reach = why_out_of_reach(model, params, step.problem.data)
    if out_of_reach and not why_out_of_reach(model, step.params, step.problem.data):
        raise OptionError(out_of_reach)
    return params


def _refuse_the_impossible(step: Step) -> None:
    """Raises EngineError where a row has become impossible, or what q gives some probability has."""
    model = step.problem.model
    try:
        with np.errstate(all="ignore"):  # far outside, anything may overflow: then it is refused
            likelihood, bound = step.log_likelihood, step.elbo
    except np.linalg.LinAlgError:
        raise OptionError("a covariance would be singular there: give it larger variances.") from None
    if model.exact and not math.isfinite(likelihood):
        raise OptionError("a row would be impossible there (log-likelihood −∞): stay away from that border.")
    # a 0·ln 0 that a model has left out of Q shows as a bound above the log-likelihood
    above = model.exact and not model.samples and bound - likelihood > _ROUNDING * max(1.0, abs(likelihood))
    if step.at_q is not None and (above or not math.isfinite(bound)):
        raise OptionError(
            "what q holds to be possible would be impossible there (bound −∞): stay away from that border, or make "
            "this move before the first E-step."
        )
