"""Networks that learn numbers, against enumeration of all configurations, finite differences and integration."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine import BackpropMLP, LatentMLP
from engine.arrays import Array
from engine.em.parameters import arrays_of, with_arrays
from engine.models.network.e_steps.exact import enumerated, exact_posterior
from engine.models.network.expectation import squares_of
from engine.models.network.params import NetworkParams
from engine.models.network.predict import predict_network
from engine.testing import check_model


def bent(n: int = 40, p: int = 2, seed: int = 0) -> tuple[Array, Array]:
    """A bent surface and noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))
    return X, np.sin(2 * X[:, 0]) + X[:, -1] ** 2 + 0.2 * rng.normal(size=n)


def drawn(m: int, p: int, seed: int, scale: float = 1.0, centre: float = 0.0, variance: float = 0.3) -> NetworkParams:
    rng = np.random.default_rng(seed)
    output = scale * rng.normal(size=(1, m + 1))
    output[0, 0] += centre
    return NetworkParams(rng.normal(size=(m, p + 1)), output, variances=np.array([variance * scale**2]))


class Enumerated:
    """The definition: ln p(z, y | x) of every row and every configuration, one after the other."""

    def __init__(self, params: NetworkParams, X: Array, y: Array) -> None:
        assert params.variances is not None
        self.z = np.array([z[::-1] for z in product([0.0, 1.0], repeat=params.hidden_units)])
        a = np.column_stack([np.ones(len(X)), X]) @ params.hidden.T
        on, off = -np.logaddexp(0, -a), -np.logaddexp(0, a)
        variance = float(params.variances[0])
        means = params.output[0, 0] + self.z @ params.output[0, 1:]
        self.log_joint = np.array([on[j] @ self.z.T + off[j] @ (1 - self.z.T) for j in range(len(X))])
        for j, number in enumerate(y):
            for c, mean in enumerate(means):
                self.log_joint[j, c] += -0.5 * (number - mean) ** 2 / variance - 0.5 * np.log(2 * np.pi * variance)
        top = self.log_joint.max(axis=1, keepdims=True)
        self.log_evidence = (top + np.log(np.exp(self.log_joint - top).sum(axis=1, keepdims=True)))[:, 0]
        self.q = np.exp(self.log_joint - self.log_evidence[:, None])
        self.units = self.q @ self.z


@pytest.mark.parametrize(
    ("m", "n", "scale", "centre", "variance"),
    [
        (1, 40, 1.0, 0.0, 0.3),
        (5, 40, 1.0, 0.0, 0.3),
        (13, 9, 1.0, 0.0, 0.3),  # in halves
        (13, 9, 1.0, 1e6, 0.05),
        (13, 9, 1e-3, -50.0, 1e-4),  # halves, whose factors are far too small for plain numbers
        (6, 30, 1e8, 1e9, 1e-5),
    ],
)
def test_the_e_step_is_that_of_enumeration(m: int, n: int, scale: float, centre: float, variance: float) -> None:
    X, y = bent(n)
    y = centre + scale * y
    params = drawn(m, 2, 3, scale, centre, variance)
    weight = np.random.default_rng(5).uniform(0.5, 2.0, n)
    rows = LatentMLP(m).observe(X, y, weight)
    found, wanted = exact_posterior(params, rows), Enumerated(params, X, y)
    # ln N has (y − Vz)²/σ², whose rounding is that of y itself: 1e-16 · |y| · |y − Vz| / σ²
    rounding = 1e-13 + 1e-15 * abs(centre) / scale / np.sqrt(variance) * 10
    assert np.allclose(found.log_evidence, wanted.log_evidence, rtol=1e-12, atol=rounding * 100)
    assert np.allclose(found.hidden, wanted.units, atol=rounding * 100)
    assert np.allclose(found.counts.ravel(), weight @ wanted.q, atol=rounding * 1000)


def test_rows_of_every_kind_are_right_in_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that plain numbers can hold, and rows that are done again in logarithms, in one E-step."""
    X, y = bent(30)
    y[:3] += [40.0, -60.0, 400.0]
    params = drawn(7, 2, 1, variance=0.02)
    rows = LatentMLP(7).observe(X, y)
    monkeypatch.setattr("engine.models.network.e_steps.exact._SMALL", 0)
    found, wanted = exact_posterior(params, rows), Enumerated(params, X, y)
    assert np.allclose(found.log_evidence, wanted.log_evidence, rtol=1e-12, atol=1e-10)
    assert np.allclose(found.hidden, wanted.units, atol=1e-10)
    assert np.allclose(found.counts.ravel(), wanted.q.sum(axis=0), atol=1e-9)


@pytest.mark.parametrize("variance", [1e-6, 1e-4, 1e-2, 1.0])
def test_one_grid_serves_rows_of_about_one_number(monkeypatch: pytest.MonkeyPatch, variance: float) -> None:
    """Of a large variance all rows, of a small one those near each other; of a tiny one rows are enumerated."""
    X, y = bent(60)
    params = drawn(6, 2, 1, variance=variance)
    rows = LatentMLP(6).observe(X, y, np.linspace(0.5, 2.0, 60))
    monkeypatch.setattr("engine.models.network.e_steps.exact._SMALL", 0)
    monkeypatch.setattr("engine.models.network.e_steps.exact._A_GROUP", 0)
    found, wanted = exact_posterior(params, rows), enumerated(params, rows, np.arange(60))
    assert np.allclose(found.log_evidence, wanted.log_evidence, rtol=1e-10, atol=1e-10)
    assert np.allclose(found.hidden, wanted.hidden, atol=1e-8)
    assert np.allclose(found.counts.ravel(), wanted.counts.ravel(), atol=1e-7)


def test_the_statistics_are_those_of_enumeration() -> None:
    X, y = bent()
    params = drawn(4, 2, 2)
    step = engine.e_step(engine.begin(LatentMLP(4), X, y, start=params))
    wanted = Enumerated(params, X, y)
    assert step.log_likelihood == pytest.approx(wanted.log_evidence.sum(), rel=1e-12)
    assert step.entropy == pytest.approx(-(wanted.q * np.log(wanted.q)).sum(), rel=1e-9)
    squares = squares_of(step.expectation.statistics, step.problem.data)
    design = np.column_stack([np.ones(16), wanted.z])
    assert np.allclose(squares.outer, np.einsum("jc,ca,cb->ab", wanted.q, design, design), rtol=1e-12)
    assert np.allclose(squares.products, (y - y.mean()) @ wanted.q @ design, atol=1e-12)
    q_value = (wanted.q * wanted.log_joint).sum()
    assert step.q_value == pytest.approx(q_value, rel=1e-12)
    assert set(step.q_parts) == {"hidden", "output"}


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("decay", [0.0, 0.7])
def test_the_m_step_is_the_regression_of_enumeration(decay: float, bias: bool) -> None:
    """Every row as often as there are configurations, by its weight: least squares by definition."""
    X, y = bent()
    params = drawn(3, 2, 4)
    if not bias:
        params = NetworkParams(params.hidden * [0, 1, 1], params.output * [0, 1, 1, 1], variances=params.variances)
    model = LatentMLP(3, m_step="newton", weight_decay=decay, bias=bias)
    step = engine.m_step(engine.e_step(engine.begin(model, X, y, start=params)))
    wanted = Enumerated(params, X, y)
    design, target = np.column_stack([np.ones(8), wanted.z]), np.repeat(y, 8)
    every, weight = np.tile(design, (len(y), 1)), wanted.q.ravel()
    variance = float(params.variances[0]) if params.variances is not None else 0.0
    free = slice(0 if bias else 1, None)
    held = np.diag([0.0, 1.0, 1.0, 1.0])[free, free]
    for _ in range(200 if decay else 1):
        normal = (every[:, free].T * weight) @ every[:, free] + decay * variance * held
        v = np.linalg.solve(normal, (every[:, free].T * weight) @ target)
        variance = (weight @ (target - every[:, free] @ v) ** 2 + 1e-6 * len(y) * y.var()) / len(y)
    assert np.allclose(step.params.output[0, free], v, rtol=1e-8)
    assert step.params.variances == pytest.approx(variance, rel=1e-8)
    assert bias or step.params.output[0, 0] == 0.0


@pytest.mark.parametrize("m_step", ["newton", "lbfgs", "ecm"])
def test_an_m_step_comes_to_rest_on_q(m_step: str) -> None:
    X, y = bent()
    model = LatentMLP(3, m_step=m_step, weight_decay=0.3, inner_steps=50)
    step = engine.m_step(engine.e_step(engine.begin(model, X, y, start=drawn(3, 2, 4))))

    def height(params: Any) -> float:
        data = step.problem.data
        return model.q_value(step.expectation, params, data) + model.log_prior(params, data)

    best = height(step.params)
    for path, array in arrays_of(step.params).items():
        for index in np.ndindex(array.shape):
            for sign in (1.0, -1.0):
                moved = array.copy()
                moved[index] += 1e-3 * sign * array[index]
                assert height(with_arrays(step.params, {path: moved})) <= best + 1e-9


def test_units_that_coincide_share_what_they_say() -> None:
    """Two units that are one: of all V that say the same, the M-step takes the one nearest to what it was."""
    X, y = bent()
    hidden = np.repeat(drawn(1, 2, 4).hidden, 2, axis=0)
    hidden[:, 1:] *= 1e3  # both are on or off for certain, for the same rows
    start = NetworkParams(hidden, np.array([[0.0, 1.0, 1.0]]), variances=np.array([1.0]))
    model = LatentMLP(2, m_step="newton")
    step = engine.m_step(engine.e_step(engine.begin(model, X, y, start=start)))
    assert step.params.output[0, 1] == pytest.approx(step.params.output[0, 2], rel=1e-6)
    assert np.abs(step.params.output).max() < 10


@given(
    st.integers(0, 10_000), st.integers(1, 5), st.sampled_from(["gradient", "newton", "lbfgs", "ecm"]),
    st.sampled_from([0.0, 0.5]), st.booleans(), st.sampled_from([1e-6, 1.0, 1e5]), st.sampled_from([0.0, 1e4]),
)  # fmt: skip
def test_the_objective_never_falls(
    seed: int, m: int, m_step: str, decay: float, bias: bool, scale: float, centre: float
) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 30))
    X, y = rng.normal(size=(n, 2)), scale * (centre + rng.normal(size=n))
    model = LatentMLP(m, m_step=m_step, weight_decay=decay / scale**2, bias=bias)
    run = engine.fit(model, X, y, seed=seed, max_iter=6, tol=0.0)
    objectives = np.array([step.objective for step in run.timeline.steps])
    excused = any(event.breaks_ascent for step in run.timeline.steps for event in step.events)
    assert excused or np.diff(objectives).min() >= -1e-7 * (1 + np.abs(objectives).max())


# what is predicted


def test_p_of_y_given_x_is_a_density_with_the_mean_that_is_predicted() -> None:
    X, y = bent()
    run = engine.fit(LatentMLP(3, m_step="newton"), X, y, max_iter=5)
    grid = np.linspace(-30.0, 30.0, 60_001)
    for x in X[:3]:
        rows = run.model.observe_apart(np.tile(x, (len(grid), 1)), grid, run.params)
        p = np.exp(exact_posterior(run.params, rows).log_evidence)
        assert np.trapezoid(p, grid) == pytest.approx(1.0, abs=1e-9)
        assert np.trapezoid(grid * p, grid) == pytest.approx(float(run.predict(x[None])[0]), abs=1e-8)


def test_the_mean_is_that_of_enumeration_and_the_forward_pass() -> None:
    X, y = bent()
    params = drawn(4, 2, 6)
    a = np.column_stack([np.ones(len(X)), X]) @ params.hidden.T
    u = 1 / (1 + np.exp(-a))
    z = np.array(list(product([0.0, 1.0], repeat=4)))
    p = np.prod(np.where(z[None] > 0, u[:, None], 1 - u[:, None]), axis=2)
    wanted = p @ (params.output[0, 0] + z @ params.output[0, 1:])
    run = engine.fit(LatentMLP(4), X, y, start=params, max_iter=1)
    model, data = run.model, run.model.observe_new(X, params)
    assert np.allclose(model.predict_mean(params, data), wanted, atol=1e-12)
    reports = model.reports(params, X, y)
    forward = -0.5 * (y - wanted) ** 2 / 0.3 - 0.5 * np.log(2 * np.pi * 0.3)
    assert reports["forward"].log_loss == pytest.approx(-forward.mean(), rel=1e-12)
    assert reports["marginal"].log_loss == pytest.approx(-Enumerated(params, X, y).log_evidence.mean(), rel=1e-12)
    assert reports["forward"].scores["rmse"] == reports["marginal"].scores["rmse"]


# backpropagation


@pytest.mark.parametrize("loss", ["forward", "marginal"])
@pytest.mark.parametrize("decay", [0.0, 0.4])
def test_a_batch_follows_the_gradient_of_the_objective(loss: str, decay: float) -> None:
    X, y = bent(20)
    start, rate = drawn(3, 2, 7), 1e-6
    model = BackpropMLP(3, optimizer="batch", loss=loss, learning_rate=rate, weight_decay=decay)
    first = engine.begin(model, X, y, start=start)
    after = engine.m_step(engine.e_step(first)).params
    data = first.problem.data
    variance, spread = 0.3, float(y.var())

    def height(params: Any) -> float:
        return model.expect(params, data).log_likelihood + model.log_prior(params, data)

    times = {"hidden": variance / spread if loss == "forward" else 1.0, "output": variance}
    for path, array in arrays_of(first.params).items():
        if path not in times:
            continue
        for index in np.ndindex(array.shape):
            apart = []
            for sign in (1.0, -1.0):
                moved = array.copy()
                moved[index] += 1e-5 * sign
                apart.append(height(with_arrays(first.params, {path: moved})))
            slope = (apart[0] - apart[1]) / 2e-5
            taken = (arrays_of(after)[path] - array)[index] / rate
            assert taken == pytest.approx(times[path] * slope, rel=1e-3, abs=1e-5)


def test_backpropagation_ends_each_epoch_at_the_best_variance() -> None:
    X, y = bent()
    run = engine.fit(BackpropMLP((4, 3), learning_rate=0.02), X, y, max_iter=30)
    left = y - run.predict(X)
    assert run.params.variances[0] == pytest.approx((left**2).mean() + 1e-6 * y.var(), rel=1e-12)
    assert run.step.log_likelihood == pytest.approx(-len(y) * run.model.reports(run.params, X, y)["forward"].log_loss)


def test_both_begin_at_the_same_place_whatever_the_unit() -> None:
    X, y = bent()
    latent, other = engine.begin(LatentMLP(4), X, y, seed=3).params, engine.begin(BackpropMLP(4), X, y, seed=3).params
    assert all(np.array_equal(array, arrays_of(other)[path]) for path, array in arrays_of(latent).items())
    in_cents = engine.fit(LatentMLP(4), X, 100 * y + 7, seed=3, max_iter=5)
    as_it_was = engine.fit(LatentMLP(4), X, y, seed=3, max_iter=5)
    assert np.allclose(in_cents.predict(X), 100 * as_it_was.predict(X) + 7, rtol=1e-9)


def test_the_gradients_of_both_are_one_step() -> None:
    X, y = bent()
    latent = LatentMLP(4, learning_rate=0.001)
    other = BackpropMLP(4, optimizer="batch", loss="marginal", learning_rate=0.001)
    one, two = engine.fit(latent, X, y, seed=3, max_iter=1).params, engine.fit(other, X, y, seed=3, max_iter=1).params
    assert np.allclose(one.hidden, two.hidden, rtol=1e-10) and np.allclose(one.output, two.output, rtol=1e-10)


def test_steps_on_all_rows_are_the_plain_gradient_step() -> None:
    X, y = bent()
    for decay in (0.0, 0.5):
        plain = engine.fit(LatentMLP(4, learning_rate=0.001, weight_decay=decay), X, y, seed=3, max_iter=1).params
        model = LatentMLP(4, learning_rate=0.001, weight_decay=decay, batch_size=40)
        parts = engine.fit(model, X, y, start=engine.begin(LatentMLP(4), X, y, seed=3).params, max_iter=1).params
        for path, array in arrays_of(plain).items():
            assert np.allclose(array, arrays_of(parts)[path], rtol=1e-9), path


# what is owed, and what is refused


@pytest.mark.parametrize(
    "model",
    [
        LatentMLP(3, optimizer="adam", batch_size=5, learning_rate=0.05), LatentMLP(3, optimizer="momentum"),
        LatentMLP(3), LatentMLP(3, m_step="newton", weight_decay=0.1), LatentMLP(3, m_step="ecm", bias=False),
        BackpropMLP(3), BackpropMLP(3, optimizer="adam", loss="marginal"), BackpropMLP((3, 2), optimizer="batch"),
    ],
)  # fmt: skip
def test_the_model_owes_what_every_model_owes(model: Any) -> None:
    X, y = bent(20)
    assert check_model(model, X, y, n_iter=3)


@pytest.mark.parametrize("algorithm", ["hard", "stochastic", "annealed"])
def test_other_algorithms_know_numbers(algorithm: str) -> None:
    X, y = bent(20)
    check_model(LatentMLP(3), X, y, n_iter=3, algorithm=algorithm)


@pytest.mark.parametrize("options", [{"e_step": name} for name in ("gibbs", "mean_field", "importance")])
def test_other_e_steps_say_that_they_learn_no_numbers(options: dict[str, Any]) -> None:
    with pytest.raises(engine.EngineError, match="numbers by the exact E-step alone"):
        engine.fit(LatentMLP(3, **options), *bent())


def test_several_layers_and_many_units_are_for_backpropagation() -> None:
    for size in ((3, 2), 21):
        with pytest.raises(engine.EngineError, match="or the model backprop"):
            engine.fit(LatentMLP(size), *bent())
    assert engine.fit(BackpropMLP(21), *bent(), max_iter=2).params.numeric


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ({}, "must have variances"),
        ({"variances": np.array([0.0])}, "above 0"),
        ({"variances": np.array([1.0, 1.0])}, "one finite number"),
    ],
)
def test_a_start_is_checked_in_plain_words(start: dict[str, Any], said: str) -> None:
    params = NetworkParams(np.zeros((2, 3)), np.zeros((1, 3)), **start)
    with pytest.raises(engine.EngineError, match=said):
        engine.begin(LatentMLP(2), *bent(), start=params)


def test_targets_are_checked_in_plain_words() -> None:
    X, y = bent(10)
    for equal in (0.1, 0.5, 3.5):  # as often as this their mean is rounded
        with pytest.raises(engine.EngineError, match="nothing to be learned"):
            engine.fit(LatentMLP(2), np.arange(60.0)[:, None], np.full(60, equal))
    for wrong, said in (
        (np.full(10, 0.5), "nothing to be learned"),
        (np.where(np.arange(10) == 3, np.nan, y), "the target of row 4 is nan"),
    ):
        with pytest.raises(engine.EngineError, match=said):
            engine.fit(LatentMLP(2), X, wrong)
    whole = engine.fit(LatentMLP(2, likelihood="gaussian"), X, np.arange(10), max_iter=2)
    assert whole.params.numeric
    assert not engine.fit(LatentMLP(2), X, np.arange(10) % 3, max_iter=2).params.numeric


def test_numbers_have_no_class_probabilities() -> None:
    with pytest.raises(engine.EngineError, match="no class probabilities: ask for predict_mean"):
        predict_network(drawn(2, 2, 0), np.zeros((1, 2)))
