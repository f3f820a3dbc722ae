"""Jensen's inequality on one row: heights, gaps and weights against the ledger of the step, and by enumeration."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from why_cases import CASES, HEADS, IRIS, walked

import engine
from engine.em.loop import begin, e_step, m_step
from engine.errors import EngineError
from engine.explain.jensen import MOST, jensen

HAVE = ("full", "tied", "diag", "spherical", "labels", "coins", "poisson", "bernoulli", "linkage", "network")
REFUSE = ("diary", "measured", "kmeans")


def of_rows(step):
    """What the pictures of all rows sum to: ln p, L and KL."""
    found = [jensen(step, row) for row in range(step.problem.data.n_given)]
    weight = np.array([one.weight for one in found])
    for one in found:
        assert one.gap >= 0 and sum(point.q for point in one.points) == pytest.approx(1.0)
        assert one.bound == pytest.approx(sum(p.q * p.height for p in one.points), rel=1e-9, abs=1e-9)
        assert one.log_evidence - one.bound == pytest.approx(one.gap, abs=1e-9 * max(1.0, abs(one.bound)))
        if one.left_out == 0:
            assert one.mean_abscissa == pytest.approx(1.0, rel=1e-9)
    return tuple(float(weight @ [value(one) for one in found]) for value in (
        lambda one: one.log_evidence, lambda one: one.bound, lambda one: one.gap))  # fmt: skip


ALGORITHMS = ("classic", "hard", "stochastic", "annealed")
LEFT_OUT = {("linkage", "stochastic"), *itertools.product(["poisson"], ALGORITHMS[1:])}
"""Animals that are drawn one by one have no picture in common; a thousand rows are looked at once."""


@pytest.mark.parametrize(
    ("name", "algorithm"), [case for case in itertools.product(HAVE, ALGORITHMS) if case not in LEFT_OUT]
)
def test_gaps_sum_to_the_kl_of_the_step(name, algorithm):
    for step in walked(name, 2, algorithm)[1:]:
        evidence, bound, gap = of_rows(step)
        scale = max(1.0, abs(step.log_likelihood))
        assert gap == pytest.approx(step.kl, abs=1e-9 * scale)
        assert evidence - bound == pytest.approx(step.log_likelihood - step.elbo, abs=1e-9 * scale)
        if name != "linkage":  # its likelihood has the other cells, too
            assert evidence == pytest.approx(step.log_likelihood, abs=1e-9 * scale)
            assert bound == pytest.approx(step.elbo, abs=1e-9 * scale)
        if step.phase == "E" and algorithm == "classic":
            for row in range(0, step.problem.data.n_rows, 7):
                assert all(abs(point.log_abscissa) < 1e-9 for point in jensen(step, row).points)


def test_coins_by_enumeration():
    *_, step = walked("coins", 1)
    w, p = step.params.weights, step.params.probabilities
    w_q, p_q = step.params_q.weights, step.params_q.probabilities
    for row, (heads,) in enumerate(HEADS):
        chance = math.comb(10, int(heads))
        joint = [w[k] * chance * p[k] ** heads * (1 - p[k]) ** (10 - heads) for k in range(2)]
        before = [w_q[k] * p_q[k] ** heads * (1 - p_q[k]) ** (10 - heads) for k in range(2)]
        q = np.array(before) / sum(before)
        found = jensen(step, row)
        assert found.log_evidence == pytest.approx(math.log(sum(joint)), rel=1e-9)
        assert found.gap == pytest.approx(sum(q * np.log(q * sum(joint) / joint)), rel=1e-9)
        for point, q_k, j in zip(found.points, q, joint, strict=True):
            assert point.abscissa == pytest.approx(j / (q_k * sum(joint)), rel=1e-9)


@pytest.mark.parametrize("algorithm", ["classic", "hard"])
def test_a_network_shows_its_largest_configurations_and_the_others_as_one(algorithm):
    steps = [begin(engine.LatentMLP(5, weight_decay=0.1, m_step="newton"), IRIS.X, IRIS.y, algorithm=algorithm)]
    steps.append(e_step(steps[-1]))
    steps.append(m_step(steps[-1]))
    for step in steps[1:]:
        for row in (0, 60, 149):
            found = jensen(step, row)
            if algorithm == "hard":
                assert len(found.points) == 1 and found.left_out == 31
                continue
            *largest, rest = found.points
            assert len(largest) == MOST and rest.name == "the other 22 configurations"
            assert sorted((p.q for p in largest), reverse=True) == [p.q for p in largest]
            assert rest.height <= found.log_evidence + rest.log_abscissa + 1e-12  # on the curve or below it
    V, W = step.params.output, step.params.hidden
    x, y = np.concatenate([[1.0], IRIS.X[60]]), int(IRIS.y[60])
    total = 0.0
    for z in itertools.product((0.0, 1.0), repeat=5):
        u = 1 / (1 + np.exp(-W @ x))
        scores = np.exp(V @ [1.0, *z])
        total += float(np.prod(np.where(np.array(z) > 0, u, 1 - u)) * scores[y] / scores.sum())
    assert jensen(step, 60).log_evidence == pytest.approx(math.log(total), rel=1e-9)


@pytest.mark.parametrize(("model", "y"), [
    (engine.GaussianMixture(3), None), (engine.MixtureOfExperts(2, weight_decay=0.1), IRIS.y),
    (engine.LatentMLP(2, weight_decay=0.1), IRIS.y),
])  # fmt: skip
def test_weights_count_and_rows_of_weight_0_have_their_picture(model, y):
    weight = np.where(np.arange(150) % 3 == 0, 0.0, 1.0 + np.arange(150) % 2)
    step = m_step(e_step(begin(model, IRIS.X, y, sample_weight=weight)))
    evidence, bound, gap = of_rows(step)
    assert jensen(step, 0).weight == 0 and jensen(step, 1).weight == 2
    assert evidence == pytest.approx(step.log_likelihood, rel=1e-9)
    assert gap == pytest.approx(step.kl, rel=1e-9) and bound == pytest.approx(step.elbo, rel=1e-9)


@pytest.mark.parametrize("name", REFUSE)
def test_where_there_is_no_picture_a_sentence_says_why(name):
    with pytest.raises(EngineError, match=r"\w+.*[.]$"):
        jensen(walked(name, 1)[1], 0)


def test_what_is_asked_too_early_or_of_no_row():
    first, step, _ = walked("full", 1)
    with pytest.raises(EngineError, match="take an E-step"):
        jensen(first, 0)
    with pytest.raises(EngineError, match="no row 150"):
        jensen(step, 150)
    with pytest.raises(EngineError, match="nothing is hidden"):
        jensen(e_step(begin(engine.BackpropMLP(2), IRIS.X, IRIS.y)), 0)
    with pytest.raises(EngineError, match="mean_field"):
        jensen(e_step(begin(engine.LatentMLP(2, e_step="mean_field"), IRIS.X, IRIS.y)), 0)


def test_a_row_without_a_chance_is_refused():
    start = engine.BernoulliMixture.Params([0.5, 0.5], [[0.0, 0.5], [0.0, 0.5]])
    X = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    step = e_step(begin(engine.BernoulliMixture(2), X, start=start))
    with pytest.raises(EngineError, match="no chance"):
        jensen(step, 0)


def test_every_case_either_has_it_or_says_why():
    assert {*HAVE, *REFUSE, "conditional", "stop", "gradient"} == set(CASES)
