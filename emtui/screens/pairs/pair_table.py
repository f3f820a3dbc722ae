"""The correlations of a pair plot as a table: every pair of features, of all rows and in each group."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from emtui.exports.study_tables import Pairs
from emtui.screens.pairs.group_statistics import Columns
from emtui.screens.pairs.groupings import Grouping
from engine.data.dataset import Dataset

_AT_ONCE = 12  # columns of each half: their products are as many numbers a row as 24 columns have pairs

Part = list[tuple[str, str, list[float]]]


def pairs_of(data: Dataset, groups: Grouping) -> Pairs:
    """Every pair of columns, x before y, from the rows that the pictures look at."""
    shares = np.zeros((len(groups.rows), 0)) if groups.shares is None else groups.shares
    names = groups.names if groups.shares is not None else ()
    starts = range(0, data.n_features, _AT_ONCE)

    def parts() -> Iterator[Part]:
        for first in starts:
            for second in starts[starts.index(first) :]:
                columns = sorted({*_block(first, data), *_block(second, data)})
                r = Columns.of(data.X[:, columns][groups.rows]).correlations(shares)
                yield [
                    (data.feature_names[columns[i]], data.feature_names[columns[j]], r[:, i, j].tolist())
                    for i, j in combinations(range(len(columns)), 2)
                    if columns[i] in _block(first, data) and columns[j] in _block(second, data)
                ]

    return Pairs(names, parts)


def _block(start: int, data: Dataset) -> range:
    return range(start, min(start + _AT_ONCE, data.n_features))
