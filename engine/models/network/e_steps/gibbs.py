r"""The E-step by Gibbs sampling: a chain for each row, all rows at once, each unit given all the others.

    p(z_h = 1 | z_others, x, y) = u_h o_y(on) / (u_h o_y(on) + (1 − u_h) o_y(off))

E[z_h] is the mean of these probabilities over the sweeps that are kept (Rao-Blackwellised: Gelfand & Smith 1990, JASA
85:398), N(z) and what belongs to the output are those of the draws themselves. The statistics are those of a Monte
Carlo EM (Wei & Tanner 1990, JASA 85:699).

A chain can't say how likely the data are: the bound and the log-likelihood are from independent weighted draws about
its means (`mlp_draws`), and H = bound − Q. At a temperature T, q ∝ p(z, y | x)^(1/T): H = ln Σ p^(1/T) − Q / T.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Array
from engine.em.expectation import Expectation
from engine.em.inference import Hard, Inference, Sampled, Tempered, generator_of
from engine.models.network.cost import check_draws
from engine.models.network.data import NetworkRows
from engine.models.network.draws import Draws, estimated_evidence, gathered, log_means, weighted_draws
from engine.models.network.e_steps.approximate import ApproximateEStep
from engine.models.network.e_steps.proposals import broad_proposals
from engine.models.network.expectation import NetworkExpectation, class_moments, expected_log_joint
from engine.models.network.layers import GibbsChain, LayeredSweeps, Sweeps, deeper_expectations, run_chain
from engine.models.network.params import NetworkParams, sigmoids

_LARGEST_EXPONENT = 300.0


@dataclass(frozen=True)
class GibbsEStep(ApproximateEStep):
    """q of each row is what `sweeps` sweeps of its chain say, after as many that are left out.

    Other algorithms: stochastic keeps the last draw alone, hard takes the likelier value of each unit in turn
    (iterated conditional modes, Besag 1986) in place of a draw, and annealed divides the log-odds by the temperature.
    """

    sweeps: int = 20
    name: ClassVar[str] = "gibbs"

    def check(self, n_rows: int, sizes: tuple[int, ...], n_classes: int) -> None:
        """Raise an error if there is no memory for the draws that are kept."""
        check_draws(n_rows, sizes, n_classes, self.sweeps, "sweeps")

    def passes(self, sizes: tuple[int, ...]) -> int:
        """One for each unit in each sweep: what the outputs are with its other value."""
        return 2 * self.sweeps * sum(sizes)

    def chain(
        self, params: NetworkParams, rows: NetworkRows, inference: Inference, generator: np.random.Generator
    ) -> GibbsChain:
        """How many sweeps are kept."""
        temperature = inference.temperature if isinstance(inference, Tempered) else 1.0
        if isinstance(inference, Hard):
            return run_chain(LayeredSweeps(params, rows, None), generator, 2 * self.sweeps - 1, 1, 0.0)
        if not isinstance(inference, Sampled):
            return run_chain(sweeps_of(params, rows, generator), generator, self.sweeps, self.sweeps, temperature)
        chain = run_chain(sweeps_of(params, rows, generator), generator, 2 * self.sweeps - 1, 1, temperature)
        drawn = tuple(z.astype(np.float64) for z in chain.z)  # q is this draw, not the odds that it was drawn with
        return GibbsChain(tuple(z[0] for z in drawn), chain.z, drawn[1:])

    def expect(self, params: NetworkParams, rows: NetworkRows, inference: Inference) -> Expectation:
        """Statistics of the chain, and the evidence from weighted draws about its means."""
        generator = generator_of(inference)
        chain = self.chain(params, rows, inference, generator)
        statistics = _statistics(chain, params, rows)
        drawn = weighted_draws(params, rows, (chain.means, *broad_proposals(params, rows)), generator, self.draws)
        found = estimated_evidence(drawn, params, rows)
        if isinstance(inference, (Hard, Sampled)):
            return Expectation(statistics, found.log_likelihood, 0.0, found.error, found.remark, found.effective)
        q_value = expected_log_joint(statistics, params, rows)
        if isinstance(inference, Tempered):
            log_mean, _ = log_means(drawn.at_temperature(inference.temperature), drawn.strata)
            normaliser = rows.weighted_sum(log_mean)
            entropy = normaliser - q_value / inference.temperature
        else:
            entropy = found.bound - q_value
        return Expectation(statistics, found.log_likelihood, entropy, found.error, found.remark, found.effective)

    def drawn(self, params: NetworkParams, rows: NetworkRows, inference: Inference) -> tuple[Draws, ...] | None:
        """The units after each sweep that is kept, each sweep counting as much as any other."""
        chain = self.chain(params, rows, inference, generator_of(inference))
        return tuple(Draws(z, np.full(z.shape[:2], 1.0 / len(z))) for z in chain.z)

    def means(self, params: NetworkParams, rows: NetworkRows, inference: Inference) -> Array:
        """(n, Σ m_l) E[z] of every row in the order of the design."""
        return np.hstack(self.chain(params, rows, inference, generator_of(inference)).means)


def _statistics(chain: GibbsChain, params: NetworkParams, rows: NetworkRows) -> NetworkExpectation:
    last = chain.z[-1]
    weights = np.ones(rows.n_rows) if rows.weights is None else rows.weights
    counts, configurations = gathered(last, np.broadcast_to(weights / len(last), last.shape[:2]))
    # both halves of the output's regression from the same draws: mixed with means they could have no maximum
    moments = class_moments(last.mean(axis=0), rows, params.n_classes)
    return NetworkExpectation(chain.means[0], moments, counts, configurations, deeper_expectations(chain, rows))


def sweeps_of(params: NetworkParams, rows: NetworkRows, generator: np.random.Generator) -> Sweeps:
    """Chains that begin at draws from p(z | x), by the faster sweep where exp of every output logit is a number."""
    largest = float(np.abs(params.output - params.output[-1]).max(axis=0).sum())
    if params.deeper is None and largest <= _LARGEST_EXPONENT:
        return OneLayerSweeps(params, rows, generator)
    return LayeredSweeps(params, rows, generator)


class OneLayerSweeps:
    """Chains of one hidden layer without a logarithm: exp(o_i) is carried along, a flip multiplies it by exp(±v_ih)."""

    def __init__(self, params: NetworkParams, rows: NetworkRows, generator: np.random.Generator) -> None:
        u, not_u = sigmoids(params.hidden @ rows.design.T)  # (m, n)
        relative = params.output - params.output[-1]  # so that the last class always has exp(0)
        self.output = relative[:-1]
        self.factors = np.exp(self.output[:, 1:].T)[:, :, None]  # (m, g−1, 1)
        self.on = u * np.exp(relative[:, 1:].T[:, rows.sorted_targets])
        self.off = not_u
        self.z = [(generator.random(u.shape) < u).astype(np.float64)]

    def sweep(self, uniforms: list[Array], temperature: float) -> list[Array]:
        """Every unit of every row, in turn."""
        z, (uniform,) = self.z[0], uniforms
        found = np.empty(z.shape)
        exponentials = np.exp(self.output[:, :1] + self.output[:, 1:] @ z)  # (g−1, n), again: rounding doesn't pile up
        for h, factor in enumerate(self.factors):
            off = np.where(z[h] > 0, exponentials / factor, exponentials)
            on = off * factor
            likelier = self.on[h] * (1.0 + off.sum(axis=0))
            other = self.off[h] * (1.0 + on.sum(axis=0))
            if temperature != 1.0:  # the ratio to the power of 1/temperature; the larger becomes 1
                top = np.maximum(likelier, other)
                likelier, other = ((weight / top) ** (1.0 / temperature) for weight in (likelier, other))
            np.divide(likelier, likelier + other, out=found[h])
            drawn = uniform[h] < found[h]
            z[h] = drawn
            exponentials = np.where(drawn, on, off)
        return [found]
