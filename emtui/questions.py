"""What a pane may want to know of a step that takes more than a look; a question is a value, answered elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from engine.errors import EngineError
from engine.step import Step


@dataclass(frozen=True)
class BoundAlong:
    """The objective and the bound along one parameter, such as "means[1,2]"; None is the line from θ_old to θ_new.

    points: of each curve.
    """

    name: str | None = None
    points: int = 200


@dataclass(frozen=True)
class RowWorked:
    """The E-step of one row in its own numbers; the row is counted as the model counts them."""

    row: int


@dataclass(frozen=True)
class ParameterWorked:
    """The M-step of one parameter in its own numbers."""

    name: str


Question: TypeAlias = BoundAlong | RowWorked | ParameterWorked


def answer(question: Question, step: Step) -> Any:
    """The engine's answer, or the sentence that says why there is none."""
    try:
        match question:
            case BoundAlong(name, points):
                from engine.slices import LINE, bound_slice

                return bound_slice(step, LINE if name is None else name, points)
            case RowWorked(row):
                from engine.worked import worked_row

                return worked_row(step, row)
            case ParameterWorked(name):
                from engine.worked import worked_parameter

                return worked_parameter(step, name)
    except EngineError as error:
        return str(error)
