"""Experts trained by gradients: finite differences, the start that they share with EM, and what is carried on."""

from __future__ import annotations

import numpy as np
import pytest
from test_experts import crossing_lines, noisy_classes, random_params

import engine
from engine import BackpropExperts, MixtureOfExperts
from engine.arrays import Array
from engine.baselines.backprop_experts_gradient import Gradients
from engine.testing import check_model


def table(classes: bool) -> tuple[Array, Array]:
    X, y = noisy_classes(40)
    return (X, y) if classes else (X, 5.0 + 100.0 * (X[:, 0] + np.random.default_rng(0).normal(size=40)))


@pytest.mark.parametrize("decay", [0.0, 0.4])
@pytest.mark.parametrize("classes", [True, False])
def test_the_gradient_is_that_of_the_objective(classes: bool, decay: float) -> None:
    X, y = table(classes)
    weight = np.random.default_rng(1).uniform(0.5, 2.0, len(y))
    model = BackpropExperts(3, weight_decay=decay)
    step = engine.begin(model, X, y, sample_weight=weight, start=random_params(3, 2, 3 * classes, 4))
    data = step.problem.data
    climb = Gradients.of(model, data)
    weights = climb.coordinates(step.params)
    if not classes:
        weights[2] = np.log([0.5, 1.0, 2.0])

    def height() -> float:
        params = model.check_params(climb.params(weights), data)
        return model.expect(params, data).log_likelihood + model.log_prior(params, data)

    found = climb.of_rows(weights, None)
    parts = [climb.of_rows(weights, rows) for rows in np.array_split(np.arange(len(y)), 4)]
    for k, (array, gradient) in enumerate(zip(weights, found, strict=True)):
        assert np.allclose(sum(part[k] for part in parts), gradient, atol=1e-9)
        for index in np.ndindex(array.shape):
            if (k == 0 and index[0] == 2) or (k == 1 and classes and index[1] == 2):
                assert gradient[index] == 0.0
                continue
            here = array[index]
            values = []
            for sign in (1.0, -1.0):
                array[index] = here + sign * 1e-5
                values.append(height())
            array[index] = here
            assert gradient[index] == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("optimizer", ["adam", "batch", "sgd"])
@pytest.mark.parametrize("classes", [True, False])
def test_both_kinds_keep_what_every_model_owes(classes: bool, optimizer: str) -> None:
    X, y = table(classes)
    model = BackpropExperts(3, optimizer=optimizer, learning_rate=0.005, weight_decay=0.1)
    assert "the numbers of a step are those of its parameters" in check_model(model, X, y, n_iter=3)


def test_both_begin_at_the_same_place_and_climb_the_same_hill() -> None:
    X, y = crossing_lines(100)
    em, other = MixtureOfExperts(2), BackpropExperts(2)
    curves = engine.learning_curves(em, X, y, rival=other, max_iter=60, seed=2).columns()
    assert curves["train_loss"][0] == pytest.approx(curves["rival_train_loss"][0], rel=1e-12)
    assert curves["train_loss"][-1] < curves["rival_train_loss"][-1] < curves["rival_train_loss"][0]
    one, two = (engine.begin(model, X, y, seed=2) for model in (em, other))
    assert np.array_equal(one.params.gate, two.params.gate) and one.log_likelihood == two.log_likelihood
    rested = engine.fit(em, X, y, seed=2)
    stays = engine.fit(BackpropExperts(2, optimizer="batch", learning_rate=1e-4), X, y, start=rested.params, max_iter=5)
    assert stays.log_likelihood == pytest.approx(rested.log_likelihood, abs=1e-4)


def test_a_rate_that_is_too_large_is_told() -> None:
    X, y = table(True)
    run = engine.fit(BackpropExperts(2, optimizer="batch", learning_rate=1e60), 1e40 * X, y, max_iter=5)
    assert any("take a smaller one" in event.message for event in run.step.events)
    fell = engine.fit(BackpropExperts(2, optimizer="batch", learning_rate=3.0), X, y, max_iter=5)
    assert any("the objective fell by" in event.message for step in fell.timeline.steps for event in step.events)


def test_adam_goes_on_with_its_means() -> None:
    X, y = table(True)
    whole = engine.fit(BackpropExperts(2), X, y, max_iter=6, tol=0.0)
    half = engine.fit(BackpropExperts(2), X, y, max_iter=3, tol=0.0)
    rest = engine.fit(BackpropExperts(2), X, y, start=half.params, max_iter=3, tol=0.0)
    assert np.array_equal(whole.params.gate, rest.params.gate)
