"""Whether a maximum is one only as long as probabilities that are 0 stay so: EM never moves them."""

from __future__ import annotations

from collections.abc import Generator

from engine.analysis.leaving_saddles import words_of_entry
from engine.editing.entries import Entry, admissible, entries, moved
from engine.em.fields import Field, fields_of
from engine.em.step import Step
from engine.parallel import one_blas_thread

_NO_PROBABILITY = 1e-100  # a probability from which EM takes hundreds of iterations to anything, if it moves at all
_MOST = 20  # probabilities of 0 that are tried one by one
_OFF_ZERO = 1e-4  # so far each is moved


def maximum_beside_zeros(step: Step, most_passes: float) -> Generator[None, None, str]:
    """A maximum, in words; where EM can't move a probability off 0, it may be none beside it. Yields at each pass."""
    model, theta = step.problem.model, fields_of(step.params, step.problem.model)
    zeros = [one for one in entries(model, step.params) if _is_a_zero(theta[one.path], one)]
    if len(zeros) > min(_MOST, most_passes):
        return "a maximum as long as the probabilities that are 0 stay so"
    for zero in zeros:
        moved_off = moved(step.params, zero, _OFF_ZERO)
        if not admissible(model, moved_off):
            continue
        with one_blas_thread():
            height = step.problem.at(moved_off).objective
        yield
        if height > step.objective + 1e-12 * abs(step.objective):
            what = words_of_entry(step, zero.path, zero.index)
            return f"a maximum only as long as {what} stays 0: above it the objective rises"
    return "a maximum"


def _is_a_zero(field: Field, entry: Entry) -> bool:
    return field.domain in ("simplex", "probability") and field.array[entry.index] <= _NO_PROBABILITY
