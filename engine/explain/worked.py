"""The numbers behind one responsibility or one parameter, line by line: the formula of a textbook with values in it.

    worked_row(step, 70)                   the E-step of a row: weight × density for each component, sum, quotient
    worked_new_row(step, x)                of a network: what it says of a row that it was not fitted to
    worked_word(step, 11, 420)             of a topic model: how one word of a document came to its topics
    worked_parameter(step, "means[1,2]")   the M-step of a parameter: N_k, the weighted sum, the quotient

The formulas are the models' own: see `Explains`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from engine.arrays import Array, as_numbers
from engine.editing.entries import Entry, entry_named, value_of
from engine.em.evaluation import Evaluation
from engine.em.inference import Inference, settled_by
from engine.em.maximization import Event
from engine.em.model import Model
from engine.em.observed import around_row
from engine.em.step import Step
from engine.errors import EngineError
from engine.explain.derivation import Worked, WorkedLine, line
from engine.explain.pulls import Pulls, Slopes
from engine.explain.quantity import Quantity
from engine.explain.row_states import RowStates
from engine.parallel import one_blas_thread

APART = 1e-9  # of the parameter: further off, a rule has set it, and not the formula


class Explains:
    """What a model says of its own numbers; every mixture does. Override what there is a formula for."""

    def worked_row(self, step: Step, row: int) -> Worked:
        """The E-step of one row, after an E-step was taken: its responsibilities alone where there is no formula."""
        return result_row(step, row)

    def worked_new_row(self, step: Step, x: Array) -> Worked:
        """What is said at θ of a row (p,) that was not fitted. Raises EngineError where nothing is predicted."""
        raise EngineError("only a network works out a row that it was not fitted to: ask for one of its own.")

    def worked_word(self, step: Step, row: int, word: int) -> Worked:
        """The E-step of one word of a document. Raises EngineError where a row has no words, or not this one."""
        raise EngineError("only a topic model has words: ask for the row itself.")

    def row_states(self, step: Step, row: int) -> RowStates:
        """q and the joint probability of every state that one row may hide, after an E-step was taken.

        Raises EngineError where q is not of each row by itself, or of too many states.
        """
        raise EngineError("this model does not tell the joint probability of a row with each of its hidden states.")

    def worked_parameter(self, step: Step, entry: Entry) -> Worked:
        """The M-step of one entry of θ, after an E-step was taken: `parameter_lines`, compared with what came out."""
        assert step.at_q is not None
        after, events, what = after_m_step(step)
        return _held_against(self.parameter_lines(step, entry, after), step, entry, after, events, what)

    def slopes(self, at: Evaluation, params: Any, entry: Entry) -> Slopes | None:
        """∂Q(θ; q)/∂ of an entry row by row, θ being `params` and q chosen `at`; None where there is no formula."""
        return None

    def pulls(self, at: Evaluation, params: Any, entry: Entry) -> Pulls | None:
        """What pulls at an entry, likewise: all of it balances where Q + ln p(θ) is at its maximum."""
        return None

    def counted(self, at: Evaluation, entry: Entry) -> tuple[float, float] | None:
        """What q expects of an entry of what sums to 1, and what a prior imagines besides; None without a formula."""
        found, value = self.slopes(at, at.params, entry), value_of(at.params, entry)
        return None if found is None else (found.total(at.data) * value, found.prior * value)

    def balance(self, at: Evaluation, params: Any, entry: Entry) -> float | None:
        """The sum of the pulls with what the prior adds: 0 at the maximum."""
        found = self.pulls(at, params, entry)
        return None if found is None else found.total(at.data)

    def row_distances(self, params: Any, x: Array) -> Array | None:
        """(K,) how far a row x (d,) lies from each component, in its standard deviations; None where it has none."""
        return None

    def without_prior(self) -> Model[Any, Any] | None:
        """The same model without the prior of its variances, the ridge; None where there is none."""
        return None

    def sequence_quantities(self, step: Step) -> Mapping[str, Callable[[], Quantity]]:
        """What a recursion along sequences computes, by its names, after an E-step was taken; {} without one."""
        return {}

    def parameter_lines(self, step: Step, entry: Entry, after: Any) -> list[WorkedLine] | None:
        """The formula of the M-step for this entry, the result last; None where there is none.

        after: θ as the M-step has it, where a formula needs other entries of it, too.
        """
        return None


def deviations(x: float, mean: Array, deviation: Array) -> Array:
    """|x − mean| in standard deviations; 0 where it lies on the mean of a component without spread, else inf there."""
    apart = np.abs(x - mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(apart == 0.0, 0.0, apart / deviation)


def after_m_step(step: Step) -> tuple[Any, tuple[Event, ...], str]:
    """θ of this M-step, or of the one to come, what was out of the ordinary in it, and what it is called."""
    what = step.problem.model.update_name
    if step.phase == "M":
        return step.params, step.events, what
    best = step.problem.model.maximize(step.expectation, step.params, step.problem.data)
    events = tuple(event.named(step.problem.row_name, step.problem.data) for event in best.events)
    return best.params, events, f"{what} to come"


def worked_row(step: Step, row: int) -> Worked:
    """The E-step of one row (a step of a sequence, for chains) at θ_q: how its responsibilities came about.

    Raises:
        EngineError: there is no such row, or no E-step has been taken yet.
    """
    need_row(step, row)
    shown, place = _as_counted(step, int(row))
    with one_blas_thread():
        worked = explainer(step).worked_row(shown, place)
    return worked if place == row else replace(worked, name=str(row))


def worked_new_row(step: Step, x: Any) -> Worked:
    """The prediction for a row (p,) that is held back or new, at θ, whose target is unknown or not used: of networks.

    Raises:
        EngineError: the model predicts no targets, or the row has other columns than it was fitted to.
    """
    row = as_numbers(x, "x", "the inputs of one row").ravel()
    with one_blas_thread():
        return explainer(step).worked_new_row(step, row)


def worked_word(step: Step, row: int, word: int) -> Worked:
    """The E-step of one word of a document at θ_q, for topic models: its probability in each, and each one's share φ.

    row: the document, from 0. word: its column in the counts, from 0.

    Raises:
        EngineError: there is no such row, the word is not in it, it is no model of words, or there was no E-step yet.
    """
    need_row(step, row)
    shown, place = _as_counted(step, int(row))
    with one_blas_thread():
        worked = explainer(step).worked_word(shown, place, word)
    return worked if place == row else replace(worked, name=f"{row}, {word}")


def worked_parameter(step: Step, name: str) -> Worked:
    """The M-step of one entry of θ, from the expected statistics; after an E-step, that of the M-step to come.

    Raises:
        EngineError: there is no such parameter, it is fixed, or no E-step has been taken yet.
    """
    if step.at_q is None:
        raise EngineError("an M-step needs responsibilities: take an E-step first.")
    entry = entry_named(step.problem.model, step.params, name)
    with one_blas_thread():
        return explainer(step).worked_parameter(step, entry)


def result_row(step: Step, row: int, remark: str = "the model tells its responsibilities alone") -> Worked:
    """The responsibilities as they are."""
    r = responsibilities_of(step, row)
    lines = [line("responsibility", "r", "value", [("r", value)], k) for k, value in enumerate(r)]
    return Worked("row", str(row), tuple(lines), r, "E-step", remark)


def responsibilities_of(step: Step, row: int) -> Array:
    """(K,) q's probabilities of one row."""
    assert step.posterior is not None
    return np.asarray(step.posterior.rows(np.array([row]))[0])


def explainer(step: Step) -> Explains:
    """The model where it explains itself, else what can be said of any."""
    model: object = step.problem.model
    return model if isinstance(model, Explains) else Explains()


def _as_counted(step: Step, row: int) -> tuple[Step, int]:
    """The step with the rows that count alone, and the place of a given row there; a row of weight 0 by itself."""
    if step.problem.data.given is None or step.at_q is None:
        return step, row
    theta, data, place = around_row(step.problem.model, step.params_q, step.problem.data, row)
    problem = replace(step.problem, data=data)
    return replace(step, problem=problem, at_q=problem.at(theta, inference_of(step, row))), place


def inference_of(step: Step, row: int) -> Inference:
    """How q of a given row was chosen: what was given by hand are rows that count."""
    assert step.inference is not None
    return step.inference if step.problem.data.place_of(row) is not None else settled_by(step.inference)


def need_row(step: Step, row: int) -> None:
    """Raises EngineError before the first E-step, and where there is no such row."""
    if step.at_q is None:
        raise EngineError("there are no responsibilities before the first E-step: take an E-step.")
    n = step.problem.data.n_given
    if isinstance(row, bool) or not isinstance(row, int | np.integer) or not 0 <= row < n:
        raise EngineError(f"there is no row {row!r}: rows are numbered from 0 to {n - 1}.")


def _held_against(
    lines: list[WorkedLine] | None, step: Step, entry: Entry, after: Any, events: tuple[Event, ...], what: str
) -> Worked:
    """The formula with a remark where it is not how the parameter came about; without one, the entry as it moved."""
    value, remark, update = value_of(after, entry), "", step.problem.model.update_name
    accelerated = step.problem.algorithm.rises == "objective"
    if lines is None:
        before = value_of(step.params_q, entry)
        own = [event.message for event in events if event.component in (None, *entry.index[:1])]
        remark = "; ".join(own) or f"the model tells the result of its {update} alone"
        lines = [
            line("total", "the step", "difference", [("after", value), ("before", before)]),
            line("parameter", "before + the step", "sum", [("before", before), ("the step", value - before)]),
        ]
    elif not abs(lines[-1].result - value) <= APART * max(abs(value), abs(lines[-1].result), 1e-300):
        leapt = f"{step.problem.algorithm.name} goes on from this {update}, as far as the objective does not fall"
        otherwise = leapt if accelerated else f"the {update} set it otherwise than by this formula"
        remark = "; ".join(event.message for event in events) or otherwise
        if any(event.by_hand for event in events):  # it may have been an earlier move that changed this one
            remark = f"changed by hand since this {update}, at last: {remark}"
        lines = [*lines, line("parameter", "as it was set", "value", [(entry.name, value)])]
    elif accelerated and step.phase == "E":
        remark = f"this is one plain {update}; {step.problem.algorithm.name} goes on from here"
    return Worked("parameter", entry.name, tuple(lines), np.array([value]), what, remark)
