"""Small runs of every kind of model, for the tests of what is shown about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import engine
from engine.em.loop import begin, e_step, m_step
from engine.em.step import Step

ICE_CREAM = np.array([int(day) for day in "233232322313311121113121112332322"])
HEADS = np.array([[5.0], [9.0], [8.0], [4.0], [7.0]])
DEATHS = np.repeat(np.arange(10.0), [162, 267, 271, 185, 111, 61, 27, 8, 3, 1])[:, None]
LINKAGE = np.array([[125.0, 18.0, 20.0, 34.0]])
IRIS = engine.load("iris")
PUBLISHED_COINS = engine.BinomialMixture.Params([0.5, 0.5], [0.6, 0.5])


def answers() -> np.ndarray:
    """Iris above and below its means, with two answers missing."""
    table = (IRIS.X.mean(axis=0) < IRIS.X).astype(np.float64)
    table[3, 1] = table[77, 0] = np.nan
    return table


CASES: dict[str, tuple[Callable[[], Any], Callable[[], Any], Any]] = {
    "full": (lambda: engine.GaussianMixture(3), lambda: IRIS.X, None),
    "tied": (lambda: engine.GaussianMixture(3, covariance_type="tied", init="points"), lambda: IRIS.X, None),
    "diag": (lambda: engine.GaussianMixture(3, covariance_type="diag", init="points"), lambda: IRIS.X, None),
    "spherical": (lambda: engine.GaussianMixture(3, covariance_type="spherical"), lambda: IRIS.X, None),
    "conditional": (lambda: engine.GaussianMixture(3, m_step="conditional"), lambda: IRIS.X, None),
    "labels": (lambda: engine.GaussianMixture(3), lambda: IRIS.X, np.where(np.arange(150) % 9 == 0, IRIS.y, -1)),
    "coins": (lambda: engine.BinomialMixture(2), lambda: HEADS, None),
    "poisson": (lambda: engine.PoissonMixture(2), lambda: DEATHS, None),
    "bernoulli": (lambda: engine.BernoulliMixture(2, pseudo_count=0.5), answers, None),
    "linkage": (lambda: engine.GeneticLinkage(), lambda: LINKAGE, None),
    "diary": (lambda: engine.HiddenMarkovModel(2, first_symbol=1), lambda: ICE_CREAM, None),
    "stop": (
        lambda: engine.HiddenMarkovModel(2, first_symbol=1, stop_state=True),
        lambda: [ICE_CREAM, ICE_CREAM[:4], ICE_CREAM[:1]],
        None,
    ),
    "measured": (lambda: engine.HiddenMarkovModel(2, emission="gaussian"), lambda: IRIS.X[::3], None),
    "network": (lambda: engine.LatentMLP(3, m_step="newton", weight_decay=0.1), lambda: IRIS.X, IRIS.y),
    "gradient": (lambda: engine.LatentMLP(3, weight_decay=0.1, learning_rate=0.001), lambda: IRIS.X, IRIS.y),
    "kmeans": (lambda: engine.KMeans(3), lambda: IRIS.X, None),
}
EXACT_M_STEP = tuple(name for name in CASES if name not in ("conditional", "network", "gradient"))


def walked(name: str, iterations: int = 2, algorithm: str = "classic", seed: int = 1) -> list[Step]:
    """init, E, M, E, M, … of a case."""
    model, X, y = CASES[name]
    steps = [begin(model(), X(), y, seed=seed, algorithm=algorithm)]
    for _ in range(iterations):
        steps.append(e_step(steps[-1]))
        steps.append(m_step(steps[-1]))
    return steps
