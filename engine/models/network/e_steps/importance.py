r"""The E-step by importance sampling: q(z) ∝ Σ_s w_s [z = z_s] over weighted draws of each row (see `mlp_draws`).

The draws are from the prior p(z | x), from the mean-field q, which they so correct, and from broader proposals, which
look where both may have missed something.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Array, log_sum_exp
from engine.em.expectation import Expectation
from engine.em.inference import Exact, Inference, generator_of
from engine.errors import OptionError
from engine.models.network.cost import check_draws
from engine.models.network.data import NetworkRows
from engine.models.network.draws import Draws, WeightedDraws, estimated_evidence, gathered, weighted_draws
from engine.models.network.e_steps.approximate import ApproximateEStep
from engine.models.network.e_steps.mean_field import settled
from engine.models.network.e_steps.proposals import broad_proposals
from engine.models.network.expectation import NetworkExpectation, class_moments, expected_log_joint
from engine.models.network.params import NetworkParams, sigmoid


@dataclass(frozen=True)
class ImportanceEStep(ApproximateEStep):
    """q of each row is its weighted draws, from the prior, the mean-field q and broader proposals.

    Its statistics are those of the weights w_s / Σ w, and its entropy is the bound's: H = bound − Q.
    """

    name: ClassVar[str] = "importance"

    def check(self, n_rows: int, sizes: tuple[int, ...], n_classes: int) -> None:
        """Raise an error if there is no memory for the draws."""
        check_draws(n_rows, sizes, n_classes, self.draws, "draws")

    def passes(self, sizes: tuple[int, ...]) -> int:
        """One for each draw."""
        return self.draws

    def _drawn(self, params: NetworkParams, rows: NetworkRows, inference: Inference) -> tuple[WeightedDraws, Array]:
        """The draws and their weights (S, n), which sum to 1 for each row."""
        if not isinstance(inference, Exact):
            raise OptionError("importance sampling is for the algorithm classic alone: take that one, or e_step=gibbs.")
        mu = sigmoid(settled(params, rows, inference))
        proposals = ((mu,), *broad_proposals(params, rows))
        drawn = weighted_draws(params, rows, proposals, generator_of(inference), self.draws, keep=True)
        return drawn, np.exp(drawn.log_weights - log_sum_exp(drawn.log_weights))

    def expect(self, params: NetworkParams, rows: NetworkRows, inference: Inference) -> Expectation:
        """Statistics of the weighted draws, and the evidence from the same weights."""
        drawn, q = self._drawn(params, rows, inference)
        hidden = np.einsum("sn,snm->nm", q, drawn.z[0])
        counts, configurations = gathered(drawn.z[0], q if rows.weights is None else q * rows.weights)
        moments = class_moments(hidden, rows, params.n_classes)
        statistics = NetworkExpectation(hidden, moments, counts, configurations)
        found = estimated_evidence(drawn, params, rows)
        entropy = found.bound - expected_log_joint(statistics, params, rows)
        return Expectation(statistics, found.log_likelihood, entropy, found.error, found.remark, found.effective)

    def drawn(self, params: NetworkParams, rows: NetworkRows, inference: Inference) -> tuple[Draws, ...] | None:
        """The weighted draws."""
        drawn, q = self._drawn(params, rows, inference)
        return (Draws(drawn.z[0], q),)

    def means(self, params: NetworkParams, rows: NetworkRows, inference: Inference) -> Array:
        """(n, m) Σ_s q_s z_s in the order of the design."""
        drawn, q = self._drawn(params, rows, inference)
        return np.asarray(np.einsum("sn,snm->nm", q, drawn.z[0]))
