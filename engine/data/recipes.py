"""How the generated sets of the catalogue are made, so that they can be made again with another noise, size and seed.

A recipe takes a generator of random numbers, how many rows it shall make, and the standard deviation of the noise where
it has one; with those of the catalogue it makes the very file that comes with the engine, before rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, IntArray

DECIMALS = 4  # that generated numbers are rounded to
MOST_ROWS = 1_000_000
MOST_NOISE = 1e6


@dataclass(frozen=True)
class Recipe:
    """One generated set.

    Attributes:
        make: rows (n, d) and their classes (n,), from a generator, n and the noise.
        n_samples: of the file that comes with the engine.
        noise: the standard deviation of what is added to each point; None where nothing is added.
        least: rows, so that every class has two.
    """

    make: Callable[[np.random.Generator, int, float], tuple[Array, IntArray]]
    n_samples: int
    noise: float | None = None
    least: int = 10


def _parts(n: int, number: int) -> list[int]:
    """n in so many parts as equal as they can be, the larger ones first."""
    return [len(part) for part in np.array_split(np.arange(n), number)]


def _two_gaussians(rng: np.random.Generator, n: int, noise: float) -> tuple[Array, IntArray]:
    component = rng.choice(2, size=n, p=[0.4, 0.6])
    means, deviations = np.array([-2.0, 1.5]), np.array([0.7, 1.2])
    x = means[component] + deviations[component] * rng.standard_normal(n)
    return x[:, np.newaxis], component + 1


def _three_gaussians(rng: np.random.Generator, n: int, noise: float) -> tuple[Array, IntArray]:
    component = rng.choice(3, size=n, p=[0.5, 0.3, 0.2])
    means = np.array([[0.0, 0.0], [4.0, 1.0], [1.0, 4.5]])
    covariances = np.array([[[1.0, 0.6], [0.6, 1.0]], [[1.5, -0.8], [-0.8, 0.9]], [[0.4, 0.0], [0.0, 0.8]]])
    factors = np.linalg.cholesky(covariances)
    drawn = rng.standard_normal((n, 2))
    return means[component] + np.einsum("nij,nj->ni", factors[component], drawn), component + 1


def _stretched(rng: np.random.Generator, n: int, noise: float) -> tuple[Array, IntArray]:
    component = np.repeat([0, 1, 2], _parts(n, 3))
    centres = np.array([[-8.0, 0.0], [0.0, 0.0], [8.0, 0.0]])
    blobs = centres[component] / 2 + rng.standard_normal((n, 2)) * np.array([0.8, 4.0])
    shear = np.array([[1.0, 0.6], [0.5, 1.0]])
    return blobs @ shear, component + 1


def _moons(rng: np.random.Generator, n: int, noise: float) -> tuple[Array, IntArray]:
    sizes = _parts(n, 2)
    angle = np.concatenate([np.linspace(0.0, np.pi, size) for size in sizes])
    component = np.repeat([0, 1], sizes)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1.0 - np.cos(angle), 0.5 - np.sin(angle)])
    arcs = np.where(component[:, np.newaxis] == 0, upper, lower)
    return arcs + noise * rng.standard_normal((n, 2)), component + 1


def _xor(rng: np.random.Generator, n: int, noise: float) -> tuple[Array, IntArray]:
    corner = rng.integers(0, 2, size=(n, 2))
    X = (2.0 * corner - 1.0) + noise * rng.standard_normal((n, 2))
    return X, (corner[:, 0] ^ corner[:, 1]).astype(np.int64)


def _spirals(rng: np.random.Generator, n: int, noise: float) -> tuple[Array, IntArray]:
    sizes = _parts(n, 2)
    turn = np.concatenate([np.linspace(0.25, 1.5, size) for size in sizes]) * 2.0 * np.pi
    arm = np.repeat([0, 1], sizes)
    direction = turn + np.pi * arm
    X = (turn / (2.0 * np.pi))[:, np.newaxis] * np.column_stack([np.cos(direction), np.sin(direction)])
    return X + noise * rng.standard_normal((n, 2)), arm + 1


def _films(rng: np.random.Generator, n: int, noise: float) -> tuple[Array, IntArray]:
    taste = rng.choice(3, size=n, p=[0.4, 0.35, 0.25])
    likes = np.full((3, 10), 0.15)
    for t, liked in enumerate(([0, 2, 5], [1, 4, 7], [3, 6, 8])):
        likes[t, liked] = 0.9
    likes[:, 9] = 0.75
    answers = (rng.random((n, 10)) < likes[taste]).astype(np.float64)
    answers[rng.random((n, 10)) < 0.4] = np.nan
    return answers, taste + 1


def _hmm_gaussian(rng: np.random.Generator, n: int, noise: float) -> tuple[Array, IntArray]:
    moves = rng.random(n) >= 0.94
    moves[0] = False
    state = np.cumsum(moves) % 3
    means = np.array([[0.0, 0.0], [2.0, 0.0], [1.0, 2.0]])
    deviations = np.array([[1.0, 0.6], [0.8, 1.0], [0.7, 0.7]])
    return means[state] + deviations[state] * rng.standard_normal((n, 2)), state + 1


def _bars(rng: np.random.Generator, n: int, noise: float) -> tuple[Array, IntArray]:
    picture = np.zeros((10, 5, 5))
    for i in range(5):
        picture[i, i, :] = picture[5 + i, :, i] = 0.2
    mixtures = rng.dirichlet(np.ones(10), n)
    counts = np.array([rng.multinomial(100, mixture @ picture.reshape(10, 25)) for mixture in mixtures])
    return counts.astype(np.float64), mixtures.argmax(axis=1) + 1


RECIPES: dict[str, Recipe] = {
    "two_gaussians": Recipe(_two_gaussians, 300),
    "three_gaussians": Recipe(_three_gaussians, 1000),
    "stretched": Recipe(_stretched, 600),
    "moons": Recipe(_moons, 500, 0.08),
    "xor": Recipe(_xor, 400, 0.35),
    "spirals": Recipe(_spirals, 400, 0.03),
    "films": Recipe(_films, 150),
    "hmm_gaussian": Recipe(_hmm_gaussian, 300),
    "bars": Recipe(_bars, 400),
}
"""By the set's name in the catalogue."""
