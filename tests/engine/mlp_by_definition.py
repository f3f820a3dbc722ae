"""The network by its definition: every configuration of every row in turn, in logarithms."""

from __future__ import annotations

from itertools import product

import numpy as np


def log_sigmoid(a):
    return -np.logaddexp(0.0, -a)


def log_softmax(logits):
    return logits - np.logaddexp.reduce(logits)


def configurations(m):
    """(2^m, m), unit 1 changing fastest."""
    return np.array([bits[::-1] for bits in product((0.0, 1.0), repeat=m)])


def log_prior(hidden, x):
    """(2^m,) ln p(z | x)."""
    a = hidden @ np.concatenate([[1.0], x])
    return np.array([sum(log_sigmoid(s if on else -s) for s, on in zip(a, z, strict=True)) for z in _units(hidden)])


def log_output(output, m):
    """(2^m, g) ln p(y | z)."""
    return np.array([log_softmax(output @ np.concatenate([[1.0], z])) for z in configurations(m)])


def posterior(hidden, output, X, y):
    """(n, 2^m) p(z | x, y) and (n,) ln p(y | x)."""
    log_o = log_output(output, len(hidden))
    joint = np.array([log_prior(hidden, x) + log_o[:, c] for x, c in zip(X, y, strict=True)])
    evidence = np.logaddexp.reduce(joint, axis=1)
    return np.exp(joint - evidence[:, None]), evidence


def q_value(q, hidden, output, X, y, weight):
    """E_q[ln p(y, z | x)], row by row and configuration by configuration."""
    log_o = log_output(output, len(hidden))
    rows = [np.sum(p * (log_prior(hidden, x) + log_o[:, c])) for p, x, c in zip(q, X, y, strict=True)]
    return float(np.dot(weight, rows))


def predictive(hidden, output, X):
    """(n, g) p(y | x)."""
    o = np.exp(log_output(output, len(hidden)))
    return np.array([np.exp(log_prior(hidden, x)) @ o for x in X])


def numerical_gradient(function, at, step=1e-5):
    """∂f/∂at by central differences, for f that gives a number or an array."""
    at = np.asarray(at, dtype=float)
    columns = []
    for index in np.ndindex(at.shape):
        up, down = at.copy(), at.copy()
        up[index] += step
        down[index] -= step
        columns.append((np.asarray(function(up)) - np.asarray(function(down))) / (2 * step))
    found = np.array(columns)
    return found.reshape(at.shape + found.shape[1:])


def _units(hidden):
    return configurations(len(hidden))


def log_bernoulli(a, z):
    """Σ_h ln σ(±a_h)."""
    return float(sum(log_sigmoid(s if on else -s) for s, on in zip(a, z, strict=True)))


def layered_log_joint(layers, output, x, target, zs):
    """ln p(z¹, …, z^L, y | x) of one row at the given units of every layer."""
    inputs, total = x, 0.0
    for layer, z in zip(layers, zs, strict=True):
        total += log_bernoulli(layer @ np.concatenate([[1.0], inputs]), z)
        inputs = z
    return total + log_softmax(output @ np.concatenate([[1.0], inputs]))[target]


def layered_posterior(layers, output, x, target):
    """E[z] of every unit, layer after layer, and ln p(y | x) of one row, over all values of all layers."""
    every = [configurations(len(layer)) for layer in layers]
    states = [list(zs) for zs in product(*every)]
    joint = np.array([layered_log_joint(layers, output, x, target, zs) for zs in states])
    evidence = np.logaddexp.reduce(joint)
    q = np.exp(joint - evidence)
    return q @ np.array([np.concatenate(zs) for zs in states]), evidence
