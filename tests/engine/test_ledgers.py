"""The ledger: it adds up, its changes are differences, and every fall has a reason."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from why_cases import CASES, DEATHS, IRIS, walked

import engine
from engine.em.loop import begin, e_step, m_step
from engine.explain.ledger import QUANTITIES, ledger


@pytest.mark.parametrize("algorithm", ["classic", "hard", "stochastic", "annealed", "squarem"])
@pytest.mark.parametrize("name", CASES)
def test_it_adds_up(name, algorithm):
    steps = walked(name, 2, algorithm)
    for before, step in pairwise(steps):
        book = ledger(step, before)
        slack = 1e-9 * max(1.0, abs(step.log_likelihood))
        # The entropy a second way, from the responsibilities: nothing here is true by definition.
        entropy = step.problem.model.entropy(step.params_q, step.problem.data, step.inference)
        assert book.value("entropy") == pytest.approx(entropy, abs=slack)
        assert book.value("q_value") + entropy == pytest.approx(book.value("elbo"), abs=slack)
        assert book.value("elbo") + book.value("kl") == pytest.approx(book.value("log_likelihood"), abs=slack)
        total = book.value("log_likelihood") + book.value("log_prior")
        assert book.value("objective") == pytest.approx(total, abs=slack)
        for quantity in QUANTITIES:
            change = getattr(step, quantity) - getattr(before, quantity)
            assert book.change(quantity) == pytest.approx(change, nan_ok=True)


def test_changes_add_up_too():
    _, _, m, e, _ = walked("full", 2)
    book = ledger(e, m)
    assert book.change("objective") == 0.0 and book.change("log_prior") == 0.0
    assert book.change("elbo") == pytest.approx(-book.change("kl"))
    assert book.change("elbo") == pytest.approx(book.change("q_value") + book.change("entropy"))
    assert book.value("kl") == pytest.approx(0.0, abs=1e-9)


def test_whose_parameters_they_are():
    first, e, m = walked("full", 1)
    assert ledger(first).line("elbo").iteration_q is None and np.isnan(ledger(first).value("elbo"))
    assert np.isnan(ledger(first).change("objective"))
    assert ledger(e, first).line("log_likelihood").iteration == 0
    book = ledger(m, e)
    assert (book.line("log_likelihood").of, book.line("log_likelihood").iteration) == ("params", 1)
    assert (book.line("entropy").of, book.line("entropy").iteration_q) == ("params_q", 0)
    assert (book.line("elbo").of, book.line("elbo").iteration, book.line("elbo").iteration_q) == ("both", 1, 0)
    assert book.line("log_prior").iteration_q is None


@pytest.mark.parametrize("name", CASES)
def test_classic_em_falls_nowhere(name):
    steps = walked(name, 4)
    for before, step in pairwise(steps):
        assert [fall for fall in ledger(step, before).falls if fall.quantity == "objective"] == []
        assert all(fall.reason == "prior" for fall in ledger(step, before).falls)


def falls(model, X, y=None, algorithm="classic", iterations=12, seed=0, **options):
    step, found = begin(model, X, y, algorithm=algorithm, seed=seed, **options), []
    for _ in range(iterations):
        after_e = e_step(step)
        after_m = m_step(after_e)
        for one, other in ((step, after_e), (after_e, after_m)):
            found += ledger(other, one).falls
        step = after_m
    return found


def test_falls_have_reasons():
    assert {fall.reason for fall in falls(engine.PoissonMixture(2), DEATHS, algorithm="stochastic")} == {"sampled"}
    annealed = falls(engine.PoissonMixture(2), DEATHS, algorithm="annealed")
    assert {fall.reason for fall in annealed} <= {"annealed", "event"}  # an event: merged components go apart
    long = falls(engine.LatentMLP(3, learning_rate=5.0), IRIS.X, IRIS.y)
    assert {fall.reason for fall in long} == {"gradient"} and "too long" in long[0].details[0]
    gibbs = engine.LatentMLP(3, e_step="gibbs", sweeps=2, draws=10, m_step="newton", weight_decay=0.1)
    drawn = falls(gibbs, IRIS.X, IRIS.y)
    assert drawn and {fall.reason for fall in drawn} == {"estimate"}
    assert any(np.isfinite(fall.errors) for fall in drawn)
    reset = falls(engine.GaussianMixture(3, on_collapse="reset", reg_covar=0.0), np.repeat(np.eye(3), 4, axis=0))
    assert {fall.reason for fall in reset} == {"event"} and reset[0].details


def test_hard_em_may_lose_likelihood():
    found = falls(engine.PoissonMixture(2), DEATHS, algorithm="hard")
    assert found and {fall.reason for fall in found} == {"hard"}
    assert "elbo" not in {fall.quantity for fall in found}


def test_squarem_leaps_past_the_top_of_the_bound():
    """Only the objective must not fall: θ goes on from where this bound is highest."""
    for name in ("full", "spherical", "coins", "stop"):
        steps = walked(name, 4, "squarem")
        found = [fall for before, step in pairwise(steps) for fall in ledger(step, before).falls]
        assert {fall.quantity for fall in found if fall.reason == "leap"} <= {"elbo"}
        assert {fall.reason for fall in found} <= {"leap", "prior"}
        assert "objective" not in {fall.quantity for fall in found}
    assert any(fall.reason == "leap" for fall in found)


def test_another_branch_is_no_fall_of_the_algorithm():
    steps = walked("diag", 3)
    back = ledger(steps[2], steps[6]).falls
    assert back and {fall.reason for fall in back} == {"branch"}
