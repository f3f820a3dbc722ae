"""What a session does by hand: rows of the data set that are left out or counted twice, and how to come there again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of, table_of
from engine.arrays import Array
from engine.editing.edits import is_by_hand, reweighted, rows_with_given_q
from engine.em.step import Step
from engine.errors import DataError, OptionError
from engine.models.hmm.data import SequenceRows

NO_COMMAND = (
    "No command makes what was moved by hand: export the script (x) for these very steps, or the parameters, "
    "from which --start FILE begins."
)


@dataclass(frozen=True, eq=False)
class EditedStart:
    """Where to begin so as to come to a step of a branch that was changed by hand.

    Attributes:
        params: θ to begin from.
        half_steps: how many lead from there to the step.
        given: rows, as given to the model, whose q was set by hand after an E-step at `params`, which comes first.
        params_q: θ_q, under which q has to be settled before, where it says something of the step that θ doesn't: the
            bound, of which the objective is made where E-steps are not exact; None elsewhere.
    """

    params: Any
    half_steps: int
    params_q: Any = None
    given: tuple[tuple[int, tuple[float, ...]], ...] = ()


def edited_start(steps: Sequence[Step]) -> EditedStart | None:
    """How to come to the last of these steps from the last move by hand; None where none was made."""
    places = [place for place, step in enumerate(steps) if is_by_hand(step)]
    if not places:
        return None
    moved, since = steps[places[-1]], len(steps) - 1 - places[-1]
    if moved.phase == "E" and (given := rows_with_given_q(moved)):
        return EditedStart(moved.params, since, given=given)
    if since == 0 and moved.phase == "M" and not moved.problem.model.exact:
        return EditedStart(moved.params, 0, moved.params_q)
    # other rows after an E-step: that E-step is taken again
    return EditedStart(moved.params, since + (moved.phase == "E"))


def weight_of(spec: RunSpec, step: Step, row: int) -> float:
    """What a row of the data set counts in this step; a row that is held back counts as it would."""
    weights, place = step.problem.data.given_weight, place_in_model(spec, row)
    return 1.0 if weights is None or place is None or place >= len(weights) else float(weights[place])


def with_row_weighed(spec: RunSpec, step: Step, row: int, weight: float) -> Step:
    """The step with another weight, at least 0, for one row: 0 leaves it out, 2 counts it twice, 1 puts it back.

    spec: the choices of the step. row: of the data set, from 0, as the panes count them.

    Raises:
        EngineError: there is no such row, or it can't have that weight; one sentence.
    """
    place = _checked_place(spec, step, row)
    data, name = step.problem.data, spec.dataset.row_name(row)
    before = weight_of(spec, step, row)
    if weight == before:
        state = {0.0: "is left out", 1.0: "counts once", 2.0: "counts twice"}.get(weight, f"has the weight {weight:zg}")
        raise OptionError(f"{name} {state} already: give it another weight.")
    weights: Array = np.ones(data.n_given) if data.given_weight is None else data.given_weight.copy()
    weights[place] = weight
    if not weights.any():
        raise DataError(f"{name} is the only row that is left: put another one back first.")
    X, y = table_of(spec)
    all_count_once = bool((weights == 1.0).all())
    return reweighted(step, X, y, None if all_count_once else weights, _in_words(name, before, weight))


def weighed_words(spec: RunSpec, row: int, weight: float) -> str:
    """What was done to a row of the data set, in words: "row 12 left out"."""
    done = {0.0: "left out", 1.0: "put back", 2.0: "counted twice"}.get(weight, f"given the weight {weight:zg}")
    return f"{spec.dataset.row_name(row)} {done}"


def _in_words(name: str, before: float, weight: float) -> str:
    stay = "the parameters stay where they are"
    if weight == 0:
        return f"{name} left out by hand; {stay}"
    if weight == 1:
        return f"{name} counts once again; {stay}"
    times = "twice" if weight == 2 else f"{weight:zg} times"
    return f"{name} now counts {times} (by hand{'' if before == 1 else f', {before:zg} before'}); {stay}"


def _checked_place(spec: RunSpec, step: Step, row: int) -> int:
    """The row as the model counts them."""
    data = spec.dataset
    if not 0 <= row < data.n_samples:
        raise OptionError(f"there is no row {row + 1}: {data.name} has {data.n_samples:,}.")
    if isinstance(step.problem.data, SequenceRows):
        raise DataError(
            "what follows in a sequence hangs on what came before: no single one of its rows can be left out."
        )
    place = place_in_model(spec, row)
    if place is None:
        raise DataError(f"{data.row_name(row)} is held back for the test and takes no part in the fit: choose another.")
    if place >= step.problem.data.n_given or step.problem.data.n_given != len(table_of(spec)[0]):
        raise DataError(f"the rows of the {spec.model.name} model are not those of the table: none can be left out.")
    return place


def place_in_model(spec: RunSpec, row: int) -> int | None:
    """Where the model has a row of the data set; None for one that is held back."""
    split = split_of(spec)
    if split is None:
        return row
    place = int(np.searchsorted(split.train, row))
    return place if place < len(split.train) and split.train[place] == row else None
