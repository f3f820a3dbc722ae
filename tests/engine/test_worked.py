"""Worked rows and parameters: every line is what its numbers make of it, and the last ones are the step's own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from why_cases import CASES, DEATHS, HEADS, IRIS, PUBLISHED_COINS, walked

import engine
from engine.editing.edits import set_entry
from engine.editing.entries import entries, value_of
from engine.em.loop import begin, e_step, m_step
from engine.errors import EngineError
from engine.explain.derivation import Worked
from engine.explain.worked import worked_parameter, worked_row
from engine.models.bernoulli.mixture import BernoulliMixture

ALGORITHMS = ("classic", "hard", "stochastic", "annealed")


def assert_adds_up(worked: Worked) -> None:
    for line in worked.lines:
        assert line.result == pytest.approx(line.recomputed, rel=1e-9, abs=1e-300), line


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("name", CASES)
def test_rows_come_out_as_the_step_has_them(name, algorithm):
    for step in walked(name, 2, algorithm)[1:]:
        responsibilities = step.posterior.responsibilities
        n = step.problem.data.n_rows
        for row in {0, n // 2, n - 1, min(3, n - 1), min(9, n - 1)}:
            worked = worked_row(step, row)
            assert_adds_up(worked)
            np.testing.assert_allclose(worked.result, responsibilities[row], atol=1e-12)
            last = worked.of("assignment") or worked.of("responsibility")
            np.testing.assert_allclose([line.result for line in last], responsibilities[row], atol=1e-9)


@pytest.mark.parametrize("algorithm", ["classic", "hard"])
@pytest.mark.parametrize("name", CASES)
def test_parameters_come_out_as_the_m_step_has_them(name, algorithm):
    *_, e, m = walked(name, 2, algorithm)
    for entry in entries(m.problem.model, m.params)[:60]:
        for step, what in ((e, "M-step to come"), (m, "M-step")):
            worked = worked_parameter(step, entry.name)
            assert_adds_up(worked)
            assert worked.what == what and worked.name == entry.name
            wanted = value_of(m.params, entry)
            assert worked.lines[-1].result == pytest.approx(wanted, rel=1e-9, abs=1e-12)
            assert worked.result[0] == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_the_coins_as_they_were_published():
    step = e_step(begin(engine.BinomialMixture(2, fixed_weights=True), HEADS, start=PUBLISHED_COINS))
    worked = worked_row(step, 0)
    densities = [line.result for line in worked.of("density")]
    assert densities == pytest.approx([0.6**5 * 0.4**5, 0.5**10])
    assert worked.of("responsibility")[0].result == pytest.approx(0.449149, abs=1e-6)
    worked = worked_parameter(m_step(step), "probabilities[0]")
    assert worked.of("total")[0].result == pytest.approx(21.2975, abs=5e-5)
    assert worked.of("total")[1].result == pytest.approx(8.5722, abs=5e-5)
    assert worked.lines[-1].result == pytest.approx(0.713012, abs=1e-6)


def test_a_gaussian_row_says_weight_times_density():
    from scipy.stats import multivariate_normal

    step = e_step(begin(engine.GaussianMixture(3), IRIS.X))
    worked, theta = worked_row(step, 70), step.params
    for k in range(3):
        density = multivariate_normal(theta.means[k], theta.covariances[k]).pdf(IRIS.X[70])
        assert worked.of("density")[k].result == pytest.approx(density)
        assert worked.of("joint")[k].numbers == pytest.approx((theta.weights[k], density))
    assert worked.of("evidence")[0].result == pytest.approx(sum(line.result for line in worked.of("joint")))


def test_a_ridge_has_a_line_of_its_own():
    *_, step = walked("full", 1)
    worked = worked_parameter(step, "covariances[1,2,2]")
    model: Any = step.problem.model
    ridge = model.ridge(step.problem.data)[2]
    assert [line.result for line in worked.of("ridge")] == [ridge]
    r = step.posterior.responsibilities[:, 1]
    scatter = r @ (IRIS.X[:, 2] - step.params.means[1, 2]) ** 2
    assert worked.of("total")[0].result == pytest.approx(scatter)
    assert worked.lines[-1].result == pytest.approx((scatter + ridge) / r.sum())
    assert worked_parameter(step, "covariances[1,2,0]").of("ridge") == ()


@pytest.mark.parametrize(
    ("model", "X"),
    [
        (engine.BinomialMixture(2, n_trials=5000), HEADS * 500),
        (engine.PoissonMixture(2), DEATHS[::40] * 900),
        (engine.GaussianMixture(2, init="points"), np.vstack([np.tile(IRIS.X[:20], (20, 1)), [[1e4, 1e4, 1e4, 1e4]]])),
        (engine.BernoulliMixture(2), np.random.default_rng(0).integers(0, 2, (10, 3000)).astype(float)),
    ],
)
def test_what_is_too_small_to_write_down_is_in_logarithms(model, X):
    step = e_step(begin(model, X, seed=1))
    for row in range(step.problem.data.n_rows):
        worked = worked_row(step, row)
        assert_adds_up(worked)
        last = [line.result for line in worked.of("responsibility")]
        np.testing.assert_allclose(last, step.posterior.responsibilities[row], atol=1e-9)
    assert any(line.log for line in worked.lines) and worked.remark


def test_a_mended_component_is_told():
    X = np.repeat([[0.0, 0.0], [5.0, 5.0], [9.0, 1.0]], 5, axis=0)
    step = m_step(e_step(begin(engine.GaussianMixture(3, reg_covar=0.0), X)))
    assert step.events
    worked = worked_parameter(step, "covariances[0,0,0]")
    assert worked.lines[-1].result == pytest.approx(step.params.covariances[0, 0, 0])


def test_an_accelerated_step_goes_on_from_the_m_step():
    _, e, m = walked("coins", 1, "squarem")
    to_come, after = worked_parameter(e, "probabilities[0]"), worked_parameter(m, "probabilities[0]")
    assert "one plain M-step; squarem goes on" in to_come.remark
    assert "squarem goes on from this M-step" in after.remark
    assert after.lines[-2].result == pytest.approx(to_come.lines[-1].result)
    assert after.lines[-1].result == m.params.probabilities[0] != to_come.lines[-1].result


def test_a_network_adds_up_over_all_configurations():
    step = walked("network", 1)[1]
    worked = worked_row(step, 60)
    evidence = worked.of("evidence")[0]
    assert evidence.result == pytest.approx(np.exp(-_loss_of_row(step, 60)))
    assert len(worked.of("responsibility")) == 3


def _loss_of_row(step, row):
    model, data = step.problem.model, step.problem.data
    return -model.expect(step.params_q, data.take(slice(row, row + 1))).log_likelihood


def test_any_other_model_shows_its_result():
    from other_models import Halving
    from outside_model.waiting_times import ExponentialMixture

    step = e_step(begin(ExponentialMixture(2), DEATHS + 0.5))
    worked = worked_row(step, 4)
    assert_adds_up(worked)
    np.testing.assert_allclose([line.result for line in worked.of("responsibility")], worked.result, atol=1e-12)
    after = m_step(step)
    weight = worked_parameter(after, "weights[0]")
    assert_adds_up(weight)
    assert weight.of("count")[0].result == pytest.approx(step.posterior.responsibilities[:, 0].sum())
    assert weight.lines[-1].result == pytest.approx(after.params.weights[0], rel=1e-9)
    assert worked_parameter(after, "rates[0,0]").lines[-1].result == pytest.approx(after.params.rates[0, 0])
    step = e_step(begin(Halving(), DEATHS))
    assert worked_parameter(step, "theta").result[0] == 0.5


def test_a_model_may_bring_its_own():
    class Own(engine.PoissonMixture):
        def worked_row(self, step, row):
            return Worked("row", f"mine {row}", (), np.zeros(2), "E-step")

    assert worked_row(e_step(begin(Own(2), DEATHS)), 3).name == "mine 3"


def test_no_row_and_no_e_step_are_sentences():
    first = begin(engine.PoissonMixture(2), DEATHS)
    with pytest.raises(EngineError, match="take an E-step"):
        worked_row(first, 0)
    with pytest.raises(EngineError, match="take an E-step"):
        worked_parameter(first, "rates[0]")
    step = e_step(first)
    for row in (-1, len(DEATHS), 1.5, True):
        with pytest.raises(EngineError, match="no row"):
            worked_row(step, row)
    with pytest.raises(EngineError, match="no parameter"):
        worked_parameter(step, "means[0]")


def test_what_was_moved_by_hand_is_not_laid_to_the_move_of_another():
    step = walked("coins")[-1]
    for entry, value in (("probabilities[0]", 0.6), ("probabilities[1]", 0.3)):
        step = set_entry(step, entry, value)
    remark = worked_parameter(step, "probabilities[0]").remark
    assert remark.startswith("changed by hand since this M-step, at last: probabilities[1] set by hand from ")


@pytest.mark.parametrize("stop", [False, True])
@pytest.mark.parametrize("emission", ["categorical", "gaussian"])
def test_forward_and_backward_give_the_evidence_at_every_row_of_a_chain(stop: bool, emission: str) -> None:
    generator = np.random.default_rng(1)
    X = generator.integers(0, 3, 12) if emission == "categorical" else generator.normal(size=(12, 2))
    model = engine.HiddenMarkovModel(3, emission=emission, stop_state=stop)
    step = engine.e_step(engine.begin(model, [X[:5], X[5:]], seed=2))
    alone = [engine.begin(model, part, start=step.params).log_likelihood for part in (X[:5], X[5:])]
    for row in range(12):
        worked = engine.worked_row(step, row)
        (_, evidence) = worked.of("evidence")
        assert math.log(evidence.result) == pytest.approx(alone[int(row >= 5)], rel=1e-12)
        assert evidence.recomputed == pytest.approx(evidence.result, rel=1e-12)
        pairs = [one for one in worked.lines if one.formula.startswith("ξ")]
        assert len(pairs) == (0 if row in (0, 5) else 9)
        for j, r in enumerate(worked.result):
            if pairs:
                assert sum(one.result for one in pairs if one.component == j) == pytest.approx(r, rel=1e-10)


def test_scales_that_can_not_be_written_down_are_added_as_logarithms() -> None:
    X = np.random.default_rng(0).normal(size=(900, 1))
    step = engine.e_step(engine.begin(engine.HiddenMarkovModel(2, emission="gaussian"), X))
    for row in (0, 400, 899):
        evidence = engine.worked_row(step, row).of("evidence")[1]
        assert evidence.log and evidence.result == pytest.approx(step.log_likelihood, rel=1e-12)


def test_a_row_without_answers_says_that_the_weights_alone_speak() -> None:
    X = np.array([[1.0, 0.0], [np.nan, np.nan], [0.0, 1.0], [1.0, np.nan]])
    step = e_step(begin(BernoulliMixture(n_components=2), X))
    made = worked_row(step, 1)
    assert "no answer of this row was seen" in made.remark
    np.testing.assert_allclose(made.result, step.params_q.weights)
    assert worked_row(step, 3).remark == ""
