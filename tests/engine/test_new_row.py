"""A row of one's own: responsibilities as the model predicts them, worked lines as of the same row among the data."""

import numpy as np
import pytest
from scipy import stats
from sklearn.mixture import GaussianMixture as Peer

import engine
from engine.errors import EngineError

MODELS = {
    "full": (engine.GaussianMixture(3), "iris"),
    "tied": (engine.GaussianMixture(3, covariance_type="tied"), "iris"),
    "diag": (engine.GaussianMixture(3, covariance_type="diag"), "iris"),
    "spherical": (engine.GaussianMixture(3, covariance_type="spherical"), "iris"),
    "one column": (engine.GaussianMixture(2), "waiting"),
    "poisson": (engine.PoissonMixture(2), "deaths"),
    "coins": (engine.BinomialMixture(2, n_trials=10), "coins"),
    "bernoulli": (engine.BernoulliMixture(3), "films"),
}


def fitted(name: str) -> tuple[engine.Step, np.ndarray]:
    model, source = MODELS[name]
    data = engine.load(source)
    *_, step = engine.iterate(model, data.X, seed=1, max_iter=3)
    return step, data.X


@pytest.mark.parametrize("name", MODELS)
def test_a_row_of_the_data_is_worked_out_as_it_is_there(name: str) -> None:
    step, X = fitted(name)
    settled = engine.e_step(engine.begin(step.problem.model, X, start=step.params))
    for row in (0, len(X) // 2):
        found, there = engine.new_row(step, X[row]), engine.worked_row(settled, row)
        np.testing.assert_allclose(found.responsibilities, there.result, rtol=1e-9, atol=1e-12)
        assert [(one.role, one.formula, one.component) for one in found.worked.lines] == [
            (one.role, one.formula, one.component) for one in there.lines
        ]
        np.testing.assert_allclose(
            [one.result for one in found.worked.lines], [one.result for one in there.lines], rtol=1e-9
        )
        assert found.worked.name == ""


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_numbers_are_those_of_the_peer(kind: str) -> None:
    step, X = fitted(kind)
    peer = Peer(3, covariance_type=kind)
    peer.weights_, peer.means_, peer.covariances_ = step.params.weights, step.params.means, step.params.covariances
    whole = {
        "full": lambda c, k: c[k], "tied": lambda c, k: c,
        "diag": lambda c, k: np.diag(c[k]), "spherical": lambda c, k: c[k] * np.eye(4),
    }[kind]  # fmt: skip
    covariances = [whole(step.params.covariances, k) for k in range(3)]
    x = X.mean(axis=0) + 0.3
    densities = [stats.multivariate_normal(m, c).pdf(x) for m, c in zip(step.params.means, covariances, strict=True)]
    joint = step.params.weights * np.array(densities)
    found = engine.new_row(step, x)
    np.testing.assert_allclose(found.responsibilities, joint / joint.sum(), rtol=1e-8)
    assert found.log_likelihood == pytest.approx(np.log(joint.sum()), rel=1e-9)
    for k, (mean, covariance) in enumerate(zip(step.params.means, covariances, strict=True)):
        square = (x - mean) @ np.linalg.solve(covariance, x - mean)
        assert found.distances is not None and found.distances[k] == pytest.approx(np.sqrt(square), rel=1e-8)


def test_distances_of_counts_are_in_their_deviations() -> None:
    step, _ = fitted("poisson")
    found = engine.new_row(step, [7.0])
    np.testing.assert_allclose(found.distances, np.abs(7 - step.params.rates) / np.sqrt(step.params.rates))
    step, _ = fitted("coins")
    p = step.params.probabilities
    np.testing.assert_allclose(engine.new_row(step, [9]).distances, np.abs(9 - 10 * p) / np.sqrt(10 * p * (1 - p)))
    assert engine.new_row(fitted("bernoulli")[0], np.ones(10)).distances is None


@pytest.mark.parametrize(
    ("name", "x"),
    [
        ("full", [1.0, 2.0]),
        ("full", [1.0, 2.0, 3.0, "x"]),
        ("poisson", [-1.0]),
        ("coins", [11]),
        ("full", [[1.0, 2.0]] * 2),
    ],
)
def test_what_is_no_row_is_refused_in_a_sentence(name: str, x: list[object]) -> None:
    with pytest.raises(EngineError) as refusal:
        engine.new_row(fitted(name)[0], x)
    assert "\n" not in str(refusal.value) and str(refusal.value)[-1] in ".?"


def test_models_without_such_rows_refuse() -> None:
    data = engine.load("icecream")
    step = engine.begin(engine.HiddenMarkovModel(2, emission="categorical"), data.X, seed=0)
    with pytest.raises(EngineError, match="ask a mixture"):
        engine.new_row(step, [1.0])
