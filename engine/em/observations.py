"""The data in the form that a model uses: checked once, and arranged for fast passes."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, IntArray, is_sparse
from engine.em.given import Given, Watch


@dataclass(frozen=True, eq=False)
class Observations:
    """Data in the form that a model uses: checked once, and arranged for fast passes.

    Attributes:
        X: (n, d) the observed rows, in the user's units; a model may keep another form as well.
        y: (n,) known labels or targets, −1 where unknown; None where nothing is known.
        sample_weight: (n,) non-negative weights; None where each row counts once.
        class_labels: (g,) the caller's labels that y counts into; None where they are numbers from 0.
        given: what the caller gave, where rows of weight 0 are kept from the model; these are not among the n.
        watches: over large arrays of the caller's that are read in place.
    """

    X: Any
    y: IntArray | None = None
    sample_weight: Array | None = None
    class_labels: NDArray[Any] | None = field(default=None, kw_only=True)
    given: Given | None = field(default=None, kw_only=True, repr=False)
    watches: tuple[Watch, ...] = field(default=(), kw_only=True, repr=False)

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Keep what is shown here: `dataclass` would show every array."""
        super().__init_subclass__(**keywords)
        if "__repr__" not in vars(cls):
            setattr(cls, "__repr__", Observations.__repr__)  # noqa: B010

    def __repr__(self) -> str:
        """How many rows, of how many columns, and what is known of them."""
        columns = f" × {self.X.shape[1]}" if np.ndim(self.X) == 2 else ""
        known = [what for what, values in (("y", self.y), ("sample_weight", self.sample_weight)) if values is not None]
        return f"{type(self).__name__}({', '.join([f'{self.n_rows}{columns}', *known])})"

    @property
    def n_rows(self) -> int:
        """How many rows there are, whatever their weights."""
        return len(self.X)

    @property
    def number_targets(self) -> Array | None:
        """(n,) the numbers that a supervised model learns; None where it learns classes, or nothing."""
        return None

    @property
    def n_given(self) -> int:
        """How many rows were given, those of weight 0 included: as many as have responsibilities."""
        return self.n_rows if self.given is None else self.given.n_rows

    @property
    def given_weight(self) -> Array | None:
        """(n_given,) the weight of each given row; None where each counts once."""
        return self.sample_weight if self.given is None else self.given.weight

    @cached_property
    def given_table(self) -> Any:
        """(n_given, d) the given rows, those of weight 0 included, in the form of X."""
        if self.given is None:
            return self.X
        X = self.given.X
        if isinstance(X, list):
            X = np.concatenate([np.asarray(one, dtype=np.float64).reshape(len(one), -1) for one in X])
        if is_sparse(self.X):
            return type(self.X)(X)
        return X.reshape(self.n_given, -1)

    def place_of(self, row: int) -> int | None:
        """Where a given row stands in X; None for one of weight 0."""
        if self.given is None:
            return row
        place = int(self.given.places[row])
        return place if place >= 0 else None

    def row_of(self, place: int) -> int:
        """The given row behind a row of X."""
        return place if self.given is None else int(self.given.rows[place])

    def __getstate__(self) -> dict[str, Any]:
        """To be pickled or copied: the fields alone, without what follows from them, and nobody's arrays to watch."""
        owner: Any = self
        state = {part.name: getattr(self, part.name) for part in fields(owner)}
        return state | {"watches": ()}

    def check_unchanged(self) -> None:
        """Raises DataError where a large array of the caller's has changed since the run began."""
        for watch in self.watches:
            watch.check()

    @property
    def total_weight(self) -> float:
        """n, the sum of the weights."""
        return float(self.n_rows if self.sample_weight is None else self.sample_weight.sum())
