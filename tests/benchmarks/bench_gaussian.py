"""One E and M of the Gaussian mixture against scikit-learn's own `_e_step` and `_m_step`, side by side in one run.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/bench_gaussian.py [CASE…]

Both on one thread, interleaved, medians of the repeats. Nothing here is asserted: read the table.
"""

from __future__ import annotations

import statistics
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable

import numpy as np

import engine
from engine.em.loop import begin, e_step, m_step
from engine.em.step import Step
from engine.models.gaussian.mixture import GaussianMixture
from engine.models.gaussian.params import GaussianParams
from engine.parallel import one_blas_thread, threads

CASES = {
    "iris": (150, 4, 3, "full", None),
    "d2k3": (100_000, 2, 3, "full", 9.0),
    "d4k10": (100_000, 4, 10, "full", 8.0),
    "d10k10": (100_000, 10, 10, "full", 4.5),
    "d10k32": (100_000, 10, 32, "full", 7.0),
    "d32k32": (100_000, 32, 32, "full", 4.0),
    "d32k3": (100_000, 32, 3, "full", None),
    "million": (1_000_000, 4, 10, "full", 10.0),
    "tied": (100_000, 4, 10, "tied", None),
    "diag": (100_000, 4, 10, "diag", None),
    "spherical": (100_000, 4, 10, "spherical", None),
}


def rows(n: int, d: int, k: int) -> np.ndarray:
    """Overlapping Gaussians."""
    generator = np.random.default_rng(0)
    return 2.0 * generator.normal(size=(k, d))[generator.integers(k, size=n)] + generator.normal(size=(n, d))


def peer_iteration(X: np.ndarray, k: int, covariance_type: str) -> tuple[Callable[[], None], GaussianParams]:
    """One E and M of scikit-learn, and the parameters that it begins from."""
    from sklearn.mixture import GaussianMixture as PeerMixture

    peer = PeerMixture(k, covariance_type=covariance_type, init_params="random_from_data", max_iter=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer.fit(X)

    def iteration() -> None:
        _, log_resp = peer._e_step(X)
        peer._m_step(X, log_resp)

    return iteration, GaussianParams(peer.weights_, peer.means_, peer.covariances_)


def our_iteration(step: Step) -> Callable[[], None]:
    """One E and M of ours, the parameters alone, as `fit` needs them."""
    now = step

    def iteration() -> None:
        nonlocal now
        now = m_step(e_step(now))

    return iteration


def our_scalars(step: Step) -> Callable[[], None]:
    """One E and M of ours with every scalar of both steps read."""
    now = step

    def iteration() -> None:
        nonlocal now
        e = e_step(now)
        now = m_step(e)
        for one in (e, now):
            _ = (one.log_likelihood, one.elbo, one.kl, one.q_value, one.entropy, one.objective)

    return iteration


def seconds(call: Callable[[], None], times: int) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - started) / times


def megabytes(X: np.ndarray, k: int, start: GaussianParams) -> float:
    """The most memory that two iterations take beyond the data, from taking the data in."""
    tracemalloc.start()
    with one_blas_thread(), threads(2):
        step = begin(GaussianMixture(k), X, start=start)
        for _ in range(2):
            step = m_step(e_step(step))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def main(chosen: list[str]) -> None:
    """Print the table."""
    print(f"{'case':10} {'ours ms':>9} {'scalars':>9} {'peer ms':>9} {'ratio':>6} {'target':>6} {'scalars/fit':>11}")
    for name in chosen or CASES:
        n, d, k, covariance_type, target = CASES[name]
        X = engine.load("iris").X if name == "iris" else rows(n, d, k)
        with one_blas_thread(), threads(1):
            theirs, start = peer_iteration(X, k, covariance_type)
            step = begin(GaussianMixture(k, covariance_type), X, start=start)
            calls = (our_iteration(step), our_scalars(step), theirs)
            times = max(3 if n * d * k < 1e7 else 1, 20_000 // n)
            repeats = 3 if n * d * k > 3e7 else 7 if n > 1000 else 15
            for call in calls:
                call()
            measured = [[seconds(call, times) for call in calls] for _ in range(repeats)]
        ours, scalars, peer = (1e3 * statistics.median(column) for column in zip(*measured, strict=True))
        wanted = "" if target is None else f"{target:.1f}"
        print(f"{name:10} {ours:9.3f} {scalars:9.3f} {peer:9.3f} {peer / ours:6.1f} {wanted:>6} {scalars / ours:11.2f}")
        if name == "million":
            print(f"{name:10} {megabytes(X, k, start):.0f} MB beyond the data with two threads (at most 60)")


if __name__ == "__main__":
    main(sys.argv[1:])
