"""Worked words, documents and topics: every line adds up, and what comes out is the model's own q and θ."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.special import psi
from test_worked import assert_adds_up
from topics_by_enumeration import assignments, log_joint, words_of

import engine
from engine.em.loop import begin, e_step, m_step
from engine.em.observed import around_row
from engine.errors import EngineError
from engine.explain.worked import worked_parameter, worked_row, worked_word

ALGORITHMS = ("classic", "hard", "stochastic", "annealed")
BARS = engine.load("bars").X[::4]
LDA = engine.LatentDirichletAllocation


def walked(algorithm="classic", iterations=2, X=BARS, K=3, seed=1, **options):
    steps = [begin(LDA(K, **options), X, algorithm=algorithm, seed=seed)]
    for _ in range(iterations):
        steps.append(e_step(steps[-1]))
        steps.append(m_step(steps[-1]))
    return steps


def q_of(step, row):
    """Words, and how many of each every topic has (words, K)."""
    model = step.problem.model
    theta, data, row = around_row(model, step.params_q, step.problem.data, row)
    return data.X[[row]].indices, model.word_topics(theta, data, row, step.inference)


def settled(worked):
    return [line.result for line in worked.of("assignment") or worked.of("responsibility")]


@pytest.mark.parametrize("e_step_by", ["variational", "gibbs"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_words_come_out_as_the_step_has_them(algorithm, e_step_by):
    for step in walked(algorithm, e_step=e_step_by)[1:]:
        responsibilities = step.posterior.responsibilities
        for row in (0, len(BARS) - 1):
            words, placed = q_of(step, row)
            for place in (0, len(words) // 2, len(words) - 1):
                worked = worked_word(step, row, int(words[place]))
                assert_adds_up(worked)
                phi = placed[place] / placed[place].sum()
                np.testing.assert_allclose(worked.result, phi, atol=1e-12)
                np.testing.assert_allclose(settled(worked), phi, atol=1e-9)
            document = worked_row(step, row)
            assert_adds_up(document)
            np.testing.assert_allclose(document.result, responsibilities[row], atol=1e-12)
            last = [line.result for line in document.of("responsibility")]
            np.testing.assert_allclose(last, responsibilities[row], atol=1e-9)


def test_a_word_is_weighed_by_hand():
    """φ_k ∝ topics_kv exp(ψ(γ_k) − ψ(Σ γ)), with γ = alpha + Σ n φ: eq. 6 and 7 of Blei, Ng & Jordan."""
    step = walked(iterations=3, inner_tol=1e-13, inner_steps=5000)[-1]
    words, placed = q_of(step, 5)
    gamma = step.params_q.alpha + placed.sum(axis=0)
    worked = worked_word(step, 5, int(words[2]))
    mixtures = np.exp(psi(gamma) - psi(gamma.sum()))
    joint = step.params_q.topics[:, words[2]] * mixtures
    assert [line.result for line in worked.of("joint")] == pytest.approx(joint, rel=1e-9)
    assert worked.of("evidence")[0].result == pytest.approx(joint.sum(), rel=1e-9)
    assert settled(worked) == pytest.approx(joint / joint.sum(), rel=1e-9)
    of_mixture, of_gamma = worked.of("part")[:3], worked.of("part")[3:]
    assert [line.result for line in of_mixture] == pytest.approx(mixtures, rel=1e-9)
    assert [line.result for line in of_gamma] == pytest.approx(gamma, rel=1e-9)
    assert of_gamma[0].values[1] == (f"word {words[2]}", pytest.approx(placed[2, 0]))
    assert of_gamma[0].values[-1][0] == f"the other {len(words) - 3}"


def test_a_stop_before_rest_is_said():
    step = walked(iterations=1, inner_steps=1)[1]
    worked = worked_row(step, 0)
    assert_adds_up(worked)
    assert worked.lines[0].values[-1][0] == "still moving" and "still moving" in worked.lines[0].formula
    assert sum(line.values[-1][1] for line in worked.of("count")) == pytest.approx(0.0, abs=1e-9)


def test_drawn_topics_are_near_the_posterior():
    """The last line's shares, over many rounds, are those of every assignment of the document enumerated."""
    X = np.array([[2.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    topics, alpha = np.array([[0.6, 0.3, 0.1], [0.2, 0.3, 0.5]]), np.array([0.7, 0.4])
    words = words_of(X[0])
    every = assignments(words, 2)
    logs = np.array([log_joint(words, z, topics, alpha) for z in every])
    p = np.exp(logs - np.logaddexp.reduce(logs))
    exact = sum(share * np.mean(z[:2] == 0) for z, share in zip(every, p, strict=True))
    model, start = LDA(2, e_step="gibbs", sweeps=20), LDA.Params(topics, alpha)
    found, chances = [], []
    for seed in range(400):
        worked = worked_word(e_step(begin(model, X, start=start, seed=seed)), 0, 0)
        found.append(worked.result[0])
        chances.append(worked.of("responsibility")[0].result)  # what it was drawn from: the same on average
        theta = [line.result for line in worked.of("part")[:2]]
        assert sum(theta) == pytest.approx(1.0)
        assert worked.of("joint")[0].result == pytest.approx(theta[0] * 0.6)
    assert np.mean(found) == pytest.approx(exact, abs=4 * np.std(found) / 20)
    assert np.mean(chances) == pytest.approx(exact, abs=4 * np.std(chances) / 20)


@pytest.mark.parametrize("e_step_by", ["variational", "gibbs"])
@pytest.mark.parametrize("algorithm", ["classic", "hard", "stochastic", "annealed"])
def test_topics_come_out_as_the_m_step_has_them(algorithm, e_step_by):
    weight = 1.0 + np.arange(len(BARS)) % 3
    step = begin(LDA(3, e_step=e_step_by), BARS, sample_weight=weight, algorithm=algorithm, seed=2)
    e = e_step(m_step(e_step(step)))
    m = m_step(e)
    given = np.zeros((3, BARS.shape[1]))
    for row in range(len(BARS)):
        words, placed = q_of(m, row)
        np.add.at(given.T, words, weight[row] * placed)
    for k, v in ((0, 0), (1, 12), (2, 24), (0, 7)):
        for one, what in ((e, "M-step to come"), (m, "M-step")):
            worked = worked_parameter(one, f"topics[{k},{v}]")
            assert_adds_up(worked)
            assert worked.what == what and worked.remark == ""
            assert worked.lines[-1].result == pytest.approx(m.params.topics[k, v], rel=1e-9)
            S, total = worked.of("total")
            assert S.result == pytest.approx(given[k, v], rel=1e-9, abs=1e-12)
            assert total.result == pytest.approx(given[k, v] + 0.1, rel=1e-9)
            assert worked.of("count")[0].result == pytest.approx(given[k].sum(), rel=1e-9)
            for name, amount in S.values:
                if name.startswith("document"):
                    row = int(name.split()[1])
                    words, placed = q_of(m, row)
                    assert amount == pytest.approx(weight[row] * placed[list(words).index(v), k])
            named = [amount for _, amount in S.values[:3]]
            assert all(a >= b for a, b in pairwise(named))


def test_alpha_ends_where_the_slope_is_nothing():
    e, m = walked(iterations=2, learn_alpha=True)[-2:]
    for k in range(3):
        for one in (e, m):
            worked = worked_parameter(one, f"alpha[{k}]")
            assert_adds_up(worked)
            before, after = [line.result for line in worked.of("total")[:2]]
            assert abs(after) < 1e-5 < abs(before)
            assert worked.lines[-1].result == pytest.approx(m.params.alpha[k], rel=1e-12)
    # the slope is the derivative of Q in alpha
    model, data, expectation = m.problem.model, m.problem.data, m.at_q.expectation
    alpha = np.array(m.params_q.alpha)
    h = 1e-6 * np.eye(3)[1]
    up, down = (model.q_value(expectation, LDA.Params(m.params_q.topics, a), data) for a in (alpha + h, alpha - h))
    slope = worked_parameter(m, "alpha[1]").of("total")[0].result
    assert slope == pytest.approx((up - down) / 2e-6, rel=1e-4)
    held = worked_parameter(walked(iterations=1)[-1], "alpha[0]")
    assert len(held.lines) == 1 and "held" in held.lines[0].formula


@pytest.mark.parametrize("e_step_by", ["variational", "gibbs"])
@pytest.mark.parametrize("algorithm", ["classic", "annealed", "hard"])
def test_what_is_hard_to_say(algorithm, e_step_by):
    """A tiny alpha, probabilities of 0 and of 1e-300, an empty document, and a word that no topic has."""
    X = np.array([[3.0, 1.0, 0.0, 0.0], [0.0, 2.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 4.0]])
    topics = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0 - 1e-300, 1e-300, 0.0]])
    start = LDA.Params(topics, np.array([1e-3, 1e-3]))
    model = LDA(2, e_step=e_step_by, pseudo_count=0.0)
    step = begin(model, X, sample_weight=[1.0, 1.0, 1.0, 0.0], start=start, algorithm=algorithm, seed=3)
    for _ in range(2):
        step = e_step(step)
        for row in range(len(X)):
            words, placed = q_of(step, row)
            document = worked_row(step, row)
            assert_adds_up(document)
            np.testing.assert_allclose(document.result, step.posterior.responsibilities[row], atol=1e-12)
            for place, word in enumerate(words):
                worked = worked_word(step, row, int(word))
                assert_adds_up(worked)
                wanted = placed[place] / X[row, word]
                np.testing.assert_allclose(settled(worked), wanted, atol=1e-9)
                assert ("no topic can say it" in worked.remark) == (word == 3)
        step = m_step(step)
        for name in ("topics[0,0]", "topics[1,2]", "topics[0,3]"):
            worked = worked_parameter(step, name)
            assert_adds_up(worked)
            k, v = int(name[7]), int(name[9])
            assert worked.lines[-1].result == pytest.approx(step.params.topics[k, v], rel=1e-9, abs=1e-12)


def test_logarithms_where_the_numbers_are_too_small():
    topics = np.array([[1.0 - 2e-300, 1e-300, 1e-300], [0.5, 0.5 - 1e-300, 1e-300]])
    start = LDA.Params(topics, np.array([1e-3, 2e-3]))
    step = e_step(begin(LDA(2), np.array([[0.0, 0.0, 1.0], [5.0, 5.0, 0.0]]), start=start, algorithm="annealed"))
    worked = worked_word(step, 0, 2)
    assert_adds_up(worked)
    assert "in logarithms" in worked.remark
    np.testing.assert_allclose(settled(worked), worked.result, atol=1e-9)


def test_an_empty_topic_says_why():
    start = LDA.Params(np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]), np.array([1.0, 1.0]))
    X = np.array([[3.0, 1.0, 0.0], [1.0, 1.0, 0.0]])
    step = m_step(e_step(begin(LDA(2, pseudo_count=0.0), X, start=start)))
    assert "no words left" in worked_parameter(step, "topics[1,2]").remark


def test_what_there_is_not_is_a_sentence():
    first = begin(LDA(3), BARS)
    with pytest.raises(EngineError, match="take an E-step"):
        worked_word(first, 0, 0)
    step = e_step(first)
    absent = int(np.flatnonzero(BARS[0] == 0)[0])
    for row, word, said in ((0, absent, "does not occur in document 1"), (0, 99, "does not occur"), (-1, 0, "no row")):
        with pytest.raises(EngineError, match=said):
            worked_word(step, row, word)
    with pytest.raises(EngineError, match="only a topic model has words"):
        worked_word(e_step(begin(engine.PoissonMixture(2), [[1.0], [2.0], [9.0]])), 0, 0)
