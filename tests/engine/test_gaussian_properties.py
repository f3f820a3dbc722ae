"""What holds for every Gaussian mixture: ascent, KL, permutations, weights against copies, threads."""

from __future__ import annotations

import numpy as np
import pytest
from counts import examples
from gaussian_examples import TYPES, assert_never_falls, assert_same_params, blobs, one_iteration, parameters
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.em.loop import advance, begin, iterate
from engine.models.gaussian.mixture import GaussianMixture
from engine.models.gaussian.params import GaussianParams
from engine.parallel import threads
from engine.testing import check_model

problems = st.tuples(
    st.integers(0, 10_000), st.integers(8, 60), st.integers(1, 5), st.integers(1, 4), st.sampled_from(TYPES)
)
ridges = st.sampled_from([0.0, 1e-6, 1e-2, 3.0])
starts = st.sampled_from(["kmeans", "kmeans++", "points", "responsibilities"])


@settings(max_examples=examples(80))
@given(problem=problems, reg_covar=ridges, init=starts, m_step=st.sampled_from(["joint", "conditional"]))
def test_the_objective_never_falls_and_the_ledger_adds_up(problem, reg_covar: float, init: str, m_step: str) -> None:
    seed, n, d, k, covariance_type = problem
    model = GaussianMixture(k, covariance_type, init=init, reg_covar=reg_covar, m_step=m_step)
    objectives: list[float] = []
    for step in iterate(model, blobs(n, d, k, seed), seed=seed, max_iter=25, tol=0.0):
        if any(event.breaks_ascent for event in step.events):
            objectives = []
        objectives.append(step.objective)
        if step.phase == "init":
            continue
        close = 1e-9 * max(1.0, abs(step.log_likelihood))
        assert step.kl == pytest.approx(0.0, abs=close) if step.phase == "E" else step.kl >= -close
        assert step.elbo + step.kl == pytest.approx(step.log_likelihood, abs=close)
        assert step.posterior is not None
        np.testing.assert_allclose(step.posterior.responsibilities.sum(axis=1), 1.0, rtol=1e-12)
    assert_never_falls(objectives)


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("algorithm", ["classic", "hard", "stochastic", "annealed"])
def test_the_model_keeps_what_every_model_owes(covariance_type: str, algorithm: str) -> None:
    X = blobs(60, 3, 3)
    check_model(GaussianMixture(3, covariance_type), X, algorithm=algorithm)
    y = np.where(np.arange(60) % 7 == 0, np.arange(60) % 3, -1)
    check_model(GaussianMixture(3, covariance_type, reg_covar=0.0), X, y, algorithm=algorithm)


@settings(max_examples=examples(40))
@given(problem=problems)
def test_rows_and_components_may_come_in_any_order(problem) -> None:
    seed, n, d, k, covariance_type = problem
    X, generator = blobs(n, d, k, seed), np.random.default_rng(seed)
    model, start = GaussianMixture(k, covariance_type), parameters(blobs(n, d, k, seed), k, covariance_type, seed)
    _, m = one_iteration(model, X, start)
    _, shuffled = one_iteration(model, X[generator.permutation(n)], start)
    assert_same_params(shuffled.params, m.params, rtol=1e-9)
    order = generator.permutation(k)

    def ordered(params: GaussianParams) -> GaussianParams:
        covariances = params.covariances if covariance_type == "tied" else params.covariances[order]
        return GaussianParams(params.weights[order], params.means[order], covariances)

    _, renamed = one_iteration(model, X, ordered(start))
    assert_same_params(renamed.params, ordered(m.params), rtol=1e-9)
    assert renamed.log_likelihood == pytest.approx(m.log_likelihood, rel=1e-9)


@settings(max_examples=examples(40))
@given(problem=problems, init=starts)
def test_a_weight_is_as_many_copies_of_the_row(problem, init: str) -> None:
    seed, n, d, k, covariance_type = problem
    X = blobs(n, d, k, seed)
    copies = np.random.default_rng(seed).integers(0, 4, n)
    copies[:k] = 1
    model, start = GaussianMixture(k, covariance_type), parameters(X, k, covariance_type, seed)
    e, m = one_iteration(model, X, start, sample_weight=copies)
    e_copies, m_copies = one_iteration(model, np.repeat(X, copies, axis=0), start)
    assert_same_params(m.params, m_copies.params, rtol=1e-9)
    for name in ("log_likelihood", "q_value", "elbo", "objective"):
        assert getattr(m, name) == pytest.approx(getattr(m_copies, name), rel=1e-9, abs=1e-9)
    assert e.entropy == pytest.approx(e_copies.entropy, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("tight", [False, True])
def test_one_two_and_four_threads_give_the_same_bytes(covariance_type: str, tight: bool) -> None:
    X = blobs(30_000, 3, 4)
    if tight:  # so that the rows are standardised about each component
        X[: len(X) // 2] *= 1e-5
    found = []
    for number in (1, 2, 4):
        with threads(number):
            step = begin(GaussianMixture(4, covariance_type, init="kmeans++"), X, seed=1)
            for _ in range(6):
                step = advance(step)
            params = step.params
            parts = (params.weights, params.means, params.covariances, np.array([step.elbo, step.objective]))
            found.append(b"".join(part.tobytes() for part in parts))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("init", ["kmeans", "kmeans++", "points", "responsibilities"])
def test_one_seed_is_one_start_and_another_seed_another(covariance_type: str, init: str) -> None:
    X = blobs(200, 2, 6, apart=1.0)
    model = GaussianMixture(6, covariance_type, init=init)
    first, again, other = (begin(model, X, seed=seed).params for seed in (0, 0, 5))
    assert first.means.tobytes() == again.means.tobytes()
    assert first.means.tobytes() != other.means.tobytes()


@pytest.mark.parametrize("covariance_type", TYPES)
def test_the_k_means_start_is_the_clusters_with_the_ridge(covariance_type: str) -> None:
    X = np.concatenate([blobs(30, 2, 1, 1), blobs(60, 2, 1, 2) + 100.0])
    params = begin(GaussianMixture(2, covariance_type, reg_covar=0.5), X).params
    small = int(params.weights.argmin())
    assert params.weights[small] == pytest.approx(1 / 3)
    np.testing.assert_allclose(params.means[small], X[:30].mean(axis=0), rtol=1e-12)
    within = np.cov(X[:30].T, bias=True)
    ridge = 0.5 * 90 / 30
    pooled = (30 * within + 60 * np.cov(X[30:].T, bias=True)) / 90
    expected = {
        "full": within + ridge * np.eye(2),
        "diag": within.diagonal() + ridge,
        "spherical": within.diagonal().mean() + ridge,
        "tied": pooled + 0.5 * np.eye(2),
    }[covariance_type]
    got = params.covariances if covariance_type == "tied" else params.covariances[small]
    np.testing.assert_allclose(got, expected, rtol=1e-11)


def test_known_labels_name_the_components_of_a_start() -> None:
    X = np.concatenate([blobs(20, 2, 1, seed) + 50.0 * seed for seed in (0, 1, 2)])
    y = np.full(60, -1)
    y[[0, 20, 40]] = [2, 0, 1]
    for init in ("kmeans", "responsibilities"):
        *_, last = iterate(GaussianMixture(3, init=init), X, y, seed=3)
        assert last.posterior is not None
        assert last.posterior.labels[[0, 20, 40]].tolist() == [2, 0, 1]
    means = begin(GaussianMixture(3), X, y).params.means
    np.testing.assert_allclose(means, [X[20:40].mean(axis=0), X[40:].mean(axis=0), X[:20].mean(axis=0)], rtol=1e-9)
