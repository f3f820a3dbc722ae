"""A row's q moved by hand: ln p stays, the bound falls by the KL that opens, and the M-step follows this q."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from why_cases import IRIS, walked

import engine
from engine.em.inference import GivenRows
from engine.em.loop import begin, e_step, m_step
from engine.em.step import Step
from engine.errors import EngineError
from engine.explain.jensen import jensen
from engine.explain.ledger import ledger
from engine.explain.worked import worked_row

q_moved = engine.by_hand.q_moved
WEIGHT = np.where(np.arange(150) % 5 == 0, 0.0, 1.0 + np.arange(150) % 3)
KINDS = ("full", "tied", "diag", "spherical")
MAKE: dict[str, Callable[[], Step]] = {
    **{f"gmm {kind}": partial(begin, engine.GaussianMixture(3, covariance_type=kind), IRIS.X[::3]) for kind in KINDS},
    "weights": lambda: begin(engine.GaussianMixture(3), IRIS.X, sample_weight=WEIGHT),
    "experts": lambda: begin(engine.MixtureOfExperts(2, weight_decay=0.1), IRIS.X[::3], IRIS.y[::3]),
    "numbers": lambda: begin(engine.MixtureOfExperts(2, expert="gaussian"), IRIS.X[:, :2], IRIS.X[:, 3]),
}
CASES = ("coins", "bernoulli", "poisson", "linkage", *MAKE)


def settled(name: str, algorithm: str = "classic") -> Step:
    if name not in MAKE:
        return walked(name, 1, algorithm)[1]
    return e_step(engine_switch(MAKE[name](), algorithm))


def engine_switch(step: Step, algorithm: str) -> Step:
    from engine.em.loop import switch_algorithm

    return step if algorithm == "classic" else switch_algorithm(step, algorithm)


def one_row(step: Step) -> int:
    return 1 if step.problem.data.n_given > 1 else 0


def times(step: Step, row: int) -> float:
    """How often the row counts; of linkage, how many animals are split."""
    return jensen(step, row).weight


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=examples(2))
@given(shares=st.lists(st.floats(0.01, 1.0), min_size=3, max_size=3))
def test_the_bound_falls_by_exactly_the_kl_that_opens(name, shares):
    step = SETTLED.setdefault(name, settled(name))
    row, r = one_row(step), step.posterior.responsibilities
    q = np.array(shares[: r.shape[1]]) / sum(shares[: r.shape[1]])
    moved = q_moved(step, row, q)
    scale = 1e-9 * max(1.0, abs(step.log_likelihood))
    kl = times(step, row) * float(q @ (np.log(q) - np.log(r[row])))
    assert moved.log_likelihood == step.log_likelihood and moved.params is step.params
    assert moved.kl == pytest.approx(kl, abs=scale)
    assert step.elbo - moved.elbo == pytest.approx(kl, abs=scale)
    assert moved.elbo == pytest.approx(moved.q_value + moved.entropy, abs=scale)
    np.testing.assert_allclose(moved.posterior.responsibilities[row], q, rtol=1e-12)
    others = np.arange(len(r)) != row
    np.testing.assert_array_equal(moved.posterior.responsibilities[others], r[others])
    again = step.problem.model.entropy(moved.params_q, moved.problem.data, moved.inference)
    assert moved.entropy == pytest.approx(again, abs=scale)
    book = ledger(moved, step)
    assert book.change("log_likelihood") == 0.0 and book.change("kl") == pytest.approx(kl, abs=scale)
    assert {fall.reason for fall in book.falls} <= {"by_hand"}
    assert jensen(moved, row).gap * times(step, row) == pytest.approx(kl, abs=scale)
    worked = worked_row(moved, row)
    np.testing.assert_allclose(worked.result, q, rtol=1e-12)
    if name != "linkage":
        assert [one.formula for one in worked.of("assignment")] == ["given by hand"] * len(q)
    after = m_step(moved)
    assert after.elbo + after.log_prior >= moved.elbo + moved.log_prior - scale
    assert {fall.reason for fall in ledger(after, moved).falls} <= {"given"}
    renewed = e_step(after)
    assert renewed.kl == 0.0 and not isinstance(renewed.inference, GivenRows)


SETTLED: dict[str, Step] = {}


def test_the_m_step_is_that_of_these_responsibilities():
    step = settled("gmm full")
    moved = q_moved(q_moved(step, 3, [0.2, 0.3, 0.5]), 7, [1.0, 0.0, 0.0])
    r = step.posterior.responsibilities.copy()
    r[3], r[7] = [0.2, 0.3, 0.5], [1.0, 0.0, 0.0]
    X, after = IRIS.X[::3], m_step(moved).params
    np.testing.assert_allclose(after.weights, r.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(after.means, (r.T @ X) / r.sum(axis=0)[:, None], rtol=1e-9)
    assert moved.entropy == pytest.approx(-float(np.where(r > 0, r * np.log(np.where(r > 0, r, 1)), 0).sum()), rel=1e-9)
    coins = settled("coins")
    r = coins.posterior.responsibilities.copy()
    r[2] = [0.9, 0.1]
    np.testing.assert_allclose(m_step(q_moved(coins, 2, r[2])).params.weights, r.mean(axis=0), rtol=1e-12)


@pytest.mark.parametrize("algorithm", ["hard", "stochastic", "annealed", "squarem"])
def test_other_algorithms_go_on_from_it(algorithm):
    step = settled("gmm full", algorithm)
    moved = q_moved(step, 3, [0.2, 0.3, 0.5])
    assert moved.log_likelihood == step.log_likelihood
    others = np.arange(50) != 3
    np.testing.assert_array_equal(moved.posterior.responsibilities[others], step.posterior.responsibilities[others])
    after = e_step(m_step(moved))
    assert np.isfinite(after.objective) and not isinstance(after.inference, GivenRows)


def test_what_was_given_stays_with_its_row_when_others_are_left_out():
    step = q_moved(e_step(begin(engine.GaussianMixture(3), IRIS.X)), 40, [0.2, 0.3, 0.5])
    weight = np.ones(150)
    weight[[3, 90]] = 0.0
    fewer = engine.by_hand.reweighted(step, IRIS.X, None, weight, "left out")
    np.testing.assert_allclose(fewer.posterior.responsibilities[40], [0.2, 0.3, 0.5])
    assert fewer.posterior.responsibilities[3] == pytest.approx(step.posterior.responsibilities[3])
    assert worked_row(fewer, 3).result.sum() == pytest.approx(1.0)
    weight[40] = 0.0
    without = engine.by_hand.reweighted(fewer, IRIS.X, None, weight, "left out")
    assert not isinstance(without.inference, GivenRows) and without.kl == pytest.approx(0.0, abs=1e-9)


def test_what_can_not_be_moved_is_said():
    first, step, m = walked("full", 1)
    wrongs: tuple[tuple[Callable[[], Any], str], ...] = (
        (lambda: q_moved(first, 0, [1, 0, 0]), "take an E-step first"),
        (lambda: q_moved(m, 0, [1, 0, 0]), "take an E-step first"),
        (lambda: q_moved(step, 150, [1, 0, 0]), "no row 150"),
        (lambda: q_moved(step, 0, [0.5, 0.5]), "3 numbers"),
        (lambda: q_moved(step, 0, [-0.5, 1.0, 0.5]), "at least 0"),
        (lambda: q_moved(step, 0, [0.5, 0.5, 0.5]), "sums to 1.5"),
        (lambda: q_moved(step, 0, ["a", 0.5, 0.5]), "q"),
        (lambda: q_moved(step, 0, step.posterior.responsibilities[0]), "already"),
        (lambda: q_moved(walked("labels", 1)[1], 0, [0, 1, 0]), "label of row 1 is known"),
        (lambda: q_moved(walked("diary", 1)[1], 0, [0, 1]), "hang together"),
        (lambda: q_moved(walked("network", 1)[1], 0, [0, 1, 0]), "hidden units"),
        (lambda: q_moved(walked("kmeans", 1)[1], 0, [0, 1, 0]), "nearest centre"),
        (lambda: q_moved(settled("weights"), 0, [1, 0, 0]), "counts nothing"),
        (lambda: q_moved(e_step(begin(engine.BackpropMLP(2), IRIS.X, IRIS.y)), 0, [1, 0]), "nothing is hidden"),
    )
    for wrong, said in wrongs:
        with pytest.raises(EngineError, match=said):
            wrong()
    start = engine.BernoulliMixture.Params([0.5, 0.5], [[0.0], [0.5]])
    flips = e_step(begin(engine.BernoulliMixture(2), [[1.0], [0.0]], start=start))
    with pytest.raises(EngineError, match="impossible"):
        q_moved(flips, 0, [0.5, 0.5])


def test_it_comes_again_when_its_numbers_were_released():
    moved = q_moved(settled("gmm full"), 3, [0.2, 0.3, 0.5])
    before = moved.elbo, moved.kl
    moved.release()
    fresh = replace(moved)
    assert (fresh.elbo, fresh.kl) == before
