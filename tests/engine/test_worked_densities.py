"""Densities with x, μ and Σ written in, rows of answers, and what is expected of each set of tosses."""

from __future__ import annotations

import numpy as np
import pytest
from why_cases import HEADS, IRIS, PUBLISHED_COINS

import engine
from engine.em.loop import begin, e_step


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("columns", [1, 2, 4])
def test_x_mean_and_covariance_stand_in_a_density(kind: str, columns: int) -> None:
    X = IRIS.X[:, :columns]
    step = e_step(begin(engine.GaussianMixture(2, covariance_type=kind), X, seed=1))
    made, params = engine.worked_row(step, 50), step.params_q
    listed = [one for one in made.of("part") if one.operation == "listed"]
    assert listed[0].numbers == tuple(X[50])
    means = [one for one in listed if one.formula == "μ"]
    np.testing.assert_array_equal([one.numbers for one in means], params.means)
    written = sorted(number for one in listed for number in one.numbers if one.formula.startswith(("Σ", "σ²")))
    assert written == sorted(params.covariances.ravel().tolist())
    for k, one in enumerate(line for line in made.of("part") if line.formula.startswith("D²")):
        assert one.result == pytest.approx(one.recomputed, rel=1e-9)
        if columns == 1:
            variance = float(np.broadcast_to(params.covariances.ravel(), 2)[k])
            assert one.formula == "D² = (x − μ)²/σ²"
            assert one.numbers == pytest.approx((X[50, 0], params.means[k, 0], variance))


def test_many_columns_show_their_variances_alone() -> None:
    X = engine.load("wine").X
    step = e_step(begin(engine.GaussianMixture(2), X, seed=1))
    listed = [one for one in engine.worked_row(step, 0).of("part") if one.operation == "listed"]
    assert [one.formula for one in listed].count("variances, the diagonal of Σ") == 2


def test_a_row_of_answers_has_a_factor_for_each() -> None:
    X = np.array([[1, 0, np.nan], [0, 1, 1], [1, 1, 0], [0, 0, 1]], dtype=float)
    step = e_step(begin(engine.BernoulliMixture(2), X, seed=2))
    made, p = engine.worked_row(step, 0), step.params_q.probabilities
    answers = made.of("answer")
    assert [one.formula for one in answers[::2]] == ["x 0: yes, p", "x 1: no, 1 − p", "1 not seen, no factor"]
    for k in range(2):
        factors = [one.result for one in answers if one.component == k]
        assert factors == pytest.approx([p[k, 0], 1 - p[k, 1], 1.0])
        assert np.prod(factors) == pytest.approx(made.of("density")[k].result)
    for one in answers:
        assert one.result == one.recomputed


def test_of_many_answers_the_rest_stands_in_one_line() -> None:
    X = (np.random.default_rng(0).random((30, 40)) < 0.5).astype(float)
    step = e_step(begin(engine.BernoulliMixture(2), X, seed=2))
    made = engine.worked_row(step, 3)
    own = [one for one in made.of("answer") if one.component == 1]
    assert own[-1].formula == "the other 16 answers"
    assert np.prod([one.result for one in own]) == pytest.approx(made.of("density")[1].result, rel=1e-9)


@pytest.mark.parametrize("weights", [None, [1, 2, 1, 3, 0.5]])
def test_heads_are_expected_of_each_set(weights: list[float] | None) -> None:
    """Do & Batzoglou 2008: 2.2 heads of coin A of the first set, 21.3 of all."""
    step = e_step(
        begin(engine.BinomialMixture(2, fixed_weights=True), HEADS, start=PUBLISHED_COINS, sample_weight=weights)
    )
    made = engine.worked_parameter(step, "probabilities[0]")
    heads = [one for one in made.of("part") if "heads" in one.formula]
    assert len(heads) == 5
    total = next(one for one in made.of("total") if "heads" in one.formula)
    assert sum(one.result for one in heads) == pytest.approx(total.result)
    if weights is None:
        assert heads[0].result == pytest.approx(2.25, abs=0.01)
        assert total.result == pytest.approx(21.3, abs=0.05)


def test_of_very_many_sets_those_with_the_most() -> None:
    X = np.random.default_rng(1).binomial(10, 0.4, (500, 1)).astype(float)
    step = e_step(begin(engine.BinomialMixture(2), X, seed=1))
    made = engine.worked_parameter(step, "probabilities[1]")
    heads = [one for one in made.of("part") if "tails" not in one.formula][:11]
    assert heads[-1].formula == "the other 490 sets"
    total = next(one for one in made.of("total") if "heads" in one.formula)
    assert sum(one.result for one in heads) == pytest.approx(total.result, rel=1e-9)
