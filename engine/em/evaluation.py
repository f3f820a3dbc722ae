"""The E-step's pass at some θ, made when it is first needed, and the q(Z) chosen there."""

from __future__ import annotations

import time
from functools import cached_property
from typing import Any

import numpy as np

from engine.arrays import Array, IntArray, Rows
from engine.em.expectation import EffectiveDraws, Expectation
from engine.em.inference import Inference, settled_by
from engine.em.model import Model, in_its_words
from engine.em.observations import Observations
from engine.em.observed import responsibilities
from engine.parallel import one_blas_thread, row_chunks

_ROWS_AT_ONCE = 65_536


class Evaluation:
    """The E-step's pass at some θ: made once, when first needed; the M-step before and the E-step after share it.

    After the M-step the pass gives log p(X | θ); the next E-step takes the same pass as its expectation.
    """

    def __init__(self, model: Model[Any, Any], data: Observations, params: Any, inference: Inference) -> None:
        self.model, self.data = model, data
        self.params = params
        self.inference = inference
        self._expectation: Expectation | None = None
        self._numbers: tuple[float, float, float] | None = None
        self._seconds = 0.0
        self._remark = ""
        self._effective_draws: EffectiveDraws | None = None

    @property
    def expectation(self) -> Expectation:
        """The expected statistics; computed again if they were released."""
        if self._expectation is not None:
            return self._expectation
        started = time.perf_counter()
        self.data.check_unchanged()
        with one_blas_thread(), in_its_words(self.model):
            expectation = self.model.expect(self.params, self.data, self.inference)
        if self._numbers is None:
            self._seconds = time.perf_counter() - started
            error = expectation.log_likelihood_error
            self._numbers = (expectation.log_likelihood, expectation.entropy, error)
            self._remark, self._effective_draws = expectation.remark, expectation.effective_draws
        self._expectation = expectation
        return expectation

    def _number(self, index: int) -> float:
        if self._numbers is None:
            _ = self.expectation
        assert self._numbers is not None
        return self._numbers[index]

    @property
    def log_likelihood(self) -> float:
        """log p(X | θ)."""
        return self._number(0)

    @property
    def entropy(self) -> float:
        """H(q) for the q chosen at θ."""
        return self._number(1)

    @property
    def log_likelihood_error(self) -> float:
        """The standard error of the log-likelihood if it is an estimate."""
        return self._number(2)

    @property
    def effective_draws(self) -> EffectiveDraws | None:
        """What the log-likelihood was estimated from; None where it wasn't."""
        _ = self.log_likelihood
        return self._effective_draws

    @property
    def remark(self) -> str:
        """What must be said of these numbers, a clause; "" for nothing."""
        self._number(0)
        return self._remark

    @cached_property
    def objective(self) -> float:
        """log p(X | θ) + log p(θ); the bound at the q chosen here + log p(θ) where E-steps are not exact."""
        if self.model.exact:
            return self.log_likelihood + self.log_prior
        expectation = self.expectation
        with one_blas_thread():
            q_value = self.model.q_value(expectation, self.params, self.data)
        return q_value + self.entropy + self.log_prior

    @cached_property
    def log_prior(self) -> float:
        """log p(θ), up to a constant; 0 if there is no prior."""
        return self.model.log_prior(self.params, self.data)

    @property
    def knows_its_objective(self) -> bool:
        """It takes no pass to tell."""
        at_hand = self._expectation is not None or (self._numbers is not None and self.model.exact)
        return at_hand or "objective" in self.__dict__

    def moved(self, params: Any) -> Evaluation:
        """The pass at another θ, where q is chosen anew, of rows too that were given."""
        return Evaluation(self.model, self.data, params, settled_by(self.inference))

    @property
    def seconds(self) -> float:
        """How long the pass took."""
        self._number(0)
        return self._seconds

    def release(self) -> None:
        """Free the statistics; the scalars stay, and the statistics are computed again when they are needed."""
        self._expectation = None


class Posterior:
    """q(Z), materialised when it is read."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation

    def rows(self, rows: Rows) -> Array:
        """The responsibilities of the chosen rows alone: (len(rows), K)."""
        self._evaluation.data.check_unchanged()
        return self._rows(rows)

    def _rows(self, rows: Rows) -> Array:
        at = self._evaluation
        with one_blas_thread():
            return responsibilities(at.model, at.params, at.data, rows, at.inference)

    def counted(self, rows: Rows) -> Array:
        """Those of chosen rows among those that count, as the model numbers them."""
        at = self._evaluation
        with one_blas_thread():
            return at.model.responsibilities(at.params, at.data, rows, at.inference)

    @cached_property
    def responsibilities(self) -> Array:
        """(n, K); every row sums to 1. nan for a row of weight 0 that the model can't take."""
        return self.rows(slice(None))

    @cached_property
    def labels(self) -> IntArray:
        """(n,) the likeliest component of each row, without an (n, K) array; −1 where nothing is known of it."""
        n_rows = self._evaluation.data.n_given
        if "responsibilities" in self.__dict__ or n_rows <= _ROWS_AT_ONCE:
            return _likeliest(self.responsibilities)
        self._evaluation.data.check_unchanged()
        return np.concatenate([_likeliest(self._rows(rows)) for rows in row_chunks(n_rows, _ROWS_AT_ONCE)])


def _likeliest(responsibilities: Array) -> IntArray:
    labels = responsibilities.argmax(axis=1)
    return np.where(np.isnan(responsibilities[:, 0]), -1, labels) if np.isnan(responsibilities).any() else labels
