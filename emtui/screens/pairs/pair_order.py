"""Which features a pair plot shows, and the order of its pairs: arithmetic, no pictures."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

from emtui.views.column_separation import ranked_columns
from emtui.views.dataset_cache import remembered
from engine.data.dataset import Dataset

Pair = tuple[int, int]


@dataclass(frozen=True)
class PairOrder:
    """Features in the order of their rank, the best separated first; pairs of the first ones come first.

    Pair number p is that of the ranks (low, high) with p = high (high − 1) / 2 + low, low < high.
    """

    ranked: tuple[int, ...]

    @classmethod
    def of(cls, data: Dataset) -> PairOrder:
        """That of a table; made once."""
        return remembered(data, "order of pairs", lambda: cls(tuple(ranked_columns(data.X).tolist())))

    @property
    def n_pairs(self) -> int:
        """How many pairs there are: d (d − 1) / 2."""
        d = len(self.ranked)
        return d * (d - 1) // 2

    def pair(self, number: int) -> Pair:
        """The pair with this number, counted from 0 and around; its columns in the table's order."""
        number %= max(1, self.n_pairs)
        high = (1 + isqrt(1 + 8 * number)) // 2
        one, other = self.ranked[number - high * (high - 1) // 2], self.ranked[high]
        return min(one, other), max(one, other)

    def number(self, pair: Pair) -> int:
        """The number of a pair."""
        low, high = sorted(self.ranked.index(column) for column in pair)
        return high * (high - 1) // 2 + low

    def window(self, start: int, size: int) -> tuple[int, ...]:
        """The features from this rank on, in the table's order."""
        return tuple(sorted(self.ranked[start : start + size]))

    def scrolled(self, start: int, size: int, by: int) -> int:
        """The rank at which the next window (1) or the one before (−1) begins; the last one is full, too."""
        last = max(0, len(self.ranked) - size)
        if by > 0:
            return 0 if start >= last else min(start + size, last)
        return last if start <= 0 else max(0, start - size)

    def start_for(self, pair: Pair, start: int, size: int) -> int:
        """The window's first rank, moved if needed so that both columns of a pair are in it, if possible."""
        low, high = sorted(self.ranked.index(column) for column in pair)
        last = max(0, len(self.ranked) - size)
        if start <= low and high < start + size:
            return min(start, last)
        return min(low // size * size if high < low // size * size + size else low, last)


def window_pairs(columns: tuple[int, ...]) -> list[Pair]:
    """The pairs of a grid's columns in the order in which they are read: row by row, below the diagonal."""
    return [(columns[j], columns[i]) for i in range(len(columns)) for j in range(i)]
