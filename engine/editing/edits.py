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

from engine.arrays import as_numbers
from engine.editing.entries import RULES, Entry, admissible, entry_named, moved, value_of
from engine.editing.limits import why_out_of_reach
from engine.em.evaluation import Evaluation
from engine.em.inference import GivenRows, Inference, settled_by
from engine.em.maximization import Event
from engine.em.model import Model
from engine.em.observations import Observations
from engine.em.observed import observed
from engine.em.row_text import RowText
from engine.em.step import Phase, Step
from engine.errors import DataError, EngineError, OptionError

_SUM = 1e-9  # as far from 1 may a sum of probabilities be that is meant to be 1
_SAME = 1e-12  # nearer to a probability than this is that very one
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


def q_moved(step: Step, row: int, q: Any, message: str = "") -> Step:
    """q of a single row put by hand after an E-step, in place of the posterior; θ stays, and the next M-step follows q.

    log p(X | θ) stays, and the bound falls by exactly the KL that this opens: w (KL(q ‖ p(z | x, θ)) − the KL before).

    Args:
        step: after an E-step, or after such a move.
        row: as given to the model, from 0; one that counts, and of unknown label.
        q: (K,) not negative, summing to 1; it is scaled to sum to 1 exactly.
        message: what was moved, in words; it becomes the event of the step.

    Raises:
        EngineError: q of this model or row can't be moved, or can't be that; one sentence.
    """
    problem, at_q = step.problem, step.at_q
    model, data = problem.model, problem.data
    if not model.hides:
        raise OptionError("nothing is hidden in this model, so there is no q to move.")
    if model.no_q_by_hand:
        raise OptionError(model.no_q_by_hand)
    if at_q is None or step.phase != "E":
        raise OptionError(
            "the q of a row is moved after an E-step, before the M-step that follows it: take an E-step first."
        )
    place = _place_to_move(step, row)
    now = np.asarray(model.responsibilities(at_q.params, data, np.array([place]), at_q.inference)[0])
    shares = _shares(q, len(now))
    if np.allclose(shares, now, rtol=0.0, atol=_SAME):
        raise OptionError(RowText("q of ", int(row), " is that already: give it other shares."))
    others, given = settled_by(at_q.inference), at_q.inference.rows if isinstance(at_q.inference, GivenRows) else ()
    kept = {other: values for other, values in given if other != place} | {place: tuple(shares.tolist())}
    moved_q = problem.at(at_q.params, GivenRows(others, tuple(sorted(kept.items()))))
    said = message or RowText("q of ", int(row), " set by hand; the parameters stay where they are")
    made = Step(
        problem, step.iteration, "E", step.params, step.at, moved_q, step.seconds_before, (_event(said),),
        evaluations_before=step.evaluations_before,
    )  # fmt: skip
    _refuse_the_impossible(made)
    return made


def rows_with_given_q(step: Step) -> tuple[tuple[int, tuple[float, ...]], ...]:
    """The rows whose q was moved by hand, as given to the model, each with its q; () where none was."""
    inference, data = step.inference, step.problem.data
    if not isinstance(inference, GivenRows):
        return ()
    return tuple((data.row_of(place), q) for place, q in inference.rows)


def _place_to_move(step: Step, row: int) -> int:
    """Where the row stands among those that count. Raises OptionError where its q can't be moved."""
    data = step.problem.data
    if isinstance(row, bool) or not isinstance(row, int | np.integer) or not 0 <= row < data.n_given:
        raise OptionError(f"there is no row {row!r}: rows are numbered from 0 to {data.n_given - 1}.")
    place = data.place_of(int(row))
    weightless = place is not None and data.sample_weight is not None and not data.sample_weight[place] > 0
    if place is None or weightless:
        raise OptionError(RowText(int(row), " counts nothing, so its q moves nothing: choose another row."))
    if step.problem.model.takes_labels and data.y is not None and data.y[place] >= 0:
        raise OptionError(RowText("the label of ", int(row), " is known, so there is nothing to move of its q."))
    return place


def _shares(q: Any, n_states: int) -> Any:
    """(K,) q as numbers that sum to 1. Raises OptionError where they don't."""
    shares = as_numbers(q, "q", "probabilities, one for each component").ravel()
    if shares.shape != (n_states,) or not np.isfinite(shares).all() or (shares < 0).any():
        raise OptionError(f"q must be {n_states} numbers of at least 0, one for each component.")
    if abs(float(shares.sum()) - 1.0) > _SUM:
        raise OptionError(f"q must sum to 1, and it sums to {float(shares.sum()):z.6g}.")
    return shares / shares.sum()


def _in_rows_of(inference: Inference, before: Observations, after: Observations) -> Inference:
    """The same q where other rows count: what was given stays with its rows, as far as they do."""
    if not isinstance(inference, GivenRows):
        return inference
    places = {after.place_of(before.row_of(place)): q for place, q in inference.rows}
    kept = sorted((place, q) for place, q in places.items() if place is not None)
    return GivenRows(inference.others, tuple(kept)) if kept else inference.others


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
        inference = _in_rows_of(at.inference, step.problem.data, data)
        return problem.at(model.check_params(at.params, data), inference)

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
