"""What a step has under the names of the model's own vocabulary: q, θ and the objectives."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from engine.arrays import Array
from engine.em.fields import Field, fields_of
from engine.em.step import Step
from engine.errors import EngineError
from engine.explain.quantity import Quantity
from engine.explain.worked import explainer
from engine.text import did_you_mean, quoted

RESPONSIBILITIES, LOG_LIKELIHOOD, BOUND, OBJECTIVE = "responsibilities", "log_likelihood", "bound", "objective"
DEVIATIONS = "standard_deviations"
_OTHERWISE = {"r": RESPONSIBILITIES, "gamma": RESPONSIBILITIES, "γ": RESPONSIBILITIES, "L": LOG_LIKELIHOOD}
_OTHERWISE |= {"elbo": BOUND, "σ": DEVIATIONS}

Made = dict[str, Callable[[], Quantity]]


def quantities_of(step: Step, rows: Sequence[int] | None = None) -> tuple[Made, dict[str, str]]:
    """Every quantity by its name, in the order in which a step computes them, and other names for them.

    rows: those that numbers of rows are given for; None for all.
    """
    made: Made = dict(explainer(step).sequence_quantities(step)) if step.at_q is not None and rows is None else {}
    others = dict(_OTHERWISE)
    if step.at_q is not None:
        made[RESPONSIBILITIES] = lambda: _responsibilities(step, rows)
    fields = fields_of(step.params, step.problem.model)
    for path, field in fields.items():
        made[path] = lambda path=path, field=field: _parameter(step, path, field)  # type: ignore[misc]
        for name in (field.name, field.declared.symbol):
            if sum(name in (one.name, one.declared.symbol) for one in fields.values()) == 1:
                others[name] = path
        if field.declared.form and field.form:
            made[DEVIATIONS] = lambda path=path, field=field: _deviations(step, path, field)  # type: ignore[misc]
    made[LOG_LIKELIHOOD] = lambda: Quantity(LOG_LIKELIHOOD, np.asarray(step.log_likelihood))
    if step.at_q is not None:
        made[BOUND] = lambda: Quantity(BOUND, np.asarray(step.elbo))
    made[OBJECTIVE] = lambda: Quantity(OBJECTIVE, np.asarray(step.objective))
    return made, others


def name_in(name: str, made: Made, others: dict[str, str]) -> str:
    """The quantity that is meant. Raises EngineError where there is none."""
    found = name if name in made else others.get(name, "")
    if found in made:
        return found
    if found in (RESPONSIBILITIES, BOUND):
        raise EngineError(f"this step has no {quoted(name)}: there is no q before the first E-step.")
    known = ", ".join(made)
    raise EngineError(f"this step has no {quoted(name)}: {did_you_mean(name, made, f'there are {known}.')}")


def _responsibilities(step: Step, rows: Sequence[int] | None) -> Quantity:
    assert step.posterior is not None
    values = step.posterior.rows(slice(None) if rows is None else np.asarray(rows, dtype=np.int64))
    noun, name = _noun(step), step.problem.row_name

    def place(index: tuple[int, ...]) -> str:
        row = index[0] if rows is None else rows[index[0]]
        return f"{name(int(row))}, {noun} {index[1] + 1}"

    return Quantity(RESPONSIBILITIES, np.asarray(values), (1,), True, place)


def _parameter(step: Step, path: str, field: Field) -> Quantity:
    components = tuple(i for i, axis in enumerate(field.axes) if axis.noun == _noun(step) and not axis.offset)

    def place(index: tuple[int, ...]) -> str:
        columns, words = step.problem.column_names, step.problem.symbol_names
        at = (
            f"{axis.noun or 'entry'} {axis.name_of(i + axis.offset, columns, step.problem.model, words)}"
            for i, axis in zip(index, field.axes, strict=True)
        )
        return ", ".join(at)

    return Quantity(path, field.array, components, place=place, path=path)


def _deviations(step: Step, path: str, field: Field) -> Quantity:
    """The square roots of the variances; of matrices those on the diagonal."""
    whole = _parameter(step, path, field)

    def reading(array: Array) -> Array:
        variances = np.diagonal(array, axis1=-2, axis2=-1) if field.matrices else array
        return np.sqrt(variances)

    def place(index: tuple[int, ...]) -> str:
        return whole.place((*index, index[-1]) if field.matrices else index)

    values = reading(field.array)
    return Quantity(DEVIATIONS, values, whole.components, place=place, path=path, reading=reading)


def _noun(step: Step) -> str:
    return str(step.params.component_noun)
