"""How log-joints become responsibilities: softmax, winner, draw, temperature."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import logsumexp, softmax
from scipy.stats import entropy as scipy_entropy

from engine.em.inference import EXACT, Hard, Sampled, Tempered, assign, uniforms

log_joints = arrays(
    np.float64,
    st.tuples(st.integers(1, 5), st.integers(1, 6)),
    elements=st.floats(-1e6, 1e6) | st.just(-np.inf),
)


def settle(log_joint, inference=EXACT, uniform=None):
    return assign(np.array(log_joint, dtype=float), inference, None if uniform is None else np.array(uniform))


@given(log_joints)
def test_exactly_is_softmax_with_its_evidence_and_entropy(log_joint):
    r, evidence, entropy = settle(log_joint)
    possible = np.isfinite(log_joint).any(axis=0)
    expected = softmax(log_joint[:, possible], axis=0)
    np.testing.assert_allclose(r[:, possible], expected, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(evidence[possible], logsumexp(log_joint[:, possible], axis=0), rtol=1e-14, atol=1e-12)
    np.testing.assert_allclose(entropy[possible], scipy_entropy(expected, axis=0), rtol=1e-9, atol=1e-12)
    assert (evidence[~possible] == -np.inf).all()


@given(log_joints, st.sampled_from([EXACT, Hard(), Sampled(3), Tempered(0.01), Tempered(7.0)]))
def test_whatever_the_way_rows_sum_to_one_and_the_evidence_is_the_same(log_joint, inference):
    r, evidence, entropy = settle(log_joint, inference, uniforms(inference, log_joint.shape[1]))
    np.testing.assert_allclose(r.sum(axis=0), 1.0, rtol=1e-12)
    assert ((r >= 0) & (r <= 1 + 1e-12)).all()
    np.testing.assert_allclose(evidence, settle(log_joint)[1], rtol=1e-14, atol=1e-12)
    assert (entropy >= -1e-12).all()
    assert (entropy <= np.log(len(r)) + 1e-12).all()
    possible = np.isfinite(log_joint).any(axis=0)
    assert (r[:, possible][np.isneginf(log_joint[:, possible])] == 0).all()


@given(log_joints)
def test_the_winner_takes_the_row_and_the_first_of_equals_wins(log_joint):
    r, _, entropy = settle(log_joint, Hard())
    assert (r.argmax(axis=0) == np.where(np.isfinite(log_joint).any(axis=0), log_joint.argmax(axis=0), 0)).all()
    assert set(np.unique(r)) <= {0.0, 1.0}
    assert (entropy == 0).all()


def test_draws_have_the_frequencies_of_the_posterior():
    n = 20_000
    log_joint = np.repeat(
        np.log([[0.2], [0.0], [0.5], [0.3]], where=[[True], [False], [True], [True]], out=np.full((4, 1), -np.inf)),
        n,
        axis=1,
    )
    r, _, _ = settle(log_joint, Sampled(0), uniforms(Sampled(0), n))
    np.testing.assert_allclose(r.mean(axis=1), [0.2, 0.0, 0.5, 0.3], atol=0.015)
    assert r[1].sum() == 0


def test_a_draw_at_the_end_of_the_interval_is_still_a_component():
    log_joint = np.log(np.random.default_rng(0).dirichlet(np.ones(40), 200).T)
    short = np.cumsum(settle(log_joint)[0], axis=0)[-1] < np.nextafter(1.0, 0.0)
    assert short.any()  # rounding leaves such sums below the largest uniform number
    r, _, _ = settle(log_joint, Sampled(0), np.full(200, np.nextafter(1.0, 0.0)))
    assert (r[-1, short] == 1).all()
    assert (r.sum(axis=0) == 1).all()
    r, _, _ = settle(np.log([[0.1], [0.2], [0.7]]), Sampled(0), [0.0])
    assert r[:, 0].tolist() == [1, 0, 0]


def test_uniform_numbers_follow_the_seed_and_only_draws_need_them():
    assert uniforms(EXACT, 5) is None
    assert uniforms(Hard(), 5) is None
    np.testing.assert_array_equal(uniforms(Sampled(4), 5), uniforms(Sampled(4), 5))
    assert (uniforms(Sampled(4), 5) != uniforms(Sampled(5), 5)).any()


def test_temperature_softens_sharpens_and_is_plain_at_one():
    log_joint = np.log([[0.1, 0.5], [0.9, 0.5]])
    plain = settle(log_joint)
    for a, b in zip(settle(log_joint, Tempered(1.0)), plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)
    soft, cold = settle(log_joint, Tempered(3.0)), settle(log_joint, Tempered(1e-3))
    assert soft[2][0] > plain[2][0] > cold[2][0]
    np.testing.assert_allclose(soft[0][:, 0], softmax(log_joint[:, 0] / 3.0), rtol=1e-13)
    np.testing.assert_allclose(cold[0][:, 0], [0, 1], atol=1e-12)
    np.testing.assert_allclose(soft[2], scipy_entropy(soft[0], axis=0), rtol=1e-12)


def test_a_row_that_nothing_explains_has_equal_shares_and_no_nan():
    r, evidence, entropy = settle([[-np.inf, 0.0], [-np.inf, 0.0]])
    assert r[:, 0].tolist() == [0.5, 0.5]
    assert evidence[0] == -np.inf
    assert entropy[0] == pytest.approx(np.log(2))
