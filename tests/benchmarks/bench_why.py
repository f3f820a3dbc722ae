"""What "See why" costs: a slice of 200 points on iris, and 200 starts beside scikit-learn's steps, in one run.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/bench_why.py

Both on one thread, interleaved, medians of the repeats. Nothing here is asserted: read the table.
"""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from functools import partial

import engine
from engine.analysis.bound_profile import bound_slice
from engine.analysis.many_starts import all_starts
from engine.analysis.optima import group_optima
from engine.em.loop import begin, e_step, m_step
from engine.explain.worked import worked_parameter, worked_row
from engine.models.gaussian.params import COVARIANCE_TYPES
from engine.parallel import one_blas_thread

STARTS = 200


def milliseconds(call: Callable[[], object], repeats: int = 7) -> float:
    """The median wall time of a call."""
    call()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return 1e3 * statistics.median(times)


def peer_step(covariance_type: str) -> Callable[[], None]:
    """One E and M of scikit-learn on iris."""
    from sklearn.mixture import GaussianMixture as PeerMixture

    X = engine.load("iris").X
    peer = PeerMixture(3, covariance_type=covariance_type, init_params="random_from_data", max_iter=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer.fit(X)

    def step() -> None:
        _, log_resp = peer._e_step(X)
        peer._m_step(X, log_resp)

    return step


def slices() -> None:
    """A bound picture: at most 50 ms."""
    data = engine.load("iris")
    print(f"{'slice, 200 points':24} {'line':>9} {'mean':>9} {'variance':>9}   at most 50 ms")
    for kind in COVARIANCE_TYPES:
        step = m_step(e_step(begin(engine.GaussianMixture(3, covariance_type=kind), data.X)))
        variance = {"full": "covariances[1,2,2]", "tied": "covariances[2,2]", "diag": "covariances[1,2]"}
        names = ("line", "means[1,2]", variance.get(kind, "covariances[1]"))
        times = [milliseconds(partial(bound_slice, step, name)) for name in names]
        print(f"{kind:24} " + " ".join(f"{one:7.1f}ms" for one in times))
    step = e_step(begin(engine.GaussianMixture(3), data.X))
    row, parameter = (
        milliseconds(lambda: worked_row(step, 70)),
        milliseconds(lambda: worked_parameter(step, "means[1,2]")),
    )
    print(f"{'worked row, parameter':24} {row:7.2f}ms {parameter:7.2f}ms")


def starts() -> None:
    """200 starts of iris, K = 3, to rest: at most 2 s; 50 steps of each: 15 times scikit-learn for a restart-step."""
    data = engine.load("iris")
    heads = ("to rest", "steps", "optima", "a step", "peer")
    print(f"\n{'200 starts':24} " + " ".join(f"{head:>9}" for head in heads) + "  ratio   2 s, 15")
    for kind in COVARIANCE_TYPES:
        model = engine.GaussianMixture(3, covariance_type=kind, init="points")
        peer = peer_step(kind)
        started = time.perf_counter()
        race = all_starts(model, data.X, n_starts=STARTS)
        seconds = time.perf_counter() - started
        each, theirs = [], []
        for _ in range(5):
            started = time.perf_counter()
            steps = all_starts(model, data.X, n_starts=STARTS, tol=0.0, max_iter=50).iterations
            each.append(1e3 * (time.perf_counter() - started) / steps)
            with one_blas_thread():
                theirs.append(milliseconds(peer, 50))
        ours, scikit = statistics.median(each), statistics.median(theirs)
        print(
            f"{kind:24} {seconds:8.2f}s {race.iterations:9} {len(group_optima(race)):9} "
            f"{1e3 * ours:7.1f}µs {1e3 * scikit:7.1f}µs {scikit / ours:6.1f}"
        )


if __name__ == "__main__":
    slices()
    starts()
