"""The reasons of a step, held against the ledger for every model that has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from test_slopes import EXACT, asked, steps_of
from why_cases import HEADS, PUBLISHED_COINS, walked

import engine
from engine.editing.entries import entries
from engine.em.loop import begin, e_step, m_step
from engine.em.step import Step
from engine.errors import EngineError
from engine.explain.derivation import Worked
from engine.explain.reasons import balanced, multiplier, rise, shares, why_q

NO_WEIGHTS = ("kmeans", "linkage", "diary", "stop", "measured", "topics")
NOT_ONE = ("network", "gradient", "drawn", "factorised", "number network", "experts", "numbers")


def recomputed(found: Worked) -> None:
    """Every line is what its operation makes of its numbers, as is said."""
    for one in found.lines:
        assert one.result == pytest.approx(one.recomputed, rel=1e-9, abs=1e-12, nan_ok=True), one


def gap(step: Step, number: float, expected: float) -> None:
    unit = max(1.0, abs(step.log_likelihood if np.isfinite(step.log_likelihood) else step.elbo))
    assert number == pytest.approx(expected, abs=1e-9 * unit)


@pytest.mark.parametrize("name", EXACT)
def test_what_rises_is_that_of_the_ledger(name: str) -> None:
    *_, before, step = steps_of(name)
    found = rise(step)
    recomputed(found)
    exact = step.problem.model.exact
    totals = found.of("total")
    gap(step, totals[0].result, step.q_value - before.q_value)
    told = [one.result for one in found.of("evidence")]
    if not exact:
        gap(step, told.pop(0), step.elbo - before.elbo)
    assert bool(told) is bool(np.isfinite(step.log_likelihood))
    if told:
        gap(step, totals[1].result, step.kl - before.kl)
        gap(step, told[0], step.log_likelihood - before.log_likelihood)
        gap(step, told[1], step.log_likelihood - before.log_likelihood)
    if step.log_prior:
        gap(step, found.of("ridge")[0].result, step.log_prior - before.log_prior)
        gap(step, found.of("parameter")[0].result, step.objective - before.objective)
    to_come = rise(before)  # the same numbers before the M-step is taken
    for one, other in zip(found.lines, to_come.lines, strict=True):
        gap(step, one.result, other.result)


@pytest.mark.parametrize("name", EXACT)
def test_why_q_and_the_pulls_recompute_and_agree(name: str) -> None:
    *_, before, step = steps_of(name)
    n_found = 0
    for entry in asked(step):
        for made in (before, step):
            try:
                why, pulled = why_q(made, entry.name), balanced(made, entry.name)
            except EngineError:
                continue  # there is no formula
            n_found += 1
            recomputed(why)
            recomputed(pulled)
            same = [one.result for one in why.of("slope") if "the same number" in one.formula]
            assert same == [why.result[0]] * made.problem.model.exact
    assert n_found >= 2


@pytest.mark.parametrize("name", [name for name in EXACT if name not in (*NOT_ONE, "linkage", "kmeans")])
def test_one_lambda_for_all(name: str) -> None:
    *_, before, step = steps_of(name)
    simplexes = [entry for entry in entries(step.problem.model, step.params) if entry.rule in ("sum", "row")]
    for entry in simplexes[:: max(1, len(simplexes) // 6)]:
        for made in (before, step):
            found = multiplier(made, entry.name)
            recomputed(found)
            assert found.result == pytest.approx(found.result[0], rel=1e-9), entry.name
    whole = multiplier(step)
    if name not in ("diary", "stop", "measured", "topics"):
        assert whole.result[0] == pytest.approx(step.problem.data.total_weight)


@pytest.mark.parametrize("name", [name for name in EXACT if name not in (*NOT_ONE, *NO_WEIGHTS)])
def test_shares_and_doubt_make_the_weights(name: str) -> None:
    *_, step = steps_of(name)
    found = shares(step)
    recomputed(found)
    assert found.result.sum() == pytest.approx(1.0)
    weights: Any = getattr(step.params, "weights", None)
    if weights is not None:
        np.testing.assert_allclose(found.result, weights, rtol=1e-9, atol=1e-12)


def test_published_coins() -> None:
    """Do & Batzoglou 2008: of coin A 21.3 heads and 8.6 tails are expected; λ is 5 sets, held or not."""
    for held in (True, False):
        step = e_step(begin(engine.BinomialMixture(2, fixed_weights=held), HEADS, start=PUBLISHED_COINS))
        pulled = balanced(step, "probabilities[0]")
        total = pulled.of("slope")[0].result
        assert total == pytest.approx(21.297 - 0.6 * (21.297 + 8.572), abs=2e-3)
        assert pulled.result[0] == pytest.approx(0.0, abs=1e-12)
        found = multiplier(step)
        r = step.posterior.responsibilities.sum(axis=0)
        before = [one.result for one in found.of("total")][:2]
        np.testing.assert_allclose(before, r / 0.5)
        assert ("held" in found.remark) is held
        if not held:
            assert found.result == pytest.approx(5.0)


def test_weights_of_rows_make_lambda() -> None:
    step = m_step(e_step(begin(engine.PoissonMixture(2), HEADS, sample_weight=[1, 2, 3, 4, 0.5], seed=1)))
    assert multiplier(step).result == pytest.approx(10.5)
    np.testing.assert_allclose(shares(step).result, step.params.weights)


@pytest.mark.parametrize("algorithm", ["hard", "stochastic", "annealed:initial=1.5,rate=0.8", "squarem"])
def test_other_ways_to_choose_q(algorithm: str) -> None:
    *_, before, step = walked("full", algorithm=algorithm)
    for made in (before, step):
        recomputed(rise(made))
        recomputed(why_q(made, "means[0,1]"))
        recomputed(balanced(made, "means[0,1]"))
        recomputed(shares(made))
        recomputed(multiplier(made))
    found = rise(step)
    gap(step, found.of("evidence")[0].result, step.log_likelihood - before.log_likelihood)
    gap(step, found.of("evidence")[1].result, step.log_likelihood - before.log_likelihood)


def test_rounding_inside_a_row_is_no_slope() -> None:
    held = [one.result for one in why_q(walked("linkage")[2], "theta").lines if one.formula.startswith("r held")]
    assert held == [0]


def test_a_step_that_only_goes_up_solves_for_nothing() -> None:
    step = steps_of("gradient")[-1]
    assert "goes up it" in why_q(step, asked(step)[0].name).remark


def test_a_component_that_died_has_no_part_in_lambda() -> None:
    start = engine.PoissonMixture.Params([0.5, 0.5, 0.0], [1.0, 5.0, 9.0])
    step = m_step(e_step(begin(engine.PoissonMixture(3), HEADS, start=start)))
    found = multiplier(step)
    assert len(found.of("total")) == 4
    assert found.result == pytest.approx(5.0)


def test_what_has_no_reason_says_why() -> None:
    start = begin(engine.GaussianMixture(2), HEADS)
    for ask in (rise, shares, multiplier):
        with pytest.raises(EngineError, match="no q before the first E-step"):
            ask(start)
    step = e_step(begin(engine.KMeans(2), HEADS))
    with pytest.raises(EngineError, match="no λ"):
        multiplier(step)
    linkage = walked("linkage")[-1]
    with pytest.raises(EngineError, match="no λ"):
        multiplier(linkage)
    network = walked("network")[-1]
    with pytest.raises(EngineError, match="no weights"):
        shares(network)
