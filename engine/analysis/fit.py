"""`engine.fit`: EM until it stops, and what kind of rest it has come to."""

from __future__ import annotations

from typing import Any

from engine.analysis.rest import judged
from engine.em import fit as plain
from engine.em.algorithms import Algorithm
from engine.em.model import Model, P
from engine.em.stopping import StoppingRule


def fit(
    model: Model[P, Any],
    X: Any,
    y: Any = None,
    *,
    sample_weight: Any = None,
    start: Any = None,
    seed: int = 0,
    max_iter: int = 200,
    tol: float = 1e-6,
    stopping: StoppingRule | None = None,
    algorithm: str | Algorithm = "classic",
    n_init: int = 1,
) -> plain.Run[P]:
    """Run EM until it stops, and keep every step. The arguments are those of `engine.iterate`, and:

    Args:
        n_init: how many starts to try, with seeds seed, seed + 1, …; the best objective is kept, all are reported.

    Where a run has come to rest, it is tested for a saddle or a plateau (`engine.analysis.rest`), if that takes no more
    passes over the data than the run did. `run.stop_reason` says what was found; at a saddle or a plateau
    `run.converged` is False.

    Raises:
        EngineError: the data, the start or an option can't be used, or no start could be run; one sentence.
    """
    return plain.fit(
        model, X, y, sample_weight=sample_weight, start=start, seed=seed, max_iter=max_iter, tol=tol,
        stopping=stopping, algorithm=algorithm, n_init=n_init, at_rest=judged,
    )  # fmt: skip
