"""A row of weight 0 is no row: what stands in it changes nothing, and it gets its responsibilities all the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engine
from engine.em.model import Model
from engine.errors import DataError
from engine.testing.case import leaves, same_bytes

GENERATOR = np.random.default_rng(5)
TABLE = np.concatenate([GENERATOR.normal(0, 1, (40, 2)), GENERATOR.normal(4, 1, (40, 2))])
COUNTS = GENERATOR.poisson(np.repeat([2.0, 9.0], 40)).astype(float)[:, None]
ANSWERS = (GENERATOR.random((60, 5)) < np.repeat([[0.2], [0.8]], 30, axis=0)).astype(float)
WORDS = GENERATOR.poisson(0.7, (30, 12)).astype(float)
CLASSES = np.repeat([0, 1], 40)

MODELS: list[tuple[Model[Any, Any], np.ndarray, np.ndarray | None]] = [
    *[(engine.GaussianMixture(2, init=init), TABLE, None) for init in ("kmeans", "points", "responsibilities")],
    (engine.GaussianMixture(2, "tied", reg_covar=0.0), TABLE, CLASSES),
    (engine.KMeans(2), TABLE, None),
    (engine.KMeans(2, init="points"), TABLE, None),
    (engine.PoissonMixture(), COUNTS, None),
    (engine.BernoulliMixture(), ANSWERS, None),
    (engine.BernoulliMixture(init="responsibilities"), ANSWERS, None),
    (engine.BinomialMixture(n_components=2, n_trials=40), COUNTS, None),
    (engine.GeneticLinkage(), WORDS[:, :4], None),
    (engine.LatentDirichletAllocation(n_components=2), WORDS, None),
    (engine.LatentDirichletAllocation(n_components=2, held_out=0.2), WORDS, None),
    (engine.LatentDirichletAllocation(n_components=2, e_step="gibbs"), WORDS, None),
    (engine.LatentMLP(2), TABLE, CLASSES),
    (engine.LatentMLP(2, e_step="gibbs"), TABLE, CLASSES),
    (engine.LatentMLP(2, e_step="mean_field"), TABLE, CLASSES),
    (engine.BackpropMLP(2), TABLE, CLASSES),
]


def assert_same(one: engine.Run[Any], other: engine.Run[Any]) -> None:
    assert all(map(same_bytes, leaves(one.params), leaves(other.params)))
    assert repr(one.step.objective) == repr(other.step.objective)
    assert one.n_iter == other.n_iter


@pytest.mark.parametrize("place", [7, -1])
@pytest.mark.parametrize("case", MODELS, ids=lambda case: f"{case[0].name}-{case[0].start_name}")
def test_what_stands_in_it_changes_not_a_bit(case: tuple[Model[Any, Any], np.ndarray, Any], place: int) -> None:
    model, X, y = case
    without = engine.fit(model, X, y, max_iter=4)
    at = len(X) if place == -1 else place
    weight = np.insert(np.ones(len(X)), at, 0.0)
    for number in (1e12, 1e20, 9.96921e36, 1e100, np.nan, np.inf):
        Z = np.insert(X, at, number, axis=0)
        known = None if y is None else np.insert(y, at, 1)
        run = engine.fit(model, Z, known, sample_weight=weight, max_iter=4)
        assert_same(run, without)
        assert np.array_equal(np.delete(run.labels, at), without.labels)
        r = run.posterior.responsibilities
        assert len(r) == len(Z)
        assert run.labels[at] == (-1 if np.isnan(r[at, 0]) else r[at].argmax())


@pytest.mark.parametrize("case", MODELS, ids=lambda case: f"{case[0].name}-{case[0].start_name}")
def test_weights_of_1_are_no_weights(case: tuple[Model[Any, Any], np.ndarray, Any]) -> None:
    model, X, y = case
    assert_same(engine.fit(model, X, y, sample_weight=np.ones(len(X)), max_iter=4), engine.fit(model, X, y, max_iter=4))


@pytest.mark.parametrize("algorithm", ["stochastic", "hard", "annealed", "squarem"])
def test_no_algorithm_sees_it(algorithm: str) -> None:
    weight = np.append(np.ones(len(TABLE)), [0.0, 0.0])
    Z = np.append(TABLE, [[1e12, 1e12], [1.0, 1.0]], axis=0)
    run = engine.fit(engine.GaussianMixture(2), Z, sample_weight=weight, algorithm=algorithm, max_iter=9)
    assert_same(run, engine.fit(engine.GaussianMixture(2), TABLE, algorithm=algorithm, max_iter=9))
    assert run.labels[-1] == run.predict([[1.0, 1.0]])[0]


def test_other_weights_stay_as_they_are() -> None:
    weight = np.arange(len(TABLE)) % 4.0
    kept = weight > 0
    run = engine.fit(engine.GaussianMixture(2), TABLE, sample_weight=weight)
    assert_same(run, engine.fit(engine.GaussianMixture(2), TABLE[kept], sample_weight=weight[kept]))
    assert np.array_equal(run.labels[~kept], run.predict(TABLE[~kept]))


def test_known_labels_of_such_a_row_hold_for_itself_alone() -> None:
    y = np.full(len(TABLE), -1)
    y[3] = 1
    weight = np.ones(len(TABLE))
    weight[3] = 0.0
    run = engine.fit(engine.GaussianMixture(2), TABLE, y, sample_weight=weight)
    assert run.posterior.responsibilities[3].tolist() == [0.0, 1.0]
    assert_same(run, engine.fit(engine.GaussianMixture(2), np.delete(TABLE, 3, axis=0), np.delete(y, 3)))


def test_sequences_of_weight_0_are_no_sequences() -> None:
    generator = np.random.default_rng(0)
    seen = [generator.integers(0, 3, n).astype(float) for n in (9, 4, 12)]
    model = engine.HiddenMarkovModel(n_states=2)
    for strange in (np.array([2.0, 1.0]), np.array([7.0]), np.array([np.nan, 1.0, 2.0])):
        Z = [seen[0], strange, *seen[1:]]
        run = engine.fit(model, Z, sample_weight=[1, 0, 1, 1], max_iter=5)
        assert_same(run, engine.fit(model, seen, max_iter=5))
        r = run.posterior.responsibilities
        assert len(r) == 25 + len(strange)
        ours = r[9 : 9 + len(strange)]
        assert np.isnan(ours).all() or np.array_equal(ours, run.predict_proba([strange]))
    assert np.isnan(ours).all()
    measured = [np.cumsum(generator.normal(size=(n, 2)), axis=0) for n in (20, 15)]
    gaussian = engine.HiddenMarkovModel(n_states=2, emission="gaussian")
    run = engine.fit(gaussian, [*measured, np.full((3, 2), 1e12)], sample_weight=[1, 1, 0], max_iter=5)
    assert_same(run, engine.fit(gaussian, measured, max_iter=5))


def test_rows_are_named_as_they_were_given() -> None:
    X = np.insert(np.append(TABLE, [[1e6, 1e6]], axis=0), [0, 30], 5e8, axis=0)
    weight = np.ones(len(X))
    weight[[0, 31]] = 0.0
    run = engine.fit(engine.GaussianMixture(2, reg_covar=0.0), X, sample_weight=weight)
    assert "holds only row 83" in run.step.events[0].message
    assert run.step.events[0].rows == (82,)
    X[50] = np.nan
    with pytest.raises(DataError, match="X holds nan at row 51, column 1"):
        engine.fit(engine.GaussianMixture(2), X, sample_weight=weight)
    answers = np.insert(ANSWERS, 0, 7.0, axis=0)
    answers[9, 2] = 3.0
    with pytest.raises(DataError, match="row 10, column 3 holds 3"):
        engine.fit(engine.BernoulliMixture(), answers, sample_weight=np.append([0.0], np.ones(60)))


def test_a_derivation_of_such_a_row_is_its_own() -> None:
    X = np.insert(TABLE, 5, [1.0, 2.0], axis=0)
    weight = np.insert(np.ones(len(TABLE)), 5, 0.0)
    run = engine.fit(engine.GaussianMixture(2), X, sample_weight=weight, max_iter=3)
    for row in (4, 5, 6):
        worked = engine.worked_row(run.step, row)
        assert worked.name == str(row)
        assert run.step.posterior is not None
        np.testing.assert_allclose(worked.result, run.step.posterior.responsibilities[row], atol=1e-12)


def test_many_starts_and_several_ones_see_none_of_them() -> None:
    X = np.append(TABLE, [[1e15, 0.0]], axis=0)
    weight = np.append(np.ones(len(TABLE)), 0.0)
    model = engine.GaussianMixture(2, init="points")
    several = engine.fit(model, X, sample_weight=weight, n_init=3, max_iter=5)
    assert_same(several, engine.fit(model, TABLE, n_init=3, max_iter=5))
    found = engine.all_starts(model, X, sample_weight=weight, n_starts=4).results
    plain = engine.all_starts(model, TABLE, n_starts=4).results
    assert [one.objective for one in found] == [one.objective for one in plain]
    compared = [
        list(engine.compare_sizes(model, Z, n_components=(1, 2), sample_weight=w, repeats=1, test_share=0.0))[-1]
        for Z, w in ((X, weight), (TABLE, None))
    ]
    one, other = ([candidate.criteria for candidate in now.candidates] for now in compared)
    assert one == other
