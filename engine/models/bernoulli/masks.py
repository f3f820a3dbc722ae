"""Answers of yes, no and none as two masks, so that a pass over rows of any missing pattern is two matrix products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array

_FINITE_LOG_ZERO = -1e4  # stands for ln 0 in the products, where 0 · −inf would be nan; told apart again afterwards


@dataclass(frozen=True, eq=False)
class Masks:
    """ones, zeros: (n, D), 1 where the answer is yes or no; both are 0 where there is none."""

    ones: Array
    zeros: Array

    @classmethod
    def of(cls, answers: Array, cut: float) -> Masks:
        """The masks of answers (n, D): above the cut is a yes, at most the cut a no, NaN neither."""
        return cls((answers > cut).astype(np.float64), (answers <= cut).astype(np.float64))

    @property
    def seen(self) -> Array:
        """(n, D), 1 where there is an answer."""
        return self.ones + self.zeros

    def log_likelihood(self, probabilities: Array) -> Array:
        """(K, n) Σ_d ones ln p_kd + zeros ln(1 − p_kd), with 0·ln 0 = 0; −inf where an answer is impossible."""
        log_yes, log_no = _finite_log(probabilities), _finite_log(1.0 - probabilities)
        total: Array = log_yes @ self.ones.T
        total += log_no @ self.zeros.T
        never_yes, never_no = probabilities == 0, probabilities == 1
        if never_yes.any() or never_no.any():
            impossible = never_yes.astype(np.float64) @ self.ones.T + never_no.astype(np.float64) @ self.zeros.T
            total[impossible > 0] = -np.inf
        return total

    def zeros_and_logs(self, probabilities: Array) -> tuple[Array, Array]:
        """(K, n) how many answers are impossible, and the log of the product of the others' probabilities."""
        never_yes, never_no = (probabilities == 0).astype(np.float64), (probabilities == 1).astype(np.float64)
        log_yes = np.log(np.where(probabilities > 0, probabilities, 1.0))
        log_no = np.log(np.where(probabilities < 1, 1.0 - probabilities, 1.0))
        return never_yes @ self.ones.T + never_no @ self.zeros.T, log_yes @ self.ones.T + log_no @ self.zeros.T


def _finite_log(values: Array) -> Array:
    """ln of the values, with a large finite number in place of ln 0."""
    return np.where(values > 0, np.log(np.where(values > 0, values, 1.0)), _FINITE_LOG_ZERO)
