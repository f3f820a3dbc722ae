r"""Gibbs sampling of the hidden units of a network with one hidden layer or several (a sigmoid belief net).

Given all other units, unit h of layer l is on with probability σ of

    a_h  +  Σ_k z_k w_kh − ln(1 + exp a_k(on)) + ln(1 + exp a_k(off))     where k runs over the units of the next layer
    a_h  +  v_yh − ln Σ_i exp(o_i(on)) + ln Σ_i exp(o_i(off))             where the output is next

a and o are carried along: a unit that flips adds ± its own weights to them.            Neal 1992, Artificial
Intelligence 56:71. Everything is in logarithms here; `mlp_gibbs` has a faster sweep for one layer of moderate weights.

Given what is drawn, every layer is a regression of its own: what a layer draws is the next one's input.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.arrays import Array, log_sum_exp
from engine.models.network.data import NetworkRows, arranged
from engine.models.network.draws import Bits
from engine.models.network.expectation import DeeperExpectation
from engine.models.network.params import NetworkParams, sigmoid, softplus


class Sweeps(Protocol):
    """A chain for each row, at some state: z is (m_l, n) 0 or 1 of each hidden layer."""

    z: list[Array]

    def sweep(self, uniforms: list[Array], temperature: float) -> list[Array]:
        """Draw every unit once; (m_l, n) the probability of 1 with which each was drawn, layer by layer."""


@dataclass(frozen=True, eq=False)
class GibbsChain:
    """What the sweeps that were kept say, row by row of the design.

    Attributes:
        means: (n, m_l) of each layer, the mean of the probabilities with which units were drawn (Rao-Blackwellised).
        z: (S, n, m_l) of each layer, the units after each sweep.
        probabilities: (S, n, m_l) of each layer after the first, with which its units were drawn.
    """

    means: tuple[Array, ...]
    z: tuple[Bits, ...]
    probabilities: tuple[Array, ...]


def run_chain(sweeps: Sweeps, generator: np.random.Generator, settle: int, keep: int, temperature: float) -> GibbsChain:
    """Sweep `settle` times, then `keep` times more, which are kept; temperature 0 takes the likelier value."""
    shapes = [layer.shape for layer in sweeps.z]
    totals = [np.zeros(shape) for shape in shapes]
    z: list[Bits] = [np.empty((keep, n, m), dtype=np.bool_) for m, n in shapes]
    probabilities = [np.empty((keep, n, m)) for m, n in shapes[1:]]
    for number in range(-settle, keep):
        drawn = sweeps.sweep([generator.random(shape) for shape in shapes], temperature)
        if number < 0:
            continue
        for level, (total, p) in enumerate(zip(totals, drawn, strict=True)):
            total += p
            z[level][number] = sweeps.z[level].T
            if level > 0:
                probabilities[level - 1][number] = p.T
    return GibbsChain(tuple((total / keep).T for total in totals), tuple(z), tuple(probabilities))


class LayeredSweeps:
    """Chains for any number of layers and weights of any size."""

    def __init__(self, params: NetworkParams, rows: NetworkRows, generator: np.random.Generator | None) -> None:
        """Begin at a draw from p(z | x), or at the likelier value of each unit where there is no generator."""
        self.params = params
        self.of_target = np.ascontiguousarray(params.output[:, 1:].T[:, rows.sorted_targets])  # (m_L, n) v_yh
        self.first = params.hidden @ rows.design.T
        self.z: list[Array] = []
        for level in range(len(params.layers)):
            u = sigmoid(self._logits(level))
            chance = np.full(u.shape, 0.5) if generator is None else generator.random(u.shape)
            self.z.append((chance < u).astype(np.float64))

    def _logits(self, level: int) -> Array:
        """(m_l, n) a of a layer, given the units of the layer before it."""
        if level == 0:
            return self.first
        layer = self.params.layers[level]
        return layer[:, :1] + layer[:, 1:] @ self.z[level - 1]

    def sweep(self, uniforms: list[Array], temperature: float) -> list[Array]:
        """Layer after layer, so that what a unit was drawn with belongs to the final draw of the layer before it."""
        found = []
        for level, uniform in enumerate(uniforms):
            last = level == len(self.z) - 1
            next_logits = self._output_logits() if last else self._logits(level + 1)
            found.append(self._sweep_layer(level, next_logits, uniform, temperature))
        return found

    def _output_logits(self) -> Array:
        output = self.params.output
        return np.asarray(output[:, :1] + output[:, 1:] @ self.z[-1])

    def _sweep_layer(self, level: int, above: Array, uniform: Array, temperature: float) -> Array:
        z, own, found = self.z[level], self._logits(level), np.empty(uniform.shape)
        last = level == len(self.z) - 1
        weights = self.params.output if last else self.params.layers[level + 1]
        for h in range(len(z)):
            w = weights[:, h + 1, None]
            off = above - w * z[h]
            on = off + w
            if last:
                logit = own[h] + self.of_target[h] + log_sum_exp(off) - log_sum_exp(on)
            else:
                logit = own[h] + w[:, 0] @ self.z[level + 1] + (softplus(off) - softplus(on)).sum(axis=0)
            if temperature == 0.0:
                found[h] = z[h] = logit > 0
            else:
                found[h] = sigmoid(logit / temperature)
                z[h] = uniform[h] < found[h]
            above = np.where(z[h] > 0, on, off)
        return found


def deeper_expectations(chain: GibbsChain, rows: NetworkRows) -> tuple[DeeperExpectation, ...]:
    """The regressions of the hidden layers after the first: a row for each draw, with its share of the row's weight."""
    found = []
    for inputs, probabilities in zip(chain.z, chain.probabilities, strict=False):
        keep, n, width = inputs.shape
        weights = np.ones(n) if rows.weights is None else rows.weights
        design = inputs.reshape(keep * n, width).astype(np.float64)
        drawn = arranged(design, None, np.tile(weights / keep, keep), 0)
        found.append(DeeperExpectation(probabilities.reshape(keep * n, -1), drawn))
    return tuple(found)
