r"""Sequences that θ makes impossible, explained by their least impossible paths.

Let each probability of 0 on the way be ε instead: p(x, z) = ε^zeros(z) · (the product of the other factors). As ε → 0
the posterior tends to

    q(z) ∝ the product of the factors that are not 0,    over the paths with the fewest zeros

and the M-step that follows gives each of these paths a chance. What no such path uses stays exactly 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, IntArray
from engine.em.inference import Exact, Inference, Tempered, temperature_of
from engine.models.hmm.forward_backward import Chain, Smoothed

_NEGLIGIBLE = 800.0  # exp(−800) is 0
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Factors:
    """The factors of p(x, z): of those that are not 0 the logs, and how many are 0.

    Attributes:
        log_potentials, log_transition: as in `Chain`, without the factors that are 0.
        zeros: (S, T) how many factors of each potential are 0.
        closed: (S, S) which transitions are 0.
        excluded: (S, T) states that are known not to be those of a row; None where nothing is known.
        first: (N,) where the sequences begin.
    """

    log_potentials: Array
    log_transition: Array
    zeros: Array
    closed: Flags
    excluded: Flags | None
    first: IntArray

    @classmethod
    def of(
        cls, log_densities: Array, initial: Array, transition: Array, stop: Array | None, excluded: Flags | None,
        first: IntArray, last: IntArray,
    ) -> Factors:  # fmt: skip
        """From ln p(x | z) and the probabilities of the chain."""
        zeros = np.isneginf(log_densities).astype(np.float64)
        potentials = np.where(zeros > 0, 0.0, log_densities)
        for probabilities, rows in ((initial, first), (stop, last)):
            if probabilities is not None:
                potentials[:, rows] += _log(probabilities)[:, None]
                zeros[:, rows] += (probabilities == 0)[:, None]
        return cls(potentials, _log(transition), zeros, transition == 0, excluded, first)

    def chain(self, inference: Inference) -> Chain:
        """A chain whose likely paths are the least impossible ones: each zero costs more than all else can differ."""
        temperature, A = temperature_of(inference), self.log_transition
        spread = np.add.reduceat(np.ptp(self.log_potentials, axis=0), self.first).max()
        spread += np.diff(self.first, append=self.log_potentials.shape[1]).max() * np.ptp(A)
        cost = spread + _NEGLIGIBLE * max(1.0, temperature)
        potentials = self.log_potentials - cost * self.zeros
        if self.excluded is not None:
            potentials[self.excluded] = -np.inf
        return Chain(potentials, A - cost * self.closed, self.first)


def _log(probabilities: Array) -> Array:
    return np.asarray(np.log(np.where(probabilities > 0, probabilities, 1.0)))


def lost_sequences(chain: Chain, q: Smoothed, inference: Inference) -> Flags:
    """(N,) which sequences no path explains. chain: not tempered."""
    if isinstance(inference, Exact | Tempered):
        return q.lost
    path, rows = q.responsibilities.argmax(axis=0), np.arange(chain.n_rows)  # the only one that q holds
    log_joint = chain.log_potentials[path, rows]
    log_joint[1:] += np.where(np.isin(rows[1:], chain.first), 0.0, chain.log_transition[path[:-1], path[1:]])
    return np.isneginf(np.add.reduceat(log_joint, chain.first))


def part(chain: Chain, chosen: Flags) -> tuple[Chain, Flags]:
    """The chosen sequences (N,) by themselves, and their rows (T,)."""
    rows = np.repeat(chosen, chain.lengths)
    lengths = chain.lengths[chosen]
    return Chain(chain.log_potentials[:, rows], chain.log_transition, np.cumsum(lengths) - lengths), rows
