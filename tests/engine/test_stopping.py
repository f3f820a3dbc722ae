"""Stopping rules: each stops where it says, and says why."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.em import stopping
from engine.em.loop import walk as engine_walk
from engine.em.maximization import Event, Maximization
from engine.em.parameters import largest_difference
from engine.em.stopping import below
from engine.errors import OptionError

HEADS = [5, 9, 8, 4, 7]
START = engine.BinomialMixture.Params([0.5, 0.5], [0.6, 0.5])


def walk(rule=None, model=None, start=START, **keywords):
    model = engine.BinomialMixture() if model is None else model
    return list(engine.iterate(model, HEADS, start=start, stopping=rule, **keywords))


def m_steps(steps):
    return [step for step in steps if step.phase == "M"]


def test_the_default_looks_at_the_last_gain_and_at_what_is_still_to_come():
    steps = walk(tol=1e-4)
    values = [step.objective for step in steps if step.phase != "E"]
    done = [abs(b - a) / 5 < 1e-4 and stopping.still_to_gain(values[: t + 2][-4:]) / 5 < 1e-4
            for t, (a, b) in enumerate(pairwise(values))]  # fmt: skip
    assert done == [False] * (len(done) - 1) + [True]
    assert steps[-1].converged
    assert "per observation" in steps[-1].stop_reason
    assert "will gain" in steps[-1].stop_reason
    assert "0.0001" in steps[-1].stop_reason


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9, 0.999])
def test_the_forecast_is_exact_where_gains_shrink_by_one_rate(rate):
    """f_t = −rate^t: Aitken's forecast is all that is missing, rate^t."""
    values = [-(rate**t) for t in range(4)]
    assert stopping.still_to_gain(values) == pytest.approx(rate**3, rel=1e-9 / (1 - rate))
    held = stopping.StillToGain(tol=1.01 * rate**3).after([1e6 * value for value in values], 1e6)
    goes_on = stopping.StillToGain(tol=0.99 * rate**3).after([1e6 * value for value in values], 1e6)
    assert goes_on is None
    assert (held is not None) == (rate**2 * (1 - rate) < 1.01 * rate**3)  # the last gain is below it, too


def test_gains_that_grow_are_no_rest_however_small_they_are():
    assert stopping.still_to_gain([-1.0, -1.0 + 1e-9, -1.0 + 3e-9, -1.0 + 6e-9]) == np.inf
    assert stopping.StillToGain(1.0).after([0.0, 1e-9, 2e-9, 3e-9], 1.0) is None


def test_a_run_that_leaves_a_saddle_at_its_limit_says_so():
    X = np.concatenate([np.full(30, 2.0), np.full(30, 4.0), np.full(40, 11.0)])[:, None]
    alike = engine.PoissonMixture.Params([0.5, 0.5], [6.2 + 1e-7, 6.2 - 1e-7])
    run = engine.fit(engine.PoissonMixture(2), X, start=alike, max_iter=8)
    assert not run.converged
    assert run.stop_reason.startswith(
        "the limit of 8 iterations was reached before it came to rest; it is on a plateau"
    )
    assert "saddle" in run.stop_reason
    on = engine.fit(engine.PoissonMixture(2), X, start=alike)
    assert on.converged
    assert on.objectives[-1] > run.objectives[-1] + 10


def test_a_ratio_that_is_not_steady_forecasts_more():
    steady, rising = [0.0, 1.0, 1.5, 1.75], [0.0, 1.0, 1.3, 1.45]  # ratios .5 .5 and .3 .5
    assert stopping.still_to_gain(steady) == pytest.approx(0.25)
    assert stopping.still_to_gain(rising) == pytest.approx(0.15 * 0.7 / 0.3)


def test_a_gain_of_rounding_is_rest_and_two_gains_are_too_few_for_a_rate():
    assert stopping.still_to_gain([-1e6, -1e6 + 1e-10]) == 0.0
    assert stopping.still_to_gain([-3.0, -2.0, -1.9]) == np.inf
    assert walk(start=walk(tol=1e-12, max_iter=500)[-1].params)[-1].iteration <= 3


def test_branches_and_walks_backwards_stop_where_the_run_stopped():
    run = engine.fit(engine.BinomialMixture(), HEADS, start=START)
    for place in range(0, len(run.timeline) - 1, 3):
        step = run.timeline.go_to(place)
        rules = stopping.rules_for(200, 1e-6, None)
        *_, last = engine_walk(step, rules)
        assert (last.iteration, last.stop_reason) == (run.n_iter, run.stop_reason.partition(";")[0])


def test_rules_of_ones_own_and_other_ways_to_run_have_no_forecast():
    for keywords in ({"algorithm": "squarem"}, {"algorithm": "hard"}, {"rule": stopping.ObjectiveChange(1e-4)}):
        reason = walk(tol=1e-4, **keywords)[-1].stop_reason
        assert "changed by" in reason
        assert "will gain" not in reason


def test_weights_count_as_observations():
    whole = walk(tol=1e-4)
    thrice = walk(tol=1e-4, sample_weight=[3.0] * 5)
    assert whole[-1].iteration == thrice[-1].iteration


def test_the_change_of_the_objective_in_all():
    steps = walk(stopping.ObjectiveChange(1e-4, per_observation=False))
    changes = [step.objective - step.objective_q for step in m_steps(steps)]
    assert all(change >= 1e-4 for change in changes[:-1])
    assert abs(changes[-1]) < 1e-4
    assert "per observation" not in steps[-1].stop_reason


def test_k_means_reads_the_change_in_units_of_the_scatter():
    X = np.array([[0.0], [1.0], [2.0], [7.0], [9.0], [10.0]])
    start = engine.KMeans.Params([[0.0], [1.0]])
    runs = [
        list(engine.iterate(engine.KMeans(n_components=2), X * size, start=engine.KMeans.Params(start.centers * size)))
        for size in (1e-100, 1.0, 1e100)
    ]
    assert len({run[-1].iteration for run in runs}) == 1
    assert runs[0][-1].iteration > 2


def test_the_change_of_a_responsibility():
    steps = walk(stopping.ResponsibilityChange(1e-3), max_iter=500)
    e_steps = [step.posterior.responsibilities for step in steps if step.phase == "E"]
    e_steps.append(engine.e_step(steps[-1]).posterior.responsibilities)
    moved = [np.abs(b - a).max() for a, b in pairwise(e_steps)]
    assert all(change >= 1e-3 for change in moved[:-1])
    assert moved[-1] < 1e-3
    assert "responsibility" in steps[-1].stop_reason
    assert steps[-1].converged


def test_the_change_of_a_parameter():
    steps = walk(stopping.ParameterChange(1e-3), max_iter=500)
    largest = [largest_difference(step.params, step.params_q) for step in m_steps(steps)]
    assert all(change >= 1e-3 for change in largest[:-1])
    assert largest[-1] < 1e-3
    assert "parameter" in steps[-1].stop_reason


def test_iterations_and_seconds_are_no_rest():
    last = walk(stopping.Iterations(3))[-1]
    assert (last.iteration, last.converged) == (3, False)
    last = walk(stopping.Seconds(0.0))[-1]
    assert last.phase == "init"
    assert not last.converged
    assert "seconds" in last.stop_reason
    assert walk(stopping.Seconds(1e9), max_iter=4)[-1].iteration == 4


def test_the_first_of_several_rules_gives_the_reason():
    rules = stopping.parse_rule("iterations=2, responsibilities=1e-9")
    assert walk(rules)[-1].stop_reason == walk(stopping.Iterations(2))[-1].stop_reason
    rules = stopping.parse_rule("iterations=100, responsibilities=0.5")
    assert "responsibility" in walk(rules)[-1].stop_reason


def test_any_callable_is_a_rule():
    last = walk(lambda step: stopping.Stop("that was enough", True) if step.iteration == 2 else None)[-1]
    assert (last.iteration, last.stop_reason, last.converged) == (2, "that was enough", True)


class Mending(engine.BinomialMixture):
    """Coins whose M-step sets the parameters by rule in iteration after iteration."""

    event = Event("component 1 was set again", 0, breaks_ascent=True)

    def maximize(self, expectation, params, data):
        return Maximization(params, (self.event,))


class Refusing(Mending):
    """Coins that were told to stop when that happens."""

    event = Event("component 1 has died", 0, stops=True)


@pytest.mark.parametrize("rule", ["objective=1", "parameters=1", "responsibilities=1"])
def test_parameters_that_were_just_mended_are_no_rest(rule):
    assert walk(stopping.parse_rule(rule), Mending(), max_iter=3)[-1].iteration == 3


def test_an_event_that_stops_stops_and_says_why():
    last = walk(None, Refusing())[-1]
    assert (last.iteration, last.stop_reason, last.converged) == (1, "component 1 has died", False)


def test_an_objective_that_is_no_number_stops():
    class Stuck(engine.BinomialMixture):
        """Its M-step stays where it was."""

        def maximize(self, expectation, params, data):
            return engine.Maximization(params)

    impossible = engine.BinomialMixture.Params([0.5, 0.5], [1.0, 1.0])
    *_, last = engine.iterate(Stuck(), HEADS, start=impossible)
    assert (last.iteration, last.log_likelihood, last.converged) == (1, -np.inf, False)
    assert last.stop_reason == "the log-likelihood is -inf here: no step leads out of it"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("objective=1e-4", stopping.ObjectiveChange(1e-4)),
        (" responsibilities = 1E-4 ", stopping.ResponsibilityChange(1e-4)),
        ("parameters=0", stopping.ParameterChange(0.0)),
        ("iterations=20", stopping.Iterations(20)),
        ("seconds=0.5", stopping.Seconds(0.5)),
        ("iterations=3,seconds=2,", stopping.AnyOf((stopping.Iterations(3), stopping.Seconds(2.0)))),
    ],
)
def test_rules_are_read_from_words(text, rule):
    assert stopping.parse_rule(text) == rule


def test_a_rule_of_iterations_asks_for_a_whole_number() -> None:
    with pytest.raises(OptionError, match=r"iterations needs a whole number of at least 0, not '1\.5'"):
        stopping.parse_rule("iterations=1.5")


HOSTILE = ["", " ,, ", "=", "objective", "objective=", "objective=x", "objective=-1", "objective=nan", "objective=inf"]
HOSTILE += ["iterations=2.5", "iterations=-3", "iterations=1e400", "tol=1", "objective=1=2", "x" * 500, "a\nb=1"]


@pytest.mark.parametrize("text", HOSTILE)
def test_bad_rules_are_refused_in_one_sentence(text):
    with pytest.raises(OptionError) as caught:
        stopping.parse_rule(text)
    assert "\n" not in str(caught.value)


def test_what_is_no_rule_is_refused_in_one_sentence():
    with pytest.raises(OptionError, match=r"^stopping must be a rule .*, not 'seconds'\.$"):
        engine.fit(engine.BinomialMixture(), [5, 9, 8, 4, 7], stopping="seconds")


@given(st.text(max_size=40))
def test_any_text_is_a_rule_or_an_option_error(text):
    with suppress(OptionError):
        assert callable(stopping.parse_rule(text))


def test_a_falling_temperature_is_no_rest():
    """However little moves, an annealed run is not at rest before its temperature is 1."""
    model = engine.BinomialMixture(fixed_weights=True)
    start = model.Params([0.5, 0.5], [0.5, 0.5])  # nothing moves from here
    run = engine.fit(model, [5, 9, 8, 4, 7], start=start, algorithm="annealed", max_iter=300)
    assert run.converged
    assert run.n_iter > 20


@pytest.mark.parametrize(
    ("value", "limit", "text"),
    [
        (9.97e-7, 1e-6, "9.97e-07"),
        (9.9999e-7, 1e-6, "9.9999e-07"),
        (-9.9996e-5, 1e-4, "-9.9996e-05"),
        (2e-9, 1e-6, "2e-09"),
    ],
)
def test_what_is_below_a_limit_reads_so(value, limit, text):
    assert below(value, limit) == text
    assert below(9.97e-7, 1e-6, 2) == "9.97e-07"
