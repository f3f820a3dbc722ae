r"""Forward and backward in logs: slower than scaled, and right for every chain, whatever is impossible in it.

    forward    α_t(j) = ln φ_t(j) + ln Σ_i exp(α_{t−1}(i) + ln A(i, j))

With max in place of ln Σ exp it is Viterbi's recursion (1967), and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from engine.arrays import Array, log_sum_exp
from engine.models.hmm.blocks import Blocks
from engine.models.hmm.forward_backward import Chain, Smoothed, evenly
from engine.parallel import row_chunks

Gather = Callable[[Array, int], Array]
"""How the ways into a state are put together: `log_sum_exp` over them, or `largest`."""
_FEW_STATES = 12  # of more, operators cost more than walking the chain step by step
_CHUNK_BYTES = 1_500_000


def largest(values: Array, axis: int) -> Array:
    """The largest along an axis."""
    return np.asarray(values.max(axis=axis))


def filter_logs(chain: Chain, gather: Gather = log_sum_exp) -> Array:
    """(S, T) α_t without a constant for each row; all −inf at a row that no path explains."""
    side_by_side = len(chain.log_transition) <= _FEW_STATES
    blocks = Blocks.of(chain.n_rows, chain.first, side_by_side)
    phi, A = blocks.split(chain.log_potentials, 0.0), chain.log_transition
    a = _before_each_block(phi, A, blocks, gather)
    out = np.empty_like(phi)
    for step, begins in enumerate(blocks.begins):
        a = gather(a[:, None, :] + A[:, :, None], 0)
        a += phi[step]
        if len(begins):
            a[:, begins] = phi[step][:, begins]
        a -= _finite_top(a, 0)
        out[step] = a
    return blocks.joined(out)


def _before_each_block(phi: Array, A: Array, blocks: Blocks, gather: Gather) -> Array:
    """(S, B) the state before each block. M[i, j, b]: what block b makes of a state i before it."""
    S, B = len(A), blocks.n_blocks
    before = np.zeros((S, B))
    if B == 1:
        return before
    with np.errstate(divide="ignore"):
        M = np.broadcast_to(np.log(np.eye(S))[:, :, None], (S, S, B))
    for step, begins in enumerate(blocks.begins):
        M = gather(M[:, :, None, :] + A[None, :, :, None], 1)
        M += phi[step]
        if len(begins):
            M[:, :, begins] = phi[step][:, begins]  # whatever came before
        M -= _finite_top(M, (0, 1))
    for b in range(B - 1):
        a = gather(before[:, b, None] + M[:, :, b], 0)
        top = float(a.max())
        before[:, b + 1] = a - top if np.isfinite(top) else 0.0  # a sequence that is lost must not lose the next one
    return before


def _finite_top(values: Array, axis: int | tuple[int, ...]) -> Array:
    """The largest along the axes, 0 where it is −inf."""
    top = values.max(axis=axis)
    return np.where(np.isneginf(top), 0.0, top)


def smooth_logs(chain: Chain, weight: Array) -> Smoothed:
    """Forward and backward for any chain. weight: (N,) of the sequences."""
    forward, backward = filter_logs(chain), filter_logs(chain.backwards)[:, ::-1]
    found = _smoothed(chain, forward, backward, weight)
    lost = found.lost
    if not lost.any():
        return found
    # Beyond a row that nothing explains a recursion begins again: its results there mean nothing for the paths.
    found = _smoothed(chain, forward, backward, np.where(lost, 0.0, weight))
    found.responsibilities[:, np.repeat(lost, chain.lengths)] = 1.0 / len(chain.log_transition)
    return Smoothed(found.responsibilities, found.transitions + evenly(chain, lost, weight), found.log_evidence)


def _smoothed(chain: Chain, forward: Array, backward: Array, weight: Array) -> Smoothed:
    """γ, Σ w ξ and ln p(x) from both recursions, chunk by chunk."""
    S, T = chain.log_potentials.shape
    gamma, log_rows, pairs = np.empty((S, T)), np.empty(T), np.zeros((S, S))
    each = np.repeat(weight, chain.lengths)
    each[chain.first] = 0.0
    for rows, joint in _joints(chain, forward):
        predicted = log_sum_exp(joint, 0)
        log_rows[rows] = log_sum_exp(predicted + chain.log_potentials[:, rows], 0)
        found = predicted + backward[:, rows]
        total = log_sum_exp(found, 0)
        total = np.where(np.isneginf(total), 0.0, total)
        gamma[:, rows] = np.exp(found - total)
        pairs += np.exp(joint + (backward[:, rows] - total)) @ each[rows]
    return Smoothed(gamma, pairs, np.add.reduceat(log_rows, chain.first))


def path_entropy(chain: Chain) -> Array:
    """(N,) H(q) of the paths of each sequence, by the chain rule; a second way, which tests compare with ln p − Q.

    H(z_1) + Σ_t H(z_t | z_{t−1}),   q(z_t = j | z_{t−1} = i) = A(i, j) w_t(j) / Σ_j A(i, j) w_t(j)
    """
    S, lengths = len(chain.log_transition), chain.lengths
    backward = filter_logs(chain.backwards)[:, ::-1]
    rows_entropy, log_rows = np.zeros(chain.n_rows), np.empty(chain.n_rows)
    for rows, joint in _joints(chain, filter_logs(chain)):
        log_rows[rows] = log_sum_exp(log_sum_exp(joint, 0) + chain.log_potentials[:, rows], 0)
        found = joint + backward[:, rows]
        total = log_sum_exp(found.reshape(S * S, -1), 0)
        xi = np.exp(found - np.where(np.isneginf(total), 0.0, total))
        ways = log_sum_exp(found, 1)  # over j: ln of what remains for each z_{t−1}
        conditional = found - np.where(np.isneginf(ways), 0.0, ways)[:, None, :]
        rows_entropy[rows] = -(xi * np.where(xi > 0, conditional, 0.0)).sum(axis=(0, 1))
    entropy = np.add.reduceat(rows_entropy, chain.first)
    lost = np.isneginf(np.add.reduceat(log_rows, chain.first))
    return np.where(lost, lengths * np.log(S), entropy)


def _joints(chain: Chain, forward: Array) -> Iterator[tuple[slice, Array]]:
    """ln p(z_{t−1} = i | x_1 … x_{t−1}) A(i, j) as (S, S, m), chunk by chunk.

    At the first row of a sequence there is no i: what belongs to j stands in the first i alone.
    """
    S, A = len(chain.log_transition), chain.log_transition[:, :, None]
    forward = forward - np.nan_to_num(log_sum_exp(forward, 0), neginf=0.0)
    for rows in row_chunks(chain.n_rows, max(8, _CHUNK_BYTES // (8 * S * S))):
        joint = np.empty((S, S, rows.stop - rows.start))
        begin = max(rows.start, 1)
        joint[:, :, begin - rows.start :] = forward[:, None, begin - 1 : rows.stop - 1] + A
        begins = chain.first[(chain.first >= rows.start) & (chain.first < rows.stop)] - rows.start
        joint[:, :, begins] = -np.inf
        joint[0, :, begins] = 0.0
        yield rows, joint
