"""Latent Dirichlet allocation against enumeration, scikit-learn, and what EM owes."""

from __future__ import annotations

import numpy as np
import pytest
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.stats import dirichlet
from topics_by_enumeration import assignments, log_evidence, log_joint, posterior_of_counts, words_of

import engine
from engine.em.inference import EXACT, Exact, Hard, Sampled, Tempered
from engine.models.topics.bound import TopicStatistics, best_alpha
from engine.models.topics.evidence import document_bounds, perplexity, top_words
from engine.models.topics.gibbs import last_sweep
from engine.models.topics.model import LatentDirichletAllocation
from engine.models.topics.variational import settle
from engine.testing import check_model

ALPHA = np.array([0.4, 1.1, 0.7])
TOPICS = np.array([[0.5, 0.3, 0.1, 0.1], [0.1, 0.1, 0.2, 0.6], [0.2, 0.2, 0.5, 0.1]])
TINY = np.array([[2, 1, 0, 2], [0, 0, 3, 1], [0, 0, 0, 0], [1, 1, 1, 1], [5, 0, 0, 0]], dtype=float)


def tiny_step(**options):
    model = LatentDirichletAllocation(n_components=3, **options)
    return engine.e_step(engine.begin(model, TINY, start=model.Params(TOPICS, ALPHA)))


def corpus(n=60, V=30, K=3, length=25, seed=0):
    rng = np.random.default_rng(seed)
    topics = rng.dirichlet(np.full(V, 0.2), K)
    mixtures = rng.dirichlet(np.full(K, 0.4), n)
    return np.array([rng.multinomial(rng.integers(0, 2 * length), m @ topics) for m in mixtures]).astype(float)


@pytest.mark.parametrize("algorithm", ["classic", "hard", "stochastic", "annealed"])
@pytest.mark.parametrize(
    "options",
    [{}, {"learn_alpha": True, "pseudo_count": 0.0}, {"e_step": "gibbs"}, {"init": "documents", "held_out": 0.25}],
    ids=str,
)
def test_it_keeps_every_invariant(options, algorithm):
    checked = check_model(LatentDirichletAllocation(n_components=3, **options), corpus(), n_iter=4, algorithm=algorithm)
    assert "Q + entropy = elbo" in checked
    assert "any number of threads gives the same bytes" in checked


def test_sparse_counts_are_dense_ones():
    X = corpus()
    one, other = (engine.fit(LatentDirichletAllocation(n_components=3), x, max_iter=5) for x in (X, csr_array(X)))
    assert one.params.topics.tobytes() == other.params.topics.tobytes()
    assert one.step.elbo == other.step.elbo


def test_the_bound_lies_below_the_exact_evidence_and_the_estimate_meets_it():
    model = LatentDirichletAllocation(n_components=3)
    params = model.Params(TOPICS, ALPHA)
    exact = np.array([log_evidence(words_of(row), TOPICS, ALPHA) for row in TINY])
    bounds = document_bounds(model, params, model.observe(TINY))
    assert (bounds <= exact + 1e-12).all()
    assert (exact - bounds).max() < 1.2
    assert bounds[2] == pytest.approx(0.0, abs=1e-12)
    step = tiny_step()
    assert step.elbo == pytest.approx(bounds.sum(), abs=1e-10)


@pytest.mark.parametrize("inference", [EXACT, Tempered(2.5), Hard(), Sampled(3)], ids=lambda i: type(i).__name__)
def test_q_value_and_entropy_are_those_of_every_assignment(inference):
    """E_q[ln p(w, z, θ)] and H(q) as sums over all assignments, from φ and γ as the model gives them."""
    model = LatentDirichletAllocation(n_components=3)
    data = model.observe(TINY)
    params = model.Params(TOPICS, ALPHA)
    expectation = model.expect(params, data, inference)
    other = model.Params(TOPICS[[1, 2, 0]], ALPHA + 0.3)
    q_value, entropy = 0.0, 0.0
    for i, row in enumerate(TINY):
        words = words_of(row)
        placed = model.word_topics(params, data, i, inference)
        cells = dict(zip(data.X[[i]].indices.tolist(), placed, strict=True))
        gamma = ALPHA + placed.sum(axis=0)
        gamma_of_q = model.inner.gamma(params, data, slice(i, i + 1), inference)[0]
        np.testing.assert_allclose(gamma_of_q, gamma, atol=2e-4)
        q = dirichlet(gamma_of_q)
        log_theta = np.array([_digamma(g) - _digamma(gamma_of_q.sum()) for g in gamma_of_q])
        prior = dirichlet(other.alpha)
        log_b = prior.logpdf(np.full(3, 1 / 3)) - ((other.alpha - 1) * np.log(1 / 3)).sum()
        q_value += log_b + (other.alpha - 1) @ log_theta
        entropy += q.entropy()
        of_token = [cells[w] / row[w] for w in words]  # tokens alike in count may have topics of their own: expected
        q_value += sum(phi @ (np.log(other.topics[:, w]) + log_theta) for phi, w in zip(of_token, words, strict=True))
        if not isinstance(inference, Hard | Sampled):
            for z in assignments(words, 3):
                p = np.prod([of_token[n][k] for n, k in enumerate(z)]) if words else 1.0
                entropy -= p * np.log(p) if p > 0 else 0.0
    assert model.q_value(expectation, other, data) == pytest.approx(q_value, rel=1e-9)
    assert expectation.entropy == pytest.approx(entropy, rel=1e-9)


def _digamma(x):
    from scipy.special import psi

    return float(psi(x))


def test_with_one_topic_a_word_the_bound_is_the_joint_of_words_and_topics():
    """The mixture is integrated out exactly: L = ln p(w, z), for draws and for the likeliest topics."""
    model = LatentDirichletAllocation(n_components=3)
    data, params = model.observe(TINY), model.Params(TOPICS, ALPHA)
    for inference in (Sampled(1), Hard()):
        expected = 0.0
        for i in range(len(TINY)):
            placed = model.word_topics(params, data, i, inference)
            words, z = [], []
            for v, row in zip(data.X[[i]].indices, placed, strict=True):
                z += np.repeat(np.arange(3), row.astype(int)).tolist()
                words += [int(v)] * int(row.sum())
            expected += log_joint(words, np.array(z, dtype=int), TOPICS, ALPHA)
        found = model.expect(params, data, inference)
        assert model.q_value(found, params, data) + found.entropy == pytest.approx(expected, rel=1e-11)


def test_hard_topics_are_a_mode_that_no_single_word_improves():
    model = LatentDirichletAllocation(n_components=3)
    data, params = model.observe(TINY), model.Params(TOPICS, ALPHA)
    for i in range(len(TINY)):
        gamma = ALPHA + model.word_topics(params, data, i, Hard()).sum(axis=0)
        for v, placed in zip(data.X[[i]].indices, model.word_topics(params, data, i, Hard()), strict=True):
            score = np.log(TOPICS[:, v]) + [_digamma(g) for g in gamma]
            assert placed.argmax() == score.argmax()
            assert (placed > 0).sum() == 1


def test_gibbs_draws_come_from_the_posterior():
    """Frequencies of the counts of 6,000 copies of a document against all assignments."""
    row, n = np.array([2.0, 1.0, 1.0, 2.0]), 6000
    counts = csr_array(np.tile(row, (n, 1)))
    drawn = last_sweep(counts, TOPICS, ALPHA, 1.0, 12, np.random.default_rng(0)).drawn
    placed = drawn.reshape(n, 4, 3).sum(axis=1)
    for key, p in posterior_of_counts(words_of(row), TOPICS, ALPHA).items():
        share = np.mean((placed == key).all(axis=1))
        assert abs(share - p) < 4.5 * np.sqrt(p * (1 - p) / n) + 1e-9, key


def test_the_inner_fixed_point_is_scikit_learns():
    from sklearn.decomposition import _lda

    X, rng = corpus(80, 40, 4), np.random.default_rng(1)
    topics = rng.dirichlet(np.full(40, 0.6), 4)
    gamma, statistics = _lda._update_doc_distribution(csr_array(X), topics, 1.3, 5000, 1e-10, True, None)
    found = settle(csr_array(X), np.ones(80), topics, np.full(4, 1.3), 1.0, 1e-10, 5000)
    np.testing.assert_allclose(found.gamma, gamma, rtol=1e-6)
    np.testing.assert_allclose(found.words, statistics * topics, rtol=1e-6, atol=1e-9)


def test_few_rounds_are_scikit_learns_too():
    """Before anything leaps, updates are plain: two rounds are the same two rounds."""
    from sklearn.decomposition import _lda

    X, topics = corpus(30, 20, 3), np.random.default_rng(1).dirichlet(np.ones(20), 3)
    gamma, _ = _lda._update_doc_distribution(csr_array(X), topics, 0.5, 1, 0.0, False, None)
    found = settle(csr_array(X), np.ones(30), topics, np.full(3, 0.5), 1.0, 0.0, 1)
    np.testing.assert_allclose(found.gamma, gamma, rtol=1e-12)


@pytest.mark.parametrize("options", [{}, {"alpha": 0.05, "pseudo_count": 0.0}, {"learn_alpha": True}], ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_no_half_step_lowers_the_bound_with_the_prior(options, seed):
    for X, K in ((corpus(50, 40, 3, seed=seed), 5), (engine.load("bars").X[:120], 10)):
        steps = list(engine.iterate(LatentDirichletAllocation(n_components=K, **options), X, seed=seed, max_iter=40))
        objective = np.array([step.objective for step in steps[1:]])
        assert np.diff(objective).min() >= -1e-10 * abs(objective[-1])


def test_the_m_step_is_the_maximum_of_q_with_the_prior():
    step = tiny_step(learn_alpha=True, pseudo_count=0.3)
    model, data = step.problem.model, step.problem.data
    best = engine.m_step(step).params
    expectation = step.at.expectation

    def target(topics, alpha):
        params = model.Params(topics, alpha)
        return model.q_value(expectation, params, data) + model.log_prior(params, data)

    top, rng = target(best.topics, best.alpha), np.random.default_rng(0)
    for _ in range(50):
        topics = best.topics * np.exp(0.05 * rng.standard_normal(best.topics.shape))
        alpha = best.alpha * np.exp(0.05 * rng.standard_normal(3))
        assert target(topics / topics.sum(axis=1, keepdims=True), alpha) < top
    for k in range(3):  # the gradient in alpha is zero
        h = 1e-5 * np.eye(3)[k]
        slope = (target(best.topics, best.alpha + h) - target(best.topics, best.alpha - h)) / 2e-5
        assert abs(slope) < 1e-5


@settings(max_examples=examples(40))
@given(st.integers(2, 6), st.integers(0, 10_000))
def test_newton_finds_the_alpha_of_mixtures(K, seed):
    rng = np.random.default_rng(seed)
    true = rng.uniform(0.2, 4.0, K)
    log_mixtures = np.log(np.maximum(rng.dirichlet(true, 200), 1e-12)).sum(axis=0)
    found = best_alpha(TopicStatistics(np.zeros((K, 1)), log_mixtures, 0.0, 200.0), np.full(K, 1.0 / K))
    from scipy.special import psi

    gradient = 200.0 * (psi(found.sum()) - psi(found)) + log_mixtures
    assert np.abs(gradient).max() < 1e-4 * 200
    assert (found > 0).all()


@pytest.mark.parametrize("e_step", ["variational", "gibbs"])
def test_the_bars_are_found(e_step):
    data, picture = engine.load("bars"), np.zeros((10, 5, 5))
    for i in range(5):
        picture[i, i, :] = picture[5 + i, :, i] = 0.2
    model = LatentDirichletAllocation(**data.options, e_step=e_step)
    topics = engine.fit(model, data.X, seed=0, max_iter=200).params.topics
    apart = np.abs(picture.reshape(10, 1, 25) - topics).sum(axis=2)
    assert (apart.min(axis=1) < 0.4).all()
    assert sorted(apart.argmin(axis=1).tolist()) == list(range(10))


def test_a_draw_is_made_again_and_another_iteration_draws_anew():
    model = LatentDirichletAllocation(n_components=3, e_step="gibbs")
    data = model.observe(corpus(300))
    params = model.start(data, np.random.default_rng(0))
    one, again, other = (model.responsibilities(params, data, slice(None), Exact(s)) for s in ((0, 1), (0, 1), (0, 2)))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.01
    some = np.array([299, 5, 130])
    np.testing.assert_array_equal(model.responsibilities(params, data, some, Exact((0, 1))), one[some])


def test_what_is_remembered_is_no_part_of_the_parameters():
    X = corpus()
    run = engine.fit(LatentDirichletAllocation(n_components=3), X, max_iter=5)
    assert run.params.placed is not None
    assert run.params.placed.shape == (60, 3)
    fresh = engine.begin(run.model, X, start=run.params)
    assert fresh.params.placed is None
    np.testing.assert_allclose(run.predict_proba(X[:7]), run.predict_proba(X)[:7], rtol=1e-9)


def test_more_documents_than_can_be_remembered_begin_anew(monkeypatch):
    monkeypatch.setattr("engine.models.topics.e_step._REMEMBERED", 10)
    run = engine.fit(LatentDirichletAllocation(n_components=3), corpus(), max_iter=3)
    assert run.params.placed is None
    assert np.isfinite(run.step.objective)


def test_perplexity_is_that_of_the_bound_and_held_out_documents_say_nothing_to_the_fit():
    X = corpus(40)
    model = LatentDirichletAllocation(n_components=3, held_out=0.25)
    data = model.observe(X)
    kept_out = np.flatnonzero(data.held_out)
    assert kept_out.tolist() == [3, 7, 11, 15, 19, 23, 27, 31, 35, 39]
    run = engine.fit(model, X, max_iter=20, tol=0.0)
    weight = np.where(data.held_out, 0.0, 1.0)
    same = engine.fit(LatentDirichletAllocation(n_components=3), X, sample_weight=weight, max_iter=20, tol=0.0)
    np.testing.assert_allclose(run.params.topics, same.params.topics, rtol=1e-9)  # the sums run in other chunks
    bound = document_bounds(model, run.params, model.observe_new(X[kept_out], run.params)).sum()
    words = X[kept_out].sum()
    assert perplexity(model, run.params, X[kept_out]) == pytest.approx(np.exp(-bound / words), rel=1e-12)
    first = engine.begin(model, X).params
    assert perplexity(model, run.params, X[kept_out]) < 0.8 * perplexity(model, first, X[kept_out])


def test_even_topics_have_the_perplexity_of_the_vocabulary():
    model = LatentDirichletAllocation(n_components=2)
    params = model.Params(np.full((2, 30), 1 / 30), np.ones(2))
    assert 30.0 <= perplexity(model, params, corpus()) < 32.0  # which topic a word is from costs the bound a little


def test_top_words_come_in_their_order():
    params = LatentDirichletAllocation.Params(TOPICS, ALPHA)
    assert top_words(params, 2) == ((0, 1), (3, 2), (2, 0))


def test_the_papers_fall_into_topics_that_a_reader_knows():
    data = engine.load("federalist")
    run = engine.fit(engine.LatentDirichletAllocation(**data.options), data.X, seed=0, max_iter=60)
    words = [{data.feature_names[v] for v in best} for best in top_words(run.params, 12)]
    assert any({"courts", "jury", "trial"} <= best for best in words)
    assert any({"military", "army"} & best and {"war", "peace"} & best for best in words)
