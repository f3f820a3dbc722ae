"""One E and M of the hidden Markov model against hmmlearn's own iteration, side by side in one run.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/bench_hmm.py [CASE…]

Both on one thread, interleaved, medians of the repeats. hmmlearn runs its default (in logs) and its scaled way; an
iteration of it is what `fit` does for one: initialised statistics, the E-step, the M-step. Nothing here is asserted.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

import engine
from engine.em.loop import begin, begin_problem, e_step, m_step
from engine.models.hmm.params import HiddenMarkovParams
from engine.parallel import one_blas_thread, threads

# rows, states, columns, covariance type, what to reach against hmmlearn's default
CASES = {
    "s3": (10_000, 3, 2, "diag", 1.7),
    "s10": (10_000, 10, 2, "diag", 4.0),
    "s3d1": (10_000, 3, 1, "diag", 1.7),
    "s10d10": (10_000, 10, 10, "diag", 4.0),
    "full": (10_000, 3, 4, "full", None),
    "short": (500, 3, 2, "diag", None),
    "many": (10_000, 30, 2, "diag", None),
    "million": (1_000_000, 3, 2, "diag", None),
}


def signal(n_rows: int, S: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """A chain that stays with probability .9 among Gaussians about 3 apart: rows, and the means."""
    generator = np.random.default_rng(0)
    means = 3.0 * generator.normal(size=(S, d))
    state = np.cumsum(np.where(generator.random(n_rows) < 0.9, 0, generator.integers(1, max(2, S), n_rows))) % S
    return means[state] + generator.normal(size=(n_rows, d)), means


def start_of(means: np.ndarray, kind: str) -> HiddenMarkovParams:
    """Where both begin: a little off the means, unit covariances, states that stay with probability .9."""
    S, d = means.shape
    transition = np.full((S, S), 0.1 / (S - 1))
    np.fill_diagonal(transition, 0.9)
    covariances = np.ones((S, d)) if kind == "diag" else np.tile(np.eye(d), (S, 1, 1))
    return HiddenMarkovParams(np.full(S, 1.0 / S), transition, engine.GaussianEmission(means + 0.1, covariances))


def peer_iteration(X: np.ndarray, start: HiddenMarkovParams, kind: str, implementation: str) -> Callable[[], None]:
    """One E and M of hmmlearn, always from the same parameters."""
    from hmmlearn.hmm import GaussianHMM

    peer = GaussianHMM(len(start.initial), kind, init_params="", implementation=implementation)
    peer.n_features = X.shape[1]
    lengths = np.array([len(X)])

    def iteration() -> None:
        peer.startprob_, peer.transmat_ = start.initial, start.transition
        peer.means_, peer.covars_ = start.emission.means, start.emission.covariances
        found, _ = peer._do_estep(X, lengths)
        peer._do_mstep(found)

    return iteration


def our_iteration(X: np.ndarray, start: HiddenMarkovParams, kind: str) -> Callable[[], None]:
    """One E and M of the engine; the rows are arranged once, as in a run."""
    model = engine.HiddenMarkovModel(len(start.initial), emission="gaussian", covariance_type=kind)
    problem = begin(model, X, start=start).problem

    def iteration() -> None:
        m_step(e_step(begin_problem(problem, start)))

    return iteration


def milliseconds(runs: list[Callable[[], None]], repeats: int) -> list[float]:
    """The median of each, taken in turns."""
    taken: list[list[float]] = [[] for _ in runs]
    for _ in range(repeats):
        for run, times in zip(runs, taken, strict=True):
            begun = time.perf_counter()
            run()
            times.append(1e3 * (time.perf_counter() - begun))
    return [statistics.median(times) for times in taken]


def main() -> None:
    """Print a line for each case."""
    print(f"{'case':8} {'rows':>9} {'S':>3} {'d':>3} {'type':5} {'engine':>9} {'log':>9} {'scaling':>9}   ratios")
    for name in sys.argv[1:] or CASES:
        n_rows, S, d, kind, wanted = CASES[name]
        X, means = signal(n_rows, S, d)
        start = start_of(means, kind)
        runs = [our_iteration(X, start, kind), *(peer_iteration(X, start, kind, how) for how in ("log", "scaling"))]
        with threads(1), one_blas_thread():
            for run in runs:
                run()
            ours, log, scaling = milliseconds(runs, 3 if n_rows > 100_000 else 15)
        goal = "" if wanted is None else f"   (≥ {wanted} × the default)"
        print(
            f"{name:8} {n_rows:9,} {S:3} {d:3} {kind:5} {ours:6.2f} ms {log:6.2f} ms {scaling:6.2f} ms   "
            f"{log / ours:.1f} × default, {scaling / ours:.1f} × scaling{goal}",
            flush=True,
        )


if __name__ == "__main__":
    main()
