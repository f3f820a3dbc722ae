"""The learning curves of a run: they are its own steps, scored in both ways, for any supervised model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss

import engine
from engine.errors import EngineError
from engine.models.network.predict import predict_network

SCORES = [
    f"{part}_{what}{suffix}"
    for suffix in ("", "_forward")
    for what in ("loss", "accuracy")
    for part in ("train", "test")
]
IRIS = engine.load("iris")
NAMES = np.array([IRIS.class_names[code] for code in IRIS.y])  # type: ignore[union-attr]
SPLIT = engine.train_test_split(IRIS.y, seed=3)
X, Y = IRIS.X[SPLIT.train], NAMES[SPLIT.train]
TEST = IRIS.X[SPLIT.test], NAMES[SPLIT.test]
EM, RIVAL = engine.LatentMLP(3, m_step="newton"), engine.BackpropMLP(3, learning_rate=0.02)


def test_the_curves_are_those_of_the_runs_steps_by_scikit_learns_measures() -> None:
    curves = engine.learning_curves(EM, X, Y, test=TEST, rival=RIVAL, seed=1, max_iter=4)
    columns = curves.columns()
    each = ["seconds", "passes", *SCORES]
    assert list(columns) == ["iteration", *each, *(f"rival_{name}" for name in each)]
    own = [step for step in engine.iterate(EM, X, Y, seed=1, max_iter=4, tol=0.0) if step.phase != "E"]
    start = RIVAL.Params(own[0].params.hidden, own[0].params.output)
    theirs = [
        step for step in engine.iterate(RIVAL, X, Y, start=start, seed=1, max_iter=4, tol=0.0) if step.phase != "E"
    ]
    sides: list[tuple[str, list[Any]]] = [("", own), ("rival_", theirs)]
    for prefix, steps in sides:
        for i, step in enumerate(steps):
            for part, (rows, labels) in (("train", (X, Y)), ("test", TEST)):
                for way, suffix in (("marginal", ""), ("forward", "_forward")):
                    p = predict_network(step.params, rows, way)  # type: ignore[arg-type]
                    peer = log_loss(labels, p, labels=np.unique(NAMES))
                    assert columns[f"{prefix}{part}_loss{suffix}"][i] == pytest.approx(peer, rel=1e-9)
                    right = accuracy_score(labels, np.unique(NAMES)[p.argmax(axis=1)])
                    assert columns[f"{prefix}{part}_accuracy{suffix}"][i] == right
    np.testing.assert_array_equal(curves.params.hidden, own[-1].params.hidden)
    np.testing.assert_array_equal(curves.rival_params.hidden, theirs[-1].params.hidden)
    assert columns["iteration"].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("model", "each"),
    [
        (engine.LatentMLP(3), 2**3 + 1),
        (engine.LatentMLP(3, e_step="gibbs", sweeps=5), 2 * 5 * 3 + 1),
        (engine.LatentMLP((2, 2), sweeps=5), 2 * 5 * 4 + 1),
        (engine.LatentMLP(3, e_step="importance", draws=20), 20 + 1),
        (engine.LatentMLP(3, e_step="mean_field"), 3 + 1),
        (engine.BackpropMLP(3), 1),
        (engine.BackpropMLP(3, loss="marginal"), 2**3),
        (engine.MixtureOfExperts(2), 1 + 1),
        (engine.model_class("backprop-experts")(2), 1),
    ],
)
def test_passes_count_every_configuration_that_is_looked_at(model: Any, each: int) -> None:
    found = engine.learning_curves(model, X[::5], Y[::5], max_iter=2).columns()["passes"]
    assert found.tolist() == [0, each, 2 * each]


def test_an_accelerated_algorithm_counts_each_of_its_passes() -> None:
    steps = engine.iterate(EM, X, Y, max_iter=3, tol=0.0, algorithm="squarem")
    made = [
        step.evaluations_before if step.phase == "init" else step.evaluations for step in steps if step.phase != "E"
    ]
    found = engine.learning_curves(EM, X, Y, max_iter=3, algorithm="squarem").columns()["passes"]
    assert found.tolist() == [8 * made[t] + t for t in range(len(found))]
    assert made[-1] > 3


def test_the_scores_of_one_step() -> None:
    *_, last = engine.iterate(EM, X, Y, max_iter=3, tol=0.0)
    found = engine.learning_scores(last, X, Y, test=TEST)
    columns = engine.learning_curves(EM, X, Y, test=TEST, max_iter=3).columns()
    assert found == {name: columns[name][-1] for name in SCORES}
    assert np.isnan(engine.learning_scores(last, X, Y)["test_loss"])


@pytest.mark.parametrize("labels", [[1, 2, 3], [-1, 0, 1], ["a", "b", "c"], [0, 50, 100]])
def test_labels_of_any_kind_score_alike(labels: list[Any]) -> None:
    assert IRIS.y is not None
    y = np.array(labels)[IRIS.y]
    if -1 in labels:
        y = np.where(y == 0, 5, y)  # −1 beside 0 would be an unknown label; the order of the classes changes
        order = np.array([0, 2, 1])[IRIS.y]
    else:
        order = IRIS.y
    given = engine.learning_curves(EM, X, y[SPLIT.train], test=(TEST[0], y[SPLIT.test]), max_iter=2).columns()
    plain = engine.learning_curves(EM, X, order[SPLIT.train], test=(TEST[0], order[SPLIT.test]), max_iter=2).columns()
    for name in SCORES:
        np.testing.assert_array_equal(given[name], plain[name])


def test_what_can_not_be_scored_is_said() -> None:
    with pytest.raises(EngineError, match="gmm is none"):
        engine.learning_curves(engine.GaussianMixture(3), X, Y)
    with pytest.raises(EngineError, match="is of class 'rose'"):
        engine.learning_curves(EM, X, Y, test=(X[:2], ["setosa", "rose"]))
    with pytest.raises(EngineError, match="X_test, y_test"):
        engine.learning_curves(EM, X, Y, test=TEST[0])
    with pytest.raises(EngineError, match="model"):
        engine.learning_curves(EM, X, Y, rival="backprop")  # type: ignore[arg-type]
    assert np.isnan(engine.learning_curves(EM, X, Y, test=(X[:0], Y[:0]), max_iter=0).columns()["test_loss"]).all()
    with pytest.raises(EngineError, match="max_iter"):
        engine.learning_curves(EM, X, Y, max_iter=-1)


def test_a_rival_that_stops_leaves_the_rest_open_and_one_of_another_size_begins_by_itself() -> None:
    away = engine.BackpropMLP(3, optimizer="batch", learning_rate=1e99)
    columns = engine.learning_curves(EM, X, Y, rival=away, max_iter=6).columns()
    assert np.isnan(columns["rival_train_loss"][-1])
    assert np.isfinite(columns["rival_train_loss"][0])
    other = engine.learning_curves(EM, X, Y, rival=engine.BackpropMLP(2), max_iter=1)
    assert other.rival_params.hidden.shape == (2, 5)


def test_tables_are_narrow_and_their_numbers_apart() -> None:
    curves = engine.learning_curves(EM, X, Y, test=TEST, rival=RIVAL, max_iter=40)
    lines = curves.lines(8, ("EM newton", "backprop sgd 0.02"))
    assert max(map(len, lines)) <= 80
    shown = [line.split() for line in lines if line[:8].strip().isdigit()]
    assert len(shown) == 10
    assert {len(cells) for cells in shown} == {9}
    assert [int(cells[0]) for cells in shown[:5]] == [0, 10, 20, 30, 40]
    assert float(shown[4][1]) == pytest.approx(curves.columns()["train_loss"][-1], abs=5e-5)
    assert lines[-1] == "a line for every 10 iterations, and the last"
    for most, iterations in ((41, range(41)), (21, range(0, 41, 2)), (20, range(0, 41, 5)), (2, (0, 40)), (1, (0, 40))):
        found = [line.split()[0] for line in curves.lines(most) if line[:8].strip().isdigit()]
        assert found == [str(iteration) for iteration in iterations] * 2


@dataclass(frozen=True)
class Shares(engine.Parameters):
    """θ of `Nearest`: the share of each class."""

    shares: np.ndarray = engine.simplex("π", "share", per="class")


@dataclass(frozen=True)
class Majority(engine.Model):
    """A supervised model that is no network: it predicts the shares of the classes, whatever the row."""

    Params: ClassVar[type] = Shares
    name: ClassVar[str] = "majority"
    supervised: ClassVar[bool] = True
    unused: int = field(default=0)

    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any:
        return engine.Observations(np.asarray(X, dtype=float), None if y is None else np.asarray(y), sample_weight)

    def start(self, data: Any, generator: np.random.Generator) -> Shares:
        return Shares(np.full(data.y.max() + 1, 1 / (data.y.max() + 1)))

    def expect(self, params: Any, data: Any, inference: Any = engine.EXACT) -> engine.Expectation:
        return engine.Expectation((np.bincount(data.y),), float(np.log(params.shares[data.y]).sum()), 0.0)

    def maximize(self, expectation: Any, params: Any, data: Any) -> engine.Maximization:
        (counts,) = expectation.statistics
        return engine.Maximization(Shares(counts / counts.sum()))

    def q_value(self, expectation: Any, params: Any, data: Any) -> float:
        return float(np.log(params.shares[data.y]).sum())

    def responsibilities(self, params: Any, data: Any, rows: Any, inference: Any = engine.EXACT) -> Any:
        return np.tile(params.shares, (len(data.X[rows]), 1))

    def n_parameters(self, params: Any) -> int:
        return len(params.shares) - 1


def test_any_supervised_model_has_curves_and_its_marginal_stands_for_both_ways() -> None:
    y = np.repeat(["a", "b"], [30, 10])
    columns = engine.learning_curves(Majority(), np.zeros((40, 1)), y, test=([[0.0]], ["a"]), max_iter=1).columns()
    entropy = -0.75 * np.log(0.75) - 0.25 * np.log(0.25)
    np.testing.assert_allclose(columns["train_loss"], [np.log(2), entropy], rtol=1e-12)
    np.testing.assert_array_equal(columns["train_loss_forward"], columns["train_loss"])
    np.testing.assert_allclose(columns["test_loss"], [np.log(2), -np.log(0.75)], rtol=1e-12)
    assert columns["train_accuracy"][-1] == 0.75
