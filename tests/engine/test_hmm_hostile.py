"""Hidden Markov models on data and starts that make trouble: a finite result, or one sentence."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hmm_examples import EISNER, ICE_CREAM, Params, some_params
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.em.inference import Hard, Sampled, Tempered
from engine.errors import DataError, EngineError

HMM = engine.HiddenMarkovModel
GAUSSIAN = HMM(2, emission="gaussian")
X3 = np.arange(6.0).reshape(3, 2)


@pytest.mark.parametrize(
    ("model", "X", "words"),
    [
        (HMM(), [0.0, 1.5, 2.0], "row 2 holds 1.5, but symbols must be whole numbers from 0"),
        (HMM(), [np.array([0]), np.array([1, -1])], "row 2 of sequence 2 holds -1"),
        (HMM(first_symbol=1), [1.0, 0.0], "from 1 (first_symbol) on"),
        (HMM(), [0.0, 1e9], "number them without gaps"),
        (HMM(), X3, "one column of symbols, not 2"),
        (HMM(), [], "no sequence"),
        (HMM(), [np.array([0]), np.array([])], "sequence 2 has 0 rows"),
        (HMM(), [np.array([0]), np.array([np.nan])], "sequence 2 holds nan at row 1"),
        (HMM(), [np.array([0, 1]), 3], "sequence 2 is a single number"),
        (HMM(), np.zeros((2, 2, 2)), "3 dimensions"),
        (HMM(), ["a", "b"], "must be a table of numbers"),
        (GAUSSIAN, [X3, X3[:, :1]], "sequence 2 has 1 columns, but sequence 1 has 2"),
        (GAUSSIAN, X3[:1], "1 row can't start 2 states: choose n_states of at most 1"),
        (GAUSSIAN, [[math.inf, 0.0]], "holds inf"),
    ],
)
def test_data_that_cannot_be_used_are_named_in_one_sentence(model, X, words):
    with pytest.raises(DataError) as error:
        engine.fit(model, X)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        ([1.0], "one number a sequence, so the shape (2,), not (1,)"),
        ([1.0, 1.0, 1.0, 1.0], "one number a sequence"),
        ([1.0, -1.0], "sample_weight of sequence 2 is -1.0"),
        ([0.0, 0.0], "zero for every sequence"),
    ],
)
def test_weights_are_of_sequences(weight, words):
    with pytest.raises(DataError) as error:
        engine.fit(HMM(), [np.array([0, 1]), np.array([1, 1])], sample_weight=weight)
    assert words in str(error.value)


EMISSION = np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"initial": [0.5, 0.6]}, "initial of the start must sum to 1"),
        ({"initial": [1.0]}, "initial of the start must have the shape (2,)"),
        ({"initial": [1.5, -0.5]}, "must be probabilities"),
        ({"transition": [[0.8, 0.2], [0.1, 0.8]]}, "row 1 of transition with its stop probability must sum to 1"),
        ({"transition": np.eye(3)}, "shape (2, 2)"),
        ({"stop": None}, "no stop probabilities, but stop_state is on"),
        ({"emission": EMISSION[:, :2]}, "hold 3 symbols or more, but emission has 2 columns"),
        ({"emission": EMISSION + 0.1}, "each row sums to 1"),
        ({"emission": EMISSION[:1]}, "must have the shape (2 states, symbols)"),
        ({"emission": engine.GaussianEmission(X3, X3)}, "Gaussian emission, but the model's is categorical"),
        ({"emission": EMISSION * np.nan}, "must be probabilities"),
    ],
)
def test_a_start_that_does_not_fit_is_named_in_one_sentence(change, words):
    model = HMM(2, stop_state=True, first_symbol=1)
    with pytest.raises(EngineError) as error:
        engine.fit(model, ICE_CREAM.X, start=replace(EISNER, **change))
    assert words in str(error.value)


def test_a_gaussian_start_is_checked_too():
    start = Params([0.5, 0.5], np.full((2, 2), 0.5), engine.GaussianEmission(np.zeros((2, 2)), np.ones((2, 2))))
    assert engine.fit(GAUSSIAN, X3, start=start, max_iter=1).n_iter == 1
    for emission, words in [
        (np.ones((2, 2)), "must be a GaussianEmission"),
        (engine.GaussianEmission(np.zeros((2, 3)), np.ones((2, 3))), "means of the start must have the shape (2, 2)"),
        (engine.GaussianEmission(np.zeros((2, 2)), [[1.0, 1.0], [0.0, 1.0]]), "covariance of state 2"),
    ]:
        with pytest.raises(EngineError) as error:
            engine.fit(GAUSSIAN, X3, start=replace(start, emission=emission))
        assert words in str(error.value)
    with pytest.raises(EngineError, match="stop_state is off"):
        engine.fit(GAUSSIAN, X3, start=replace(start, stop=np.zeros(2)))


def test_an_unseen_symbol_is_named_when_it_is_to_be_predicted():
    run = engine.fit(HMM(2, first_symbol=1), ICE_CREAM.X)
    assert run.predict([1.0, 3.0, 3.0]).shape == (3,)
    with pytest.raises(DataError, match=r"row 2 holds symbol 4, which the model has never seen: it knows 1 to 3"):
        run.predict([1.0, 4.0])
    with pytest.raises(DataError, match="have 3 columns, but the model was fitted to 2"):
        engine.fit(GAUSSIAN, X3).predict(np.zeros((4, 3)))


def test_an_impossible_sequence_has_no_likelihood_and_says_so():
    start = Params([1.0, 0.0], np.eye(2), [[1.0, 0.0], [0.0, 1.0]])
    X = [np.array([0, 0]), np.array([0, 1, 0])]
    model = HMM(2)
    run = engine.fit(model, X, start=start)
    assert run.objectives[0] == -math.inf
    assert np.isfinite(run.objectives[1:]).all()
    assert run.timeline[1].events[0].message.startswith("the start is impossible")
    data = model.observe(X)
    for inference in (Hard(), Sampled(0), Tempered(3.0)):
        found = model.expect(start, data, inference)
        assert found.log_likelihood == -math.inf
        assert found.entropy >= 0
    found = model.expect(start, data)
    assert found.entropy == 0.0  # 0 0 0 alone needs no more than one impossible factor
    r = model.responsibilities(start, data, slice(None))
    np.testing.assert_array_equal(r, [[1, 0], [1, 0], [1, 0], [1, 0], [1, 0]])
    best = model.maximize(found, start, data).params
    assert np.isfinite(model.expect(best, data).log_likelihood)


def test_an_impossible_sequence_of_weight_zero_says_nothing():
    start = Params([0.9, 0.1], [[0.5, 0.5], [0.2, 0.8]], [[0.5, 0.5, 0.0], [0.3, 0.7, 0.0]])
    x = np.array([0, 1, 1, 0])
    weighted = engine.fit(HMM(2), [np.array([2, 0]), x], sample_weight=[0.0, 1.0], start=start, max_iter=5, tol=0)
    alone = engine.fit(HMM(2), x, start=start, max_iter=5, tol=0)
    assert weighted.log_likelihood == pytest.approx(alone.log_likelihood, rel=1e-13)
    np.testing.assert_allclose(weighted.params.emission, alone.params.emission, atol=1e-14)
    assert np.isfinite(weighted.posterior.responsibilities).all()


def test_sequences_of_length_one_tell_nothing_of_transitions():
    start = some_params(np.random.default_rng(0), 2, 2)
    run = engine.fit(HMM(2), [np.array([0]), np.array([1]), np.array([1])], start=start, max_iter=3, tol=0)
    np.testing.assert_array_equal(run.params.transition, start.transition)
    assert np.isfinite(run.log_likelihood)
    with_stop = engine.fit(HMM(2, stop_state=True), [np.array([0])] * 3, max_iter=3, tol=0)
    np.testing.assert_allclose(with_stop.params.stop, 1.0)
    assert with_stop.log_likelihood == pytest.approx(0.0, abs=1e-12)


def test_a_state_that_is_not_visited_keeps_its_emissions_and_is_named():
    start = Params([1.0, 0.0], np.eye(2), [[0.5, 0.5], [0.1, 0.9]])
    *_, step = engine.iterate(HMM(2), [0, 1, 1], start=start, max_iter=1, tol=0)
    np.testing.assert_array_equal(step.params.emission[1], [0.1, 0.9])
    np.testing.assert_array_equal(step.params.transition, np.eye(2))
    assert [event.message for event in step.events] == [
        "state 2 is not visited any more: its emissions stay as they were"
    ]
    far = Params([1.0, 0.0], np.eye(2), engine.GaussianEmission([[0.0], [9.0]], [[1.0], [1.0]]))
    *_, step = engine.iterate(GAUSSIAN, [0.0, 0.5, 1.0], start=far, max_iter=1, tol=0)
    assert step.params.emission.means[1, 0] == 9.0
    assert "state 2 died, no row belongs to it: it stays where it was" in step.events[0].message
    assert "component" not in step.events[0].message


@pytest.mark.parametrize("reg_covar", [0.0, 1e-6])
@pytest.mark.parametrize("kind", ["diag", "full", "tied", "spherical"])
@pytest.mark.parametrize(
    "X",
    [
        np.ones((6, 2)),
        np.repeat([[0.0, 0.0], [1.0, 1.0]], 3, axis=0),
        np.column_stack([np.arange(8.0), 3.0 * np.arange(8.0)]),
        1e150 * np.random.default_rng(0).normal(size=(9, 2)),
        1e-140 * np.random.default_rng(0).normal(size=(9, 2)),
        1e8 + np.random.default_rng(1).normal(size=(20, 2)),
    ],
    ids=["equal", "two values", "collinear", "huge", "tiny", "offset"],
)
def test_measurements_that_collapse_end_finite(X, kind, reg_covar):
    model = HMM(2, emission="gaussian", covariance_type=kind, reg_covar=reg_covar)
    run = engine.fit(model, [X, X[:1]], max_iter=15)
    assert np.isfinite(run.objectives).all()
    for array in (
        run.params.initial,
        run.params.transition,
        run.params.emission.means,
        run.params.emission.covariances,
    ):
        assert np.isfinite(array).all()


def test_a_row_far_from_every_state_is_still_a_number_or_a_stop():
    start = Params([0.5, 0.5], np.full((2, 2), 0.5), engine.GaussianEmission([[0.0], [1.0]], [[1e-3], [1e-3]]))
    run = engine.fit(GAUSSIAN, [0.0, 1.0, 1e100, 0.0], start=start, max_iter=5)
    assert run.stop_reason
    assert np.isfinite(run.posterior.responsibilities).all()


@given(
    st.integers(0, 10**6),
    st.integers(1, 4),
    st.integers(1, 3),
    st.lists(st.integers(1, 6), min_size=1, max_size=5),
    st.booleans(),
)
def test_the_objective_never_falls_from_any_start(seed, S, V, lengths, stop):
    """Zeros in the start included; from where the sequences are impossible one M-step leads away."""
    generator = np.random.default_rng(seed)
    X = [generator.integers(0, V, n) for n in lengths]
    model = HMM(S, stop_state=stop)
    start = some_params(generator, S, V, stop=stop, zeros=0.3)
    steps = list(engine.iterate(model, X, start=start, max_iter=5, tol=0))
    objectives = [step.objective for step in steps if step.phase != "E"]
    if objectives[0] == -math.inf:
        assert math.isnan(steps[1].kl)
        objectives, steps = objectives[1:], steps[2:]
    assert (np.diff(objectives) >= -1e-9 * np.maximum(1.0, np.abs(objectives[1:]))).all()
    for step in steps:
        if step.phase == "E":
            assert step.kl == pytest.approx(0.0, abs=1e-9 * max(1.0, abs(step.log_likelihood)))


def test_a_page_of_the_posterior_is_not_a_walk_of_its_own(monkeypatch):
    """Rows are asked for in pages; the chain is walked once for all of them."""
    from engine.models.hmm import posterior as hmm

    walks = []
    real = hmm.smooth
    monkeypatch.setattr(hmm, "smooth", lambda *given: walks.append(1) or real(*given))
    model = HMM(2, first_symbol=1)
    data, start = model.observe(ICE_CREAM.X), replace(EISNER, stop=None, transition=[[0.9, 0.1], [0.1, 0.9]])
    pages = [model.responsibilities(start, data, slice(i, i + 11)) for i in (0, 11, 22)]
    assert len(walks) == 1
    pages[0][:] = 7.0  # the caller's own
    assert model.responsibilities(start, data, np.array([0, 5])).max() <= 1.0
    assert len(walks) == 1


def test_options_refuse_what_they_cannot_be():
    for wrong in ({"n_states": 0}, {"emission": "poisson"}, {"reg_covar": -1.0}, {"covariance_type": "round"}):
        with pytest.raises(EngineError):
            HMM(**wrong)
