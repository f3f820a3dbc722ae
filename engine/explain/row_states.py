"""Everything that a row could hide: q and the joint probability of each value of its latent variable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.arrays import Array


@dataclass(frozen=True, eq=False)
class RowStates:
    """The states z of one row.

    Attributes:
        q: (S,) q(z), as the last E-step settled on it.
        log_joint: (S,) ln p(x, z | θ) at the present θ.
        named: what a state is called by its number; None where they are the components.
        times: of how many such variables, all alike, the row is made; 1 where it is one.
        of: what has one such variable, where that is no row: "an animal of the first cell".
    """

    q: Array
    log_joint: Array
    named: Callable[[int], str] | None = None
    times: float = 1.0
    of: str = ""
