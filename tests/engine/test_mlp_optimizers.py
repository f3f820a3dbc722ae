"""Gradient M-steps of a network on parts of the rows, with momentum and by Adam."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import engine
from engine.em.inference import Hard
from engine.errors import OptionError
from engine.models.network.e_steps.e_step import ExactEStep
from engine.models.optimizers import Momentum, rows_of_steps
from engine.testing import check_model

GENERATOR = np.random.default_rng(4)
X = GENERATOR.normal(size=(40, 3))
Y = (X[:, 0] + 0.5 * X[:, 1] ** 2 + 0.3 * GENERATOR.normal(size=40) > 0.4).astype(int) + (X[:, 2] > 1.0)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_on_all_rows_it_is_backpropagation_of_the_marginal(optimizer: str) -> None:
    """The gradient of Q at θ_q = θ is that of the log-likelihood (Fisher's identity), the optimiser the same."""
    options = {"learning_rate": 0.02, "weight_decay": 0.1}
    em = engine.fit(engine.LatentMLP(3, optimizer=optimizer, **options), X, Y, max_iter=6, tol=0.0)
    same = "batch" if optimizer == "sgd" else optimizer
    back = engine.fit(engine.BackpropMLP(3, optimizer=same, loss="marginal", **options), X, Y, max_iter=6, tol=0.0)
    np.testing.assert_allclose(em.params.hidden, back.params.hidden, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(em.params.output, back.params.output, rtol=1e-9, atol=1e-11)


def test_parts_are_stepped_on_with_q_held_where_the_e_step_left_it() -> None:
    """One M-step in parts of 15 rows against sums over all configurations, written out."""
    model = engine.LatentMLP(2, batch_size=15, learning_rate=0.05, weight_decay=0.2)
    first = engine.begin(model, X, Y, seed=3)
    after = engine.advance(engine.advance(first)).params
    W, V = np.array(first.params.hidden), np.array(first.params.output)
    W_q, V_q = W.copy(), V.copy()
    rows: Any = first.problem.data
    begun: Any = first.params
    ones, Z = np.ones((40, 1)), np.array([(1.0, *z) for z in itertools.product((0, 1), repeat=2)])
    design = np.hstack([ones, X])
    decay = np.array([0.0, 1.0, 1.0, 1.0])

    def softmax(logits: np.ndarray) -> np.ndarray:
        return np.exp(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))

    u = 1.0 / (1.0 + np.exp(-design @ W_q.T))
    prior = np.prod([np.where(Z[:, h + 1] == 1, u[:, [h]], 1 - u[:, [h]]) for h in range(2)], axis=0)
    q = prior * softmax(Z @ V_q.T)[:, Y].T
    q /= q.sum(axis=1, keepdims=True)
    for step in rows_of_steps(int(begun.state.seed), 0, 40, 15):
        part = rows.order[step]
        now = 1.0 / (1.0 + np.exp(-design[part] @ W.T))
        of_hidden = (q[part] @ Z[:, 1:] - now).T @ design[part] - 0.2 * len(part) / 40 * decay * W
        missed = np.eye(3)[Y[part]][:, None, :] - softmax(Z @ V.T)[None]
        of_output = np.einsum("nz,nzi,zh->ih", q[part], missed, Z) - 0.2 * len(part) / 40 * decay[:3] * V
        of_output[-1] = 0.0
        W, V = W + 0.05 * of_hidden, V + 0.05 * of_output
    np.testing.assert_allclose(after.hidden, W, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(after.output, V, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("inference", [engine.em.inference.EXACT, Hard()])
def test_the_statistics_of_the_parts_are_those_of_all_rows(inference: object) -> None:
    step, e_step = engine.begin(engine.LatentMLP(3), X, Y), ExactEStep()
    rows: Any = step.problem.data
    whole = e_step.expect(step.params, rows, inference).statistics
    parts = [e_step.statistics_of(step.params, rows, rows.order[s], inference) for s in rows_of_steps(1, 0, 40, 7)]
    np.testing.assert_allclose(sum(part.counts for part in parts), whole.counts, atol=1e-12)
    np.testing.assert_allclose(sum(part.class_moments for part in parts), whole.class_moments, atol=1e-12)


def test_a_step_taken_twice_is_the_same_step() -> None:
    """What an optimiser remembers is a value beside θ, not a thing that is used up."""
    model = engine.LatentMLP(3, optimizer="adam", batch_size=9)
    step = engine.begin(model, X, Y)
    for _ in range(5):
        step = engine.advance(step)
    ends = [engine.advance(step).params for _ in range(2)]
    np.testing.assert_array_equal(ends[0].hidden, ends[1].hidden)
    np.testing.assert_array_equal(ends[0].state.second.output, ends[1].state.second.output)
    assert ends[0].state.epochs == 3 and ends[0].state.steps == 15
    with pytest.raises(ValueError, match="read-only"):
        ends[0].state.first.hidden[0, 0] = 1.0


def test_momentum_is_by_its_formula() -> None:
    """v ← 0.9 v + gradient, θ ← θ + rate · v."""
    weights, momentum = [np.zeros(1)], Momentum(0.1, [np.zeros(1)])
    for gradient in (1.0, 1.0, -2.0):
        momentum.move(weights, [np.array([gradient])])
    assert weights[0] == pytest.approx(0.1 * (1.0 + 1.9 + (0.9 * 1.9 - 2.0)))


def test_nothing_promises_ascent_and_a_fall_is_told() -> None:
    model = engine.LatentMLP(3, optimizer="adam", learning_rate=1.0)
    assert model.ascent == "gradient"
    told = [event.message for step in engine.iterate(model, X, Y, max_iter=4, tol=0.0) for event in step.events]
    assert any("Adam's steps follow past gradients" in message for message in told)


def test_what_it_is_not_for_is_refused() -> None:
    with pytest.raises(OptionError, match="batch_size is for the exact E-step"):
        engine.LatentMLP((3, 2), batch_size=5)
    assert engine.LatentMLP((3, 2), batch_size=5, m_step="newton").batch_size == 5


@pytest.mark.parametrize("options", [{"optimizer": "momentum"}, {"optimizer": "adam", "batch_size": 16}])
def test_it_is_a_model_like_any_other(options: dict[str, Any]) -> None:
    kept = check_model(engine.LatentMLP(2, **options), X, Y, n_iter=3)
    assert {"KL = 0 after an exact E-step", "the same seed gives the same bytes", "rows of weight 0 are no rows"} <= {
        *kept
    }
