"""The units of the data change nothing but the height: no label, no choice of K, from every kind of start."""

from collections import deque

import numpy as np
import pytest

import engine
from engine.analysis.selection import best_candidate, compare_sizes
from engine.models.gaussian.start import STARTS

TYPES = ["full", "tied", "diag", "spherical"]
IRIS = engine.load("iris").X


def three_groups() -> np.ndarray:
    generator = np.random.default_rng(3)
    groups = [generator.normal(0, 1, (40, 2)), generator.normal([4, 1], [0.5, 2], (30, 2))]
    return np.concatenate([*groups, generator.normal([0, 6], 1, (30, 2))])


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("init", STARTS)
def test_a_factor_changes_no_label_and_shifts_the_height_by_its_logarithm(covariance_type: str, init: str) -> None:
    X = three_groups()
    model = engine.GaussianMixture(3, covariance_type, init=init)
    plain = engine.fit(model, X, seed=1, max_iter=40)
    for c in (1e-6, 1e6):
        run = engine.fit(model, X * c, seed=1, max_iter=40)
        np.testing.assert_array_equal(run.labels, plain.labels)
        assert run.n_iter == plain.n_iter
        # sums of a hundred terms of a few units, and a logarithm of the scale for each: rounding of 1e-13 of them
        assert run.log_likelihood == pytest.approx(plain.log_likelihood - X.size * np.log(c), rel=1e-11, abs=1e-9)
        assert run.step.log_prior == pytest.approx(plain.step.log_prior, rel=1e-7)


@pytest.mark.parametrize("c", [1e-6, 1e6])
def test_iris_gets_the_same_labels_in_any_units(c: float) -> None:
    """Its numbers are multiples of .1, so that many distances are equal but for rounding."""
    plain, run = (engine.fit(engine.GaussianMixture(3), X) for X in (IRIS, IRIS * c))
    np.testing.assert_array_equal(run.labels, plain.labels)


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_a_factor_for_each_column_changes_nothing_from_a_start_that_has_them(covariance_type: str) -> None:
    factors = np.array([1e-6, 1e3, 1e5, 1e-2])
    model = engine.GaussianMixture(3, covariance_type)
    start = engine.begin(model, IRIS).params
    both = factors[:, None] * factors if covariance_type == "full" else factors**2
    moved = model.Params(start.weights, start.means * factors, start.covariances * both)
    plain, run = engine.fit(model, IRIS, start=start), engine.fit(model, IRIS * factors, start=moved)
    np.testing.assert_array_equal(run.labels, plain.labels)
    shift = len(IRIS) * np.log(factors).sum()
    assert run.log_likelihood == pytest.approx(plain.log_likelihood - shift, rel=1e-11)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag"])
@pytest.mark.parametrize("constant", [7.0, -3e-5, 1e8])
def test_a_factor_for_another_column_moves_nothing_beside_a_constant_one(covariance_type: str, constant: float) -> None:
    X = np.column_stack([IRIS, np.full(len(IRIS), constant)])
    factors = np.array([1e-3, 1e3, 1e4, 1e-2, 1e2])
    model = engine.GaussianMixture(3, covariance_type)
    start = engine.begin(model, X).params
    both = factors**2 if covariance_type == "diag" else factors[:, None] * factors
    moved = model.Params(start.weights, start.means * factors, start.covariances * both)
    plain, run = engine.fit(model, X, start=start), engine.fit(model, X * factors, start=moved)
    np.testing.assert_array_equal(run.labels, plain.labels)
    assert run.n_iter == plain.n_iter
    shift = len(X) * np.log(factors).sum()
    # logarithms of the constant column's variance, 1e-6 of the square of its number, are added for each row
    assert run.log_likelihood == pytest.approx(plain.log_likelihood - shift, rel=1e-10)


def test_the_chosen_size_is_the_same_in_any_units() -> None:
    X = three_groups()
    found = []
    for c in (1e-6, 1.0, 1e6):
        sizes = compare_sizes(engine.GaussianMixture(2), X * c, n_components=range(1, 6), repeats=2, test_share=0)
        best = best_candidate(deque(sizes, 1).pop().candidates)
        assert best is not None
        found.append(best.n_components)
    assert found == [3, 3, 3]


@pytest.mark.parametrize("c", [1e-6, 1e6])
def test_the_states_of_a_chain_are_the_same_in_any_units(c: float) -> None:
    X = engine.load("hmm_gaussian").X
    model = engine.HiddenMarkovModel(2, emission="gaussian", covariance_type="full")
    plain, run = engine.fit(model, X), engine.fit(model, X * c)
    np.testing.assert_array_equal(run.labels, plain.labels)
    assert run.log_likelihood == pytest.approx(plain.log_likelihood - X.size * np.log(c), rel=1e-11)


def test_returns_in_small_units_are_two_groups_not_one_ridge() -> None:
    """Daily returns: 3,000 quiet days, 1,000 wild ones. Right values: scikit-learn without a ridge."""
    generator = np.random.default_rng(0)
    X = np.concatenate([generator.normal(0, 0.0005, 3000), generator.normal(0, 0.002, 1000)])[:, None]
    run = engine.fit(engine.GaussianMixture(2), X)
    order = np.argsort(run.params.weights)[::-1]
    np.testing.assert_allclose(run.params.weights[order], [0.75, 0.25], atol=0.02)
    np.testing.assert_allclose(np.sqrt(run.params.covariances.ravel()[order]), [0.0005, 0.002], rtol=0.03)
    sizes = compare_sizes(engine.GaussianMixture(2), X, n_components=range(1, 5), repeats=1, test_share=0)
    best = best_candidate(deque(sizes, 1).pop().candidates)
    assert best is not None and best.n_components == 2


def test_old_faithful_is_two_groups_in_whatever_units() -> None:
    X = engine.load("old_faithful").X
    run = engine.fit(engine.GaussianMixture(2), X / 5866)
    np.testing.assert_allclose(np.sort(run.params.weights), [0.3559, 0.6441], atol=5e-5)
    assert run.step.events == ()
