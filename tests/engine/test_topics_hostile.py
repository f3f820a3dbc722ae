"""Documents and starts that are odd: a finite result, or one sentence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array

import engine
from engine.errors import EngineError
from engine.models.topics.evidence import perplexity
from engine.models.topics.model import LatentDirichletAllocation

X = np.array([[3, 1, 0, 0], [0, 2, 2, 0], [0, 0, 1, 4], [1, 1, 1, 1]], dtype=float)


def model(**options):
    return LatentDirichletAllocation(**({"n_components": 2} | options))


def finite_run(X, sample_weight=None, **options):
    for algorithm in ("classic", "hard", "annealed"):
        run = engine.fit(model(**options), X, sample_weight=sample_weight, max_iter=6, algorithm=algorithm)
        assert np.isfinite(run.step.objective)
        assert np.isfinite(run.params.topics).all() and np.isfinite(run.params.alpha).all()
        np.testing.assert_allclose(run.params.topics.sum(axis=1), 1.0, rtol=1e-12)
        np.testing.assert_allclose(run.posterior.responsibilities.sum(axis=1), 1.0, rtol=1e-12)
    return run


@pytest.mark.parametrize("options", [{}, {"e_step": "gibbs"}, {"pseudo_count": 0.0}, {"learn_alpha": True}], ids=str)
@pytest.mark.parametrize(
    "counts",
    [
        np.vstack([X, np.zeros((2, 4))]),
        np.hstack([X, np.zeros((4, 2))]),
        X[:1],
        X[:, :1],
        np.array([[1.0]]),
        1e6 * X,
        np.repeat(X[:1], 5, axis=0),
        np.eye(12),
    ],
    ids=["empty documents", "unseen words", "one document", "one word", "one of one", "long", "alike", "a word each"],
)
def test_odd_counts_are_fitted(counts, options):
    finite_run(counts, **options)


@pytest.mark.parametrize(
    "options", [{"alpha": 1e-6}, {"alpha": 1e6}, {"n_components": 9}, {"n_components": 1}], ids=str
)
def test_odd_options_are_fitted(options):
    finite_run(X, **options)
    finite_run(X, **options, learn_alpha=True)


def test_an_empty_document_has_the_mixture_of_the_prior():
    run = engine.fit(model(learn_alpha=True), np.vstack([X, np.zeros(4)]), max_iter=5)
    alpha = run.params.alpha
    np.testing.assert_allclose(run.posterior.responsibilities[4], alpha / alpha.sum(), rtol=1e-9)


def test_counts_that_are_not_whole_are_shared_but_not_drawn():
    finite_run(X / 3.0)
    finite_run(X * 1e-4)
    with pytest.raises(EngineError, match=r"row 1, column 2 is 0\.333333: to draw a topic for each word"):
        engine.fit(model(e_step="gibbs"), X / [1.0, 3.0, 1.0, 1.0])
    with pytest.raises(EngineError, match="counts must be whole numbers"):
        engine.fit(model(), X / 3.0, algorithm="stochastic")


def test_a_document_of_weight_zero_leaves_the_fit_alone():
    weight = np.array([1.0, 0.0, 2.0, 1.0])
    for options in ({}, {"pseudo_count": 0.0}):
        run = finite_run(X, weight, **options)
        assert run.step.problem.data.total_weight == 4.0
    strange = X.copy()
    strange[1] = [0, 0, 0, 0]
    strange = np.hstack([strange, [[0], [7], [0], [0]]])  # a word of its own, which no topic keeps
    finite_run(strange, weight, pseudo_count=0.0)


def test_a_word_that_training_had_not_is_left_out_or_impossible():
    counts = np.hstack([X, np.zeros((4, 1))])
    new = [[1.0, 0.0, 0.0, 0.0, 2.0], [0.0, 0.0, 0.0, 0.0, 1.0]]
    bare, smooth = (engine.fit(model(pseudo_count=c), counts, max_iter=5) for c in (0.0, 0.1))
    assert bare.params.topics[:, 4].max() == 0.0
    assert np.isfinite(bare.predict_proba(new)).all()
    np.testing.assert_allclose(bare.predict_proba(new)[1], bare.params.alpha / bare.params.alpha.sum())
    assert perplexity(bare.model, bare.params, new) == np.inf
    assert np.isfinite(perplexity(smooth.model, smooth.params, new))


def test_one_topic_has_every_word():
    run = engine.fit(model(n_components=1, pseudo_count=0.0, learn_alpha=True), X)
    np.testing.assert_allclose(run.params.topics[0], X.sum(axis=0) / X.sum(), rtol=1e-12)
    assert run.step.elbo == pytest.approx((X.sum(axis=0) * np.log(run.params.topics[0])).sum(), rel=1e-12)


def test_sparse_counts_of_any_kind_are_taken_and_left_alone():
    twice = coo_array((np.array([1.0, 2.0, 0.0, 3.0]), (np.array([0, 0, 1, 1]), np.array([1, 1, 0, 2]))), shape=(2, 3))
    data = model().observe(twice)
    assert data.X.toarray().tolist() == [[0, 3, 0], [0, 0, 3]]
    assert data.X.nnz == 2
    assert twice.nnz == 4
    assert model().observe(csr_array(X.astype(np.int32))).X.dtype == np.float64


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([[1.0, -2.0]], "row 1, column 2 is -2: counts must be finite numbers of at least 0"),
        (csr_array([[1.0, 0.0], [0.0, -3.0]]), "row 2, column 2 is -3"),
        (csr_array([[1.0, np.nan]]), "row 1, column 2 is nan"),
        ([[1.0, np.inf]], "holds inf at row 1, column 2"),
        ([["a", "b"]], "must be a table of numbers"),
        (np.zeros((3, 2)), "no document of the fit has a word"),
        (np.zeros((0, 2)), "0 rows"),
        (csr_array((0, 3)), "at least one document and one word"),
        (csr_array(np.array([[1j, 2.0]])), "must be numbers, not complex128"),
    ],
    ids=range(9),
)
def test_what_are_no_counts_gets_a_sentence(counts, said):
    with pytest.raises(EngineError) as caught:
        model().observe(counts)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("topics", "alpha", "said"),
    [
        (np.full((3, 4), 0.25), np.ones(3), "must have shape (2, 4)"),
        (np.full((2, 4), 0.25), np.ones(3), "alpha of a start must have 2 numbers"),
        (np.full((2, 4), 0.25), np.array([1.0, 0.0]), "finite and above 0"),
        (np.full((2, 4), 0.3), np.ones(2), "sum to 1"),
        (np.array([[0.5, 0.5, 0, 0], [0.25] * 4]), np.ones(2), "must lie above 0"),
        (np.full((2, 4), np.nan), np.ones(2), "sum to 1"),
    ],
    ids=range(6),
)
def test_a_start_that_cannot_be_gets_a_sentence(topics, alpha, said):
    with pytest.raises(EngineError) as caught:
        engine.begin(model(), X, start=model().Params(topics, alpha))
    assert said in str(caught.value)


def test_a_start_may_not_make_a_word_impossible():
    topics = np.array([[0.5, 0.5, 0.0, 0.0], [0.5, 0.25, 0.25, 0.0]])
    with pytest.raises(EngineError, match="word 4 occurs, but every topic"):
        engine.begin(model(pseudo_count=0.0), X, start=model().Params(topics, np.ones(2)))
    engine.begin(model(pseudo_count=0.0), X[:2], start=model().Params(topics, np.ones(2)))


def test_labels_other_vocabularies_and_missing_rows_get_a_sentence():
    run = engine.fit(model(), X, max_iter=2)
    with pytest.raises(EngineError, match="leave out y"):
        engine.fit(model(), X, [0, 1, 0, 1])
    with pytest.raises(EngineError, match="count 3 words, but the model was fitted with 4"):
        run.predict(X[:, :3])
    with pytest.raises(EngineError, match="no document 5"):
        model().word_topics(run.params, run.step.problem.data, 4)
    with pytest.raises(EngineError, match="no words: perplexity"):
        perplexity(run.model, run.params, np.zeros((1, 4)))
    with pytest.raises(EngineError, match="hold out a smaller share"):
        model(held_out=0.5).observe(X[:2], sample_weight=[0.0, 1.0])


def test_a_topic_that_lost_its_words_is_named():
    topics = np.array([[0.25] * 4, [1e-300, 1e-300, 1e-300, 1.0]])
    params = model().Params(topics / topics.sum(axis=1, keepdims=True), np.array([5.0, 1e-6]))
    counts = np.array([[9.0, 9.0, 9.0, 0.0]])
    for c, then in ((0.0, "it stays as it was"), (0.1, "it becomes an even one")):
        step = engine.e_step(engine.begin(model(pseudo_count=c), counts, start=params))
        statistics = step.at.expectation.statistics
        lost = type(statistics)(statistics.words * [[1.0], [0.0]], statistics.log_mixtures, 0.0, 1.0)
        made = step.problem.model.maximize(type(step.at.expectation)(lost, np.nan, 0.0), params, step.problem.data)
        assert [event.message for event in made.events] == [f"topic 2 has no words left: {then}"]
        expected = params.topics[1] if c == 0 else np.full(4, 0.25)
        np.testing.assert_allclose(made.params.topics[1], expected)
