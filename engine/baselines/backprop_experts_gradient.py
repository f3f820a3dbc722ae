r"""The gradient of a mixture of experts, row by row.

    ∂ ln p(y | x):   γ_k: (r_k − g_k) [1, x]     v_ki: r_k ([y = i] − p_ki) [1, x]
                     β_k: r_k (y − m_k)/σ²_k [1, x]     ln σ²_k: r_k ((y − m_k)²/σ²_k − 1)/2

with r_k = g_k p_k(y | x) / p(y | x): the gradient of Q at θ_q = θ (Fisher's identity). A numeric target is taken in
units of its standard deviation about its mean, so that a learning rate means the same for any target; the inputs are
taken as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, IntArray, Rows
from engine.models.experts.data import ExpertRows
from engine.models.experts.model import MixtureOfExperts
from engine.models.experts.multinomial import log_softmax
from engine.models.experts.params import ExpertsParams, GaussianExperts, SoftmaxExperts

_SMALLEST_LOG_VARIANCE = -60.0  # of the target's own


@dataclass(frozen=True, eq=False)
class Gradients:
    """The gradient of log-likelihood + log prior, in coordinates that an optimiser moves.

    They are the gate, the coefficients, and of numbers ln σ² as well, the target in its own standard units.
    """

    model: MixtureOfExperts
    data: ExpertRows
    design: Array  # (n, p+1) [1, x]
    centre: float
    scale: float

    @classmethod
    def of(cls, model: MixtureOfExperts, data: ExpertRows) -> Gradients:
        """On these rows."""
        design = np.column_stack([np.ones(data.n_rows), data.X])
        scale = float(np.sqrt(data.spread)) if data.target is not None else 1.0
        return cls(model, data, design, data.centre, scale)

    def coordinates(self, params: ExpertsParams) -> list[Array]:
        """θ as arrays that may be written to."""
        coefficients = np.array(params.experts.coefficients)
        if not isinstance(params.experts, GaussianExperts):
            return [np.array(params.gate), coefficients]
        coefficients[:, 0] -= self.centre
        return [np.array(params.gate), coefficients / self.scale, np.log(params.experts.variances / self.scale**2)]

    def params(self, weights: list[Array]) -> ExpertsParams:
        """The way back."""
        if len(weights) == 2:
            return ExpertsParams(weights[0], SoftmaxExperts(weights[1]))
        coefficients = weights[1] * self.scale
        coefficients[:, 0] += self.centre
        return ExpertsParams(weights[0], GaussianExperts(coefficients, np.exp(weights[2]) * self.scale**2))

    def kept_in_bounds(self, weights: list[Array]) -> None:
        """No variance goes below what can be computed with, in place."""
        if len(weights) == 3:
            np.clip(weights[2], _SMALLEST_LOG_VARIANCE, -_SMALLEST_LOG_VARIANCE, out=weights[2])

    def of_rows(self, weights: list[Array], chosen: IntArray | None) -> list[Array]:
        """The gradient on some rows; the prior is shared out by their weight. None: all rows."""
        some: Rows = slice(None) if chosen is None else chosen
        x, data, each = self.design[some], self.data, self.data.sample_weight
        weight = np.ones(len(x)) if each is None else each[some]
        share = float(weight.sum()) / data.total_weight
        log_g = log_softmax(x @ weights[0].T)
        if data.target is not None:
            apart = ((data.target[some] - self.centre) / self.scale)[:, None] - x @ weights[1].T
            squared = apart**2 / np.exp(weights[2])
            r = np.exp(log_softmax(log_g - 0.5 * (squared + weights[2]))) * weight[:, None]
            of_experts = [(r * apart / np.exp(weights[2])).T @ x, 0.5 * (r * (squared - 1.0)).sum(axis=0)]
        else:
            assert data.y is not None
            y = data.y[some]
            log_p = log_softmax(np.einsum("np,kgp->nkg", x, weights[1]))
            r = np.exp(log_softmax(log_g + log_p[np.arange(len(y)), :, y])) * weight[:, None]
            delta = -np.exp(log_p)
            delta[np.arange(len(y)), :, y] += 1.0
            of_experts = [np.einsum("nk,nkg,np->kgp", r, delta, x)]
            of_experts[0][:, -1] = 0.0
        of_gate = (r - weight[:, None] * np.exp(log_softmax(x @ weights[0].T))).T @ x
        of_gate[-1] = 0.0
        return self._with_prior([of_gate, *of_experts], weights, share)

    def _with_prior(self, gradients: list[Array], weights: list[Array], share: float) -> list[Array]:
        decay = share * self.model.weight_decay
        if decay > 0.0:
            of_gate = weights[0][:-1, 1:] - weights[0][:, 1:].mean(axis=0)
            gradients[0][:-1, 1:] -= decay * of_gate
            if len(weights) == 2:
                slopes = weights[1][:, :-1, 1:] - weights[1][:, :, 1:].mean(axis=1, keepdims=True)
                gradients[1][:, :-1, 1:] -= decay * slopes
            else:
                gradients[1][:, 1:] -= decay * self.scale**2 * weights[1][:, 1:]
        if len(weights) == 3:
            ridge = self.model.family(self.data).ridge / self.scale**2
            gradients[2] += share * 0.5 * ridge / np.exp(weights[2])
        return gradients
