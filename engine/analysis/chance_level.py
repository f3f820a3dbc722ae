"""The log-likelihood of what learned nothing: that of the classes' shares, or of one Gaussian for all rows."""

from __future__ import annotations

import math

import numpy as np

from engine.arrays import Array, IntArray
from engine.em.observations import Observations


def chance_level(data: Observations) -> tuple[float, str] | None:
    """The log-likelihood that no input changes, and what is said of every row then; None where nothing is learned."""
    if data.number_targets is not None:
        return _of_numbers(data.number_targets, data.sample_weight), "each row is predicted by the mean"
    if data.y is not None:
        return _of_classes(data.y, data.sample_weight), "the probabilities are the shares of the classes"
    return None


def _of_classes(y: IntArray, weight: Array | None) -> float:
    """Σ_c n_c ln(n_c / n)."""
    counts = np.bincount(y, weights=weight).astype(np.float64)
    counts = counts[counts > 0]
    return float(counts @ np.log(counts / counts.sum()))


def _of_numbers(y: Array, weight: Array | None) -> float:
    """−n/2 (ln 2πσ² + 1): a ridge that makes σ² larger by 1e-6 of it changes this by less than 1e-12 n."""
    n = float(len(y) if weight is None else weight.sum())
    variance = float(np.average((y - np.average(y, weights=weight)) ** 2, weights=weight))
    return -0.5 * n * (math.log(2.0 * math.pi * variance) + 1.0) if variance > 0 else math.inf
