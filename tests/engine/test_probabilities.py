"""Counts and probabilities on the border, and parameters as unconstrained vectors and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special

import engine
from engine.models.probabilities import (
    dot_log,
    expit,
    log_factorials,
    log_ratios,
    logit,
    softmax,
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


@given(hnp.arrays(np.float64, 5, elements=st.floats(1e-8, 1.0)))
def test_weights_and_probabilities_come_back_from_their_coordinates(values):
    weights = values / values.sum()
    ratios = log_ratios(weights)
    assert abs(ratios.sum()) < 1e-10
    np.testing.assert_allclose(softmax(ratios), weights, rtol=1e-12)
    inside = np.clip(values, 0.0, 0.999)
    np.testing.assert_allclose(logit(inside), special.logit(inside), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(expit(logit(inside)), inside, rtol=1e-12)


def test_coordinates_of_the_border_are_finite():
    for edge in (np.array([0.0, 1.0]), np.array([1.0, 0.0])):
        assert np.isfinite(log_ratios(edge)).all()
        assert np.isfinite(logit(edge)).all()
        np.testing.assert_allclose(softmax(log_ratios(edge)), edge, atol=1e-15)
        np.testing.assert_allclose(expit(logit(edge)), edge, atol=1e-15)
    np.testing.assert_array_equal(expit(np.array([-1e4, 1e4])), [0, 1])


@pytest.mark.parametrize(
    ("model", "X"),
    [
        (engine.BinomialMixture(n_components=3), [5, 9, 8, 4, 7]),
        (engine.PoissonMixture(n_components=3), [0, 1, 5, 9]),
        (engine.BernoulliMixture(n_components=3), [[1, 0, np.nan, 1], [0, 0, 1, 1], [1, 1, 1, 0]]),
        (engine.GeneticLinkage(), [125, 18, 20, 34]),
    ],
)
def test_parameters_come_back_from_the_vector_they_are_packed_in(model, X):
    params = model.start(model.observe(X), np.random.default_rng(0))
    vector = model.pack(params)
    assert vector.ndim == 1
    back = model.unpack(vector)
    for name, value in vars(params).items():
        np.testing.assert_allclose(getattr(back, name), value, rtol=1e-12)
        assert getattr(back, name).shape == value.shape
    anywhere = model.unpack(vector + 3 * np.random.default_rng(1).standard_normal(len(vector)))
    assert model.check_params(anywhere, model.observe(X)) is anywhere


def test_a_model_without_a_vector_says_so():
    assert engine.KMeans().pack(None) is None
