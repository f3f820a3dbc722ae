"""The expected sufficient statistics of a hidden Markov model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.arrays import Array


@dataclass(frozen=True, eq=False)
class ChainStatistics:
    """What q expects of the paths, by the weights of the sequences.

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
