"""A row's responsibilities moved by hand, in a session."""

from __future__ import annotations

from collections.abc import Sequence

from emtui.session.row_weights import place_in_model
from emtui.spec.run_spec import RunSpec
from engine.editing.edits import q_moved
from engine.em.step import Step
from engine.errors import DataError, OptionError

_DIGITS = 3


def with_q_moved(spec: RunSpec, step: Step, row: int, q: Sequence[float]) -> Step:
    """The step with another q of one row of the data set, from 0, as the panes count them; θ stays.

    Raises:
        EngineError: there is no such row, or its q can't be moved, or not there; one sentence.
    """
    data = spec.dataset
    if not 0 <= row < data.n_samples:
        raise OptionError(f"{data.name} has {data.n_samples:,} rows: choose one of them.")
    place = place_in_model(spec, row)
    if place is None:
        raise DataError(f"{data.row_name(row)} is held back for the test and has no q: choose another.")
    return q_moved(step, place, list(q), f"{q_words(spec, row, q)}; the parameters stay where they are")


def q_words(spec: RunSpec, row: int, q: Sequence[float]) -> str:
    """What was done to a row of the data set, in words: "q of row 12 set by hand to .2, .3, .5"."""
    shares = ", ".join(f"{share:z.{_DIGITS}g}" for share in q)
    return f"q of {spec.dataset.row_name(row)} set by hand to {shares}"
