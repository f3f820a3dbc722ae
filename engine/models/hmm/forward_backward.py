r"""Forward and backward through a hidden Markov chain, scaled: probabilities that are brought to sum 1 on the way.

Everything but the transitions lies in the potentials of the rows, π_i at the first row and stop_i at the last included:

    p(x, z) = Π_t φ_t(z_t) · Π_{t not first} A(z_{t−1}, z_t)

    forward    a_t(j) ∝ φ_t(j) Σ_i a_{t−1}(i) A(i, j)          p(z_t | x_1 … x_t)
    backward   w_t(i) ∝ φ_t(i) Σ_j A(i, j) w_{t+1}(j)          p(x_t … x_T | z_t)
    posterior  γ_t(j) ∝ w_t(j) Σ_i a_{t−1}(i) A(i, j)
    pairs      ξ_t(i, j) = a_{t−1}(i) A(i, j) w_t(j) / Σ …       Rabiner 1989, Proc. IEEE 77:257; Bishop 2006, 13.2
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, IntArray
from engine.models.hmm.blocks import Blocks

SCALABLE = 1e-30
"""With no transition below it nothing that matters can underflow: what a state lost comes back from the others."""
_NEGLIGIBLE, _SLIGHT = 1e-14, 1e-10
_FEW_STATES = 20  # of more, operators cost more than walking the chain step by step
_STEPS_UNSCALED = 4  # at most SCALABLE a step: 1e-120 is far from underflow


@dataclass(frozen=True, eq=False)
class Chain:
    """The joint p(x, z) of all sequences, one below another, in logs.

    Attributes:
        log_potentials: (S, T) ln φ_t; −inf where a state is impossible at a row.
        log_transition: (S, S) ln A.
        first: (N,) the row at which each sequence begins.
    """

    log_potentials: Array
    log_transition: Array
    first: IntArray

    @property
    def n_rows(self) -> int:
        """T, the number of rows."""
        return int(self.log_potentials.shape[1])

    @cached_property
    def last(self) -> IntArray:
        """(N,) the row at which each sequence ends."""
        return np.append(self.first[1:], self.n_rows) - 1

    @cached_property
    def lengths(self) -> IntArray:
        """(N,) rows of each sequence."""
        return self.last - self.first + 1

    @property
    def backwards(self) -> Chain:
        """The chain in reverse."""
        return Chain(self.log_potentials[:, ::-1], self.log_transition.T, self.n_rows - 1 - self.last[::-1])

    def tempered(self, temperature: float) -> Chain:
        """p(x, z)^(1/temperature), which is a chain, too."""
        return Chain(self.log_potentials / temperature, self.log_transition / temperature, self.first)

    @property
    def scalable(self) -> bool:
        """Whether no transition is so small that the scaled recursion could lose digits that matter."""
        return bool(np.exp(self.log_transition.min()) >= SCALABLE)


@dataclass(frozen=True, eq=False)
class Smoothed:
    """What the scaled forward and backward tell of q(z).

    Attributes:
        responsibilities: (S, T) γ_t.
        transitions: (S, S) Σ_t w ξ_t, w the weight of each sequence.
        log_evidence: (N,) ln Σ_z p(x, z) of each sequence; −inf where no path explains it.
    """

    responsibilities: Array
    transitions: Array
    log_evidence: Array

    @property
    def lost(self) -> NDArray[np.bool_]:
        """(N,) the sequences that no path explains: every path has the same share of them."""
        return np.isneginf(self.log_evidence)


def smooth_scaled(chain: Chain, weight: Array) -> Smoothed | None:
    """Forward and backward; None where they can't be had this way, and logs are needed. weight: (N,) of the sequences.

    Transitions below `SCALABLE` are lifted to it. How often q then expects to take one of them bounds how far q and the
    log-likelihood can be off: where that is less than rounding, for no state more than a slight share of its rows, they
    are right.
    """
    exact, first, lengths = np.exp(chain.log_transition), chain.first, chain.lengths
    A = np.maximum(exact, SCALABLE)
    potentials, top = relative(chain.log_potentials)
    forward, backward = forward_backward(potentials, A, first)
    gamma = np.ones_like(forward)
    np.matmul(A.T, forward[:, :-1], out=gamma[:, 1:])
    gamma[:, first] = 1.0
    log_evidence = np.add.reduceat(np.log(np.einsum("st,st->t", gamma, potentials)) + top, first)
    gamma *= backward
    total = gamma.sum(axis=0)
    gamma /= total
    lost = np.isneginf(log_evidence)
    each = np.repeat(np.where(lost, 0.0, 1.0), lengths)
    each[first] = 0.0
    each /= total
    lifted = exact < SCALABLE
    if lifted.any():
        pairs = A * (forward[:, :-1] @ (backward[:, 1:] * each[1:]).T)
        entered = np.where(lifted, pairs, 0.0).sum(axis=0)
        if not (entered.sum() <= _NEGLIGIBLE and (chain.n_rows * entered <= _SLIGHT * gamma.sum(axis=1)).all()):
            return None
    each *= np.repeat(weight, lengths)
    pairs = exact * (forward[:, :-1] @ (backward[:, 1:] * each[1:]).T)
    gamma[:, np.repeat(lost, lengths)] = 1.0 / len(A)
    return Smoothed(gamma, pairs + evenly(chain, lost, weight), log_evidence)


def filter_scaled(chain: Chain) -> Array:
    """(S, T) ln p(z_t | x_1 … x_t), without a constant for each row; only for chains that are `scalable`."""
    potentials, _ = relative(chain.log_potentials)
    with np.errstate(divide="ignore"):
        return np.log(forward_backward(potentials, np.exp(chain.log_transition), chain.first)[0])


def evenly(chain: Chain, lost: NDArray[np.bool_], weight: Array) -> Array:
    """What sequences that no path explains add to each pair of states: the same, 1/S² a transition."""
    return np.asarray(weight[lost] @ (chain.lengths[lost] - 1.0) / len(chain.log_transition) ** 2)


def relative(log_potentials: Array) -> tuple[Array, Array]:
    """Potentials (S, T) brought to a largest of 1 at each row, and the logs (T,) of what they were divided by.

    A row that no state explains has potentials of 1 and a log of −inf.
    """
    top = log_potentials.max(axis=0)
    lost = np.isneginf(top)
    if not lost.any():
        potentials = log_potentials - top
        return np.exp(potentials, out=potentials), top
    potentials = np.exp(log_potentials - np.where(lost, 0.0, top))
    potentials[:, lost] = 1.0
    return potentials, top


def forward_backward(potentials: Array, transition: Array, first: IntArray) -> tuple[Array, Array]:
    """Both recursions, each row of sum 1: (S, T) a_t, and (S, T) w_t but for a constant for each row.

    Args:
        potentials: (S, T) with a largest of 1 at each row.
        transition: (S, S) none of them below `SCALABLE`.
        first: (N,) where the sequences begin.
    """
    blocks = Blocks.of(potentials.shape[1], first, side_by_side=len(transition) <= _FEW_STATES)
    phi = blocks.split(potentials, 1.0)
    A, from_left = np.ascontiguousarray(transition), np.ascontiguousarray(transition.T)
    a, after = _between_blocks(phi, from_left, blocks)
    forward, backward = np.empty_like(phi), np.empty_like(phi)
    for step, begins in enumerate(blocks.begins):
        a = np.matmul(from_left, a, out=forward[step])
        a *= phi[step]
        if len(begins):
            a[:, begins] = phi[step][:, begins]
        if step % _STEPS_UNSCALED == _STEPS_UNSCALED - 1:
            a /= a.sum(axis=0)
    for step in reversed(range(blocks.n_steps)):
        w = np.multiply(phi[step], after, out=backward[step])
        if step % _STEPS_UNSCALED == 0:
            w /= w.sum(axis=0)
        np.matmul(A, w, out=after)
        if len(blocks.begins[step]):
            after[:, blocks.begins[step]] = 1.0  # the row before is the last of its sequence
    states = blocks.joined(forward)
    states /= states.sum(axis=0)
    return states, blocks.joined(backward)


def _between_blocks(phi: Array, from_left: Array, blocks: Blocks) -> tuple[Array, Array]:
    """What the blocks need of one another: (S, B) a before each block, and (S, B) Σ_j A(i, j) w(j) after each.

    Both follow from what a block does to every possible state i before it: M[j, i, b], the product of its matrices
    A diag(φ_t), in which a sequence that begins forgets what came before. What comes before looks as far as that, too:
    `ahead` is Σ_j M[j, i, b] up to the first row that begins a sequence.
    """
    S, B = len(from_left), blocks.n_blocks
    before, after = np.full((B, S), 1.0 / S), np.ones((B, S))
    if B == 1:
        return before.T, after.T
    made, ahead, is_cut = np.empty((S, S, B)), np.empty((S, B)), np.zeros(B, dtype=bool)
    M = np.broadcast_to(np.eye(S)[:, :, None], (S, S, B)).copy()
    for step, begins in enumerate(blocks.begins):
        if len(begins):
            fresh = begins[~is_cut[begins]]
            ahead[:, fresh], is_cut[fresh] = M[:, :, fresh].sum(axis=0), True
        np.matmul(from_left, M.reshape(S, -1), out=made.reshape(S, -1))
        np.multiply(made, phi[step][:, None, :], out=M)
        if len(begins):
            M[:, :, begins] = phi[step][:, None, begins]
        if step % _STEPS_UNSCALED == _STEPS_UNSCALED - 1:
            M /= M.sum(axis=(0, 1))
    M /= M.sum(axis=(0, 1))
    operators = np.ascontiguousarray(M.transpose(2, 0, 1))
    for b in range(1, B):
        a = np.dot(operators[b - 1], before[b - 1], out=before[b])
        if b % _STEPS_UNSCALED == 0:
            a /= a.sum()
    for b in range(B - 1, 0, -1):
        w = after[b - 1]
        if is_cut[b]:
            w[:] = ahead[:, b]
        else:
            np.dot(after[b], operators[b], out=w)
        if b % _STEPS_UNSCALED == 0:
            w /= w.sum()
    before /= before.sum(axis=1, keepdims=True)
    after /= after.sum(axis=1, keepdims=True)
    return np.ascontiguousarray(before.T), np.ascontiguousarray(after.T)
