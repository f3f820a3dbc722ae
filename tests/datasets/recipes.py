"""How the generated sets in `datasets/` were made: each recipe is the catalogue's words and seed as code."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Recipe = Callable[[np.random.Generator], tuple[FloatArray, IntArray]]

DECIMALS = 4


def two_gaussians(rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
    component = rng.choice(2, size=300, p=[0.4, 0.6])
    means, deviations = np.array([-2.0, 1.5]), np.array([0.7, 1.2])
    x = means[component] + deviations[component] * rng.standard_normal(300)
    return x[:, np.newaxis], component + 1


def three_gaussians(rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
    component = rng.choice(3, size=1000, p=[0.5, 0.3, 0.2])
    means = np.array([[0.0, 0.0], [4.0, 1.0], [1.0, 4.5]])
    covariances = np.array([[[1.0, 0.6], [0.6, 1.0]], [[1.5, -0.8], [-0.8, 0.9]], [[0.4, 0.0], [0.0, 0.8]]])
    factors = np.linalg.cholesky(covariances)
    noise = rng.standard_normal((1000, 2))
    return means[component] + np.einsum("nij,nj->ni", factors[component], noise), component + 1


def stretched(rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
    component = np.repeat([0, 1, 2], 200)
    centres = np.array([[-8.0, 0.0], [0.0, 0.0], [8.0, 0.0]])
    blobs = centres[component] / 2 + rng.standard_normal((600, 2)) * np.array([0.8, 4.0])
    shear = np.array([[1.0, 0.6], [0.5, 1.0]])
    return blobs @ shear, component + 1


def moons(rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
    angle = np.tile(np.linspace(0.0, np.pi, 250), 2)
    component = np.repeat([0, 1], 250)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1.0 - np.cos(angle), 0.5 - np.sin(angle)])
    arcs = np.where(component[:, np.newaxis] == 0, upper, lower)
    return arcs + 0.08 * rng.standard_normal((500, 2)), component + 1


def xor(rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
    corner = rng.integers(0, 2, size=(400, 2))
    X = (2.0 * corner - 1.0) + 0.35 * rng.standard_normal((400, 2))
    return X, (corner[:, 0] ^ corner[:, 1]).astype(np.int64)


def spirals(rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
    turn = np.tile(np.linspace(0.25, 1.5, 200), 2) * 2.0 * np.pi
    arm = np.repeat([0, 1], 200)
    direction = turn + np.pi * arm
    X = (turn / (2.0 * np.pi))[:, np.newaxis] * np.column_stack([np.cos(direction), np.sin(direction)])
    return X + 0.03 * rng.standard_normal((400, 2)), arm + 1


def films(rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
    taste = rng.choice(3, size=150, p=[0.4, 0.35, 0.25])
    likes = np.full((3, 10), 0.15)
    for t, liked in enumerate(([0, 2, 5], [1, 4, 7], [3, 6, 8])):
        likes[t, liked] = 0.9
    likes[:, 9] = 0.75
    answers = (rng.random((150, 10)) < likes[taste]).astype(np.float64)
    answers[rng.random((150, 10)) < 0.4] = np.nan
    return answers, taste + 1


def hmm_gaussian(rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
    moves = rng.random(300) >= 0.94
    moves[0] = False
    state = np.cumsum(moves) % 3
    means = np.array([[0.0, 0.0], [2.0, 0.0], [1.0, 2.0]])
    deviations = np.array([[1.0, 0.6], [0.8, 1.0], [0.7, 0.7]])
    return means[state] + deviations[state] * rng.standard_normal((300, 2)), state + 1


def bars(rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
    picture = np.zeros((10, 5, 5))
    for i in range(5):
        picture[i, i, :] = picture[5 + i, :, i] = 0.2
    mixtures = rng.dirichlet(np.ones(10), 400)
    counts = np.array([rng.multinomial(100, mixture @ picture.reshape(10, 25)) for mixture in mixtures])
    return counts.astype(np.float64), mixtures.argmax(axis=1) + 1


RECIPES: dict[str, Recipe] = {
    "two_gaussians": two_gaussians,
    "three_gaussians": three_gaussians,
    "stretched": stretched,
    "moons": moons,
    "xor": xor,
    "spirals": spirals,
    "films": films,
    "hmm_gaussian": hmm_gaussian,
    "bars": bars,
}
