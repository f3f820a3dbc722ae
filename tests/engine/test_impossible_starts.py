"""Starts that make the data impossible: q is the limit of small probabilities in place of the zeros, by enumeration."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from counts import examples
from hmm_examples import some_params
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.em.inference import Hard, Tempered
from engine.models.hmm.params import HiddenMarkovParams

FILES = Path(__file__).resolve().parents[1] / "files"
TINY = Fraction(1, 10**300)
HMM = engine.HiddenMarkovModel


def lifted(value: float) -> Fraction:
    """A probability, ε in place of 0."""
    return Fraction(float(value)) if value > 0 else TINY


def least_impossible(params: HiddenMarkovParams, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every path and its share, with ε = 10⁻³⁰⁰ in place of each zero, in exact arithmetic."""
    paths = list(product(range(len(params.initial)), repeat=len(x)))
    weights = []
    for z in paths:
        p = lifted(params.initial[z[0]])
        for i, j in pairwise(z):
            p *= lifted(params.transition[i, j])
        for i, seen in zip(z, x, strict=True):
            p *= lifted(params.emission[i, int(seen)])
        weights.append(p if params.stop is None else p * lifted(params.stop[z[-1]]))
    total = sum(weights)
    return np.array(paths), np.array([float(weight / total) for weight in weights])


@settings(max_examples=examples(60))
@given(seed=st.integers(0, 10_000), S=st.integers(2, 3), stop=st.booleans(), T=st.integers(1, 5))
def test_an_impossible_sequence_is_explained_by_its_least_impossible_paths(
    seed: int, S: int, stop: bool, T: int
) -> None:
    generator = np.random.default_rng(seed)
    params = some_params(generator, S, 3, stop=stop, zeros=0.6)
    x = generator.integers(0, 3, T).astype(float)
    possible = np.zeros(2)
    model = HMM(S, stop_state=stop)
    data = model.observe([x, possible])
    paths, q = least_impossible(params, x)
    r = model.responsibilities(params, data, slice(0, T))
    wanted = np.stack([q @ (paths == i) for i in range(S)], axis=1)
    np.testing.assert_allclose(r, wanted, atol=1e-12)
    if np.isneginf(model.expect(params, model.observe(x)).log_likelihood):
        found = model.expect(params, model.observe(x))
        used = q > 1e-200
        assert found.entropy == pytest.approx(-(q[used] @ np.log(q[used])), abs=1e-10)
        pairs = np.zeros((S, S))
        for z, share in zip(paths, q, strict=True):
            np.add.at(pairs, (z[:-1], z[1:]), share if share > 1e-200 else 0.0)
        np.testing.assert_allclose(found.statistics.transition, pairs, atol=1e-12)
        assert not found.statistics.transition[pairs == 0].any()  # what no path uses stays exactly 0
        hard = model.responsibilities(params, model.observe(x), slice(None), Hard())
        best = paths[np.isclose(q, q.max())]
        assert any(np.array_equal(hard.argmax(axis=1), z) for z in best)
        warm = model.responsibilities(params, model.observe(x), slice(None), Tempered(2.0))
        tempered = np.sqrt(q) / np.sqrt(q).sum()
        np.testing.assert_allclose(warm, np.stack([tempered @ (paths == i) for i in range(S)], axis=1), atol=1e-12)
        best_params = model.maximize(found, params, model.observe(x)).params
        assert np.isfinite(model.expect(best_params, model.observe(x)).log_likelihood)


def test_the_case_by_hand_reaches_the_saddle_of_two_equal_states() -> None:
    start = HMM.Params(**json.loads((FILES / "impossible_start.json").read_text()))
    x = [1, 0, 0, 1]
    steps = list(engine.iterate(HMM(2), x, start=start, max_iter=200, tol=1e-12))
    first, e, m = steps[:3]
    assert first.log_likelihood == e.log_likelihood == -math.inf
    assert math.isnan(e.elbo) and math.isnan(e.kl)
    assert [event.message for event in e.events] == [
        "the start is impossible, it gives these data the probability 0: the E-step takes their least impossible "
        "explanations"
    ]
    assert e.posterior is not None
    assert e.posterior.responsibilities.tolist() == [[1, 0], [1, 0], [1, 0], [0, 1]]
    np.testing.assert_allclose(m.params.transition, [[2 / 3, 1 / 3], [0, 1]], rtol=1e-15)
    np.testing.assert_allclose(m.params.emission, [[2 / 3, 1 / 3], [0, 1]], rtol=1e-15)
    assert math.isfinite(m.elbo) and m.kl > 0
    for step in steps:
        assert step.params.initial[1] == step.params.transition[1, 0] == step.params.emission[1, 0] == 0.0
    assert steps[-1].log_likelihood == pytest.approx(4 * math.log(0.5), abs=1e-6)
    others = [engine.fit(HMM(2), x, seed=seed, max_iter=500, tol=1e-9).log_likelihood for seed in range(3)]
    assert others == pytest.approx([-1.386294] * 3, abs=1e-5)


@pytest.mark.parametrize(
    ("model", "X", "params", "wanted"),
    [
        # coin A never falls heads, B never tails: three heads of ten are three zeros for A, seven for B
        (engine.BinomialMixture(), [3.0, 7.0, 5.0], ([0.5, 0.5], [0.0, 1.0]), [[1, 0], [0, 1], [0.5, 0.5]]),
        # both lack as many: weights and the other factors decide, here .2 · .9^7 against .8 · .9^7
        (engine.BinomialMixture(), [10.0], ([0.2, 0.8], [0.0, 0.0]), [[0.2, 0.8]]),
        (engine.PoissonMixture(), [4.0], ([0.3, 0.7], [0.0, 0.0]), [[0.3, 0.7]]),
        # a component without weight has one zero, one without a rate has four
        (engine.PoissonMixture(), [4.0], ([0.0, 1.0], [2.0, 0.0]), [[1, 0]]),
        (
            engine.BernoulliMixture(),
            [[1.0, 0.0, 1.0], [1.0, 0.0, np.nan]],
            ([0.25, 0.75], [[0.0, 1.0, 0.5], [0.0, 0.4, 0.5]]),
            [[0, 1], [0, 1]],
        ),
        (engine.BernoulliMixture(), [[1.0]], ([0.25, 0.75], [[0.0], [0.0]]), [[0.25, 0.75]]),
    ],
)
def test_rows_without_a_chance_go_to_the_least_impossible_components(
    model: engine.Mixture, X: object, params: tuple, wanted: list
) -> None:
    theta = model.Params(*params)
    steps = list(engine.iterate(model, X, start=theta, max_iter=3))
    assert steps[0].log_likelihood == -math.inf
    assert steps[1].posterior is not None
    np.testing.assert_allclose(steps[1].posterior.responsibilities, wanted, atol=1e-15)
    assert steps[1].events[0].message.startswith("the start is impossible")
    assert all(math.isfinite(step.log_likelihood) for step in steps[2:])
    assert not steps[2].events or "impossible" not in steps[2].events[0].message
    hard = engine.fit(model, X, start=theta, algorithm="hard", max_iter=2)
    assert math.isfinite(hard.log_likelihood)


def test_known_labels_hold_even_for_the_impossible() -> None:
    theta = engine.BinomialMixture.Params([0.5, 0.5], [0.0, 1.0])
    step = engine.e_step(engine.begin(engine.BinomialMixture(), [3.0, 5.0], [1, -1], start=theta))
    assert step.posterior is not None
    assert step.posterior.responsibilities.tolist() == [[0, 1], [0.5, 0.5]]
    chain = HMM.Params([1.0, 0.0], [[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]])
    step = engine.e_step(engine.begin(HMM(2), [0, 1, 0], [-1, 1, -1], start=chain))
    assert step.posterior is not None
    assert step.posterior.responsibilities[1].tolist() == [0, 1]
    assert math.isfinite(engine.advance(step).log_likelihood)
