"""Answers about q that are asked again and again: which rows are drawn, their responsibilities, labels of all rows."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of
from engine.arrays import Array, IntArray
from engine.em.evaluation import Evaluation, Posterior
from engine.em.step import Problem, Step

ROWS_DRAWN = 100_000


class PosteriorCache:
    """The last few answers; all of them follow from a step and can be computed again.

    Args:
        spec_of: the choices that a problem belongs to.
    """

    def __init__(self, spec_of: Callable[[Problem], RunSpec]) -> None:
        self._spec_of = spec_of
        self._labels: tuple[Step, IntArray] | None = None
        self._responsibilities: list[tuple[Evaluation, Array]] = []
        self._drawn: dict[Problem, tuple[IntArray, IntArray]] = {}

    def rows(self, problem: Problem) -> IntArray:
        """The rows of the data set that are drawn: all that the model has, or an even draw where there are too many."""
        return self._places_and_rows(problem)[1]

    def _places_and_rows(self, problem: Problem) -> tuple[IntArray, IntArray]:
        """The drawn rows as the model counts them, and as the data set does: a split leaves rows out."""
        if problem not in self._drawn:
            n_rows, split = problem.data.n_given, split_of(self._spec_of(problem))
            places = np.arange(n_rows)
            if n_rows > ROWS_DRAWN:
                places = np.sort(np.random.default_rng(0).choice(n_rows, ROWS_DRAWN, replace=False))
            self._drawn[problem] = (places, places if split is None else split.train[places])
        return self._drawn[problem]

    def responsibilities(self, step: Step) -> Array | None:
        """q's probabilities for the drawn rows; those of the last two E-steps looked at are kept, to be compared."""
        if step.at_q is None:
            return None
        known = next((r for at, r in self._responsibilities if at is step.at_q), None)
        if known is None:
            known = Posterior(step.at_q).rows(self._places_and_rows(step.problem)[0])
            self._responsibilities = [*self._responsibilities[-1:], (step.at_q, known)]
        return known

    def labels(self, step: Step) -> IntArray | None:
        """Labels under q; those of the last step looked at are kept, since E and M share them."""
        if step.at_q is None:
            return None
        if self._labels is None or self._labels[0].at_q is not step.at_q:
            self._labels = (step, Posterior(step.at_q).labels)
        return self._labels[1]

    def keep_only(self, problems: Collection[Problem]) -> None:
        """Forget what belongs to any other problem."""
        self._drawn = {problem: rows for problem, rows in self._drawn.items() if problem in problems}
        self._responsibilities, self._labels = [], None
