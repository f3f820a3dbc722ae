"""Training and test rows, by a seed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import IntArray, as_numbers
from engine.errors import DataError, OptionError
from engine.options import whole_number

_VALIDATION = 1  # parts its draws from those of the split and of the start, which the same seed makes


@dataclass(frozen=True, eq=False)
class Split:
    """Which rows are trained on and which are held back; both rising, together every row once."""

    train: IntArray
    test: IntArray


def train_test_split(
    y: Any, *, train_share: float = 0.6, stratified: bool = True, seed: int = 0, sample_weight: Any = None
) -> Split:
    """Draw the training rows: `train_share` of all, the same share of every class where it is stratified.

    Rows of weight 0 are not drawn: the others are what they would be without them. They stand among the test rows,
    where they count for nothing.

    Args:
        y: (n,) the class of each row, −1 where unknown (a class of its own here).
        train_share: of the rows, above 0 and below 1.
        stratified: draw within each class, so that each keeps its share; else from all rows alike.
        seed: the same seed gives the same rows.
        sample_weight: (n,) of the rows; None where each counts.

    Raises:
        OptionError: a share or a seed that can't be used.
        DataError: too few rows for both parts; stratified, a class of one row.
    """
    if isinstance(train_share, bool) or not isinstance(train_share, (int, float)) or not 0.0 < train_share < 1.0:
        raise OptionError(f"train_share must be a number above 0 and below 1, not {train_share!r}.")
    whole_number("seed", seed, 0)
    labels = np.asarray(y)
    if labels.ndim != 1:
        raise DataError(f"y must have one class a row, not shape {labels.shape}.")
    if sample_weight is not None:
        weight = as_numbers(sample_weight, "sample_weight", "numbers, one a row")
        if weight.shape != labels.shape:
            raise DataError(f"sample_weight must have one number a row ({len(labels)}), not shape {weight.shape}.")
        if not (weight > 0).all():
            counted = np.flatnonzero(weight > 0)
            among = train_test_split(labels[counted], train_share=train_share, stratified=stratified, seed=seed)
            train = counted[among.train]
            return Split(train, np.setdiff1d(np.arange(len(labels)), train))
    n, generator = len(labels), np.random.default_rng(seed)
    if n < 2:
        raise DataError(f"{n} rows can't be split into training and test rows: at least 2 are needed.")
    if not stratified:
        train = generator.permutation(n)[: _count(n, train_share)]
    else:
        classes, code, sizes = np.unique(labels, return_inverse=True, return_counts=True)
        if sizes.min() < 2:
            alone = classes[sizes.argmin()]
            raise DataError(f"class {alone} has a single row, which can't be split: leave it out, or don't stratify.")
        shares = _shares(sizes, train_share)
        parts = [generator.permutation(np.flatnonzero(code == c))[:k] for c, k in enumerate(shares)]
        train = np.concatenate(parts)
    chosen = np.zeros(n, dtype=bool)
    chosen[train] = True
    return Split(np.flatnonzero(chosen), np.flatnonzero(~chosen))


def validation_split(y: Any, train: IntArray, *, share: float = 0.25, seed: int = 0) -> Split:
    """Training rows once more in two: those to fit (`train`) and validation rows (`test`), to choose by.

    Each class keeps its share; the row of a class that has a single one among the training rows is fitted.

    Args:
        y: (n,) the class of every row of the table.
        train: the training rows, rising.
        share: of the training rows that are held back for validation, above 0 and below 1.
        seed: the same seed gives the same rows; they are drawn independently of the test rows of that seed.

    Raises:
        OptionError: a share that can't be used.
        DataError: no class has two training rows.
    """
    classes, code, sizes = np.unique(np.asarray(y)[train], return_inverse=True, return_counts=True)
    several = np.flatnonzero(sizes[code] > 1)
    if not len(several):
        raise DataError(
            f"{len(train)} training rows of {len(classes)} classes leave none to choose by: give more rows."
        )
    drawn = int(np.random.default_rng((seed, _VALIDATION)).integers(2**31))
    inner = train_test_split(code[several], train_share=round(1.0 - share, 12), seed=drawn)
    held_back = train[several[inner.test]]
    return Split(np.setdiff1d(train, held_back), held_back)


def _count(n: int, share: float) -> int:
    """The whole number nearest to share · n that leaves a row on either side."""
    return min(max(math.floor(share * n + 0.5), 1), n - 1)


def _shares(sizes: IntArray, share: float) -> list[int]:
    """How many rows of each class, 1 to size − 1, so that the total is as near to share · n as these limits let it.

    Every class gets the whole part of its share; what is left goes to the largest remainders (Hamilton's method).
    """
    wanted = share * sizes
    counts = np.clip(np.floor(wanted), 1, sizes - 1).astype(np.int64)
    left = _count(int(sizes.sum()), share) - int(counts.sum())
    for c in np.argsort(-(wanted - counts), kind="stable"):
        if left > 0 and counts[c] < sizes[c] - 1 and wanted[c] > counts[c]:
            counts[c] += 1
            left -= 1
    return [int(count) for count in counts]
