r"""α, β and ξ as Rabiner defines them, not scaled, and as they are when scaled (Rabiner 1989, Proc. IEEE 77:257).

α_t(j) = p(x_1 … x_t, z_t = j)        β_t(i) = p(x_{t+1} … x_T | z_t = i), with β_T the stop probability or 1
ξ_t(i, j) = p(z_t = i, z_{t+1} = j | x) = α_t(i) A(i, j) p(x_{t+1} | j) β_{t+1}(j) / p(x)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from engine.arrays import Array, log_sum_exp
from engine.em.row_text import RowName
from engine.errors import EngineError
from engine.explain.quantity import Quantity
from engine.models.hmm.forward_backward import Chain

_SCALED = "scaled, each row divided by a factor of its own"


class Recursions:
    """Both recursions in logs, one sequence below another.

    chain: without the stop probabilities. stop: (S,) those; None without.
    """

    def __init__(self, chain: Chain, stop: Array | None, row_name: RowName) -> None:
        self.chain, self.stop, self.row_name = chain, stop, row_name

    @cached_property
    def forward(self) -> Array:
        """(T, S) ln α."""
        phi, A, first = self.chain.log_potentials.T, self.chain.log_transition, set(self.chain.first.tolist())
        out = np.array(phi)
        for t in range(len(out)):
            if t not in first:
                out[t] += log_sum_exp(out[t - 1][:, None] + A, 0)
        return out

    @cached_property
    def backward(self) -> Array:
        """(T, S) ln β."""
        phi, A, last = self.chain.log_potentials.T, self.chain.log_transition, set(self.chain.last.tolist())
        out = np.zeros_like(phi)
        with np.errstate(divide="ignore"):
            end = 0.0 if self.stop is None else np.log(self.stop)
        for t in reversed(range(len(out))):
            out[t] = end if t in last else log_sum_exp(A + phi[t + 1] + out[t + 1], 1)
        return out

    @cached_property
    def evidence(self) -> Array:
        """(T,) ln p(x) of the sequence that each row is of."""
        last = self.chain.last
        each = log_sum_exp(self.forward[last] + self.backward[last], 1)
        if not np.isfinite(each).all():
            raise EngineError("no path explains one of the sequences: its p(x) is 0, and it has no α, β or ξ to share.")
        return np.repeat(each, self.chain.lengths)

    @cached_property
    def so_far(self) -> Array:
        """(T,) ln p(x_1 … x_t)."""
        return log_sum_exp(self.forward, 1)

    def alpha(self) -> Quantity:
        """α, and α divided by p(x_1 … x_t)."""
        scaled = np.exp(self.forward - self.so_far[:, None])
        words = f"α is {_SCALED}: α itself is p(x_1 … x_t, z_t), and its last row sums to p(x)"
        return Quantity("alpha", np.exp(self.forward), (1,), True, self.place, usual=((words, scaled),), alone=True)

    def beta(self) -> Quantity:
        """β, and β divided by the scales of α from the next row on (Bishop), from this one (Rabiner), or by its sum."""
        rest = self.evidence - self.so_far
        before = np.concatenate([[0.0], self.so_far[:-1]])
        before[self.chain.first] = 0.0
        scales = (rest, self.evidence - before, log_sum_exp(self.backward, 1))
        words = f"β is {_SCALED}: β itself is p(x_t+1 … x_T | z_t)"
        usual = tuple((words, np.exp(self.backward - scale[:, None])) for scale in scales)
        return Quantity("beta", np.exp(self.backward), (1,), True, self.place, usual=usual, alone=True)

    def xi(self) -> Quantity:
        """ξ of every pair of rows that follow one another, and ξ that is not divided by p(x)."""
        chain = self.chain
        before = np.setdiff1d(np.arange(chain.n_rows), chain.last)
        after = self.backward[before + 1] + chain.log_potentials.T[before + 1]
        joint = self.forward[before][:, :, None] + chain.log_transition + after[:, None, :]
        values = np.exp(joint - self.evidence[before][:, None, None])

        def place(index: tuple[int, ...]) -> str:
            t, i, j = index
            return f"{self.row_name(int(before[t]))}, from state {i + 1} to state {j + 1}"

        words = "ξ is not divided by p(x): the pairs of a row sum to 1"
        return Quantity("xi", values, (1, 2), True, place, usual=((words, np.exp(joint)),), alone=True)

    def place(self, index: tuple[int, ...]) -> str:
        """A row and a state."""
        return f"{self.row_name(index[0])}, state {index[1] + 1}"

    @property
    def quantities(self) -> dict[str, Callable[[], Quantity]]:
        """By their names, each computed when it is asked for."""
        return {"alpha": self.alpha, "beta": self.beta, "xi": self.xi}
