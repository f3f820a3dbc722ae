"""Plain EM and SQUAREM from the same starts: passes over the data, iterations and seconds to the same stopping rule.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/bench_squarem.py [SEEDS]

The first line is the published start of the death notices, where at most 80 passes are wanted. Nothing here is
asserted: read the table.
"""

from __future__ import annotations

import statistics
import sys
from typing import Any

import engine
from engine.em.stopping import ParameterChange

REST, MOST = ParameterChange(1e-7), 20_000


def cases() -> list[tuple[str, Any, Any, Any]]:
    """Name, model, data, and a start where it is a published one."""
    deaths, poisson = engine.load("deaths").X, engine.PoissonMixture(2)
    published = poisson.Params([0.5, 0.5], [1.0, 3.0])
    rows: list[tuple[str, Any, Any, Any]] = [
        ("deaths, published start", poisson, deaths, published),
        ("deaths, K=2", poisson, deaths, None),
        ("deaths, K=3", engine.PoissonMixture(3), deaths, None),
        ("coins", engine.BinomialMixture(2, 10), engine.load("coins").X, None),
        ("votes, K=2", engine.BernoulliMixture(2, pseudo_count=1.0), engine.load("votes").X, None),
    ]
    for name, K, kind in (
        ("iris", 3, "full"),
        ("iris", 4, "tied"),
        ("wine", 3, "diag"),
        ("stretched", 3, "full"),
        ("three_gaussians", 5, "spherical"),
        ("two_gaussians", 3, "full"),
    ):
        rows.append((f"{name}, K={K} {kind}", engine.GaussianMixture(K, kind), engine.load(name).X, None))
    return rows


def one(model: Any, X: Any, start: Any, seed: int, algorithm: str) -> tuple[int, int, float, float]:
    """Passes, iterations, seconds and the objective at rest."""
    run = engine.fit(model, X, start=start, seed=seed, stopping=REST, max_iter=MOST, algorithm=algorithm)
    return run.step.evaluations, run.n_iter, run.step.seconds, run.step.objective


def main() -> None:
    """Print a line a case; medians over the seeds, and the worst of SQUAREM."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"{'':28}{'passes':>8}{'squarem':>9}{'worst':>7}{'ratio':>8}{'seconds':>9}{'squarem':>9}{'ratio':>8}")
    for name, model, X, start in cases():
        pairs = []
        for seed in range(1 if start is not None else seeds):
            pairs.append(tuple(one(model, X, start, seed, algorithm) for algorithm in ("classic", "squarem")))
        passes, fast = (statistics.median(pair[i][0] for pair in pairs) for i in (0, 1))
        seconds, fast_seconds = (statistics.median(pair[i][2] for pair in pairs) for i in (0, 1))
        worst = max(pair[1][0] for pair in pairs)
        print(
            f"{name:28}{passes:8.0f}{fast:9.0f}{worst:7d}{passes / fast:7.1f}x"
            f"{seconds:9.3f}{fast_seconds:9.3f}{seconds / fast_seconds:7.1f}x"
        )


if __name__ == "__main__":
    main()
