"""What a user picked of a slice through the inputs: which features vary, where the others are held, how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from emtui.spec.train_test_split import TrainTestSplit
from emtui.views.column_separation import best_pair, ranked_columns
from emtui.views.dataset_cache import remembered
from emtui.views.number_format import number, plural
from engine.analysis.input_slice import InputSlice, input_slice
from engine.arrays import Array, IntArray
from engine.data.dataset import Dataset
from engine.text import clean

NEAR = 1.0
"""Rows are near a slice up to this distance: as far from it as a typical row from the means."""
_MOVES = 20  # through the range of a feature
_NAMED = 3  # features whose values are said one by one
N_METHODS = 3  # both, the other one, the explored one


@dataclass(frozen=True)
class SliceChoice:
    """A choice; every change gives another one.

    Attributes:
        features: the columns across and up; one where the data have no other.
        moved: columns that were moved, with their values; every other one that doesn't vary is at its training mean.
        moving: the held column that is moved next; None for the first one.
        hard: every place in the colour of its likeliest class, or each unit on or off; else mixed.
        held_back: the rows that are drawn are those that are held back, where there are any; else those trained on.
        method: 0 for both methods, 1 for the other one alone, 2 for the explored one alone.
        unit: the hidden unit that is marked, counted through all layers.
        large: that unit's map has all the room.
        at_keys: it is looked at where keys move it, so that the column which is moved next has a sign.
    """

    features: tuple[int, ...]
    moved: tuple[tuple[int, float], ...] = ()
    moving: int | None = None
    hard: bool = False
    held_back: bool = True
    method: int = 0
    unit: int = 0
    large: bool = False
    at_keys: bool = True

    def with_features(self, features: tuple[int, ...]) -> SliceChoice:
        """Other features; what was moved stays where it is while it is held."""
        return replace(self, features=features)

    def turned(self, axis: int, by: int, n_features: int) -> SliceChoice:
        """Another feature across (0) or up (1); it is never the same on both."""
        if axis >= len(self.features):
            return self
        chosen = list(self.features)
        for _ in range(n_features):
            chosen[axis] = (chosen[axis] + by) % n_features
            if chosen.count(chosen[axis]) == 1:
                break
        return self.with_features(tuple(chosen))

    def with_method(self, by: int) -> SliceChoice:
        """Both methods, the other one alone, the explored one alone, and round again."""
        return replace(self, method=(self.method + by) % N_METHODS)

    def held(self, n_features: int) -> tuple[int, ...]:
        """The columns that don't vary."""
        return tuple(j for j in range(n_features) if j not in self.features)

    def moving_of(self, n_features: int) -> int | None:
        """The column that is moved next; None where none is held."""
        held = self.held(n_features)
        return self.moving if self.moving in held else next(iter(held), None)

    def next_moving(self, by: int, n_features: int) -> SliceChoice:
        """Move another held column from now on."""
        held, now = self.held(n_features), self.moving_of(n_features)
        return self if now is None else replace(self, moving=held[(held.index(now) + by) % len(held)])

    def with_moved(self, by: int, data: Dataset, split: TrainTestSplit) -> SliceChoice:
        """Move the chosen column by twentieths of its range, within what rows have; the mean is one of the stops."""
        column = self.moving_of(data.n_features)
        if column is None:
            return self
        low, high = float(data.X[:, column].min()), float(data.X[:, column].max())
        mean = float(means_of(data, split)[column])
        step = (high - low) / _MOVES
        if step <= 0:
            return self
        now = dict(self.moved).get(column, mean)
        stops = round((now - mean) / step) + by
        there = mean + stops * step
        moved = {**dict(self.moved), column: min(max(there, low), high)}
        if stops == 0:
            del moved[column]
        return replace(self, moved=tuple(sorted(moved.items())), moving=column)


def first_choice(data: Dataset) -> SliceChoice:
    """The pair of columns that separates best by itself, or the only column there is."""
    if data.n_features == 1:
        return SliceChoice((0,))
    return SliceChoice(remembered(data, "best pair", lambda: best_pair(data.X, ranked_columns(data.X))))


def means_of(data: Dataset, split: TrainTestSplit) -> Array:
    """(p,) the means of the training rows, in the data's own units."""
    return remembered(data, "training means", lambda: data.X[split.train].mean(axis=0), of=split)


def _spreads_of(data: Dataset, split: TrainTestSplit) -> Array:
    return remembered(data, "training spreads", lambda: data.X[split.train].std(axis=0), of=split)


def slice_of(data: Dataset, split: TrainTestSplit, choice: SliceChoice, shape: tuple[int, int]) -> InputSlice:
    """The slice of this choice, in the data's own units; shape: (rows, columns) of its grid."""
    at = means_of(data, split).copy()
    for column, value in choice.moved:
        at[column] = value
    return input_slice(data.X, choice.features, at, columns=shape[1], rows=shape[0])


@dataclass(frozen=True, eq=False)
class SliceRows:
    """The rows that are drawn on a slice.

    rows: (k,) those of the chosen part that lie near, thinned where they are very many. n_near: all that lie near.
    n_rows: of the part. held_back: it is the rows held back.
    """

    rows: IntArray
    n_near: int
    n_rows: int
    held_back: bool


def rows_near(
    data: Dataset, split: TrainTestSplit, choice: SliceChoice, plane: InputSlice, most: int = 1_000
) -> SliceRows:
    """The training or test rows near a slice, `most` of them."""
    held_back = choice.held_back and len(split.test) > 0
    part = split.rows(held_back)
    near = part[plane.distances(data.X[part], _spreads_of(data, split)) <= NEAR]
    rows = near if len(near) <= most else near[np.linspace(0, len(near) - 1, most).astype(np.int64)]
    return SliceRows(rows, len(near), len(part), held_back)


def rows_words(found: SliceRows) -> tuple[str, ...]:
    """`36 of 60 test rows are near the slice (1 sd) and drawn, 24 are not`, and the same in fewer words."""
    kind = "test" if found.held_back else "training"
    drawn = len(found.rows)
    left = found.n_rows - drawn
    if not left:
        return (f"all {plural(drawn, f'{kind} row')} drawn",)
    if drawn < found.n_near:
        near = f"{drawn:,} of the {found.n_near:,} {kind} rows near the slice (1 sd) are drawn"
        return f"{near}, {left:,} of all {found.n_rows:,} are not", f"{drawn:,} {kind} rows drawn, {left:,} not"
    return (
        f"{drawn:,} of {found.n_rows:,} {kind} rows are near the slice (1 sd) and drawn, {left:,} are not",
        f"{drawn:,} of {found.n_rows:,} {kind} rows near (1 sd), {left:,} not drawn",
        f"{drawn:,} of {found.n_rows:,} {kind} rows near, {left:,} not drawn",
    )


def held_words(data: Dataset, split: TrainTestSplit, choice: SliceChoice, sign: str = "▸") -> tuple[str, ...]:
    """Where the features that are not shown are held, a sign before the one that moves next; and in fewer words."""
    held = choice.held(data.n_features)
    if not held:
        return ("its only feature is shown" if data.n_features == 1 else "both features are shown",)
    means, moved = means_of(data, split), dict(choice.moved)
    moving = choice.moving_of(data.n_features) if choice.at_keys else None
    named = [column for column in held if column == moving or column in moved]
    if len(held) <= _NAMED:
        named = list(held)
    names = [f"{sign if column == moving else ''}{clean(data.feature_names[column])}" for column in named]
    values = [number(moved.get(column, float(means[column]))) for column in named]
    means_said = ["" if column in moved else " (mean)" for column in named]
    others = len(held) - len(named)
    rest = [] if not others else [f"the other {others} at their training means"] if others > 1 else ["one at its mean"]
    shorter = [] if not others else [f"{others} at their means"]
    pairs = list(zip(names, values, means_said, strict=True))
    return (
        f"held: {', '.join([*(f'{name} {value}{mean}' for name, value, mean in pairs), *rest])}",
        f"held: {', '.join([*(f'{name} {value}' for name, value, _ in pairs), *shorter])}",
    )
