"""Invariants of whole runs: what must not change where they end, and what must change nothing at all."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import reduce
from itertools import permutations
from typing import Any

import numpy as np

from engine.arrays import Array, IntArray, length, take
from engine.em.expectation import Expectation
from engine.em.statistics import Statistics
from engine.em.step import Step
from engine.errors import EngineError
from engine.parallel import chunks_of_at_most, threads
from engine.testing.case import Case, close, leaves, require, same_bytes, scale_of


def deterministic(case: Case, start: Any, steps: list[Step]) -> Iterator[str]:
    """The same seed gives the same bytes."""
    name = "the same seed gives the same bytes"
    _same_run(name, steps, case.walk(start))
    yield name


def left_out(case: Case, start: Any, steps: list[Step]) -> Iterator[str]:
    """Rows of weight 0, whatever stands in them, change not a bit, and get responsibilities at the end."""
    n = length(case.X)
    if not (case.model.independent_rows or isinstance(case.X, (list, tuple))):
        return  # a single sequence
    name = "rows of weight 0 are no rows"
    places = np.insert(np.arange(n), [0, n // 2, n], [0, n // 2, n - 1])
    weight = np.insert(np.ones(n), [0, n // 2, n], 0.0)
    X = take(case.X, places)
    if isinstance(X, np.ndarray) and X.dtype.kind == "f":
        X[weight == 0] = np.nan
    y = take(case.y, places) if case.y is None or length(case.y) == n else case.y
    if y is case.y is not None:  # known states of all sequences, one below another
        return
    other = case.walk(start, X, y, weight)
    _same_run(name, steps, other)
    one, two = steps[-1].posterior, other[-1].posterior
    if one is not None and two is not None:
        lengths = [len(np.atleast_1d(row)) for row in X] if isinstance(X, (list, tuple)) else [1] * len(places)
        counted = np.repeat(weight > 0, lengths)
        r = two.responsibilities
        require(len(r) == len(counted), name, other[-1], f"{len(r)} rows have responsibilities, not {len(counted)}")
        require(same_bytes(one.responsibilities, r[counted]), name, other[-1], "responsibilities of others changed")
    yield name


def thread_count(case: Case, first: Any, steps: list[Step]) -> Iterator[str]:
    """Any number of threads gives the same bytes, and chunks of rows the same run."""
    name = "any number of threads gives the same bytes"
    with chunks_of_at_most(max(1, -(-steps[0].problem.data.n_rows // 5))):
        with threads(1):
            alone = case.walk(first)
        for number in (2, 4):
            with threads(number):
                _same_run(name, alone, case.walk(first))
    yield name
    name = "the pass is additive over chunks of rows"
    if case.algorithm.rises != "nothing":
        _alike(case, name, steps[-1], alone[-1], alone[-1].params)
        yield name


def row_order(case: Case, first: Any, steps: list[Step]) -> Iterator[str]:
    """Rows in another order end at the same place."""
    n = length(case.X)
    if n < 2 or case.algorithm.rises == "nothing" or case.model.row_order_matters:
        return
    name = "the order of the rows does not matter"
    order = np.random.default_rng(case.seed).permutation(n)
    other = case.walk(first, take(case.X, order), take(case.y, order))[-1]
    _alike(case, name, steps[-1], other, other.params)
    one, two = steps[-1].posterior, other.posterior
    if one is not None and two is not None and len(one.responsibilities) == n:
        same = close(one.responsibilities[order], two.responsibilities, 1e3 * case.tolerance)
        require(same, name, other, "the responsibilities are not permuted alike")
    yield name


def component_order(case: Case, first: Any, steps: list[Step]) -> Iterator[str]:
    """Components in another order end at the same place, in that order."""
    clamped = case.y is not None and not case.model.supervised  # labels say which component is which
    K = 0 if steps[-1].posterior is None else steps[-1].posterior.responsibilities.shape[1]
    if clamped or K < 2 or case.algorithm.rises == "nothing" or case.model.samples:
        return
    every = np.arange(K)  # or all but the first or the last, if that one is of another kind
    orders = np.roll(every, 1), np.append(0, np.roll(every[1:], 1)), np.append(np.roll(every[:-1], 1), K - 1)
    order = next((one for one in orders if case.model.relabel(first, one) is not None), None)
    if order is None:
        return
    name = "the order of the components does not matter"
    other = case.walk(case.model.relabel(first, order))[-1]
    back = case.model.relabel(other.params, np.argsort(order))
    _alike(case, name, steps[-1], other, back)
    one, two = steps[-1].posterior, other.posterior
    if one is not None and two is not None:
        same = close(one.responsibilities[:, order], two.responsibilities, 1e3 * case.tolerance)
        require(same, name, other, "the responsibilities are not permuted alike")
    yield name


def copies(case: Case, first: Any, steps: list[Step]) -> Iterator[str]:
    """A row of weight 2 is the row twice, one of weight 0 is left out."""
    if case.algorithm.rises == "nothing" or case.model.row_order_matters:
        return
    name = "a weight of 2 is the same as the row twice"
    n = length(case.X)
    weight = np.random.default_rng(case.seed).integers(1, 4, n) if n < 5 else np.arange(n) % 4  # 0 leaves a row out
    weighted = case.walk(first, case.X, case.y, weight.astype(np.float64))[-1]
    rows = np.repeat(np.arange(n), weight)
    copied = case.walk(first, take(case.X, rows), take(case.y, rows))[-1]
    _alike(case, name, weighted, copied, copied.params)
    yield name


def parts(case: Case, first: Any, steps: list[Step]) -> Iterator[str]:
    """The expectations of three parts of the data add up to that of the whole, or can't be added."""
    n, model, name = length(case.X), case.model, "three parts of the data add up to the whole"
    chain = not model.independent_rows and not isinstance(case.X, (list, tuple))
    if n < 3 or chain or model.samples or model.row_order_matters or (case.y is not None and length(case.y) != n):
        return

    def expected(rows: IntArray) -> Expectation:
        data = model.observe(take(case.X, rows), take(case.y, rows))
        return model.expect(model.check_params(steps[-1].params, data), data)

    try:
        whole, *three = [expected(rows) for rows in (np.arange(n), *np.array_split(np.arange(n), 3))]
        _ = whole + whole
    except EngineError:  # a part that the model can't take by itself, or statistics that do not add up
        return
    single, wanted = [_numbers(part, whole) for part in three], _numbers(whole, whole)
    for order in permutations(three):
        total = _numbers(reduce(operator.add, order), whole)
        for one, other, *terms in zip(total, wanted, *single, strict=True):
            slack = 1e-3 * case.tolerance * np.sum(np.abs(terms), axis=0).max(initial=0.0)
            same = one.shape == other.shape and bool((np.abs(one - other) <= slack).all())
            require(same, name, steps[-1], f"{one.ravel()[:4]} came of them, not {other.ravel()[:4]}")
    yield name


def _numbers(expectation: Expectation, like: Expectation) -> list[Array]:
    """Everything additive, in the coordinates of another one; unknown numbers (nan) are 0.

    Log-likelihood and entropy stand together: the entropy may be the difference between the former and Q.
    """
    statistics = expectation.statistics
    if isinstance(statistics, Statistics):
        statistics = statistics.as_in(like.statistics)
    scalars = np.array([expectation.log_likelihood, expectation.entropy, expectation.log_likelihood_error])
    return [np.nan_to_num(leaf) for leaf in leaves((statistics, scalars), remembered=False)]


def _same_run(name: str, one: list[Step], other: list[Step]) -> None:
    require(len(one) == len(other), name, one[-1], f"one run has {len(one)} steps, the other {len(other)}")
    for a, b in zip(one, other, strict=True):
        same = all(map(same_bytes, leaves(a.params), leaves(b.params)))
        require(same, name, a, "the parameters differ")
        pairs = ((a.log_likelihood, b.log_likelihood), (a.q_value, b.q_value), (a.entropy, b.entropy))
        for left, right in pairs:
            require(left == right or (left != left and right != right), name, a, f"{left!r} is not {right!r}")


def _alike(case: Case, name: str, expected: Step, other: Step, params: Any) -> None:
    """Two runs that should end at the same place: iterations, objective and parameters."""
    same = expected.iteration == other.iteration
    require(same, name, other, f"{other.iteration} iterations, not {expected.iteration}")
    low, high = expected.objective, other.objective
    require(abs(low - high) <= 10 * case.tolerance * scale_of(other, low, high), name, other, f"{high!r}, not {low!r}")
    for one, two in zip(leaves(expected.params), leaves(params), strict=True):
        apart = float(np.max(np.abs(one - two), initial=0.0))
        require(close(one, two, 1e3 * case.tolerance), name, other, f"parameters are up to {apart:z.3g} apart")


COMPARISONS: tuple[Callable[[Case, Any, list[Step]], Iterator[str]], ...] = (
    thread_count,
    row_order,
    component_order,
    copies,
    parts,
)
