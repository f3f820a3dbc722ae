r"""Weighted draws of the hidden configurations of each row, and the log-likelihood that is estimated from them.

    z_s ~ r(z),   w_s = p(z_s, y | x) / r(z_s),   p(y | x) ≈ (1/S) Σ_s w_s

Some of the draws come from the prior p(z | x), others from Π_h μ_h^z_h (1 − μ_h)^(1−z_h) with some means μ, and r is
the mixture of all: so no w is above o_y(z) / (share of the prior), and the variance is finite whatever μ are
(Hesterberg 1995, Technometrics 37:185). ln (1/S) Σ w is below ln p(y | x) on average (Burda, Grosse & Salakhutdinov
2016, "Importance weighted autoencoders", theorem 1): it is the bound. The estimate of the log-likelihood adds half the
variance of that logarithm (delta method), whose root is the standard error.

Few effective draws, (Σ w)² / Σ w², mean that this variance can't be trusted. Such a row is then off by at most what
lies between two bounds that hold for certain, over the configurations z' that were drawn:

    Σ_z' p(z', y | x)  ≤  p(y | x)  ≤  Σ_z' p(z', y | x) + (1 − Σ_z' p(z' | x)) max_z o_y(z)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, IntArray, log_sum_exp
from engine.em.expectation import EffectiveDraws
from engine.models.network.configurations import Configurations, Listed, all_configurations
from engine.models.network.cost import MOST_EXACT
from engine.models.network.data import NetworkRows
from engine.models.network.params import NetworkParams, sigmoid, softplus

Bits = NDArray[np.bool_]
_ENTRIES_AT_ONCE = 2**18
_FEW = 10  # effective draws of a row, below which their variance can't be trusted
_MOST_CERTAIN = 1e-3  # means of a proposal stay so far from 0 and 1


@dataclass(frozen=True, eq=False)
class Draws:
    """What an E-step drew of one hidden layer.

    Attributes:
        z: (S, n, m_l) by rows of the design.
        weights: (S, n), which sum to 1 for each row.
    """

    z: Bits
    weights: Array


@dataclass(frozen=True, eq=False)
class WeightedDraws:
    """Draws of every row of the design from the mixture r.

    Attributes:
        z: (S, n, m_l) of each hidden layer; empty where only the weights were asked for.
        log_weights: (S, n) ln p(z_s, y | x) − ln r(z_s), at the temperature that was asked for.
        log_joint: (S, n) ln p(z_s, y | x).
        log_prior: (S, n) ln p(z_s | x).
        strata: how many draws are from the prior, and from each proposal, one after the other.
    """

    z: tuple[Bits, ...]
    log_weights: Array
    log_joint: Array
    log_prior: Array
    strata: tuple[int, ...]

    def at_temperature(self, temperature: float) -> Array:
        """(S, n) ln p(z_s, y | x)^(1/temperature) − ln r(z_s)."""
        return self.log_weights + (1.0 / temperature - 1.0) * self.log_joint


@dataclass(frozen=True)
class WeightedEvidence:
    """The log-likelihood of all rows from weighted draws, with the standard error of both its numbers.

    bound: Σ_j weight_j ln (1/S) Σ_s w_js, below the log-likelihood on average; log_likelihood: plus half its variance.
    error: for rows of few effective draws it covers what these can have missed.
    effective: how many draws of a row count. remark: says so; "" if there are none.
    """

    bound: float
    log_likelihood: float
    error: float
    effective: EffectiveDraws
    remark: str = ""


def weighted_draws(
    params: NetworkParams,
    rows: NetworkRows,
    proposals: Sequence[tuple[Array, ...]],
    generator: np.random.Generator,
    n_draws: int,
    keep: bool = False,
) -> WeightedDraws:
    """Draw from the mixture of the prior and of `proposals`, each the μ (n, m_l) of every layer; `keep` the draws."""
    means = [[np.clip(mu, _MOST_CERTAIN, 1.0 - _MOST_CERTAIN) for mu in each] for each in proposals]
    logits = [[np.log(mu / (1.0 - mu)) for mu in each] for each in means]
    of_proposals = [(each, [softplus(one).sum(axis=-1) for one in each]) for each in logits]
    strata = _strata(n_draws, len(means))
    with np.errstate(divide="ignore"):
        log_shares = np.log(np.array(strata) / n_draws)
    at_once = max(1, _ENTRIES_AT_ONCE // max(1, rows.n_rows * sum(params.sizes)))
    log_weights, log_joint, log_priors = np.empty((3, n_draws, rows.n_rows))
    kept: list[list[Bits]] = [[] for _ in params.sizes]
    begin, first_layer = 0, FirstLayer.of(params, rows.design)
    for proposal, count in zip((None, *means), strata, strict=True):
        for first in range(begin, begin + count, at_once):
            some = slice(first, min(first + at_once, begin + count))
            z, log_prior = layer_draws(params, first_layer, proposal, generator, some.stop - some.start)
            log_r = [log_prior + log_shares[0]]
            for each, share in zip(of_proposals, log_shares[1:], strict=True):
                log_r.append(sum((_log_bernoulli(*of) for of in zip(z, *each, strict=True)), share))
            log_priors[some] = log_prior
            log_joint[some] = log_prior + log_output_of(params.output, z[-1], rows)
            log_weights[some] = log_joint[some] - log_sum_exp(np.array(log_r))
            if keep:
                for layer, one in zip(kept, z, strict=True):
                    layer.append(one)
        begin += count
    drawn = tuple(np.concatenate(one) for one in kept if one)
    return WeightedDraws(drawn, log_weights, log_joint, log_priors, strata)


def _strata(n_draws: int, n_proposals: int) -> tuple[int, ...]:
    """How many draws come from the prior and from each proposal: from a single one half, of several the first has more.

    The first is what an E-step knows of q, the others look where it may have missed something.
    """
    shares = [0.5, 0.5] if n_proposals == 1 else [0.3, 0.2, *(n_proposals - 1) * [0.5 / (n_proposals - 1)]]
    ends = np.floor(np.cumsum(shares) * n_draws + 1e-9).astype(int)
    ends[-1] = n_draws
    return tuple(int(count) for count in np.diff(ends, prepend=0))


@dataclass(frozen=True, eq=False)
class FirstLayer:
    """What the inputs say of the units of the first layer, for every draw: logits (n, m) and their probabilities."""

    logits: Array
    probability: Array
    n_rows: int

    @classmethod
    def of(cls, params: NetworkParams, design: Array) -> FirstLayer:
        """Of these rows."""
        logits = design @ params.layers[0].T
        return cls(logits, sigmoid(logits), len(design))

    @cached_property
    def log_none(self) -> Array:
        """(n,) −ln p(z = 0 | x) of the first layer: Σ_h ln(1 + exp λ_h)."""
        return np.asarray(softplus(self.logits).sum(axis=-1))


def layer_draws(
    params: NetworkParams, first: FirstLayer, means: list[Array] | None, generator: np.random.Generator, number: int
) -> tuple[list[Bits], Array]:
    """z (number, n, m_l) of each layer, from the prior or from means (n, m_l), and ln p(z | x) (number, n)."""
    z: list[Bits] = []
    log_prior = np.zeros((number, first.n_rows))
    for level, layer in enumerate(params.layers):
        a = first.logits if level == 0 else _next_logits(z[-1], layer)
        probability = means[level] if means is not None else first.probability if level == 0 else sigmoid(a)
        z.append(generator.random((number, first.n_rows, len(layer))) < probability)
        log_prior += _log_bernoulli(z[-1], a, first.log_none if level == 0 else softplus(a).sum(axis=-1))
    return z, log_prior


def prior_draws(params: NetworkParams, first: FirstLayer, generator: np.random.Generator, number: int) -> list[Bits]:
    """z (number, n, m_l) of each layer, from the prior: those of `layer_draws`, without how likely they are."""
    z: list[Bits] = [generator.random((number, first.n_rows, len(params.layers[0]))) < first.probability]
    for layer in params.layers[1:]:
        z.append(generator.random((number, first.n_rows, len(layer))) < sigmoid(_next_logits(z[-1], layer)))
    return z


def _next_logits(z: Bits, layer: Array) -> Array:
    """(number, n, m) of the units of a layer, from those of the layer before."""
    number, n, _ = z.shape
    return np.asarray((z.reshape(number * n, -1) @ layer[:, 1:].T + layer[:, 0]).reshape(number, n, -1))


def _log_bernoulli(z: Bits, logit: Array, log_none: Array) -> Array:
    """(B, n) Σ_h z_h λ_h − ln(1 + exp λ_h) of z (B, n, m) for logits λ (n, m) or (B, n, m); the second sum is given."""
    chosen = np.einsum("bnm,nm->bn" if logit.ndim == 2 else "bnm,bnm->bn", z, logit)
    return np.asarray(chosen - log_none)


def log_output_of(output: Array, z: Bits, rows: NetworkRows) -> Array:
    """(B, n) ln o_y(z) of the units z (B, n, m) of the last hidden layer."""
    logits = np.moveaxis((z.reshape(-1, z.shape[-1]) @ output[:, 1:].T + output[:, 0]).reshape(*z.shape[:2], -1), -1, 0)
    own = np.take_along_axis(logits, rows.sorted_targets[None, None, :], axis=0)[0]
    return np.asarray(own - log_sum_exp(logits))


def estimated_evidence(drawn: WeightedDraws, params: NetworkParams, rows: NetworkRows) -> WeightedEvidence:
    """ln p(y | X) from weighted draws, and how far off it may be."""
    log_mean, variance = log_means(drawn.log_weights, drawn.strata)
    weights = np.ones(rows.n_rows) if rows.weights is None else rows.weights
    bound = rows.weighted_sum(log_mean)
    estimate, error = log_mean + 0.5 * variance, float(np.sqrt(weights**2 @ variance))
    share = np.exp(drawn.log_weights - log_sum_exp(drawn.log_weights))
    effective = 1.0 / (share**2).sum(axis=0)
    counted = effective[weights > 0]
    told = EffectiveDraws(float(counted.min()), float(np.median(counted)), len(share))
    few = np.flatnonzero((effective < min(_FEW, len(share) / 10)) & (weights > 0))
    if not len(few):
        return WeightedEvidence(bound, rows.weighted_sum(estimate), error, told)
    error += float(weights[few] @ _missed(drawn, params, rows, few, estimate))
    worst = few[int(effective[few].argmin())]
    said = f"{len(few)} rows" if len(few) > 1 else "a row"
    remark = (
        f"for {said} a few draws count for all (effectively {effective[worst]:z.1f} of {len(share)}): the estimate of "
        "the log-likelihood is not to be trusted, and its error covers what they may have missed"
    )
    return WeightedEvidence(bound, rows.weighted_sum(estimate), error, told, remark)


def log_means(log_weights: Array, strata: tuple[int, ...]) -> tuple[Array, Array]:
    """(n,) ln (1/S) Σ_s w_s of each row, and the variance of that mean as a share of it squared.

    The variance is that within the strata; within all draws where a stratum has a single one.
    """
    n_draws = len(log_weights)
    log_mean = log_sum_exp(log_weights) - np.log(n_draws)
    relative_weights = np.exp(log_weights - log_mean)
    if min(count for count in strata if count) < 2:
        return log_mean, relative_weights.var(axis=0, ddof=1) / n_draws
    variance, begin = np.zeros(log_weights.shape[1]), 0
    for count in filter(None, strata):
        variance += count * relative_weights[begin : begin + count].var(axis=0, ddof=1) / n_draws**2
        begin += count
    return log_mean, variance


def _missed(drawn: WeightedDraws, params: NetworkParams, rows: NetworkRows, chosen: IntArray, estimate: Array) -> Array:
    """(len(chosen),) how far ln p(y | x) of these rows can be from its estimate, for certain; see the module.

    Draws of equal probabilities pass for one configuration: the bounds hold then, too.
    """
    away = params.output[:, :, None] - params.output[rows.sorted_targets[chosen]].T[None]  # (g, m+1, rows)
    least = away[:, 0] + np.minimum(away[:, 1:], 0.0).sum(axis=1)  # of each class's logit over that of the row's own
    log_most = -log_sum_exp(least)  # ln max_z o_y(z), or more
    found = np.empty(len(chosen))
    for place, row in enumerate(chosen):
        each = np.unique(np.stack([drawn.log_joint[:, row], drawn.log_prior[:, row]], axis=1), axis=0)
        lower = float(log_sum_exp(each[:, 0]))
        unseen = max(0.0, 1.0 - float(np.exp(log_sum_exp(each[:, 1]))))
        upper = float(np.logaddexp(lower, np.log(unseen) + log_most[place])) if unseen > 0 else lower
        found[place] = max(upper - estimate[row], estimate[row] - lower, 0.0)
    return found


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
    design = np.empty((weights.size, m + 1))
    design[:, 0] = 1.0
    design[:, 1:] = z.reshape(-1, m)
    return weights.ravel(), Listed(design)
