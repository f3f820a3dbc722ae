"""The result of an E-step: expected sufficient statistics, which add up over observations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.em.statistics import Sums, added


class EffectiveDraws(NamedTuple):
    """How many draws of a row count, (Σ w)² / Σ w² of their weights: the fewest of a row, the median, of how many."""

    least: float
    median: float
    drawn: int


@dataclass(frozen=True, eq=False)
class Expectation:
    """The result of one E-step: additive over observations, and small.

    Attributes:
        statistics: the expected sufficient statistics under q, in the model's own form; a tuple becomes `Sums`.
        log_likelihood: log p(X | θ_q); nan where it can't be had.
        entropy: H(q) in nats.
        log_likelihood_error: the standard error of `log_likelihood` where it is an estimate, else 0.
        remark: what must be said of these numbers, a clause: that an estimate is not to be trusted; else "".
        effective_draws: what the log-likelihood was estimated from; None where it wasn't.
    """

    statistics: Any
    log_likelihood: float
    entropy: float
    log_likelihood_error: float = 0.0
    remark: str = ""
    effective_draws: EffectiveDraws | None = None

    def __post_init__(self) -> None:
        """Arrays in a tuple are sums."""
        if type(self.statistics) is tuple:
            object.__setattr__(self, "statistics", Sums(self.statistics))

    def __add__(self, other: Expectation) -> Expectation:
        """The expectation of both sets of rows at one θ. Raises EngineError if the statistics can't be added."""
        return Expectation(
            added(self.statistics, other.statistics),
            self.log_likelihood + other.log_likelihood,
            self.entropy + other.entropy,
            math.hypot(self.log_likelihood_error, other.log_likelihood_error),
            self.remark or other.remark,
            self.effective_draws or other.effective_draws,
        )
