"""The two ways through a chain hold each other: scaled and in logs, in blocks and row by row."""

from __future__ import annotations

import numpy as np
import pytest
from hmm_examples import some_chain
from hypothesis import given
from hypothesis import strategies as st

from engine.arrays import log_sum_exp
from engine.models.hmm import forward_backward as hmm_recursions
from engine.models.hmm import forward_backward_log as hmm_logs
from engine.models.hmm.blocks import Blocks
from engine.models.hmm.forward_backward import Chain, filter_scaled, smooth_scaled
from engine.models.hmm.forward_backward_log import filter_logs, largest, path_entropy, smooth_logs
from engine.models.hmm.posterior import smooth
from engine.models.hmm.viterbi import viterbi_path

chains = st.builds(
    lambda seed, S, lengths, zeros, spread: some_chain(
        np.random.default_rng(seed), S, lengths, zeros=zeros, spread=spread
    ),
    st.integers(0, 10**6),
    st.integers(1, 5),
    st.lists(st.integers(1, 12), min_size=1, max_size=8),
    st.sampled_from([0.0, 0.2, 0.6]),
    st.sampled_from([0.1, 3.0, 300.0]),
)


def row_by_row(chain):
    """Forward and backward in logs, a row at a time, as a textbook has them: γ (S, T), Σ ξ (S, S), ln p(x) (N,)."""
    phi, A, S = chain.log_potentials, chain.log_transition, len(chain.log_transition)
    gamma, pairs, evidence = np.empty(phi.shape), np.zeros((S, S)), []
    for begin, end in zip(chain.first, chain.last, strict=True):
        alpha, beta = {begin: phi[:, begin]}, {end: np.zeros(S)}
        for t in range(begin + 1, end + 1):
            alpha[t] = phi[:, t] + log_sum_exp(alpha[t - 1][:, None] + A, 0)
        for t in range(end - 1, begin - 1, -1):
            beta[t] = log_sum_exp(A + phi[:, t + 1] + beta[t + 1], 1)
        total = float(log_sum_exp(alpha[end], 0))
        evidence.append(total)
        for t in range(begin, end + 1):
            gamma[:, t] = 1.0 / S if total == -np.inf else np.exp(alpha[t] + beta[t] - total)
            if t > begin:
                xi = alpha[t - 1][:, None] + A + phi[:, t] + beta[t]
                pairs += np.full((S, S), S**-2.0) if total == -np.inf else np.exp(xi - total)
    return gamma, pairs, np.array(evidence)


def assert_same(found, expected, chain):
    gamma, pairs, evidence = expected
    lost = np.isneginf(evidence)
    np.testing.assert_array_equal(np.isneginf(found.log_evidence), lost)
    scale = 1.0 + np.abs(chain.log_potentials[np.isfinite(chain.log_potentials)]).max(initial=0.0)
    np.testing.assert_allclose(found.log_evidence[~lost], evidence[~lost], rtol=1e-11, atol=1e-12 * scale)
    np.testing.assert_allclose(found.responsibilities, gamma, rtol=1e-9 * scale, atol=1e-12 * scale)
    np.testing.assert_allclose(found.transitions, pairs, rtol=1e-9 * scale, atol=1e-12 * scale)


@given(chain=chains)
def test_every_way_gives_what_a_row_at_a_time_gives(chain):
    weight, expected = np.ones(len(chain.first)), row_by_row(chain)
    assert_same(smooth_logs(chain, weight), expected, chain)
    assert_same(smooth(chain, weight), expected, chain)
    scaled = smooth_scaled(chain, weight)
    if scaled is not None:
        assert_same(scaled, expected, chain)


@given(chain=chains, seed=st.integers(0, 1000))
def test_weights_count_sequences(chain, seed):
    weight = np.random.default_rng(seed).integers(0, 4, len(chain.first)).astype(float)
    expected = np.zeros_like(chain.log_transition)
    for w, begin, end in zip(weight, chain.first, chain.last, strict=True):
        alone = Chain(chain.log_potentials[:, begin : end + 1], chain.log_transition, np.array([0]))
        expected += w * row_by_row(alone)[1]
    for found in (smooth(chain, weight), smooth_logs(chain, weight)):
        np.testing.assert_allclose(found.transitions, expected, rtol=1e-7, atol=1e-9)


@given(chain=chains)
def test_the_entropy_of_paths_is_that_of_the_joint(chain):
    """ln p(x) = E[ln p(x, z)] + H: Q from the posterior, and H by the chain rule."""
    found, entropy = smooth_logs(chain, np.ones(len(chain.first))), path_entropy(chain)
    lost = found.lost
    np.testing.assert_allclose(entropy[lost], chain.lengths[lost] * np.log(len(chain.log_transition)))
    if lost.any():
        return
    r, pairs = found.responsibilities, found.transitions
    q = (r * np.where(r > 0, chain.log_potentials, 0.0)).sum() + (
        pairs * np.where(pairs > 0, chain.log_transition, 0.0)
    ).sum()
    scale = 1.0 + np.abs(found.log_evidence).sum()
    assert q + entropy.sum() == pytest.approx(found.log_evidence.sum(), abs=1e-9 * scale)


@given(chain=chains)
def test_viterbi_in_blocks_is_viterbi_row_by_row(chain):
    path = viterbi_path(chain)
    for begin, end in zip(chain.first, chain.last, strict=True):
        best = chain.log_potentials[:, begin]
        for t in range(begin + 1, end + 1):
            best = (best[:, None] + chain.log_transition).max(axis=0) + chain.log_potentials[:, t]
        z = path[begin : end + 1]
        reached = chain.log_potentials[z, np.arange(begin, end + 1)].sum() + chain.log_transition[z[:-1], z[1:]].sum()
        if best.max() > -np.inf:
            assert reached == pytest.approx(best.max(), rel=1e-12, abs=1e-12)


def test_one_block_and_many_are_the_same(monkeypatch):
    chain = some_chain(np.random.default_rng(3), 4, [30, 1, 57, 2, 2, 100])
    weight = np.ones(6)
    side_by_side = smooth_scaled(chain, weight), smooth_logs(chain, weight), filter_scaled(chain)
    monkeypatch.setattr(hmm_recursions, "_FEW_STATES", 0)
    monkeypatch.setattr(hmm_logs, "_FEW_STATES", 0)
    alone = smooth_scaled(chain, weight), smooth_logs(chain, weight), filter_scaled(chain)
    for one, other in zip(side_by_side[:2], alone[:2], strict=True):
        np.testing.assert_allclose(one.responsibilities, other.responsibilities, atol=1e-13)
        np.testing.assert_allclose(one.transitions, other.transitions, atol=1e-12)
        np.testing.assert_allclose(one.log_evidence, other.log_evidence, rtol=1e-13)
    np.testing.assert_allclose(side_by_side[2], alone[2], atol=1e-11)


@pytest.mark.parametrize("lengths", [[1], [2], [7], [9], [10], [1, 1, 1, 1], [3, 1, 5], [16, 16]])
def test_blocks_hold_each_row_once_and_know_where_sequences_begin(lengths):
    T, first = sum(lengths), np.cumsum(lengths) - np.array(lengths)
    for side_by_side in (True, False):
        blocks = Blocks.of(T, first, side_by_side)
        rows = np.arange(2.0 * T).reshape(2, T)
        parts = blocks.split(rows, -1.0)
        np.testing.assert_array_equal(blocks.joined(parts), rows)
        begun = [parts[step, 0, b] for step, which in enumerate(blocks.begins) for b in which]
        assert sorted(value for value in begun if value >= 0) == first.tolist()
        assert len(blocks.begins) == blocks.n_steps


def test_two_states_that_never_meet_are_told_apart_by_what_comes_last():
    """State 1 looks impossible for 2,000 rows, and is the truth: what underflows on the way must not be lost."""
    T = 4000
    potentials = np.zeros((2, T))
    potentials[1, : T // 2] = -2.0
    potentials[0, T // 2 :] = -2.1
    with np.errstate(divide="ignore"):
        chain = Chain(potentials, np.log(np.eye(2)), np.array([0]))
    assert smooth_scaled(chain, np.ones(1)) is None
    found = smooth(chain, np.ones(1))
    expected = np.log1p(np.exp(-0.1 * T / 2)) - 2.0 * T / 2
    assert found.log_evidence[0] == pytest.approx(expected, rel=1e-13)
    np.testing.assert_allclose(found.responsibilities[1], 1.0)
    assert (viterbi_path(chain) == 1).all()


def test_a_chain_from_left_to_right_needs_no_logs():
    """Zeros among the transitions alone are no reason to be slow: the scaled way knows that nothing is lost."""
    S, T = 4, 400
    A = 0.97 * np.eye(S) + 0.03 * np.eye(S, k=1)
    A[-1, -1] = 1.0
    potentials = np.full((S, T), -1.5)
    potentials[np.arange(T) * S // T, np.arange(T)] = 0.0
    potentials[1:, 0] = -np.inf
    with np.errstate(divide="ignore"):
        chain = Chain(potentials, np.log(A), np.array([0]))
    scaled, logs = smooth_scaled(chain, np.ones(1)), smooth_logs(chain, np.ones(1))
    assert scaled is not None
    np.testing.assert_allclose(scaled.responsibilities, logs.responsibilities, atol=1e-12)
    np.testing.assert_allclose(scaled.transitions, logs.transitions, atol=1e-10)
    assert (scaled.transitions[A == 0] == 0).all()
    assert scaled.log_evidence[0] == pytest.approx(logs.log_evidence[0], rel=1e-13)


def test_a_million_rows_keep_their_scale():
    generator = np.random.default_rng(0)
    T = 1_000_000
    potentials = 30.0 * generator.normal(size=(2, T)) - 500.0
    chain = Chain(potentials, np.log([[0.9, 0.1], [0.2, 0.8]]), np.array([0, T // 2]))
    found = smooth_scaled(chain, np.ones(2))
    assert found is not None
    assert np.isfinite(found.log_evidence).all()
    np.testing.assert_allclose(found.responsibilities.sum(axis=0), 1.0, atol=1e-12)
    assert found.transitions.sum() == pytest.approx(T - 2, rel=1e-10)
    middle = slice(T // 2, T // 2 + 200)
    alone = smooth_logs(Chain(potentials[:, middle], chain.log_transition, np.array([0])), np.ones(1))
    np.testing.assert_allclose(found.responsibilities[:, middle][:, :150], alone.responsibilities[:, :150], atol=1e-9)


def test_forward_alone_is_the_filter():
    chain = some_chain(np.random.default_rng(4), 3, [9, 4])
    for forward in (filter_scaled(chain), filter_logs(chain)):
        share = np.exp(forward - log_sum_exp(forward, 0))
        for t in (3, 8, 10):
            begin = 0 if t < 9 else 9
            alone = Chain(chain.log_potentials[:, begin : t + 1], chain.log_transition, np.array([0]))
            np.testing.assert_allclose(share[:, t], row_by_row(alone)[0][:, -1], atol=1e-13)
    assert filter_logs(chain, largest).shape == (3, 13)
