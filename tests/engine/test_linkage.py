"""Genetic linkage against the published trajectory, enumeration of every animal, finite differences, and borders."""

from __future__ import annotations

import numpy as np
import pytest
from enumeration import by_enumeration
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import binom, multinomial

import engine
from engine.em.algorithms import Annealed
from engine.errors import DataError, EngineError
from engine.testing import check_model

Params = engine.GeneticLinkage.Params
PUBLISHED = "608247423 624321050 626488879 626777322 626815632 626820719 626821394 626821484"
OPTIMUM = (15 + np.sqrt(53809)) / 394


def published_path(n):
    data = engine.load("linkage")
    steps = engine.iterate(engine.GeneticLinkage(), data.X, start=Params(**data.start), max_iter=n, tol=0)
    return [float(step.params.theta) for step in steps if step.phase != "E"]


def test_the_published_trajectory_to_all_printed_digits():
    assert [f"{theta:.9f}"[2:] for theta in published_path(8)[1:]] == PUBLISHED.split()


def test_the_limit_and_the_rate_of_convergence_are_the_published_ones():
    errors = np.array(published_path(9)) - OPTIMUM
    assert f"{errors[-1] / errors[-2]:.4f}" == "0.1328"
    assert published_path(40)[-1] == pytest.approx(OPTIMUM, abs=1e-15)


def test_the_maximum_is_that_of_a_search():
    model = engine.GeneticLinkage()
    data = model.observe(engine.load("linkage").X)
    best = minimize_scalar(lambda t: -float(model.log_likelihood_at(np.array(t), data)), bounds=(0.01, 0.99))
    assert best.x == pytest.approx(OPTIMUM, abs=1e-4)


def cells(theta):
    return np.array([0.5 + theta / 4, (1 - theta) / 4, (1 - theta) / 4, theta / 4])


def test_the_likelihood_is_the_multinomial_of_scipy():
    X = np.array([[125.0, 18, 20, 34], [3, 0, 1, 2]])
    for theta in (0.1, 0.5, 0.9):
        step = engine.begin(engine.GeneticLinkage(), X, start=Params(theta))
        assert step.log_likelihood == pytest.approx(multinomial.logpmf(X, X.sum(axis=1), cells(theta)).sum(), rel=1e-11)


def test_every_number_is_that_of_enumerating_where_each_animal_belongs():
    X = np.array([[4.0, 1, 2, 1]])
    constant = multinomial.logpmf(X[0], 8, cells(0.3)) - X[0] @ np.log(cells(0.3))

    def joint_at(theta):  # 8 animals; only those of the first cell have two places to be
        first = np.tile([0.5, theta / 4], (4, 1))
        others = np.repeat(cells(theta)[1:], [1, 2, 1])
        return np.vstack([first, np.column_stack([others, np.zeros(4)])])

    for step in engine.iterate(engine.GeneticLinkage(), X, start=Params(0.3), max_iter=3, tol=0):
        if step.phase == "init":
            continue
        log_likelihood, q_value, entropy, marginals = by_enumeration(
            joint_at(float(step.params.theta)), joint_at(float(step.params_q.theta))
        )
        assert step.log_likelihood == pytest.approx(log_likelihood + constant, rel=1e-11)
        assert step.q_value == pytest.approx(q_value + constant, rel=1e-11)
        assert step.entropy == pytest.approx(entropy, rel=1e-11)
        np.testing.assert_allclose(step.posterior.responsibilities[0], marginals[0], rtol=1e-12)


def test_the_m_step_is_the_maximum_of_q_and_the_bound_touches_at_theta_q():
    model = engine.GeneticLinkage()
    data = model.observe([125, 18, 20, 34])
    expectation = model.expect(Params(0.2), data)
    best = float(model.maximize(expectation, Params(0.2), data).params.theta)
    around = np.array([best - 1e-5, best, best + 1e-5])
    q = model.q_value_at(expectation, around, data)
    assert q.argmax() == 1
    assert abs(q[2] - q[0]) / 2e-5 < 1e-4
    grid = np.linspace(0.01, 0.99, 99)
    gap = model.log_likelihood_at(grid, data) - model.q_value_at(expectation, grid, data) - expectation.entropy
    assert gap.min() >= -1e-11
    assert grid[gap.argmin()] == pytest.approx(0.2)
    assert gap.min() == pytest.approx(0, abs=1e-10)


@pytest.mark.parametrize("algorithm", ["classic", "hard", "stochastic", Annealed(5.0, 0.5)])
@pytest.mark.parametrize("X", [[[125, 18, 20, 34]], [[125, 18, 20, 34], [10, 2, 3, 4], [0, 1, 1, 0], [7, 0, 0, 0]]])
def test_linkage_keeps_every_invariant(algorithm, X):
    checked = check_model(engine.GeneticLinkage(), np.array(X, dtype=float), algorithm=algorithm)
    assert "elbo + KL = log-likelihood" in checked


def test_a_drawn_split_is_binomial_and_comes_back_with_its_seed():
    step = engine.begin(engine.GeneticLinkage(), [125, 18, 20, 34], start=Params(0.5), algorithm="stochastic", seed=4)
    drawn = engine.advance(step).posterior.responsibilities[0, 1] * 125
    assert drawn == round(drawn)
    assert 1e-4 < binom.cdf(drawn, 125, 0.2) < 1 - 1e-4
    again = engine.begin(engine.GeneticLinkage(), [125, 18, 20, 34], start=Params(0.5), algorithm="stochastic", seed=4)
    assert engine.advance(again).posterior.responsibilities[0, 1] * 125 == drawn


def test_a_hard_split_gives_the_first_cell_to_its_larger_part():
    *_, last = engine.iterate(engine.GeneticLinkage(), [125, 18, 20, 34], algorithm="hard", max_iter=3)
    assert last.posterior.responsibilities.tolist() == [[1, 0]]
    assert float(last.params.theta) == 34 / 72


@given(st.lists(st.integers(0, 50), min_size=4, max_size=4).filter(sum), st.integers(0, 3))
def test_any_counts_give_a_finite_run_that_never_falls(counts, seed):
    run = engine.fit(engine.GeneticLinkage(), counts, seed=seed, max_iter=5, tol=0)
    assert np.isfinite(run.objectives).all()
    assert (np.diff(run.objectives) >= -1e-9).all()
    assert 0 <= float(run.params.theta) <= 1


def test_a_border_is_reached_where_the_maximum_lies_there():
    assert float(engine.fit(engine.GeneticLinkage(), [0, 5, 3, 0]).params.theta) == 0.0
    assert float(engine.fit(engine.GeneticLinkage(), [9, 0, 0, 2]).params.theta) == 1.0


def test_counts_that_say_nothing_leave_theta_where_it_is():
    step = engine.begin(engine.GeneticLinkage(), [5, 0, 0, 0], start=Params(0.0))
    after = engine.advance(engine.advance(step))
    assert float(after.params.theta) == 0.0
    assert "stays as it was" in after.events[0].message


@pytest.mark.parametrize(
    "X",
    [
        [],
        [1, 2, 3],
        [[1, 2, 3]],
        [1, 2, 3, 4, 5],
        [0, 0, 0, 0],
        [1, 2, 3, -1],
        [1, 2, 3, 0.5],
        [1, 2, 3, np.nan],
        ["a", "b", "c", "d"],
        None,
        7,
        [[1, 2, 3, 4], [1, 2]],
    ],
)
def test_what_are_no_counts_is_refused_in_one_sentence(X):
    with pytest.raises(DataError) as caught:
        engine.GeneticLinkage().observe(X)
    assert str(caught.value)
    assert "\n" not in str(caught.value)


def test_known_labels_and_bad_weights_are_refused():
    with pytest.raises(DataError, match="no known labels"):
        engine.GeneticLinkage().observe([1, 2, 3, 4], y=[0])
    with pytest.raises(DataError):
        engine.GeneticLinkage().observe([1, 2, 3, 4], sample_weight=[0.0])


@pytest.mark.parametrize("theta", [-0.1, 1.1, np.nan, np.array([0.5]), 0.0, 1.0])
def test_a_start_that_does_not_fit_is_refused(theta):
    with pytest.raises(EngineError):
        engine.begin(engine.GeneticLinkage(), [125, 18, 20, 34], start=Params(theta))
