"""The Gaussian mixture against slow second ways: scipy's densities, loops, finite differences, scikit-learn."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from gaussian_examples import (
    TYPES,
    as_full,
    assert_same_params,
    blobs,
    one_iteration,
    parameters,
    slow_log_joint,
    slow_m_step,
    slow_posterior,
)
from sklearn.mixture import GaussianMixture as PeerMixture

import engine
from engine.em.inference import Hard, Sampled, Tempered, assign
from engine.em.loop import advance, begin
from engine.models.gaussian.mixture import GaussianMixture
from engine.models.gaussian.params import GaussianParams

SIZES = [(150, 4, 3), (60, 1, 2), (200, 2, 5), (120, 7, 2), (90, 12, 1)]  # the last has many features a component


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize(("n", "d", "k"), SIZES)
def test_posterior_and_log_likelihood_are_those_of_scipy(covariance_type: str, n: int, d: int, k: int) -> None:
    X = blobs(n, d, k)
    start = parameters(X, k, covariance_type)
    model = GaussianMixture(k, covariance_type)
    e, _ = one_iteration(model, X, start)
    r, evidence = slow_posterior(X, start, covariance_type)
    assert e.posterior is not None
    np.testing.assert_allclose(e.posterior.responsibilities, r, atol=1e-12)
    assert e.log_likelihood == pytest.approx(evidence.sum(), rel=1e-12)
    assert e.entropy == pytest.approx(-np.sum(r * np.log(np.maximum(r, 1e-300))), rel=1e-9, abs=1e-9)
    joint = slow_log_joint(X, start, covariance_type)
    np.testing.assert_allclose(model.log_joint(start, e.problem.data, slice(None)).T, joint, rtol=1e-11)
    chosen = np.array([5, 3, 3, n - 1])
    np.testing.assert_allclose(model.log_joint(start, e.problem.data, chosen).T, joint[chosen], rtol=1e-11)
    for rows in (slice(2, 9), slice(9, 2), slice(n - 3, n + 50), slice(1, n, 7), slice(-5, None)):
        np.testing.assert_allclose(e.posterior.rows(rows), r[rows], atol=1e-12)


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize(("n", "d", "k"), SIZES)
@pytest.mark.parametrize("reg_covar", [0.0, 1e-6, 0.5])
def test_m_step_and_q_are_those_of_the_loops(covariance_type: str, n: int, d: int, k: int, reg_covar: float) -> None:
    X = blobs(n, d, k)
    start = parameters(X, k, covariance_type)
    e, m = one_iteration(GaussianMixture(k, covariance_type, reg_covar=reg_covar), X, start)
    r, _ = slow_posterior(X, start, covariance_type)
    assert_same_params(m.params, slow_m_step(X, r, covariance_type, reg_covar), rtol=1e-11)
    assert m.events == () or reg_covar > 0.1  # so large a ridge makes up most of some variances
    for step in (e, m):  # Q of one expectation at two parameters
        q = np.sum(r * slow_log_joint(X, step.params, covariance_type))
        assert step.q_value == pytest.approx(q, rel=1e-11)
    assert e.kl == pytest.approx(0.0, abs=1e-10 * abs(e.log_likelihood))
    assert m.kl >= -1e-10 * abs(m.log_likelihood)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_log_prior_is_the_ridge_written_out(covariance_type: str) -> None:
    X = blobs(80, 3, 2)
    params = parameters(X, 2, covariance_type)
    model = GaussianMixture(2, covariance_type, reg_covar=0.3)
    traces = [np.trace(np.linalg.inv(one)) for one in as_full(params, covariance_type)]
    each = traces[:1] if covariance_type == "tied" else traces  # one prior for each covariance that there is
    expected = -0.5 * (0.3 * 80) * sum(each)
    assert model.log_prior(params, model.observe(X)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("reg_covar", [0.0, 0.2])
def test_the_gradient_of_q_and_prior_vanishes_at_the_m_step(covariance_type: str, reg_covar: float) -> None:
    X, k = blobs(70, 3, 2, seed=3), 2
    model = GaussianMixture(k, covariance_type, reg_covar=reg_covar)
    e, m = one_iteration(model, X, parameters(X, k, covariance_type))
    best, data, expectation = m.params, e.problem.data, e.at.expectation

    def value(weights: np.ndarray, means: np.ndarray, covariances: np.ndarray) -> float:
        params = GaussianParams(weights, means, covariances)
        return model.q_value(expectation, params, data) + model.log_prior(params, data)

    h = 1e-5
    generator = np.random.default_rng(0)
    for _ in range(20):
        tilt = generator.normal(size=k)
        tilt -= tilt.mean()
        shift = generator.normal(size=best.means.shape)
        turn = generator.normal(size=best.covariances.shape)
        if covariance_type in ("full", "tied"):
            turn = turn + turn.swapaxes(-1, -2)
        ahead, behind = (
            value(best.weights + s * tilt, best.means + s * shift, best.covariances + s * turn) for s in (h, -h)
        )
        here = value(best.weights, best.means, best.covariances)
        assert abs(ahead - behind) / (2 * h) < 1e-5 * abs(here)
        assert max(ahead, behind) < here  # and it is a maximum


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize(("n", "d", "k", "seed"), [(150, 2, 2, 1), (400, 3, 4, 2), (300, 1, 3, 3), (250, 6, 3, 4)])
def test_twenty_iterations_are_those_of_scikit_learn(covariance_type: str, n: int, d: int, k: int, seed: int) -> None:
    _twenty_iterations(blobs(n, d, k, seed), k, covariance_type, seed)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_twenty_iterations_on_iris_are_those_of_scikit_learn(covariance_type: str) -> None:
    _twenty_iterations(engine.load("iris").X, 3, covariance_type, 5)


def _twenty_iterations(X: np.ndarray, k: int, covariance_type: str, seed: int) -> None:
    start = parameters(X, k, covariance_type, seed)
    covariances = start.covariances
    precisions = 1.0 / covariances if covariances.ndim < 2 or covariance_type == "diag" else np.linalg.inv(covariances)
    peer = PeerMixture(
        k,
        covariance_type=covariance_type,
        reg_covar=0.0,
        tol=0.0,
        max_iter=20,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init=precisions,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer.fit(X)
    step = begin(GaussianMixture(k, covariance_type, reg_covar=0.0), X, start=start)
    for _ in range(40):
        step = advance(step)
    theirs = GaussianParams(peer.weights_, peer.means_, peer.covariances_)
    assert_same_params(step.params, theirs, rtol=1e-8)
    assert step.log_likelihood == pytest.approx(peer.score(X) * len(X), rel=1e-8)
    assert step.problem.model.n_parameters(step.params) == peer._n_parameters()


@pytest.mark.parametrize("covariance_type", TYPES)
def test_the_conditional_m_step_takes_the_covariances_about_the_means_before(covariance_type: str) -> None:
    X, k = blobs(70, 3, 2), 2
    start = parameters(X, k, covariance_type)
    model = GaussianMixture(k, covariance_type, reg_covar=0.1, m_step="conditional")
    _, m = one_iteration(model, X, start)
    r, _ = slow_posterior(X, start, covariance_type)
    counts = r.sum(axis=0)
    full = np.array([(r[:, j, None] * (X - start.means[j])).T @ (X - start.means[j]) for j in range(k)])
    ridge = 0.1 * 70 * np.eye(3)
    tied = (full.sum(axis=0) + ridge) / 70
    full += ridge
    diagonal = np.diagonal(full, axis1=1, axis2=2) / counts[:, None]
    expected = {
        "full": full / counts[:, None, None],
        "tied": tied,
        "diag": diagonal,
        "spherical": diagonal.mean(axis=1),
    }[covariance_type]
    np.testing.assert_allclose(m.params.covariances, expected, rtol=1e-11)
    np.testing.assert_allclose(m.params.means, r.T @ X / counts[:, None], rtol=1e-11)


def test_tied_is_the_weighted_mean_of_full() -> None:
    X, k = blobs(100, 3, 3), 3
    tied = parameters(X, k, "tied")
    full = GaussianParams(tied.weights, tied.means, np.broadcast_to(tied.covariances, (k, 3, 3)))
    _, m_tied = one_iteration(GaussianMixture(k, "tied", reg_covar=0.0), X, tied)
    _, m_full = one_iteration(GaussianMixture(k, "full", reg_covar=0.0), X, full)
    mean = np.einsum("k,kij->ij", m_full.params.weights, m_full.params.covariances)
    np.testing.assert_allclose(m_tied.params.covariances, mean, rtol=1e-12)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_one_component_is_the_sample_covariance(covariance_type: str) -> None:
    X = blobs(50, 3, 2)
    step = engine.fit(GaussianMixture(1, covariance_type, reg_covar=0.0), X)
    sample = np.cov(X.T, bias=True)
    expected = {
        "full": sample[None],
        "tied": sample,
        "diag": sample.diagonal()[None],
        "spherical": np.array([sample.diagonal().mean()]),
    }
    assert_same_params(
        step.params, GaussianParams(np.ones(1), X.mean(axis=0)[None], expected[covariance_type]), rtol=1e-12
    )


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("inference", [Hard(), Sampled(7), Tempered(2.5)])
@pytest.mark.parametrize("labelled", [False, True])
def test_every_inference_collects_what_its_responsibilities_say(
    covariance_type: str, inference: Hard | Sampled | Tempered, labelled: bool
) -> None:
    X, k = blobs(80, 2, 3), 3
    y = np.full(80, -1)
    y[:10] = np.arange(10) % k
    weight = np.random.default_rng(1).uniform(0.0, 2.0, 80)
    model, start = GaussianMixture(k, covariance_type, reg_covar=1e-6), parameters(X, k, covariance_type)
    data = model.observe(X, y if labelled else None, weight)
    joint = slow_log_joint(X, start, covariance_type)
    if labelled:
        kept = joint[np.arange(10), y[:10]]
        joint[:10] = -np.inf
        joint[np.arange(10), y[:10]] = kept
    draws = np.random.default_rng(7).random(80)
    r, evidence, entropy = assign(joint.T.copy(), inference, draws)
    expectation = model.expect(start, data, inference)
    np.testing.assert_allclose(model.responsibilities(start, data, slice(None), inference), r.T, atol=1e-11)
    assert expectation.log_likelihood == pytest.approx(evidence @ weight, rel=1e-11)
    assert expectation.entropy == pytest.approx(entropy @ weight, rel=1e-9, abs=1e-9)
    best = model.maximize(expectation, start, data).params
    assert_same_params(best, slow_m_step(X, (r * weight).T, covariance_type, 1e-6), rtol=1e-10)


def test_known_labels_clamp_the_exact_posterior() -> None:
    X, k = blobs(60, 2, 2), 2
    y = np.full(60, -1)
    y[:20] = np.arange(20) % 2
    start = parameters(X, k, "full")
    e, _ = one_iteration(GaussianMixture(k), X, start, y=y)
    joint = slow_log_joint(X, start, "full")
    _, evidence = slow_posterior(X, start, "full")
    assert e.posterior is not None
    np.testing.assert_array_equal(e.posterior.responsibilities[:20], np.eye(2)[y[:20]])
    assert e.log_likelihood == pytest.approx(joint[np.arange(20), y[:20]].sum() + evidence[20:].sum(), rel=1e-12)
    assert e.kl == pytest.approx(0.0, abs=1e-9)


def test_options_are_declared_once() -> None:
    names = [option.name for option in GaussianMixture.options()]
    assert names == ["n_components", "covariance_type", "init", "reg_covar", "on_collapse", "m_step"]
    with pytest.raises(engine.OptionError, match="full, tied, diag or spherical"):
        GaussianMixture(covariance_type="round")
