r"""Weighted draws of the hidden configurations of each row, and the log-likelihood that is estimated from them.

    z_s ~ r(z),   w_s = p(z_s, y | x) / r(z_s),   p(y | x) ≈ (1/S) Σ_s w_s

Half of the draws come from the prior p(z | x), half from Π_h μ_h^z_h (1 − μ_h)^(1−z_h) with some means μ, and r is the
mixture of both: so no w is above 2 o_y(z), and the variance is finite whatever μ is (Hesterberg 1995, Technometrics
37:185). ln (1/S) Σ w is below ln p(y | x) on average (Burda, Grosse & Salakhutdinov 2016, "Importance weighted
autoencoders", theorem 1): it is the bound. The estimate of the log-likelihood adds half the variance of that logarithm
(delta method), whose root is the standard error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, log_sum_exp
from engine.models.network.configurations import Configurations, Listed, all_configurations
from engine.models.network.cost import MOST_EXACT
from engine.models.network.data import NetworkRows
from engine.models.network.params import NetworkParams, sigmoids, softplus

Bits = NDArray[np.bool_]
_ENTRIES_AT_ONCE = 2**18
_MOST_CERTAIN = 1e-3  # means of a proposal stay so far from 0 and 1


@dataclass(frozen=True, eq=False)
class WeightedDraws:
    """Draws of every row of the design from the mixture r.

    Attributes:
        z: (S, n, m_l) of each hidden layer; empty where only the weights were asked for.
        log_weights: (S, n) ln p(z_s, y | x) − ln r(z_s), at the temperature that was asked for.
        log_joint: (S, n) ln p(z_s, y | x).
    """

    z: tuple[Bits, ...]
    log_weights: Array
    log_joint: Array

    def at_temperature(self, temperature: float) -> Array:
        """(S, n) ln p(z_s, y | x)^(1/temperature) − ln r(z_s)."""
        return self.log_weights + (1.0 / temperature - 1.0) * self.log_joint


@dataclass(frozen=True)
class WeightedEvidence:
    """The log-likelihood of all rows from weighted draws, with the standard error of both its numbers.

    bound: Σ_j weight_j ln (1/S) Σ_s w_js, below the log-likelihood on average; log_likelihood: plus half its variance.
    """

    bound: float
    log_likelihood: float
    error: float


def weighted_draws(
    params: NetworkParams,
    rows: NetworkRows,
    means: tuple[Array, ...],
    generator: np.random.Generator,
    n_draws: int,
    keep: bool = False,
) -> WeightedDraws:
    """Draw from the mixture of the prior and of `means`, the μ (n, m_l) of each hidden layer; `keep` the draws, too."""
    from_prior = n_draws // 2
    proposals = [np.clip(mu, _MOST_CERTAIN, 1.0 - _MOST_CERTAIN) for mu in means]
    logits = [np.log(mu / (1.0 - mu)) for mu in proposals]
    log_shares = np.log([max(from_prior, 1e-300) / n_draws, (n_draws - from_prior) / n_draws])
    at_once = max(1, _ENTRIES_AT_ONCE // max(1, rows.n_rows * sum(params.sizes)))
    log_weights, log_joint = np.empty((n_draws, rows.n_rows)), np.empty((n_draws, rows.n_rows))
    kept: list[list[Bits]] = [[] for _ in means]
    for begin, end, of_prior in ((0, from_prior, True), (from_prior, n_draws, False)):
        for first in range(begin, end, at_once):
            some = slice(first, min(first + at_once, end))
            number = some.stop - some.start
            z, log_prior = layer_draws(params, rows.design, None if of_prior else proposals, generator, number)
            log_r = sum(_log_bernoulli(one, logit) for one, logit in zip(z, logits, strict=True))
            log_joint[some] = log_prior + log_output_of(params.output, z[-1], rows)
            mixture = np.logaddexp(log_prior + log_shares[0], log_r + log_shares[1])
            log_weights[some] = log_joint[some] - mixture
            if keep:
                for layer, one in zip(kept, z, strict=True):
                    layer.append(one)
    return WeightedDraws(tuple(np.concatenate(one) for one in kept if one), log_weights, log_joint)


def layer_draws(
    params: NetworkParams, design: Array, means: list[Array] | None, generator: np.random.Generator, number: int
) -> tuple[list[Bits], Array]:
    """z (number, n, m_l) of each layer, from the prior or from means (n, m_l), and ln p(z | x) (number, n)."""
    n = len(design)
    z: list[Bits] = []
    log_prior = np.zeros((number, n))
    for level, layer in enumerate(params.layers):
        if level == 0:
            a = design @ layer.T
        else:
            a = z[-1].reshape(number * n, -1) @ layer[:, 1:].T
            a = (a + layer[:, 0]).reshape(number, n, -1)
        probability = sigmoids(a)[0] if means is None else means[level]
        z.append(generator.random((number, n, len(layer))) < probability)
        log_prior += _log_bernoulli(z[-1], a)
    return z, log_prior


def _log_bernoulli(z: Bits, logit: Array) -> Array:
    """(B, n) Σ_h z_h λ_h − ln(1 + exp λ_h) of z (B, n, m) for logits λ (n, m) or (B, n, m)."""
    chosen = np.einsum("bnm,nm->bn" if logit.ndim == 2 else "bnm,bnm->bn", z, logit)
    return np.asarray(chosen - softplus(logit).sum(axis=-1))


def log_output_of(output: Array, z: Bits, rows: NetworkRows) -> Array:
    """(B, n) ln o_y(z) of the units z (B, n, m) of the last hidden layer."""
    logits = np.moveaxis((z.reshape(-1, z.shape[-1]) @ output[:, 1:].T + output[:, 0]).reshape(*z.shape[:2], -1), -1, 0)
    own = np.take_along_axis(logits, rows.sorted_targets[None, None, :], axis=0)[0]
    return np.asarray(own - log_sum_exp(logits))


def estimated_evidence(log_weights: Array, rows: NetworkRows) -> WeightedEvidence:
    """ln p(y | X) from log-weights (S, n) of `weighted_draws`, four at least, whose first half is from the prior."""
    n_draws = len(log_weights)
    log_mean = log_sum_exp(log_weights) - np.log(n_draws)
    relative = np.exp(log_weights - log_mean)
    variance = np.zeros(rows.n_rows)  # of the mean, as a share of it squared: that within either half
    for half in (relative[: n_draws // 2], relative[n_draws // 2 :]):
        variance += len(half) * half.var(axis=0, ddof=1) / n_draws**2
    weights = np.ones(rows.n_rows) if rows.weights is None else rows.weights
    bound = rows.weighted_sum(log_mean)
    return WeightedEvidence(bound, bound + 0.5 * float(weights @ variance), float(np.sqrt(weights**2 @ variance)))


def gathered(z: Bits, weights: Array) -> tuple[Array, Configurations]:
    """N(z) and the configurations that it is of: z (S, n, m) with a weight (S, n) each.

    They are counted over all 2^m where those are no more than the draws, else listed one by one.
    """
    m = z.shape[-1]
    if m <= MOST_EXACT and 2**m <= weights.size:
        numbers = z.reshape(-1, m) @ (1 << np.arange(m))
        configurations = all_configurations(m)
        counts = np.bincount(numbers, weights.ravel(), minlength=2**m)
        return counts.reshape(configurations.shape).astype(np.float64), configurations
    design = np.ones((weights.size, m + 1))
    design[:, 1:] = z.reshape(-1, m)
    return weights.ravel(), Listed(design)
