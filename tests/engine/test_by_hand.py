"""Moves by hand: the numbers of a fresh run from there, rows weighed as if repeated or deleted, plain refusals."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.editing.edits import is_by_hand, placed, reweighted, set_entry
from engine.editing.entries import entries, limits_of, moved, value_of
from engine.editing.limits import why_out_of_reach
from engine.em.loop import advance
from engine.em.parameters import largest_difference
from engine.em.step import Step
from engine.em.timeline import Timeline
from engine.errors import DataError, EngineError, OptionError
from engine.explain.ledger import QUANTITIES, ledger

NUMBERS = ("log_likelihood", "log_prior", "objective", "elbo", "kl", "q_value", "entropy")
CASES: dict[str, tuple[Any, Any]] = {}


def case(name: str) -> tuple[Any, Any]:
    """A model and rows for it, made once."""
    if not CASES:
        generator = np.random.default_rng(3)
        blobs = np.concatenate([generator.normal(m, 1.0, (12, 2)) for m in (0.0, 3.0)])
        answers = (generator.random((20, 4)) < np.repeat([[0.8], [0.3]], 10, axis=0)).astype(float)
        answers[3, 2] = np.nan
        for covariance in ("full", "tied", "diag", "spherical"):
            CASES[covariance] = engine.GaussianMixture(n_components=2, covariance_type=covariance), blobs
        CASES["coins"] = engine.BinomialMixture(n_components=2, n_trials=10), engine.load("coins").X
        CASES["bernoulli"] = engine.BernoulliMixture(n_components=2), answers
        counts = generator.poisson(np.repeat([2.0, 7.0], 10))[:, None].astype(float)
        CASES["poisson"] = engine.PoissonMixture(n_components=2), counts
    return CASES[name]


WEIGHED = ("full", "tied", "diag", "spherical", "coins", "bernoulli", "poisson")


def walked(model: Any, X: Any, half_steps: int, **how: Any) -> Step:
    step = engine.begin(model, X, **how)
    for _ in range(half_steps):
        step = engine.advance(step)
    return step


def shifted(step: Step, share: float = 0.3) -> tuple[Any, str]:
    """Another θ: its last entry that has room, moved by a share of itself; and which entry that was."""
    entry = entries(step.problem.model, step.params)[-1]
    value = value_of(step.params, entry)
    low, high = limits_of(step.params, entry)
    target = value * (1.0 + share) + 0.01
    target = target if low < target < high else 0.5 * (value + (low if math.isfinite(low) else value - 1.0))
    return moved(step.params, entry, target), entry.name


# a moved θ


@pytest.mark.parametrize("half_steps", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("name", WEIGHED)
def test_what_belongs_to_theta_is_what_a_fresh_start_there_has(name: str, half_steps: int) -> None:
    model, X = case(name)
    step = walked(model, X, half_steps)
    theta, _ = shifted(step)
    hand, fresh = placed(step, theta, "moved"), engine.begin(model, X, start=theta)
    for number in ("log_likelihood", "log_prior", "objective"):
        if half_steps or number != "objective":
            assert getattr(hand, number) == pytest.approx(getattr(fresh, number), rel=1e-12), number
    assert hand.iteration == step.iteration
    assert hand.phase == ("init" if half_steps == 0 else "M")
    assert hand.at_q is step.at_q  # q stays
    assert is_by_hand(hand) and not is_by_hand(step)
    after, other = engine.e_step(hand), engine.e_step(fresh)
    for number in NUMBERS:
        assert getattr(after, number) == pytest.approx(getattr(other, number), rel=1e-12, abs=1e-9), number
    assert largest_difference(engine.m_step(after).params, engine.m_step(other).params) == 0.0


@pytest.mark.parametrize("name", WEIGHED)
def test_the_bound_at_a_moved_theta_is_that_of_the_old_q_by_enumeration(name: str) -> None:
    model, X = case(name)
    step = walked(model, X, 3)
    theta, _ = shifted(step)
    hand = placed(step, theta, "moved")
    assert step.posterior is not None and hand.posterior is not None
    q = step.posterior.responsibilities
    np.testing.assert_array_equal(hand.posterior.responsibilities, q)
    joint = model.log_joint(theta, step.problem.data, slice(None)).T  # (n, K) ln p(x, z)
    expected = np.where(q > 0, q * joint, 0.0).sum() - np.where(q > 0, q * np.log(np.where(q > 0, q, 1.0)), 0.0).sum()
    assert hand.elbo == pytest.approx(expected, rel=1e-9)
    assert hand.kl >= -1e-9


def test_an_entry_is_set_with_its_rule_in_words() -> None:
    model, X = case("full")
    step = walked(model, X, 2)
    hand = set_entry(step, "means[1,0]", 5.0)
    assert hand.params.means[1, 0] == 5.0
    (event,) = hand.events
    assert event.by_hand and event.breaks_ascent
    assert event.message.startswith("means[1,0] set by hand from ")
    assert event.message.endswith(" to 5; nothing else moves")
    weighed = set_entry(step, "weights[0]", 0.25)
    np.testing.assert_allclose(weighed.params.weights, [0.25, 0.75])
    assert "the others keep their proportions, so that the sum stays 1" in weighed.events[0].message
    scaled = set_entry(step, "covariances[0,1,1]", 4.0)
    old, new = step.params.covariances[0], scaled.params.covariances[0]
    assert new[0, 1] / math.sqrt(new[0, 0] * new[1, 1]) == pytest.approx(old[0, 1] / math.sqrt(old[0, 0] * old[1, 1]))


@pytest.mark.parametrize(
    ("name", "entry", "value", "says"),
    [
        ("full", "weights[0]", 1.5, "must lie between 0 and 1"),
        ("full", "weights[0]", 0.0, "bound −∞"),
        ("full", "covariances[0,0,0]", -1.0, "must lie between"),
        ("full", "covariances[0,1,0]", 1e9, "must lie between"),
        ("full", "covariances[0,0,0]", 0.0, "must lie between"),
        ("full", "means[7,0]", 1.0, "there is no entry"),
        ("full", "means[0,0]", math.nan, "must lie between"),
        ("full", "means[0,0]", math.inf, "must be finite"),
        ("full", "means[0,0]", 1e200, "so far from the data"),
        ("full", "rates[0]", 1.0, "there is no parameter"),
        ("coins", "probabilities[0]", 1.0, "bound −∞"),
        ("poisson", "rates[0]", -1.0, "must lie between"),
    ],
)
def test_what_can_not_be_is_refused_in_one_sentence(name: str, entry: str, value: float, says: str) -> None:
    model, X = case(name)
    with pytest.raises(EngineError) as refused:
        set_entry(walked(model, X, 3), entry, value)
    said = str(refused.value)
    assert says in said
    assert said.endswith(".") and "\n" not in said


def test_a_whole_theta_is_checked_as_a_start_is() -> None:
    model, X = case("full")
    step = walked(model, X, 2)
    off = replace(step.params, weights=np.array([0.7, 0.7]))
    with pytest.raises(EngineError, match=r"^weights must be at least 0 and sum to 1"):
        placed(step, off, "off the simplex")
    flat = replace(step.params, covariances=np.zeros((2, 2, 2)))
    with pytest.raises(EngineError, match="positive definite"):
        placed(step, flat, "flat")
    with pytest.raises(EngineError, match="Params"):
        placed(step, "nothing", "no parameters")


def test_a_value_that_is_there_already_is_no_move() -> None:
    model, X = case("coins")
    step = walked(model, X, 1)
    with pytest.raises(OptionError, match="already"):
        set_entry(step, "probabilities[0]", float(step.params.probabilities[0]))


@pytest.mark.parametrize("algorithm", ["hard", "stochastic", "annealed", "squarem"])
def test_every_algorithm_goes_on_from_a_move(algorithm: str) -> None:
    model, X = case("full")
    step = walked(model, X, 2, algorithm=algorithm, seed=4)
    theta, _ = shifted(step)
    hand = placed(step, theta, "moved")
    after = engine.m_step(engine.e_step(hand))
    assert math.isfinite(after.objective)
    assert after.iteration == step.iteration + 1
    # the next E-step settles q as that iteration would have
    assert engine.e_step(hand).inference == engine.e_step(step).inference


@pytest.mark.parametrize(
    ("name", "how"),
    [("linkage", {}), ("icecream", {}), ("bars", {"init": "documents"})],
)
def test_models_of_other_kinds_can_be_moved_too(name: str, how: dict[str, Any]) -> None:
    data = engine.load(name)
    options = {**{key: value for key, value in data.options.items() if value is not None}, **how}
    model = engine.model_class(data.model)(**options)
    step = walked(model, data.X, 2)
    theta, _ = shifted(step, 0.1)
    hand, fresh = placed(step, theta, "moved"), engine.begin(model, data.X, start=theta)
    after, other = engine.e_step(hand), engine.e_step(fresh)
    assert after.elbo == pytest.approx(other.elbo, rel=1e-12)
    assert hand.elbo <= after.elbo + 1e-9 * abs(after.elbo)


# other weights of the rows


def same_as(hand: Step, X: Any, y: Any = None) -> None:
    """The step's numbers, and those of the iteration after it, are those of a fresh run from its θ on these rows."""
    model = hand.problem.model
    at_q = engine.begin(model, X, y, start=hand.params_q)
    assert hand.log_likelihood == pytest.approx(engine.begin(model, X, y, start=hand.params).log_likelihood, rel=1e-10)
    assert hand.entropy == pytest.approx(engine.e_step(at_q).entropy, rel=1e-8, abs=1e-9)
    after, other = hand, engine.begin(model, X, y, start=hand.params)
    if hand.phase == "E":
        other = engine.e_step(other)
    for _ in range(3):
        after, other = engine.advance(after), engine.advance(other)
        for number in NUMBERS:
            assert getattr(after, number) == pytest.approx(getattr(other, number), rel=1e-9, abs=1e-8), number
    assert largest_difference(after.params, other.params) < 1e-9


@pytest.mark.parametrize("half_steps", [1, 2, 3])
@pytest.mark.parametrize("row", [0, 4])
@pytest.mark.parametrize("name", WEIGHED)
def test_a_row_of_weight_two_is_the_row_twice_and_of_weight_none_no_row(name: str, row: int, half_steps: int) -> None:
    model, X = case(name)
    step = walked(model, X, half_steps)
    for weight, rows in ((2.0, np.concatenate([X, X[row : row + 1]])), (0.0, np.delete(X, row, axis=0))):
        weights = np.ones(len(X))
        weights[row] = weight
        hand = reweighted(step, X, None, weights, "weighed")
        assert (hand.phase, hand.iteration) == (step.phase, step.iteration)
        assert is_by_hand(hand)
        same_as(hand, rows)


def test_a_row_that_is_put_back_is_as_it_was() -> None:
    model, X = case("bernoulli")
    step = walked(model, X, 2)
    weights = np.ones(len(X))
    weights[2] = 0.0
    back = reweighted(reweighted(step, X, None, weights, "out"), X, None, None, "back")
    for number in NUMBERS:
        assert getattr(back, number) == getattr(step, number)
    assert back.problem.data.sample_weight is None


def test_known_labels_stay_with_their_rows() -> None:
    model, X = case("full")
    y = np.full(len(X), -1)
    y[[0, 20]] = 0, 1
    step = walked(model, X, 2, y=y)
    weights = np.ones(len(X))
    weights[5] = 0.0
    hand = reweighted(step, X, y, weights, "out")
    same_as(hand, np.delete(X, 5, axis=0), np.delete(y, 5))


def test_a_network_and_linkage_can_be_weighed() -> None:
    data = engine.load("iris")
    rows = np.arange(0, 150, 5)
    X, y = data.X[rows] / 4.0, data.y[rows]
    step = walked(engine.LatentMLP(hidden_units=2, m_step="newton", weight_decay=0.1), X, 2, y=y)
    weights = np.ones(len(X))
    weights[7] = 0.0
    same_as(reweighted(step, X, y, weights, "out"), np.delete(X, 7, axis=0), np.delete(y, 7))
    counts = engine.load("linkage").X
    step = walked(engine.GeneticLinkage(), counts, 2)
    twice = reweighted(step, counts, None, np.array([2.0]), "twice the animals")
    assert twice.log_likelihood == pytest.approx(2 * step.log_likelihood)


def test_rows_can_be_left_out_as_long_as_each_component_may_have_one() -> None:
    model, X = case("coins")
    step = walked(model, X, 2)
    weights = np.zeros(len(X))
    with pytest.raises(DataError, match="zero for every row"):
        reweighted(step, X, None, weights, "none")
    weights[0] = 1.0
    with pytest.raises(DataError, match="only 1 row would be left for 2 components"):
        reweighted(step, X, None, weights, "one")
    weights[1] = 1.0
    assert reweighted(step, X, None, weights, "two").problem.data.total_weight == 2.0


# the ledger


def test_a_fall_by_hand_is_told_in_the_words_of_the_move() -> None:
    model, X = case("full")
    step = walked(model, X, 4)
    hand = set_entry(step, "means[0,0]", 9.0)
    falls = ledger(hand, step).falls
    assert {fall.quantity for fall in falls} == {"objective", "log_likelihood", "elbo"}
    assert {fall.reason for fall in falls} == {"by_hand"}
    assert all(fall.details == (hand.events[0].message,) for fall in falls)
    assert ledger(engine.e_step(hand), hand).falls == ()  # EM takes over
    weights = np.ones(len(X))
    weights[0] = 2.0
    twice = reweighted(step, X, None, weights, "row 1 counts twice")
    assert {fall.reason for fall in ledger(twice, step).falls} == {"by_hand"}
    assert ledger(engine.advance(twice), twice).falls == ()


@settings(max_examples=examples(60))
@given(
    name=st.sampled_from(WEIGHED),
    half_steps=st.integers(0, 5),
    share=st.floats(-0.9, 3.0),
    row=st.integers(0, 4),
    weight=st.sampled_from([0.0, 0.5, 2.0, 7.0]),
)
def test_the_ledger_adds_up_after_every_move(name: str, half_steps: int, share: float, row: int, weight: float) -> None:
    model, X = case(name)
    step = walked(model, X, half_steps)
    theta, _ = shifted(step, share)
    weights = np.ones(len(X))
    weights[row] = weight
    try:
        hand = placed(step, theta, "moved")
        both = reweighted(hand, X, None, weights, "weighed")
    except EngineError:
        return  # beyond a border, which the refusals have tests of their own for
    for made, before in ((hand, step), (both, hand), (engine.advance(both), both)):
        book = ledger(made, before)
        values = {quantity: book.value(quantity) for quantity in QUANTITIES}
        unit = max(1.0, *(abs(v) for v in values.values() if math.isfinite(v)))
        assert values["objective"] == pytest.approx(
            values["log_likelihood"] + values["log_prior"], abs=1e-9 * unit
        ) or (not math.isfinite(values["objective"]))
        if made.at_q is not None:
            assert values["elbo"] == pytest.approx(values["q_value"] + values["entropy"], abs=1e-9 * unit)
            assert values["log_likelihood"] == pytest.approx(values["elbo"] + values["kl"], abs=1e-9 * unit)
            assert values["kl"] >= -1e-9 * unit
        assert all(fall.reason == "by_hand" for fall in book.falls if is_by_hand(made))
        assert not any(fall.reason == "unexplained" for fall in book.falls)


# branches


def test_a_fork_opens_a_branch_even_at_the_end_and_keeps_the_old_one() -> None:
    model, X = case("coins")
    timeline = Timeline(engine.begin(model, X))
    for _ in range(4):
        timeline.record(engine.advance(timeline.current))
    hand = set_entry(timeline.current, "probabilities[0]", 0.9)
    timeline.fork(hand)
    assert (timeline.branch, timeline.n_branches, timeline.cursor) == (1, 2, 5)
    assert timeline.current is hand
    assert timeline.branches[1].parent == 0 and timeline.branches[1].shared == 5
    assert timeline.steps_of(0) == timeline.steps[:5]
    timeline.record(engine.advance(hand))
    assert timeline.n_branches == 2  # going on stays on the branch
    timeline.go_to(2)
    timeline.fork(set_entry(timeline.current, "probabilities[1]", 0.1))
    assert timeline.n_branches == 3 and timeline.branches[2].parent == 1 and len(timeline) == 4
    with pytest.raises(IndexError):
        timeline.steps_of(3)


@pytest.mark.parametrize("name", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("half_steps", [0, 1, 2])
def test_whatever_is_placed_goes_on_with_true_numbers(name: str, half_steps: int) -> None:
    model, X = case(name)
    step = list(engine.iterate(model, X, max_iter=1, tol=0.0))[half_steps]
    for entry in entries(model, step.params):
        if entry.field == "weights":
            continue
        for value in (1e-300, 1e-20, 1e-14, 1e-8, 1e6, 1e10, 1e16, 1e100, 1e160, 1e308):
            try:
                there = set_entry(step, entry, value)
            except OptionError:
                continue
            for _ in range(4):
                there = advance(there)
                rounding = 1e-6 * max(1.0, abs(there.log_likelihood))
                assert math.isfinite(there.objective) and there.kl > -rounding, (entry.name, value)


def test_a_centre_out_of_reach_is_refused_also_at_the_start() -> None:
    model, X = engine.KMeans(n_components=2), case("full")[1]
    start = next(engine.iterate(model, X))
    with pytest.raises(OptionError, match=r"^a mean can't be so far from the data: keep it within 1e\+100"):
        set_entry(start, "centers[0,1]", 1e160)
    huge, small = X * 1e150, X * 1e-150
    for rows in (huge, small):  # what is far is told by the data
        step = next(engine.iterate(model, rows))
        assert set_entry(step, "centers[0,1]", 3.0 * float(rows.max())).log_likelihood <= 0.0


def test_limits_are_in_units_of_the_columns() -> None:
    X = case("full")[1] * np.array([1e-9, 1e9])
    step = list(engine.iterate(engine.GaussianMixture(n_components=2, reg_covar=0.0), X, max_iter=1, tol=0.0))[-1]
    assert why_out_of_reach(step.problem.model, step.params, step.problem.data) == ""
    variance = float(step.params.covariances[0, 0, 0])
    set_entry(step, "covariances[0,0,0]", variance * 1e-10)
    with pytest.raises(OptionError, match="so wide or so narrow"):
        set_entry(step, "covariances[0,0,0]", 1.0)
