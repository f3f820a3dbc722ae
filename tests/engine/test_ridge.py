"""The ridge as a prior: its size, its maximum, scikit-learn beside it, and the components that live on it."""

from typing import Any

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture as PeerMixture

import engine
from engine.models.gaussian.params import GaussianParams
from engine.models.gaussian.ridge import share_of_ridge
from engine.starts.initialization import random_rows

TYPES = ["full", "tied", "diag", "spherical"]
IRIS = engine.load("iris").X


def ridge_of(X: Any, weight: Any = None, **options: Any) -> np.ndarray:
    model = engine.GaussianMixture(**options)
    return model.ridge(model.observe(X, None, weight))


@pytest.mark.parametrize("covariance_type", TYPES)
def test_one_component_has_scikit_learns_ridge(covariance_type: str) -> None:
    peer = PeerMixture(1, covariance_type=covariance_type, reg_covar=0.3).fit(IRIS)
    ours = engine.fit(engine.GaussianMixture(1, covariance_type, reg_covar=0.3), IRIS).params
    np.testing.assert_allclose(ours.covariances, peer.covariances_, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_an_ordinary_fit_is_that_without_a_ridge(covariance_type: str) -> None:
    """λ/N_k is 3e-6 of a column's variance, and a group's own variance is a tenth or a twentieth of that."""
    found, bare = (
        engine.fit(engine.GaussianMixture(3, covariance_type, reg_covar=ridge), IRIS, tol=1e-9).params
        for ridge in ("auto", 0.0)
    )
    np.testing.assert_allclose(found.means, bare.means, rtol=1e-5)
    np.testing.assert_allclose(found.covariances, bare.covariances, atol=1e-4 * np.abs(bare.covariances).max())


@pytest.mark.parametrize("reg_covar", ["auto", 1e-3])
def test_the_ridge_knows_nothing_of_the_number_of_components(reg_covar: float | str) -> None:
    ridges = [ridge_of(IRIS, n_components=k, reg_covar=reg_covar) for k in (1, 3, 8)]
    expected = 150 * (1e-6 * IRIS.var(axis=0) if reg_covar == "auto" else np.full(4, 1e-3))
    for ridge in ridges:
        np.testing.assert_allclose(ridge, expected, rtol=1e-12)


def test_weights_count_as_rows() -> None:
    X, weight = IRIS[:40], np.random.default_rng(0).integers(0, 4, 40).astype(float)
    repeated = np.repeat(X, weight.astype(int), axis=0)
    np.testing.assert_allclose(ridge_of(X, weight), ridge_of(repeated), rtol=1e-11)
    wild = np.concatenate([X, [[1e9, 0.0, 0.0, 0.0]]])
    np.testing.assert_allclose(ridge_of(wild, [*weight, 0.0]), ridge_of(repeated), rtol=1e-11)


def test_a_number_far_out_does_not_make_the_ridge_wide() -> None:
    generator = np.random.default_rng(5)
    X = np.concatenate([generator.normal(0, 1, (40, 2)), generator.normal(4, 1, (40, 2)), [[1e12, 1e12]]])
    found = np.sqrt(np.diagonal(engine.fit(engine.GaussianMixture(2), X).params.covariances, axis1=1, axis2=2))
    assert found.max(axis=0) == pytest.approx([2.197, 2.301], abs=1e-3)  # numpy: X[:80].std(axis=0)
    assert (ridge_of(X) <= 81 * 1e-6 * 100 * (X[:80].max() - X[:80].min()) ** 2).all()


@pytest.mark.parametrize("covariance_type", TYPES)
def test_a_constant_column_has_the_square_of_its_number(covariance_type: str) -> None:
    """Of zeros, which have no unit, and for one variance that serves all columns, the mean of the others."""
    X = np.column_stack([IRIS[:, :2], np.full(150, -7.0), np.zeros(150)])
    others = IRIS[:, :2].var(axis=0)
    own = others.mean() if covariance_type == "spherical" else 49.0
    expected = 150e-6 * np.array([*others, own, others.mean()])
    np.testing.assert_allclose(ridge_of(X, covariance_type=covariance_type), expected, rtol=1e-11)
    run = engine.fit(engine.GaussianMixture(2, covariance_type), X)
    assert run.converged and np.isfinite(run.log_likelihood)
    np.testing.assert_allclose(ridge_of(np.full((10, 2), [0.0, 3.0])), 10e-6 * np.array([1.0, 9.0]))
    assert np.isfinite(engine.fit(engine.GaussianMixture(1), np.full((10, 2), 3.0)).log_likelihood)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_no_direct_search_finds_a_better_fit(covariance_type: str) -> None:
    """log p(X | θ) + log p(θ) of a tiny sample, maximised by scipy over unconstrained parameters, from EM's end."""
    from scipy.optimize import minimize
    from scipy.special import logsumexp
    from scipy.stats import multivariate_normal

    X = np.concatenate([np.random.default_rng(1).normal(m, s, (9, 2)) for m, s in ((0, 1), (5, 0.5))])
    X[:, 1] *= 100.0
    model = engine.GaussianMixture(2, covariance_type, reg_covar=0.05)  # large enough to matter
    ridge = 0.05 * len(X) * np.ones(2)
    run = engine.fit(model, X, tol=0.0, max_iter=300)

    def unpacked(z: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        weights = np.array([1.0, np.exp(z[0])]) / (1.0 + np.exp(z[0]))
        means, rest = z[1:5].reshape(2, 2), z[5:]
        if covariance_type in ("full", "tied"):
            lower = [np.array([[np.exp(a), 0.0], [b, np.exp(c)]]) for a, b, c in rest.reshape(-1, 3)]
            return weights, means, [one @ one.T for one in lower] * (2 // len(lower))
        each = rest.reshape(2, -1)
        return weights, means, [np.diag(np.broadcast_to(np.exp(2 * one), 2)) for one in each]

    def loss(z: np.ndarray) -> float:
        weights, means, covariances = unpacked(z)
        joint = [np.log(w) + multivariate_normal(m, c).logpdf(X)
                 for w, m, c in zip(weights, means, covariances, strict=True)]  # fmt: skip
        priors = covariances[:1] if covariance_type == "tied" else covariances
        prior = -0.5 * sum(float(ridge @ np.linalg.inv(one).diagonal()) for one in priors)
        return -float(logsumexp(joint, axis=0).sum()) - prior

    def packed(theta: GaussianParams) -> np.ndarray:
        spread = theta.covariances
        if covariance_type in ("full", "tied"):
            factors = np.linalg.cholesky(np.atleast_3d(spread.T).T)
            parts = [[np.log(f[0, 0]), f[1, 0], np.log(f[1, 1])] for f in factors]
        else:
            parts = list(0.5 * np.log(spread.reshape(2, -1)))
        return np.concatenate([[np.log(theta.weights[1] / theta.weights[0])], theta.means.ravel(), np.ravel(parts)])

    at_rest = packed(run.params)
    assert loss(at_rest) == pytest.approx(-run.step.objective, rel=1e-10)
    assert minimize(loss, at_rest, method="Nelder-Mead", options={"maxfev": 40}).fun > loss(at_rest) - 1e-6


def test_the_ridge_in_words_is_an_option_like_others() -> None:
    option = {one.name: one for one in engine.GaussianMixture.options()}["reg_covar"]
    assert (option.default, option.kind, option.parse("AUTO"), option.parse("1e-3")) == ("auto", "float", "auto", 1e-3)
    assert option.format("auto") == "auto" and option.format(1e-3) == "0.001"
    for wrong in ("atuo", -1.0, None, True):
        with pytest.raises(engine.OptionError, match=r"reg_covar must be a number from 0 to 1e\+100, or auto, not"):
            engine.GaussianMixture(3, reg_covar=wrong)


@pytest.mark.parametrize("kind", ["full", "diag", "spherical", "tied"])
def test_the_share_of_the_ridge_is_the_largest_eigenvalue(kind: str) -> None:
    generator = np.random.default_rng(0)
    ridge, counts = generator.uniform(0.1, 2.0, 3), np.array([2.0, 50.0])
    A = generator.normal(size=(2, 3, 6))
    full = A @ A.swapaxes(1, 2)
    covariances = {
        "full": full, "tied": full[:1].repeat(2, axis=0), "diag": [np.diag(one.diagonal()) for one in full],
        "spherical": [one[0, 0] * np.eye(3) for one in full],
    }[kind]  # fmt: skip
    inverse = {
        "full": np.linalg.inv(np.linalg.cholesky(full)), "tied": np.linalg.inv(np.linalg.cholesky(full[0])),
        "diag": np.diagonal(full, axis1=1, axis2=2) ** -0.5, "spherical": full[:, 0, 0] ** -0.5,
    }[kind]  # fmt: skip
    found = share_of_ridge(inverse, ridge, counts, kind)
    for k, covariance in enumerate(covariances):
        own = np.eye(3) * ridge.mean() if kind == "spherical" else np.diag(ridge)
        own = own / (counts.sum() if kind == "tied" else counts[k])
        largest = np.linalg.eigvals(np.linalg.solve(covariance, own)).real.max()
        if largest > 0.5:
            assert found[k] == pytest.approx(largest)
        else:
            assert found[k] <= 0.5 or found[k] == pytest.approx(largest)


def test_a_component_that_lives_on_the_ridge_is_named() -> None:
    """Iris from three random rows: five flowers in a plane; ln p is +93 at a ridge of 1e-12, and −173 at 1e-4."""
    rows = random_rows(IRIS, 3, np.random.default_rng(27))
    start = engine.GaussianMixture.Params(np.full(3, 1 / 3), rows, np.broadcast_to(np.eye(4), (3, 4, 4)))
    for ridge in ("auto", 1e-6 / 3):
        run = engine.fit(engine.GaussianMixture(3, reg_covar=ridge), IRIS, start=start)
        assert [event.component for event in run.step.events] == [1]
        assert run.step.events[0].message == (
            "component 2 lives on the ridge, which makes up 100 % of its smallest variance"
        )
        assert run.model.weak_components(run.params, run.step.problem.data) == {1: "on the ridge"}
    assert run.log_likelihood == pytest.approx(-107.1, abs=0.05)
    ordinary = engine.fit(engine.GaussianMixture(3), IRIS)
    assert ordinary.model.weak_components(ordinary.params, ordinary.step.problem.data) == {}


def test_components_that_live_on_the_ridge_are_named_in_one_sentence() -> None:
    X = np.concatenate([np.random.default_rng(3).normal(at, 1.0, (30, 2)) * [1.0, 0.0] for at in (0.0, 50.0, 99.0)])
    X[:30, 1], X[60:, 1] = 7.0, 3.0  # each group is a line of its own
    run = engine.fit(engine.GaussianMixture(3), X)
    assert [(event.message, event.component) for event in run.step.events] == [
        ("components 1, 2 and 3 live on the ridge, which makes up 100 % of the smallest variance of each", None)
    ]
    digits = engine.fit(engine.GaussianMixture(12, "diag"), engine.load("digits").X, max_iter=2)
    assert len(digits.step.events) == 1 and " and 3 others live on the ridge" in digits.step.events[0].message


@pytest.mark.parametrize("covariance_type", TYPES)
def test_a_component_of_a_single_row_is_named(covariance_type: str) -> None:
    X = np.concatenate([np.random.default_rng(2).normal(0, 1, (40, 2)), [[60.0, 60.0]]])
    run = engine.fit(engine.GaussianMixture(2, covariance_type), X)
    k = int(run.params.weights.argmin())
    assert run.step.events[0].message.startswith(f"component {k + 1} holds only row 41")
    assert run.model.weak_components(run.params, run.step.problem.data)[k] == "one row"


@pytest.mark.parametrize(
    ("model", "X"),
    [
        (engine.GaussianMixture(3), IRIS),
        (engine.BernoulliMixture(3), (IRIS.mean(axis=0) < IRIS).astype(float)),
        (engine.PoissonMixture(3), np.arange(30.0)),
        (engine.BinomialMixture(3, n_trials=30), np.arange(30.0)),
    ],
)
def test_the_dead_count_no_parameters(model: Any, X: Any) -> None:
    from dataclasses import replace

    theta = engine.begin(model, X).params
    smaller = replace(model, n_components=2)
    dead = replace(theta, weights=np.array([0.4, 0.0, 0.6]))
    assert model.n_parameters(dead) == smaller.n_parameters(engine.begin(smaller, X).params) < model.n_parameters(theta)
    assert model.weak_components(dead, model.observe(X)) == {1: "dead"}


def test_a_state_that_no_path_reaches_counts_no_parameters() -> None:
    model = engine.HiddenMarkovModel(3)
    theta = model.Params([1.0, 0.0, 0.0], [[0.5, 0.5, 0.0], [0.2, 0.8, 0.0], [0.3, 0.3, 0.4]], np.full((3, 4), 0.25))
    assert model.n_parameters(theta) == 1 + 2 + 2 * 3
    assert model.weak_components(theta, model.observe(np.array([0, 1, 2, 3]))) == {2: "dead"}


def test_without_a_ridge_a_chain_of_tiny_numbers_is_no_nan() -> None:
    X = np.random.default_rng(0).normal(size=(30, 1)) * 1e-150
    step = engine.fit(engine.HiddenMarkovModel(2, emission="gaussian", reg_covar=0.0), X, max_iter=3).step
    assert np.isfinite(step.params.emission.covariances).all()
