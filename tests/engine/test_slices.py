"""Slices of the objective and the bound: where they touch, which lies above, and where the top is."""

from __future__ import annotations

import numpy as np
import pytest
from counts import examples
from gaussian_examples import TYPES, blobs, parameters
from hypothesis import given, settings
from hypothesis import strategies as st
from why_cases import CASES, EXACT_M_STEP, HEADS, IRIS, LINKAGE, PUBLISHED_COINS, walked

import engine
from engine.analysis import bound_profile as slices
from engine.analysis.bound_profile import LINE, Slice, bound_slice, log_likelihoods, slice_names
from engine.editing.entries import admissible, entries, entry_named, limits_of, moved, value_of
from engine.em.loop import begin, e_step, m_step
from engine.em.parameters import arrays_of
from engine.errors import OptionError


def some_names(step, many=6):
    names = slice_names(step.problem.model, step.params)
    return (LINE, *np.random.default_rng(0).permutation(names[1:])[:many])


def scale_of(one: Slice) -> float:
    return max(1.0, float(np.nanmax(np.abs(one.objective[np.isfinite(one.objective)]))))


@pytest.mark.parametrize("name", CASES)
def test_the_bound_lies_below_and_touches_at_theta_old(name):
    for step in walked(name)[1:]:
        for along in some_names(step):
            one = bound_slice(step, along, 60)
            usable = np.isfinite(one.bound)
            assert one.exact and one.touches and usable.mean() > 0.9
            above = (one.bound - one.objective)[usable].max()
            assert above <= 1e-9 * scale_of(one), (along, above)
            objective, bound = one.at(one.t_old)
            assert objective == pytest.approx(bound, abs=1e-9 * scale_of(one))
            assert np.all(np.diff(one.t) > 0)
            assert one.t[0] <= one.t_old <= one.t[-1] and one.t[0] <= one.top <= one.t[-1]


@pytest.mark.parametrize("name", EXACT_M_STEP)
def test_the_m_step_goes_to_the_top_of_its_line(name):
    steps = walked(name, 3)
    for step in steps[-2:]:
        one = bound_slice(step, LINE, 80)
        assert (one.t_old, one.t_new, one.top) == (0.0, 1.0, 1.0)
        assert np.nanmax(one.bound) <= one.at(1.0)[1] + 1e-9 * scale_of(one)


@pytest.mark.parametrize("name", CASES)
def test_points_of_a_slice_are_the_numbers_of_the_steps(name):
    *_, e, m = walked(name)
    for step, other in ((e, m), (m, m)):
        one = bound_slice(step, LINE, 20)
        before, after = one.at(0.0), one.at(1.0)
        assert before[0] == pytest.approx(step.objective_q, rel=1e-10)
        assert after[0] == pytest.approx(other.objective, rel=1e-10)
        assert after[1] == pytest.approx(other.elbo + other.log_prior, rel=1e-10)
    assert bound_slice(e, LINE, 20).at(1.0)[1] >= e.elbo + e.log_prior - 1e-9 * abs(e.elbo)


@pytest.mark.parametrize("name", CASES)
def test_before_the_first_e_step_there_is_the_objective_alone(name):
    step = walked(name, 0)[0]
    for along in some_names(step, 2):
        one = bound_slice(step, along, 15)
        assert np.isnan(one.bound).all() and np.isnan(one.top) and np.isnan(one.t_new)
        assert np.isfinite(one.objective).mean() > 0.8 and not one.touches
        assert one.at(one.t_old)[0] == pytest.approx(step.objective, rel=1e-10)


@pytest.mark.parametrize("algorithm", ["hard", "stochastic", "annealed"])
def test_another_q_leaves_a_gap(algorithm):
    step = walked("full", 1, algorithm)[1]
    one = bound_slice(step, "means[0,0]", 30)
    objective, bound = one.at(one.t_old)
    assert not one.touches and bound < objective - 1e-6
    assert (one.bound - one.objective).max() < 0


@pytest.mark.parametrize("kind", TYPES)
def test_many_log_likelihoods_are_those_of_single_passes(kind):
    X = blobs(300, 3, 4, seed=3)
    model = engine.GaussianMixture(4, covariance_type=kind)
    for weight, y in ((None, None), (np.arange(300.0) % 3, np.where(np.arange(300) % 5 == 0, 2, -1))):
        problem = begin(model, X, y, sample_weight=weight, start=parameters(X, 4, kind)).problem
        thetas = [parameters(X, 4, kind, seed) for seed in range(7)]
        tight = thetas[0]
        thetas.append(type(tight)(tight.weights, tight.means, tight.covariances * 1e-9))
        found, error = log_likelihoods(problem, thetas)
        single = [model.expect(theta, problem.data).log_likelihood for theta in thetas]
        np.testing.assert_allclose(found, single, rtol=1e-11)
        assert not error.any()


def test_linkage_is_the_classic_figure():
    """x₁ ln(½ + θ/4) + …, by hand, and the published first step from .5."""
    step = e_step(begin(engine.GeneticLinkage(), LINKAGE, start=engine.GeneticLinkage.Params(0.5)))
    one = bound_slice(step, "theta")
    assert one.t_new == pytest.approx(0.608247423, abs=1e-9)
    assert one.top == pytest.approx(one.t_new, abs=1e-6)
    by_hand = 125 * np.log(0.5 + one.t / 4) + 38 * np.log((1 - one.t) / 4) + 34 * np.log(one.t / 4)
    by_hand += step.log_likelihood - (125 * np.log(0.625) + 38 * np.log(0.125) + 34 * np.log(0.125))
    np.testing.assert_allclose(one.objective, by_hand, rtol=1e-12)


def test_a_picture_ends_where_the_bound_has_fallen():
    step = e_step(begin(engine.GaussianMixture(3), IRIS.X))
    one = bound_slice(step, "means[0,1]")
    fallen = one.bound.max() - one.bound[[0, -1]]
    assert np.all((fallen > 7.9) & (fallen < 40.0))
    assert len(one.t) >= 200 and not one.reduced


@pytest.mark.parametrize(("seconds", "points"), [(1e-4, 200), (0.002, 75), (0.01, 25), (0.09, 25), (0.2, 13)])
def test_slow_passes_take_fewer_points_and_say_so(monkeypatch, seconds, points):
    monkeypatch.setattr(slices, "_seconds_of_pass", lambda step: seconds)
    for step in walked("diary", 1):
        one = bound_slice(step, LINE, 200)
        assert points <= len(one.t) <= points + 3
        assert one.reduced == (points < 200) and one.asked == 200
        assert len(bound_slice(step, LINE, 9).t) <= 12


def test_many_rows_take_fewer_points():
    X = np.random.default_rng(0).normal(size=(60_000, 2))
    step = e_step(begin(engine.GaussianMixture(8, init="points"), X))
    one = bound_slice(step, "weights[0]", 200)
    assert one.reduced and 25 <= len(one.t) < 150 and one.asked == 200


def test_a_small_mixture_has_all_its_points_however_slow_the_machine(monkeypatch):
    monkeypatch.setattr(slices, "_seconds_of_pass", lambda step: 60.0)
    for step in walked("full", 1):
        assert len(bound_slice(step).t) >= 200


def test_only_the_points_themselves_are_passes(monkeypatch):
    """The limits and the top are found by the bound, before the first E-step by that of the E-step to come."""
    asked = []

    def counted(problem, thetas):
        asked.append(len(thetas))
        return log_likelihoods(problem, thetas)

    monkeypatch.setattr(slices, "log_likelihoods", counted)
    for step in walked("full", 1):
        asked.clear()
        one = bound_slice(step, "means[0,0]", 40)
        assert asked == [len(one.t)]


@pytest.mark.parametrize("e_step_by", ["variational", "gibbs"])
def test_a_model_without_a_number_makes_no_pass(monkeypatch, e_step_by):
    model = engine.LatentDirichletAllocation(3, e_step=e_step_by)
    first = begin(model, engine.load("bars").X[::8])
    steps = (first, e_step(first), m_step(e_step(first)))
    assert all(np.isnan(step.log_likelihood) for step in steps)
    monkeypatch.setattr(engine.LatentDirichletAllocation, "expect", None)
    for step in steps:
        for along in (LINE, "topics[0,3]", "alpha[1]"):
            one = bound_slice(step, along, 200)
            assert len(one.t) >= 200 and np.isnan(one.objective).all() and not one.exact and not one.touches
            assert np.isnan(one.bound).all() == (step.phase == "init")
        if step.phase == "M":
            assert bound_slice(step).at(1.0)[1] == pytest.approx(step.objective, rel=1e-12)
            assert bound_slice(step).top == 1.0


def test_an_estimate_is_no_exact_curve():
    step = e_step(begin(engine.LatentMLP(3, e_step="gibbs", sweeps=2, draws=10), IRIS.X, IRIS.y))
    one = bound_slice(step, "hidden[0,0]", 5)
    assert not one.exact and not one.touches and (one.error > 0).any()


def test_limits_of_the_user():
    step = e_step(begin(engine.BinomialMixture(2), HEADS, start=PUBLISHED_COINS))
    one = bound_slice(step, "probabilities[0]", 11, (0.2, 0.9))
    assert (one.t[0], one.t[-1]) == (0.2, 0.9) and one.t_old == 0.6
    for limits, word in (((0.9, 0.2), "rising"), ((0.2, 1.5), "ends"), ((0.2, np.nan), "rising")):
        with pytest.raises(OptionError, match=word):
            bound_slice(step, "probabilities[0]", 11, limits)
    with pytest.raises(OptionError, match="ends"):
        bound_slice(step, LINE, 11, (-50.0, 50.0))


@pytest.mark.parametrize("name", ["nothing[0]", "means", "means[0]", "means[9,0]", "means[-1,0]", "means[0,0", ""])
def test_a_name_that_is_none_is_one_sentence(name):
    step = e_step(begin(engine.GaussianMixture(2), IRIS.X))
    with pytest.raises(OptionError) as error:
        bound_slice(step, name)
    assert str(error.value).endswith(".") and "\n" not in str(error.value)
    with pytest.raises(OptionError, match="points"):
        bound_slice(step, LINE, 2)


def test_what_can_not_be_moved_is_not_offered():
    fixed = engine.BinomialMixture(2, fixed_weights=True)
    names = slice_names(fixed, PUBLISHED_COINS)
    assert names == (LINE, "probabilities[0]", "probabilities[1]")
    with pytest.raises(OptionError, match="fixed"):
        bound_slice(e_step(begin(fixed, HEADS, start=PUBLISHED_COINS)), "weights[0]")
    network = begin(engine.LatentMLP(2), IRIS.X, IRIS.y)
    assert "output[2,0]" not in slice_names(network.problem.model, network.params)
    assert "output[1,0]" in slice_names(network.problem.model, network.params)
    one = begin(engine.GaussianMixture(1), IRIS.X)
    assert "weights[0]" not in slice_names(one.problem.model, one.params)


@pytest.mark.parametrize("name", CASES)
def test_every_entry_moves_alone_or_by_its_rule(name):
    step = walked(name, 1)[-1]
    model, params, data = step.problem.model, step.params, step.problem.data
    for entry in entries(model, params)[:40]:
        low, high = limits_of(params, entry)
        now = value_of(params, entry)
        low, high = max(low, now - 1.0), min(high, now + 1.0)
        for share in (0.2, 0.7):
            value = low + share * (high - low)
            there = moved(params, entry, value)
            assert value_of(there, entry) == pytest.approx(value)
            assert admissible(model, there)
            model.check_params(there, data)
        same = moved(params, entry, now)
        for path, array in arrays_of(params).items():
            np.testing.assert_allclose(arrays_of(same)[path], array, rtol=1e-12, atol=1e-300)


@settings(max_examples=examples(40))
@given(seed=st.integers(0, 10_000), share=st.floats(0.0, 1.0), k=st.integers(0, 2))
def test_rules_keep_what_they_promise(seed, share, k):
    params = parameters(blobs(40, 3, 3, seed), 3, "full", seed)
    model = engine.GaussianMixture(3)
    weights = moved(params, entry_named(model, params, f"weights[{k}]"), share).weights
    others = [j for j in range(3) if j != k]
    assert weights.sum() == pytest.approx(1.0)
    one, other = others
    assert weights[one] * params.weights[other] == pytest.approx(weights[other] * params.weights[one])
    entry = entry_named(model, params, f"covariances[{k},0,2]")
    assert entry.name == f"covariances[{k},2,0]"
    low, high = limits_of(params, entry)
    value = min(high, low + share * (high - low))  # rounding may lead past the end
    matrix = moved(params, entry, value).covariances[k]
    assert np.linalg.eigvalsh(matrix).min() > 0
    beyond = np.array(params.covariances[k])
    beyond[2, 0] = beyond[0, 2] = high + 1e-6 * (high - low)
    assert np.linalg.eigvalsh(beyond).min() < 0
    entry = entry_named(model, params, f"covariances[{k},1,1]")
    wider = moved(params, entry, 3.0 * value_of(params, entry)).covariances[k]
    before = params.covariances[k]
    np.testing.assert_allclose(correlations(wider), correlations(before), atol=1e-12)


def correlations(matrix):
    deviations = np.sqrt(matrix.diagonal())
    return matrix / deviations / deviations[:, None]


def test_a_value_beyond_the_limits_is_refused():
    params = parameters(IRIS.X, 3, "full")
    model = engine.GaussianMixture(3)
    for name, value in (("weights[0]", 1.5), ("covariances[0,1,1]", -1.0), ("covariances[0,1,0]", 1e6)):
        with pytest.raises(OptionError, match="must lie between"):
            moved(params, entry_named(model, params, name), value)


def test_the_bound_of_an_m_step_is_that_of_its_q():
    """After the M-step θ_q is the parameters before it: the slice goes through those."""
    e = walked("diag", 1)[1]
    m = m_step(e)
    one, other = bound_slice(e, "means[1,1]", 9), bound_slice(m, "means[1,1]", 9)
    np.testing.assert_array_equal(one.t, other.t)
    np.testing.assert_array_equal(one.bound, other.bound)
    assert one.t_new == other.t_new == pytest.approx(m.params.means[1, 1])


@pytest.mark.parametrize(
    ("model", "X"),
    [
        (engine.BinomialMixture(2), [[5.0], [5.0], [5.0]]),
        (engine.BinomialMixture(2), [[0.0], [10.0], [10.0]]),
        (engine.GaussianMixture(1), [[3.0]]),
        (engine.GaussianMixture(2), np.ones((5, 2))),
        (engine.GaussianMixture(2, init="points"), 1e140 * np.random.default_rng(0).normal(size=(20, 2))),
        (engine.GaussianMixture(2, init="points"), np.random.default_rng(0).normal(size=(12, 20))),
        (engine.PoissonMixture(2), np.zeros((5, 1))),
        (engine.BernoulliMixture(2), [[0.0, 1.0], [1.0, 0.0], [np.nan, np.nan]]),
        (engine.GeneticLinkage(), [[10.0, 0.0, 0.0, 0.0]]),
        (engine.HiddenMarkovModel(2), np.zeros(3)),
        (engine.KMeans(2), np.ones((4, 2))),
    ],
)
def test_degenerate_data_have_pictures_too(model, X):
    step = begin(model, np.asarray(X))
    for _ in range(3):
        step = m_step(e_step(step))
        names = slice_names(model, step.params)
        for along in {names[0], names[1], names[len(names) // 2], names[-1]}:
            one = bound_slice(step, along, 20)
            usable = np.isfinite(one.bound) & np.isfinite(one.objective)
            assert usable.any() and np.all(np.isfinite(one.t))
            assert (one.bound - one.objective)[usable].max() <= 1e-9 * np.abs(one.objective[usable]).max() + 1e-12
