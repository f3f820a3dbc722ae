"""Bernoulli mixtures with missing answers against enumeration, plain maximum likelihood, and their own invariants."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from enumeration import agrees_with_enumeration
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import engine
from engine.errors import DataError, EngineError, OptionError
from engine.testing import check_model

NAN = np.nan
Params = engine.BernoulliMixture.Params
ANSWERS = np.array([[1, 0, NAN], [NAN, NAN, NAN], [0, 0, 1], [1, NAN, 1], [NAN, 1, 0.0]])
START = Params([0.3, 0.7], [[0.2, 0.6, 0.9], [0.7, 0.4, 0.35]])


def joint_of(X):
    """What gives p(what is seen of x_i, z_i = k), (n, K), as a product over the columns that are seen."""

    def at(params):
        p = params.probabilities
        each = np.where(X[:, None, :] == 1, p, 1 - p)
        return params.weights * np.where(np.isnan(X)[:, None, :], 1.0, each).prod(axis=2)

    return at


@pytest.mark.parametrize("K", [1, 2, 3])
@pytest.mark.parametrize("pseudo_count", [0.0, 0.5])
def test_every_number_is_that_of_enumeration(K, pseudo_count):
    p = np.array([[0.2, 0.6, 0.9], [0.7, 0.4, 0.35], [0.5, 0.9, 0.1]])[:K]
    start = Params(np.arange(1.0, K + 1) / np.arange(1.0, K + 1).sum(), p)
    model = engine.BernoulliMixture(n_components=K, pseudo_count=pseudo_count)
    for step in engine.iterate(model, ANSWERS, start=start, max_iter=3, tol=0):
        if step.phase != "init":
            agrees_with_enumeration(step, joint_of(ANSWERS))


def test_what_is_unseen_is_summed_over_its_two_values():
    model = engine.BernoulliMixture()
    hidden = model.log_evidence(START, model.observe(ANSWERS))
    for row, expected in zip(ANSWERS, hidden, strict=True):
        gaps = np.flatnonzero(np.isnan(row))
        filled = np.tile(row, (2 ** len(gaps), 1))
        filled[:, gaps] = list(product([0.0, 1.0], repeat=len(gaps)))
        together = np.exp(model.log_evidence(START, model.observe(filled))).sum()
        assert together == pytest.approx(np.exp(expected), rel=1e-12)


@pytest.mark.parametrize("pseudo_count", [0.0, 2.0])
def test_the_m_step_is_the_maximum_of_q_and_the_prior(pseudo_count):
    model = engine.BernoulliMixture(pseudo_count=pseudo_count)
    data = model.observe(ANSWERS)
    expectation = model.expect(START, data)
    best = model.maximize(expectation, START, data).params
    theta = np.concatenate([best.weights[:1], best.probabilities.ravel()])

    def pushed_up(theta):
        params = Params([theta[0], 1 - theta[0]], theta[1:].reshape(2, 3))
        return model.q_value(expectation, params, data) + model.log_prior(params, data)

    for move in 1e-5 * np.eye(7):
        assert abs(pushed_up(theta + move) - pushed_up(theta - move)) / 2e-5 < 1e-4
        assert pushed_up(theta) > max(pushed_up(theta + move), pushed_up(theta - move))


def test_one_component_is_the_share_of_yes_among_the_seen():
    run = engine.fit(engine.BernoulliMixture(n_components=1), ANSWERS)
    np.testing.assert_allclose(run.params.probabilities[0], np.nanmean(ANSWERS, axis=0), rtol=1e-15)
    with_prior = engine.fit(engine.BernoulliMixture(n_components=1, pseudo_count=1.0), ANSWERS)
    np.testing.assert_allclose(with_prior.params.probabilities[0], [3 / 5, 2 / 5, 3 / 5], rtol=1e-15)


def test_with_every_label_given_one_m_step_is_maximum_likelihood():
    votes = engine.load("votes")
    model = engine.BernoulliMixture(n_components=2)
    *_, last = engine.iterate(model, votes.X, votes.y, max_iter=1, tol=0)
    for k in range(2):
        np.testing.assert_allclose(last.params.probabilities[k], np.nanmean(votes.X[votes.y == k], axis=0), rtol=1e-12)
    np.testing.assert_allclose(last.params.weights, [267 / 435, 168 / 435], rtol=1e-12)


def test_a_few_labels_say_which_component_is_which():
    votes = engine.load("votes")
    y = np.full(435, -1)
    y[:20] = votes.y[:20]
    run = engine.fit(engine.BernoulliMixture(pseudo_count=1.0), votes.X, y, seed=3)
    assert (run.labels[:20] == votes.y[:20]).all()
    assert (run.labels == votes.y).mean() > 0.85


def test_the_votes_tell_the_parties_apart_from_every_start():
    votes = engine.load("votes")
    for init, seed in product(["points", "responsibilities"], range(3)):
        run = engine.fit(engine.BernoulliMixture(init=init, **votes.options), votes.X, seed=seed)
        assert run.converged
        assert engine.agreement(run.labels, votes.y).hits >= 375


def test_the_films_show_their_tastes():
    films = engine.load("films")
    run = engine.fit(engine.BernoulliMixture(**films.options), films.X, seed=0)
    assert engine.agreement(run.labels, films.y).accuracy > 0.9


def test_who_liked_films_1_and_3_but_not_2_likes_film_6():
    films = engine.load("films")
    model = engine.BernoulliMixture(**films.options)
    run = engine.fit(model, films.X, seed=0)
    row = np.array([1, 0, 1, *[NAN] * 7])
    filled = model.predict_unseen(run.params, row)
    assert filled[:3].tolist() == [1, 0, 1]
    assert filled[3:9].argmax() + 3 == 5
    assert filled[5] > 0.8 > 0.4 > filled[[3, 4, 6, 7, 8]].max()
    joint = joint_of(row[None])(run.params)[0]
    for d in range(3, 10):  # p(x_d = 1 | seen) = p(seen, x_d = 1) / p(seen)
        with_it = row.copy()
        with_it[d] = 1
        assert filled[d] == pytest.approx(joint_of(with_it[None])(run.params).sum() / joint.sum(), rel=1e-12)
    several = model.predict_unseen(run.params, np.stack([row, row]))
    np.testing.assert_allclose(several, np.stack([filled, filled]), rtol=1e-14)


@pytest.mark.parametrize("algorithm", ["classic", "hard", "stochastic", "annealed"])
@pytest.mark.parametrize("options", [{}, {"pseudo_count": 1.0, "init": "responsibilities"}, {"n_components": 1}])
def test_answers_keep_every_invariant(algorithm, options):
    generator = np.random.default_rng(0)
    X = engine.load("films").X[:60].copy()
    X[:, 4] = NAN
    if algorithm != "hard":  # there a row that says nothing is a tie, which the order of the components decides
        X[7] = NAN
    model = engine.BernoulliMixture(**{"n_components": 3, **options})
    check_model(model, X, algorithm=algorithm)
    check_model(model, X, generator.integers(-1, model.n_components, 60), algorithm=algorithm)


@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 8), st.integers(1, 4)), elements=st.sampled_from([0.0, 1.0, NAN])),
    st.integers(1, 3),
    st.sampled_from([0.0, 1e-6, 1.0]),
    st.sampled_from(["points", "responsibilities"]),
)
def test_any_answers_give_a_finite_run_that_never_falls(X, K, pseudo_count, init):
    model = engine.BernoulliMixture(n_components=K, pseudo_count=pseudo_count, init=init)
    for step in (steps := list(engine.iterate(model, X, seed=1, max_iter=6, tol=0))):
        assert np.isfinite(step.objective)
        assert ((step.params.probabilities >= 0) & (step.params.probabilities <= 1)).all()
    objectives = [step.objective for step in steps if step.phase != "E"]
    assert (np.diff(objectives) >= -1e-9 * max(1.0, abs(objectives[0]))).all()


def test_an_unseen_row_gets_the_weights_and_an_unseen_column_stays():
    X = ANSWERS.copy()
    X[:, 1] = NAN
    first = engine.begin(engine.BernoulliMixture(), X, start=START)
    after_e = engine.advance(first)
    np.testing.assert_allclose(after_e.posterior.responsibilities[1], START.weights, rtol=1e-15)
    after_m = engine.advance(after_e)
    np.testing.assert_array_equal(after_m.params.probabilities[:, 1], START.probabilities[:, 1])


def test_probabilities_of_nought_and_one_are_exact():
    X = np.array([[1, 1, NAN], [1, 1, 1], [0, 0, 0.0]])
    start = Params([0.5, 0.5], [[1.0, 1.0, 0.8], [0.0, 0.0, 0.5]])
    *_, last = engine.iterate(engine.BernoulliMixture(), X, start=start, max_iter=2, tol=0)
    assert last.posterior.responsibilities.tolist() == [[1, 0], [1, 0], [0, 1]]
    assert last.params.probabilities.tolist() == [[1, 1, 1], [0, 0, 0]]
    assert last.log_likelihood == pytest.approx(2 * np.log(2 / 3) + np.log(1 / 3), rel=1e-14)
    impossible = engine.BernoulliMixture().observe([[1, 0, NAN]])
    assert engine.BernoulliMixture().log_evidence(start, impossible).tolist() == [-np.inf]
    prediction = engine.BernoulliMixture().predict_unseen(start, [1, 0, NAN])
    np.testing.assert_allclose(prediction, [1, 0, 0.65])  # no component explains it: all of them alike


def test_what_was_expected_at_all_keeps_a_chance_though_its_share_rounds_to_nothing():
    X = np.array([[1.0] * 60, [0.0] * 60])
    start = Params([0.5, 0.5], [[0.9] * 60, [0.1] * 60])
    for step in engine.iterate(engine.BernoulliMixture(), X, start=start, max_iter=4, tol=0):
        assert np.isfinite(step.log_likelihood)
        if step.phase != "init":
            assert np.isfinite(step.elbo)


def test_a_threshold_makes_answers_of_any_numbers():
    digits = engine.load("digits_binary")
    model = engine.BernoulliMixture(**digits.options)
    grey, black = model.observe(digits.X), (digits.X > 7.5).astype(float)
    params = model.start(grey, np.random.default_rng(0))
    plain = engine.BernoulliMixture(n_components=10, pseudo_count=1.0)
    np.testing.assert_array_equal(
        model.responsibilities(params, grey, slice(5)), plain.responsibilities(params, plain.observe(black), slice(5))
    )


def test_a_component_without_rows_is_named():
    start = Params([1.0, 0.0], START.probabilities)
    for pseudo_count, then in ((0.0, START.probabilities[1]), (1.0, np.full(3, 0.5))):
        model = engine.BernoulliMixture(pseudo_count=pseudo_count)
        *_, last = engine.iterate(model, ANSWERS, start=start, max_iter=1, tol=0)
        assert "component 2 has no rows left" in last.events[0].message
        np.testing.assert_array_equal(last.params.probabilities[1], then)


def test_the_prior_is_stated_and_weighs_in():
    model = engine.BernoulliMixture(pseudo_count=2.0)
    step = engine.begin(model, ANSWERS, start=START)
    p = START.probabilities
    assert step.log_prior == pytest.approx(2 * np.log(p * (1 - p)).sum())
    assert step.objective == step.log_likelihood + step.log_prior
    assert engine.begin(engine.BernoulliMixture(), ANSWERS, start=START).log_prior == 0


@pytest.mark.parametrize(
    "X",
    [[], [[]], [[1, 0.5]], [[1, 2]], [[1, -1]], [[1, np.inf]], [["a"]], [[[1]]], None, 3, [[1, 0], [1]]],
)
def test_what_are_no_answers_is_refused_in_one_sentence(X):
    with pytest.raises(DataError) as caught:
        engine.BernoulliMixture().observe(X)
    assert str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_entry_at_fault_is_named_with_the_remedy():
    with pytest.raises(DataError, match=r"row 2, column 3 holds 4:.*set a threshold"):
        engine.BernoulliMixture().observe([[1, 0, NAN], [0, 1, 4]])


def test_rows_with_other_columns_are_refused():
    model = engine.BernoulliMixture()
    run = engine.fit(model, ANSWERS, max_iter=2)
    with pytest.raises(DataError, match=r"2 columns.*fitted with 3"):
        run.predict([[1, 0]])
    with pytest.raises(DataError, match="columns"):
        model.predict_unseen(run.params, [1, 0])
    np.testing.assert_allclose(run.predict_proba([[NAN] * 3])[0], run.params.weights)


@pytest.mark.parametrize(
    "start",
    [
        Params([1.0], [[0.5] * 3]),
        Params([0.5, 0.5], [[0.5] * 2] * 2),
        Params([0.5, 0.5], [0.5, 0.5]),
        Params([0.5, 0.5], [[0.5, 0.5, 1.5]] * 2),
        Params([0.5, 0.4], [[0.5] * 3] * 2),
        Params([0.5, 0.5], [[0.5, 0.5, NAN]] * 2),
    ],
)
def test_a_start_that_does_not_fit_is_refused(start):
    with pytest.raises(EngineError):
        engine.begin(engine.BernoulliMixture(), ANSWERS, start=start)


def test_a_start_on_the_border_is_refused_where_the_prior_forbids_it():
    border = Params([0.5, 0.5], [[0.5, 0.5, 1.0]] * 2)
    assert engine.begin(engine.BernoulliMixture(), ANSWERS, start=border).params is border
    with pytest.raises(EngineError, match="pseudo_count"):
        engine.begin(engine.BernoulliMixture(pseudo_count=0.1), ANSWERS, start=border)


def test_options_out_of_range_are_refused():
    for wrong in ({"n_components": 0}, {"pseudo_count": -1}, {"init": "kmeans"}, {"threshold": "x"}):
        with pytest.raises(OptionError):
            engine.BernoulliMixture(**wrong)


def test_free_parameters_are_counted():
    assert engine.BernoulliMixture().n_parameters(START) == 7
