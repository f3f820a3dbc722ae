"""What the E-steps that are not exact have in common: what they owe, and how their units are looked up row by row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from engine.arrays import Array, Rows
from engine.em.expectation import Expectation
from engine.em.inference import Hard, Inference
from engine.models.network.data import NetworkRows
from engine.models.network.draws import Draws
from engine.models.network.params import NetworkParams


@dataclass(frozen=True)
class ApproximateEStep(ABC):
    """An E-step whose q is not the posterior itself, and whose log-likelihood is an estimate with an error.

    draws: how many configurations of each row the log-likelihood is estimated from.
    """

    draws: int = 100

    name: ClassVar[str] = ""
    exact: ClassVar[bool] = False
    estimates: ClassVar[frozenset[str]] = frozenset({"log_likelihood", "elbo", "kl", "q_value", "entropy"})
    places_matter: ClassVar[bool] = True  # rows draw by their places, so other places give other draws

    @abstractmethod
    def check(self, n_rows: int, sizes: tuple[int, ...], n_classes: int) -> None:
        """Raises EngineError before anything starts where this machine can't do it."""

    @abstractmethod
    def passes(self, sizes: tuple[int, ...]) -> int:
        """How many configurations of each row q is found from, as forward passes; those of the estimate don't count."""

    @abstractmethod
    def expect(self, params: NetworkParams, rows: NetworkRows, inference: Inference) -> Expectation:
        """The statistics, ln p(y | X, θ) with its standard error, and H(q)."""

    @abstractmethod
    def means(self, params: NetworkParams, rows: NetworkRows, inference: Inference) -> Array:
        """(n, Σ m_l) E_q[z] of every row in the order of the design, layer after layer."""

    def drawn(self, params: NetworkParams, rows: NetworkRows, inference: Inference) -> tuple[Draws, ...] | None:
        """The very draws of each hidden layer that `expect` makes its statistics of; None if q is not made of draws."""
        return None

    def units(self, params: NetworkParams, rows: NetworkRows, chosen: Rows, inference: Inference) -> Array:
        """(len(chosen), Σ m_l) E_q[z] of the user's chosen rows.

        Every row is drawn for, so that a row looks the same whichever others are asked for; the last few are kept,
        since a table asks for the same step again and again.
        """
        seed = (0, 0) if isinstance(inference, Hard) else inference.seed
        return rows.in_user_order(_remembered(self, params, rows, inference, seed))[chosen]

    def entropy(self, params: NetworkParams, rows: NetworkRows, inference: Inference) -> float:
        """H(q), drawn once more."""
        return self.expect(params, rows, inference).entropy


@lru_cache(maxsize=4)
def _remembered(
    e_step: ApproximateEStep,
    params: NetworkParams,
    rows: NetworkRows,
    inference: Inference,
    seed: int | tuple[int, int],
) -> Array:
    return e_step.means(params, rows, inference)
