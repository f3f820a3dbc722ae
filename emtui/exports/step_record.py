"""A step as plain values under the names of `engine.Step`: as JSON an object, in a table a row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from emtui.exports.data_table import Columns, DataTable
from emtui.spec.parameters_file import params_as_lists
from engine.em.parameters import arrays_of
from engine.em.step import Step
from engine.explain.ledger import parts_of_q

SCALARS = ("log_likelihood", "log_prior", "objective", "elbo", "kl", "q_value", "entropy", "seconds")
_MOST_COLUMNS = 500


def step_record(
    step: Step, scores: Mapping[str, float] = MappingProxyType({}), previous: Step | None = None
) -> dict[str, Any]:
    """The step's names and values; arrays as nested lists.

    scores: of a network, and of its rival, by name (`engine.LearningCurves`). previous: the half-step before, since
    which the parts of Q changed; None at the first one.
    """
    record: dict[str, Any] = {"iteration": step.iteration, "phase": step.phase, "params": params_as_lists(step.params)}
    record |= {name: float(getattr(step, name)) for name in SCALARS}
    if parts := parts_of_q(step, previous):
        record["q_parts"] = {part.name: part.value for part in parts}
        record["q_parts_change"] = {part.name: part.change for part in parts}
    record |= scores
    record |= {"converged": step.converged, "stop_reason": step.stop_reason, "events": step.events}
    if (draws := step.effective_draws) is not None:
        record["effective_draws"] = draws._asdict()
    record |= {"remark": step.remark} if step.remark else {}
    return record


def steps_table(steps: Sequence[Step], scores: Sequence[Mapping[str, float]] = ()) -> DataTable:
    """A row a step: scalars, parts of Q and their changes, parameters, `means[0,1]` each in a column.

    scores: of each step of a network, and of its rival, by name; each has a column, too.

    Where the parameters have more than 500 entries they are left to the JSON export.
    """
    arrays = arrays_of(steps[0].params)
    names = [name for name, values in arrays.items() for name in _entry_names(name, values)]
    wide = len(names) <= _MOST_COLUMNS
    parts = list(steps[-1].q_parts)
    of_parts = [f"{name}[{part}]" for name in ("q_parts", "q_parts_change") for part in parts]
    numbers = [*SCALARS, *of_parts, *(scores[0] if scores else ())]
    columns: Columns = {
        "iteration": "whole", "phase": "text", **dict.fromkeys(numbers, "number"), "converged": "yes or no",
        "stop_reason": "text", "events": "text", **dict.fromkeys(names if wide else [], "number"),
    }  # fmt: skip
    return DataTable(columns, _step_rows(steps, scores, parts, wide))


def _step_rows(
    steps: Sequence[Step], scores: Sequence[Mapping[str, float]], parts: Sequence[str], wide: bool
) -> Iterator[list[list[Any]]]:
    for index, step in enumerate(steps):
        cells: list[Any] = [step.iteration, step.phase, *(float(getattr(step, name)) for name in SCALARS)]
        known = {part.name: part for part in parts_of_q(step, steps[index - 1] if index else None)}
        cells += [known[part].value if part in known else math.nan for part in parts]
        cells += [known[part].change if part in known else math.nan for part in parts]
        cells += scores[index].values() if scores else []
        cells += [step.converged, step.stop_reason or "", "; ".join(event.message for event in step.events)]
        if wide:
            cells += [value for values in arrays_of(step.params).values() for value in values.ravel().tolist()]
        yield [cells]


def _entry_names(name: str, values: Any) -> list[str]:
    if values.ndim == 0:
        return [name]
    return [f"{name}[{','.join(map(str, index))}]" for index in np.ndindex(values.shape)]
