"""Counts and probabilities on the border."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special

from engine.models.probabilities import (
    dot_log,
    log_factorials,
    success_shares,
    times_log,
)

amounts = hnp.arrays(np.float64, 6, elements=st.sampled_from([0.0, 5e-324, 1e-300, 1e-17, 0.3, 1.0, 7.0, 1e15]))


def test_nought_times_the_log_of_nought_is_nought():
    assert dot_log(np.array([0.0, 2.0]), np.array([0.0, 0.5])) == 2 * np.log(0.5)
    assert dot_log(np.array([1.0]), np.array([0.0])) == -np.inf
    assert times_log(np.array([0.0, 3.0]), np.array([0.0, 2.0])).tolist() == [[0, -np.inf], [0, 3 * np.log(2.0)]]


def test_log_factorials_are_those_of_scipy():
    counts = np.array([0.0, 1, 2, 20, 20, 171, 1e9])
    np.testing.assert_allclose(log_factorials(counts), special.gammaln(counts + 1), rtol=1e-14)


@given(amounts, amounts)
def test_shares_leave_a_chance_to_whatever_was_expected(successes, failures):
    shares = success_shares(successes, failures, np.full(6, 0.25))
    known = successes + failures > 0
    assert (shares[~known] == 0.25).all()
    assert ((shares >= 0) & (shares <= 1)).all()
    assert (shares[successes > 0] > 0).all()
    assert (shares[known & (failures > 0)] < 1).all()
    np.testing.assert_allclose(shares[known], (successes / np.where(known, successes + failures, 1))[known], atol=1e-15)
    assert np.isfinite(dot_log(successes, shares) + dot_log(failures, 1 - shares))
