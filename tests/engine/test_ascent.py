"""The objective falls in no fit whose algorithm and M-step promise ascent, whatever the options.

--fits N   so many fits of random models, options and data
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import engine
from engine.em.inference import Exact
from engine.em.model import Model
from engine.em.step import Step
from engine.errors import EngineError

PROMISING = ("maximum", "conditional", "layerwise")
_ROUNDING = 1e-9  # of the objective and of the number of rows: what ill-conditioned covariances lose


def blobs(rng, n, d):
    """Rows of a few groups of unlike sizes, some columns in other units, at times some rows twice."""
    centres = rng.normal(size=(rng.integers(1, 5), d)) * rng.choice([0.5, 3.0, 10.0])
    X = centres[rng.integers(0, len(centres), n)] + rng.normal(size=(n, d)) * rng.choice([0.1, 1.0])
    X *= 10.0 ** rng.integers(-2, 3, d) if rng.random() < 0.3 else 1.0
    return np.concatenate([X, X[: n // 3]]) if rng.random() < 0.2 else X


def gaussian(rng):
    kind = rng.choice(["full", "tied", "diag", "spherical"])
    m_step = rng.choice(["joint", "conditional"]) if kind == "full" else "joint"
    init = rng.choice(["kmeans", "kmeans++", "points", "responsibilities"])
    model = engine.GaussianMixture(
        int(rng.integers(1, 6)), covariance_type=kind, init=init, m_step=m_step,
        reg_covar=float(rng.choice([1e-6, 1e-3, 0.1])),
    )  # fmt: skip
    return model, blobs(rng, int(rng.integers(12, 60)), int(rng.integers(1, 4))), None


def poisson(rng):
    X = rng.poisson(rng.choice([0.5, 3.0, 20.0], int(rng.integers(10, 60)))).astype(float)[:, None]
    return engine.PoissonMixture(int(rng.integers(1, 5))), X, None


def binomial(rng):
    trials = int(rng.integers(1, 20))
    return (
        engine.BinomialMixture(int(rng.integers(1, 4)), n_trials=trials, fixed_weights=bool(rng.random() < 0.3)),
        rng.binomial(trials, rng.random(int(rng.integers(8, 40)))).astype(float),
        None,
    )


def bernoulli(rng):
    X = (rng.random((int(rng.integers(10, 50)), int(rng.integers(2, 6)))) < rng.random()).astype(float)
    X[rng.random(X.shape) < rng.choice([0.0, 0.1])] = np.nan
    X = X[~np.isnan(X).all(axis=1)]
    init = rng.choice(["points", "responsibilities"])
    return (
        engine.BernoulliMixture(int(rng.integers(1, 5)), init=init, pseudo_count=float(rng.choice([0.0, 1.0]))),
        X,
        None,
    )


def chain(rng):
    n = int(rng.integers(10, 40))
    if rng.random() < 0.5:
        return engine.HiddenMarkovModel(n_states=int(rng.integers(1, 4))), rng.integers(0, 3, n), None
    return engine.HiddenMarkovModel(n_states=int(rng.integers(1, 4)), emission="gaussian"), blobs(rng, n, 1), None


def network(rng):
    X = blobs(rng, 24, 2) / 5.0
    m_step = rng.choice(["newton", "gradient"])
    return engine.LatentMLP(hidden_units=int(rng.integers(1, 4)), m_step=m_step), X, rng.integers(0, 3, len(X))


KINDS = (gaussian, gaussian, poisson, binomial, bernoulli, chain, network)


def drawn(seed: int) -> tuple[Model[Any, Any], Any, Any, str, Any]:
    rng = np.random.default_rng([seed, 7])
    model, X, y = KINDS[rng.integers(len(KINDS))](rng)
    algorithm = str(rng.choice(["classic", "squarem", "annealed:initial=2,rate=0.5", "hard"]))
    weights = rng.integers(0, 4, len(X)).astype(float) if rng.random() < 0.3 else None
    return model, X, y, algorithm, weights


def promises(before: Step, after: Step) -> bool:
    """Whether the objective must not fall from one M-step (or the start) to the next."""
    model, algorithm = after.problem.model, after.problem.algorithm
    settled = algorithm.name == "annealed" and isinstance(after.inference, Exact)
    rises = algorithm.rises in ("both", "objective") or settled
    ruled = any(event.breaks_ascent for event in after.events)
    return rises and model.ascent in PROMISING and not model.samples and not ruled and math.isfinite(before.objective)


def test_the_objective_falls_in_no_fit_that_promises_ascent(request: pytest.FixtureRequest) -> None:
    held, refused = 0, 0
    for seed in range(request.config.getoption("--fits")):
        model, X, y, algorithm, weights = drawn(seed)
        try:
            steps = list(
                engine.iterate(model, X, y, sample_weight=weights, seed=seed, max_iter=12, algorithm=algorithm)
            )
        except EngineError:
            refused += 1
            continue
        moved = [step for step in steps if step.phase != "E"]
        for before, after in pairwise(moved):
            if promises(before, after):
                slack = _ROUNDING * (abs(before.objective) + len(X))
                assert after.objective >= before.objective - slack, (seed, model, algorithm, after.iteration)
                held += 1
    assert held > refused
