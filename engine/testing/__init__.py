"""`check_model`: the invariants that every model owes, for the tests here and for authors of new models.

    from engine.testing import check_model
    check_model(MyModel(n_components=3), X)

Needs no test framework: a violation is an AssertionError that names the invariant, the step and the numbers.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from engine.em.algorithms import Algorithm, algorithm_named
from engine.em.class_labels import target_codes
from engine.em.model import Model
from engine.testing import run_invariants as of_runs
from engine.testing import step_invariants as of_steps
from engine.testing.case import Case

__all__ = ["check_model"]


def check_model(
    model: Model[Any, Any],
    X: Any,
    y: Any = None,
    *,
    start: Any = None,
    seed: int = 0,
    n_iter: int = 10,
    tolerance: float = 1e-9,
    algorithm: str | Algorithm = "classic",
) -> tuple[str, ...]:
    """Run a model for some iterations and check every invariant that applies to it.

    Args:
        model: the model.
        X: data that it takes: a table whose rows may change places, or a list of sequences that may.
        y: known labels or targets, where the model needs them.
        start: `Model.Params(...)` to begin from; None for the model's own start.
        seed: of the start, of E-steps that draw, and of the permutations and weights that are tried.
        n_iter: how many iterations are walked.
        tolerance: how far apart numbers may be, as a share of them; parameters of two runs a thousand times as far.
        algorithm: how EM is run; it says what must rise.

    Returns:
        The invariants that were checked, in words, without those that don't apply to the model.

    Raises:
        AssertionError: an invariant does not hold; the sentence names it, the step and the numbers.
        EngineError: the data or the start can't be used.
    """
    if model.supervised and y is not None and not model.learns_numbers(y):
        y = target_codes(y)[0]
    case = Case(model, X, y, seed, n_iter, tolerance, algorithm_named(algorithm))
    steps = case.walk(start)
    first = steps[0].params
    checked: list[str] = []
    for step in steps:
        for check in of_steps.CHECKS:
            checked += check(case, step)
    for before, after in pairwise(steps):
        checked += of_steps.ascent(case, before, after)
    checked += of_runs.deterministic(case, start, steps)
    checked += of_runs.left_out(case, start, steps)
    for compare in of_runs.COMPARISONS:
        checked += compare(case, first, steps)
    return tuple(dict.fromkeys(checked))
