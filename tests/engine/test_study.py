"""Methods × seeds as one function: which rows a run sees, what is chosen by, and who looks at the test rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import engine
from engine.analysis.prediction_score import prediction_scores
from engine.analysis.study import Study, StudyResult, StudyRun
from engine.baselines.backprop import BackpropMLP
from engine.data.train_test import validation_split
from engine.errors import DataError, EngineError, OptionError
from engine.models.network.model import LatentMLP

METHODS: dict[str, Any] = {"EM": LatentMLP(3, m_step="newton", weight_decay=0.1), "backprop": BackpropMLP(3, "adam")}


@pytest.fixture(scope="module")
def iris():
    return engine.load("iris")


def test_validation_rows_are_taken_from_the_training_rows_and_no_test_row_is_seen(iris):
    seen: list[np.ndarray] = []

    @dataclass(frozen=True)
    class Watching(LatentMLP):
        def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any:
            seen.append(np.array(X))
            return super().observe(X, y, sample_weight)

    study = Study(iris.X, iris.y, {"EM": Watching(2)}, seeds=(0, 1), max_iter=1, split_seed=7, validation_share=0.25)
    assert all(np.isnan(run.test_log_loss) and np.isfinite(run.validation_log_loss) for run in study.runs())
    test = {tuple(row) for row in iris.X[study.rows(0).test]} - {tuple(row) for row in iris.X[study.rows(0).train]}
    assert {len(rows) for rows in seen} == {90 - 22} or {len(rows) for rows in seen} == {90 - 23}
    assert not any(tuple(row) in test for rows in seen for row in rows)
    assert not np.array_equal(seen[0], seen[1])  # each seed draws its validation rows


def test_validation_keeps_shares_and_a_lonely_class_is_fitted(iris):
    train = engine.train_test_split(iris.y, seed=3).train
    inner = validation_split(iris.y, train, share=0.2, seed=3)
    np.testing.assert_array_equal(np.sort(np.concatenate([inner.train, inner.test])), train)
    assert np.bincount(iris.y[inner.test]).tolist() == [6, 6, 6]
    inner = validation_split(np.array([0] * 8 + [1]), np.arange(9), share=0.25, seed=0)
    assert 8 in inner.train and len(inner.test) == 2
    with pytest.raises(DataError, match="leave none to choose by"):
        validation_split(np.arange(4), np.arange(4))


def test_the_winner_is_fitted_again_to_all_training_rows_and_tested_once(iris):
    study = Study(
        iris.X, iris.y, METHODS, seeds=(4,), max_iter=10, split_seed=2, validation_share=0.25, standardize=True
    )
    result = study.result()
    assert result.best is not None
    (run,) = study.tested(result.best)
    split = engine.train_test_split(iris.y, seed=2)
    X = (iris.X - iris.X[split.train].mean(axis=0)) / iris.X[split.train].std(axis=0)
    fitted = engine.fit(METHODS[result.best], X[split.train], iris.y[split.train], seed=4, max_iter=10, tol=0)
    expected = prediction_scores(METHODS[result.best], fitted.params, X[split.test], iris.y[split.test])
    assert {"loss": run.test_log_loss, "accuracy": run.test_accuracy} == pytest.approx(dict(expected))
    assert "validation acc" in result.lines()[0] and "test" not in result.lines()[0]


def test_the_best_has_the_highest_validation_accuracy_then_the_lowest_loss():
    def run(method: str, accuracy: float, loss: float) -> StudyRun:
        return StudyRun(method, 0, validation_accuracy=accuracy, validation_log_loss=loss, train_accuracy=1.0)

    runs = (run("a", 0.9, 0.1), run("b", 0.95, 0.5), run("c", 0.95, 0.4), StudyRun("d", 0, error="no."))
    assert StudyResult(runs).best == "c"
    assert StudyResult().best is None
    assert StudyResult(runs[3:]).best is None


def test_a_run_that_can_not_be_made_says_why_and_the_others_go_on(iris):
    methods = METHODS | {"too many": LatentMLP(60, e_step="exact")}
    result = Study(iris.X, iris.y, methods, seeds=(0, 1), max_iter=2).result()
    assert [run.method for run in result.errors] == ["too many"] * 2
    assert "needs" in (result.errors[0].error or "")
    line = result.lines()[-1]
    assert line.startswith("too many") and line.split()[2:] == ["0", *["–"] * 6]


def test_labels_weights_and_no_test_rows(iris):
    words = np.array(iris.class_names)[iris.y]
    plain, worded = (Study(iris.X, y, METHODS, seeds=(1,), max_iter=2).result() for y in (iris.y, words))
    assert [run.train_log_loss for run in plain.runs] == [run.train_log_loss for run in worded.runs]
    weights = np.ones(150)
    weights[:50] = 3.0
    weighted = Study(iris.X, iris.y, METHODS, seeds=(1,), max_iter=2, sample_weight=weights).result()
    assert weighted.runs[0].train_log_loss != plain.runs[0].train_log_loss
    whole = Study(iris.X, iris.y, METHODS, seeds=(1,), max_iter=2, train_share=1.0).result()
    assert np.isnan(whole.runs[0].test_accuracy) and np.isfinite(whole.runs[0].train_accuracy)


def test_experts_are_studied_beside_networks(iris):
    methods = METHODS | {"experts": engine.model_class("experts")()}
    result = Study(iris.X, iris.y, methods, seeds=(0,), max_iter=5, validation_share=0.25).result()
    assert not result.errors
    assert result.mean("experts", "validation_accuracy") > 0.5
    (run,) = Study(iris.X, iris.y, methods, seeds=(0,), max_iter=5).tested("experts")
    split = engine.train_test_split(iris.y, seed=0)
    fitted = engine.fit(methods["experts"], iris.X[split.train], iris.y[split.train], seed=0, max_iter=5, tol=0)
    p = fitted.predict_proba(iris.X[split.test])
    assert run.test_log_loss == pytest.approx(-np.log(p[np.arange(60), iris.y[split.test]]).mean())
    assert run.test_accuracy == (p.argmax(axis=1) == iris.y[split.test]).mean()


# numbers


def of_numbers(n: int = 90) -> tuple[np.ndarray, np.ndarray]:
    """Rows of two lines, the slope of which turns where the first input is 0."""
    generator = np.random.default_rng(5)
    X = generator.normal(size=(n, 2))
    return X, np.where(X[:, 0] > 0, 2 * X[:, 1], -X[:, 1]) + 0.3 * generator.normal(size=n)


NUMBERS: dict[str, Any] = {
    "EM": LatentMLP(2, m_step="newton", weight_decay=0.1),
    "backprop": BackpropMLP(2, "adam", learning_rate=0.05),
    "experts": engine.MixtureOfExperts(2, weight_decay=0.1),
}


def test_numbers_are_compared_by_rmse_as_a_plain_loop_of_fits_has_it():
    X, y = of_numbers()
    study = Study(X, y, NUMBERS, seeds=(3, 4), max_iter=6, split_seed=1, validation_share=0.25, standardize=True)
    found = study.result()
    assert found.measure == study.measure == "rmse" and not found.errors
    split = engine.train_test_split(np.zeros(len(y)), stratified=False, seed=1)
    means = {}
    for method, model in NUMBERS.items():
        errors = []
        for seed, run in zip((3, 4), found.of(method), strict=True):
            inner = validation_split(np.zeros(len(y)), split.train, seed=seed)
            assert not set(inner.test) & set(split.test)
            Z = (X - X[inner.train].mean(axis=0)) / X[inner.train].std(axis=0)
            fitted = engine.fit(model, Z[inner.train], y[inner.train], seed=seed, max_iter=6, tol=0)
            for rows, rmse in ((inner.train, run.train_rmse), (inner.test, run.validation_rmse)):
                off = y[rows] - fitted.predict(Z[rows])
                assert rmse == pytest.approx(np.sqrt((off**2).mean()), rel=1e-9)
            errors.append(run.validation_rmse)
            assert np.isnan([run.test_rmse, run.test_log_loss, run.train_accuracy, run.validation_accuracy]).all()
        means[method] = np.mean(errors)
    assert found.best == min(means, key=lambda method: means[method])
    (run, _) = study.tested(found.best)
    Z = (X - X[split.train].mean(axis=0)) / X[split.train].std(axis=0)
    fitted = engine.fit(NUMBERS[found.best], Z[split.train], y[split.train], seed=3, max_iter=6, tol=0)
    off = y[split.test] - fitted.predict(Z[split.test])
    assert run.test_rmse == pytest.approx(np.sqrt((off**2).mean()), rel=1e-9)
    head = found.lines()[0]
    assert "validation RMSE" in head and "acc" not in head


def test_numbers_stay_numbers_where_those_that_are_fitted_are_whole():
    X, _ = of_numbers(40)
    y = np.arange(40.0)
    y[7] = 7.5  # the only fraction, which most splits hold back
    seeds = [seed for seed in range(12) if 7 in Study(X, y, NUMBERS, seeds=(seed,)).rows(seed).test][:2]
    runs = Study(X, y, NUMBERS, seeds=seeds, max_iter=1).result().runs
    assert len(runs) == 6 and all(run.error is None and np.isfinite(run.test_rmse) for run in runs)


def test_a_unit_of_the_target_changes_no_choice():
    X, y = of_numbers()
    chosen = [
        Study(X, scale * y, NUMBERS, seeds=(3,), max_iter=4, validation_share=0.25).result() for scale in (1, 1e-20)
    ]
    assert chosen[0].best == chosen[1].best
    for method in ("EM", "experts"):
        small, large = (result.mean(method, "validation_rmse") for result in chosen[::-1])
        assert small == pytest.approx(1e-20 * large, rel=1e-3)


def test_rows_of_weight_0_and_weights_count_in_rmse():
    X, y = of_numbers()
    weights = np.random.default_rng(0).integers(0, 3, len(y)).astype(float)
    study = Study(X, y, {"EM": NUMBERS["EM"]}, seeds=(0,), max_iter=3, sample_weight=weights)
    (run,), rows = study.runs(), study.rows(0)
    train, test = rows.train, rows.test
    fitted = engine.fit(NUMBERS["EM"], X[train], y[train], sample_weight=weights[train], max_iter=3, tol=0)
    squares = weights[test] @ (y[test] - fitted.predict(X[test])) ** 2
    assert run.test_rmse == pytest.approx(np.sqrt(squares / weights[test].sum()), rel=1e-9)


def test_the_usual_methods_learn_classes_and_numbers(iris):
    X, y = of_numbers(60)
    for usual in (engine.studies.usual_methods, engine.studies.usual_experts):
        for table, targets in ((iris.X, iris.y), (X, np.round(y))):
            numeric = table is X
            methods = usual(2, numeric=numeric)
            found = Study(table, targets, methods, seeds=(0,), max_iter=1, standardize=True).result()
            assert not found.errors and found.measure == ("rmse" if numeric else "accuracy")
            assert all(np.isfinite(found.mean(method, f"test_{found.measure}")) for method in methods)


def test_what_a_study_refuses(iris):
    for wrong, message in (
        ({"methods": {}}, "at least one method"),
        ({"methods": {"gmm": engine.GaussianMixture(2)}}, "learn targets"),
        ({"seeds": ()}, "at least one seed"),
        ({"max_iter": 0}, "max_iter"),
        ({"train_share": 1.5}, "train_share"),
        ({"y": iris.y[:7]}, "a row for each of the 7"),
        ({"y": None}, "needs y"),
        ({"y": np.where(np.arange(150) == 3, np.inf, 0.5)}, "target of row 4 is inf"),
        ({"y": iris.X[:, 0], "methods": METHODS | {"classes": LatentMLP(2, likelihood="softmax")}}, "learn the same"),
    ):
        arguments: dict[str, Any] = {"X": iris.X, "y": iris.y, "methods": METHODS} | wrong
        with pytest.raises(EngineError, match=message):
            Study(**arguments)
    with pytest.raises(OptionError):
        Study(iris.X, iris.y, METHODS, seeds=(-1,))
