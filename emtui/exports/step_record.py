"""A step as plain values under the names of `engine.Step`: for JSON, one object a step, and for CSV, one row a step."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np

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


def json_text(value: Any) -> str:
    """Strict JSON on one line: every digit of a float, and null for what is not finite."""
    return msgspec.json.encode(value, enc_hook=_as_plain_text).decode()


def _as_plain_text(value: Any) -> str:
    """A sentence that knows its rows, as text."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"no JSON for a {type(value).__name__}")


def csv_lines(steps: Sequence[Step], scores: Sequence[Mapping[str, float]] = ()) -> Iterator[str]:
    """A head and one line a step: scalars, parts of Q and their changes, parameters, `means[0,1]` each in a column.

    scores: of each step of a network, and of its rival, by name; each has a column, too.

    A missing number (no responsibilities yet) is an empty cell. Where the parameters have more than 500
    entries they are left to the JSON export.
    """
    arrays = arrays_of(steps[0].params)
    names = [name for name, values in arrays.items() for name in _entry_names(name, values)]
    wide = len(names) <= _MOST_COLUMNS
    parts = list(steps[-1].q_parts)
    scored = list(scores[0]) if scores else []
    of_parts = [f"{name}[{part}]" for name in ("q_parts", "q_parts_change") for part in parts]
    numbers = [*SCALARS, *of_parts, *scored]
    yield csv_line(["iteration", "phase", *numbers, "converged", "stop_reason", "events", *(names if wide else [])])
    for index, step in enumerate(steps):
        cells: list[Any] = [step.iteration, step.phase, *(getattr(step, name) for name in SCALARS)]
        known = {part.name: part for part in parts_of_q(step, steps[index - 1] if index else None)}
        cells += [known[part].value if part in known else math.nan for part in parts]
        cells += [known[part].change if part in known else math.nan for part in parts]
        cells += [scores[index][name] for name in scored]
        cells += [step.converged, step.stop_reason or "", "; ".join(event.message for event in step.events)]
        if wide:
            cells += [value for values in arrays_of(step.params).values() for value in values.ravel().tolist()]
        yield csv_line(cells)


def csv_line(cells: Sequence[Any]) -> str:
    """One line of CSV; floats with every digit, not-a-number as an empty cell."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([_cell(cell) for cell in cells])
    return line.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        return "" if value != value else repr(float(value))
    return value


def _entry_names(name: str, values: Any) -> list[str]:
    if values.ndim == 0:
        return [name]
    return [f"{name}[{','.join(map(str, index))}]" for index in np.ndindex(values.shape)]
