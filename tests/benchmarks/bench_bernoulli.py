"""A Bernoulli mixture of a million rows with missing answers: memory beyond the data, and seconds an iteration.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/bench_bernoulli.py [ROWS]

The naive pass beside it is the one that a textbook writes: masks and responsibilities of all rows at once. Nothing here
is asserted: read the table.
"""

from __future__ import annotations

import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

import engine
from engine.parallel import one_blas_thread, threads

COLUMNS, COMPONENTS, MISSING = 16, 10, 0.1


def answers(n: int) -> np.ndarray:
    """n rows from ten components, a tenth of the answers missing; made in parts to be small."""
    generator = np.random.default_rng(0)
    probabilities = generator.uniform(0.05, 0.95, (COMPONENTS, COLUMNS))
    X = np.empty((n, COLUMNS))
    for begin in range(0, n, 50_000):
        part = X[begin : begin + 50_000]
        part[:] = generator.random(part.shape) < probabilities[generator.integers(COMPONENTS, size=len(part))]
        part[generator.random(part.shape) < MISSING] = np.nan
    return X


def naive_iteration(X: np.ndarray, weights: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One E and M over whole arrays."""
    seen = ~np.isnan(X)
    ones, zeros = np.where(seen, X, 0.0), np.where(seen, 1.0 - X, 0.0)
    log_joint = np.log(weights) + ones @ np.log(p).T + zeros @ np.log(1 - p).T
    r = np.exp(log_joint - log_joint.max(axis=1, keepdims=True))
    r /= r.sum(axis=1, keepdims=True)
    return r.mean(axis=0), (r.T @ ones) / (r.T @ (ones + zeros))


def megabytes(work: Callable[[], Any]) -> float:
    """The peak of what is allocated while it works."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def seconds(work: Callable[[], Any], repeats: int = 5) -> float:
    """The median."""
    taken = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def main() -> None:
    """Print the table."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    X = answers(n)
    model = engine.BernoulliMixture(n_components=COMPONENTS)
    data = model.observe(X)
    params = model.start(data, np.random.default_rng(0))

    def ours() -> None:
        model.maximize(model.expect(params, data), params, data)

    def theirs() -> None:
        naive_iteration(X, params.weights, params.probabilities)

    print(f"{n:,} × {COLUMNS}, {MISSING:.0%} missing, K = {COMPONENTS}; the data are {X.nbytes / 1e6:.0f} MB")
    for number in (1, 2, 4):
        with one_blas_thread(), threads(number):
            fit = megabytes(lambda: engine.fit(model, X, seed=0, max_iter=2, tol=0))
            print(f"{number} threads: {fit:6.1f} MB beyond the data in fit, {seconds(ours):6.3f} s an iteration")
    with one_blas_thread():
        print(f"naive:     {megabytes(theirs):6.1f} MB beyond the data,        {seconds(theirs):6.3f} s an iteration")


if __name__ == "__main__":
    main()
