"""Methods × seeds as one function: which rows a run sees, what is chosen by, and who looks at the test rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import engine
from engine.analysis.prediction_score import prediction_score
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
    expected = prediction_score(METHODS[result.best], fitted.params, X[split.test], iris.y[split.test])
    assert (run.test_log_loss, run.test_accuracy) == pytest.approx(expected)
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


def test_what_a_study_refuses(iris):
    for wrong, message in (
        ({"methods": {}}, "at least one method"),
        ({"methods": {"gmm": engine.GaussianMixture(2)}}, "learn targets"),
        ({"seeds": ()}, "at least one seed"),
        ({"max_iter": 0}, "max_iter"),
        ({"train_share": 1.5}, "train_share"),
        ({"y": iris.y[:7]}, "a row for each of the 7"),
        ({"y": None}, "needs y"),
    ):
        arguments: dict[str, Any] = {"X": iris.X, "y": iris.y, "methods": METHODS} | wrong
        with pytest.raises(EngineError, match=message):
            Study(**arguments)
    with pytest.raises(OptionError):
        Study(iris.X, iris.y, METHODS, seeds=(-1,))
