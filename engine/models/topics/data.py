"""Documents as counts of words: checked once, and kept sparse whatever they came as."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from engine.arrays import Array, IntArray, Rows
from engine.em.observations import Observations
from engine.em.row_text import RowText
from engine.errors import DataError
from engine.models.mixture import checked_table, checked_weights


@dataclass(frozen=True, eq=False)
class Corpus(Observations):
    """n documents over V words.

    Attributes:
        X: (n, V) counts, a float64 `scipy.sparse.csr_array` without stored zeros.
        held_out: (n,) documents that are kept out of the fit, which have weight 0; None where there are none.
    """

    held_out: Any = None

    @property
    def n_rows(self) -> int:
        """How many documents there are."""
        return int(self.X.shape[0])

    @property
    def n_words(self) -> int:
        """V, how many words the vocabulary has."""
        return int(self.X.shape[1])

    @cached_property
    def lengths(self) -> Array:
        """(n,) words in each document."""
        return np.asarray(self.X.sum(axis=1), dtype=np.float64).ravel()

    @cached_property
    def word_counts(self) -> Array:
        """(V,) how often each word occurs, documents by their weights."""
        return np.asarray(self.X.T @ self.weights, dtype=np.float64)

    @cached_property
    def whole(self) -> bool:
        """Every count is a whole number, so that the topic of each single word can be drawn."""
        return bool(np.all(self.X.data == np.floor(self.X.data)))

    @property
    def weights(self) -> Array:
        """(n,) what each document counts."""
        return np.ones(self.n_rows) if self.sample_weight is None else self.sample_weight

    def take(self, rows: Rows) -> Corpus:
        """The chosen documents alone, with their weights."""
        weight = None if self.sample_weight is None else self.sample_weight[rows]
        return Corpus(self.X[rows], sample_weight=weight)


def corpus_of(X: Any, sample_weight: Any = None, held_out: float = 0.0) -> Corpus:
    """Counts, dense or sparse, as a `Corpus`; a share of the documents is held out, evenly spaced.

    Raises DataError for no table of counts, the first entry below 0 or not finite, or every document held out.
    """
    counts = _counts(X)
    n = counts.shape[0]
    weights = checked_weights(sample_weight, n)
    if held_out == 0.0:
        return Corpus(counts, sample_weight=weights)
    place = np.floor(np.arange(n + 1) * held_out + 1e-9)
    kept_out = np.diff(place) > 0
    weights = np.where(kept_out, 0.0, np.ones(n) if weights is None else weights)
    if not weights.any():
        raise DataError("every document that has a weight is held out: hold out a smaller share.")
    return Corpus(counts, sample_weight=weights, held_out=kept_out)


def need_words(data: Corpus) -> None:
    """Raises DataError where the documents to fit have no word at all."""
    if not data.word_counts.any():
        raise DataError("no document of the fit has a word in it: give counts above 0, documents × vocabulary.")


def need_whole_counts(data: Corpus, otherwise: str = "take e_step=variational") -> None:
    """Raises DataError at the first count of which no single words can be drawn; otherwise: what else to do."""
    if data.whole:
        return
    entry = int(np.flatnonzero(data.X.data != np.floor(data.X.data))[0])
    row, column = _place(data.X, entry)
    raise DataError(
        RowText(
            "the count at ",
            row,
            f", column {column + 1} is {data.X.data[entry]:zg}: to draw a topic for each word, counts must be whole "
            f"numbers; round them, or {otherwise}.",
        )
    )


def _counts(X: Any) -> Any:
    from scipy.sparse import csr_array, issparse

    sparse: bool = issparse(X)
    if not sparse:
        table = checked_table(X, what="the counts")
        if table.min() < 0:
            row, column = (int(i) for i in np.argwhere(table < 0)[0])
            raise _negative(row, column, float(table[row, column]))
        return csr_array(table)
    if X.ndim != 2 or 0 in X.shape:
        raise DataError(f"the counts have the shape {X.shape}: at least one document and one word are needed.")
    if X.dtype.kind not in "biuf":
        raise DataError(f"the counts must be numbers, not {X.dtype}.")
    counts: Any = csr_array(X.tocsr(), dtype=np.float64)
    if not counts.has_canonical_format or (counts.data == 0).any():
        counts = counts.copy()
        counts.sum_duplicates()
        counts.eliminate_zeros()
    wrong = ~np.isfinite(counts.data) | (counts.data < 0)
    if wrong.any():
        entry = int(np.flatnonzero(wrong)[0])
        raise _negative(*_place(counts, entry), float(counts.data[entry]))
    return counts


def by_document(cells: Array, indptr: IntArray) -> Array:
    """(m,) or (m, K) sums over each document's stored cells, (nnz,) or (nnz, K); 0 for an empty one."""
    sums = np.zeros((len(indptr) - 1, *cells.shape[1:]))
    full = np.flatnonzero(np.diff(indptr))
    if len(full):
        sums[full] = np.add.reduceat(cells, indptr[full], axis=0)
    return sums


def _place(counts: Any, entry: int) -> tuple[int, int]:
    """Row and column of a stored entry."""
    return int(np.searchsorted(counts.indptr, entry, side="right")) - 1, int(counts.indices[entry])


def _negative(row: int, column: int, value: float) -> DataError:
    return DataError(
        RowText(
            "the count at ",
            row,
            f", column {column + 1} is {value:zg}: counts must be finite numbers of at least 0.",
        )
    )
