r"""The mean-field E-step: q(z) = Π_h μ_h^z_h (1 − μ_h)^(1−z_h) for each row, by coordinate ascent on a bound.

E_q[ln Σ_i exp(v_iᵀ[1, z])] is a sum over 2^m; by Jensen it is at most ln Σ_i E_q[exp(v_iᵀ[1, z])], which factorises:

    C_j(V) = ln Σ_i exp(v_i0) Π_h (1 − μ_h + μ_h exp v_ih)
    bound  = Σ_h (μ_h a_h − ln(1 + exp a_h)) + v_yᵀ[1, μ] − C + H(μ)  ≤  L(q, θ)  ≤  ln p(y | x)

C is convex in V, so the M-step is a concave problem as before. As a function of one μ_h the bound is
α μ − ln((1 − μ) S₀ + μ S₁) + H(μ) with α = a_h + v_yh; −ln is convex, hence above its tangent, and the maximum with
the tangent in its place never lowers the bound:

    μ_h ← σ(α − (S₁ − S₀) / ((1 − μ_h) S₀ + μ_h S₁))
                        Saul, Jaakkola & Jordan 1996, J. Artificial Intelligence Research 4:61, on sigmoid belief nets
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from engine.arrays import Array, log_sum_exp
from engine.em.expectation import Expectation
from engine.em.inference import Exact, Inference, generator_of
from engine.errors import OptionError
from engine.models.network.data import NetworkRows
from engine.models.network.draws import estimated_evidence, weighted_draws
from engine.models.network.e_steps.approximate import ApproximateEStep
from engine.models.network.e_steps.exact import exact_posterior
from engine.models.network.e_steps.proposals import broad_proposals
from engine.models.network.expectation import NetworkExpectation, class_moments
from engine.models.network.params import NetworkParams, sigmoid, sigmoids, softplus
from engine.parallel import map_chunks, row_chunks

_MOST_SWEEPS = 200
_REST = 1e-6  # no logit of μ moves by more
_LARGEST_LOGIT = 30.0  # μ stays within 1e-13 of 0 and 1, so that no quotient is 0/0; the bound is one at any μ
_ROWS_AT_ONCE = 4096
_ENUMERATED = 2**17  # rows times configurations, which take a few milliseconds
_LARGE_GAP = 0.05  # of the log-likelihood


@dataclass(frozen=True, eq=False)
class Factorised:
    """A factorised q for each row, in place of a set of configurations; weights are one number for each row.

    logit: (n, m) ln(μ / (1 − μ)).
    """

    logit: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """(n,)."""
        return (len(self.logit),)

    def outputs(self, output: Array) -> FactorisedOutputs:
        """C_j(V) of each row, and the distributions whose moments are its derivatives."""
        shifted = self.logit + output[:, 1:][:, None, :]  # (g, n, m) the logit of μ under exp(v_iᵀz)
        log_terms = output[:, :1] + (softplus(shifted) - softplus(self.logit)).sum(axis=2)
        log_normaliser = log_sum_exp(log_terms)
        return FactorisedOutputs(log_normaliser, np.exp(log_terms - log_normaliser), shifted)


@dataclass(frozen=True, eq=False)
class FactorisedOutputs:
    """C_j(V); ∂C_j/∂v_i = π_i r_i with r_i = [1, ρ_i].

    Attributes:
        log_normaliser: (n,) C_j.
        probabilities: (g, n) π_i ∝ E_q[exp(v_iᵀ[1, z])].
        shifted: (g, n, m) the logits of ρ_i, the mean of z under q(z) exp(v_iᵀ[1, z]).
    """

    log_normaliser: Array
    probabilities: Array
    shifted: Array

    def first_moments(self, index: int, weights: Array) -> Array:
        """(m+1,) Σ_j weight_j π_i [1, ρ_i]: a row of the gradient of Σ weights · C."""
        weighted = weights * self.probabilities[index]
        return np.concatenate([[weighted.sum()], weighted @ sigmoid(self.shifted[index])])

    def second_moments(self, index: int, other: int, weights: Array) -> Array:
        """(m+1, m+1) a block of the Hessian: δ_ij π_i (diag(0, ρ_i(1−ρ_i)) + r_i r_iᵀ) − π_i π_j r_i r_jᵀ."""
        own, others = self._design(index), self._design(other)
        weighted = weights * self.probabilities[index] * ((index == other) - self.probabilities[other])
        block = (own.T * weighted) @ others
        if index == other:
            rho, not_rho = sigmoids(self.shifted[index])
            places = np.arange(1, len(block))
            block[places, places] += (weights * self.probabilities[index]) @ (rho * not_rho)
        return np.asarray(block)

    def _design(self, index: int) -> Array:
        rho = sigmoid(self.shifted[index])
        return np.hstack([np.ones((len(rho), 1)), rho])


@dataclass(frozen=True)
class MeanFieldEStep(ApproximateEStep):
    """q is the factorised distribution of the largest bound that coordinate ascent finds from p(z | x).

    The log-likelihood is estimated by importance sampling with `draws` draws a row, some of them from q.
    """

    name: ClassVar[str] = "mean_field"
    places_matter: ClassVar[bool] = False
    estimates: ClassVar[frozenset[str]] = frozenset({"log_likelihood", "kl"})  # q and its bound are known

    def check(self, n_rows: int, sizes: tuple[int, ...], n_classes: int) -> None:
        """Nothing here grows faster than n g m."""

    def passes(self, sizes: tuple[int, ...]) -> int:
        """One for each unit: a sweep; how many it takes to rest differs from row to row, and is not counted."""
        return sum(sizes)

    def expect(self, params: NetworkParams, rows: NetworkRows, inference: Inference) -> Expectation:
        """The statistics of q, whose Q + H is the bound; ln p(y | X, θ) is an estimate with its error."""
        logit = settled(params, rows, inference)
        mu = sigmoid(logit)
        weights = np.ones(rows.n_rows) if rows.weights is None else rows.weights
        moments = class_moments(mu, rows, params.n_classes)
        statistics = NetworkExpectation(mu, moments, weights, Factorised(logit))
        proposals = ((mu,), *broad_proposals(params, rows))
        drawn = weighted_draws(params, rows, proposals, generator_of(inference), self.draws)
        found = estimated_evidence(drawn, params, rows)
        bound = rows.weighted_sum(bounds(params, rows, logit))
        estimate = max(found.log_likelihood, bound)  # which is below the log-likelihood for certain
        remark = "; ".join(filter(None, (_gap(params, rows, bound, estimate), found.remark)))
        entropy = rows.weighted_sum(_entropies(logit))
        return Expectation(statistics, estimate, entropy, found.error, remark, found.effective)

    def means(self, params: NetworkParams, rows: NetworkRows, inference: Inference) -> Array:
        """(n, m) μ in the order of the design."""
        return sigmoid(settled(params, rows, inference))

    def entropy(self, params: NetworkParams, rows: NetworkRows, inference: Inference) -> float:
        """−Σ μ ln μ + (1 − μ) ln(1 − μ), from μ itself."""
        mu, not_mu = sigmoids(settled(params, rows, inference))
        return -rows.weighted_sum((mu * np.log(mu) + not_mu * np.log(not_mu)).sum(axis=1))


def _gap(params: NetworkParams, rows: NetworkRows, bound: float, estimate: float) -> str:
    """How far the bound lies below the log-likelihood where that is much: a clause, or ""."""
    small = params.deeper is None and rows.n_rows << min(params.hidden_units, 40) <= _ENUMERATED
    height = rows.weighted_sum(exact_posterior(params, rows).log_evidence) if small else estimate
    gap = height - bound
    if gap <= max(1.0, _LARGE_GAP * abs(height)):
        return ""
    how = "by all configurations" if small else "by its estimate"
    return f"mean field is a bound, and it lies {gap:z.1f} below the log-likelihood, {height:z.1f} {how}"


def settled(params: NetworkParams, rows: NetworkRows, inference: Inference) -> Array:
    """(n, m) logits of μ at rest, by rows of the design. Raises OptionError for an algorithm that wants another q."""
    if not isinstance(inference, Exact):
        raise OptionError("the mean-field E-step is for the algorithm classic alone: take that one, or e_step=gibbs.")
    parts = row_chunks(rows.n_rows, _ROWS_AT_ONCE)
    return np.concatenate(map_chunks(partial(_ascend, params, rows), parts))


def _ascend(params: NetworkParams, rows: NetworkRows, part: slice) -> Array:
    """Coordinate ascent for some rows, (rows, m); a row that rests is swept no more."""
    a = params.hidden @ rows.design[part].T  # (m, rows)
    alpha = a + params.output[:, 1:].T[:, rows.sorted_targets[part]]
    logit = np.clip(a, -_LARGEST_LOGIT, _LARGEST_LOGIT)
    moving = np.arange(logit.shape[1])
    for _ in range(_MOST_SWEEPS):
        before = logit[:, moving]
        after = _swept(before, alpha[:, moving], params.output)
        logit[:, moving] = after
        moving = moving[np.abs(after - before).max(axis=0) >= _REST]
        if not len(moving):
            break
    return logit.T


def _swept(before: Array, alpha: Array, output: Array) -> Array:
    """One sweep over the units: the new logits (m, rows)."""
    logit, v = before.copy(), output[:, 1:]
    # ln E_q[exp(v_ih z_h)] of each unit, (m, g, rows); their sums are carried along, computed again in each sweep
    own = softplus(logit[:, None, :] + v.T[:, :, None]) - softplus(logit)[:, None, :]
    terms = output[:, :1] + own.sum(axis=0)
    weights = np.vstack([v, np.zeros(len(logit))])[:, :, None]  # (g + 1, m, 1): the last is no class
    pair = np.empty((2, *terms.shape))
    for h in range(len(logit)):
        terms -= own[h]
        pair[0] = terms
        np.add(terms, v[:, h, None], out=pair[1])
        log_s = log_sum_exp(pair, axis=1)  # ln S₀, ln S₁
        s0, s1 = np.exp(log_s - log_s.max(axis=0))
        mu, not_mu = sigmoids(logit[h])
        slope = (s1 - s0) / (not_mu * s0 + mu * s1)
        logit[h] = np.clip(alpha[h] - slope, -_LARGEST_LOGIT, _LARGEST_LOGIT)
        grown = softplus(logit[h] + weights[:, h])
        terms += grown[:-1] - grown[-1]
    return logit


def bounds(params: NetworkParams, rows: NetworkRows, logit: Array) -> Array:
    """(n,) the bound of each row of the design at any μ, given by its logits (n, m)."""
    mu = sigmoid(logit)
    a = rows.design @ params.hidden.T
    own = params.output[rows.sorted_targets]
    inner = (mu * a - softplus(a)).sum(axis=1) + own[:, 0] + (own[:, 1:] * mu).sum(axis=1)
    return np.asarray(inner - Factorised(logit).outputs(params.output).log_normaliser + _entropies(logit))


def _entropies(logit: Array) -> Array:
    """(n,) H(μ) = Σ_h softplus(λ_h) − μ_h λ_h."""
    return np.asarray((softplus(logit) - sigmoid(logit) * logit).sum(axis=1))
