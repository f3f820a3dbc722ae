"""The expected sufficient statistics of a hidden Markov model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from engine.arrays import Array
from engine.em.statistics import Statistics


@dataclass(frozen=True, eq=False)
class ChainStatistics(Statistics):
    """What q expects of the paths, by the weights of the sequences; additive over sequences.

    Attributes:
        initial: (S,) how many sequences begin in each state.
        transition: (S, S) steps from one state to another.
        last: (S,) how many sequences end in each state.
        rows: (S,) rows in each state.
        emission: as the kind of emission has it.
    """

    initial: Array
    transition: Array
    last: Array
    rows: Array
    emission: Any

    def as_in(self, other: ChainStatistics) -> ChainStatistics:
        """With the moments of a Gaussian emission in the coordinates of others."""
        own = self.emission
        return replace(self, emission=own.as_in(other.emission)) if isinstance(own, Statistics) else self
