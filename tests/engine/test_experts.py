"""Mixtures of experts against their definition, finite differences, and scikit-learn's regressions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

import engine
from engine import MixtureOfExperts
from engine.arrays import Array
from engine.em.parameters import arrays_of, with_arrays
from engine.models.experts.params import ExpertsParams, GaussianExperts, SoftmaxExperts
from engine.testing import check_model


def crossing_lines(n: int = 200, seed: int = 0) -> tuple[Array, Array]:
    """y = ±2x, each for half of the rows."""
    rng = np.random.default_rng(seed)
    x, side = rng.uniform(-1, 1, n), rng.integers(0, 2, n)
    return x[:, None], np.where(side, 2 * x, -2 * x) + 0.1 * rng.normal(size=n)


def four_classes(n: int = 300, seed: int = 1) -> tuple[Array, Array]:
    """Four bands, which count upwards left of 0 and downwards right of it: no single softmax has them."""
    X = np.random.default_rng(seed).uniform(-1, 1, (n, 2))
    band = np.digitize(X[:, 1], [-0.5, 0.0, 0.5])
    return X, np.where(X[:, 0] < 0, band, 3 - band)


def noisy_classes(n: int = 120, seed: int = 3) -> tuple[Array, Array]:
    """Three classes that overlap, so that no regression has its maximum at infinity."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 2))
    return X, (X @ np.array([1.0, -0.5]) + 1.5 * rng.normal(size=n) > np.array([[-0.7], [0.7]])).sum(axis=0)


def softmax(logits: Array) -> Array:
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def joint_by_definition(params: ExpertsParams, X: Array, y: Array) -> Array:
    """(n, K) g_k(x) p_k(y | x), expert by expert."""
    design = np.column_stack([np.ones(len(X)), X])
    g = softmax(design @ params.gate.T)
    each = []
    for k in range(len(params.gate)):
        if isinstance(params.experts, GaussianExperts):
            variance = params.experts.variances[k]
            apart = y - design @ params.experts.coefficients[k]
            each.append(np.exp(-0.5 * apart**2 / variance) / np.sqrt(2 * np.pi * variance))
        else:
            each.append(softmax(design @ params.experts.coefficients[k].T)[np.arange(len(y)), y])
    return g * np.stack(each, axis=1)


def random_params(n_experts: int, p: int, g: int, seed: int) -> ExpertsParams:
    """g: classes; 0 for numbers."""
    rng = np.random.default_rng(seed)
    gate = rng.normal(size=(n_experts, p + 1))
    gate[-1] = 0.0
    if not g:
        return ExpertsParams(gate, GaussianExperts(rng.normal(size=(n_experts, p + 1)), rng.uniform(0.2, 2, n_experts)))
    coefficients = rng.normal(size=(n_experts, g, p + 1))
    coefficients[:, -1] = 0.0
    return ExpertsParams(gate, SoftmaxExperts(coefficients))


# against the definition


@pytest.mark.parametrize("classes", [0, 3])
def test_the_e_step_is_bayes_rule(classes: int) -> None:
    X, y = noisy_classes() if classes else (np.random.default_rng(0).normal(size=(50, 2)), None)
    y = np.random.default_rng(1).normal(size=50) if y is None else y
    start = random_params(3, 2, classes, 5)
    step = engine.e_step(engine.begin(MixtureOfExperts(3), X, y, start=start))
    joint = joint_by_definition(start, X, y)
    assert step.log_likelihood == pytest.approx(np.log(joint.sum(axis=1)).sum(), rel=1e-12)
    assert step.posterior is not None
    assert np.allclose(step.posterior.responsibilities, joint / joint.sum(axis=1, keepdims=True), atol=1e-12)
    assert set(step.q_parts) == {"gate", "experts"}


@pytest.mark.parametrize("decay", [0.0, 0.5])
@pytest.mark.parametrize("classes", [0, 3])
def test_an_m_step_comes_to_rest_on_q(classes: int, decay: float) -> None:
    X, y = noisy_classes()
    y = y if classes else X[:, 0] - 0.3 * X[:, 1] ** 2 + 0.2 * np.random.default_rng(2).normal(size=len(X))
    model = MixtureOfExperts(2, weight_decay=decay)
    step = engine.m_step(engine.e_step(engine.begin(model, X, y, start=random_params(2, 2, classes, 7))))
    data = step.problem.data

    def height(params: Any) -> float:
        return model.q_value(step.expectation, params, data) + model.log_prior(params, data)

    best = height(step.params)
    held = model.held(step.params)
    for path, array in arrays_of(step.params).items():
        for index in np.ndindex(array.shape):
            if (path == "gate" and index[0] == 1) or (path in held and index[1] == classes - 1):
                continue
            for sign in (1.0, -1.0):
                moved = array.copy()
                moved[index] *= 1 + 1e-4 * sign
                moved[index] += 1e-4 * sign * (path != "experts.variances")
                assert height(with_arrays(step.params, {path: moved})) <= best + 1e-9


# against scikit-learn


@pytest.mark.parametrize("weighted", [False, True])
def test_one_expert_is_the_plain_regression(weighted: bool) -> None:
    X, y = noisy_classes()
    weight = np.random.default_rng(4).uniform(0.5, 2, len(y)) if weighted else None
    run = engine.fit(MixtureOfExperts(1), X, y, sample_weight=weight)
    peer = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(X, y, weight)
    assert np.allclose(run.predict_proba(X), peer.predict_proba(X), atol=1e-4)
    own = run.params.experts.coefficients[0]
    theirs = np.column_stack([peer.intercept_, peer.coef_])
    assert np.allclose(own - own.mean(axis=0), theirs - theirs.mean(axis=0), atol=1e-4)
    numbers = X @ [1.0, 2.0] + 3 + np.random.default_rng(5).normal(size=len(y))
    line = engine.fit(MixtureOfExperts(1), X, numbers, sample_weight=weight)
    plain = LinearRegression().fit(X, numbers, weight)
    assert np.allclose(line.params.experts.coefficients[0], [plain.intercept_, *plain.coef_], atol=1e-8)
    assert np.allclose(line.predict(X), plain.predict(X), atol=1e-8)


def test_the_weight_decay_is_scikit_learns() -> None:
    X, y = noisy_classes()
    run = engine.fit(MixtureOfExperts(1, weight_decay=2.0), X, y)
    peer = LogisticRegression(C=0.5, tol=1e-12, max_iter=10_000).fit(X, y)
    assert np.allclose(run.predict_proba(X), peer.predict_proba(X), atol=1e-6)
    numbers = X @ [1.0, 2.0] + np.random.default_rng(5).normal(size=len(y))
    line = engine.fit(MixtureOfExperts(1, weight_decay=2.0), X, numbers, tol=1e-12)
    variance = float(line.params.experts.variances[0])
    ridge = Ridge(alpha=2.0 * variance).fit(X, numbers)
    assert np.allclose(line.params.experts.coefficients[0], [ridge.intercept_, *ridge.coef_], atol=1e-6)


# what is found


def test_two_crossing_lines_are_found() -> None:
    X, y = crossing_lines()
    run = engine.fit(MixtureOfExperts(2), X, y)
    slopes = np.sort(run.params.experts.coefficients[:, 1])
    assert np.allclose(slopes, [-2, 2], atol=0.1)
    assert np.allclose(run.params.experts.variances, 0.01, atol=0.006)
    assert run.converged


def test_four_classes_are_told_apart() -> None:
    X, y = four_classes()
    alone = engine.fit(MixtureOfExperts(1, weight_decay=0.01), X, y)
    run = engine.fit(MixtureOfExperts(2, weight_decay=0.01), X, y, max_iter=40)
    assert (run.predict(X) == y).mean() > 0.97 > 0.7 > (alone.predict(X) == y).mean()
    sides = run.labels
    assert max(np.mean(sides == (X[:, 0] > 0)), np.mean(sides != (X[:, 0] > 0))) > 0.9


def test_words_are_classes_and_fractions_are_numbers() -> None:
    X, y = noisy_classes()
    words = np.array(["low", "mid", "top"])[y]
    run = engine.fit(MixtureOfExperts(2, weight_decay=1.0), X, words)
    assert set(run.predict(X)) <= set(words)
    assert isinstance(engine.fit(MixtureOfExperts(2), X, y + 0.5).params.experts, GaussianExperts)
    assert isinstance(engine.fit(MixtureOfExperts(2, expert="gaussian"), X, y).params.experts, GaussianExperts)


# invariants


def test_both_kinds_keep_what_every_model_owes() -> None:
    X, y = noisy_classes(60)
    checked = check_model(MixtureOfExperts(2, weight_decay=1.0), X, y, n_iter=5)
    assert "the objective never falls" in checked and "the order of the components does not matter" in checked
    X, numbers = crossing_lines(60)
    assert "a weight of 2 is the same as the row twice" in check_model(MixtureOfExperts(2), X, numbers, n_iter=6)
    check_model(MixtureOfExperts(3, weight_decay=0.1), X, numbers, n_iter=4)


@pytest.mark.parametrize("algorithm", ["hard", "stochastic", "annealed", "squarem"])
def test_every_algorithm_runs_them(algorithm: str) -> None:
    check_model(MixtureOfExperts(2, weight_decay=1.0), *noisy_classes(30), n_iter=2, algorithm=algorithm)
    check_model(MixtureOfExperts(2), *crossing_lines(30), n_iter=2, algorithm=algorithm)


@pytest.mark.parametrize("seed", range(12))
def test_the_objective_never_falls(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, p = int(rng.integers(8, 60)), int(rng.integers(1, 4))
    X = rng.normal(size=(n, p)) * 10.0 ** rng.integers(-3, 4, p) + 10.0 ** rng.integers(-2, 4, p)
    numbers = bool(seed % 2)
    y = rng.normal(size=n) * 10.0 ** rng.integers(-3, 4) if numbers else np.append([0, 1], rng.integers(0, 3, n - 2))
    model = MixtureOfExperts(
        int(rng.integers(1, 4)), weight_decay=float(rng.choice([0.0, 0.3])), init=str(rng.choice(["auto", "points"]))
    )
    run = engine.fit(model, X, y, seed=seed, max_iter=30)
    assert np.all(np.diff(run.objectives) >= -1e-9 * np.maximum(1.0, np.abs(run.objectives[1:])))


@pytest.mark.parametrize("offset", [-5e12, 1e9])
@pytest.mark.parametrize("classes", [False, True])
def test_inputs_far_from_0_lower_nothing_and_raise_nothing(classes: bool, offset: float) -> None:
    X, y = noisy_classes(40)
    X = np.column_stack([offset + X, 1e-120 * X[:, 0], offset + 2 * X[:, 0]])
    y = y if classes else 1e40 * X[:, 2] * 1e120
    expert = "softmax" if classes else "gaussian"
    run = engine.fit(MixtureOfExperts(2, expert, weight_decay=0.0, reg_covar=0.0), X, y, max_iter=10, tol=0.0)
    assert np.isfinite(run.objectives).all()
    assert np.all(np.diff(run.objectives) >= -1e-9 * np.abs(run.objectives[1:]))


def test_units_change_nothing() -> None:
    X, y = crossing_lines(80)
    run = engine.fit(MixtureOfExperts(2), X, y, max_iter=20, tol=0.0)
    other = engine.fit(MixtureOfExperts(2), 1e6 * X + 1e7, 1e-6 * y + 3.0, max_iter=20, tol=0.0)
    assert np.allclose(run.posterior.responsibilities, other.posterior.responsibilities, atol=1e-6)
    shift = len(y) * np.log(1e-6)
    assert other.log_likelihood == pytest.approx(run.log_likelihood - shift, rel=1e-6)


def test_of_equal_inputs_each_has_its_share() -> None:
    X, y = crossing_lines(80)
    plain = engine.fit(MixtureOfExperts(2), X, y)
    twice = engine.fit(MixtureOfExperts(2), np.hstack([X, X, np.full((80, 1), 7.0)]), y)
    assert twice.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-9)
    slopes = twice.params.experts.coefficients[:, 1:]
    assert np.allclose(slopes[:, 0], slopes[:, 1]) and np.allclose(slopes[:, 2], 0)
    assert np.allclose(2 * slopes[:, 0], plain.params.experts.coefficients[:, 1])


def test_parts_do_not_add_up() -> None:
    X, y = crossing_lines(20)
    step = engine.e_step(engine.begin(MixtureOfExperts(2), X, y))
    with pytest.raises(engine.EngineError, match="beside its responsibilities"):
        _ = step.expectation + step.expectation


def test_another_order_says_the_same() -> None:
    X, y = noisy_classes()
    model, params = MixtureOfExperts(3), random_params(3, 2, 3, 1)
    other = model.relabel(params, np.array([2, 0, 1]))
    assert other is not None
    one, two = (engine.begin(model, X, y, start=start).log_likelihood for start in (params, other))
    assert one == pytest.approx(two, rel=1e-12)


# flights to infinity


def test_classes_without_a_doubt_are_told() -> None:
    X = np.linspace(-1, 1, 20)[:, None]
    y = (X[:, 0] > 0).astype(int)
    run = engine.fit(MixtureOfExperts(1), X, y)
    assert any("without a doubt" in event.message for step in run.timeline.steps for event in step.events)
    assert any("weight_decay" in remark for remark in run.model.remarks(run.step))
    held = engine.fit(MixtureOfExperts(1, weight_decay=0.1), X, y)
    assert not any(step.events for step in held.timeline.steps) and not held.model.remarks(held.step)


def test_a_line_through_its_rows_is_told() -> None:
    X = np.arange(6.0)[:, None]
    y = np.array([0.5, 1.5, 2.5, 7.0, 3.0, 5.0])
    run = engine.fit(MixtureOfExperts(2, init="kmeans", reg_covar=0.0), X, y)
    assert any("passes through all" in event.message for step in run.timeline.steps for event in step.events)
    assert np.isfinite(run.log_likelihood)
    held = engine.fit(MixtureOfExperts(2, init="kmeans"), X, y)
    assert not any("passes through all" in event.message for step in held.timeline.steps for event in step.events)


# what is refused


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (None, "a mixture of experts learns from targets"),
        ([0.5, np.nan, 1.5, 2.0], "the target of row 2 is nan"),
        ([0.5] * 4, "nothing to be learned"),
        ([1, 1, 1, 1], "at least two classes"),
    ],
)
def test_what_cannot_be_learned_is_refused(y: Any, words: str) -> None:
    expert = "auto" if y is None or isinstance(y[0], int) else "gaussian"
    with pytest.raises(engine.EngineError) as error:
        engine.fit(MixtureOfExperts(2, expert=expert), np.arange(8.0).reshape(4, 2), y)
    assert words in str(error.value)


def test_a_start_of_the_wrong_shape_is_refused() -> None:
    X, y = noisy_classes(30)
    with pytest.raises(engine.EngineError, match="gate of the start must have the shape"):
        engine.fit(MixtureOfExperts(2), X, y, start=random_params(3, 2, 3, 0))
    with pytest.raises(engine.EngineError, match="no variances"):
        engine.fit(MixtureOfExperts(2), X, y, start=random_params(2, 2, 0, 0))


# line by line


@pytest.mark.parametrize("decay", [0.0, 0.5])
@pytest.mark.parametrize("classes", [0, 3])
def test_every_line_can_be_computed_again(classes: int, decay: float) -> None:
    X, y = noisy_classes(40)
    y = y if classes else X[:, 0] + np.random.default_rng(8).normal(size=40)
    step = engine.m_step(engine.e_step(engine.begin(MixtureOfExperts(2, weight_decay=decay), X, y)))
    row = engine.worked_row(step, 3)
    for line in row.lines:
        assert line.recomputed == pytest.approx(line.result, rel=1e-9, abs=1e-12)
    shares = [line.result for line in row.of("responsibility")]
    assert np.allclose(shares, row.result, atol=1e-9)
    names = ["gate[0,0]", "gate[0,2]", "experts.coefficients[1,0]", "experts.coefficients[1,2]", "experts.variances[1]"]
    if classes:
        names = [*names[:2], "experts.coefficients[1,0,1]"]
    for name in names:
        worked = engine.worked_parameter(step, name)
        assert worked.lines[-1].role == "parameter" and worked.lines[-1].formula != "as it was set"
        assert worked.lines[-1].result == pytest.approx(float(worked.result[0]), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("classes", [0, 3])
def test_a_row_without_its_target_is_worked_out_as_it_is_predicted(classes: int) -> None:
    X, y = noisy_classes(40)
    y = y if classes else X[:, 0] + np.random.default_rng(8).normal(size=40)
    run = engine.fit(MixtureOfExperts(2, weight_decay=0.1), X, y, max_iter=3, tol=0.0)
    worked = run.model.worked_new_row(run.step, np.array([0.3, -2.0]))  # type: ignore[attr-defined]
    for line in worked.lines:
        assert line.recomputed == pytest.approx(line.result, rel=1e-9, abs=1e-12)
    said = run.predict_proba([[0.3, -2.0]])[0] if classes else run.predict([[0.3, -2.0]])
    assert np.allclose([line.result for line in worked.of("prediction")], said, rtol=1e-9)


@pytest.mark.parametrize("weighed", [False, True])
def test_the_rows_that_pull_most_sum_to_the_slope_of_the_definition(weighed: bool) -> None:
    """Σ_j (r_kj − g_kj) x_j of the gate, Σ_j r_kj (y_ij − p_ij) x_j of an expert, each row's by hand."""
    X, y = noisy_classes(40)
    weight = np.random.default_rng(2).integers(1, 4, 40).astype(float) if weighed else None
    begun = engine.begin(MixtureOfExperts(2), X, y, sample_weight=weight)
    step = engine.e_step(begun)
    params, r = step.params, step.posterior.responsibilities
    design = np.column_stack([np.ones(40), X])
    counted = np.ones(40) if weight is None else weight

    def softmax(logits: Any) -> Any:
        return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)

    g = softmax(design @ params.gate.T)
    for j in (0, 2):
        pulls = {f"gate[0,{j}]": counted * (r[:, 0] - g[:, 0]) * design[:, j]}
        p = softmax(design @ params.experts.coefficients[1].T)
        pulls[f"experts.coefficients[1,0,{j}]"] = counted * r[:, 1] * ((y == 0) - p[:, 0]) * design[:, j]
        for name, each in pulls.items():
            worked = engine.worked_parameter(step, name)
            rows = [line for line in worked.of("pull") if line.row is not None]
            assert [line.row for line in rows] == np.argsort(-np.abs(each), kind="stable")[:6].tolist()
            np.testing.assert_allclose([line.result for line in rows], each[[line.row for line in rows]], rtol=1e-8)
            assert worked.of("slope")[0].result == pytest.approx(each.sum(), rel=1e-7, abs=1e-9)
            for line in worked.lines:
                assert line.recomputed == pytest.approx(line.result, rel=1e-9, abs=1e-12)


# beside others


def test_scores_of_numbers_are_loss_and_rmse() -> None:
    X, y = crossing_lines()
    curves = engine.learning_curves(MixtureOfExperts(2), X[:150], y[:150], test=(X[150:], y[150:]), max_iter=5)
    columns = curves.columns()
    run = engine.fit(MixtureOfExperts(2), X[:150], y[:150], max_iter=5, tol=0.0)
    assert columns["test_rmse"][-1] == pytest.approx(np.sqrt(((run.predict(X[150:]) - y[150:]) ** 2).mean()))
    assert columns["train_loss"][-1] == pytest.approx(-run.log_likelihood / 150)


def test_classes_told_apart_without_weight_decay_have_no_maximum():
    generator = np.random.default_rng(0)
    X = generator.normal(size=(60, 2))
    told = MixtureOfExperts(2), MixtureOfExperts(2, weight_decay=0.1)
    for y, apart in (((X[:, 0] > 0).astype(int), True), (generator.integers(0, 2, 60), False)):
        for model in told:
            run = engine.fit(model, X, y, max_iter=100)
            said = (run.stop_reason or "").startswith("a point on the way to infinity, since gate and experts tell")
            assert said is (apart and model.weight_decay == 0.0)
            assert not (said and run.converged)
    flying = engine.fit(told[0], X, (X[:, 0] > 0).astype(int), max_iter=100).params
    data = told[0].observe(X, (X[:, 0] > 0).astype(int))
    assert told[0].without_maximum(flying, data)[1] == "a weight_decay above 0 would hold them"
    level = ExpertsParams(0 * flying.gate, flying.experts)  # the gate prefers none
    assert told[0].without_maximum(level, data) == ("", "")
    assert [model.compares_columns for model in told] == [False, True]
