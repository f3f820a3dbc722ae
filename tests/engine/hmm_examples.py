"""What the tests of hidden Markov models share: small models, and every path of a sequence."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
from scipy.stats import multivariate_normal

import engine
from engine.models.hmm.forward_backward import Chain

Params = engine.HiddenMarkovModel.Params
ICE_CREAM = engine.load("icecream")
EISNER = Params(
    initial=[0.5, 0.5],
    transition=[[0.8, 0.1], [0.1, 0.8]],
    emission=[[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]],
    stop=[0.1, 0.1],
)
"""States C and H of Eisner (2002); symbols 1, 2, 3."""


def simplex(generator, *shape, zeros=0.0):
    """Rows of probabilities; some of them 0, but never all of a row."""
    drawn = generator.exponential(size=shape) + 0.01
    gone = generator.random(shape) < zeros
    gone[..., 0] &= ~gone.all(axis=-1)
    drawn[gone] = 0.0
    return drawn / drawn.sum(axis=-1, keepdims=True)


def some_params(generator, S, emission, *, stop=False, zeros=0.0):
    """θ at random: `emission` a number of symbols, or a GaussianEmission."""
    rows = simplex(generator, S, S + 1, zeros=zeros)
    if isinstance(emission, int):
        emission = simplex(generator, S, emission, zeros=zeros)
    if stop:
        return Params(simplex(generator, S), rows[:, 1:], emission, rows[:, 0])
    rows[:, 1:] += (rows[:, 0] / S)[:, None]
    return Params(simplex(generator, S, zeros=zeros), rows[:, 1:], emission)


def some_chain(generator, S, lengths, *, zeros=0.0, spread=1.0):
    """Potentials and transitions at random, for several sequences."""
    T = sum(lengths)
    potentials = spread * generator.normal(size=(S, T))
    potentials[generator.random((S, T)) < zeros] = -np.inf
    with np.errstate(divide="ignore"):
        transition = np.log(simplex(generator, S, S, zeros=zeros))
    return Chain(potentials, transition, np.cumsum(lengths) - np.array(lengths))


def density(params, i, x):
    """p(x | z = i)."""
    if isinstance(params.emission, engine.GaussianEmission):
        covariance = params.emission.covariances[i]
        covariance = np.diag(covariance) if np.ndim(covariance) == 1 else covariance
        return multivariate_normal.pdf(x, params.emission.means[i], covariance)
    return params.emission[i, int(x[0])]


def joint(params, z, x):
    """p(x, z) of one sequence, as the textbook has it."""
    p = params.initial[z[0]]
    for i, j in pairwise(z):
        p *= params.transition[i, j]
    for i, row in zip(z, x, strict=True):
        p *= density(params, i, row)
    return p if params.stop is None else p * params.stop[z[-1]]


def every_path(params, x):
    """(S^T, T) the paths, and (S^T,) p(x, z) of each."""
    paths = list(product(range(len(params.initial)), repeat=len(x)))
    return np.array(paths), np.array([joint(params, z, x) for z in paths])


def enumerate_paths(params, sequences, *, q_params=None, temperature=1.0):
    """ln p(X | θ), Q(θ; q), H(q) and the marginals of q ∝ p(X, Z | θ_q)^(1/temperature), over all S^T paths."""
    log_likelihood = q_value = entropy = 0.0
    marginals = []
    for x in sequences:
        paths, at = every_path(params, x)
        _, q = every_path(q_params or params, x)
        q = q ** (1.0 / temperature)
        q /= q.sum()
        used = q > 0
        log_likelihood += np.log(at.sum())
        q_value += q[used] @ np.log(at[used])
        entropy -= q[used] @ np.log(q[used])
        marginals.append(np.stack([q @ (paths == i) for i in range(len(params.initial))], axis=1))
    return log_likelihood, q_value, entropy, np.concatenate(marginals)
