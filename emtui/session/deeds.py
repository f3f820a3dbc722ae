"""What a person did in an exploration, as values: doing it again, in order, makes the same numbers."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec
import numpy as np

from engine.em.parameters import Parameters, arrays_of, with_arrays
from engine.errors import EngineError


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="do"):
    """A value of the file; what is as usual is left out there."""


class Taken(_Value, frozen=True, tag="steps"):
    """So many half-steps were taken, an E after an M, an M after an E.

    turned: the algorithm from the first of them on, where it was changed under way (its temperature was turned).
    draw: which draw the E-steps make from there on, where another one was asked for.
    """

    count: Annotated[int, msgspec.Meta(ge=1)] = 1
    turned: str | None = None
    draw: Annotated[int, msgspec.Meta(ge=0)] | None = None


class Moved(_Value, frozen=True, tag="move"):
    """θ was moved by hand. params: the arrays of θ that were moved, by their paths. message: what was said of it."""

    params: dict[str, Any]
    message: str


class Weighed(_Value, frozen=True, tag="weigh"):
    """A row of the data set, by its number from 0, was left out (0), counted twice (2) or put back (1).

    stays: by no hand, but because it was so before a new start, which says so.
    """

    row: Annotated[int, msgspec.Meta(ge=0)]
    weight: float
    stays: bool = False


class QMoved(_Value, frozen=True, tag="q"):
    """The responsibilities of a row of the data set, by its number from 0, were moved by hand after an E-step."""

    row: Annotated[int, msgspec.Meta(ge=0)]
    q: list[float]


Deed: TypeAlias = Taken | Moved | Weighed | QMoved


def moved(before: Parameters, after: Parameters, message: str) -> Moved:
    """The deed that leads from one θ to the other: the arrays that differ."""
    here, there = arrays_of(before), arrays_of(after)
    others = {path: array for path, array in there.items() if not _same(here.get(path), array)}
    return Moved({path: array.tolist() for path, array in others.items()}, message)


def _same(one: Any, other: Any) -> bool:
    return one is not None and one.shape == other.shape and one.tobytes() == other.tobytes()


def params_after(before: Parameters, deed: Moved) -> Parameters:
    """θ as it was moved to; what it remembers besides stays. Raises EngineError where the arrays are no part of θ."""
    here, made = arrays_of(before), dict[str, Any]()
    for path, values in deed.params.items():
        if path not in here:
            raise EngineError("what was moved by hand is no part of the parameters.")
        try:
            made[path] = np.array(values, dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            made[path] = np.empty(0)
        if made[path].shape != here[path].shape:
            raise EngineError("what was moved by hand has another form than the parameters.")
    return with_arrays(before, made)
