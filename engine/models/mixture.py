"""What every finite mixture shares: p(x) = Σ_k weights_k p(x | θ_k), one pass over the rows in chunks.

A mixture of its own kind gives the log-joint of some rows and the statistics that it needs from them; the E-step,
known labels, weights, chunks and threads are done here.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, IntArray, Rows, as_numbers
from engine.editing.entries import Entry
from engine.em.evaluation import Evaluation
from engine.em.expectation import Expectation
from engine.em.inference import EXACT, GivenRows, Inference, assign, uniforms
from engine.em.model import D, Model, P
from engine.em.row_text import RowText
from engine.em.step import Step
from engine.errors import DataError
from engine.explain.derivation import Worked, WorkedLine
from engine.explain.pulls import DensitySlopes, Pulls, Slopes
from engine.explain.row_states import RowStates
from engine.explain.worked import Explains
from engine.models.mixture_explanation import (
    Densities,
    mixture_row,
    plain_densities,
    weight_lines,
    weight_pulls,
    weight_slopes,
)
from engine.models.probabilities import alive
from engine.parallel import map_reduce, row_chunks

_CHUNK_BYTES = 1_500_000
S = TypeVar("S", bound="tuple[Any, ...]")


@dataclass(frozen=True)
class Mixture(Model[P, D], Explains):
    """A finite mixture; see the module."""

    no_q_by_hand: ClassVar[str] = ""
    takes_new_rows: ClassVar[bool] = True

    @abstractmethod
    def log_joint(self, params: P, data: D, rows: Rows) -> Array:
        """(K, len(rows)) ln weights_k + ln p(x_i | θ_k), in an array that may be overwritten."""

    def collect(self, data: D, rows: slice, responsibilities: Array) -> tuple[Array, ...]:
        """The expected statistics of rows, by weighted responsibilities (K, len(rows)); or override `expect`."""
        raise NotImplementedError(f"{type(self).__name__} must have either collect or an expect of its own")

    def n_columns(self, params: P) -> int:
        """K."""
        return len(params.weights)  # type: ignore[attr-defined]  # every mixture's parameters have weights

    def alive(self, params: P) -> NDArray[np.bool_]:
        """Those with a weight that can be told from none."""
        return alive(params.weights)  # type: ignore[attr-defined]

    @property
    def least_rows(self) -> int:
        """One a component."""
        return self.size or 1

    def rows_per_chunk(self, params: P, data: D) -> int:
        """How many rows make a chunk whose log-joint stays in the cache."""
        return max(256, _CHUNK_BYTES // (8 * max(1, self.n_columns(params))))

    def least_impossible(self, params: P, data: D, rows: IntArray) -> tuple[Array, Array]:
        """Of rows with no chance at θ: how many factors of weights_k p(x_i | θ_k) are 0, and the logs of the others.

        (K, len(rows)) each. With ε in place of each 0, the components with the fewest of them have the row to
        themselves as ε → 0, by the product of their other factors. A model whose densities vanish as a whole has one
        such factor, and every component an equal share.
        """
        n_columns, m = self.n_columns(params), len(rows)
        return np.ones((n_columns, m)), np.zeros((n_columns, m))

    def _assigned(
        self, params: P, data: D, rows: Rows, inference: Inference, draws: Array | None
    ) -> tuple[Array, Array, Array]:
        """q (K, m) of some rows, ln p(x) and the entropy of q (m,)."""
        uniform = None if draws is None else draws[rows]
        log_joint = self._clamped(self.log_joint(params, data, rows), data, rows)
        r, log_evidence, entropy = assign(log_joint, inference, uniform)
        lost = np.flatnonzero(np.isneginf(log_evidence))
        if len(lost):
            of = np.arange(data.n_rows)[rows][lost]
            zeros, logs = self.least_impossible(params, data, of)
            kept = self._clamped(np.where(np.isfinite(logs), 0.0, -np.inf), data, of) == 0
            fewest = np.where(kept, zeros, np.inf).min(axis=0)
            joint = np.where(kept & (zeros == fewest), logs, -np.inf)
            r[:, lost], _, entropy[lost] = assign(joint, inference, None if uniform is None else uniform[lost])
        if isinstance(inference, GivenRows):
            inference.put_in(r, entropy, rows, data.n_rows)
        return r, log_evidence, entropy

    def expect(self, params: P, data: D, inference: Inference = EXACT) -> Expectation:
        """E-step: r_ik = weights_k p(x_i|θ_k) / Σ_j weights_j p(x_i|θ_j), gathered into the expected statistics."""
        draws = uniforms(inference, data.n_rows)

        def one(rows: slice) -> Expectation:
            r, log_evidence, entropy = self._assigned(params, data, rows, inference, draws)
            if data.sample_weight is None:
                return Expectation(self.collect(data, rows, r), float(log_evidence.sum()), float(entropy.sum()))
            weight = data.sample_weight[rows]
            r *= weight
            counted = weight > 0  # a row of weight zero has no influence, even if it is impossible
            log_likelihood = float(log_evidence[counted] @ weight[counted])
            return Expectation(self.collect(data, rows, r), log_likelihood, float(entropy @ weight))

        return map_reduce(row_chunks(data.n_rows, self.rows_per_chunk(params, data)), one)

    def responsibilities(self, params: P, data: D, rows: Rows, inference: Inference = EXACT) -> Array:
        """(len(rows), K) q's probabilities for the chosen rows."""
        r, _, _ = self._assigned(params, data, rows, inference, uniforms(inference, data.n_rows))
        return np.ascontiguousarray(r.T)

    def log_evidence(self, params: P, data: D, rows: Rows = slice(None)) -> Array:
        """(len(rows),) ln p(x_i | θ) of each row by itself."""
        _, log_evidence, _ = assign(self._clamped(self.log_joint(params, data, rows), data, rows), EXACT)
        return log_evidence

    def worked_densities(self, step: Step, row: int) -> Densities:
        """p(x | k) of one row at θ_q: by its log-joint with equal weights, without them; override with a formula."""
        params: Any = step.params_q
        K = len(params.weights)
        even = replace(params, weights=np.full(K, 1.0 / K))
        data: Any = step.problem.data
        return plain_densities(np.asarray(self.log_joint(even, data, np.array([row]))[:, 0] + np.log(K)))

    def worked_row(self, step: Step, row: int) -> Worked:
        """The E-step of a row line by line: weight × density, sum, quotient."""
        return mixture_row(step, row, self.worked_densities(step, row))

    def row_states(self, step: Step, row: int) -> RowStates:
        """The components: q, and ln weights_k p(x | k) at θ; with a known label p(x, z = label) alone."""
        data: Any = step.problem.data
        assert step.posterior is not None
        one = np.array([row])
        log_joint = self._clamped(self.log_joint(step.params, data, one), data, one)[:, 0]
        return RowStates(step.posterior.counted(one)[0], log_joint)

    def density_slopes(self, params: Any, data: Any, entry: Entry) -> DensitySlopes | None:
        """How ln p(x | θ_k) goes with an entry of θ other than a weight; None where there is no formula for it."""
        return None

    def slopes(self, at: Evaluation, params: Any, entry: Entry) -> Slopes | None:
        """Σ_k r_ik ∂ ln p(x_i, k | θ)/∂ of the entry."""
        if entry.path == "weights":
            return weight_slopes(_held(self, at), params, entry)
        found = self.density_slopes(params, at.data, entry)
        return None if found is None else found.held(_held(self, at))

    def pulls(self, at: Evaluation, params: Any, entry: Entry) -> Pulls | None:
        """Of a weight r − w; of others by what `density_slopes` says."""
        if entry.path == "weights":
            return weight_pulls(_held(self, at), params, entry)
        found = self.density_slopes(params, at.data, entry)
        return None if found is None else found.pulls(_held(self, at))

    def parameter_lines(self, step: Step, entry: Entry, after: Any) -> list[WorkedLine] | None:
        """The weights; override with formulas for the others."""
        return weight_lines(step, entry, after)

    def _clamped(self, log_joint: Array, data: D, rows: Rows) -> Array:
        """With a known label z_i, p(x_i, z_i) alone is left of the sum: the other components drop to −inf."""
        if data.y is None:
            return log_joint
        labels = data.y[rows]
        known = np.flatnonzero(labels >= 0)
        kept = log_joint[labels[known], known]
        log_joint[:, known] = -np.inf
        log_joint[labels[known], known] = kept
        return log_joint


def _held(model: Mixture[Any, Any], at: Evaluation) -> Array:
    """(n, K) what q holds, chosen there."""
    return model.responsibilities(at.params, at.data, slice(None), at.inference)


def checked_weights(sample_weight: Any, n_rows: int) -> Array | None:
    """Weights as (n,) float64, or None. Raises DataError where they are not finite, non-negative, or all zero."""
    if sample_weight is None:
        return None
    weights = as_numbers(sample_weight, "sample_weight", "numbers, one a row")
    if weights.shape != (n_rows,):
        raise DataError(f"sample_weight must have one number a row ({n_rows}), not shape {weights.shape}.")
    if not np.all(np.isfinite(weights)) or np.any(weights < 0):
        row = int(np.flatnonzero(~np.isfinite(weights) | (weights < 0))[0])
        raise DataError(
            RowText("sample_weight of ", row, f" is {weights[row]}: weights must be finite and at least 0.")
        )
    if not weights.sum() > 0:
        raise DataError("sample_weight is zero for every row: give at least one row a weight above 0.")
    return weights


def checked_labels(y: Any, n_rows: int, n_components: int) -> IntArray | None:
    """Known components as (n,) int64 with −1 where unknown, or None. Raises DataError where they don't fit."""
    if y is None:
        return None
    labels = np.asarray(y)
    if labels.shape != (n_rows,):
        raise DataError(f"y must have one label a row ({n_rows}), not shape {labels.shape}.")
    if not np.issubdtype(labels.dtype, np.number) or np.any(labels != np.floor(labels)):
        raise DataError("y must hold whole numbers: the component 0…K−1 of each row, −1 where it is unknown.")
    labels = labels.astype(np.int64)
    if labels.max(initial=-1) >= n_components or labels.min(initial=0) < -1:
        raise DataError(
            f"y has labels from {labels.min()} to {labels.max()}, but the model has {n_components} components: "
            f"labels must be 0…{n_components - 1}, or −1 where unknown."
        )
    return labels


def check_counts(table: Array) -> None:
    """Raises DataError at an entry that is no whole number from 0 to 2^53, beyond which neighbours are one float."""
    wrong = (table < 0) | (table != np.floor(table)) | (table > 2.0**53)
    if wrong.any():
        row, column = (int(i) for i in np.argwhere(wrong)[0])
        where = f", column {column + 1}" if table.shape[1] > 1 else ""
        raise DataError(
            RowText(
                row,
                f"{where} holds {table[row, column]:z.15g}, which is no count: "
                "each must be a whole number of at least 0 (and at most 2^53).",
            )
        )


def checked_table(X: Any, *, what: str = "X", missing: bool = False) -> Array:
    """X as a C-ordered (n, d) float64 array without copying where it is one; a single column may be (n,).

    Raises DataError for no numbers, no rows, more than two dimensions, or the first entry that is not finite.
    """
    table = as_numbers(X, what)
    if table.ndim == 1:
        table = table[:, None]
    if table.ndim != 2:
        raise DataError(f"{what} must be a table (rows × columns), not an array of {table.ndim} dimensions.")
    if table.shape[0] == 0 or table.shape[1] == 0:
        raise DataError(
            f"{what} has {table.shape[0]} rows and {table.shape[1]} columns: at least one of each is needed."
        )
    with np.errstate(over="ignore", invalid="ignore"):
        total = table.sum()  # one pass without a mask: finite unless an entry is not, or the sum overflows
    if not np.isfinite(total):
        wrong = np.isinf(table) if missing else ~np.isfinite(table)
        if wrong.any():
            row, column = (int(i) for i in np.argwhere(wrong)[0])
            raise DataError(
                RowText(
                    f"{what} holds {table[row, column]} at ",
                    row,
                    f", column {column + 1}: leave that row out or give it a number.",
                )
            )
    return np.ascontiguousarray(table)
