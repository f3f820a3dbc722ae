"""Topics: one variational pass over all documents beside scikit-learn's batch LDA, at equal inner tolerance.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/bench_topics.py

Both find the mixtures of every document and the expected words of every topic from the same topics, to the same
tolerance of the mean change of γ, with at most as many rounds. Nothing here is asserted: read the table.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import csr_array, csr_matrix, vstack

import engine
from engine.models.topics.evidence import document_bounds
from engine.models.topics.variational import settle
from engine.parallel import one_blas_thread, threads

CASES = (  # documents, words of the vocabulary, words in a document, topics
    (500, 25, 100, 10),
    (1000, 2000, 60, 10),
    (2000, 5000, 150, 20),
    (1000, 5000, 600, 50),
    (200, 10000, 3000, 20),
)
TOLERANCES, ROUNDS = (1e-3, 1e-5), 1000


def corpus(n: int, V: int, length: int, K: int) -> tuple[Any, np.ndarray]:
    """Documents drawn from the model itself, and its topics."""
    rng = np.random.default_rng(0)
    topics = rng.dirichlet(np.full(V, 0.05), K)
    mixtures = rng.dirichlet(np.full(K, 0.2), n)
    lengths = rng.poisson(length, n)
    rows = [
        csr_matrix(rng.multinomial(m, theta @ topics).astype(np.float64))
        for m, theta in zip(lengths, mixtures, strict=True)
    ]
    blurred = 0.5 * topics + 0.5 * rng.dirichlet(np.full(V, 0.5), K)
    return csr_array(vstack(rows)), blurred


def seconds(work: Callable[[], Any], repeats: int = 5) -> float:
    """The least of the thread's own seconds: what a neighbour on the machine takes does not count."""
    taken = []
    for _ in range(repeats):
        started = time.thread_time()
        work()
        taken.append(time.thread_time() - started)
    return min(taken)


def megabytes(work: Callable[[], Any]) -> float:
    """The peak of what is allocated while it works."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def main() -> None:
    """Print the table."""
    from sklearn.decomposition import _lda

    for tolerance in TOLERANCES:
        print(f"inner tolerance {tolerance:g}")
        print(
            "documents  words  in each   K    scikit-learn      ours     ratio   ours, bound higher by   MB (data MB)"
        )
        for n, V, length, K in CASES:
            X, topics = corpus(n, V, length, K)
            model = engine.LatentDirichletAllocation(n_components=K, alpha=0.2, inner_tol=tolerance, inner_steps=ROUNDS)
            data = model.observe(X)
            params = model.Params(topics, np.full(K, 0.2))
            compared = csr_matrix(X)

            def theirs(X: Any = compared, topics: np.ndarray = topics, tolerance: float = tolerance) -> Any:
                return _lda._update_doc_distribution(X, topics, 0.2, ROUNDS, tolerance, True, None)[0]

            def ours(model: Any = model, params: Any = params, data: Any = data) -> Any:
                return model.expect(params, data)

            with one_blas_thread(), threads(1):
                ours()
                gamma = theirs()
                peer, own = seconds(theirs), seconds(ours)
                peak = megabytes(ours)
            higher = document_bounds(model, params, data).sum() - bound_at(model, params, data, gamma)
            size = (X.data.nbytes + X.indices.nbytes + X.indptr.nbytes) / 1e6
            print(
                f"{n:9,} {V:6,} {length:8,} {K:3}  {peer * 1e3:10.1f} ms {own * 1e3:8.1f} ms  {peer / own:6.2f}×"
                f"   {higher:20.3g} {peak:11.1f} ({size:.1f})"
            )


def bound_at(model: Any, params: Any, data: Any, gamma: np.ndarray) -> float:
    """The bound where scikit-learn stopped, after the one update more that `settle` makes at least."""
    from engine.models.topics.bound import dirichlet_entropies, log_normalizer

    q = settle(data.X, data.weights, params.topics, params.alpha, 1.0, np.inf, 1, gamma)
    prior = log_normalizer(params.alpha) + q.log_mixtures @ (params.alpha - 1.0)
    return float((q.log_norms + prior + dirichlet_entropies(q.gamma, q.log_mixtures)).sum())


if __name__ == "__main__":
    main()
