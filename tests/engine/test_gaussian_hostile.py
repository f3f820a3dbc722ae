"""Data that break mixtures: a finite result in every step, or a named error in one sentence; never a warning."""

from __future__ import annotations

import numpy as np
import pytest
from counts import examples
from gaussian_examples import TYPES, blobs
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.em.loop import begin, iterate
from engine.em.step import Step
from engine.errors import DataError, EngineError
from engine.models.gaussian.mixture import GaussianMixture
from engine.models.gaussian.params import GaussianParams

POLICIES = ["ridge", "reset", "stop"]
STARTS = ["kmeans", "kmeans++", "points", "responsibilities"]


def hostile_rows(seed: int, kind: str, n: int, d: int, exponent: int, offset: float) -> np.ndarray:
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n, d))
    if kind == "identical":
        X[:] = X[0]
    elif kind == "few values":
        X = generator.integers(0, 3, (n, d)).astype(float)
    elif kind == "constant column":
        X[:, 0] = 5.0
    elif kind == "collinear":
        X = np.concatenate([X, 2.0 * X[:, :1] - 1.0, X[:, :1]], axis=1)
    elif kind == "outlier":
        X[-1] = 1e9
    elif kind == "two scales":
        X[:, 0] *= 1e-100
    elif kind == "tight cluster":
        X[: n // 2] = X[: n // 2] * 1e-9 + 3.0
    return X * 10.0**exponent + offset


hostile = st.builds(
    hostile_rows,
    seed=st.integers(0, 1000),
    kind=st.sampled_from(
        ["plain", "identical", "few values", "constant column", "collinear", "outlier", "two scales", "tight cluster"]
    ),
    n=st.integers(1, 25),
    d=st.integers(1, 6),
    exponent=st.sampled_from([0, 0, 0, -150, 150, -300, 298, 8]),
    offset=st.sampled_from([0.0, 0.0, 1e8, -1e15]),
)


def finite(step: Step) -> None:
    params = step.params
    for array in (params.weights, params.means, params.covariances):
        assert np.all(np.isfinite(array))
    assert params.weights.sum() == pytest.approx(1.0)
    numbers = [step.log_likelihood, step.objective]
    if step.phase != "init":
        numbers += [step.elbo, step.kl, step.entropy, step.q_value]
        assert step.posterior is not None
        assert np.all(np.isfinite(step.posterior.responsibilities))
    assert np.all(np.isfinite(numbers)), numbers
    for event in step.events:
        assert "\n" not in event.message


@settings(max_examples=examples(250))
@given(
    X=hostile,
    k=st.integers(1, 4),
    covariance_type=st.sampled_from(TYPES),
    init=st.sampled_from(STARTS),
    reg_covar=st.sampled_from([0.0, 1e-6, 1.0, 1e100]),
    on_collapse=st.sampled_from(POLICIES),
    algorithm=st.sampled_from(["classic", "classic", "hard", "stochastic", "annealed"]),
)
def test_every_step_is_finite_or_the_error_is_named(
    X: np.ndarray, k: int, covariance_type: str, init: str, reg_covar: float, on_collapse: str, algorithm: str
) -> None:
    model = GaussianMixture(k, covariance_type, init, reg_covar, on_collapse)
    before: float | None = None
    try:
        for step in iterate(model, X, seed=1, max_iter=8, algorithm=algorithm):
            finite(step)
            ascends = algorithm == "classic" and not any(event.breaks_ascent for event in step.events)
            if before is not None and ascends:
                assert step.objective >= before - 1e-9 * max(1.0, abs(before))
            before = step.objective
    except EngineError as error:
        message = str(error)
        assert message.endswith(".")
        assert "\n" not in message
        assert "nan" not in message


def last_step(model: GaussianMixture, X: np.ndarray, **more: object) -> Step:
    *_, last = iterate(model, X, **more)  # type: ignore[arg-type]
    return last


def single_row_start(X: np.ndarray, covariance_type: str) -> GaussianParams:
    """The second component sits on row 17 and sees nothing else."""
    narrow = {"full": np.eye(2), "diag": np.ones(2), "spherical": np.ones(())}[covariance_type]
    return GaussianParams([0.9, 0.1], [X.mean(axis=0), X[16]], [30.0 * narrow, 1e-4 * narrow])


def lonely_rows() -> np.ndarray:
    X = blobs(60, 2, 1, seed=2)
    X[16] = [40.0, -30.0]
    return X


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
def test_a_component_that_holds_one_row_is_named_and_widened(covariance_type: str) -> None:
    X = lonely_rows()
    model = GaussianMixture(2, covariance_type, reg_covar=0.0)
    last = last_step(model, X, start=single_row_start(X, covariance_type))
    assert [event.component for event in last.events] == [1]
    assert last.events[0].message == (
        "component 2 holds only row 17: its covariance was singular, and 1e-06 of the data's variance was added to it"
    )
    assert last.converged  # widened alike each time, it comes to rest
    wide = np.array([np.diag(np.atleast_2d(one)).max() for one in last.params.covariances])
    assert wide[1] == pytest.approx(1e-6 * X.var(axis=0).max(), rel=0.9)


def test_with_a_ridge_the_single_row_is_named_and_nothing_need_be_mended() -> None:
    X = lonely_rows()
    last = last_step(GaussianMixture(2, reg_covar=1e-6), X, start=single_row_start(X, "full"))
    assert [event.message for event in last.events] == [
        "component 2 holds only row 17: the ridge alone gives its covariance an extent"
    ]
    assert not last.events[0].breaks_ascent
    np.testing.assert_allclose(last.params.covariances[1], 1e-6 * 60 * np.eye(2), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("reg_covar", [0.0, 1e-6])
def test_reset_begins_again_at_the_worst_explained_row(reg_covar: float) -> None:
    X = lonely_rows()
    X[40] = [-70.0, 10.0]
    start = single_row_start(X, "full")
    model = GaussianMixture(2, reg_covar=reg_covar, on_collapse="reset")
    steps = list(iterate(model, X, start=start, max_iter=1))
    event = steps[-1].events[0]
    evidence = model.log_evidence(start, model.observe(X))
    assert evidence.argmin() == 40
    assert event.message.startswith("component 2 holds only row 17: it begins again at row 41, ")
    assert event.breaks_ascent
    np.testing.assert_array_equal(steps[-1].params.means[1], X[40])
    np.testing.assert_allclose(steps[-1].params.covariances[1], np.cov(X.T, bias=True), atol=2e-6)
    assert steps[-1].params.weights.tolist() == pytest.approx([0.5, 0.5])


def test_stop_says_why_and_leaves_finite_parameters() -> None:
    X = lonely_rows()
    start = single_row_start(X, "full")
    last = last_step(GaussianMixture(2, on_collapse="stop"), X, start=start)
    assert last.iteration == 1
    assert not last.converged
    assert last.stop_reason is not None
    assert last.stop_reason.startswith("component 2 holds only row 17: ")
    finite(last)
    np.testing.assert_array_equal(last.params.covariances[1], start.covariances[1])


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("on_collapse", POLICIES)
def test_a_component_without_rows_is_named(covariance_type: str, on_collapse: str) -> None:
    X = blobs(40, 2, 1)
    shape = {"full": np.eye(2), "tied": np.eye(2), "diag": np.ones(2), "spherical": np.ones(())}[covariance_type]
    covariances = shape if covariance_type == "tied" else np.array([9.0 * shape, shape])
    start = GaussianParams([0.5, 0.5], [X.mean(axis=0), [1e5, 1e5]], covariances)
    step = last_step(GaussianMixture(2, covariance_type, on_collapse=on_collapse), X, start=start, max_iter=1)
    assert [event.component for event in step.events] == [1]
    assert step.events[0].message.startswith("component 2 died, no row belongs to it: ")
    assert step.events[0].breaks_ascent == (on_collapse == "reset")
    finite(step)
    if on_collapse == "reset":
        assert step.params.means[1].tolist() in X.tolist()
    else:
        np.testing.assert_array_equal(step.params.means[1], [1e5, 1e5])


def test_rows_that_are_all_alike_are_counted() -> None:
    X = np.concatenate([blobs(30, 2, 1), np.full((12, 2), 50.0)])
    last = last_step(GaussianMixture(2), X)
    messages = [event.message for event in last.events]
    assert len(messages) == 1
    assert "holds 12 rows that are all alike, such as row 31: the ridge" in messages[0]


def test_a_component_of_weight_zero_stays_impossible() -> None:
    X = blobs(40, 2, 1)
    start = GaussianParams([1.0, 0.0], [X.mean(axis=0), X[0]], [np.eye(2), np.eye(2)])
    e = list(iterate(GaussianMixture(2), X, start=start, max_iter=1))[1]
    assert e.posterior is not None
    assert e.posterior.responsibilities[:, 1].max() < 1e-300
    assert e.kl == pytest.approx(0.0, abs=1e-9)


def test_errors_say_what_where_and_what_to_do() -> None:
    X = blobs(5, 2, 1)
    with pytest.raises(DataError, match=r"^2 rows can't start 3 components: choose n_components of at most 2, or"):
        begin(GaussianMixture(3), X[:2])
    with pytest.raises(DataError, match=r"^1 row can't start 2 components"):
        begin(GaussianMixture(2), X, sample_weight=[0, 0, 1, 0, 0])
    with pytest.raises(DataError, match=r"column 2 has numbers as large as 1e\+200, whose squares"):
        begin(GaussianMixture(2), X * [1.0, 0.0] + [0.0, 1e200])
    with pytest.raises(DataError, match="column 1 has an extent of only 1e-300"):
        begin(GaussianMixture(2), np.full((4, 1), 1e-300))
    with pytest.raises(DataError, match=r"column 1 has an extent of only .*e-200, whose square"):
        begin(GaussianMixture(2), X * [1e-200, 1.0])


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (([0.5, 0.5], np.zeros((2, 2)), np.ones((2, 2))), r"covariances of the start must have the shape \(2, 2, 2\)"),
        (([0.5, 0.6], np.zeros((2, 2)), [np.eye(2)] * 2), "weights of the start must be at least 0 and sum to 1"),
        (([0.5, np.nan], np.zeros((2, 2)), [np.eye(2)] * 2), "weights of the start must be finite"),
        (([1.0], np.zeros((1, 2)), [np.eye(2)]), r"weights of the start must have the shape \(2,\)"),
        (([0.5, 0.5], np.zeros((2, 2)), [np.eye(2), np.ones((2, 2))]), "of component 2 of the start must be positive"),
        (([0.5, 0.5], np.zeros((2, 2)), [np.eye(2), [[1, 0.5], [0, 1]]]), "must be symmetric"),
    ],
)
def test_a_start_that_cannot_be_is_refused_in_a_sentence(start: tuple, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        begin(GaussianMixture(2), blobs(9, 2, 1), start=GaussianParams(*start))


def test_new_rows_may_be_few_and_far_away() -> None:
    run = engine.fit(GaussianMixture(3), engine.load("iris").X, max_iter=5)
    model = GaussianMixture(3)
    for row in ([[5.1, 3.5, 1.4, 0.2]], [[1e6, 1e6, 1e6, 1e6]]):
        q = model.predict_proba(run.params, model.observe(row))
        assert q.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("n_columns", [1, 3])
@pytest.mark.parametrize("covariance_type", TYPES)
def test_new_rows_with_other_columns_are_refused_in_a_sentence(covariance_type: str, n_columns: int) -> None:
    X = np.random.default_rng(0).normal(size=(40, 2))
    run = engine.fit(GaussianMixture(n_components=2, covariance_type=covariance_type), X, max_iter=2)
    with pytest.raises(DataError, match=f"the new rows have {n_columns} columns: give the 2 that the means have"):
        run.predict(np.zeros((5, n_columns)))


def test_a_covariance_that_all_but_vanishes_has_no_prior_rather_than_a_warning():
    X = np.random.default_rng(0).normal(size=(20, 2))
    model = GaussianMixture(n_components=2)
    theta = GaussianParams([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], [np.eye(2), np.eye(2) * 1e-308])
    assert model.log_prior(theta, model.observe(X)) < -1e300
    theta = GaussianParams([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], [np.eye(2), np.eye(2) * np.finfo(float).tiny])
    assert model.log_prior(theta, model.observe(X)) <= -1e300
