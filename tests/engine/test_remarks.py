"""What is said of a fit beside its numbers, against definitions, enumeration and a peer."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hmm_examples import every_path, some_params
from scipy.special import logsumexp
from sklearn.mixture import GaussianMixture as Peer

import engine
from engine.analysis.remarks import positive_log_likelihood, remarks_on

NUMBER = r"-?[\d.]+(?:e[+-]?\d+)?"


@pytest.mark.parametrize("units", [1e-4, 1.0, 1e4])
def test_a_positive_log_likelihood_is_told_a_row_and_against_one_component(units: float) -> None:
    generator = np.random.default_rng(0)
    X = units * np.concatenate([generator.normal(0, 1, (60, 2)), generator.normal(4, 1, (40, 2))])
    run = engine.fit(engine.GaussianMixture(2, reg_covar=0.0), X)
    said = positive_log_likelihood(run.step)
    if run.log_likelihood <= 0:
        assert said == "" and units >= 1.0
        return
    assert units < 1.0 and "shifts with the units" in said
    a_row, above = (float(text) for text in re.findall(rf"({NUMBER}) a row", said))
    assert a_row == pytest.approx(run.log_likelihood / 100, rel=5e-3)
    assert above == pytest.approx(run.log_likelihood / 100 - Peer(1, reg_covar=0.0).fit(X).score(X), rel=6e-3)


def test_probabilities_and_penalised_heights_are_never_called_densities() -> None:
    run = engine.fit(engine.BinomialMixture(2, n_trials=10), np.array([1.0, 9, 8, 2, 3]), max_iter=5)
    assert positive_log_likelihood(run.step) == ""
    assert positive_log_likelihood(engine.fit(engine.KMeans(2), np.arange(8.0)[:, None] * 1e-9).step) == ""


@pytest.mark.parametrize("emission", ["categorical", "gaussian"])
def test_what_time_adds_is_the_difference_to_the_mixture_of_occupancies(emission: str) -> None:
    generator = np.random.default_rng(3)
    X = generator.integers(0, 3, (9, 1)).astype(float) if emission == "categorical" else generator.normal(size=(9, 2))
    model = engine.HiddenMarkovModel(2, emission=emission)
    for step in (engine.begin(model, [X[:4], X[4:]], sample_weight=[1.0, 2.0]), engine.fit(model, X, max_iter=3).step):
        data = step.problem.data
        weight = np.ones(9) if data.sample_weight is None else data.sample_weight
        r = model.responsibilities(step.params, data, slice(None))
        occupancy = weight @ r / weight.sum()
        densities = model.emissions.log_densities(step.params.emission, data)
        mixture = weight @ logsumexp(densities.T + np.log(occupancy), axis=1)
        [said] = [one for one in remarks_on(step) if one.startswith("time adds")]
        told = float(re.findall(NUMBER, said)[0]) * (-1 if "lies" in said else 1)
        assert told == pytest.approx(step.log_likelihood - mixture, abs=0.006)


def test_a_chain_below_the_mixture_of_its_occupancies_adds_nothing() -> None:
    stays = engine.HiddenMarkovModel.Params([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], [[0.9, 0.1], [0.1, 0.9]])
    step = engine.begin(engine.HiddenMarkovModel(2), np.arange(20) % 2, start=stays)
    [said] = [one for one in remarks_on(step) if one.startswith("time")]
    assert re.match(r"time adds nothing: the log-likelihood lies \d+\.\d\d nats below that of the mixture", said)


def test_without_memory_time_adds_nothing() -> None:
    transition = np.array([[0.3, 0.7], [0.3, 0.7]])
    start = engine.HiddenMarkovModel.Params([0.3, 0.7], transition, [[0.5, 0.5], [0.5, 0.5]])
    step = engine.begin(engine.HiddenMarkovModel(2), np.array([0, 1, 1, 0, 1]), start=start)
    assert any(one.startswith("time adds 0.00 nats") for one in remarks_on(step))


@pytest.mark.parametrize("seed", range(12))
def test_ties_of_the_likeliest_path_are_those_of_enumeration(seed: int) -> None:
    generator = np.random.default_rng(seed)
    params = some_params(generator, 3, generator.dirichlet(np.ones(4), 3))
    if seed % 3:  # two states that can't be told apart
        emission = np.array(params.emission)
        emission[1] = emission[0]
        transition = np.array(params.transition)
        transition[:, :2] = transition[:, :2].mean(axis=1, keepdims=True)
        transition[1] = transition[0]
        initial = np.array(params.initial)
        initial[:2] = initial[:2].mean()
        params = engine.HiddenMarkovModel.Params(initial, transition, emission)
    x = generator.integers(0, params.emission.shape[1], 5)
    model = engine.HiddenMarkovModel(3)
    data = model.observe(x)
    paths, heights = every_path(params, x[:, None])
    best = paths[heights >= heights.max() * (1 - 1e-9)]
    expected = np.flatnonzero([len(set(column)) > 1 for column in best.T])
    np.testing.assert_array_equal(model.tied_rows(params, data), expected)
    said = model.path_remark(params, data)
    assert bool(said) == bool(len(expected)) and (not said or "not the only one" in said[0])


def test_impossible_rows_are_no_ties() -> None:
    start = engine.HiddenMarkovModel.Params([1.0, 0.0], np.eye(2), np.eye(2))
    model = engine.HiddenMarkovModel(2)
    assert not len(model.tied_rows(start, model.observe(np.array([0, 0, 0]))))


def test_a_difference_within_rounding_is_the_same() -> None:
    """Columns in a constant ratio: two components are worth as much as one, and the digits beyond are rounding."""
    height = np.random.default_rng(0).normal(size=100) * 1e-3
    X = np.column_stack([height, 2.0 * height])
    for seed in range(3):
        step = engine.fit(engine.GaussianMixture(2), X, seed=seed).step
        assert positive_log_likelihood(step).endswith("a row, the same as that of one component")
