"""Starts that a person gives: rounded rows are brought to sum 1 and said to be; others are refused with their sum."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.em.fields import fields_of
from engine.em.parameters import with_arrays
from engine.errors import EngineError

COUNTS = np.random.default_rng(0).poisson(3.0, (40, 5)).astype(np.float64)
CASES: list[tuple[Any, Any]] = [
    (engine.GaussianMixture(3), COUNTS),
    (engine.BinomialMixture(3, n_trials=20), COUNTS[:, :1]),
    (engine.BernoulliMixture(3), (COUNTS > 2).astype(np.float64)),
    (engine.PoissonMixture(3), COUNTS[:, 0]),
    (engine.LatentDirichletAllocation(3), COUNTS),
    (engine.HiddenMarkovModel(3), COUNTS[:, 0] % 5),
    (engine.HiddenMarkovModel(3, stop_state=True), COUNTS[:, 0] % 5),
    (engine.HiddenMarkovModel(3, emission="gaussian"), COUNTS[:, :2]),
]


def rows_of(params: Any) -> list[tuple[str, tuple[int, ...]]]:
    """Every row that sums to 1, by the path of its array and its place."""
    fields = [field for field in fields_of(params).values() if field.domain == "simplex"]
    return [(field.path, index) for field in fields for index in np.ndindex(field.array.shape[:-1])]


def with_row(params: Any, path: str, index: tuple[int, ...], row: Any) -> Any:
    array = np.array(fields_of(params)[path].array)
    array[index] = row
    return with_arrays(params, {path: array})


@pytest.mark.parametrize(("model", "X"), CASES)
def test_every_rounded_row_of_every_model_is_rescaled_with_a_note(model: Any, X: Any) -> None:
    first = engine.begin(model, X).params
    for path, index in rows_of(first):
        K = fields_of(first)[path].array.shape[-1]
        rounded = np.array([0.175, 0.003, 0.821] if K == 3 else [0.021, 0.479, 0.25, 0.1, 0.149])
        params = with_row(first, path, index, rounded)
        partner = fields_of(params)[path].partner
        if partner in fields_of(params):
            params = with_arrays(params, {partner: np.zeros(len(fields_of(params)[partner].array))})
            others = np.eye(K)
            others[index] = rounded
            params = with_arrays(params, {path: others})
        step = engine.begin(model, X, start=params)
        found = fields_of(step.params)[path].array[index]
        np.testing.assert_allclose(found, rounded / rounded.sum(), rtol=1e-15)
        [event] = step.events
        assert f"{rounded.sum():.6g}" in event.message and path.rpartition(".")[2] in event.message
        assert not index or f"row {index[0] + 1} " in event.message


@pytest.mark.parametrize(("model", "X"), CASES)
def test_every_row_that_is_no_distribution_is_refused_with_its_sum(model: Any, X: Any) -> None:
    first = engine.begin(model, X).params
    for path, index in rows_of(first):
        array = fields_of(first)[path].array
        params = with_row(first, path, index, 0.9 * array[index])
        partner = fields_of(first).get(fields_of(first)[path].partner)
        total = 0.9 + (0.1 * float(partner.array[index]) if partner is not None else 0.0)
        with pytest.raises(EngineError) as error:
            engine.begin(model, X, start=params)
        assert f"{total:.6g}" in str(error.value) and path.rpartition(".")[2].rstrip("s") in str(error.value)
        assert not index or f"row {index[0] + 1} " in str(error.value)


@pytest.mark.parametrize(
    ("row", "is_rounding"),
    [
        ((0.175, 0.003, 0.821), True),
        ((0.33, 0.33, 0.33), True),
        ((0.3333, 0.3333, 0.3333), True),
        ((0.987, 0.0123, 0.000712), True),  # three significant digits each
        ((1.0, 0.004), False),
        ((1.0, 0.01), True),
        ((0.3, 0.3, 0.3), False),
        ((0.5, 0.6), False),
        ((0.25, 0.7), False),
        ((0.333333333, 0.333333333, 0.3), False),
        ((0.5, 0.4989), False),
    ],
)
def test_what_is_rounding_follows_from_the_digits_that_were_printed(row: Any, is_rounding: bool) -> None:
    model, X = engine.BinomialMixture(len(row), n_trials=20), COUNTS[:, :1]
    start = model.Params(weights=np.array(row), probabilities=np.linspace(0.2, 0.8, len(row)))
    if is_rounding:
        assert engine.begin(model, X, start=start).params.weights.sum() == pytest.approx(1.0, abs=1e-15)
    else:
        with pytest.raises(EngineError, match="sum to 1"):
            engine.begin(model, X, start=start)


@given(st.integers(2, 12), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_a_distribution_printed_with_any_number_of_decimals_is_taken(K: int, decimals: int, seed: int) -> None:
    row = np.random.default_rng(seed).dirichlet(np.ones(K)).round(decimals)
    if abs(row.sum() - 1.0) > 0.02:
        return
    model = engine.BinomialMixture(K, n_trials=20)
    start = model.Params(weights=row, probabilities=np.linspace(0.2, 0.8, K))
    step = engine.begin(model, COUNTS[:, :1], start=start)
    assert step.params.weights.sum() == pytest.approx(1.0, abs=1e-6)
    assert bool(step.events) == (abs(row.sum() - 1.0) > 1e-6)


def test_a_start_that_sums_to_one_is_taken_as_it_is() -> None:
    model = engine.BinomialMixture(2, n_trials=20)
    start = model.Params(weights=np.array([0.3, 0.7]), probabilities=np.array([0.2, 0.5]))
    step = engine.begin(model, COUNTS[:, :1], start=start)
    assert step.params is start and step.events == ()


@pytest.mark.parametrize("place", range(len(CASES) + 2))
@pytest.mark.parametrize("value", [1e200, -1.7e308, 1e149, 1e-200, 1e-310])
def test_what_is_beyond_arithmetic_is_refused_with_its_entry_or_stepped_from(place: int, value: float) -> None:
    """Every entry that is no probability in turn, and all of its array: a sentence or a step, and no warning."""
    more = [(engine.KMeans(3), COUNTS, None), (engine.LatentMLP(2), COUNTS, (COUNTS[:, 0] > 3).astype(int))]
    model, X, y = [*((*case, None) for case in CASES), *more][place]
    start = engine.fit(model, X, y, max_iter=1).params
    for path, field in fields_of(start, model).items():
        if field.domain == "simplex" or not field.array.size:
            continue
        for every in (False, True):
            array = np.array(field.array)
            array[... if every else np.unravel_index(0, array.shape)] = value
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                try:
                    run = engine.fit(model, X, y, start=with_arrays(start, {path: array}), max_iter=2)
                except EngineError as error:
                    said = str(error)
                    assert said.endswith(".") and said.count(". ") == 0
                    if abs(value) > 1e150 and "beside these data" in said:
                        assert said.startswith(f"{path}[1") and f"{value:.6g}" in said
                else:
                    assert abs(value) < 1e150 and "nan" not in str(run.stop_reason)


def test_a_start_as_large_as_its_data_is_taken() -> None:
    model, X = engine.GaussianMixture(2), COUNTS * 1e120
    start = engine.fit(model, X, max_iter=1).params
    assert engine.fit(model, X, start=start, max_iter=2).step.iteration == 2
