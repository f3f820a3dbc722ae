r"""Whole paths through a hidden Markov chain: the likeliest one (Viterbi 1967), or one drawn from the posterior.

p(z_t = i | z_{t+1} = j, x) ∝ a_t(i) A(i, j)          forward filtering, backward sampling (Scott 2002, JASA 97:337)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, IntArray
from engine.models.hmm.forward_backward import Chain, filter_scaled
from engine.models.hmm.forward_backward_log import filter_logs, largest
from engine.parallel import row_chunks

_CHUNK_BYTES = 1_500_000


def viterbi_path(chain: Chain) -> IntArray:
    """(T,) the states of the likeliest path of each sequence; of equal ones, the lower states."""
    return _followed(_pointers(chain, filter_logs(chain, largest), None))


def drawn_path(chain: Chain, seed: int) -> IntArray:
    """(T,) the states of one path of each sequence, drawn from p(z | x)."""
    forward = filter_scaled(chain) if chain.scalable else filter_logs(chain)
    return _followed(_pointers(chain, forward, np.random.default_rng(seed)))


def counted(path: IntArray, chain: Chain, weight: Array) -> tuple[Array, Array]:
    """A path as if it were a posterior: (S, T) ones and zeros, and (S, S) its weighted transitions."""
    S = len(chain.log_transition)
    one_hot = np.zeros((S, len(path)))
    one_hot[path, np.arange(len(path))] = 1.0
    each = np.repeat(weight, chain.lengths)
    each[chain.first] = 0.0
    pairs = np.bincount(path[:-1] * S + path[1:], each[1:], S * S)
    return one_hot, np.asarray(pairs, dtype=np.float64).reshape(S, S)


def _pointers(chain: Chain, forward: Array, generator: np.random.Generator | None) -> NDArray[np.uint16]:
    """(T, S) the state at t for each state at t + 1: the best one, or one drawn; at a last row the same for all."""
    S, T, A = len(chain.log_transition), chain.n_rows, chain.log_transition[:, :, None]
    is_last = np.zeros(T, dtype=bool)
    is_last[chain.last] = True
    pointers = np.empty((T, S), dtype=np.uint16)
    for rows in row_chunks(T, max(8, _CHUNK_BYTES // (8 * S * S))):
        ways = forward[:, None, rows] + np.where(is_last[rows], 0.0, A)
        if generator is None:
            pointers[rows] = ways.argmax(axis=0).T
            continue
        top = ways.max(axis=0)
        ways -= np.where(np.isneginf(top), 0.0, top)
        share = np.exp(ways)
        share[:, np.isneginf(top)] = 1.0  # nothing explains it: any state will do
        cumulated = np.cumsum(share, axis=0)
        uniform = generator.random(ways.shape[2]) * cumulated[-1]
        pointers[rows] = (cumulated <= uniform).sum(axis=0).clip(max=S - 1).T
    return pointers


def _followed(pointers: NDArray[np.uint16]) -> IntArray:
    """(T,) the path that the pointers lead along from the last row back to the first."""
    T, S = pointers.shape
    flat = memoryview(pointers.tobytes()).cast("H")
    path = [0] * T
    state = 0
    for t in range(T - 1, -1, -1):
        state = flat[t * S + state]
        path[t] = state
    return np.array(path, dtype=np.int64)
