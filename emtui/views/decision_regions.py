"""Decision regions: what both methods say along one or two features, the others held; of any supervised model.

A model is asked for the class probabilities (or the means of numbers) over a grid, and for those of the rows near it:
nothing else of it is known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emtui.networks.scores import said_by, said_exactly
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import TrainTestSplit
from emtui.views.projection import nearest_row
from emtui.views.slice_choice import SliceChoice, SliceRows, rows_near, slice_of
from engine.analysis.input_slice import InputSlice, decision_regions, predicted_means
from engine.arrays import Array, IntArray

FINE, COARSE = (48, 72), (20, 40)
"""(rows, columns) of the grid: where a prediction costs little, and where it costs much."""
_POINTS_SHOWN = 1_000


@dataclass(frozen=True, eq=False)
class Regions:
    """What one method says on a slice.

    Attributes:
        plane: where.
        probabilities: (rows, columns, g), the first row at the top; none of a model that learns numbers.
        near: the rows that are drawn there.
        right: (k,) the method gives each of them its own class; all of a model that learns numbers.
        means: (rows, columns) E[y | x] of a model that learns numbers; else None.
        exact: the probabilities are no estimates from draws.
    """

    plane: InputSlice
    probabilities: Array
    near: SliceRows
    right: NDArray[np.bool_]
    means: Array | None = None
    exact: bool = True

    @property
    def winners(self) -> IntArray:
        """(rows, columns) the likeliest class of each point."""
        return np.asarray(self.probabilities.argmax(axis=2))

    @property
    def n_wrong(self) -> int:
        """How many of the rows that are drawn get another class."""
        return int((~self.right).sum())


def regions_of(
    snapshot: StepSnapshot, choice: SliceChoice, shape: tuple[int, int] = FINE
) -> tuple[Regions, Regions | None]:
    """The regions of the model on the screen and of its rival after as many iterations; this may take a moment."""
    comparison, data = snapshot.comparison, snapshot.spec.dataset
    assert comparison is not None
    split = comparison.split
    plane = slice_of(data, split, choice, shape)
    near = rows_near(data, split, choice, plane, _POINTS_SHOWN)
    own = _regions(split, snapshot.step.problem.model, snapshot.step.params, plane, near)
    if comparison.rival_params_here is None:
        return own, None
    return own, _regions(split, comparison.rival_model, comparison.rival_params_here, plane, near)


def _regions(split: TrainTestSplit, model: Any, params: Any, plane: InputSlice, near: SliceRows) -> Regions:
    if split.numeric:
        means = predicted_means(model, params, plane, split.units)
        return Regions(plane, np.empty((*plane.shape, 0)), near, np.ones(len(near.rows), dtype=bool), means)
    said = decision_regions(model, params, plane, split.units, split.prediction)
    exact = said_exactly(params, split.prediction)
    return Regions(plane, said, near, _right(split, model, params, near), exact=exact)


def _right(split: TrainTestSplit, model: Any, params: Any, near: SliceRows) -> NDArray[np.bool_]:
    """Whether each row that is drawn gets its own class; what is drawn at random is drawn as for the scores."""
    part = split.rows(near.held_back)
    rows = part if len(part) <= _POINTS_SHOWN else near.rows
    if not len(near.rows):
        return np.zeros(0, dtype=bool)
    winners = said_by(model, params, split.inputs[rows], split.prediction).argmax(axis=1)
    right = winners == split.targets[rows]
    return np.asarray(right if rows is near.rows else right[np.searchsorted(rows, near.rows)])


def row_at(snapshot: StepSnapshot, choice: SliceChoice, x: float, y: float) -> int | None:
    """The row nearest to a place among those near the slice; along one feature by that feature alone."""
    assert snapshot.comparison is not None
    data, split = snapshot.spec.dataset, snapshot.comparison.split
    near = rows_near(data, split, choice, slice_of(data, split, choice, (1, 1))).rows
    places = [(data.X[near, column], at) for column, at in zip(choice.features, (x, y), strict=False)]
    return nearest_row(near, *places)
