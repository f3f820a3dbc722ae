"""The E-steps that a network can be trained with: small values of one form, chosen by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Array, IntArray, Rows
from engine.em.expectation import Expectation
from engine.em.inference import EXACT, Inference, uniforms
from engine.errors import OptionError
from engine.models.network.configurations import all_configurations
from engine.models.network.cost import MOST_EXACT, check_memory
from engine.models.network.data import NetworkRows
from engine.models.network.draws import Draws
from engine.models.network.e_steps.approximate import ApproximateEStep
from engine.models.network.e_steps.exact import ExactPosterior, enumerated, exact_posterior
from engine.models.network.e_steps.gibbs import GibbsEStep
from engine.models.network.e_steps.importance import ImportanceEStep
from engine.models.network.e_steps.mean_field import MeanFieldEStep
from engine.models.network.expectation import NetworkExpectation, class_moments, expected_log_joint
from engine.models.network.params import NetworkParams


@dataclass(frozen=True)
class ExactEStep:
    """q over all 2^m configurations: the posterior, or what the algorithm makes of it (hard, sampled, tempered)."""

    name: ClassVar[str] = "exact"
    exact: ClassVar[bool] = True
    estimates: ClassVar[frozenset[str]] = frozenset()
    places_matter: ClassVar[bool] = False

    def check(self, n_rows: int, sizes: tuple[int, ...], n_classes: int) -> None:
        """Raise an error if there is no memory for the 2^m configurations."""
        check_memory(n_rows, sizes[0])

    def passes(self, sizes: tuple[int, ...]) -> int:
        """2^m: every configuration of every row."""
        return int(2 ** sizes[0])

    def expect(self, params: NetworkParams, rows: NetworkRows, inference: Inference) -> Expectation:
        """The posterior's statistics; H(q) = ln p(y | X, θ) − Q(θ; q) where q is the posterior."""
        found = exact_posterior(params, rows, inference, uniforms(inference, rows.n_rows))
        statistics = _gathered(found, params, rows, inference)
        log_likelihood = rows.weighted_sum(found.log_evidence)
        if found.entropy is not None:
            return Expectation(statistics, log_likelihood, rows.weighted_sum(found.entropy))
        entropy = log_likelihood - expected_log_joint(statistics, params, rows)
        return Expectation(statistics, log_likelihood, max(0.0, entropy))

    def drawn(self, params: NetworkParams, rows: NetworkRows, inference: Inference) -> tuple[Draws, ...] | None:
        """None: nothing is drawn."""
        return None

    def statistics(self, params: NetworkParams, rows: NetworkRows) -> NetworkExpectation:
        """The posterior's statistics alone."""
        return _gathered(exact_posterior(params, rows), params, rows)

    def statistics_of(
        self, params: NetworkParams, rows: NetworkRows, chosen: IntArray, inference: Inference
    ) -> NetworkExpectation:
        """Those of the chosen rows alone, by the q that `expect` has for them."""
        some, draws = rows.take(chosen), uniforms(inference, rows.n_rows)
        found = exact_posterior(params, some, inference, None if draws is None else draws[chosen])
        return _gathered(found, params, some)

    def units(self, params: NetworkParams, rows: NetworkRows, chosen: Rows, inference: Inference) -> Array:
        """(len(chosen), m) E_q[z_h]."""
        some, draws = rows.take(chosen), uniforms(inference, rows.n_rows)
        found = exact_posterior(params, some, inference, None if draws is None else draws[chosen])
        return some.in_user_order(found.hidden)

    def entropy(self, params: NetworkParams, rows: NetworkRows, inference: Inference) -> float:
        """−Σ q ln q over every configuration of every row, in logarithms."""
        draws = uniforms(inference, rows.n_rows)
        found = enumerated(params, rows, np.arange(rows.n_rows), inference, draws)
        assert found.entropy is not None
        return rows.weighted_sum(found.entropy)


def _gathered(
    found: ExactPosterior, params: NetworkParams, rows: NetworkRows, inference: Inference = EXACT
) -> NetworkExpectation:
    moments, configurations = (
        class_moments(found.hidden, rows, params.n_classes),
        all_configurations(params.hidden_units),
    )
    return NetworkExpectation(found.hidden, moments, found.counts, configurations, inference=inference)


EStep = ExactEStep | ApproximateEStep
"""One way to settle on q(z) of every row; whatever the way, the statistics are a `NetworkExpectation`."""
E_STEPS = ("exact", "gibbs", "mean_field", "importance")


def e_step_named(name: str, sizes: tuple[int, ...], sweeps: int, draws: int) -> EStep:
    """The E-step of that name; "auto": exact for one layer of up to 20 units, else Gibbs sampling.

    Raises OptionError where it is not one for several hidden layers.
    """
    if name == "auto":
        name = "exact" if len(sizes) == 1 and sizes[0] <= MOST_EXACT else "gibbs"
    if len(sizes) > 1 and name != "gibbs":
        raise OptionError(f"the E-step {name} is for one hidden layer: take e_step=gibbs for {len(sizes)} layers.")
    if name == "exact":
        return ExactEStep()
    if name == "mean_field":
        return MeanFieldEStep(draws)
    return ImportanceEStep(draws) if name == "importance" else GibbsEStep(draws, sweeps)
